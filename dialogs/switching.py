"""Another product in the place of the one being put together: 换腾讯的, 还是B站的吧, 不要爱奇艺了，要腾讯视频."""

import re

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs.state import Collecting, Confirming
from dialogs.turn import Said
from nlu.frame import Item

_SWITCH = re.compile(
    r"(?:[换改](?:成|为|个|到)?|还是(?:要|买|充|来)?|不[要买充].{1,10}?[,，\s了]+(?:我|就|还是)*[要买充换来]成?)"
    r"(?P<name>[^,，。\s\d]{2,10}?)(?:的|吧|了|啊|呢|会员|那个)*$"
)
_ASKS = re.compile(r"[?？吗呢]|什么|怎么|哪|多少|几")


def switched_to(state: Collecting | Confirming, said: Said, shelf: Shelf) -> Item | None:
    """The product of the same kind that he wants instead, all else as it is; None when he says anything else."""
    held = shelf.product(state.lines[0].product or "") if len(state.lines) == 1 else None
    found = _SWITCH.search(said.text.strip())
    if held is None or found is None or _ASKS.search(said.text) or len(said.frame.items) > 1:
        return None
    like = [one for one in shelf.products if one.skus and one.id != held.id and one.category[:1] == held.category[:1]]
    if said.frame.items:
        (item,) = said.frame.items
        fits = item.said <= {"product"} and any(one.id == item.product for one in like)
        return item if fits else None
    named = [one for one in like if _is_called(one, fold(found["name"]))]
    return Item(named[0].id, said=frozenset({"product"})) if len(named) == 1 else None


def _is_called(product: Product, name: str) -> bool:
    """腾讯, of 腾讯视频VIP: a name or its beginning."""
    return any(fold(one).startswith(name) for one in (product.name, *product.aliases))
