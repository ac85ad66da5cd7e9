"""Decisions about money that need no database: when to ask, how long to wait, what may be shown."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from payments.policy import attempt_number, next_query_at, public_text, refund_number, refund_wait
from tests.payments.till import NOON


def test_wechat_is_asked_after_5s_30s_1m_3m_5m_10m_and_30m() -> None:
    asked, now = [], NOON
    while (at := next_query_at(NOON, now)) is not None:
        asked.append((at - NOON).total_seconds())
        now = at
    assert asked == [5, 30, 60, 180, 300, 600, 1800]


@given(st.integers(0, 4000))
def test_the_next_question_is_always_ahead(seconds: int) -> None:
    now = NOON + timedelta(seconds=seconds)
    at = next_query_at(NOON, now)
    assert at is None if seconds >= 1800 else at is not None and at > now


def test_refunds_are_waited_for_longer_and_longer_but_never_beyond_six_hours() -> None:
    waits = [refund_wait(tries) for tries in range(40)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=30)
    assert waits[-1] == timedelta(hours=6)


def test_numbers_stay_inside_what_wechat_allows() -> None:
    order_no = "K2611220000000001"
    assert attempt_number(order_no, 1) == order_no
    assert len(attempt_number(order_no, 99)) <= 32
    assert len(refund_number(attempt_number(order_no, 99), 50)) <= 64


@given(st.text(max_size=300))
def test_a_public_text_is_short_printable_and_holds_no_phone(text: str) -> None:
    shown = public_text(text + "13812345678", 127)
    assert len(shown) <= 127
    assert shown.isprintable()
    assert "13812345678" not in shown


def test_a_denomination_is_no_account() -> None:
    assert public_text("腾讯视频VIP 100000金币", 127) == "腾讯视频VIP 100000金币"
