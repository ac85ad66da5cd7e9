"""What a message speaks of, clause by clause: wanted (就50吧), refused (50不够, 不是50) or only told."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs.gist.amounts import amount_of, size_of
from dialogs.gist.clauses import JOINTS, PEOPLE
from dialogs.gist.names import names
from nlu.amounts import OTHERS_TAKE
from nlu.dates import CLOCK
from nlu.numerals import CHINESE, read_numeral
from nlu.text import normalise
from nlu.words import PIECES

_MANY = 10
_NO_NUMBERS = re.compile(r"[\w.+-]+@[\w.-]+|(?<!\d)\d{1,3}\s?[栋幢]\s?(?:[a-z]?\d{2,4}|\d单元)")
"""Their digits count nothing: 163 of lihua@163.com, 2栋301."""
BARE = "#"
"""The piece of a number with none."""
_NUMERAL = re.compile(rf"\d{{1,7}}|[{CHINESE}]{{1,6}}|半(?!.?年)")
_ROUND = re.compile(rf"(?<![\d{CHINESE}几好上数大])整?([百千])(?=元|块|的)")
"""百元的, 整百的: numbers without one."""
_HEADS = frozenset(f"0123456789x*俩仨半整单{CHINESE}")
_TIMES = re.compile(r"[x*](\d{1,2})(?![\dg])")
_PAIR = re.compile(f"([俩仨])(?=$|[的就吧呗啊了行够中码得多少太]|[{PIECES}](?!人))|一[对双]儿?(?=$|[吧呗啊了就])")
_SINGLE = re.compile(f"(?<![订下菜简])单[{PIECES}](?!人)")
_IN_PAIRS = re.compile("双|鞋|袜|手套|筷")
_NO_COUNT = re.compile(
    r"岁|字|行字|分钟|点(?![券卷卡数币])|时(?=[要去前之])|月[份底初]|号(?!的)|天(?!卡)|次|遍|回|年|折|%|楼|发|口|位?人|个人|把(?!.*手机)|多|来天|级|[里下上]|些|起|边|样|定|直|共|路|台|部|家|季(?!的)"
)
_ONLY_TIMES = re.compile(rf"(?:那|就|只|先|要|来|洗|做|学|约)+(?:\d{{1,2}}|[{CHINESE}])次(?:就[好行够]|[吧的了])*")
"""就一次, of what is done: how many."""
_OF_OTHERS = re.compile(
    "[个位名台部口](?:礼拜|星期|月|小时|钟|半|人|大人|老人|号|字|汉字|数字|字母|娃|孩|学生|同事|同学|朋友|女生|男生|姐妹|兄弟|室友|家|电视|手机|电脑|机器|路|小号|大号)"
)
"""两个礼拜, 三个女生, 四个字: counted, and nothing that is sold."""
_OF_AN_ACCOUNT = re.compile("(?:最后|末尾?|尾[号数]?|结尾|后面|开头)(?:应该)?(?:是|加|有|为)个?$|[打写填漏少][了掉]$")
"""最后是9, 少打了一位: of an account."""
_PIECE = re.compile(f"(?!顶[^帐帽的吧])[{PIECES}位码]")
_EACH = re.compile(f"(?:块钱?|元)?[一1每][{PIECES}位]")
_REFUSED_BEFORE = re.compile(
    r"(?:谁还[开学要用买]?|哪[里儿]?(?:用|要|喝|吃|装|看)得?[了完着]|[用吃喝看装]不[了完着到上]|要不了|不是|不要|别(?:给|再|又)?我?(?:[弄搞整写说充改换变]成|[要充买弄搞整])?|不用|不想[要充买]?|没[要想说]|不[买充换选]|(?:咋|怎么)(?:就|还)?变?[成是有]个?|说成|写成|点成|[搞弄]成(?=了)|(?:你|刚|被|手滑|不小心|误)[^,]{0,3}[搞弄]成|选成|按成|打成|当成)了?(?:那个?|这个?|的|我)*$"
)
_FILLER = re.compile("[的吧呗啊哈了那就个档种款]|这[个种]|得了|就行|就好")
_OF_THE_NEXT = re.compile("(?:的|那个|这个)?(?:并|而)?(?:不是|不要|别[要买充])(?:那个?|这个?|的)?$")
"""网易的不是骏网: refuses what stands behind it."""
_FINE = re.compile(
    "没变|没改|不错|不变|没错|没问题|不动|差不多|不用改|不改|没事|没所谓|没关系|够不够|不贵|不对|([\u4e00-\u9fff])不\\1"
)
_PACK = re.compile("^装(?=$|[的吧呗啊就行好一二两三四五\\d])")
"""半斤装: how it is packed, and no pretence."""
_REFUSED_BEHIND = re.compile(
    "[哪咋]里?够|顶啥|顶什么|[管有]啥用|[不没太别甭鸽卸退]|有点儿?[贵多少大小长短]|[偏略太忒死好]贵|多了|少了|算了|浪费|干嘛|白花|关门|停业|抽歪|取消|去掉|删|[少小短]了?点|装|打俩|能抽个啥"
)
_SETTLES = re.compile("^(?:的|那个?|[券卡票版])*(?:算了|得了)|^的?[^不没太]{0,6}(?:算了|得了)$")
"""报自动挡算了: what he makes do with; 大杯算了 is refused."""
_WANTED_BEFORE = re.compile(
    r"(?:[要来充冲换改搞整拿上弄买开续选订点送是成到为够凑得挑加写印做住租打留办报交洗拍学玩喝吃先配给叠放升提缴存囤备拼泡聊练睡坐听看保修录唱灌续补抢穿戴试照]|(?<![预打结计划合])算|[要想得][待呆]|这[回次]|干脆|还是|就|那就?|给[我他她你]|直接|必须|只|共|总共|应该|可以|想|按|用)了?(?:[那这]?个|[一1][个张份]|[那这]种?|成|给我|我|的|最|快|慢|[大小]的)*$"
)
_WANTED_BEHIND = re.compile(
    r"^(?:的|嘅|哒|那?[个种款档场]|[券卡票版])*(?:(?:就|也|都)?(?:足?够[使用花]?|足矣|足以|行|好|得|中|成|ok|妥|可以|合适|差不多|凑合|即可|没事|没关系|[冇没无]?所谓|不要紧|无妨|收手|打住|为止)了?|吧|呗|才[是对]|啦$|接|算"
    r"|给我|走起|安排|送来)|^[的嘅哒]?那[个种款档场][的吧呗嘛哈]*$"
)
_WANTED_AROUND = re.compile(r"(?:[给帮]我|那(?![张个份台边位件])就?|直接|干脆|还是|换|改|必须|只要)[^\d了,]{1,3}$")
_DONE_BEFORE = re.compile(
    "[买充办用吃喝玩打看花抽卖收送上报学练听][了过](?:个|快|将?近|整整|足足|大概|差不多)*$|(?:[都还才]要|白得|原价要?|还剩?有|剩)$|偷偷.{0,3}$|[爸妈哥姐弟妹公婆友学事人家店他她][们]?[买充办订用]的$"
)
_PRICED = re.compile("[才都也][要花]?$|(?:要|花|赚|卖)了?$")
_RESTARTS = re.compile(
    "^(?:[啊哦噢欸诶呃哎]*(?:不不?|不对|不是|错了|等等|等下|等一下)[啊哦了]?|[说写打讲][错岔]了?|口误|手滑)$|^(?:[啊哦噢欸诶呃哎]+不是?|不对|应该是?|说错了?)(?=.)"
)
"""改200 啊不 300: what was said before it is taken back."""
_ASKED = re.compile("是不是|是否|难道|该不会|([^行中好成可])不\\1|[好行]不[好行](?!啊|呀|呢|$)")
"""是不是要1180才行啊 不管了."""
EVEN_SO = re.compile("(?:没有?|就算|再[贵慢]|不)[^,，\\s]{0,4}也")
"""没有优惠也来五张: nothing besides."""
_ME_TOO = re.compile("(?:我|咱们?|俺)也|也给(?:我|咱)|给(?:我|咱)也")
OF_SOMEBODY = re.compile(f"{PEOPLE}|室友|舍友|同学|同事|朋友|闺蜜|邻居|队友|[他她]们")
_MORE_BEFORE = re.compile(
    r"(?:再|另外|也|还要?|加|搭|捎|顺便|外加|[添饶补]|多(?=[来要买充拿带开搞整弄租办续订洗做印修住学打]))(?:上|来|要|买|充|拿|个|一个|给?我|搞|整|弄|搭|一|带|开|续|租|住|学|打|办|订|洗|做|印|多|添|补|饶)*$"
)
_LESS_BEFORE = re.compile(
    r"(?:(?<!多)少|减|退|扣|去|删|砍|剔|刨|撤|拿(?=掉|走|去))"
    r"(?:来|要|买|充|掉|拿|了|去|我|他|她|那|这|整|弄|搞|打|订|做|办|点|送|寄)*$"
    r"|多[点买要下拍订拿选算打写按](?:了|出来?了?)$|[点买要下拍订拿选打写按]多了$"
)
_TAKES = re.compile("[抽拿取拎挑剔撤摘抠挪匀][了掉走]?$")
_OUT_OF_IT = re.compile("^(?:的|券|卡|票)?(?:出[来去]?|走|掉|回去|下来)(?:了|吧|不.{1,3})?$")
"""抽一根出来: so much less."""
_PAST = re.compile(
    "一(?:天|个?月|年|周|星期|顿)(?:都|就|也)?(?:要|得)?[用吃喝跑花看打刷](?!.*[换改来吧])|上次|上回|昨[天晚]|前[天年]|那年|早些年|之前|以前|从前|去年|上个?月|上周|每次|平时|一般|本来就|当时|那会|听说|那阵|小时候|当年"
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
    ends: bool = False
    """Nothing more is said of it."""
    beside: bool = False
    """A count right behind a name: 成人的四张."""
    way: str = "set"
    """Of a count: set, more or less. Of a name: "more" where it is to come besides."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, as far as it speaks of the order."""

    mentions: tuple[Mention, ...]
    clauses: tuple[str, ...]
    chatter: int
    """How many characters say something else."""
    likewise: bool = False
    """Whether he wants what somebody else has (我同学都200 也给我200), and nothing besides."""


def read(text: str, products: Sequence[Product], shelf: Shelf) -> Message:
    """Look for everything that can be of these products."""
    return _read(text, tuple(product.id for product in products), shelf)


@lru_cache(maxsize=16)  # a turn asks up to five times
def _read(text: str, ids: tuple[str, ...], shelf: Shelf) -> Message:
    products = [product for product in map(shelf.product, ids) if product is not None]
    said = CLOCK.sub(" ", _NO_NUMBERS.sub(" ", normalise(text)))
    clauses = tuple(_ROUND.sub(_in_digits, fold(clause)) for clause in JOINTS.split(said) if clause)
    found: list[Mention] = []
    chatter = 0
    for at, clause in enumerate(clauses):
        if _PAST.search(clause) or OTHERS_TAKE.search(clause):
            chatter += len(clause)
            continue
        spans = _joined(clause, spans_in(clause, products, shelf))
        chatter += len(clause) - sum(end - start for start, end, _ in spans)
        for i, (start, end, what) in enumerate(spans):
            before = clause[spans[i - 1][1] if i else 0 : start]
            behind = clause[end : spans[i + 1][0] if i + 1 < len(spans) else len(clause)]
            behind = _OF_THE_NEXT.sub("", behind) if i + 1 < len(spans) else behind
            own = _with_sign(replace(what, clause=at), before, behind)
            if what.count == 1 and len(what.text) > 1 and what.text * 2 in clause:
                own = replace(own, sign=-1, way="set")  # 一张一张发
            same = all(other.text == what.text for _, _, other in spans)  # 年卡年卡
            ends = not _FILLER.sub("", behind) and not _PRICED.search(before)
            beside = bool(i and own.count and spans[i - 1][2].skus) and before in ("", "的", "就", "要")
            alone = not _FILLER.sub("", before + behind) and same
            found.append(replace(own, alone=alone, ends=ends, beside=beside))
    found = [_in_the_same_unit(one, found, products) for one in found]
    alike = [_is_likewise(one, found, clauses) for one in found]
    found = [replace(m, way="set", sign=1) if too else m for m, too in zip(found, alike, strict=True)]
    return Message(tuple(_taken_back(found, clauses)), clauses, chatter, likewise=any(alike))


def _is_likewise(one: Mention, found: Sequence[Mention], clauses: Sequence[str]) -> bool:
    """我同学都星耀了 也给我打到星耀: the same size was told of somebody before."""
    if not one.skus or one.way != "more" or _ME_TOO.search(clauses[one.clause]) is None:
        return False
    return any(m.clause < one.clause and m.skus & one.skus and OF_SOMEBODY.search(clauses[m.clause]) for m in found)


def _in_the_same_unit(one: Mention, found: Sequence[Mention], products: Sequence[Product]) -> Mention:
    """两个课时白搭 起码要四个: of these, where a size of so many was spoken of before and is not what is wanted."""
    before = [m for m in found if m.clause < one.clause and m.skus]
    if one.piece != "个" or one.way != "set" or not before or any(m.sign > 0 for m in before):
        return one
    sizes = {s.code: s for p in products for s in p.skus if s.value is not None and s.any_value is None}
    units = {sizes[code].unit for m in before if _NUMERAL.match(m.text) for code in m.skus if code in sizes}
    codes = frozenset(code for code, sku in sizes.items() if sku.value == one.count and sku.unit in units and sku.unit)
    return replace(one, skus=codes, count=0, piece="") if codes else one


def _taken_back(found: Sequence[Mention], clauses: Sequence[str]) -> Iterator[Mention]:
    """Refused is what is said before somebody begins anew, where he then says something of the same kind; only told is
    what he asked himself before he went on."""
    again = [at for at, clause in enumerate(clauses) if _RESTARTS.search(clause)]
    for one in found:
        if one.sign > 0 and one.clause + 1 < len(clauses) and _ASKED.search(clauses[one.clause]):
            yield replace(one, sign=0)
            continue
        anew = (at for at in again if at > one.clause)
        later = [m for at in anew for m in found if m.clause >= at and bool(m.skus) == bool(one.skus)]
        yield replace(one, sign=-1) if later and all(m.text != one.text for m in later) else one


def _in_digits(round_sum: re.Match[str]) -> str:
    return "100" if round_sum[1] == "百" else "1000"


def refused(said: str, name: str) -> bool:
    """Whether a name stands in a message as what is not wanted."""
    before, _, behind = said.partition(name)
    clause = JOINTS.split(behind)[0]
    return _with_sign(Mention(0, name), JOINTS.split(before)[-1], clause).sign < 0


def _with_sign(what: Mention, before: str, behind: str) -> Mention:
    if _REFUSED_BEFORE.search(before):
        return replace(what, sign=-1)
    before = EVEN_SO.sub("", before)
    way = "more" if _MORE_BEFORE.search(before) else "less" if _LESS_BEFORE.search(before) else "set"
    way = "less" if what.count and _TAKES.search(before) and _OUT_OF_IT.search(behind) else way
    behind = _PACK.sub("", behind)
    plain = _FINE.sub("", behind)
    if _WANTED_BEFORE.search(before):
        plain = _SETTLES.sub("", plain)
    if _REFUSED_BEHIND.search(plain) and not re.match("就?(?:足?够|行|好)", plain):
        return replace(what, sign=-1, way=way)
    if way == "more" and what.count and len(plain) > 1 and not _WANTED_BEHIND.search(plain):
        return what  # 加一个QQ会员
    if _DONE_BEFORE.search(before) and not _WANTED_BEHIND.search(plain):
        return replace(what, way=way)
    if way == "less" and what.skus and re.search("扣(?:了|我|掉)?$", before):
        return what  # 一个月扣我30块
    wanted = way != "set" or _WANTED_BEHIND.search(behind)
    wanted = wanted or _WANTED_BEFORE.search(before) or _WANTED_AROUND.search(before)
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
        named = _named(clause, at, by_head.get(clause[at], ()))
        number = _number(clause, at, products, shelf)
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
    if name[-1] in "充买" and after and after in "了过":
        return False  # 室友王者充了680
    if name[0] in "年月季" and (before.isdecimal() or (before and before in CHINESE + "半双每上这下本")):
        return False
    return not (name[-1].isascii() and name[-1].isalnum() and after.isascii() and after.isalnum())


def _number(clause: str, at: int, products: Sequence[Product], shelf: Shelf) -> tuple[int, Mention | None] | None:
    if clause[at] not in _HEADS:
        return None
    if (times := _TIMES.match(clause, at)) is not None:
        return times.end(), Mention(0, times[0], count=int(times[1]), piece="份")
    if (pair := _PAIR.match(clause, at)) is not None:
        own = pair[0][1:2] == "双" and any(
            _IN_PAIRS.search(f"{p.name}{s.label}{s.unit}") for p in products for s in p.skus
        )
        return pair.end(), Mention(0, pair[0], count=1 if own else 3 if pair[1] == "仨" else 2, piece="个")
    if clause[at] == "单":
        single = _SINGLE.match(clause, at)
        return (single.end(), Mention(0, single[0], count=1, piece=single[0][1])) if single is not None else None
    found = _NUMERAL.match(clause, at)
    if found is None or (clause[at - 1 : at].isascii() and clause[at - 1 : at].isalnum() and at):
        return None
    value = 0.5 if found[0] == "半" else read_numeral(found[0])
    end, rest = found.end(), clause[found.end() :]
    if (
        value is None
        or rest[:1].isdecimal()
        or clause[at - 1 : at] in ("第", "零")
        or _OF_AN_ACCOUNT.search(clause[:at])
    ):
        return end, None
    sized = _sized(float(value), rest, products, shelf)
    if sized is not None:
        return end + sized[0], Mention(0, clause[at : end + sized[0]], skus=sized[1])
    if (many := amount_of(float(value), rest, products, shelf)) is not None:
        return end + many[0], Mention(0, clause[at : end + many[0]], count=many[1], piece=BARE)
    if (each := _EACH.match(rest)) is not None and value >= _MANY:
        return end + each.end(), None  # 六百八一张: what one costs
    if value < 1 or value != int(value):
        return end, None
    return _counted(clause, at, end, int(value), products)


def _counted(clause: str, at: int, end: int, value: int, products: Sequence[Product]) -> tuple[int, Mention | None]:
    """A number that names no size: so many pieces, or so much of what is sold in any amount."""
    rest = clause[end:]
    if _ONLY_TIMES.fullmatch(clause):
        return end + 1, Mention(0, clause[at : end + 1], count=value, piece="次")
    if _NO_COUNT.match(rest) or _in_units(rest, products) or _OF_OTHERS.match(rest):
        return end, None
    if (piece := _PIECE.match(rest)) is not None:
        return end + 1, Mention(0, clause[at : end + 1], count=value, piece=piece[0])
    ranged = any(
        s.any_value is not None and s.any_value.min <= value <= s.any_value.max for p in products for s in p.skus
    )
    return end, Mention(0, clause[at:end], count=value, piece=BARE) if ranged else None


def _in_units(rest: str, products: Sequence[Product]) -> bool:
    """一共6个g, of what is sold by 3g: no size, and no count."""
    units = {fold(sku.unit)[:1] for product in products for sku in product.skus if sku.any_value is None and sku.value}
    return any(unit and unit.isascii() and rest.removeprefix("个").startswith(unit) for unit in units)


def _sized(value: float, rest: str, products: Sequence[Product], shelf: Shelf) -> tuple[int, frozenset[str]] | None:
    """How long the unit behind is, and which sizes have this number: 五个g, 三百的, 980."""
    if (sized := size_of(value, rest, products, shelf)) is not None:
        return sized
    fixed = [sku for p in products for sku in p.skus if sku.value == value and sku.any_value is None]
    codes = frozenset(sku.code for sku in fixed)
    if codes and value >= _MANY and rest.startswith("个") and any(sku.unit in PIECES for sku in fixed):
        return 1, codes  # 60个的, of eggs by 30 and by 60
    if not codes or _NO_COUNT.match(rest) or _PIECE.match(rest) or (value < 10 and rest[:1] not in ("的", "吧", "呗")):
        return None
    return 0, codes
