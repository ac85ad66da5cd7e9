"""What every reply keeps to, whatever it is about: how long a message may be, and what must not be cut."""

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.model import Product, Sku
from dialogs import replies
from dialogs.links import split
from dialogs.wording import Say
from kernel.hours import ALWAYS, WorkingHours
from kernel.orders import Line, Order
from tests.dialogs.talkers import SHELF, orders

BYTES_MAX = 2047
"""wechat.md, A."""
ANCHOR = re.compile(r'<a href="[^"<>\n]*">[^<>\n]*</a>')
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
URL = "https://shop.example/pay/token0123456789"
words = st.one_of(
    st.sampled_from(["voice", "13812345678", "<a href='x'>点我</a>", "浙江省杭州市西湖区文三路1号", "🎉", URL]),
    st.text(min_size=1, max_size=40),
)
secrets = st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789-", min_size=8, max_size=40)
times = st.integers(-(10**6), 10**6).map(lambda s: datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=s))
_KNOWN: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(0, 10**6),
    float: st.sampled_from([0.5, 1, 30]),
    float | None: st.sampled_from([None, 0.5, 1, 30]),
    bool: st.booleans(),
    datetime: times,
    timedelta: st.integers(0, 10**6).map(lambda s: timedelta(seconds=s)),
    WorkingHours: st.sampled_from([ALWAYS]),
    Order: orders,
    Sequence[Order]: st.lists(orders, max_size=12),
    Line: orders.filter(lambda order: bool(order.lines)).map(lambda order: order.lines[0]),
    Product: st.sampled_from(SHELF.products),
    Sku: st.sampled_from([sku for product in SHELF.products for sku in product.skus]),
    # Spelled out: what Hypothesis makes of an Iterable may be drawn from as late as it is read, and not twice alike.
    Iterable[tuple[str, str, int, Iterable[str]]]: st.lists(
        st.tuples(words, words, st.integers(1, 99), st.lists(words, max_size=4)), max_size=9
    ),
    Iterable[tuple[str, str, str | None, str]]: st.lists(
        st.tuples(words, words, st.none() | secrets, secrets), min_size=1, max_size=60
    ),
}


_PIECES = ("join",)
"""Called with whole paragraphs."""


def _sayable() -> list[tuple[str, Callable[..., Any]]]:
    """Every reply: what a text is made by, and what stands for itself."""
    found = []
    for name, one in vars(replies).items():
        function = getattr(one, "func", one)
        own = inspect.isfunction(function) and function.__module__.startswith(f"{replies.__name__}.")
        if not name.startswith("_") and name not in _PIECES and (own or isinstance(one, Say)):
            found.append((name, one))
    return found


def _arguments(one: Callable[..., Any]) -> st.SearchStrategy[dict[str, Any]]:
    if isinstance(one, Say):
        return st.just({})
    function = getattr(one, "func", one)
    hints = {name: hint for name, hint in get_type_hints(function).items() if name not in ("return", "say")}
    return st.fixed_dictionaries(
        {
            name: st.just(URL)
            if "url" in name
            else words
            if hint is str
            else _KNOWN[hint]
            if hint in _KNOWN
            else st.from_type(hint)
            for name, hint in hints.items()
        }
    )


@pytest.mark.parametrize(("name", "one"), _sayable(), ids=lambda given: given if isinstance(given, str) else "")
def test_a_reply_is_sent_in_messages_that_cut_neither_line_nor_link(name: str, one: Callable[..., Any]) -> None:
    assert name

    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(_arguments(one))
    def holds(arguments: dict[str, Any]) -> None:
        try:
            text = one(**arguments)
        except (ValueError, KeyError, IndexError):
            return  # such a value never comes to it
        if not isinstance(text, str):
            return
        parts = split(text, BYTES_MAX)
        # A label may begin with a line break: an empty line may be lost at a cut, and nothing else.
        assert [row for part in parts for row in part.split("\n") if row] == [r for r in text.split("\n") if r]
        assert all(len(part.encode()) <= BYTES_MAX for part in parts)
        assert [link for part in parts for link in ANCHOR.findall(part)] == ANCHOR.findall(text)

    holds()


@given(_KNOWN[Iterable[tuple[str, str, str | None, str]]], orders)
def test_every_key_arrives_whole(keys: list[tuple[str, str, str | None, str]], order: Order) -> None:
    for text in (replies.keys_delivered(order, keys), replies.keys_block(keys)):
        lines = [line for part in split(text, BYTES_MAX) for line in part.split("\n")]
        for _, _, number, secret in keys:
            if number is None:
                assert secret in lines
            else:
                at = lines.index(f"卡号：{number}")
                assert f"密码：{secret}" in lines[at:]


def test_no_text_of_ours_has_more_than_one_emoji() -> None:
    from dialogs import wording

    assert [one.name for one in wording.lines() if len(EMOJI.findall(one.own)) > 1] == []
