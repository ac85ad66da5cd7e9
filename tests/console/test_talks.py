"""The inbox: who waits, what was said and understood, the buyer's card, and everything one can do from it."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from bot import desk, handoffs
from console import canned, events
from console.desk import Pulse
from console.events import LISTENERS_OF_ONE_MAX, Live, summary
from console.roles import Role
from console.talks import due
from console.words import INTENTS as WORDED
from console.words import in_words, understood
from dialogs.state import Confirming, WithHuman, from_json
from dialogs.store import Opened
from fulfillment.pushing import MESSAGES_PER_WINDOW, PushKind, window_after
from kernel.ids import OpenId
from nlu.frame import INTENTS
from tests.bot.test_after_sale import LI, MORNING, WANG, Shop
from tests.console.conftest import Window

Login = Callable[..., Window]
BY_HAND = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")


def _waiting(shop: Shop, openid: OpenId = LI, words: str = "转人工") -> int:
    shop.say(words, openid)
    [number] = shop.rows("SELECT id FROM handoff WHERE openid = :openid AND ended_at IS NULL", openid=openid)
    return int(str(number))


def _actions(shop: Shop) -> list[object]:
    return [what for what in shop.rows("SELECT what FROM operator_action ORDER BY id") if what != "log_in"]


def _live(page: str, part: str) -> str:
    found = re.search(rf'<(\w+)[^>]* id="{part}" data-live>(.*?)</\1>', page, re.S)
    assert found, part
    return found[2]


def test_a_talk_shows_what_was_said_and_what_the_bot_understood(shop: Shop, login: Login) -> None:
    shop.say("充100话费 13812345678")
    number = _waiting(shop)
    shop.say("能快点吗")
    page = login(Role.SUPPORT).see(f"/console/talks/{number}")
    transcript = _live(page, "transcript")
    for words in ("充100话费 13812345678", "转人工", "能快点吗", "请核对订单"):
        assert words in transcript, words
    assert re.search(r"要买 \d+% huafei", transcript)
    assert "account=13812345678" in transcript
    assert transcript.index("能快点吗") < transcript.index("转人工"), "the newest stands first and is shown last"
    assert "话费充值" in page.split("正在下的单")[1]


def test_asking_for_a_person_again_keeps_what_the_person_has_written(shop: Shop, login: Login) -> None:
    number = _waiting(shop)
    window = login()
    window.send(f"/console/talks/{number}/say", words="您好，我在")
    shop.passes(1)
    shop.say("人呢，转人工")
    transcript = _live(window.see(f"/console/talks/{number}"), "transcript")
    assert transcript.count("您好，我在") == 1
    assert transcript.count("人呢，转人工") == 1


def test_the_card_beside_a_talk_tells_orders_cases_and_the_ends_of_keys(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    shop.say("没到账")
    number = _waiting(shop)
    page = login().see(f"/console/talks/{number}")
    card = page.split('class="side"')[1]
    for words in (order.order_no, "王者荣耀代练", "12345678", "S00001", "1（付款 1）", "累计付款", "¥150.00", "已付款"):
        assert words in card, words
    support = login(Role.SUPPORT, "sue").see(f"/console/talks/{number}").split('class="side"')[1]
    assert "累计付款" not in support
    assert "确认退款" not in support, "support gives no money back"
    assert "确认退款 ¥150.00" in card


def test_a_message_is_followed_to_the_buyer_and_the_window_is_shown_before_it_fails(shop: Shop, login: Login) -> None:
    number = _waiting(shop)
    window = login()
    assert "微信还能主动发 5 条，03-04 10:00 前有效" in _live(window.see(f"/console/talks/{number}"), "window")
    for _ in range(2):
        window.send(f"/console/talks/{number}/say", words="您好")
    with shop.services.engine.begin() as conn:
        conn.exec_driver_sql(
            "UPDATE push SET state = 'sent', via = 'push', sent_at = '2026-03-02 10:00+08' WHERE id = 1"
        )
        conn.exec_driver_sql("UPDATE push SET state = 'kept', errcode = 45015, next_try_at = NULL WHERE id = 2")
    page = window.see(f"/console/talks/{number}")
    assert "微信还能主动发 4 条" in page
    assert "已送达" in _live(page, "transcript")
    assert "等顾客下次来消息（45015）" in _live(page, "transcript")
    shop.passes(49 * 60)
    window.log_in()
    assert "超过 48 小时：写的内容会保存" in _live(window.see(f"/console/talks/{number}"), "window")


def test_what_is_said_to_the_bot_while_a_message_of_the_night_waits_is_read_too(shop: Shop, login: Login) -> None:
    shop.passes(13 * 60)  # 23:00
    number = _waiting(shop)
    shop.say("账号填错了想改")
    shop.passes(49 * 60)
    shop.say("有什么卖的")
    page = login().see(f"/console/talks/{number}")
    transcript = _live(page, "transcript")
    assert "留言" in page
    for words in ("账号填错了想改", "有什么卖的"):
        assert transcript.count(f">{words}<") == 1, words
    assert "微信还能主动发 5 条" in page, "he has written since"


@given(sent=st.integers(0, 50), hours=st.integers(0, 100))
def test_the_window_is_open_for_48_hours_and_five_messages(sent: int, hours: int) -> None:
    window = window_after(MORNING, sent)
    assert window.is_open(MORNING + timedelta(hours=hours)) is (sent < MESSAGES_PER_WINDOW and hours < 48)


def test_an_answer_makes_a_talk_ones_own_and_it_can_be_handed_to_a_colleague(shop: Shop, login: Login) -> None:
    number = _waiting(shop)
    anna, sue = login(Role.OWNER, "anna"), login(Role.SUPPORT, "sue")
    login(Role.FINANCE, "fred")
    assert "还没有人负责" in anna.see(f"/console/talks/{number}")
    anna.send(f"/console/talks/{number}/say", words="您好")
    assert "我 负责" in anna.see(f"/console/talks/{number}")
    assert "anna 正在处理这个会话" in sue.see(f"/console/talks/{number}")
    assert anna.send(f"/console/talks/{number}/hand", to="sue").headers["location"].endswith("handed")
    assert "sue 正在处理这个会话" in anna.see(f"/console/talks/{number}")
    for nobody in ("fred", "nobody", "", "x" * 99):
        assert anna.send(f"/console/talks/{number}/hand", to=nobody).headers["location"].endswith("not_now")
    assert anna.send(f"/console/talks/{number}/hand", to="sue").headers["location"].endswith("not_now")
    assert _actions(shop) == ["say", "hand_talk"]


def test_a_talk_is_answered_within_an_hour_and_settled_within_two(shop: Shop, login: Login) -> None:
    number = _waiting(shop)
    window = login()
    assert "11:00 前答复" in window.see(f"/console/talks/{number}")
    window.send(f"/console/talks/{number}/say", words="您好")
    assert "12:00 前解决" in window.see(f"/console/talks/{number}")
    talk = desk.ShopDesk(shop.services).talk(number)
    assert talk is not None
    late = due(talk, shop.services.hours, MORNING + timedelta(hours=2, minutes=1))
    assert late is not None
    assert late.late


def test_who_waits_longest_comes_first_and_ones_own_before_a_colleagues(shop: Shop, login: Login) -> None:
    first = _waiting(shop, LI)
    shop.passes(5)
    second = _waiting(shop, WANG)
    window = login()

    def order() -> list[str]:
        return re.findall(r'href="/console/talks/(\d+)"', window.see("/console/talks"))

    assert order() == [str(first), str(second)]
    shop.passes(1)
    window.send(f"/console/talks/{first}/say", words="您好")
    assert order() == [str(second), str(first)], "the one that waits"
    assert "等回复" in window.see("/console/talks")


def test_canned_answers_are_filled_with_the_buyers_latest_order(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    number = _waiting(shop)
    window = login()
    window.send("/console/canned", first="1")
    window.send("/console/canned", title="进度", words="{商品} 的订单 {订单号} 正在打，{客服}跟进")
    page = window.see(f"/console/talks/{number}")
    assert f"的订单 {order.order_no} 正在打，anna跟进" in page
    [canned_id] = shop.rows("SELECT id FROM canned_reply WHERE title = '进度'")
    sent = window.send(f"/console/talks/{number}/say", words="", canned=str(canned_id))
    assert sent.headers["location"].endswith("sent")
    [words] = shop.rows("SELECT words FROM operator_word")
    assert order.order_no in str(words)
    assert "{" not in str(words)


def test_an_answer_with_a_field_that_nothing_fills_is_not_sent(shop: Shop, login: Login) -> None:
    number = _waiting(shop)
    window = login()
    for words in ("您的订单 {订单号} 好了", "｛金额｝"):
        assert window.send(f"/console/talks/{number}/say", words=words).headers["location"].endswith("unfilled")
    assert window.send(f"/console/talks/{number}/say", words="{客服}为您服务").headers["location"].endswith("sent")
    assert shop.rows("SELECT words FROM operator_word") == ["anna为您服务"]
    assert window.send(f"/console/talks/{number}/say", words="", canned="99").headers["location"].endswith("no_words")


@given(words=st.text(), values=st.dictionaries(st.sampled_from(canned.FIELDS), st.text(min_size=1)))
def test_filling_changes_nothing_but_fields_that_have_a_value(words: str, values: dict[str, str]) -> None:
    given_back = canned.filled(words, values)
    if not any(f"{open_}{name}" in words for name in values for open_ in "{｛"):
        assert given_back == words


def test_canned_answers_are_written_changed_and_dropped_by_those_who_may(shop: Shop, login: Login) -> None:
    window = login()
    assert window.send("/console/canned", title="你好", words="您好").headers["location"].endswith("canned_saved")
    assert window.send("/console/canned", title="你好", words="您好呀").headers["location"].endswith("canned_saved")
    assert shop.rows("SELECT words FROM canned_reply") == ["您好呀"]
    for title, words, code in (("", "x", "no_words"), ("x" * 21, "x", "too_long"), ("x", "x" * 301, "too_long")):
        assert window.send("/console/canned", title=title, words=words).headers["location"].endswith(code)
    support = login(Role.SUPPORT, "sue")
    assert "您好呀" in support.see("/console/canned")
    assert support.send("/console/canned", title="x", words="x").status_code == 403
    [number] = shop.rows("SELECT id FROM canned_reply")
    assert window.send(f"/console/canned/{number}/drop").headers["location"].endswith("canned_dropped")
    assert window.send(f"/console/canned/{number}/drop").headers["location"].endswith("not_now")
    with shop.services.engine.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO canned_reply (title, words, by, changed_at) SELECT n::text, 'x', 'x', now()"
            f" FROM generate_series(1, {canned.REPLIES_MAX}) n"
        )
    assert window.send("/console/canned", title="one more", words="x").headers["location"].endswith("too_many")


def test_notes_are_seen_by_everybody_and_dropped_by_who_wrote_them(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    number = _waiting(shop)
    anna, sue = login(Role.OWNER, "anna"), login(Role.SUPPORT, "sue")
    assert sue.send(f"/console/talks/{number}/note", words="老顾客，好说话").headers["location"].endswith("noted")
    assert anna.send(f"/console/orders/{order.order_no}/note", words="师傅已联系").headers["location"].endswith("noted")
    notes = _live(anna.see(f"/console/talks/{number}"), "notes")
    assert "老顾客，好说话" in notes
    assert "师傅已联系" in notes
    [hers] = shop.rows("SELECT id FROM buyer_note WHERE by = 'sue'")
    back = f"/console/talks/{number}"
    assert anna.send(f"/console/notes/{hers}/drop", back=back).headers["location"].endswith("not_now")
    assert sue.send(f"/console/notes/{hers}/drop", back=back).headers["location"] == f"{back}?said=note_dropped"
    elsewhere = sue.send(f"/console/notes/{hers}/drop", back="https://evil.example/")
    assert elsewhere.headers["location"] == "/console?said=not_now"
    assert login(Role.READONLY, "rob").send(f"/console/orders/{order.order_no}/note", words="x").status_code == 403
    assert anna.send("/console/orders/K1/note", words="x").status_code == 404


def test_the_order_that_waits_for_his_word_is_placed_for_him_once(shop: Shop, login: Login) -> None:
    shop.say("充100话费 13812345678")
    number = _waiting(shop)
    window = login()
    answers = [window.send(f"/console/talks/{number}/finish").headers["location"] for _ in range(2)]
    assert answers[0].endswith("finished")
    assert answers[1].endswith("nothing_pending")
    assert shop.rows("SELECT state FROM orders") == ["unpaid"]
    [words] = shop.rows("SELECT words FROM operator_word")
    [token] = shop.rows("SELECT token FROM orders")
    assert f"https://shop.example/pay/{token}" in str(words)
    assert "¥99.50" in str(words)
    shop.work()
    assert f"/pay/{token}" in shop.say("好的"), "it could not be pushed, so it comes with his next message"
    opened = shop.services.store.begin(LI, "look")
    assert isinstance(opened, Opened)
    assert isinstance(from_json(opened.dialog).state, WithHuman), "the person still has the talk"
    assert _actions(shop) == ["finish_order"]


def test_what_is_not_complete_or_sold_out_is_not_placed_for_him(shop: Shop, login: Login) -> None:
    shop.say("充100话费")
    number = _waiting(shop)
    window = login()
    assert window.send(f"/console/talks/{number}/finish").headers["location"].endswith("nothing_pending")
    shop.say("50的steam卡一张", WANG)
    opened = shop.services.store.begin(WANG, "look")
    assert isinstance(opened, Opened)
    assert isinstance(from_json(opened.dialog).state, Confirming)
    shop.services.store.release(opened)
    sold_out = _waiting(shop, WANG)
    assert window.send(f"/console/talks/{sold_out}/finish").headers["location"].endswith("not_placed")
    assert shop.rows("SELECT count(*) FROM orders") == [0]
    assert _actions(shop) == []


def test_a_delivered_line_is_told_once_more_but_not_twice_within_a_minute(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    line = order.lines[0].id
    number = _waiting(shop)
    window = login()
    back = f"/console/talks/{number}"
    assert window.send(f"/console/lines/{line}/resend", back=back).headers["location"] == f"{back}?said=not_now"
    window.send(f"/console/lines/{line}/done", note="打完了")
    codes = [window.send(f"/console/lines/{line}/resend", back=back).headers["location"] for _ in range(2)]
    assert [code.rpartition("=")[2] for code in codes] == ["resent", "not_now"]
    shop.passes(2)
    assert window.send(f"/console/lines/{line}/resend").headers["location"].endswith("resent")
    assert shop.rows("SELECT count(*) FROM push WHERE kind = 'service_done'") == [3]


def test_a_talk_that_has_ended_is_still_read_with_what_the_buyer_thought(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    number = _waiting(shop)
    window = login()
    window.send(f"/console/talks/{number}/say", words="处理好了")
    window.send(f"/console/lines/{order.lines[0].id}/done", note="")
    assert window.send(f"/console/talks/{number}/end").headers["location"].endswith("ended")
    shop.say("4星")
    assert shop.rows("SELECT stars FROM rating") == [4]
    listed = window.see("/console/talks")
    assert "没有等客服的顾客" in listed
    assert "★★★★☆" in listed
    page = window.see(f"/console/talks/{number}")
    assert "已结束" in page
    assert "处理好了" in page
    assert "以店铺身份回复" not in page
    assert window.http.get("/console/talks/999").status_code == 404


# ---- live ----------------------------------------------------------------------------------------------------------


def test_every_change_of_a_talk_is_a_change_of_what_pages_are_told(shop: Shop, login: Login) -> None:
    seen: list[str] = []

    def look() -> dict[str, object]:
        with shop.services.engine.connect() as conn:
            told = summary(handoffs.pulse(conn), 0, 0)
        seen.append(str(told["talks"]))
        return told

    assert look()["waiting"] == 0
    number = _waiting(shop)
    asked = look()
    assert asked["waiting"] == 1
    shop.passes(1)
    window = login()
    window.send(f"/console/talks/{number}/say", words="您好")
    assert look()["waiting"] == 0
    shop.passes(1)
    shop.say("还在吗")
    again = look()
    assert again["waiting"] == 1
    assert str(again["newest"]) > str(asked["newest"])
    window.send(f"/console/talks/{number}/hand", to="anna")
    window.send(f"/console/talks/{number}/end")
    look()
    assert len(set(seen)) == 4
    assert seen[0] == seen[-1]


def test_nothing_of_a_buyer_is_in_what_pages_are_told() -> None:
    told = summary((Pulse(1, f"v {LI}", True, MORNING),), 7, 8)
    assert set(told) == {"talks", "orders", "cases", "waiting", "newest"}
    assert LI not in json.dumps(told)


def test_a_stream_tells_the_state_and_its_changes_and_ends_with_its_process(shop: Shop, login: Login) -> None:
    token = login().http.cookies["kabot_console"]

    async def listen() -> list[str]:
        live = Live(desk.console_parts(shop.services))
        stream = live.listen(1, token)
        said = [await anext(stream), await asyncio.wait_for(anext(stream), 30)]
        await asyncio.to_thread(handoffs_open)
        said.append(await asyncio.wait_for(anext(stream), 30))
        live.close()
        said += [line async for line in stream]
        return said

    def handoffs_open() -> None:
        with shop.services.engine.begin() as conn:
            conn.exec_driver_sql(
                "INSERT INTO handoff (openid, reason, opened_at, last_heard_at, pending, transcript, orders)"
                " VALUES ('oX', 'asked', now(), now(), '', '[]', '[]')"
            )

    retry, before, after = asyncio.run(listen())
    assert retry.startswith("retry:")
    assert json.loads(before.removeprefix("data: "))["waiting"] == 0
    assert json.loads(after.removeprefix("data: "))["waiting"] == 1


def test_streams_have_a_limit_and_are_for_those_who_are_logged_in(
    shop: Shop, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Window(shop)
    assert stranger.http.get("/console/events").status_code == 401
    token = login().http.cookies["kabot_console"]

    async def fill() -> tuple[list[str], int]:
        live = Live(desk.console_parts(shop.services))
        header = [(b"cookie", f"kabot_console={token}".encode())]
        request = Request({"type": "http", "method": "GET", "path": "/console/events", "headers": header})
        streams = []
        for _ in range(LISTENERS_OF_ONE_MAX + 1):
            answer = await live.events(request)
            assert answer.status_code == 200
            stream = answer.body_iterator  # type: ignore[attr-defined]
            await anext(stream)
            streams.append(stream)
        left = [line async for line in streams[0]]
        monkeypatch.setattr(events, "LISTENERS_MAX", LISTENERS_OF_ONE_MAX)
        monkeypatch.setattr(events, "LISTENERS_OF_ONE_MAX", LISTENERS_OF_ONE_MAX + 1)
        refused = await live.events(request)
        live.close()
        for stream in streams:
            await stream.aclose()
        return left, refused.status_code

    left, refused = asyncio.run(fill())
    assert all(line.startswith("data: ") for line in left[:-1]), "the oldest of his pages has ended"
    assert refused == 503


def test_a_page_that_renews_itself_is_no_sign_of_life(shop: Shop, login: Login) -> None:
    window = login()
    idle = shop.services.config.console.idle_minutes
    for _ in range(3):
        shop.passes(idle // 2 - 1)
        answer = window.http.get("/console/talks", headers={"X-Kabot-Live": "1"})
    assert answer.status_code == 303, "the page left open does not keep him logged in"


def test_every_message_of_the_outbox_has_a_word_for_operators() -> None:
    assert [kind for kind in PushKind if in_words(kind.value) == kind.value] == []
    assert in_words("2 keys") == "2 张卡密"
    assert in_words("part refund 3.00: 补偿") == "部分退款 ¥3.00：补偿"
    assert in_words("师傅说 2 keys") == "师傅说 2 keys", "what somebody wrote stays"


def test_every_intent_of_the_bot_has_a_word_for_operators() -> None:
    assert set(WORDED) == set(INTENTS)
    assert understood("order 97% huafei HF100") == "要买 97% huafei HF100"
    assert understood("greet 99%") == "打招呼 99%"
