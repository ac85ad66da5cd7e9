"""The end of an unpaid order: cancelled, expired, paid in time, paid late; and its stock meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine

from fulfillment import delivering, pushing, reading
from fulfillment.moves import UnknownOrderError
from fulfillment.paying import (
    AlreadyPaid,
    Closed,
    NotFound,
    PaidInTime,
    PaidLate,
    Refused,
    cancel,
    expire,
    mark_paid,
    release_closed,
)
from fulfillment.pushing import PushKind
from kernel.orders import LineState, OrderState
from tests.fulfillment.counter import LI, NOW, TTL, history, left, open_shop, place, want

LATER = NOW + TTL + timedelta(minutes=5)


def test_a_cancelled_order_keeps_its_stock_until_its_prepay_is_closed(conn: Connection) -> None:
    order = place(conn, want("ST50", 2)).order
    assert cancel(conn, order.order_no, LI, NOW) == Closed(order.order_no)
    assert left(conn, "ST50") == 1
    assert release_closed(conn, order.order_no, NOW)
    assert left(conn, "ST50") == 3
    assert not release_closed(conn, order.order_no, NOW)
    assert cancel(conn, order.order_no, LI, NOW) == Closed(order.order_no)
    assert history(conn, order.order_no) == [("", "unpaid"), ("unpaid", "cancelled")]


def test_nobody_cancels_somebody_elses_order(conn: Connection) -> None:
    order = place(conn, want("ST50")).order
    assert cancel(conn, order.order_no, "openid-wang", NOW) == NotFound()
    assert cancel(conn, "K0000000000000000", LI, NOW) == NotFound()
    assert reading.by_no(conn, order.order_no) == order


def test_a_paid_order_is_neither_cancelled_nor_expired_nor_released(conn: Connection) -> None:
    order = place(conn, want("ST50")).order
    assert isinstance(mark_paid(conn, order.order_no, NOW, NOW), PaidInTime)
    assert cancel(conn, order.order_no, LI, NOW) == Refused(OrderState.PAID)
    assert expire(conn, order.order_no, LATER) == Refused(OrderState.PAID)
    assert not release_closed(conn, order.order_no, LATER)
    assert left(conn, "ST50") == 2


def test_an_order_expires_when_its_time_is_over_and_not_before(conn: Connection) -> None:
    order = place(conn, want("ST50")).order
    assert reading.due_to_expire(conn, NOW + TTL - timedelta(seconds=1)) == ()
    assert expire(conn, order.order_no, NOW + TTL - timedelta(seconds=1)) == Refused(OrderState.UNPAID)
    assert reading.due_to_expire(conn, NOW + TTL) == (order.order_no,)
    assert expire(conn, order.order_no, NOW + TTL) == Closed(order.order_no) == expire(conn, order.order_no, LATER)
    assert reading.due_to_release(conn) == (order.order_no,)
    assert release_closed(conn, order.order_no, LATER)
    assert reading.due_to_release(conn) == ()


def test_paying_twice_is_noticed_once(conn: Connection) -> None:
    order = place(conn, want("HF100")).order
    first = mark_paid(conn, order.order_no, NOW + timedelta(seconds=9), NOW + timedelta(seconds=10))
    assert isinstance(first, PaidInTime)
    assert first.order.paid_at == NOW + timedelta(seconds=9)
    again = mark_paid(conn, order.order_no, NOW + timedelta(seconds=9), LATER)
    assert again == AlreadyPaid(first.order)
    assert history(conn, order.order_no) == [("", "unpaid"), ("unpaid", "paid")]


def test_a_payment_for_no_order_is_an_error(conn: Connection) -> None:
    with pytest.raises(UnknownOrderError):
        mark_paid(conn, "K0000000000000000", NOW, NOW)


def test_a_late_payment_is_served_while_the_stock_is_still_held(conn: Connection) -> None:
    order = place(conn, want("ST50", 3)).order
    expire(conn, order.order_no, LATER)
    paid = mark_paid(conn, order.order_no, NOW, LATER)
    assert isinstance(paid, PaidLate)
    assert paid.served
    assert left(conn, "ST50") == 0
    delivering.deliver(conn, order.order_no, LATER)
    assert reading.by_no(conn, order.order_no).state is OrderState.DELIVERED


def test_a_late_payment_is_served_when_the_stock_can_be_held_again(conn: Connection) -> None:
    order = place(conn, want("ST50", 2), want("ST50"), want("ST100")).order
    cancel(conn, order.order_no, LI, NOW)
    release_closed(conn, order.order_no, NOW)
    paid = mark_paid(conn, order.order_no, LATER, LATER)
    assert isinstance(paid, PaidLate)
    assert paid.served
    assert paid.work.refunds == ()
    assert (left(conn, "ST50"), left(conn, "ST100")) == (0, 1)


def test_a_late_payment_that_cannot_be_served_whole_goes_back_whole(conn: Connection) -> None:
    order = place(conn, want("ST100"), want("ST50", 3), want("HF100")).order
    cancel(conn, order.order_no, LI, NOW)
    release_closed(conn, order.order_no, NOW)
    place(conn, want("ST50"), openid="openid-wang")
    paid = mark_paid(conn, order.order_no, LATER, LATER)
    assert isinstance(paid, PaidLate)
    assert not paid.served
    assert sum(refund.amount_fen for refund in paid.work.refunds) == order.total_fen
    assert {line.state for line in paid.order.lines} == {LineState.REFUNDING}
    assert (left(conn, "ST50"), left(conn, "ST100")) == (2, 2)
    push = pushing.claim(conn, *paid.work.push_ids, LATER)
    assert push.kind is PushKind.LATE_REFUND
    assert mark_paid(conn, order.order_no, LATER, LATER) == AlreadyPaid(paid.order)
    assert reading.refunds_due(conn) == paid.work.refunds
    delivering.deliver(conn, order.order_no, LATER)
    assert reading.by_no(conn, order.order_no) == paid.order


def test_a_payment_and_an_expiry_at_the_same_instant_never_lose_the_money(engine: Engine) -> None:
    open_shop(engine, {"ST50": 12})
    with engine.begin() as conn:
        orders = [place(conn, want("ST50"), openid=f"buyer {n}").order for n in range(12)]
    start = Barrier(2 * len(orders))

    def pay(order_no: str) -> None:
        with engine.begin() as conn:
            start.wait(60)
            mark_paid(conn, order_no, NOW + TTL, LATER)

    def end(order_no: str) -> None:
        with engine.begin() as conn:
            start.wait(60)
            expire(conn, order_no, LATER)
            release_closed(conn, order_no, LATER)

    with ThreadPoolExecutor(2 * len(orders)) as pool:
        for done in [pool.submit(do, order.order_no) for order in orders for do in (pay, end)]:
            done.result()
    with engine.begin() as conn:
        for order in orders:
            delivering.deliver(conn, order.order_no, LATER)
        assert {reading.by_no(conn, order.order_no).state for order in orders} == {OrderState.DELIVERED}
