"""How many of what: each line of counts.txt is a talk, and what stands in its lines then.

shop | message // message => SKU*n SKU*n …   (SKU#v: that value of what is sold in any number; product?*n:
which one is still asked)
"""

from pathlib import Path

import pytest

from dialogs.draft import look
from dialogs.state import Collecting, Confirming, DraftLine
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

HERE = Path(__file__).parent


def _lines() -> list[tuple[str, str, str]]:
    lines = [line for line in (HERE / "counts.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    return [(shop.strip(), *rest.split("=>", 1)) for shop, rest in (line.split("|", 1) for line in lines)]  # type: ignore[misc]


def _held(counter: Counter) -> list[str]:
    state = counter.dialog.state
    return sorted(_line(line, counter) for line in state.lines) if isinstance(state, Collecting | Confirming) else []


def _line(line: DraftLine, counter: Counter) -> str:
    looked = look(line, counter.shelf)
    if looked.sku is None:
        return f"{line.product or '-'}?*{line.quantity}"
    size = f"#{line.value:g}" if looked.sku.any_value is not None and line.value else ""
    return f"{looked.sku.code}{size}*{line.quantity}"


@pytest.mark.parametrize(("shop", "said", "wanted"), _lines())
def test_each_count_is_of_what_it_was_said_of(shop: str, said: str, wanted: str) -> None:
    counter = counter_in(shop)
    for text in said.split("//"):
        counter.says(text.strip().replace("\\n", "\n"))
    assert _held(counter) == sorted(wanted.split())
