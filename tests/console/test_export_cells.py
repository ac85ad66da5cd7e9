"""What a buyer typed is a text in the workbook of orders, whatever it looks like."""

import io

import pytest

from catalog.workbook import read_workbook
from console.export import xlsx_into


@pytest.mark.parametrize("typed", ["<r><t>other</t></r>", "<r></x></r>", "=1+1", "http://evil.example/", "_x0041_"])
def test_a_text_of_a_buyer_stays_that_text(typed: str) -> None:
    file = io.BytesIO()
    xlsx_into(file, [["账号"], [typed]])
    [sheet] = read_workbook(file.getvalue())
    [_, row] = sheet.rows
    assert str(row.cells[0]).rstrip() == typed
