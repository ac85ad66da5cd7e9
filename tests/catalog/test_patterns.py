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


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$", r"^(?:[^,]*,){10}x", r"^\d+(-\d+)*$", r"^(\d+,)*\d+$", r"^(ab?)+c$"),
        *(r"^([A-Z]+\d+)+$", r"^[京沪][A-Z][A-Z0-9]{5}(\.[A-Z0-9]+)*$", r"^([一-龥]+[·•])*[一-龥]+$", r"^(a|b|ab)?$"),
        *(r"^(?:\w+ )*\w+$", r"^(\S+\s)+\S+$", r"^(x?y)*$", r"^[^@]+(@[^@]+){1,50}$"),
    ],
)
def test_parts_that_cannot_be_confused_may_be_repeated_at_will(pattern: str) -> None:
    assert compile_pattern(pattern).pattern == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            r"^(\w+\s?)*$",
            r"^(\d+-?)+$",
            r"^(a|b|ab)*c$",
            r"^([a-z]+)*\d$",
            r"^(.+)+@x$",
            r"^(\w+\d)+$",
            r"^((a+)b?)+$",
        ),
        *(
            r"^(a{2,3}){2,50}$",
            r"(?i)^(a+A)+$",
            r"^([一-龥]+\w)+$",
            r"^([^a]+b)+$",
            r"^(\d(?=\d*$))+$",
            r"^((?i:a)+A)+$",
        ),
        *(
            r"^((a?){2,9}b)+$",
            r"^(a?b?|c?)+$",
            r"^([ab]((\s)?)?)*$",
            r"^(\w+(\w,)?)+$",
            r"^(([ab]+c?)+d?)+$",
            r"(?s)^(.+\n)+$",
        ),
    ],
)
def test_parts_that_can_be_confused_may_not(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


_ATOMS = st.sampled_from(["a", "b", "[ab]", "[^a]", r"\w", r"\d", "-", r"\.", "[a-c]", "."])
_NESTED = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.builds("({}){}".format, inner, st.sampled_from(["*", "+", "?", "{2,60}", "*?"])),
        st.builds("({}|{})".format, inner, inner),
    ),
    max_leaves=6,
)


@given(_NESTED, st.text(alphabet="abc1-.", min_size=1, max_size=4), st.sampled_from(["", "!", "\n"]))
@settings(max_examples=300, deadline=None)
def test_repeats_in_repeats_that_are_accepted_never_take_long(body: str, piece: str, end: str) -> None:
    try:
        compile_pattern(f"^{body}$")
    except PatternError:
        return
    started = time.process_time()
    matches(f"^{body}$", (piece * 128)[:127] + end)
    assert time.process_time() - started < 2


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
