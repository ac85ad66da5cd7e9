"""What was promised, and what a late delivery is worth."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.lateness import Late, Terms, judge
from kernel.promises import promised
from tests.fulfillment.counter import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("eta", "within"),
    [
        ("1-5分钟", 5 * MINUTE),
        ("5分钟内", 5 * MINUTE),
        ("1～10分钟到账", 10 * MINUTE),
        ("72小时内", 72 * HOUR),
        ("48小时内发货", 48 * HOUR),
        ("1-3天", 3 * DAY),
        ("半小时", 30 * MINUTE),
        ("2个小时内", 2 * HOUR),
        ("付款后30分钟内", 30 * MINUTE),
        ("30秒", timedelta(seconds=30)),
        ("即时发卡", timedelta(0)),
        ("秒到", timedelta(0)),
        ("客服接单后1-3天", None),
        ("3个工作日", None),
        ("10分钟左右", None),
        ("白天10分钟，夜里2小时", None),
        ("尽快", None),
        ("T+1", None),
        ("", None),
    ],
)
def test_an_eta_promises_what_can_be_measured_of_it(eta: str, within: timedelta | None) -> None:
    assert promised(eta) == within


@given(st.text(max_size=60))
def test_any_words_promise_something_or_nothing_and_never_raise(eta: str) -> None:
    within = promised(eta)
    assert within is None or within >= timedelta(0)


TERMS = Terms(grace=30 * MINUTE, otherwise={"topup": HOUR}, percent_bp=500, max_fen=300)


def late(
    eta: str, took: timedelta, delivery: str = "topup", terms: Terms = TERMS, total_fen: int = 2_000
) -> Late | None:
    return judge(terms, eta=eta, delivery=delivery, begun_at=NOW, delivered_at=NOW + took, total_fen=total_fen)


def test_late_is_later_than_promised_and_the_grace() -> None:
    assert late("1-5分钟", 35 * MINUTE) is None
    assert late("1-5分钟", 35 * MINUTE + timedelta(seconds=1)) == Late(NOW + 5 * MINUTE, 100)  # type: ignore[arg-type]


def test_where_the_words_promise_nothing_the_kind_of_delivery_does_or_nothing_is_late() -> None:
    assert late("尽快", 2 * HOUR) is not None
    assert late("尽快", 1000 * HOUR, delivery="parcel") is None


def test_a_share_is_of_the_price_within_the_most_and_a_fixed_amount_comes_first() -> None:
    assert [TERMS.worth_fen(total) for total in (19, 20, 2_000, 100_000)] == [0, 1, 100, 300]
    assert late("1分钟", DAY, total_fen=19) is None
    fixed = Terms(30 * MINUTE, {}, amount_fen=200, percent_bp=0, max_fen=150)
    assert fixed.worth_fen(1) == 150


@given(st.integers(0, 10**8), st.integers(0, 10**4), st.integers(0, 10**6), st.integers(0, 10**6))
def test_nobody_gets_more_than_the_most(total: int, percent: int, amount: int, most: int) -> None:
    worth = Terms(MINUTE, {}, amount, percent, most).worth_fen(total)
    assert 0 <= worth <= (most or max(amount, total))
