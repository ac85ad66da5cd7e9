"""Looking around: what is sold, what it costs, whether there is…"""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Product
from dialogs import replies
from dialogs.asking import answer, sku_entries
from dialogs.draft import chosen_options, look
from dialogs.filling import fill
from dialogs.just_priced import remembered
from dialogs.line_prices import PRICES_MAX, line_prices
from dialogs.ordering import start
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from dialogs.window import shop_window, show_named_categories, show_products
from nlu.frame import Item

_WHICH = re.compile("推荐|哪[个种款]|什么好")
"""推荐哪个, over the choices of one product: of those, and not of the whole shop."""
_SIZES = re.compile("面额|面值|规格|几种|多大的|多少钱?的|哪几档|档位")


def browse(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """有什么卖的, 自助下单, a category."""
    products = _products(said.frame.items, scene)
    if len(products) == 1 and not _pending(dialog) and _SIZES.search(said.text):
        return start(dialog, said.frame.items, scene)
    category = show_named_categories(dialog, said.text, scene)
    if category is not None:
        return category
    if len(products) == 1 and not _pending(dialog):
        return start(dialog, said.frame.items, scene)
    if products:
        return show_products(dialog, products, scene, replies.found(len(products)))
    return shop_window(dialog, scene)


def search(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """有没有…, 推荐…: what matches. With nothing else going on, a single match is opened at once."""
    products = _products(said.frame.items, scene)
    if len(products) == 1:
        if _pending(dialog):
            told = replies.join(replies.yes_we_have(), *_prices(said.frame.items, scene))
            return answer(_remembering(dialog, said.frame.items, scene), scene, told, in_full=True)
        return opened(dialog, said.frame.items[:1], scene, replies.yes_we_have())
    if products:
        return show_products(dialog, products, scene, replies.found(len(products)))
    category = show_named_categories(dialog, said.text, scene)
    if category is not None:
        return category
    state = dialog.state
    if isinstance(state, Collecting | Confirming) and any(item.options for item in said.frame.items):
        rows = _draft_prices(state.lines, said.frame.items, scene)  # 有没有慢充: of what is being put together
        return answer(dialog, scene, replies.join(replies.yes_we_have(), *rows), in_full=True)
    if isinstance(state, Collecting) and state.slot != "product" and _WHICH.search(said.text):
        return answer(dialog, scene, replies.up_to_you(), in_full=True)
    if said.frame.items:
        return shop_window(dialog, scene, replies.not_found())
    return shop_window(dialog, scene)


def price(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """多少钱: from the shelf; about what is being put together when nothing is named."""
    items: Sequence[Item] = [i for i in said.frame.items if i.product or i.candidates]
    state = dialog.state
    if not items and isinstance(state, Collecting | Confirming):
        shown = isinstance(state, Collecting) and state.slot == "value" and not said.frame.items
        rows = [] if shown else _draft_prices(state.lines, said.frame.items, scene)
        asked = [fill(state.lines[0], item, scene.shelf).line for item in said.frame.items if len(state.lines) == 1]
        return answer(remembered(dialog, asked, scene.shelf), scene, replies.join(*rows), in_full=True)
    products = _products(items, scene)
    if not products:
        return show_named_categories(dialog, said.text, scene) or shop_window(dialog, scene)
    if len(products) == 1 and not _pending(dialog) and not any(item.sku for item in items[1:]):
        items = items[:1]
        told = _prices(items, scene) if look(fill(DraftLine(), items[0], scene.shelf).line, scene.shelf).sku else ()
        return opened(dialog, items, scene, *told)
    if any(item.product is None for item in items):
        return show_products(dialog, products, scene, replies.found(len(products)))
    return answer(_remembering(dialog, items, scene), scene, replies.join(*_prices(items, scene)), in_full=True)


def best_value(dialog: Dialog, text: str, scene: Scene) -> Turn | None:
    """哪个划算, of the sizes of what is being put together, or of those he names: the least money a unit, which is a
    fact and no advice."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return None
    sizes = isinstance(state, Collecting) and state.slot == "value"
    line = state.lines[state.line if isinstance(state, Collecting) else 0]
    product = scene.shelf.product(line.product or "")
    if product is None or not (sizes or len(state.lines) == 1):
        return None
    agreeing = scene.shelf.matching(product.id, None, chosen_options(line, product))
    sized = [sku for sku in agreeing if sku.any_value is None and sku.value]
    named = [sku for sku in sized if any(fold(name) in fold(text) for name in (sku.label, *sku.aliases))]
    compared = named if len(named) > 1 else sized
    if len(compared) < 2 or len({sku.unit for sku in compared}) > 1:
        return None
    best = min(compared, key=lambda sku: sku.price_fen / (sku.value or 1))
    rows = [] if sizes else [replies.price_row(row) for row, _ in sku_entries(product, compared)[:PRICES_MAX]]
    head = [replies.prices(product.name)] if rows else []
    return answer(dialog, scene, replies.join(*head, *rows, replies.best_value(best.label)))


def opened(dialog: Dialog, items: Sequence[Item], scene: Scene, *told: str) -> Turn:
    """The answer, and the way to buy it right below; nothing is ordered by that."""
    turn = start(dialog, items, scene)
    text = replies.join(*told, replies.to_buy() if told and told[0] != replies.yes_we_have() else "", turn.reply.text)
    state = turn.dialog.state
    priced = state.lines if isinstance(state, Collecting | Confirming) else ()
    return Turn(replace(turn.dialog, priced=priced), type(turn.reply)(text), turn.effects)


def _remembering(dialog: Dialog, items: Sequence[Item], scene: Scene) -> Dialog:
    return remembered(dialog, [fill(DraftLine(), item, scene.shelf).line for item in items[:PRICES_MAX]], scene.shelf)


def _pending(dialog: Dialog) -> bool:
    return isinstance(dialog.state, Collecting | Confirming)


def _products(items: Sequence[Item], scene: Scene) -> list[Product]:
    ids = [i for item in items for i in ((item.product,) if item.product else item.candidates)]
    found = (scene.shelf.product(i) for i in dict.fromkeys(ids))
    return [product for product in found if product is not None]


def _draft_prices(lines: Sequence[DraftLine], items: Sequence[Item], scene: Scene) -> list[str]:
    """Prices of the draft's products, at the sizes asked about."""
    told: list[str] = []
    for line in lines[:PRICES_MAX]:
        asked = fill(line, items[0], scene.shelf).line if items else line
        told += line_prices(asked, scene.shelf)
    return told


def _prices(items: Sequence[Item], scene: Scene) -> list[str]:
    told: list[str] = []
    for item in items[:PRICES_MAX]:
        told += line_prices(fill(DraftLine(), item, scene.shelf).line, scene.shelf)
    return told
