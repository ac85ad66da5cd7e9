"""The catalog's version: a hash of its content, so that it changes exactly when something on sale changes."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from catalog.model import Product, Sku


def content_version(products: Iterable[Product]) -> str:
    """Hash everything on sale, order included. 16 hex digits."""
    digest = hashlib.sha256()
    for product in products:
        digest.update(product_digest(product).encode())
        for sku in product.skus:
            digest.update(sku_digest(product.id, sku).encode())
    return digest.hexdigest()[:16]


def product_digest(product: Product) -> str:
    """Hash one product without its SKUs."""
    return _digest(
        [
            *(product.id, product.name, product.category, product.delivery, product.aliases),
            *([asdict(field) for field in product.fields], [asdict(option) for option in product.options]),
            *(product.eta, product.note, product.tags),
        ]
    )


def sku_digest(product_id: str, sku: Sku) -> str:
    """Hash one SKU together with the product it belongs to."""
    any_value = (sku.any_value.min, sku.any_value.max) if sku.any_value else None
    # Only where there are any, so that a catalog without them keeps the version it always had.
    sources = [[asdict(one) for one in sku.backup], sku.allow_loss] if sku.backup or sku.allow_loss else []
    return _digest(
        [
            *(product_id, sku.code, sku.label, sku.price_fen, sku.value, sku.unit, sku.face_fen, sku.cost_fen),
            *(sorted(sku.options.items()), sku.aliases, sku.eta, any_value, sku.supplier, sku.supplier_code),
            *sources,
        ]
    )


def _digest(content: list[Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
