"""A product's parts one by one, without its whole entry: a new product, SKUs, options, what buyers give, places."""

from collections.abc import Callable
from dataclasses import replace

from starlette.responses import Response

from catalog import editing
from catalog.editing import Products
from catalog.model import Delivery, Field, FieldKind, Option, Product, Sku
from catalog.sheets import DELIVERIES, KINDS
from console.desk import Parts
from console.gate import Asked, whole
from console.goods import (
    TEXT_MAX,
    Goods,
    UnfitError,
    choices_of,
    edited_sku,
    fen,
    listed_words,
    one_of,
    product_page,
)
from kernel.money import Fen

_CODE_MAX = 64


class GoodsParts:
    """The forms on a product's page."""

    def __init__(self, parts: Parts) -> None:
        self._goods = Goods(parts)

    def add_product(self, asked: Asked) -> Response:
        """POST /console/goods/new: a product with its first SKU; the rest is added on its page."""
        form = asked.form
        product_id = _code(form.get("id", ""))

        def changed(products: Products) -> Products:
            if any(one.id == product_id for one in products):
                raise UnfitError(f"已经有编号是 {product_id} 的商品")
            price_fen = fen(form.get("price", ""))
            if price_fen is None:
                raise UnfitError("售价不能空着")
            sku = Sku(f"{product_id}-1", _text(form.get("label", "")), price_fen, cost_fen=fen(form.get("cost", "")))
            category = tuple(listed_words(form.get("category", ""), "/"))
            delivery = DELIVERIES.get(form.get("delivery", ""), Delivery.SERVICE)
            return editing.put(products, Product(product_id, _text(form.get("name", "")), category, delivery, (sku,)))

        return self._goods.apply(asked, changed, product_page(product_id))

    def add_sku(self, asked: Asked) -> Response:
        """POST /console/goods/sku/add."""
        form = asked.form

        def changed(product: Product, products: Products) -> Product:
            code = _code(form.get("code", ""))
            if any(sku.code == code for one in products for sku in one.skus):
                raise UnfitError(f"规格代码 {code} 已经用过")
            usual = {one.name: one.default or one.values[0].id for one in product.options}
            sku = edited_sku(Sku(code, "", Fen(0), options=usual), form, product)
            return replace(product, skus=(*product.skus, sku))

        return self._changed(asked, changed)

    def place_sku(self, asked: Asked) -> Response:
        """POST /console/goods/sku/place: where a SKU stands among the others, from 1."""
        place, code = (whole(asked.form.get("place", ""), 5) or 1) - 1, asked.form.get("code", "")
        return self._changed(asked, lambda product, _: editing.sku_brought_to(product, code, place))

    def put_option(self, asked: Asked) -> Response:
        """POST /console/goods/option: what SKUs differ in; `drop` takes it out."""
        form = asked.form
        name = _code(form.get("name", ""))
        if form.get("drop"):
            return self._changed(asked, lambda product, _: editing.without_option(product, name))

        def changed(product: Product, _: Products) -> Product:
            if not (values := choices_of(form.get("values", ""))):
                raise UnfitError("选项至少要有一个取值")
            default = _text(form.get("default", "")) or None
            if default is not None:  # by its name as well as by its number
                default = next((one.id for one in values if default in (one.id, one.label)), default)
            return editing.with_option(product, Option(name, _text(form.get("label", "")), values, default))

        return self._changed(asked, changed)

    def put_field(self, asked: Asked) -> Response:
        """POST /console/goods/field: what a buyer has to give; `drop` takes it out."""
        form = asked.form
        name = _code(form.get("name", ""))
        if form.get("drop"):
            return self._changed(asked, lambda product, _: editing.without_field(product, name))
        kind = KINDS.get(form.get("kind", ""), FieldKind.TEXT)

        def changed(product: Product, _: Products) -> Product:
            field = Field(
                name,
                _text(form.get("label", "")),
                kind,
                pattern=_text(form.get("pattern", "")) or None,
                values=choices_of(form.get("values", "")) if kind is FieldKind.CHOICE else (),
                default=_text(form.get("default", "")) or None,
                optional=form.get("optional") == "1",
            )
            return editing.with_field(product, field)

        return self._changed(asked, changed)

    def add_alias(self, asked: Asked) -> Response:
        """POST /console/goods/alias: one more name, of what was not understood."""
        alias = _text(asked.form.get("alias", ""))

        def changed(product: Product, _: Products) -> Product:
            return replace(product, aliases=tuple(dict.fromkeys((*product.aliases, *filter(None, (alias,))))))

        return self._changed(asked, changed)

    def _changed(self, asked: Asked, change: Callable[[Product, Products], Product]) -> Response:
        product_id = asked.form.get("id", "")

        def changed(products: Products) -> Products:
            return editing.put(products, change(one_of(products, product_id), products))

        return self._goods.apply(asked, changed, product_page(product_id))


def _text(given: str) -> str:
    return given[:TEXT_MAX].strip()


def _code(given: str) -> str:
    """A number as it was given; what is wrong with one is told by the catalog's own check."""
    return given[:_CODE_MAX].strip()
