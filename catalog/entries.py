"""Turns the entries of a catalog file into products, collecting every problem instead of stopping at the first."""

import math
from collections.abc import Iterator
from typing import Any, TypeGuard

from catalog.checks import Invalid, check_field
from catalog.entry import NUMBER_MAX, Complaints, Entry, quoted
from catalog.model import AnyValue, Backup, Choice, Delivery, Field, FieldKind, Option, Product, Sku
from catalog.patterns import PatternError, compile_pattern
from catalog.toml_lines import Path
from kernel.money import Fen

NOTE_CHARS_MAX = 1000
CHOICES_MAX = 500
FIELDS_MAX = 20
OPTIONS_MAX = 10
BACKUPS_MAX = 5

_PRODUCT_KEYS = frozenset(
    ("id", "name", "category", "aliases", "delivery", "eta", "note", "tags", "field", "option", "sku")
)
_FIELD_KEYS = frozenset(("name", "label", "kind", "pattern", "values", "default", "optional"))
_OPTION_KEYS = frozenset(("name", "label", "default", "values"))
_CHOICE_KEYS = frozenset(("id", "label", "aliases"))
_SKU_KEYS = frozenset(
    (
        *("code", "label", "value", "unit", "price", "face", "cost", "options", "aliases", "eta"),
        *("any_value", "supplier", "supplier_code", "backup", "allow_loss"),
    )
)
_BACKUP_KEYS = frozenset(("supplier", "supplier_code", "cost"))
_RESERVED_NAMES = frozenset(("product", "value"))


def read_products(document: dict[str, Any]) -> tuple[tuple[Product, ...], Complaints]:
    """Read a parsed catalog file. The products may be used only when there are no complaints."""
    complaints = Complaints()
    root = Entry("", document, (), complaints)
    root.only(frozenset(("product",)))
    products = tuple(_product(entry) for entry in root.tables("product", math.inf))
    if not document.get("product"):
        root.complain("product", "文件里没有商品: 每个商品以 [[product]] 开头")
    _complain_of_repeats(document, complaints)
    return products, complaints


def _complain_of_repeats(document: dict[str, Any], complaints: Complaints) -> None:
    ids: dict[str, Path] = {}
    codes: dict[str, Path] = {}
    for path, product in _tables_of(document, (), "product"):
        _complain_of_repeat(ids, (*path, "id"), product.get("id"), "product.id", complaints)
        for sku_path, sku in _tables_of(product, path, "sku"):
            _complain_of_repeat(codes, (*sku_path, "code"), sku.get("code"), "sku.code", complaints)


def _complain_of_repeat(seen: dict[str, Path], path: Path, given: object, what: str, complaints: Complaints) -> None:
    if isinstance(given, str):
        first = seen.setdefault(given.strip(), path)
        if first is not path:
            complaints.add(path, f"{what} 重复: {quoted(given)}", earlier=first)


def _tables_of(parent: dict[str, Any], path: Path, key: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    given = parent.get(key)
    if isinstance(given, list):
        for index, table in enumerate(given):
            if isinstance(table, dict):
                yield (*path, key, index), table


def _product(entry: Entry) -> Product:
    entry.only(_PRODUCT_KEYS)
    options = tuple(_option(option) for option in entry.tables("option", OPTIONS_MAX))
    fields = tuple(_field(given) for given in entry.tables("field", FIELDS_MAX))
    _check_names(entry, options, fields)
    if entry.requires("sku") and entry.data["sku"] == []:
        entry.complain("sku", "product.sku 至少要有一行")
    if entry.data.get("delivery") != Delivery.TOPUP:
        for sku in _dicts(entry.data.get("sku")):
            if "backup" in sku:
                entry.complain("sku", "sku.backup 只用于 delivery = topup")
    return Product(
        id=entry.code("id"),
        name=entry.text("name"),
        category=_category(entry),
        delivery=Delivery(entry.one_of("delivery", [kind.value for kind in Delivery]) or Delivery.SERVICE),
        skus=tuple(_sku(sku, options) for sku in entry.tables("sku", math.inf)),
        aliases=entry.texts("aliases"),
        fields=fields,
        options=options,
        eta=entry.optional_text("eta") or "",
        note=entry.optional_text("note", NOTE_CHARS_MAX) or "",
        tags=entry.texts("tags"),
    )


def _dicts(given: object) -> list[dict[str, Any]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _category(entry: Entry) -> tuple[str, ...]:
    if not entry.requires("category"):
        return ()
    category = entry.texts("category", math.inf)
    if isinstance(entry.data["category"], list) and not 1 <= len(entry.data["category"]) <= 3:
        entry.complain("category", f"product.category 应有 1 到 3 级, 这里有 {len(category)} 级")
    return category


def _check_names(entry: Entry, options: tuple[Option, ...], fields: tuple[Field, ...]) -> None:
    """What is still missing is named in one list, so options and fields share one set of names."""
    seen: set[str] = set()
    places = [("option", index, option.name) for index, option in enumerate(options)]
    places += [("field", index, given.name) for index, given in enumerate(fields)]
    for key, index, name in places:
        if name in seen:
            entry.complaints.add((*entry.path, key, index, "name"), f"{key}.name 在这个商品里重复: {quoted(name)}")
        elif name in _RESERVED_NAMES:
            entry.complaints.add((*entry.path, key, index, "name"), f"{key}.name 不能叫 {name}")
        if name:
            seen.add(name)


def _field(entry: Entry) -> Field:
    entry.only(_FIELD_KEYS)
    problems_before = entry.complaints.count
    known_kind = entry.one_of("kind", [kind.value for kind in FieldKind])
    kind = FieldKind(known_kind or FieldKind.TEXT)
    is_choice = kind is FieldKind.CHOICE
    if is_choice:
        entry.requires("values")
    elif known_kind and "values" in entry.data:
        entry.complain("values", "field.values 只用于 kind = choice")
    values = _choices(entry) if is_choice else ()
    read = Field(
        name=entry.code("name"),
        label=entry.text("label"),
        kind=kind,
        pattern=_pattern(entry),
        values=values,
        default=entry.optional_text("default"),
        optional=entry.flag("optional"),
    )
    if read.default is None or entry.complaints.count > problems_before:
        return read
    if is_choice:
        _check_default(entry, read.default, values)
    elif isinstance(checked := check_field(read, read.default), Invalid):
        entry.complain("default", f"field.default 通不过检查: {checked.reason_zh}")
    return read


def _pattern(entry: Entry) -> str | None:
    pattern = entry.optional_text("pattern", NOTE_CHARS_MAX)
    if pattern is not None:
        try:
            compile_pattern(pattern)
        except PatternError as error:
            entry.complain("pattern", f"{entry.called('pattern')} 不能用: {error}")
    return pattern


def _option(entry: Entry) -> Option:
    entry.only(_OPTION_KEYS)
    entry.requires("values")
    values = _choices(entry)
    default = entry.optional_text("default")
    if default is not None:
        _check_default(entry, default, values)
    return Option(name=entry.code("name"), label=entry.text("label"), values=values, default=default)


def _check_default(entry: Entry, default: str, values: tuple[Choice, ...]) -> None:
    if default not in [choice.id for choice in values]:
        entry.complain("default", f"{entry.called('default')} 不在 values 的 id 里: {quoted(default)}")


def _choices(entry: Entry) -> tuple[Choice, ...]:
    choices: list[Choice] = []
    for value in entry.tables("values", CHOICES_MAX):
        value.only(_CHOICE_KEYS)
        choice = Choice(id=value.code("id"), label=value.text("label"), aliases=value.texts("aliases"))
        for key, given in (("id", choice.id), ("label", choice.label)):
            if given and given in [getattr(earlier, key) for earlier in choices]:
                value.complain(key, f"{entry.called('values')} 里 {key} 重复: {quoted(given)}")
        choices.append(choice)
    if entry.data.get("values") == []:
        entry.complain("values", f"{entry.called('values')} 至少要有一项")
    return tuple(choices)


def _sku(entry: Entry, options: tuple[Option, ...]) -> Sku:
    entry.only(_SKU_KEYS)
    entry.requires("price")
    return Sku(
        code=entry.code("code"),
        label=entry.text("label"),
        price_fen=entry.yuan("price", least=1) or Fen(0),
        value=entry.number("value"),
        unit=entry.optional_text("unit") or "",
        face_fen=entry.yuan("face", least=0),
        cost_fen=entry.yuan("cost", least=0),
        options=_sku_options(entry, options),
        aliases=entry.texts("aliases"),
        eta=entry.optional_text("eta"),
        any_value=_any_value(entry),
        supplier=entry.optional_text("supplier"),
        supplier_code=entry.optional_text("supplier_code"),
        backup=_backup(entry),
        allow_loss=entry.flag("allow_loss"),
    )


def _backup(entry: Entry) -> tuple[Backup, ...]:
    if "backup" not in entry.data:
        return ()
    own = entry.data.get("supplier_code") or entry.data.get("code")
    seen = {(entry.data.get("supplier"), own)}
    backups: list[Backup] = []
    for given in entry.tables("backup", BACKUPS_MAX):
        given.only(_BACKUP_KEYS)
        backup = Backup(
            given.text("supplier"), given.optional_text("supplier_code"), cost_fen=given.yuan("cost", least=0)
        )
        key = (backup.supplier, backup.supplier_code or own)
        if backup.supplier and key in seen:
            given.complain("supplier", f"sku.backup 重复: {quoted(backup.supplier)} 的 {quoted(key[1])}")
        seen.add(key)
        backups.append(backup)
    return tuple(backups)


def _sku_options(entry: Entry, options: tuple[Option, ...]) -> dict[str, str]:
    given = entry.data.get("options", {})
    if not isinstance(given, dict):
        entry.complain("options", f'sku.options 应是表格, 例如 {{ speed = "fast" }}: {quoted(given)}')
        return {}
    for name in given.keys() - {option.name for option in options}:
        entry.complain("options", f"sku.options 里的 {quoted(name)} 不是这个商品的 option")
    chosen: dict[str, str] = {}
    for option in options:
        if option.name not in given:
            entry.complain("options", f"sku.options 缺少 {option.name} ({option.label})")
        elif given[option.name] not in [choice.id for choice in option.values]:
            problem = f"sku.options.{option.name} 不在 option 的 values 里: {quoted(given[option.name])}"
            entry.complain("options", problem)
        else:
            chosen[option.name] = given[option.name]
    return chosen


def _any_value(entry: Entry) -> AnyValue | None:
    given = entry.data.get("any_value")
    if given is None:
        return None
    if not isinstance(given, dict):
        entry.complain("any_value", f"sku.any_value 应是 {{ min = 1, max = 100 }}: {quoted(given)}")
        return None
    limits = Entry("any_value", given, (*entry.path, "any_value"), entry.complaints)
    limits.only(frozenset(("min", "max")))
    for key in ("min", "max"):
        if limits.requires(key) and not _is_whole(given[key]):
            limits.complain(key, f"any_value.{key} 不是 1 到 {NUMBER_MAX} 的整数: {quoted(given[key])}")
    least, most = given.get("min"), given.get("max")
    if not (_is_whole(least) and _is_whole(most)):
        return None
    if least > most:
        entry.complain("any_value", f"any_value.min 大于 max: {least} > {most}")
    return AnyValue(least, most)


def _is_whole(given: object) -> TypeGuard[int]:
    return isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= NUMBER_MAX
