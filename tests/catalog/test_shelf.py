"""The Shelf finds what was put on it."""

from pathlib import Path

import pytest

from catalog.files import read_catalog
from catalog.shelf import Shelf, line_total_fen

DEMO = Path(__file__).parents[2] / "data" / "catalog.demo.toml"


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return read_catalog(DEMO)


def codes(shelf: Shelf, *question: object) -> list[str]:
    return [sku.code for sku in shelf.matching(*question)]  # type: ignore[arg-type]


def test_skus_are_narrowed_by_value_and_option_and_asked_again_give_the_same(shelf: Shelf) -> None:
    for _ in range(2):
        assert codes(shelf, "huafei", 100) == ["HF100", "HF100S"]
        assert codes(shelf, "huafei", 100, {"speed": "slow"}) == ["HF100S"]
        assert codes(shelf, "huafei", 101) == []
        assert codes(shelf, "nothing") == []


def test_any_whole_number_in_range_matches_a_sku_sold_in_any_number(shelf: Shelf) -> None:
    assert codes(shelf, "qbi", 1) == codes(shelf, "qbi", 2000) == ["QB"]
    assert codes(shelf, "qbi", 2001) == codes(shelf, "qbi", 1.5) == []


def test_a_line_costs_price_times_units_times_quantity(shelf: Shelf) -> None:
    qb, steam = shelf.sku("QB"), shelf.sku("ST100")
    assert qb is not None
    assert steam is not None
    assert line_total_fen(qb, 88, 2) == 98 * 88 * 2
    assert line_total_fen(steam, 100, 3) == 10050 * 3


def test_the_memory_of_matches_is_bounded() -> None:
    small = Shelf(read_catalog(DEMO).products, "x")
    for value in range(25_000):
        small.matching("qbi", value)
    assert len(small._matched) <= 20_000
