"""Counts said in other ways than a number beside the goods: 每人一张 of four people, 2×京东卡."""

import re
from dataclasses import replace

from nlu.amounts import Amount
from nlu.lexicon import Lexicon
from nlu.numerals import CHINESE, read_numeral
from nlu.seen import Seen
from nlu.surnames import KIN
from nlu.words import GENERAL_COUNTERS

MOST_HEADS, MOST_PIECES = 50, 99
_PIECE = "[张份个杯次套件支本位瓶盒块条根袋桶只枚串包罐]"
_EACH = re.compile(
    rf"(?:每人|一人|人手|每位|每个人|每家)(?:都|各|来|要|买|发|订|充|上)*(?P<number>\d{{1,2}}|[{CHINESE}])(?P<unit>{_PIECE})(?!个?月|万|百|千)"
)
_EACH_OF_TWO = re.compile(rf"(?:各|分别)(?:来|要|买)?(?P<number>\d{{1,2}}|[{CHINESE}])(?P<unit>{_PIECE})(?!个?月)")
_SOMEBODY = (
    "人|同[事学]|朋友|客[人户]|员工|学生|大人|小孩|孩子|小朋友|室友|舍友|司机|师傅|工人|老师|亲戚|兄弟|姐妹|闺蜜|队员"
)
_HEADS = re.compile(
    rf"(?P<number>\d{{1,2}}|[{CHINESE}]{{1,2}})(?:[个名位](?:{_SOMEBODY})|位|口|人(?![份民])|家(?=[,，\s]*每家))"
    rf"|(?<=[我咱你他]们)(?P<us>\d{{1,2}}|[{CHINESE}]{{1,2}})个(?=[,，\s]*(?:每|一)?人)"
)
_PAIR = re.compile("(?:我|我们|咱|他|她)们?[俩仨]")
_AND_I = re.compile(rf"我[和跟与](?:我)?的?(?:{KIN}|室友|同[事学]|朋友|闺蜜|兄弟|他|她)(?![,，]?[和跟与])")
_TWO_OR_THREE = {"俩": 2, "仨": 3}
_TIMES = re.compile(r"\s*[x*×]\s*")


def count_otherwise(seen: Seen, lexicon: Lexicon) -> None:
    """Add the count of 我们四位，每人一张, and read the number of 2×京东卡 as one; a count said plainly stays."""
    if _TIMES.search(seen.text):
        starts = {ref.start for ref in seen.refs if ref.product} | {mention.start for mention in seen.mentions}
        seen.amounts = [
            replace(a, kind="count") if a.kind == "value" and not a.unit and _times(seen.text, a.end) in starts else a
            for a in seen.amounts
        ]
    ends = {mention.end for mention in seen.mentions if mention.entry.options}
    behind = [
        a for a in seen.amounts if a.kind == "value" and not a.unit and 0 < (a.number or 0) < 10 and a.start in ends
    ]
    if len(behind) > 1:  # 大人2 小孩2
        seen.amounts = [replace(a, kind="count") if a in behind else a for a in seen.amounts]
    _count_persons(seen, lexicon)
    _count_for_each(seen, lexicon)


def _count_for_each(seen: Seen, lexicon: Lexicon) -> None:
    """Count what all get where each gets so many: 5个人每人两张 are ten; of several goods where 各 says so."""
    each = _EACH.search(seen.text)
    named = [lexicon.products[ref.product] for ref in seen.refs if ref.product]
    apart = any(p.account_fields or any(f.names_person for f in p.words.fields) for p in named)
    and_i = None if apart else _AND_I.search(seen.text)  # who they are is asked for: a line for each of the two
    heads = _heads(seen.text, each.span() if each else (0, 0)) if each or and_i else {}
    heads = heads or ({and_i.span(): 2} if and_i else {})
    each = each or (_EACH_OF_TWO.search(seen.text) if heads else None)
    many = set(heads.values()).pop() if len(set(heads.values())) == 1 else 0
    if each is None or len(seen.accounts) > 1 or not 1 < many <= MOST_HEADS:
        return
    several = len({ref.product for ref in seen.refs}) > 1
    if several and seen.text[each.start("number") - 1] not in "各都":
        return
    own = (each.start("number"), each.end())
    persons = [a for a in seen.amounts if a.kind == "count" and any(s <= a.start < e for s, e in heads)]
    pieces = [a for a in seen.amounts if a.kind == "count" and a.unit in ("", each["unit"], *GENERAL_COUNTERS)]
    pieces = [a for a in pieces if a not in persons and not own[0] <= a.start < own[1]]
    total = int(many * (read_numeral(each["number"]) or 0))
    if not 0 < total <= MOST_PIECES or any((a.number or 0) > 1 for a in pieces):
        return
    gone = [*pieces, *persons]  # 10桶 is the size, and stays
    seen.amounts = [a for a in seen.amounts if a not in gone and not own[0] <= a.start < own[1]]
    seen.amounts.append(Amount(*own, "count", total, each["unit"]))
    seen.amounts.sort(key=lambda amount: amount.start)


def _heads(text: str, each: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Tell how many persons are counted, and where: 我们四位, 我们俩."""
    found = {match.span(): _TWO_OR_THREE[match[0][-1]] for match in _PAIR.finditer(text)}
    for match in _HEADS.finditer(text):
        if not each[0] <= match.start() < each[1]:
            found[match.span()] = int(read_numeral(match["number"] or match["us"]) or 0)
    return found


_PERSONS = re.compile(
    rf"(?:报名?|约|订|来|去|安排|(?<=[^\u4e00-\u9fff])|(?<=[项套餐票级班]))(?:(?P<pair>[俩仨])|(?P<number>\d{{1,2}}|[{CHINESE}]{{1,2}})个?)[人位](?=$|[\s,，。;；!！吧的])"
)


def _count_persons(seen: Seen, lexicon: Lexicon) -> None:
    """Count 报俩人 where what is named is sold by the head."""
    named = {ref.product for ref in seen.refs if ref.product}
    if len(named) != 1 or any(a.kind == "count" for a in seen.amounts) or len(seen.accounts) > 1:
        return
    if lexicon.products[named.pop() or ""].piece_units.isdisjoint(("位", "人")):
        return
    heads = {read_numeral(match["number"]) for match in _HEADS.finditer(seen.text)}
    match = _PERSONS.search(seen.text)
    if match is not None:
        heads = {_TWO_OR_THREE[match["pair"]] if match["pair"] else read_numeral(match["number"])}
    number = heads.pop() if len(heads) == 1 else None
    if number and 0 < number <= MOST_HEADS:
        kept = [a for a in seen.amounts if match is None or not match.start() <= a.start < match.end()]
        at = match or next(_HEADS.finditer(seen.text))
        seen.amounts = sorted([*kept, Amount(at.start(), at.end(), "count", number, "人")], key=lambda a: a.start)


def _times(text: str, end: int) -> int:
    match = _TIMES.match(text, end)
    return match.end() if match else -1
