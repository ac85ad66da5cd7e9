"""Which of several lines a word names: by product, size, choice, account, place, owner, or by what sets it apart."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from catalog.checks import fold
from catalog.model import FieldKind, Product
from catalog.shelf import Shelf
from dialogs.draft import field_of, look
from dialogs.gist.mentions import spans_in
from dialogs.pointing import accounts, names_of
from dialogs.state import DraftLine
from dialogs.whose_line import owned
from nlu.numerals import read_numeral
from nlu.words import PIECES

PIECE = rf"[{PIECES}位户款码边头罐]"
_THAT = rf"(?:的|那|这|一|{PIECE})"
_BEHIND = re.compile(
    rf"(?:元|块钱?|面值)?(?P<marked>的?[那这]一?(?:{PIECE}(?!月))?|的(?!话)|(?=也|都))?的?(?:订单|单子)?"
)
_FIRST = re.compile(rf"(?:最|靠)?(?:前|上)(?:面|头|边){_THAT}*|头(?:一{PIECE}|里)|首{PIECE}")
_LAST = re.compile(rf"(?:最|靠)?(?:后|下|末)(?:面|头|边|尾){_THAT}*|最后{_THAT}+|末尾那?{PIECE}?")
_MIDDLE = re.compile(rf"(?:正?中间|当中|夹中间){_THAT}*")
_NTH = re.compile(
    rf"第([一二三四五六七八九十\d]{{1,2}})(?:{PIECE}|样|项|行|笔|号(?!码))?|([一二三四五六七八九1-9])号(?!码)"
)
_ENDS = re.compile(rf"(前|后|上面|下面)([两俩三四五六七八九2-9])(?:{PIECE}|样)?")
_TAIL = re.compile(
    r"(?:尾号|末尾|最后|结尾|后[三四]位)(?:为|是)?(?P<tail>[0-9x]{3,5})"
    r"|(?P<part>[0-9]{3,6})(?:\*+\d*)?(?=结尾|开头|收尾|打头|[的那这号个也都不别先就换改是])"
)
_TAIL_MARKS = re.compile("(?:结尾|开头|收尾|打头)?(?:的)?(?:那|这)?个?(?:号码?)?")
_OTHERS = re.compile(
    rf"(?:其[他它余]|剩(?:下|余)?|余下|别|另外?)(?:{_THAT}|两|几)+|(?:其[他它余]|剩下|余下)(?:全|都|的)*"
)
_EVERY = re.compile(
    rf"[这那]?(?P<many>[两俩仨二三四五六七八九2-9]|几)(?:{PIECE}|样|种|号)?[都全](?!是|有|在|岁)"
    r"|[全每](?:部|都|[个张样份件])都?|所有的?|统统"
)
_MINE = re.compile(rf"我(?:自己|本人)?(?:的?[那这]{PIECE}|的)")
_KEPT = re.compile("先用|先留|留[着下]|不动|照旧|够用|保留|没错")
_COMPARED = re.compile("(?P<least>[小短少低轻细]|便宜)|(?P<most>[大长多贵高重厚])")
_COMPARED_BEHIND = re.compile(rf"(?:一?[点些号])?(?:的(?:那|这)?{PIECE}?|[那这]{PIECE})")
_NOT_COMPARED = ("最", "超", "特", "太", "更", "不", "好")
_VALUE = re.compile(
    r"(?:[成到为至]|(?<![就也都])是|[改换变弄整搞升降调选](?:上?[一]?[个张份]|上|的)?|凑(?:够|足|满)?)(?:那个|那种)?$"
)
_WISH = re.compile(r"(?:[充冲打开交加上要来拿办续订买洗做印看学])(?:上?一?[个张份]|的是)?$")
NOT = re.compile(
    "(?:不要|不用|不想要?|别[要充买弄]?|甭|只[要留买充]|就[要留买充]|只[弄搞开]|光|单|留|把|撤|删|退|取消|去掉).{0,3}$"
)
"""Said before what goes or stays."""
_INTO = re.compile(rf"(?:换|[改变]成|[改换]为)(?:成|了)?(?:[一两三四五六七八九十\d]*{PIECE})?$")
_AMOUNT = re.compile(r"(\d{1,7})(?![\d.])")
_LETTER = re.compile(rf"([\u4e00-\u9fff])(?=[要来得](?:[一两三四五六七八九十\d俩仨])|那{PIECE}|的?[改换]成?)")
_TOO_PLAIN = re.compile(
    "^(?:充值|手机|号码?|会员|电子|服务|在线|代金?|官方|中国|全国|套餐|普通|标准|上门|生活|购买|专用)$"
)
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}|[a-z]{2,}")


@dataclass(frozen=True, slots=True)
class Ref:
    """Words that name some of the lines."""

    start: int
    end: int
    lines: frozenset[int]
    marked: bool
    """那个, 的 behind it; or a place, an account, an owner: no value."""
    sized: bool = False
    """By a size: it can be a new value as well."""
    product: bool = False
    plural: bool = False
    into: bool = False
    """What something is to become: 换两张steam."""
    value: bool = False
    """What a line is to be, and no name of one: 换成大杯."""


def refs_in(lines: Sequence[DraftLine], clause: str, shelf: Shelf, before: frozenset[int]) -> Iterator[Ref]:
    spoken = {start: (end, what.skus) for start, end, what in spans_in(clause, _products(lines, shelf), shelf)}
    inside = 0
    at = 0
    while at < len(clause):
        hits = [one for one in _candidates(lines, clause, at, shelf, before) if one is not None]
        if at in spoken and at >= inside:
            inside = spoken[at][0]
            if spoken[at][1]:
                hits += _by_size(lines, clause, at, *spoken[at], shelf)
        best = max(hits, key=lambda one: (one.end, one.marked), default=None)
        if best is None:
            at += 1
            continue
        into = best.product and _INTO.search(clause[:at]) is not None
        yield replace(best, into=into, value=best.sized and _is_value(clause, best))
        at = best.end


def _is_value(clause: str, one: Ref) -> bool:
    before, behind = clause[: one.start], clause[one.end :]
    if NOT.search(before):
        return not one.marked and not behind
    if _VALUE.search(before):
        return True
    if not one.marked:
        return bool(_WISH.search(before)) or (one.start > 2 and not _KEPT.match(behind))
    return len(behind) < 2 and re.search(r"[去掉删撤]", behind) is None and bool(_WISH.search(before) or not behind)


def _candidates(
    lines: Sequence[DraftLine], clause: str, at: int, shelf: Shelf, before: frozenset[int]
) -> Iterator[Ref | None]:
    yield _by_place(lines, clause, at, before)
    yield _by_account(lines, clause, at, shelf)
    yield _by_name(lines, clause, at, shelf)
    yield _by_comparison(lines, clause, at, shelf)
    yield _by_amount(lines, clause, at, shelf) or (_by_letter(lines, clause, shelf) if at == 0 else None)
    if (whose := owned(lines, clause, at)) is not None:
        yield Ref(at, whose[0], whose[1], marked=True)


def _by_place(lines: Sequence[DraftLine], clause: str, at: int, before: frozenset[int]) -> Ref | None:
    count = len(lines)
    for pattern, place in ((_FIRST, 0), (_LAST, -1)):
        if (one := pattern.match(clause, at)) is not None and (count == 2 or "头一" in one[0] or "最" in one[0]):
            return Ref(at, one.end(), frozenset({place % count}), marked=True)
    if (one := _MIDDLE.match(clause, at)) is not None and count == 3:
        return Ref(at, one.end(), frozenset({1}), marked=True)
    if (one := _ENDS.match(clause, at)) is not None and (many := _number(one[2])) < count:
        those = range(many) if one[1][0] in "前上" else range(count - many, count)
        return Ref(at, one.end(), frozenset(those), marked=True, plural=True)
    if (one := _NTH.match(clause, at)) is not None and 1 <= (many := _number(one[1] or one[2])) <= count:
        end = _BEHIND.match(clause, one.end())
        return Ref(at, end.end() if end else one.end(), frozenset({many - 1}), marked=True)
    if (one := _EVERY.match(clause, at)) is not None and (not one["many"] or _number(one["many"]) == count):
        return Ref(at, one.end(), frozenset(range(count)), marked=True, plural=True)
    left = frozenset(range(count)) - before
    if (one := _MINE.match(clause, at)) is not None and len(left) == 1 and NOT.search(clause[:at]):
        return Ref(at, one.end(), left, marked=True)  # 8890是我室友的 只弄我那个
    if (one := _OTHERS.match(clause, at)) is not None and before and left:
        return Ref(at, one.end(), left, marked=True, plural=True)
    return None


def _number(text: str) -> int:
    return {"俩": 2, "仨": 3, "两": 2}.get(text) or int(read_numeral(text) or 0)


def _by_account(lines: Sequence[DraftLine], clause: str, at: int, shelf: Shelf) -> Ref | None:
    if clause[at - 1 : at].isalnum() and clause[at - 1 : at].isascii() and at:
        return None
    held = _accounts(tuple(lines), shelf)
    for value, own in held.items():
        if clause.startswith(value, at):
            end = _TAIL_MARKS.match(clause, at + len(value))
            return Ref(at, end.end() if end else at + len(value), own, marked=True)
    one = _TAIL.match(clause, at)
    if one is None:
        return None
    tail = one["tail"] or one["part"]
    ends = frozenset[int]().union(*(own for value, own in held.items() if value.endswith(tail)))
    starts = frozenset[int]().union(*(own for value, own in held.items() if value.startswith(tail)))
    hit = ends or starts
    if not hit or (one["part"] and _is_size(lines, tail, shelf)):
        return None
    end = _TAIL_MARKS.match(clause, one.end())
    return Ref(at, end.end() if end else one.end(), hit, marked=True)


def _is_size(lines: Sequence[DraftLine], tail: str, shelf: Shelf) -> bool:
    products = _products(lines, shelf)
    return any(sku.value == int(tail) for p in products for sku in p.skus) if tail.isdecimal() else False


@lru_cache(maxsize=64)
def _accounts(lines: tuple[DraftLine, ...], shelf: Shelf) -> dict[str, frozenset[int]]:
    """Accounts and the like that some lines have and the others have not."""
    found: dict[str, frozenset[int]] = {}
    for at, line in enumerate(lines):
        for value in accounts(line, shelf):
            found[value] = found.get(value, frozenset()) | {at}
    return {value: own for value, own in found.items() if len(own) < len(lines)}


def _by_name(lines: Sequence[DraftLine], clause: str, at: int, shelf: Shelf) -> Ref | None:
    held, by_start = _names(tuple(lines), shelf)
    name = next((name for name in by_start.get(clause[at : at + 2], ()) if clause.startswith(name, at)), "")
    if not name or (name[0].isascii() and clause[at - 1 : at].isascii() and clause[at - 1 : at].isalnum() and at):
        return None
    own, by_choice = held[name]
    end = _BEHIND.match(clause, at + len(name))
    marked = end is not None and bool(end["marked"])
    return Ref(at, end.end() if end else at + len(name), own, marked, sized=by_choice, product=not by_choice)


def _by_size(
    lines: Sequence[DraftLine], clause: str, at: int, end: int, skus: frozenset[str], shelf: Shelf
) -> Iterator[Ref]:
    looked = [look(line, shelf).sku for line in lines]
    own = frozenset(i for i, sku in enumerate(looked) if sku is not None and sku.code in skus)
    behind = _BEHIND.match(clause, end)
    if own and len(own) < len(lines):
        products = _products([lines[i] for i in own], shelf)
        whole = all(sku.code in skus for product in products for sku in product.skus)
        marked = behind is not None and bool(behind["marked"])
        yield Ref(at, behind.end() if behind else end, own, marked, sized=not whole, product=whole)


def _by_amount(lines: Sequence[DraftLine], clause: str, at: int, shelf: Shelf) -> Ref | None:
    """60根那个: of what is sold in any number."""
    number = _AMOUNT.match(clause, at)
    if number is None or (at and clause[at - 1].isdecimal()):
        return None
    skus = [look(line, shelf).sku for line in lines]
    own = frozenset(
        i
        for i, (line, sku) in enumerate(zip(lines, skus, strict=True))
        if sku is not None and sku.any_value is not None and line.value == int(number[1])
    )
    ends = {number.end()} | {
        number.end() + len(sku.unit)
        for sku in skus
        if sku is not None and clause.startswith(fold(sku.unit), number.end())
    }
    behind = _BEHIND.match(clause, max(ends))
    marked = behind is not None and bool(behind["marked"])
    return (
        Ref(at, behind.end(), own, marked=True, sized=True) if behind and marked and 0 < len(own) < len(lines) else None
    )


def _by_letter(lines: Sequence[DraftLine], clause: str, shelf: Shelf) -> Ref | None:
    """花要两束: one character of a product's name, where nothing else of the order has it."""
    one = _LETTER.match(clause)
    own = frozenset(i for i, line in enumerate(lines) if one is not None and one[1] in _whole_name(line, shelf))
    return Ref(0, one.end(), own, marked=False, product=True) if one is not None and len(own) == 1 else None


def _whole_name(line: DraftLine, shelf: Shelf) -> str:
    product = shelf.product(line.product or "")
    return "".join((product.name, *product.aliases)) if product is not None else ""


@lru_cache(maxsize=64)
def _names(
    lines: tuple[DraftLine, ...], shelf: Shelf
) -> tuple[dict[str, tuple[frozenset[int], bool]], dict[str, list[str]]]:
    """What some lines are called and the others not, by more than their sizes, and whether it is a choice; and these
    names by how they begin, the longest first."""
    found: dict[str, frozenset[int]] = {}
    choices: set[str] = set()
    for at, line in enumerate(lines):
        product = shelf.product(line.product or "")
        if product is None:
            continue
        own = {part for name in _called(product) for part in _pieces(fold(name))}
        chosen = {name for name in names_of(line, shelf) if not name[0].isdecimal()}
        chosen |= {fold(value) for name, value in line.fields.items() if _is_text(product, name) and 1 < len(value) < 8}
        choices |= chosen - own
        for name in own | chosen:
            found[name] = found.get(name, frozenset()) | {at}
    told = {
        name: (own, name in choices)
        for name, own in found.items()
        if len(own) < len(lines) and not _TOO_PLAIN.match(name)
    }
    by_start: dict[str, list[str]] = {}
    for name in sorted(told, key=len, reverse=True):
        by_start.setdefault(name[:2], []).append(name)
    return told, by_start


def _called(product: Product) -> Iterator[str]:
    yield from (product.name, *product.aliases)
    for name in product.category:
        yield from (name, re.sub("(?:会员|充值|卡)$", "", name))


def _pieces(name: str) -> Iterator[str]:
    """数据, 数据线 of Type-C数据线."""
    yield name
    for run in _HAN.findall(name):
        if run[0].isascii():
            yield run
            continue
        for start in range(len(run)):
            for end in range(start + 2, len(run) + 1):
                yield run[start:end]


def _is_text(product: Product, name: str) -> bool:
    own = field_of(product, name)
    return own is not None and own.kind is FieldKind.TEXT


def _by_comparison(lines: Sequence[DraftLine], clause: str, at: int, shelf: Shelf) -> Ref | None:
    """小的那张, 便宜的: of lines of one product by their sizes, of others by what one costs."""
    one = _COMPARED.match(clause, at)
    behind = _COMPARED_BEHIND.match(clause, one.end()) if one is not None else None
    if (
        one is None
        or behind is None
        or clause[at - 1 : at] in ("最", "超", "特", "太", "更", "不", "好")
        or len(lines) < 2
    ):
        return None
    if _VALUE.search(clause[:at]) or re.search("[要来](?:一?[个张])?$", clause[:at]):
        return None  # 换长的: what it is to be
    skus = [look(line, shelf).sku for line in lines]
    sizes = [
        (sku.price_fen if sku is not None and sku.any_value is None else int(line.value or 0))
        for sku, line in zip(skus, lines, strict=True)
    ]
    end = min(sizes) if one["least"] else max(sizes)
    if sizes.count(end) > 1 or (one[0] in "小短少大长多轻重细" and len({line.product for line in lines}) > 1):
        return None
    return Ref(at, behind.end(), frozenset({sizes.index(end)}), marked=True)


def _products(lines: Sequence[DraftLine], shelf: Shelf) -> list[Product]:
    ids = dict.fromkeys(line.product for line in lines if line.product)
    return [product for product in map(shelf.product, ids) if product is not None]
