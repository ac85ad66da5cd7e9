"""Looking around: what is sold, what it costs, whether there is…"""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Delivery, Product
from dialogs import replies
from dialogs.asking import answer, line_in_words, sku_entries
from dialogs.clauses import owners_of
from dialogs.draft import chosen_options, look, option_of
from dialogs.filling import fill
from dialogs.just_priced import remembered
from dialogs.line_prices import PRICES_MAX, line_prices
from dialogs.ordering import advance, start
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from dialogs.window import shop_window, show_named_categories, show_products
from nlu.frame import Item
from nlu.phrases import DEEDS

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
    """多少钱: from the shelf; about what is being put together, or was priced last, when nothing is named."""
    state, pending = dialog.state, _pending(dialog)
    whose = [item if pending else _owned(dialog, item, scene) for item in said.frame.items]
    items: Sequence[Item] = [i for i in whose if i.product or i.candidates]
    if not items and isinstance(state, Collecting | Confirming):
        shown = isinstance(state, Collecting) and state.slot == "value" and not said.frame.items
        rows = [] if shown else _draft_prices(state.lines, said.frame.items, scene)
        if not shown and len(rows) > 1 and _SUM.search(said.text):
            rows += _total(state.lines, scene)
        asked = [fill(state.lines[0], item, scene.shelf).line for item in said.frame.items if len(state.lines) == 1]
        return answer(remembered(dialog, asked, scene.shelf), scene, replies.join(*rows), in_full=True)
    if not items and dialog.priced:
        return _priced_again(dialog, scene, offered=_SUM.search(said.text) is not None)
    products = _products(items, scene)
    if not products:
        named = show_named_categories(dialog, said.text, scene)
        return named or _of_a_deed(dialog, said.text, scene) or shop_window(dialog, scene)
    if len(products) == 1 and not pending and not any(item.sku for item in items[1:]):
        items = items[:1]
        turn = opened(dialog, items, scene, *_told_of(items[0], said.text, scene))
        return _with_all_prices(turn, items[0], scene)
    if any(item.product is None for item in items):
        return show_products(dialog, products, scene, replies.found(len(products)))
    told = replies.join(*_prices(items, scene))
    if pending or not (_SUM.search(said.text) or any("quantity" in item.said for item in items)):
        return answer(_remembering(dialog, items, scene), scene, told, in_full=True)
    lines = tuple(fill(DraftLine(), item, scene.shelf).line for item in items)
    return _priced_again(replace(dialog, priced=lines), scene, offered=True)


_SUM = re.compile("[一总]共|总[价计]|加起来|合起来|合计|全部|一起|都要")
_LIMITS = re.compile("最[少低多高大小]|起[充买步订]|上限|下限|至少|门槛")
_HOW_MUCH = re.compile("[充冲买交缴存要订]|多少|几|钱|金额|面[额值]")
_FEE = re.compile("手续费|服务费|另外?收|额外|加收|扣点|多收")
_FEE_ASKED = re.compile("[?？吗么嘛伐哇不没呢啊]$|多少|要不要|收不收|有没有|有无|是不是|怎么|咋|^[另额][^,，]*$")
_OF_MONEY_BACK = re.compile("退|提现|取消|[换改]")


def asks_limits(text: str) -> bool:
    """最少充多少, 起充几块: how little or how much of it can be had."""
    return _LIMITS.search(text) is not None and _HOW_MUCH.search(text) is not None


def fee_asked(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """要收手续费伐: what stands there is what is paid, unless the goods say something else of it; an amount beside the
    question is no order."""
    text = fold(said.as_said or said.text)
    if not _FEE.search(text) or not _FEE_ASKED.search(text) or _OF_MONEY_BACK.search(text):
        return None
    state = dialog.state
    lines = state.lines if isinstance(state, Collecting | Confirming) else dialog.priced
    named = [item.product for item in said.frame.items] + [line.product for line in lines]
    ids = [product for product in named if product is not None]
    products = [product for product in map(scene.shelf.product, ids) if product is not None]
    noted = [replies.product_note(product) for product in products if _FEE.search(product.note)]
    if not (_pending(dialog) or dialog.priced) and (
        said.frame.items or said.frame.intent not in ("price", "help", "unknown")
    ):
        return None
    if noted:
        return answer(dialog, scene, replies.join(*noted), in_full=True)
    amounts = [item for item in said.frame.items if item.value is not None]
    asked = [_owned(dialog, item, scene) for item in amounts] if not isinstance(state, Confirming) else []
    rows = _prices([item for item in asked if item.product in ids], scene) if asked else []
    return answer(dialog, scene, replies.join(*rows, replies.no_fee()), in_full=True)


def _owned(dialog: Dialog, item: Item, scene: Scene) -> Item:
    """IMAX的多少钱: of the one product that has this choice. 那充100, behind a price: of what was priced."""
    if "product" in item.said and item.product:
        return item
    if len(dialog.priced) == 1 and item.said and item.said <= {"value", "quantity", *item.options}:
        line = replace(dialog.priced[0], sku=None, value=None) if "value" in item.said else dialog.priced[0]
        asked = fill(line, replace(item, product=None, candidates=()), scene.shelf).line
        if look(asked, scene.shelf).trouble is None and (asked.value is not None or item.options):
            product = scene.shelf.product(asked.product or "")
            taken = product is not None and (
                "value" in item.said or any(o.name in item.options for o in product.options)
            )
            if taken:
                return replace(item, product=asked.product, candidates=(), sku=None, said=item.said | {"product"})
    if item.product or item.candidates:
        return item
    common = owners_of(scene.shelf, item)
    return replace(item, product=common.pop(), said=item.said | {"product"}) if len(common) == 1 else item


def _told_of(item: Item, text: str, scene: Scene) -> list[str]:
    """What is said above the way to buy it: its price, how much of it can be had, that nothing is charged besides."""
    line = fill(DraftLine(), item, scene.shelf).line
    looked = look(line, scene.shelf)
    told = _prices([item], scene) if looked.sku is not None else []
    limits = looked.sku.any_value if looked.sku is not None else None
    if limits is not None and looked.product is not None and looked.sku is not None and _LIMITS.search(text):
        told = [replies.limits(looked.product, looked.sku, limits)]
    return [*told, replies.no_fee()] if _FEE.search(text) else told


def _with_all_prices(turn: Turn, item: Item, scene: Scene) -> Turn:
    """打扫卫生怎么收费: where the first question is not which size, and its choices have no price yet, all prices."""
    state = turn.dialog.state
    line = fill(DraftLine(), item, scene.shelf).line
    looked = look(line, scene.shelf)
    option = option_of(looked.product, state.slot) if isinstance(state, Collecting) and looked.product else None
    if option is None or looked.sku is not None:
        return turn
    sold = [[sku for sku in looked.skus if sku.options.get(option.name) == choice.id] for choice in option.values]
    if all(len(skus) < 2 for skus in sold):
        return turn  # its choices are listed with their prices
    rows = line_prices(line, scene.shelf)
    return replace(turn, reply=replace(turn.reply, text=replies.join(*rows, replies.to_buy(), turn.reply.text)))


def _priced_again(dialog: Dialog, scene: Scene, *, offered: bool) -> Turn:
    """那一共多少: what was priced, each with its count, and the sum, with the way to buy it right below."""
    lines = dialog.priced
    looked = [look(line, scene.shelf) for line in lines]
    if not offered or any(one.sku is None or one.total_fen() is None for one in looked):
        rows = list(dict.fromkeys(row for line in lines for row in line_prices(line, scene.shelf)))
        return answer(dialog, scene, replies.join(*rows), in_full=True)
    turn = advance(replace(dialog, misses=0), lines, scene)
    summed = isinstance(turn.dialog.state, Confirming)
    rows = [] if summed else [line_in_words(line, scene.shelf) for line in lines]
    text = replies.join(*rows, *([] if summed else _total(lines, scene)), replies.to_buy(), turn.reply.text)
    return replace(turn, dialog=replace(turn.dialog, priced=lines), reply=replace(turn.reply, text=text))


def _total(lines: Sequence[DraftLine], scene: Scene) -> list[str]:
    """What they come to; nothing where one of them has no price yet."""
    costs = [look(line, scene.shelf).total_fen() for line in lines]
    known = [int(cost) for cost in costs if cost is not None]
    return [replies.in_all(sum(known))] if len(known) == len(costs) else []


def _of_a_deed(dialog: Dialog, text: str, scene: Scene) -> Turn | None:
    """从这里搬到那里大概多少钱: the one service that is called after what is to be done."""
    deeds = {char for char in fold(text) if char in DEEDS}
    called = [
        product
        for product in scene.shelf.products
        if product.delivery is Delivery.SERVICE
        and product.skus
        and any(deeds.intersection(fold(name)) for name in (product.name, *product.aliases))
    ]
    if len(called) != 1:
        return None
    item = Item(called[0].id, said=frozenset({"product"}))
    return _with_all_prices(opened(dialog, [item], scene), item, scene)


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
    return Turn(replace(turn.dialog, priced=turn.dialog.drafted), type(turn.reply)(text), turn.effects)


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
