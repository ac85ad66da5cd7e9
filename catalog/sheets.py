"""A catalog as the sheets of a workbook, in a shopkeeper's words: what stands where, and writing it.

`sheet_reading.py` reads it back as the very same. A text is written as it is, but for what a cell could not tell apart:
an empty one stands as （空）, and a backslash stands before what would be taken for something else.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from catalog.model import Choice, Delivery, FieldKind, Option, Product, Sku
from catalog.workbook_writing import Column, Written, write_workbook

EMPTY = "（空）"
YES = "是"
OPTIONS_SHOWN_MIN = 2
"""So many columns for options there are in any case, for those who add some."""
_JOINED_MAX = 15_000
_SEPARATORS = "、，,；;\n"

DELIVERIES: Mapping[str, Delivery] = MappingProxyType(
    {"直充": Delivery.TOPUP, "卡密": Delivery.CARD, "人工服务": Delivery.SERVICE, "实物": Delivery.PARCEL}
)
KINDS: Mapping[str, FieldKind] = MappingProxyType(
    {
        "手机号": FieldKind.PHONE,
        "QQ号": FieldKind.QQ,
        "手机号或QQ号": FieldKind.PHONE_OR_QQ,
        "用户ID": FieldKind.UID,
        "卡号": FieldKind.CARD_NO,
        "邮箱": FieldKind.EMAIL,
        "文字": FieldKind.TEXT,
        "选择": FieldKind.CHOICE,
        "地址": FieldKind.ADDRESS,
    }
)


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet: its name, and its columns by the key of the catalog file they hold."""

    name: str
    columns: Mapping[str, Column]
    lists: frozenset[str] = frozenset()
    """Keys whose cells hold several words, and may go on in 标签2, 标签3 …"""

    def head(self, key: str) -> str:
        """The head over a key; the first column's for one that has none."""
        return self.columns[key].head if key in self.columns else next(iter(self.columns.values())).head


_PRODUCT = Column("商品编号", 14)
PRODUCTS = Layout(
    "商品",
    {
        "id": _PRODUCT,
        "name": Column("名称", 20),
        "category1": Column("一级分类"),
        "category2": Column("二级分类"),
        "category3": Column("三级分类"),
        "delivery": Column("交付方式", words=tuple(DELIVERIES)),
        "eta": Column("到账时间"),
        "note": Column("说明", 40),
        "tags": Column("标签", 20),
    },
    frozenset({"tags"}),
)
SKUS = Layout(
    "规格",
    {
        "product": _PRODUCT,
        "code": Column("规格编号", 14),
        "label": Column("名称", 16),
        "value": Column("数值"),
        "unit": Column("单位", 8),
        "price": Column("售价", is_money=True),
        "cost": Column("成本", is_money=True),
        "face": Column("面额", is_money=True),
        "options": Column("选项1"),
        "min": Column("任意数量从"),
        "max": Column("任意数量到"),
        "eta": Column("到账时间"),
        "supplier": Column("供货商"),
        "supplier_code": Column("供货商编码", 16),
        "allow_loss": Column("允许亏本", words=(YES,)),
    },
)
ALIASES = Layout("别名", {"product": _PRODUCT, "code": Column("规格编号", 14), "alias": Column("别名", 24)})
OPTIONS = Layout(
    "选项",
    {
        "product": _PRODUCT,
        "name": Column("选项编号"),
        "label": Column("选项名称", 16),
        "id": Column("取值编号"),
        "value": Column("取值名称", 16),
        "default": Column("默认", 8, words=(YES,)),
        "aliases": Column("取值别名", 24),
    },
    frozenset({"aliases"}),
)
FIELDS = Layout(
    "填写项",
    {
        "product": _PRODUCT,
        "name": Column("填写项编号"),
        "label": Column("填写项名称", 16),
        "kind": Column("类型", 14, words=tuple(KINDS)),
        "pattern": Column("格式（正则）", 20),
        "default": Column("默认值"),
        "optional": Column("选填", 8, words=(YES,)),
    },
)
CHOICES = Layout(
    "填写项取值",
    {
        "product": _PRODUCT,
        "name": Column("填写项编号"),
        "id": Column("取值编号"),
        "label": Column("取值名称", 16),
        "aliases": Column("取值别名", 24),
    },
    frozenset({"aliases"}),
)
BACKUPS = Layout(
    "备用供货",
    {
        "code": Column("规格编号", 14),
        "supplier": Column("供货商"),
        "supplier_code": Column("供货商编码", 16),
        "cost": Column("成本", is_money=True),
    },
)
LAYOUTS = (PRODUCTS, SKUS, ALIASES, OPTIONS, FIELDS, CHOICES, BACKUPS)

_NAMED = re.compile(r"\b(product|sku|option|field|values|backup|any_value)\.([a-z_]+)")
_IN_WORDS = (
    ("delivery = topup", "交付方式是直充的商品"),
    ("kind = choice", "类型是选择的填写项"),
    ("文件里没有商品: 每个商品以 [[product]] 开头", "没有商品"),
    (" (要加引号)", ""),
)

NOTES = (
    "这个文件是整个商品目录：改好后在「商品 → 目录文件」上传，先看改动，保存才生效。文件里没有的商品会下架。",
    "第一行是表头，不要改名；列的先后可以换。行的先后就是菜单和列表里的先后。",
    "「商品」每行一个商品；「规格」每行一个规格，用商品编号对应；「别名」每行一个顾客的叫法，规格编号空着就是商品的别名。",
    "「选项」是规格之间的区别（如到账快慢），每行一个取值；「规格」里的选项1、选项2……依次填这个商品各选项的取值。",
    "「填写项」是顾客要给的（账号、地址……）；类型是「选择」的，取值写在「填写项取值」。",
    "金额的单位是元，最多两位小数。编号填好后不要改：订单里记着它。一格里有几个词的，用顿号（、）分开。",
    "不要用公式；编号、账号这样的数字请放在文本格式的格子里。",
    "少见的写法：（空）表示写了但内容是空的；词里本来就有顿号、逗号、分号的，前面加 \\。",
)

Values = list[str | int | float | None]


def to_workbook(products: Sequence[Product]) -> bytes:
    """Write a whole catalog as a workbook. Raises WorkbookError for one that no workbook can hold."""
    return write_workbook(to_sheets(products), NOTES)


def to_sheets(products: Sequence[Product]) -> tuple[Written, ...]:
    """The sheets of a catalog."""
    width = max([OPTIONS_SHOWN_MIN, *(len(one.options) for one in products)])
    rows: dict[str, list[Values]] = {layout.name: [] for layout in LAYOUTS}
    for product in products:
        rows[PRODUCTS.name].append(_product(product))
        rows[SKUS.name] += [_sku(product, sku, width) for sku in product.skus]
        rows[ALIASES.name] += [[cell(product.id), None, cell(one)] for one in product.aliases]
        rows[ALIASES.name] += [
            [cell(product.id), cell(sku.code), cell(one)] for sku in product.skus for one in sku.aliases
        ]
        rows[OPTIONS.name] += [row for option in product.options for row in _option(product, option)]
        for field in product.fields:
            kind = next(word for word, one in KINDS.items() if one is field.kind)
            told = [cell(field.pattern), cell(field.default), YES if field.optional else None]
            rows[FIELDS.name].append([cell(product.id), cell(field.name), cell(field.label), kind, *told])
            rows[CHOICES.name] += [[cell(product.id), cell(field.name), *_choice(one)] for one in field.values]
        rows[BACKUPS.name] += [
            [cell(sku.code), cell(one.supplier), cell(one.supplier_code), _yuan(one.cost_fen)]
            for sku in product.skus
            for one in sku.backup
        ]
    return tuple(_written(layout, rows[layout.name], width) for layout in LAYOUTS)


def _written(layout: Layout, rows: list[Values], width: int) -> Written:
    columns: list[Column] = []
    for key, column in layout.columns.items():
        columns.append(column)
        if key == "options":
            columns += [Column(f"选项{n}") for n in range(2, width + 1)]
    # The last list of a row may go on beside it: a cell holds 32,767 characters.
    longest = max((len(row) for row in rows), default=0)
    columns += [Column(f"{columns[-1].head}{n}", 24) for n in range(2, longest - len(columns) + 2)]
    return Written(layout.name, columns, rows)


def _product(product: Product) -> Values:
    delivery = next(word for word, one in DELIVERIES.items() if one is product.delivery)
    levels = [*(cell(one) for one in product.category), None, None, None][:3]
    told = [delivery, cell(product.eta or None), cell(product.note or None)]
    return [cell(product.id), cell(product.name), *levels, *told, *joined(product.tags)]


def _sku(product: Product, sku: Sku, width: int) -> Values:
    chosen: Values = [_chosen(option, sku.options.get(option.name, "")) for option in product.options]
    limits: Values = [None, None] if sku.any_value is None else [sku.any_value.min, sku.any_value.max]
    return [
        *(cell(product.id), cell(sku.code), cell(sku.label), _value(sku.value), cell(sku.unit or None)),
        *(_yuan(sku.price_fen), _yuan(sku.cost_fen), _yuan(sku.face_fen)),
        *(*chosen, *[None] * (width - len(chosen)), *limits),
        *(cell(sku.eta), cell(sku.supplier), cell(sku.supplier_code), YES if sku.allow_loss else None),
    ]


def _option(product: Product, option: Option) -> list[Values]:
    return [
        [
            *(cell(product.id), cell(option.name), cell(option.label), cell(one.id), cell(one.label)),
            *(YES if one.id == option.default else None, *joined(one.aliases)),
        ]
        for one in option.values
    ]


def _choice(choice: Choice) -> Values:
    return [cell(choice.id), cell(choice.label), *joined(choice.aliases)]


def _chosen(option: Option, id_: str) -> str | None:
    """A value by its name, where that names no other one."""
    label = next((one.label for one in option.values if one.id == id_), id_)
    return cell(id_ if any(one.id == label != id_ for one in option.values) else label)


def _value(value: int | float | None) -> str | int | float | None:
    """A number as one, where fifteen digits tell it whole."""
    return value if value is None or float(f"{value:.15g}") == value else repr(value)


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100


def cell(text: str | None) -> str | None:
    """A text as it stands in a cell."""
    if text is None:
        return None
    if text == "":
        return EMPTY
    # The library takes <r>…</r> for a piece of its own XML.
    return f"\\{text}" if text == EMPTY or text.startswith(("\\", "<r>")) else text


def uncell(given: str) -> str:
    """The text of a cell."""
    if given == EMPTY:
        return ""
    return given[1:] if given.startswith("\\") else given


def joined(words: Iterable[str]) -> Values:
    """Several words in a cell, or in as many as it takes."""
    cells: list[str] = []
    for word in words:
        escaped = "".join(f"\\{char}" if char in _SEPARATORS or char == "\\" else char for char in word)
        escaped = f"\\{escaped}" if escaped.startswith("<r>") else escaped
        if cells and len(cells[-1]) + len(escaped) < _JOINED_MAX:
            cells[-1] += f"、{escaped}"
        else:
            cells.append(escaped)
    return [*cells] if cells else [None]


def unjoined(given: str) -> list[str]:
    """The words of a cell."""
    words, word, at = [], "", 0
    while at < len(given):
        char = given[at]
        if char == "\\" and at + 1 < len(given):
            word += given[at + 1]
            at += 1
        elif char in _SEPARATORS:
            words.append(word)
            word = ""
        else:
            word += char
        at += 1
    return [one for one in (found.strip() for found in (*words, word)) if one]


def in_words(message: str) -> str:
    """A complaint about a catalog file in the words of the sheets: sku.price → 售价."""
    for code, words in _IN_WORDS:
        message = message.replace(code, words)
    return _NAMED.sub(lambda found: _head_of(found[1], found[2]), message)


def _head_of(table: str, key: str) -> str:
    """A key of the catalog file in the words of the sheets."""
    if (table, key) in (("product", "sku"), ("product", "option"), ("product", "field")):
        return {"sku": SKUS, "option": OPTIONS, "field": FIELDS}[key].name
    if key == "backup":
        return BACKUPS.name
    if key == "category":
        return "分类"
    if key == "aliases":
        return "别名"
    layouts = {"product": PRODUCTS, "sku": SKUS, "option": OPTIONS, "field": FIELDS, "values": CHOICES}
    layout = {**layouts, "backup": BACKUPS, "any_value": SKUS}[table]
    if key == "values":
        return "取值"
    return layout.head(key) if key in layout.columns else f"{table}.{key}"
