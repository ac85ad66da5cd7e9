"""A WeChat Pay in memory, for tests: the port's rules without keys and network, and answers that can be lost."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from kernel.clock import Clock
from payments.gateway import (
    AlreadyPaid,
    BillNotReady,
    Closed,
    CodeUrl,
    Failure,
    NoAnswer,
    NoBill,
    NoSuchNumber,
    NotEnough,
    NumberClosed,
    NumberUsed,
    OpenAnswer,
    PaymentRequest,
    Prepay,
    RefundReport,
    RefundRequest,
    RefundStatus,
    Rejected,
    TradeState,
    Transaction,
)

T = TypeVar("T")


@dataclass(slots=True)
class _Trade:
    request: PaymentRequest
    payer: str | None
    credential: Prepay | CodeUrl
    state: TradeState = TradeState.NOTPAY
    transaction: Transaction | None = None
    refunds: dict[str, RefundReport] = field(default_factory=dict)


class FakeWechatPay:
    """Keeps the contract of `gateway.PayGateway`.

    `lose` names what goes wrong with the next call: "request" never arrives, "answer" never comes back.
    """

    def __init__(self, clock: Clock) -> None:
        self.lose: str = ""
        self.balance_fen = 10**12
        self.refunds_end_as = RefundStatus.SUCCESS
        """What a refund becomes by the time it is first asked about; it is accepted as PROCESSING."""
        self._clock = clock
        self._lock = threading.Lock()
        self._trades: dict[str, _Trade] = {}

    # ---- what buyers do --------------------------------------------------------------------------------------------

    def pay(self, credential: Prepay | CodeUrl, payer_openid: str) -> Transaction | None:
        """Pay with what a buyer was given; None when WeChat Pay does not take it (closed, expired, paid, not his)."""
        for trade in self._trades.values():
            if trade.credential == credential and trade.payer in (None, payer_openid) and self._payable(trade):
                return self._paid(trade, payer_openid)
        return None

    def _payable(self, trade: _Trade) -> bool:
        return trade.state is TradeState.NOTPAY and self._clock.now() < trade.request.expires_at

    def _paid(self, trade: _Trade, payer_openid: str) -> Transaction:
        request, trade.state = trade.request, TradeState.SUCCESS
        trade.transaction = Transaction(
            out_trade_no=request.out_trade_no,
            state=TradeState.SUCCESS,
            total_fen=request.total_fen,
            transaction_id=f"4200{len(self._trades):06d}{request.out_trade_no}",
            payer_openid=payer_openid,
            success_time=self._clock.now(),
        )
        return trade.transaction

    # ---- the port --------------------------------------------------------------------------------------------------

    def open_jsapi(self, request: PaymentRequest, payer_openid: str) -> Prepay | OpenAnswer:
        """As the port says."""
        prepay = Prepay(f"wx{len(self._trades):08d}{request.out_trade_no}")
        opened = self._over_the_wire(lambda: self._open(request, payer_openid, prepay))
        return opened if not isinstance(opened, CodeUrl) else NumberUsed()

    def open_native(self, request: PaymentRequest) -> CodeUrl | OpenAnswer:
        """As the port says."""
        code = CodeUrl(f"weixin://wxpay/bizpayurl?pr={request.out_trade_no}")
        opened = self._over_the_wire(lambda: self._open(request, None, code))
        return opened if not isinstance(opened, Prepay) else NumberUsed()

    def _open(
        self, request: PaymentRequest, payer: str | None, credential: Prepay | CodeUrl
    ) -> Prepay | CodeUrl | OpenAnswer:
        if request.expires_at <= self._clock.now():
            return Rejected("PARAM_ERROR", "time_expire")
        trade = self._trades.get(request.out_trade_no)
        if trade is None:
            self._trades[request.out_trade_no] = _Trade(request, payer, credential)
            return credential
        if trade.transaction is not None:
            return AlreadyPaid()
        if trade.state is TradeState.CLOSED:
            return NumberClosed()
        return trade.credential if (trade.request, trade.payer) == (request, payer) else NumberUsed()

    def bridge_params(self, prepay_id: str) -> Mapping[str, str]:
        """Unsigned."""
        return {"package": f"prepay_id={prepay_id}"}

    def query(self, out_trade_no: str) -> Transaction | NoSuchNumber | Failure:
        """As the port says."""
        return self._over_the_wire(lambda: self._query(out_trade_no))

    def _query(self, out_trade_no: str) -> Transaction | NoSuchNumber:
        trade = self._trades.get(out_trade_no)
        if trade is None:
            return NoSuchNumber()
        paid = trade.transaction
        if paid is None:
            expired = self._clock.now() >= trade.request.expires_at
            return Transaction(out_trade_no, TradeState.CLOSED if expired else trade.state, total_fen=0)
        return Transaction(
            out_trade_no, trade.state, paid.total_fen, paid.transaction_id, paid.payer_openid, paid.success_time
        )

    def close(self, out_trade_no: str) -> Closed | AlreadyPaid | NoSuchNumber | Failure:
        """As the port says."""
        return self._over_the_wire(lambda: self._close(out_trade_no))

    def _close(self, out_trade_no: str) -> Closed | AlreadyPaid | NoSuchNumber:
        trade = self._trades.get(out_trade_no)
        if trade is None:
            return NoSuchNumber()
        if trade.transaction is not None:
            return AlreadyPaid()
        trade.state = TradeState.CLOSED
        return Closed()

    def refund(self, request: RefundRequest) -> RefundReport | NotEnough | NoSuchNumber | Failure:
        """As the port says."""
        return self._over_the_wire(lambda: self._refund(request))

    def _refund(self, request: RefundRequest) -> RefundReport | NotEnough | NoSuchNumber | Rejected:
        trade = self._trades.get(request.out_trade_no)
        if trade is None or trade.transaction is None:
            return NoSuchNumber()
        known = trade.refunds.get(request.out_refund_no)
        if known is not None:
            same = (known.refund_fen, known.total_fen) == (request.refund_fen, request.total_fen)
            return known if same else Rejected("PARAM_ERROR", "amount")
        if request.total_fen != trade.request.total_fen:
            return Rejected("PARAM_ERROR", "total")
        gone = sum(r.refund_fen or 0 for r in trade.refunds.values() if r.status is not RefundStatus.CLOSED)
        if gone + request.refund_fen > request.total_fen:
            return Rejected("INVALID_REQUEST", "more than is left")
        if request.refund_fen > self.balance_fen:
            return NotEnough()
        report = RefundReport(
            request.out_refund_no,
            request.out_trade_no,
            f"5030{request.out_refund_no}",
            RefundStatus.PROCESSING,
            request.refund_fen,
            request.total_fen,
        )
        trade.refunds[request.out_refund_no] = report
        trade.state = TradeState.REFUND
        return report

    def query_refund(self, out_refund_no: str) -> RefundReport | NoSuchNumber | Failure:
        """As the port says."""
        return self._over_the_wire(lambda: self._query_refund(out_refund_no))

    def _query_refund(self, out_refund_no: str) -> RefundReport | NoSuchNumber:
        for trade in self._trades.values():
            report = trade.refunds.get(out_refund_no)
            if report is not None:
                trade.refunds[out_refund_no] = self._ended(report)
                return trade.refunds[out_refund_no]
        return NoSuchNumber()

    def _ended(self, report: RefundReport) -> RefundReport:
        if report.status is not RefundStatus.PROCESSING:
            return report
        status = self.refunds_end_as
        return RefundReport(
            report.out_refund_no,
            report.out_trade_no,
            report.refund_id,
            status,
            report.refund_fen,
            report.total_fen,
            self._clock.now() + timedelta(seconds=1) if status is RefundStatus.SUCCESS else None,
        )

    def refunded_fen(self, out_trade_no: str) -> int:
        """How much of a payment really went back or is on its way."""
        reports = self._trades[out_trade_no].refunds.values()
        return sum(r.refund_fen or 0 for r in reports if r.status is not RefundStatus.CLOSED)

    def trade_bill(self, day: date) -> bytes | NoBill | BillNotReady | Failure:  # noqa: ARG002 - no bills here
        """Never any."""
        return NoBill()

    def _over_the_wire(self, act: Callable[[], T]) -> T | NoAnswer:
        lose, self.lose = self.lose, ""
        if lose == "request":
            return NoAnswer("the request was lost")
        with self._lock:
            answer = act()
        return NoAnswer("the answer was lost") if lose == "answer" else answer
