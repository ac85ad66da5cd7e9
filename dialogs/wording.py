"""The lines of wording: each has a name and a text of its own, and the shop's owner may put his text in its place.

What is put belongs to the process, as the program's own text does: `use` is called at start, before anybody talks, and
when the file has changed (bot/owner_texts.py). So the replies stay functions of their arguments, no dialog carries
wording with it, and what the worker pushes, which has no scene, is said in the same words. Calling `use({})` gives
every line its own text back.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from string import Formatter
from typing import Concatenate, ParamSpec, TypeVar

from kernel.toml_text import BadTomlError, read_toml

FILE_BYTES_MAX = 256 * 1024
BYTES_MAX = 300
"""A line may have this many UTF-8 bytes (100 characters), or twice those of its own text if that is more: an answer of
several lines has to fit into one message."""
NEEDED = frozenset(
    [
        "order_no",
        "total",
        "amount",
        "price",
        "link",
        "links",
        "account",
        "value",
        "what",
        "product",
        "label",
        "keys",
        "confirm",
        "minutes",
    ]
)
"""Placeholders that a text may not leave out where its line has them: what is bought, for whom and for how much, and
what the buyer has to answer."""

_P = ParamSpec("_P")
_R = TypeVar("_R")
_WHOLE_LINK = re.compile(r'<a href="https?://[^"<>\s]+">[^<>\n]+</a>')
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\ud800-\udfff]")


class WordingError(ValueError):
    """Texts that cannot be used: a line of words for each thing that is wrong, with the line of the file."""


class Say:
    """One line: called with the values of its placeholders it gives the words."""

    __slots__ = ("_say", "fixed", "name", "own", "takes", "text")

    def __init__(self, name: str, own: str, fixed: tuple[str, ...] = ()) -> None:
        self.name = name
        self.own = own
        self.fixed = fixed
        """Words that must be in it, whoever writes it (contract, part 6)."""
        self.takes = frozenset(_placeholders(own))
        self.put(own)

    def __call__(self, **values: str | int) -> str:
        return self._say(**values)

    def put(self, text: str) -> None:
        """Say this text from now on; it must have passed `problem_with`."""
        self.text = text
        self._say: Callable[..., str] = text.format


_lines: dict[str, Say] = {}


def phrase(name: str, own: str, *fixed: str) -> Say:
    """Make a line by its name: one without placeholders, or a part of another one."""
    if name in _lines:
        raise ValueError(f"two lines of wording are called {name}")
    _lines[name] = Say(name, own, fixed)
    return _lines[name]


def line(own: str, *fixed: str) -> Callable[[Callable[Concatenate[Say, _P], _R]], Callable[_P, _R]]:
    """Make the decorated function's line, by the function's name: it is given the line as its first argument and says
    it with the placeholders filled in."""

    def decorate(function: Callable[Concatenate[Say, _P], _R]) -> Callable[_P, _R]:
        return partial(function, phrase(function.__name__.lstrip("_"), own, *fixed))

    return decorate


def lines() -> tuple[Say, ...]:
    """Every line there is, in the order in which the replies define them."""
    return tuple(_lines.values())


def use(texts: Mapping[str, str]) -> None:
    """Put these texts in place of the lines' own (checked ones: see `read`); all other lines get their own back."""
    for one in _lines.values():
        one.put(texts.get(one.name, one.own))


def read(toml: str) -> dict[str, str]:
    """Read and check the owner's texts, ``name = "text"`` each. Raises WordingError with everything that is wrong."""
    try:
        found = read_toml(toml)
    except BadTomlError as error:
        raise WordingError(str(error)) from None
    problems = [f"{_at(toml, name)}{name}: {why}" for name, text in found.items() if (why := problem_with(name, text))]
    if problems:
        raise WordingError("\n".join(problems))
    return found


def problem_with(name: str, text: object) -> str:
    """Say why this text cannot stand for this line; empty when it can."""
    known = _lines.get(name)
    if known is None:
        return "there is no line of this name; kabot wording list prints them"
    if not isinstance(text, str):
        return "write the text in quotes"
    if not text.strip():
        return "is empty"
    if why := unfit(text, max(BYTES_MAX, 2 * len(known.own.encode()))):
        return why
    try:
        taken = _placeholders(text)
    except ValueError as error:
        return f"{error}; a brace that is to be seen is written twice: {{{{ }}}}"
    for placeholder in taken:
        if placeholder not in known.takes:
            there_are = " ".join(f"{{{one}}}" for one in sorted(known.takes)) or "none"
            return f"{{{placeholder}}} is not known here; there are: {there_are}"
    missing = sorted((known.takes & NEEDED) - set(taken))
    if missing:
        return f"{{{missing[0]}}} is missing"
    lacking = [words for words in known.fixed if words not in text]
    return f"must contain {lacking[0]}" if lacking else ""


def unfit(text: str, bytes_max: int) -> str:
    """Say why the owner's text cannot be sent to a buyer; empty when it can."""
    if _CONTROL.search(text):
        return "has a control character in it"
    if len(text.encode()) > bytes_max:
        return f"is {len(text.encode())} bytes long; at most {bytes_max} (a Chinese character has 3)"
    if re.search("[<>]", _WHOLE_LINK.sub("", text)):
        return '< and > may stand only in a whole link, <a href="https://…">…</a>'
    return ""


def written(texts: Mapping[str, str] | None = None) -> str:
    """Every line as a file that could be given back to `read`: with these texts, or with what is said now."""
    return "".join(f"{one.name} = {_quoted((texts or {}).get(one.name, one.text))}\n" for one in _lines.values())


def _placeholders(text: str) -> list[str]:
    """The names in braces. Raises ValueError for anything but plain names: a text never reaches into a value."""
    names = []
    for _, name, spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not re.fullmatch("[a-z_]+", name) or spec or conversion:
            raise ValueError(f"{{{name}}} is no placeholder")
        names.append(name)
    return names


def _at(toml: str, name: str) -> str:
    """line 12: for the line on which a name stands, or nothing where it is written in an unusual way."""
    found = re.search(rf"^[ \t]*\"?{re.escape(name)}\"?[ \t]*=", toml, re.MULTILINE)
    return f"line {toml.count(chr(10), 0, found.start()) + 1}: " if found else ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
