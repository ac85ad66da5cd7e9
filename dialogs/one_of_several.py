"""A thing of the order named again with another size, choice or count, beside others: 停车券2小时就行 is about that
one, and takes nothing from the rest. It alone does so while something of the order is still asked for."""

from collections.abc import Sequence, Set
from dataclasses import replace

from catalog.shelf import Shelf
from dialogs.draft import look
from dialogs.filling import Filled, fill
from dialogs.state import DraftLine
from nlu.frame import Item


def about_one(lines: Sequence[DraftLine], items: Sequence[Item], shelf: Shelf) -> list[tuple[int, Filled]] | None:
    """Which lines the items are about, with what they say of them; empty where it is one of several of a product, and
    none can tell which. None for any other message: an account of its own, or all that is there, is an order anew."""
    held = {line.product for line in lines}
    items = [_with_owner(item, held, shelf) for item in items]
    named = [item.product for item in items]
    if not 1 <= len(set(named)) == len(named) < len(held) or not held.issuperset(named):
        return None
    found: list[tuple[int, Filled]] = []
    for item in items:
        mine = [i for i, line in enumerate(lines) if line.product == item.product]
        if item.invalid or any(lines[mine[0]].fields.get(name) not in (None, v) for name, v in item.fields.items()):
            return None
        if len(mine) > 1:
            mine = [i for i in mine if item.sku and (sku := look(lines[i], shelf).sku) and sku.code == item.sku]
        if len(mine) != 1:
            return []
        found.append((mine[0], fill(lines[mine[0]], _as_said(item), shelf)))
    return found


def _with_owner(item: Item, held: Set[str | None], shelf: Shelf) -> Item:
    """拿铁中杯, beside a cake: of the one thing in the order that has these choices."""
    said = {name: value for name, value in item.options.items() if name in item.said}
    if item.product is not None or item.candidates or item.sku or item.value is not None or not said:
        return item
    owners = [
        product.id
        for product in map(shelf.product, filter(None, held))
        if product is not None
        and all(any(c.id == v for o in product.options if o.name == n for c in o.values) for n, v in said.items())
    ]
    return replace(item, product=owners[0]) if len(owners) == 1 else item


def _as_said(item: Item) -> Item:
    """Without the catalog's defaults: 电影票三张 says nothing of the hall."""
    options = {name: value for name, value in item.options.items() if name in item.said}
    bare = replace(item, product=None, options=options)
    return bare if options or "value" in item.said else replace(bare, sku=None, value=None)
