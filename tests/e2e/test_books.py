"""After a day of sales, failures and refunds over the real protocols: books, bill and history agree."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot import books, certificates, nightly, reconciling
from bot.commands.connecting import CommandError
from bot.figures import ShopFigures
from fulfillment import audit
from payments import ledger
from payments.wechatpay import WechatPay
from tests.e2e.conftest import KeyImport
from tests.e2e.shop import Shop, eventually


def test_books_bill_and_history_agree_at_the_end_of_the_day(shop: Shop, keys: KeyImport) -> None:
    keys("YK1", "YOUKU-BOOKS-1", "YOUKU-BOOKS-2")
    cards, topup, unlucky = shop.buyer(), shop.buyer(), shop.buyer()
    cards.pay(cards.order("优酷月卡", "确认"))
    cards.told("YOUKU-BOOKS-1")
    topup.pay(topup.order("充50话费 13912340011", "确认"))
    topup.told("充值成功")
    shop.faults(supplier={"kind": "failed", "times": -1})
    unlucky.pay(unlucky.order("充30话费 13912340012", "确认"))
    unlucky.told("退款成功")
    shop.faults(supplier=None, bills_at_once=True)
    eventually(lambda: not shop.query("SELECT 1 FROM refund WHERE state <> 'success'"))
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    with shop.engine.connect() as conn:
        assert ledger.day(conn, today).fees_estimated_fen > 0

    reconciling.reconcile_day(shop.services, day=today.isoformat())
    assert shop.query("SELECT count(*) FROM bill_difference") == [0]

    nightly.check_books(shop.services)
    with shop.engine.begin() as conn:
        assert books.count_open(conn) == 0
        assert list(audit.verify(conn)) == []
        day = ledger.day(conn, today)
        assert audit.anchor(conn, shop.services.clock.now() + timedelta(hours=2)) is not None
        assert list(audit.verify(conn)) == []
    total = sum(shop.query("SELECT total_fen FROM orders WHERE state = 'delivered'"))
    cost = sum(shop.query("SELECT cost_fen FROM order_line WHERE state = 'delivered' AND cost_fen > 0"))
    assert (day.payments, day.sold_fen - day.refunds_fen, day.cost_fen) == (3, total, cost)
    assert (day.fees_estimated_fen, day.owed_fen) == (0, 0)
    assert day.profit_fen == total - cost - day.fees_fen


def test_beside_the_public_key_the_certificates_are_known_from_the_start(shop: Shop) -> None:
    gateway = shop.services.gateway
    assert isinstance(gateway, WechatPay)
    assert gateway.platform_keys.serials() == {shop.services.config.pay.public_key_id}
    certificates.keep_fresh(shop.services)
    eventually(lambda: len(gateway.platform_keys.serials()) == 2)


def test_the_bill_is_fetched_daily_and_what_differs_is_a_figure_and_an_error(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.faults(bills_at_once=False)
    reconciling.reconcile_yesterday(shop.services)
    yesterday = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)
    waiting = "SELECT args->>'day' FROM procrastinate_jobs WHERE task_name = 'reconcile_day'"
    assert shop.query(waiting) == [yesterday.isoformat()]

    today = yesterday + timedelta(days=1)
    with pytest.raises(CommandError, match="bill of"):  # so the job is done again
        reconciling.reconcile_day(shop.services, day=today.isoformat())
    buyer = shop.buyer()
    buyer.pay(buyer.order("充50话费 13912340013", "确认"))
    buyer.told("充值成功")
    shop.faults(bills_at_once=True)
    with shop.engine.begin() as conn:
        conn.execute(text("UPDATE payment SET total_fen = total_fen + 1 WHERE id = (SELECT max(id) FROM payment)"))
    reconciling.reconcile_day(shop.services, day=today.isoformat())
    assert "the bill differs, a person must look" in caplog.text
    (figure,) = [one for one in ShopFigures(shop.engine).collect() if one.name == "kabot_bill_differences"]
    assert figure.samples[0].value == 1
