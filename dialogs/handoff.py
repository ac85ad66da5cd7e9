"""A person takes over, and the bot comes back: silence in between."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from catalog.checks import fold
from dialogs import replies
from dialogs.asking import answer, draft_words, open_question
from dialogs.state import Collecting, Confirming, Dialog, Idle, WithHuman
from dialogs.turn import (
    EndHandoff,
    Fact,
    Followed,
    HandoffEnded,
    HandoffOpened,
    Heard,
    OpenHandoff,
    Pressed,
    Reply,
    Said,
    Scene,
    Showed,
    Turn,
)

SILENCE = timedelta(minutes=30)
"""So long after the buyer's last message the person is taken to be done."""


def ask_for_human(dialog: Dialog, scene: Scene, asked: bool = True) -> Turn:
    """人工, or the offer after three misses taken up."""
    lines = dialog.state.lines if isinstance(dialog.state, Collecting | Confirming) else ()
    return Turn(dialog, effects=(OpenHandoff("asked" if asked else "misses", draft_words(lines, scene.shelf)),))


def opened(dialog: Dialog, fact: HandoffOpened, scene: Scene) -> Turn:
    """A person has been asked for: WeChat takes over, or the bot falls silent."""
    if fact.transfer:
        return Turn(replace(dialog, misses=0, waiting=None), Reply(transfer=True))
    resume = dialog.state.resume if isinstance(dialog.state, WithHuman) else dialog.state
    state = WithHuman(scene.now + SILENCE, resume)
    return Turn(replace(dialog, state=state, misses=0, waiting=None), Reply(replies.handoff_opened(fact.ahead)))


def while_with_human(
    dialog: Dialog, state: WithHuman, heard: Heard, scene: Scene, go_on: Callable[[Dialog, Heard, Scene], Turn]
) -> Turn:
    """Whatever happens while a person has the talk."""
    back = replace(dialog, state=state.resume, misses=0)
    if isinstance(heard, HandoffEnded):
        return resume(back, scene, replies.handoff_over())
    if not isinstance(heard, Said | Pressed | Followed | Showed):
        return _fact(dialog, state, back, heard, scene, go_on)
    if scene.now >= state.until:
        turn = go_on(back, heard, scene)
        text = replies.join(replies.handoff_timed_out(), turn.reply.text)
        return Turn(turn.dialog, replace(turn.reply, text=text), (EndHandoff(), *turn.effects))
    if isinstance(heard, Said) and fold(heard.text) in replies.BACK_TO_BOT_WORDS:
        turn = resume(back, scene, replies.handoff_over())
        return Turn(turn.dialog, turn.reply, (EndHandoff(),))
    return Turn(replace(dialog, state=replace(state, until=scene.now + SILENCE)))


def resume(dialog: Dialog, scene: Scene, told: str) -> Turn:
    """The bot speaks again, and the order goes on where it stood."""
    question = open_question(dialog, scene)
    if question is None:
        return Turn(dialog, Reply(told))
    return answer(dialog, scene, told)


def _fact(
    dialog: Dialog,
    state: WithHuman,
    back: Dialog,
    fact: Fact,
    scene: Scene,
    go_on: Callable[[Dialog, Heard, Scene], Turn],
) -> Turn:
    """A fact that comes in meanwhile changes what is resumed; the talk stays with the person."""
    if isinstance(fact, HandoffOpened):
        return opened(dialog, fact, scene)
    after = go_on(back, fact, scene).dialog
    kept = after.state if not isinstance(after.state, WithHuman) else Idle()
    return Turn(replace(after, state=replace(state, resume=kept)))
