"""Writes products as a catalog file (contract, part 2): what `files.py` reads back as the very same."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from catalog.model import Backup, Choice, Field, Option, Product, Sku
from kernel.money import format_yuan


def to_toml(products: Iterable[Product]) -> str:
    """Write a whole catalog."""
    return "\n".join(product_toml(product) for product in products)


def product_toml(product: Product) -> str:
    """Write one product: keys that say nothing are left out, long lists stand a line each."""
    keys: dict[str, Any] = {
        "id": product.id,
        "name": product.name,
        "category": list(product.category),
        "aliases": list(product.aliases),
        "delivery": product.delivery.value,
        "eta": product.eta,
        "note": product.note,
        "tags": list(product.tags),
    }
    lines = ["[[product]]", *(f"{key} = {_value(value)}" for key, value in keys.items() if value)]
    for key, tables in (
        ("option", [_option(option) for option in product.options]),
        ("field", [_field(field) for field in product.fields]),
        ("sku", [_sku(sku) for sku in product.skus]),
    ):
        if tables:
            lines += [f"{key} = [", *(f"  {_value(table)}," for table in tables), "]"]
    return "\n".join(lines) + "\n"


def _option(option: Option) -> dict[str, Any]:
    return _said(
        name=option.name, label=option.label, default=option.default, values=[_choice(one) for one in option.values]
    )


def _field(field: Field) -> dict[str, Any]:
    return _said(
        name=field.name,
        label=field.label,
        kind=field.kind.value,
        pattern=field.pattern,
        values=[_choice(one) for one in field.values],
        default=field.default,
        optional=field.optional or None,
    )


def _choice(choice: Choice) -> dict[str, Any]:
    return _said(id=choice.id, label=choice.label, aliases=list(choice.aliases))


def _sku(sku: Sku) -> dict[str, Any]:
    return _said(
        code=sku.code,
        label=sku.label,
        value=sku.value,
        unit=sku.unit or None,
        price=format_yuan(sku.price_fen),
        face=None if sku.face_fen is None else format_yuan(sku.face_fen),
        cost=None if sku.cost_fen is None else format_yuan(sku.cost_fen),
        options=dict(sku.options),
        aliases=list(sku.aliases),
        eta=sku.eta,
        any_value=None if sku.any_value is None else {"min": sku.any_value.min, "max": sku.any_value.max},
        supplier=sku.supplier,
        supplier_code=sku.supplier_code,
        backup=[_backup(one) for one in sku.backup],
        allow_loss=sku.allow_loss or None,
    )


def _backup(backup: Backup) -> dict[str, Any]:
    cost = None if backup.cost_fen is None else format_yuan(backup.cost_fen)
    return _said(supplier=backup.supplier, supplier_code=backup.supplier_code, cost=cost)


def _said(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None and value not in ([], {})}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A TOML basic string is written as JSON's, but for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return repr(value)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else json.dumps(key, ensure_ascii=False)
