"""Cheap patterns that decide whether dear ones are tried: each finds something in whatever the dear one matches."""

import re
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from nlu import amounts, intent, people, taking_back, telling

REFUSALS = ("NEGATED", "DECLINED", "TAKEN_BACK", "CORRECTION", "UNFIT", "LACKING", "EXCHANGED", "PLACES", "NOT_MIXED")
GATES = [(taking_back.MAY_TAKE_BACK, getattr(taking_back, f"_{name}")) for name in (*REFUSALS, "NOT_FOR")]
GATES += [(taking_back.MAY_BE_THERE, pattern) for pattern in (taking_back._HAS, taking_back._AIMS_AT)]
GATES += [(telling.MAY_DECLINE, telling._DECLINED), (telling.MAY_HAVE, telling._HAVE)]
GATES += [(telling.MAY_BE_DONE, telling._DONE), (telling.MAY_BE_OTHERS, telling._OTHERS)]
GATES += [
    (amounts.MAY_LAST, amounts._DURATION),
    (amounts.MAY_PAIR, amounts._PAIRED),
    (intent.MAY_CHOOSE, intent._CHOOSE),
]
GATES += [(amounts.MAY_DATE, amounts._DATE), (people.MAY_PROMISE, people._LATER)]


@pytest.mark.parametrize(("gate", "pattern"), GATES, ids=[pattern.pattern[:24] for _, pattern in GATES])
def test_whatever_a_pattern_matches_passes_its_gate(gate: re.Pattern[str], pattern: re.Pattern[str]) -> None:
    assert _sure(parser.parse(pattern.pattern), gate)


def test_a_pattern_with_a_way_around_its_gate_is_found_out() -> None:
    gate = re.compile("[不没]|取消")
    assert _sure(parser.parse("(?:我|他)?(?:取消|[不没]要)了*"), gate)
    for around in ("不?要", "(?:不|别)要", "[不别]", "取.消", "(?:不)*", "(?<=不)要", "[取别]消", "[不-丏]要", "[^不]"):
        assert not _sure(parser.parse(around), gate), around


@pytest.mark.parametrize("grammar", [intent._YES, intent._NO, intent._STOP, intent.SOFT_WORDS.pattern])
def test_no_yes_no_or_stop_holds_a_digit(grammar: str) -> None:
    assert not re.search(r"\\d|\d", re.sub(r"\{\d?,?\d?\}", "", grammar))


def _sure(sequence: Any, gate: re.Pattern[str]) -> bool:
    """Tell whether every text that a parsed pattern matches holds something that the gate finds."""
    runs = {""}
    for kind, what in sequence:
        runs = {run + char for run in runs for char in _characters(kind, what)} if len(runs) < 500 else {""}
        if (runs and all(gate.search(run) for run in runs)) or _one_is_sure(kind, what, gate):
            return True
        runs = runs or {""}
    return False


def _characters(kind: Any, what: Any) -> list[str]:
    """List the characters that one part of a pattern stands for; none when it is no single character of a few."""
    if kind is op.LITERAL:
        return [chr(what)]
    listed: list[str] = []
    for one, of in what if kind is op.IN else ():
        if one is op.CATEGORY and of is op.CATEGORY_DIGIT:
            listed.append("7")  # any digit: no gate tells one from another
        elif one is op.LITERAL or (one is op.RANGE and of[1] - of[0] < 100):
            listed += map(chr, range(of[0], of[1] + 1) if one is op.RANGE else [of])
        else:
            return []
    return listed


def _one_is_sure(kind: Any, what: Any, gate: re.Pattern[str]) -> bool:
    if kind is op.BRANCH:
        return all(_sure(way, gate) for way in what[1])
    if kind is op.SUBPATTERN:
        return _sure(what[-1], gate)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        return bool(what[0]) and _sure(what[2], gate)
    return False
