"""The Shelf: the whole catalog in memory, immutable, looked up in constant time. A new catalog is a new Shelf."""

from collections.abc import Iterable, Mapping

from catalog.model import Product, Sku
from kernel.money import Fen

MATCHED_MAX = 20_000
"""Answers of `matching` that are kept; buyers' own numbers are among the questions, so there must be a limit."""


class Shelf:
    """Everything on sale at one catalog version."""

    def __init__(self, products: Iterable[Product], version: str) -> None:
        self.products: tuple[Product, ...] = tuple(products)
        self.version = version
        self._products = {product.id: product for product in self.products}
        self._matched: dict[tuple[object, ...], tuple[Sku, ...]] = {}
        self._skus = {sku.code: (product, sku) for product in self.products for sku in product.skus}

    def product(self, product_id: str) -> Product | None:
        """Find a product by its id."""
        return self._products.get(product_id)

    def sku(self, code: str) -> Sku | None:
        """Find a SKU by its code."""
        found = self._skus.get(code)
        return found[1] if found else None

    def product_of(self, code: str) -> Product | None:
        """Find the product that a SKU code belongs to."""
        found = self._skus.get(code)
        return found[0] if found else None

    def matching(
        self, product_id: str, value: float | None = None, options: Mapping[str, str] | None = None
    ) -> tuple[Sku, ...]:
        """List the product's SKUs that agree with everything known so far, in the shop's order."""
        # A turn of talk asks the same few questions many times over, and a Shelf never changes.
        question = (product_id, value, tuple(options.items()) if options else ())
        found = self._matched.get(question)
        if found is None:
            product = self.product(product_id)
            skus = product.skus if product is not None else ()
            found = tuple(sku for sku in skus if _agrees(sku, value, options or {}))
            if len(self._matched) >= MATCHED_MAX:
                self._matched.clear()
            self._matched[question] = found
        return found


def _agrees(sku: Sku, value: float | None, options: Mapping[str, str]) -> bool:
    if any(sku.options.get(name, chosen) != chosen for name, chosen in options.items()):
        return False
    if value is None:
        return True
    if sku.any_value is not None:
        return value == int(value) and sku.any_value.min <= value <= sku.any_value.max
    return sku.value == value


def line_total_fen(sku: Sku, value: float | None, quantity: int) -> Fen:
    """Price one order line: the SKU's price × quantity, × the chosen number of units where any number can be bought."""
    units = int(value) if sku.any_value is not None and value is not None else 1
    return Fen(sku.price_fen * units * quantity)
