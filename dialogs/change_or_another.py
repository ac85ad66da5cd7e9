"""A size or an account alone, below the link of an order that waits: whether it changes that order or is for one more
is asked, since either would be a guess."""

import re
from collections.abc import Sequence
from dataclasses import replace

from dialogs import replies
from dialogs.answering import corrected
from dialogs.asking import answer, numbered
from dialogs.draft import look
from dialogs.effects import CancelOrder, FindOrders
from dialogs.gist.wishing import has_reasons, wished_instead
from dialogs.order_lines import lines_of
from dialogs.paying import live_unpaid
from dialogs.state import Confirming, Dialog, DraftLine, Idle, Kept, Listed, Lookup, Replacement
from dialogs.turn import Said, Scene, Turn
from kernel.ids import OrderNo
from kernel.orders import Order

ANOTHER = "n:"
"""The entry of a list that means one more order."""
_CHANGE = re.compile(
    r"(?:就|是|要|直接|帮我|给我)*[改换](?:订单|刚才的?|原来的?|这个|那个|那单|一下|号码?|的|吧|成这个)*[。.!！~]*"
)
_INSTEAD = re.compile("[错换改]|不[对是够]|还是|算了|太|干脆|直接|重新|应该|那就")
_BESIDES = re.compile("再|另|还要|也|又")
_MORE = re.compile(
    r"(?:要|是|我|再|又|另外?|还|都|多|新)+(?:来|买|充|要|下|开|加|订)*(?:一?[个份单笔]|的|新的|也)*(?:吧|的)?[。.!！~]*"
    r"|新(?:的|单|订单)|两个都[要充买].*|(?:都|也)[要充买][的吧]?"
)

_NEITHER = re.compile(r"(?:算|不[用改要换充买]|没事|照旧|就?这样)[了的吧啊]*[。.!！~]*")


def left_open(dialog: Dialog, said: Said, scene: Scene) -> bool:
    """50, 13998765432: nothing but a size or an account, while one order waits."""
    items, live = said.frame.items, live_unpaid(dialog, scene)
    if live is None or len(live.lines) != 1 or not isinstance(dialog.state, Idle) or dialog.listed is not None:
        return False
    if said.frame.intent not in ("answer", "price", "order") or len(items) != 1:
        return False
    if len(said.text.split()) > 1 and _INSTEAD.search(said.text):
        return False  # 算了 直接来月卡
    (item,) = items
    only = item.said == {"value"} or (bool(item.fields) and item.said == item.fields.keys())
    unnamed = item.product is None and "product" not in item.said
    if not only or not unnamed or item.invalid:
        return False
    return not has_reasons(said.text) or wished_instead(live.lines, said, scene) is None


def asked(dialog: Dialog, waiting: Sequence[Order], said: Said, scene: Scene) -> Turn | None:
    """Which of both it is; None where it would change nothing of the order, or spoil it."""
    if len(waiting) != 1 or not left_open(dialog, said, scene):
        return None
    (order,) = waiting
    lines = lines_of(dialog, order, scene)
    made = corrected(lines, replace(said, frame=replace(said.frame, intent="change")), scene) if lines else None
    if made is None or made[1] or made[0] == lines or any(look(line, scene.shelf).missing for line in made[0]):
        return None
    listed = Listed((f"x:{order.order_no}", f"{ANOTHER}{order.order_no}", f"o:{order.order_no}"))
    kept = replace(dialog, kept=Kept(said.text[:200], replace(said.frame, intent="change")), misses=0)
    entries = [(replies.change_that_order(), "1"), (replies.one_more_order(), "2"), (replies.as_it_was(), "3")]
    told = replies.change_or_another(order, said.text.strip())
    return answer(kept, scene, replies.join(told, numbered(listed, entries)), listed)


def answered(dialog: Dialog, text: str) -> int | None:
    """改, 另外充一个: the number of the entry that is meant, where that was asked."""
    listed = dialog.listed
    if listed is None or dialog.kept is None or listed.entries[1:2] == () or listed.entries[1][:2] != ANOTHER:
        return None
    plain = text.strip()
    return next((i for i, words in enumerate((_CHANGE, _MORE, _NEITHER), 1) if words.fullmatch(plain)), None)


def said_in_full(dialog: Dialog, said: Said, turn: Turn, scene: Scene) -> Turn:
    """An order of the same thing for the same account, where that was asked, or what he said of the one that waits was
    not understood: it takes the place of that one."""
    live, state = live_unpaid(dialog, scene), turn.dialog.state
    asked_it = dialog.kept is not None and dialog.listed is not None and dialog.listed.entries[1:2] != ()
    if live is None or not (asked_it or dialog.misses) or not isinstance(dialog.state, Idle) or turn.effects:
        return turn
    if not isinstance(state, Confirming) or len(state.lines) != 1 or len(live.lines) != 1 or _BESIDES.search(said.text):
        return turn
    (old,), (new,) = live.lines, state.lines
    if old.product != new.product or not new.fields or any(old.fields.get(k) != v for k, v in new.fields.items()):
        return turn
    waits = replace(dialog, kept=None, listed=None, misses=0, waiting=Replacement(state.lines))
    return Turn(waits, effects=(CancelOrder(OrderNo(live.order_no)),))


def one_more(dialog: Dialog) -> Turn | None:
    """The other: another of what waits, of that size or for that account."""
    items = dialog.kept.frame.items if dialog.kept is not None else ()
    if not items:
        return None
    line = DraftLine(value=items[0].value, fields=items[0].fields)
    waiting = Lookup(line=line, another=True)
    return Turn(replace(dialog, waiting=waiting, kept=None, listed=None, misses=0), effects=(FindOrders("reorder"),))
