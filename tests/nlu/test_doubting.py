"""Half a thing beside a whole one is not claimed, unless it was plainly wished for."""

import pytest

from nlu import Lexicon, parse


def test_goods_merely_named_beside_an_order_are_not_ordered(demo: Lexicon) -> None:
    items = parse("我爸用油卡我用话费，油卡500卡号1000555566667777888", demo).items
    assert [item.sku for item in items] == ["JY500"]


@pytest.mark.parametrize(
    ("said", "products"),
    [
        ("话费50和Q币，13812345678", ["huafei", "qbi"]),
        ("京东卡100两张，再来点Q币", ["jdcard", "qbi"]),
        ("steam和京东卡", ["steam", "jdcard"]),
    ],
)
def test_what_was_wished_for_stays_and_is_asked_about(demo: Lexicon, said: str, products: list[str]) -> None:
    assert [item.product for item in parse(said, demo).items] == products
