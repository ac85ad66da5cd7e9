"""到货通知我: noted for what is sold out, told once when it is there, to no more than there are keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import privacy, reminders
from catalog import stock_care
from catalog.key_import import import_keys
from kernel.ids import OpenId
from tests.bot.test_after_sale import LI, WANG, Shop, opened


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    with opened(tmp_path, database_url, redis_url) as shop:
        yield shop


def _keys(shop: Shop, folder: Path, quantity: int, sku: str = "JD100") -> None:
    file = folder / f"{sku}-{quantity}.txt"
    file.write_text("".join(f"{sku}-SECRET-{number}\n" for number in range(quantity)), encoding="utf-8")
    import_keys(shop.services.engine, shop.services.vault, sku, file)


def _told(shop: Shop) -> list[object]:
    shop.work()
    reminders.tell_restocked(shop.services)
    shop.work()
    return shop.rows("SELECT openid FROM push WHERE kind = 'restocked' ORDER BY id")


def test_who_was_told_it_is_sold_out_is_told_once_when_it_is_there(shop: Shop, tmp_path: Path) -> None:
    shop.say("京东E卡100元")
    assert "到货通知我" in shop.say("确认")
    assert "京东E卡 100元到货了会告诉您一次" in shop.say("到货通知我")
    assert _told(shop) == [], "it is not there yet"
    _keys(shop, tmp_path, 3)
    assert _told(shop) == [LI]
    assert "您等的京东E卡 100元到货了" in shop.say("你好"), "WeChat is away here: it comes with his next message"
    assert _told(shop) == [LI], "once"


def test_goods_are_named_by_the_wish_itself_and_what_is_there_needs_none(shop: Shop, tmp_path: Path) -> None:
    _keys(shop, tmp_path, 1, "JD50")
    assert "现在有货" in shop.say("京东E卡50元到货了通知我")
    assert "Steam充值卡 50元到货了会告诉您" in shop.say("Steam卡50有货了叫我一声")
    assert "您想等哪个商品" in shop.say("有货了告诉我", WANG)
    shop.say("不用到货提醒了", WANG)
    assert shop.rows("SELECT sku_code FROM restock_wish") == ["ST50"]


def test_no_more_are_told_than_there_are_keys_and_those_first_who_waited_longest(shop: Shop, tmp_path: Path) -> None:
    for number in range(4):
        assert not reminders.remind(shop.services, OpenId(f"o{number}"), "JD100").there
        assert not reminders.remind(shop.services, OpenId(f"o{number}"), "JD100").there, "again changes nothing"
    _keys(shop, tmp_path, 2)
    assert _told(shop) == ["o0", "o1"]
    with shop.services.engine.begin() as conn:
        ids = stock_care.oldest(conn, "JD100", 2)
        stock_care.void(conn, ids, shop.clock.now(), reason="退货", actor="anna")
    assert _told(shop) == ["o0", "o1"], "nothing is left"
    _keys(shop, tmp_path, 3)
    assert _told(shop) == ["o0", "o1", "o2"]


def test_a_buyer_waits_for_so_much_at_most_and_is_forgotten_with_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "OF_BUYER_MAX", 2)
    for sku in ("JD50", "JD100"):
        assert not reminders.remind(shop.services, LI, sku).too_many
    assert "已经很多了" in shop.say("京东E卡200元到货通知我")
    assert not reminders.remind(shop.services, LI, "JD100").too_many, "what he waits for already"
    privacy.erase(shop.services, LI)
    shop.work()
    assert shop.rows("SELECT count(*) FROM restock_wish") == [0]
    shop.passes(91 * 24 * 60)
    reminders.remind(shop.services, WANG, "JD100")
    shop.passes(91 * 24 * 60)
    reminders.tell_restocked(shop.services)
    assert shop.rows("SELECT count(*) FROM restock_wish") == [0]


def test_an_order_goes_on_where_it_stood_after_the_wish(shop: Shop, tmp_path: Path) -> None:
    _keys(shop, tmp_path, 1, "JD50")
    shop.say("京东E卡100元")
    shop.say("确认")
    shop.say("到货通知我")
    assert "京东E卡" in shop.say("50元")
    assert "下单成功" in shop.say("确认")
