"""The second stand-in supplier: strict about keys, signatures, numbers and amounts; one order a number for ever."""

import hashlib
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.sandbox.shopfront import Shop

CALLBACK = "/supplier/juhe/notify"
PHONE = "13812345678"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def call(shop: Shop, method: str, **fields: str) -> tuple[int, Any]:
    body = {"key": shop.credentials.juhe_app_key} | fields
    answer = shop.http.post(f"/juhe/ofpay/mobile/{method}", data=body).json()
    assert answer.keys() == {"reason", "result", "error_code"}
    return answer["error_code"], answer["result"]


def order(shop: Shop, number: str = "", **changed: str) -> tuple[str, int, Any]:
    number = number or f"S{secrets.token_hex(8)}"
    fields = {"phoneno": PHONE, "cardnum": "100", "orderid": number}
    secret = shop.credentials.juhe_open_id + shop.credentials.juhe_app_key
    fields["sign"] = md5(secret + fields["phoneno"] + fields["cardnum"] + number)
    return number, *call(shop, "onlineorder", **(fields | changed))


def state(shop: Shop, number: str) -> str:
    return str(call(shop, "ordersta", orderid=number)[1]["game_state"])


def settled(shop: Shop, number: str) -> str:
    ends = time.monotonic() + 60
    while (now := state(shop, number)) == "0" and time.monotonic() < ends:
        time.sleep(0.01)
    return now


def test_an_order_is_charging_then_done_and_called_back_signed(shop: Shop) -> None:
    number, code, result = order(shop)
    assert (code, result["uorderid"], result["game_state"]) == (0, number, "0")
    assert settled(shop, number) == "1"
    told = dict(parse_qsl(shop.bot.wait_for(CALLBACK)[0].body.decode()))
    assert told["sign"] == md5(shop.credentials.juhe_app_key + told["sporder_id"] + number)
    assert (told["orderid"], told["sta"]) == (number, "1")


def test_a_number_is_one_order_for_ever(shop: Shop) -> None:
    number, _, _ = order(shop)
    assert order(shop, number)[1] == 208510


def test_bad_keys_signatures_numbers_and_amounts_make_no_order(shop: Shop) -> None:
    for changed, code in [
        ({"key": "another"}, 10001),
        ({"sign": "0" * 32}, 208513),
        ({"cardnum": "50"}, 208513),
        ({"orderid": "short"}, 208509),
    ]:
        number, answered, _ = order(shop, **changed)
        assert answered == code
        assert call(shop, "ordersta", orderid=number)[0] == 208516
    assert call(shop, "telcheck", phoneno=PHONE, cardnum="7")[0] == 208501
    assert call(shop, "telcheck", phoneno="123", cardnum="100")[0] == 208501
    assert call(shop, "telcheck", phoneno=PHONE, cardnum="100") == (0, None)
    assert call(shop, "giveaway")[0] == 10022


def test_the_balance_wants_a_signature_of_now(shop: Shop) -> None:
    secret = shop.credentials.juhe_open_id + shop.credentials.juhe_app_key
    for at, code in ((int(shop.now()), 0), (int(shop.now()) - 86_400, 208513)):
        assert call(shop, "yue", timestamp=str(at), sign=md5(f"{secret}{at}"))[0] == code
    assert call(shop, "yue", timestamp=str(int(shop.now())), sign="0" * 32)[0] == 208513


def test_it_stands_still_until_the_panel_is_cleared_and_both_suppliers_are_listed_together(shop: Shop) -> None:
    shop.faults(juhe="processing")
    number, _, _ = order(shop)
    time.sleep(0.2)
    assert state(shop, number) == "0"
    listed = shop.http.get("/sandbox/api/supplier-orders").json()["supplier_orders"]
    assert number in [one["customer_order_no"] for one in listed]
    shop.http.put(f"/sandbox/api/supplier-orders/{number}", json={"state": "failed"}).raise_for_status()
    assert state(shop, number) == "9"
    other, _, _ = order(shop)
    shop.faults(juhe=None)
    assert settled(shop, other) == "1"


@pytest.mark.parametrize("body", [{"balance": 5}, {"goods": {"100": {"colour": "red"}}}, {"goods": []}])
def test_what_a_supplier_should_say_is_checked(shop: Shop, body: dict[str, Any]) -> None:
    assert shop.http.put("/sandbox/api/suppliers/juhe", json=body).status_code == 400
    assert shop.http.put("/sandbox/api/suppliers/moon", json={}).status_code == 404
