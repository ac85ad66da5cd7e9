"""Whose a line is: told beside the number, meant later by that word."""

import pytest

from dialogs.state import Confirming, Dialog, DraftLine
from dialogs.whose_line import changes_somebodys, let_go, noted

A, B, C = "13700112233", "13700112244", "13700112255"


def _lines(*owners: str) -> tuple[DraftLine, ...]:
    return tuple(DraftLine("p", fields={"account": n}, whose=who) for n, who in zip((A, B, C), owners, strict=False))


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        (f"话费50 妈{A} 爸{B} 弟弟{C}", ("妈", "爸", "弟")),
        (f"我的{A}充50 我妈的{B}充100", ("我", "妈")),
        (f"给老大{A} 老二{B} 各充50", ("老大", "老二")),
        (f"给我爸充100 号码{A}，给我妈充50 号码{B}", ("爸", "妈")),
        (f"{A}是我妈的 {B}是我爸的 都充50", ("妈", "爸")),
        (f"{A}（老婆）{B}（女儿）", ("老婆", "女儿")),
        (f"媳妇{A} 闺女{B}", ("老婆", "女儿")),
        (f"老爸{A} 母亲{B}", ("爸", "妈")),
        (f"帮我充50 {A} {B}", ("", "")),
        (f"我妈说充50 {A} {B}", ("", "")),
        (f"给爸妈各充50 {A} {B}", ("", "")),
        (f"帮我爸妈各充50话费 爸{A} 妈{B}", ("爸", "妈")),
    ],
)
def test_whose_it_is_stands_beside_the_number(text: str, owners: tuple[str, ...]) -> None:
    after = Dialog(Confirming(_lines(*("" for _ in owners)), tuple(1 for _ in owners)))
    state = noted(Dialog(), text, after).state
    assert isinstance(state, Confirming)
    assert tuple(line.whose for line in state.lines) == owners


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("弟弟那个算了 他自己有钱", frozenset({2})),
        ("我弟的不要了", frozenset({2})),
        ("不给弟弟充了", frozenset({2})),
        ("爸爸和妈妈的不要了", frozenset({0, 1})),
        ("妈说弟弟的不要了", frozenset({2})),
        ("老妈不充了 她刚充过", frozenset({0})),
        ("姐姐那个算了", frozenset()),
        ("弟弟那个算了 爸的改100", None),
        ("弟弟那个算了吗", None),
        ("我的订单不要了", None),
        ("算了", None),
        ("弟弟的改成100", None),
        ("我妈说不要了", None),
        ("话费不要了", None),
    ],
)
def test_somebodys_line_goes(text: str, gone: frozenset[int] | None) -> None:
    assert let_go(_lines("妈", "爸", "弟"), text) == gone


def test_mine_is_the_one_of_which_nothing_was_said() -> None:
    assert let_go(_lines("", "爸"), "我的算了") == frozenset({0})
    assert let_go(_lines("", ""), "我的算了") is None
    assert let_go(_lines("同学", "同学"), "同学的不要了") == frozenset()


@pytest.mark.parametrize(
    ("text", "changes"), [("爸也改成100", True), ("我妈的换100", True), ("我妈说改成100", False), ("改成100", False)]
)
def test_a_change_of_somebodys(text: str, changes: bool) -> None:
    assert changes_somebodys(text) is changes
