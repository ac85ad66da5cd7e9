"""After the sale on the real processes: cases, ratings, refunds, a person, all the way to the buyer's phone."""

import re

from bot import after_sale, background, handoffs, operators
from tests.e2e.conftest import KeyImport
from tests.e2e.shop import Buyer, Shop, eventually


def _case_of(shop: Shop, buyer: Buyer) -> int:
    sql = "SELECT id FROM support_case WHERE openid = :o ORDER BY id DESC LIMIT 1"
    return int(shop.query(sql, o=buyer.openid)[0])


def test_a_complaint_is_answered_and_closed_by_message(shop: Shop) -> None:
    shop.faults(supplier={"kind": "processing", "times": -1})
    buyer = shop.buyer()
    buyer.pay(buyer.order("充20话费 13912342001", "确认"))
    eventually(
        lambda: shop.query(
            "SELECT 1 FROM supplier_order WHERE state = 'processing' AND order_no IN"
            " (SELECT order_no FROM orders WHERE openid = :o)",
            o=buyer.openid,
        )
    )
    told = buyer.say("话费没到账")
    assert "充值平台正在处理" in told
    number = f"S{_case_of(shop, buyer):05d}"
    assert number in told
    assert "1小时内" in told
    assert number in buyer.say("还没到账")
    assert after_sale.answer(shop.services, _case_of(shop, buyer), "运营商延迟，正在催", actor="operator")
    assert number in buyer.told("运营商延迟，正在催")
    assert after_sale.close(shop.services, _case_of(shop, buyer), "已经到账", actor="operator")
    buyer.told("已经到账")
    assert not any(number in line for line in operators.cases(shop.services))


def test_a_late_case_is_told_once(shop: Shop, keys: KeyImport) -> None:
    keys("ST50", "STEAM-LATE-0001")
    buyer = shop.buyer()
    buyer.pay(buyer.order("steam卡50元", "确认"))
    buyer.told("STEAM-LATE-0001")
    assert "已发给您看过" in buyer.say("卡密用不了")
    with shop.engine.begin() as conn:
        conn.exec_driver_sql(
            "UPDATE support_case SET answer_due_at = now() - interval '1 s' WHERE openid = %s", (buyer.openid,)
        )
    for _ in range(2):
        background.sweep_cases(shop.services)
    buyer.told("超过了答应您的时间")
    assert sum("超过了答应您的时间" in m["content"] for m in buyer.chat()) == 1


def test_a_delivered_card_is_given_back_by_a_person_only(shop: Shop, keys: KeyImport) -> None:
    keys("ST50", "STEAM-BACK-0001")
    buyer = shop.buyer()
    buyer.pay(buyer.order("steam卡50元", "确认"))
    buyer.told("STEAM-BACK-0001")
    told = buyer.say("我要退款")
    assert "要由客服核实" in told
    assert shop.query("SELECT count(*) FROM refund JOIN orders USING (order_no) WHERE openid = :o", o=buyer.openid) == [
        0
    ]
    assert after_sale.refund(shop.services, _case_of(shop, buyer), "卡密有误", actor="operator") is None
    buyer.told("为您退款：¥51.00" if "¥51.00" in told else "为您退款")
    buyer.told("退款成功")
    assert shop.query("SELECT state FROM support_case WHERE openid = :o", o=buyer.openid) == ["closed"]


def test_the_delivery_is_rated_with_one_tap(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.pay(buyer.order("充20话费 13912342003", "确认"))
    told = buyer.told("充值成功")
    [tap] = re.findall(r"msgmenucontent=([^&]+)&[^>]*>4分<", told)
    assert "谢谢" in buyer.say(_unquoted(tap))
    assert shop.query("SELECT stars FROM rating JOIN orders USING (order_no) WHERE openid = :o", o=buyer.openid) == [4]


def _unquoted(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)


def test_my_orders_has_a_tap_for_everything_that_can_be_done(shop: Shop, keys: KeyImport) -> None:
    keys("ST50", "STEAM-TAP-0001")
    buyer = shop.buyer()
    buyer.pay(buyer.order("steam卡50元", "确认"))
    buyer.told("STEAM-TAP-0001")
    buyer.order("充20话费 13912342004", "确认")
    listed = buyer.press("my_orders")
    for part in ("待付款", "还剩", "/pay/", "已发卡密", "再来一单"):
        assert part in listed
    assert len(listed.encode()) <= 2047
    [tap] = re.findall(r"msgmenucontent=([^&]+)&[^>]*>卡密<", listed)
    assert "STEAM-TAP-0001" in buyer.say(_unquoted(tap))
    assert "STEAM-TAP-0001" not in shop.buyer().say(_unquoted(tap))


def test_what_a_person_writes_reaches_the_buyer_and_the_bot_is_silent_from_then_on(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("转人工")
    assert handoffs.say(shop.services, buyer.openid, "您好，我是小王")
    buyer.told("您好，我是小王")
    assert buyer.say("你好小王") == ""
    [transcript] = shop.query("SELECT transcript FROM handoff WHERE openid = :o", o=buyer.openid)
    assert [line["from"] for line in transcript][-2:] == ["person", "buyer"]
