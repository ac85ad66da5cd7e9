"""A whole message as the answer to the slot that was asked for."""

import re
from dataclasses import replace

from catalog.checks import Invalid, Valid, check_field, fold
from catalog.model import Choice, Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.draft import chosen_options, field_of, option_of, pick_sku
from dialogs.filling import FREE, Filled, with_option
from dialogs.state import QUANTITY_MAX, DraftLine
from nlu.numerals import CHINESE, read_numeral
from nlu.words import PIECES

_BEFORE_CHOICE = re.compile(r"^(?:我|想|要|选|就|来|买|打|上|冲|到|升)+")
_AROUND_CHOICE = re.compile(r"(?:的|吧|了|啊|呀|呢|段位)+$")
_TOKEN = re.compile(r"[0-9A-Za-z]{5,}")
_WORD = re.compile(r"(?<![0-9A-Za-z_.@-])[0-9A-Za-z_.-]{5,}(?![0-9A-Za-z_@-])")
"""Of a text that has a pattern, a WeChat name."""
_ADDRESS = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LIST_FILLER = re.compile(r"[\s,，、;；。.和跟与及还有都要充给这那两三四五个号码是:：]*")
_SEVERAL_NUMBERS = re.compile(r"\d[\s,，、/]+\d")
_LETTERS = re.compile(r"[0-9A-Za-z._-]{2,40}")
_PART = re.compile(r"\d{1,6}\.\d{1,2}")
_COUNT = re.compile(rf"(?:就|那|要|来|买|数量|改成?|换成?)*(\d{{1,6}}|[{CHINESE}]{{1,4}})[{PIECES}]?(?:的|吧|了)*")


def accounts_in(text: str, field: Field) -> tuple[str, ...]:
    """The accounts of a message that is nothing but several of them: 138… 和 139… 都要充."""
    if field.kind is FieldKind.EMAIL or not _LIST_FILLER.fullmatch(_TOKEN.sub("", text)):
        return ()
    return accounts_anywhere(field, text)


def accounts_anywhere(field: Field, text: str) -> tuple[str, ...]:
    """Whatever in the message passes the field's check, meant or not."""
    if field.kind in (FieldKind.ADDRESS, FieldKind.CHOICE) or (field.kind is FieldKind.TEXT and not field.pattern):
        return ()
    tokens = (_ADDRESS if field.kind is FieldKind.EMAIL else _WORD if field.kind is FieldKind.TEXT else _TOKEN).findall(
        text
    )
    checked = [check_field(field, token) for token in tokens]
    return tuple(dict.fromkeys(one.canonical for one in checked if isinstance(one, Valid)))


_EXTREMES = ((min, replies.CHEAPEST_WORDS), (max, replies.DEAREST_WORDS))


def cheapest(line: DraftLine, text: str, product: Product, shelf: Shelf) -> Filled | None:
    """最便宜的, 最大的, as the answer to which denomination."""
    extreme = next((pick for pick, words in _EXTREMES if any(word in text for word in words)), None)
    if extreme is None:
        return None
    skus = [s for s in shelf.matching(product.id, None, chosen_options(line, product)) if s.any_value is None]
    if not skus:
        return None
    return Filled(pick_sku(line, extreme(skus, key=lambda sku: sku.price_fen), product, shelf), frozenset({"value"}))


def fill_by_text(line: DraftLine, slot: str, text: str, product: Product, shelf: Shelf) -> Filled | None:
    """Take a whole message as the answer to the slot asked for: a SKU's label or alias or plain value, a choice's
    label, an account. None when it is not an answer at all."""
    if slot in ("quantity", "value") and _SEVERAL_NUMBERS.search(text):
        return None  # 10 20 is not 1020
    if slot == "quantity":
        return _quantity_by_text(line, text)
    if slot == "value":
        return _sku_by_name(line, text, product, shelf) or cheapest(line, text, product, shelf)
    option = option_of(product, slot)
    if option is not None:
        value = _named_choice(option.values, text) or _named_choice(option.values, _bare_answer(text))
        return Filled(with_option(line, slot, value), frozenset({slot})) if value else None
    field = field_of(product, slot)
    if field is None or not _looks_like(field, text):
        return None
    if field.kind is FieldKind.CHOICE:
        value = _named_choice(field.values, text) or _named_choice(field.values, _bare_answer(text))
        return Filled(replace(line, fields={**line.fields, slot: value}), frozenset({slot})) if value else None
    checked = check_field(field, text)
    if isinstance(checked, Invalid):
        return Filled(line, frozenset(), (checked.reason_zh,)) if _is_attempt(field, text) else None
    return Filled(replace(line, fields={**line.fields, slot: checked.canonical}), frozenset({slot}))


def _quantity_by_text(line: DraftLine, text: str) -> Filled | None:
    """5, 五张, as the answer to how many."""
    found = _COUNT.fullmatch(fold(text))
    wanted = read_numeral(found[1]) if found else None
    if wanted is None:
        return None
    if wanted != int(wanted) or not 1 <= wanted <= QUANTITY_MAX:
        return Filled(line, frozenset(), (replies.quantity_out_of_range(QUANTITY_MAX),))
    return Filled(replace(line, quantity=int(wanted)), frozenset({"quantity"}))


def _sku_by_name(line: DraftLine, text: str, product: Product, shelf: Shelf) -> Filled | None:
    said = fold(text)
    agreeing = shelf.matching(product.id, None, chosen_options(line, product))
    for skus in (agreeing, product.skus):
        named = [sku for sku in skus if said in {fold(sku.label), *map(fold, sku.aliases)}]
        if not named:
            ranged_label = next((fold(sku.label) for sku in skus if sku.any_value is not None), "")
            plain = said.removeprefix(ranged_label).removesuffix(fold(skus[0].unit)) if skus and skus[0].unit else said
            number = _number(plain)
            named = [sku for sku in skus if number is not None and sku.any_value is None and sku.value == number]
            ranged = [sku for sku in skus if sku.any_value is not None]
            part = float(plain) if len(ranged) == 1 and _PART.fullmatch(plain) else None
            if part is not None:  # 10.5: told by its own number that only whole ones are sold
                return Filled(replace(line, value=part), frozenset({"value"}))
            if number is not None and not named and len(ranged) == 1:
                return Filled(replace(line, value=number), frozenset({"value"}))
        if len(named) == 1:
            return Filled(pick_sku(line, named[0], product, shelf), frozenset({"value"}))
    return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def _bare_answer(text: str) -> str:
    """打到王者吧: the choice without the words around it."""
    return _AROUND_CHOICE.sub("", _BEFORE_CHOICE.sub("", fold(text)))


def _named_choice(values: tuple[Choice, ...], text: str) -> str | None:
    said = fold(text)
    named = [c.id for c in values if said in {fold(c.id), fold(c.label), *map(fold, c.aliases)}]
    if not named and len(said) > 1:
        named = [c.id for c in values if any(said in fold(name) for name in (c.label, *c.aliases))]
    return named[0] if len(named) == 1 else None


def _looks_like(field: Field, text: str) -> bool:
    """Free text is never taken for an answer here: whether it is one is for the understanding to say."""
    return field.kind not in FREE and bool(text.strip())


def _is_attempt(field: Field, text: str) -> bool:
    """Whether a message that fails the check was meant as the answer: it has digits, or an @ for an e-mail."""
    if field.kind is FieldKind.EMAIL:
        return "@" in text and not accounts_anywhere(field, text)
    if _LETTERS.fullmatch(text.strip()) is not None:
        return True
    digits = sum(c.isdecimal() for c in text)
    return digits >= 3 and len(text) <= 40 and not accounts_anywhere(field, text)
