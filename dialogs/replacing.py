"""A new request in place of what was being put together: what it dropped is told, and how to have both.

It alone remembers what was replaced: nothing of the gist looks back."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from dialogs import replies
from dialogs.asking import line_in_words
from dialogs.draft import look
from dialogs.ordering import advance
from dialogs.state import DRAFT_LINES_MAX, Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Reply, Said, Scene, Turn

_SAYS_INSTEAD = re.compile("[换改]|不[要是对]|不用|取消|算了|还是|错")
"""He knows himself that the other goes."""
_TELLS_MAX = 3
_BOTH = re.compile(
    "(?:不|不是|不对|我|哎|啊|嗯|好|对|是|[这那]?[两二三23几][个样件种单份](?:东西)?|[,，。!！])*+"
    "(?:(?:全?都|一起|一块儿?|一并|同时)(?:想|是)?(?:要|买|充|下单?|付|来|订)"
    "|(?:刚才|刚刚|前面|上面|之前|原来|头)(?:的|那)*[个件样单份张]?(?:我|的|订单)*(?:也|还)(?:要|买|充|留))"
    "(?:的|了|吧|啊|呀|哈|[,，。!！~])*+"
)
_THAT_ONE = re.compile(
    "(?:哎|啊|嗯|不|不对|算了|我|那|就|[,，。!！])*+(?:还是|要)(?:要|买|充|来)?(?:刚才|刚刚|前面|上面|之前|原来)(?:的|那)*[个件样单份张]?(?:吧|的|了|[,，。!！~])*"
)


def noting_what_went(before: Dialog, turn: Turn, text: str, scene: Scene) -> Turn:
    """The turn, with what stood there before named; it is kept, in case both are wanted."""
    state, after = before.state, turn.dialog.state
    if not isinstance(state, Collecting | Confirming) or not isinstance(after, Collecting | Confirming):
        return turn
    gone = tuple(line for line in state.lines if look(line, scene.shelf).sku is not None)
    settled = isinstance(state, Confirming) or any(line.fields or line.quantity > 1 for line in gone)
    if before.mending or not gone or not settled or _is_corrected(gone, after.lines):
        return turn
    kept = replace(turn.dialog, replaced=gone)
    if _SAYS_INSTEAD.search(text):
        return replace(turn, dialog=kept)
    names = [line_in_words(line, scene.shelf) for line in gone]
    told = replies.replaced_by_this(names[:_TELLS_MAX], len(names))
    return replace(turn, dialog=kept, reply=Reply(replies.join(told, turn.reply.text)))


def _is_corrected(gone: Sequence[DraftLine], lines: Sequence[DraftLine]) -> bool:
    """爱奇艺年卡, of 爱奇艺月卡 138…: the same thing in another size, for nobody else."""
    same = {line.product for line in gone} == {line.product for line in lines}
    held = {value for line in gone for value in line.fields.values()}
    return same and all(value in held for line in lines for value in line.fields.values())


def both_wanted(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """都要, 刚才那个也要: what was replaced and what replaced it; 还是要刚才那个: what was replaced alone."""
    state, text = dialog.state, fold(said.text)
    if not dialog.replaced or not isinstance(state, Collecting | Confirming):
        return None
    plain = replace(dialog, replaced=(), misses=0)
    if _BOTH.fullmatch(text):
        new = [line for line in state.lines if line not in dialog.replaced]
        return advance(plain, [*dialog.replaced, *new][:DRAFT_LINES_MAX], scene, replies.added())
    return advance(plain, dialog.replaced, scene, replies.changed()) if _THAT_ONE.fullmatch(text) else None


def still_kept(turn: Turn) -> Turn:
    """It is kept as long as something is being put together."""
    if not turn.dialog.replaced or isinstance(turn.dialog.state, Collecting | Confirming):
        return turn
    return replace(turn, dialog=replace(turn.dialog, replaced=()))
