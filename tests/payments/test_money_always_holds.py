"""In whatever order payments, notices, queries, closes and refunds come, repeated or lost: the money agrees."""

from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import Engine

from kernel.clock import MovableClock
from payments import store
from payments.attempts import AllClosed, FoundPaid, Opened, OrderPaid, close_attempts, open_attempt, query_attempt
from payments.fake import FakeWechatPay
from payments.gateway import CodeUrl, Prepay, RefundReport, RefundStatus, TradeType, Transaction
from payments.incoming import take_notice
from payments.model import AttemptState, Refund, RefundState
from payments.notices import PaymentNotice, RefundNotice
from payments.refunds import RefundOutcome, RefundSettled, RefundUnknown, RefundWaiting, drive_refund, request_refund
from payments.settling import Settled, settle
from tests.machines import run_machine
from tests.payments.till import NOON, TTL, add_order

TOTAL_FEN = 1000
_LOSSES = st.sampled_from(["", "", "", "request", "answer"])


class Money(RuleBasedStateMachine):
    """One order, three buyers, and a WeChat Pay that loses things."""

    engine: ClassVar[Engine]
    credentials: Bundle[tuple[Prepay | CodeUrl, str]] = Bundle("credentials")
    paid: Bundle[Transaction] = Bundle("paid")
    reports: Bundle[RefundReport] = Bundle("reports")

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovableClock(NOON)
        self.wechat = FakeWechatPay(self.clock)
        self.order_no = add_order(self.engine, total_fen=TOTAL_FEN)
        self.handed_out: list[tuple[Prepay | CodeUrl, str]] = []
        self.transactions: list[Transaction] = []
        self.settled = 0
        self.line_refunds: list[int] = []
        self.notices = 0

    # ---- what happens ----------------------------------------------------------------------------------------------

    @rule(target=credentials, payer=st.sampled_from(["oA", "oB", None]), lose=_LOSSES)
    def open(self, payer: str | None, lose: str) -> Any:
        self.wechat.lose = lose
        opened = open_attempt(
            self.engine,
            self.wechat,
            order_no=self.order_no,
            total_fen=TOTAL_FEN,
            description="话费",
            trade_type=TradeType.JSAPI if payer else TradeType.NATIVE,
            payer_openid=payer,
            expires_at=NOON + TTL,
            now=self.clock.now(),
        )
        if isinstance(opened, OrderPaid) and opened.transaction is not None:
            self._settle(opened.transaction)
        if not isinstance(opened, Opened):
            return multiple()
        self.handed_out.append((opened.credential, payer or "oScanner"))
        return self.handed_out[-1]

    @rule(target=paid, credential=credentials)
    def pay(self, credential: tuple[Prepay | CodeUrl, str]) -> Any:
        paid = self.wechat.pay(*credential)
        if paid is None:
            return multiple()
        self.transactions.append(paid)
        return paid

    @rule(transaction=paid, again=st.booleans())
    def a_payment_notice_comes(self, transaction: Transaction, again: bool) -> None:
        self.notices += 1
        notice = PaymentNotice(f"{transaction.transaction_id}-{0 if again else self.notices}", transaction)
        with self.engine.begin() as conn:
            self._count(take_notice(conn, notice, self.clock.now()))

    @rule(transaction=paid)
    def settling_crashes(self, transaction: Transaction) -> None:
        with self.engine.connect() as conn, conn.begin() as crashing:
            settle(conn, transaction, self.clock.now())
            crashing.rollback()

    @rule(lose=_LOSSES, nth=st.integers(0, 3))
    def somebody_asks(self, lose: str, nth: int) -> None:
        attempts = self._attempts()
        if attempts:
            self.wechat.lose = lose
            found = query_attempt(self.engine, self.wechat, attempts[nth % len(attempts)].out_trade_no)
            if isinstance(found, FoundPaid):
                self._settle(found.transaction)

    @rule(lose=_LOSSES)
    def the_order_is_closed(self, lose: str) -> None:
        self.wechat.lose = lose
        closed = close_attempts(self.engine, self.wechat, self.order_no, self.clock.now())
        if isinstance(closed, FoundPaid):
            self._settle(closed.transaction)
        if isinstance(closed, AllClosed):
            assert all(self.wechat.pay(*credential) is None for credential in self.handed_out)

    @rule(line=st.integers(1, 4), amount_fen=st.sampled_from([-10, 0, 1, 300, 500, 999, 1000, 1100]))
    def a_refund_is_asked_for(self, line: int, amount_fen: int) -> None:
        with self.engine.begin() as conn:
            request_refund(
                conn,
                order_no=self.order_no,
                line_id=line,
                amount_fen=amount_fen,
                reason="充值失败",
                now=self.clock.now(),
            )

    @rule(target=reports, nth=st.integers(0, 5), lose=_LOSSES, ends_as=st.sampled_from(list(RefundStatus)))
    def a_refund_is_driven(self, nth: int, lose: str, ends_as: RefundStatus) -> Any:
        refunds = self._refunds()
        if not refunds:
            return multiple()
        refund = refunds[nth % len(refunds)]
        self.wechat.lose, self.wechat.refunds_end_as = lose, ends_as
        self._count(drive_refund(self.engine, self.wechat, refund.id, self.clock.now()))
        report = self.wechat.query_refund(refund.out_refund_no)
        return report if isinstance(report, RefundReport) else multiple()

    @rule(report=reports)
    def a_refund_notice_comes(self, report: RefundReport) -> None:
        self.notices += 1
        notice = RefundNotice(f"{report.out_refund_no}-{self.notices}", report)
        with self.engine.begin() as conn:
            self._count(take_notice(conn, notice, self.clock.now()))

    @rule(report=consumes(reports))
    def an_old_report_is_forgotten(self, report: RefundReport) -> None:
        pass

    @rule(minutes=st.sampled_from([1, 4, 16]))
    def time_passes(self, minutes: int) -> None:
        self.clock.move(timedelta(minutes=minutes))

    # ---- what must hold --------------------------------------------------------------------------------------------

    @invariant()
    def the_books_agree_with_themselves_and_with_wechat(self) -> None:
        attempts, refunds = self._attempts(), self._refunds()
        assert sum(attempt.settles for attempt in attempts) <= 1
        assert self.settled == sum(attempt.settles for attempt in attempts)
        for attempt in attempts:
            mine = [refund for refund in refunds if refund.payment_id == attempt.id]
            reserved = sum(refund.amount_fen for refund in mine if refund.state is not RefundState.CLOSED)
            assert reserved == attempt.refunded_fen <= attempt.total_fen == TOTAL_FEN
            if attempt.state is AttemptState.PAID:
                assert self.wechat.refunded_fen(attempt.out_trade_no) <= attempt.refunded_fen
                assert any(t.transaction_id == attempt.transaction_id for t in self.transactions)
        keys = [refund.key for refund in refunds if refund.state is not RefundState.CLOSED]
        assert len(keys) == len(set(keys))
        assert len(self.line_refunds) == len(set(self.line_refunds))

    def teardown(self) -> None:
        """In the end nothing is lost: one payment paid the order, every other one went back whole."""
        self.wechat.lose, self.wechat.refunds_end_as = "", RefundStatus.SUCCESS
        for attempt in self._attempts():
            found = query_attempt(self.engine, self.wechat, attempt.out_trade_no)
            if isinstance(found, FoundPaid):
                self._settle(found.transaction)
        for refund in self._refunds():
            self._drive_to_the_end(refund.id)
        paid = [attempt for attempt in self._attempts() if attempt.state is AttemptState.PAID]
        assert len(paid) == len(self.transactions)
        assert sum(attempt.settles for attempt in paid) == min(len(paid), 1)
        for attempt in paid:
            if not attempt.settles:
                assert self.wechat.refunded_fen(attempt.out_trade_no) == TOTAL_FEN
        self.the_books_agree_with_themselves_and_with_wechat()

    # ---- how it is done --------------------------------------------------------------------------------------------

    def _settle(self, transaction: Transaction) -> None:
        with self.engine.begin() as conn:
            self._count(settle(conn, transaction, self.clock.now()))

    def _count(self, outcome: object) -> None:
        match outcome:
            case Settled():
                self.settled += 1
            case RefundSettled(refund_id=refund_id, first=True):
                self.line_refunds.append(refund_id)

    def _attempts(self) -> Any:
        with self.engine.connect() as conn:
            return store.attempts_of(conn, self.order_no)

    def _refunds(self) -> tuple[Refund, ...]:
        with self.engine.connect() as conn:
            return store.refunds_of(conn, self.order_no)

    def _drive_to_the_end(self, refund_id: int) -> None:
        for _ in range(10):
            outcome: RefundOutcome | RefundUnknown = drive_refund(self.engine, self.wechat, refund_id, self.clock.now())
            self._count(outcome)
            if not isinstance(outcome, RefundWaiting):
                return
        raise AssertionError("the refund does not end")


def test_whatever_happens_the_money_agrees(engine: Engine) -> None:
    machine = type("MoneyHere", (Money,), {"engine": engine})
    run_machine(machine, examples=40, steps=25)
