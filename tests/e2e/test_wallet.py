"""A balance on the real processes: topped up at WeChat Pay, paid from by a tap, the page, 确认; given back."""

from bot import books
from tests.e2e.conftest import KeyImport
from tests.e2e.shop import Buyer, Shop, pay_path

WAIT_S = 60


def _balance(shop: Shop, buyer: Buyer) -> list[int]:
    return shop.query("SELECT balance_fen FROM wallet WHERE openid = :o", o=buyer.openid)


def test_a_balance_is_topped_up_spent_three_ways_refunded_and_withdrawn(shop: Shop, keys: KeyImport) -> None:
    keys("ST50", "STEAM-WALLET-0001")
    buyer = shop.buyer()
    assert "¥200.00" in buyer.say("充值余额200")
    assert buyer.pay(buyer.order("确认")) == "get_brand_wcpay_request:ok"
    assert "现在共¥200.00" in buyer.told("充值成功：¥200.00已到您的余额", wait_s=WAIT_S)

    placed = buyer.say("充50话费 13912342088") and buyer.say("确认")
    assert placed.count("/pay/") == 1
    assert "余额支付" in placed
    paid = buyer.say("余额支付")
    assert "已用余额付款¥49.80" in paid
    buyer.told("充值成功：话费充值", wait_s=WAIT_S)

    path = pay_path(buyer.say("steam卡50元") and buyer.say("确认"))
    assert 'data-part="balance"' in buyer.open(path).text
    stranger = shop.buyer()
    assert shop.sandbox.post(f"/wx/{stranger.openid}{path}/balance", json={}).status_code == 403
    assert shop.sandbox.post(f"/wx/{buyer.openid}{path}/balance", json={}).json() == {"paid": True}
    buyer.told("STEAM-WALLET-0001", wait_s=WAIT_S)

    shop.faults(supplier={"kind": "failed", "times": -1})
    buyer.say("开通小额免确认付款")
    buyer.say("充20话费 13912342089")
    assert "小额免确认" in buyer.say("确认")
    failed = buyer.told("没有充成", wait_s=WAIT_S)
    assert "已退款到您的余额" in failed
    assert "原路" not in failed
    buyer.told("已退到您的余额", wait_s=WAIT_S)
    shop.faults(supplier=None)

    [left] = _balance(shop, buyer)
    assert 0 < left < 20_000
    buyer.say("余额提现")
    assert "正在按原路退款" in buyer.say("确认提现")
    buyer.told("已按原路退回", wait_s=WAIT_S)
    assert _balance(shop, buyer) == [0]
    with shop.engine.connect() as conn:
        of_him = set(shop.query("SELECT order_no FROM orders WHERE openid = :o", o=buyer.openid))
        assert [one for one in books.compare(conn) if one.order_no in of_him] == []
