"""What a person decides about a line: done, or given back. Always with a name, always in the history."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from catalog.model import Delivery
from fulfillment.moves import follow_lines, move_line
from fulfillment.pushing import PushKind
from fulfillment.refunding import LineRow, give_part, leave_unbought, locked_line, pushed, send_back
from fulfillment.work import NOTHING_TO_DO, CostDue, Work
from kernel.ids import OrderNo
from kernel.money import Fen
from kernel.orders import BALANCE_DELIVERY, LineState

_COST = text("""
    SELECT cost_fen * quantity * CASE WHEN any_value THEN coalesce(value, 1) ELSE 1 END
    FROM order_line WHERE id = :line_id
""")

DONE = {
    Delivery.CARD: PushKind.KEYS,
    Delivery.TOPUP: PushKind.TOPUP_DONE,
    Delivery.SERVICE: PushKind.SERVICE_DONE,
    Delivery.PARCEL: PushKind.PARCEL_SENT,
    BALANCE_DELIVERY: PushKind.BALANCE_FILLED,
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
    told = pushed(conn, DONE[line.delivery], line, now) if line.taken_back_fen == 0 else NOTHING_TO_DO
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
    """Give the whole line's price back, or what is left of it, because a person says so; `reason` is shown to the
    buyer. A top-up that no supplier was asked for yet is bought no more."""
    line = locked_line(conn, line_id)
    if line.taken_back_fen > 0 or line.left_fen == 0:
        return NotNow(line.state)
    if not _in_hands(line) and not leave_unbought(conn, line, now, reason=reason[:200]):
        return NotNow(line.state)
    return send_back(
        conn,
        line,
        line.left_fen,
        now,
        kind=PushKind.LINE_REFUSED,
        reason=reason,
        note=reason[:200],
        actor=actor,
    )


def give_back_delivered(conn: Connection, line_id: int, now: datetime, *, actor: str, reason: str) -> Work | NotNow:
    """Give the price of a delivered line back, or what is left of it, because a person found the buyer right; a line
    already in a person's hands, and a top-up that no supplier was asked for, too. Never while a supplier has it, or
    when what of it failed has gone back."""
    line = locked_line(conn, line_id)
    if line.taken_back_fen > 0 or line.left_fen == 0:
        return NotNow(line.state)
    if line.state is LineState.DELIVERED:
        move_line(conn, line.id, line.state, LineState.ATTENTION, now, cause=reason, actor=actor)
        follow_lines(conn, line.order_no, now, cause=reason, actor=actor)
    return give_back(conn, line_id, now, actor=actor, reason=reason)


@dataclass(frozen=True, slots=True)
class NotSoMuch:
    """Nothing was changed: only `left_fen` of the line can still go back; or somebody gave some of it back since the
    operator looked."""

    left_fen: int


def give_some(
    conn: Connection,
    line_id: int,
    amount_fen: int,
    now: datetime,
    *,
    actor: str,
    reason: str,
    back_before_fen: int | None = None,
) -> Work | NotNow | NotSoMuch:
    """Give `amount_fen` of a line back because a person says so; `reason` is shown to the buyer.

    A part leaves the line as it is: delivered stays delivered, and what a person still has to do is still to do. All
    that is left gives the line back as a whole. Never while a supplier has it. `back_before_fen`: what had gone back of
    it when the operator looked; when that has changed nothing is done, so that a form sent twice gives once. Raises
    ValueError for an amount of nothing.
    """
    if amount_fen <= 0:
        raise ValueError("amount not above zero")
    line = locked_line(conn, line_id)
    is_whole = amount_fen == line.left_fen and line.taken_back_fen == 0
    if not is_whole and line.state is not LineState.DELIVERED and not _in_hands(line):
        return NotNow(line.state)
    if amount_fen > line.left_fen or back_before_fen not in (None, line.refund_fen):
        return NotSoMuch(line.left_fen)
    if is_whole:
        return give_back_delivered(conn, line_id, now, actor=actor, reason=reason)
    return give_part(conn, line, amount_fen, now, kind=PushKind.PART_REFUND, reason=reason, actor=actor)


def _in_hands(line: LineRow) -> bool:
    """Tell whether a person has the line. A top-up at the supplier is not: while UNKNOWN nobody refunds it."""
    if line.state is LineState.ATTENTION:
        return True
    return line.state is LineState.DELIVERING and line.delivery in (Delivery.SERVICE, Delivery.PARCEL)
