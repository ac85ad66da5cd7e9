"""What a message picks by number or by name: from the list shown last, or from the shop."""

import re
from dataclasses import replace

from catalog.checks import fold
from dialogs import after_sale, another_account, change_or_another, favourites, replies, smalltalk
from dialogs.answering import chosen, said_for_draft
from dialogs.asking import choice_label
from dialogs.changing import placed_change
from dialogs.draft import field_of
from dialogs.effects import CancelOrder, FindOrders
from dialogs.ordering import advance, miss, page, start_product
from dialogs.pointing import longest_name, told_apart
from dialogs.replacing import noting_what_went
from dialogs.state import PAGE_SIZE, Collecting, Confirming, Dialog, Idle, Lookup
from dialogs.turn import Said, Scene, Turn
from dialogs.window import entry_text, show_category, show_products, turn_page
from kernel.ids import OrderNo
from nlu.frame import Item

_WANTS = re.compile("[要买来]|换成?|充")
_ASKING = re.compile(r"[?？吗呢]|什么|怎么|哪|多少")
_NAME_PART_MAX = 8
COMMANDS = ("cancel", "human", "confirm", "deny")
"""What these say is never half of a choice's name; in full, they are found in the list."""


def by_list(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Numbers, labels and page turns of the list shown last."""
    listed, text = dialog.listed, fold(said.text)
    if listed is None:
        return None
    if text in replies.MORE_WORDS or text in replies.BACK_WORDS:
        by = 1 if text in replies.MORE_WORDS else -1
        return page(dialog, by, scene) or turn_page(dialog, by, scene)
    if text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= len(listed.entries):
        if int(text) <= listed.shown:
            return choose(dialog, int(text), scene)
        return None
    meant = change_or_another.answered(dialog, said.text) or another_account.answered(dialog, said.text)
    if meant is not None:
        return choose(dialog, meant, scene)
    labels = [_label(dialog, entry, scene) for entry in listed.entries]
    if labels.count(text) == 1:
        return choose(dialog, labels.index(text) + 1, scene)
    return _by_what_differs(dialog, said, scene)


def _by_what_differs(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """直充, where 光影会员激活码 and 光影会员直充 were offered: what tells the one from the others names it, and what
    is said besides goes into the draft with it."""
    state, listed, items = dialog.state, dialog.listed, said.frame.items
    if not isinstance(state, Collecting) or state.slot != "product" or listed is None or len(items) > 1:
        return None
    narrow = bool(state.lines[state.line].candidates)
    if said.frame.intent in COMMANDS or (not narrow and said.frame.intent not in ("unknown", "order", "answer")):
        return None
    offered = [p for e in listed.entries if e[:2] == "p:" and (p := scene.shelf.product(e[2:])) is not None]
    item = items[0] if items else Item()
    if item.product is not None and item.product not in {product.id for product in offered}:
        return None
    meant = told_apart(offered, said.text)
    if meant is None:
        text = fold(said.text)
        unclear = narrow and len(text) > 1 and all(text in fold(product.name) for product in offered)
        return advance(dialog, state.lines, scene, missed=True) if unclear else None
    told = replace(item, product=meant.id, candidates=(), said=item.said | {"product"})
    return said_for_draft(dialog, replace(said, frame=replace(said.frame, intent="answer", items=(told,))), scene)


def _label(dialog: Dialog, entry: str, scene: Scene) -> str:
    """What a tap on an entry sends, folded."""
    kind, key = entry[:2], entry[2:]
    if kind in ("p:", "c:"):
        return fold(entry_text(entry, scene.shelf)[1])
    if kind == "s:":
        sku = scene.shelf.sku(key)
        return fold(sku.label) if sku else ""
    state = dialog.state
    if kind == "a:":
        return _account_label(dialog, entry, scene)
    if kind == "v:" and isinstance(state, Collecting):
        product = scene.shelf.product(state.lines[state.line].product or "")
        return fold(choice_label(product, state.slot, key)) if product else ""
    return ""


def _account_label(dialog: Dialog, entry: str, scene: Scene) -> str:
    state, listed = dialog.state, dialog.listed
    line = state.lines[state.line] if isinstance(state, Collecting) else None
    product = scene.shelf.product(line.product or "") if line is not None else None
    field = field_of(product, state.slot) if product is not None and isinstance(state, Collecting) else None
    if field is None or listed is None:
        return ""
    return fold(favourites.entry(field, listed.entries.index(entry), entry[2:]))


def choose(dialog: Dialog, index: int, scene: Scene) -> Turn:
    """第二个, 选3, 3."""
    listed = dialog.listed
    if listed is None:
        placed = placed_change(dialog, index, scene)
        if placed is not None:
            return placed
        state = dialog.state
        if isinstance(state, Collecting | Confirming):
            return miss(dialog, scene, replies.nothing_listed())
        return smalltalk.help_(dialog, scene)
    if not 1 <= index <= len(listed.entries):
        return miss(dialog, scene, replies.choose_between(listed.shown))
    kind, key = listed.entries[index - 1][:2], listed.entries[index - 1][2:]
    match kind:
        case "c:":
            return show_category(dialog, key, scene)
        case "o:":
            return after_sale.show_order(dialog, key)
        case "q:":
            return after_sale.about_order(dialog, key, scene) or miss(dialog, scene, replies.nothing_listed())
        case "u:":
            return Turn(dialog, effects=(CancelOrder(OrderNo(key)),))
        case "x:" if dialog.kept is not None:
            kept = Lookup(key, text=dialog.kept.text, frame=dialog.kept.frame)
            return Turn(replace(dialog, waiting=kept), effects=(FindOrders("meant", order_no=OrderNo(key)),))
        case _ if kind in another_account.ENTRIES:
            return another_account.chosen(dialog, kind, scene) or miss(dialog, scene, replies.nothing_listed())
        case change_or_another.ANOTHER if (more := change_or_another.one_more(dialog)) is not None:
            return more
        case _:
            return chosen(dialog, index, scene) or miss(dialog, scene, replies.nothing_listed())


def named_in_list(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """音乐的, after a list of products: the one it fits, or those it fits."""
    listed, text = dialog.listed, fold(said.text).removesuffix("的").removeprefix("要")
    if listed is None or len(text) < 2:
        return None
    products = [p for e in listed.entries if e[:2] == "p:" and (p := scene.shelf.product(e[2:])) is not None]
    named = [p for p in products if any(text in fold(name) for name in (p.name, *p.aliases, *p.category))]
    if not named or len(named) == len(products) > 1:
        return None
    if len(named) == 1:
        return choose(dialog, listed.entries.index(f"p:{named[0].id}") + 1, scene)
    return show_products(dialog, named, scene, replies.found(len(named)))


def another_product(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """算了 我要Q币, in the middle of another order, where the understanding made nothing of it."""
    state, text = dialog.state, fold(said.text)
    if not isinstance(state, Collecting | Confirming) or not _WANTS.search(text) or _ASKING.search(text):
        return None
    present = {line.product for line in state.lines}
    names = [(longest_name((p.name, *p.aliases), text), p) for p in scene.shelf.products if p.skus]
    longest = max((len(name) for name, _ in names), default=0)
    named = [(name, product) for name, product in names if longest and len(name) == longest]
    if len(named) != 1 or named[0][1].id in present or re.search(f"(?:不要|不买|别){re.escape(named[0][0])}", text):
        return None
    return noting_what_went(dialog, start_product(dialog, named[0][1], scene), said.text, scene)


def named_in_shop(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """点券: no product by itself, but a part of the names of some."""
    text = fold(said.text)
    if not 2 <= len(text) <= _NAME_PART_MAX or not isinstance(dialog.state, Idle):
        return None
    named = [p for p in scene.shelf.products if p.skus and any(text in fold(name) for name in (p.name, *p.aliases))]
    return show_products(dialog, named, scene, replies.found(len(named))) if 0 < len(named) <= PAGE_SIZE else None
