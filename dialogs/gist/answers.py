"""An answer with chatter around it (一百吧 省得老来): of what was asked for, the one thing it names."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalog.model import Choice, Field, FieldKind, Option, Product
from catalog.shelf import Shelf
from dialogs.by_text import accounts_anywhere
from dialogs.draft import field_of, look, option_of, pick_sku
from dialogs.filling import with_option
from dialogs.gist.chosen import SAID, WANTED, Names, chosen, is_question, withheld
from dialogs.gist.mentions import Mention, read, refused
from dialogs.state import QUANTITY_MAX, Collecting, DraftLine
from nlu.numerals import CHINESE, read_numeral
from nlu.text import normalise

_TEXT_MAX = 60
_PUTS_RIGHT = re.compile(
    "不对|不是|错|[改换]|(?:说|要|选|买|用)的?是|我说|现在是|才[是对]|[咋怎]么[是变成就]?[\\d两二三]|数量|其实|记错|搞混|不用|不要乘|[就只](?:做|买|充|要|来|订)[一1][次个张份件台单]"
)
_QUANTITY = re.compile(
    rf"(?:数量|[张份件个台次]数)(?:就|应该|只)?(?:是|要|改成?|填|写|[:：])?(?P<count>\d{{1,2}}|[{CHINESE}]{{1,2}})(?![\d.]|[年月天])"
    rf"|(?:就|只)(?:是)?(?:要|做|买|充|来|订|拿)(?P<sole>[一1])(?:次|个|张|份|件|台|单)(?![\u4e00-\u9fff]*(?:月|年|小时|天))"
)
"""数量是1呀, 我就做一次: how many it is."""
_ECHO = re.compile("^(?:啥|什么|哪来的?|怎么|咋)[^?？,，\\s]{1,8}[?？!！]+")
"""啥四份？我就买一份: he wonders at what he was shown, and says what it is to be."""
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
    new = _picked(line, state.slot, said, shelf)
    if new is None and state.slot == "value":
        new = _sized(line, product, said, shelf) or _by_a_part(line, product, said, shelf)
    others = _others(new or line, state.slot, product, said, shelf)
    if new is None and not given and others == line:
        return None
    new = others
    new = replace(new or line, fields={**(new or line).fields, **given})
    return (*state.lines[: state.line], new, *state.lines[state.line + 1 :]) if new != line else None


def _accounts(line: DraftLine, product: Product, said: str) -> Iterator[tuple[str, str]]:
    """What stands in the message for a field that is still open and that nothing else of the product fits."""
    for field in product.fields:
        found = accounts_anywhere(field, said) if field.name not in line.fields else ()
        rivals = [one for one in product.fields if one is not field and set(accounts_anywhere(one, said)) & set(found)]
        if len(found) == 1 and not rivals and not refused(said, found[0]):
            yield field.name, found[0]


def corrected(line: DraftLine, asked: str, text: str, shelf: Shelf) -> DraftLine | None:
    """The line with that put right which it has already, while something else is asked for (不对 现在是苹果的,
    数量是1呀); None where the message puts nothing right."""
    product, text = shelf.product(line.product or ""), _ECHO.sub("", text)
    if product is None or len(text) > _TEXT_MAX or not _PUTS_RIGHT.search(text) or is_question(text):
        return None
    said, new = normalise(text), line
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    for part in parts:
        held = line.options.get(part.name) or line.fields.get(part.name)
        others = {name for other in parts if other is not part for name, _ in choice_names(other.values)}
        shared = not others.isdisjoint(name for name, _ in choice_names(part.values))  # 现在是星耀 is no target
        if part.values and held is not None and part.name != asked and not shared:
            new = _picked(new, part.name, said, shelf, least=SAID) or new
    if new == line and asked != "value" and (line.value is not None or line.sku is not None):
        new = _resized(line, product, said, shelf) or new
    if (many := _QUANTITY.search(said)) is not None:
        count = int(read_numeral(many["count"] or many["sole"]) or 0)
        if 1 <= count <= QUANTITY_MAX and all(sku.any_value is None for sku in product.skus):
            new = replace(new, quantity=count)
            return new if new == line else _with_accounts(new, product, said)
    return _with_accounts(new, product, said) if new != line else None


def _with_accounts(line: DraftLine, product: Product, said: str) -> DraftLine:
    return replace(line, fields={**line.fields, **dict(_accounts(line, product, said))})


def _resized(line: DraftLine, product: Product, said: str, shelf: Shelf) -> DraftLine | None:
    """The size that is wanted instead, where the message wants one and refuses what there is."""
    bare = replace(line, value=None, sku=None)
    new = _sized(bare, product, said, shelf)
    if new is None:
        return None
    sku = look(new, shelf).sku
    wants = [m for m in read(said, [product], shelf).mentions if sku is not None and sku.code in m.skus]
    return new if sku is not None and sku.any_value is None and any(m.sign > 0 for m in wants) else None


def picked(line: DraftLine, slot: str, text: str, shelf: Shelf) -> DraftLine | None:
    """The line with the choice that a message gives in so many words where this one was asked for; None where it gives
    none, or something else was asked for."""
    return _picked(line, slot, normalise(text), shelf, least=SAID)


def not_given(before: DraftLine, after: DraftLine, slot: str, text: str, shelf: Shelf) -> bool:
    """Whether the choice asked for was taken from a message that asks about it, names two, or refuses it."""
    product = shelf.product(before.product or "")
    part = option_of(product, slot) or field_of(product, slot) if product is not None else None
    value = {**after.options, **after.fields}.get(slot)
    if part is None or not part.values or value is None or {**before.options, **before.fields}.get(slot) == value:
        return False
    return before.product == after.product and withheld(choice_names(part.values), normalise(text), value)


def also_picked(before: DraftLine, after: DraftLine) -> bool:
    """Whether choices are all that was given: 苹果的 is the system then, whatever is called so in the shop."""
    same = (before.product, before.sku, before.value, before.quantity) == (
        after.product,
        after.sku,
        after.value,
        after.quantity,
    )
    return same and (before.options, before.fields) != (after.options, after.fields)


def _picked(line: DraftLine, slot: str, said: str, shelf: Shelf, least: int = 1) -> DraftLine | None:
    product = shelf.product(line.product or "")
    part = option_of(product, slot) or field_of(product, slot) if product is not None else None
    if part is None or not part.values:
        return None
    value = chosen(choice_names(part.values), said, least=least)
    if value is None:
        return None
    if isinstance(part, Option):
        return with_option(line, slot, value)
    return replace(line, fields={**line.fields, slot: value})


def _others(line: DraftLine, slot: str, product: Product, said: str, shelf: Shelf) -> DraftLine:
    """The line with the other choices that are open and that the message gives in so many words (她是安卓的 要大杯)."""
    own = option_of(product, slot) or field_of(product, slot)
    taken = {name for name, _ in choice_names(own.values)} if own is not None else set[str]()
    for name in (name for name in open_choices(line, product, shelf) if name != slot):
        part = option_of(product, name) or field_of(product, name)
        if part is not None and taken.isdisjoint(one for one, _ in choice_names(part.values)):
            line = _picked(line, name, said, shelf, least=SAID) or line
    return line


def open_choices(line: DraftLine, product: Product, shelf: Shelf) -> list[str]:
    """The options and choices that a line has still to be told."""
    looked = look(line, shelf)
    names = [one.name for one in product.options if one.name not in looked.options]
    return names + [one.name for one in product.fields if one.values and one.name not in looked.fields]


def _by_a_part(line: DraftLine, product: Product, said: str, shelf: Shelf) -> DraftLine | None:
    """小乔的 叫什么天鹅的: of sizes with names, the one that a part of its name tells."""
    possible = {sku.code: sku for sku in look(line, shelf).skus if sku.any_value is None and sku.value is None}
    names = tuple((name, sku.code) for sku in possible.values() for name in (sku.label, *sku.aliases))
    code = chosen(names, said, least=WANTED)
    return pick_sku(line, possible[code], product, shelf) if code is not None else None


def choice_names(values: Sequence[Choice]) -> Names:
    """What the choices are called, for `chosen`."""
    return tuple((name, choice.id) for choice in values for name in (choice.label, *choice.aliases))


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
