"""The whole catalog as a workbook: out of the console and in as a draft, with what is wrong named by its cell."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog.files import read_catalog
from catalog.sheet_reading import read_sheets
from catalog.sheets import to_workbook
from catalog.store import load_listed
from catalog.workbook import UNPACKED_BYTES_MAX
from console import uploads
from console.roles import Role
from tests.bot.test_after_sale import Shop
from tests.catalog.test_sheets import BOOK, _changed, _zip
from tests.console.conftest import Window, csrf_in

Login = Callable[..., Window]
DEMO = Path(__file__).parents[2] / "data" / "catalog.demo.toml"


def _sent(window: Window, content: bytes, name: str = "目录.xlsx") -> httpx.Response:
    csrf = csrf_in(window.http.get("/console/goods/file").text)
    return window.http.post("/console/goods/file", data={"csrf": csrf}, files={"file": (name, content)})


def _drafts(shop: Shop) -> list[object]:
    return shop.rows("SELECT count(*) FROM catalog_draft")


def test_a_workbook_goes_out_comes_in_changed_is_saved_and_taken_back(shop: Shop, login: Login) -> None:
    window = login()
    out = window.http.get("/console/goods/catalog.xlsx")
    assert out.headers["content-disposition"] == 'attachment; filename="catalog.xlsx"'
    assert out.headers["cache-control"] == "no-store"
    assert read_sheets(out.content) == read_catalog(DEMO).products
    assert _sent(window, out.content).headers["location"].endswith("said=drafted")
    assert "没有改动" in window.see("/console/goods/draft"), "the same is no draft"
    changed = _changed("规格", 5, "售价", "88.80")
    assert _sent(window, changed).headers["location"].endswith("said=drafted")
    page = window.see("/console/goods/draft")
    assert "<ins>¥88.80</ins>" in page
    assert "没保存的改动 <small>1</small>" in page
    draft = window.http.get("/console/goods/catalog.xlsx?draft=1").content
    assert read_sheets(draft) == read_sheets(changed)
    before = shop.rows("SELECT price_fen FROM sku ORDER BY code")
    assert window.send("/console/goods/save", seen=_seen(page)).headers["location"].endswith("said=saved_catalog")
    assert shop.rows("SELECT count(*) FROM sku WHERE price_fen = 8880") == [1]
    [earlier] = shop.rows("SELECT id FROM catalog_snapshot")
    window.send(f"/console/goods/history/{earlier}")
    window.send("/console/goods/save", seen=_seen(window.see("/console/goods/draft")))
    assert shop.rows("SELECT price_fen FROM sku ORDER BY code") == before


def _seen(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def test_wrong_cells_are_listed_and_nothing_is_changed(shop: Shop, login: Login) -> None:
    answer = _sent(login(), _changed("规格", 5, "售价", "<script>九块</script>"))
    assert answer.status_code == 422
    assert "「规格」第 5 行「售价」：售价 不是金额" in answer.text
    assert "<script>九" not in answer.text
    assert _drafts(shop) == [0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "请选择一个"),
        (b"PK\x03\x04rest", "不是完好的 xlsx"),
        (b"\xd0\xcf\x11\xe0rest", "旧版 xls"),
        (_zip(**BOOK, **{"xl__a.xml": b"<a>" + b" " * (UNPACKED_BYTES_MAX + 1)}), "解开后超过"),
    ],
)
def test_what_is_no_workbook_is_told_so(shop: Shop, login: Login, content: bytes, told: str) -> None:
    answer = _sent(login(), content)
    assert answer.status_code == 422
    assert told in answer.text
    assert _drafts(shop) == [0]


def test_a_workbook_has_the_limit_of_every_upload_and_needs_the_right(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    window: Any = login()
    sue = login(Role.SUPPORT, "sue")
    assert sue.http.get("/console/goods/catalog.xlsx").status_code == 403
    assert sue.http.post("/console/goods/file", files={"file": ("a.xlsx", b"PK")}).status_code == 403
    monkeypatch.setattr(uploads, "UPLOAD_BYTES_MAX", 10_000)
    assert _sent(window, to_workbook(read_catalog(DEMO).products)).status_code == 413


def test_what_is_on_sale_is_what_goes_out(shop: Shop, login: Login) -> None:
    window = login()
    window.send("/console/goods/place", id="steam", place="1")
    with shop.services.engine.connect() as conn:
        listed = load_listed(conn).products
    assert read_sheets(window.http.get("/console/goods/catalog.xlsx").content) == listed
    assert read_sheets(window.http.get("/console/goods/catalog.xlsx?draft=1").content)[0].id == "steam"
