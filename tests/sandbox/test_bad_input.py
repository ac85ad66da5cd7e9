"""Whatever is sent to the sandbox is answered, and never with a stack trace."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.shopfront import Shop

NAMES = [
    "kind", "content", "event", "event_key", "fields", "repeat", "recognition", "name", "scene", "openid", "outcome",
    "touser", "msgtype", "text", "news", "articles", "msgmenu", "list", "image", "media_id", "button", "sub_button",
    "type", "key", "url", "notice", "push", "supplier", "times", "seconds", "forge", "xml", "query", "code_url",
    "out_trade_no", "amount", "total", "refund", "currency", "payer", "out_refund_no", "transaction_id", "mchid",
    "appid", "description", "notify_url", "time_expire", "state", "data", "template_id", "kf_account",
]  # fmt: skip
WORDS = [
    "text", "news", "msgmenu", "image", "event", "voice", "CLICK", "subscribe", "click", "view", "forge", "lose",
    "ok", "CNY", "", "\ud800", "\x00", "]]>", "K12345678", "2099-01-01T00:00:00+08:00", "http://localhost/x",
]  # fmt: skip
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=20)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)
LIKELY = st.dictionaries(
    st.sampled_from(["name", "type", "key", "url", "sub_button", "content", "id", "articles", "list", "kind", "times"]),
    PLAIN | st.lists(PLAIN | st.dictionaries(st.sampled_from(["name", "type", "content", "id"]), PLAIN), max_size=3),
    max_size=5,
)
NEEDED: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "chat/{}/say": {"kind": st.sampled_from(["text", "voice", "image", "location", "link", "video", "event", 7])},
    "cashier": {"openid": st.just("somebody"), "package": st.just("prepay_id=x")},
    "scan": {"openid": st.just("somebody")},
    "faults": {"push": LIKELY, "notice": LIKELY},
    "message/custom/send": {
        "touser": st.just("somebody"),
        "msgtype": st.sampled_from(["text", "news", "msgmenu", "image"]),
        "text": LIKELY | PLAIN,
        "news": LIKELY,
        "msgmenu": LIKELY,
        "image": LIKELY,
    },
    "message/template/send": {"touser": st.just("somebody"), "template_id": st.just("T"), "data": LIKELY},
    "menu/create": {"button": st.lists(LIKELY | PLAIN, min_size=1, max_size=3)},
}
"""What leads past the first check of a call."""


def body_for(path: str, data: st.DataObject) -> dict[str, Any]:
    """Any names and values, and those the call looks for."""
    return data.draw(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=5)) | data.draw(
        st.fixed_dictionaries(NEEDED.get(path, {}))
    )


quick = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


def knows(shop: Shop, body: dict[str, Any]) -> dict[str, Any]:
    """The body with a real buyer where a body names somebody in words, to come past the first check."""
    return {
        name: shop.somebody if name in ("touser", "openid") and isinstance(value, str) else value
        for name, value in body.items()
    }


@pytest.fixture
def crowd(shop: Shop) -> Shop:
    shop.somebody = shop.buyer()
    return shop


@pytest.mark.parametrize(
    "path",
    ["buyers", "chat/{}/say", "chat/{}/subscribe", "cashier", "cashier/show", "scan", "notices", "push", "faults"],
)
@quick
@given(data=st.data())
def test_the_phones_interface_answers_anything(crowd: Shop, path: str, data: st.DataObject) -> None:
    body = body_for(path, data)
    if path == "buyers":
        body = body | {"subscribe": False}
    answer = crowd.http.post(
        f"/sandbox/api/{path.format(crowd.somebody)}",
        content=json.dumps(knows(crowd, body)),
    )
    crowd.faults(notice=None, push=None, supplier=None)

    assert answer.status_code < 500


@pytest.mark.parametrize(
    "path",
    ["message/custom/send", "message/custom/typing", "message/template/send", "menu/create"],
)
@quick
@given(data=st.data())
def test_the_account_api_answers_anything(crowd: Shop, path: str, data: st.DataObject) -> None:
    body = body_for(path, data)
    query = {"access_token": crowd.token()}
    answer = crowd.http.post(f"/cgi-bin/{path}", params=query, content=json.dumps(knows(crowd, body)))

    assert answer.status_code == 200
    assert "errcode" in answer.json()


@pytest.mark.parametrize(
    "path",
    [
        "/v3/pay/transactions/jsapi",
        "/v3/pay/transactions/native",
        "/v3/pay/transactions/out-trade-no/K12345678/close",
        "/v3/refund/domestic/refunds",
    ],
)
@quick
@given(data=st.data())
def test_wechat_pay_answers_anything_the_merchant_signs(crowd: Shop, path: str, data: st.DataObject) -> None:
    body = body_for(path, data)
    order = crowd.order(crowd.somebody) if "transactions" in path else {"out_refund_no": "R1", "out_trade_no": "K1"}
    answer = crowd.pay("POST", path, json.dumps(order | body))

    assert answer.status_code < 500
    assert crowd.verifies(answer.headers, answer.text)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"\xff"', b"[" * 100_000, b'{"a":' * 50_000])
@pytest.mark.parametrize("path", ["/sandbox/api/cashier", "/fulu/api/getway", "/cgi-bin/stable_token"])
def test_what_is_no_object_is_no_disaster(shop: Shop, path: str, body: bytes) -> None:
    assert shop.http.post(path, content=body).status_code < 500
