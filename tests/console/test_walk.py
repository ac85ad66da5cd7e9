"""The owner's helper at the console with a phone: in, to what waits, money back, out."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.bot.test_after_sale import WANG, Shop
from tests.console.conftest import employ
from tests.console.walking import browser, fits, logs_in, phone, serving

__all__ = ["browser", "phone"]


def _busy_day(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    shop.order("充100话费 13812345678", "确认", openid=WANG)
    shop.say("怎么还没到账")
    shop.say("转人工", WANG)
    with shop.services.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE order_line SET state = 'attention', note = '供货商退回' WHERE sku_code = 'HF100'")
    employ(shop, "anna")


def test_a_failed_line_is_given_back_from_a_phone(shop: Shop, phone: Page, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # this thread's event loop is the browser's
        elsewhere.submit(_busy_day, shop).result()
    failed = shop.rows("SELECT order_no FROM order_line WHERE state = 'attention'")[0]
    with serving(shop.app) as base:
        logs_in(phone, f"{base}/console/todo")
        expect(phone.get_by_role("heading", name="待办")).to_be_visible()
        for name in ("今天", "会话", "记录", "订单", "待办"):
            phone.get_by_role("navigation").get_by_role("link", name=name).click()
            expect(phone.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
            fits(phone)
            phone.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        phone.locator("section.card", has_text=str(failed)).get_by_role("link", name="打开订单处理").click()
        expect(phone.get_by_role("heading", name=str(failed))).to_be_visible()
        phone.get_by_text("退款…", exact=True).click()
        phone.get_by_label("原因").first.fill("运营商维护，充不进去")
        fits(phone)
        phone.screenshot(path=tmp_path / "console-refund.png", full_page=True)
        phone.get_by_role("button", name="确认退款 ¥99.50").click()
        expect(phone.get_by_role("status")).to_have_text("已开始退款，会通知顾客")
        expect(phone.get_by_text("退款…", exact=True)).to_have_count(0)
        expect(phone.locator(".story")).to_contain_text("operator:anna")
        fits(phone)
        phone.get_by_role("button", name="退出").click()
        expect(phone.get_by_role("status")).to_have_text("已退出登录")
        phone.goto(f"{base}/console/orders/{failed}")
        expect(phone.get_by_role("button", name="登录")).to_be_visible()
    assert shop.rows("SELECT sum(amount_fen) FROM refund") == [9950]
    assert shop.rows("SELECT what FROM operator_action ORDER BY id") == ["log_in", "give_back", "log_out"]
