"""Orders read rightly alone, said again beside a remark that asks for nothing: nothing more may be claimed.

`python -m tests.corpus.beside [--show]` makes 6,000 such sentences out of every corpus that may be read (their labels
hold for the longer sentence as well) and the remarks of beside.txt, and prints how many are still read rightly and
how many claim what was only remarked.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nlu import Lexicon, frame_to_json, parse
from tests.corpus.evaluate import CORPORA, HERE, claimed, lexicon_for, lexicon_of, never_shown, same, short

SHAPES = ("{remark}，{order}", "{order}，{remark}", "{remark}。{order}", "{order} {remark}", "{order}。{remark}")
LONGEST = 40
MADE = 6000


@dataclass(frozen=True, slots=True)
class Base:
    """An order that is read rightly by itself."""

    text: str
    channel: Any
    accepted: tuple[dict[str, Any], ...]
    shop: Lexicon


@dataclass
class Outcome:
    """How many sentences were made, still right, and claimed too much; by remark, what was claimed, with examples."""

    made: int = 0
    right: int = 0
    claims: Counter[str] = field(default_factory=Counter)
    by_remark: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def harmful(self) -> float:
        """Give the share of sentences that claim what was only remarked."""
        return self.claims.total() / max(self.made, 1)


def remarks() -> list[str]:
    """List the remarks."""
    lines = (HERE / "beside.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def bases() -> Iterator[Base]:
    """List short labelled orders read rightly alone; none with an address, which a remark would become part of."""
    for corpus in CORPORA:
        if never_shown(corpus):
            continue
        own = lexicon_for(corpus)
        for line in corpus.read_text("utf-8").splitlines():
            label = json.loads(line)
            gold = label["gold"]
            soft = "items_soft" in label.get("tags", [])
            if soft or gold["intent"] != "order" or not gold["items"] or len(label["text"]) > LONGEST:
                continue
            if any(
                "address" in name or "路" in said for item in gold["items"] for name, said in item["fields"].items()
            ):
                continue
            shop = lexicon_of(label["catalog"]) if "catalog" in label else own
            accepted = (gold, *label.get("alt", []))
            got = frame_to_json(parse(label["text"], shop, channel=label["channel"]))
            if any(same(each, got, soft=False) for each in accepted):
                yield Base(label["text"].rstrip("。，,"), label["channel"], (*accepted, dict(got)), shop)


def read_beside(made: int = MADE, seed: int = 5) -> Outcome:
    """Make sentences by chance (the same for the same seed), read them, and count."""
    chance = random.Random(seed)
    orders, said = list(bases()), remarks()
    outcome = Outcome()
    for _ in range(made):
        base, remark = chance.choice(orders), chance.choice(said)
        text = chance.choice(SHAPES).format(order=base.text, remark=remark)
        got = frame_to_json(parse(text, base.shop, channel=base.channel))
        outcome.made += 1
        if any(same(each, got, soft=False) for each in base.accepted):
            outcome.right += 1
            continue
        claim = claimed(list(base.accepted), got, soft=False)
        if claim:
            outcome.claims[claim] += 1
            outcome.by_remark[remark] += 1
            outcome.examples.append((claim, text, short(got)))
    return outcome


def main(arguments: list[str]) -> int:
    """Print the shares, and with --show every sentence that claims too much."""
    outcome = read_beside()
    print(f"{outcome.made} sentences: right {outcome.right / outcome.made:.1%}, harmful {outcome.harmful:.2%}")
    print(", ".join(f"{claim} ×{n}" for claim, n in outcome.claims.most_common()))
    print(", ".join(f"{remark} ×{n}" for remark, n in outcome.by_remark.most_common(20)))
    for example in outcome.examples if "--show" in arguments else ():
        print(*example, sep="\n    ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
