"""What is said in a clause of its own: an option beside its size, a tail corrected from behind."""

import pytest

from nlu import parse
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
