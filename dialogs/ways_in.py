"""The ways into the shop that are no words: a code that is scanned, a link that is shared."""

from urllib.parse import parse_qs, urlsplit

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs import examples, replies
from dialogs.asking import answer
from dialogs.draft import pick_sku
from dialogs.ordering import advance, start_product
from dialogs.pointing import longest_name
from dialogs.state import PAGE_SIZE, Dialog, DraftLine
from dialogs.turn import Followed, Linked, Scene, Turn
from dialogs.window import shop_window, show_named_categories, show_products

_IN_LINK = ("product", "sku", "id", "scene")
_TITLE_MAX = 100
_NAME_MAX = 64


def followed(dialog: Dialog, heard: Followed, scene: Scene) -> Turn:
    """He came, or came by a code: one that names a product, a SKU or a category opens it."""
    hello = replies.welcome(examples.orders(scene.shelf)) if heard.first else ""
    opened = _opened(dialog, heard.scene, scene, hello)
    if opened is not None:
        return opened
    return answer(dialog, scene, hello) if heard.first else shop_window(dialog, scene, replies.welcome_back())


def linked(dialog: Dialog, heard: Linked, scene: Scene) -> Turn:
    """A link he shared: one of ours by what it names, any other by its title."""
    opened = by_link(dialog, heard.url, scene)
    if opened is not None:
        return opened
    named = _named_in(heard.title[:_TITLE_MAX], scene.shelf)
    if len(named) == 1:
        return start_product(dialog, named[0], scene, replies.yes_we_have())
    if named:
        return show_products(dialog, named[:PAGE_SIZE], scene, replies.found(len(named[:PAGE_SIZE])))
    return shop_window(dialog, scene, replies.link_unknown())


def by_link(dialog: Dialog, text: str, scene: Scene) -> Turn | None:
    """A link of this shop, alone in a message; None for every other text."""
    link = text.strip()
    if not link.startswith(scene.public_url + "/") or len(link.split()) != 1:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    query = parse_qs(parts.query, max_num_fields=20)
    names = [value for key in _IN_LINK for value in query.get(key, ())] + [parts.path.rsplit("/", 1)[-1]]
    return next((turn for name in names if (turn := _opened(dialog, name, scene)) is not None), None)


def _opened(dialog: Dialog, code: str, scene: Scene, *notes: str) -> Turn | None:
    """What a code names: a product by id, name or alias, a SKU, or a category."""
    name, shelf = code.removeprefix("qrscene_").strip()[:_NAME_MAX], scene.shelf
    if not name:
        return None
    products = _called(name, shelf)
    if len(products) == 1:
        return start_product(dialog, products[0], scene, *notes)
    if products:
        return show_products(dialog, products[:PAGE_SIZE], scene, replies.found(len(products[:PAGE_SIZE])))
    sku, product = shelf.sku(name), shelf.product_of(name)
    if sku is not None and product is not None:
        return advance(dialog, (pick_sku(DraftLine(product.id), sku, product, shelf),), scene, *notes)
    known = any(fold(name) == fold(level) for one in shelf.products for level in one.category)
    return show_named_categories(dialog, name, scene) if known else None


def _called(name: str, shelf: Shelf) -> list[Product]:
    """The products with this id, else those with this name or alias."""
    product = shelf.product(name)
    if product is not None:
        return [product]
    said = fold(name)
    return [p for p in shelf.products if p.skus and said in map(fold, (p.name, *p.aliases))]


def _named_in(title: str, shelf: Shelf) -> list[Product]:
    """The products that a title names, those by their longest name."""
    said = fold(title)
    names = {product.id: longest_name((product.name, *product.aliases), said) for product in shelf.products}
    longest = {name for name in names.values() if name}
    whole = {name for name in longest if not any(name != other and name in other for other in longest)}
    return [product for product in shelf.products if names[product.id] in whole and product.skus]
