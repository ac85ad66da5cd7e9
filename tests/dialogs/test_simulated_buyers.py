"""Two thousand buyers at the counter: in the end exactly what each wanted is ordered, or nothing."""

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from dialogs.faq import Book, read
from dialogs.turn import Scene, Showed
from kernel.orders import OrderState
from nlu.lexicon import Lexicon
from tests.dialogs.buyers import Buyer
from tests.dialogs.wants import TESTS, Ordered, is_what_was_wanted
from tests.stories.counter import Counter
from tests.stories.shops import DEMO, goods_of

BUYERS = int(os.environ.get("KABOT_TEST_BUYERS", "2000"))
FIRST = int(os.environ.get("KABOT_TEST_FIRST_BUYER", "0"))
CATALOGS = [
    *[DEMO] * 8,
    *(TESTS / "corpus" / "catalogs" / f"{name}.toml" for name in ("campus", "cloud", "fresh", "games", "life")),
    *(TESTS / "stories" / f"{name}.toml" for name in ("云服务", "家里")),
]


class Answering(Counter):
    """A counter that has the demo's answers to questions."""

    @property
    def scene(self) -> Scene:
        return replace(super().scene, faq=answers(self.lexicon))


@cache
def answers(lexicon: Lexicon) -> Book:
    """The demo's answers, prepared for one catalog."""
    return Book(read((DEMO.parent / "faq.toml").read_text("utf-8")), lexicon)


def a_buyer(seed: int, catalogs: Sequence[Path] = CATALOGS) -> tuple[Buyer, Counter]:
    """The buyer of this seed, and the counter he talks to."""
    dice = random.Random(seed)
    shelf, lexicon = goods_of(dice.choice(catalogs))
    counter = Answering(shelf, lexicon)

    def send(texts: Sequence[str]) -> list[str]:
        if dice.random() < 0.02:
            counter.hears(Showed("image"))
        return [counter.says(text, "voice" if dice.random() < 0.06 else "text").text for text in texts]

    return Buyer(dice, shelf, send), counter


def live(counter: Counter) -> list[Ordered]:
    """The lines of what waits for his payment."""
    return [
        Ordered(line.sku_code, line.quantity, line.total_fen, dict(line.fields))
        for order in counter.orders
        if order.state is OrderState.UNPAID
        for line in order.lines
    ]


@pytest.mark.timeout(180)
def test_what_is_ordered_in_the_end_is_what_was_wanted() -> None:
    wrong: list[str] = []
    gave_up: list[str] = []
    for seed in range(FIRST, FIRST + BUYERS):
        buyer, counter = a_buyer(seed)
        buyer.shop()
        transcript = "\n".join(
            [
                f"== seed {seed}, {buyer.end}, wants {[str(want) for want in buyer.bought]}",
                *buyer.talk,
                f"ordered {live(counter)}",
            ]
        )
        if buyer.unasked or not is_what_was_wanted(live(counter), buyer.bought):
            wrong.append(transcript)
        elif buyer.end == "gave up":
            gave_up.append(transcript)
    if path := os.environ.get("KABOT_TEST_TRANSCRIPTS"):
        Path(path).write_text("\n\n".join(["WRONG", *wrong, "GAVE UP", *gave_up]), encoding="utf-8")
    assert not wrong, f"{len(wrong)} of {BUYERS}\n" + "\n\n".join(wrong[:5])
    assert len(gave_up) <= BUYERS * 0.01, f"{len(gave_up)} of {BUYERS} got nothing\n" + "\n\n".join(gave_up[:5])
