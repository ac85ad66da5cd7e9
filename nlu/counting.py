"""Counts said in other ways than a number beside the goods: 每人一张 of four people, 2×京东卡."""

import re
from dataclasses import replace

from nlu.amounts import Amount
from nlu.lexicon import Lexicon, Number
from nlu.numerals import CHINESE, read_numeral
from nlu.seen import Seen
from nlu.words import GENERAL_COUNTERS

MOST_HEADS = 50
_EACH_ONE = re.compile(
    r"(?:每人|一人|人手|每位|每个人)(?:都|各|来|要|买|发|订|充|上)*[一1](?P<unit>[张份个杯次套件支本位瓶盒])(?!个?月|万|百|千)"
)
_HEADS = re.compile(
    rf"(?P<number>\d{{1,2}}|[{CHINESE}]{{1,2}})(?:个人|位|口|人(?![份民])|[个名](?:同事|同学|朋友|客人|员工|学生|大人|小孩))"
)
_PAIR = re.compile("(?:我|我们|咱|他|她)们?[俩仨]")
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
    each = _EACH_ONE.search(seen.text)
    if each is None or len(seen.accounts) > 1 or len({ref.product for ref in seen.refs}) > 1:
        return
    heads: set[Number | None] = {_TWO_OR_THREE[match[0][-1]] for match in _PAIR.finditer(seen.text)}
    heads |= {read_numeral(match["number"]) for match in _HEADS.finditer(seen.text) if match.start() != each.start()}
    many = heads.pop() if len(heads) == 1 else None
    pieces = [a for a in seen.amounts if a.kind == "count" and a.unit in ("", each["unit"], *GENERAL_COUNTERS)]
    if many is None or not 1 < many <= MOST_HEADS or any((a.number or 0) > 1 for a in pieces):
        return
    seen.amounts = [a for a in seen.amounts if a not in pieces]  # 10桶 is the size, and stays
    seen.amounts.append(Amount(each.end() - 2, each.end(), "count", int(many), each["unit"]))
    seen.amounts.sort(key=lambda amount: amount.start)


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
