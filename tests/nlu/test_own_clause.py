"""What is said in a clause of its own: an option beside its size, a tail corrected from behind."""

import pytest

from nlu import Lexicon, parse
from tests.corpus.evaluate import lexicon_of


@pytest.mark.parametrize(
    "said",
    [
        "面膜两包补水的20片 再来一包5片的美白",
        "面膜补水20片两盒，5片的美白一盒",
        "面膜补水的，20片两包，再来美白的5片",
        "面膜20片的补水两盒 美白的5片一盒",
    ],
)
def test_an_option_stands_with_the_size_of_its_own_clause(said: str) -> None:
    items = parse(said, lexicon_of("life.toml")).items
    assert [(item.sku, item.quantity) for item in items] == [("MM-M20", 2), ("MM-W5", 1)]


def test_a_size_on_either_side_of_its_option_is_an_item_of_its_own() -> None:
    items = parse("拍立得两盒mini的20张 再来一盒10张的wide", lexicon_of("photo.toml")).items
    assert [(item.sku, item.quantity) for item in items] == [("IX-M20", 2), ("IX-W10", 1)]


@pytest.mark.parametrize(
    "said",
    [
        "充50话费 13783920011 啊尾号是12 打错了",
        "充50话费 13783920011 尾号是12 打错了",
        "充50话费 13783920011 最后两位是12，我写错了",
        "充50话费 13783920011 啊尾号应该是12",
        "充50话费 13783920011 打错了 尾号是12",
    ],
)
def test_a_tail_is_corrected_before_or_behind_the_word_that_says_so(demo: Lexicon, said: str) -> None:
    (item,) = parse(said, demo).items
    assert (item.sku, item.fields) == ("HF50", {"account": "13783920012"})


@pytest.mark.parametrize("said", ["充50话费 13783920011 用尾号1234的卡付", "充50话费 13783920011 尾号是0011 没错"])
def test_a_tail_that_corrects_nothing_leaves_the_number(demo: Lexicon, said: str) -> None:
    (item,) = parse(said, demo).items
    assert (item.sku, item.fields) == ("HF50", {"account": "13783920011"})
