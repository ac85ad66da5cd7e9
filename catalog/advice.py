"""What a shop would probably not want, in a catalog that may be sold from: said when it is checked, never refused."""

from collections import Counter
from collections.abc import Iterable, Iterator

from catalog.model import Delivery, FieldKind, Product, Sku

_WHERE_TO = (FieldKind.ADDRESS, FieldKind.TEXT)


def advice(products: Iterable[Product]) -> tuple[str, ...]:
    """Say in Chinese, one line each, what should be looked at again."""
    return tuple(f"{product.id}: {words}" for product in products for words in _of(product))


def _of(product: Product) -> Iterator[str]:
    if product.delivery is Delivery.TOPUP and not product.fields:
        yield "直充商品没有 field, 付了款也不知道充给谁"
    if product.delivery is Delivery.PARCEL and not any(field.kind in _WHERE_TO for field in product.fields):
        yield "要寄的商品没有收货地址 (field 里 kind = address)"
    for sku in product.skus:
        if product.delivery is Delivery.CARD and sku.any_value is not None:
            yield f"SKU {sku.code} 是卡密却写了 any_value: 价钱按数量算, 卡密只发一张"
    alike = Counter(map(_looks, product.skus))
    for looks, many in alike.items():
        if many > 1:
            codes = " ".join(sku.code for sku in product.skus if _looks(sku) == looks)
            yield f"SKU {codes} 的名称、面值和选项都一样, 顾客分不清"


def _looks(sku: Sku) -> tuple[object, ...]:
    """What a buyer tells SKUs apart by."""
    return sku.label, sku.value, sku.unit, sku.any_value, tuple(sorted(sku.options.items()))
