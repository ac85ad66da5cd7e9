"""The shop window: hot products, categories, and what is in them, numbered."""

from collections.abc import Sequence

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import answer, hot_products, list_products, numbered
from dialogs.state import PAGE_SIZE, Dialog, Listed
from dialogs.turn import Scene, Turn


def shop_window(dialog: Dialog, scene: Scene, head: str = "") -> Turn:
    """Hot products first, then the categories."""
    products = hot_products(scene.shelf)
    if not products:
        return answer(dialog, scene, replies.empty_shop())
    groups = _below(scene.shelf, ())
    entries = tuple(f"p:{p.id}" for p in products) + tuple(f"c:{group}" for group in groups)
    return _show(dialog, scene, Listed(entries), head or replies.hot())


def show_category(dialog: Dialog, path: str, scene: Scene) -> Turn:
    """What is in a category: its products, or its own categories when there are too many."""
    parts = tuple(path.split("/"))
    products = [p for p in scene.shelf.products if p.skus and p.category[: len(parts)] == parts]
    if not products:
        return shop_window(dialog, scene)
    groups = _below(scene.shelf, parts)
    if len(products) > PAGE_SIZE and len(groups) > 1:
        return _show(dialog, scene, Listed(tuple(f"c:{group}" for group in groups)), replies.category(parts[-1]))
    return show_products(dialog, products, scene, replies.category(parts[-1]))


def show_products(dialog: Dialog, products: Sequence[Product], scene: Scene, head: str) -> Turn:
    """A list of products."""
    rows, listed = list_products(products)
    return answer(dialog, scene, replies.join(head, rows), listed)


def show_named_categories(dialog: Dialog, text: str, scene: Scene) -> Turn | None:
    """The categories a message names: what is in the one, or a list of the several."""
    named = categories_named(text, scene.shelf)
    if not named:
        return None
    if len(named) == 1:
        return show_category(dialog, named[0], scene)
    return _show(dialog, scene, Listed(tuple(f"c:{path}" for path in named)), replies.found(len(named)))


def categories_named(text: str, shelf: Shelf) -> tuple[str, ...]:
    """The categories a message names, as paths: in full (the longest name wins), else by a part of their names."""
    said, best = fold(text), ("", "")
    paths = dict.fromkeys(
        product.category[:depth]
        for product in shelf.products
        if product.skus
        for depth in range(1, len(product.category) + 1)
    )
    for path in paths:
        folded = fold(path[-1])
        if len(folded) > len(best[0]) and folded in said:
            best = (folded, "/".join(path))
    if best[1]:
        return (best[1],)
    for depth in (1, 2, 3):
        partly = [path for path in paths if len(path) == depth and _shares_a_word(fold(path[-1]), said)]
        if partly:
            return tuple("/".join(path) for path in partly)
    return ()


def _shares_a_word(name: str, said: str) -> bool:
    return any(name[i : i + 2] in said for i in range(len(name) - 1))


def turn_page(dialog: Dialog, by: int, scene: Scene) -> Turn | None:
    """Another page of a list of products and categories."""
    listed = dialog.listed
    if listed is None or any(entry[:2] not in ("p:", "c:") for entry in listed.entries):
        return None
    at = min(max(listed.page + by, 0), (len(listed.entries) - 1) // PAGE_SIZE)
    return _show(dialog, scene, Listed(listed.entries, at), replies.no_more() if by > 0 and at == listed.page else "")


def entry_text(entry: str, shelf: Shelf) -> tuple[str, str]:
    """What is shown for a product or category entry, and what a tap on it sends."""
    kind, key = entry[:2], entry[2:]
    if kind == "c:":
        name = key.rsplit("/", 1)[-1]
        return f"{name} ›", name
    product = shelf.product(key)
    return (replies.product_entry(product), product.name) if product else (key, key)


def _show(dialog: Dialog, scene: Scene, listed: Listed, head: str) -> Turn:
    rows = numbered(listed, [entry_text(entry, scene.shelf) for entry in listed.entries])
    return answer(dialog, scene, replies.join(head, rows), listed)


def _below(shelf: Shelf, path: tuple[str, ...]) -> list[str]:
    """The categories one level below a path, in the shop's order."""
    depth = len(path) + 1
    found = (p.category[:depth] for p in shelf.products if p.skus and p.category[: depth - 1] == path)
    return list(dict.fromkeys("/".join(category) for category in found if len(category) == depth))
