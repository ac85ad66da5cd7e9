"""The stand-in supplier: signatures both ways, orders that take their time, one order a number for ever."""

import base64
import hashlib
import json
import secrets
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.sandbox.shopfront import Shop

CALLBACK = "/supplier/fulu/notify"


def md5_of_sorted(text: str, secret: str) -> str:
    return hashlib.md5(("".join(sorted(text)) + secret).encode()).hexdigest()


def parameters(shop: Shop, method: str, content: dict[str, Any], **changed: str) -> dict[str, str]:
    body = {
        "app_key": shop.credentials.fulu_app_key,
        "method": method,
        "timestamp": f"{datetime.fromtimestamp(shop.now(), ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}",
        "version": "2.0",
        "format": "json",
        "charset": "utf-8",
        "sign_type": "md5",
        "app_auth_token": "",
        "biz_content": json.dumps(content, ensure_ascii=False),
    } | changed
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return body | {"sign": md5_of_sorted(text, shop.credentials.fulu_app_secret)}


def post(shop: Shop, body: dict[str, str], seconds: float = 10.0) -> httpx.Response:
    return shop.http.post("/fulu/api/getway", json=body, timeout=seconds)


def call(shop: Shop, method: str, content: dict[str, Any], **changed: str) -> tuple[int, dict[str, Any]]:
    answer = post(shop, parameters(shop, method, content, **changed)).json()
    assert answer["sign"] == md5_of_sorted(answer["result"], shop.credentials.fulu_app_secret)
    return answer["code"], json.loads(answer["result"]) if answer["result"] else {}


def add(shop: Shop, number: str = "", **more: Any) -> tuple[str, int, dict[str, Any]]:
    number = number or f"S{secrets.token_hex(8)}"
    content = {"customer_order_no": number, "charge_phone": "13812345678", "charge_value": 100} | more
    return number, *call(shop, "fulu.order.mobile.add", content)


def state(shop: Shop, number: str) -> str:
    return str(call(shop, "fulu.order.info.get", {"customer_order_no": number})[1]["order_state"])


def settled(shop: Shop, number: str) -> str:
    ends = time.monotonic() + 60
    while (now := state(shop, number)) in ("untreated", "processing") and time.monotonic() < ends:
        time.sleep(0.01)
    return now


def test_an_order_is_untreated_then_processing_then_success_and_is_called_back(shop: Shop) -> None:
    shop.faults(notice_speed=1, supplier_seconds=1)
    number, code, order = add(shop)
    states = [order["order_state"]]
    ends = time.monotonic() + 60
    while states[-1] != "success" and time.monotonic() < ends:
        states.append(state(shop, number))
        time.sleep(0.02)

    assert code == 0
    assert list(dict.fromkeys(states)) == ["untreated", "processing", "success"]
    told = json.loads(shop.bot.wait_for(CALLBACK)[0].body)
    unsigned = json.dumps({k: v for k, v in told.items() if k != "sign"}, ensure_ascii=False, separators=(",", ":"))
    assert told["sign"] == md5_of_sorted(unsigned, shop.credentials.fulu_app_secret)
    assert (told["customer_order_no"], told["order_status"]) == (number, "success")


def test_the_callback_comes_again_until_it_is_answered_success(shop: Shop) -> None:
    answers = iter([b"fail", b"ok"])
    shop.bot.answer = lambda _: (200, {}, next(answers, b"success"))
    add(shop)
    shop.bot.wait_for(CALLBACK, 3)
    time.sleep(0.5)

    assert len(shop.bot.to(CALLBACK)) == 3


def test_a_number_is_one_order_for_ever(shop: Shop) -> None:
    number, _, _ = add(shop)

    assert add(shop, number)[1] == 3000
    assert add(shop, number, charge_value=50)[1] == 3000
    kept = [one for one in shop.http.get("/sandbox/api/supplier-orders").json()["supplier_orders"]
            if one["customer_order_no"] == number]  # fmt: skip
    assert [one["charge_value"] for one in kept] == ["100"]


def test_bad_signatures_old_times_and_missing_parameters_make_no_order(shop: Shop) -> None:
    number = f"S{secrets.token_hex(8)}"
    content = {"customer_order_no": number, "charge_phone": "13812345678", "charge_value": 100}
    method = "fulu.order.mobile.add"
    long_ago = f"{datetime.now() - timedelta(days=2):%Y-%m-%d %H:%M:%S}"
    wrong_sign = parameters(shop, method, content) | {"sign": "0" * 32}
    tampered = parameters(shop, method, content)
    tampered["biz_content"] = tampered["biz_content"].replace("100", "500")

    assert post(shop, wrong_sign).json()["code"] == 1002
    assert post(shop, tampered).json()["code"] == 1002
    assert call(shop, method, content, timestamp=long_ago)[0] == 1003
    assert call(shop, method, content, version="1.0")[0] == 1001
    assert call(shop, "fulu.order.free.add", content)[0] == 1004
    assert call(shop, method, content | {"charge_phone": "1381234567"})[0] == 1001
    assert call(shop, method, content | {"customer_order_no": "S" * 51})[0] == 1001
    assert call(shop, "fulu.order.direct.add", {"customer_order_no": number, "product_id": "QB10"})[0] == 1001
    assert call(shop, "fulu.order.info.get", {"customer_order_no": number})[0] == 3001


def test_cards_come_encrypted_and_only_from_the_query(shop: Shop) -> None:
    number = f"S{secrets.token_hex(8)}"
    content = {"customer_order_no": number, "product_id": "STEAM100", "buy_num": 2}
    _, added = call(shop, "fulu.order.card.add", content)
    assert settled(shop, number) == "success"
    _, found = call(shop, "fulu.order.info.get", {"customer_order_no": number})

    assert "cards" not in added
    assert len(found["cards"]) == 2
    opener = Cipher(algorithms.AES(shop.credentials.fulu_app_secret.encode()), modes.ECB()).decryptor()
    plain = opener.update(base64.b64decode(found["cards"][0]["card_pwd"])) + opener.finalize()
    assert plain[: -plain[-1]].decode().isalnum()


def test_a_direct_top_up_names_account_product_and_number(shop: Shop) -> None:
    number = f"S{secrets.token_hex(8)}"
    content = {"customer_order_no": number, "product_id": "QB10", "charge_account": "12345678", "buy_num": "3"}
    _, order = call(shop, "fulu.order.direct.add", content)

    assert (order["product_id"], order["charge_account"], order["buy_num"]) == ("QB10", "12345678", 3)


def test_the_panel_decides_the_outcome(shop: Shop) -> None:
    shop.faults(supplier={"kind": "failed", "times": 1})
    failed, worked = add(shop)[0], add(shop)[0]

    assert settled(shop, failed) == "failed"
    assert settled(shop, worked) == "success"


def test_a_processing_order_stands_still_until_the_panel_is_cleared_or_it_is_settled_by_hand(shop: Shop) -> None:
    shop.faults(supplier="processing")
    first, second = add(shop)[0], add(shop)[0]
    time.sleep(0.2)
    assert (state(shop, first), state(shop, second)) == ("processing", "processing")
    shop.http.put(f"/sandbox/api/supplier-orders/{first}", json={"state": "failed"}).raise_for_status()
    assert state(shop, first) == "failed"
    shop.faults(supplier=None)
    assert settled(shop, second) == "success"
    assert state(shop, first) == "failed"


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("kind", ["timeout", "unknown", "garbage"])
def test_without_a_readable_answer_the_order_was_taken_or_not(shop: Shop, kind: str, accepted: bool) -> None:
    shop.faults(supplier={"kind": kind, "accepted": accepted, "times": 1})
    number = f"S{secrets.token_hex(8)}"
    content = {"customer_order_no": number, "charge_phone": "13812345678", "charge_value": 100}
    body = parameters(shop, "fulu.order.mobile.add", content)
    if kind == "timeout":
        with pytest.raises(httpx.ReadTimeout):
            post(shop, body, 0.3)
    else:
        answer = post(shop, body)
        assert answer.status_code == (502 if kind == "unknown" else 200)
        with pytest.raises(ValueError, match=r"."):
            answer.json()

    assert call(shop, "fulu.order.info.get", {"customer_order_no": number})[0] == (0 if accepted else 3001)


def test_a_query_is_struck_only_when_the_panel_names_it(shop: Shop) -> None:
    number, _, _ = add(shop)
    shop.faults(supplier={"kind": "unknown"})
    assert settled(shop, number) == "success"
    shop.faults(supplier={"kind": "unknown", "on": "info.get", "times": 1})
    body = parameters(shop, "fulu.order.info.get", {"customer_order_no": number})
    assert post(shop, body).status_code == 502
    assert post(shop, body).status_code == 200
