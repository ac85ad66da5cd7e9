"""An order with a question or a sigh beside it stays one; a complaint about an earlier order becomes none."""

import pytest

from nlu import Lexicon, parse
from tests.corpus.evaluate import lexicon_of


@pytest.mark.parametrize("said", ["话费30,13012349876,今天能到吗", "话费30 13012349876 多久能到"])
def test_when_it_arrives_is_asked_beside_the_order(demo: Lexicon, said: str) -> None:
    frame = parse(said, demo)
    assert (frame.intent, [item.sku for item in frame.items]) == ("order", ["HF30"])


def test_a_sigh_beside_the_order_takes_nothing_from_it(demo: Lexicon) -> None:
    assert parse("steam50一张 怎么还没人理我", demo).intent == "order"
    frame = parse("死骗子怎么还没人理我 日场票一张 快点", lexicon_of("p9_spa.toml"))
    assert (frame.intent, [item.options for item in frame.items]) == ("order", [{"shift": "day", "guest": "adult"}])


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("话费30充了13012349876,今天能到吗", "order_status"),
        ("我的话费30,13012349876,怎么还没到", "order_status"),
        ("京东卡50一张 怎么还没发货", "problem"),
    ],
)
def test_what_was_ordered_before_is_asked_about(demo: Lexicon, said: str, intent: str) -> None:
    assert parse(said, demo).intent == intent
