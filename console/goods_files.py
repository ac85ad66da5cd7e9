"""The whole catalog as a file: out as TOML or as a workbook, and in as a draft that is looked at before it is saved."""

from collections.abc import Callable

from starlette.responses import Response

from catalog.files import CatalogError, read_text
from catalog.model import Product
from catalog.sheet_reading import read_sheets
from catalog.sheets import to_workbook
from catalog.store import load_listed
from catalog.workbook import WorkbookError
from catalog.writing import to_toml
from console import drafts, gate, render, runs
from console.desk import Parts
from console.gate import Asked
from console.goods import PATH, PROBLEMS_SHOWN, Goods
from console.showing import shown
from console.uploads import UPLOAD_BYTES_MAX, Upload

AT_ONCE_BYTES = 200_000
"""A file of about 2,000 SKUs is read while one waits."""
CATALOG_STEPS = ("读文件", "逐格核对", "和现在的目录比较，记入草稿", "完成")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BEGINS_A_WORKBOOK = (b"PK", b"\xd0\xcf\x11\xe0")


class GoodsFiles:
    """The pages that carry the catalog out and in."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._goods = Goods(parts)

    def toml(self, asked: Asked) -> Response:
        """GET /console/goods/catalog.toml: what is saved, or the draft."""
        return _file(to_toml(self._wanted(asked)).encode(), "application/toml; charset=utf-8", "catalog.toml")

    def xlsx(self, asked: Asked) -> Response:
        """GET /console/goods/catalog.xlsx: the same as a workbook."""
        try:
            return _file(to_workbook(self._wanted(asked)), _XLSX, "catalog.xlsx")
        except WorkbookError as error:
            return render.problem(422, "没有下载", str(error))

    def _wanted(self, asked: Asked) -> tuple[Product, ...]:
        if asked.request.query_params.get("draft") == "1":
            return self._goods.products(asked)[0]
        with self._parts.engine.connect() as conn:
            return load_listed(conn).products

    def form(self, asked: Asked) -> Response:
        """GET /console/goods/file."""
        return self._form(asked, ())

    def _form(self, asked: Asked, problems: tuple[str, ...]) -> Response:
        status = 422 if problems else 200
        most = UPLOAD_BYTES_MAX // 1024 // 1024
        listed = problems[:PROBLEMS_SHOWN]
        more = len(problems) - len(listed)
        with self._parts.engine.connect() as conn:
            read = runs.going_on(conn, runs.CATALOG)
        return shown(
            self._parts, asked, "goods_file.html", status, problems=listed, more=more, megabytes=most, runs=read
        )

    def upload(self, asked: Asked, upload: Upload | None) -> Response:
        """POST /console/goods/file: a whole catalog, of either kind by what it begins with, as the draft."""
        problems: tuple[str, ...] = ("请选择一个 XLSX 或 TOML 文件",)
        if upload is not None and len(upload.content) > AT_ONCE_BYTES:
            return self._begin(asked, upload)
        if upload is not None and upload.content:
            try:
                products = products_of(upload.content)
                with self._parts.engine.begin() as conn:
                    drafts.put(conn, asked.operator.id, products, self._parts.clock.now())
                return gate.said(f"{PATH}/draft", "drafted")
            except CatalogError as error:
                problems = tuple(str(one) for one in error.problems)
        return self._form(asked, problems)

    def _begin(self, asked: Asked, upload: Upload) -> Response:
        """A large one is read by the worker; its page tells how far it is."""
        with self._parts.engine.begin() as conn:
            number = runs.start(
                conn,
                self._parts.backroom.vault,
                asked.operator.id,
                runs.CATALOG,
                self._parts.clock.now(),
                about="",
                file_name=upload.name,
                total=len(CATALOG_STEPS) - 1,
                content=upload.content,
            )
            self._parts.backroom.begin_run(conn, number)
        return gate.said(f"{PATH}/runs/{number}", "begun")


def products_of(content: bytes, unpacked: Callable[[], None] | None = None) -> tuple[Product, ...]:
    """The catalog of a file of either kind; `unpacked` is called before it is checked. Raises CatalogError."""
    if content.startswith(_BEGINS_A_WORKBOOK):
        return read_sheets(content, unpacked)
    return read_text(content).products


def _file(content: bytes, media: str, name: str) -> Response:
    headers = {**render.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media, headers=headers)
