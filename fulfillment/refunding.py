"""Money on its way back to the buyer, line by line, and what the order looks like when it has arrived."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from catalog import stock
from catalog.model import Delivery
from fulfillment import pushing
from fulfillment.moves import UnknownOrderError, follow_lines, lock_order, move_line
from fulfillment.pushing import PushKind
from fulfillment.states import refund_way
from fulfillment.work import NOTHING_TO_DO, RefundDue, Work
from kernel.cases import RefundWay
from kernel.ids import OrderNo
from kernel.money import Fen, format_yuan
from kernel.orders import LineState, OrderState

_LINE = text("""
    SELECT l.id, l.order_no, l.state, l.total_fen, l.refund_fen, l.refunded_at, l.note, l.delivery, o.openid
    FROM order_line l JOIN orders o USING (order_no) WHERE l.id = :line_id
""")
_OWNER = text("SELECT openid FROM orders WHERE order_no = :order_no")
_LINES = text("""
    SELECT l.id, l.order_no, l.state, l.total_fen, l.refund_fen, l.refunded_at, l.note, l.delivery, l.sku_code,
           l.quantity, o.openid,
           EXISTS (SELECT 1 FROM supplier_order s WHERE s.line_id = l.id AND s.sends > 0) AS supplier_asked
    FROM order_line l JOIN orders o USING (order_no) WHERE l.order_no = :order_no ORDER BY l.position
""")
_NOT_BOUGHT = text("""
    UPDATE supplier_order SET state = 'failed', reason = :reason, next_query_at = NULL, settled_at = :now
    WHERE line_id = :line_id AND state = 'created' AND sends = 0
""")
_WANTED_BACK = "顾客申请退款"
_ARRIVED = text("UPDATE order_line SET refunded_at = :now WHERE id = :line_id AND refunded_at IS NULL")


@dataclass(frozen=True, slots=True)
class LineRow:
    """What deciding about a line needs. Read it under the order's lock."""

    id: int
    order_no: str
    openid: str
    state: LineState
    total_fen: int
    refund_fen: int
    refunded_at: datetime | None
    note: str
    delivery: str


def locked_line(conn: Connection, line_id: int) -> LineRow:
    """Lock the line's order and read the line. Raises UnknownOrderError."""
    row = conn.execute(_LINE, {"line_id": line_id}).one_or_none()
    if row is None:
        raise UnknownOrderError(f"line {line_id}")
    lock_order(conn, row.order_no)
    row = conn.execute(_LINE, {"line_id": line_id}).one()  # again: the lock may have waited for a change
    return _line(row)


def _line(row: Row[Any]) -> LineRow:
    return LineRow(
        id=row.id,
        order_no=row.order_no,
        openid=row.openid,
        state=LineState(row.state),
        total_fen=row.total_fen,
        refund_fen=row.refund_fen,
        refunded_at=row.refunded_at,
        note=row.note,
        delivery=row.delivery,
    )


@dataclass(frozen=True, slots=True)
class WantedBack:
    """What was decided about each line, by its id; those at once are on their way."""

    ways: Mapping[int, RefundWay]
    work: Work = NOTHING_TO_DO


def take_back(
    conn: Connection, order_no: str, openid: str, now: datetime, *, only: int | None = None
) -> WantedBack | None:
    """Give back at once what of a paid order nobody has begun to deliver. None: not his order, or not paid.

    `only`: this line of it.

    Safe to repeat: what is on its way is said to be. A top-up that the supplier has been asked for waits for his
    answer; what was delivered or is in somebody's hands is for a person.
    """
    if conn.execute(_OWNER, {"order_no": order_no}).scalar_one_or_none() != openid:
        return None
    if lock_order(conn, order_no) not in (OrderState.PAID, OrderState.DELIVERED, OrderState.REFUNDED):
        return None
    ways: dict[int, RefundWay] = {}
    work = NOTHING_TO_DO
    for row in conn.execute(_LINES, {"order_no": order_no}).all():
        line = _line(row)
        if only is not None and line.id != only:
            continue
        by_hand = line.delivery in (Delivery.SERVICE, Delivery.PARCEL)
        ways[line.id] = refund_way(line.state, supplier_asked=row.supplier_asked, by_hand=by_hand)
        if ways[line.id] is RefundWay.AT_ONCE:
            conn.execute(_NOT_BOUGHT, {"line_id": line.id, "reason": _WANTED_BACK, "now": now})
            work += send_back(
                conn, line, line.total_fen, now, kind=None, reason=_WANTED_BACK, note=_WANTED_BACK, actor="buyer"
            )
            if line.delivery == Delivery.CARD:
                stock.release_some(conn, order_no, row.sku_code, row.quantity)
    return WantedBack(ways, work)


def send_back(
    conn: Connection,
    line: LineRow,
    amount_fen: int,
    now: datetime,
    *,
    kind: PushKind | None,
    reason: str,
    note: str,
    cause: str = "",
    actor: str = "system",
) -> Work:
    """Begin to give back `amount_fen` of a line and tell the buyer (without a `kind` he was told already); the order's
    lock must be held.

    `reason` goes to WeChat and `note` to the order page; `cause` stays in the history. A share of nothing (a fen
    cannot be split) is settled at once.
    """
    moved = move_line(
        conn,
        line.id,
        line.state,
        LineState.REFUNDING,
        now,
        cause=cause or reason,
        actor=actor,
        note=note,
        refund_fen=amount_fen,
    )
    if not moved:
        return NOTHING_TO_DO
    work = pushed(conn, kind, line, now) if kind is not None else NOTHING_TO_DO
    if amount_fen == 0:
        move_line(conn, line.id, LineState.REFUNDING, LineState.DELIVERED, now, cause="nothing to give back")
        return work
    return work + Work(refunds=(RefundDue(OrderNo(line.order_no), line.id, Fen(amount_fen), reason),))


def pushed(conn: Connection, kind: PushKind, line: LineRow, now: datetime) -> Work:
    """Ask for a message about a line."""
    push_id = pushing.ask(conn, kind, line.openid, line.order_no, now, line_id=line.id)
    return Work(push_ids=(push_id,)) if push_id is not None else NOTHING_TO_DO


def refund_settled(conn: Connection, line_id: int, now: datetime) -> Work:
    """Record that the line's refund has reached the buyer and tell him. Safe to repeat.

    A line of which only a share went back counts as delivered; one that meanwhile waits for a person goes on
    waiting. Raises ValueError when the line has no refund under way.
    """
    line = locked_line(conn, line_id)
    if line.refunded_at is not None:
        return NOTHING_TO_DO
    if line.refund_fen == 0:
        raise ValueError(f"line {line_id} has no refund under way")
    if line.state is LineState.REFUNDING:
        whole = line.refund_fen == line.total_fen
        after = LineState.REFUNDED if whole else LineState.DELIVERED
        cause = f"refunded {format_yuan(line.refund_fen)}"
        move_line(conn, line.id, line.state, after, now, cause=cause, refunded=True)
        follow_lines(conn, line.order_no, now, cause=cause)
    else:
        conn.execute(_ARRIVED, {"line_id": line.id, "now": now})
    return pushed(conn, PushKind.REFUNDED, line, now)
