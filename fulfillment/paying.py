"""What becomes of a placed order: cancelled, expired, its stock released; paid in time, or late."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from catalog import stock
from catalog.model import Delivery
from fulfillment import holds, pushing, reading
from fulfillment.moves import UnknownOrderError, lock_order, move_line, move_order, note_order
from fulfillment.placing import hold_stock
from fulfillment.pushing import PushKind
from fulfillment.work import NOTHING_TO_DO, RefundDue, Work
from kernel.ids import OrderNo
from kernel.orders import BALANCE_DELIVERY, LineState, Order, OrderState

_OWNER = text("SELECT openid, expires_at, stock_released_at, total_fen FROM orders WHERE order_no = :order_no")
_RELEASED = text("UPDATE orders SET stock_released_at = :now WHERE order_no = :order_no")

_LATE_REASON = "订单关闭后到账，库存不足"


@dataclass(frozen=True, slots=True)
class Closed:
    """Cancelled or expired. The stock is still held: close the prepay at WeChat, then call `release_closed`."""

    order_no: OrderNo


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not closed; `state` says why (still UNPAID: it is not yet time)."""

    state: OrderState


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no such order, or it is somebody else's; which of the two is nobody's business."""


@dataclass(frozen=True, slots=True)
class PaidInTime:
    """Paid while it stood: deliver it."""

    order: Order


@dataclass(frozen=True, slots=True)
class PaidLate:
    """Paid after it was closed. `served`: deliver it; else do `work`: request the refunds, send the push."""

    order: Order
    served: bool
    work: Work = NOTHING_TO_DO


@dataclass(frozen=True, slots=True)
class AlreadyPaid:
    """Known before; nothing to do. (A second payment of one order is payments' to refund.)"""

    order: Order


def cancel(
    conn: Connection, order_no: str, openid: str, now: datetime, *, actor: str = "buyer"
) -> Closed | Refused | NotFound:
    """Cancel the buyer's own unpaid order; cancelling a cancelled one again is Closed again. Stock stays held."""
    try:
        state = lock_order(conn, order_no)
    except UnknownOrderError:
        return NotFound()
    if conn.execute(_OWNER, {"order_no": order_no}).one().openid != openid:
        return NotFound()
    if state is OrderState.UNPAID:
        move_order(conn, order_no, state, OrderState.CANCELLED, now, cause="cancelled", actor=actor)
    elif state is not OrderState.CANCELLED:
        return Refused(state)
    return Closed(OrderNo(order_no))


def expire(conn: Connection, order_no: str, now: datetime) -> Closed | Refused:
    """Expire an unpaid order whose time is over. Stock stays held. Safe to repeat."""
    state = lock_order(conn, order_no)
    if state is OrderState.UNPAID and conn.execute(_OWNER, {"order_no": order_no}).one().expires_at <= now:
        move_order(conn, order_no, state, OrderState.EXPIRED, now, cause="expired")
    elif state is not OrderState.EXPIRED:
        return Refused(state)
    return Closed(OrderNo(order_no))


def release_closed(conn: Connection, order_no: str, now: datetime) -> bool:
    """Give the stock of a cancelled or expired order back, once; False when there was nothing to give back.

    Call it only when the order's prepay is closed at WeChat (or there never was one): until then somebody may
    still pay for what would be released.
    """
    state = lock_order(conn, order_no)
    if state not in (OrderState.CANCELLED, OrderState.EXPIRED):
        return False
    if conn.execute(_OWNER, {"order_no": order_no}).one().stock_released_at is not None:
        return False
    stock.release(conn, order_no)
    conn.execute(_RELEASED, {"order_no": order_no, "now": now})
    return True


def payable(conn: Connection, order_no: str, openid: str, now: datetime) -> Order | Refused | NotFound:
    """Lock the buyer's own order and give it if it can be paid now, from what he keeps with us; a balance is not
    bought with a balance."""
    try:
        state = lock_order(conn, order_no)
    except UnknownOrderError:
        return NotFound()
    order = _order(conn, order_no)
    if order.openid != openid:
        return NotFound()
    if state is not OrderState.UNPAID:
        return Refused(state)
    if order.expires_at <= now:
        return Refused(OrderState.EXPIRED)
    return Refused(state) if any(line.delivery == BALANCE_DELIVERY for line in order.lines) else order


def mark_paid(conn: Connection, order_no: str, paid_at: datetime, now: datetime) -> PaidInTime | PaidLate | AlreadyPaid:
    """Record that the order was paid at `paid_at`. Safe to repeat. Raises UnknownOrderError.

    A closed order is served when its stock is still held or can be held again as a whole; else every line goes
    back to the buyer. The lines are then REFUNDING already; the caller joins `payments` in this transaction. An order
    that is to be held is held from here on: `delivering.deliver` tells the buyer so instead of delivering.
    """
    state = lock_order(conn, order_no)
    if state not in (OrderState.UNPAID, OrderState.CANCELLED, OrderState.EXPIRED):
        return AlreadyPaid(_order(conn, order_no))
    late = state is not OrderState.UNPAID
    cause = f"paid after it was {state.value}" if late else "paid"
    paid_fen = conn.execute(_OWNER, {"order_no": order_no}).one().total_fen
    move_order(conn, order_no, state, OrderState.PAID, now, cause=cause, at=paid_at, paid_fen=paid_fen)
    order = _order(conn, order_no)
    if not late:
        holds.begin(conn, order_no, now)
        return PaidInTime(order)
    if _stock_again(conn, order, now):
        holds.begin(conn, order_no, now)
        return PaidLate(order, served=True)
    refunds = _refund_late(conn, order, now)
    push_id = pushing.ask(conn, PushKind.LATE_REFUND, order.openid, order_no, now)
    work = Work(push_ids=(push_id,) if push_id else (), refunds=refunds)
    return PaidLate(_order(conn, order_no), served=False, work=work)


def paid_again(conn: Connection, order_no: str, amount_fen: int, now: datetime) -> None:
    """Seal into the order's history that it was paid a second time; that money goes back. Once a payment."""
    note_order(conn, order_no, now, cause="paid again", money="paid_again", amount_fen=amount_fen)


def again_given_back(conn: Connection, order_no: str, amount_fen: int, now: datetime) -> None:
    """Seal into the order's history that a second payment is back with whoever made it. Once a refund."""
    note_order(conn, order_no, now, cause="second payment given back", money="again_back", amount_fen=amount_fen)


def _stock_again(conn: Connection, order: Order, now: datetime) -> bool:
    """Hold the keys of a late order once more, all or nothing; True when it has all it needs."""
    if conn.execute(_OWNER, {"order_no": order.order_no}).one().stock_released_at is None:
        return True
    wanted: dict[str, int] = {}
    for line in order.lines:
        if line.delivery == Delivery.CARD:
            wanted[line.sku_code] = wanted.get(line.sku_code, 0) + line.quantity
    savepoint = conn.begin_nested()
    if hold_stock(conn, order.order_no, wanted, now) is None:
        savepoint.commit()
        return True
    savepoint.rollback()
    return False


def _refund_late(conn: Connection, order: Order, now: datetime) -> tuple[RefundDue, ...]:
    for line in order.lines:
        move_line(
            conn,
            line.id,
            LineState.WAITING,
            LineState.REFUNDING,
            now,
            cause="paid late, stock is gone",
            note=_LATE_REASON,
            refund_fen=line.total_fen,
            reason=_LATE_REASON,
        )
    return reading.refunds_due_of(conn, order.order_no)


def _order(conn: Connection, order_no: str) -> Order:
    order = reading.by_no(conn, order_no)
    if order is None:
        raise UnknownOrderError(order_no)
    return order
