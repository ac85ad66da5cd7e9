"""The Fulu adapter against answers no honest supplier gives; what every supplier must do is in test_suppliers."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.suppliers import wire
from fulfillment.suppliers.fulu import Fulu
from fulfillment.suppliers.port import (
    Balance,
    NotOffered,
    Offer,
    Rejected,
    Success,
    TopupRequest,
    Unknown,
)
from fulfillment.suppliers.registry import SupplierSettings
from kernel.clock import MovableClock, SystemClock
from kernel.money import Fen
from tests.fulfillment.liar import Liar

SECRET = "0a091b3aa4324435aab703142518a8f7"


def signed(text: str, secret: str = SECRET) -> str:
    """Written from the protocol's description, apart from the adapter."""
    return hashlib.md5(("".join(sorted(text)) + secret).encode()).hexdigest()


def compact(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def request(number: str = "", **changed: Any) -> TopupRequest:
    number = number or f"K261121{secrets.randbelow(10**10):010d}L0U0A1"
    return TopupRequest(
        **({"supplier_order_no": number, "product_code": "HF100", "account": "13812345678", "buy_num": 1} | changed)
    )


@pytest.fixture
def asking(liar: Liar) -> Iterator[Fulu]:
    clock = MovableClock(datetime(2026, 11, 21, 16, 0, tzinfo=UTC))
    fulu = Fulu(api_base=liar.url, app_key="key", app_secret=SECRET, clock=clock)
    yield fulu
    fulu.close()


def answer(code: Any, result: dict[str, Any], **changed: Any) -> bytes:
    text = compact(result)
    return compact({"code": code, "message": "", "result": text, "sign": signed(text)} | changed).encode()


def test_a_request_is_what_the_protocol_says_in_chinese_time(liar: Liar, asking: Fulu) -> None:
    asking.order(request("K1L0U0A1", details={"server": "苹果/一区", "other": "x"}))
    sent = json.loads(liar.asked)
    sign = sent.pop("sign")
    assert sign == signed(compact(sent))
    assert json.loads(sent.pop("biz_content")) == {
        "product_id": "HF100",
        "customer_order_no": "K1L0U0A1",
        "charge_account": "13812345678",
        "buy_num": 1,
        "charge_game_srv": "苹果/一区",
        "other": "x",
    }
    assert sent == {
        "app_key": "key",
        "method": "fulu.order.direct.add",
        "timestamp": "2026-11-22 00:00:00",
        "version": "2.0",
        "format": "json",
        "charset": "utf-8",
        "sign_type": "md5",
        "app_auth_token": "",
    }


def test_a_field_cannot_change_the_purchase(liar: Liar, asking: Fulu) -> None:
    asking.order(
        request(details={"buy_num": "999", "product_id": "X", "charge_account": "X", "customer_order_no": "X"})
    )
    content = json.loads(json.loads(liar.asked)["biz_content"])
    assert (content["buy_num"], content["product_id"], content["charge_account"]) == (1, "HF100", "13812345678")


DONE = {"customer_order_no": "K1", "order_state": "success"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, answer(0, DONE, sign="0" * 32)),
        (200, answer(0, DONE, sign=7)),
        (200, answer(0, DONE | {"customer_order_no": "K2"})),
        (200, answer(0, DONE | {"order_state": "refunded"})),
        (200, answer(0, DONE | {"order_state": None})),
        (200, answer(None, DONE)),
        (200, answer(True, DONE)),
        (200, answer(0.0, DONE)),
        (200, answer(5000, DONE)),
        (200, answer(5000, {}, message="订单处理中")),
        (500, answer(0, DONE)),
        (302, b""),
        (200, b""),
        (200, b"null"),
        (200, b"[]"),
        (200, b"\xff\xfe"),
        (200, b"[" * 200_000),
        (200, b" " * 2_000_000),
    ],
)
def test_what_is_not_a_signed_clear_result_of_this_order_is_unknown(
    liar: Liar, asking: Fulu, status: int, body: bytes
) -> None:
    liar.status, liar.body = status, body
    assert isinstance(asking.query("K1"), Unknown)


def test_a_clear_result_is_believed_under_either_reading_of_the_signature(liar: Liar, asking: Fulu) -> None:
    liar.body = answer(0, DONE)
    assert asking.query("K1") == Success()
    whole = {"code": 0, "message": "接口调用成功", "result": compact(DONE)}
    liar.body = compact(whole | {"sign": signed(compact(whole))}).encode()
    assert asking.query("K1") == Success()


def test_an_answer_that_never_ends_is_given_up(liar: Liar, asking: Fulu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TOTAL_S", 0.0)
    liar.body = answer(0, DONE)
    assert isinstance(asking.query("K1"), Unknown)


# ---- callbacks -----------------------------------------------------------------------------------------------------

CALLBACK = {
    "order_id": "19072630000000000001",
    "charge_finish_time": "2026-11-21 12:00:00",
    "customer_order_no": "K1L0U0A1",
    "order_status": "success",
    "recharge_description": "充值成功/完成",
    "product_id": "10000001",
    "price": "1.0000",
    "buy_num": "1",
    "operator_serial_number": "SN1",
}


def test_a_signed_callback_names_its_order(asking: Fulu) -> None:
    body = compact(CALLBACK | {"sign": signed(compact(CALLBACK))}).encode()
    assert asking.read_callback(body) == "K1L0U0A1"


@pytest.mark.parametrize("change", [{"customer_order_no": "K2"}, {"sign": "0" * 32}, {"sign": None}, {"more": "x"}])
def test_a_forged_callback_is_nobodys(asking: Fulu, change: dict[str, Any]) -> None:
    body = compact(CALLBACK | {"sign": signed(compact(CALLBACK))} | change).encode()
    assert asking.read_callback(body) is None


NOBODY = Fulu(api_base="http://127.0.0.1:9", app_key="key", app_secret=SECRET, clock=SystemClock())
WEIRD = st.none() | st.booleans() | st.floats() | st.text(st.characters()) | st.lists(st.text(), max_size=2)


@given(body=st.binary(max_size=100))
def test_no_callback_body_makes_it_raise(body: bytes) -> None:
    assert NOBODY.read_callback(body) is None


@given(number=WEIRD, sign=WEIRD, result=WEIRD, code=WEIRD | st.integers())
def test_no_value_in_an_answer_or_a_callback_makes_it_raise(number: Any, sign: Any, result: Any, code: Any) -> None:
    body = json.dumps({"customer_order_no": number, "sign": sign, "result": result, "code": code, "message": number})
    assert NOBODY.read_callback(body.encode()) is None
    NOBODY._read(body.encode())


@pytest.mark.parametrize("sign", [None, ""])
def test_an_answer_without_a_signature_is_vouched_for_by_the_connection(
    liar: Liar, asking: Fulu, sign: str | None
) -> None:
    liar.body = answer(0, {"order_state": "success"}, sign=sign)
    assert asking.query("K1") == Success()


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_an_answer_signed_as_a_whole_is_believed_however_it_is_spaced(
    liar: Liar, asking: Fulu, separators: tuple[str, str]
) -> None:
    whole = {"code": 0, "message": "ok", "result": json.dumps(DONE)}
    text = json.dumps(whole, ensure_ascii=False, separators=separators)
    liar.body = json.dumps(whole | {"sign": signed(text)}).encode()
    assert asking.query("K1") == Success()


def test_a_callback_may_come_as_a_form(asking: Fulu) -> None:
    content = {"customer_order_no": "K1", "order_status": "success"}
    sign = signed(json.dumps(content, separators=(",", ":")))
    assert asking.read_callback(urlencode(content | {"sign": sign}).encode()) == "K1"
    assert asking.read_callback(urlencode(content | {"sign": "0" * 32}).encode()) is None


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ("商品维护中，暂停下单", True),
        ("账户余额不足", True),
        ("充值账号格式错误", True),
        ("外部订单号已存在", False),
        ("订单重复提交", False),
        ("系统繁忙，请稍后再试", False),
        ("接口超时", False),
        ("未知错误", False),
        ("System Error", False),
    ],
)
def test_an_error_that_is_no_refusal_is_unknown_and_gives_no_money_back(
    liar: Liar, asking: Fulu, message: str, refused: bool
) -> None:
    liar.body = answer(9999, {}, message=message)
    said = asking.order(request())
    assert isinstance(said, Rejected if refused else Unknown), said


def test_a_message_is_fit_for_the_history_whatever_is_in_it(liar: Liar, asking: Fulu) -> None:
    spoilt = {"code": 9, "message": "a\x00b\ud800c", "result": "", "sign": signed("")}
    liar.body = json.dumps(spoilt).encode()
    assert asking.order(request()) == Rejected("9 abc")


def test_the_secret_is_in_no_repr() -> None:
    section = SupplierSettings("fulu", "fulu", "http://x", "key", SECRET)
    fulu = Fulu(api_base="http://x", app_key="key", app_secret=SECRET, clock=SystemClock())
    assert SECRET not in repr(section) + repr(fulu)
    assert "13812345678" not in repr(request())


# ---- balance and prices --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("yuan", "fen"), [(12.345, 1234), ("99.999", 9999), (0, 0), ("-3.001", -301)])
def test_a_balance_is_read_to_the_fen_and_never_too_high(liar: Liar, asking: Fulu, yuan: Any, fen: int) -> None:
    liar.body = answer(0, {"balance": yuan, "is_open": 1})
    assert asking.balance() == Balance(Fen(fen))
    assert json.loads(liar.asked)["method"] == "fulu.user.info.get"


GOODS = {"product_id": 10000001, "purchase_price": 0.9801, "sales_status": "上架", "stock_status": "充足"}


def test_a_price_in_parts_of_a_fen_is_read_upwards(liar: Liar, asking: Fulu) -> None:
    liar.body = answer(0, GOODS)
    assert asking.offer("10000001") == Offer(Fen(99), available=True, said="充足")
    assert json.loads(json.loads(liar.asked)["biz_content"]) == {"product_id": "10000001"}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"sales_status": "维护中"}, "维护中"), ({"sales_status": "下架"}, "下架"), ({"stock_status": "断货"}, "断货")],
)
def test_what_is_not_on_sale_or_sold_out_cannot_be_had(
    liar: Liar, asking: Fulu, change: dict[str, Any], said: str
) -> None:
    liar.body = answer(0, GOODS | change)
    assert asking.offer("10000001") == Offer(Fen(99), available=False, said=said)


@pytest.mark.parametrize(
    "change",
    [{"purchase_price": None}, {"purchase_price": "NaN"}, {"purchase_price": 0}, {"purchase_price": True},
     {"purchase_price": "1e99"}, {"sales_status": None}, {"product_id": 10000002}],
)  # fmt: skip
def test_an_offer_that_is_not_clear_is_none(liar: Liar, asking: Fulu, change: dict[str, Any]) -> None:
    liar.body = answer(0, GOODS | change)
    assert isinstance(asking.offer("10000001"), Unknown)


def test_a_product_it_does_not_know_is_not_one_it_is_out_of(liar: Liar, asking: Fulu) -> None:
    liar.body = answer(3010, {}, message="商品不存在")
    assert asking.offer("10000001") == NotOffered("3010 商品不存在")
    liar.body = answer(9999, {}, message="系统繁忙")
    assert isinstance(asking.offer("10000001"), Unknown)
    assert isinstance(asking.balance(), Unknown)
