"""Which lines of several go and which stay, said in one message: 卡先不买了 话费照旧, 就要话费, 两样里面话费不要了.

It alone reads who stays from all clauses together (卡的不要话费的要, 除了steam其他不要, 不要了 那个卡), a general
word for a line (卡, 会员, 15), and what is put off (先放放, 下次吧)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from catalog.checks import fold
from catalog.model import Field, Option
from catalog.shelf import Shelf
from dialogs.draft import look
from dialogs.hearing import names_a_part
from dialogs.paying import live_unpaid
from dialogs.pointing import accounts, names_of, pointed
from dialogs.replies import number
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle
from dialogs.subjects import spaced
from dialogs.turn import Said, Scene
from nlu.numerals import CHINESE, read_numeral
from nlu.words import PIECES

_TEXT_MAX = 40
_OTHER_WISH = re.compile(
    r"[改换加添再多少减退错]|[?？吗呢]|什么|怎么|哪|几|如果|要是|(?<![第前后这那])[一二两三四五六七八九十\d][张份个件条袋盒次枚瓶桶箱套本](?!都|里|样)|地址|寄"
)
"""Anything that says more than who goes: other rules read that."""
_POLITE_ASK = re.compile(r"(?:行吗|好吗|可以吗|行不行|行不|可不可以)[?？]?$")
_WELL = re.compile(r"^(?:[哎唉嗯啊哦那,，])*算了[吧啊,，]*")
_BREAKS = re.compile(r"[\s,，。.;；!！~、]+|但是?|不过|然后")
_DROP = (
    r"(?:先|暂时|暂且|都|就|还是|给我|帮我|我|现在)*(?:[不唔](?:想|打算|给[他她它]|再)?[要用充买订拿做去玩吃喝食饮看办开弄学练整搞]|不需要|别(?!的|人|家)(?:给[他她它])?[要充买弄整搞]?|甭|免|取消|去掉|删掉?|拿掉|划掉|撤|算|放一?放|没必要|去了(?!没|吗)|[下改][次回天](?:再[说买要来弄]|吧))"
    r"(?:它|掉|了|的|吧|哈|啊|先|哦|谢谢)*"
)
_ONLY = (
    r"(?:我|那|还是|先)*(?:只|就|单|光|仅)(?:要|买|充|留|订|拿|下|洗|做|去|玩|吃|喝|看|办|开|弄|学)(?:下|着)?"
    r"|^(?:那|我)?(?:就|只)(?=..)(?![行好这那])"  # 就爱奇艺
)
_KEEP = (
    r"(?:还是|就|都|正常|照样|先|继续|仍然|我|那个?|还)*(?:照旧|照[买充常要]|保?留[着下]?|不变|不动|正常|没问题|继续|[要买充]|下单|确认|付款?)"
    r"(?:的|吧|了|就行|就好|啊|哈)*"
)
_SAID = re.compile(f"(?P<drop>{_DROP})|(?P<only>{_ONLY})|(?P<keep>{_KEEP})")
_EXCEPT = re.compile(
    r"^除了?(?P<those>.+?)(?:以外|之外|外)?[,，]?(?:的|其他|其它|别的|剩下|另外)*(?:的)?[都全]?(?P<not>不|别)?(?:要|买|留)(?:了|吧|着)*$"
)
_SO_MANY = re.compile(rf"(?:[那这]|^)([{CHINESE}]|\d{{1,2}})[{PIECES}]$")
"""那三张, of 大杯两张 中杯三张."""
_THE_REST = re.compile(r"(?:其[他它余]|剩下?|别|另外?|余下)(?:的|那|一|几|两|[个件样种笔份项])*")
_AROUND = re.compile(
    r"^(?:[两三四几][样个件种份](?:里面|[中里])?|[这那上]|里面?|里头|当中|把|将|其中|刚才|的|我|就|嗯|哦|噢|哎|啊|好|那|对|等等?|等下|还是|都|个|单|件|份|样|款)++"
    r"|(?:那个人|那位|的人|[那这][个种款单份件样张]?|的|了|吧|啊|哈|就行|就好|都|我|先|也|(?<![一二两三四五六七八九十\d])[个单件份样]|自己|家里|已经)++$"
)

_NUMBER = re.compile(r"[\d一二两三四五六七八九十百]")
_REASON = re.compile(
    r"(?:那个|这个|的)*(?:人家|他|她|我|自己|家里|已经|还|也|好像)*(?:有了?|买过?了|用不[着上完到]了?|没用|太?贵了?|又?说|[不没](?:给?报销|划算|需要|好用|合适|中))$"
)
"""卡我自己有了: why, and nothing more."""

_REVERSED = re.compile(r"^(?:[哎唉啊嗯,， ]*(?:你|我)?(?:又|都)?[搞弄写听看]?(?:反|错)了?[啊呀吧!！,， ]+)")
"""搞反了!要陪玩不要代练."""
SAID_BEFORE = re.compile(
    r"(?:我|刚才?|前面)?不是(?:都|已经|刚)?[说讲写发](?:了|过)[^\s,，。;；!！?？]{0,12}(?:[嘛吗么])[\s,，。!！?？]*"
)
"""不是说了2小时嘛: he says it again, beside what he complains of."""
NEVER_WANTED = re.compile(
    r"(?:我)?(?:又|可|根本|从来|压根|都)?没(?:有|说过?|想过?|让你|叫你|让)*(?:要|买|点|订|下|加)(?:过|了)?(?=[^\s,，啊呀吧的]{2})"
)
"""我没要代练啊: he did not, and it is there."""
_HOW_MANY = re.compile(
    rf"(?:怎么|咋|为什么|为啥)(?:还|又|会|就|是|变|成|给我|有|了)*([{CHINESE}两\d])[件个单份样](?:了|啊|呀|的|东西)*[?？]*[\s,，]*"
)
_JUST_ONE = re.compile(r"((?:就|只要?)[^\s,，]{2,8}?)[一1][个件单样](?=$|[\s,，啊吧呀])")
_SAID_TWICE = re.compile(
    r"(?:就|只要?|一共就?|才)(?:要|买|充)?[一1][件个份单](?!月)|[一1][件个份单]就[够行好]|重复|[重多](?:发|下|加|写|复|算)?了(?:一[件个份单]|[啊吧呀]|$)"
)
"""就一件啊 怎么两件了, where the same stands there twice."""

Fate = Literal["drop", "only", "keep"]


@dataclass(slots=True)
class _Fates:
    drop: set[int] = field(default_factory=set)
    only: set[int] = field(default_factory=set)
    keep: set[int] = field(default_factory=set)


def staying(lines: Sequence[DraftLine], said: Said, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The lines that stay; None where the message says anything besides, or leaves open which are meant."""
    held = {line.product for line in lines}
    if len(lines) < 2 or any(item.product not in (None, *held) for item in said.frame.items):
        return None
    if _SAID_TWICE.search(said.text) and len(lines) == lines.count(lines[0]):
        return (lines[0],)
    text = SAID_BEFORE.sub("", said.text)
    text = _plainly(_WELL.sub("", _POLITE_ASK.sub("", spaced(text))), len(lines))
    left = _left(lines, text, shelf)
    if left is None:
        left = _left_before_what_is_there(lines, text, shelf)
    return left if left and len(left) < len(lines) else None


def _plainly(text: str, many: int) -> str:
    """The message without 搞反了 and 怎么两件了; 没要代练啊 as 不要代练, 就陪玩一个 as 就陪玩."""
    text = NEVER_WANTED.sub("不要", _REVERSED.sub("", text))
    text = _HOW_MANY.sub(lambda found: "" if read_numeral(found[1]) == many else found[0], text)
    return _JUST_ONE.sub(r"\1", text)


def _left_before_what_is_there(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """要陪玩不要代练 陪玩技术的2小时: who goes is said first, and the rest says of who stays what stands there."""
    clauses = [clause for clause in _BREAKS.split(text) if clause]
    for at in range(len(clauses) - 1, 0, -1):
        left = _left(lines, " ".join(clauses[:at]), shelf)
        if left and len(left) < len(lines):
            return left if all(_says_nothing_new(clause, left, shelf) for clause in clauses[at:]) else None
    return None


def _says_nothing_new(clause: str, lines: Sequence[DraftLine], shelf: Shelf) -> bool:
    said = fold(clause)
    values = {fold(value) for line in lines for value in line.fields.values()}
    if any(said in value for value in values):
        return True
    names = {name for line in lines for name in (*_names(line, shelf), *_chosen(line, shelf), *values)}
    for name in sorted(names, key=len, reverse=True):
        said = said.replace(name, "") if name else said
    return not _bare(said)


def _chosen(line: DraftLine, shelf: Shelf) -> set[str]:
    """What its size and choices are called, and how much of it there is: 技术, 2小时."""
    looked = look(line, shelf)
    product, unit = looked.product, looked.sku.unit if looked.sku is not None else ""
    amount = {f"{number(line.value)}{unit}"} if line.value is not None and unit else set()
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields) if product is not None else ()
    held = {**line.options, **line.fields}
    return {fold(name) for name in amount} | {
        fold(name)
        for part in parts
        for choice in part.values
        if held.get(part.name) == choice.id
        for name in (choice.label, *choice.aliases)
    }


def leaves_some(dialog: Dialog, said: Said, scene: Scene) -> bool:
    """Whether it takes something out of what is being put together, or of the order that waits for payment."""
    state, live = dialog.state, live_unpaid(dialog, scene)
    if isinstance(state, Collecting | Confirming):
        return staying(state.lines, said, scene.shelf) is not None
    return isinstance(state, Idle) and live is not None and staying(live.lines, said, scene.shelf) is not None


def _left(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    if len(said) > _TEXT_MAX or _OTHER_WISH.search(said):
        return None
    if (excepted := _EXCEPT.match(fold(said))) is not None:
        those, keeps = named_lines(lines, _bare(excepted["those"]), shelf), excepted["not"] is not None
        return tuple(line for i, line in enumerate(lines) if (i in those) == keeps) if those else None
    fates = _fates(lines, said, shelf)
    if fates is None or fates.drop & (fates.keep | fates.only):
        return None
    gone = fates.drop | ({i for i in range(len(lines)) if i not in fates.only | fates.keep} if fates.only else set())
    return tuple(line for i, line in enumerate(lines) if i not in gone)


def _fates(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> _Fates | None:
    """What becomes of which line, by all its clauses; None where one of them cannot be told."""
    fates = _Fates()
    waiting: tuple[set[int], Fate | None] = (set(), None)
    rest: Fate | None = None
    for words, fate in _phrases(said):
        if words and _THE_REST.fullmatch(words):
            if fate is None:
                return None
            rest = fate
            continue
        named = named_lines(lines, words, shelf) if words else set()
        if words and not named:
            besides = fate is None and (waiting == (set(), None) or fates.drop)
            if besides and not (_NUMBER.search(words) or names_a_part(lines, words, shelf)):
                continue  # 哎呀, 好像还有钱
            return None
        open_, before = waiting
        if fate is not None and not named and not open_ and getattr(fates, fate):
            continue  # 139那个不要了 不给他买: the same once more
        if named and fate is None and before is not None:
            named, fate = named, before  # 不要了 那个卡
        elif fate is not None and not named and open_:
            named = open_  # 卡 不要了
        elif (open_ and named) or (before is not None and fate is not None):
            return None
        waiting = (set(), None)
        if named and fate is not None:
            getattr(fates, fate).update(named)
        else:
            waiting = (named, fate)
    if waiting != (set(), None):
        return None
    others = set(range(len(lines))) - fates.drop - fates.only - fates.keep
    if rest is not None:
        getattr(fates, rest).update(others)
    return fates


def _phrases(said: str) -> list[tuple[str, Fate | None]]:
    """(what is named, what becomes of it), clause by clause, in the order of each: 卡不要话费要, 不要卡只充话费."""
    found: list[tuple[str, Fate | None]] = []
    for clause in _BREAKS.split(said):
        marks = [(one.start(), one.end(), _fate(one)) for one in _SAID.finditer(clause)]
        if not marks:
            found += [(words, None)] if (words := _bare(clause)) else []
            continue
        first = bool(_bare(clause[: marks[0][0]]))
        edges = [0, *(end for _, end, _ in marks)] if first else [*(start for start, _, _ in marks), len(clause)]
        for i, (start, end, fate) in enumerate(marks):
            found.append((_bare(clause[edges[i] : start] if first else clause[end : edges[i + 1]]), fate))
        tail = _bare(clause[marks[-1][1] :]) if first else ""
        found += [(tail, None)] if tail else []
    return found


def _fate(found: re.Match[str]) -> Fate:
    return "drop" if found["drop"] else "only" if found["only"] else "keep"


def _bare(words: str) -> str:
    while (less := _AROUND.sub("", words)) != words:
        words = less
    return words


def named_lines(lines: Sequence[DraftLine], words: str, shelf: Shelf) -> set[int]:
    """The lines that these words name, and no others; empty where they name none, or leave something over."""
    words = _REASON.sub("", words)
    if (those := _SO_MANY.search(words)) is not None:
        number = read_numeral(those[1])
        hit = {i for i, line in enumerate(lines) if line.quantity == number}
        return hit if len(hit) == 1 and (number != len(lines) or words[-1] not in "个样件种") else set()
    meant = pointed(lines, words, shelf)
    if meant is not None:
        certain = meant.by in ("account", "number") and not _OTHER_WISH.search(meant.rest)
        return set(meant.lines) if certain or not _bare(meant.rest) else set()
    alike = _holds_number if words.isdecimal() else _ends_alike
    heads = [i for i, line in enumerate(lines) if any(alike(name, words) for name in _names(line, shelf))]
    return set(heads) if len(heads) < len(lines) else set()


def _names(line: DraftLine, shelf: Shelf) -> set[str]:
    product = shelf.product(line.product or "")
    own = {fold(name) for name in (product.name, *product.aliases, *product.category)} if product is not None else set()
    return own | names_of(line, shelf) | set(accounts(line, shelf))


def _ends_alike(name: str, words: str) -> bool:
    """卡, of Steam充值卡; 会员, of 腾讯视频会员."""
    return name.endswith(words) or (len(words) > 1 and words in name)


def _holds_number(name: str, digits: str) -> bool:
    """15, of iPhone 15 透明款; 4321, of a number that ends so."""
    whole = re.search(rf"(?<!\d){digits}(?!\d)", name) is not None
    return whole or (len(digits) > 2 and name.isdecimal() and len(name) > len(digits) + 2 and name.endswith(digits))
