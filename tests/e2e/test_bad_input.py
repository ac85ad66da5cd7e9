"""What strangers and broken clients send: never a 5xx, never a stack trace, never a changed state."""

import hashlib
import time
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.shop import Shop

MESSAGE = {
    "ToUserName": "gh_shop",
    "FromUserName": "oStranger",
    "CreateTime": "1795000000",
    "MsgType": "text",
    "Content": "充100话费 13812345678",
    "MsgId": "1",
}


def xml(fields: dict[str, str]) -> str:
    return "<xml>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in fields.items()) + "</xml>"


def signed(shop: Shop, at: float | None = None) -> dict[str, str]:
    stamp, nonce = str(int(at or time.time())), "nonce"
    token = shop.services.config.wechat.token
    return {
        "timestamp": stamp,
        "nonce": nonce,
        "signature": hashlib.sha1("".join(sorted((token, stamp, nonce))).encode()).hexdigest(),
    }


@pytest.fixture
def unchanged(shop: Shop) -> Iterator[Shop]:
    """The shop; afterwards nothing in it may have changed."""
    tables = ("orders", "payment", "refund", "pay_notice", "push", "handoff", "supplier_order")
    before = [shop.query(f"SELECT count(*) FROM {table}") for table in tables]
    yield shop
    assert [shop.query(f"SELECT count(*) FROM {table}") for table in tables] == before


def clean(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    assert 'File "' not in answer.text
    return answer


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "<xml>",
        "<xml></xml>",
        "<xml>" + "<a>" * 5000,
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Content>&b;</Content></xml>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>',
        "x" * 100_000,
        xml(MESSAGE),
    ],
)
def test_a_plain_or_malformed_body_is_refused_in_safe_mode(unchanged: Shop, body: str) -> None:
    answer = clean(unchanged.bot.post("/wechat", params=signed(unchanged), content=body.encode()))
    assert answer.status_code in (400, 403, 413)


def test_wrong_missing_and_old_signatures_are_refused(unchanged: Shop) -> None:
    for params in (
        {},
        {"signature": "x"},
        signed(unchanged, time.time() - 3600),
        {**signed(unchanged), "nonce": "other"},
    ):
        assert clean(unchanged.bot.get("/wechat", params={**params, "echostr": "1"})).status_code == 403
        assert clean(unchanged.bot.post("/wechat", params=params, content=xml(MESSAGE))).status_code == 403


def test_a_server_verification_is_answered_with_its_echo(shop: Shop) -> None:
    assert shop.bot.get("/wechat", params={**signed(shop), "echostr": "471100"}).text == "471100"


@pytest.mark.parametrize("missing", list(MESSAGE))
def test_a_push_without_one_of_its_fields_breaks_nothing(shop: Shop, missing: str) -> None:
    openid = shop.buyer().openid
    fields = {k: v for k, v in MESSAGE.items() if k != missing} | (
        {} if missing == "FromUserName" else {"FromUserName": openid}
    )
    answer = shop.sandbox.post("/sandbox/api/push", json={"openid": openid, "xml": xml(fields)}).json()
    assert answer["status"] < 500


def test_a_message_of_three_thousand_characters_is_answered(shop: Shop) -> None:
    buyer = shop.buyer()
    for text in ("充" * 3000, "1" * 3000, "充100话费 " * 300, "<" * 3000, "😀" * 1500, "一" * 3000, "\u202e" * 100):
        assert buyer.say(text)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 30_000, b'{"a":' * 10_000, b"x" * 200_000, b'{"id":1}']
)
def test_a_notice_that_is_none_is_answered_401_with_fail(unchanged: Shop, body: bytes) -> None:
    headers = {
        "Wechatpay-Timestamp": str(int(time.time())),
        "Wechatpay-Nonce": "n",
        "Wechatpay-Serial": unchanged.services.config.pay.public_key_id,
        "Wechatpay-Signature": "WECHATPAY/SIGNTEST/abc",
    }
    for sent in ({}, headers):
        answer = clean(unchanged.bot.post("/pay/notify", content=body, headers=sent))
        assert answer.status_code == 401
        assert answer.json()["code"] == "FAIL"


def test_a_supplier_callback_that_is_none_is_refused(unchanged: Shop) -> None:
    for name in ("fulu", "nobody", "%2e%2e"):
        for body in (b"", b"{}", b'{"sign": "x"}', b"\xff" * 100, b"x" * 100_000):
            assert clean(unchanged.bot.post(f"/supplier/{name}/notify", content=body)).status_code >= 400


def test_other_methods_and_paths_are_refused_quietly(unchanged: Shop) -> None:
    for method, path in (
        ("DELETE", "/wechat"),
        ("PUT", "/pay/notify"),
        ("GET", "/pay/notify"),
        ("GET", "/nothing"),
        ("POST", "/orders/x"),
    ):
        assert clean(unchanged.bot.request(method, path)).status_code in (404, 405)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_is_answered_before_wechat_gives_up(shop: Shop, text: str) -> None:
    buyer = shop.buyer(subscribe=False)
    answer = shop.sandbox.post(f"/sandbox/api/chat/{buyer.openid}/say", json={"kind": "text", "content": text})
    assert answer.status_code < 500
    assert not any(m["kind"] == "error" for m in answer.json().get("messages", []))


def test_health_readiness_and_metrics_are_there(shop: Shop) -> None:
    assert shop.bot.get("/healthz").status_code == 200
    assert shop.bot.get("/metrics").status_code == 200
