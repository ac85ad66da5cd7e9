"""Which of the things that an open question offers a message takes, however much is said around it: 没有中杯啊 那就大杯吧;
她是安卓的手机，用扣扣登的; 啥国区港区啊，就是中国的.

Read by the catalog's own names and their parts, clause by clause. A name that stands alone in its clause but for the
words an answer is given in (那就…吧, 要…的) counts before one in a sentence; what is refused is none, and two that
nothing tells apart are none."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from catalog.checks import fold
from dialogs.gist.clauses import PEOPLE, asks, sign
from nlu.numerals import CHINESE, read_numeral
from nlu.text import normalise

Names = tuple[tuple[str, str], ...]
"""(name, what it is a name of), for everything a slot can be."""

_SPLIT = re.compile(r"[\s,，。;；!！~～、…:：]+|(?<=[吧呗嘛啊呀啦呢])(?=.)|但是?|不过|然后|所以|因为")
_BEFORE = re.compile(
    rf"(?:{PEOPLE}|我|他|她|你|咱|俺|娃|孩子?|们|自己|自个儿?|家里?|的|手机|电脑|机子|号|账号|系统|电话|机器|老?房子|小区|这边|应该|好像|其实|肯定|当然|现在|本来|一直|也"
    r"|[嗯哦噢啊呃额哎诶唉呀]|那|就|还是|先|只|要|想|来|给我|帮我|麻烦|请|选|拿|搞|整|弄|买|订|换|改|成|开|办|用|玩|走|去|在|是|都|统一|全部?|送|做|喝|吃|看|听|学|充|写|填"
    r"|[这那][个种款档边台]?|[一两]?[个种款档张份杯台]|说的?|叫|什么|啥|最好|可以|行|好的?|对|没错|不对|不是(?=$)|搞错了|写错了|错了|随便|还|直接|干脆|只能|只好|勉强|周末|平时|一般)*+"
)
_TAIL = (
    "(?:的|吧|呗|嘛|啊|呀|呢|啦|了|哈|哦|喔|噢|咯|嘞|滴|哒|得了|算了|好了|就行|就好|就可以|就成|就够|即可|可以|也行|都行|行|好|成"
    "|[这那][个种款档边]?|一?[个种款档张份杯]|区|服|版|型|款|端|平台|系统|手机|机子?|电脑|登录?|登陆|上|玩|什么的|啥的|之类|谢谢|老板|为主|以后|之后|左右|前后|[一二三四五六七八九十]{1,2}点[半多钟]?|[0-9]{1,2}点[半多钟]?|咱|我|要|用|来|买|吃|喝|看|送|充|做|选)*+"
)
_BEHIND = re.compile(_TAIL)
_REFUSED_BEFORE = re.compile(
    "(?:不用|不要|不是|不想[要来看做喝吃买]?|不需要|不能|不能要|没有?|别|甭|不选|不买|不做|不看|不喝|不吃|不爱|不喜欢|用不着|用不了|不考虑|除了|[哪谁]还?[有能会]?[空时功]?[间夫]?[要看用喝吃玩买做去]|吃不了|喝不了)"
    "(?:再|去|做|弄|给我|来|选|要|看|用|搞|这个|那个|什么|啥)*$"
)
_REFUSED_BEHIND = re.compile(
    "(?:的|那?个|这个|[卡券票版款])*(?:都|就|也)?(?:不[用要行好想买做看喝吃考需]|没有|没了|没空|没时间|算了$|算了吧|免了|用不着|没必要|太|有点|别|上班|上课|上学|有事|有课|要上|要开会|开会|加班|不在|在外|很忙|忙|睡觉|午睡|出门|出差|不方便|来不及)"
)
_ASIDE = re.compile("^(?:啥|什么|管|哪|谁|怎么|为什么|为啥)|(?:啥|什么)(?:啊|呀)?$|朋友|同事|室友|舍友|别人|人家|邻居")
"""啥国区港区啊: only echoed; 我朋友用的港区: of somebody else."""
_RESTARTS = re.compile("(?:[啊哦噢哎诶]*(?:不不?|不对|不是|错了|说错了|等等|等下))")
_OR = re.compile("(?:的|了)*(?:还是|或者?|跟|和|与|、)?(?:要|选|是)?")
"""录播还是直播好, 软皮硬壳各一本: of two none is taken."""
_RHETORICAL = re.compile(
    "(?:不是|不都|没)[^,，。?？\\s]{0,8}[了过][吗嘛么]?|[哪谁](?:有|能|会|还|里)[^,，。\\s]{0,8}|(?:叫|[这那]个|是)个?(?:什么|啥)(?=[\u4e00-\u9fff])(?!时候|意思|区别|价)|(?<=.)(?:什么|啥)的"
)
"""No question: 不是说了吗, 哪有空, 叫什么天鹅的, 电玩什么的."""
_PLAIN_TOKEN = re.compile(r"[0-9a-z.+]+")
_NUMERAL = re.compile(f"[{CHINESE}]{{1,3}}")
SAID, WANTED, _TOLD = 3, 2, 1
_PART_MIN = 2


@dataclass(frozen=True, slots=True)
class _Heard:
    """A name in a clause, or the part of one: what it can stand for, and how it is said (0 and below: not wanted)."""

    ids: frozenset[str]
    level: int
    exact: bool
    clause: int


def is_question(text: str) -> bool:
    """Whether a message asks something, and is not put like a question only: 不是说了吗, 叫什么天鹅的."""
    return asks(_RHETORICAL.sub(" ", text))


def chosen(names: Names, text: str, *, least: int = 1) -> str | None:
    """What a message takes of these; None where it takes none, or leaves two. `least`: SAID in an answer's own words
    and nothing else, WANTED by the words around it, or 1, spoken of at least."""
    every = frozenset(of for _, of in names)
    if len(every) < 2 or is_question(text):
        return None
    if _leaves_two(names, text):
        return None
    heard = list(_heard(names, every, text))
    again = [at for at, clause in enumerate(_clauses(text)) if _RESTARTS.fullmatch(clause)]
    heard = [one for one in heard if not any(one.clause < at < other.clause for at in again for other in heard)]
    refused = _refused(heard)
    levels = [one.level for one in heard if one.level > 0 and one.ids - refused]
    best = max(levels, default=0)
    if best == 0:
        return _the_other(every, heard, refused) if least < SAID else None
    if best < least:
        return None
    left = every - refused
    for one in heard:
        if one.level == best:
            left &= one.ids
    return next(iter(left)) if len(left) == 1 else None


def withheld(names: Names, text: str, value: str) -> bool:
    """Whether a message that this was taken from does not give it: it asks which of two, or refuses this one (我下午上班)."""
    every = frozenset(of for _, of in names)
    heard = list(_heard(names, every, text))
    if is_question(text) and len({of for one in heard if one.exact for of in one.ids}) > 1:
        return True
    own = [one for one in heard if value in one.ids and one.exact]
    return _leaves_two(names, text) or (bool(own) and all(one.level < 0 for one in own))


def _clauses(text: str) -> list[str]:
    return [fold(part) for part in _SPLIT.split(normalise(text)) if part]


def _leaves_two(names: Names, text: str) -> bool:
    """Whether two are named with an "or", an "and" or nothing between them."""
    by_name = _by_name(names)
    for clause in _clauses(text):
        spans = list(_spans(clause, by_name))
        pairs = [(a, b) for a, b in pairwise(spans) if not a[2] & b[2]]
        if any(_OR.fullmatch(clause[a[1] : b[0]]) and not _ASIDE.search(clause) for a, b in pairs):
            return True
    return False


def _refused(heard: Sequence[_Heard]) -> frozenset[str]:
    """What is refused and not wanted in words of its own elsewhere."""
    bare = [one.ids for one in heard if one.level == SAID and one.exact]
    refused = [one.ids for one in heard if one.level < 0 and one.exact]
    return frozenset(of for ids in refused for of in ids if not any(of in wanted for wanted in bare))


def _the_other(every: frozenset[str], heard: Sequence[_Heard], refused: frozenset[str]) -> str | None:
    """不要直播的, of two: the other."""
    others = every - refused
    said = [one for one in heard if one.level >= 0]
    return next(iter(others)) if len(every) == 2 and len(others) == 1 and not said else None


def _heard(names: Names, every: frozenset[str], text: str) -> Iterator[_Heard]:
    by_name = _by_name(names)
    for at, clause in enumerate(_clauses(text)):
        found = list(_spans(clause, by_name))
        for i, (start, end, ids, exact) in enumerate(found):
            if ids == every:
                continue
            before = clause[found[i - 1][1] if i else 0 : start]
            behind = clause[end : found[i + 1][0] if i + 1 < len(found) else len(clause)]
            level = _level(clause, before, behind, exact=exact, alone=len(found) == 1)
            if exact or level >= WANTED or level < 0:
                yield _Heard(ids, level, exact, at)
        if not found and (ids := _by_number(clause, by_name)):
            yield _Heard(ids, -1 if clause[0] in "不别没" else SAID, True, at)


def _level(clause: str, before: str, behind: str, *, exact: bool, alone: bool) -> int:
    if _REFUSED_BEFORE.search(before) or _REFUSED_BEHIND.match(behind):
        return -1
    if _ASIDE.search(clause):
        return _TOLD
    if _BEFORE.fullmatch(before) and _BEHIND.fullmatch(behind) and not (before.endswith("说") and not alone):
        return SAID
    if not exact:
        return 0
    if (says := sign(before, behind)) < 0:
        return -1
    return WANTED if says > 0 else _TOLD


def _spans(clause: str, by_name: Mapping[str, frozenset[str]]) -> Iterator[tuple[int, int, frozenset[str], bool]]:
    """(start, end, what it can be, whether it is a whole name), the longest at each place."""
    at = 0
    while at < len(clause):
        best = _longest(clause, at, by_name)
        if best is not None:
            yield at, best[0], best[1], best[2]
        at = best[0] if best is not None else at + 1


def _longest(clause: str, at: int, by_name: Mapping[str, frozenset[str]]) -> tuple[int, frozenset[str], bool] | None:
    whole = next(
        (
            name
            for name in sorted(by_name, key=len, reverse=True)
            if clause.startswith(name, at) and _stands_alone(clause, at, at + len(name), name)
        ),
        "",
    )
    if len(whole) > 1 or (whole and _is_all(clause, whole)):
        return at + len(whole), by_name[whole], True
    for end in range(len(clause), at + _PART_MIN - 1, -1):
        part = clause[at:end]
        ids = frozenset(of for name, all_ in by_name.items() if _is_part(part, name) for of in all_)
        if ids and _stands_alone(clause, at, end, part):
            return end, ids, False
    return None


def _is_all(clause: str, name: str) -> bool:
    """白的吧: one character, and nothing else in the clause."""
    before, _, behind = clause.partition(name)
    return (
        _BEFORE.fullmatch(before) is not None
        and re.fullmatch("(?:的|吧|呗|啊|呀|了|哈|杯|色|号|码|那?个)*", behind) is not None
    )


def _is_part(part: str, name: str) -> bool:
    """天鹅 of 小乔·天鹅之梦; of letters and digits only a whole word of it."""
    if part not in name:
        return False
    if _PLAIN_TOKEN.search(part) is None:
        return True
    return any(part == token for token in re.findall(r"[0-9a-z.+]+|[\u4e00-\u9fff]+", name))


def _stands_alone(clause: str, start: int, end: int, name: str) -> bool:
    before, after = clause[start - 1 : start] if start else "", clause[end : end + 1]
    if name[0].isascii() and name[0].isalnum() and before.isascii() and before.isalnum():
        return False
    if name[0] in CHINESE and before and (before in CHINESE or before in "第几好" or before.isdecimal()):
        return False
    return not (name[-1].isascii() and name[-1].isalnum() and after.isascii() and after.isalnum())


def _by_number(clause: str, by_name: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """那我电脑是十的: the one whose name has this number, where the clause gives nothing else."""
    core = re.sub("(?:的|吧|啊|呀|呢|那?个|系统|版)+$", "", re.sub("^.{0,8}?(?:是|用|选|要|装)的?", "", clause))
    value = read_numeral(core) if _NUMERAL.fullmatch(core) or core.isdecimal() else None
    if value is None or value < _MANY or value != int(value):
        return frozenset()
    token = str(int(value))
    return frozenset(of for name, ids in by_name.items() if token in re.findall(r"\d+", name) for of in ids)


_MANY = 3
"""A smaller number may as well be a place in the list."""


@lru_cache(maxsize=256)
def _by_name(names: Names) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name, of in names:
        plain = fold(name)
        for one in {plain, _digits(plain)}:
            found[one] = found.get(one, frozenset()) | {of}
    return found


def _digits(name: str) -> str:
    return re.sub(r"^[两二三四五六七八九十]+(?=[台年月天个])", lambda m: str(int(read_numeral(m[0]) or 0)), name)
