"""One table of a catalog file, read key by key; whatever is wrong is noted with its place and reading goes on."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.toml_lines import Path
from kernel.money import Fen, parse_yuan

NAME_CHARS_MAX = 100
CODE_CHARS_MAX = 64
LIST_LENGTH_MAX = 200
NUMBER_MAX = 10**9
COMPLAINTS_MAX = 200
_QUOTED_CHARS_MAX = 40
_CODE = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong at a place of the document; `earlier` is the place it clashes with."""

    at: Path
    message: str
    earlier: Path | None = None


@dataclass(slots=True)
class Complaints:
    """Everything wrong so far. Counts all, keeps the first COMPLAINTS_MAX."""

    kept: list[Complaint] = field(default_factory=list)
    count: int = 0

    def add(self, at: Path, message: str, earlier: Path | None = None) -> None:
        """Note one problem."""
        self.count += 1
        if self.count <= COMPLAINTS_MAX:
            self.kept.append(Complaint(at, message, earlier))


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of the document; reads its keys and complains with their names and places."""

    name: str
    data: dict[str, Any]
    path: Path
    complaints: Complaints

    def complain(self, key: str, message: str) -> None:
        self.complaints.add((*self.path, key), message)

    def called(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def only(self, known: frozenset[str]) -> None:
        for key in self.data.keys() - known:
            self.complain(key, f"不认识的键: {self.called(quoted(key))}")

    def requires(self, key: str) -> bool:
        if key in self.data:
            return True
        self.complain(key, f"缺少 {self.called(key)}")
        return False

    def text(self, key: str, most: int = NAME_CHARS_MAX) -> str:
        """A text that must be there and not be empty."""
        if not self.requires(key):
            return ""
        text = self.optional_text(key, most)
        if text == "":
            self.complain(key, f"{self.called(key)} 不能为空")
        return text or ""

    def optional_text(self, key: str, most: int = NAME_CHARS_MAX) -> str | None:
        given = self.data.get(key)
        return None if given is None else self._clean(key, self.called(key), given, most)

    def code(self, key: str) -> str:
        code = self.text(key, CODE_CHARS_MAX)
        if code and not _CODE.fullmatch(code):
            self.complain(key, f"{self.called(key)} 里不能有空格: {quoted(code)}")
        return code

    def texts(self, key: str, most: float = LIST_LENGTH_MAX) -> tuple[str, ...]:
        given = self.data.get(key, [])
        if not isinstance(given, list):
            self.complain(key, f"{self.called(key)} 应是一个列表: {quoted(given)}")
            return ()
        if len(given) > most:
            self.complain(key, f"{self.called(key)} 最多 {most} 个, 这里有 {len(given)} 个")
        texts = tuple(self._clean(key, f"{self.called(key)} 里的一项", text, NAME_CHARS_MAX) for text in given)
        if "" in given:
            self.complain(key, f"{self.called(key)} 里有空的一项")
        return tuple(text for text in texts if text)

    def _clean(self, key: str, called: str, given: object, most: int) -> str | None:
        if not isinstance(given, str):
            self.complain(key, f"{called}不是文字 (要加引号): {quoted(given)}")
            return None
        if len(given) > most:
            self.complain(key, f"{called}太长: {len(given)} 个字, 最多 {most} 个")
        elif not given.isprintable() and any(_is_control(char) for char in given):
            self.complain(key, f"{called}里有控制字符")
        return given.strip()

    def yuan(self, key: str, least: int) -> Fen | None:
        given = self.data.get(key)
        if given is None:
            return None
        fen = _fen(given)
        if fen is None:
            self.complain(key, f"{self.called(key)} 不是金额: {quoted(given)}")
        elif fen < least:
            self.complain(key, f"{self.called(key)} 必须大于 0: {quoted(given)}")
        return fen

    def number(self, key: str) -> int | float | None:
        given = self.data.get(key)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= NUMBER_MAX:
            self.complain(key, f"{self.called(key)} 不是 0 到 {NUMBER_MAX} 的数字: {quoted(given)}")
            return None
        # 100.0 and 100 are one denomination, so that they are one in the database and in the version too.
        return int(given) if given == int(given) else given

    def flag(self, key: str) -> bool:
        given = self.data.get(key, False)
        if not isinstance(given, bool):
            self.complain(key, f"{self.called(key)} 只能是 true 或 false: {quoted(given)}")
        return given is True

    def tables(self, key: str, most: float) -> Iterator["Entry"]:
        given = self.data.get(key, [])
        if not isinstance(given, list):
            self.complain(key, f"{self.called(key)} 应是一个列表: {quoted(given)}")
            return
        if len(given) > most:
            self.complain(key, f"{self.called(key)} 最多 {most} 个, 这里有 {len(given)} 个")
            return
        for index, table in enumerate(given):
            if isinstance(table, dict):
                yield Entry(key, table, (*self.path, key, index), self.complaints)
            else:
                self.complaints.add((*self.path, key, index), f"{self.called(key)} 的一项应是表格: {quoted(table)}")

    def one_of(self, key: str, allowed: Sequence[str]) -> str | None:
        """A word out of a closed list."""
        if not self.requires(key):
            return None
        given = self.data[key]
        if given in allowed:
            return str(given)
        self.complain(key, f"{self.called(key)} 只能是 {' '.join(allowed)}: {quoted(given)}")
        return None


def _fen(given: object) -> Fen | None:
    """Yuan as text ("99.50"), or as a number that is exact to the fen (99.5)."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    text = given if isinstance(given, str) else repr(given)
    try:
        # parse_yuan would take full-width digits and a line end.
        return parse_yuan(text) if text.isascii() and text.isprintable() else None
    except ValueError:
        return None


def _is_control(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in ("Cc", "Cs")


def quoted(given: object) -> str:
    """What stands in the file, short enough for one line and without anything that moves a terminal's cursor."""
    text = "".join(char if char.isprintable() else "�" for char in str(given)[: _QUOTED_CHARS_MAX + 1])
    return text if len(text) <= _QUOTED_CHARS_MAX else f"{text[:_QUOTED_CHARS_MAX]}…"
