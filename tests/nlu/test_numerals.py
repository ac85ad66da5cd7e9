"""Numbers as people write them."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.numerals import CHINESE, read_numeral


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("一百二", 120), ("两百五", 250), ("一百零二", 102), ("一百一十", 110), ("十二", 12), ("二十", 20), ("一千八", 1800),
        ("三千二百八", 3280), ("六千四百八", 6480), ("一万二", 12000), ("两千零五十", 2050), ("五零", 50), ("三二八零", 3280),
        ("1k", 1000), ("5百", 500), ("1千2", 1200), ("1.5k", 1500), ("3280", 3280),
    ],
)  # fmt: skip
def test_a_numeral_is_read_as_it_is_meant(said: str, number: int) -> None:
    assert read_numeral(said) == number


@pytest.mark.parametrize("said", ["百八十", "几十", "一两百", "三五百", "十几", "三五", "十二三"])
def test_a_vague_number_names_no_amount(said: str) -> None:
    assert read_numeral(said) is None


_ONES = "零一二三四五六七八九"


def _written(number: int) -> str:
    """Write a number below 10,000 in full, as a cashier would."""
    words, zero = "", False
    for scale, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // scale % 10
        if digit:
            words += ("零" if zero and words else "") + _ONES[digit] + unit
            zero = False
        else:
            zero = True
    return words


@given(st.integers(1, 9999))
def test_every_number_written_out_in_full_is_read_back(number: int) -> None:
    assert read_numeral(_written(number)) == number


@given(st.text(CHINESE + "几数幺", min_size=1, max_size=12))
def test_no_row_of_numerals_breaks_the_reader(said: str) -> None:
    read = read_numeral(said)
    assert read is None or read >= 0
