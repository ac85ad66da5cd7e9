"""A catalog written as a workbook is read back as the very same; what is wrong in one is named by its cell, and what is
no workbook is refused before it costs anything."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import workbook
from catalog.diffing import differences
from catalog.files import CatalogError, Problem, read_catalog, read_text
from catalog.model import AnyValue, Backup, Choice, Delivery, Field, FieldKind, Option, Product, Sku
from catalog.sheet_reading import read_sheets
from catalog.sheets import joined, to_sheets, to_workbook, unjoined
from catalog.version import content_version
from catalog.workbook import read_workbook
from catalog.workbook_writing import Column, Written, write_workbook
from catalog.writing import to_toml
from kernel.money import Fen

DEMO = Path(__file__).parents[2] / "data" / "catalog.demo.toml"
CATALOGS = [DEMO, *sorted((Path(__file__).parents[1] / "corpus" / "catalogs").glob("*.toml"))]

_AWKWARD = [
    "（空）",
    "\\（空）",
    "\\",
    "=1+1",
    "<r>",
    "<r>a</r>",
    "_x0041_",
    "甲、乙，丙",
    "\ufffe\uffff",
    "+86",
    "'a",
    "1e5",
    "TRUE",
]
words = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)
    | st.sampled_from(_AWKWARD)
    | st.lists(st.sampled_from(["甲", "\n", "、", "\\", ";", " "]), max_size=6).map("".join).map(str.strip).filter(bool)
)
codes = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8).filter(
    lambda one: "".join(one.split()) == one and one not in ("product", "value")
)
lists = st.lists(words, max_size=3).map(tuple)
fen = st.integers(0, 99_999_999_999).map(Fen)
numbers = st.integers(0, 10**9) | st.floats(0, 10**9).map(lambda one: int(one) if one == int(one) else one)


def _choices() -> st.SearchStrategy[tuple[Choice, ...]]:
    one = st.builds(Choice, codes, words, lists)
    return st.lists(one, min_size=1, max_size=3, unique_by=(lambda c: c.id, lambda c: c.label)).map(tuple)


@st.composite
def _products(draw: Any, number: int) -> Product:
    names = draw(st.lists(codes, min_size=4, max_size=4, unique=True))
    options = tuple(
        Option(name, draw(words), values, draw(st.none() | st.sampled_from([one.id for one in values])))
        for name, values in [(name, draw(_choices())) for name in names[: draw(st.integers(0, 2))]]
    )
    values = draw(_choices())
    fields: tuple[Field, ...] = (
        Field(
            names[2],
            draw(words),
            FieldKind.CHOICE,
            values=values,
            default=draw(st.none() | st.sampled_from([one.id for one in values])),
            optional=draw(st.booleans()),
        ),
        Field(names[3], draw(words), draw(st.sampled_from(FieldKind).filter(lambda one: one is not FieldKind.CHOICE))),
    )[: draw(st.integers(0, 2))]
    delivery = draw(st.sampled_from(Delivery))
    suppliers = draw(st.lists(st.tuples(words, st.none() | words), max_size=2, unique_by=lambda one: one[0]))
    skus = tuple(
        Sku(
            f"{number}-{at}-{draw(codes)}",
            draw(words),
            Fen(draw(st.integers(1, 99_999_999_999))),
            value=draw(st.none() | numbers),
            unit=draw(st.just("") | words),
            face_fen=draw(st.none() | fen),
            cost_fen=draw(st.none() | fen),
            options={option.name: draw(st.sampled_from([one.id for one in option.values])) for option in options},
            aliases=draw(lists),
            eta=draw(st.none() | st.just("") | words),
            any_value=draw(
                st.none() | st.builds(lambda a, b: AnyValue(min(a, b), max(a, b)), *[st.integers(1, 999)] * 2)
            ),
            supplier="own",
            supplier_code=draw(st.none() | st.just("") | words),
            backup=tuple(Backup(name, code, draw(st.none() | fen)) for name, code in suppliers)
            if delivery is Delivery.TOPUP and "own" not in [name for name, _ in suppliers]
            else (),
            allow_loss=draw(st.booleans()),
        )
        for at in range(draw(st.integers(1, 3)))
    )
    return Product(
        f"{number}-{draw(codes)}",
        draw(words),
        tuple(draw(st.lists(words, min_size=1, max_size=3))),
        delivery,
        skus,
        draw(lists),
        fields,
        options,
        draw(st.just("") | words),
        draw(st.just("") | words),
        draw(lists),
    )


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_every_catalog_we_have_survives_being_a_workbook(path: Path) -> None:
    shelf = read_catalog(path)
    again = read_sheets(to_workbook(shelf.products))
    assert again == shelf.products
    assert content_version(again) == shelf.version
    assert differences(shelf.products, again) == ()


@settings(max_examples=40, deadline=None)
@given(st.tuples(_products(1), _products(2)))
def test_whatever_a_catalog_says_it_survives_being_a_workbook(products: tuple[Product, ...]) -> None:
    same = read_text(to_toml(products).encode()).products
    assert same == products, "only what a catalog file may say is asked of a workbook"
    assert read_sheets(to_workbook(products)) == products


@given(st.lists(words, max_size=5))
def test_words_that_share_a_cell_stay_apart(some: list[str]) -> None:
    [cell] = joined(some)
    assert unjoined(str(cell or "")) == some


def test_a_list_longer_than_a_cell_goes_on_beside_it() -> None:
    tags = tuple(f"{number:03d}{'、' * 96}x" for number in range(200))
    product = Product("p", "p", ("c",), Delivery.CARD, (Sku("s", "s", Fen(1)),), tags=tags)
    assert read_sheets(to_workbook([product]))[0].tags == tags


def _changed(sheet: str, row: int, head: str, cell: str | int | float | None) -> bytes:
    """The demo catalog with another cell; rows are counted as the program shows them."""
    sheets = to_sheets(read_catalog(DEMO).products)
    found = next(one for one in sheets if one.name == sheet)
    at = [column.head for column in found.columns].index(head)
    if row == 1:
        columns = list(found.columns)
        columns[at] = Column(str(cell))
        changed = Written(sheet, columns, found.rows)
    else:
        rows = [list(one) for one in found.rows]
        rows[row - 2] += [None] * (at + 1 - len(rows[row - 2]))
        rows[row - 2][at] = cell
        changed = Written(sheet, found.columns, rows)
    return write_workbook([changed if one is found else one for one in sheets])


@pytest.mark.parametrize(
    ("sheet", "row", "head", "cell", "told"),
    [
        ("商品", 3, "名称", None, "「商品」第 3 行「名称」：缺少 名称"),
        ("商品", 3, "一级分类", None, "「商品」第 3 行「一级分类」：空着，后面一级却填了"),
        ("商品", 3, "交付方式", "快递", "「商品」第 3 行「交付方式」：只能是 直充、卡密、人工服务、实物：快递"),
        ("商品", 3, "说明", "长" * 1001, "「商品」第 3 行「说明」：说明太长"),
        (
            "商品",
            3,
            "商品编号",
            "huafei",
            "「商品」第 3 行「商品编号」：商品编号 重复: huafei（「商品」第 2 行「商品编号」已经用过）",
        ),
        ("规格", 5, "售价", -1, "「规格」第 5 行「售价」：售价 不是金额: -1"),
        ("规格", 5, "售价", "九块九", "「规格」第 5 行「售价」：售价 不是金额: 九块九"),
        ("规格", 5, "售价", 0, "「规格」第 5 行「售价」：售价 必须大于 0"),
        ("规格", 5, "售价", None, "「规格」第 5 行「售价」：缺少 售价"),
        ("规格", 5, "售价", 9.999, "「规格」第 5 行「售价」：售价 不是金额: 9.999"),
        ("规格", 5, "数值", "很多", "「规格」第 5 行「数值」：不是数字：很多"),
        ("规格", 5, "商品编号", "nothing", "「规格」第 5 行「商品编号」：「商品」里没有 nothing"),
        ("规格", 5, "规格编号", "a b", "「规格」第 5 行「规格编号」：规格编号 里不能有空格"),
        ("规格", 5, "选项1", "飞快", "「规格」第 5 行「选项1」：飞快 不是"),
        ("规格", 5, "选项2", "多的", "「规格」第 5 行「选项2」：这个商品没有第 2 个选项：多的"),
        ("规格", 5, "任意数量到", 0, "「规格」第 5 行「任意数量到」：任意数量到 不是 1 到"),
        ("规格", 5, "允许亏本", "也许", "「规格」第 5 行「允许亏本」：只能填 是，或空着：也许"),
        ("规格", 5, "供货商编码", 12345678901234567.0, "「规格」第 5 行「供货商编码」：是超过 15 位的数字"),
        ("别名", 2, "规格编号", "nothing", "「别名」第 2 行「规格编号」：这个商品在「规格」里没有 nothing"),
        ("别名", 2, "别名", None, "「别名」第 2 行「别名」：空着"),
        ("别名", 2, "别名", "长" * 101, "「别名」第 2 行「别名」"),
        ("选项", 3, "取值编号", None, "「选项」第 3 行「取值编号」"),
        ("选项", 3, "选项名称", "别的", "「选项」第 3 行「选项名称」：同一个选项的名称前面写的是"),
        ("填写项", 2, "类型", "身份证", "「填写项」第 2 行「类型」：只能是 手机号"),
        ("填写项", 2, "格式（正则）", "(", "「填写项」第 2 行「格式（正则）」：格式（正则） 不能用"),
        ("填写项", 2, "选填", "？", "「填写项」第 2 行「选填」：只能填 是"),
        (
            "填写项取值",
            2,
            "填写项编号",
            "nothing",
            "「填写项取值」第 2 行「填写项编号」：这个商品在「填写项」里没有 nothing",
        ),
        ("商品", 1, "名称", "名字", "「商品」第 1 行：第 2 列的表头不认识：名字"),
        ("规格", 1, "售价", "价", "「规格」第 1 行：缺少一列「售价」"),
        ("规格", 1, "成本", "售价", "「规格」第 1 行：表头重复：售价"),
    ],
)
def test_a_wrong_cell_is_named_by_sheet_row_and_column(
    sheet: str, row: int, head: str, cell: str | int | float | None, told: str
) -> None:
    with pytest.raises(CatalogError) as refused:
        read_sheets(_changed(sheet, row, head, cell))
    found = [str(one) for one in refused.value.problems]
    assert any(one.startswith(told) for one in found), found
    assert not any(name in one for one in found for name in ("sku.", "product.", "field.", "option.")), found


def _book(write: Callable[[Any, Any], None]) -> bytes:
    """A workbook of the smallest catalog, with one sheet written otherwise."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    goods, skus = book.add_worksheet("商品"), book.add_worksheet("规格")
    goods.write_row(0, 0, ["商品编号", "名称", "一级分类", "交付方式"])
    goods.write_row(1, 0, ["p", "卡", "卡", "卡密"])
    skus.write_row(0, 0, ["商品编号", "规格编号", "名称", "售价"])
    skus.write_row(1, 0, ["p", "P1", "一张", 9.5])
    write(book, skus)
    book.close()
    return file.getvalue()


def _told(raw: bytes) -> str:
    with pytest.raises(CatalogError) as refused:
        read_sheets(raw)
    return str(refused.value)


def test_a_sheet_that_a_person_made_is_read_as_he_sees_it() -> None:
    def by_hand(book: Any, skus: Any) -> None:
        skus.write_rich_string(1, 2, "一", book.add_format({"bold": True}), "张")
        skus.write_string(1, 3, "¥1,299.00")
        skus.write_number(2, 1, 100)
        skus.write_string(2, 0, " p ")
        skus.write_string(2, 2, "两张")
        skus.write_number(2, 3, 0.1 + 0.2)
        book.add_worksheet("备注（给自己看）").write_formula(0, 0, "=1+1")

    [product] = read_sheets(_book(by_hand))
    assert [(sku.code, sku.label, sku.price_fen) for sku in product.skus] == [
        ("P1", "一张", 129_900),
        ("100", "两张", 30),
    ]


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda _, skus: skus.write_formula(1, 3, "=1+1", None, 2), "「规格」第 2 行「售价」：是公式"),
        (lambda _, skus: skus.write_formula(1, 2, '=HYPERLINK("http://x")'), "「规格」第 2 行「名称」：是公式"),
        (lambda _, skus: skus.write_formula(1, 2, "=#N/A", None, "#N/A"), "「规格」第 2 行「名称」：是公式"),
        (
            lambda book, skus: skus.write_datetime(1, 2, date(2026, 3, 5), book.add_format({"num_format": "m月d日"})),
            "「规格」第 2 行「名称」：被表格软件改成了日期",
        ),
        (lambda book, _: book.add_worksheet("别的"), "不认识的工作表「别的」"),
        (lambda _, skus: skus.write_string(1, 9, "没有表头"), "「规格」第 2 行：第 10 列没有表头：没有表头"),
    ],
)
def test_what_is_no_plain_value_is_refused_by_its_cell(write: Callable[[Any, Any], None], told: str) -> None:
    assert told in _told(_book(write))


def _zip(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


BOOK = {
    "xl__workbook.xml": (
        b'<x:workbook xmlns:x="m" xmlns:r="r"><x:sheets><x:sheet name="A" r:id="i"/></x:sheets></x:workbook>'
    ),
    "xl___rels__workbook.xml.rels": b'<R><Relationship Id="i" Type="x/worksheet" Target="/xl/a.xml"/></R>',
}


def test_parts_with_prefixes_absolute_targets_and_rows_without_numbers_are_read() -> None:
    page = (
        b"<x:worksheet xmlns:x='m'><x:sheetData><x:row><x:c t='inlineStr'><x:is><x:t>a_x000A_b</x:t>"
        b"<x:rPh><x:t>no</x:t></x:rPh></x:is></x:c><x:c><x:v>1.50</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    [sheet] = read_workbook(_zip(**BOOK, **{"xl__a.xml": page}))
    assert [(row.number, dict(row.cells)) for row in sheet.rows] == [(1, {0: "a\nb", 1: "1.5"})]


def test_what_is_no_workbook_or_a_bomb_is_refused_in_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    good = to_workbook(read_catalog(DEMO).products)
    assert "旧版 xls" in _told(b"\xd0\xcf\x11\xe0rest")
    assert "不是完好的" in _told(b"PK\x03\x04nonsense")
    assert "不是完好的" in _told(good[: len(good) // 2])
    assert "不是完好的" in _told(_zip(a=b"b"))
    assert "内容坏了" in _told(_zip(**BOOK, **{"xl__a.xml": b"<a>"}))
    lol = b'<!DOCTYPE a [<!ENTITY b "lol">]><a>&b;</a>'
    assert "DTD" in _told(_zip(**BOOK, **{"xl__a.xml": lol}))
    outside = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'
    assert "DTD" in _told(_zip(**BOOK, **{"xl__a.xml": outside}))
    assert "太多" in _told(_zip(**{f"n{number}": b"" for number in range(workbook.PARTS_MAX + 1)}))
    bomb = _zip(**BOOK, **{"xl__a.xml": b"<a>" + b" " * (workbook.UNPACKED_BYTES_MAX + 1) + b"</a>"})
    assert len(bomb) < 200_000
    assert "解开后超过 64 MB" in _told(bomb)
    monkeypatch.setattr(workbook, "CELLS_MAX", 20)
    assert "内容太多" in _told(good)
    monkeypatch.undo()
    monkeypatch.setattr(workbook, "CHARS_MAX", 100)
    assert "内容太多" in _told(good)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_workbook_that_no_program_packs_like_this_is_refused_before_it_is_unpacked(method: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in BOOK.items():
            archive.writestr(name.replace("__", "/"), content)
    for damaged in (0, 1):  # damaged LZMA raised an error of its own kind: the page failed, the worker began again
        raw = bytearray(file.getvalue())
        raw[60] ^= damaged
        assert "压缩方式" in _told(bytes(raw))


def test_a_bomb_that_lies_about_its_size_is_refused_as_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = bytearray(_zip(**BOOK, **{"xl__a.xml": b"<a>" + b" " * 500_000 + b"</a>"}))
    size = (500_007).to_bytes(4, "little")
    while (at := bomb.find(size)) >= 0:
        bomb[at : at + 4] = (10).to_bytes(4, "little")
    monkeypatch.setattr(workbook, "UNPACKED_BYTES_MAX", 100_000)
    assert _told(bytes(bomb))


def test_no_text_of_the_catalog_is_a_formula_or_xml_in_the_workbook() -> None:
    evil = ("=cmd|' /C calc'!A0", "<r><t>x</t></r>", "+1", "@x", "http://evil.example/")
    product = Product("p", "=1+1", ("c",), Delivery.CARD, (Sku("s", "<r>b</r>", Fen(1)),), evil)
    raw = to_workbook([product])
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        pages = b"".join(archive.read(name) for name in archive.namelist() if name.startswith("xl/"))
    assert b"<f>" not in pages
    assert b"hyperlink" not in pages.lower()
    assert read_sheets(raw) == (product,)


_HEADS = sorted({head for one in to_sheets(()) for head in (column.head for column in one.columns)})
_heads = st.sampled_from([*_HEADS, "选项0", "选项3", "选项99", "选项", "标签2", "取值别名9", "商品编号2", "", "别的"])
_values = (
    st.none()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words
    | st.sampled_from(["p", "S1", "是"])
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([one.name for one in to_sheets(())]),
            st.lists(_heads, min_size=1, max_size=8, unique=True),
            st.lists(st.lists(_values, max_size=8), max_size=4),
        ),
        max_size=7,
        unique_by=lambda one: one[0],
    )
)
def test_whatever_stands_in_the_cells_it_is_read_or_refused_by_its_places(sheets: Any) -> None:
    given_sheets = [
        Written(name, [Column(head) for head in heads], [row[: len(heads)] for row in rows])
        for name, heads, rows in sheets
    ]
    _is_read_or_refused(write_workbook(given_sheets, ("说明",)))


def _is_read_or_refused(raw: bytes) -> None:
    problems: tuple[Problem, ...] = (Problem(0, "read"),)
    try:
        assert read_sheets(raw)
    except CatalogError as error:
        problems = error.problems
    assert problems
    assert all(one.message for one in problems)


_SOME = to_sheets(read_catalog(DEMO).products[:6])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_SOME) - 1), st.integers(0, 30), st.integers(0, 14), _values), max_size=6))
def test_a_good_catalog_with_any_cells_changed_is_read_or_refused_by_its_places(
    changes: list[tuple[int, int, int, str | int | float | None]],
) -> None:
    rows = [[list(row) for row in sheet.rows] for sheet in _SOME]
    for sheet, row, column, cell in changes:
        if row < len(rows[sheet]) and column < len(rows[sheet][row]):
            rows[sheet][row][column] = cell
    changed = [Written(sheet.name, sheet.columns, rows[at]) for at, sheet in enumerate(_SOME)]
    _is_read_or_refused(write_workbook(changed))
