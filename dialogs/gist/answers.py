"""An answer with chatter around it (一百吧 省得老来): of what was asked for, the one thing it names."""

import re
from collections.abc import Iterator
from dataclasses import replace

from catalog.model import Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs.by_text import accounts_anywhere
from dialogs.draft import field_of, look, pick_sku
from dialogs.gist.mentions import Mention, read, refused
from dialogs.state import Collecting, DraftLine
from nlu.text import normalise

_TEXT_MAX = 60
_DROPS = re.compile(r"算了(?!先|就|还是|那|来|要|直接)")


def answer(state: Collecting, text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The lines with what the message gives for the open question, and an account beside it; None where it gives
    nothing for it, or two things."""
    line = state.lines[state.line]
    product = shelf.product(line.product or "")
    if product is None or len(text) > _TEXT_MAX or _DROPS.search(text):
        return None
    said = normalise(text)
    field = field_of(product, state.slot)
    if field is not None and field.kind in (FieldKind.TEXT, FieldKind.ADDRESS):
        return None
    given = dict(_accounts(line, product, said))
    for value in given.values():
        said = said.replace(value, " ")
    new = _chosen(line, field, said) if field is not None else _sized(line, product, said, shelf)
    if new is None and not given:
        return None
    new = replace(new or line, fields={**(new or line).fields, **given})
    return (*state.lines[: state.line], new, *state.lines[state.line + 1 :]) if new != line else None


def _accounts(line: DraftLine, product: Product, said: str) -> Iterator[tuple[str, str]]:
    """What stands in the message for a field that is still open and that nothing else of the product fits."""
    for field in product.fields:
        found = accounts_anywhere(field, said) if field.name not in line.fields else ()
        rivals = [one for one in product.fields if one is not field and set(accounts_anywhere(one, said)) & set(found)]
        if len(found) == 1 and not rivals and not refused(said, found[0]):
            yield field.name, found[0]


def _chosen(line: DraftLine, field: Field, said: str) -> DraftLine | None:
    named = {
        choice.id
        for choice in field.values
        if any(name in said and not refused(said, name) for name in (choice.label, *choice.aliases) if len(name) > 1)
    }
    return replace(line, fields={**line.fields, field.name: named.pop()}) if len(named) == 1 else None


def _sized(line: DraftLine, product: Product, said: str, shelf: Shelf) -> DraftLine | None:
    possible = {sku.code: sku for sku in look(line, shelf).skus}
    mentions = [m for m in read(said, [product], shelf).mentions if m.sign >= 0]
    sizes = [replace(m, skus=m.skus & possible.keys()) for m in mentions if m.skus and not m.skus >= possible.keys()]
    counts = [m for m in mentions if m.count]
    any_value = next((sku for sku in possible.values() if sku.any_value is not None), None)
    if any_value is not None and not sizes:
        return _amount(line, counts, product, shelf)
    meant = _one(sizes)
    if meant is None:
        return None
    codes = sorted(meant.skus)
    if len(codes) == 1:
        return pick_sku(line, possible[codes[0]], product, shelf)
    shared = {
        name: value
        for name, value in possible[codes[0]].options.items()
        if all(possible[code].options.get(name) == value for code in codes)
    }
    values = {possible[code].value for code in codes}
    value = values.pop() if len(values) == 1 else line.value
    return replace(line, options={**line.options, **shared}, value=value)


def _one(sizes: list[Mention]) -> Mention | None:
    """The one thing named; None where there are two."""
    named = [m for m in sizes if m.skus]
    both = frozenset(named[0].skus).intersection(*(m.skus for m in named)) if named else frozenset()
    return replace(named[-1], skus=both) if both else None


def _amount(line: DraftLine, counts: list[Mention], product: Product, shelf: Shelf) -> DraftLine | None:
    (sku, *_) = (one for one in product.skus if one.any_value is not None)
    units = [m for m in counts if m.piece in (sku.unit, "个", "#", *sku.unit[:1])]
    amounts = {m.count for m in units}
    limits = sku.any_value
    if len(amounts) != 1 or limits is None or not limits.min <= min(amounts) <= limits.max:
        return None
    return pick_sku(replace(line, value=min(amounts)), sku, product, shelf)
