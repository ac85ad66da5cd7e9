"""Of several lines, which a message speaks of, and what it says of each: 后面那个充50 我妈的不变, 短的来五条."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from catalog.shelf import Shelf
from dialogs.gist.clauses import BREAKS
from dialogs.gist.naming import NOT, PIECE, Ref, refs_in
from dialogs.state import DraftLine
from nlu.numerals import CHINESE
from nlu.text import normalise

NAMED = "|"
"""Stands in the words of a part where the line was named."""
_ALIKE = re.compile(r"(?:[跟和同像照]|按照?)[^,，\s]{1,10}?(?:一样|一致|同样|看齐|相同)的?")
_AND = re.compile(r"^(?:[和跟与及、还有,]|以及)+$")
_ELSE = re.compile(
    "(?:再|还|也|另外|顺[便手带]?|捎|外加|搭)[来加添要买带充捎拿配整给搞弄上个一张份]*$|(?:要|买|说|应该)的?是$"
)
"""What is said before something more, or before all of it is said anew: no line is meant."""
_EXCEPT = re.compile("除[了开]|我[要说买]的是")
"""Says it of the others, or all of it anew."""
_PLURAL = re.compile("[都全俩仨]|两个|[这那][两些几]")
_COUNT = re.compile(rf"[x*]?(?:[俩仨]|(?:\d{{1,2}}|[{CHINESE}]{{1,2}})(?:{PIECE}|$))")
_LATIN = re.compile("[0-9A-Za-z]{2,}")
_LEAD = re.compile(rf"[这那]一?{PIECE}$")


@dataclass(frozen=True, slots=True)
class Part:
    """What a message says of some of the lines, without the words that name them."""

    lines: frozenset[int]
    words: str
    named: bool = True
    """False: what is said before any line is named."""
    plural: bool = False
    """Whether it may mean several: 都, 两个, 京东的和steam的."""


def parts(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[Part, ...] | None:
    """Part by part what is said of which lines; None where no line is named, or one name means several of them."""
    return _parts(tuple((line, line.whose) for line in lines), text, shelf)


@lru_cache(maxsize=16)  # a turn asks up to three times; two lines are equal, whosever they are
def _parts(held: tuple[tuple[DraftLine, str], ...], text: str, shelf: Shelf) -> tuple[Part, ...] | None:
    lines = [line for line, _ in held]
    said = _ALIKE.sub("", normalise(text)).casefold().replace(NAMED, "")
    if _EXCEPT.search(said):
        return None
    found: list[Part] = []
    everyone = frozenset(range(len(lines)))
    named = False
    for clause in filter(None, BREAKS.split(said)):
        before = frozenset[int]().union(*(part.lines for part in found if part.named))
        spoken_of = list(refs_in(lines, clause, shelf, before))
        whole = len(spoken_of) == 1 and spoken_of[0].start < 2 and spoken_of[0].end == len(clause) != len(said)
        refs = _joined([one for one in spoken_of if whole or not one.value], clause)
        if any(not one.lines or one.into for one in refs) or (refs and _ELSE.search(clause[: refs[0].start])):
            return None
        if len(refs) == 1 and refs[0].sized and not refs[0].marked and found and found[-1].named:
            refs = refs if not found[-1].lines < refs[0].lines else []  # 京东那张 100拿不出手
        if not refs:
            if spoken_of and not found:
                return None  # 我要的是成人一张，儿童两张: all of it anew
            last = found[-1] if found else Part(everyone, "", named=False)
            found[-1:] = [replace(last, words=f"{last.words},{clause}".strip(","))]
            continue
        named = True
        found += list(_of_clause(refs, clause))
    return tuple(replace(part, words=_as_written(part.words, text)) for part in found) if named else None


def _as_written(words: str, text: str) -> str:
    """With capitals where he wrote them: 豫A7C912."""
    for token in _LATIN.findall(text):
        words = words.replace(token.lower(), token) if token != token.lower() else words
    return words


def _of_clause(refs: Sequence[Ref], clause: str) -> Iterator[Part]:
    """Each name with the words behind it; with those before it, where the clause begins with a verb."""
    lead = _LEAD.sub("", clause[: refs[0].start])
    for i, one in enumerate(refs):
        end = refs[i + 1].start if i + 1 < len(refs) else len(clause)
        behind = clause[one.end : end]
        verb = NOT.search(behind) if i + 1 < len(refs) else None
        if verb is not None and verb.start():
            behind = behind[: verb.start()]
        before = lead if i == 0 else (clause[: one.start][_cut(clause[: one.start]) :])
        plural = one.plural or _PLURAL.search(before + behind) is not None
        yield Part(one.lines, f"{before}{NAMED}{behind}", plural=plural)


def _cut(before: str) -> int:
    verb = NOT.search(before)
    return verb.start() if verb is not None else len(before)


def _joined(refs: list[Ref], clause: str) -> list[Ref]:
    """京东那张200的 is one; 京东的和steam的 are both; a size behind a name is what it is to be."""
    out: list[Ref] = []
    for one in refs:
        before = out[-1] if out else None
        if before is None:
            out.append(one)
            continue
        between = clause[before.end : one.start]
        both = before.lines & one.lines
        if between in ("", "的", "那", "充", "买") and both:
            out[-1] = replace(before, end=one.end, lines=both, marked=before.marked or one.marked, product=True)
        elif _AND.match(between):
            out[-1] = replace(before, end=one.end, lines=before.lines | one.lines, marked=True, plural=True)
        elif before.product and one.sized and both and both != before.lines and one.marked:
            out[-1] = replace(before, lines=both)  # 顺丰留一张12的
        elif (between == "" and not one.lines - before.lines) or (
            one.sized
            and not (one.marked and before.marked and len(between) > 1)
            and not (_COUNT.search(between) and _COUNT.match(clause, one.end))  # 中杯俩超大杯一个
        ):
            continue
        elif both == before.lines:
            continue  # the same again
        else:
            out.append(one)
    return out
