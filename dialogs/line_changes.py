"""What a few words say about one line of a draft: an account, a size, a count, a choice."""

import re
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.by_text import fill_by_text
from dialogs.draft import account_field
from dialogs.field_changes import ACCOUNT, is_size
from dialogs.filling import (
    Filled,
    cleared,
    fill,
    fill_by_mention,
    named_slots,
)
from dialogs.pointing import Pointed
from dialogs.state import DraftLine
from dialogs.turn import Said
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral
from nlu.words import PIECES

_LEADING = re.compile(
    r"^(?:的|那|这|个|单|件|张|份|面额|面值|金额|规格|数量|号码|手机号|账号|错|不对|写错|应该|是|改"
    r"|换|变成|要|用|充|来|就|给我|帮我|把|了|成|到|为|[,，。:：、;；])+"
)
_TRAILING = re.compile(r"(?:的|就行|就好|就可以|就够|够|吧|了|啊|呢|哈|呗|[,，。！!~])+$")
_COUNT = re.compile(rf"^(\d{{1,4}}|[{CHINESE}]{{1,4}})([{PIECES}人]?)$")
_DIGITS = re.compile(r"(?<![\d.])\d{1,7}(?![\d.])")
_NUMBER = re.compile(rf"(?<![\d.])(\d{{1,7}}[百千万]?|[{CHINESE}]{{1,5}})(?:元|块钱?)?(?:的|吧|了|啊|呢)*$")


def changed_line(line: DraftLine, rest: str, said: Said, shelf: Shelf, meant: Pointed) -> Filled | None:
    """One line with what the rest of the message says about it; None when that is nothing it could use."""
    product = shelf.product(line.product) if line.product else None
    if product is None:
        return None
    named = next((i for i in said.frame.items if i.product not in (None, line.product)), None)
    if named is not None:
        return fill(line, replace(named, fields={}), shelf)
    filled = line_with(line, rest, product, shelf)
    return filled or _from_frame(line, said, meant, shelf) or _emptied(line, rest, product)


def line_with(line: DraftLine, rest: str, product: Product, shelf: Shelf) -> Filled | None:
    """A line with what a few words say about it: an account, a size, a count, a choice."""
    rest = fold(rest)
    account = _new_account(line, rest, product, shelf)
    if account is not None:
        return account
    tail = _TRAILING.sub("", _LEADING.sub("", rest))
    filled = fill_by_text(line, "value", tail, product, shelf) if tail else None
    if filled is None:
        count = _COUNT.match(tail)
        wanted = read_numeral(count[1]) if count else None
        if wanted is not None and count is not None and (count[2] or not any(s.value for s in product.skus)):
            filled = fill(line, Item(quantity=int(wanted), said=frozenset({"quantity"})), shelf)
    filled = filled or fill_by_mention(line, rest, product, shelf)
    if filled is not None and filled.changed and "value" not in filled.changed:
        sizes = {replies.number(sku.value): sku.value for sku in product.skus if sku.value is not None}
        said = [sizes[found] for found in _DIGITS.findall(tail) if found in sizes]
        if len(said) == 1 and "quantity" not in filled.changed:  # 换成100慢充
            more = fill(filled.line, Item(value=said[0], said=frozenset({"value"})), shelf)
            filled = Filled(more.line, filled.changed | more.changed, more.problems)
    if filled is None and (size := _NUMBER.search(tail)) and (value := read_numeral(size[1])) is not None:
        filled = fill(line, Item(value=value, said=frozenset({"value"})), shelf)
    return filled


def _new_account(line: DraftLine, rest: str, product: Product, shelf: Shelf) -> Filled | None:
    tokens = ACCOUNT.findall(rest)
    field = account_field(product)
    if field is None or len(tokens) != 1 or is_size(tokens[0], product):
        return None
    item = Item(fields={field.name: tokens[0]}, said=frozenset({field.name}))
    return fill(line, item, shelf, field.name)


def _from_frame(line: DraftLine, said: Said, meant: Pointed, shelf: Shelf) -> Filled | None:
    if not said.frame.items:
        return None
    item = said.frame.items[0]
    fields = {n: v for n, v in item.fields.items() if line.fields.get(n) != v}
    filled = fill(line, replace(item, fields=fields), shelf)
    return filled if filled.line != line or filled.problems or (filled.changed and meant.by != "part") else None


def _emptied(line: DraftLine, rest: str, product: Product) -> Filled | None:
    """第二个号码错了: asked for again."""
    if not any(word in rest for word in replies.WRONG_WORDS):
        return None
    slots = [slot for slot in named_slots(rest, product) if slot != "quantity"]
    out = line
    for slot in slots:
        out = cleared(out, slot, product)
    return Filled(out, frozenset(slots)) if out != line else None
