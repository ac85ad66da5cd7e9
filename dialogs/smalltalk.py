"""Greetings, thanks, help, and whatever else is not about an order."""

from dialogs import replies
from dialogs.asking import answer, open_question
from dialogs.draft import pick_sku
from dialogs.ordering import advance, miss, start_product
from dialogs.state import Dialog, DraftLine
from dialogs.turn import Followed, Scene, Showed, Turn
from dialogs.window import shop_window


def greet(dialog: Dialog, scene: Scene) -> Turn:
    pending = open_question(dialog, scene) is not None
    return answer(dialog, scene, replies.greeting_short() if pending else replies.greeting())


def thanks(dialog: Dialog, scene: Scene) -> Turn:
    return answer(dialog, scene, replies.you_are_welcome())


def help_(dialog: Dialog, scene: Scene) -> Turn:
    return answer(dialog, scene, replies.help_text())


def not_understood(dialog: Dialog, scene: Scene) -> Turn:
    """Abuse, advertisements, orders to the bot: answered shortly, never obeyed."""
    return miss(dialog, scene)


def showed(dialog: Dialog, heard: Showed, scene: Scene) -> Turn:
    """A picture, a voice nobody could read…: ask to type, and show the way."""
    told = replies.cannot_read(heard.kind)
    if open_question(dialog, scene) is None:
        told = replies.join(told, replies.unknown_how())
    return answer(dialog, scene, told)


def followed(dialog: Dialog, heard: Followed, scene: Scene) -> Turn:
    """He came, or came by a code: a code that names a product or a SKU opens it."""
    hello = replies.welcome() if heard.first else ""
    name = heard.scene.removeprefix("qrscene_").strip()
    product = scene.shelf.product(name) or scene.shelf.product_of(name)
    if product is None:
        if heard.first:
            return answer(dialog, scene, hello)
        return shop_window(dialog, scene, replies.welcome_back())
    sku = scene.shelf.sku(name)
    if sku is None or scene.shelf.product(name) is not None:
        return start_product(dialog, product, scene, hello)
    return advance(dialog, (pick_sku(DraftLine(product.id), sku, product, scene.shelf),), scene, hello)
