"""Turns the shelf into the words that understanding reads: nlu never sees the catalog itself."""

from collections.abc import Iterable

from catalog.model import Choice, Field, Option, Product, Sku
from catalog.shelf import Shelf
from nlu.lexicon import ChoiceWords, FieldWords, Lexicon, OptionWords, ProductWords, SkuWords


def build_lexicon(shelf: Shelf) -> Lexicon:
    """Index every word of the catalog once; a new catalog version needs a new Lexicon."""
    return Lexicon(_product(product) for product in shelf.products)


def _product(product: Product) -> ProductWords:
    return ProductWords(
        id=product.id,
        name=product.name,
        aliases=tuple(product.aliases),
        category=tuple(product.category),
        fields=tuple(_field(entry) for entry in product.fields),
        options=tuple(_option(option) for option in product.options),
        skus=tuple(_sku(sku) for sku in product.skus),
    )


def _field(entry: Field) -> FieldWords:
    return FieldWords(
        name=entry.name,
        label=entry.label,
        kind=str(entry.kind),
        pattern=entry.pattern,
        choices=_choices(entry.values),
        default=entry.default,
        optional=entry.optional,
    )


def _option(option: Option) -> OptionWords:
    return OptionWords(option.name, option.label, _choices(option.values), option.default)


def _choices(values: Iterable[Choice]) -> tuple[ChoiceWords, ...]:
    return tuple(ChoiceWords(value.id, value.label, tuple(value.aliases)) for value in values)


def _sku(sku: Sku) -> SkuWords:
    return SkuWords(
        code=sku.code,
        label=sku.label,
        value=sku.value,
        unit=sku.unit,
        face_yuan=None if sku.face_fen is None else sku.face_fen / 100,
        options=dict(sku.options),
        aliases=tuple(sku.aliases),
        any_value=None if sku.any_value is None else (sku.any_value.min, sku.any_value.max),
    )
