"""Where a message led nowhere, its gist is taken: below a summary, and below the link of an order that waits."""

import re
from dataclasses import replace

from dialogs import after_sale, another_account, change_or_another, paying, replies, while_unpaid
from dialogs.answering import said_for_draft
from dialogs.effects import FindFavourites, FindOrders
from dialogs.gist.answers import answer
from dialogs.gist.as_it_was import alters, as_it_was, held_lines
from dialogs.gist.coming import comes
from dialogs.gist.deciding import of_several, surely
from dialogs.gist.more_than import more_than
from dialogs.gist.telling import only_tells
from dialogs.gist.wishing import (
    has_reasons,
    names_others,
    says_of_which,
    wished,
    wished_instead,
    wished_with_reasons,
)
from dialogs.ordering import advance
from dialogs.recounting import recounted
from dialogs.restating import exchanged, restated
from dialogs.said_anew import said_anew
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle, Lookup, Unpaid
from dialogs.staying import staying
from dialogs.switching import switched_to
from dialogs.turn import Said, Scene, Turn

_ASKS = re.compile(
    "[?？吗]|什么|怎么(?!着)|哪[个种里]|多少(?:钱|天|久)|多久|能不能|可不可以|([是行好算要够对能会])不\\1|有没有"
)
_CLAUSES = re.compile(r"[\s,，。;；!！~～]+")
_SHOWS = ("search", "browse", "price", "help")
"""What a correction that nobody understood is taken for: a list or a price is shown."""
_EXCLAIMS = re.compile("怎么(?:不是|还要|都是|这么|那么)(?!.*[?？吗呢])|没什么")
_POLITE = re.compile(
    "(?:能不能|可不可以|能否)(?=(?:先|帮我|给我|麻烦)*(?:把.{1,8})?(?:撤|取消|[去拿划删减退]掉|删|[改换]成))"
)
"""流量那个能不能撤了啊: a wish."""
ORDERS_LOOKED_AT = 10
_LOOKED_UP = ("problem", "status", "invoice", "correct")
"""What a correction below the link is taken for: 写错了 sounds like a complaint."""
_HUMAN = re.compile("人工|客服|真人|转接|投诉")
_PLAIN = ("confirm", "cancel", "human", "greet", "thanks", "choose", "rate", "batch", "keys")
_POINTS = re.compile("那[个张份单]|[换改]|不够|不是|太")
_NO_CHANGE = ("confirm", "human", "rate", "batch", "keys")


def or_its_gist(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    """The turn, or what the gist of the message makes of the order where the turn makes nothing of it."""
    named = _of_named_lines(dialog, said, scene, turn) or _surely_given(dialog, said, scene, turn)
    if named is not None:
        return named
    if said.late or said.frame.intent in _PLAIN or after_sale.is_tap(said.text):
        return turn
    state = dialog.state
    if alters(dialog, turn, scene) and not _asks(said) and _is_told(dialog, said, scene):
        return as_it_was(dialog, scene)
    if (coming := comes(dialog, said, scene, turn)) is not None:
        return coming
    if isinstance(state, Confirming):
        new = _wanted(dialog, state, said, scene, turn)
        if new is None:
            return turn
        return advance(replace(dialog, misses=0, kept=None, listed=None), new, scene, replies.changed())
    if isinstance(state, Collecting):
        return _answered(dialog, state, said, scene, turn)
    live = paying.live_unpaid(dialog, scene)
    if live is None or not isinstance(state, Idle) or dialog.listed is not None or _is_else(live, said, turn):
        return turn
    if change_or_another.left_open(dialog, said, scene) or wished_instead(live.lines, said, scene) is None:
        return turn
    if _is_told(dialog, said, scene):
        return turn
    lookup = Lookup(text=said.text[:200], frame=said.frame)
    return Turn(replace(dialog, waiting=lookup), effects=(FindOrders("meant", ORDERS_LOOKED_AT),))


def _wanted(dialog: Dialog, state: Confirming, said: Said, scene: Scene, turn: Turn) -> tuple[DraftLine, ...] | None:
    """The lines as the message wants them, where the turn leaves them, or has read less of it."""
    if _leaves(state, said, turn):
        return wished(state.lines, said, scene)
    new = _whole(state, said, scene, turn)
    if new is None and _reads_less(dialog, state, said, scene, turn):
        new = wished_with_reasons(state.lines, said, scene)
    after = turn.dialog.state
    known = isinstance(after, Confirming) and after.lines == new
    return None if known or _is_told(dialog, said, scene) else new


def _asks(said: Said) -> bool:
    return _ASKS.search(_POLITE.sub("", _EXCLAIMS.sub("", said.text))) is not None


def _whole(state: Confirming, said: Said, scene: Scene, turn: Turn) -> tuple[DraftLine, ...] | None:
    """What the message makes of the lines where the turn has half of it."""
    after = turn.dialog.state
    if not isinstance(after, Confirming) or turn.effects:
        return None
    return more_than(state.lines, after.lines, said.text, scene.shelf)


def _answered(dialog: Dialog, state: Collecting, said: Said, scene: Scene, turn: Turn) -> Turn:
    """The open question answered, where the turn leaves it open."""
    after = turn.dialog.state
    if not isinstance(after, Collecting) or after.lines != state.lines:
        return turn
    if switched_to(state, said, scene.shelf) is not None:
        return said_for_draft(dialog, said, scene)
    if names_others(state.lines, said):
        return turn
    if any(not isinstance(effect, FindOrders) for effect in turn.effects) or _ASKS.search(said.text):
        return turn
    new = answer(state, said.text, scene.shelf)
    return advance(replace(dialog, misses=0), new, scene) if new is not None else turn


def _surely_given(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn | None:
    """What an account, a choice, a name or an address surely is to be, whatever else the turn has read into it."""
    intent = said.frame.intent
    if said.late or (intent in _PLAIN and (intent != "human" or _HUMAN.search(said.text))) or _ASKS.search(said.text):
        return None
    state, live = dialog.state, paying.live_unpaid(dialog, scene)
    if isinstance(state, Confirming):
        new = surely(state.lines, said.text, scene.shelf)
        same = isinstance(turn.dialog.state, Confirming) and turn.dialog.state.lines == new
        kept = replace(dialog, misses=0, kept=None, listed=None)
        return advance(kept, new, scene, replies.changed()) if new is not None and not same else None
    if live is None or not isinstance(state, Idle) or dialog.listed is not None:
        return None
    if surely(live.lines, said.text, scene.shelf) is None:
        return None
    lookup = Lookup(text=said.text[:200], frame=said.frame)
    return Turn(replace(dialog, waiting=lookup), effects=(FindOrders("meant", ORDERS_LOOKED_AT),))


def _of_named_lines(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn | None:
    """Of several lines those changed which the message names, whatever else the turn has read into it."""
    if said.late or said.frame.intent in _NO_CHANGE or _asks(said) or after_sale.is_tap(said.text):
        return None
    state, live = dialog.state, paying.live_unpaid(dialog, scene)
    lines = state.lines if isinstance(state, Confirming) else live.lines if live is not None else ()
    new = of_several(lines, said.text, scene.shelf)
    if (
        new is None
        or new == lines
        or _read_by_word(lines, said, scene)
        or not isinstance(state, Confirming | Idle)
        or dialog.listed is not None
        or _is_told(dialog, said, scene)
    ):
        return None
    if isinstance(state, Idle):
        lookup = Lookup(text=said.text[:200], frame=said.frame)
        return Turn(replace(dialog, waiting=lookup), effects=(FindOrders("meant", ORDERS_LOOKED_AT),))
    after = turn.dialog.state
    if isinstance(after, Confirming) and set(after.lines) == set(new):
        return None
    gone = len(lines) - len(new) if set(new) < set(lines) else 0
    told = replies.taken_out(gone) if gone else replies.changed()
    return advance(replace(dialog, misses=0), new, scene, told)


def _read_by_word(lines: tuple[DraftLine, ...], said: Said, scene: Scene) -> bool:
    """Whether there is nothing in the message that the older rules leave over."""
    counted = recounted(lines, said.text, said.frame.items, scene.shelf)
    if counted is not None or staying(lines, said, scene.shelf) is not None:
        return True
    items = said.frame.items
    anew = restated(lines, said.text, items, scene.shelf) or exchanged(lines, said.text, items, scene.shelf)
    return anew is not None or names_others(lines, said)


def _reads_less(dialog: Dialog, state: Confirming, said: Said, scene: Scene, turn: Turn) -> bool:
    """Whether the turn is of an older rule that may have read a part of the message only."""
    if any(not isinstance(effect, FindOrders | FindFavourites) for effect in turn.effects):
        return False
    after = turn.dialog.state
    if dialog.priced or said_anew(state, said, scene.shelf) is not None:
        return False
    altered = isinstance(after, Collecting | Confirming) and after.lines != state.lines
    return (altered or not turn.dialog.misses) and not _read_by_word(state.lines, said, scene)


def _leaves(state: Confirming, said: Said, turn: Turn) -> bool:
    """Whether the summary stays as it is, and nothing is asked about it."""
    after = turn.dialog.state
    if not isinstance(after, Confirming) or after.lines != state.lines:
        return False
    if turn.effects:
        return all(isinstance(effect, FindOrders) for effect in turn.effects)
    if another_account.is_open(turn.dialog):
        return True
    if said.frame.intent in _SHOWS:
        return True
    reasons = len(state.lines) == 1 and len(_CLAUSES.split(said.text.strip())) > 1
    asks = turn.dialog.misses > 0 and reasons  # 三本留着 另外那两本不做了
    return turn.lost or asks or turn.reply.text.startswith(replies.nothing_changed())


def _is_else(live: Unpaid, said: Said, turn: Turn) -> bool:
    """Whether the turn is about something else than the order that waits, or has yet to look it up."""
    after = turn.dialog.state
    begun = has_reasons(said.text) and isinstance(after, Collecting | Confirming)
    looks = [effect for effect in turn.effects if not (begun and isinstance(effect, FindFavourites))]
    if any(not isinstance(effect, FindOrders) or effect.purpose not in _LOOKED_UP for effect in looks):
        return True
    named = any("product" in item.said for item in said.frame.items)
    if isinstance(after, Confirming) and named and not _POINTS.search(said.text):
        return True  # 话费100 13900001111 is one more
    if isinstance(after, Collecting | Confirming):
        else_ = any(line.product not in {one.product for one in live.lines} for line in after.lines)
        return else_ and (named or not begun)  # 充200 is taken for a phone's, whatever waits
    return not isinstance(after, Idle)


def _is_told(dialog: Dialog, said: Said, scene: Scene) -> bool:
    """Whether the message only tells something, whatever was made of it."""
    if paying.live_unpaid(dialog, scene) is not None and while_unpaid.kind_of(said.text) is not None:
        return False
    held = held_lines(dialog, scene)
    if says_of_which(held, said.text, scene.shelf):
        return False
    ids = {code for item in said.frame.items for code in (item.product, *item.candidates) if code is not None}
    ids |= {line.product for line in held_lines(dialog, scene) if line.product is not None}
    products = [product for code in sorted(ids) if (product := scene.shelf.product(code)) is not None]
    return only_tells(said.text, products, scene.shelf)
