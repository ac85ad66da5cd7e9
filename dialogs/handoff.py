"""A person takes over, and the bot comes back: silence in between."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from catalog.checks import fold
from catalog.model import FieldKind
from dialogs import replies, smalltalk
from dialogs.after_sale import is_tap, order_no_in
from dialogs.asking import answer, draft_words, open_question, slot_label
from dialogs.draft import field_of
from dialogs.effects import EndHandoff, OpenHandoff
from dialogs.facts import (
    AskedAgain,
    BalanceShort,
    CancelRefused,
    CaseDropped,
    CaseOpened,
    CatalogMoved,
    Fact,
    FavouritesFound,
    HandoffEnded,
    HandoffOpened,
    NoSuchOrder,
    NotPayable,
    OrderCancelled,
    OrderDeclined,
    OrderPlaced,
    OrdersFound,
    PaidFromBalance,
    Rated,
    RefundDecided,
    SoldOut,
    TooManyUnpaid,
)
from dialogs.ordering import answered_by_text
from dialogs.state import Collecting, Confirming, Dialog, Idle, WithHuman
from dialogs.turn import Followed, Heard, Linked, Pressed, Reply, Said, Scene, Showed, Spoke, Turn
from dialogs.wishes import refuses

_ANSWERING = ("answer", "choose", "change")
_FOR_THE_BOT = (
    "problem",
    "refund",
    "invoice",
    "keys",
    "order_status",
    "reorder",
    "browse",
    "cancel",
    "confirm",
    "batch",
)
_NAMES_PERSON = re.compile("人工|转人|真人")
_HOURS = re.compile(
    r"(?:几点|什么时候|啥时候).{0,4}(?:上班|下班|营业|开门|关门)|(?:上班|营业|工作|客服|人工)的?时间|客服在线吗"
)
_NO_MESSAGE_MAX = 8
"""在吗, 转人工: too short to be a message."""
_TOLD_MEANWHILE = (
    OrderPlaced,
    OrdersFound,
    FavouritesFound,
    SoldOut,
    TooManyUnpaid,
    CatalogMoved,
    AskedAgain,
    OrderDeclined,
    CaseOpened,
    CaseDropped,
    RefundDecided,
    NoSuchOrder,
    Rated,
    OrderCancelled,
    CancelRefused,
    PaidFromBalance,
    BalanceShort,
    NotPayable,
)
"""What became of his own 确认, 取消 or tap."""
_STOPS = "。.!！~～ "
SILENCE = timedelta(minutes=30)
"""So long after the buyer's last message the person is taken to be done."""


def ask_for_human(dialog: Dialog, scene: Scene, reason: Literal["asked", "misses", "anger"] = "asked") -> Turn:
    """人工, or the offer after three misses taken up, or anger that goes on."""
    lines = dialog.drafted
    wanted = OpenHandoff(reason, draft_words(lines, scene.shelf), _asked_last(dialog, scene))
    return Turn(replace(dialog, angry=0), Reply(replies.sorry_again() if reason == "anger" else ""), (wanted,))


def _asked_last(dialog: Dialog, scene: Scene) -> str:
    """What the bot had asked and he has not answered."""
    match dialog.state:
        case Collecting() as state:
            product = scene.shelf.product(state.lines[state.line].product or "")
            return replies.open_question_brief(slot_label(product, state.slot))
        case Confirming():
            return replies.open_question_brief("", confirming=True)
        case _:
            return ""


def asks_for_hours(text: str) -> bool:
    """客服几点上班."""
    return _HOURS.search(fold(text)) is not None


def angry(dialog: Dialog, scene: Scene) -> Turn:
    """Nothing but anger: an apology and the offer of a person; the second time in a row the person is called."""
    if dialog.angry:
        return ask_for_human(dialog, scene, "anger")
    turn = answer(dialog, scene, replies.sorry_for_that())
    return replace(turn, dialog=replace(turn.dialog, angry=1))


def opened(dialog: Dialog, fact: HandoffOpened, scene: Scene) -> Turn:
    """A person has been asked for: WeChat takes over, or the bot falls silent."""
    if fact.transfer:
        return Turn(replace(dialog, misses=0, waiting=None), Reply(transfer=True))
    resume = dialog.state.resume if isinstance(dialog.state, WithHuman) else dialog.state
    away = fact.opens_at is not None
    state = WithHuman(scene.now + SILENCE, resume, away=away)
    if fact.opens_at is not None:
        told = replies.handoff_away(scene.hours, replies.moment(fact.opens_at, scene.now, scene.hours))
    else:
        told = replies.handoff_opened(fact.ahead) + replies.handoff_hours(scene.hours)
    return Turn(replace(dialog, state=state, misses=0, waiting=None), Reply(told))


def while_with_human(
    dialog: Dialog, state: WithHuman, heard: Heard, scene: Scene, go_on: Callable[[Dialog, Heard, Scene], Turn]
) -> Turn:
    """Whatever happens while a person has the talk."""
    back = replace(dialog, state=state.resume, misses=0)
    if isinstance(heard, HandoffEnded):
        return resume(back, scene, replies.handoff_over())
    if not isinstance(heard, Said | Spoke | Pressed | Followed | Linked | Showed):
        return _fact(dialog, state, back, heard, scene, go_on)
    if scene.now >= state.until:
        turn = go_on(back, heard, scene)
        text = replies.join(replies.handoff_timed_out(), turn.reply.text)
        return Turn(turn.dialog, replace(turn.reply, text=text), (EndHandoff(), *turn.effects))
    if isinstance(heard, Said) and _wants_the_bot(heard.text):
        turn = resume(back, scene, replies.handoff_over())
        return Turn(turn.dialog, turn.reply, (EndHandoff(),))
    if state.away:
        return _message_left(dialog, state, back, heard, scene, go_on)
    listening = replace(state, until=scene.now + SILENCE)
    if isinstance(heard, Said) and is_tap(heard.text):
        turn = go_on(back, heard, scene)
        return Turn(_with_person(turn.dialog, listening), turn.reply, turn.effects)
    if isinstance(heard, Said) and isinstance(state.resume, Collecting | Confirming):
        carried = _carried_on(back, state.resume, heard, scene, go_on)
        if carried is not None:
            return Turn(_with_person(carried.dialog, listening), carried.reply, carried.effects)
    effects = smalltalk.spoke(back).effects if isinstance(heard, Spoke) else ()
    return Turn(replace(dialog, state=listening), effects=effects)


def _wants_the_bot(text: str) -> bool:
    """转回机器人, 不用人工了."""
    return fold(text) in replies.BACK_TO_BOT_WORDS | replies.SELF_SERVICE_WORDS or (
        _NAMES_PERSON.search(text) is not None and refuses(text, "human")
    )


def _message_left(
    dialog: Dialog,
    state: WithHuman,
    back: Dialog,
    heard: Heard,
    scene: Scene,
    go_on: Callable[[Dialog, Heard, Scene], Turn],
) -> Turn:
    """Nobody is there: what he writes is kept for the morning (the edge has it already), and the bot goes on. What is
    plainly for the bot it takes itself; a greeting is no message."""
    opens = replies.moment(scene.hours.opens_at(scene.now), scene.now, scene.hours)
    if not isinstance(heard, Said):
        return go_on(back, heard, scene)
    if heard.frame.intent in ("greet", "human") and len(heard.text) <= _NO_MESSAGE_MAX:
        return Turn(dialog, Reply(replies.handoff_away(scene.hours, opens)))
    if isinstance(state.resume, Collecting | Confirming):
        carried = _carried_on(back, state.resume, heard, scene, go_on)
        if carried is not None:
            return carried
    for_the_bot = heard.frame.intent in _FOR_THE_BOT or any(item.product for item in heard.frame.items)
    if for_the_bot or order_no_in(heard.text) is not None:
        return go_on(back, heard, scene)
    return resume(back, scene, replies.message_kept(heard.text, opens))


def _carried_on(
    back: Dialog,
    draft: Collecting | Confirming,
    said: Said,
    scene: Scene,
    go_on: Callable[[Dialog, Heard, Scene], Turn],
) -> Turn | None:
    """What the bot makes of a message that is plainly for it: 确认 to its summary, or the answer to its question. None
    for all that could be meant for the person."""
    words = fold(said.text).strip(_STOPS)
    if words in replies.CANCEL_WORDS:
        return go_on(back, said, scene)
    if said.frame.intent == "confirm":
        shown = isinstance(draft, Confirming) and words in replies.CONFIRM_WORDS
        return go_on(back, said, scene) if shown else None
    if said.frame.intent not in _ANSWERING and not _fills_slot(draft, said, scene):
        return None
    if isinstance(draft, Collecting) and _is_free_text(draft, scene) and said.frame.intent != "choose":
        return None
    turn = go_on(back, said, scene)
    after = turn.dialog.state
    moved = isinstance(after, Collecting | Confirming) and after.lines != draft.lines
    only_looks = turn.asks_nothing
    return turn if moved and turn.dialog.misses == 0 and only_looks else None


def _fills_slot(draft: Collecting | Confirming, said: Said, scene: Scene) -> bool:
    filled = answered_by_text(draft, said, scene) if isinstance(draft, Collecting) else None
    return filled is not None and bool(filled.changed)


def _is_free_text(draft: Collecting, scene: Scene) -> bool:
    """Whether anything at all would do as an answer: then it cannot be told from talk with the person."""
    product = scene.shelf.product(draft.lines[draft.line].product or "")
    field = field_of(product, draft.slot) if product else None
    return field is not None and field.kind is FieldKind.TEXT and field.pattern is None


def _with_person(dialog: Dialog, state: WithHuman) -> Dialog:
    """The dialog as it is resumed later; the talk stays with the person."""
    kept = dialog.state if not isinstance(dialog.state, WithHuman) else Idle()
    return replace(dialog, state=replace(state, resume=kept))


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
    """A fact that comes in meanwhile changes what is resumed; the talk stays with the person. What became of his own
    确认 is told."""
    if isinstance(fact, HandoffOpened):
        return opened(dialog, fact, scene)
    turn = go_on(back, fact, scene)
    told = turn.reply if isinstance(fact, _TOLD_MEANWHILE) else Reply()
    return Turn(_with_person(turn.dialog, state), told)
