"""Names typed with a slip that sound and short forms do not explain: stem卡, windwos, 王者荣跃 (rapidfuzz).

Wrong is worse than unknown: a name is near only when what differs is plainly a slip and not what tells it from another.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, zip_longest
from operator import add

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Levenshtein

from nlu.phrases import GRAMMAR, Entry, Mention, without_spaces
from nlu.segments import Segment, Segmenter
from nlu.text import sound
from nlu.words import GENERIC_TAILS, TOO_GENERIC

MAX_CHARS = 80
"""A longer message is no slip of the thumb: it is not searched for near names."""
CUTOFF = 50
"""rapidfuzz's partial ratio below which a name is not looked at again: 哗哩哗哩 reaches 50 (one slip, made twice)."""
CROWDED = 200
"""A pair of characters that more names share than this (充值) tells nothing."""
LOOKED_AT = 16
_STRETCH = re.compile(r"[\u4e00-\u9fffa-z0-9]{3,}")
_NUMBER = re.compile(r"[\d零一二三四五六七八九十百千万两]")


_UNITS = frozenset("年月日天岁点分秒块元楼层寸度斤级米路")


@dataclass(frozen=True, slots=True)
class _Name:
    word: str
    core: int
    """How many of its first characters are its own, before a generic tail (卡, 会员)."""


def _pairs(text: str) -> list[str]:
    """List neighbours, and neighbours but one: any single slip leaves some of them."""
    beside, beyond = map(add, text, text[1:]), map(add, text, text[2:])
    return [pair for pairs in zip_longest(beside, beyond) for pair in pairs if pair]


_TELLS_NOTHING = frozenset(
    pair for tail in (*GENERIC_TAILS, *TOO_GENERIC) if not tail.isascii() for pair in _pairs(tail)
)
"""会员 or 充值 in common brings no name near."""


class NearNames:
    """Finds catalog names that a stretch of text nearly is."""

    def __init__(self, entries: Mapping[str, Entry], cores: Mapping[str, str], words: Segmenter) -> None:
        self._entries = entries
        self._words = words
        self._names: list[_Name] = []
        self._by_pair: dict[str, list[int]] = defaultdict(list)
        self._short: dict[str, str] = {}
        for word, entry in entries.items():
            if entry.spelled or not entry.means_things:
                continue
            if len(word) == 2 and not entry.foreign and not word.isascii():
                self._short.setdefault(sound(word), word)
            elif len(word) >= (4 if entry.only_shorthand else 3) and not word.isdecimal():
                for pair in set(_pairs(word)) - _TELLS_NOTHING:
                    self._by_pair[pair].append(len(self._names))
                self._names.append(_Name(word, len(cores.get(word) or word)))

    def find(self, text: str, mentions: Iterable[Mention], segments: list[Segment]) -> list[Mention]:
        """Find near names outside of what is already explained. Asked only when nothing names a product."""
        if len(text) > MAX_CHARS:
            return []
        taken = [(m.start, m.end) for m in mentions]
        compact, places = without_spaces(text)
        found: list[Mention] = []
        for match in _STRETCH.finditer(compact):
            near = self._nearest(match[0], places[slice(*match.span())], segments)
            if near and not any(s < near.end and near.start < e for s, e in taken):
                found.append(near)
        return found or self._heard_short(taken, segments)

    def _nearest(self, said: str, places: Sequence[int], segments: list[Segment]) -> Mention | None:
        shared = [known for pair in _pairs(said) if len(known := self._by_pair.get(pair, ())) <= CROWDED]
        votes = Counter(chain.from_iterable(shared))
        if not votes:
            return None
        names = {i: self._names[i].word for i, _ in votes.most_common(LOOKED_AT)}
        near: list[tuple[int, int, int, int, int]] = []
        for _, _, i in process.extract(said, names, scorer=fuzz.partial_ratio, score_cutoff=CUTOFF, limit=6):
            where = _place(self._names[i].word, said)
            if where is not None and self._is_slip(self._names[i], said, where, places, segments):
                near.append((where[0], -len(self._names[i].word), i, *where[1:]))
        near.sort()
        for slips, _, i, start, end in near:
            name = self._names[i]
            if not any(other <= slips and self._means(j) != self._means(i) for other, _, j, *_ in near):
                entry = self._entries[name.word]
                if entry.foreign:
                    return None
                begin, stop = places[start], places[end - 1] + 1
                return Mention(begin, stop, name.word, entry, exact=False, near=True, weak=name.core < 4)
        return None

    def _means(self, i: int) -> tuple[str, ...]:
        entry = self._entries[self._names[i].word]
        return tuple(entry.products or entry.categories or entry.shorthand) or (self._names[i].word,)

    def _is_slip(
        self, name: _Name, text: str, where: tuple[int, int, int], places: Sequence[int], segments: list[Segment]
    ) -> bool:
        """Tell a slip from another thing's name: 荣跃 is no word, but 移动, 招商 and the 油 of 中石油 are."""
        said = text[where[1] : where[2]]
        differing = _differing(name.word, said)
        mine = {said[i] for i, _ in differing if i < len(said)}
        theirs = {name.word[j] for _, j in differing if j < len(name.word)}
        if any(_NUMBER.match(char) for char in mine | theirs) or mine & GRAMMAR:
            return False
        if name.word[0].isdecimal() and mine & _UNITS:
            return False  # 95年 is no slip of 95号
        in_core = [j for _, j in differing if j < name.core]
        if name.core < 3 or (name.core < 5 and name.word[: name.core].isascii()) or 2 * len(in_core) > name.core + 1:
            return False
        if len(said) == len(name.word) and any(said[i].isascii() != name.word[i].isascii() for i in range(len(said))):
            return False
        for i, _ in differing:
            if i < len(said) and "\u4e00" <= said[i] <= "\u9fff":
                word = next((w for s, e, w in segments if s <= places[where[1] + i] < e), "")
                if self._words.knows(word):
                    return False
        return True

    def _heard_short(self, taken: list[tuple[int, int]], segments: list[Segment]) -> list[Mention]:
        """腾迅: two characters that sound like a short name, and are no word themselves."""
        for (start, _, one), (_, end, other) in pairwise(segments):
            if end - start != 2 or not one + other > "\u2fff" or {one, other} & GRAMMAR:
                continue
            word = self._short.get(sound(one + other))
            if word and (one == word[0]) != (other == word[1]) and not any(s < end and start < e for s, e in taken):
                return [Mention(start, end, word, self._entries[word], exact=False, near=True, weak=True)]
        return []


def _allowed(name: str) -> int:
    """Count the slips a name may have: two only in a long one."""
    return 2 if len(name) >= 7 else 1


def _differing(name: str, said: str) -> list[tuple[int, int]]:
    """List the places (in what was said, in the name) where the two differ."""
    places = []
    for op in Levenshtein.editops(said, name):
        places.append((op.src_pos, op.dest_pos))
    return places


def _cut(said: str, place: int) -> bool:
    """Tell whether a place is in the middle of a Latin word: stem of system is no steam."""
    return 0 < place < len(said) and said[place - 1 : place + 1].isascii() and said[place - 1 : place + 1].isalpha()


def _place(name: str, said: str) -> tuple[int, int, int] | None:
    """Find where in `said` the name nearly stands: slips, start and end. None when it does not."""
    around = fuzz.partial_ratio_alignment(name, said)
    if around is None:
        return None
    best: tuple[int, int, int] | None = None
    for start in range(max(0, around.dest_start - 1), around.dest_start + 2):
        for length in (len(name), len(name) - 1, len(name) + 1):
            window = said[start : start + length]
            if len(window) < 3 or len(window) != length or _cut(said, start) or _cut(said, start + length):
                continue
            slips = OSA.distance(name, window, score_cutoff=_allowed(name) + 1)
            if len(window) == len(name):  # 哗哩哗哩: the same slip twice is one
                slips = min(slips, len({pair for pair in zip(name, window, strict=True) if pair[0] != pair[1]}))
            elif window[0] != name[0] or (window[-1] != name[-1] and not window.isascii()):
                continue
            if 0 < slips <= _allowed(name) and (best is None or slips < best[0]):
                best = (slips, start, start + length)
    return best
