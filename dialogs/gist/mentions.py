"""What a message speaks of, clause by clause: wanted (就50吧), refused (50不够, 不是50) or only told."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs.gist.names import names
from nlu.numerals import CHINESE, read_numeral
from nlu.text import normalise
from nlu.words import PIECES

BARE = "#"
"""The piece of a number with none."""
_CLAUSES = re.compile(r"[\s,，。;；!！~～、…:：]+|(?<!\d)\.|\.(?!\d)|(?<=[吧呗嘛])(?=.)|但是?|不过|所以|因为|然后")
_NUMERAL = re.compile(rf"\d{{1,7}}|[{CHINESE}]{{1,6}}")
_TIMES = re.compile(r"[x*](\d{1,2})(?![\dg])")
_PAIR = re.compile("([俩仨])(?=$|[的就吧呗啊了行够中码得])")
_NO_COUNT = re.compile(
    r"岁|分钟|点[钟半]|[点时](?=[要去前之])|月[份底初]|号(?!的)|天(?!卡)|次|遍|回|年|折|%|楼|发|口|位?人|个人|把(?!.*手机)|多|来天|级|[里下上]|些|起|边|样|定|直|共|路|台|部|家|季(?!的)"
)
_OF_OTHERS = re.compile(
    "[个位名台部口](?:礼拜|星期|月|小时|钟|半|人|大人|老人|号|娃|孩|学生|同事|同学|朋友|女生|男生|姐妹|兄弟|室友|家|电视|手机|电脑|机器|路|小号|大号)"
)
"""两个礼拜, 三个女生: counted, and nothing that is sold."""
_OF_AN_ACCOUNT = re.compile("(?:最后|末尾?|尾[号数]?|结尾|后面|开头)(?:应该)?(?:是|加|有|为)个?$|[打写填漏少][了掉]$")
"""最后是9, 少打了一位: of an account."""
_PIECE = re.compile(f"[{PIECES}位码]")
_REFUSED_BEFORE = re.compile(
    r"(?:谁还[开学要用买]?|[用吃喝看装]不[了完着到上]|要不了|不是|不要|别[要充买弄搞整]?|不用|不想[要充买]?|没[要想说]|不[买充换选]|说成|写成|点成|[搞弄]成(?=了)|(?:你|刚|被|手滑|不小心|误)[^,]{0,3}[搞弄]成|选成|按成|打成|当成)了?(?:那个?|这个?|的|我)*$"
)
_FILLER = re.compile("[的吧呗啊哈了那就个档种款]|这[个种]|得了|就行|就好")
_FINE = re.compile("不错|不变|没错|没问题|不动|差不多|不用改|不改|没事|够不够|不贵|不对")
_REFUSED_BEHIND = re.compile(
    "[哪咋]里?够|[不没太别甭鸽卸退]|多了|少了|算了|浪费|干嘛|白花|抽歪|取消|去掉|删|[少小短]了?点|装|打俩|能抽个啥"
)
_SETTLES = re.compile("^(?:的|那个?|[券卡票版])*(?:算了|得了)")
"""报自动挡算了: what he makes do with; 大杯算了 is refused."""
_WANTED_BEFORE = re.compile(
    r"(?:[要来充冲换改搞整拿上弄买开续选订点送是成到为够凑得挑加写印做住租打留办报交洗拍学玩喝吃先配给]|这[回次]|干脆|还是|就|那就?|给[我他她你]|直接|必须|只|共|总共|应该|想|按|用)了?(?:[那这]?个|[一1][个张份]|[那这]种?|成|给我|我|的|最|快|慢)*$"
)
_WANTED_BEHIND = re.compile(
    r"^(?:的|那个?|[券卡票版])*(?:(?:就|也|都)?(?:足?够|行|好|得|中|成|可以|合适)了?|吧|呗|才[是对]|啦$|接|算)"
)
_MORE_BEFORE = re.compile(
    r"(?:再|另外|也|还要?|加|搭|捎|顺便|外加|多(?=[来要买充拿开搞整弄]))(?:上|来|要|买|充|拿|个|一个|给我|搞|整|弄|搭|一|带|开|续)*$"
)
_LESS_BEFORE = re.compile(r"(?:少|减|退|扣|去|删|砍|剔|刨|撤|拿(?=掉|走|去))(?:来|要|买|充|掉|拿|了|去|我|他|她)*$")
_PAST = re.compile(
    "上次|上回|昨[天晚]|前天|之前|以前|从前|去年|上个?月|上周|每次|平时|一般|本来就|当时|那会|听说|那阵|小时候|当年"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Something of the order, or that it could be: SKUs by a name, or a count."""

    clause: int
    text: str
    sign: int = 0
    """1 wanted, -1 refused, 0 only spoken of."""
    skus: frozenset[str] = frozenset()
    count: int = 0
    piece: str = ""
    alone: bool = False
    """Its clause says nothing else."""
    way: str = "set"
    """Of a count: set, more or less. Of a name: "more" where it is to come besides."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, as far as it speaks of the order."""

    mentions: tuple[Mention, ...]
    clauses: tuple[str, ...]
    chatter: int
    """How many characters say something else."""


def read(text: str, products: Sequence[Product], shelf: Shelf) -> Message:
    """Look for everything that can be of these products."""
    clauses = tuple(fold(clause) for clause in _CLAUSES.split(normalise(text)) if clause)
    found: list[Mention] = []
    chatter = 0
    for at, clause in enumerate(clauses):
        if _PAST.search(clause):
            chatter += len(clause)
            continue
        spans = _joined(clause, spans_in(clause, products, shelf))
        chatter += len(clause) - sum(end - start for start, end, _ in spans)
        for i, (start, end, what) in enumerate(spans):
            before = clause[spans[i - 1][1] if i else 0 : start]
            behind = clause[end : spans[i + 1][0] if i + 1 < len(spans) else len(clause)]
            own = _with_sign(replace(what, clause=at), before, behind)
            same = all(other.text == what.text for _, _, other in spans)  # 年卡年卡
            found.append(replace(own, alone=not _FILLER.sub("", before + behind) and same))
    return Message(tuple(found), clauses, chatter)


def refused(said: str, name: str) -> bool:
    """Whether a name stands in a message as what is not wanted."""
    before, _, behind = said.partition(name)
    clause = _CLAUSES.split(behind)[0]
    return _with_sign(Mention(0, name), _CLAUSES.split(before)[-1], clause).sign < 0


def _with_sign(what: Mention, before: str, behind: str) -> Mention:
    if _REFUSED_BEFORE.search(before):
        return replace(what, sign=-1)
    way = "more" if _MORE_BEFORE.search(before) else "less" if _LESS_BEFORE.search(before) else "set"
    plain = _FINE.sub("", behind)
    if _WANTED_BEFORE.search(before):
        plain = _SETTLES.sub("", plain)
    if _REFUSED_BEHIND.search(plain) and not re.match("就?(?:足?够|行|好)", plain):
        return replace(what, sign=-1, way=way)
    if way == "more" and what.count and len(plain) > 1 and not _WANTED_BEHIND.search(plain):
        return what  # 加一个QQ会员
    wanted = way != "set" or _WANTED_BEFORE.search(before) or _WANTED_BEHIND.search(behind)
    return replace(what, sign=1 if wanted else 0, way=way)


def spans_in(clause: str, products: Sequence[Product], shelf: Shelf) -> tuple[tuple[int, int, Mention], ...]:
    """Where a clause names a size or counts, and what, in its order."""
    return _spans(clause, tuple(product.id for product in products), shelf)


@lru_cache(maxsize=256)
def _spans(clause: str, ids: tuple[str, ...], shelf: Shelf) -> tuple[tuple[int, int, Mention], ...]:
    products = [product for product in map(shelf.product, ids) if product is not None]
    by_head = _by_head(ids, shelf)
    found: list[tuple[int, int, Mention]] = []
    at = 0
    while at < len(clause):
        named, number = _named(clause, at, by_head.get(clause[at], ())), _number(clause, at, products)
        best = max((one for one in (named, number) if one is not None), key=lambda one: one[0], default=None)
        if best is None:
            at += 1
            continue
        end, what = best
        if what is not None:
            found.append((at, end, what))
        at = end
    return tuple(found)


@lru_cache(maxsize=64)
def _by_head(ids: tuple[str, ...], shelf: Shelf) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """What these products and their sizes are called, by the first character, the longest first."""
    found: dict[str, frozenset[str]] = {}
    for code in ids:
        for name, codes in names(code, shelf).items():
            found[name] = found.get(name, frozenset()) | codes
    by_head: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for name in sorted(found, key=len, reverse=True):
        by_head.setdefault(name[:1], []).append((name, found[name]))
    return by_head


def _joined(clause: str, spans: Iterable[tuple[int, int, Mention]]) -> list[tuple[int, int, Mention]]:
    """100慢充, 年卡的豪华版: two names of one thing."""
    out: list[tuple[int, int, Mention]] = []
    for start, end, what in spans:
        before = out[-1] if out else None
        both = before[2].skus & what.skus if before is not None else frozenset()
        if before is not None and both and clause[before[1] : start] in ("", "的"):
            out[-1] = before[0], end, replace(what, text=clause[before[0] : end], skus=both)
        else:
            out.append((start, end, what))
    return out


def _named(clause: str, at: int, names: Iterable[tuple[str, frozenset[str]]]) -> tuple[int, Mention] | None:
    for name, codes in names:
        if clause.startswith(name, at) and _whole(name, clause, at):
            return at + len(name), Mention(0, name, skus=codes)
    return None


def _whole(name: str, clause: str, at: int) -> bool:
    before, after = clause[at - 1 : at] if at else "", clause[at + len(name) : at + len(name) + 1]
    if name[0].isascii() and name[0].isalnum() and before.isascii() and before.isalnum():
        return False
    if name[0] in CHINESE and (before.isdecimal() or (before and before in CHINESE)):
        return False
    if name[0] in "年月季" and (before.isdecimal() or (before and before in CHINESE + "每上这下本")):
        return False
    return not (name[-1].isascii() and name[-1].isalnum() and after.isascii() and after.isalnum())


def _number(clause: str, at: int, products: Sequence[Product]) -> tuple[int, Mention | None] | None:
    if (times := _TIMES.match(clause, at)) is not None:
        return times.end(), Mention(0, times[0], count=int(times[1]), piece="份")
    if (pair := _PAIR.match(clause, at)) is not None:
        return pair.end(), Mention(0, pair[0], count=2 if pair[1] == "俩" else 3, piece="个")
    found = _NUMERAL.match(clause, at)
    if found is None or (clause[at - 1 : at].isascii() and clause[at - 1 : at].isalnum() and at):
        return None
    value = read_numeral(found[0])
    end, rest = found.end(), clause[found.end() :]
    if value is None or value < 1 or value != int(value) or rest[:1].isdecimal() or clause[at - 1 : at] in ("第", "零"):
        return end, None
    if _OF_AN_ACCOUNT.search(clause[:at]):
        return end, None
    sized = _sized(int(value), rest, products)
    if sized is not None:
        return end + sized[0], Mention(0, clause[at : end + sized[0]], skus=sized[1])
    for sku in (sku for product in products for sku in product.skus if sku.any_value is not None and sku.unit):
        if rest.removeprefix("个").startswith(fold(sku.unit)):
            unit = rest.index(fold(sku.unit)) + len(sku.unit)
            return end + unit, Mention(0, clause[at : end + unit], count=int(value), piece=sku.unit)
    if _NO_COUNT.match(rest) or _in_units(rest, products):
        return end, None
    if _OF_OTHERS.match(rest):
        return end, None
    if (piece := _PIECE.match(rest)) is not None:
        return end + 1, Mention(0, clause[at : end + 1], count=int(value), piece=piece[0])
    ranged = any(
        s.any_value is not None and s.any_value.min <= value <= s.any_value.max for p in products for s in p.skus
    )
    return end, Mention(0, found[0], count=int(value), piece=BARE) if ranged else None


def _in_units(rest: str, products: Sequence[Product]) -> bool:
    """一共6个g, of what is sold by 3g: no size, and no count."""
    units = {fold(sku.unit)[:1] for product in products for sku in product.skus if sku.any_value is None and sku.value}
    return any(unit and unit.isascii() and rest.removeprefix("个").startswith(unit) for unit in units)


def _sized(value: int, rest: str, products: Sequence[Product]) -> tuple[int, frozenset[str]] | None:
    """How long the unit behind is, and which sizes have this number: 五个g, 三百的, 980."""
    fitting = [(p, sku) for p in products for sku in p.skus if sku.value == value and sku.any_value is None]
    units = {fold(sku.unit) for _, sku in fitting if sku.unit}
    units |= {"g"} if units & {"gb"} else set()
    units |= {"块", "块钱"} if "元" in units else set()
    for unit in sorted(units, key=len, reverse=True):
        if (found := re.match(rf"个?{re.escape(unit)}", rest)) is not None:
            return found.end(), frozenset(sku.code for _, sku in fitting if fold(sku.unit)[:1] in (unit[:1], "元"))
    if not fitting or _NO_COUNT.match(rest) or _PIECE.match(rest) or (value < 10 and rest and rest[0] not in "的吧呗"):
        return None
    if value < 10 and not rest:
        return None
    return 0, frozenset(sku.code for _, sku in fitting)
