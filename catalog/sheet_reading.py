"""Reads a catalog from the sheets of a workbook; what is wrong is named by sheet, row and column.

The sheets become the document a catalog file is, so that one place alone says what a catalog may hold.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.entries import OPTIONS_MAX, read_products
from catalog.entry import COMPLAINTS_MAX, Complaint, quoted
from catalog.files import CatalogError, Problem
from catalog.model import Product
from catalog.sheets import (
    ALIASES,
    BACKUPS,
    CHOICES,
    DELIVERIES,
    FIELDS,
    KINDS,
    LAYOUTS,
    OPTIONS,
    PRODUCTS,
    SKUS,
    YES,
    Layout,
    in_words,
    uncell,
    unjoined,
)
from catalog.toml_lines import Path
from catalog.workbook import Cell, Sheet, Unusable, WorkbookError, read_workbook

_YES = frozenset((YES, "√", "✓", "1", "TRUE", "true", "yes", "y", "Y"))
_NO = frozenset(("", "否", "×", "0", "FALSE", "false", "no", "n", "N"))
_NUMBER = re.compile(r"\d{1,20}(\.\d{1,25})?([eE][+-]?\d{1,3})?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_OPTION_NUMBERS = frozenset(str(number) for number in range(1, OPTIONS_MAX + 1))
_LEVELS = ("category1", "category2", "category3")
_PASSED_OVER = ("说明", "备注")


def read_sheets(raw: bytes, unpacked: Callable[[], None] | None = None) -> tuple[Product, ...]:
    """Read and check a whole catalog; `unpacked` is called in between. Raises CatalogError naming what is wrong with
    its place."""
    try:
        sheets = read_workbook(raw)
    except WorkbookError as error:
        raise CatalogError((Problem(0, str(error)),)) from None
    if unpacked:
        unpacked()
    return _Reading(sheets).products()


@dataclass(frozen=True, slots=True)
class _Place:
    """A cell: the order of its sheet, the row, and the head over it (empty: the row or sheet as a whole)."""

    sheet: int
    row: int
    head: str = ""

    def __str__(self) -> str:
        row = f"第 {self.row} 行" if self.row else ""
        return f"「{LAYOUTS[self.sheet].name}」{row}{f'「{self.head}」' if self.head else ''}"


@dataclass(slots=True)
class _Line:
    """One row of a sheet, its cells by the keys of the catalog file; lists by theirs."""

    layout: Layout
    at: _Place
    texts: dict[str, str]
    lists: dict[str, list[str]]
    options: list[str]
    """选项1, 选项2 …"""


@dataclass(slots=True)
class _Product:
    """A product while its rows come together."""

    data: dict[str, Any]
    path: Path
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    fields: dict[str, tuple[dict[str, Any], Path]] = field(default_factory=dict)


class _Reading:
    """One workbook while it is read."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = sheets
        self._problems: list[tuple[_Place, str]] = []
        self._places: dict[Path, _Line] = {}
        self._products: dict[str, _Product] = {}
        self._skus: dict[str, tuple[_Product, dict[str, Any], Path]] = {}

    def products(self) -> tuple[Product, ...]:
        lines = self._lines()
        self._read_products(lines[PRODUCTS.name])
        self._read_options(lines[OPTIONS.name])
        self._read_fields(lines[FIELDS.name], lines[CHOICES.name])
        self._read_skus(lines[SKUS.name])
        self._read_more(lines[ALIASES.name], lines[BACKUPS.name])
        document = {"product": [one.data for one in self._products.values()]}
        found, complaints = read_products(document)
        if self._problems or complaints.count:
            self._problems += [self._told(one) for one in complaints.kept]
            raise CatalogError(self._listed(complaints.count - len(complaints.kept)))
        return found

    # ---- sheets → lines ----

    def _lines(self) -> dict[str, list[_Line]]:
        lines: dict[str, list[_Line]] = {layout.name: [] for layout in LAYOUTS}
        for sheet in self._sheets:
            order = next((n for n, one in enumerate(LAYOUTS) if one.name == sheet.name), None)
            if order is not None:
                lines[sheet.name] += self._lines_of(sheet, order)
            elif not sheet.name.startswith(_PASSED_OVER):
                names = "、".join(one.name for one in LAYOUTS)
                message = f"不认识的工作表「{sheet.name[:31]}」：只读 {names}；自己的记录请让表名以「备注」开头"
                raise CatalogError((Problem(0, message),))
        there = {sheet.name for sheet in self._sheets}
        if missing := [one.name for one in (PRODUCTS, SKUS) if one.name not in there]:
            raise CatalogError((Problem(0, f"缺少工作表「{'」「'.join(missing)}」，请从下载的目录改起"),))
        return lines

    def _lines_of(self, sheet: Sheet, order: int) -> Iterator[_Line]:
        if not sheet.rows:
            return
        heads = self._heads(sheet.rows[0].cells, _Place(order, sheet.rows[0].number))
        for row in sheet.rows[1:]:
            line = _Line(LAYOUTS[order], _Place(order, row.number), {}, {}, [])
            for column, given in sorted(row.cells.items()):
                if column not in heads:
                    self._wrong(_Place(order, row.number), f"第 {column + 1} 列没有表头：{_shown(given)}")
                else:
                    self._take(line, *heads[column], given)
            yield line

    def _heads(self, cells: Mapping[int, Cell], at: _Place) -> dict[int, tuple[str, str]]:
        """Each column's key and head."""
        layout = LAYOUTS[at.sheet]
        known = {column.head: key for key, column in layout.columns.items()}
        heads: dict[int, tuple[str, str]] = {}
        for column, given in sorted(cells.items()):
            head = given.strip() if isinstance(given, str) else ""
            plain = head.rstrip("0123456789")
            key = known.get(head)
            if key is None and head != plain:
                is_option = layout is SKUS and plain == "选项" and head[len(plain) :] in _OPTION_NUMBERS
                key = "options" if is_option else known.get(plain)
                key = key if key == "options" or key in layout.lists else None
            if key is None:
                self._wrong(at, f"第 {column + 1} 列的表头不认识：{_shown(given)}")
            elif head in {one for _, one in heads.values()}:
                self._wrong(at, f"表头重复：{head}")
            else:
                heads[column] = (key, head)
        for needed in ("id", "product", "code", "name", "label", "price", "delivery", "category1", "alias"):
            if needed in layout.columns and needed not in {key for key, _ in heads.values()}:
                self._wrong(at, f"缺少一列「{layout.head(needed)}」")
        return heads

    def _take(self, line: _Line, key: str, head: str, given: Cell) -> None:
        if isinstance(given, Unusable):
            self._wrong(_Place(line.at.sheet, line.at.row, head), given.reason)
        elif key == "options":
            number = int(head.removeprefix("选项"))
            line.options += [""] * (number - len(line.options))
            line.options[number - 1] = uncell(given).strip()
        elif key in line.layout.lists:
            line.lists.setdefault(key, []).extend(unjoined(given))
        else:
            line.texts[key] = uncell(given)

    # ---- lines → document ----

    def _read_products(self, lines: list[_Line]) -> None:
        for number, line in enumerate(lines):
            path: Path = ("product", number)
            self._places[path] = line
            data: dict[str, Any] = {"id": line.texts.get("id", ""), "sku": [], "option": [], "field": []}
            data |= {key: line.texts[key] for key in ("name", "eta", "note") if key in line.texts}
            levels = [line.texts.get(key, "").strip() for key in _LEVELS]
            data["category"] = [level for level in levels if level]
            if gap := next((key for n, key in enumerate(_LEVELS) if not levels[n] and any(levels[n:])), None):
                self._wrong_at(line, gap, "空着，后面一级却填了")
            data |= {key: words for key, words in (("tags", line.lists.get("tags")),) if words}
            data["delivery"] = self._one_of(line, "delivery", DELIVERIES)
            id_ = data["id"].strip()
            # One that is there twice is complained of; its rows go to the first.
            key = id_ if id_ not in self._products else f"{id_}\0{number}"
            self._products[key] = _Product(data, path)

    def _read_options(self, lines: list[_Line]) -> None:
        for line in lines:
            product = self._product_of(line)
            name = line.texts.get("name", "").strip()
            if product is None:
                continue
            option = product.options.get(name)
            if option is None:
                option = {"name": name, "values": [], **_given(line, "label")}
                self._places[(*product.path, "option", len(product.options))] = line
                product.options[name] = option
                product.data["option"].append(option)
            elif line.texts.get("label", option.get("label")) != option.get("label"):
                self._wrong_at(line, "label", f"同一个选项的名称前面写的是 {quoted(option.get('label', ''))}")
            value = {"id": line.texts.get("id", ""), **_given(line, ("value", "label")), **_listed_words(line)}
            self._places[
                (*product.path, "option", list(product.options).index(name), "values", len(option["values"]))
            ] = line
            option["values"].append(value)
            if self._flag(line, "default"):
                if "default" in option:
                    self._wrong_at(line, "default", "这个选项已经有一个默认的取值")
                option["default"] = value["id"].strip()

    def _read_fields(self, lines: list[_Line], choices: list[_Line]) -> None:
        for line in lines:
            product = self._product_of(line)
            if product is None:
                continue
            kind = self._one_of(line, "kind", KINDS)
            given: dict[str, Any] = {"name": line.texts.get("name", ""), **_given(line, "label"), "kind": kind}
            given |= _given(line, "pattern") | _given(line, "default")
            if self._flag(line, "optional"):
                given["optional"] = True
            path: Path = (*product.path, "field", len(product.data["field"]))
            self._places[path] = line
            product.data["field"].append(given)
            product.fields.setdefault(given["name"].strip(), (given, path))
        for line in choices:
            product = self._product_of(line)
            if product is None:
                continue
            found = product.fields.get(line.texts.get("name", "").strip())
            if found is None:
                named = quoted(line.texts.get("name", ""))
                self._wrong_at(line, "name", f"这个商品在「{FIELDS.name}」里没有 {named}")
                continue
            values = found[0].setdefault("values", [])
            self._places[(*found[1], "values", len(values))] = line
            values.append({"id": line.texts.get("id", ""), **_given(line, "label"), **_listed_words(line)})

    def _read_skus(self, lines: list[_Line]) -> None:
        for line in lines:
            product = self._product_of(line)
            if product is None:
                continue
            data: dict[str, Any] = {"code": line.texts.get("code", "")}
            for key in ("label", "unit", "eta", "supplier", "supplier_code"):
                data |= _given(line, key)
            data |= {key: _money(line.texts[key]) for key in ("price", "cost", "face") if key in line.texts}
            data |= {key: self._number(line, key) for key in ("value",) if key in line.texts}
            limits = {key: self._number(line, key) for key in ("min", "max") if key in line.texts}
            data |= {"any_value": limits} if limits else {}
            data |= {"allow_loss": True} if self._flag(line, "allow_loss") else {}
            if product.options or any(line.options):
                data["options"] = self._chosen(line, product)
            path: Path = (*product.path, "sku", len(product.data["sku"]))
            self._places[path] = line
            product.data["sku"].append(data)
            self._skus.setdefault(data["code"].strip(), (product, data, path))

    def _chosen(self, line: _Line, product: _Product) -> dict[str, str]:
        """The value of each option, given by its name or number."""
        chosen: dict[str, str] = {}
        given = [*line.options, *[""] * len(product.options)]
        for number, (name, option) in enumerate(product.options.items(), start=1):
            text, values, head = given[number - 1], option["values"], f"选项{number}"
            id_ = next((one["id"] for key in ("id", "label") for one in values if one.get(key) == text), None)
            if id_ is None:
                named = "、".join(str(one.get("label", one["id"])) for one in values[:8])
                what = "缺少" if not text else f"{quoted(text)} 不是"
                self._wrong(
                    _Place(line.at.sheet, line.at.row, head), f"{what}{option.get('label', name)}的取值：{named}"
                )
            chosen[name] = (id_ if id_ is not None else values[0]["id"]).strip()
        for number, text in enumerate(line.options[len(product.options) :], start=len(product.options) + 1):
            if text:
                head = f"选项{number}"
                self._wrong(_Place(line.at.sheet, line.at.row, head), f"这个商品没有第 {number} 个选项：{quoted(text)}")
        return chosen

    def _read_more(self, aliases: list[_Line], backups: list[_Line]) -> None:
        for line in aliases:
            product = self._product_of(line)
            if product is None:
                continue
            code = line.texts.get("code", "").strip()
            data, path = product.data, product.path
            if code:
                owner, data, path = self._skus.get(code, (None, {}, ()))
                if owner is not product:
                    self._wrong_at(line, "code", f"这个商品在「{SKUS.name}」里没有 {quoted(code)}")
                    continue
            words = data.setdefault("aliases", [])
            if not (alias := line.texts.get("alias", "").strip()):
                self._wrong_at(line, "alias", "空着")
            self._places.setdefault((*path, "aliases"), line)
            words.append(alias)
        for line in backups:
            code = line.texts.get("code", "").strip()
            if code not in self._skus:
                self._wrong_at(line, "code", f"「{SKUS.name}」里没有 {quoted(code)}")
                continue
            _, data, path = self._skus[code]
            given = _given(line, "supplier") | _given(line, "supplier_code")
            given |= {"cost": _money(line.texts["cost"])} if "cost" in line.texts else {}
            self._places[(*path, "backup", len(data.setdefault("backup", [])))] = line
            data["backup"].append(given)

    # ---- cells ----

    def _product_of(self, line: _Line) -> _Product | None:
        id_ = line.texts.get("product", "").strip()
        found = self._products.get(id_)
        if found is None:
            self._wrong_at(line, "product", f"「{PRODUCTS.name}」里没有 {quoted(id_)}" if id_ else "空着")
        return found

    def _one_of(self, line: _Line, key: str, words: Mapping[str, Any]) -> str:
        given = line.texts.get(key, "").strip()
        found = words.get(given) or next((one for one in words.values() if one.value == given), None)
        if found is None:
            self._wrong_at(line, key, f"只能是 {'、'.join(words)}：{quoted(given)}")
        return str((found or next(reversed(list(words.values())))).value)

    def _flag(self, line: _Line, key: str) -> bool:
        given = line.texts.get(key, "").strip()
        if given not in _YES and given not in _NO:
            self._wrong_at(line, key, f"只能填 {YES}，或空着：{quoted(given)}")
        return given in _YES

    def _number(self, line: _Line, key: str) -> int | float:
        given = line.texts[key].strip()
        if not _NUMBER.fullmatch(given):
            self._wrong_at(line, key, f"不是数字：{quoted(given)}")
            return 1
        return int(given) if given.isdecimal() else float(given)

    # ---- what is wrong ----

    def _wrong_at(self, line: _Line, key: str, message: str) -> None:
        self._wrong(_Place(line.at.sheet, line.at.row, line.layout.head(key)), message)

    def _wrong(self, place: _Place, message: str) -> None:
        self._problems.append((place, message))

    def _told(self, complaint: Complaint) -> tuple[_Place, str]:
        place = self._place(complaint.at)
        earlier = f"（{self._place(complaint.earlier)}已经用过）" if complaint.earlier is not None else ""
        return place, in_words(complaint.message) + earlier

    def _place(self, path: Path) -> _Place:
        """The cell of a place in the document, or the nearest that encloses it."""
        at = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self._places), None)
        if at is None:
            return _Place(0, 0)
        line = self._places[at]
        key = next((str(one) for one in reversed(path[len(at) :]) if not isinstance(one, int)), "")
        if len(at) > 1 and at[-1] == "aliases":
            key = "alias"
        return _Place(line.at.sheet, line.at.row, _head(line.layout, key, "values" in at))

    def _listed(self, unnamed: int) -> tuple[Problem, ...]:
        self._problems.sort(key=lambda one: (one[0].sheet, one[0].row))
        named = [Problem(0, f"{place}：{message}") for place, message in self._problems[:COMPLAINTS_MAX]]
        more = unnamed + len(self._problems) - len(named)
        return (*named, *([Problem(0, f"另有 {more} 处问题没有列出")] if more else []))


def _given(line: _Line, key: str | tuple[str, str]) -> dict[str, Any]:
    """A cell that is filled, under its key or the second one."""
    column, name = key if isinstance(key, tuple) else (key, key)
    return {name: line.texts[column]} if column in line.texts else {}


def _listed_words(line: _Line) -> dict[str, Any]:
    return {"aliases": line.lists["aliases"]} if "aliases" in line.lists else {}


def _money(given: str) -> str:
    text = given.strip().removeprefix("¥").removeprefix("￥").strip()
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _shown(given: Cell) -> str:
    return given.reason if isinstance(given, Unusable) else quoted(given)


def _head(layout: Layout, key: str, is_value: bool) -> str:
    if layout is PRODUCTS and key == "category":
        key = "category1"
    if layout is OPTIONS and is_value and key == "label":
        key = "value"
    if key == "any_value":
        key = "max"
    return layout.columns[key].head if key in layout.columns else ""
