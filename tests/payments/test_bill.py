"""The day's bill beside our books: what agrees is silent, every difference is named and kept once."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, delete, select, update

from bot.commands.connecting import CommandError
from bot.reconciling import run
from payments.attempts import Opened, open_attempt
from payments.bill import (
    Bill,
    BillUnreadableError,
    Difference,
    DifferenceKind,
    PaidOnBill,
    RefundOnBill,
    compare,
    read_bill,
    reconcile,
)
from payments.gateway import TradeType, Transaction
from payments.model import Refund
from payments.refunds import RefundSettled, RefundWaiting, drive_refund, request_refund
from payments.settling import Settled, settle
from payments.tables import BILL_DIFFERENCE, PAYMENT, REFUND
from tests.payments.till import TTL, SandboxTill, add_order

HEADER = "交易时间,商户订单号,交易状态,商户退款单号,退款金额,退款状态,商品名称,订单金额,申请退款金额"
SUMS = "总交易单数,应结订单总金额,退款总金额\r\n`2,`99.50,`50.00"


def _csv(*rows: str, header: str = HEADER) -> bytes:
    return ("\ufeff" + "\r\n".join([header, *rows, SUMS]) + "\r\n").encode()


PAID = "`2026-11-21 12:00:00,`K1,`SUCCESS,`0,`0.00,`,`话费,`99.50,`0.00"
BACK = "`2026-11-21 13:00:00,`K1,`REFUND,`K1-R1,`50.00,`SUCCESS,`话费,`0.00,`50.00"


def test_a_bill_is_read_by_the_names_in_its_header() -> None:
    bill = Bill((PaidOnBill("K1", 9950),), (RefundOnBill("K1", "K1-R1", 5000),))
    assert read_bill(_csv(PAID, BACK)) == bill
    other_order = "商户订单号,申请退款金额,订单金额,退款状态,商户退款单号,交易状态"
    paid, back = "`K1,`0.00,`99.50,`,`0,`SUCCESS", "`K1,`50.00,`0.00,`SUCCESS,`K1-R1,`REFUND"
    assert read_bill(_csv(paid, back, header=other_order)) == bill


def test_a_refund_that_failed_is_no_refund() -> None:
    assert read_bill(_csv(PAID, BACK.replace("`SUCCESS,`话费", "`FAIL,`话费"))).refunds == ()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\xff\xfe", "line 1"),
        (b"", "line 1"),
        ("交易时间,商户订单号".encode(), "line 1"),
        (_csv(PAID, "`2026,`K2"), "line 3"),
        (_csv(PAID.replace("99.50", "-99.50")), "line 2"),
        (_csv(PAID.replace("99.50", "1e3")), "line 2"),
    ],
)
def test_a_bill_that_cannot_be_read_names_its_line(content: bytes, line: str) -> None:
    with pytest.raises(BillUnreadableError, match=line):
        read_bill(content)


def test_every_kind_of_difference_is_named() -> None:
    bill = Bill(
        (PaidOnBill("K1", 100), PaidOnBill("K2", 200), PaidOnBill("K3", 300)),
        (RefundOnBill("K1", "K1-R1", 10), RefundOnBill("K2", "K2-R1", 20), RefundOnBill("K3", "K3-R1", 30)),
    )
    differences = compare(
        bill,
        paid={"K1": 100, "K2": 199, "K4": 400},
        paid_that_day=frozenset({"K1", "K2", "K4"}),
        refunds={"K1-R1": ("K1", 10), "K2-R1": ("K2", 21), "K4-R1": ("K4", 40)},
        refunded_that_day=frozenset({"K1-R1", "K2-R1", "K4-R1"}),
    )
    assert set(differences) == {
        Difference(DifferenceKind.AMOUNT, "K2", "", 199, 200),
        Difference(DifferenceKind.MISSING_HERE, "K3", "", None, 300),
        Difference(DifferenceKind.REFUND_AMOUNT, "K2", "K2-R1", 21, 20),
        Difference(DifferenceKind.REFUND_MISSING_HERE, "K3", "K3-R1", None, 30),
        Difference(DifferenceKind.MISSING_THERE, "K4", "", 400, None),
        Difference(DifferenceKind.REFUND_MISSING_THERE, "K4", "K4-R1", 40, None),
    }


def test_a_day_at_the_sandbox_agrees_with_the_books_until_they_are_changed(engine: Engine, wechat: SandboxTill) -> None:
    number = _pay_and_refund_a_part(engine, wechat)
    wechat.faults(bills_at_once=True)
    now = wechat.clock.now()
    day = now.astimezone(ZoneInfo("Asia/Shanghai")).date()
    content = wechat.gateway.trade_bill(day)
    assert isinstance(content, bytes)
    mine = Bill(
        tuple(one for one in read_bill(content).paid if one.out_trade_no == number),
        tuple(back for back in read_bill(content).refunds if back.out_trade_no == number),
    )
    assert mine == Bill((PaidOnBill(number, 9950),), (RefundOnBill(number, f"{number}-R1", 5000),))
    assert _reconcile(engine, mine, day, number) == set()
    with engine.begin() as conn:
        conn.execute(update(PAYMENT).where(PAYMENT.c.out_trade_no == number).values(total_fen=9951))
        conn.execute(delete(REFUND).where(REFUND.c.order_no == number))
    changed = {
        Difference(DifferenceKind.AMOUNT, number, "", 9951, 9950),
        Difference(DifferenceKind.REFUND_MISSING_HERE, number, f"{number}-R1", None, 5000),
    }
    for _ in range(2):  # again changes nothing
        assert _reconcile(engine, mine, day, number) == changed
        with engine.connect() as conn:
            kept = conn.scalars(select(BILL_DIFFERENCE.c.kind).where(BILL_DIFFERENCE.c.out_trade_no == number))
            assert sorted(kept) == ["amount", "refund_missing_here"]
    assert _reconcile(engine, Bill(), day, number) == {Difference(DifferenceKind.MISSING_THERE, number, "", 9951, None)}


def test_a_payment_of_the_next_day_in_beijing_is_not_missed_on_this_days_bill(engine: Engine) -> None:
    number = add_order(engine)
    with engine.begin() as conn:
        conn.execute(
            PAYMENT.insert().values(
                order_no=number, n=1, out_trade_no=number, trade_type="NATIVE", total_fen=9950, description="话费",
                expires_at=datetime(2020, 5, 2, tzinfo=UTC), created_at=datetime(2020, 5, 1, tzinfo=UTC),
                opened_at=datetime(2020, 5, 1, tzinfo=UTC), state="paid", transaction_id=number,
                paid_at=datetime(2020, 5, 1, 16, 0, tzinfo=UTC), settles=True,
            )
        )  # fmt: skip
    assert _reconcile(engine, Bill(), date(2020, 5, 1), number) == set()
    assert len(_reconcile(engine, Bill(), date(2020, 5, 2), number)) == 1


def _reconcile(engine: Engine, bill: Bill, day: date, number: str) -> set[Difference]:
    with engine.begin() as conn:
        return {one for one in reconcile(conn, bill, day, datetime.now(UTC)) if one.out_trade_no == number}


def _pay_and_refund_a_part(engine: Engine, wechat: SandboxTill) -> str:
    now, payer = wechat.clock.now(), wechat.buyer()
    number = add_order(engine, now=now)
    opened = open_attempt(
        engine,
        wechat.gateway,
        order_no=number,
        total_fen=9950,
        description="话费充值",
        trade_type=TradeType.JSAPI,
        payer_openid=payer,
        expires_at=now + TTL,
        now=now,
    )
    assert isinstance(opened, Opened)
    assert wechat.pay(opened.credential, payer)
    paid = wechat.gateway.query(number)
    assert isinstance(paid, Transaction)
    with engine.begin() as conn:
        assert isinstance(settle(conn, paid, now), Settled)
        refund = request_refund(conn, order_no=number, amount_fen=5000, reason="充值失败", now=now)
    assert isinstance(refund, Refund)
    for _ in range(100):
        outcome = drive_refund(engine, wechat.gateway, refund.id, now + timedelta(seconds=1))
        if isinstance(outcome, RefundSettled):
            return number
        assert isinstance(outcome, RefundWaiting)
    raise AssertionError("the refund does not end")


def test_the_command_tells_each_difference_in_a_line(engine: Engine, wechat: SandboxTill) -> None:
    number = _pay_and_refund_a_part(engine, wechat)
    services: Any = SimpleNamespace(engine=engine, gateway=wechat.gateway, clock=wechat.clock)
    day = wechat.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    with pytest.raises(CommandError, match="PARAM_ERROR"):
        list(run(services, day))  # no bill of today
    wechat.faults(bills_at_once=True)
    with engine.begin() as conn:
        conn.execute(update(PAYMENT).where(PAYMENT.c.out_trade_no == number).values(total_fen=9951))
    lines = list(run(services, day))
    assert lines[0].startswith(f"{day} 账单：支付 ")
    assert f"{number}\t支付金额不一致\t本店 ¥99.51\t账单 ¥99.50" in lines
    assert not [line for line in lines if line.startswith(f"{number}-R1")]
