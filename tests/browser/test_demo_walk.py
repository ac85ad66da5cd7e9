"""`kabot demo` as a new user walks through it: real processes, a real browser, one order of every kind."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from bot.speech.sound import can_decode
from tests.e2e.shop import eventually

from .demo import Customer, Demo

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"),
]


@pytest.fixture(scope="module")
def walked() -> Iterator[Demo]:
    """One demo for all walks, on a directory that other system users may enter (the database may run as one)."""
    folder = Path(tempfile.mkdtemp(prefix="kabot-walk-"))
    folder.chmod(0o755)
    demo = Demo(folder / "data")
    try:
        yield demo
    finally:
        if demo.process is not None and demo.process.poll() is None:
            demo.press_ctrl_c()
        left = demo.processes()
        if left:
            demo.kill_everything()
        shutil.rmtree(folder, ignore_errors=True)
        assert left == {}


@pytest.fixture
def demo(walked: Demo) -> Demo:
    """The running demo, without faults."""
    walked.ensure().faults(notice=None, push=None, supplier=None, pay=None, refund=None)
    return walked


def _panel(page: Page, tab: str) -> Locator:
    panel = page.get_by_label("故障与记录")
    if not panel.is_visible():
        page.get_by_role("button", name="控制台", exact=True).click()
    panel.get_by_role("tab", name=tab).click()
    return panel


def _strike(page: Page, part: str, kind: str, times: str = "1") -> None:
    """Switch a fault on at the panel."""
    fault = _panel(page, "故障").locator(f"[data-fault={part}]")
    fault.get_by_role("combobox").first.select_option(kind)
    fault.get_by_role("combobox").nth(1).select_option(times)
    fault.get_by_role("button", name="生效").click()
    expect(fault.get_by_role("status")).to_contain_text("生效中")


def _clear(page: Page, part: str) -> None:
    fault = _panel(page, "故障").locator(f"[data-fault={part}]")
    fault.get_by_role("button", name="清除").click()
    expect(fault.get_by_role("status")).to_have_text("正常")


def _record(page: Page, tab: str, words: str) -> Locator:
    """The line about this among the records of the panel."""
    return _panel(page, tab).locator(".records li").filter(has_text=words)


def test_a_phone_is_topped_up_from_the_first_suggestion_with_one_tap_to_confirm(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "话费")
    me.phone.get_by_role("button", name="充100话费 13812345678").click()
    summary = me.hears("请核对订单")
    for part in ("话费充值", "100元", "13812345678", "¥99.50"):
        assert part in summary
    me.confirms()
    page = me.opens_the_pay_page()
    expect(page.get_by_text("99.50").first).to_be_visible()
    expect(page.get_by_text("13812345678")).to_be_visible()
    me.answers_the_sheet("立即支付")
    me.sees("交易完成")
    expect(page.get_by_text("充值成功")).to_be_visible()
    me.closes_the_page()
    me.hears("充值成功", "13812345678")
    expect(me.phone.locator(".pay-card")).to_contain_text("¥99.50")


def test_88_qbi_are_bought_from_the_menu_and_a_wrong_number_is_asked_for_again(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "Q币")
    me.picks("自助下单", "热门商品")
    me.taps("Q币 ¥")
    me.hears("要多少个")
    me.types("88")
    me.hears("QQ号")
    me.types("123")
    me.hears("QQ号应为5到11位，您输入了3位")
    me.types("123456789")
    me.hears("请核对订单", "88", "¥86.24")
    number = me.confirms()
    me.pays()
    me.sees("交易完成")
    me.closes_the_page()
    me.hears("充值成功", "123456789", number)
    expect(_record(desktop, "供应商", "123456789")).to_contain_text("QB ×88")


def test_two_steam_cards_come_with_two_keys_each_to_be_copied(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "Steam")
    me.types("Steam卡100块来两张")
    me.hears("请核对订单", "×2", "¥201.00")
    me.confirms()
    page = me.pays()
    me.sees("交易完成")
    keys = me.looks_at_the_order()
    assert len(set(keys)) == 2
    for place, key in enumerate(keys, start=1):
        button = page.get_by_role("button", name=f"复制第{place}张卡密")
        assert button.get_attribute("data-copy") == key
        button.click()
        expect(button).to_have_text("已复制")
    me.closes_the_page()
    me.hears(*keys)
    me.picks("我的订单", "我的卡密")
    expect(me.phone.locator(".theirs .bubble").filter(has_text=keys[0]).filter(has_text=keys[1])).to_have_count(2)


def test_a_membership_is_ordered_by_voice_and_again_from_the_menu(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "会员")
    me.speaks("开一个月腾讯视频会员")
    me.hears("听到", "手机号或QQ号")
    me.types("13712340987")
    me.hears("请核对订单", "腾讯视频VIP", "月卡", "13712340987")
    me.confirms()
    me.pays()
    me.sees("交易完成")
    me.closes_the_page()
    me.hears("充值成功", "腾讯视频VIP")
    me.picks("我的订单", "再来一单")
    me.hears("照上次的来", "腾讯视频VIP", "13712340987")


def test_a_game_asks_for_the_server_and_takes_a_tap(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "王者")
    me.types("王者荣耀充60点券")
    me.hears("QQ号")
    me.types("55667788")
    me.hears("请选区服")
    me.taps("苹果QQ区")
    me.hears("请核对订单", "王者荣耀点券", "苹果QQ区", "¥6.00")
    me.confirms()
    me.pays()
    me.sees("交易完成")
    me.closes_the_page()
    me.hears("充值成功", "王者荣耀点券")


def test_a_cancelled_order_cannot_be_paid_any_more(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "取消")
    me.types("充50话费 13912340001")
    me.hears("请核对订单", "¥49.80")
    number = me.confirms()
    page = me.opens_the_pay_page()
    me.answers_the_sheet("取消")
    expect(page.get_by_role("alert")).to_contain_text("您取消了支付")
    me.closes_the_page()
    me.taps("取消")
    me.hears(number, "已取消")
    me.opens_the_pay_page()
    me.sees("订单已取消")
    expect(page.get_by_role("button", name="支付")).to_be_hidden()
    expect(_record(desktop, "交易", number)).to_contain_text("已关闭")


def test_an_order_that_runs_out_of_time_is_closed_on_the_open_page_and_in_the_chat(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "超时")
    me.types("骏网卡30块的")
    me.hears("请核对订单", "骏网一卡通")
    number = me.confirms()
    me.opens_the_pay_page()
    me.answers_the_sheet("取消")
    demo.run_out_of_time(number)
    me.sees("订单已超时关闭")
    me.closes_the_page()
    me.hears(number, "超时")
    expect(_record(desktop, "交易", number)).to_contain_text("已关闭")


def test_a_lost_notice_is_made_good_by_asking(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "丢通知")
    _strike(desktop, "notice", "lose", "-1")
    me.types("网易卡15块的")
    me.hears("请核对订单", "¥14.70")
    number = me.confirms()
    me.pays()
    me.sees("支付结果确认中")
    me.sees("交易完成")
    keys = me.looks_at_the_order()
    me.closes_the_page()
    me.hears(number, *keys)
    trade = _record(desktop, "交易", number)
    expect(trade).to_contain_text("已支付")
    expect(trade).to_contain_text("丢失")


def test_a_refused_push_stands_on_the_order_page_and_comes_with_the_next_answer_once(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "拒推送")
    _strike(desktop, "push", "45015", "-1")
    me.types("优酷月卡")
    me.hears("请核对订单", "优酷VIP")
    number = me.confirms()
    me.pays()
    me.sees("交易完成")
    [key] = me.looks_at_the_order()
    me.closes_the_page()
    expect(_record(desktop, "推送", number)).to_contain_text("45015")
    expect(me.phone.get_by_text(key)).to_have_count(0)
    _clear(desktop, "push")
    me.types("你好")
    me.hears("您好", key)
    me.types("谢谢")
    me.hears("不客气")
    expect(me.phone.get_by_text(key)).to_have_count(1)


def test_a_failed_top_up_is_refunded_before_the_buyer_has_to_ask(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "失败")
    _strike(desktop, "supplier", "failed")
    me.types("充30话费 13912340001")
    me.hears("请核对订单", "¥29.95")
    number = me.confirms()
    me.pays()
    me.sees("已退款")
    me.closes_the_page()
    me.hears("没有充成", "¥29.95", number)
    me.hears("退款成功", "¥29.95", number)
    expect(me.phone.locator(".pay-card").filter(has_text="退款到账")).to_contain_text("¥29.95")
    expect(_record(desktop, "交易", number)).to_contain_text("已退款")


def test_a_friend_pays_the_forwarded_page_and_the_key_stays_with_the_buyer(demo: Demo, desktop: Page) -> None:
    friend = demo.new_customer(desktop, "朋友")
    me = demo.new_customer(desktop, "买家")
    me.types("骏网卡10块的")
    me.hears("请核对订单", "¥9.90")
    number = me.confirms()
    me.opens_the_pay_page()
    me.phone.get_by_role("button", name="页面操作").click()
    me.phone.get_by_role("button", name="转发给朋友").click()
    expect(friend.browser.get_by_text("这是朋友的订单")).to_be_visible()
    friend.answers_the_sheet("立即支付")
    friend.sees("交易完成")
    me.sees("交易完成")  # his own page was open all the time
    [key] = me.looks_at_the_order()
    expect(friend.browser.get_by_text(key)).to_have_count(0)
    me.closes_the_page()
    me.hears(number, key)
    friend.closes_the_page()
    expect(friend.phone.get_by_text(key)).to_have_count(0)
    assert key not in httpx.get(f"{demo.url}/wx/{friend.openid}/orders/{_token(me)}", follow_redirects=True).text


def _token(customer: Customer) -> str:
    link = customer.phone.get_by_role("link", name="点这里付款").last.get_attribute("href") or ""
    return link.rpartition("/")[2]


def test_ctrl_c_ends_every_process_and_yesterdays_chats_and_orders_are_there_again(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "昨天")
    me.types("骏网卡10块的")
    me.hears("请核对订单")
    number = me.confirms()
    me.pays()
    me.sees("交易完成")
    [key] = me.looks_at_the_order()
    me.closes_the_page()
    me.hears(key)
    openid, before = me.openid, me.phone.locator(".bubble").all_inner_texts()
    assert demo.press_ctrl_c() == 0
    assert demo.processes() == {}
    expect(desktop.get_by_role("status").first).to_contain_text("连接断了")

    demo.start()
    expect(desktop.get_by_text("连接断了")).to_have_count(0)  # the page finds it again by itself
    again = demo.customer(desktop, openid)
    assert again.phone.locator(".bubble").all_inner_texts() == before
    again.picks("我的订单", "订单状态")
    again.hears("您最近的订单", "骏网一卡通", "已发卡密")
    again.types(number)
    again.hears(number, key)


def test_after_kill_9_of_everything_the_demo_simply_starts_again(demo: Demo, desktop: Page) -> None:
    me = demo.new_customer(desktop, "断电")
    me.types("骏网卡10块的")
    me.hears("请核对订单")
    number = me.confirms()
    openid = me.openid
    demo.wait_until_kept(number)
    demo.kill_everything()

    demo.start()
    again = demo.customer(desktop, openid)
    again.hears(number)
    again.pays()  # with the link from before
    again.sees("交易完成")
    [key] = again.looks_at_the_order()
    again.closes_the_page()
    again.hears(number, key)


def test_a_part_that_dies_is_started_again(demo: Demo) -> None:
    buyer = demo.follower("小明")
    assert "¥99.50" in demo.say(buyer, "充100话费 13812345678")
    assert f"{demo.url}/pay/" in demo.say(buyer, "确认")

    def web() -> int:
        return next((pid for pid, command in demo.processes().items() if " serve " in command), 0)

    died = web()
    os.kill(died, signal.SIGKILL)
    eventually(lambda: web() not in (0, died))
    eventually(lambda: "话费充值 100元" in demo.say(buyer, "我的订单"))


def test_a_voice_nobody_wrote_down_is_heard_by_the_worker(demo: Demo) -> None:
    if not can_decode():
        pytest.skip("needs PyAV: make speech")
    buyer = demo.follower("小红")
    demo.say(buyer, "", kind="voice", content="有没有视频会员", recognition="empty")
    chat = f"{demo.url}/sandbox/api/chat/{buyer}"
    eventually(lambda: "听到：「有没有视频会员」" in httpx.get(chat, timeout=60).text)


def test_a_second_demo_on_the_same_data_says_so_and_changes_nothing(demo: Demo) -> None:
    before = set(demo.processes())
    second = Demo(demo.home)
    done = subprocess.run(second.command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "another kabot demo" in done.stderr
    assert before <= set(demo.processes())


def test_a_supervisor_killed_with_9_can_stop_nothing_and_still_nothing_stays(demo: Demo) -> None:
    assert demo.process is not None
    demo.process.kill()
    demo.process.wait()
    demo.wait_until_gone()
