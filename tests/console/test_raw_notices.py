"""What WeChat Pay and suppliers reported stands in an order's timeline, word for word but for accounts and secrets."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import delivering, raw_notices
from bot.raw_notices import HIDDEN, masked
from console.roles import Role
from tests.bot.test_after_sale import WANG, Shop
from tests.console.conftest import Window
from tests.console.test_books import _with_a_supplier

Login = Callable[..., Window]
PAID = {
    "appid": "wx0123456789abcdef",
    "mchid": "1900000109",
    "out_trade_no": "TRADE",
    "transaction_id": "4200001234202603021234567890",
    "trade_type": "JSAPI",
    "trade_state": "SUCCESS",
    "success_time": "2026-03-02T10:00:00+08:00",
    "payer": {"openid": "oLi-the-whole-openid-of-his"},
    "amount": {"total": 9950, "payer_total": 9950, "currency": "CNY"},
}


def _told(shop: Shop) -> str:
    """An order with a payment's notice, sent twice, and a supplier's callback. Its number."""
    order = shop.order("充100话费 13812345678", "确认")
    shop.work()
    [trade] = shop.rows("SELECT out_trade_no FROM payment")
    purchases = shop.rows("SELECT supplier_order_no FROM supplier_order")
    with shop.services.engine.begin() as conn:
        now = shop.clock.now()
        for _ in range(2):
            raw_notices.keep(conn, "wechat_pay", str(trade), "TRANSACTION.SUCCESS", PAID, now, number="EV-1")
        body = (
            f'{{"customer_order_no":"{(purchases or [trade])[0]}","order_status":"success",'
            '"charge_account":"13812345678",'
            '"cards":[{"card_no":"C-1","card_pwd":"SECRET-PASSWORD"}],"sign":"0123456789abcdef0123456789abcdef"}'
        )
        raw_notices.keep_body(conn, "fulu", str((purchases or [trade])[0]), body.encode(), now)
    return order.order_no


def test_each_notice_stands_in_the_timeline_and_opens_by_itself(shop: Shop, login: Login) -> None:
    page = login().see(f"/console/orders/{_told(shop)}")
    assert page.count('<details class="what" id="notice-') == 2
    notice = page.split('id="notice-')[1].split("</details>")[0]
    for told in ("微信支付 支付成功通知", "amount.total", "9950", "4200001234202603021234567890", "JSAPI"):
        assert told in notice, told
    callback = page.split('id="notice-')[2].split("</details>")[0]
    for told in ("供货商 fulu 回调", "order_status", "success", HIDDEN, "138****5678"):
        assert told in callback, told


def test_no_account_and_no_secret_is_kept_or_shown(shop: Shop, login: Login) -> None:
    page = login().see(f"/console/orders/{_told(shop)}")
    kept = str(shop.rows("SELECT told FROM raw_notice"))
    for secret in ("oLi-the-whole-openid-of-his", "SECRET-PASSWORD", "C-1", "0123456789abcdef0123456789abcdef"):
        assert secret not in kept
        assert secret not in page
    assert "13812345678" not in kept


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.FINANCE, True), (Role.MANAGER, True), (Role.SUPPORT, False), (Role.READONLY, False)]
)
def test_who_may_not_see_notices_sees_none(shop: Shop, login: Login, role: Role, sees: bool) -> None:
    page = login(role, "bob").see(f"/console/orders/{_told(shop)}")
    assert ("支付成功通知" in page) is sees


def test_a_suppliers_callback_that_is_proven_is_kept_and_a_forged_one_is_not(shop: Shop) -> None:
    name = _with_a_supplier(shop)
    adapter: Any = shop.services.suppliers.by_name[name].callbacks
    said: dict[str, str] = {"customer_order_no": "S1", "order_status": "success", "charge_account": "13812345678"}
    forged = json.dumps({**said, "sign": "0" * 32}).encode()
    assert not delivering.take_callback(shop.services, name, forged)
    assert shop.rows("SELECT count(*) FROM raw_notice") == [0]
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
    true = json.dumps({**said, "sign": adapter._sign(text)}).encode()
    for _ in range(2):
        assert delivering.take_callback(shop.services, name, true)
    [kept] = shop.rows("SELECT told FROM raw_notice WHERE source = 'main' AND ref = 'S1'")
    assert kept == {**said, "charge_account": "138****5678", "sign": HIDDEN}


def test_notices_of_other_orders_stay_with_them(shop: Shop, login: Login) -> None:
    _told(shop)
    other = shop.order("充50话费 13900139000", "确认", openid=WANG)
    assert "支付成功通知" not in login().see(f"/console/orders/{other.order_no}")


def test_notices_are_forgotten_after_half_a_year(shop: Shop) -> None:
    _told(shop)
    shop.passes(179 * 24 * 60)
    raw_notices.forget_raw_notices(shop.services)
    assert shop.rows("SELECT count(*) FROM raw_notice") == [2]
    shop.passes(2 * 24 * 60)
    raw_notices.forget_raw_notices(shop.services)
    assert shop.rows("SELECT count(*) FROM raw_notice") == [0]


def test_persons_are_masked_under_any_name_and_numbers_of_orders_stay_whole() -> None:
    told = {"account_no": "13812345678", "user_id": "wang-xiaoming-77", "buyer_id": "oLi-the-whole-openid-of-his"}
    assert not set(told.values()) & set(masked(told).values())
    numbers = {"buyer_order_no": "S20260302000001", "userOrderId": "S20260302000001", "order_status": "success"}
    assert masked(numbers) == numbers


def test_secrets_too_deep_or_inside_a_text_are_not_kept() -> None:
    deep: Any = {"sign": "0123456789abcdef"}
    for _ in range(8):
        deep = {"a": deep}
    assert "0123456789abcdef" not in str(masked(deep))
    inside = {"data": json.dumps([{"card_pwd": "SECRET-PASSWORD", "status": "ok"}]), "text": "[no json"}
    assert masked(inside) == {"data": [{"card_pwd": HIDDEN, "status": "ok"}], "text": "[no json"}


def test_what_no_database_takes_is_kept_without_it(shop: Shop) -> None:
    strange = b'{"a\\u0000b": "\\u0000x", "c\\ud800": "\\udfff", "amount": NaN, "n": Infinity}'
    with shop.services.engine.begin() as conn:
        for body in (strange, b"[" * 100_000):
            raw_notices.keep_body(conn, "fulu", "S1", body, shop.clock.now())
    [kept, _] = shop.rows("SELECT told FROM raw_notice ORDER BY id")
    assert kept == {"ab": "x", "c?": "?", "amount": "nan", "n": "inf"}


_json: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(_json, st.sampled_from(["sign", "cards", "card_pwd", "secretKey", "access_token", "password", "CDKEY"]))
def test_whatever_stands_under_the_name_of_a_secret_is_not_kept(value: Any, name: str) -> None:
    assert masked({"a": {"b": [{name: value}]}}) == {"a": {"b": [{name: HIDDEN}]}}


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True), st.sampled_from(["charge_account", "remark", "userPhone", "x"]))
def test_no_phone_is_kept_whole_under_any_name_but_a_numbers(phone: str, name: str) -> None:
    phone = "".join(str(int(char)) for char in phone)
    assert phone not in str(masked({name: phone}))
    assert phone not in str(masked({name: int(phone)}))
    assert masked({"order_no": phone}) == {"order_no": phone}
