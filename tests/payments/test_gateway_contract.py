"""What the port promises, held against the fake and against the real gateway over HTTP."""

import time
from datetime import timedelta

from kernel.ids import new_order_no
from payments.gateway import (
    AlreadyPaid,
    Closed,
    CodeUrl,
    NoSuchNumber,
    NotEnough,
    NumberClosed,
    NumberUsed,
    Prepay,
    RefundReport,
    RefundRequest,
    RefundStatus,
    Rejected,
    TradeState,
    Transaction,
)
from tests.payments.till import TTL, Till, request


def _new(till: Till) -> str:
    return str(new_order_no(till.clock.now()))


def _open(till: Till, number: str, payer: str, *, total_fen: int = 9950) -> Prepay:
    sent = request(number, total_fen=total_fen, expires_at=till.clock.now().replace(microsecond=0) + TTL)
    prepay = till.gateway.open_jsapi(sent, payer)
    assert isinstance(prepay, Prepay)
    return prepay


def _pay(till: Till) -> tuple[str, str]:
    number, payer = _new(till), till.buyer()
    assert till.pay(_open(till, number, payer), payer)
    return number, payer


def _refund(number: str, refund_fen: int, nth: int = 1, total_fen: int = 9950) -> RefundRequest:
    return RefundRequest(number, f"{number}-R{nth}", refund_fen, total_fen, "充值失败")


def _ended(till: Till, out_refund_no: str) -> RefundReport:
    for _ in range(100):
        report = till.gateway.query_refund(out_refund_no)
        assert isinstance(report, RefundReport)
        if report.status is not RefundStatus.PROCESSING:
            return report
        time.sleep(0.02)
    raise AssertionError("the refund does not end")


def test_a_payment_is_paid_by_its_payer_and_then_proven_by_a_query(till: Till) -> None:
    number, payer = _new(till), till.buyer()
    prepay = _open(till, number, payer)
    unpaid = till.gateway.query(number)
    assert isinstance(unpaid, Transaction)
    assert unpaid.state is TradeState.NOTPAY
    assert till.pay(prepay, payer)
    paid = till.gateway.query(number)
    assert isinstance(paid, Transaction)
    assert (paid.state, paid.total_fen, paid.payer_openid, paid.currency) == (TradeState.SUCCESS, 9950, payer, "CNY")
    assert paid.transaction_id
    assert paid.success_time is not None
    assert abs(paid.success_time - till.clock.now()) < timedelta(minutes=1)


def test_somebody_else_cannot_pay_with_a_prepay(till: Till) -> None:
    prepay = _open(till, _new(till), till.buyer())
    assert not till.pay(prepay, "oStranger")


def test_a_native_code_is_paid_by_whoever_scans_it(till: Till) -> None:
    number = _new(till)
    code = till.gateway.open_native(request(number, expires_at=till.clock.now() + TTL))
    assert isinstance(code, CodeUrl)
    assert till.pay(code, till.buyer())


def test_the_same_values_may_be_sent_again_and_others_may_not(till: Till) -> None:
    number, payer = _new(till), till.buyer()
    sent = request(number, expires_at=till.clock.now() + TTL)
    first = till.gateway.open_jsapi(sent, payer)
    assert till.gateway.open_jsapi(sent, payer) == first
    dearer = request(number, total_fen=9951, expires_at=sent.expires_at)
    assert till.gateway.open_jsapi(dearer, payer) == NumberUsed()
    assert till.gateway.open_native(sent) == NumberUsed()


def test_a_closed_number_can_be_neither_paid_nor_opened_again(till: Till) -> None:
    number, payer = _new(till), till.buyer()
    sent = request(number, expires_at=till.clock.now() + TTL)
    prepay = till.gateway.open_jsapi(sent, payer)
    assert isinstance(prepay, Prepay)
    assert till.gateway.close(number) == Closed()
    assert till.gateway.close(number) == Closed()
    assert not till.pay(prepay, payer)
    assert till.gateway.open_jsapi(sent, payer) == NumberClosed()
    closed = till.gateway.query(number)
    assert isinstance(closed, Transaction)
    assert closed.state is TradeState.CLOSED


def test_a_paid_number_can_be_neither_closed_nor_opened_again(till: Till) -> None:
    number, payer = _new(till), till.buyer()
    sent = request(number, expires_at=till.clock.now() + TTL)
    prepay = till.gateway.open_jsapi(sent, payer)
    assert isinstance(prepay, Prepay)
    assert till.pay(prepay, payer)
    assert till.gateway.close(number) == AlreadyPaid()
    assert till.gateway.open_jsapi(sent, payer) == AlreadyPaid()


def test_a_number_never_sent_is_not_there(till: Till) -> None:
    number = _new(till)
    assert till.gateway.query(number) == NoSuchNumber()
    assert till.gateway.close(number) == NoSuchNumber()
    assert till.gateway.query_refund(f"{number}-R1") == NoSuchNumber()
    assert till.gateway.refund(_refund(number, 1)) == NoSuchNumber()


def test_a_refund_is_accepted_first_and_through_later(till: Till) -> None:
    number, _ = _pay(till)
    accepted = till.gateway.refund(_refund(number, 5000))
    assert isinstance(accepted, RefundReport)
    assert (accepted.refund_fen, accepted.total_fen, accepted.out_trade_no) == (5000, 9950, number)
    through = _ended(till, f"{number}-R1")
    assert (through.status, through.refund_fen) == (RefundStatus.SUCCESS, 5000)
    assert through.success_time is not None
    paid = till.gateway.query(number)
    assert isinstance(paid, Transaction)
    assert (paid.state, paid.total_fen) == (TradeState.REFUND, 9950)


def test_the_same_refund_number_refunds_once(till: Till) -> None:
    number, _ = _pay(till)
    for _ in range(3):
        assert isinstance(till.gateway.refund(_refund(number, 6000)), RefundReport)
    assert isinstance(till.gateway.refund(_refund(number, 3950, nth=2)), RefundReport)
    assert isinstance(till.gateway.refund(_refund(number, 1, nth=3)), Rejected)


def test_the_same_refund_number_with_another_amount_is_rejected(till: Till) -> None:
    number, _ = _pay(till)
    assert isinstance(till.gateway.refund(_refund(number, 5000)), RefundReport)
    assert isinstance(till.gateway.refund(_refund(number, 4000)), Rejected)


def test_an_empty_merchant_account_refunds_later_under_the_same_number(till: Till) -> None:
    number, _ = _pay(till)
    till.set_balance_empty(True)
    assert till.gateway.refund(_refund(number, 9950)) == NotEnough()
    till.set_balance_empty(False)
    assert isinstance(till.gateway.refund(_refund(number, 9950)), RefundReport)
