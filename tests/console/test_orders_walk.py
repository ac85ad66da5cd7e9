"""The owner at a desk and with a phone: an order found by keyboard, part of it given back, a file, a case, a month."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from catalog.key_import import import_keys
from tests.bot.test_after_sale import WANG, Shop
from tests.console.conftest import employ
from tests.console.walking import PHONE, browser, desk, logs_in, phone, serving

__all__ = ["browser", "desk", "phone"]
pytestmark = pytest.mark.timeout(180)
BY_HAND = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")


def _days_of_trade(shop: Shop, folder: Path) -> None:
    file = folder / "ST50.txt"
    file.write_text("\n".join(f"STEAM-{n:04}-WXYZ-{n:04}" for n in range(12)))
    import_keys(shop.services.engine, shop.services.vault, "ST50", file)
    for day in range(4):
        for n in range(1 + day % 3):
            shop.order("50的steam卡一张", "确认", openid=WANG)
            shop.work()
            shop.passes(7 + n)
        shop.order("充100话费 13812345678", "确认")
        shop.passes(24 * 60 - 30)
    shop.order(*BY_HAND)
    shop.work()
    shop.passes(5)
    shop.say("怎么还没到账")
    shop.order("50的steam卡2张", "确认", openid=WANG)
    shop.work()
    shop.say("卡密无效", WANG)
    employ(shop, "anna")


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_every_page_of_the_day_at_a_desk_and_on_a_phone(shop: Shop, desk: Page, phone: Page, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # this thread's event loop is the browser's
        elsewhere.submit(_days_of_trade, shop, tmp_path).result()
    [newest] = shop.rows("SELECT order_no FROM orders ORDER BY created_at DESC, order_no DESC LIMIT 1")
    with serving(shop.app) as base:
        logs_in(desk, f"{base}/console")
        expect(desk.get_by_role("heading", name="今天")).to_be_visible()
        desk.get_by_role("link", name="30 天").click()
        expect(desk.locator("#charts svg").nth(2).locator("title")).to_have_count(30)
        desk.screenshot(path=tmp_path / "console-today-desk.png", full_page=True)

        # An order without the mouse: / to look, j to the first, Enter to open.
        desk.keyboard.press("/")
        desk.wait_for_url("**/console/orders")
        desk.screenshot(path=tmp_path / "console-orders-desk.png", full_page=True)
        desk.keyboard.press("/")
        desk.keyboard.type("13812345678")
        desk.keyboard.press("Enter")
        expect(desk.locator(".rows li")).to_have_count(4)
        desk.goto(f"{base}/console/orders")
        desk.keyboard.press("j")
        desk.keyboard.press("Enter")
        expect(desk.get_by_role("heading", name=str(newest))).to_be_visible()

        # A part of it goes back; the button says how much before it is pressed.
        desk.get_by_text("部分退款…").click()
        amount = desk.locator("input[name=amount]")
        expect(desk.get_by_role("button", name="确认退 ¥")).to_have_text(f"确认退 ¥{amount.input_value()}")
        amount.fill("3")
        expect(desk.get_by_role("button", name="确认退 ¥")).to_have_text("确认退 ¥3.00")
        desk.locator("form", has=amount).get_by_label("原因").fill("补偿")
        desk.get_by_text("换卡密…").click()
        desk.screenshot(path=tmp_path / "console-order-desk.png", full_page=True)
        desk.get_by_role("button", name="确认退 ¥3.00").click()
        expect(desk.get_by_role("status").filter(has_text="已开始退款")).to_be_visible()
        desk.get_by_text("原始记录").click()
        expect(desk.locator(".papers")).to_contain_text("transaction_id")

        # The list as a file; the page stays usable.
        desk.goto(f"{base}/console/orders")
        for name, suffix in (("导出 XLSX", ".xlsx"), ("CSV", ".csv")):
            with desk.expect_download() as got:
                desk.get_by_role("button", name=name).click()
            assert got.value.suggested_filename.endswith(suffix)
            file = tmp_path / f"orders{suffix}"
            got.value.save_as(file)
            assert file.stat().st_size > 500
        expect(desk.get_by_role("button", name="CSV")).to_be_enabled()

        # Canned answers, then a case answered from the phone.
        logs_in(phone, f"{base}/console")
        expect(phone.get_by_role("heading", name="今天")).to_be_visible()
        _fits(phone)
        phone.screenshot(path=tmp_path / "console-today.png", full_page=True)
        phone.goto(f"{base}/console/canned")
        phone.get_by_role("button", name="条现成的").click()
        expect(phone.get_by_role("status").filter(has_text="常用语已保存")).to_be_visible()
        _fits(phone)
        phone.screenshot(path=tmp_path / "console-canned.png", full_page=True)
        phone.goto(f"{base}/console/cases")
        case = phone.locator("section.card").first
        case.get_by_role("button", name="稍等").click()
        expect(case.get_by_label("发给顾客").first).to_have_value("好的，我马上帮您核对，请稍等几分钟。")
        _fits(phone)
        phone.screenshot(path=tmp_path / "console-cases.png", full_page=True)
        case.get_by_role("button", name="发送答复").click()
        expect(phone.get_by_role("status").filter(has_text="已答复")).to_be_visible()
        for path, name in (("orders", "orders"), (f"orders/{newest}", "order"), ("todo", "todo"), ("talks", "talks")):
            phone.goto(f"{base}/console/{path}")
            expect(phone.locator("h1").first).to_be_visible()
            _fits(phone)
            phone.screenshot(path=tmp_path / f"console-{name}.png", full_page=True)
        desk.goto(f"{base}/console/cases")
        desk.screenshot(path=tmp_path / "console-cases-desk.png", full_page=True)
        desk.goto(f"{base}/console/todo")
        desk.screenshot(path=tmp_path / "console-todo-desk.png", full_page=True)
    assert shop.rows("SELECT count(*) FROM refund WHERE amount_fen = 300") == [1]
    assert shop.rows("SELECT count(*) FROM operator_action WHERE what = 'export'") == [2]
