"""Two suppliers in the running shop: web process, worker, callbacks; what one has failed the other delivers."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.e2e.shop import Shop, eventually

CATALOG = """\
[[product]]
id = "huafei"
name = "话费充值"
category = ["充值"]
aliases = ["话费"]
delivery = "topup"
field = [{ name = "account", label = "手机号", kind = "phone" }]

[[product.sku]]
code = "HF100"
label = "100元"
value = 100
unit = "元"
price = "99.50"
cost = "98.20"
supplier = "fulu"
backup = [{ supplier = "juhe", supplier_code = "100", cost = "98.60" }]
"""


@pytest.fixture(scope="module")
def shop(opened_shop: Callable[..., AbstractContextManager[Shop]]) -> Iterator[Shop]:
    with opened_shop(CATALOG) as running:
        yield running


def attempts(shop: Shop, phone: str) -> list[str]:
    return shop.query(
        "SELECT s.supplier || ' ' || s.state FROM supplier_order s JOIN order_line l ON l.id = s.line_id"
        " WHERE l.fields ->> 'account' = :phone ORDER BY s.attempt",
        phone=phone,
    )


def test_what_one_supplier_has_failed_the_other_delivers_and_the_buyer_hears_of_success_alone(shop: Shop) -> None:
    shop.faults(supplier="failed", juhe=None)
    buyer = shop.buyer()
    buyer.pay(buyer.order("充100话费 13812345601", "确认"))
    buyer.told("充值成功")
    assert attempts(shop, "13812345601") == ["fulu failed", "juhe success"]
    assert not any("失败" in message["content"] for message in buyer.chat())


def test_the_money_comes_back_when_both_have_failed(shop: Shop) -> None:
    shop.faults(supplier="failed", juhe="failed")
    buyer = shop.buyer()
    buyer.pay(buyer.order("充100话费 13812345602", "确认"))
    assert "99.50" in buyer.told("退款")
    assert attempts(shop, "13812345602") == ["fulu failed", "juhe failed"]


def test_while_nobody_knows_what_became_of_it_nobody_else_is_asked(shop: Shop) -> None:
    shop.faults(supplier={"kind": "unknown", "accepted": True, "times": 1}, juhe=None)
    buyer = shop.buyer()
    buyer.pay(buyer.order("充100话费 13812345603", "确认"))
    buyer.told("充值成功")
    assert attempts(shop, "13812345603") == ["fulu success"]


def test_a_callback_is_taken_from_its_own_supplier_alone(shop: Shop) -> None:
    shop.faults(supplier="failed", juhe="processing")
    buyer = shop.buyer()
    buyer.pay(buyer.order("充100话费 13812345604", "确认"))
    eventually(lambda: attempts(shop, "13812345604") == ["fulu failed", "juhe processing"], 30)
    [number] = shop.query("SELECT supplier_order_no FROM supplier_order WHERE state = 'processing'")
    forged = shop.bot.post(
        "/supplier/juhe/notify", data={"sporder_id": "S1", "orderid": number, "sta": "1", "sign": "0" * 32}
    )
    assert (forged.status_code, forged.text) == (401, "fail")
    assert shop.bot.post("/supplier/nobody/notify", data={}).status_code == 401
    shop.sandbox.put(f"/sandbox/api/supplier-orders/{number}", json={"state": "success"}).raise_for_status()
    buyer.told("充值成功")
