"""The Juhe adapter: its words and codes, and answers no honest supplier gives."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.suppliers.juhe import Juhe, _read
from fulfillment.suppliers.port import (
    Accepted,
    Failed,
    NoSuchOrder,
    NotOffered,
    Processing,
    Rejected,
    Success,
    TopupRequest,
    Unknown,
)
from kernel.clock import MovableClock, SystemClock
from tests.fulfillment.liar import Liar

KEY, OPEN_ID, NUMBER, PHONE = "app-key", "JH0123", "K2611210000000001L0U0A1", "13812345678"


def md5(text: str) -> str:
    """Written from the protocol's description, apart from the adapter."""
    return hashlib.md5(text.encode()).hexdigest()


def request(**changed: Any) -> TopupRequest:
    given = {"supplier_order_no": NUMBER, "product_code": "100", "account": PHONE, "buy_num": 1}
    return TopupRequest(**(given | changed))


@pytest.fixture
def asking(liar: Liar) -> Iterator[Juhe]:
    clock = MovableClock(datetime(2026, 11, 21, 16, 0, tzinfo=UTC))
    juhe = Juhe(api_base=liar.url, app_key=KEY, app_secret=OPEN_ID, clock=clock, price_account=PHONE)
    yield juhe
    juhe.close()


def answer(code: Any, result: Any = None, reason: str = "") -> bytes:
    return json.dumps({"error_code": code, "result": result, "reason": reason}).encode()


def sent(liar: Liar) -> dict[str, str]:
    return dict(parse_qsl(liar.asked.decode()))


def test_an_order_is_checked_and_signed_and_nothing_of_it_stands_in_an_address(liar: Liar, asking: Juhe) -> None:
    liar.body = answer(0, {"uorderid": NUMBER, "game_state": "0"})
    assert asking.order(request()) == Accepted()
    assert liar.paths == ["/ofpay/mobile/telcheck", "/ofpay/mobile/onlineorder"]
    assert sent(liar) == {
        "key": KEY,
        "phoneno": PHONE,
        "cardnum": "100",
        "orderid": NUMBER,
        "sign": md5(OPEN_ID + KEY + PHONE + "100" + NUMBER),
    }


@pytest.mark.parametrize(
    ("change", "amount"),
    [({"product_code": "HF50", "face_yuan": 50}, "50"), ({"product_code": "1", "buy_num": 30}, "30")],
)
def test_the_amount_is_the_products_code_or_else_the_denomination(
    liar: Liar, asking: Juhe, change: dict[str, Any], amount: str
) -> None:
    liar.body = answer(0, {"uorderid": NUMBER})
    asking.order(request(**change))
    assert sent(liar)["cardnum"] == amount


@pytest.mark.parametrize(
    "change",
    [{"account": "123456"}, {"product_code": "HF50"}, {"product_code": "5000", "buy_num": 9}, {"buy_num": 0},
     {"supplier_order_no": "K-1"}],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_failed_and_never_sent(liar: Liar, asking: Juhe, change: dict[str, Any]) -> None:
    assert isinstance(asking.order(request(**change)), Failed)
    assert liar.paths == []


def test_a_number_that_cannot_be_topped_up_is_failed_before_anything_is_ordered(liar: Liar, asking: Juhe) -> None:
    liar.body = answer(208501, reason="不允许充值的手机号码及金额")
    assert isinstance(asking.order(request()), Failed)
    assert liar.paths == ["/ofpay/mobile/telcheck"]


@pytest.mark.parametrize(("status", "body"), [(500, b""), (200, answer(208502, reason="查询失败，请重试"))])
def test_a_check_that_tells_nothing_stops_no_order(liar: Liar, asking: Juhe, status: int, body: bytes) -> None:
    liar.status, liar.body = status, body
    assert isinstance(asking.order(request()), Unknown | Rejected)
    assert liar.paths[-1] == "/ofpay/mobile/onlineorder"


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (10014, "系统内部异常", Unknown("10014 系统内部异常")),
        (10001, "错误的请求KEY", Rejected("10001 错误的请求KEY")),
        (10012, "请求超过次数限制", Rejected("10012 请求超过次数限制")),
        (999999, "?", Unknown("999999 ?")),
    ],
)
def test_an_order_is_refused_only_in_words_that_are_known(
    liar: Liar, asking: Juhe, code: int, reason: str, expected: object
) -> None:
    liar.body = answer(code, reason=reason)
    assert asking.order(request()) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [("1", Success()), (1, Success()), ("0", Processing()), ("9", Failed("supplier: revoked"))],
)
def test_the_states_of_an_order(liar: Liar, asking: Juhe, state: Any, expected: object) -> None:
    liar.body = answer(0, {"uordercash": "98", "sporder_id": "S1", "game_state": state})
    assert asking.query(NUMBER) == expected


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, answer(0, {"game_state": "2"})),
        (200, answer(0, {"game_state": None})),
        (200, answer(0, {"game_state": True})),
        (200, answer(0, {"uorderid": "K2", "game_state": "1"})),
        (200, answer(0, "1")),
        (200, answer(None, {"game_state": "1"})),
        (200, answer(True, {"game_state": "1"})),
        (200, answer(10014, {"game_state": "9"}, "系统内部异常")),
        (200, answer(10014, None, "订单不存在")),
        (200, answer(10001, None, "错误的请求KEY")),
        (200, answer(208599, None, "系统繁忙")),
        (500, answer(0, {"game_state": "1"})),
        (200, b""),
        (200, b"[]"),
        (200, b"[" * 200_000),
    ],
)
def test_whatever_is_no_clear_result_of_this_order_is_unknown(
    liar: Liar, asking: Juhe, status: int, body: bytes
) -> None:
    liar.status, liar.body = status, body
    assert isinstance(asking.query(NUMBER), Unknown)


def test_it_knows_no_such_order_only_in_so_many_words(liar: Liar, asking: Juhe) -> None:
    liar.body = answer("208516", None, "订单不存在")
    assert asking.query(NUMBER) == NoSuchOrder()


def test_the_balance_is_asked_for_with_its_own_signature(liar: Liar, asking: Juhe) -> None:
    liar.body = answer(0, {"uid": "1", "money": "12.345"})
    asking.balance()
    timestamp = str(int(datetime(2026, 11, 21, 16, 0, tzinfo=UTC).timestamp()))
    assert sent(liar) == {"key": KEY, "timestamp": timestamp, "sign": md5(OPEN_ID + KEY + timestamp)}


def test_a_price_is_only_for_an_amount_and_its_refusal_for_one_number_closes_nothing(liar: Liar, asking: Juhe) -> None:
    assert isinstance(asking.offer("HF50"), NotOffered)
    liar.body = answer(208501, reason="不允许充值的手机号码及金额")
    assert isinstance(asking.offer("50"), Unknown)


def callback(**changed: str) -> bytes:
    content = {"sporder_id": "S1", "orderid": NUMBER, "sta": "1", "sign": md5(KEY + "S1" + NUMBER)}
    return urlencode(content | changed).encode()


def test_a_signed_callback_names_its_order_and_a_forged_one_nobodys(asking: Juhe) -> None:
    assert asking.read_callback(callback()) == NUMBER
    for change in ({"orderid": NUMBER[:-1] + "2"}, {"sporder_id": "S2"}, {"sign": "0" * 32}, {"sign": "é"}):
        assert asking.read_callback(callback(**change)) is None


NOBODY = Juhe(api_base="http://127.0.0.1:9", app_key=KEY, app_secret=OPEN_ID, clock=SystemClock())
WEIRD = st.none() | st.booleans() | st.floats() | st.text(st.characters()) | st.lists(st.text(), max_size=2)


@given(body=st.binary(max_size=100))
def test_no_callback_body_makes_it_raise(body: bytes) -> None:
    assert NOBODY.read_callback(body) is None


@given(code=WEIRD | st.integers(), reason=WEIRD, result=WEIRD | st.fixed_dictionaries({"game_state": WEIRD}))
def test_no_value_in_an_answer_makes_it_raise(code: Any, reason: Any, result: Any) -> None:
    _read(json.dumps({"error_code": code, "reason": reason, "result": result}).encode())


def test_no_secret_is_in_a_repr() -> None:
    assert OPEN_ID not in repr(NOBODY)
