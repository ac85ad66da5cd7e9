"""The sandbox's chat page in a real browser, in front of a bot of a few fixed answers."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from .conftest import fits
from .table import Table, laid


@pytest.fixture(scope="module")
def laid_table() -> Iterator[Table]:
    with laid() as table:
        yield table


@pytest.fixture
def table(laid_table: Table) -> Table:
    laid_table.clear()
    return laid_table


def _first(page: Page, table: Table) -> Locator:
    page.goto(table.url)
    phone = page.locator(".phone").first
    expect(phone.get_by_text("欢迎光临！")).to_be_visible()
    return phone


def _say(phone: Locator, text: str) -> None:
    keyboard = phone.get_by_role("button", name="打开键盘")
    if keyboard.is_visible():
        keyboard.click()
    phone.get_by_label("输入消息").fill(text)
    phone.get_by_label("输入消息").press("Enter")


def _push(table: Table, openid: str, content: str) -> None:
    table.call("/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "text", "text": {"content": content}})


def test_a_first_visitor_needs_one_click_to_see_an_answer(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    phone.get_by_role("button", name="Steam卡100块来两张").click()
    expect(phone.get_by_text("收到：Steam卡100块来两张")).to_be_visible()
    expect(phone.get_by_text("第一次来")).to_be_hidden()


def test_enter_sends_and_shift_enter_does_not(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    phone.get_by_role("button", name="打开键盘").click()
    field = phone.get_by_label("输入消息")
    field.fill("充100话费")
    field.press("Shift+Enter")
    field.press_sequentially("13812345678")
    field.press("Enter")
    expect(phone.get_by_text("收到：充100话费 13812345678")).to_be_visible()
    expect(field).to_have_value("")
    assert table.bot.heard[-1]["Content"] == "充100话费\n13812345678"


def test_a_chat_is_still_there_after_a_reload_and_in_order(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    for number in range(4):
        _say(phone, f"第{number}句")
        expect(phone.get_by_text(f"收到：第{number}句")).to_be_visible()
    before = phone.locator(".bubble").all_inner_texts()
    assert before == ["欢迎光临！", *[text for n in range(4) for text in (f"第{n}句", f"收到：第{n}句")]]
    desktop.reload()
    expect(desktop.get_by_text("收到：第3句")).to_be_visible()
    assert desktop.locator(".phone").first.locator(".bubble").all_inner_texts() == before


def test_only_web_and_weixin_addresses_become_links(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    _say(phone, "选择")
    bubble = phone.locator(".theirs .bubble").last
    expect(bubble).to_contain_text('<a href="javascript:alert(1)">这个</a><b>粗</b><img src=x onerror=alert(1)>')
    assert bubble.locator("a").all_inner_texts() == ["确认"]
    assert bubble.locator("img, b").count() == 0


def test_what_a_buyer_types_is_never_markup(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    _say(phone, '<a href="https://example.com">我</a><img src=x onerror=alert(1)>')
    mine = phone.locator(".mine .bubble").last
    expect(mine).to_have_text('<a href="https://example.com">我</a><img src=x onerror=alert(1)>')
    assert mine.locator("a, img").count() == 0


def test_a_tapped_answer_is_sent_as_text_with_its_menu_id(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    _say(phone, "选择")
    phone.get_by_role("link", name="确认").click()
    expect(phone.get_by_text("收到：确认+1")).to_be_visible()
    assert table.bot.heard[-1]["Content"] == "确认+1"
    assert table.bot.heard[-1]["bizmsgmenuid"] == "m7"


@pytest.mark.parametrize(
    ("switch", "recognition"), [("微信已识别", "开一个月会员"), ("识别为空", ""), ("没有识别字段", None)]
)
def test_voice_comes_with_each_kind_of_recognition(
    desktop: Page, table: Table, switch: str, recognition: str | None
) -> None:
    phone = _first(desktop, table)
    phone.get_by_role("button", name="打开键盘").click()
    phone.get_by_role("button", name="语音", exact=True).first.click()
    phone.get_by_label("说了什么").fill("开一个月会员")
    phone.get_by_text(switch, exact=True).click()
    phone.get_by_role("button", name="发送语音").click()
    expect(phone.get_by_text("听到了：")).to_be_visible()
    heard = table.bot.heard[-1]
    assert heard["MsgType"] == "voice"
    assert heard.get("Recognition") == recognition


def test_pictures_places_and_codes_reach_the_bot(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    phone.get_by_role("button", name="打开键盘").click()
    for button, kind in (("图片", "image"), ("位置", "location"), ("链接", "link")):
        count = len(table.bot.heard)
        phone.get_by_role("button", name="更多功能").click()
        phone.get_by_role("button", name=button, exact=True).click()
        if kind != "image":
            phone.get_by_role("button", name="发送", exact=True).click()
        assert table.bot.last(count + 1)["MsgType"] == kind
    count = len(table.bot.heard)
    phone.get_by_role("button", name="更多", exact=True).click()
    phone.get_by_role("button", name="扫一扫").click()
    phone.get_by_label("二维码场景值").fill("steam")
    phone.get_by_role("button", name="扫描").click()
    heard = table.bot.last(count + 1)
    assert (heard["Event"], heard["EventKey"]) == ("SCAN", "steam")


def test_the_menu_bar_sends_its_keys_and_pops_up(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    phone.get_by_role("button", name="自助下单").click()
    expect(phone.get_by_text("菜单 self_order")).to_be_visible()
    expect(phone.get_by_role("menuitem", name="人工客服")).to_be_hidden()
    phone.get_by_role("button", name="客服").click()
    phone.get_by_role("menuitem", name="人工客服").click()
    expect(phone.get_by_text("菜单 human")).to_be_visible()
    expect(phone.get_by_role("menuitem", name="人工客服")).to_be_hidden()


def test_a_menu_published_later_appears_without_a_reload(desktop: Page, table: Table) -> None:
    table.sandbox.state.world.memory.menu = None
    phone = _first(desktop, table)
    expect(phone.get_by_label("输入消息")).to_be_visible()
    table.call("/cgi-bin/menu/create", {"button": [{"type": "click", "name": "新菜单", "key": "new"}]})
    opener, published = phone.get_by_role("button", name="打开菜单"), phone.get_by_role("button", name="新菜单")
    # A page that first asked for the menu a moment after it was published shows it opened already.
    expect(opener.or_(published).filter(visible=True).first).to_be_visible()
    if opener.is_visible():
        opener.click()
    expect(published).to_be_visible()


def test_a_reply_wechat_would_refuse_shows_its_well_known_line(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    _say(phone, "坏掉")
    expect(phone.get_by_text("该公众号提供的服务出现故障")).to_be_visible()


def test_leaving_and_following_again(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    count = len(table.bot.heard)
    phone.get_by_role("button", name="更多", exact=True).click()
    phone.get_by_role("button", name="取消关注").click()
    follow = phone.get_by_role("button", name="关注公众号")
    expect(follow).to_be_visible()
    assert table.bot.last(count + 1)["Event"] == "unsubscribe"
    follow.click()
    expect(follow).to_be_hidden()
    expect(phone.get_by_text("欢迎光临！")).to_have_count(2)


def test_buyers_stand_side_by_side_and_a_push_shows_a_red_dot(desktop: Page, table: Table) -> None:
    first = _first(desktop, table)
    desktop.get_by_role("button", name="添加买家").click()
    second = desktop.locator(".phone").nth(1)
    expect(second.get_by_text("欢迎光临！")).to_be_visible()
    _say(second, "我是第二个")
    expect(second.get_by_text("收到：我是第二个")).to_be_visible()
    assert first.get_by_text("我是第二个").count() == 0
    dot = desktop.get_by_role("navigation", name="买家").get_by_label("条新消息")
    expect(dot).to_have_count(0)
    _push(table, str(first.get_attribute("data-openid")), "第一行\n" * 40 + "很长的消息")  # makes the chat scroll
    _push(table, str(first.get_attribute("data-openid")), "您的卡密到了")
    expect(first.get_by_text("您的卡密到了")).to_be_visible()
    expect(dot).to_have_text("2")
    first.get_by_text("您的卡密到了").click()
    expect(dot).to_have_count(0)


def test_a_tap_on_a_phone_that_is_half_outside_is_not_lost(desktop: Page, table: Table) -> None:
    first = _first(desktop, table)
    _say(first, "选择")
    expect(first.get_by_role("link", name="确认")).to_be_visible()
    _push(table, str(first.get_attribute("data-openid")), "第一行\n" * 40 + "很长的消息")
    for number in range(2, 5):
        desktop.get_by_role("button", name="添加买家").click()
        expect(desktop.locator(".phone")).to_have_count(number)
    first.get_by_role("link", name="确认").scroll_into_view_if_needed()
    desktop.locator(".stage").evaluate("stage => { stage.scrollLeft = 120; }")
    first.get_by_role("link", name="确认").click()
    expect(first.get_by_text("收到：确认+1")).to_be_visible()


def test_a_narrow_screen_shows_one_phone_at_a_time(phone: Page, table: Table) -> None:
    _first(phone, table)
    phone.get_by_role("button", name="添加买家").click()
    expect(phone.locator(".phone")).to_have_count(2)
    expect(phone.locator(".phone:visible")).to_have_count(1)
    phone.get_by_role("navigation", name="买家").get_by_role("button", name="小明").click()
    expect(phone.locator(".phone").first).to_be_visible()
    expect(phone.locator(".phone").nth(1)).to_be_hidden()
    fits(phone)


def _open_pay_page(phone: Locator, table: Table) -> FrameLocator:
    table.bot.shop.viewer = table.bot.shop.order.openid
    table.open_trade(str(phone.get_attribute("data-openid")))
    _say(phone, "付款")
    phone.get_by_role("link", name="去支付").click()
    return phone.frame_locator("iframe")


def test_paying_on_the_phone_from_the_link_to_the_delivered_order(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    page = _open_pay_page(phone, table)
    page.get_by_role("button", name="立即支付").click()
    sheet = page.get_by_role("dialog", name="微信支付")
    expect(sheet.get_by_text("¥99.50")).to_be_visible()
    expect(sheet.get_by_text("好店-话费充值")).to_be_visible()
    sheet.get_by_role("button", name="立即支付").click()
    expect(page.get_by_role("heading", name="交易完成")).to_be_visible()
    expect(phone.get_by_role("heading", name="交易完成")).to_be_visible()  # the title bar follows the page
    phone.get_by_role("button", name="关闭页面").click()
    expect(phone.locator(".pay-card")).to_contain_text("¥99.50")


def test_a_native_code_is_scanned_with_the_current_phone(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    table.open_trade("", code_url="weixin://wxpay/bizpayurl?pr=abc123")
    desktop.get_by_role("button", name="控制台", exact=True).click()
    desktop.get_by_role("tab", name="交易").click()
    desktop.get_by_role("button", name="用当前手机扫码付款").click()
    sheet = phone.get_by_role("dialog", name="扫码付款")
    expect(sheet).to_contain_text("¥99.50")
    sheet.get_by_role("button", name="立即支付").click()
    expect(phone.locator(".pay-card")).to_contain_text("¥99.50")
    expect(desktop.locator(".records")).to_contain_text("小明")


def test_cancelling_the_sheet_pays_nothing(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    page = _open_pay_page(phone, table)
    page.get_by_role("button", name="立即支付").click()
    page.get_by_role("dialog", name="微信支付").get_by_role("button", name="取消").click()
    expect(page.get_by_role("alert")).to_contain_text("您取消了支付")
    trade = httpx.get(f"{table.url}/sandbox/api/transactions").json()["transactions"][0]
    assert trade["trade_state"] == "NOTPAY"


def test_a_prepay_of_somebody_else_is_refused_by_the_sheet(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    page = _open_pay_page(phone, table)
    table.open_trade("o_somebody_else")
    page.get_by_role("button", name="立即支付").click()
    sheet = page.get_by_role("dialog", name="微信支付")
    expect(sheet.get_by_role("alert")).to_contain_text("不一致")
    sheet.get_by_role("button", name="立即支付").click()
    expect(page.get_by_role("alert").last).to_contain_text("支付没有成功")


def test_the_panel_sets_and_clears_faults_and_shows_trades(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    desktop.get_by_role("button", name="控制台", exact=True).click()
    fault = desktop.locator("[data-fault=notice]")
    fault.get_by_role("combobox", name="支付与退款通知的故障").select_option("repeat")
    fault.get_by_label("共几次").fill("4")
    fault.get_by_role("button", name="生效").click()
    expect(fault.get_by_role("status")).to_have_text("生效中：重复 · 还剩 1 次")
    faults = httpx.get(f"{table.url}/sandbox/api/faults").json()
    assert (faults["notice"]["kind"], faults["notice"]["n"], faults["notice"]["times"]) == ("repeat", 4, 1)
    fault.get_by_role("button", name="清除").click()
    expect(fault.get_by_role("status")).to_have_text("正常")
    assert httpx.get(f"{table.url}/sandbox/api/faults").json()["notice"] is None
    desktop.get_by_role("tab", name="交易").click()
    expect(desktop.get_by_text("还没有交易")).to_be_visible()
    page = _open_pay_page(phone, table)
    page.get_by_role("button", name="立即支付").click()
    page.get_by_role("dialog", name="微信支付").get_by_role("button", name="立即支付").click()
    expect(desktop.locator(".records")).to_contain_text("已支付")  # live, without a click


def test_what_is_being_chosen_at_the_panel_survives_news_from_elsewhere(desktop: Page, table: Table) -> None:
    _first(desktop, table)
    desktop.get_by_role("button", name="控制台", exact=True).click()
    push, notice = desktop.locator("[data-fault=push]"), desktop.locator("[data-fault=notice]")
    push.get_by_role("combobox").first.select_option("slow")
    push.get_by_label("秒").fill("7")
    push.get_by_role("combobox").last.select_option("-1")
    httpx.put(f"{table.url}/sandbox/api/faults", json={"notice": {"kind": "lose", "times": 3}})
    expect(notice.get_by_role("status")).to_have_text("生效中：丢失 · 还剩 3 次")
    expect(notice.get_by_role("combobox").last).to_have_value("3")
    push.get_by_role("button", name="生效").click()
    expect(push.get_by_role("status")).to_have_text("生效中：很慢 · 一直")
    assert httpx.get(f"{table.url}/sandbox/api/faults").json()["push"]["seconds"] == 7


def test_refused_pushes_are_on_record_with_their_code(desktop: Page, table: Table) -> None:
    phone = _first(desktop, table)
    desktop.get_by_role("button", name="控制台", exact=True).click()
    desktop.get_by_role("tab", name="推送").click()
    expect(desktop.get_by_text("还没有推送")).to_be_visible()
    _push(table, str(phone.get_attribute("data-openid")), "卡密 ABCD")
    record = desktop.locator(".records li").first
    expect(record).to_contain_text("已送达")
    expect(record).to_contain_text("卡密 ABCD")
    expect(record).to_contain_text("小明")


def test_the_page_says_so_when_the_sandbox_is_gone(desktop: Page) -> None:
    with laid() as table:
        _first(desktop, table)
    expect(desktop.get_by_role("status").first).to_contain_text("连接断了")
