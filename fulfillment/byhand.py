"""What a person decides about a line: done, or given back. Always with a name, always in the history."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from catalog.model import Delivery
from fulfillment.moves import follow_lines, move_line
from fulfillment.pushing import PushKind
from fulfillment.refunding import LineRow, locked_line, pushed, send_back
from fulfillment.work import NOTHING_TO_DO, CostDue, Work
from kernel.ids import OrderNo
from kernel.money import Fen
from kernel.orders import LineState

_COST = text("""
    SELECT cost_fen * quantity * CASE WHEN any_value THEN coalesce(value, 1) ELSE 1 END
    FROM order_line WHERE id = :line_id
""")

DONE = {
    Delivery.CARD: PushKind.KEYS,
    Delivery.TOPUP: PushKind.TOPUP_DONE,
    Delivery.SERVICE: PushKind.SERVICE_DONE,
    Delivery.PARCEL: PushKind.PARCEL_SENT,
}


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing was changed: the line is not in a person's hands, or its money is already on the way back."""

    state: LineState


def complete(conn: Connection, line_id: int, now: datetime, *, actor: str, note: str = "") -> Work | NotNow:
    """Record that a person delivered the line (`note`: a tracking number, say) and tell the buyer."""
    line = locked_line(conn, line_id)
    if not _in_hands(line):
        return NotNow(line.state)
    move_line(conn, line.id, line.state, LineState.DELIVERED, now, cause="by hand", actor=actor, note=note)
    follow_lines(conn, line.order_no, now, cause="by hand", actor=actor)
    # Refunded and delivered, and the person leaves it at that: the buyer was told of the refund already.
    told = pushed(conn, DONE[Delivery(line.delivery)], line, now) if line.refund_fen == 0 else NOTHING_TO_DO
    return told + _cost(conn, line)


def _cost(conn: Connection, line: LineRow) -> Work:
    """What goods that only a person delivers cost us. Of others, stock and suppliers say it."""
    if line.delivery not in (Delivery.SERVICE, Delivery.PARCEL):
        return NOTHING_TO_DO
    cost_fen = conn.execute(_COST, {"line_id": line.id}).scalar_one()
    if not cost_fen:
        return NOTHING_TO_DO
    return Work(costs=(CostDue(OrderNo(line.order_no), f"hand:{line.id}", Fen(cost_fen)),))


def give_back(conn: Connection, line_id: int, now: datetime, *, actor: str, reason: str) -> Work | NotNow:
    """Give the whole line's price back because a person says so; `reason` is shown to the buyer."""
    line = locked_line(conn, line_id)
    if not _in_hands(line) or line.refund_fen > 0:
        return NotNow(line.state)
    return send_back(
        conn,
        line,
        line.total_fen,
        now,
        kind=PushKind.LINE_REFUSED,
        reason=reason[:80],
        note=reason[:200],
        actor=actor,
    )


def give_back_delivered(conn: Connection, line_id: int, now: datetime, *, actor: str, reason: str) -> Work | NotNow:
    """Give the price of a delivered line back because a person found the buyer right; a line already in a person's
    hands too. Never while a supplier still has it, or when money of it has gone back."""
    line = locked_line(conn, line_id)
    if line.refund_fen > 0:
        return NotNow(line.state)
    if line.state is LineState.DELIVERED:
        move_line(conn, line.id, line.state, LineState.ATTENTION, now, cause=reason, actor=actor)
        follow_lines(conn, line.order_no, now, cause=reason, actor=actor)
    return give_back(conn, line_id, now, actor=actor, reason=reason)


def _in_hands(line: LineRow) -> bool:
    """Tell whether a person has the line. A top-up at the supplier is not: while UNKNOWN nobody refunds it."""
    if line.state is LineState.ATTENTION:
        return True
    return line.state is LineState.DELIVERING and line.delivery in (Delivery.SERVICE, Delivery.PARCEL)
