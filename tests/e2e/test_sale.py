"""The main job, over real HTTP, database, Redis and jobs: from a message to goods, and every way it can go wrong."""

from pathlib import Path

from tests.e2e.shop import Shop


def test_a_one_line_order_is_two_turns_to_the_link_and_is_topped_up_after_payment(shop: Shop) -> None:
    buyer = shop.buyer()
    summary = buyer.say("充100话费 13812345678")
    assert "13812345678" in summary
    assert "¥99.50" in summary
    assert "确认" in summary
    path = buyer.order("确认")
    assert buyer.pay(path) == "get_brand_wcpay_request:ok"
    assert "充值成功" in buyer.told("充值成功")


def test_two_steam_cards_are_pushed_with_their_keys_once(shop: Shop, tmp_path: Path) -> None:
    shop.stock("ST100", "STEAM-AAAA-0001", "STEAM-AAAA-0002", tmp=tmp_path)
    buyer = shop.buyer()
    buyer.pay(buyer.order("steam卡100块来两张", "确认"))
    told = buyer.told("STEAM-AAAA-0001")
    assert "STEAM-AAAA-0002" in told
    assert sum("STEAM-AAAA-0001" in m["content"] for m in buyer.chat()) == 1
