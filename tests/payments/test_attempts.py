"""Opening and closing payments against a real database: whatever is lost on the way, nothing can be paid unseen."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.clock import MovableClock
from payments import store
from payments.attempts import (
    AllClosed,
    FoundPaid,
    NotKnown,
    NotPaid,
    NotYet,
    Opened,
    OrderPaid,
    TooLate,
    Unavailable,
    close_attempts,
    open_attempt,
    query_attempt,
)
from payments.fake import FakeWechatPay
from payments.gateway import CodeUrl, PaymentRequest, Prepay, TradeType
from payments.model import Attempt, AttemptState
from payments.settling import Settled, settle
from tests.payments.till import NOON, TTL, add_order


class Counter:
    """A shop's till over the fake, with a clock to turn."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = MovableClock(NOON)
        self.wechat = FakeWechatPay(self.clock)
        self.order_no = add_order(engine)

    def open(self, payer: str | None = "oBuyer", **changed: Any) -> Opened | OrderPaid | TooLate | Unavailable:
        values: dict[str, Any] = {
            "order_no": self.order_no,
            "total_fen": 9950,
            "description": "话费充值 100元",
            "trade_type": TradeType.JSAPI if payer else TradeType.NATIVE,
            "payer_openid": payer,
            "expires_at": NOON + TTL,
            "now": self.clock.now(),
        }
        return open_attempt(self.engine, self.wechat, **(values | changed))

    def opened(self, payer: str | None = "oBuyer", **changed: Any) -> Opened:
        opened = self.open(payer, **changed)
        assert isinstance(opened, Opened), opened
        return opened

    def close(self) -> AllClosed | FoundPaid | NotYet:
        return close_attempts(self.engine, self.wechat, self.order_no, self.clock.now())

    def attempts(self) -> tuple[Attempt, ...]:
        with self.engine.connect() as conn:
            return store.attempts_of(conn, self.order_no)

    def states(self) -> list[tuple[str, AttemptState]]:
        return [(attempt.out_trade_no, attempt.state) for attempt in self.attempts()]


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine)


# ---- opening -------------------------------------------------------------------------------------------------------


def test_the_first_attempt_carries_the_orders_own_number(counter: Counter) -> None:
    opened = counter.opened()
    assert opened.attempt.out_trade_no == counter.order_no
    assert isinstance(opened.credential, Prepay)
    assert counter.states() == [(counter.order_no, AttemptState.OPEN)]


def test_the_same_payer_gets_the_same_prepay_while_it_is_good(counter: Counter) -> None:
    first = counter.opened()
    counter.clock.move(timedelta(minutes=5))
    again = counter.opened()
    assert again.credential == first.credential
    assert again.attempt.opened_at == counter.clock.now()
    assert len(counter.attempts()) == 1


def test_another_payer_and_another_way_to_pay_get_numbers_of_their_own(counter: Counter) -> None:
    counter.opened()
    friend, native = counter.opened("oFriend"), counter.opened(None)
    assert [friend.attempt.out_trade_no, native.attempt.out_trade_no] == [
        f"{counter.order_no}-2",
        f"{counter.order_no}-3",
    ]
    assert isinstance(native.credential, CodeUrl)


def test_a_prepay_that_ran_out_is_asked_for_again_under_its_number(counter: Counter) -> None:
    counter.opened(expires_at=NOON + timedelta(hours=5))
    counter.clock.move(timedelta(hours=2))
    again = counter.opened(expires_at=NOON + timedelta(hours=5))
    assert again.attempt.out_trade_no == counter.order_no
    assert again.attempt.prepay_expires_at == counter.clock.now() + timedelta(hours=2)


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_after_a_lost_exchange_the_same_number_is_sent_with_the_same_values(counter: Counter, lost: str) -> None:
    counter.wechat.lose = lost
    assert isinstance(counter.open(), Unavailable)
    assert counter.states() == [(counter.order_no, AttemptState.CREATING)]
    counter.clock.move(timedelta(minutes=1))
    again = counter.opened(description="another text by now", expires_at=NOON + TTL)
    assert again.attempt.out_trade_no == counter.order_no
    assert again.attempt.description == "话费充值 100元"


def test_a_number_used_with_other_values_is_left_for_the_next_one(counter: Counter) -> None:
    counter.wechat.open_jsapi(PaymentRequest(counter.order_no, 1, "an older life", NOON + TTL), "oBuyer")
    assert counter.opened().attempt.out_trade_no == f"{counter.order_no}-2"
    assert counter.close() == AllClosed()
    assert [state for _, state in counter.states()] == [AttemptState.CLOSED, AttemptState.CLOSED]


def test_a_number_closed_at_wechat_is_left_for_the_next_one(counter: Counter) -> None:
    counter.wechat.lose = "answer"
    counter.open()
    counter.wechat.close(counter.order_no)
    assert counter.opened().attempt.out_trade_no == f"{counter.order_no}-2"
    assert counter.states()[0] == (counter.order_no, AttemptState.CLOSED)


def test_a_number_found_paid_on_opening_is_proven_and_handed_over(counter: Counter) -> None:
    counter.wechat.lose = "answer"
    counter.open()
    paid = counter.wechat.pay(Prepay(f"wx00000000{counter.order_no}"), "oBuyer")
    assert paid is not None
    assert counter.open() == OrderPaid(paid)


def test_a_paid_order_opens_nothing_more(counter: Counter) -> None:
    paid = counter.wechat.pay(counter.opened().credential, "oBuyer")
    assert paid is not None
    with counter.engine.begin() as conn:
        assert isinstance(settle(conn, paid, NOON), Settled)
    assert counter.open("oFriend") == OrderPaid()
    assert len(counter.attempts()) == 1


def test_an_expired_order_opens_nothing(counter: Counter) -> None:
    counter.clock.move(TTL)
    assert counter.open() == TooLate()
    assert counter.attempts() == ()


def test_wechat_is_never_given_less_than_a_minute(counter: Counter) -> None:
    counter.clock.move(TTL - timedelta(seconds=5))
    assert counter.opened().attempt.expires_at == counter.clock.now() + timedelta(minutes=1)


def test_an_account_never_reaches_the_description(counter: Counter) -> None:
    opened = counter.opened(description="话费 13812345678\n给 a@b.example")
    assert opened.attempt.description == "话费 138****5678 给 a@b****mple"


def test_a_link_passed_around_does_not_open_payments_without_end(counter: Counter) -> None:
    for n in range(99):
        counter.opened(f"oFriend{n}")
    assert isinstance(counter.open("oOneTooMany"), Unavailable)
    counter.opened("oFriend7")


def test_many_taps_at_once_open_one_payment(counter: Counter) -> None:
    outcomes = _at_once(8, lambda: counter.open())
    assert all(isinstance(outcome, Opened) for outcome in outcomes)
    assert len(counter.attempts()) == 1


# ---- closing -------------------------------------------------------------------------------------------------------


def test_closing_closes_every_open_payment_at_wechat(counter: Counter) -> None:
    mine, code = counter.opened(), counter.opened(None)
    assert counter.close() == AllClosed()
    assert counter.wechat.pay(mine.credential, "oBuyer") is None
    assert counter.wechat.pay(code.credential, "oAnybody") is None
    assert counter.close() == AllClosed()


def test_an_order_that_is_being_closed_opens_nothing_more(counter: Counter) -> None:
    assert counter.close() == AllClosed()
    assert counter.open() == TooLate()
    assert counter.attempts() == ()


def test_a_payment_made_at_the_last_moment_is_found_by_closing(counter: Counter) -> None:
    paid = counter.wechat.pay(counter.opened().credential, "oBuyer")
    assert counter.close() == FoundPaid(paid)  # type: ignore[arg-type]
    assert counter.states() == [(counter.order_no, AttemptState.OPEN)]


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_lost_close_is_not_a_close(counter: Counter, lost: str) -> None:
    counter.opened()
    counter.wechat.lose = lost
    assert isinstance(counter.close(), NotYet)
    assert counter.states() == [(counter.order_no, AttemptState.OPEN)]
    assert counter.close() == AllClosed()


def test_a_payment_that_never_reached_wechat_is_closed_at_once(counter: Counter) -> None:
    counter.wechat.lose = "request"
    counter.open()
    assert counter.close() == AllClosed()
    assert counter.states() == [(counter.order_no, AttemptState.CLOSED)]


def test_a_payment_that_reached_wechat_although_its_answer_was_lost_is_closed_there(counter: Counter) -> None:
    counter.wechat.lose = "answer"
    counter.open()
    assert counter.close() == AllClosed()
    assert counter.wechat.query(counter.order_no).state == "CLOSED"  # type: ignore[union-attr]


def test_a_request_that_arrives_after_its_number_was_closed_gives_nobody_anything_to_pay_with(engine: Engine) -> None:
    counter = Counter(engine)

    class Overtaken(FakeWechatPay):
        """The order is closed while the request to open it is on its way."""

        def open_jsapi(self, request: PaymentRequest, payer_openid: str) -> Any:
            assert counter.close() == AllClosed()
            return super().open_jsapi(request, payer_openid)

    counter.wechat = Overtaken(counter.clock)
    assert counter.open() == TooLate()
    assert counter.states() == [(counter.order_no, AttemptState.CLOSED)]
    assert counter.wechat.query(counter.order_no).state == "CLOSED"  # type: ignore[union-attr]


def test_an_open_payment_that_wechat_does_not_know_is_no_closed_one(counter: Counter) -> None:
    counter.opened()
    counter.wechat = FakeWechatPay(counter.clock)  # knows nothing
    assert isinstance(counter.close(), NotYet)
    counter.clock.move(TTL + timedelta(minutes=9))
    assert isinstance(counter.close(), NotYet)
    counter.clock.move(timedelta(minutes=1))
    assert counter.close() == AllClosed()


# ---- asking --------------------------------------------------------------------------------------------------------


def test_asking_tells_paid_open_closed_and_unknown_apart(counter: Counter) -> None:
    number = counter.order_no
    assert query_attempt(counter.engine, counter.wechat, number) == NotKnown("no such number")
    opened = counter.opened()
    assert query_attempt(counter.engine, counter.wechat, number) == NotPaid(closed=False)
    paid = counter.wechat.pay(opened.credential, "oBuyer")
    assert query_attempt(counter.engine, counter.wechat, number) == FoundPaid(paid)  # type: ignore[arg-type]
    other = counter.opened("oFriend").attempt.out_trade_no
    counter.wechat.close(other)
    assert query_attempt(counter.engine, counter.wechat, other) == NotPaid(closed=True)
    assert (other, AttemptState.CLOSED) in counter.states()


def test_expired_numbers_still_open_are_found_by_the_sweep(counter: Counter) -> None:
    counter.opened()
    with counter.engine.connect() as conn:
        assert counter.order_no not in store.live_numbers(conn, expired_before=NOON + TTL, limit=1000)
        just_after = NOON + TTL + timedelta(seconds=1)
        assert counter.order_no in store.live_numbers(conn, expired_before=just_after, limit=1000)


def _at_once(n: int, act: Callable[[], Any]) -> list[Any]:
    outcomes: list[Any] = []
    ready = threading.Barrier(n)

    def run() -> None:
        ready.wait()
        outcomes.append(act())

    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
