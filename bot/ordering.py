"""Orders between the talk and the database: placed, looked up, cancelled, expired, their stock given back."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot import paying, risk, wallet
from bot.bootstrap import Services
from bot.tasks import TASKS
from dialogs import facts as talk
from dialogs.facts import Fact, OrdersFor
from fulfillment import cases, placing, pushing, reading
from fulfillment import paying as order_ends
from fulfillment.pushing import PushKind
from kernel.ids import OpenId, OrderNo
from kernel.orders import Order, OrderState, WantedLine
from payments.model import AttemptState, RefundState
from payments.store import attempts_of, refunds_of

_LATEST = 10
"""Among so many of a buyer's orders are those that wait for payment."""
log = logging.getLogger(__name__)

_AFTER_SALE = ("status", "list", "refund", "invoice", "withdraw", "how")
CLOSE_AGAIN_AFTER = timedelta(seconds=20)


def place(
    services: Services, openid: OpenId, message_key: str, lines: Sequence[WantedLine], *, again: bool = False
) -> Fact:
    """Place an order. Placing again with the same message places nothing new. Its expiry is found by a sweep.

    `again`: what is unusual about it was shown to the buyer, and he confirmed it once more.
    """
    now = services.clock.now()
    ttl = timedelta(minutes=services.config.pay.order_ttl_minutes)
    shelf, _ = services.shelf.current()
    with services.engine.begin() as conn:
        verdict = risk.assess(services, conn, openid, lines, shelf)
        stopped = risk.stopped(services, conn, openid, message_key, lines, verdict, again=again)
        if isinstance(stopped, talk.OrderDeclined):
            return stopped
        # Placed on trial before he is asked: what cannot be ordered (too few in stock, say) he hears at once.
        trial = conn.begin_nested() if stopped is not None else None
        placed = placing.place(
            conn,
            openid=openid,
            message_key=message_key,
            lines=lines,
            shelf=shelf,
            now=now,
            ttl=ttl,
            unpaid_max=services.config.risk.unpaid_orders_max,
            scarce_ttl=timedelta(minutes=services.config.stock.scarce_ttl_minutes),
        )
        if trial is not None and stopped is not None:
            trial.rollback()
            if isinstance(placed, placing.Placed):
                return stopped
        if isinstance(placed, placing.Placed) and placed.fresh:
            risk.placed(services, conn, placed.order, verdict)
        if isinstance(placed, placing.Placed):
            return wallet.placed(services, conn, placed.order)
    return _why_not(placed)


def _why_not(refused: placing.SoldOut | placing.TooManyUnpaid | placing.CatalogMoved) -> Fact:
    match refused:
        case placing.SoldOut(position=position, left=left):
            return talk.SoldOut(position, left)
        case placing.TooManyUnpaid(orders=orders):
            return talk.TooManyUnpaid(orders)
        case placing.CatalogMoved():
            return talk.CatalogMoved()


def cancel(services: Services, openid: OpenId, order_no: OrderNo) -> Fact:
    """Cancel the buyer's own unpaid order; its prepay is closed at WeChat, and then its stock released, by a job.

    One that he has paid though we were not told so far is no longer unpaid: that he hears, and not that he owes
    nothing.
    """
    with services.engine.connect() as conn:
        order = reading.by_no(conn, order_no)
    if order is not None and order.openid == openid and order.state is OrderState.UNPAID:
        paying.look_for_payment(services, order_no)
    with services.engine.begin() as conn:
        outcome = order_ends.cancel(conn, order_no, openid, services.clock.now())
        if isinstance(outcome, order_ends.Closed):
            services.jobs.defer(conn, "close_order", order_no=order_no)
            gone = reading.by_no(conn, order_no)
            left = tuple(o for o in reading.orders_of(conn, openid, _LATEST) if o.state is OrderState.UNPAID)
    match outcome:
        case order_ends.Closed():
            return talk.OrderCancelled(order_no, gone, left)
        case order_ends.Refused(state=state):
            return talk.CancelRefused(order_no, state)
        case order_ends.NotFound():
            return talk.CancelRefused(order_no, OrderState.CANCELLED)


def find(services: Services, openid: OpenId, purpose: OrdersFor, limit: int, only: OrderNo | None = None) -> Fact:
    """Look up the buyer's latest orders, or the one with this number if it is his."""
    with services.engine.connect() as conn:
        running = cases.running_of(conn, openid) if purpose in _AFTER_SALE else ()
        if only is not None:
            order = reading.by_no(conn, only)
            return talk.OrdersFound(purpose, (order,) if order is not None and order.openid == openid else (), running)
        orders = reading.orders_of(conn, openid, limit)
        twice = _paid_twice(conn, orders) if purpose == "paid_twice" else ()
        return talk.OrdersFound(purpose, orders, running, twice)


def _paid_twice(conn: Connection, orders: Sequence[Order]) -> tuple[talk.PaidTwice, ...]:
    """The payments that came after an order had been paid, and whether they have gone back."""
    found: list[talk.PaidTwice] = []
    for order in orders:
        extra = [one for one in attempts_of(conn, order.order_no) if one.state is AttemptState.PAID and not one.settles]
        back = {one.payment_id for one in refunds_of(conn, order.order_no) if one.state is RefundState.SUCCESS}
        found += [talk.PaidTwice(order.order_no, one.total_fen, back=one.id in back) for one in extra]
    return tuple(found)


def favourites(services: Services, openid: OpenId) -> Fact:
    """Look up the accounts he used before. They are a comfort: without the database the question is asked all the
    same."""
    try:
        # One question needs no transaction around it: BEGIN and ROLLBACK would be two more round trips in many a turn.
        with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            return talk.FavouritesFound(reading.accounts_used(conn, openid))
    except SQLAlchemyError as error:
        log.warning("no favourites: %s", type(error).__name__)
        return talk.FavouritesFound(())


def by_token(services: Services, token: str) -> Order | None:
    """Find the order a link names."""
    with services.engine.connect() as conn:
        return reading.by_token(conn, token)


@TASKS.task("expire_order")
def expire_order(services: Services, *, order_no: str) -> None:
    """End an order that was not paid in time: close its prepay at WeChat first, only then give the stock back."""
    now = services.clock.now()
    with services.engine.connect() as conn:
        order = reading.by_no(conn, order_no)
    if order is None or order.state is not OrderState.UNPAID:
        return
    if order.expires_at > now:
        return
    if not paying.close_payments(services, order_no):
        _later(services, "expire_order", expiring(order_no), order_no)
        return
    with services.engine.begin() as conn:
        closed = order_ends.expire(conn, order_no, now)
        if not isinstance(closed, order_ends.Closed):
            return
        order_ends.release_closed(conn, order_no, now)
        push_id = pushing.ask(conn, PushKind.EXPIRED, order.openid, order_no, now)
        if push_id is not None:
            services.jobs.defer(conn, "send_push", push_id=push_id)


@TASKS.task("close_order")
def close_order(services: Services, *, order_no: str) -> None:
    """Close a cancelled order's prepay at WeChat, then give its stock back."""
    if not paying.close_payments(services, order_no):
        _later(services, "close_order", closing(order_no), order_no)
        return
    with services.engine.begin() as conn:
        order_ends.release_closed(conn, order_no, services.clock.now())


def expiring(order_no: str) -> str:
    """The queueing lock of an order's `expire_order`: one waits, however often it is asked for."""
    return f"expire:{order_no}"


def closing(order_no: str) -> str:
    """The queueing lock of an order's `close_order`."""
    return f"close:{order_no}"


def _later(services: Services, task: str, lock: str, order_no: str) -> None:
    """WeChat Pay could not say yet that nothing can pay the order any more: ask again soon.

    Under the lock of the sweeps: while WeChat Pay is away they ask every ten seconds, and each would begin a chain of
    jobs of its own, all of them asking for ever.
    """
    at = services.clock.now() + CLOSE_AGAIN_AFTER
    with services.engine.begin() as conn:
        services.jobs.defer(conn, task, at=at, queueing_lock=lock, order_no=order_no)
