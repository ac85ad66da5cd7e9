"""Several items of one frame: each is given what stands in its own clause or row, and not its neighbour's."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Product, Sku
from catalog.shelf import Shelf
from dialogs.pointing import longest_name
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral
from nlu.words import PIECES

_NUMBER = re.compile(r"(?<![0-9A-Za-z.])\d{1,6}(?:\.\d{1,2})?(?![0-9A-Za-z.]*\d)")
_ACCOUNT_CHARS = 5
_OLD_ACCOUNT = re.compile(r"(?:上次|上回|以前|之前|原来|老)(?:的|那个|用的|充的)*(?:手机|QQ|qq)?(?:号|账号|帐号)")
_AMOUNT_DIGITS_MAX = 7
_KEPT_OUT = re.compile(
    "(?:别|不要|不是|不|勿|莫)(?:给|往|再|要|能)?(?:充|冲|打|下|买|寄|送|弄)(?:到|给|成|错|这|它|他|她|$)|不是这个|不用这个|别弄错|别搞错"
)
"""What is said of a number that is not to be used: 别充错了, 不要充到这个."""
_ONLY_ONE = re.compile("(?<!每人)(?<![各都每])[一1](?:个|张|份|件|单)(?!月|人|都|各)")
_FOR_EACH = re.compile("各|都|分别|每|一人|[和跟与、及]|两|二|2(?=个|张|份)")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_MORE_CLAUSES = re.compile(r"[,，。;；、\n]|再[来买要加给]|还有|另外|然后")
_OPEN = frozenset({"value", "account"})
_PIECES = f"[{PIECES}]"
_COUNT_BEFORE = re.compile(rf"(\d{{1,2}}|[{CHINESE}]{{1,2}}){_PIECES}的?$")
_COUNT_AFTER = re.compile(rf"的?(?:各|要|来)?(\d{{1,2}}|[{CHINESE}]{{1,2}}){_PIECES}")
_CLAUSES = re.compile(r"[,，。;；、\n]|再给|还有|另外|然后")
_SEPARATORS = re.compile(r"(?<=\d)[ -](?=\d)")


def neither(items: Sequence[Item]) -> tuple[Item, ...]:
    """13511110001或者13511110002: for one of them, and he has still to say for which."""
    one, other = items
    if (one.product, one.sku, one.value, one.quantity) != (other.product, other.sku, other.value, other.quantity):
        return tuple(items)
    same = {name: value for name, value in one.fields.items() if other.fields.get(name) == value}
    return (replace(one, fields=same, said=one.said - (one.fields.keys() - same.keys())),)


def without_kept_out(items: Sequence[Item], text: str) -> tuple[Item, ...]:
    """她号码是138…，我自己的是139…别充错了: an account that is named only to be kept out is none of the order's; where
    one piece was asked for and two accounts are there, for which is asked."""
    alike = len({(i.product, i.sku, i.value, i.quantity, *sorted(i.options.items())) for i in items}) == 1
    if len(items) < 2 or not alike or not all(_accounts(item) for item in items):
        return tuple(items)
    clauses = _CLAUSES.split(_SEPARATORS.sub("", text))
    left = [item for item in items if not any(_KEPT_OUT.search(c) and _names_account(item, c) for c in clauses)]
    if 0 < len(left) < len(items):
        return tuple(left)
    if len(items) == 2 and items[0].quantity == 1 and _ONLY_ONE.search(text) and not _FOR_EACH.search(text):
        return neither(items)
    return tuple(items)


def _accounts(item: Item) -> list[str]:
    return [value for value in item.fields.values() if len(value) >= _ACCOUNT_CHARS]


def _names_account(item: Item, clause: str) -> bool:
    return any(value in clause for value in _accounts(item))


def with_amount_apart(items: Sequence[Item], shelf: Shelf) -> tuple[Item, ...]:
    """储值100000 138…, of what is sold in any number: a short number beside a whole account is an amount, and be it too
    large; it is no second account."""
    wrong = [item for item in items if item.invalid and not item.fields and item.value is None]
    right = [item for item in items if item.fields and not item.invalid and item.value is None]
    product = shelf.product(items[0].product or "") if items else None
    if len(items) != 2 or len(wrong) != 1 or len(right) != 1 or product is None or right[0].product != product.id:
        return tuple(items)
    ((name, raw),) = wrong[0].invalid.items() if len(wrong[0].invalid) == 1 else (("", ""),)
    ranged = any(sku.any_value is not None for sku in product.skus)
    if not ranged or name not in right[0].fields or not raw.isdecimal() or len(raw) > _AMOUNT_DIGITS_MAX:
        return tuple(items)
    return (replace(right[0], value=int(raw), said=right[0].said | {"value"}),)


def with_lost_phone(items: Sequence[Item], text: str, shelf: Shelf) -> tuple[Item, ...]:
    """充50 138… 再来一张京东卡100, where nothing took the phone: what stands beside it is not of the other product, if
    that is not named there; of what it is, is asked."""
    if len(items) < 2:
        return tuple(items)
    plain = _SEPARATORS.sub("", text)
    held = {value for item in items for value in (*item.fields.values(), *item.invalid.values())}
    lost = [phone for phone in _PHONE.findall(plain) if not any(phone in value for value in held)]
    if len(lost) != 1:
        return tuple(items)
    clause = next((one for one in _MORE_CLAUSES.split(plain) if lost[0] in one), "")
    numbers = {float(number) for number in _NUMBER.findall(clause.replace(lost[0], " "))}
    own = [item for item in items if item.value is not None and item.value in numbers and not item.fields]
    product = shelf.product(own[0].product or "") if len(own) == 1 else None
    if product is None or longest_name((product.name, *product.aliases), fold(clause)):
        return tuple(items)
    apart = Item(value=own[0].value, quantity=own[0].quantity, fields={"account": lost[0]}, said=_OPEN)
    return tuple(apart if item is own[0] else item for item in items)


def sizes_counted(product: Product, text: str) -> tuple[Item, ...]:
    """一张中杯一张大杯, 中杯一张大杯两张: each size of a product that a text names, with its count; none where it has
    fewer than two."""
    names: dict[str, Sku] = {}
    for sku in product.skus:
        if sku.any_value is None:
            names |= dict.fromkeys(_names_of_size(sku), sku)
    said = fold(text)
    pattern = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)"
    found = [(one.start(), one.end(), names[one[0]]) for one in re.finditer(pattern, said)]
    if len({sku.code for _, _, sku in found}) < max(2, len(found)):
        return ()
    starts, ends = [0, *(end for _, end, _ in found)], [*(start for start, _, _ in found), len(said)]
    before = [_COUNT_BEFORE.search(said[start:end]) for start, end in zip(starts[:-1], ends[:-1], strict=True)]
    after = [_COUNT_AFTER.match(said[start:end]) for start, end in zip(starts[1:], ends[1:], strict=True)]
    counts = [one for one in (before if before[0] is not None else after) if one is not None]
    if len(counts) < len(found):
        return ()
    quantities = [read_numeral(one[1]) for one in counts]
    return tuple(
        Item(product.id, (), sku.code, sku.value, int(quantity or 0), said=frozenset({"value", "quantity"}))
        for (_, _, sku), quantity in zip(found, quantities, strict=True)
    )


def _names_of_size(sku: Sku) -> set[str]:
    names = {fold(sku.label), fold(sku.label).rstrip("券卡票"), *map(fold, sku.aliases)}
    return {name for name in names if len(name) > 1 and not name[0].isdecimal()}


def joined_fields(items: Sequence[Item], shelf: Shelf) -> tuple[Item, ...]:
    """An ID number and a phone of one and the same thing are one item, not two."""
    if len(items) < 2 or len({item.product for item in items}) != 1 or items[0].product is None:
        return tuple(items)
    product = shelf.product(items[0].product)
    alike = len({(item.value, item.sku, item.quantity, *sorted(item.options.items())) for item in items}) == 1
    given = {(name, value) for item in items for name, value in item.fields.items()}
    said = [name for item in items for name in item.fields if name in item.said]
    apart = len(given) == len({name for name, _ in given}) and all(i.fields and not i.invalid for i in items)
    apart = apart and all(any(said.count(n) == 1 for n in i.fields) for i in items)  # else 他的等会发，也是东风
    if product is None or not alike or not apart or len(given) < len(items):
        return tuple(items)
    fields = dict(sorted(given))
    return (replace(items[0], fields=fields, said=frozenset().union(*(item.said for item in items))),)


@lru_cache(maxsize=4)
def _by_unit(shelf: Shelf) -> dict[str, tuple[str, ...]]:
    """Which products are counted in a unit that says what they are: 点券, 结晶."""
    found: dict[str, dict[str, None]] = {}
    for product in shelf.products:
        for sku in product.skus:
            if len(sku.unit) > 1:
                found.setdefault(fold(sku.unit), {})[product.id] = None
    return {unit: tuple(ids) for unit, ids in found.items()}


def each_from_its_clause(items: Sequence[Item], text: str, shelf: Shelf) -> tuple[Item, ...]:
    """Q币100个给12345678，点券60给23456789: what stands beside an account is its own, and not what came before."""
    clauses = [clause for clause in _CLAUSES.split(_SEPARATORS.sub("", text)) if any(map(str.isdigit, clause))]
    owned = [
        [c for c in clauses if any(v in c for v in item.fields.values() if len(v) >= _ACCOUNT_CHARS)] for item in items
    ]
    if len(clauses) != len(items) or any(len(own) != 1 for own in owned) or len({own[0] for own in owned}) < len(items):
        return tuple(items)  # one account for them all
    return tuple(_counted_otherwise(item, own[0], shelf) for item, own in zip(items, owned, strict=True))


def _counted_otherwise(item: Item, clause: str, shelf: Shelf) -> Item:
    product, said = shelf.product(item.product or ""), fold(clause)
    if product is None or longest_name((product.name, *product.aliases), said):
        return item
    own = {fold(sku.unit) for sku in product.skus}
    others = [ids for unit, ids in _by_unit(shelf).items() if unit in said and unit not in own]
    if len(others) != 1:
        return item
    rest = clause
    for account in item.fields.values():
        rest = rest.replace(account, " ")
    numbers = {float(number) for number in _NUMBER.findall(rest)}
    value = int(only) if len(numbers) == 1 and (only := numbers.pop()).is_integer() else None
    ids = others[0]
    settled = ids[0] if len(ids) == 1 else None
    said_now = frozenset({*item.fields, *({"value"} if value is not None else ())})
    return Item(settled, () if settled else ids, None, value, 1, {}, item.fields, said=said_now)


def without_borrowed(items: Sequence[Item], text: str) -> tuple[Item, ...]:
    """给老号码充50，再给139…充30: the one for the old number has not the other's."""
    clauses = [clause for clause in _CLAUSES.split(text) if any(map(str.isdigit, clause))]
    if len(clauses) != len(items) or not _OLD_ACCOUNT.search(text):
        return tuple(items)
    kept: list[Item] = []
    for item, clause in zip(items, clauses, strict=True):
        own = {name: value for name, value in item.fields.items() if value in clause}
        kept.append(replace(item, fields=own) if _OLD_ACCOUNT.search(clause) else item)
    return tuple(kept)


def each_from_its_row(items: Sequence[Item], text: str) -> tuple[Item, ...]:
    """In a pasted list the amount beside an account is its own: another row's is not taken for it."""
    rows = [_SEPARATORS.sub("", row) for row in text.splitlines() if row.strip()]
    return tuple(_from_its_row(item, rows) for item in items)


def unread_rows(items: Sequence[Item], text: str) -> list[tuple[int, str]]:
    """The rows of a pasted list of accounts of which nothing was taken: (row number, row)."""
    rows = [(number, row.strip()) for number, row in enumerate(text.splitlines(), 1) if row.strip()]
    accounts = [v for item in items for v in (*item.fields.values(), *item.invalid.values()) if len(v) >= 5]
    if len(rows) < 3 or len(accounts) < 2:
        return []
    taken = [any(account in _SEPARATORS.sub("", row) for account in accounts) for _, row in rows]
    first = taken.index(True) if True in taken else len(rows)
    return [
        row
        for row, known in list(zip(rows, taken, strict=True))[first:]
        if not known and any(map(str.isalnum, row[1])) and any(map(str.isdigit, row[1]))
    ]


def _from_its_row(item: Item, rows: Sequence[str]) -> Item:
    accounts = [v for v in (*item.fields.values(), *item.invalid.values()) if len(v) >= 5 and any(map(str.isdigit, v))]
    own = [row for row in rows if any(_SEPARATORS.sub("", account) in row for account in accounts)]
    if len(own) != 1 or item.value is None:
        return item
    rest = own[0]
    for account in accounts:
        rest = rest.replace(account, " ")
    numbers = {float(number) for number in _NUMBER.findall(rest)}
    if not numbers or item.value in numbers or (item.quantity != 1 and item.quantity in numbers and len(numbers) == 1):
        return item
    own_value = numbers.pop() if len(numbers) == 1 else None
    value = int(own_value) if own_value is not None and own_value == int(own_value) else own_value
    return replace(item, value=value, sku=None, said=item.said if value is not None else item.said - {"value"})
