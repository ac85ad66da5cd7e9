"""What a line costs, in words: one price where it leaves one thing, else those it could still be."""

from catalog.shelf import Shelf, line_total_fen
from dialogs import replies
from dialogs.asking import sku_entries, sku_name
from dialogs.draft import chosen_options, look
from dialogs.state import DraftLine

PRICES_MAX = 9


def line_prices(line: DraftLine, shelf: Shelf) -> list[str]:
    """One price when the line leaves one SKU, else the whole list."""
    looked = look(line, shelf)
    product, sku = looked.product, looked.sku
    if product is None:
        return []
    if sku is None:
        skus = looked.skus or shelf.matching(product.id, None, chosen_options(line, product))
        # Not numbered: the numbers belong to the open question that follows.
        rows = [replies.price_row(text) for text, _ in sku_entries(product, skus)[:PRICES_MAX]]
        return [replies.prices(product.name), *rows]
    if sku.any_value is not None and (line.value is None or looked.trouble):
        return [replies.price_per_unit(product, sku)]
    label = replies.any_value_label(sku, line.value) if sku.any_value is not None else sku_name(product, sku)
    return [replies.price_line(product, label, line_total_fen(sku, line.value, 1), sku.eta or product.eta)]
