"""Money, numbers and masks."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import new_order_no, new_token
from kernel.masking import mask
from kernel.money import format_yuan, parse_yuan


@given(st.integers(min_value=0, max_value=10**10))
def test_fen_survive_being_written_as_yuan(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == fen


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1e3", "1.234", "１.00", "1.00\n", "1,000", ".5", "1.", "nan", "9" * 10]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_yuan(text)


def test_a_negative_amount_keeps_its_sign_in_front() -> None:
    assert format_yuan(-5) == "-0.05"


def test_an_order_number_carries_the_shops_own_date_and_fits_wechat_pay() -> None:
    number = new_order_no(datetime(2026, 11, 21, 17, 0, tzinfo=UTC))
    assert number.startswith("K261122")
    assert len(number) == 17
    assert number.isalnum()


def test_tokens_do_not_repeat_and_need_no_escaping() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(token.replace("-", "").replace("_", "").isalnum() for token in tokens)


@given(st.text(min_size=5))
def test_a_mask_never_shows_the_whole(account: str) -> None:
    assert mask(account) != account or "*" in account
    assert "*" in mask(account)


def test_a_phone_keeps_its_ends() -> None:
    assert mask("13812345678") == "138****5678"
