"""The pay and order pages in a real browser: paying, turning back, expiring, and following the order."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bot.pages.views import KeyView
from kernel.orders import LineState, OrderState

from .conftest import fits, serving
from .shop import CARDS, FRIEND, TOKEN, TOPUP, Shop, order

PAY = f"/pay/{TOKEN}"
ORDER = f"/orders/{TOKEN}"


@pytest.fixture(scope="module")
def counter() -> Iterator[tuple[Shop, str]]:
    """One shop for all tests of this file; each starts from a fresh order."""
    shop = Shop()
    with serving(shop.app()) as base:
        yield shop, base


@pytest.fixture
def shop(counter: tuple[Shop, str]) -> Shop:
    shop, _ = counter
    for name, value in vars(Shop()).items():
        setattr(shop, name, value)
    return shop


@pytest.fixture
def base(counter: tuple[Shop, str]) -> str:
    return counter[1]


def _press(page: Page, outcome: str) -> None:
    page.get_by_role("button", name="支付").click()
    page.get_by_role("dialog", name="微信支付").get_by_role("button", name=outcome, exact=True).click()


@pytest.mark.usefixtures("shop")
def test_a_tap_before_the_script_has_come_waits_instead_of_being_lost(phone: Page, base: str) -> None:
    held: list[Route] = []
    phone.route("**/pay.js*", lambda route: held.append(route))
    phone.goto(base + PAY, wait_until="commit")
    pay = phone.get_by_role("button", name="支付")
    expect(pay).to_be_visible()
    expect(pay).to_be_disabled()
    held.pop().continue_()
    pay.click()
    expect(phone.get_by_role("dialog", name="微信支付")).to_be_visible()


def test_paying_ends_with_the_delivered_order_and_a_way_to_it(phone: Page, shop: Shop, base: str) -> None:
    phone.goto(base + PAY)
    expect(phone.get_by_role("heading", name="99.50")).to_be_visible()
    expect(phone.get_by_text("13812345678")).to_be_visible()
    expect(phone.get_by_role("link", name="查看订单")).to_be_hidden()
    _press(phone, "立即支付")
    expect(phone.get_by_role("heading", name="支付结果确认中")).to_be_visible()
    shop.become(OrderState.PAID, LineState.DELIVERING)
    expect(phone.get_by_role("heading", name="支付成功")).to_be_visible()
    expect(phone.get_by_text("充值中", exact=True)).to_be_visible()
    shop.become(OrderState.DELIVERED, LineState.DELIVERED)
    expect(phone.get_by_role("heading", name="交易完成")).to_be_visible()
    expect(phone.get_by_text("充值成功")).to_be_visible()
    expect(phone.get_by_role("button", name="支付")).to_be_hidden()
    phone.get_by_role("link", name="查看订单").click()
    expect(phone).to_have_url(base + ORDER)


def test_the_owner_pays_from_his_balance_without_the_payment_sheet(phone: Page, shop: Shop, base: str) -> None:
    shop.balance_fen, shop.balance_error = 12_000, "余额不够付这一单，没有扣款"
    phone.goto(base + PAY)
    balance = phone.get_by_role("button", name="余额支付（余额 ¥120.00）")
    balance.click()
    expect(phone.get_by_text("余额不够付这一单")).to_be_visible()
    shop.balance_error = None
    balance.click()
    expect(phone.get_by_role("heading", name="支付成功")).to_be_visible()
    expect(balance).to_be_hidden()
    assert shop.outcomes == []


def test_a_friend_sees_no_balance(phone: Page, shop: Shop, base: str) -> None:
    shop.viewer, shop.balance_fen = FRIEND, 12_000
    phone.goto(base + PAY)
    expect(phone.get_by_role("button", name="立即支付")).to_be_visible()
    expect(phone.get_by_text("余额")).to_have_count(0)


def test_wechats_ok_alone_is_no_proof_of_payment(phone: Page, shop: Shop, base: str) -> None:
    phone.goto(base + PAY)
    _press(phone, "立即支付")
    expect(phone.get_by_role("heading", name="支付结果确认中")).to_be_visible()
    before = shop.asked
    for _ in range(60):
        if shop.asked > before:
            break
        phone.wait_for_timeout(500)
    assert shop.asked > before
    expect(phone.get_by_role("heading", name="支付结果确认中")).to_be_visible()
    expect(phone.get_by_text("支付成功")).to_be_hidden()


def test_turning_back_keeps_the_order_and_paying_again_works(phone: Page, shop: Shop, base: str) -> None:
    phone.goto(base + PAY)
    _press(phone, "取消")
    expect(phone.get_by_role("alert")).to_have_text("您取消了支付，订单为您保留到 14:45")
    _press(phone, "模拟失败")
    expect(phone.get_by_role("alert")).to_contain_text("支付没有成功")
    _press(phone, "立即支付")
    shop.become(OrderState.DELIVERED, LineState.DELIVERED)
    expect(phone.get_by_role("heading", name="交易完成")).to_be_visible()
    assert shop.outcomes == ["cancel", "fail", "ok"]


def test_what_the_shop_refuses_is_said_and_can_be_tried_again(phone: Page, shop: Shop, base: str) -> None:
    shop.jsapi_error = "支付暂时不可用，请稍后再试"
    phone.goto(base + PAY)
    phone.get_by_role("button", name="立即支付").click()
    expect(phone.get_by_role("alert")).to_have_text("支付暂时不可用，请稍后再试")
    shop.jsapi_error = None
    _press(phone, "取消")
    expect(phone.get_by_role("alert")).to_contain_text("您取消了支付")


def test_an_order_paid_meanwhile_is_not_paid_twice(phone: Page, shop: Shop, base: str) -> None:
    phone.goto(base + PAY)
    shop.become(OrderState.PAID, LineState.DELIVERING)
    shop.jsapi_error = "订单已支付"
    phone.get_by_role("button", name="立即支付").click()
    expect(phone.get_by_role("heading", name="支付成功")).to_be_visible()
    expect(phone.get_by_role("button", name="支付")).to_be_hidden()
    assert shop.outcomes == []


def test_the_page_counts_down_and_closes_with_the_order(phone: Page, shop: Shop, base: str) -> None:
    shop.now = shop.order.expires_at - timedelta(seconds=3)
    phone.goto(base + PAY)
    expect(phone.get_by_role("timer")).to_have_text("00:02")
    shop.become(OrderState.EXPIRED)
    expect(phone.get_by_role("heading", name="订单已超时关闭")).to_be_visible()
    expect(phone.get_by_role("button", name="支付")).to_be_hidden()


def test_a_friend_may_pay_but_is_not_led_to_the_order(phone: Page, shop: Shop, base: str) -> None:
    shop.viewer = FRIEND
    phone.goto(base + PAY)
    expect(phone.get_by_text("138****5678")).to_be_visible()
    expect(phone.get_by_text("朋友的订单")).to_be_visible()
    _press(phone, "立即支付")
    shop.become(OrderState.DELIVERED, LineState.DELIVERED)
    expect(phone.get_by_role("heading", name="交易完成")).to_be_visible()
    expect(phone.get_by_role("link", name="查看订单")).to_have_count(0)


def test_outside_wechat_there_is_a_code_to_scan_and_the_page_follows(desktop: Page, shop: Shop, base: str) -> None:
    shop.viewer = None
    desktop.goto(base + PAY)
    code = desktop.get_by_role("img", name="微信支付二维码")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.naturalWidth") > 100
    expect(desktop.get_by_text("扫一扫")).to_be_visible()
    expect(desktop.get_by_role("button", name="支付")).to_have_count(0)
    shop.become(OrderState.DELIVERED, LineState.DELIVERED)
    expect(desktop.get_by_role("heading", name="交易完成")).to_be_visible()
    expect(code).to_be_hidden()


def test_a_key_is_copied_as_it_was_imported(phone: Page, shop: Shop, base: str) -> None:
    shop.order = order(CARDS, state=OrderState.DELIVERED)
    shop.keys = {2: [KeyView("AB<b>&\"'-EFGH", "8800123456")]}
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base)
    phone.goto(base + ORDER)
    expect(phone.get_by_text("AB<b>&\"'-EFGH")).to_be_visible()
    phone.get_by_role("button", name="复制第1张卡密").click()
    expect(phone.get_by_text("已复制", exact=True)).to_be_visible()
    assert phone.evaluate("navigator.clipboard.readText()") == "AB<b>&\"'-EFGH"


def test_copying_works_where_the_clipboard_is_refused(browser: Browser, shop: Shop, base: str) -> None:
    shop.order = order(CARDS, state=OrderState.DELIVERED)
    shop.keys = {2: [KeyView("OLD-WAY-1")]}
    with browser.new_context(locale="zh-CN") as context:  # of its own: what is added here stays
        phone = context.new_page()
        phone.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        phone.goto(base + ORDER)
        phone.get_by_role("button", name="复制第1张卡密").click()
        expect(phone.get_by_text("已复制", exact=True)).to_be_visible()


@pytest.mark.parametrize("path", [PAY, ORDER, "/pay/nothing"])
def test_nothing_is_wider_than_the_phone(phone: Page, shop: Shop, base: str, path: str) -> None:
    shop.order = order(TOPUP, CARDS, state=OrderState.DELIVERED)
    shop.keys = {2: [KeyView("A" * 200)]}
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.goto(base + path)
    fits(phone)
