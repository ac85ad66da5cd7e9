"""Putting what a message said into a draft line: each value checked, nothing that was not said."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from catalog.checks import Invalid, Valid, check_field, fold
from catalog.model import Field, FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.addresses import tidy
from dialogs.draft import (
    account_field,
    asked_field,
    chosen_options,
    codes_of,
    field_of,
    given_fields,
    option_of,
    pick_sku,
)
from dialogs.state import ALIKE, NO_QUANTITY, NOT_THE_USUAL, QUANTITY_MAX, Collecting, DraftLine
from dialogs.which_choice import meant, named
from nlu.frame import Item

_PHONE = re.compile(r"1[3-9]\d{9}")
_VALUE_MAX = 10**9
_SYNONYMS = (("名字", "姓名"), ("手机号", "手机"), ("身份证号", "身份证"))
FREE = (FieldKind.TEXT, FieldKind.ADDRESS)
_CHANGE_TO = re.compile(r"^\s*(?:请?(?:改|换)[成为到]|应该是)[:：\s]*")
_SAYS_WRONG = re.compile("错了|写错|打错|不是|不对")
_QUANTITY = re.compile(r"(?:数量|张数|份数|个数)[^\d负-]{0,4}(\d{1,4})(?!\d)")
_ENDING = re.compile(
    r"(?:(?:最后|末尾?|尾|后)[一二两三四1-4]?[位个](?:数字?)?|末尾|尾号)(?:(?:写|打|填|输)?错了?[,，\s]*)?(?:应该)?(?:是|改成|改为|换成)([0-9x]{1,4})(?![0-9a-z])"
    r"|(?:卡号|号码|账号|帐号|号)(?:的)?(?:最后|末尾|结尾|尾号|后面)(?:应该)?(?:是|改成|改为|换成)?([0-9x]{1,4})(?![0-9a-z])"
)
_ENDING_WAS = re.compile(r"不是([0-9x]{1,4})(?![0-9a-z])")


@dataclass(frozen=True, slots=True)
class Filled:
    """A line after a message: which slots it set, and what was wrong with the rest."""

    line: DraftLine
    changed: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def fill(line: DraftLine, item: Item, shelf: Shelf, asked: str | None = None) -> Filled:
    """Put an item's values into a line. A value that fails its check, or that the product has no place for, is left
    out; a value said to be wrong does not stay either."""
    line, product_changed = _fill_product(line, item, shelf)
    product = shelf.product(line.product) if line.product else None
    changed = {"product"} if product_changed else set()
    problems: list[str] = []
    line, units = _fill_units(line, item, product, shelf)
    changed |= units
    if ("quantity" in item.said or item.quantity != 1) and not _counts_units(line, item, product):
        if 1 <= item.quantity <= QUANTITY_MAX:
            changed.add("quantity")
            line = replace(line, quantity=item.quantity)
        else:
            problems.append(replies.quantity_out_of_range(QUANTITY_MAX))
            line = replace(line, quantity=NO_QUANTITY)
    if "quantity" in item.invalid:
        problems.append(replies.quantity_out_of_range(QUANTITY_MAX))
        line = replace(line, quantity=NO_QUANTITY)
    if product is None:
        kept = replace(line, fields={**line.fields, **item.fields}, options={**line.options, **item.options})
        return Filled(kept, frozenset({*changed, *item.fields, *item.options}), tuple(problems))
    line, options = _fill_options(line, item, product)
    line, fields, wrong = _fill_fields(line, item, product, asked)
    return Filled(line, frozenset(changed | options | fields), (*problems, *wrong))


def contradicts(line: DraftLine, item: Item) -> bool:
    """Whether an item says something else than the line already holds, so that it must be a new request."""
    if item.product is not None and line.product is not None and item.product != line.product:
        return True
    if item.value is not None and line.value is not None and item.value != line.value:
        return True
    if line.sku is not None and item.sku is not None and item.sku not in codes_of(line):
        return True
    return any(name in line.fields and line.fields[name] != value for name, value in item.fields.items())


def says_anything(item: Item) -> bool:
    """Whether an item carries anything that could go into a draft."""
    return bool(
        item.product
        or item.candidates
        or item.sku
        or item.value is not None
        or item.quantity != 1
        or "quantity" in item.said
        or item.options
        or item.fields
        or item.invalid
    )


def named_slots(text: str, product: Product) -> tuple[str, ...]:
    """The slots of this product that a message speaks of without a usable value: 号码错了, 换成电信的号, 改数量."""
    said = fold(text)
    labels = {option.name: option.label for option in product.options}
    labels |= {field.name: field.label for field in product.fields}
    found = [name for name, label in labels.items() if fold(label) in said]
    if not found:
        by_end = [name for name, label in labels.items() if len(label) > 2 and fold(label)[-2:] in said]
        found = by_end if len(by_end) == 1 else []
    account = account_field(product)
    if account is not None and account.name not in found and _speaks_of_account(said, account):
        found.append(account.name)
    if any(word in said for word in replies.QUANTITY_WORDS):
        found.append("quantity")
    if any(word in said for word in replies.VALUE_WORDS):
        found.append("value")
    return tuple(found)


def fill_by_mention(line: DraftLine, text: str, product: Product, shelf: Shelf) -> Filled | None:
    """The one SKU or choice of this product that a message mentions by name, or a number said to be the quantity or the
    end of the account; for what the understanding cannot know without the product."""
    said = fold(text)
    quantity = _QUANTITY.search(said)
    if quantity is not None:
        if all(sku.any_value is not None for sku in product.skus):  # sold in any number: that is how many
            return fill(line, Item(value=int(quantity[1]), said=frozenset({"value"})), shelf)
        return fill(line, Item(quantity=int(quantity[1]), said=frozenset({"quantity"})), shelf)
    ending = _ENDING.search(said)
    if ending is not None:
        return _with_ending(line, said, ending, product)
    names = named(product)
    heard = [name for name in names if len(name) > 1 and name in said]
    telling = [name for name in heard if not any(name != other and name in other for other in heard)]
    meanings = {meant(said, names[name], product) for name in telling}
    settled = {one[0]: one[1] for one in meanings if one is not None}
    if not settled or len(settled) < len(meanings) or any(word in said for word in replies.NOT_WORDS):
        return None
    for slot, key in settled.items():
        if option_of(product, slot) is not None:
            line = with_option(line, slot, key)
        elif slot != "value":
            line = replace(line, fields={**line.fields, slot: key})
    if "value" in settled:
        codes = {code for name in telling for part, code in names[name] if part == "value"}
        sku = _of_this_kind([sku for sku in product.skus if sku.code in codes], line, product, shelf)
        line = pick_sku(line, sku, product, shelf)
    return Filled(line, frozenset(settled))


def _of_this_kind(skus: Sequence[Sku], line: DraftLine, product: Product, shelf: Shelf) -> Sku:
    """改8寸, of a mousse cake; 还是一对一的, of a paper in Chinese: of what is called so, the one of the kind that was
    chosen."""
    options = chosen_options(line, product)
    same = [sku for sku in skus if all(sku.options.get(name, value) == value for name, value in options.items())]
    if len(same) != 1 and skus[-1].value is not None:
        same = list(shelf.matching(product.id, skus[-1].value, options))
    return same[0] if len(same) == 1 else skus[-1]


def speaks_of_ending(text: str) -> bool:
    """Whether a message corrects the end of a number: 最后一位是8."""
    return _ENDING.search(fold(text)) is not None


def named_field(product: Product, said: str) -> Field | None:
    """The field a folded text speaks of by its label or a part of it: 身份证 of 身份证号. None when it could be two."""
    for one, other in _SYNONYMS:
        said = said.replace(one, other)
    scores = [(longest_shared(fold(field.label), said), field) for field in product.fields]
    best = max((score for score, _ in scores), default=0)
    named = [field for score, field in scores if score == best]
    return named[0] if best >= 2 and len(named) == 1 else None


def longest_shared(label: str, said: str) -> int:
    """How many characters of a label stand in a text in one piece."""
    spans = ((i, j) for i in range(len(label)) for j in range(i + 1, len(label) + 1))
    return max((j - i for i, j in spans if label[i:j] in said), default=0)


def _with_ending(line: DraftLine, said: str, ending: re.Match[str], product: Product) -> Filled | None:
    """身份证最后一位是8不是7: the field named, or the only one that could be meant, with its end corrected, where it
    still passes its check."""
    digits, was = ending[1] or ending[2], _ENDING_WAS.search(said)
    held = [f for f in product.fields if f.kind not in (FieldKind.CHOICE, FieldKind.ADDRESS) and f.name in line.fields]
    could = [f for f in held if line.fields[f.name][-1:].isascii() and line.fields[f.name][-1:].isalnum()]
    named = named_field(product, said[: ending.start()])
    if named is not None:
        could = [field for field in could if field is named]
    elif len(could) > 1 and was is not None:
        could = [field for field in could if fold(line.fields[field.name]).endswith(was[1])]
    account = could[0] if len(could) == 1 else None
    old = line.fields.get(account.name) if account else None
    if account is None or old is None or len(old) <= len(digits):
        return None
    digits = digits.upper() if old[-1].isupper() or not any(c.islower() for c in old) else digits
    checked = check_field(account, old[: -len(digits)] + digits)
    if isinstance(checked, Invalid):
        return Filled(line, frozenset(), (checked.reason_zh,))
    return Filled(replace(line, fields={**line.fields, account.name: checked.canonical}), frozenset({account.name}))


def taken_back(line: DraftLine, text: str, product: Product) -> str | None:
    """The option or choice whose present value he says it is not: 不是B服."""
    said = fold(text)
    if not any(word in said for word in replies.NOT_WORDS):
        return None
    present = {**chosen_options(line, product), **given_fields(line, product)}
    for slot, value in present.items():
        part = option_of(product, slot) or field_of(product, slot)
        choice = next((c for c in part.values if c.id == value), None) if part else None
        if choice is not None and any(fold(name) in said for name in (choice.label, *choice.aliases)):
            return slot
    return None


def _speaks_of_account(said: str, account: Field) -> bool:
    return any(word in said for word in (*replies.ACCOUNT_WORDS, fold(account.label)[:2]))


def cleared(line: DraftLine, slot: str, product: Product) -> DraftLine:
    """The line with one slot emptied, so that it is asked for again."""
    if slot == "value":
        return replace(line, value=None, sku=None)
    if slot == "quantity":
        return replace(line, quantity=1)
    if option_of(product, slot) is not None:
        return replace(line, sku=None, options={n: v for n, v in line.options.items() if n != slot})
    return replace(line, fields={n: v for n, v in line.fields.items() if n != slot})


def asks_for_words(state: Collecting, shelf: Shelf) -> bool:
    """Whether a text or an address is asked for: words of his own, whatever they sound like."""
    field = asked_field(state, shelf)
    return field is not None and field.kind in FREE


def with_option(line: DraftLine, name: str, value: str) -> DraftLine:
    """The line with an option chosen; a SKU picked by name gives way to it, a name that several have does not."""
    return replace(line, sku=line.sku if ALIKE in (line.sku or "") else None, options={**line.options, name: value})


def _fill_product(line: DraftLine, item: Item, shelf: Shelf) -> tuple[DraftLine, bool]:
    product = shelf.product(item.product) if item.product else None
    if product is None:
        known = tuple(c for c in item.candidates if shelf.product(c))
        return (replace(line, candidates=known) if known and line.product is None else line), False
    if product.id == line.product:
        return line, False
    carried = replace(line, product=product.id, candidates=(), sku=None)
    before = shelf.product(line.product) if line.product else None
    units = {sku.unit for sku in before.skus} if before is not None else {sku.unit for sku in product.skus}
    options = {n: v for n, v in chosen_options(carried, product).items() if n in line.options}
    sized = [s for s in product.skus if (s.value == line.value or s.any_value is not None) and s.unit in units]
    keeps_value = line.value is not None and bool(sized) and not _choose_for_him(sized, options, product)
    fields = {n: v for n, v in given_fields(carried, product).items() if n in line.fields}
    for name, value in line.fields.items():
        place = _place_for(name, value, product, None)
        if place is not None and place.name not in fields and isinstance(check_field(place, value), Valid):
            fields[place.name] = value
    return replace(
        carried,
        value=line.value if keeps_value or line.product is None else None,
        options=options,
        fields=fields,
    ), True


def _choose_for_him(sized: Sequence[Sku], options: Mapping[str, str], product: Product) -> bool:
    """Whether a size kept from other goods would choose what nobody named: a card's country, by the unit of it."""
    return any(
        len({sku.options.get(option.name) for sku in sized})
        < len({sku.options.get(option.name) for sku in product.skus})
        for option in product.options
        if option.name not in options and option.default is None
    )


def _fill_units(line: DraftLine, item: Item, product: Product | None, shelf: Shelf) -> tuple[DraftLine, set[str]]:
    """Denomination and SKU."""
    if product is not None and item.sku is not None:
        sku = next((sku for sku in product.skus if sku.code == item.sku), None)
        if sku is not None and (sku.value is None or sku.any_value is not None):
            value = item.value if sku.any_value is not None and _usable(item.value) else line.value
            return pick_sku(replace(line, value=value), sku, product, shelf), {"value"}
    if product is not None and item.alike and item.value is None:
        return replace(line, value=None, sku=ALIKE.join(item.alike)), {"value"}
    if item.value is None or not _usable(item.value):
        return line, set()
    years = _in_years(item.value, product) if product is not None else None
    if years is not None:
        item = replace(item, value=years)
    if item.value is None:
        return line, set()
    labelled = _labelled(item.value, product) if product is not None else None
    if product is not None and labelled is not None:
        return pick_sku(line, labelled, product, shelf), {"value"}
    if product is not None and item.options and all(s.value is None and s.any_value is None for s in product.skus):
        return line, set()  # 铂金 卡了三个月了, of ranks: no size has a number
    keeps = product is not None and any(s.code in codes_of(line) and s.any_value is not None for s in product.skus)
    return replace(line, value=item.value, sku=line.sku if keeps else None), {"value"}


def _in_years(value: float, product: Product) -> int | float | None:
    """三年 is 36 months, but three of what is sold by years."""
    if value % 12 or any(sku.any_value is not None or sku.value == value for sku in product.skus):
        return None
    yearly = {sku.value for sku in product.skus if sku.unit.startswith("年") and sku.value == value / 12}
    return yearly.pop() if yearly else None


def _labelled(value: float, product: Product) -> Sku | None:
    """The one SKU whose label holds a number that is no denomination of the product: 150点 of 15元150点."""
    if any(sku.any_value is not None or sku.value == value for sku in product.skus):
        return None
    number = re.compile(rf"(?<![\d.]){re.escape(replies.number(value))}(?![\d.])")
    found = [sku for sku in product.skus if number.search(sku.label)]
    return found[0] if len(found) == 1 else None


def _counts_units(line: DraftLine, item: Item, product: Product | None) -> bool:
    """Whether 50个 has been read twice: as the number of units and as the number of pieces."""
    ranged = product is not None and any(sku.any_value is not None for sku in product.skus)
    return ranged and item.value is not None and item.quantity == item.value == line.value


def _usable(value: float | None) -> bool:
    return value is not None and isfinite(value) and 0 <= value <= _VALUE_MAX


def _fill_options(line: DraftLine, item: Item, product: Product) -> tuple[DraftLine, set[str]]:
    """Options that the words chose. A frame also holds the catalog's defaults: those do not count as said."""
    changed: set[str] = set()
    for name, value in item.options.items():
        option = option_of(product, name)
        if option is None or not any(choice.id == value for choice in option.values):
            continue
        if name in item.said or value != option.default:
            changed.add(name)
            line = with_option(line, name, value) if line.options.get(name) != value else line
    for option in product.options:
        if option.default is not None and option.name in item.missing and option.name not in line.options:
            line = replace(line, options={**line.options, option.name: NOT_THE_USUAL})
    return line, changed


def _fill_fields(
    line: DraftLine, item: Item, product: Product, asked: str | None
) -> tuple[DraftLine, set[str], tuple[str, ...]]:
    fields = dict(line.fields)
    changed: set[str] = set()
    problems: list[str] = []
    for name, value in item.fields.items():
        field = _place_for(name, value, product, asked)
        if field is None or (name not in item.said and value == field.default):
            continue
        if field.kind is FieldKind.ADDRESS and field.name in fields and _SAYS_WRONG.search(value):
            continue  # 1栋错了是11栋 is about the address, and none itself
        checked = check_field(field, _CHANGE_TO.sub("", value) if field.kind in FREE else value)
        if isinstance(checked, Valid):
            is_place = field.kind is FieldKind.ADDRESS
            fields[field.name] = tidy(checked.canonical, fields.get(field.name, "")) if is_place else checked.canonical
            changed.add(field.name)
        else:
            problems.append(checked.reason_zh)
            fields.pop(field.name, None)
    for name, raw in item.invalid.items():
        if name == "quantity":
            continue
        field = field_of(product, name) or (field_of(product, asked) if asked else None) or account_field(product)
        if field is None or field.name in changed:
            continue
        if field.kind is FieldKind.QQ and _PHONE.fullmatch(raw):
            problems.append(replies.qq_not_phone(field.label, raw))
            continue
        other = _takes_instead(field, raw, product)
        if other is not None:
            fields[other.name] = raw
            changed.add(other.name)
            continue
        checked = check_field(field, raw)
        problems.append(checked.reason_zh if isinstance(checked, Invalid) else replies.check_again(field.label, raw))
        fields.pop(field.name, None)
    return replace(line, fields=fields), changed, tuple(dict.fromkeys(problems))


def _takes_instead(field: Field, raw: str, product: Product) -> Field | None:
    """号码错了，是139…, of a product that asks for an ID number and a phone: the one of them that such a number is."""
    if isinstance(check_field(field, raw), Valid):
        return None
    clear = (FieldKind.PHONE, FieldKind.QQ, FieldKind.EMAIL, FieldKind.PHONE_OR_QQ)
    takes = [f for f in product.fields if f is not field and f.kind in clear and isinstance(check_field(f, raw), Valid)]
    return takes[0] if len(takes) == 1 else None


def _place_for(name: str, value: str, product: Product, asked: str | None) -> Field | None:
    """The field a value goes to: its own, else the one asked for, else the one that takes it and is an account. A bare
    account is named after the kind of product it was first taken for."""
    field = field_of(product, name)
    if field is not None:
        return field
    others = (field_of(product, asked) if asked else None, account_field(product))
    taking = (f for f in others if f is not None and f.kind not in FREE and isinstance(check_field(f, value), Valid))
    first = account_field(product)
    return next(taking, None) or (_takes_instead(first, value, product) if first is not None else None)
