"""到货通知我: which sold-out goods a buyer wants to be told of. Pure."""

import re
from dataclasses import replace

from dialogs import replies
from dialogs.asking import answer
from dialogs.effects import RemindMe
from dialogs.facts import Reminded
from dialogs.state import Dialog
from dialogs.turn import Said, Scene, Turn

_TELL = "(?:请|麻烦|记得|就|再|能|可以|帮我|给我|要|,|，)*(?:提醒|通知|告诉|叫|喊|说一声|发消息)"
_ASKS = re.compile(f"(?:到货|有货|补货|上货|来货)(?:了|后|时|的时候|的话|之后)*{_TELL}|(?:到货|补货|上货)(?:提醒|通知)")
_BY_DATE = re.compile(
    r"(?:每(?:个)?(?:月|周|天|年|星期|礼拜|季度)|定时|定期|(?:下个?|这个?|本)(?:月|周|星期)|[明后]天|月底|月初|\d+[号日]|快到期|到期(?:前|了)?)"
    ".{0,8}(?:提醒|叫|喊|通知)(?:一下|一声)?我"
)
_TAKES_BACK = re.compile("(?:不用|别|不要|取消).{0,6}(?:提醒|通知|告诉)")


def asked(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Ask to be told of the SKU he names, else of the one that was just sold out; None where he asks nothing of it."""
    if _TAKES_BACK.search(said.text):
        return None
    if _BY_DATE.search(said.text):
        return answer(dialog, scene, replies.no_reminders_by_date())
    if not _ASKS.search(said.text):
        return None
    code = _named(said, scene) or dialog.short
    if not code or scene.shelf.sku(code) is None:
        first = next((one.name for one in scene.shelf.products if one.skus), "")
        return answer(dialog, scene, replies.restock_of_what(first))
    return Turn(replace(dialog, misses=0), effects=(RemindMe(code),))


def _named(said: Said, scene: Scene) -> str:
    """The one SKU that the words leave."""
    if len(said.frame.items) != 1:
        return ""
    item = said.frame.items[0]
    if item.sku is not None:
        return item.sku
    product = scene.shelf.product(item.product) if item.product else None
    fitting = scene.shelf.matching(product.id, item.value, item.options) if product is not None else ()
    return fitting[0].code if len(fitting) == 1 else ""


def noted(dialog: Dialog, fact: Reminded, scene: Scene) -> Turn:
    """Say what was noted; the talk goes on where it stood."""
    product, sku = scene.shelf.product_of(fact.sku), scene.shelf.sku(fact.sku)
    what = f"{product.name} {sku.label}" if product is not None and sku is not None else ""
    if fact.there:
        return answer(dialog, scene, replies.there_already(what))
    if fact.too_many:
        return answer(dialog, scene, replies.enough_reminders())
    return answer(replace(dialog, short=""), scene, replies.will_tell(what))
