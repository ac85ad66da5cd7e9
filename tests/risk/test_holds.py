"""A held order: nothing is delivered before a person says so, and every way out of it is taken once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from fulfillment import deciding, delivering, holds, paying, reading, refunding
from fulfillment.paying import PaidInTime, PaidLate
from fulfillment.placing import Placed
from fulfillment.work import NOTHING_TO_DO
from kernel.cases import RefundWay
from kernel.orders import LineState, Order, OrderState, WantedLine
from tests.fulfillment.counter import LI, NOW, open_shop, place, want

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    open_shop(engine, {"ST50": 3})
    with engine.connect() as conn:
        yield conn


def paid_and_held(conn: Connection, *lines: WantedLine) -> Order:
    placed = place(conn, *(lines or (want("ST50"),)))
    assert isinstance(placed, Placed)
    holds.want(conn, placed.order.order_no, NOW)
    assert isinstance(paying.mark_paid(conn, placed.order.order_no, NOW, NOW), PaidInTime)
    return placed.order


def state_of(conn: Connection, order_no: str) -> str:
    return str(conn.execute(text("SELECT state FROM order_hold WHERE order_no = :no"), {"no": order_no}).scalar_one())


def lines_of(conn: Connection, order_no: str) -> list[LineState]:
    order = reading.by_no(conn, order_no)
    assert order is not None
    return [line.state for line in order.lines]


def test_an_order_that_is_to_be_held_is_not_delivered_and_its_buyer_is_told_once(conn: Connection) -> None:
    order_no = paid_and_held(conn).order_no
    told = delivering.deliver(conn, order_no, NOW)
    kinds = conn.execute(text("SELECT kind FROM push WHERE order_no = :no"), {"no": order_no}).scalars().all()
    assert (len(told.push_ids), kinds) == (1, ["held"])
    assert delivering.deliver(conn, order_no, NOW) == NOTHING_TO_DO
    assert lines_of(conn, order_no) == [LineState.WAITING]
    assert reading.due_to_deliver(conn) == ()


def test_an_order_that_nobody_wants_held_is_delivered_at_once(conn: Connection) -> None:
    placed = place(conn, want("ST50"))
    paying.mark_paid(conn, placed.order.order_no, NOW, NOW)
    assert reading.due_to_deliver(conn) == (placed.order.order_no,)
    delivering.deliver(conn, placed.order.order_no, NOW)
    assert lines_of(conn, placed.order.order_no) == [LineState.DELIVERED]


def test_a_released_order_is_delivered_with_the_keys_it_held_all_along(conn: Connection) -> None:
    order_no = paid_and_held(conn).order_no
    assert deciding.release(conn, order_no, LATER, actor="wang")
    delivering.deliver(conn, order_no, LATER)
    assert lines_of(conn, order_no) == [LineState.DELIVERED]
    assert not deciding.release(conn, order_no, LATER, actor="li")
    assert deciding.refuse(conn, order_no, LATER, actor="li", reason="再想想") is None
    history = text("SELECT cause, actor FROM order_event WHERE order_no = :no AND cause = 'released'")
    assert [tuple(row) for row in conn.execute(history, {"no": order_no})] == [("released", "wang")]


def test_a_refused_order_goes_back_as_a_whole_and_its_keys_are_on_sale_again(conn: Connection) -> None:
    order = paid_and_held(conn, want("ST50", 2), want("HF100"))
    work = deciding.refuse(conn, order.order_no, LATER, actor="wang", reason="账号存在风险")
    assert work is not None
    assert sum(refund.amount_fen for refund in work.refunds) == order.total_fen
    assert len(work.push_ids) == 2
    assert set(lines_of(conn, order.order_no)) == {LineState.REFUNDING}
    free = text("SELECT count(*) FROM card_key WHERE sku_code = 'ST50' AND state = 'available'")
    assert conn.execute(free).scalar_one() == 3
    assert not deciding.release(conn, order.order_no, LATER, actor="li")
    assert delivering.deliver(conn, order.order_no, LATER).refunds == ()


def test_a_buyer_who_takes_a_held_order_back_ends_the_hold(conn: Connection) -> None:
    order = paid_and_held(conn)
    back = refunding.take_back(conn, order.order_no, LI, LATER)
    assert back is not None
    assert list(back.ways.values()) == [RefundWay.AT_ONCE]
    assert state_of(conn, order.order_no) == "withdrawn"
    assert not deciding.release(conn, order.order_no, LATER, actor="wang")


def test_a_buyer_who_takes_one_line_back_leaves_the_others_held(conn: Connection) -> None:
    order = paid_and_held(conn, want("ST50"), want("HF100"))
    refunding.take_back(conn, order.order_no, LI, LATER, only=order.lines[0].id)
    assert state_of(conn, order.order_no) == "held"
    work = deciding.refuse(conn, order.order_no, LATER, actor="wang", reason="账号存在风险")
    assert work is not None
    assert [refund.line_id for refund in work.refunds] == [order.lines[1].id]


def test_an_order_that_was_paid_late_is_held_if_it_is_served_at_all(conn: Connection) -> None:
    placed = place(conn, want("ST50"))
    holds.want(conn, placed.order.order_no, NOW)
    paying.cancel(conn, placed.order.order_no, LI, NOW)
    paid = paying.mark_paid(conn, placed.order.order_no, LATER, LATER)
    assert isinstance(paid, PaidLate)
    assert paid.served
    assert holds.is_held(conn, placed.order.order_no)


def test_a_buyer_who_is_blocked_while_he_pays_has_that_order_held(conn: Connection) -> None:
    unpaid = place(conn, want("ST50")).order
    paid = place(conn, want("HF100")).order
    paying.mark_paid(conn, paid.order_no, NOW, NOW)
    assert holds.want_of_buyer(conn, LI, NOW) == (unpaid.order_no,)
    assert holds.want_of_buyer(conn, LI, NOW) == ()
    paying.mark_paid(conn, unpaid.order_no, NOW, NOW)
    assert (holds.is_held(conn, unpaid.order_no), holds.is_held(conn, paid.order_no)) == (True, False)


def test_an_account_that_is_blocked_has_its_unpaid_orders_held(conn: Connection) -> None:
    other = place(conn, want("HF100", account="13900000000")).order
    mine = place(conn, want("HF100", account="13800000000")).order
    assert holds.want_of_account(conn, "13800000000", NOW) == (mine.order_no,)
    paying.mark_paid(conn, other.order_no, NOW, NOW)
    paying.mark_paid(conn, mine.order_no, NOW, NOW)
    assert (holds.is_held(conn, other.order_no), holds.is_held(conn, mine.order_no)) == (False, True)


def test_who_waits_too_long_is_marked_once(conn: Connection) -> None:
    order_no = paid_and_held(conn).order_no
    assert holds.not_alerted(conn) == ((order_no, NOW),)
    holds.mark_late(conn, [order_no], LATER)
    assert holds.not_alerted(conn) == ()
    assert holds.count(conn) == (1, 1)
    assert holds.held_before(conn, LATER) == (order_no,)


@pytest.mark.parametrize("rounds", range(3))
def test_of_many_who_decide_at_once_one_is_heard(engine: Engine, rounds: int) -> None:
    open_shop(engine, {"ST50": 3})
    with engine.begin() as conn:
        order = paid_and_held(conn, want("ST50", 1 + rounds))

    def release(n: int) -> int:
        with engine.begin() as conn:
            return deciding.release(conn, order.order_no, LATER, actor=f"release {n}")

    def refuse(n: int) -> int:
        with engine.begin() as conn:
            done = deciding.refuse(conn, order.order_no, LATER, actor=f"refuse {n}", reason="风险")
            return done is not None

    def take_back(_: int) -> int:
        with engine.begin() as conn:
            back = refunding.take_back(conn, order.order_no, LI, LATER)
            return bool(back and back.work.refunds)

    with ThreadPoolExecutor(6) as threads:
        done = [threads.submit(act, n) for n in range(2) for act in (release, refuse, take_back)]
        took = [one.result() for one in done]
    released, refused, taken = took[0] + took[3], took[1] + took[4], took[2] + took[5]
    # A release may be followed by the buyer's own refund, as long as nothing is delivered; money goes back once.
    assert released + refused <= 1
    assert refused + taken <= 1
    assert released + refused + taken >= 1
    with engine.begin() as conn:
        delivering.deliver(conn, order.order_no, LATER)
        [state] = lines_of(conn, order.order_no)
        assert state is (LineState.REFUNDING if refused + taken else LineState.DELIVERED)
        assert reading.by_no(conn, order.order_no).state is (  # type: ignore[union-attr]
            OrderState.PAID if refused + taken else OrderState.DELIVERED
        )
