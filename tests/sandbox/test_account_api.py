"""The official-account API: tokens, customer messages with their windows and counts, menu, media, OAuth."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.shopfront import Shop

MINUTE, HOUR = 60.0, 3600.0


def authorize(shop: Shop, openid: str = "", **changed: str) -> httpx.Response:
    query = {
        "appid": shop.credentials.app_id,
        "redirect_uri": f"{shop.url}/pay/abc?x=1",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "s1",
    } | changed
    headers = {"X-Sandbox-Openid": openid} if openid else {}
    return shop.http.get("/connect/oauth2/authorize", params=query, headers=headers)


def exchange(shop: Shop, code: str, **changed: str) -> dict[str, object]:
    query = {
        "appid": shop.credentials.app_id,
        "secret": shop.credentials.app_secret,
        "code": code,
        "grant_type": "authorization_code",
    } | changed
    return dict(shop.http.get("/sns/oauth2/access_token", params=query).json())


def new_code(shop: Shop, openid: str) -> str:
    location = authorize(shop, openid).headers["location"]
    return parse_qs(urlsplit(location).query)["code"][0]


def test_the_stable_token_stays_the_same_until_it_is_forced(shop: Shop) -> None:
    first = shop.token()
    assert shop.token() == first
    assert shop.api("/cgi-bin/message/custom/typing", {"touser": shop.buyer()}, first)["errcode"] == 0
    c = shop.credentials
    body = {"grant_type": "client_credential", "appid": c.app_id, "secret": c.app_secret, "force_refresh": True}
    second = shop.http.post("/cgi-bin/stable_token", json=body).json()["access_token"]

    assert second != first
    assert shop.api("/cgi-bin/message/custom/typing", {}, first)["errcode"] == 40001
    assert shop.api("/cgi-bin/message/custom/typing", {"touser": shop.buyer()}, second)["errcode"] == 0


def test_tokens_are_checked(shop: Shop) -> None:
    token = shop.token()
    assert shop.http.post("/cgi-bin/message/custom/send", json={}).json()["errcode"] == 41001
    assert shop.api("/cgi-bin/message/custom/send", {}, "made-up")["errcode"] == 40014
    shop.move_clock(7300)
    assert shop.api("/cgi-bin/message/custom/send", {}, token)["errcode"] == 42001
    assert shop.token() != token
    wrong = {"grant_type": "client_credential", "appid": shop.credentials.app_id, "secret": "x"}
    assert shop.http.post("/cgi-bin/stable_token", json=wrong).json()["errcode"] == 40125


def test_a_message_allows_five_pushes_for_two_days(shop: Shop) -> None:
    openid = shop.buyer()
    shop.move_clock(2 * MINUTE)  # past what following allowed
    assert shop.send(openid) == 45015
    shop.say(openid)

    assert [shop.send(openid) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    shop.say(openid)
    assert shop.send(openid) == 0
    shop.move_clock(48 * HOUR)
    assert shop.send(openid) == 45015


def test_a_tap_allows_three_pushes_for_a_minute(shop: Shop) -> None:
    openid = shop.buyer()
    shop.move_clock(2 * MINUTE)
    shop.say(openid, kind="event", event="CLICK", event_key="help")
    assert [shop.send(openid) for _ in range(4)] == [0, 0, 0, 45047]
    shop.move_clock(MINUTE + 1)
    assert shop.send(openid) == 45015
    shop.say(openid, kind="event", event="VIEW", event_key="https://x.example/")
    assert shop.send(openid) == 45015


def test_a_payment_allows_twenty_more(shop: Shop) -> None:
    openid = shop.buyer()
    shop.move_clock(2 * MINUTE)
    shop.paid(openid)

    assert [shop.send(openid) for _ in range(21)] == [0] * 20 + [45047]


def test_who_has_left_gets_nothing(shop: Shop) -> None:
    openid = shop.buyer()
    shop.http.post(f"/sandbox/api/chat/{openid}/unsubscribe", json={})

    assert shop.send(openid) == 43004
    assert shop.send("o-nobody") == 40003


@pytest.mark.parametrize(
    ("message", "errcode"),
    [
        ({"msgtype": "text", "text": {"content": "字" * 682}}, 0),
        ({"msgtype": "text", "text": {"content": "字" * 683}}, 45002),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text"}, 40008),
        ({"msgtype": "smoke", "smoke": {}}, 40008),
        ({"msgtype": "image", "image": {"media_id": "nothing"}}, 40007),
        ({"msgtype": "news", "news": {"articles": [{"title": "a"}, {"title": "b"}]}}, 45008),
        ({"msgtype": "news", "news": {"articles": [{"title": "a", "url": "https://x.example/"}]}}, 0),
        ({"msgtype": "msgmenu", "msgmenu": {"head_content": "?", "list": [{"id": "1", "content": "是"}]}}, 0),
        ({"msgtype": "msgmenu", "msgmenu": {"head_content": "?", "list": []}}, 47001),
    ],
)
def test_a_push_is_checked_and_stands_in_the_chat_only_when_it_passes(
    shop: Shop, message: dict[str, object], errcode: int
) -> None:
    openid = shop.buyer()
    answer = shop.api("/cgi-bin/message/custom/send", {"touser": openid} | message)
    last = shop.http.get(f"/sandbox/api/chat/{openid}").json()["messages"][-1]
    (kept,) = shop.http.get("/sandbox/api/pushes", params={"openid": openid}).json()["pushes"]

    assert answer["errcode"] == errcode
    assert (last.get("via") == "push") == (errcode == 0)
    assert kept["answer"]["errcode"] == errcode


def test_push_faults_refuse_or_hold_and_what_was_refused_was_not_shown(shop: Shop) -> None:
    openid = shop.buyer()
    shop.faults(push={"kind": "45015", "times": 1})
    assert shop.send(openid) == 45015
    shop.faults(push={"kind": 45047, "times": 1})
    assert shop.send(openid) == 45047
    shop.faults(push={"kind": "5xx", "times": 1})
    body = {"touser": openid, "msgtype": "text", "text": {"content": "迷路"}}
    failed = shop.http.post("/cgi-bin/message/custom/send", params={"access_token": shop.token()}, json=body)
    assert failed.status_code == 502
    shop.faults(push={"kind": "drop", "times": 1})
    with pytest.raises(httpx.ReadTimeout):
        shop.http.post("/cgi-bin/message/custom/send", params={"access_token": shop.token()}, json=body, timeout=0.3)
    chat = shop.http.get(f"/sandbox/api/chat/{openid}").json()["messages"]
    assert [line for line in chat if line.get("via") == "push"] == []
    assert shop.send(openid) == 0


def test_a_slow_push_is_shown_although_its_answer_comes_late(shop: Shop) -> None:
    openid = shop.buyer()
    shop.faults(push={"kind": "slow", "seconds": 5, "times": 1})
    body = {"touser": openid, "msgtype": "text", "text": {"content": "晚到"}}
    with pytest.raises(httpx.ReadTimeout):
        shop.http.post("/cgi-bin/message/custom/send", params={"access_token": shop.token()}, json=body, timeout=0.3)

    assert shop.http.get(f"/sandbox/api/chat/{openid}").json()["messages"][-1]["content"] == "晚到"


def click(name: str, key: str = "k") -> dict[str, object]:
    return {"type": "click", "name": name, "key": key}


@pytest.mark.parametrize(
    ("buttons", "errcode"),
    [
        ([click("自助下单"), click("我的订单"), click("客服")], 0),
        ([], 40016),
        ([click("a"), click("b"), click("c"), click("d")], 40016),
        ([click("超过了十六字节")], 40018),
        ([click("a", "k" * 129)], 40019),
        ([{"type": "view", "name": "a", "url": "https://x.example/" + "y" * 1024}], 40020),
        ([{"type": "fly", "name": "a"}], 40017),
        ([{"name": "a", "sub_button": [click(f"s{i}") for i in range(6)]}], 40023),
        ([{"name": "a", "sub_button": [click("字" * 21)]}], 40025),
        ([{"name": "a", "sub_button": [click("字" * 20)]}], 0),
        ([{"name": "a", "sub_button": [{"name": "b", "sub_button": [click("c")]}]}], 40022),
    ],
)
def test_a_menu_keeps_the_rules_or_is_refused_whole(shop: Shop, buttons: list[object], errcode: int) -> None:
    token = shop.token()
    shop.http.get("/cgi-bin/menu/delete", params={"access_token": token}).raise_for_status()
    answer = shop.api("/cgi-bin/menu/create", {"button": buttons}, token)
    shown = shop.http.get("/sandbox/api/menu").json()["menu"]

    assert answer["errcode"] == errcode
    assert shown == ({"button": buttons} if errcode == 0 else None)
    asked = shop.http.get("/cgi-bin/menu/get", params={"access_token": token}).json()
    assert asked.get("errcode") == (None if errcode == 0 else 46003)


def test_uploaded_media_comes_back_and_can_be_sent(shop: Shop) -> None:
    query = {"access_token": shop.token(), "type": "image"}
    upload = shop.http.post("/cgi-bin/media/upload", params=query, files={"media": ("a.png", b"bytes", "image/png")})
    media_id = upload.json()["media_id"]
    back = shop.http.get("/cgi-bin/media/get", params={"access_token": query["access_token"], "media_id": media_id})
    openid = shop.buyer()
    body = {"touser": openid, "msgtype": "image", "image": {"media_id": media_id}}

    assert back.content == b"bytes"
    assert shop.api("/cgi-bin/message/custom/send", body)["errcode"] == 0
    assert shop.http.get(f"/sandbox/media/{media_id}").content == b"bytes"


def test_a_template_message_is_shown_and_its_end_is_told(shop: Shop) -> None:
    openid = shop.buyer()
    shop.bot.calls.clear()
    body = {"touser": openid, "template_id": "T1", "data": {"订单": {"value": "K1"}}}
    answer = shop.api("/cgi-bin/message/template/send", body)
    event = shop.opened(shop.bot.wait_for("/wechat")[0])

    assert (event["Event"], event["MsgID"]) == ("TEMPLATESENDJOBFINISH", str(answer["msgid"]))
    assert shop.api("/cgi-bin/message/template/send", body | {"template_id": ""})["errcode"] == 40037


def test_the_js_ticket_stays_while_it_is_good(shop: Shop) -> None:
    def ticket() -> str:
        query = {"access_token": shop.token(), "type": "jsapi"}
        return str(shop.http.get("/cgi-bin/ticket/getticket", params=query).json()["ticket"])

    first = ticket()
    assert ticket() == first
    shop.move_clock(7200)
    assert ticket() != first


def test_outside_wechat_the_oauth_page_says_so(shop: Shop) -> None:
    assert "请在微信客户端打开链接" in authorize(shop).text
    assert "请在微信客户端打开链接" in authorize(shop, "o-nobody").text


def test_a_code_gives_the_openid_once_and_for_five_minutes(shop: Shop) -> None:
    openid = shop.buyer()
    location = urlsplit(authorize(shop, openid).headers["location"])
    query = parse_qs(location.query)
    code = query["code"][0]

    assert (location.path, query["x"], query["state"]) == ("/pay/abc", ["1"], ["s1"])
    assert exchange(shop, code, secret="wrong")["errcode"] == 40125
    assert exchange(shop, code)["openid"] == openid
    assert exchange(shop, code)["errcode"] == 40163
    assert exchange(shop, "0made-up")["errcode"] == 40029
    late = new_code(shop, openid)
    shop.move_clock(301)
    assert exchange(shop, late)["errcode"] == 40029


@pytest.mark.parametrize(
    "changed",
    [{"appid": "wx1"}, {"redirect_uri": "https://evil.example/"}, {"scope": "everything"}, {"state": "s" * 129}],
)
def test_oauth_sends_nobody_anywhere_with_wrong_parameters(shop: Shop, changed: dict[str, str]) -> None:
    assert authorize(shop, shop.buyer(), **changed).status_code == 400


def test_old_media_make_room_for_new_ones(shop: Shop) -> None:
    token = shop.token()

    def upload() -> str:
        query = {"access_token": token, "type": "image"}
        files = {"media": ("a.png", b"x" * (9 << 20), "image/png")}
        return str(shop.http.post("/cgi-bin/media/upload", params=query, files=files).json()["media_id"])

    first, *_, last = [upload() for _ in range(8)]

    assert shop.http.get(f"/sandbox/media/{first}").status_code == 404
    assert shop.http.get(f"/sandbox/media/{last}").status_code == 200
