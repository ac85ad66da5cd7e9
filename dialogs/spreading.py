"""Which lines of a draft an answer is for: the one asked about, and others that lack the same."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.model import Delivery, Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs.draft import field_of, look, option_of
from dialogs.filling import fill, with_option
from dialogs.state import Collecting, Confirming, DraftLine
from nlu.frame import Item

_NTH_LINE = re.compile(r"第\s*([0-9一二三四五六七八九十]{1,2})\s*[件单条样]")
_WHO = re.compile("姓名|名字|[人员主]$")
_FETCHES = re.compile("取|收|联系|预[订约]|接")
_ID = re.compile("身份证|证件|护照|学号|准考证")
_CHINESE_DIGITS = "零一二三四五六七八九十"


def targets(state: Collecting | Confirming, item: Item, text: str) -> list[int]:
    """The lines an item is about: the one he numbers or names, the one asked about, or all of them where it does not
    matter. Which of several accounts is wrong cannot be guessed: none, then."""
    lines = state.lines
    if len(lines) == 1:
        return [0]
    nth = _NTH_LINE.search(text)
    if nth is not None:
        number = int(nth[1]) if nth[1].isdecimal() else _CHINESE_DIGITS.find(nth[1])
        return [number - 1] if 1 <= number <= len(lines) else []
    named = [i for i, line in enumerate(lines) if item.product is not None and line.product == item.product]
    if len(named) == 1:
        return named
    if isinstance(state, Collecting):
        return [state.line, *_same_open(state)] if not item.fields else [state.line]
    same = len({line.product for line in lines}) == 1
    return list(range(len(lines))) if same and not item.fields and not item.invalid else []


def _same_open(state: Collecting) -> list[int]:
    """Other lines of the same product: one answer about size or speed does for all of them."""
    asked = state.lines[state.line]
    if state.apart:
        return []
    return [i for i, line in enumerate(state.lines) if i != state.line and line == replace(asked, fields=line.fields)]


def spread(state: Collecting, lines: Sequence[DraftLine], shelf: Shelf) -> list[DraftLine]:
    """Give the answer about size, speed or a choice to the other lines of the product that lack the same thing."""
    answered, out = lines[state.line], list(lines)
    product = shelf.product(answered.product) if answered.product else None
    if product is None or state.apart:
        return out
    if state.slot == "product":
        return _spread_product(state, product, lines, shelf)
    field = field_of(product, state.slot)
    if field is not None and field.kind is not FieldKind.CHOICE:
        return _spread_field(state.line, field, lines, shelf)
    for i, line in enumerate(lines):
        if i == state.line or line.product != product.id or look(line, shelf).missing != state.slot:
            continue
        if state.slot == "value":
            out[i] = replace(line, value=answered.value, sku=answered.sku)
        elif option_of(product, state.slot) and state.slot in answered.options:
            out[i] = with_option(line, state.slot, answered.options[state.slot])
        elif state.slot in answered.fields:
            out[i] = replace(line, fields={**line.fields, state.slot: answered.fields[state.slot]})
    return out


def _spread_product(state: Collecting, product: Product, lines: Sequence[DraftLine], shelf: Shelf) -> list[DraftLine]:
    """Four numbers and nothing else: what the first is to get, the others get too, where their accounts fit it."""
    out, asked = list(lines), state.lines[state.line]
    for i, line in enumerate(lines):
        alike = line.product is None and line.candidates == asked.candidates and bool(line.fields)
        if i == state.line or not alike:
            continue
        filled = fill(line, Item(product=product.id), shelf).line
        if len(filled.fields) == len(line.fields):
            out[i] = filled
    return out


def is_ones_own(field: Field, one: DraftLine, other: DraftLine) -> bool:
    """Whether two lines of one product are two people's, so that neither's name or ID number is the other's: two lines
    that nothing else tells apart would have been one, twice; and who has an ID number of his own has a name, too."""
    named = field.kind is FieldKind.TEXT and _WHO.search(field.label) is not None
    if one.product != other.product or not (named or _ID.search(field.label)):
        return False
    if _ID.search(field.label):
        return True
    apart = {n: v for n, v in one.fields.items() if n != field.name and other.fields.get(n, v) != v}
    bare = (one.value, one.sku, one.options) == (other.value, other.sku, other.options)
    return bool(apart) or (bare and _FETCHES.search(field.label) is None)


def _spread_field(at: int, field: Field, lines: Sequence[DraftLine], shelf: Shelf) -> list[DraftLine]:
    """A name, an address, the phone of one who fetches or receives: asked once for all lines. For whom a top-up is, is
    asked for each."""
    out, value = list(lines), lines[at].fields.get(field.name)
    asked = shelf.product(lines[at].product or "")
    if value is None or asked is None:
        return out
    for i, line in enumerate(lines):
        if i != at and is_ones_own(field, lines[at], line):
            continue
        product = shelf.product(line.product or "")
        own = field_of(product, field.name) if product else None
        same = own is not None and own.kind is field.kind and own.label == field.label
        free = field.kind in (FieldKind.TEXT, FieldKind.ADDRESS)
        shared = free or (line.product == asked.id and asked.delivery is not Delivery.TOPUP)
        if i != at and same and shared and field.name not in line.fields:
            out[i] = replace(line, fields={**line.fields, field.name: value})
    return out
