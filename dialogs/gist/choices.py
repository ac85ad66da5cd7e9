"""Choices of a field that a message speaks of: 安卓的 我说成苹果了, 挪到星期天, 我们小区没电梯."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Field, FieldKind
from dialogs.gist.clauses import Clauses, comes_besides, sign
from nlu.surnames import KIN

_ENDS = re.compile("(?<=..)(?:大区|校区|门店|机场|师傅|系统|登录|燃气|时段|qq区|[区店组班服风厅码房站餐级])$")
_OTHERS = re.compile(
    f"(?:{KIN}|室友|同事|朋友|邻居|别人|他们?家?|她们?家?|人家|同学)(?:们)?.{{0,3}}(?:[是用玩]|在|都|的)"
)
_DENIED_OF_OTHERS = re.compile(
    f"(?:{KIN}|室友|同事|朋友|邻居|别人|他|她|人家|同学)们?家?[都也]?(?:不|没)是?[^是]{{0,3}}$"
)
_GIVEN = re.compile("(?:给|帮)我们?(?:安排|来|弄|整|搞|配|上|约)?个?$")
_REACHED = re.compile("[打冲升爬掉跌降上回](?:上|到|回|至)*了?$")
_IS_SO = re.compile("现在|目前|当前|刚|已经|掉|跌|降|升了|上.{0,3}了|我是|号是|其实|本来|段位|按.{1,4}接|输|跪|赢")
_JUST = re.compile("现在|目前|当前|刚|昨|前天|今天|已经|终于|我是|号是|段位")
_WISHED = re.compile("就[行好够可]|只[要打到升]|[打冲提练](?:到|上)|算了|目标|得了")
_ALSO_FINE = re.compile(".{0,6}[都也](?:行|可以|好|成|中|能)")
_BARE = re.compile("(?:我?(?:是|说的是?|要的?是?)?|那个?|的|哈|啊|哦|呀|吧|呢|了|区|服|店|哦|其实|应该|亲|老板)*+")


def choices_in(
    one: Field, old: str, clauses: Clauses, goods: Set[str], mine: str = ""
) -> tuple[str, tuple[str, ...]] | None:
    """(the choice that it is to be, or the old one; the words that say so); "" where that stays open; None where no
    choice is spoken of. `goods`: names of what is bought, which a choice may have, too (钻石, the rank he is at);
    `mine`: which of them is ordered."""
    heard = [(part, at, *found) for at, part in enumerate(clauses.parts) for found in _heard(one, part)]
    if goods:
        heard = [
            found
            for found in heard
            if _is_own(clauses, found[0], found[1], found[3], mine)
            or not any(name.endswith(found[3]) for name in goods)
        ]
    if one.kind is not FieldKind.CHOICE or not heard:
        return None
    signs: dict[str, int] = {}
    for part, _, start, name, choice in heard:
        signs[choice] = max(signs.get(choice, 0), _sign(part, start, name), key=abs)
    words = tuple(name for _, _, _, name, _ in heard)
    wanted = _wanted(one, old, signs, heard[-1][4], clauses, words)
    if len(wanted) == 1 and not (signs.get(old, 0) > 0 and heard[-1][4] == old):
        return wanted[0], words
    others = [choice for choice in signs if choice != old and signs[choice] >= 0]
    return (old if not others else ""), words


def _is_own(clauses: Clauses, part: str, at: int, name: str, mine: str) -> bool:
    """Whether a clause tells how it is with him, and not what he wants: 昨晚打上钻石了 and not 打到钻石; 都打到钻石了
    is of what is ordered where that is it (`mine`)."""
    before, _, behind = part.partition(name)
    if _REACHED.search(before) and behind.startswith("了"):
        return name not in mine or _JUST.search(part) is not None
    if _WISHED.search(part):
        return False
    nears = " ".join(clauses.parts[max(0, at - 1) : at + 1]) if len(part) < len(name) + 3 else part
    return _IS_SO.search(nears) is not None


def _wanted(
    one: Field, old: str, signs: Mapping[str, int], last: str, clauses: Clauses, words: Sequence[str]
) -> list[str]:
    wanted = [choice for choice in signs if choice != old and signs[choice] > 0]
    if not wanted and old in signs and signs[old] <= 0 and not _ALSO_FINE.search(clauses.said):
        told = [choice for choice in signs if choice != old and signs[choice] == 0]
        wanted = told if signs[old] < 0 else [choice for choice in told if choice == last]
    if not wanted and signs.get(old) == -1 and len(one.values) == 2 and set(signs) == {old}:
        wanted = [choice.id for choice in one.values if choice.id != old and _denies(clauses.said, words)]
    return wanted


def _denies(said: str, words: Sequence[str]) -> bool:
    return any(re.search(f"(?:不是|没有?|不在){re.escape(word)}", said) for word in words)


def _sign(part: str, start: int, name: str) -> int:
    before, behind = part[:start], part[start + len(name) :]
    if sign(before, behind) < 0 and not _DENIED_OF_OTHERS.search(before):
        return -1
    if _OTHERS.search(before) or (comes_besides(before) and not re.search("还是|再换", before)):
        return 0
    if _ALSO_FINE.match(behind):
        return 0
    if _BARE.fullmatch(before) and _BARE.fullmatch(behind) and (before or behind):
        return 1
    return 1 if _GIVEN.search(before) else sign(before, behind)


def _heard(one: Field, part: str) -> Iterator[tuple[int, str, str]]:
    """(where, the word, the choice) for each choice that a clause names, the longest name first."""
    known = names_of(one)
    at = 0
    while at < len(part):
        name = next((n for n in known if part.startswith(n, at) and _whole(n, part, at)), None)
        if name is not None:
            yield at, name, known[name]
        at += len(name or "x")


def _whole(name: str, part: str, at: int) -> bool:
    before, after = part[at - 1 : at] if at else "", part[at + len(name) : at + len(name) + 1]
    if name[0].isascii() and name[0].isalnum() and before.isascii() and before.isalnum():
        return False
    if name[0] in "一二三四五六七八九十" and before and before in "一二三四五六七八九十第":
        return False
    return not (name[-1].isascii() and name[-1].isalnum() and after.isascii() and after.isalnum())


@lru_cache(maxsize=256)
def names_of(one: Field) -> dict[str, str]:
    """Every name of a choice, folded, longest first; with the short ones that no other shares."""
    found: dict[str, str] = {}
    short: dict[str, set[str]] = {}
    for choice in one.values:
        for name in map(fold, (choice.label, *choice.aliases)):
            if len(name) > 1:
                found.setdefault(name, choice.id)
            brief = _ENDS.sub("", name)
            for other in {brief, name.replace("周", "星期"), name.replace("周", "礼拜"), brief.replace("服", "")}:
                short.setdefault(other, set()).add(choice.id)
            short.setdefault(f"{brief}的", set()).add(choice.id)
    for name, of in short.items():
        if len(of) == 1 and len(name) > 1:
            found.setdefault(name, next(iter(of)))
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))
