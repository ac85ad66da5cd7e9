"""Which count and which amount go with which size or account: the nearest, those in turn, or as the words say."""

import re
from itertools import pairwise

from nlu.accounts import Account
from nlu.amounts import Amount
from nlu.dealing import BREAK
from nlu.licence import TOTAL
from nlu.numerals import read_numeral
from nlu.seen import CLAUSE

_EACH = re.compile("各|每|都")


_FOR_EACH = re.compile(r"(?:各|每个|每样|每种|都要?|一样|每|分别)[来要买充整洗租印拍订报做打弄搞]?\s*$")
_LATER = re.compile("再[来要买充]?$")


def count_for(i: int, anchors: list[Amount], counts: list[Amount], text: str) -> int | None:
    """Find how many of the i-th amount: the count that stands next to it, or one said for each (各两张)."""
    counts = [count for count in counts if count.number is not None and 0 < count.number <= 10000]
    if not counts:
        return None
    totals = [count for count in counts if TOTAL.search(text[max(0, count.start - 5) : count.start])]
    if totals and len(counts) > 1:  # 五张大杯三张中杯一共八张; 大杯两张再加一张，一共三张
        counts = totals if len(anchors) < 2 else [count for count in counts if count not in totals]
    if len(counts) == len(anchors) + 1 > 2 and counts[0].end <= anchors[0].start and counts[0] not in totals:
        in_all, *each = counts  # 5张骏卡 2张30的3张50的
        counts = each if in_all.number == sum(count.number or 0 for count in each) else counts
    for count in counts:
        if _FOR_EACH.search(text[max(0, count.start - 4) : count.start]):
            others = [other for other in counts if other is not count]
            if len(others) == 1 and count.number == 1 and len(anchors) < 2:
                return int(others[0].number or 1)  # 年卡两张，我和室友各一张
            return int(count.number or 1)
    if len(anchors) < 2:
        if not anchors:
            return int(counts[-1].number or 1)
        nearest = min(counts, key=lambda c: min(abs(c.start - anchors[0].end), abs(anchors[0].start - c.end)))
        larger = [c for c in counts if c.number and c.number > 1 and not _LATER.search(text[: c.start][-3:])]
        return int((larger[0] if nearest.number == 1 and len(larger) == 1 else nearest).number or 1)
    turns = sorted([*anchors, *counts], key=lambda a: a.start)
    if len(counts) == len(anchors) and all((one in counts) != (other in counts) for one, other in pairwise(turns)):
        return int(counts[i].number or 1)  # 两张100的三张50的; 大杯3中杯2
    for k, count in enumerate(counts):
        before = max((j for j, a in enumerate(anchors) if a.end <= count.start), default=None)
        after = min((j for j, a in enumerate(anchors) if a.start >= count.end), default=None)
        gap_before = _gap(text, anchors[before].end, count.start) if before is not None else 99
        gap_after = _gap(text, count.end, anchors[after].start) if after is not None else 99
        if k + 1 < len(counts) and after is not None and counts[k + 1].start < anchors[after].start:
            gap_after = 99
        owner = before if gap_before <= gap_after else after
        if owner == i and min(gap_before, gap_after) < 99:
            return int(count.number or 1)
    return None


def said_for_each(quantity: int, counts: list[Amount], text: str) -> bool:
    """Tell whether this many were said for each account: 各两张, but not 两张卡各充200."""
    return any(c.number == quantity and _EACH.search(text[max(0, c.start - 4) : c.start]) for c in counts)


def counts_of_accounts(accounts: list[Account], counts: list[Amount], text: str) -> list[int]:
    """Give how many each account gets where every one has a count of its own behind it: 138… x2 139… x3; else none."""
    found = []
    for i, account in enumerate(accounts):
        until = accounts[i + 1].start if i + 1 < len(accounts) else len(text)
        own = [c for c in counts if account.end <= c.start < until and not _EACH.search(text[account.end : c.start])]
        if len(own) != 1 or not own[0].number or len(_CLAUSES.findall(text[account.end : own[0].start])) > 0:
            return []
        found.append(int(own[0].number))
    return found


_CLAUSES = re.compile("[,，。;；]")


def _gap(text: str, start: int, end: int) -> int:
    """Measure how far apart two things stand; a clause boundary counts for more than any word."""
    between = text[start:end]
    if between == "的":  # 50的两张100的一张: two of fifty
        return 0
    return end - start + 8 * len(BREAK.findall(between)) + 4 * between.count(" ")


_NTH = re.compile(
    r"(?:第(?P<nth>[一二三四五\d])个|前(?P<first>[一两二三四五\d])个|(?:最后|后面?)(?P<last>[一两二三四五\d])个"
    r"|(?P<rest>剩下|其余|其他|其它|另外)的?[一两二三四五\d]?个?)(?:号码?|人)?(?:都|各)?(?:改成?|换成?|要|是|给)*(?:充|冲)?\s*$"
)


def _nth(text: str, anchor: Amount, total: int, spoken_for: int) -> range | None:
    """Tell which accounts an amount is for when it says so: 第二个充100, 前两个充50, 最后一个充30, 其他充20."""
    match = _NTH.search(text[max(0, anchor.start - 12) : anchor.start])
    if match is None:
        return None
    if match["rest"]:
        return range(spoken_for, total)
    count = int(read_numeral(match["nth"] or match["first"] or match["last"]) or 0)
    if match["nth"]:
        return range(count - 1, count)
    return range(count) if match["first"] else range(max(0, total - count), total)


def amount_of(i: int, accounts: list[Account], anchors: list[Amount], text: str) -> Amount | None:
    """Find the amount of the i-th account: that of its line or clause, else the one said before it."""
    told, plain = 0, []
    for anchor in anchors:
        places = _nth(text, anchor, len(accounts), told)
        if places is not None and i in places:
            return anchor
        told = max(told, places.stop if places else 0)
        plain += [] if places else [anchor]
    anchors = plain or anchors
    if not anchors or len({(a.number, a.unit, a.word) for a in anchors}) == 1:
        return anchors[0] if anchors else None
    account = accounts[i]
    for parts in (PARTS[0], CLAUSE):
        start, end = next(m.span() for m in parts.finditer(text) if m.start() <= account.start < m.end())
        inside = [a for a in anchors if start <= a.start < end]
        alone = sum(start <= other.start < end for other in accounts) == 1
        if inside and (alone or len(inside) == 1):
            return min(inside, key=lambda a: min(abs(a.start - account.end), abs(account.start - a.end)))
    if len(anchors) == len(accounts):
        return anchors[i]
    before = [a for a in anchors if a.end <= account.start]
    return before[-1] if before else anchors[0]


PARTS = (
    re.compile(r"[^\n]+"),
    re.compile(r"[^\n;；。]+"),
    re.compile(r"[^\n;；。,，]+"),
    re.compile(r"[^\s,，;；。]+"),
)
