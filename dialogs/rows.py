"""The rows of a message that may be a pasted list, each read by itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dialogs.filling import says_anything
from dialogs.state import BATCH_LINES_MAX
from dialogs.turn import Said
from nlu.frame import Frame, Intent, Item
from nlu.lexicon import Lexicon
from nlu.parsing import parse

_ROW_CHARS_MAX = 200
_AROUND_MAX = 5
_ACCOUNT_DIGITS = 5
LABEL = re.compile(
    r"^\s*(?:第\s*(\d{1,3})\s*[行条]|行\s*(\d{1,3}))\s*[:：.、,，]?\s*"
    r"(?:应该是|应为|改成|改为|换成|是|改)?\s*(.*)$"
)
_NUMBERED = re.compile(r"^\s*(\d{1,3})\s*[.、)）]\s*(?=1[3-9]\d{9}|\D)")
_SEPARATORS = re.compile(r"[\t,，、;；|｜/\u3000 ]+")
_SURNAME_CELL = re.compile(r"(\d) (?=张[\u4e00-\u9fff])")
"""100 张三 are a sum and a name, not a hundred pieces."""
TOTAL = re.compile(r"^\W*(?:合计|总计|总共|共计|一共|小计|共\s*\d+\s*[人个行条件笔单])")
_COUNT_COLUMN = re.compile(r"数量|份数|张数|件数|个数")


def like_an_account(value: str) -> bool:
    """Whether a value has as many digits as accounts have, or is an address of mail."""
    return sum(char.isdecimal() for char in value) >= _ACCOUNT_DIGITS or "@" in value


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list: where it stood, what it says, and what was made of it."""

    number: int
    text: str
    items: tuple[Item, ...]
    intent: Intent = "order"

    @property
    def item(self) -> Item:
        return self.items[0] if self.items else Item()

    @property
    def gives(self) -> bool:
        """Whether it is a line of an order: it has an account, or a thing with its size."""
        item = self.item
        accounts = [*item.fields.values(), *item.invalid.values()]
        named = item.product is not None and (item.value is not None or item.sku is not None)
        return named or any(map(like_an_account, accounts))

    @property
    def has_account(self) -> bool:
        return bool(self.item.fields or self.item.invalid)


def read_rows(text: str, lexicon: Lexicon) -> tuple[Frame, ...]:
    """One frame for every row that is not blank, where a message may be a list; none for ordinary messages, and none
    for a list that is longer than any that is taken."""
    if "\n" not in text and not LABEL.match(text):
        return ()
    rows = rows_of(text)
    labelled = bool(rows) and LABEL.match(rows[0][1]) is not None
    if not (len(rows) >= 2 or labelled) or len(rows) > BATCH_LINES_MAX + _AROUND_MAX or not any(map(str.isdigit, text)):
        return ()
    counted, numbered = _counted_column([row for _, row in rows]), _are_numbered([row for _, row in rows])
    return tuple(parse(_plain(row, counted, numbered), lexicon) for _, row in rows)


def rows_of(text: str) -> list[tuple[int, str]]:
    """The rows of a message that are not blank: (number from 1, row)."""
    filled = (row.strip() for row in text.splitlines() if row.strip())
    return [(number, row[:_ROW_CHARS_MAX]) for number, row in enumerate(filled, 1)]


def read_of(said: Said) -> list[Row]:
    rows = rows_of(said.text)
    if len(rows) != len(said.rows):
        return []
    pairs = zip(rows, said.rows, strict=True)
    return [
        Row(number, row, tuple(i for i in frame.items if says_anything(i)), frame.intent)
        for (number, row), frame in pairs
    ]


def _are_numbered(rows: Sequence[str]) -> bool:
    """1、… 2、… 3、…: numbers of rows, and no amounts."""
    found = [int(number[1]) for number in map(_NUMBERED.match, rows) if number is not None]
    return len(found) > 1 and all(after == before + 1 for before, after in pairwise(found))


def _plain(row: str, counted: int | None, numbered: bool) -> str:
    """A row as it would be typed: no number before it, spaces for whatever divides its cells."""
    labelled = LABEL.match(row)
    row = labelled[3] if labelled else _NUMBERED.sub("", row) if numbered else row
    cells = re.split(r"[\t,，;；|｜]", row)
    if counted is not None and counted < len(cells) and cells[counted].strip().isdecimal():
        cells.append(f"{cells.pop(counted).strip()}份")
    return _SURNAME_CELL.sub(r"\1，", _SEPARATORS.sub(" ", " ".join(cells)).strip())


def _counted_column(rows: Sequence[str]) -> int | None:
    """Which column holds the quantity, when the list has a heading that says so."""
    cells = re.split(r"[\t,，;；|｜]", rows[0]) if rows and not any(map(str.isdigit, rows[0])) else []
    return next((i for i, cell in enumerate(cells) if _COUNT_COLUMN.search(cell)), None)


def holds_for_all(row: Row, rows: Sequence[Row]) -> bool:
    """都充50, 话费100： above or below the accounts: no line of its own, but a part of each."""
    if row.has_account or not row.items or TOTAL.match(row.text) or (row.gives and not _heads(row, rows)):
        return False
    item = row.item
    if item.product is None and item.value is None and not item.candidates and not item.options:
        return False
    gives = [other.number for other in rows if other.gives and other is not row]
    return not gives[0] < row.number < gives[-1] and len(re.findall(r"\d+", row.text)) <= 1


def _heads(row: Row, rows: Sequence[Row]) -> bool:
    """话费100：above accounts alone is no line of its own."""
    below = [other for other in rows if other is not row]
    return row is rows[0] and all(other.has_account and other.item.product is None for other in below if other.gives)


def is_heading(row: Row, rows: Sequence[Row]) -> bool:
    """A row that is no line: a title, column names, a sum, thanks, what holds for all."""
    if holds_for_all(row, rows) or TOTAL.match(row.text):
        return True
    gives = [other.number for other in rows if other.gives]
    outside = not gives[0] < row.number < gives[-1]
    return not row.gives and outside and not any(map(str.isdigit, row.text))


def is_odd(row: Row, rows: Sequence[Row]) -> bool:
    """Words below a list that are neither thanks nor a part of it: said to be left out."""
    polite = row.intent in ("thanks", "greet", "confirm") or TOTAL.match(row.text) is not None
    return row is not rows[0] and not polite and not holds_for_all(row, rows)
