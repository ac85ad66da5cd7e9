"""Somebody's line lets go, in a draft and below the link: 弟弟那个算了 他自己有钱, 不给我妈充了.

It alone asks which line is his where nobody said so, and takes 不给弟弟充了 for no complaint."""

from dataclasses import replace

from dialogs import examples, paying, replies
from dialogs.effects import CancelOrder
from dialogs.ordering import advance, doubted, miss
from dialogs.pointing import pointed
from dialogs.state import Collecting, Confirming, Dialog, Replacement
from dialogs.turn import Reply, Said, Scene, Turn
from dialogs.whose_line import changes_somebodys, let_go
from kernel.ids import OrderNo


def taken(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """That line goes; where nobody said which is his, it is asked, of an order that waits too; None for all else."""
    state, live = dialog.state, paying.live_unpaid(dialog, scene)
    draft = isinstance(state, Collecting | Confirming)
    lines = state.lines if isinstance(state, Collecting | Confirming) else live.lines if live is not None else ()
    gone = let_go(lines, said.text)
    if gone is None and (draft or len(lines) < 2 or not changes_somebodys(said.text)):
        return None
    if gone is None:
        named = any(item.product for item in said.frame.items)
        if named or pointed(lines, said.text, scene.shelf) is not None:
            return None
        example = examples.changes(lines, scene.shelf)[0]
        return Turn(dialog, Reply(replies.which_line_to_change(len(lines), example)))
    if not gone:
        asks = replies.which_line_to_drop(len(lines))
        return miss(doubted(dialog), scene, asks) if draft else Turn(dialog, Reply(asks))
    rest = tuple(line for i, line in enumerate(lines) if i not in gone)
    if not rest:
        return paying.cancel(dialog, scene)
    if draft or live is None:
        return advance(replace(dialog, misses=0), rest, scene, replies.taken_out(len(gone)))
    return Turn(replace(dialog, waiting=Replacement(rest)), effects=(CancelOrder(OrderNo(live.order_no)),))
