"""Training lines for any shop: wordings.txt filled in from the catalogs here, and what is told set beside a wish."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from bot.lexicon import build_lexicon
from catalog.files import read_catalog
from catalog.model import Product
from catalog.shelf import Shelf
from nlu.train import Line

HERE = Path(__file__).parent
SHOPS = 3
"""In how many shops each wording is read."""
BESIDE = ("order", "order", "order", "help", "problem", "search", "order_status", "price", "refund", "unknown")
"""What is told stands beside a wish of each of these."""
_BLANK = re.compile(r"\{[货规选份号]\}")
_COUNTS = ("一份", "两份", "3份", "一张", "两张", "4张", "一个", "两个", "三个", "5个", "俩")


def wordings(seed: int = 5) -> Iterator[Line]:
    """Give every wording in some shops, then every circumstance alone, before and after a wish."""
    chance = random.Random(seed)
    shops = [(shelf, build_lexicon(shelf)) for shelf in map(read_catalog, _catalogs())]
    asking = _read(HERE / "wordings.txt")
    told = asking.pop("told")
    for intent, patterns in asking.items():
        for pattern in patterns:
            for shelf, lexicon in chance.sample(shops, SHOPS if "{" in pattern else 2):
                yield intent, _filled(pattern, _goods(pattern, shelf, chance), chance), lexicon
    for pattern in told:
        shelf, lexicon = chance.choice(shops)
        yield "unknown", _filled(pattern, _goods(pattern, shelf, chance), chance), lexicon
        for intent in BESIDE:
            shelf, lexicon = chance.choice(shops)
            asked = chance.choice(asking[intent])
            both = [pattern, asked] if chance.random() < 0.8 else [asked, pattern]
            comma = chance.choice(("，", "，", "，", " ", "。"))
            yield intent, _filled(comma.join(both), _goods(comma.join(both), shelf, chance), chance), lexicon


def _catalogs() -> list[Path]:
    """List the catalogs of shops that may be known: a held-back corpus keeps its own to itself."""
    return sorted(path for path in (HERE / "catalogs").glob("*.toml") if not path.stem.startswith("heldout"))


def _read(path: Path) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    section: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            section.append(line)
    return sections


def _goods(pattern: str, shelf: Shelf, chance: random.Random) -> Product:
    products = [p for p in shelf.products if p.options] if "{选}" in pattern else list(shelf.products)
    return chance.choice(products or list(shelf.products))


def _filled(pattern: str, product: Product, chance: random.Random) -> str:
    def word(blank: re.Match[str]) -> str:
        kind = blank[0][1]
        if kind == "货":
            return chance.choice((product.name, *product.aliases))
        if kind == "份":
            return chance.choice(_COUNTS)
        if kind == "号":
            return "13" + "".join(chance.choice("0123456789") for _ in range(9))
        choices = [value for option in product.options for value in option.values]
        if kind == "选" and choices:
            picked = chance.choice(choices)
            return chance.choice((picked.label, *picked.aliases))
        sku = chance.choice(product.skus)
        return f"{sku.value:g}{sku.unit}" if sku.value is not None and chance.random() < 0.5 else sku.label

    return _BLANK.sub(word, pattern)
