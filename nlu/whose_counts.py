"""Which of several goods a count is of: the one it stands behind where that has none yet, else the one before it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlu.amounts import Amount
from nlu.seen import BREAK

_AWAY = 60
"""What it costs to leave a count without goods: more than any distance within a message."""
_CUT, _SPACE, _AHEAD = 8, 4, 1
_JOINS = re.compile(
    r"还有|另外|再[来要加买给]?|以及|和|跟|与|及|、|\+|加上?(?!油|急|微)|[还也](?:要|来|给我)|顺便|然后|外加"
)
_NOTHING = re.compile(r"[的来要买拿订整搞充冲给我就了块元钱面值额\s]")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be counted: goods with their size, as they stand in a message."""

    start: int
    end: int
    pid: str


def whose_counts(things: Iterable[Thing], counts: Sequence[Amount], text: str) -> dict[Amount, str]:
    """Tell whose each count is: 骏卡30 三张 网易卡15 两张 gives each the count behind it, 两张骏卡三张网易卡 the one
    before.

    Each thing has one count at most, and each count goes to one of its two neighbours: of all such pairings the one
    with the shortest ways, where equal ways lead back. A count that is left over is not in the answer.
    """
    run = _runs(things, counts)
    cheapest: dict[int, tuple[int, dict[Amount, str]]] = {-1: (0, {})}
    for count in sorted(counts, key=lambda count: count.start):
        before = max((i for i, thing in enumerate(run) if thing.start < count.start), default=None)
        after = min((i for i, thing in enumerate(run) if thing.start >= count.end), default=None)
        following: dict[int, tuple[int, dict[Amount, str]]] = {}
        for last, (cost, given) in cheapest.items():
            ways = [(last, _AWAY, "")]
            if before is not None and before > last:
                ways.append((before, _way(text, run[before].end, count.start), run[before].pid))
            if after is not None and after > last:
                ways.append((after, _way(text, count.end, run[after].start) + _AHEAD, run[after].pid))
            for place, way, pid in ways:
                if place not in following or cost + way < following[place][0]:
                    following[place] = (cost + way, {**given, count: pid} if pid else given)
        cheapest = following
    return min(cheapest.values(), key=lambda one: one[0])[1]


def _runs(things: Iterable[Thing], counts: Sequence[Amount]) -> list[Thing]:
    """Join what is said of the same goods with no count between: 京东卡 and 100 of 京东卡100两张."""
    run: list[Thing] = []
    for thing in sorted(things, key=lambda thing: (thing.start, thing.end)):
        last = run[-1] if run else None
        counted = last is None or any(last.end <= count.start < thing.start for count in counts)
        if last is not None and last.pid == thing.pid and not counted:
            run[-1] = Thing(last.start, max(last.end, thing.end), last.pid)
        else:
            run.append(thing)
    return run


def _way(text: str, start: int, end: int) -> int:
    """Measure what parts a count from goods: a comma or 和 more than any word, a space more than none."""
    between = text[start:end]
    cuts = len(BREAK.findall(between)) + len(_JOINS.findall(between))
    return _CUT * cuts + _SPACE * min(between.count(" "), 1) + len(_NOTHING.sub("", between)) - cuts
