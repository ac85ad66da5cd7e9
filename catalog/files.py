"""Reads a catalog file (contract, part 2) into a Shelf, or says everything that is wrong with it, line by line."""

import gc
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.entries import read_products
from catalog.entry import Complaints
from catalog.shelf import Shelf
from catalog.toml_lines import locate
from catalog.version import content_version

FILE_BYTES_MAX = 50 * 1024 * 1024

_TOML_PLACE = re.compile(
    r"^(?P<cause>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the file; line 0 means the file as a whole."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"第 {self.line} 行: {self.message}" if self.line else self.message


class CatalogError(Exception):
    """The file cannot be used; nothing of it was taken over."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def read_catalog(path: Path) -> Shelf:
    """Read and check a whole catalog file. Raises CatalogError naming every problem with its line."""
    return read_text(_read(Path(path)))


def read_text(raw: bytes) -> Shelf:
    """The same with the content of a file."""
    text = _decode(raw)
    with _no_collector():
        products, complaints = read_products(_parse(text))
        if complaints.count:
            raise CatalogError(_problems(text, complaints))
        return Shelf(products, content_version(products))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Millions of small values are made and none is garbage: looking for cycles meanwhile doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise _failure(0, "文件不存在") from None
    except (OSError, ValueError) as error:
        raise _failure(0, f"文件读不了: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > FILE_BYTES_MAX:
        raise _failure(0, f"文件太大, 最多 {FILE_BYTES_MAX // 1024 // 1024} MB")
    return raw


def _decode(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _failure(line, f"不是 UTF-8 编码{_likely_encoding(raw)}") from None
    if "\0" in text:
        raise _failure(raw.count(b"\n", 0, raw.index(b"\0")) + 1, "不是文本文件")
    return text.replace("\r\n", "\n")


def _likely_encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ", 看起来是 UTF-16, 请另存为 UTF-8"
    if b"\0" in raw:
        return ", 看起来不是文本文件"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return ", 看起来不是文本文件"
    return ", 看起来是 GBK, 请另存为 UTF-8"


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.match(str(error))
        if place is None:
            raise _failure(0, f"TOML 写法有误: {error}") from None
        if place["line"] is None:
            raise _failure(text.count("\n") + 1, f"TOML 写法有误: {place['cause']} (文件到此结束)") from None
        raise _failure(int(place["line"]), f"TOML 写法有误: {place['cause']} (第 {place['column']} 列)") from None
    except RecursionError:
        raise _failure(0, "TOML 写法有误: 嵌套太深") from None
    except ValueError as error:
        # A number of thousands of digits, a date out of range: not wrapped by the parser.
        raise _failure(0, f"TOML 写法有误: {error}") from None


def _problems(text: str, complaints: Complaints) -> tuple[Problem, ...]:
    places = {complaint.at for complaint in complaints.kept}
    places |= {complaint.earlier for complaint in complaints.kept if complaint.earlier is not None}
    lines = locate(text, places)
    problems = []
    for complaint in complaints.kept:
        clash = f" (第 {lines[complaint.earlier]} 行已经用过)" if complaint.earlier is not None else ""
        problems.append(Problem(lines[complaint.at], complaint.message + clash))
    problems.sort(key=lambda problem: problem.line)
    if complaints.count > len(problems):
        problems.append(Problem(0, f"另有 {complaints.count - len(problems)} 处问题没有列出"))
    return tuple(problems)


def _failure(line: int, message: str) -> CatalogError:
    return CatalogError((Problem(line, message),))
