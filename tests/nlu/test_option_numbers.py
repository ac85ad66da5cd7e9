"""A number that names an option (2号 of 2号线) is part of the item, and no second one."""

import pytest

from bot.lexicon import build_lexicon
from catalog.files import read_text
from nlu import parse

TACKLE = build_lexicon(
    read_text(
        """
[[product]]
id = "line"
name = "尼龙主线"
category = ["渔具"]
aliases = ["鱼线", "主线"]
delivery = "parcel"
field = [{ name = "post", kind = "address", label = "收件地址" }]
option = [{ name = "gauge", label = "线号", values = [
  { id = "g1", label = "1号线" }, { id = "g2", label = "2号线" } ] }]
sku = [
  { code = "X1-50", label = "1号50米", value = 50, unit = "米", price = "12.00", options = { gauge = "g1" } },
  { code = "X2-50", label = "2号50米", value = 50, unit = "米", price = "13.00", options = { gauge = "g2" } },
  { code = "X1-100", label = "1号100米", value = 100, unit = "米", price = "21.00", options = { gauge = "g1" } },
  { code = "X2-100", label = "2号100米", value = 100, unit = "米", price = "22.00", options = { gauge = "g2" } },
]
""".encode()
    )
)


@pytest.mark.parametrize(
    ("said", "quantity"),
    [
        ("鱼线2号的100米 一卷", 1),
        ("鱼线2号100米一卷", 1),
        ("2号鱼线100米 来一卷", 1),
        ("2号线100米 一卷", 1),
        ("鱼线100米2号的两盘", 2),
        ("鱼线两轴2号100米", 2),
    ],
)
def test_the_number_of_an_option_and_a_size_are_one_item(said: str, quantity: int) -> None:
    (item,) = parse(said, TACKLE).items
    assert (item.sku, item.quantity) == ("X2-100", quantity)


def test_each_item_of_a_list_has_its_own_number() -> None:
    items = parse("鱼线1号100米两卷 2号50米一卷", TACKLE).items
    assert [(item.sku, item.quantity) for item in items] == [("X1-100", 2), ("X2-50", 1)]


def test_a_day_of_the_month_chooses_nothing() -> None:
    (item,) = parse("鱼线1号线50米，2号发货", TACKLE).items
    assert item.sku == "X1-50"
