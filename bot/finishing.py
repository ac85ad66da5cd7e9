"""Finishing a buyer's order for him: an operator says the 确认 that the buyer has only told him."""

import logging
from dataclasses import replace
from secrets import token_hex

from bot import handoffs, ordering
from bot.bootstrap import Services
from bot.scene import scene_now
from bot.work import Also
from console.desk import Finished
from dialogs import replies
from dialogs.effects import PlaceOrder
from dialogs.facts import Fact, OrderPlaced
from dialogs.state import Confirming, Dialog, WithHuman, from_json, standing, to_json
from dialogs.step import step
from dialogs.store import Opened
from dialogs.turn import Said
from kernel.ids import OpenId
from nlu.frame import Frame

log = logging.getLogger(__name__)
_WAIT_S = 2.0
_CONFIRM = Said(Frame("confirm", confidence=1.0), "确认")


def finish(services: Services, openid: OpenId, *, by: str, also: Also) -> Finished:
    """Place the order whose summary waits for the buyer's 确认, and write him the link to pay. Pressed twice it places
    one order: the talk's standing is the message's key. Raises TalkUnavailableError."""
    opened = services.store.begin(openid, f"finish-{token_hex(8)}", _WAIT_S)
    if not isinstance(opened, Opened):
        return Finished.NOTHING
    dialog = from_json(opened.dialog)
    state = dialog.state.resume if isinstance(dialog.state, WithHuman) else dialog.state
    if not isinstance(state, Confirming):
        services.store.release(opened)
        return Finished.NOTHING
    try:
        after, fact = _confirmed(services, openid, replace(dialog, state=state), f"desk {standing(dialog)}")
    except BaseException:
        services.store.release(opened)
        raise
    until = services.clock.now() + handoffs.SILENCE_ENDS_IT
    kept = replace(after, state=WithHuman(until, after.state)) if not isinstance(after.state, WithHuman) else after
    services.store.commit(opened, dialog=to_json(kept), reply="")
    if not isinstance(fact, OrderPlaced):
        return Finished.NOTHING if fact is None else Finished.REFUSED
    link = f"{services.config.app.public_url}/pay/{fact.order.token}"
    words = replies.placed_for_you(fact.order, link)
    if not handoffs.say(services, openid, words, by=by, also=also):
        log.warning("order %s was placed for a buyer who has been given back meanwhile", fact.order.order_no)
    return Finished.DONE


def _confirmed(services: Services, openid: OpenId, dialog: Dialog, key: str) -> tuple[Dialog, Fact | None]:
    """One 确认: the summary may still have something to say before it (a price that has moved), then nothing is
    placed."""
    shelf, _ = services.shelf.current()
    scene = replace(scene_now(services, shelf), wallet=None)  # what is confirmed here is the draft alone
    turn = step(dialog, _CONFIRM, scene)
    wanted = next((one for one in turn.effects if isinstance(one, PlaceOrder)), None)
    if wanted is None:
        return dialog, None
    # A person has looked at it: that is more than the buyer's confirming an unusual order once more.
    fact = ordering.place(services, openid, key, wanted.lines, again=True)
    return step(turn.dialog, fact, scene).dialog, fact
