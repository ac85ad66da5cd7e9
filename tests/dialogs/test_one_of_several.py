"""A thing of the order named again, beside others: that one is changed, and nothing else goes."""

import pytest

from dialogs.draft import look
from dialogs.state import Collecting, Confirming
from tests.stories.shops import counter_in

_CARS = ("garage", "16寸轮胎两条 5小时停车券一张")
_CAMPUS = ("campus", "巨幕电影票两张 双人餐一份")
_SCHOOL = ("driving", "C1周末班 模考卡10次一张")
_CAMERA = ("photo", "R5租3天 70-200租3天 13900001111")
_FOOD = ("heldout_pantry", "土鸡蛋30枚一份 豆腐猫砂两袋")


def _held(shop: str, *texts: str) -> list[tuple[str, int]]:
    counter = counter_in(shop)
    for text in texts:
        counter.says(text)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    looked = [look(line, counter.shelf) for line in state.lines]
    return [(one.sku.code if one.sku else "", one.line.quantity) for one in looked]


_ONE = [
    (*_CARS, "停车券2小时就行", [("TY16", 2), ("PH2", 1)]),
    (*_CARS, "2小时的停车券", [("TY16", 2), ("PH2", 1)]),
    (*_CARS, "停车券2小时", [("TY16", 2), ("PH2", 1)]),
    (*_CARS, "停车券2小时两张", [("TY16", 2), ("PH2", 2)]),
    (*_CARS, "17寸轮胎", [("TY17", 2), ("PH5", 1)]),
    (*_CARS, "停车券下次吧", [("TY16", 2)]),
    (*_CAMPUS, "电影票普通厅的", [("DY-2D", 2), ("XS-B", 1)]),
    (*_CAMPUS, "普通厅的电影票就够了", [("DY-2D", 2), ("XS-B", 1)]),
    (*_CAMPUS, "电影票三张", [("DY-MX", 3), ("XS-B", 1)]),
    (*_CAMPUS, "双人餐两份", [("DY-MX", 2), ("XS-B", 2)]),
    (*_SCHOOL, "模考卡50次", [("C1-W", 1), ("MN50", 1)]),
    (*_SCHOOL, "50次的模考卡吧", [("C1-W", 1), ("MN50", 1)]),
    (*_CAMERA, "镜头只租1天", [("R5D3", 1), ("ZMD1", 1)]),
    (*_FOOD, "土鸡蛋60枚", [("JD60", 1), ("MST", 2)]),
    (*_FOOD, "膨润土猫砂就行", [("JD30", 1), ("MSP", 2)]),
]


@pytest.mark.parametrize(("shop", "first", "said", "held"), _ONE, ids=[row[2] for row in _ONE])
def test_one_of_several_named_again_is_changed_and_the_rest_stays(
    shop: str, first: str, said: str, held: list[tuple[str, int]]
) -> None:
    assert _held(shop, first, said) == held


_MORE = [
    (*_CAMPUS, "再来一份双人餐", [("DY-MX", 2), ("XS-B", 2)]),
    (*_CAMPUS, "另外普通厅的电影票一张", [("DY-MX", 2), ("XS-B", 1), ("DY-2D", 1)]),
]


@pytest.mark.parametrize(("shop", "first", "said", "held"), _MORE, ids=[row[2] for row in _MORE])
def test_one_more_is_one_more(shop: str, first: str, said: str, held: list[tuple[str, int]]) -> None:
    assert sorted(_held(shop, first, said)) == sorted(held)


def test_which_of_two_lines_of_a_product_is_meant_is_asked_and_nothing_goes() -> None:
    first = "巨幕电影票两张 普通厅一张 双人餐一份"
    assert _held("campus", first, "电影票三张") == [("DY-MX", 2), ("DY-2D", 1), ("XS-B", 1)]
