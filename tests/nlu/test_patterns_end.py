"""No pattern that a buyer's words go through can be made to search without end by repeating what it looks for."""

import importlib
import pkgutil
import random
import re
import signal
from collections.abc import Iterator
from types import FrameType, ModuleType

import pytest

import catalog
import dialogs
import kernel
import nlu
import risk

CPU_S = 1.0
"""Of the process's own time, so that a busy machine does not matter; what has an end needs a thousandth of it."""
ROOMS = (nlu, dialogs, catalog, kernel, risk)
OFFLINE = ("nlu.tables", "nlu.train")


def _patterns(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _patterns(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _patterns(one)


def _words_of(pattern: str) -> list[str]:
    runs = re.findall(r"[\u4e00-\u9fff]+|[a-zA-Z]+", re.sub(r"\\[a-zA-Z]", "", pattern))
    return sorted({"1", "一", " ", ",", *(part for run in runs for part in (run[:4], run[0], run[-1]))})


def _attacks(pattern: str) -> Iterator[str]:
    words, chance = _words_of(pattern), random.Random(1)
    for word in chance.sample(words, min(60, len(words))):
        yield word * 60 + "Ω"
    for _ in range(30):
        yield (chance.choice(words) + chance.choice(words)) * 40 + "Ω"


def _modules(room: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        if found.name not in OFFLINE:
            yield importlib.import_module(found.name)


class _EndlessError(Exception):
    pass


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_pattern_comes_to_an_end_soon(room: ModuleType) -> None:
    def give_up(_: int, __: FrameType | None) -> None:
        raise _EndlessError

    before = signal.signal(signal.SIGVTALRM, give_up)
    endless = []
    try:
        for module in _modules(room):
            for name, value in vars(module).items():
                for pattern in _patterns(value):
                    try:
                        for text in _attacks(pattern.pattern) if isinstance(pattern.pattern, str) else ():
                            signal.setitimer(signal.ITIMER_VIRTUAL, CPU_S)
                            pattern.fullmatch(text)
                            pattern.search(text)
                    except _EndlessError:
                        endless.append(f"{module.__name__}.{name}")
                    finally:
                        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)
    assert not endless
