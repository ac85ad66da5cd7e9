"""Messages and events as WeChat pushes them, and what becomes of the bot's replies."""

import time
from collections.abc import Iterator

import pytest

from sandbox.settings import Credentials
from tests.sandbox.shopfront import Call, Shop, shop_running

OUT_OF_ORDER = "该公众号提供的服务出现故障，请稍后再试"


def replying(shop: Shop, content: str = "收到", *, sealed: bool = True) -> None:
    def answer(call: Call) -> tuple[int, dict[str, str], bytes]:
        xml = shop.text_reply(call, content)
        return 200, {}, shop.sealed_reply(xml) if sealed else xml.encode()

    shop.bot.answer = answer


def heard(shop: Shop) -> dict[str, str]:
    return shop.opened(shop.bot.to("/wechat")[-1])


def test_a_text_arrives_signed_sealed_and_with_an_id(shop: Shop) -> None:
    openid = shop.buyer()
    shop.say(openid, "充100话费 ]]> <b>")
    message, call = heard(shop), shop.bot.to("/wechat")[-1]

    assert (message["MsgType"], message["Content"]) == ("text", "充100话费 ]]> <b>")
    assert (message["FromUserName"], message["ToUserName"]) == (openid, shop.credentials.original_id)
    assert message["MsgId"].isdigit()
    assert abs(int(message["CreateTime"]) - time.time()) < 5
    assert b"Content" not in call.body
    assert call.query["encrypt_type"] == "aes"
    assert call.query["openid"] == openid


def test_the_passive_reply_stands_in_the_chat(shop: Shop) -> None:
    openid = shop.buyer()
    replying(shop, "请确认")
    mine, answer = shop.say(openid)

    assert (mine["from"], mine["kind"], mine["content"]) == ("buyer", "text", "你好")
    assert (answer["from"], answer["content"], answer["via"]) == ("bot", "请确认", "passive")
    chat = shop.http.get(f"/sandbox/api/chat/{openid}").json()["messages"]
    assert chat[-2:] == [mine, answer]
    assert shop.http.get(f"/sandbox/api/chat/{openid}?after={mine['id']}").json()["messages"] == [answer]


@pytest.mark.parametrize("body", [b"", b"success"])
def test_success_and_nothing_show_nothing(shop: Shop, body: bytes) -> None:
    shop.bot.answer = lambda _: (200, {}, body)

    assert [line["from"] for line in shop.say(shop.buyer())] == ["buyer"]


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b'{"ok": true}'),
        (200, {}, b"<html><body>hello</body></html>"),
        (200, {}, b"<xml><MsgType>text</MsgType></xml>"),
        (500, {}, b"Internal Server Error"),
        (404, {}, b""),
    ],
)
def test_a_body_that_is_no_reply_shows_the_line_everybody_knows(
    shop: Shop, answer: tuple[int, dict[str, str], bytes]
) -> None:
    shop.bot.answer = lambda _: answer
    openid = shop.buyer(subscribe=False)
    shop.http.post(f"/sandbox/api/chat/{openid}/subscribe", json={})
    shop.bot.calls.clear()

    assert shop.say(openid)[-1]["content"] == OUT_OF_ORDER
    assert len(shop.bot.to("/wechat")) == 1


def test_a_plain_reply_in_safe_mode_a_bad_signature_and_a_long_text_are_not_accepted(shop: Shop) -> None:
    openid = shop.buyer()
    replying(shop, sealed=False)
    assert shop.say(openid)[-1]["content"] == OUT_OF_ORDER

    def signed_wrongly(call: Call) -> tuple[int, dict[str, str], bytes]:
        sealed = shop.sealed_reply(shop.text_reply(call, "收到"))
        return 200, {}, sealed.replace(b"<Nonce>42", b"<Nonce>43")

    shop.bot.answer = signed_wrongly
    assert shop.say(openid)[-1]["content"] == OUT_OF_ORDER
    replying(shop, "字" * 682)
    assert shop.say(openid)[-1]["content"] == "字" * 682
    replying(shop, "字" * 683)
    assert shop.say(openid)[-1]["content"] == OUT_OF_ORDER


def test_an_unanswered_push_comes_three_times_with_one_id(shop: Shop) -> None:
    openid = shop.buyer()
    shop.bot.calls.clear()

    def hang_up(_: Call) -> tuple[int, dict[str, str], bytes]:
        raise ConnectionResetError

    shop.bot.answer = hang_up
    lines = shop.say(openid)

    calls = shop.bot.to("/wechat")
    assert len(calls) == 3
    assert len({shop.opened(call)["MsgId"] for call in calls}) == 1
    assert len({call.query["nonce"] for call in calls}) == 3
    assert lines[-1]["content"] == OUT_OF_ORDER


def test_a_bot_that_is_too_slow_is_asked_again(credentials: Credentials) -> None:
    with shop_running(credentials, answer_seconds=0.5) as shop:
        openid = shop.buyer()
        shop.bot.calls.clear()
        pauses = iter([0.8])

        def slow_once(call: Call) -> tuple[int, dict[str, str], bytes]:
            time.sleep(next(pauses, 0))
            return 200, {}, shop.sealed_reply(shop.text_reply(call, "来了"))

        shop.bot.answer = slow_once

        assert shop.say(openid)[-1]["content"] == "来了"
        assert len(shop.bot.to("/wechat")) == 2


def test_a_voice_comes_with_recognition_filled_empty_or_absent(shop: Shop) -> None:
    openid = shop.buyer()
    seen = {}
    for recognition in ("filled", "empty", "absent"):
        shop.say(openid, "充一百话费", kind="voice", recognition=recognition)
        seen[recognition] = heard(shop)

    assert seen["filled"]["Recognition"] == "充一百话费"
    assert seen["empty"]["Recognition"] == ""
    assert "Recognition" not in seen["absent"]
    assert seen["absent"]["Format"] == "amr"
    for media_id, magic in (("MediaId", b"#!AMR\n"), ("MediaId16K", b"#!AMR-WB\n")):
        params = {"access_token": shop.token(), "media_id": seen["absent"][media_id]}
        assert shop.http.get("/cgi-bin/media/get", params=params).content.startswith(magic)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"kind": "image"}, {"MsgType": "image", "PicUrl": ..., "MediaId": ...}),
        ({"kind": "location"}, {"MsgType": "location", "Location_X": ..., "Label": ...}),
        ({"kind": "link", "content": "标题"}, {"MsgType": "link", "Title": "标题", "Url": ...}),
        ({"kind": "video"}, {"MsgType": "video", "MediaId": ..., "ThumbMediaId": ...}),
        ({"kind": "text", "bizmsgmenuid": "7"}, {"MsgType": "text", "bizmsgmenuid": "7"}),
        ({"kind": "event", "event": "CLICK", "event_key": "help"}, {"Event": "CLICK", "EventKey": "help"}),
        ({"kind": "event", "event": "VIEW", "event_key": "https://x.example/"}, {"Event": "VIEW", "MenuId": ...}),
        ({"kind": "event", "event": "SCAN", "event_key": "12"}, {"Event": "SCAN", "EventKey": "12", "Ticket": ...}),
        (
            {"kind": "event", "event": "poi_check", "fields": {"Result": "succ"}},
            {"Event": "poi_check", "Result": "succ"},
        ),
    ],
)
def test_other_kinds_carry_their_fields(shop: Shop, said: dict[str, object], expected: dict[str, object]) -> None:
    shop.say(shop.buyer(), **said)
    message = heard(shop)

    assert ("MsgId" in message) == (said["kind"] != "event")
    for name, value in expected.items():
        assert message[name] if value is ... else message[name] == value


def test_following_and_leaving_are_told_to_the_bot_and_nobody_who_left_can_speak(shop: Shop) -> None:
    openid = shop.buyer(subscribe=False)
    replying(shop, "欢迎")
    assert shop.http.post(f"/sandbox/api/chat/{openid}/say", json={"content": "在吗"}).status_code == 409
    lines = shop.http.post(f"/sandbox/api/chat/{openid}/subscribe", json={"scene": "poster"}).json()["messages"]
    event = heard(shop)

    assert lines[-1]["content"] == "欢迎"
    assert (event["Event"], event["EventKey"]) == ("subscribe", "qrscene_poster")
    assert event["Ticket"]
    lines = shop.http.post(f"/sandbox/api/chat/{openid}/unsubscribe", json={}).json()["messages"]
    assert heard(shop)["Event"] == "unsubscribe"
    assert [line["from"] for line in lines] == ["system"]
    assert shop.http.post(f"/sandbox/api/chat/{openid}/say", json={"content": "在吗"}).status_code == 409


def test_a_repeated_push_is_the_same_message_several_times_at_once(shop: Shop) -> None:
    openid = shop.buyer()
    shop.bot.calls.clear()
    answer = shop.http.post(f"/sandbox/api/chat/{openid}/say", json={"content": "x", "repeat": 3}).json()

    assert len(answer["answers"]) == 3
    assert len({shop.opened(call)["MsgId"] for call in shop.bot.to("/wechat")}) == 1


def test_any_xml_can_be_pushed_with_any_query(shop: Shop) -> None:
    openid = shop.buyer()
    body = {"openid": openid, "xml": "<xml><a/></xml>", "plain": True, "query": {"signature": "0" * 40, "nonce": None}}
    answer = shop.http.post("/sandbox/api/push", json=body).json()
    call = shop.bot.to("/wechat")[-1]

    assert answer == {"status": 200, "body": "success"}
    assert call.body == b"<xml><a/></xml>"
    assert call.query["signature"] == "0" * 40
    assert "nonce" not in call.query
    assert "encrypt_type" not in call.query


@pytest.fixture(scope="module")
def with_kf(credentials: Credentials) -> Iterator[Shop]:
    with shop_running(credentials, mode="compat", kf_accounts=("anna@shop",)) as shop:
        yield shop


def test_compat_mode_carries_both_forms_and_takes_a_plain_reply(with_kf: Shop) -> None:
    with_kf.bot.answer = lambda _: (200, {}, b"success")
    openid = with_kf.buyer()
    replying(with_kf, "收到", sealed=False)

    assert with_kf.say(openid)[-1]["content"] == "收到"
    body = with_kf.bot.to("/wechat")[-1].body
    assert b"<Content><![CDATA[" in body
    assert b"<Encrypt>" in body
    assert with_kf.opened(with_kf.bot.to("/wechat")[-1])["MsgType"] == "text"


def test_during_a_customer_service_session_the_bot_hears_nothing(with_kf: Shop) -> None:
    with_kf.bot.answer = lambda _: (200, {}, b"success")
    openid = with_kf.buyer()

    def transfer(call: Call) -> tuple[int, dict[str, str], bytes]:
        xml = with_kf.text_reply(call, "").replace("[text]", "[transfer_customer_service]")
        return 200, {}, with_kf.sealed_reply(xml)

    with_kf.bot.answer = transfer
    assert with_kf.say(openid, "转人工")[-1]["kf_account"] == "anna@shop"
    with_kf.bot.answer = lambda _: (200, {}, b"success")
    with_kf.bot.calls.clear()
    with_kf.say(openid, "在吗")
    assert with_kf.bot.calls == []

    with_kf.http.post(f"/sandbox/api/chat/{openid}/kf-close").raise_for_status()
    assert with_kf.opened(with_kf.bot.wait_for("/wechat")[0])["Event"] == "kf_close_session"
    with_kf.say(openid, "在吗")
    assert with_kf.opened(with_kf.bot.to("/wechat")[-1])["Content"] == "在吗"


def test_the_stream_tells_what_happens(shop: Shop) -> None:
    openid = shop.buyer()
    with shop.http.stream("GET", "/sandbox/api/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        shop.say(openid, "现场")
        told = next(line for line in lines if line.startswith("data: "))

    assert '"type": "message"' in told
    assert openid in told
    assert "现场" in told
