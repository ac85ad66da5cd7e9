"""One rule, many wordings and shops: each line of the two files is a talk of its own for each of its wordings.

shop | what was said before ; … | wording ; wording > and then ; … | what the last answer must hold & !must not & …
And =PlaceOrder is what the last message asks of the shop, but for looking something up (=none: nothing).
"""

from pathlib import Path

import pytest

from tests.stories.counter import Counter
from tests.stories.shops import counter_in

HERE = Path(__file__).parent


def _lines() -> list[list[str]]:
    lines = [
        row for name in ("wordings.txt", "in_its_place.txt") for row in (HERE / name).read_text("utf-8").splitlines()
    ]
    return [[cell.strip() for cell in line.split("|")] for line in lines if line and line[0] != "#"]


def _missing(counter: Counter, text: str, wanted: str) -> bool:
    if wanted.startswith("="):
        done = [name for effect in counter.effects if not (name := type(effect).__name__).startswith("Find")]
        return wanted[1:] != (",".join(done) or "none")
    return wanted[1:] in text if wanted.startswith("!") else wanted not in text


@pytest.mark.parametrize(("shop", "before", "wordings", "wanted"), _lines())
def test_every_wording_is_taken_as_its_rule_says(shop: str, before: str, wordings: str, wanted: str) -> None:
    wrong = []
    for wording in wordings.split(";"):
        counter, answer = counter_in(shop), ""
        for text in (*before.split(";"), *wording.split(">")):
            if text.strip():
                answer = counter.says(text.strip()).text
        if any(_missing(counter, answer, part.strip()) for part in wanted.split("&")):
            wrong.append(f"{wording.strip()} → {answer}")
    assert not wrong, "\n".join(wrong)
