"""Of several lines each its own, in one message: 月卡B服 其他官服; suv是苏E66A88 轿车苏E3M12K 都停在….

Two values for what is asked are never given to all lines: each goes to the line that stands beside it, and where none
does, each line is asked about by itself."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Option
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import choice_label
from dialogs.by_text import accounts_anywhere
from dialogs.draft import account_field, field_of, option_of
from dialogs.filling import with_option
from dialogs.gist.answers import choice_names
from dialogs.gist.chosen import is_question
from dialogs.gist.mentions import refused
from dialogs.ordering import advance, miss
from dialogs.pointing import pointed
from dialogs.state import Collecting, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.numerals import CHINESE, read_numeral
from nlu.regions import region_at

_TEXT_MAX = 200
_CLAUSE = re.compile(r"[^\s,，。;；]+")
_REST = re.compile("其他|其它|别的|剩下|其余|另外|余下")
_LAST = re.compile(rf"(?:后面?|剩下)的?(?P<many>[{CHINESE}\d])个")
_FIRST = re.compile(rf"前面?的?(?P<many>[{CHINESE}\d])个")
_TO_ALL = re.compile("^(?:[全统]?[都部一]|停|在|放|到|地址|是|车|[:：])*")
_ANY_OF = (FieldKind.CHOICE, FieldKind.ADDRESS)


def taken(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Each line with what is said of it; None for any other message."""
    state = dialog.state
    if not isinstance(state, Collecting) or len(state.lines) < 2 or len(said.text) > _TEXT_MAX or state.lines[0].row:
        return None
    found = list(_values(state, said.text, scene.shelf))
    if len({value for _, _, value, _ in found}) < 2 or is_question(said.text):
        return None
    placed = _placed(state, said.text, found, scene.shelf)
    if placed is None:
        product = scene.shelf.product(state.lines[state.line].product or "")
        part = option_of(product, state.slot) or field_of(product, state.slot) if product is not None else None
        if product is None or part is None or not part.values:
            return None
        turn = miss(dialog, scene, replies.each_by_itself(part.label))
        after = turn.dialog.state
        return (
            replace(turn, dialog=replace(turn.dialog, state=replace(after, apart=True)))
            if isinstance(after, Collecting)
            else turn
        )
    lines = list(state.lines)
    for at, value in placed.items():
        lines[at] = _with(lines[at], state, value, scene.shelf)
    lines = _at_one_place(lines, _CLAUSE.findall(said.text), found, scene.shelf)
    return advance(replace(dialog, misses=0), lines, scene, *_noted(state, lines, scene.shelf))


def still_apart(before: Dialog, turn: Turn) -> Turn:
    """While the same is asked of the next line, its answer is for that line alone, too."""
    state, after = before.state, turn.dialog.state
    if not isinstance(state, Collecting) or not state.apart or not isinstance(after, Collecting):
        return turn
    if after.slot != state.slot or after.apart:
        return turn
    return replace(turn, dialog=replace(turn.dialog, state=replace(after, apart=True)))


def _values(state: Collecting, text: str, shelf: Shelf) -> Iterator[tuple[int, int, str, str]]:
    """(begin, end, value, as it is written) of what may be an answer, in the order of the message."""
    product = shelf.product(state.lines[state.line].product or "")
    part: Option | Field | None = None
    if product is not None:
        part = option_of(product, state.slot) or field_of(product, state.slot)
    if part is None:
        return
    if part.values:
        names = sorted(
            {(fold(n), of) for n, of in choice_names(part.values) if len(n) > 1}, key=lambda one: -len(one[0])
        )
        said, at = text.lower(), 0
        while at < len(said):
            hit = next(((name, of) for name, of in names if said.startswith(name, at)), None)
            if hit is not None and not refused(text.lower(), hit[0]):
                yield at, at + len(hit[0]), hit[1], hit[0]
            at += len(hit[0]) if hit is not None else 1
        return
    spans: dict[tuple[int, int], str] = {}
    for one in {field for line in state.lines if (field := _account(line, state, shelf)) is not None}:
        for value, words in _accounts(one, text):
            at = text.find(words)
            spans[at, at + len(words)] = value
    yield from ((begin, end, value, text[begin:end]) for (begin, end), value in sorted(spans.items()))


def _length(name: tuple[str, str]) -> int:
    return -len(name[0])


def _accounts(one: Field, text: str) -> Iterator[tuple[str, str]]:
    if one.pattern is not None and one.kind is FieldKind.TEXT:
        for found in re.finditer(one.pattern.strip("^$"), text.upper()):
            words = text[found.start() : found.end()]
            if isinstance(checked := check_field(one, words.upper()), Valid):
                yield checked.canonical, words
        return
    yield from ((value, value) for value in accounts_anywhere(one, text) if value in text)


def _account(line: DraftLine, state: Collecting, shelf: Shelf) -> Field | None:
    """The account that a line waits for: what is asked, or its own."""
    product = shelf.product(line.product or "")
    one = (field_of(product, state.slot) or account_field(product)) if product is not None else None
    if one is None or one.kind in _ANY_OF or (one.kind is FieldKind.TEXT and one.pattern is None):
        return None
    return one if one.name not in line.fields else None


def _placed(
    state: Collecting, text: str, found: Sequence[tuple[int, int, str, str]], shelf: Shelf
) -> dict[int, str] | None:
    """Which line gets which; None where one of them has no line beside it, or two have the same."""
    out: dict[int, str] = {}
    rest: list[str] = []
    clauses = [(m.start(), m.end()) for m in _CLAUSE.finditer(text)]
    before = ""
    for begin, end in clauses:
        inside = [one for one in found if begin <= one[0] and one[1] <= end]
        if not inside:
            before = text[begin:end]
            continue
        if len({one[2] for one in inside}) > 1:
            return None
        subject = text[begin : inside[0][0]] + text[inside[0][1] : end]
        value = inside[0][2]
        if _REST.search(subject):
            rest.append(value)
            continue
        at = _lines(state.lines, subject, shelf) or (_lines(state.lines, before, shelf) if before else ())
        before = ""
        if not at or any(out.get(i, value) != value for i in at):
            return None
        out |= dict.fromkeys(at, value)
    if len(rest) > 1:
        return None
    for value in rest:
        out |= {i: value for i in range(len(state.lines)) if i not in out}
    fits = all(_fits(state.lines[i], state, value, shelf) for i, value in out.items())
    return out if fits and len(set(out.values())) > 1 else None


def _lines(lines: Sequence[DraftLine], subject: str, shelf: Shelf) -> tuple[int, ...]:
    many = _LAST.search(subject) or _FIRST.search(subject)
    if many is not None:
        count = int(read_numeral(many["many"]) or 0)
        every = tuple(range(len(lines)))
        return (every[-count:] if _LAST.search(subject) else every[:count]) if 0 < count < len(lines) else ()
    named = pointed(lines, subject, shelf)
    return named.lines if named is not None and len(named.lines) < len(lines) else ()


def _fits(line: DraftLine, state: Collecting, value: str, shelf: Shelf) -> bool:
    product = shelf.product(line.product or "")
    part = option_of(product, state.slot) or field_of(product, state.slot) if product is not None else None
    if part is not None and part.values:
        return any(choice.id == value for choice in part.values)
    one = _account(line, state, shelf)
    return one is not None and isinstance(check_field(one, value), Valid)


def _with(line: DraftLine, state: Collecting, value: str, shelf: Shelf) -> DraftLine:
    product = shelf.product(line.product or "")
    if product is not None and option_of(product, state.slot) is not None:
        return with_option(line, state.slot, value)
    one = _account(line, state, shelf)
    name = one.name if one is not None else state.slot
    return replace(line, fields={**line.fields, name: value})


def _at_one_place(
    lines: list[DraftLine], clauses: Sequence[str], found: Sequence[tuple[int, int, str, str]], shelf: Shelf
) -> list[DraftLine]:
    """都停在苏州市…: the address of them all, beside the plates."""
    left = " ".join(one for one in clauses if not any(words in fold(one) or words in one for *_, words in found))
    at = region_at(left)
    place = left[at:] if at is not None and not _TO_ALL.sub("", left[:at]) else ""
    out = []
    for line in lines:
        product = shelf.product(line.product or "")
        fields = [f for f in product.fields if f.kind is FieldKind.ADDRESS] if product is not None else []
        if place and len(fields) == 1 and isinstance(checked := check_field(fields[0], place), Valid):
            line = replace(line, fields={fields[0].name: checked.canonical, **line.fields})
        out.append(line)
    return out


def _noted(state: Collecting, lines: Sequence[DraftLine], shelf: Shelf) -> Iterator[str]:
    """What is noted for which line, where more is still to be asked."""
    for at, line in enumerate(lines):
        product = shelf.product(line.product or "")
        new = {n: v for n, v in {**line.options, **line.fields}.items() if state.lines[at].fields.get(n) != v}
        new = {n: v for n, v in new.items() if state.lines[at].options.get(n) != v}
        if product is not None and new:
            yield replies.noted_for(at + 1, "，".join(choice_label(product, n, v) for n, v in new.items()))
