"""Changes to a catalog that is not saved yet: products and SKUs put, taken out, moved, priced anew. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from catalog.model import Field, Option, Product, Sku
from kernel.money import Fen

Products = tuple[Product, ...]


class Basis(StrEnum):
    """What a new price is reckoned from."""

    PRICE = "price"
    COST = "cost"
    FACE = "face"


@dataclass(frozen=True, slots=True)
class Pricing:
    """A rule for new prices: a share of the basis, and an amount on top."""

    basis: Basis
    hundredths_percent: int
    """10000 leaves the basis as it is; 9850 is 98.5 %."""
    plus_fen: int = 0
    step_fen: int = 1
    """Prices are rounded to a multiple of this, half up."""


def put(products: Products, product: Product) -> Products:
    """The same with this product in the place of the one with its id, or at the end."""
    if any(one.id == product.id for one in products):
        return tuple(product if one.id == product.id else one for one in products)
    return (*products, product)


def put_sku(products: Products, product_id: str, sku: Sku) -> Products:
    """The same with this SKU in the place of the one with its code, or at the end of its product."""

    def changed(product: Product) -> Product:
        if any(one.code == sku.code for one in product.skus):
            return replace(product, skus=tuple(sku if one.code == sku.code else one for one in product.skus))
        return replace(product, skus=(*product.skus, sku))

    return tuple(changed(one) if one.id == product_id else one for one in products)


def without(products: Products, product_id: str, code: str | None = None) -> Products:
    """The same without a product, or without one of its SKUs; with its last SKU a product goes too."""
    if code is None:
        return tuple(one for one in products if one.id != product_id)
    left = (
        replace(one, skus=tuple(sku for sku in one.skus if sku.code != code)) if one.id == product_id else one
        for one in products
    )
    return tuple(one for one in left if one.skus)


def brought_to(products: Products, product_id: str, place: int) -> Products:
    """The same with a product at another place, counted from 0."""
    moving = [one for one in products if one.id == product_id]
    others = [one for one in products if one.id != product_id]
    place = max(0, min(place, len(others)))
    return (*others[:place], *moving, *others[place:])


def sku_brought_to(product: Product, code: str, place: int) -> Product:
    """The same with a SKU at another place, counted from 0."""
    others = [one for one in product.skus if one.code != code]
    place = max(0, min(place, len(others)))
    moving = (one for one in product.skus if one.code == code)
    return replace(product, skus=(*others[:place], *moving, *others[place:]))


def with_option(product: Product, option: Option) -> Product:
    """The same with this option in the place of the one with its name, or at the end.

    A SKU that has none of its values gets the default, or the first one.
    """
    there = any(one.name == option.name for one in product.options)
    options = tuple(option if one.name == option.name else one for one in product.options)
    ids = [one.id for one in option.values]
    usual = option.default or next(iter(ids), "")

    def chosen(sku: Sku) -> Sku:
        was = sku.options.get(option.name, usual)
        return replace(sku, options={**sku.options, option.name: was if was in ids else usual})

    return replace(
        product,
        options=options if there else (*product.options, option),
        skus=tuple(chosen(sku) for sku in product.skus),
    )


def without_option(product: Product, name: str) -> Product:
    """The same without an option; its SKUs differ in it no more."""
    skus = (replace(sku, options={k: v for k, v in sku.options.items() if k != name}) for sku in product.skus)
    return replace(product, options=tuple(one for one in product.options if one.name != name), skus=tuple(skus))


def with_field(product: Product, field: Field) -> Product:
    """The same with this field in the place of the one with its name, or at the end."""
    if any(one.name == field.name for one in product.fields):
        return replace(product, fields=tuple(field if one.name == field.name else one for one in product.fields))
    return replace(product, fields=(*product.fields, field))


def without_field(product: Product, name: str) -> Product:
    """The same without a field."""
    return replace(product, fields=tuple(one for one in product.fields if one.name != name))


def priced(products: Products, rule: Pricing, meant: Callable[[Product, Sku], bool]) -> Products:
    """The same with new prices where `meant` says so and the basis is known."""
    return tuple(
        replace(one, skus=tuple(_priced(sku, rule) if meant(one, sku) else sku for sku in one.skus)) for one in products
    )


def below_zero(products: Products, rule: Pricing, meant: Callable[[Product, Sku], bool]) -> tuple[str, ...]:
    """The names of those that the rule would give away, or worse: a rule that nobody can mean."""
    return tuple(
        f"{one.name} {sku.label}"
        for one in products
        for sku in one.skus
        if meant(one, sku) and (exact := _exact(sku, rule)) is not None and exact <= 0
    )


def _exact(sku: Sku, rule: Pricing) -> int | None:
    """In ten-thousandths of a fen; None where the basis is not known."""
    basis = {Basis.PRICE: sku.price_fen, Basis.COST: sku.cost_fen, Basis.FACE: sku.face_fen}[rule.basis]
    return None if basis is None else basis * rule.hundredths_percent + rule.plus_fen * 10_000


def _priced(sku: Sku, rule: Pricing) -> Sku:
    exact = _exact(sku, rule)
    if exact is None:
        return sku
    steps = (2 * exact + rule.step_fen * 10_000) // (2 * rule.step_fen * 10_000)
    return replace(sku, price_fen=Fen(max(rule.step_fen, steps * rule.step_fen)))


def within(category: Sequence[str]) -> Callable[[Product, Sku], bool]:
    """Whether a product is in this category or below it; every one is in no category."""
    wanted = tuple(category)
    return lambda product, _: product.category[: len(wanted)] == wanted
