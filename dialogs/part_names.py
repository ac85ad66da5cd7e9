"""A part of what a size is called, where one size alone has it and the words around point at it: 礼盒要标准的 (标准盒),
饿了么红包25减10 (满25减10), 全家一起用那种 (家庭版)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Product, Sku
from nlu.frame import Item
from nlu.numerals import CHINESE

_CHARS_MIN = 2
_LEAVES_OPEN = re.compile("不|别|还是|[改换错]|或|除了|没|[?？吗呢]|哪|多少")
_POINTED = re.compile(r"(?:的|滴)(?:$|[\s,，。来要给]|[那这]|一?[个张份盒款种])|版|款|[那这]一?[个种款档张份]")
_WISHED = re.compile(r"(?:^|[要来买选拿订换整弄开\s,，])[个张份盒款]?$")
_NOTHING_BEHIND = re.compile(r"\s*(?:$|[,，。!！\s])")
_MEANS = ((re.compile(rf"全家|一家(?:[{CHINESE}\d]+口|人|子)|家里人|家人一起"), "家庭"),)
"""What people call it instead of the word in a label."""


def with_part_named(item: Item, product: Product | None, text: str) -> Item:
    """The item with the one size of which a part is named; as it was where none is, or several are."""
    if product is None or item.product is None or item.value is not None or item.sku is not None or item.alike:
        return item
    if _LEAVES_OPEN.search(text) or any(sku.any_value is not None for sku in product.skus):
        return item
    possible = [
        sku for sku in product.skus if all(sku.options.get(name, own) == own for name, own in item.options.items())
    ]
    said = _without_names(fold(text), product)
    own = [fold(name) for name in (product.name, *product.aliases)]
    named = [sku for sku in possible if any(_is_pointed_at(part, said) for part in _telling(sku, possible, own, said))]
    if len(possible) < len(named) + 1 or len(named) != 1:
        return item
    return replace(item, sku=named[0].code, value=named[0].value, said=item.said | {"value"})


def _without_names(said: str, product: Product) -> str:
    """The text with what the product and its choices are called left out (#), and what is meant said as labels do."""
    calls = [c for option in product.options for choice in option.values for c in (choice.label, *choice.aliases)]
    names = [product.name, *product.aliases, *calls]
    tails = [name[-2:] for name in (product.name, *product.aliases) if len(name) > 3]
    for name in sorted(map(fold, (*names, *tails)), key=len, reverse=True):
        said = said.replace(name, "#") if len(name) >= _CHARS_MIN else said
    for words, meant in _MEANS:
        said = words.sub(meant, said)
    return said


def _telling(sku: Sku, possible: Sequence[Sku], own: Sequence[str], said: str) -> Iterator[str]:
    """The longest parts of its names that stand in the text, and that no other of these has."""
    others = [fold(name) for one in possible if one is not sku for name in (one.label, *one.aliases)]
    others += own  # 王者代练, where a size is 打到王者
    for name in map(fold, (sku.label, *sku.aliases)):
        at = 0
        while at < len(name):
            ends = range(len(name), at + _CHARS_MIN - 1, -1)
            end = next((end for end in ends if name[at:end] in said and _is_whole(name, at, end)), 0)
            if end and not any(name[at:end] in other for other in others):
                yield name[at:end]
            at = end or at + 1


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no number is cut: 5 of 25 is none of it."""
    first, last = text[start - 1 : start + 1] if start else "", text[end - 1 : end + 1]
    return not (first.isalnum() and first.isascii() and len(first) > 1) and not (
        last.isalnum() and last.isascii() and len(last) > 1
    )


def _is_pointed_at(part: str, said: str) -> bool:
    """标准的, 标准#, 要标准: what stands before or behind it says that it is what is wanted."""
    at = said.find(part)
    while at >= 0:
        before, behind = said[:at], said[at + len(part) :]
        wished = _WISHED.search(before) and _NOTHING_BEHIND.match(behind)
        if _is_whole(said, at, at + len(part)) and (
            _POINTED.match(behind) or behind.startswith("#") or before.endswith("#") or wished or _of_use(behind)
        ):
            return True
        at = said.find(part, at + 1)
    return False


def _of_use(behind: str) -> bool:
    """一起用那种, behind 全家."""
    return re.match("(?:一起|都能|都可以)?[用看听](?:的|那[种个款])", behind) is not None
