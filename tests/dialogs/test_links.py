"""Texts as WeChat takes them."""

import re
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from dialogs.links import fit, link, plain, split, tap


@given(st.text(min_size=1, max_size=20))
def test_a_tap_sends_exactly_its_words(words: str) -> None:
    href = re.fullmatch(r'<a href="([^"]*)">.*</a>', tap("看", words, "7"), re.DOTALL)
    assert href is not None
    query = parse_qs(urlsplit(href[1]).query, keep_blank_values=True, strict_parsing=True)
    assert query == {"msgmenucontent": [words], "msgmenuid": ["7"]}


@given(st.text(max_size=50))
def test_buyers_words_form_no_link_and_no_line(words: str) -> None:
    assert not set('<>"\n\r') & set(plain(words))


@given(st.lists(st.text(alphabet="充值abc ", max_size=60), max_size=40), st.integers(100, 400))
def test_a_text_is_cut_at_line_ends_only(lines: list[str], most: int) -> None:
    long_lines = [*lines, link("https://shop.example/pay/x", "付款")]
    text = "\n".join(long_lines)
    short = fit(text, most)
    assert len(short.encode()) <= most
    assert set(short.split("\n")) <= {*text.split("\n"), "…"}


@given(st.lists(st.text(alphabet="充值abc ", min_size=1, max_size=30), min_size=1, max_size=40))
def test_split_loses_nothing(lines: list[str]) -> None:
    text = "\n".join(lines)
    parts = split(text, 100)
    assert "\n".join(parts) == text
    assert all(len(part.encode()) <= 100 for part in parts)


def test_the_question_at_the_end_of_a_long_text_stays() -> None:
    text = "\n".join(["头", *["很长的一行" * 20] * 30, "请回复序号"])
    assert fit(text).endswith("请回复序号")
    assert fit(text).startswith("头")
