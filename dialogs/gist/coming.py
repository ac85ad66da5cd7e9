"""What comes besides what is ordered or in its place, beside what the older rules made of the message."""

import re
from collections.abc import Sequence
from dataclasses import replace

from dialogs import paying, replies
from dialogs.draft import look
from dialogs.effects import FindOrders
from dialogs.gist.adding import besides
from dialogs.gist.instead import instead
from dialogs.gist.mentions import read
from dialogs.gist.sharing import heads_in
from dialogs.ordering import advance
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle
from dialogs.turn import Said, Scene, Turn

_RATHER = re.compile("还是(?![得也要这那同原老])")
"""又说打王者了 还是王者680吧: in the place of what there is."""
_EARLIER = re.compile("[老旧]号|上[次回]|再.{0,3}[一1两]?[单次回笔]|之前|以前|(?<![值额量他它余下])照旧|老样子")


def comes(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn | None:
    """What comes instead of what is ordered, or besides; None where nothing does; the turn if it has that."""
    state, live = dialog.state, paying.live_unpaid(dialog, scene)
    if isinstance(state, Confirming):
        new = instead(state.lines, said, scene.shelf)
        more = besides(state.lines, said, scene.shelf) if new is None and not _RATHER.search(said.text) else None
        lines = more.every if more is not None else new
        if lines is None:
            return None
        if lines == turn.dialog.drafted or (more is not None and _has(state, said, turn, lines, scene)):
            return turn
        plain = replace(turn.dialog, misses=0, replaced=(), listed=None, waiting=None)
        return advance(plain, lines, scene, replies.added() if more is not None else replies.changed())
    if live is None or not isinstance(state, Idle) or any(one.purpose == "meant" for one in _looks(turn)):
        return None
    if _EARLIER.search(said.text):
        return None
    new = instead(live.lines, said, scene.shelf)
    more = besides(live.lines, said, scene.shelf) if new is None else None
    if new is None and (more is None or more.new == turn.dialog.drafted):
        return None
    return paying.look_up_meant(dialog, said)


def _looks(turn: Turn) -> list[FindOrders]:
    return [effect for effect in turn.effects if isinstance(effect, FindOrders)]


def _has(before: Confirming, said: Said, turn: Turn, lines: Sequence[DraftLine], scene: Scene) -> bool:
    """Whether the turn has put something to what there was already, and asks for nothing that these lines have."""
    after, own = turn.dialog.drafted, {line.product for line in lines}
    if after == before.lines or any(item.invalid and item.product not in own for item in said.frame.items):
        return False
    asked = isinstance(turn.dialog.state, Collecting)
    if asked and len(after) > len(lines) and {line.product for line in after} == own:
        return False  # 一个傲世会员，一档的: read as two of it
    there, wanted = ({_code(line, scene) for line in some} for some in (after, lines))
    grows = len(after) > len(before.lines)
    if asked and not any(look(line, scene.shelf).missing for line in lines):
        return there != wanted and grows and len(lines) > len(before.lines)
    if len(lines) == len(before.lines) and not {_code(line, scene) for line in before.lines} & wanted:
        return wanted == there
    ones, heads = {_code(line, scene) for line in after if line.quantity == 1}, heads_in(said.text)
    if wanted == there and any(line.quantity in heads and _code(line, scene) in ones for line in lines):
        return False  # 还有俩同学 她们要大杯
    return (wanted == there or grows) and not _miscounts(before, after, said, scene)


def _miscounts(before: Confirming, after: Sequence[DraftLine], said: Said, scene: Scene) -> bool:
    """Whether the turn has made more of a line by a number that nobody said: 再来个整套的, of a single one."""
    grown = [
        one.quantity
        for one in after
        if any(replace(one, quantity=line.quantity) == line and one.quantity > line.quantity for line in before.lines)
    ]
    products = [p for line in before.lines if (p := scene.shelf.product(line.product or "")) is not None]
    told = {mention.count for mention in read(said.text, products, scene.shelf).mentions}
    return any(count not in told for count in grown)


def _code(line: DraftLine, scene: Scene) -> str:
    sku = look(line, scene.shelf).sku
    return sku.code if sku is not None else ""
