"""Workbooks (XLSX) written: sheets of plain cells under their heads, closed lists to choose from, no text a formula."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.workbook import WorkbookError

ROWS_MAX = 1_000_000
"""Of one sheet; the format ends at 1,048,576."""


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is written: its head, and what it may hold where that is a closed list."""

    head: str
    width: int = 12
    is_money: bool = False
    words: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A sheet to write. A text stays a text, whatever it begins with."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str | int | float | None]]


def write_workbook(sheets: Sequence[Written], notes: Sequence[str] = ()) -> bytes:
    """Write a workbook; `notes` stand on a first sheet of their own. Raises WorkbookError for more than it can hold."""
    if any(len(sheet.rows) >= ROWS_MAX for sheet in sheets):
        raise WorkbookError("目录太大，一张工作表放不下，请下载 TOML")
    import xlsxwriter  # 2 MB that a web process without downloads need not hold

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": None})
    bold, text, money = (
        book.add_format(given)
        for given in ({"bold": True, "bg_color": "#EDEDED"}, {"num_format": "@"}, {"num_format": "0.00"})
    )
    if notes:
        page = book.add_worksheet("说明")
        page.set_column(0, 0, 100)
        for row, note in enumerate(notes):
            page.write_string(row, 0, note)
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        for at, column in enumerate(sheet.columns):
            page.write_string(0, at, column.head, bold)
            page.set_column(at, at, column.width, money if column.is_money else text)
            if column.words:
                page.data_validation(1, at, ROWS_MAX, at, {"validate": "list", "source": list(column.words)})
        for number, values in enumerate(sheet.rows, start=1):
            for at, cell in enumerate(values):
                if isinstance(cell, str):
                    page.write_string(number, at, cell, text)
                elif cell is not None:
                    page.write_number(number, at, cell, money if sheet.columns[at].is_money else None)
    book.close()
    return file.getvalue()
