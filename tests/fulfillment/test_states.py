"""The pure rules: moves, shares, verdicts, schedules."""

from datetime import timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.states import (
    LINE_MOVES,
    ORDER_MOVES,
    MoveNotAllowedError,
    SupplierState,
    check_line_move,
    check_order_move,
    order_state_of,
    share_fen,
    topup_verdict,
)
from fulfillment.suppliers.policy import ASK_FOR, Missing, next_query_at, on_no_such_order
from kernel.orders import LineState, OrderState
from tests.fulfillment.counter import NOW

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_money_never_disappears_by_a_move() -> None:
    for state in (OrderState.PAID, OrderState.DELIVERED, OrderState.REFUNDED):
        assert not ORDER_MOVES[state] & {OrderState.UNPAID, OrderState.CANCELLED, OrderState.EXPIRED}


@pytest.mark.parametrize(("before", "after"), list(product(OrderState, OrderState)))
def test_only_the_written_order_moves_are_allowed(before: OrderState, after: OrderState) -> None:
    if after in ORDER_MOVES[before]:
        check_order_move(before, after)
    else:
        with pytest.raises(MoveNotAllowedError):
            check_order_move(before, after)


@pytest.mark.parametrize(("before", "after"), list(product(LineState, LineState)))
def test_only_the_written_line_moves_are_allowed(before: LineState, after: LineState) -> None:
    if after in LINE_MOVES[before]:
        check_line_move(before, after)
    else:
        with pytest.raises(MoveNotAllowedError):
            check_line_move(before, after)


def test_an_order_is_settled_when_all_its_lines_are() -> None:
    assert order_state_of([LineState.DELIVERED, LineState.ATTENTION]) is OrderState.PAID
    assert order_state_of([LineState.DELIVERED, LineState.REFUNDED]) is OrderState.DELIVERED
    assert order_state_of([LineState.REFUNDED, LineState.REFUNDED]) is OrderState.REFUNDED


@given(total=st.integers(0, 10**9), units=st.integers(1, 99))
def test_the_shares_of_all_units_are_the_whole_price(total: int, units: int) -> None:
    shares = [share_fen(total, units, unit) for unit in range(units)]
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


@given(total=st.integers(1, 10**6), units=st.lists(st.sampled_from(SupplierState), min_size=1, max_size=9))
def test_a_line_gives_back_the_share_of_its_failed_units_once_all_are_settled(
    total: int, units: list[SupplierState]
) -> None:
    verdict = topup_verdict(total, units)
    failed = [unit for unit, state in enumerate(units) if state is SupplierState.FAILED]
    if set(units) - {SupplierState.SUCCESS, SupplierState.FAILED}:
        assert (verdict.state, verdict.refund_fen) == (LineState.DELIVERING, 0)
    elif failed:
        assert verdict.state is LineState.REFUNDING
        assert verdict.refund_fen == sum(share_fen(total, len(units), unit) for unit in failed)
    else:
        assert (verdict.state, verdict.refund_fen) == (LineState.DELIVERED, 0)


def test_a_supplier_is_asked_often_at_first_and_for_72_hours_in_all() -> None:
    asked, now = [NOW], NOW
    while (after := next_query_at(NOW, now)) is not None:
        asked.append(after)
        now = after
    waits = [later - sooner for sooner, later in pairwise(asked)]
    assert waits[0] <= 5 * SECOND
    assert waits == sorted(waits)
    assert ASK_FOR <= now - NOW <= ASK_FOR + timedelta(hours=1)
    assert len(waits) < 200


@pytest.mark.parametrize(
    ("rejected", "sends", "age", "expected"),
    [
        (True, 1, 9 * SECOND, Missing.ASK_LATER),
        (True, 1, 10 * SECOND, Missing.FAILED),
        (True, 2, 29 * MINUTE, Missing.ASK_LATER),
        (True, 2, 30 * MINUTE, Missing.FAILED),
        (False, 1, 119 * SECOND, Missing.ASK_LATER),
        (False, 1, 120 * SECOND, Missing.SEND_AGAIN),
        (False, 2, 120 * SECOND, Missing.SEND_AGAIN),
        (False, 3, 29 * MINUTE, Missing.ASK_LATER),
        (False, 3, 30 * MINUTE, Missing.PERSON),
    ],
)
def test_an_order_the_supplier_does_not_know_fails_only_after_his_own_no(
    rejected: bool, sends: int, age: timedelta, expected: Missing
) -> None:
    assert on_no_such_order(rejected=rejected, sends=sends, sent_at=NOW, now=NOW + age) is expected
