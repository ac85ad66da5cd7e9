"""The lines said anew below a summary (不对，我要的是A和B), and one of several exchanged (A不要了，来两杯B).

It alone tells what was not named again, makes one line of several (全部换成珍奶三杯), and takes
不要儿童的，来老人的 for one change where the gist has a line that goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.checks import fold
from catalog.model import Delivery, FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import field_of, look, pick_sku
from dialogs.filling import fill
from dialogs.state import QUANTITY_MAX, DraftLine
from dialogs.staying import named_lines
from dialogs.subjects import NUMERAL, PIECES, parts_of, spaced
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral

ANEW = re.compile(
    "(?:[,，。!！]|不对|不是|错了|(?:搞|弄|说|写|听)错了|哎|啊|嗯|我|想|刚才|刚刚|现在)*"
    "(?:要的是|[说讲选]的是|[重再]新?说(?:一[下遍次])?|应该是|重新?(?:下|列|来)(?:一[下遍次份])?|(?:一共|总共|其实|就)(?:只|就)?要)[:：,，]*"
)
"""我要的是…, 重新说: what follows is all he wants."""
DENIES = re.compile("(?:哎|啊|嗯|哦|[,，。!！])*(?:不对|不是(?!.{1,8}是)|错了|[搞弄说写下点买听]错了)")
_ADDS = re.compile("再[加来要买带捎拿配整]|另外|顺[便带]|加上|外加|还要|加个|[改换减少删]|不要|去掉|取消|[?？吗呢]")
_HEAD = "(?:不对|错了|等等|哎|啊|哦|嗯|那个?|把|我|就|还是|[,，])*+"
_OLD = f"(?P<old>[^,，]{{1,12}}?)(?:的|那个|那{PIECES})*+"
_SWAPS = tuple(
    re.compile(f"^{_HEAD}{pattern}(?P<new>[^,，]{{1,14}}?)(?:吧|了|啊|呢|哈|谢谢|[,，。!！~])*+$")
    for pattern in (
        f"(?:不是|不要|别要?|不用){_OLD}(?:了)?[,，]*(?P<into>而是|应该是|是|我?要|来|换成?|改成?|给我来?)",
        f"{_OLD}(?:不[要喝吃用买]了?|去掉|取消掉?|算了)[,，]*(?P<drops>)(?:那|就|给我|我)*(?:换成?|改成?|要|来|加)",
        f"{_OLD}(?:[换改](?:成|为|到)?)",
    )
)
_WHY_BEHIND = re.compile(
    "[,，][^,，]{0,8}(?:有点|太|好|真|挺|蛮)(?:贵|多|大|小|远|吵|慢|苦|甜|腻|辣|短|长|挤)了?$"
    "|[,，][^,，]{0,8}(?:不好|不合适|不喜欢|用不[上着完]|[吃喝]不完|没位置|没座)了?$"
)
"""池座有点贵: why, behind what is to be done."""
_ALL = re.compile(
    f"^{_HEAD}(?:全部?|都|统统|所有的?)(?:都)?(?:给我|帮我)?[换改](?:成|为|到)?(?P<new>[^,，]{{1,14}}?)(?:吧|了|啊|[,，。!！~])*+$"
)
_ALL_ALIKE = re.compile(
    f"^{_HEAD}(?:算了)?(?:全部?|都|统统)(?:都)?(?:要|选|报|来|是|换成?|改成?)?(?P<new>[^,，要]{{2,8}}?)(?:的|吧|了|好了|啊)*(?:[,，][^,，\\d]{{1,8}})?$"
)
_DIGITS = f"0123456789{CHINESE}"
_AFTER_COUNT = re.compile(rf"({NUMERAL}{PIECES})(?=\w)")
"""大杯两张中杯一张: a clause ends behind its count."""
_CLAUSES = re.compile("[,，。;；、和跟]+")
_COUNT = re.compile(rf"(?P<count>{NUMERAL})(?P<piece>{PIECES})|^(?P<one>{PIECES})(?=.)")
_AROUND = re.compile("^(?:的|要|来|是)+|(?:的|吧|了)+$")


@dataclass(frozen=True, slots=True)
class Restated:
    """The lines as said anew, and those of before that were not named again."""

    lines: tuple[DraftLine, ...]
    gone: tuple[DraftLine, ...]


def restated(lines: Sequence[DraftLine], text: str, items: Sequence[Item], shelf: Shelf) -> Restated | None:
    """Whole goods in place of what stands there: after 我要的是; where one is new, after 不对 or beside a line that is
    repeated as it is. The accounts of a line that is named again are kept."""
    said = spaced(text)
    anew, denies = ANEW.match(said), DENIES.match(said)
    rest = said[max(found.end() if found is not None else 0 for found in (anew, denies)) :]
    if _ADDS.search(rest):
        return None
    whole = [i for i in items if i.product and (i.sku or "value" in i.said) and not i.candidates]
    items = whole if len(whole) == len(items) > 1 else _sizes_named(lines, rest, shelf)
    if len(items) < 2:
        return None
    held = [(line.product, _code(line, shelf), line.quantity) for line in lines]
    wanted = [(item.product, item.sku, item.quantity) for item in items]
    new = any((product, sku) not in {one[:2] for one in held} for product, sku, _ in wanted)
    repeats = any(one in held and "quantity" in item.said for one, item in zip(wanted, items, strict=True))
    if not anew and not (new and (denies or (repeats and len(lines) > 1))):
        return None
    made = tuple(_like_before(item, lines, items, shelf) for item in items)
    return Restated(made, not_again(lines, made, shelf))


def not_again(lines: Sequence[DraftLine], made: Sequence[DraftLine], shelf: Shelf) -> tuple[DraftLine, ...]:
    """The lines of before that were not named again, as they are or in another size."""
    kept = {(line.product, _code(line, shelf)) for line in made}
    gone = tuple(line for line in lines if (line.product, _code(line, shelf)) not in kept)
    resized = {line.product for line in gone if _is_one_of(line, lines) and _is_one_of(line, made)}
    return tuple(line for line in gone if line.product not in resized)


def _is_one_of(line: DraftLine, lines: Sequence[DraftLine]) -> bool:
    """Whether its product stands in these lines, and once."""
    return sum(other.product == line.product for other in lines) == 1


def _sizes_named(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> list[Item]:
    """中杯1张，大杯2张: sizes of the one product of all lines, each with its count; none where a clause says more."""
    product = shelf.product(lines[0].product or "")
    if product is None or any(line.product != product.id for line in lines):
        return []
    found: list[Item] = []
    for clause in filter(None, _CLAUSES.split(_AFTER_COUNT.sub(r"\1,", said) if said[:1] not in _DIGITS else said)):
        count = _COUNT.search(clause)
        number = read_numeral(count["count"]) if count is not None and count["count"] else None
        sizes = _sizes_called(product, _AROUND.sub("", clause.replace(count[0], "", 1))) if count is not None else []
        if number is None or len(sizes) != 1 or not 1 <= number <= QUANTITY_MAX:
            return []
        told = frozenset({"product", "value", "quantity"})
        size = sizes[0]
        found.append(Item(product.id, sku=size.code, value=size.value, quantity=int(number), said=told))
    return found


def _like_before(item: Item, lines: Sequence[DraftLine], items: Sequence[Item], shelf: Shelf) -> DraftLine:
    """The item as a line, with what the one line of before that it can be gave: no account goes to another's."""
    product = shelf.product(item.product or "")
    same = [line for line in lines if line.product == item.product]
    mine = [line for line in same if _code(line, shelf) == item.sku] or same
    alone = len(mine) == 1 and sum(other.product == item.product for other in items) == 1
    fields: dict[str, str] = {}
    if product is not None and mine:
        own = mine[0].fields if alone or _code(mine[0], shelf) == item.sku else {}
        fields = {**_for_all(product, mine[0]), **own}
    return fill(DraftLine(item.product, fields=fields), item, shelf).line


def _for_all(product: Product, line: DraftLine) -> dict[str, str]:
    """What is said once for all lines of a product: who fetches, where to; for whom a top-up is, is not."""
    if product.delivery is not Delivery.TOPUP:
        return dict(line.fields)
    free = (FieldKind.TEXT, FieldKind.ADDRESS)
    return {n: v for n, v in line.fields.items() if (f := field_of(product, n)) is not None and f.kind in free}


def exchanged(
    lines: Sequence[DraftLine], text: str, items: Sequence[Item], shelf: Shelf
) -> tuple[DraftLine, ...] | None:
    """Several lines, of which one becomes another (圣代换成珍奶一杯, 不是儿童是老人票) or all (全部换成珍奶三杯)."""
    said = spaced(text)
    if len(lines) < 2 or re.search("[?？吗呢]", said):
        return None
    everything = _ALL.match(said)
    if everything is not None:
        return _all_one(lines, everything["new"], shelf)
    said = _WHY_BEHIND.sub("", said)
    for pattern in _SWAPS:
        found = pattern.match(said)
        meant = named_lines(lines, found["old"], shelf) if found is not None else set()
        if found is None or len(meant) != 1:
            continue
        (at,) = meant
        new = _other_size(lines[at], found["new"], shelf, keeps="drops" not in found.groupdict())
        if new is None and "into" in found.groupdict():
            new = _other_goods(lines[at], items, shelf)
        if new is not None:
            return (*lines[:at], new, *lines[at + 1 :])
    return None


def all_alike(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """算了都走读吧 方便接: each of several lines of one product in that one size, for whomever it is."""
    found = _ALL_ALIKE.match(spaced(text))
    if found is None or len(lines) < 2 or len({line.product for line in lines}) > 1:
        return None
    made = [_other_size(line, found["new"], shelf, keeps=True) for line in lines]
    alike = tuple(line for line in made if line is not None)
    return alike if len(alike) == len(lines) and alike != tuple(lines) else None


def _other_size(line: DraftLine, words: str, shelf: Shelf, *, keeps: bool) -> DraftLine | None:
    """The line as another size of its product, that is named, and as many as are said: else as before, or one."""
    product = shelf.product(line.product or "")
    count = _COUNT.search(words)
    named = _AROUND.sub("", words.replace(count[0], "", 1) if count is not None else words)
    sizes = _like_it(_sizes_called(product, named) if product is not None else [], line, shelf)
    number = read_numeral(count["count"]) if count is not None and count["count"] else None
    wanted = int(number) if number is not None else 1 if count is not None or not keeps else line.quantity
    if product is None or len(sizes) != 1 or not 1 <= wanted <= QUANTITY_MAX:
        return None
    return pick_sku(replace(line, quantity=wanted, value=None, sku=None), sizes[0], product, shelf)


def _like_it(sizes: list[Sku], line: DraftLine, shelf: Shelf) -> list[Sku]:
    """楼座, of a ticket for the evening: the one of several that is otherwise as the line was."""
    held = look(line, shelf).sku
    if held is None or len(sizes) < 2:
        return sizes
    shared = [len(set(sku.options.items()) & set(held.options.items())) for sku in sizes]
    return [sku for sku, same in zip(sizes, shared, strict=True) if same == max(shared)]


def _sizes_called(product: Product, named: str) -> list[Sku]:
    if len(named) < 2 or named[:1].isdecimal():
        return []
    whole = [sku for sku in product.skus if named in map(fold, (sku.label, *sku.aliases))]
    chosen = {
        (option.name, choice.id)
        for option in product.options
        for choice in option.values
        if named in map(fold, (choice.label, *choice.aliases))
    }
    return (
        whole
        or [sku for sku in product.skus if chosen.intersection(sku.options.items())]
        or [sku for sku in product.skus if named in parts_of(sku, product)]
    )


def _other_goods(line: DraftLine, items: Sequence[Item], shelf: Shelf) -> DraftLine | None:
    """不是奶搓是采耳, of another product."""
    other = [item for item in items if item.product not in (None, line.product)]
    if len(other) != 1 or not (other[0].sku or "value" in other[0].said):
        return None
    new = fill(DraftLine(), other[0], shelf).line
    return new if "quantity" in other[0].said else replace(new, quantity=line.quantity)


def _all_one(lines: Sequence[DraftLine], words: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """全部换成珍奶三杯: one line of so many, or of as many as before, where nothing but the size told them apart."""
    made = [_other_size(line, words, shelf, keeps=True) for line in lines]
    sized = [line for line in made if line is not None]
    if len(sized) < len(lines) or any(line.fields != lines[0].fields for line in lines):
        return None
    if _COUNT.search(words):
        return (sized[0],)
    total = sum(line.quantity for line in lines)
    return (replace(sized[0], quantity=total),) if total <= QUANTITY_MAX else None


def _code(line: DraftLine, shelf: Shelf) -> str | None:
    sku = look(line, shelf).sku
    return sku.code if sku is not None else None
