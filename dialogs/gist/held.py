"""What the lines of an order are called, held, sized and cost: put together once for a message."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.checks import fold
from catalog.model import FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import field_of, look
from dialogs.pointing import accounts, names_of
from dialogs.state import DraftLine

_TOO_PLAIN = re.compile(
    "^(?:充值|手机|号码?|会员|电子|服务|在线|代金?|官方|中国|全国|套餐|普通|标准|上门|生活|购买|专用)$"
)
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}|[a-z]{2,}")
_KIND_OF = re.compile("(?:会员|充值|卡)$")


@dataclass(frozen=True, slots=True)
class Name:
    """What some lines are called and the others not."""

    text: str
    lines: frozenset[int]
    chosen: bool
    """By a size or a choice, and not by what it is."""


@dataclass(frozen=True, slots=True)
class Held:
    """What tells the lines of an order apart."""

    lines: tuple[DraftLine, ...]
    skus: tuple[Sku | None, ...]
    products: tuple[Product, ...]
    names: dict[str, list[Name]]
    """By their first two characters, the longest first."""
    accounts: dict[str, frozenset[int]]
    """Accounts and the like that some lines have and the others have not."""
    whole_names: tuple[str, ...]
    """Of each line all that its product is called."""

    def is_size(self, number: str) -> bool:
        """Whether a number is one of the sizes there are."""
        return number.isdecimal() and any(s.value == int(number) for p in self.products for s in p.skus)

    def of(self, codes: frozenset[str]) -> frozenset[int]:
        """The lines of these SKUs."""
        return frozenset(at for at, sku in enumerate(self.skus) if sku is not None and sku.code in codes)


@lru_cache(maxsize=64)  # a turn asks for the same lines at every clause
def held_by(lines: tuple[DraftLine, ...], shelf: Shelf) -> Held:
    """What these lines are called, and what tells them apart."""
    products = dict.fromkeys(line.product for line in lines if line.product)
    return Held(
        lines,
        tuple(look(line, shelf).sku for line in lines),
        tuple(product for product in map(shelf.product, products) if product is not None),
        _by_start(_names(lines, shelf)),
        _accounts(lines, shelf),
        tuple("".join(_called(line, shelf)) for line in lines),
    )


def _accounts(lines: Sequence[DraftLine], shelf: Shelf) -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for at, line in enumerate(lines):
        for value in accounts(line, shelf):
            found[value] = found.get(value, frozenset()) | {at}
    return {value: own for value, own in found.items() if len(own) < len(lines)}


def _called(line: DraftLine, shelf: Shelf) -> tuple[str, ...]:
    product = shelf.product(line.product or "")
    return (product.name, *product.aliases) if product is not None else ()


def _names(lines: Sequence[DraftLine], shelf: Shelf) -> list[Name]:
    found: dict[str, frozenset[int]] = {}
    choices: set[str] = set()
    for at, line in enumerate(lines):
        product = shelf.product(line.product or "")
        if product is None:
            continue
        own = _pieces_of(product.id, shelf)
        chosen = {name for name in names_of(line, shelf) if not name[0].isdecimal()}
        chosen |= {fold(value) for name, value in line.fields.items() if _is_text(product, name) and 1 < len(value) < 8}
        choices |= chosen - own
        for name in own | chosen:
            found[name] = found.get(name, frozenset()) | {at}
    apart = {name: own for name, own in found.items() if len(own) < len(lines) and not _TOO_PLAIN.match(name)}
    return [Name(name, own, name in choices) for name, own in apart.items()]


def _by_start(names: Sequence[Name]) -> dict[str, list[Name]]:
    by_start: dict[str, list[Name]] = {}
    for name in sorted(names, key=lambda one: len(one.text), reverse=True):
        by_start.setdefault(name.text[:2], []).append(name)
    return by_start


@lru_cache(maxsize=256)
def _pieces_of(product_id: str, shelf: Shelf) -> frozenset[str]:
    """数据, 数据线 of Type-C数据线, and what kind of thing it is."""
    product = shelf.product(product_id)
    if product is None:
        return frozenset()
    kinds = [name for kind in product.category for name in (kind, _KIND_OF.sub("", kind))]
    called = (product.name, *product.aliases, *kinds)
    return frozenset(part for name in called for part in _pieces(fold(name)))


def _pieces(name: str) -> Iterator[str]:
    yield name
    for run in _HAN.findall(name):
        if run[0].isascii():
            yield run
            continue
        for start in range(len(run)):
            for end in range(start + 2, len(run) + 1):
                yield run[start:end]


def _is_text(product: Product, name: str) -> bool:
    own = field_of(product, name)
    return own is not None and own.kind is FieldKind.TEXT
