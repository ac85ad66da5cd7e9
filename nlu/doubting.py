"""What is doubted of a whole reading: half a thing beside a whole one was hardly asked for, and is not claimed."""

import re

from nlu.frame import Item
from nlu.lexicon import Lexicon
from nlu.seen import Seen

_WISHED = re.compile(r"(?:[和跟、+及来充买要订租点加再给也都]|还有|另外|一[个张份])[的个]?[^,，。]{0,3}$")


def without_leftovers(items: tuple[Item, ...], seen: Seen, lexicon: Lexicon) -> tuple[Item, ...]:
    """Keep of several items those that are whole, and of the others what was plainly wished for.

    Of several frames that claim too much a third had an item with no SKU beside one that has one: goods that were
    merely named (机身我自己有R6), or what was left of the same goods. A sum that is not on sale is a wish all the same.
    """
    whole = {item.product for item in items if item.sku}
    if len(items) < 2 or not whole:
        return items
    wished = {
        ref.product
        for ref in seen.refs
        if _WISHED.search(seen.text[max(0, ref.start - 6) : ref.start])
        or "个" in seen.text[ref.start + 1 : ref.end].replace(ref.word[1:], "")  # 打个蜡
    }
    return tuple(
        item for item in items if item.sku or _is_somebodys(item, items) or _is_wish(item, whole, wished, lexicon)
    )


def _is_somebodys(item: Item, items: tuple[Item, ...]) -> bool:
    """Tell whether an account, a name or an address is its own: what one of two people is to get is no leftover."""
    others = [other for other in items if other is not item and other.product == item.product]
    own = [name for name in item.fields if name in item.said]
    return bool(others) and any(
        all(o.fields.get(name) not in (None, item.fields[name]) for o in others) for name in own
    )


def _is_wish(item: Item, whole: set[str | None], wished: set[str | None], lexicon: Lexicon) -> bool:
    product = lexicon.products.get(item.product or "")
    if product is None or item.product not in whole:
        return bool(item.said - {"product"}) or item.product in wished
    return item.value is not None and product.unit == "元"
