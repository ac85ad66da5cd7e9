"""Another product in the place of the one being put together: 换腾讯的, 还是B站的吧, 不要爱奇艺了，要腾讯视频.

It alone takes the beginning of a name without any verb for it (不对 是网易的), and does so while something of the order
is still asked for."""

import re

from catalog.checks import fold
from catalog.model import Field, Option, Product
from catalog.shelf import Shelf
from dialogs.state import Collecting, Confirming
from dialogs.turn import Said
from nlu.frame import Item

_SWITCH = re.compile(
    r"(?:[换改](?:成|为|个|到)?|还是(?:要|买|充|来)?|不[要买充].{1,10}?[,，\s了]+(?:我|就|还是)*[要买充换来]成?)"
    r"(?P<name>[^,，。\s\d]{2,10}?)(?:的|吧|了|啊|呢|会员|那个)*$"
)
_HEAD = (
    "(?:问清楚?了|问[好过到]了?|确定了|定了|想好了|哎呀?|啊|哦|噢|嗯|呃|额|等等|等下|不好意思|抱歉|对不起|刚才?|[你我]"
    r"|[点搞发打选看拍说弄买下写]错[了啦]?|错[了啦]?|不对|不是(?=[,，\s])|不[是要][^,，\s\d]{1,8}(?=[,，\s])|不(?=[,，\s])|[,，。!！~\s])"
)
_CORRECTED = re.compile(
    rf"(?P<head>{_HEAD}*+)(?P<verb>(?:应该|其实|明明)?(?:是|要的是|想要|要|换成?|改成?)?)"
    r"(?P<name>[A-Za-z]+\d[A-Za-z\d]{0,5}|[^,，。\s\d是要]{2,10}?)(?:的|吧|了|啊|哈|呢|会员|那个)*"
)
"""点错了 要腾讯的, 不对 是骏网的, 是爱奇艺的: the other one, in so many words."""
_DENIES = re.compile(r"错|不对|不是(?=[,，\s])|不(?=[,，\s])|抱歉|不好意思|对不起")
_WEIGHS = re.compile("便宜|划算|合算|更好|哪")
_ASKS = re.compile(r"[?？吗呢]|什么|怎么|哪|多少|几")


def switched_to(state: Collecting | Confirming, said: Said, shelf: Shelf) -> Item | None:
    """The product of the same kind that he wants instead, all else as it is; None when he says anything else."""
    held = shelf.product(state.lines[0].product or "") if len(state.lines) == 1 else None
    found = _SWITCH.search(said.text.strip()) or _corrected(said.text.strip())
    if held is None or found is None or _ASKS.search(said.text) or len(said.frame.items) > 1:
        return None
    if _WEIGHS.search(said.text):
        return None
    like = [one for one in shelf.products if one.skus and one.id != held.id and one.category[:1] == held.category[:1]]
    if said.frame.items:
        (item,) = said.frame.items
        if item.product is None and item.candidates:  # 腾讯, of 腾讯视频 and 腾讯充值: the one of this kind
            fitting = [one.id for one in like if one.id in item.candidates]
            return Item(fitting[0], said=frozenset({"product"})) if len(fitting) == 1 and not item.said else None
        fits = item.said <= {"product", "value"} and any(one.id == item.product for one in like)
        return item if fits else None
    name = fold(found["name"])
    if _is_part_of(held, name):
        return None  # 是王者的, of 王者代练
    named = [one for one in like if _is_called(one, name)]
    return Item(named[0].id, said=frozenset({"product"})) if len(named) == 1 else None


def _corrected(text: str) -> re.Match[str] | None:
    """Where he says that it was wrong, or what it is: 要爱奇艺 alone is a new request."""
    found = _CORRECTED.fullmatch(text)
    if found is None:
        return None
    return found if _DENIES.search(found["head"]) or found["verb"].endswith("是") else None


def _is_part_of(product: Product, name: str) -> bool:
    """Whether a size or choice of what stands there is called so."""
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    own = [c for part in parts for one in part.values for c in (one.label, *one.aliases)]
    own += [c for sku in product.skus for c in (sku.label, *sku.aliases)]
    return any(name in fold(called) for called in own)


def _is_called(product: Product, name: str) -> bool:
    """腾讯, of 腾讯视频VIP: a name or its beginning."""
    return any(fold(one).startswith(name) for one in (product.name, *product.aliases))
