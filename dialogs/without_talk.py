"""A message of which nothing was made, without the clauses that name nothing: 充个两百吧 慢到也行 便宜点, where the
haggle alone was heard. What asks, refuses, takes back or tells of the past is no talk around an order, and stays."""

import re
from collections.abc import Callable
from dataclasses import replace

from dialogs import replies
from dialogs.filling import asks_for_words
from dialogs.gist.clauses import clauses_in
from dialogs.state import Collecting, Confirming, Dialog, Idle
from dialogs.turn import Said, Scene, Turn
from nlu.lexicon import Lexicon
from nlu.numerals import CHINESE

_MATTERS = re.compile(
    rf"[\dA-Za-z@?？]|[{CHINESE}俩仨半](?![下点些定样直会起边])|[吗么呢]$|[不没别未甭]|什么|啥|怎么|咋|哪|多少|几|谁|为何"
    "|[改换加减添少去错退删查取撤]|再|也|还|另|都|各|每|只|算了|拉倒|消|如果|要是|的话|万一|[了过]$|上次|之前|以前|刚才|昨|前天|明|后天|晚|下[午周月次]|或"
    "|人工|客服|投诉|发票|订单|到账|确认|送|寄|给|替|帮[他她我]|才|就是|应该|其实|而是|一样|同|[第个张份]"
)
"""In a clause with one of these, something may be said about what is ordered."""
_HAGGLES = re.compile("便宜|优惠|打折|贵|少点")
_CLAUSES_MAX, _CHARS_MAX = 8, 120


def core_of(text: str, dialog: Dialog, scene: Scene, lexicon: Lexicon) -> str:
    """What is left of the message without such clauses; "" where it has none, or nothing else."""
    state = dialog.state
    if not isinstance(state, Idle | Collecting | Confirming) or len(text) > _CHARS_MAX or "\n" in text:
        return ""
    if isinstance(state, Collecting) and asks_for_words(state, scene.shelf):
        return ""
    if isinstance(state, Confirming) and _HAGGLES.search(text) is None:
        return ""  # 论文三十页 翻译得我头秃, below a summary: told, not ordered
    clauses = clauses_in(text)
    if not 2 <= len(clauses) <= _CLAUSES_MAX:
        return ""
    kept = [clause for clause in clauses if not _is_talk(clause, lexicon)]
    return " ".join(kept) if 0 < len(kept) < len(clauses) else ""


def _is_talk(clause: str, lexicon: Lexicon) -> bool:
    if _HAGGLES.search(clause) is None and _MATTERS.search(clause) is not None:
        return False
    return not lexicon.phrases.find(clause)


def or_its_core(
    dialog: Dialog, said: Said, scene: Scene, turn: Turn, hear: Callable[[Dialog, Said, Scene], Turn]
) -> Turn:
    """The turn; where nothing came of the message, what comes of its core (by `hear`), below what was answered."""
    if said.core is None or turn.effects or turn.dialog.drafted != dialog.drafted:
        return turn
    if type(turn.dialog.state) is not type(dialog.state):
        return turn
    instead = hear(dialog, said.core, scene)
    if not instead.dialog.drafted or instead.dialog.drafted == dialog.drafted or instead.dialog.misses:
        return turn
    if not isinstance(instead.dialog.state, Collecting | Confirming):
        return turn
    answered = not turn.dialog.misses and not turn.lost
    told = replies.no_bargain() if answered and _HAGGLES.search(said.text) else ""
    return replace(instead, reply=replace(instead.reply, text=replies.join(told, instead.reply.text)))
