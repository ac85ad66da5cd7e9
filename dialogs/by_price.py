"""A number that is no size of what stands there, but the price of one SKU of it, or of one whose price was just told:
就要228那个, 298那个 138…; and a size of what was just priced, which what stands there has not: 换成美国25刀的."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import look
from dialogs.just_priced import ASKS
from dialogs.state import Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral

_INTENTS = ("order", "answer", "change", "unknown")
_HAGGLES = re.compile("贵|便宜|优惠|打折|[砍讲降还]价|抹零|能不能|行不行|卖不")
_NUMBER = re.compile(
    rf"(?<![\d.{CHINESE}])([\d.]{{1,7}}+|[{CHINESE}]{{1,7}}+)(?:元|块钱?)?(?:的|[那这]一?[个种款张档份])"
)


def with_its_sku(dialog: Dialog, said: Said, scene: Scene) -> Said:
    """The message, with the SKU that the number in it is the price of; as it was where it names none by that."""
    frame, shelf = said.frame, scene.shelf
    if len(frame.items) != 1 or frame.intent not in _INTENTS or ASKS.search(said.text) or _HAGGLES.search(said.text):
        return said
    (item,), state = frame.items, dialog.state
    lines = dialog.drafted
    shown = (*lines, *dialog.priced)
    if item.value is None or "value" not in item.said or not shown or _names_others(item, said, shown):
        return said
    held = [product for line in lines if (product := shelf.product(line.product or "")) is not None]
    if any(_is_a_size(item.value, product) for product in held):
        return said
    asked = not isinstance(state, Confirming) or _points(item.value, said.text)
    meant = _meant(item, said.text, lines if asked else (), dialog.priced, shelf)
    return replace(said, frame=replace(frame, items=(_of(item, *meant, held),))) if meant is not None else said


def _names_others(item: Item, said: Said, shown: Sequence[DraftLine]) -> bool:
    """Whether goods are named that are none of what is shown."""
    ids = {line.product for line in shown}
    named = [one for one in said.frame.named if one.whole and not ids & set(one.products)]
    return bool(named) or (item.product is not None and item.product not in ids and bool(said.frame.named))


def _is_a_size(value: float, product: Product) -> bool:
    return any(
        sku.value == value or (sku.any_value is not None and sku.any_value.min <= value <= sku.any_value.max)
        for sku in product.skus
    )


def _meant(
    item: Item, text: str, lines: Sequence[DraftLine], priced: Sequence[DraftLine], shelf: Shelf
) -> tuple[Product, Sku] | None:
    """The one SKU: of what was priced by its size or price, else of what stands there by its price."""
    value = item.value or 0
    for some, by_size in ((priced, True), (priced, False), (lines, False)):
        for skus in (_left(some, shelf), _all(some, shelf)):
            found = {
                sku.code: (product, sku)
                for product, sku in skus
                if (sku.value == value if by_size else _costs(sku, value, text)) and _agrees(sku, product, item, text)
            }
            if len(found) == 1:
                return found.popitem()[1]
    return None


def _left(lines: Iterable[DraftLine], shelf: Shelf) -> list[tuple[Product, Sku]]:
    """What these lines can still be."""
    looked = [look(line, shelf) for line in lines]
    return [(one.product, sku) for one in looked if one.product is not None for sku in one.skus]


def _all(lines: Iterable[DraftLine], shelf: Shelf) -> list[tuple[Product, Sku]]:
    products = [product for line in lines if (product := shelf.product(line.product or "")) is not None]
    return [(product, sku) for product in products for sku in product.skus]


def _costs(sku: Sku, value: float, text: str) -> bool:
    """Whether it costs so much, or, where 那个 points at it, so much and some change: 99那个, of ¥99.30."""
    if sku.any_value is not None:
        return False
    return round(value * 100) == sku.price_fen or (value == sku.price_fen // 100 and _points(value, text))


def _points(value: float, text: str) -> bool:
    """Whether 那个, 那档 or 的 stands behind this number, in figures or in words."""
    found = _NUMBER.finditer(fold(text))
    return any(read_numeral(one[1]) == value for one in found)


def _agrees(sku: Sku, product: Product, item: Item, text: str) -> bool:
    """Whether it has the choices that are named."""
    said = fold(text)
    for option in product.options:
        own = sku.options.get(option.name)
        calls = {c.id: [c.label, *(n for n in c.aliases if len(n) > 1)] for c in option.values}
        named = {choice for choice, names in calls.items() if any(fold(name) in said for name in names)}
        if option.name in item.said and option.name in item.options:
            named.add(item.options[option.name])
        if named and own is not None and own not in named:
            return False
    return True


def _of(item: Item, product: Product, sku: Sku, held: Sequence[Product]) -> Item:
    """The item, of this SKU."""
    own = {option.name for option in product.options}
    options = {name: value for name, value in sku.options.items() if name in own}
    return replace(
        item,
        product=product.id if product.id not in {one.id for one in held} else None,
        candidates=(),
        sku=sku.code,
        value=sku.value,
        options=options,
        said=(item.said - {"product"}) | {"value", *options} | ({"product"} if product not in held else set()),
    )
