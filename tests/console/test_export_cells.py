"""What a buyer typed is a text in the workbook of orders, whatever it looks like."""

import io
import subprocess
import sys

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


def test_a_web_process_loads_what_writes_workbooks_only_for_a_download() -> None:
    program = (
        "import io, sys; import bot.app; from console import export; before = 'xlsxwriter' in sys.modules;"
        "export.xlsx_into(io.BytesIO(), []); print(before, 'xlsxwriter' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "True"]
