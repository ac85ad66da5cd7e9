"""Patterns from the catalog file: compiled, and refused when some input could make them run for minutes."""

import re
import warnings
from collections.abc import Iterable
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from catalog.one_way import reads_one_way

PATTERN_CHARS_MAX = 200
SUBJECT_CHARS_MAX = 128
"""No pattern is tried on anything longer: the other half of the promise that matching ends soon."""
_REPEAT_MAX = 1000
_STARTS = (ops.AT_BEGINNING, ops.AT_BEGINNING_STRING)
_ANCHORS = (*_STARTS, ops.AT_END, ops.AT_END_STRING)
_WAYS_MAX = 5_000_000
"""How many ways of matching may have to be tried in the worst case: three `.*` in a row pass, `(a+)+` does not."""


class PatternError(ValueError):
    """The pattern cannot be used; the message says why, in Chinese."""


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a catalog pattern. Raises PatternError when it is wrong, too long, or could take too long to match."""
    if len(pattern) > PATTERN_CHARS_MAX:
        raise PatternError(f"正则表达式超过{PATTERN_CHARS_MAX}个字符")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "[[a]": legal, and read as it always was
            tree = parser.parse(pattern)
            compiled = re.compile(pattern)
        ways = _ways(tree, tree.state.flags)
    except PatternError:
        raise
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"正则表达式有误 ({error})") from error
    if ways * (1 if _starts_anchored(tree) else SUBJECT_CHARS_MAX) > _WAYS_MAX:
        raise PatternError("正则表达式太复杂, 遇到某些输入会长时间卡住 (例如重复里套着重复)")
    return compiled


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> tuple[re.Pattern[str], bool]:
    return compile_pattern(pattern), _has_anchor(parser.parse(pattern))


def matches(pattern: str, value: str) -> bool:
    """Tell whether a value fits. A pattern without ^ or $ must fit the whole value, as in an HTML form."""
    if len(value) > SUBJECT_CHARS_MAX:
        return False
    compiled, anchored = _compiled(pattern)
    return bool(compiled.search(value) if anchored else compiled.fullmatch(value))


def fixed_width(pattern: str) -> int | None:
    """Give the length that every matching value has, or None when lengths vary."""
    if not _spans_all(pattern):
        return None
    shortest, longest = parser.parse(pattern).getwidth()
    return int(shortest) if shortest == longest else None


def _spans_all(pattern: str) -> bool:
    return not _has_anchor(parser.parse(pattern)) or (pattern.startswith("^") and pattern.endswith("$"))


def _has_anchor(tree: Iterable[tuple[Any, Any]]) -> bool:
    return any(op is ops.AT and argument in _ANCHORS for op, argument in tree)


def _starts_anchored(tree: Any) -> bool:
    """Such a pattern is tried at one place only: at ^, or at the start because it has no anchor at all."""
    return not _has_anchor(tree) or (tree[0][0] is ops.AT and tree[0][1] in _STARTS)


def _ways(tree: Iterable[tuple[Any, Any]], flags: int) -> int:
    """Bound from above how many ways there are to match an input of SUBJECT_CHARS_MAX characters."""
    nodes, ways = list(tree), 1
    for op, argument in nodes:
        ways = min(ways * _ways_of(op, argument, flags), _WAYS_MAX + 1)
    # One way to read each beginning: as many as there are places to stop at.
    return SUBJECT_CHARS_MAX + 1 if ways > SUBJECT_CHARS_MAX + 1 and reads_one_way(nodes, flags) else ways


def _ways_of(op: Any, argument: Any, flags: int) -> int:
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, most, body = argument
        ways = _ways_of_repeat(least, most, body, flags)
        one_way = ways > SUBJECT_CHARS_MAX + 1 and reads_one_way([(op, argument)], flags)
        return SUBJECT_CHARS_MAX + 1 if one_way else ways
    if op is ops.BRANCH:
        return sum(_ways(branch, flags) for branch in argument[1])
    if op is ops.SUBPATTERN:
        return _ways(argument[3], flags)
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return _ways(argument[1], flags)
    if op is ops.ATOMIC_GROUP:
        return _ways(argument, flags)
    if op in (ops.GROUPREF, ops.GROUPREF_EXISTS):
        raise PatternError("正则表达式不能引用分组")
    return 1


def _ways_of_repeat(least: int, most: int, body: Any, flags: int) -> int:
    if least > _REPEAT_MAX or (most is not ops.MAXREPEAT and most > _REPEAT_MAX):
        raise PatternError(f"正则表达式里的重复次数超过{_REPEAT_MAX}")
    if body.getwidth()[1] == 0:
        # Consumes nothing, so nothing would bound the number of rounds.
        raise PatternError("正则表达式重复了空内容")
    longest = max(min(int(most), SUBJECT_CHARS_MAX), least)
    once = _ways(body, flags)
    if once == 1:
        return longest - least + 1
    ways = 0
    for times in range(least, longest + 1):
        ways += min(once**times, _WAYS_MAX + 1)
        if ways > _WAYS_MAX:
            break
    return ways
