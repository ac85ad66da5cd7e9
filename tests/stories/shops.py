"""The shops that talks are tried in: each catalog read once in a process, whoever comes to its counter."""

from functools import cache
from pathlib import Path

from bot.lexicon import build_lexicon
from catalog.files import read_catalog
from catalog.shelf import Shelf
from dialogs.state import Collecting, Confirming, DraftLine
from nlu.lexicon import Lexicon
from tests.stories.counter import Counter

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DEMO = ROOT / "data" / "catalog.demo.toml"


@cache
def goods_of(catalog: Path) -> tuple[Shelf, Lexicon]:
    """What a file sells, and what is understood there; nobody can change either."""
    shelf = read_catalog(catalog)
    return shelf, build_lexicon(shelf)


def counter_in(shop: str) -> Counter:
    """A new buyer at the counter of "demo", of a shop of the stories (各样) or of the corpora (garage)."""
    own = HERE / f"{shop}.toml"
    corpus = ROOT / "tests" / "corpus" / "catalogs" / f"{shop}.toml"
    return Counter(*goods_of(DEMO if shop == "demo" else own if own.exists() else corpus))


def lines_after(shop: str, *said: str) -> tuple[DraftLine, ...]:
    """What a buyer has put together by these messages."""
    counter = counter_in(shop)
    for message in said:
        counter.says(message)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    return state.lines


def summed_up(shop: str, first: str) -> Counter:
    """A buyer whose first message led to the summary of his order."""
    counter = counter_in(shop)
    counter.says(first)
    assert isinstance(counter.dialog.state, Confirming)
    return counter
