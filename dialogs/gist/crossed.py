"""Choices that are each made of two parts (安卓QQ, 苹果QQ, 安卓微信, 苹果微信), put right by one: 不对 我是苹果的."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Field
from dialogs.gist.clauses import Clauses, sign
from nlu.surnames import KIN

_OTHERS = re.compile(f"(?:{KIN}|室友|同事|朋友|邻居|别人|[他她]们?家?|人家|同学|以前|之前|原来|上次)")
_CALLED = (("qq", "扣扣", "q区", "企鹅"), ("微信", "v区", "vx"), ("苹果", "ios", "iphone"), ("安卓", "android"))
"""What everybody calls these, whether a catalog says so or not."""
_CORRECTS = re.compile("错|不对|不是|[改换]|应该|[才就]是|我[是用玩的]|我的?手机|登的?|手机|区")


@dataclass(frozen=True, slots=True)
class _Crossing:
    """Which choice is made of which two parts, and what each part is called."""

    choices: Mapping[tuple[str, str], str]
    names: Mapping[str, tuple[int, str]]
    """A word, and the part it names: the first (0) or the second (1)."""


def crossed_in(one: Field, old: str, clauses: Clauses) -> tuple[str, tuple[str, ...]] | None:
    """(the choice that it is to be, the words that say so); None where no part of one is said to be otherwise."""
    crossing = _crossing(one)
    parts = next((key for key, choice in crossing.choices.items() if choice == old), None) if crossing else None
    if crossing is None or parts is None or not _CORRECTS.search(clauses.said):
        return None
    new, words = list(parts), []
    for word, refused in _heard(crossing, clauses):
        side, part = crossing.names[word]
        words.append(word)
        others = {key[side] for key in crossing.choices} - {part}
        if refused and new[side] == part and len(others) == 1:
            new[side] = others.pop()
        elif not refused:
            new[side] = part
    choice = crossing.choices.get((new[0], new[1]))
    return (choice, tuple(words)) if words and choice is not None and choice != old else None


def _heard(crossing: _Crossing, clauses: Clauses) -> Iterator[tuple[str, bool]]:
    """The words for parts, in their order, and whether each is refused; what is said of others is left out."""
    words = sorted(crossing.names, key=len, reverse=True)
    for clause in clauses.parts:
        at = 0
        while at < len(clause):
            word = next((one for one in words if clause.startswith(one, at)), "")
            if word and not _OTHERS.search(clause[:at]):
                yield word, sign(clause[:at], clause[at + len(word) :]) < 0
            at += len(word) or 1


@lru_cache(maxsize=256)
def _crossing(one: Field) -> _Crossing | None:
    """How the choices of a field are crossed; None where they are not."""
    bare = _without_shared_end({fold(choice.label): choice.id for choice in one.values})
    first = next(iter(bare), "")
    for cut in range(1, len(first)):
        seconds = {label.removeprefix(first[:cut]) for label in bare if label.startswith(first[:cut])} - {""}
        ends = [(label, end) for label in bare for end in seconds if label.endswith(end)]
        pairs = {(label.removesuffix(end), end): bare[label] for label, end in ends}
        heads = {head for head, _ in pairs} - {""}
        if len(heads) > 1 < len(seconds) and len(pairs) == len(bare) == len(heads) * len(seconds):
            return _Crossing(pairs, _names(heads, seconds, pairs, one))
    return None


def _without_shared_end(labels: dict[str, str]) -> dict[str, str]:
    """安卓qq, of 安卓qq区 where all are 区."""
    ends = {label[-1:] for label in labels}
    return {label[:-1]: choice for label, choice in labels.items()} if len(ends) == 1 else labels


def _names(
    heads: set[str], seconds: set[str], pairs: Mapping[tuple[str, str], str], one: Field
) -> dict[str, tuple[int, str]]:
    names = {part: (side, part) for side, parts in enumerate((heads, seconds)) for part in parts}
    for part, where in list(names.items()):
        for words in _CALLED:
            names |= dict.fromkeys(words, where) if part in words else {}
    of = {choice: key for key, choice in pairs.items()}
    for choice in one.values:  # 扣扣, of 安卓扣扣
        for alias in map(fold, choice.aliases):
            for side, part in enumerate(of[choice.id]):
                rest = alias.replace(part, "", 1)
                if rest != alias and len(rest) > 1:
                    names.setdefault(rest, (1 - side, of[choice.id][1 - side]))
    return names
