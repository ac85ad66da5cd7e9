"""Which lines of a draft a message means: by number, account, product, or what the line is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.checks import fold
from catalog.model import Field, FieldKind, Option, Product
from catalog.shelf import Shelf
from dialogs.draft import field_of, look, option_of
from dialogs.replies import NOT_WORDS, number
from dialogs.state import DraftLine
from dialogs.whose_line import owned
from nlu.numerals import read_numeral
from nlu.surnames import KIN

_NTH = re.compile(r"第([0-9一二两三四五六七八九十]{1,3})(?:[件单条样个张份项行笔位](?:订单|商品)?)?")
_LAST = re.compile(
    r"(?:最后|最下面|末尾)(?:那|的|一)*[件单条样个张份项行笔]|(?:后面|下面|后头)(?:那|的|一)*[件单条样个张份项行笔]?"
)
_FIRST = re.compile(r"(?:前面|上面|前头|头|开头)(?:那|的|一)+[件单条样个张份项行笔]?")
_TAIL = re.compile(r"尾号(?:为|是)?([0-9x]{3,4})(?=的|那|这|不|去|删|改|换|就)")
_AROUND = re.compile("^(?:我?[想要买选]|就|来|那个?|这个?)+|(?:那[个种款]|这[个种款]|[的吧了啊呀呢,，。.!！])+$")
_COUNTS = re.compile(
    r"(?:\d+|[一二两三四五六七八九十]+)(?:[张份个件条袋盒次枚瓶桶箱套本杯壶位元块颗]|小时|分钟|天)?|[0-9a-z._%+@-]{5,}"
)
_HEAD = re.compile(
    r"(?<![\d.])(?:给)?(\d{3,5})(?:\*+\d*)?(?:开头)?(?:的号|(?:的|号|充的)?(?=[那这])(?:那|这)个?|的(?=$|[改换充也都要就不别取去删留了]))"
)
"""139那个, 138的: how one account begins."""
_SMALL_WORDS = re.compile(
    rf"再|加上?|添|追加|多|还要?|也|来|要|买|充|给|帮|我|他|她|你|{KIN}"
    "|刚才|刚刚|那|这|个|单|订单|一样|同样|的|了|吧|啊|呢|哈|谢谢|请|麻烦|好|嗯|哦|对|一起|顺便|另外|上面|里|小|时|号码?|手机|到|和|跟|就|先|都|各|份|张|地址|寄"
)
_ACCOUNT_CHARS = 5
_ANSWER_MAX = 30
_NOT_ACCOUNTS = (FieldKind.CHOICE, FieldKind.TEXT, FieldKind.ADDRESS)


@dataclass(frozen=True, slots=True)
class Pointed:
    """The lines meant, and the message (folded) without the words that said so."""

    lines: tuple[int, ...]
    """Empty when it names a line that is not there."""
    rest: str
    by: Literal["number", "account", "product", "part"]


def pointed(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> Pointed | None:
    """The lines a message names; None when it names none of them."""
    said = fold(text)
    return (
        _by_number(lines, said)
        or _by_owner(lines, said, shelf)
        or _by_account(lines, said, shelf)
        or _by_product(lines, said, shelf)
        or _by_part(lines, said, shelf)
    )


def _by_number(lines: Sequence[DraftLine], said: str) -> Pointed | None:
    numbers = [read_numeral(nth[1]) for nth in _NTH.finditer(said)]
    if numbers:
        hit = tuple(dict.fromkeys(int(n) - 1 for n in numbers if n is not None and 1 <= n <= len(lines)))
        return Pointed(hit if len(hit) == len(numbers) else (), _NTH.sub("", said), "number")
    last = _LAST.search(said)
    if last is not None and (said[last.start()] in "最末" or len(lines) == 2):
        return Pointed((len(lines) - 1,), _without(said, last), "number")
    first = _FIRST.search(said)
    if first is not None and len(lines) == 2:
        return Pointed((0,), _without(said, first), "number")
    return None


def _by_owner(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> Pointed | None:
    """弟弟那个, 爸的和妈的: whose it is, where he said so when he gave the numbers."""
    hit: dict[int, None] = {}
    rest, at = "", 0
    while at < len(said):
        found = owned(lines, said, at)
        if found is None:
            rest, at = rest + said[at], at + 1
        else:
            hit, at = hit | dict.fromkeys(sorted(found[1])), found[0]
    of = _by_product(lines, rest, shelf) if hit else None
    if of is None:
        return Pointed(tuple(hit), rest, "account") if hit else None
    both = tuple(i for i in hit if i in of.lines)  # 我妈的话费
    return Pointed(both, of.rest, "account") if both else None


def by_each_number(said: str) -> list[tuple[int, str]]:
    """第一个50第二个100: (number, what is said of it) for each, when there are several."""
    found = list(_NTH.finditer(said))
    ends = [*(one.start() for one in found[1:]), len(said)]
    numbers = [read_numeral(one[1]) for one in found]
    if len(found) < 2 or any(number is None for number in numbers):
        return []
    return [(int(n or 0), said[one.end() : end]) for n, one, end in zip(numbers, found, ends, strict=True)]


def _by_account(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> Pointed | None:
    held = [(i, value) for i, line in enumerate(lines) for value in accounts(line, shelf)]
    hits = [(i, value) for i, value in held if value in said]
    if hits:
        rest = said
        for _, value in hits:
            rest = rest.replace(value, "")
        return Pointed(tuple(dict.fromkeys(i for i, _ in hits)), rest, "account")
    tail = _TAIL.search(said)
    if tail is not None:
        ending = [i for i, value in held if value.endswith(tail[1])]
        return Pointed(tuple(dict.fromkeys(ending)), _without(said, tail), "account") if ending else None
    head = _HEAD.search(said)
    sizes = {name for line in lines for name in names_of(line, shelf)}
    beginning = [i for i, value in held if head is not None and value.startswith(head[1]) and head[1] not in sizes]
    if head is not None and not beginning and head[1] not in sizes and len(head[1]) > 3:  # 8364那个: how it ends
        beginning = [i for i, value in held if value.endswith(head[1])]
    return Pointed(tuple(dict.fromkeys(beginning)), _without(said, head), "account") if head and beginning else None


def accounts(line: DraftLine, shelf: Shelf) -> list[str]:
    """The accounts a line holds, folded."""
    product = shelf.product(line.product) if line.product else None
    found: list[str] = []
    for name, value in line.fields.items():
        field = field_of(product, name) if product else None
        if len(value) >= _ACCOUNT_CHARS and (field is None or field.kind not in _NOT_ACCOUNTS):
            found.append(fold(value))
    return found


def _by_product(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> Pointed | None:
    best: tuple[str, str] | None = None
    for product in _products(lines, shelf):
        name = longest_name((product.name, *product.aliases), said)
        if name and (best is None or len(name) > len(best[0])):
            best = (name, product.id)
    best = best or _by_part_of_name(_products(lines, shelf), said)
    if best is None:
        return None
    hit = tuple(i for i, line in enumerate(lines) if line.product == best[1])
    rest = said.replace(best[0], "", 1)
    # 京东卡200的: among several lines of the product, what follows tells which.
    narrowed = _by_part([lines[i] for i in hit], rest, shelf) if len(hit) > 1 else None
    if narrowed is not None and narrowed.lines:
        return Pointed(tuple(hit[i] for i in narrowed.lines), narrowed.rest, "part")
    return Pointed(hit, rest, "product")


def _by_part_of_name(products: Sequence[Product], said: str) -> tuple[str, str] | None:
    """京东的, where 京东E卡 is the only one of several that is called so: (the words, product id)."""
    parts = {product.id: _shared_part((product.name, *product.aliases), said) for product in products}
    heard = [(part, product_id) for product_id, part in parts.items() if len(part) > 1]
    return heard[0] if len(heard) == 1 < len(products) else None


def _shared_part(names: Iterable[str], said: str) -> str:
    """The longest beginning of one of these names that stands in a text."""
    starts = (name[:end] for name in map(fold, names) for end in range(2, len(name) + 1))
    return max((start for start in starts if start in said), key=len, default="")


def _products(lines: Sequence[DraftLine], shelf: Shelf) -> list[Product]:
    ids = dict.fromkeys(line.product for line in lines if line.product)
    return [product for product in map(shelf.product, ids) if product is not None]


def _by_part(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> Pointed | None:
    """What some of the lines are and the others are not: 598的, 大杯那个, 慢充的."""
    names = [names_of(line, shelf) for line in lines]
    heard = {name for own in names for name in own if _stands_in(name, said)}
    longest = [name for name in heard if not any(name != other and name in other for other in heard)]
    telling = [name for name in longest if any(name not in own for own in names)]
    if not telling:
        return None
    hit = tuple(i for i, own in enumerate(names) if all(name in own for name in telling))
    rest = said
    for name in telling:
        rest = re.sub(_whole(name) + "(?:元|块钱?)?", "", rest, count=1)
    return Pointed(hit, rest, "part")


def names_of(line: DraftLine, shelf: Shelf) -> frozenset[str]:
    """What a line can be called, folded: its SKU, its size, and what was chosen for it."""
    looked = look(line, shelf)
    product, sku = looked.product, looked.sku
    found: list[str] = []
    if sku is not None:
        starts = range(2, len(sku.label)) if not sku.label[:1].isdecimal() else ()
        found += [sku.label, *sku.aliases, *(sku.label[:end] for end in starts)]  # 两年那个, of 两年1台
    value = line.value if line.value is not None else (sku.value if sku and sku.any_value is None else None)
    if value is not None:
        found.append(number(value))
    if product is not None:
        for name, chosen in _chosen(line, looked.options).items():
            part = option_of(product, name) or field_of(product, name)
            choice = next((c for c in part.values if c.id == chosen), None) if part else None
            if choice is not None:
                found += [choice.label, *choice.aliases]
    return frozenset(name for name in map(fold, found) if len(name) > 1 or name.isdecimal())


def _chosen(line: DraftLine, options: Mapping[str, str]) -> dict[str, str]:
    return {**options, **line.fields}


def names_else(line: DraftLine, text: str, shelf: Shelf) -> bool:
    """加一个QQ会员: whether words are left that are neither what this line is of, nor how many, nor to whom."""
    product = shelf.product(line.product or "")
    rest = _COUNTS.sub("", fold(text))
    names = {fold(name) for name in (product.name, *product.aliases)} if product is not None else set()
    sizes = {fold(name) for sku in (product.skus if product is not None else ()) for name in (sku.label, *sku.aliases)}
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields) if product is not None else ()
    chosen = {fold(name) for part in parts for c in part.values for name in (c.label, *c.aliases)}
    for name in sorted({*names, *sizes, *chosen}, key=len, reverse=True):
        rest = rest.replace(name, "")
        starts = [name[:end] for end in range(len(name), 1, -1) if name[:end] in rest]
        rest = rest.replace(starts[0], "") if starts and not name[0].isdecimal() else rest
    return len(re.findall("[\u4e00-\u9fffa-z]", _SMALL_WORDS.sub("", rest))) > 1


def longest_name(names: Iterable[str], said: str) -> str:
    """The longest of these names that stands in a folded text, folded; or nothing."""
    return max((name for name in map(fold, names) if len(name) > 1 and name in said), key=len, default="")


def _stands_in(name: str, said: str) -> bool:
    return name in said and re.search(_whole(name), said) is not None


def _whole(name: str) -> str:
    """A name that begins or ends in a digit must not be part of a longer number."""
    before = r"(?<![\d.])" if name[0].isdecimal() else ""
    after = r"(?![\d.])" if name[-1].isdecimal() else ""
    return before + re.escape(name) + after


def _without(said: str, found: re.Match[str]) -> str:
    return said[: found.start()] + said[found.end() :]


def told_apart(products: Sequence[Product], text: str) -> Product | None:
    """The one of several products that an answer names by what only it has: a piece of its names, or the part of its
    name that the others do not share."""
    said = _AROUND.sub("", fold(text))
    if len(products) < 2 or len(said) < 2 or said.isdecimal() or any(word in said for word in NOT_WORDS):
        return None
    named = [p for p in products if any(said in fold(name) for name in (p.name, *p.aliases))]
    if len(named) == 1:
        return named[0]
    names = [fold(product.name) for product in products]
    start, end = _shared_start(names), _shared_start([name[::-1] for name in names])
    own = [name[start : len(name) - end] for name in names]
    held = [p for p, part in zip(products, own, strict=True) if len(part) > 1 and part in said]
    return held[0] if len(held) == 1 and len(said) <= _ANSWER_MAX else None


def _shared_start(names: Sequence[str]) -> int:
    """How many letters all names begin with in common."""
    return next(
        (i for i, letters in enumerate(zip(*names, strict=False)) if len(set(letters)) > 1), min(map(len, names))
    )
