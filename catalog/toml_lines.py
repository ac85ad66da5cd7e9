"""Finds the line on which a value of a TOML document stands: the standard parser does not keep lines."""

import re
import tomllib
from collections.abc import Collection, Iterator
from contextlib import suppress

Path = tuple[str | int, ...]
"""Keys and list positions from the root: ("product", 2, "sku", 0, "price")."""

_TOKEN = re.compile(
    r"""
    (?P<skip>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<text>\"\"\"(?:\\.|[^\\])*?\"{3,5}|'''.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<mark>[\[\]{},=.])
    |(?P<bare>[^\s\[\]{},="'\#.]+)
    """,
    re.VERBOSE | re.DOTALL,
)


def locate(document: str, wanted: Collection[Path]) -> dict[Path, int]:
    """Give the 1-based line of each wanted path, or of its nearest enclosing table or list where the path is absent.

    The document must be valid TOML (tomllib has read it), so this follows structure only and checks nothing.
    """
    prefixes = {path[:length] for path in wanted for length in range(len(path) + 1)}
    starts = _Walk(document, prefixes).starts
    found = {}
    for path in wanted:
        nearest = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in starts), None)
        found[path] = document.count("\n", 0, starts[nearest]) + 1 if nearest is not None else 1
    return found


class _Walk:
    """One pass over the tokens, noting where each path of interest starts."""

    def __init__(self, document: str, interesting: Collection[Path]) -> None:
        self.starts: dict[Path, int] = {}
        self._interesting = interesting
        self._lengths: dict[Path, int] = {}
        self._words = _tokens(document)
        self._kind, self._word, self._at = "", "", 0
        # Losing the thread would be a fault of ours, and a missing line number the whole damage.
        with suppress(EOFError, IndexError, ValueError):
            self._next()
            self._document()

    def _next(self) -> None:
        if self._kind == "end":
            raise EOFError
        self._kind, self._word, self._at = next(self._words, ("end", "", 0))

    def _is(self, marks: str) -> bool:
        return self._kind == "mark" and self._word in marks

    def _note(self, path: Path, at: int) -> None:
        if path in self._interesting:
            self.starts.setdefault(path, at)

    def _skip_newlines(self) -> None:
        while self._kind == "newline":
            self._next()

    def _document(self) -> None:
        table: Path = ()
        self._skip_newlines()
        while self._kind != "end":
            if self._is("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip_newlines()

    def _header(self) -> Path:
        at = self._at
        self._next()
        is_list = self._is("[")
        if is_list:
            self._next()
        keys = self._keys()
        parent = self._enter((), keys[:-1])
        path: Path = (*parent, keys[-1])
        if is_list:
            count = self._lengths.get(path, 0)
            self._lengths[path] = count + 1
            path = (*path, count)
            self._next()
        self._next()
        self._note(path[:-1], at)
        self._note(path, at)
        return path

    def _enter(self, table: Path, keys: list[str]) -> Path:
        """Follow keys downwards; a list of tables is entered at its latest one."""
        for key in keys:
            table = (*table, key)
            if table in self._lengths:
                table = (*table, self._lengths[table] - 1)
        return table

    def _keys(self) -> list[str]:
        keys = []
        while not self._is("=]"):
            if self._kind == "text":
                keys.append(str(tomllib.loads(f"k = {self._word}")["k"]))
            elif self._kind == "bare":
                keys.append(self._word)
            self._next()
        return keys

    def _pair(self, table: Path) -> None:
        at = self._at
        path = (*table, *self._keys())
        for length in range(len(table) + 1, len(path) + 1):
            self._note(path[:length], at)
        self._next()
        self._value(path)

    def _value(self, path: Path) -> None:
        if self._is("["):
            self._list(path)
        elif self._is("{"):
            self._inline_table(path)
        else:
            while not (self._kind in ("newline", "end") or self._is(",]}")):
                self._next()

    def _list(self, path: Path) -> None:
        self._next()
        index = 0
        while True:
            while self._kind == "newline" or self._is(","):
                self._next()
            if self._is("]"):
                break
            if self._kind == "end" or self._is("=}"):
                raise EOFError  # not TOML after all
            self._note((*path, index), self._at)
            self._value((*path, index))
            index += 1
        self._next()

    def _inline_table(self, path: Path) -> None:
        self._next()
        while not self._is("}"):
            if self._kind == "newline" or self._is(","):
                self._next()
            else:
                self._pair(path)
        self._next()


def _tokens(document: str) -> Iterator[tuple[str, str, int]]:
    for match in _TOKEN.finditer(document):
        kind = match.lastgroup or ""
        if kind != "skip":
            yield kind, match.group(), match.start()
