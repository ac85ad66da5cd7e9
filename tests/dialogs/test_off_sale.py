"""What is taken off sale while it is being ordered is said to be gone, and nothing else is offered in its place."""

from pathlib import Path

import pytest

from bot.lexicon import build_lexicon
from catalog.files import read_catalog
from catalog.shelf import Shelf
from dialogs.effects import PlaceOrder
from dialogs.state import Idle
from kernel.orders import OrderState
from tests.stories.counter import Counter

SHELF = read_catalog(Path("data/catalog.demo.toml"))
LEXICON = build_lexicon(SHELF)


def _taken_off(counter: Counter, product: str) -> None:
    left = Shelf([one for one in SHELF.products if one.id != product], "later")
    counter.shelf, counter.lexicon = left, build_lexicon(left)


@pytest.mark.parametrize(
    ("before", "then"),
    [(["steam卡"], "100"), (["充50话费"], "13812345678"), (["steam50一张"], "确认"), (["steam50一张"], "改成两张")],
)
def test_it_is_said_that_it_is_gone_whatever_was_being_asked(before: list[str], then: str) -> None:
    counter = Counter(SHELF, LEXICON)
    for text in before:
        counter.says(text)
    _taken_off(counter, "steam" if "steam" in before[0] else "huafei")
    told = counter.says(then).text
    assert "刚刚下架" in told
    assert "请问想买哪种商品" not in told
    assert "已改好" not in told
    assert counter.dialog.state == Idle()
    assert not any(isinstance(one, PlaceOrder) for one in counter.effects)


def test_the_other_line_stays_and_is_summed_up_alone() -> None:
    counter = Counter(SHELF, LEXICON)
    counter.says("steam50一张，京东卡100一张")
    _taken_off(counter, "steam")
    told = counter.says("确认").text
    assert "其中1件刚刚下架" in told
    assert "京东E卡" in told
    assert "Steam" not in told
    counter.says("确认")
    assert [line.sku_code for line in counter.orders[0].lines] == ["JD100"]


def test_an_order_whose_time_is_over_is_not_offered_for_payment_before_it_is_closed() -> None:
    counter = Counter(SHELF, LEXICON)
    counter.says("steam50一张")
    counter.says("确认")
    counter.now = counter.orders[0].expires_at
    assert counter.orders[0].state is OrderState.UNPAID
    told = counter.says("我的订单").text
    assert "正在关闭" in told
    assert "/pay/" not in told
