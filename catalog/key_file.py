"""Reads a file of card keys: .txt with one key a line (`secret` or `number,secret`), or .csv with a header."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from catalog.vault import CardSecret

FILE_BYTES_MAX = 64 * 1024 * 1024
SECRET_CHARS_MAX = 500
NUMBER_CHARS_MAX = 100

_NUMBER_HEADS = frozenset(
    ("number", "no", "card_no", "cardno", "card_number", "account", "卡号", "账号", "帐号", "序列号", "卡片号码")
)
_SECRET_HEADS = frozenset(
    (
        *("secret", "key", "code", "password", "pin", "cdk", "cdkey", "card_key", "card_secret"),
        *("卡密", "密码", "卡片密码", "激活码", "兑换码", "充值码", "券码"),
    )
)
_PLAINLY_SECRET = ("secret", "卡密")
_LINE_END = re.compile(r"\r\n|\n|\r")
_SPREADSHEET_NUMBER = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")
_BINARY_STARTS = (
    (b"PK\x03\x04", "这是 Excel 文件或压缩包, 请另存为 CSV 再导入"),
    (b"\xd0\xcf\x11\xe0", "这是 Excel 文件, 请另存为 CSV 再导入"),
    (b"\xff\xfe", "文件是 UTF-16 编码, 请另存为 UTF-8"),
    (b"\xfe\xff", "文件是 UTF-16 编码, 请另存为 UTF-8"),
)


@dataclass(frozen=True, slots=True)
class FileRefused:
    """The file as a whole cannot be used; nothing of it was imported."""

    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class BadLine:
    """One line that holds no usable key. The reason never quotes the line: it may hold a key all the same."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"第 {self.line} 行: {self.reason}"


@dataclass(frozen=True, slots=True)
class KeyLines:
    """The lines of one file, decoded and waiting to be read."""

    lines: list[str] = field(repr=False)
    columns: "Columns | None" = None
    """For .csv: where the header says number and secret stand."""

    def read(self) -> Iterator[tuple[int, CardSecret | BadLine]]:
        """Give each key or bad line with its 1-based line number; blank lines are passed over."""
        top = _first_of(self.lines)
        # Spreadsheets save empty rows as rows of separators.
        nothing = f' \t\r\ufeff{self.columns.delimiter}"' if self.columns else " \t\r\ufeff"
        for index in range(top + 1 if self.columns else top, len(self.lines)):
            line = self.lines[index].strip().strip("\ufeff")
            if line.strip(nothing):
                found = _in_columns(line, self.columns) if self.columns else _in_text(line, is_first=index == top)
                yield index + 1, BadLine(index + 1, found) if isinstance(found, str) else found


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a .csv are which, from 0, and what separates them."""

    secret: int
    number: int | None
    delimiter: str
    many: int
    """How many there are."""


def read_key_file(path: Path) -> KeyLines | FileRefused:
    """Read and decode a key file (UTF-8, with or without BOM, or GB18030), up to FILE_BYTES_MAX."""
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return FileRefused("文件不存在")
    except (OSError, ValueError) as error:
        return FileRefused(f"文件读不了: {getattr(error, 'strerror', None) or error}")
    if len(raw) > FILE_BYTES_MAX:
        return FileRefused(f"文件太大, 最多 {FILE_BYTES_MAX // 1024 // 1024} MB, 请分成几个文件")
    text = decode(raw)
    if isinstance(text, FileRefused):
        return text
    return key_lines(text, has_header=path.suffix.lower() == ".csv")


def key_lines(text: str, *, has_header: bool) -> KeyLines | FileRefused:
    """Divide a decoded file into its lines; `has_header` as in a .csv."""
    lines = _LINE_END.split(text)
    if not has_header:
        return KeyLines(lines)
    top = _first_of(lines)
    columns = _columns(lines[top], top + 1)
    if isinstance(columns, FileRefused):
        return columns
    return KeyLines(lines, columns)


def decode(raw: bytes) -> str | FileRefused:
    """Decode what a file holds: UTF-8, with or without BOM, or GB18030."""
    for start, reason in _BINARY_STARTS:
        if raw.startswith(start):
            return FileRefused(reason)
    if b"\0" in raw:
        return FileRefused("不是文本文件", line=raw.count(b"\n", 0, raw.index(b"\0")) + 1)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError:
            return FileRefused("既不是 UTF-8 也不是 GBK 编码的文本", line=raw.count(b"\n", 0, error.start) + 1)


def _first_of(lines: list[str]) -> int:
    """The first line that is not blank, from 0."""
    return next((at for at, line in enumerate(lines) if line.strip(" \t\r\ufeff")), 0)


def _columns(header: str, line: int) -> Columns | FileRefused:
    delimiter = next((mark for mark in ",\t;" if mark in header), ",")
    header = header.strip().strip("\ufeff")
    cells = _cells(header, delimiter) or header.split(delimiter)
    heads = [cell.strip().strip('"').strip().casefold() for cell in cells]
    secrets = [at for at, head in enumerate(heads) if head in _SECRET_HEADS]
    # code and pin, say: half a key would be sold. A column called secret is it, whatever else there is.
    plain = secrets if len(secrets) == 1 else [at for at in secrets if heads[at] in _PLAINLY_SECRET]
    if not secrets:
        return FileRefused("CSV 第一行应是表头, 其中一列叫 secret (或 卡密、密码、激活码、兑换码)", line)
    if len(plain) != 1:
        return FileRefused("表头里不止一列像卡密, 请把卡密那一列改名为 secret, 卡号那一列改名为 number", line)
    number = next((at for at, head in enumerate(heads) if head in _NUMBER_HEADS), None)
    return Columns(plain[0], number, delimiter, len(heads))


def _in_columns(line: str, columns: Columns) -> CardSecret | str:
    cells = _cells(line, columns.delimiter)
    if cells is None:
        return "引号不成对"
    if len(cells) <= max(columns.secret, columns.number or 0):
        return "列数比表头少"
    if any(cell.strip() for cell in cells[columns.many :]):
        return "列数比表头多, 不知道哪一列是卡密 (卡密里有逗号时要加引号)"
    number = cells[columns.number].strip() if columns.number is not None else ""
    return read_card(number or None, cells[columns.secret].strip())


def _cells(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line, None when its quotes do not pair. A line at a time: one quote too many then spoils one
    line, not the rest of the file."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return None


def _in_text(line: str, *, is_first: bool) -> CardSecret | str:
    parts = [part.strip() for part in line.split(",")]
    if is_first and parts[-1].casefold() in _SECRET_HEADS and (len(parts) == 1 or parts[0].casefold() in _NUMBER_HEADS):
        return "是表头, 不是卡密"
    if len(parts) > 2:
        return "逗号多于一个, 应为“卡号,卡密”或“卡密”"
    if len(parts) == 1:
        return read_card(None, parts[0])
    return read_card(parts[0], parts[1]) if parts[0] else "逗号前没有卡号"


def read_card(number: str | None, secret: str) -> CardSecret | str:
    """Check one card key without blanks around it. A text says why it cannot be one."""
    if not secret:
        return "没有卡密"
    if len(secret) > SECRET_CHARS_MAX:
        return f"卡密超过 {SECRET_CHARS_MAX} 个字符"
    if number is not None and len(number) > NUMBER_CHARS_MAX:
        return f"卡号超过 {NUMBER_CHARS_MAX} 个字符"
    if not (secret.isprintable() and (number is None or number.isprintable())):
        return "含有看不见的字符 (如制表符), 卡号和卡密之间请用英文逗号"
    if _SPREADSHEET_NUMBER.fullmatch(secret) or (number is not None and _SPREADSHEET_NUMBER.fullmatch(number)):
        return "被表格软件改成了科学计数法, 已不是原来的号码"
    return CardSecret(secret=secret, number=number)
