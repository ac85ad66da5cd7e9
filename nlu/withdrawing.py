"""A message without the goods that it takes back itself: 柠檬水三杯 圣代两个 噢圣代不要了 is 柠檬水三杯."""

import re
from collections.abc import Sequence

from nlu.lexicon import Lexicon
from nlu.numerals import CHINESE
from nlu.phrases import Mention
from nlu.words import DONE_TO_THINGS, PIECES

_MAY = re.compile("不[要用买充订去来喝吃]|别[要买]|去掉|取消|删|[换改]|算了")
_END = r"(?=$|[\s,，。;；!！、.…~]|[换改来要])"
_GONE = re.compile(
    rf"\s*(?:的|那[{PIECES}]|那)*(?:就|都|我|先)?(?:不(?:要|用|买|充|订|去|来|喝|吃|想要)了?|别[要买]了?|去掉|取消掉?|删掉|算了)(?:吧|啊|哈)?{_END}"
)
_INTO = re.compile(rf"\s*(?:的|那[{PIECES}]|那)*[换改](?:成|为)?(?=.)")
_REFUSED = re.compile(r"(?:不[充冲买订租报]|不要|去掉|取消|别要|别买|删掉)(?:那个|这个)?\s*$")
_THEN = re.compile(r"[\s,，。;；!！]*(?:那|就|我|给我|帮我)*[换改]成?")
_SEPARATOR = re.compile(r"[\s,，。;；!！、.…~]")
_NUMBER = rf"(?:\d{{1,3}}(?!\d)|[{CHINESE}]{{1,3}})\s*[{PIECES}]"
_COUNTED = re.compile(_NUMBER)
_COUNT_BEFORE = re.compile(rf"{_NUMBER}的?$")
_COUNT_BEHIND = re.compile(rf"\s*(?:的|券|票|卡)?\s*(?P<count>{_NUMBER}|[xX*×]\s*\d{{1,3}}(?!\d))?的?")
_NOT_SO = re.compile("[?？吗]|如果|要是|万一|昨天|上[次回]|之前|[买下充订][的过]|[买下充订]了(?!吧)|退|订单")
"""A question, a condition, or talk of an order of before."""
_CHARS_MAX = 200

Span = tuple[int, int]


def without_withdrawn(text: str, plain: str, lexicon: Lexicon) -> str:
    """The text without goods that a later clause of it takes back, and without that clause. `plain` is the same in
    plain form, character by character. Where anything is doubtful the text is left as it is."""
    if len(text) > _CHARS_MAX or len(text) != len(plain) or not _MAY.search(plain) or _NOT_SO.search(plain):
        return text
    named = [m for m in lexicon.phrases.find(plain) if m.entry.skus or m.entry.means_things or m.entry.options]
    for again in named:
        before = [m for m in named if m.end <= again.start]
        earlier = [m for m in before if m.word == again.word] or [m for m in before if _is_longer(m, again)]
        if len(earlier) != 1:
            continue
        cut = _cut(plain, named, earlier[0], again)
        if cut is not None:
            return without_withdrawn(_without(text, cut), _without(plain, cut), lexicon)
    return text


def _is_longer(one: Mention, other: Mention) -> bool:
    """雪王大圣代, taken back as 圣代; 京东e卡, as 京东."""
    if len(other.word) < 2 or other.word not in one.word:
        return False
    return bool(set(one.entry.skus) & set(other.entry.skus)) or bool(set(_goods(one)) & set(_goods(other)))


def _goods(mention: Mention) -> tuple[str, ...]:
    return (*mention.entry.products, *mention.entry.shorthand, *mention.entry.categories)


def _cut(plain: str, named: Sequence[Mention], first: Mention, again: Mention) -> tuple[Span, Span] | None:
    """What goes: the first naming with its count, and the clause that takes it back."""
    gone, into = _GONE.match(plain, again.end), _INTO.match(plain, again.end)
    start = _clause_start(plain, again.start)
    refused = _REFUSED.search(plain, start, again.start)
    if gone is not None:
        end = gone.end()
        then = _THEN.match(plain, end)
        end = then.end() if then is not None else end
    elif into is not None and _COUNTED.match(plain, into.end()):
        start, end = again.end, into.end()  # 珍奶改成一杯
    elif into is not None:
        end = into.end()
    elif refused is not None:
        end = again.end + (1 if plain[again.end : again.end + 1] == "了" else 0)
    else:
        return None
    if any(start <= m.start < again.start for m in named) or first.end > start:
        return None
    whole = first.entry.means_things and not first.entry.skus
    others = [m.start for m in named if first.end <= m.start < start and m.entry.means_things]
    if not whole and not first.entry.skus and not _is_one_of_several(first, named, start):
        return None
    counted = _COUNT_BEHIND.match(plain, first.end)
    behind = min(others, default=start) if whole else counted.end() if counted is not None else first.end
    return (_count_before(plain, named, first), behind), (start, end)


def _count_before(plain: str, named: Sequence[Mention], first: Mention) -> int:
    """Where its count begins, if that stands before it: the one of 中杯2张超大杯 is its neighbour's."""
    counted, count = _COUNT_BEHIND.match(plain, first.end), _COUNT_BEFORE.search(plain[: first.start])
    if count is None or (counted is not None and counted["count"]):
        return first.start
    neighbour = next((m for m in named if m.end == count.start()), None)
    theirs = neighbour is not None and _COUNT_BEFORE.search(plain[: neighbour.start]) is None
    return first.start if theirs else count.start()


def _is_one_of_several(first: Mention, named: Sequence[Mention], until: int) -> bool:
    """成人两张 儿童一张: another choice of the same kind stands beside it, so that each is goods of its own."""
    kinds = {name for name, _ in first.entry.options}
    return any(
        m.word != first.word and m.start < until and kinds.intersection(name for name, _ in m.entry.options)
        for m in named
    )


def _clause_start(plain: str, at: int) -> int:
    breaks = [found.end() for found in _SEPARATOR.finditer(plain, 0, at)]
    return breaks[-1] if breaks else 0


_LACKING = re.compile(
    r"^(?:啊|哦|噢|哎|唉|原来|居然|竟然|怎么|既然|如果|要是|你们?(?:这|家)?)*没有?(?P<size>\d{1,5})(?:元|块钱?|块)?(?:的(?!话))?(?:面值|面额|档)?"
    r"(?:啊|呀|吗|么|嘛|吖|的话|了)*[?？,，。!！…\s]*(?=\D*\d)"
)
_PARTS = re.compile(r"\d\D{0,4}[加+和跟、]\D{0,3}\d|[一1两2]个\d+\D{0,3}[一1两2]个\d|各")
_PLUS = re.compile(
    r"(?<![\d.])(\d{1,5}(?:元|块钱?)?)的?加(?:上|个|一个)?"
    r"(?=(\d{1,5})(?:元|块钱?)?(?:的|吧|$|[\s,，。;；!！+加]))"
)


def in_parts(plain: str) -> str:
    """The text where one amount is made up of several: 没150的? 那就100加50 is 那就100+50. What is not to be had and is
    named for that alone is no wish, and a 加 between two amounts only joins them."""
    if "加" not in plain and "没" not in plain[:8]:
        return plain
    lacking = _LACKING.match(plain)
    if lacking is not None and _PARTS.search(plain, lacking.end()):
        plain = plain[lacking.end() :]
    return _PLUS.sub(r"\1+", plain)


_ACCOUNT = re.compile(r"(?<!\d)\d{6,}(?!\d)")


def _without(text: str, cut: tuple[Span, Span]) -> str:
    (a, b), (c, d) = cut
    rest = f"{text[b:c]} {text[d:]}"
    account = (
        "" if _ACCOUNT.search(text[:a] + rest) else " ".join(_ACCOUNT.findall(text, a, b))
    )  # for what he takes instead
    return re.sub(r"[ ,，、]{2,}", "，", f"{text[:a]} {account} {rest}").strip(" ,，、")


_TURN = re.compile(
    f"不对|[哦啊噢]不|不+(?=[\\s,，。.…\\d])|还是|算了|等等|不是(?=[\\s,，])|[搞说打]?错了|(?:[,，\\s…]|^)[不哎唉](?=\\w)(?!对|是|要|(?<=不)[{DONE_TO_THINGS}带])"
)
_AROUND_SIZE = re.compile(
    "[改换]成?|那|就|要|来|吧|了|的|我|给|哎|唉|啊|哦|噢|嗯|呃|额|充|买|选|行|好|得|元|块钱?|[\\s,，。.…—~!！-]"
)
_SIZE = re.compile(r"\d{1,5}(?![\d.])")


def last_word(plain: str, lexicon: Lexicon) -> str:
    """The size named last, where a message is nothing but sizes taken back one after the other (100…不对还是50吧 算了
    100就100); else the text as it is."""
    if len(plain) > _TURNS_MAX or not _TURN.search(plain) or _NOT_SO.search(plain):
        return plain
    words = {m.start: m.end for m in lexicon.phrases.find(plain) if m.entry.skus or m.entry.options}
    sizes: list[str] = []
    at, turns, turned = 0, 0, False
    while at < len(plain):
        size = _SIZE.match(plain, at)
        end = words.get(at) or (size.end() if size is not None else 0)
        if end:
            sizes.append(plain[at:end])
            at, turned = end, False
            continue
        turn = _TURN.match(plain, at)
        small = turn or _AROUND_SIZE.match(plain, at)
        if small is None:
            return plain
        turns += turn is not None and bool(sizes)
        turned |= turn is not None
        at = small.end()
    only_asks = turns == 1 and "还是" in plain and "吧" not in plain
    return plain if len(sizes) < 2 or not turns or turned or only_asks else sizes[-1]


_TURNS_MAX = 60
