"""Accounts, choices and the like in a message: what of them is not what the order has."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.checks import Valid, check_field
from catalog.model import Field, FieldKind
from catalog.shelf import Shelf
from dialogs.by_text import accounts_anywhere
from dialogs.draft import look
from dialogs.state import DraftLine
from nlu.text import normalise

_CLAUSES = re.compile(r"[\s,，。;；!！~～、…]+")
_GIVES = re.compile("[错改换]|才是|应该|不对|写|填|就?是(?!不是)|充到|打到|寄|留|给|用")
_SPEAKS_OF = re.compile(
    "联系|找我|微信|停机|老号|平时|原来|已经|上周|还有|别|没|不是.*吧|有事|都|室友|同事|老婆用|短信|也"
)


@dataclass(frozen=True, slots=True)
class Given:
    """(line, field, value) of what is new, and the message without anything of fields."""

    values: tuple[tuple[int, str, str], ...]
    rest: str


def fields_in(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> Given | None:
    """What fields a message gives; None where it gives two different values for one."""
    said = normalise(text)
    found = list(dict.fromkeys(_found(lines, said, shelf)))
    for *_, words in sorted(found, key=lambda one: -len(one[-1])):
        said = re.sub(re.escape(words), " ", said, flags=re.IGNORECASE)
    other = [one for one in found if one[2] != one[3]]
    if not all(_wanted(text, words) for *_, words in other) or len({(name, value) for _, name, value, *_ in other}) > 1:
        return None
    return Given(tuple((at, name, value) for at, name, value, *_ in other), said)


def _wanted(text: str, words: str) -> bool:
    """Whether the clause that a value stands in says that it is to be the order's."""
    clause = next((c for c in _CLAUSES.split(normalise(text)) if words in c), "")
    return _GIVES.search(clause) is not None and _SPEAKS_OF.search(clause) is None


def _found(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> Iterator[tuple[int, str, str, str, str]]:
    """(line, field, what the message gives for it, what the line has, the words that say so)."""
    for at, looked in enumerate(look(line, shelf) for line in lines):
        for one in looked.product.fields if looked.product is not None else ():
            old = looked.fields.get(one.name, "")
            for value in (*accounts_anywhere(one, said), *_by_pattern(one, said)):
                yield at, one.name, value, old, value
            for choice in one.values:
                for name in (choice.label, *choice.aliases):
                    if len(name) > 1 and name in said:
                        yield at, one.name, choice.id, old, name


def _by_pattern(one: Field, said: str) -> Iterator[str]:
    if one.kind is FieldKind.TEXT and one.pattern is not None:
        for found in re.finditer(one.pattern.strip("^$"), said):
            if isinstance(check_field(one, found[0]), Valid):
                yield found[0]
