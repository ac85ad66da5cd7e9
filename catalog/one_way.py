"""Tells the patterns that read every character in one way only: they never try again, however long they are.

A pattern is turned into its positions (Glushkov): which can come first, which after which, which last. Where no
character fits two that could come next, there is one way at most to read the beginning of any input.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from re import _constants as ops  # type: ignore[attr-defined]
from typing import Any

_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT)
_FLAGS = re.UNICODE | re.VERBOSE
"""Others change what a character fits, or where a line ends."""
_CATEGORIES = {
    ops.CATEGORY_DIGIT: re.compile(r"\d"),
    ops.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    ops.CATEGORY_SPACE: re.compile(r"\s"),
    ops.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    ops.CATEGORY_WORD: re.compile(r"\w"),
    ops.CATEGORY_NOT_WORD: re.compile(r"\W"),
}
_USUAL = frozenset(map(chr, range(128))) | frozenset("é中京Я１²ª—\u00a0\u3000。")
_RANGE_POINTS = 64

_Chars = frozenset[str]


class _TwoWaysError(Exception):
    """Some input can be read in two ways, or it cannot be told."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern: whether it fits nothing at all, and its first and last positions."""

    empty: bool
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()


def reads_one_way(tree: Iterable[tuple[Any, Any]], flags: int) -> bool:
    """Tell whether any beginning of any input is read by this parsed pattern in one way at most; False if in doubt."""
    if flags & ~_FLAGS:
        return False
    nodes = list(tree)
    try:
        _Positions(_USUAL | frozenset(_named(nodes))).sequence(nodes)
    except _TwoWaysError:
        return False
    return True


class _Positions:
    """The positions of one pattern: what fits each, and which may follow it."""

    def __init__(self, samples: _Chars) -> None:
        self._samples = samples
        self._chars: list[_Chars] = []
        self._next: list[set[int]] = []

    def sequence(self, nodes: Iterable[tuple[Any, Any]]) -> _Part:
        whole = _Part(empty=True)
        for op, argument in nodes:
            part = self._part(op, argument)
            self._follow(whole.last, part.first)
            first = self._apart((*whole.first, *part.first)) if whole.empty else whole.first
            last = (*whole.last, *part.last) if part.empty else part.last
            whole = _Part(whole.empty and part.empty, first, last)
        return whole

    def _part(self, op: Any, argument: Any) -> _Part:
        if op is ops.AT:
            return _Part(empty=True)
        if op is ops.SUBPATTERN and not argument[1] and not argument[2]:
            return self.sequence(argument[3])
        if op is ops.BRANCH:
            return self._branch([self.sequence(one) for one in argument[1]])
        if op in _REPEATS:
            return self._repeat(*argument)
        self._chars.append(self._fitting(op, argument))
        self._next.append(set())
        number = len(self._chars) - 1
        return _Part(False, (number,), (number,))

    def _branch(self, parts: list[_Part]) -> _Part:
        if sum(part.empty for part in parts) > 1:
            raise _TwoWaysError
        first = self._apart(tuple(number for part in parts for number in part.first))
        return _Part(any(part.empty for part in parts), first, tuple(n for part in parts for n in part.last))

    def _repeat(self, least: int, most: int, body: Any) -> _Part:
        part = self.sequence(body)
        if most == 0:
            return _Part(empty=True)
        if part.empty:
            raise _TwoWaysError  # left out, or there and empty
        if most > 1:
            self._follow(part.last, part.first)
        return _Part(least == 0, part.first, part.last)

    def _follow(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        for number in before:
            if self._next[number].intersection(after):
                raise _TwoWaysError  # the same place by way of two loops
            self._next[number].update(self._apart((*self._next[number], *after)))

    def _apart(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """These, of which no character fits two."""
        taken: set[str] = set()
        for number in numbers:
            if not taken.isdisjoint(self._chars[number]):
                raise _TwoWaysError
            taken |= self._chars[number]
        return numbers

    def _fitting(self, op: Any, argument: Any) -> _Chars:
        if op is ops.LITERAL:
            return frozenset(chr(argument))
        if op is ops.NOT_LITERAL:
            return self._samples - {chr(argument)}
        if op is ops.ANY:
            return self._samples - {"\n"}
        if op is not ops.IN:
            raise _TwoWaysError  # looks ahead, refers back: not told here
        chars: set[str] = set()
        for kind, what in argument:
            if kind is ops.LITERAL:
                chars.add(chr(what))
            elif kind is ops.RANGE:
                chars.update(char for char in self._samples if what[0] <= ord(char) <= what[1])
            elif kind is ops.CATEGORY:
                chars.update(filter(_CATEGORIES[what].match, self._samples))
        return self._samples - chars if argument[0][0] is ops.NEGATE else frozenset(chars)


def _named(nodes: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """Every character a pattern names, and some of each of its ranges: two sets that meet, meet at one of them."""
    for op, argument in nodes:
        if op in (ops.LITERAL, ops.NOT_LITERAL):
            yield chr(argument)
        elif op is ops.RANGE:
            low, high = argument
            yield from map(chr, {low, high, *range(low, high, (high - low) // _RANGE_POINTS + 1)})
        elif op is ops.IN:
            yield from _named(argument)
        elif op is ops.SUBPATTERN:
            yield from _named(argument[3])
        elif op in _REPEATS:
            yield from _named(argument[2])
        elif op is ops.BRANCH:
            for branch in argument[1]:
                yield from _named(branch)
