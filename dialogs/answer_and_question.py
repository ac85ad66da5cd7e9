"""An answer to the open question and a question of his in one message: 100 今天能到吗, 13812345678，安全吗."""

import re
from collections.abc import Callable
from dataclasses import replace

from dialogs import replies
from dialogs.answering import take_answer
from dialogs.asking import open_question, summary_in_brief
from dialogs.ordering import answered_by_text
from dialogs.state import Collecting, Confirming, Dialog
from dialogs.turn import Said, Scene, Turn

_PARTED = re.compile(r"(?P<answer>[^,，。;；\s]{1,30})[,，。;；\s]+(?P<question>.+)", re.DOTALL)
_ASKS = re.compile(r"[?？吗么呢]|多少|多久|什么|怎么|哪|能不能|可不可以|行不行|是不是")
_OF_THE_ANSWER = re.compile(r"\d|(?:这个|那个|这样|它)?(?:够|行|对|好|可以|划算|合适)[吗么不嘛]")
"""100 够吗, 138… 对吗: about the answer itself, which is not given by that."""
_TALKS = ("price", "order_status", "help", "search", "problem", "browse", "unknown", "invoice")


def answer_and_question(
    dialog: Dialog, said: Said, scene: Scene, talk: Callable[[Dialog, Said, Scene], Turn]
) -> Turn | None:
    """The answer taken, and what he asks besides answered (by `talk`) above the next question; None for what is not
    both."""
    state, parts = dialog.state, _PARTED.fullmatch(said.text.strip())
    if not isinstance(state, Collecting) or parts is None or said.frame.intent not in _TALKS:
        return None
    if not _ASKS.search(parts["question"]) or _OF_THE_ANSWER.search(parts["question"]) or _ASKS.search(parts["answer"]):
        return None
    given = Said(replace(said.frame, intent="answer", items=()), parts["answer"], by_voice=said.by_voice)
    filled = answered_by_text(state, given, scene)
    if filled is None or filled.problems or not filled.changed:
        return None
    taken = take_answer(dialog, state, filled, given, scene)
    told = talk(taken.dialog, Said(replace(said.frame, items=()), parts["question"], by_voice=said.by_voice), scene)
    answered = replies.not_stated() if told.dialog.misses else _without_reminder(told.reply.text, taken.dialog, scene)
    words = replies.join(answered, taken.reply.text)
    after = replace(told.dialog, state=taken.dialog.state, listed=taken.dialog.listed, misses=0)
    return replace(told, dialog=after, reply=replace(told.reply, text=words))


def _without_reminder(text: str, dialog: Dialog, scene: Scene) -> str:
    """An answer without the open question behind it, which follows in full."""
    question, state = open_question(dialog, scene), dialog.state
    reminders = [question.text, question.brief] if question is not None else []
    if isinstance(state, Confirming):
        reminders += [summary_in_brief(replace(state, denied=denied), scene.shelf) for denied in (False, True)]
    for reminder in filter(None, reminders):
        text = text.replace(reminder, "")
    return text.strip()
