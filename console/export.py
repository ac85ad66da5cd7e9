"""Orders as a file: CSV or a workbook, written as they are read, without a formula in it and never beyond a limit."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from console import gate, reading
from console.desk import Parts
from console.gate import Asked
from console.reading import ExportLine, Wanted
from console.roles import Right, may
from console.showing import record
from console.words import WORDS
from kernel.masking import mask
from kernel.money import format_yuan

ROWS_MAX = 100_000
"""Lines of one file."""
_ROWS_AT_ONCE = 500
_CHUNK_BYTES = 64 * 1024
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int
Row = list[Cell]


def safe(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: what a buyer typed may begin with =. Pure."""
    return f"'{cell}" if cell.lstrip(" \n").startswith(_BEGINS_A_FORMULA) else cell


def csv_of(rows: Iterable[Row]) -> Iterator[bytes]:
    """CSV as spreadsheets open it by a double click: with a mark for UTF-8, texts made safe."""
    yield "﻿".encode()
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
        if number % _ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    written = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return written


def xlsx_into(file: IO[bytes], rows: Iterable[Row]) -> None:
    """Write a workbook of one sheet, a row at a time. Every text is a text: none is a formula, a link or a number."""
    import xlsxwriter  # 2 MB that a web process without exports need not hold

    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("订单")
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, _no_xml(cell))
    book.close()


def _no_xml(cell: str) -> str:
    """The library writes a text of the form <r>…</r> as its own XML, unescaped; a blank behind it makes it none."""
    return f"{cell} " if cell.startswith("<r>") else cell


class Export:
    """POST /console/orders/export: a form, so that it stands in the record who carried what away."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def send(self, asked: Asked, wanted: Wanted, kept: dict[str, str]) -> Response:
        """The orders that are looked for, as `format` csv or xlsx."""
        as_xlsx = asked.form.get("format") == "xlsx"
        with self._parts.engine.begin() as conn:
            lines = reading.count_lines(conn, wanted, ROWS_MAX + 1)
            if lines > ROWS_MAX:
                return gate.said("/console/orders", "too_many_rows")
            kind = "xlsx" if as_xlsx else "csv"
            record(self._parts, asked, "export", "orders", lines=lines, format=kind, words=str(kept))(conn)
        rows = self._rows(asked, wanted)
        content, media = (_read_away(rows), _XLSX) if as_xlsx else (csv_of(rows), "text/csv; charset=utf-8")
        name = f"orders-{self._parts.clock.now().astimezone(self._parts.hours.zone):%Y%m%d-%H%M}.{kind}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingResponse(content, media_type=media, headers=headers)

    def _rows(self, asked: Asked, wanted: Wanted) -> Iterator[Row]:
        role = asked.operator.role
        account: Callable[[str], str] = (lambda value: value) if may(role, Right.SEE_ACCOUNTS) else mask
        money = may(role, Right.SEE_MONEY)
        zone = self._parts.hours.zone

        def when(at: datetime | None) -> str:
            return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at is not None else ""

        head: Row = [
            "订单号",
            "状态",
            "下单",
            "付款",
            "顾客",
            "商品",
            "规格",
            "数量",
            "账号",
            "金额",
            "已退",
            "处理",
            "供货商",
        ]
        yield [*head, "微信支付单号", *(["成本"] if money else [])]
        with self._parts.engine.connect() as conn:
            for line in _lines(conn, wanted):
                yield [
                    line.order_no,
                    WORDS.get(line.state, line.state),
                    when(line.created_at),
                    when(line.paid_at),
                    mask(line.openid),
                    line.product_name,
                    line.sku_label,
                    line.quantity,
                    account(line.account) if line.account else "",
                    format_yuan(line.total_fen),
                    format_yuan(line.refund_fen),
                    WORDS.get(line.line_state, line.line_state),
                    line.supplier,
                    line.transaction_id or "",
                    *([format_yuan(line.cost_fen) if line.cost_fen is not None else ""] if money else []),
                ]


def _lines(conn: Connection, wanted: Wanted) -> Iterator[ExportLine]:
    return reading.export_lines(conn, wanted, ROWS_MAX)


def _read_away(rows: Iterable[Row]) -> Iterator[bytes]:
    """Through a file that is gone when the answer is: a workbook is only whole at its end."""
    with tempfile.TemporaryDirectory(prefix="kabot-export-") as folder:
        path = Path(folder) / "orders.xlsx"
        with path.open("wb") as file:
            xlsx_into(file, rows)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
