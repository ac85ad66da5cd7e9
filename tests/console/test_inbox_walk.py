"""A talk from 转人工 to its end: the buyer at his chat, an operator at a desk, another with a phone, side by side."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from console import accounts
from console.roles import Role
from tests.browser.demo import Customer
from tests.console.conftest import PASSWORD
from tests.console.walking import browser, fits, logs_in, page_of
from tests.e2e.conftest import opened_shop
from tests.e2e.shop import Shop

__all__ = ["browser", "opened_shop"]
pytestmark = pytest.mark.timeout(180)  # three browsers and a whole shop, on a machine that may be busy


@pytest.fixture(scope="module")
def running(opened_shop: Callable[..., AbstractContextManager[Shop]]) -> Iterator[Shop]:
    with opened_shop(wechat={"kf_hours": "00:00-24:00"}) as shop:
        for name, role in (("anna", Role.OWNER), ("sue", Role.SUPPORT)):
            with shop.engine.begin() as conn:
                accounts.add(conn, name, PASSWORD, role, datetime.now(UTC))
        yield shop


@pytest.fixture
def anna(browser: Browser) -> Iterator[Page]:
    yield from page_of(browser, width=1440, height=900)


@pytest.fixture
def sue(browser: Browser) -> Iterator[Page]:
    yield from page_of(browser, width=390, height=844)


@pytest.fixture
def at_the_chat(browser: Browser) -> Iterator[Page]:
    yield from page_of(browser, width=900, height=900)


def test_a_talk_from_asking_for_a_person_to_money_back_and_the_bot_again(
    running: Shop, anna: Page, sue: Page, at_the_chat: Page, tmp_path: Path
) -> None:
    buyer = running.buyer(name="李雷")
    assert buyer.pay(buyer.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")) == "get_brand_wcpay_request:ok"
    buyer.told("转给客服接单", 30)
    logs_in(anna, f"{running.bot.base_url}/console/talks", "anna")
    logs_in(sue, f"{running.bot.base_url}/console/talks", "sue")
    expect(sue.get_by_text("没有等客服的顾客")).to_be_visible()
    at_the_chat.goto(running.sandbox_url)
    chat = Customer(at_the_chat, at_the_chat.locator(f'.phone[data-openid="{buyer.openid}"]'))
    expect(chat.phone.locator(".theirs").first).to_be_visible()

    # He asks for a person: both pages show it by themselves.
    chat.types("转人工")
    chat.hears("已为您转人工客服")
    for page in (anna, sue):
        expect(page.locator("#talk-rows .talks li")).to_have_count(1)
        expect(page.locator("[data-waiting]").first).to_have_text("1")
    anna.keyboard.press("j")
    anna.keyboard.press("Enter")
    expect(anna.get_by_role("heading", name="等回复")).to_be_visible()
    chat.types("师傅说没空，我不想等了")
    expect(anna.locator("#transcript")).to_contain_text("师傅说没空，我不想等了")

    # Sue answers from her phone, with a canned answer that she looks at first.
    sue.locator("#talk-rows a").first.click()
    expect(sue.locator("#window")).to_contain_text("微信还能主动发")
    sue.get_by_label("以店铺身份回复").fill("您好，我是客服小苏，马上帮您看")
    fits(sue)
    sue.screenshot(path=tmp_path / "console-talk-phone.png", full_page=True)
    sue.get_by_role("button", name="发送", exact=True).click()
    chat.hears("您好，我是客服小苏")
    expect(sue.locator("#transcript")).to_contain_text("已送达")
    expect(anna.locator("#talk-head")).to_contain_text("sue 正在处理")

    # Support gives no money back: she hands the talk to Anna, with a note.
    expect(sue.get_by_text("退款…")).to_have_count(0)
    sue.get_by_label("给同事看的备注").fill("师傅没空，请帮忙退款")
    sue.get_by_role("button", name="记下").click()
    sue.get_by_label("转给").select_option("anna")
    sue.get_by_role("button", name="转交").click()
    expect(sue.get_by_role("status")).to_contain_text(["已转给同事"])
    expect(anna.locator("#talk-head")).to_contain_text("我 负责")
    expect(anna.locator("#notes")).to_contain_text("师傅没空，请帮忙退款")

    # Anna gives the money back from the same page; he is told at his chat.
    anna.get_by_text("退款…", exact=True).click()
    anna.get_by_label("原因").first.fill("师傅没空")
    anna.screenshot(path=tmp_path / "console-talk.png")
    anna.get_by_role("button", name="确认退款 ¥150.00").click()
    expect(anna.get_by_role("status").filter(has_text="已开始退款")).to_be_visible()
    chat.hears("为您退款：¥150.00", "师傅没空")
    chat.hears("退款成功：¥150.00")
    expect(anna.locator("#story")).to_contain_text("退款")

    # And back to the bot.
    anna.get_by_role("button", name="结束，转回机器人").click()
    expect(anna.get_by_role("status").filter(has_text="已转回机器人")).to_be_visible()
    chat.hears("我来继续为您服务")
    chat.types("有什么卖的")
    chat.hears("话费")
    expect(sue.locator("#talk-head")).to_contain_text("已结束")
    at_the_chat.screenshot(path=tmp_path / "console-chat.png")
    did = running.query("SELECT what FROM operator_action WHERE what <> 'log_in' ORDER BY id")
    assert did == ["say", "note", "hand_talk", "give_back", "end_talk"]
    assert running.query("SELECT sum(amount_fen) FROM refund") == [15000]
