"""Goods of the whole catalog that a message names, and the line they make beside what is ordered or in its place."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs.by_text import accounts_anywhere
from dialogs.draft import account_field, chosen_options, field_of, look, pick_sku
from dialogs.filling import fill
from dialogs.gist.amounts import amount_of, size_of
from dialogs.gist.mentions import BARE, Mention, Message
from dialogs.state import QUANTITY_MAX, DraftLine
from dialogs.turn import Said
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral
from nlu.text import normalise
from nlu.words import PIECES

_NO_NAMES = frozenset(("手机", "微信", "账号", "电话", "会员", "充值", "普通", "一个", "一张", "地址", "号码", "学生"))
"""Beginnings of names that are said of everything."""
_OF_ONE_PRODUCT = (FieldKind.CARD_NO, FieldKind.UID)
_DIGITS = re.compile(r"[\d元块.]+")
_AMOUNT = re.compile(rf"\d{{1,6}}|[{CHINESE}]{{1,4}}")


def named_goods(said: Said, held: Sequence[Product], shelf: Shelf) -> tuple[Product, ...]:
    """Products that the message names and the order has not: by a whole name, else by a part of one."""
    own, kinds = {product.id for product in held}, {product.category[:1] for product in held}
    named = [one for one in said.frame.named if one.word not in _NO_NAMES and not _DIGITS.fullmatch(one.word)]
    others = [one for one in named if not own & set(one.products) and not _is_amount(one.word, held, shelf)]
    meant: dict[str, Product] = {}
    for one in [one for one in others if one.whole] or others:
        products = [product for code in one.products if (product := shelf.product(code)) is not None]
        like = [product for product in products if product.category[:1] in kinds] if len(products) > 1 else products
        if len(like) == 1:
            meant[like[0].id] = like[0]
    return tuple(product for product in meant.values() if not shadowed(said, product.id, own))


def _is_amount(word: str, held: Sequence[Product], shelf: Shelf) -> bool:
    """Whether a word is how much of the goods of the order it could be: 3个月, though another's card is called so."""
    found = _AMOUNT.match(word)
    value = read_numeral(found[0]) if found is not None else None
    if found is None or value is None:
        return False
    rest = word[found.end() :]
    meant = amount_of(float(value), rest, held, shelf) or size_of(float(value), rest, held, shelf)
    return meant is not None and bool(rest) and meant[0] == len(rest)


def shadowed(said: Said, product: str, held: Set[str]) -> bool:
    """Whether a product is named by nothing but a part of what goods of the order are called: 学期, in 学期卡."""
    words = [one.word for one in said.frame.named if product in one.products]
    mine = [one.word for one in said.frame.named if product not in one.products and held & set(one.products)]
    return bool(words) and all(any(word in own and word != own for own in mine) for word in words)


def line_of(product: Product, said: Said, message: Message, like: DraftLine | None, shelf: Shelf) -> DraftLine | None:
    """What the message says of a product, and where it is silent, the size of what it is compared with; None where
    it leaves open which size."""
    item = next((one for one in said.frame.items if one.product == product.id), Item(product.id))
    line = fill(DraftLine(), replace(item, product=product.id, candidates=()), shelf).line
    if look(line, shelf).sku is None:
        line = _sized(replace(line, value=None, sku=None), product, message, like, shelf)
    sku = look(line, shelf).sku
    if sku is None:
        return None
    if "quantity" not in item.said:
        line = _counted(line, sku, product, message)
    if sku.any_value is not None and line.value is None:
        line = replace(line, value=line.quantity, quantity=1)
    return None if look(line, shelf).trouble or not 1 <= line.quantity <= QUANTITY_MAX else line


def _sized(line: DraftLine, product: Product, message: Message, like: DraftLine | None, shelf: Shelf) -> DraftLine:
    possible = {sku.code for sku in shelf.matching(product.id, None, line.options)}
    for mention in message.mentions:
        if mention.sign >= 0 and mention.skus & possible:
            possible &= mention.skus
    if len(possible) > 1:
        text = ",".join(message.clauses)
        possible = {code for code in possible if (sku := shelf.sku(code)) and fold(sku.label) in text} or possible
    if len(possible) > 1 and like is not None and (held := look(like, shelf)).sku is not None:
        alike = {code for code in possible if (sku := shelf.sku(code)) and held.sku and _is_like(sku, held.sku)}
        if alike and all(_is_settled(code, line, like, product, shelf) for code in alike):
            possible = alike
    sku = shelf.sku(possible.pop()) if len(possible) == 1 else None
    return pick_sku(line, sku, product, shelf) if sku is not None else line


def _is_settled(code: str, line: DraftLine, like: DraftLine, product: Product, shelf: Shelf) -> bool:
    """Whether nothing of a SKU but its size is new: 200元 of a card of another shop chooses no country of this one."""
    sku, held = shelf.sku(code), shelf.product(like.product or "")
    said = {**chosen_options(line, product), **_same_choices(like, held, product)}
    return sku is not None and all(
        said.get(option.name) == sku.options.get(option.name)
        for option in product.options
        if len({one.options.get(option.name) for one in product.skus}) > 1
    )


def _same_choices(like: DraftLine, held: Product | None, product: Product) -> dict[str, str]:
    """What was said of the goods that stood there, where these have a choice that is called so: 国区, 大杯."""
    said = {
        fold(name)
        for option in (held.options if held is not None else ())
        for choice in option.values
        if like.options.get(option.name) == choice.id
        for name in (choice.label, *choice.aliases)
    }
    called = {
        (option.name, choice.id)
        for option in product.options
        for choice in option.values
        if said & {fold(name) for name in (choice.label, *choice.aliases)}
    }
    return dict(called)


def _is_like(sku: Sku, other: Sku) -> bool:
    """三天 of one camera, and of another."""
    if sku.any_value is not None or other.any_value is not None:
        return False
    same = sku.value is not None and (sku.value, sku.unit) == (other.value, other.unit)
    return same or fold(sku.label) == fold(other.label)


def _counted(line: DraftLine, sku: Sku, product: Product, message: Message) -> DraftLine:
    own = {code.code for code in product.skus}
    clauses = {m.clause for m in message.mentions if m.skus & own and m.sign >= 0}
    counts = [m for m in message.mentions if m.count and m.sign >= 0 and m.way != "less"]
    near = [m for m in counts if m.clause in clauses] or counts
    if sku.any_value is not None:
        values = {m.count for m in near if sku.any_value.min <= m.count <= sku.any_value.max}
        return replace(line, value=values.pop()) if len(values) == 1 and line.value is None else line
    numbers = {m.count for m in near if m.piece != BARE and (m.piece in PIECES or m.piece == "份")}
    return replace(line, quantity=numbers.pop()) if len(numbers) == 1 else line


def with_fields(
    line: DraftLine, text: str, lines: Sequence[DraftLine], shelf: Shelf, *, accounts: bool = True
) -> DraftLine:
    """The line with what the message gives for its fields, and what these lines have of the same kind.

    `accounts`: whether theirs will do, where the message gives none."""
    product = shelf.product(line.product or "")
    if product is None:
        return line
    fields, said = dict(line.fields), normalise(text)
    for field in product.fields:
        if field.name in fields:
            continue
        given = _given(field, said)
        if not given and (accounts or field.kind in (FieldKind.ADDRESS, FieldKind.CHOICE)):
            given = list(dict.fromkeys(_held(field, product, lines, shelf)))
        if len(given) == 1:
            fields[field.name] = given[0]
    return replace(line, fields=fields)


def _given(field: Field, said: str) -> list[str]:
    if field.kind is FieldKind.CHOICE:
        return [v.id for v in field.values if any(len(n) > 1 and n in said for n in (v.label, *v.aliases))]
    return list(accounts_anywhere(field, said))


def _held(field: Field, product: Product, lines: Sequence[DraftLine], shelf: Shelf) -> Iterator[str]:
    """What these lines have that such a field takes."""
    for line in lines:
        owner = shelf.product(line.product or "")
        for name, value in line.fields.items():
            other = field_of(owner, name) if owner is not None else None
            if other is None or not isinstance(check_field(field, value), Valid):
                continue
            if name == field.name if owner is product else _serves(field, other):
                yield value


def _serves(field: Field, other: Field) -> bool:
    if field.kind in (FieldKind.TEXT, *_OF_ONE_PRODUCT):
        return field.kind is other.kind and field.label == other.label
    if field.kind is FieldKind.CHOICE:
        return other.kind is FieldKind.CHOICE and field.label == other.label
    return field.kind is other.kind or (
        FieldKind.PHONE_OR_QQ in (field.kind, other.kind)
        and {field.kind, other.kind} <= {FieldKind.PHONE_OR_QQ, FieldKind.PHONE, FieldKind.QQ}
    )


def new_accounts(lines: Iterable[DraftLine], said: Said, products: Iterable[Product]) -> list[tuple[Product, str, str]]:
    """(product, field, account) of what is given for these products, and no line has."""
    held = {value for line in lines for value in line.fields.values()}
    found: list[tuple[Product, str, str]] = []
    for product in {product.id: product for product in products}.values():
        field = account_field(product)
        given = list(accounts_anywhere(field, normalise(said.text))) if field is not None else []
        read_out = [i.fields for i in said.frame.items if i.product in (None, product.id)] if not given else []
        given += [values[field.name] for values in read_out if field is not None and field.name in values]
        found += [(product, field.name, one) for one in given if field is not None and one not in held]
    return found


def touches(mention: Mention, product: Product) -> bool:
    """Whether a mention is of this product or a size of it."""
    return any(sku.code in mention.skus for sku in product.skus)
