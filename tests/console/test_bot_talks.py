"""Talks the bot has alone: listed by their latest message, shown like any other, taken over and handed back."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import text

from bot import heard_days
from console import accounts
from console.roles import Role
from kernel.ids import OpenId
from tests.bot.test_after_sale import LI, WANG, Shop
from tests.console.conftest import PASSWORD, Window
from tests.console.walking import browser, desk, fits, logs_in, phone, serving
from tests.e2e.shop import eventually

__all__ = ["browser", "desk", "phone"]
Login = Callable[..., Window]
PAGE = "/console/talks/bot"


def _noted(shop: Shop, *buyers: OpenId) -> None:
    """Who wrote is written down by a thread of its own, a second later."""
    found = "SELECT count(*) FROM latest_talk WHERE openid = ANY(:buyers)"
    eventually(lambda: shop.rows(found, buyers=list(buyers)) == [len(buyers)])


def _rows_on(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/console/talks/bot/(\d+)" data-row', page)]


def _said(answer: object) -> str:
    return str(answer.headers["location"])  # type: ignore[attr-defined]


def _number(shop: Shop, openid: OpenId) -> object:
    return shop.rows("SELECT id FROM latest_talk WHERE openid = :openid", openid=openid)[0]


def test_who_talks_with_the_bot_stands_there_with_his_words_until_a_person_has_him(shop: Shop, login: Login) -> None:
    shop.say("有什么<b>卖的")
    shop.say("你好", WANG)
    _noted(shop, LI, WANG)
    window = login(Role.SUPPORT)
    page = window.see(PAGE)
    assert len(_rows_on(page)) == 2
    assert "有什么<b>卖的" in page
    assert "&lt;b&gt;卖的" in window.http.get(PAGE).text
    shop.say("转人工", WANG)
    assert _rows_on(window.see(PAGE)) == [_number(shop, LI)]
    his = f"{PAGE}/{_number(shop, WANG)}"
    handoff = shop.rows("SELECT id FROM handoff")[0]
    assert _said(window.http.get(his)) == f"/console/talks/{handoff}"
    shop.passes(24 * 60 + 2)
    window.log_in()
    assert _rows_on(window.see(PAGE)) == []
    heard_days.forget_latest_talks(shop.services)
    assert shop.rows("SELECT count(*) FROM latest_talk") == [0]
    assert window.http.get(his).status_code == 404


def test_a_talk_shows_what_was_said_what_was_understood_the_draft_and_the_card(shop: Shop, login: Login) -> None:
    shop.order("充100话费 13812345678", "确认")
    shop.say("充50话费 13912345678")
    _noted(shop, LI)
    page = login().see(f"{PAGE}/{_number(shop, LI)}")
    assert "充50话费" in page
    assert "机器人在答" in page
    assert "正在下的单" in page
    assert "话费" in page
    assert "接管这个会话" in page
    assert "以店铺身份回复" not in page
    assert shop.rows("SELECT order_no FROM orders")[0] in page  # type: ignore[operator]


def test_taken_over_the_bot_is_silent_the_buyer_is_told_and_handed_back_it_answers(shop: Shop, login: Login) -> None:
    shop.say("充50话费")
    _noted(shop, LI)
    window = login(Role.SUPPORT, "sue")
    taken = _said(window.send(f"{PAGE}/{_number(shop, LI)}/take"))
    talk_id = shop.rows("SELECT id FROM handoff WHERE openid = :openid", openid=LI)[0]
    assert taken == f"/console/talks/{talk_id}?said=taken"
    page = window.see(f"/console/talks/{talk_id}")
    assert "我 负责" in page
    assert "充50话费" in page, "what was said before"
    assert "接下来由我为您服务" in page
    shop.work()
    told = shop.say("老板能便宜点不")
    assert "客服：您好，接下来由我为您服务" in told, "WeChat is away: it comes with his next message"
    assert "¥" not in told, "the bot says nothing"
    assert "老板能便宜点不" in window.see(f"/console/talks/{talk_id}")
    assert _said(window.send(f"/console/talks/{talk_id}/end")).endswith("ended")
    assert "¥49.80" in shop.say("13812345678"), "it goes on where it stood"
    assert shop.rows("SELECT what FROM operator_action ORDER BY id") == ["log_in", "take_talk", "end_talk"]
    assert not any(LI in str(row) for row in shop.rows("SELECT about || before || after FROM operator_action"))


def test_two_who_take_the_same_talk_get_one_and_the_second_is_told(shop: Shop, login: Login) -> None:
    shop.say("你好")
    _noted(shop, LI)
    anna, bob = login(), login(Role.SUPPORT, "bob")
    path = f"{PAGE}/{_number(shop, LI)}/take"
    assert _said(anna.send(path)).endswith("said=taken")
    assert _said(bob.send(path)).endswith("said=taken_before")
    assert shop.rows("SELECT assignee FROM handoff") == ["anna"]
    assert shop.rows("SELECT count(*) FROM operator_word") == [1]
    assert _said(anna.send(f"{PAGE}/999/take")).endswith("said=not_now")
    assert "say" not in shop.rows("SELECT what FROM operator_action")


def test_a_note_about_him_stands_on_his_card(shop: Shop, login: Login) -> None:
    shop.say("你好")
    _noted(shop, LI)
    window, path = login(), f"{PAGE}/{_number(shop, LI)}"
    assert _said(window.send(f"{path}/note", words="总问价不买")) == f"{path}?said=noted"
    assert "总问价不买" in window.see(path)


def test_seventy_buyers_come_in_pages_and_nobody_twice(shop: Shop, login: Login) -> None:
    now = shop.clock.now()
    with shop.services.engine.begin() as conn:
        for number in range(70):  # three at the same moment: the number decides between them
            values = {"openid": f"o{number}", "at": now - timedelta(minutes=number // 3)}
            conn.execute(text("INSERT INTO latest_talk (openid, heard_at) VALUES (:openid, :at)"), values)
    window, path, seen = login(), PAGE, []
    for _ in range(3):
        page = window.see(path)
        seen.append(_rows_on(page))
        more = re.search(r'href="(/console/talks/bot\?before=[^"]+)"', page)
        path = more[1] if more else ""
    assert [len(page) for page in seen] == [30, 30, 10]
    assert path == ""
    numbers = [number for page in seen for number in page]
    wanted = shop.rows("SELECT id FROM latest_talk ORDER BY heard_at DESC, id DESC")
    assert numbers == wanted
    for wrong in ("x", "1", "-", "1-", "9" * 18 + "-1", "%00", "1-1-1", "²-1"):
        assert _rows_on(window.see(f"{PAGE}?before={wrong}")) in (seen[0], []), wrong


def test_without_redis_the_buyers_are_still_listed(shop: Shop, login: Login) -> None:
    shop.say("你好")
    _noted(shop, LI)
    window = login()
    shop.services.store.forget(LI)
    assert _rows_on(window.see(PAGE)) == [_number(shop, LI)]
    assert "接管这个会话" in window.see(f"{PAGE}/{_number(shop, LI)}")


# ---- in a browser --------------------------------------------------------------------------------------------------


def _prepared(shop: Shop) -> None:
    shop.order("充100话费 13812345678", "确认")
    shop.say("QB怎么充")
    shop.say("有什么卖的", WANG)
    _noted(shop, LI, WANG)
    with shop.services.engine.begin() as conn:
        accounts.add(conn, "anna", PASSWORD, Role.OWNER, shop.clock.now())


def test_the_owner_takes_a_talk_from_the_bot_and_gives_it_back(
    shop: Shop, desk: Page, phone: Page, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # this thread's event loop is the browser's
        elsewhere.submit(_prepared, shop).result()
        with serving(shop.app) as base:
            logs_in(desk, f"{base}/console/talks")
            desk.get_by_role("navigation", name="谁在回答").get_by_role("link", name="机器人").click()
            expect(desk.locator("#bot-rows li")).to_have_count(2)
            desk.screenshot(path=tmp_path / "console-bot-talks-1280.png")
            desk.locator("#bot-rows li", has_text="QB怎么充").get_by_role("link").click()
            expect(desk.locator("#transcript")).to_contain_text("QB怎么充")
            # He goes on, and the page shows it by itself.
            elsewhere.submit(shop.say, "那充50个").result()
            expect(desk.locator("#transcript")).to_contain_text("那充50个", timeout=60_000)
            desk.screenshot(path=tmp_path / "console-bot-talk-1280.png")
            logs_in(phone, f"{base}{PAGE}")
            fits(phone)
            phone.locator("#bot-rows li", has_text="那充50个").get_by_role("link").click()
            fits(phone)
            phone.screenshot(path=tmp_path / "console-bot-talk-390.png")
            desk.get_by_role("button", name="接管这个会话").click()
            expect(desk.get_by_role("status").first).to_contain_text("已接管")
            expect(desk.locator("#talk-head")).to_contain_text("我 负责")
            # Who looked on is led to where the talk is now, and is not told that his login had ended.
            expect(phone.locator("#talk-head")).to_contain_text("我 负责", timeout=60_000)
            assert not phone.url.startswith(f"{base}{PAGE}")
            desk.get_by_label("以店铺身份回复").fill("Q币我来帮您充")
            desk.get_by_role("button", name="发送", exact=True).click()
            expect(desk.locator("#transcript")).to_contain_text("Q币我来帮您充")
            told = elsewhere.submit(shop.say, "好的").result()
            assert "请问" not in told
            desk.get_by_role("button", name="结束，转回机器人").click()
            expect(desk.get_by_role("status").first).to_contain_text("已转回机器人")
            desk.get_by_role("navigation", name="谁在回答").get_by_role("link", name="机器人").click()
            expect(desk.locator("#bot-rows li")).to_have_count(2)
