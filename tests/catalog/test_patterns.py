"""Patterns of catalog fields: useful ones pass, ones that could run for minutes are refused."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.patterns import PatternError, compile_pattern, fixed_width, matches


@pytest.mark.parametrize(
    "pattern",
    [r"^[1-9]\d{8}$", r"^1000\d{15}$", r"(\d{4}-?){4}", r"\w+@\w+\.\w+", r"(?i)[a-z]{3}\d+", r"^(foo|bar)$", r".*.*x"],
)
def test_patterns_that_shops_write_are_accepted(pattern: str) -> None:
    assert compile_pattern(pattern).pattern == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"(a+)+$", r"(a|aa)*b", r"(a?){100}b", r"^.*.*.*.*x", r"(?=(a+)+b)a", r"(.*a){12}"),
        *(r"(?:){4000000000}", r"((){1000}){1000}", r"(a)\1", "(", "a**", "x" * 201, "a{5,2}"),
    ],
)
def test_patterns_that_could_run_for_minutes_or_are_wrong_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@given(st.text(alphabet=r"ab.*+?()[]{}|\d^$1,", max_size=30), st.text(alphabet="ab1", max_size=128))
@settings(max_examples=300, deadline=None)
def test_an_accepted_pattern_never_takes_long(pattern: str, value: str) -> None:
    try:
        compile_pattern(pattern)
    except PatternError:
        return
    started = time.process_time()
    matches(pattern, value)
    assert time.process_time() - started < 2


def test_the_slowest_accepted_pattern_ends_soon() -> None:
    started = time.process_time()
    assert not matches(r".*.*.*x", "a" * 128)
    assert time.process_time() - started < 2


def test_a_pattern_without_anchors_must_fit_the_whole_value() -> None:
    assert matches(r"\d{9}", "123456789")
    assert not matches(r"\d{9}", "1234567890")
    assert matches("^1000", "1000123")
    assert not matches("^1000", "2000123")


def test_a_value_longer_than_any_real_one_matches_nothing() -> None:
    assert not matches("a*", "a" * 129)


def test_a_fixed_width_is_known() -> None:
    assert fixed_width(r"^1000\d{15}$") == 19
    assert fixed_width(r"\d{9}") == 9
    assert fixed_width(r"\d{5,11}") is None
    assert fixed_width(r"^1000") is None
