"""What a person decides about a held order: released to be delivered, or given back. Once, with a name."""

from datetime import datetime

from sqlalchemy import Connection, text

from catalog import stock
from catalog.model import Delivery
from fulfillment import holds
from fulfillment.moves import UnknownOrderError, lock_order, note_line
from fulfillment.pushing import PushKind
from fulfillment.refunding import locked_line, send_back
from fulfillment.work import NOTHING_TO_DO, Work
from kernel.orders import LineState

REASON_MAX = 80
_WAITING = text("""
    SELECT id, sku_code, quantity FROM order_line WHERE order_no = :order_no AND state = 'waiting'
    ORDER BY sku_code, position
""")


def release(conn: Connection, order_no: str, now: datetime, *, actor: str) -> bool:
    """Let a held order be delivered: the caller asks for it in this transaction. False: it is not held (any more)."""
    if not _ended(conn, order_no, now, "released", actor):
        return False
    for row in conn.execute(_WAITING, {"order_no": order_no}).all():
        note_line(conn, row.id, LineState.WAITING, now, cause="released", actor=actor)
    return True


def refuse(conn: Connection, order_no: str, now: datetime, *, actor: str, reason: str) -> Work | None:
    """Give back what is left of a held order and tell the buyer `reason`. None: it is not held (any more)."""
    if not _ended(conn, order_no, now, "refused", actor, reason):
        return None
    work = NOTHING_TO_DO
    for row in conn.execute(_WAITING, {"order_no": order_no}).all():
        line = locked_line(conn, row.id)
        work += send_back(
            conn,
            line,
            line.total_fen - line.refund_fen,
            now,
            kind=PushKind.LINE_REFUSED,
            reason=reason[:REASON_MAX],
            note=reason[:REASON_MAX],
            cause=f"refused: {reason}",
            actor=actor,
        )
        if line.delivery == Delivery.CARD:
            stock.release_some(conn, order_no, row.sku_code, row.quantity)
    return work


def _ended(conn: Connection, order_no: str, now: datetime, state: str, actor: str, why: str = "") -> bool:
    try:
        lock_order(conn, order_no)
    except UnknownOrderError:
        return False
    return holds.end(conn, order_no, now, state=state, actor=actor, why=why[:REASON_MAX])
