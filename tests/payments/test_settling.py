"""A proven payment meets the books: once per order, whatever comes twice or wrong; and refunds never exceed it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import IntegrityError

from kernel.clock import MovableClock
from payments import store
from payments.attempts import Opened, open_attempt
from payments.fake import FakeWechatPay
from payments.gateway import RefundReport, RefundStatus, TradeState, TradeType, Transaction
from payments.incoming import Ignored, SeenBefore, take_notice
from payments.model import Refund, RefundState
from payments.notices import OtherNotice, PaymentNotice, RefundNotice
from payments.refunds import (
    NeedsPerson,
    RefundRefused,
    RefundSettled,
    RefundUnknown,
    RefundWaiting,
    drive_refund,
    request_refund,
    settle_refund,
)
from payments.settling import AlreadyKnown, Duplicate, Mismatch, Settled, settle
from payments.tables import PAY_NOTICE, PAYMENT
from tests.payments.till import NOON, TTL, add_order


class Books:
    """One order that somebody may pay, more than once if he tries."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = MovableClock(NOON)
        self.wechat = FakeWechatPay(self.clock)
        self.order_no = add_order(engine)

    def pay(self, payer: str = "oBuyer") -> Transaction:
        """Open and pay at WeChat Pay; our books do not know yet."""
        opened = open_attempt(
            self.engine,
            self.wechat,
            order_no=self.order_no,
            total_fen=9950,
            description="话费",
            trade_type=TradeType.JSAPI,
            payer_openid=payer,
            expires_at=NOON + TTL,
            now=self.clock.now(),
        )
        assert isinstance(opened, Opened)
        paid = self.wechat.pay(opened.credential, payer)
        assert paid is not None
        return paid

    def pay_twice(self) -> tuple[Transaction, Transaction]:
        """Two payers open before either has paid."""
        first, second = (self._open(payer) for payer in ("oBuyer", "oFriend"))
        paid = self.wechat.pay(first.credential, "oBuyer"), self.wechat.pay(second.credential, "oFriend")
        assert paid[0] is not None
        assert paid[1] is not None
        return paid[0], paid[1]

    def _open(self, payer: str) -> Opened:
        opened = open_attempt(
            self.engine,
            self.wechat,
            order_no=self.order_no,
            total_fen=9950,
            description="话费",
            trade_type=TradeType.JSAPI,
            payer_openid=payer,
            expires_at=NOON + TTL,
            now=self.clock.now(),
        )
        assert isinstance(opened, Opened)
        return opened

    def settle(self, paid: Transaction) -> Settled | Duplicate | AlreadyKnown | Mismatch:
        with self.engine.begin() as conn:
            return settle(conn, paid, self.clock.now())

    def paid(self) -> Transaction:
        paid = self.pay()
        assert isinstance(self.settle(paid), Settled)
        return paid

    def ask(self, amount_fen: int = 9950, **more: Any) -> Refund | RefundRefused:
        with self.engine.begin() as conn:
            values = {
                "order_no": self.order_no,
                "amount_fen": amount_fen,
                "reason": "充值失败",
                "now": self.clock.now(),
            }
            return request_refund(conn, **(values | more))

    def asked(self, amount_fen: int = 9950, **more: Any) -> Refund:
        refund = self.ask(amount_fen, **more)
        assert isinstance(refund, Refund), refund
        return refund

    def drive(self, refund_id: int, **more: Any) -> RefundSettled | RefundWaiting | NeedsPerson:
        return drive_refund(self.engine, self.wechat, refund_id, self.clock.now(), **more)

    def drive_to_the_end(self, refund_id: int) -> RefundSettled | NeedsPerson:
        for _ in range(20):
            outcome = self.drive(refund_id)
            if not isinstance(outcome, RefundWaiting):
                return outcome
            refund_id = outcome.refund_id
            self.clock.move(max(outcome.next_at - self.clock.now(), timedelta()))
        raise AssertionError("the refund does not end")

    def refunds(self) -> tuple[Refund, ...]:
        with self.engine.connect() as conn:
            return store.refunds_of(conn, self.order_no)

    def is_due(self, refund: Refund, at: datetime) -> bool:
        with self.engine.connect() as conn:
            return refund.id in store.due_refunds(conn, at, limit=1000)

    def event(self, nth: int) -> str:
        """The id of a notice about this order."""
        return f"EV-{self.order_no}-{nth}"

    def take(self, notice: PaymentNotice | RefundNotice | OtherNotice) -> Any:
        with self.engine.begin() as conn:
            return take_notice(conn, notice, self.clock.now())


@pytest.fixture
def books(engine: Engine) -> Books:
    return Books(engine)


def _at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    outcomes: list[Any] = []
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> None:
        ready.wait()
        outcomes.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


# ---- settling ------------------------------------------------------------------------------------------------------


def test_the_first_payment_settles_the_order_and_repetitions_change_nothing(books: Books) -> None:
    paid = books.pay()
    settled = books.settle(paid)
    assert isinstance(settled, Settled)
    assert (settled.order_no, settled.paid_at) == (books.order_no, NOON)
    assert books.settle(paid) == AlreadyKnown(books.order_no)
    refunded_since = replace(paid, state=TradeState.REFUND)
    assert books.settle(refunded_since) == AlreadyKnown(books.order_no)


def test_a_second_payment_of_the_order_is_refunded_whole(books: Books) -> None:
    first, second = books.pay_twice()
    assert isinstance(books.settle(second), Settled)
    duplicate = books.settle(first)
    assert isinstance(duplicate, Duplicate)
    assert isinstance(books.settle(first), AlreadyKnown)
    assert [refund.id for refund in books.refunds()] == [duplicate.refund_id]
    assert isinstance(books.drive_to_the_end(duplicate.refund_id), RefundSettled)
    assert books.wechat.refunded_fen(first.out_trade_no) == 9950
    assert books.wechat.refunded_fen(second.out_trade_no) == 0


def test_many_notices_of_two_payments_at_once_settle_one_and_refund_the_other(books: Books) -> None:
    first, second = books.pay_twice()
    outcomes = _at_once([lambda paid=paid: books.settle(paid) for paid in (first, second) * 5])  # type: ignore[misc]
    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == ["AlreadyKnown"] * 8 + ["Duplicate", "Settled"]
    assert len(books.refunds()) == 1


def test_a_payment_of_a_number_closed_in_our_books_still_counts(books: Books) -> None:
    paid = books.pay()
    with books.engine.begin() as conn:
        store.mark_closed(conn, paid.out_trade_no)
    assert isinstance(books.settle(paid), Settled)


MISMATCHES: dict[str, dict[str, Any]] = {
    "an unknown number": {"out_trade_no": "K2611220000000000"},
    "a fen too little": {"total_fen": 9949},
    "a fen too much": {"total_fen": 9951},
    "another currency": {"currency": "USD"},
    "not paid": {"state": TradeState.NOTPAY},
    "refunded by somebody": {"state": TradeState.REFUND},
    "no transaction id": {"transaction_id": ""},
    "no time": {"success_time": None},
}


@pytest.mark.parametrize("kind", MISMATCHES)
def test_what_does_not_fit_the_books_changes_nothing(kind: str, books: Books) -> None:
    paid = books.pay()
    assert isinstance(books.settle(replace(paid, **MISMATCHES[kind])), Mismatch)
    assert isinstance(books.settle(paid), Settled)


def test_another_transaction_for_a_paid_number_is_for_a_person(books: Books) -> None:
    paid = books.paid()
    assert isinstance(books.settle(replace(paid, transaction_id="4200-another")), Mismatch)


def test_one_transaction_does_not_pay_two_orders(books: Books) -> None:
    paid = books.paid()
    other = Books(books.engine)
    stolen = replace(other.pay(), transaction_id=paid.transaction_id)
    assert isinstance(other.settle(stolen), Mismatch)


def test_the_database_itself_refuses_a_second_settling_payment(books: Books) -> None:
    first, second = books.pay_twice()
    books.settle(first)
    books.settle(second)
    statement = update(PAYMENT).where(PAYMENT.c.out_trade_no == second.out_trade_no).values(settles=True)
    with pytest.raises(IntegrityError, match="payment_settles_once"), books.engine.begin() as conn:
        conn.execute(statement)


@pytest.mark.parametrize("refunded_fen", [-1, 9951])
def test_the_database_itself_refuses_refunds_beyond_the_payment(books: Books, refunded_fen: int) -> None:
    paid = books.paid()
    statement = update(PAYMENT).where(PAYMENT.c.out_trade_no == paid.out_trade_no).values(refunded_fen=refunded_fen)
    with pytest.raises(IntegrityError, match="payment_refunds_within_paid"), books.engine.begin() as conn:
        conn.execute(statement)


# ---- notices -------------------------------------------------------------------------------------------------------


def test_a_notice_has_its_effect_once(books: Books) -> None:
    notice = PaymentNotice(books.event(1), books.pay())
    assert isinstance(books.take(notice), Settled)
    assert books.take(notice) == SeenBefore()


def test_a_notice_repeated_at_the_same_instant_has_its_effect_once(books: Books) -> None:
    notice = PaymentNotice(books.event(1), books.pay())
    outcomes = _at_once([lambda: books.take(notice)] * 6)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SeenBefore"] * 5 + ["Settled"]


def test_a_wrong_notice_does_not_use_up_its_id(books: Books) -> None:
    paid = books.pay()
    assert isinstance(books.take(PaymentNotice(books.event(1), replace(paid, total_fen=1))), Mismatch)
    assert isinstance(books.take(PaymentNotice(books.event(1), paid)), Settled)


def test_a_transaction_that_fails_after_the_notice_forgets_it(books: Books) -> None:
    notice = PaymentNotice(books.event(1), books.pay())

    def crash() -> None:
        with books.engine.begin() as conn:
            take_notice(conn, notice, NOON)
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError):
        crash()
    assert isinstance(books.take(notice), Settled)


def test_a_notice_of_no_use_is_kept_and_ignored(books: Books) -> None:
    assert books.take(OtherNotice(books.event(9), "COUPON.USE")) == Ignored()
    with books.engine.connect() as conn:
        assert conn.execute(
            select(PAY_NOTICE.c.id, PAY_NOTICE.c.kind).where(PAY_NOTICE.c.id == books.event(9))
        ).all() == [(books.event(9), "COUPON.USE")]


# ---- asking for refunds --------------------------------------------------------------------------------------------


def test_a_refund_is_decided_once_for_a_line(books: Books) -> None:
    books.paid()
    first = books.asked(5000, line_id=7)
    assert first.out_refund_no == f"{books.order_no}-R1"
    assert books.asked(5000, line_id=7) == first
    assert isinstance(books.ask(4000, line_id=7), RefundRefused)
    assert len(books.refunds()) == 1


def test_refunds_never_exceed_what_was_paid(books: Books) -> None:
    books.paid()
    books.asked(9000, line_id=1)
    assert books.ask(951, line_id=2) == RefundRefused("more than was paid", 950)
    assert isinstance(books.ask(0, line_id=3), RefundRefused)
    assert isinstance(books.ask(-5, line_id=3), RefundRefused)
    books.asked(950, line_id=2)
    assert books.ask(1, line_id=4) == RefundRefused("more than was paid", 0)


def test_refunds_asked_for_at_once_never_exceed_what_was_paid(books: Books) -> None:
    books.paid()
    outcomes = _at_once([lambda line=line: books.ask(3000, line_id=line) for line in range(8)])  # type: ignore[misc]
    assert sum(isinstance(outcome, Refund) for outcome in outcomes) == 3


def test_the_same_line_asked_for_at_once_is_refunded_once(books: Books) -> None:
    books.paid()
    outcomes = _at_once([lambda: books.ask(3000, line_id=1)] * 6)
    assert {outcome.id for outcome in outcomes} == {books.refunds()[0].id}


def test_an_unpaid_order_and_a_strangers_payment_are_not_refunded(books: Books) -> None:
    assert books.ask() == RefundRefused("order not paid")
    other = Books(books.engine)
    settled = other.settle(other.pay())
    assert isinstance(settled, Settled)
    books.paid()
    assert isinstance(books.ask(payment_id=settled.payment_id), RefundRefused)


def test_the_buyers_account_never_reaches_the_reason(books: Books) -> None:
    books.paid()
    assert (
        books.asked(reason="充值 13812345678 失败" + "。" * 100).reason == ("充值 138****5678 失败" + "。" * 100)[:80]
    )


# ---- driving refunds -----------------------------------------------------------------------------------------------


def test_a_refund_is_driven_from_asking_to_success_and_tells_the_order_in_the_same_transaction(books: Books) -> None:
    books.paid()
    refund = books.asked(5000, line_id=7)
    told: list[RefundSettled] = []

    def then(_: Connection, settled: RefundSettled) -> None:
        told.append(settled)

    waiting = books.drive(refund.id, then=then)
    assert isinstance(waiting, RefundWaiting)
    assert books.refunds()[0].state is RefundState.PROCESSING
    settled = books.drive(refund.id, then=then)
    assert settled == RefundSettled(refund.id, books.order_no, 7, "line:7", 5000, first=True)
    assert books.drive(refund.id, then=then) == replace(settled, first=False)
    assert told == [settled]


def test_when_the_order_cannot_be_told_the_success_is_not_written(books: Books) -> None:
    books.paid()
    refund = books.asked()
    books.drive(refund.id)

    def crash(_: Connection, __: RefundSettled) -> None:
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError):
        books.drive(refund.id, then=crash)
    settled = books.drive(refund.id)
    assert isinstance(settled, RefundSettled)
    assert settled.first


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_lost_exchange_refunds_once(books: Books, lost: str) -> None:
    paid = books.paid()
    refund = books.asked(5000)
    books.wechat.lose = lost
    books.drive(refund.id)
    assert isinstance(books.drive_to_the_end(refund.id), RefundSettled)
    assert books.wechat.refunded_fen(paid.out_trade_no) == 5000


def test_after_a_lost_answer_the_refund_is_asked_about_at_once(books: Books) -> None:
    books.paid()
    refund = books.asked(5000)
    books.wechat.lose = "answer"
    assert isinstance(books.drive(refund.id), RefundSettled)


def test_an_empty_merchant_account_is_waited_for(books: Books) -> None:
    books.paid()
    refund = books.asked()
    books.wechat.balance_fen = 0
    for _ in range(5):
        waiting = books.drive(refund.id)
        assert isinstance(waiting, RefundWaiting)
        assert "balance" in waiting.reason
        books.clock.move(waiting.next_at - books.clock.now())
    books.wechat.balance_fen = 10**6
    assert isinstance(books.drive_to_the_end(refund.id), RefundSettled)
    assert [refund.out_refund_no for refund in books.refunds()] == [f"{books.order_no}-R1"]


def test_a_closed_refund_is_asked_for_again_under_a_new_number(books: Books) -> None:
    paid = books.paid()
    refund = books.asked(5000, line_id=7)
    books.wechat.refunds_end_as = RefundStatus.CLOSED
    books.drive(refund.id)
    renewed = books.drive(refund.id)
    assert isinstance(renewed, RefundWaiting)
    assert renewed.refund_id != refund.id
    books.wechat.refunds_end_as = RefundStatus.SUCCESS
    settled = books.drive_to_the_end(refund.id)  # the old row leads to the new one
    assert settled == RefundSettled(renewed.refund_id, books.order_no, 7, "line:7", 5000, first=True)
    assert [refund.state for refund in books.refunds()] == [RefundState.CLOSED, RefundState.SUCCESS]
    assert books.wechat.refunded_fen(paid.out_trade_no) == 5000


def test_a_refund_that_wechat_keeps_closing_goes_to_a_person(books: Books) -> None:
    books.paid()
    refund = books.asked()
    books.wechat.refunds_end_as = RefundStatus.CLOSED
    assert isinstance(books.drive_to_the_end(refund.id), NeedsPerson)
    assert len(books.refunds()) == 3


def test_an_abnormal_refund_goes_to_a_person_and_may_still_succeed(books: Books) -> None:
    books.paid()
    refund = books.asked()
    books.wechat.refunds_end_as = RefundStatus.ABNORMAL
    outcome = books.drive_to_the_end(refund.id)
    assert isinstance(outcome, NeedsPerson)
    assert outcome.state is RefundState.ABNORMAL
    assert not books.is_due(refund, NOON + timedelta(days=9))
    success = RefundReport(
        refund.out_refund_no, refund.out_trade_no, "5030", RefundStatus.SUCCESS, 9950, 9950, books.clock.now()
    )
    assert isinstance(books.take(RefundNotice(books.event(2), success)), RefundSettled)


def test_a_rejected_refund_goes_to_a_person(books: Books) -> None:
    books.paid()
    refund = books.asked()
    books.wechat = FakeWechatPay(books.clock)  # knows no such payment
    assert isinstance(books.drive_to_the_end(refund.id), NeedsPerson)
    assert books.refunds()[0].next_try_at is None


def test_a_refund_of_another_amount_under_our_number_goes_to_a_person(books: Books) -> None:
    books.paid()
    refund = books.asked(5000)
    report = RefundReport(refund.out_refund_no, refund.out_trade_no, "5030", RefundStatus.SUCCESS, 4999, 9950, NOON)
    with books.engine.begin() as conn:
        assert isinstance(settle_refund(conn, report, NOON), NeedsPerson)
    assert books.refunds()[0].state is RefundState.CREATED


def test_a_refund_that_is_not_ours_is_named(books: Books) -> None:
    report = RefundReport(f"by-hand-{books.order_no}", "K2611220000000001", "5030", RefundStatus.SUCCESS, 1, 2, NOON)
    assert books.take(RefundNotice(books.event(3), report)) == RefundUnknown(report.out_refund_no)


def test_refunds_that_want_driving_are_found_by_the_sweep(books: Books) -> None:
    books.paid()
    refund = books.asked()
    assert books.is_due(refund, NOON)
    waiting = books.drive(refund.id)
    assert isinstance(waiting, RefundWaiting)
    assert not books.is_due(refund, NOON)
    assert books.is_due(refund, waiting.next_at)
