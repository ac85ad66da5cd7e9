"""Which of several lines a word names: by product, size, choice, account, place, owner, or by what sets it apart."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs.gist.held import Held, held_by
from dialogs.gist.mentions import spans_in
from dialogs.state import DraftLine
from dialogs.whose_line import MINE, owned
from nlu.numerals import CHINESE, read_numeral
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
_ENDS = re.compile(
    rf"(前|后|上|下|头|最后)(?:面|边|头)?(?:那|这|的)?([两俩仨三四五六七八九2-9])(?:{PIECE}|样)?(?!月|天|年|回|次)"
)
_TAIL = re.compile(
    r"(?:尾号|末尾|最后|结尾|后[三四]位)(?:为|是)?(?P<tail>[0-9x]{3,5})"
    r"|(?P<part>[0-9]{3,6})(?:\*+\d*)?(?=结尾|开头|收尾|打头|[充冲缴交][一二三五六两\d]|[的那这号个也都不别先就换改是])"
)
_TAIL_MARKS = re.compile("(?:结尾|开头|收尾|打头)?(?:的)?(?:那|这)?个?(?:号码?)?")
_OTHERS = re.compile(
    rf"(?:其[他它余]|剩(?:下|余)?|余下|别|另外?)(?:{_THAT}|两|几)+|(?:其[他它余]|剩下|余下)(?:全|都|的)*"
)
_EVERY = re.compile(
    rf"[这那]?(?P<many>[两俩仨二三四五六七八九2-9]|几)(?:{PIECE}|样|种|号)?[都全](?!是|有|在|岁)"
    r"|[全每](?:部|都|[个张样份件])都?|所有的?|统统"
)
_THEIRS = re.compile(rf"[他她](?:自己)?的?[那这]一?{PIECE}|[他她]的(?=[不别甭先也都就要换改])")
_HEADS_OF_PLACES = frozenset("最靠前上头首后下末正中当夹第其剩余别另这那全每所统我两俩仨几一二三四五六七八九123456789")
_MINE = re.compile(rf"我(?:自己|本人)?(?:的?[那这]{PIECE}|的)")
_MANY = re.compile(rf"(?:\d{{1,2}}|[{CHINESE}]{{1,2}})(?:{PIECE}|$)|[俩仨]")
_KEPT = re.compile("先用|先留|留[着下]|不动|照旧|够用|保留|没错")
_BEFORE_KINDS = frozenset("把给是那这跟和与要留买充付只就光的,")
_TREATED = re.compile(
    r"(?:我|就|先|都|还|也|还是|全)*(?:[不别甭](?:再|先|给[我他她它]们?)*[要用想买充去洗做付喝吃看玩听办开加泡按练学续]|算了|取消|免了|[去删拿撤划]掉|[多少再][带来要买加]|[加减][一两俩\d]|要|来|换|改|留|买|充|照)"
)
_COMPARED = re.compile("最?(?:(?P<least>[小短少低轻细]|便宜)|(?P<most>[大长多贵高重厚]))")
_COMPARED_BEHIND = re.compile(rf"(?:一?[点些号])?(?:的(?:那|这)?{PIECE}?|[那这]{PIECE})")
_NOT_COMPARED = ("超", "特", "太", "更", "不", "好")
_VALUE = re.compile(
    r"(?:[成到为至]|(?<![就也都])是|[改换变弄整搞升降调选](?:上?[一]?[个张份]|上|的)?|凑(?:够|足|满)?)(?:那个|那种)?$"
)
_WISH = re.compile(r"(?:[充冲打开交加上要来拿办续订买洗做印看学])(?:上?一?[个张份]|的是)?$")
NOT = re.compile(
    "(?:不要|不用|不想要?|别[要充买弄]?|甭|只[要留买充]|就[要留买充]|只[弄搞开]|光|单|留|把|撤|删|退|取消|去掉).{0,3}$"
)
"""Said before what goes or stays."""
_INTO = re.compile(
    rf"(?:换|替|顶|[改变替顶]成|[改换]为)(?:成|了)?(?:[一两三四五六七八九十\d]*{PIECE})?$"
    "|^(?:应该|其实|明明|本来|而)?是$|(?:应该|其实|明明|才|要的|说的|买的)是$"
)
_AMOUNT = re.compile(r"(\d{1,7})(?![\d.])")
_LETTER = re.compile(
    rf"([\u4e00-\u9fff])(?=(?:还是|就)*(?:[一两三四五六七八九十\d]{PIECE}|[俩仨])|[要来得](?:[一两三四五六七八九十\d俩仨]|[长短大小粗细厚薄])|那{PIECE}|的?[改换]成?|买[太多少]"
    rf"|先?[不别](?:要|用|买|洗|做|送|充|变|动|加|喝|看|吃|玩|学|订)|照[旧常]|[多少]了|太[多少])"
)


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
    """What of a clause names lines, in its order; `before`: those that were named before."""
    held = held_by(tuple(lines), shelf)
    spoken = {start: (end, what.skus) for start, end, what in spans_in(clause, held.products, shelf)}
    somebodys = any(line.whose for line in lines)
    inside = at = 0
    while at < len(clause):
        hits = [one for one in _candidates(held, lines, clause, at, before, somebodys=somebodys) if one is not None]
        if at in spoken and at >= inside:
            inside = spoken[at][0]
            if spoken[at][1]:
                hits += _by_size(held, clause, at, *spoken[at])
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
        return bool(_WISH.search(before)) or (one.start > 2 and not _KEPT.match(behind) and not _MANY.match(behind))
    return len(behind) < 2 and re.search(r"[去掉删撤]", behind) is None and bool(_WISH.search(before) or not behind)


def _candidates(
    held: Held, lines: Sequence[DraftLine], clause: str, at: int, before: frozenset[int], *, somebodys: bool
) -> Iterator[Ref | None]:
    if clause[at] in _HEADS_OF_PLACES:
        yield _by_place(len(lines), clause, at, before)
    yield _by_account(held, clause, at)
    yield _by_name(held, clause, at) or _by_kind(held, clause, at)
    yield _by_comparison(held, clause, at)
    yield _by_amount(held, clause, at) or (_by_letter(held, clause) if at == 0 else None)
    if somebodys and (whose := owned(lines, clause, at)) is not None:
        yield Ref(at, whose[0], whose[1], marked=True)
    if somebodys and (theirs := _THEIRS.match(clause, at)) is not None:
        others = {line.whose for line in lines} - {"", MINE}
        own = frozenset(i for i, line in enumerate(lines) if line.whose in others)
        yield Ref(at, theirs.end(), own, marked=True) if len(others) == 1 and len(own) < len(lines) else None


def _by_place(count: int, clause: str, at: int, before: frozenset[int]) -> Ref | None:
    for pattern, place in ((_FIRST, 0), (_LAST, -1)):
        if (one := pattern.match(clause, at)) is not None and (count == 2 or "头一" in one[0] or "最" in one[0]):
            return Ref(at, one.end(), frozenset({place % count}), marked=True)
    if (one := _MIDDLE.match(clause, at)) is not None and count == 3:
        return Ref(at, one.end(), frozenset({1}), marked=True)
    if (one := _ENDS.match(clause, at)) is not None and (many := _number(one[2])) < count:
        those = range(many) if one[1] in "前上头" else range(count - many, count)
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


def _by_account(held: Held, clause: str, at: int) -> Ref | None:
    if clause[at - 1 : at].isalnum() and clause[at - 1 : at].isascii() and at:
        return None
    for value, own in held.accounts.items():
        if clause.startswith(value, at):
            end = _TAIL_MARKS.match(clause, at + len(value))
            return Ref(at, end.end() if end else at + len(value), own, marked=True)
    one = _TAIL.match(clause, at)
    if one is None:
        return None
    tail = one["tail"] or one["part"]
    ends = frozenset[int]().union(*(own for value, own in held.accounts.items() if value.endswith(tail)))
    starts = frozenset[int]().union(*(own for value, own in held.accounts.items() if value.startswith(tail)))
    hit = ends or starts
    if not hit or (one["part"] and held.is_size(tail)):
        return None
    end = _TAIL_MARKS.match(clause, one.end())
    return Ref(at, end.end() if end else one.end(), hit, marked=True)


def _by_name(held: Held, clause: str, at: int) -> Ref | None:
    name = next((one for one in held.names.get(clause[at : at + 2], ()) if clause.startswith(one.text, at)), None)
    if name is None or (at and name.text[0].isascii() and clause[at - 1].isascii() and clause[at - 1].isalnum()):
        return None
    if name.text[-1] in "充买" and clause[at + len(name.text) : at + len(name.text) + 1] in ("了", "过"):
        return None  # 我室友王者充了680
    end = _BEHIND.match(clause, at + len(name.text))
    marked = end is not None and bool(end["marked"])
    return Ref(
        at,
        end.end() if end else at + len(name.text),
        name.lines,
        marked,
        sized=name.chosen,
        product=not name.chosen,
    )


def _by_kind(held: Held, clause: str, at: int) -> Ref | None:
    """听歌那个, 加油的: where it can be nothing but a name for it."""
    if at and clause[at - 1] not in _BEFORE_KINDS:
        return None
    for said, own in held.kinds:
        one = said.match(clause, at)
        end = _BEHIND.match(clause, one.end()) if one is not None else None
        if one is not None and end is not None and (end["marked"] or _TREATED.match(clause, end.end())):
            return Ref(at, end.end(), own, marked=bool(end["marked"]), product=True)
    return None


def _by_size(held: Held, clause: str, at: int, end: int, skus: frozenset[str]) -> Iterator[Ref]:
    own = held.of(skus)
    behind = _BEHIND.match(clause, end)
    if own and len(own) < len(held.lines):
        those = {held.lines[at].product for at in own}
        whole = all(sku.code in skus for product in held.products if product.id in those for sku in product.skus)
        marked = behind is not None and bool(behind["marked"])
        yield Ref(at, behind.end() if behind else end, own, marked, sized=not whole, product=whole)


def _by_amount(held: Held, clause: str, at: int) -> Ref | None:
    """60根那个: of what is sold in any number."""
    number = _AMOUNT.match(clause, at)
    if number is None or (at and clause[at - 1].isdecimal()):
        return None
    amounts = [sku is not None and sku.any_value is not None for sku in held.skus]
    own = frozenset(i for i, line in enumerate(held.lines) if amounts[i] and line.value == int(number[1]))
    if not 0 < len(own) < len(held.lines):
        return None
    units = {fold(sku.unit) for sku in held.skus if sku is not None}
    end = number.end() + max((len(unit) for unit in units if clause.startswith(unit, number.end())), default=0)
    behind = _BEHIND.match(clause, end)
    if behind is None or not (behind["marked"] or clause[max(0, at - 1) : at] in ("那", "这")):
        return None
    return Ref(at, behind.end(), own, marked=True, sized=True)


def _by_letter(held: Held, clause: str) -> Ref | None:
    """花要两束: one character of a product's name, where nothing else of the order has it."""
    one = _LETTER.match(clause) if clause[0] not in "话手号会人我天大小中" else None
    own = frozenset(i for i, name in enumerate(held.whole_names) if one is not None and one[1] in name)
    return Ref(0, one.end(), own, marked=False, product=True) if one is not None and len(own) == 1 else None


def _by_comparison(held: Held, clause: str, at: int) -> Ref | None:
    """小的那张, 便宜的: of lines of one product by their sizes, of others by what one costs."""
    one = _COMPARED.match(clause, at)
    behind = _COMPARED_BEHIND.match(clause, one.end()) if one is not None else None
    if one is None or behind is None or clause[at - 1 : at] in _NOT_COMPARED or len(held.lines) < 2:
        return None
    if _VALUE.search(clause[:at]) or re.search("[要来](?:一?[个张])?$", clause[:at]):
        return None  # 换长的: what it is to be
    sizes = [
        (sku.price_fen if sku is not None and sku.any_value is None else int(line.value or 0))
        for sku, line in zip(held.skus, held.lines, strict=True)
    ]
    end = min(sizes) if one["least"] else max(sizes)
    of_one = len(held.products) == 1
    if sizes.count(end) > 1 or (one[0].strip("最") in "小短少大长多轻细重" and not of_one):
        return None
    return Ref(at, behind.end(), frozenset({sizes.index(end)}), marked=True)
