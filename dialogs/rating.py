"""评价: one to five, one tap, for an order that was delivered."""

import re
from dataclasses import replace

from dialogs import replies
from dialogs.asking import answer
from dialogs.effects import Rate
from dialogs.facts import Rated
from dialogs.state import Collecting, Confirming, Dialog, Listed
from dialogs.turn import Scene, Turn
from kernel.ids import OrderNo

LOW = 2
_ONES = r"([1-5一二两三四五])\s*(?:颗|个)?(?:分(?!钟|之|期|店|类|享|不|得|账|开|身)|星(?!座|巴|空|期|球|耀))"
_STARS = re.compile(_ONES)
_GIVES = re.compile(rf"(?:^|[\s,，。!！;；]|我|就|只能|只|最多|勉强)(?:给|打|评)(?:你们?|您|个|了|分)*{_ONES}")
MINUTES = re.compile(r"[\d一二两三四五]\s*分钟")
_OR_ELSE = re.compile("(?:再不|要是|如果|不然|否则|要不然).*(?:差评|[1-5一二两三四五]颗?[分星])")
_IF = re.compile("[再要若]|如果|不然|否则|[?？]|吗|怎么|为什么")
_UNHAPPY = re.compile(
    "不(?:太|是很|怎么|够|很)?(?:满意|开心|高兴|好|行)|失望|糟糕|差劲|太烂|很烂|生气|体验(?:很|太)?差"
)
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_WORDS = (
    (1, re.compile("差评|很差|太差")),
    (5, re.compile("好评|满分|非常满意|很满意")),
    (3, re.compile("中评|一般")),
)


def rate(dialog: Dialog, stars: int | None) -> Turn:
    """五星, 好评: for his latest order that has not been rated. Without a number he is shown what to tap."""
    return Turn(dialog, effects=(Rate(stars=stars),))


def rate_order(dialog: Dialog, order_no: str, stars: int | None) -> Turn:
    """A tap below a delivery."""
    return Turn(dialog, effects=(Rate(OrderNo(order_no), stars),))


def rated(dialog: Dialog, fact: Rated, scene: Scene) -> Turn:
    """Kept; whoever gives a low one is offered a person."""
    if fact.order is None:
        return answer(dialog, scene, replies.nothing_to_rate())
    if fact.stars is None:
        told = replies.rate_which(fact.order)
        if isinstance(dialog.state, Collecting | Confirming):
            return answer(dialog, scene, told)  # a number answers the order that is being put together
        entries = tuple(f"q:评价{fact.order.order_no} {stars}" for stars in range(1, 6))
        return answer(dialog, scene, told, Listed(entries))
    dialog = replace(dialog, listed=None) if _asked_for_stars(dialog) else dialog
    if fact.stars <= LOW:
        return answer(dialog, scene, replies.rated_low(fact.order, fact.stars))
    return answer(dialog, scene, replies.rated(fact.order, fact.stars))


def _asked_for_stars(dialog: Dialog) -> bool:
    return dialog.listed is not None and dialog.listed.entries[0].startswith("q:评价")


def is_unhappy(text: str) -> bool:
    """很不满意: no wish to give stars."""
    return _UNHAPPY.search(text) is not None


def gives_stars(text: str) -> bool:
    """打1分 等太久了: stars, and why; a threat to give them (再不到账就给1分) is none."""
    found = _GIVES.search(text)
    return found is not None and _IF.search(text[: found.end()]) is None


def threatens(text: str) -> bool:
    """再不到账就给差评: nothing is rated yet."""
    return _OR_ELSE.search(text) is not None


def stars_in(text: str) -> int | None:
    """How many stars a message gives, if it says."""
    found = _STARS.search(text)
    if found:
        return _DIGITS.get(found[1]) or int(found[1])
    return next((stars for stars, words in _WORDS if words.search(text)), None)
