"""A message of several goods read clause by clause, beside the reading of the whole: what the whole lost is found there
(大杯两张 steam50一张), and what a clause names and no line holds is told."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs.draft import look
from dialogs.filling import FREE, fill
from dialogs.pointing import longest_name
from dialogs.state import DRAFT_LINES_MAX, DraftLine
from dialogs.turn import Clause, Said
from nlu.frame import Item
from nlu.joins import joined_plainly
from nlu.lexicon import Lexicon
from nlu.numerals import CHINESE
from nlu.parsing import parse
from nlu.surnames import KIN
from nlu.text import normalise
from nlu.withdrawing import without_withdrawn
from nlu.words import PIECES

_PARTS = r"[\s,，。;；!！]+|还有|(?=另外|顺便|(?<!另外)再[来加要买]|(?<!另外)还要)"
"""Where one thing that is done with the order ends: 我妈和我的改成50 is one."""
_DONE_APART = re.compile(_PARTS)
_BREAKS = re.compile(rf"{_PARTS}|、|(?<=[^\d\s])[和跟与及](?=[^\d\s])")
_CHANGES = re.compile("[改换]|减|不要|去掉|删")
_CORRECTS = re.compile(f"^算了|{_CHANGES.pattern}")
_ADDS = re.compile("[再另][加来要买充带捎拿配整]|另外|还要|加上|多[来要加买]")
_ADDS_TOO = re.compile("顺[便带]|还有|也[要来买充]")
_OWNED = re.compile("[辆位名口]|我有|我家|其中")
"""一辆suv: what he has, and no goods."""
_COUNTED = re.compile(rf"(?<![\d.第])(?:\d{{1,2}}|[{CHINESE}]{{1,2}})[{PIECES}]")
_COUNT_ALONE = re.compile(rf"[来要买拿]?(?:\d{{1,2}}|[{CHINESE}]{{1,2}})[{PIECES}]吧?")
_EACH = re.compile("各|每[样种]|分别")
"""六次券和三次券各两份: the whole knows better than its clauses."""
_COUNT_FIRST = re.compile(rf"{_COUNT_ALONE.pattern}[\s,，、。]+")
_DOES = re.compile(f"{_CHANGES.pattern}|{_ADDS.pattern}")
_CHARS_MAX = 200
_SHORT_CHARS = 40
_CLAUSES_MAX = 12
_NO_GOODS = re.compile(r"\d{5}|[省市区县路街镇]|@")
_INTENTS = ("order", "answer", "search", "browse")
_NOT_WANTED = re.compile(
    r"[?？吗]|不[要用买充想]|别|多少|上次|之前|还是|或者?|不对|不是|改|换|退|取消|算了|[打写说搞弄输]错|错了|[哦啊噢呃哎诶]不|不不|更正|口误|没|哪|几[个张份块元天]*(?=[?？,，]|$)|什么|怎么|给|送|为了"
)

_TO_ME = re.compile(f"(?:麻烦|请|直接)?[给帮]我(?![们的家]|{KIN}|同[学事]|朋友|室友|对象)")
"""给我来两杯 gives nothing to anybody else."""


def read_clauses(text: str, lexicon: Lexicon) -> tuple[Clause, ...]:
    """What each clause means by itself, where a message may be about several things; none for any other message. A
    clause of an address or an account is nobody's goods."""
    text = _TO_ME.sub("", joined_plainly(without_withdrawn(text, normalise(text), lexicon)))
    if (
        "\n" in text
        or len(text) > _CHARS_MAX
        or (_NOT_WANTED.search(text) and not changes_and_adds(text) and not (_CORRECTS.search(text) and adds(text)))
    ):
        return ()
    if changes_and_adds(text):
        clauses = _with_accounts(_with_counts(_DONE_APART.split(text)))
    else:
        clauses = [clause for clause in _with_counts(_BREAKS.split(text)) if not _NO_GOODS.search(clause)]
    if not 2 <= len(clauses) <= _CLAUSES_MAX or not (_COUNTED.search(text) or len(text) <= _SHORT_CHARS):
        return ()
    return tuple(Clause(clause, parse(clause, lexicon)) for clause in clauses)


def _with_counts(clauses: Sequence[str]) -> list[str]:
    """温泉大人 两张: a count that stands alone is of what comes before it, where that has none."""
    joined: list[str] = []
    for clause in filter(None, clauses):
        if joined and _COUNT_ALONE.fullmatch(clause) and not _COUNTED.search(joined[-1]):
            joined[-1] += f" {clause}"
        else:
            joined.append(clause)
    return joined


def _with_accounts(clauses: Sequence[str]) -> list[str]:
    """再加个公交卡100 卡号215066778899: an account in a clause of its own is of what comes before it."""
    joined: list[str] = []
    for clause in clauses:
        if joined and _NO_GOODS.search(clause) and not _DOES.search(clause):
            joined[-1] += f" {clause}"
        else:
            joined.append(clause)
    return joined


def changes_and_adds(text: str) -> bool:
    """30的改成3张，再加2张50的; 两张 再加一张50的: below a summary each part is done by itself."""
    if _COUNT_FIRST.match(text) is not None and adds(text):
        return True
    return _CHANGES.search(text) is not None and _ADDS.search(text) is not None


def adds(text: str) -> bool:
    """也要一张, 顺便来个: one more thing."""
    return _ADDS.search(text) is not None or _ADDS_TOO.search(text) is not None


def with_lost_goods(said: Said, shelf: Shelf) -> Said:
    """The message with one item for each clause that names goods of its own, where the whole lost some of them; and
    where every clause names some, so that each has its own count."""
    items = said.frame.items
    goods = [_goods(clause, shelf) for clause in said.clauses]
    if goods and _heads_list(goods):
        goods = [None, *goods[1:]]  # 三杯咖啡 拿铁两杯 美式一杯
    named = [item for item in goods if item is not None]
    if said.frame.intent not in _INTENTS or changes_and_adds(said.text) or not 2 <= len(named) <= DRAFT_LINES_MAX:
        return said
    held = {product for item in items for product in (item.product, *item.candidates)}
    there = {item.product for item in named}
    every = (
        None not in goods
        and not _EACH.search(said.text)
        and all(_COUNTED.search(clause.text) for clause in said.clauses)
        and len({tuple(sorted(item.fields.items())) for item in items}) < 2  # else each has its own account
    )
    mine = [_skus(item, shelf) for item in items]
    counted = {
        _skus(item, shelf)
        for clause, item in zip(said.clauses, goods, strict=True)
        if item is not None and _COUNTED.search(clause.text)
    }
    lost = there - held or (len(counted) > 1 and any(not any(one & other for other in mine) for one in counted))
    rest = [item for item in items if not any(_skus(item, shelf) & _skus(one, shelf) for one in named)]
    if not (every or lost) or any(item.product not in there for item in rest):
        return said
    counts = {item.quantity for item in named}
    alone = [
        replace(item, quantity=1, said=item.said - {"quantity"}) if item.quantity in counts else item for item in rest
    ]
    whole = tuple(_with_fields(item, items, shelf) for item in [*named, *([] if every else alone)])
    return replace(said, frame=replace(said.frame, intent="order", items=whole))


def _heads_list(goods: Sequence[Item | None]) -> bool:
    """Whether the first clause only tells how many there are of what the others name one by one."""
    head, *rest = goods
    listed = [item for item in rest if item is not None]
    if head is None or not listed or head.sku is not None or head.said - {"product", "quantity"}:
        return False
    same = all(item.product == head.product for item in listed)
    return same and head.quantity == sum(item.quantity for item in listed) > 1


def _skus(item: Item, shelf: Shelf) -> frozenset[str]:
    """What an item can be of, by code."""
    looked = look(fill(DraftLine(), item, shelf).line, shelf)
    return frozenset(sku.code for sku in looked.skus) if looked.trouble is None else frozenset()


def left_out(lines: Sequence[DraftLine], said: Said, shelf: Shelf) -> tuple[str, ...]:
    """The clauses that name goods no line is of."""
    held = {product for line in lines for product in (line.product, *line.candidates)}
    goods = [(clause.text, item) for clause in said.clauses if (item := _goods(clause, shelf)) is not None]
    return tuple(text for text, item in goods if item.product not in held and not _stands(text, item, lines, shelf))


def _stands(text: str, item: Item, lines: Sequence[DraftLine], shelf: Shelf) -> bool:
    """25美元 两张, of the card that was named before it: no other goods, though others come by that size, too."""
    product = shelf.product(item.product or "")
    called = product is not None and longest_name((product.name, *product.aliases), fold(text))
    return not called and any(line.value == item.value and line.quantity == item.quantity for line in lines)


def _goods(clause: Clause, shelf: Shelf) -> Item | None:
    """The one thing that a clause names: a product, and which of it; or, counted, a choice of one product alone."""
    items = clause.frame.items
    if clause.frame.intent not in _INTENTS or len(items) != 1 or items[0].candidates:
        return None
    (item,) = items
    counted = _COUNTED.search(clause.text) is not None
    if item.product is None and counted and not _OWNED.search(clause.text):
        owners = [_choices(shelf).get((name, item.options[name]), ()) for name in item.options.keys() & item.said]
        ids = set.intersection(*map(set, owners)) if owners else set()
        item = replace(item, product=ids.pop()) if len(ids) == 1 else item
    which = item.sku is not None or "value" in item.said or item.options.keys() & item.said
    return item if item.product is not None and (which or counted) else None


def products_with(shelf: Shelf, option: str, choice: str) -> tuple[str, ...]:
    """The products that have a choice: 港区 of the region."""
    return _choices(shelf).get((option, choice), ())


def owners_of(shelf: Shelf, item: Item) -> set[str]:
    """The products that have all the choices an item names (IMAX); none where it names no choice."""
    owners = [products_with(shelf, name, item.options[name]) for name in item.options.keys() & item.said]
    return set.intersection(*map(set, owners)) if owners else set()


@lru_cache(maxsize=4)
def _choices(shelf: Shelf) -> dict[tuple[str, str], tuple[str, ...]]:
    """Which products have a choice, by the name of its option and its own."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for product in shelf.products:
        for option in product.options:
            for choice in option.values:
                key = (option.name, choice.id)
                found[key] = (*found.get(key, ()), product.id)
    return found


def _is_of_all(name: str, value: str, items: Sequence[Item]) -> bool:
    return all(item.fields.get(name) == value for item in items)


def _with_fields(item: Item, items: Sequence[Item], shelf: Shelf) -> Item:
    """What the reading of the whole knows of this product besides: its account; and the address, which is for all."""
    product = shelf.product(item.product or "")
    same = [other for other in items if other.product == item.product]
    own = {name: value for name, value in same[0].fields.items() if _is_of_all(name, value, same)} if same else {}
    for field in product.fields if product is not None else ():
        given = {other.fields[field.name] for other in items if field.name in other.fields}
        if field.kind in FREE and len(given) == 1:
            own |= {field.name: given.pop()}
    fields = {**own, **item.fields}
    return replace(item, fields=fields, said=item.said | fields.keys()) if fields != dict(item.fields) else item
