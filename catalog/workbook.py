"""Workbooks (XLSX, ECMA-376) as plain cells: read within limits and without trusting anything in them."""

import io
import math
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.parsers import expat

UNPACKED_BYTES_MAX = 64 * 1024 * 1024
"""Of the parts that are read, together: a bomb is noticed while it unpacks, whatever its directory says."""
PARTS_MAX = 500
CELLS_MAX = 1_500_000
CHARS_MAX = 32 * 1024 * 1024
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""All that the format allows (ECMA-376 part 2). LZMA takes gigabytes when a file asks for them."""
_TEXT_MAX = 32_767
_CHUNK_BYTES = 64 * 1024
_DIGITS_MAX = 15
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_NO_DATE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|General|[eE][+-]')

FORMULA = "是公式，请改成公式的结果（复制后选择性粘贴为数值）"
DATE = "被表格软件改成了日期，请把这一格设为文本再填一次"
LONG = f"是超过 {_DIGITS_MAX} 位的数字，表格软件会改掉后面几位，请把这一格设为文本再填一次"
ERROR = "是表格软件的错误值"
_TOO_MUCH = "表格里的内容太多"


class WorkbookError(Exception):
    """The file is no workbook that can be read, or the sheets are more than one can hold; the words are for people."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell whose content means nothing here, and why."""

    reason: str


Cell = str | Unusable
"""What stands in a cell as a person reads it: numbers too, with at most 15 digits."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty: its number as the program shows it, and its cells by column from 0."""

    number: int
    cells: Mapping[int, Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    rows: Sequence[Row]


def read_workbook(raw: bytes) -> tuple[Sheet, ...]:
    """Read every sheet of a workbook, in its order. Raises WorkbookError."""
    if raw.startswith(_OLD_EXCEL):
        raise WorkbookError("是旧版 xls 或加了密码的文件，请另存为没有密码的 xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX:
                raise WorkbookError("不是普通的 xlsx 文件：里面的部分太多")
            if any(one.compress_type not in _PACKED for one in parts):
                raise WorkbookError("不是普通的 xlsx 文件：压缩方式不认识")
            return _Book(archive).sheets()
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError):
        raise WorkbookError("不是完好的 xlsx 文件，请用表格软件打开后另存为 xlsx") from None
    except expat.ExpatError:
        raise WorkbookError("xlsx 文件的内容坏了，请用表格软件打开后另存为 xlsx") from None


class _Book:
    """One archive while it is read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self._bytes_left = UNPACKED_BYTES_MAX
        self._cells_left, self._chars_left = CELLS_MAX, CHARS_MAX

    def sheets(self) -> tuple[Sheet, ...]:
        main = next((to for kind, _, to in self._related("") if kind == "officeDocument"), "xl/workbook.xml")
        related = self._related(main)
        texts = _Texts()
        dates = _Styles()
        for kind, _, to in related:
            if kind == "sharedStrings":
                self._parse(to, texts)
            elif kind == "styles":
                self._parse(to, dates)
        places = {id_: to for kind, id_, to in related if kind == "worksheet"}
        listed = _Listed()
        self._parse(main, listed)
        found = []
        for name, id_ in listed.sheets:
            if id_ in places:
                page = _Page(texts.found, dates.dates, self._count)
                self._parse(places[id_], page)
                found.append(Sheet(name.strip(), tuple(page.rows)))
        return tuple(found)

    def _related(self, part: str) -> list[tuple[str, str, str]]:
        folder, name = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{name}.rels")
        links = _Links()
        if path in self._names:
            self._parse(path, links)
        return [
            (kind, id_, posixpath.normpath(posixpath.join("/", folder, to)).lstrip("/"))
            for kind, id_, to in links.found
        ]

    def _count(self, text: str) -> None:
        self._cells_left -= 1
        self._chars_left -= len(text)
        if self._cells_left < 0 or self._chars_left < 0:
            raise WorkbookError(_TOO_MUCH)
        if len(text) > _TEXT_MAX:
            raise WorkbookError(f"有一格的内容超过 {_TEXT_MAX} 个字")

    def _parse(self, part: str, reader: "_Reader") -> None:
        if part not in self._names:
            raise WorkbookError("不是完好的 xlsx 文件，请用表格软件打开后另存为 xlsx")
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
        parser.StartDoctypeDeclHandler = _no_doctype
        with self._archive.open(part) as file:
            while chunk := file.read(_CHUNK_BYTES):
                self._bytes_left -= len(chunk)
                if self._bytes_left < 0:
                    raise WorkbookError(f"解开后超过 {UNPACKED_BYTES_MAX // 1024 // 1024} MB，请分成几次或用 TOML")
                parser.Parse(chunk)
        parser.Parse(b"", True)


def _no_doctype(*_: object) -> None:
    raise WorkbookError("不是普通的 xlsx 文件：里面有 DTD")


class _Reader:
    """What a part says, element by element; prefixes of namespaces do not matter."""

    def start(self, name: str, given: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, words: str) -> None: ...


class _Links(_Reader):
    """_rels/*.rels: kind, id and target of each part inside the archive."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if _local(name) == "Relationship" and given.get("TargetMode") != "External":
            kind = given.get("Type", "").rpartition("/")[2]
            self.found.append((kind, given.get("Id", ""), given.get("Target", "")))


class _Listed(_Reader):
    """xl/workbook.xml: the sheets' names in their order."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if _local(name) == "sheet":
            id_ = next((value for key, value in given.items() if _local(key) == "id"), "")
            self.sheets.append((given.get("name", ""), id_))


class _Texts(_Reader):
    """xl/sharedStrings.xml: each text, its runs together, without readings above the line."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._in_text = False
        self._phonetic = False

    def start(self, name: str, _: dict[str, str]) -> None:
        local = _local(name)
        if local == "si":
            self._parts = []
        self._phonetic = self._phonetic or local == "rPh"
        self._in_text = local == "t" and not self._phonetic

    def end(self, name: str) -> None:
        local = _local(name)
        self._in_text = False
        if local == "rPh":
            self._phonetic = False
        elif local == "si":
            if len(self.found) >= CELLS_MAX:
                raise WorkbookError(_TOO_MUCH)
            self.found.append(_unescaped("".join(self._parts)))

    def text(self, words: str) -> None:
        if self._in_text:
            self._parts.append(words)


class _Styles(_Reader):
    """xl/styles.xml: which cell styles show a number as a date."""

    def __init__(self) -> None:
        self.dates: set[int] = set()
        self._custom: set[int] = set()
        self._in_cells = False
        self._at = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        local = _local(name)
        if local == "numFmt":
            shown = _NO_DATE.sub("", given.get("formatCode", ""))
            if any(mark in shown.lower() for mark in "ymdhs"):
                self._custom.add(_whole(given.get("numFmtId", "")))
        elif local == "cellXfs":
            self._in_cells = True
        elif local == "xf" and self._in_cells:
            number = _whole(given.get("numFmtId", ""))
            if number in _DATE_FORMATS or number in self._custom:
                self.dates.add(self._at)
            self._at += 1

    def end(self, name: str) -> None:
        if _local(name) == "cellXfs":
            self._in_cells = False


class _Page(_Reader):
    """xl/worksheets/*.xml: rows that are not empty."""

    def __init__(self, texts: Sequence[str], dates: set[int], count: Callable[[str], None]) -> None:
        self.rows: list[Row] = []
        self._texts, self._dates, self._count = texts, dates, count
        self._row, self._column = 0, -1
        self._cells: dict[int, Cell] = {}
        self._kind, self._style = "", 0
        self._has_formula = False
        self._parts: list[str] = []
        self._in_text = False
        self._phonetic = False

    def start(self, name: str, given: dict[str, str]) -> None:
        local = _local(name)
        if local == "c":
            place = _PLACE.fullmatch(given.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1
            self._kind, self._style = given.get("t", "n"), _whole(given.get("s", ""))
            self._parts, self._has_formula = [], False
        elif local == "row":
            self._row = _whole(given.get("r", "")) or self._row + 1
            self._column, self._cells = -1, {}
        elif local == "f":
            self._has_formula = True
        self._phonetic = self._phonetic or local == "rPh"
        self._in_text = local in ("v", "t") and not self._phonetic

    def end(self, name: str) -> None:
        local = _local(name)
        self._in_text = False
        if local == "rPh":
            self._phonetic = False
        elif local == "c":
            cell = self._cell("".join(self._parts))
            if cell != "":
                self._count(cell if isinstance(cell, str) else "")
                self._cells[self._column] = cell
        elif local == "row" and self._cells:
            self.rows.append(Row(self._row, self._cells))

    def text(self, words: str) -> None:
        if self._in_text:
            self._parts.append(words)

    def _cell(self, given: str) -> Cell:
        if self._has_formula:
            return Unusable(FORMULA)
        if self._kind == "e":
            return Unusable(ERROR)
        if self._kind == "s":
            number = _whole(given)
            return self._texts[number] if given and number < len(self._texts) else ""
        if self._kind == "b":
            return "TRUE" if given == "1" else "FALSE"
        if self._kind == "d":
            return Unusable(DATE)
        if self._kind != "n":
            return _unescaped(given)
        if given and self._style in self._dates:
            return Unusable(DATE)
        return _number(given)


def _number(given: str) -> Cell:
    """A number as a person sees it. What it is kept as has binary noise behind the 15th digit."""
    if not given.strip():
        return ""
    value = float(given)
    if not math.isfinite(value):
        return Unusable(ERROR)
    if value.is_integer():
        return str(int(value)) if abs(value) < 10**_DIGITS_MAX else Unusable(LONG)
    return f"{value:.{_DIGITS_MAX}g}"


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _whole(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _unescaped(given: str) -> str:
    """ECMA-376, ST_Xstring: characters that XML cannot hold stand as _xHHHH_."""
    if "_x" not in given:
        return given
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), given)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
