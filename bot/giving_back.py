"""What an operator gives back: any amount of a line that was delivered or is in a person's hands, or a whole order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot import work
from bot.bootstrap import Services
from bot.work import Also, nothing
from fulfillment import byhand, reading
from fulfillment.work import Work
from kernel.money import format_yuan
from kernel.orders import Line


def give_some(
    services: Services,
    line_id: int,
    amount_fen: int,
    reason: str,
    *,
    back_before_fen: int | None = None,
    actor: str,
    also: Also = nothing,
) -> byhand.NotNow | byhand.NotSoMuch | None:
    """Refund `amount_fen` of a line and tell the buyer. None: it is on its way; see `byhand.give_some`."""
    now = services.clock.now()
    try:
        with services.engine.begin() as conn:
            to_do = byhand.give_some(
                conn, line_id, amount_fen, now, actor=actor, reason=reason, back_before_fen=back_before_fen
            )
            if not isinstance(to_do, Work):
                return to_do
            work.enqueue(services, conn, to_do)
            also(conn)
    except work.BalanceSpentError as spent:
        return byhand.NotSoMuch(spent.left_fen)
    return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an order an operator wants to give back."""

    order_no: str
    position: int | None = None
    """Which line, from 1; None: all, or the only one."""
    amount_fen: int | None = None
    """None: all that is left."""


class RefundNotPossibleError(Exception):
    """Nothing was given back; the message says why."""


def refund_order(services: Services, wanted: Wanted, reason: str, *, actor: str) -> Iterator[str]:
    """Refund an order, one of its lines, or an amount of a line; name what was begun. Raises RefundNotPossibleError,
    and then nothing was given back."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        lines = _wanted_lines(conn, wanted)
        begun = [(line, _begin(services, conn, line, wanted, reason, actor, now)) for line in lines]
    for line, amount_fen in begun:
        what = f"{line.position + 1}. {line.product_name} {line.sku_label}"
        yield f"{what}：退款 ¥{format_yuan(amount_fen)} 已开始，会通知顾客"


def _wanted_lines(conn: Connection, wanted: Wanted) -> tuple[Line, ...]:
    order = reading.by_no(conn, wanted.order_no)
    if order is None or order.paid_at is None:
        raise RefundNotPossibleError(f"{wanted.order_no}: {'it is not paid' if order else 'there is no such order'}")
    if wanted.position is not None:
        lines = tuple(line for line in order.lines if line.position + 1 == wanted.position)
        if not lines:
            raise RefundNotPossibleError(f"{wanted.order_no} has {len(order.lines)} lines: no {wanted.position}")
        return lines
    if wanted.amount_fen is not None and len(order.lines) > 1:
        raise RefundNotPossibleError(f"{wanted.order_no} has {len(order.lines)} lines: say which with --line N")
    lines = tuple(line for line in order.lines if line.refund_fen < line.total_fen)
    if not lines:
        raise RefundNotPossibleError(f"{wanted.order_no}: all of it has gone back")
    return lines


def _begin(
    services: Services, conn: Connection, line: Line, wanted: Wanted, reason: str, actor: str, now: datetime
) -> int:
    """Begin to give back what is wanted of a line, in fen."""
    which = f"{wanted.order_no} line {line.position + 1}"
    amount_fen = wanted.amount_fen if wanted.amount_fen is not None else line.total_fen - line.refund_fen
    if amount_fen == 0:
        raise RefundNotPossibleError(f"{which}: all of it has gone back")
    to_do = byhand.give_some(conn, line.id, amount_fen, now, actor=actor, reason=reason)
    match to_do:
        case byhand.NotSoMuch(left_fen=left_fen):
            raise RefundNotPossibleError(f"{which}: only ¥{format_yuan(left_fen)} of it can still go back")
        case byhand.NotNow(state=state):
            raise RefundNotPossibleError(f"{which} is {state.value}: nobody can give it back now")
    try:
        work.enqueue(services, conn, to_do)
    except work.BalanceSpentError as spent:
        raise RefundNotPossibleError(str(spent)) from None
    return amount_fen
