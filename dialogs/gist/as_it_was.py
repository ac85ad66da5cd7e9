"""What a turn does to an order under way, and the order left as it is instead."""

from collections.abc import Sequence
from dataclasses import replace

from catalog.model import FieldKind
from catalog.shelf import Shelf
from dialogs import paying
from dialogs.asking import answer
from dialogs.draft import look
from dialogs.effects import CancelOrder, Effect, FindFavourites, FindOrders
from dialogs.ordering import doubted
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle, Lookup, Replacement
from dialogs.turn import Scene, Turn
from kernel.ids import OrderNo

_OF_AN_ORDER = ("meant", "reorder")


def held_lines(dialog: Dialog, scene: Scene) -> Sequence[DraftLine]:
    """The lines of the draft, or of the order that waits for payment."""
    if isinstance(dialog.state, Collecting | Confirming):
        return dialog.state.lines
    live = paying.live_unpaid(dialog, scene) if isinstance(dialog.state, Idle) else None
    return live.lines if live is not None else ()


def alters(dialog: Dialog, turn: Turn, scene: Scene) -> bool:
    """Whether a turn changes the order, asks for something of it, or begins another."""
    before, after = dialog.state, turn.dialog.state
    if not held_lines(dialog, scene) or not all(_is_of_it(effect, turn) for effect in turn.effects):
        return False
    if turn.effects and isinstance(before, Idle):
        return True
    if turn.dialog.listed is not None and turn.dialog.listed != dialog.listed and not isinstance(before, Collecting):
        return True
    if not isinstance(after, Collecting | Confirming):
        return False
    if not isinstance(before, Collecting | Confirming):
        return True
    if isinstance(before, Collecting):
        return _overwritten(before, after.lines)
    if isinstance(before, Confirming) and isinstance(after, Confirming) and after.denied and not before.denied:
        return not turn.dialog.misses  # 哪里要改: nothing is
    return type(after) is not type(before) or _changed(before.lines, after.lines, scene.shelf)


def as_it_was(dialog: Dialog, scene: Scene) -> Turn:
    """The order is shown or asked on, and stays."""
    live = paying.live_unpaid(dialog, scene)
    if isinstance(dialog.state, Idle) and live is not None:
        asks = replace(dialog, waiting=Lookup(live.order_no))
        return Turn(asks, effects=(FindOrders("status", order_no=OrderNo(live.order_no)),))  # it may be paid by now
    return answer(doubted(dialog), scene, "")


def _is_of_it(effect: Effect, turn: Turn) -> bool:
    if isinstance(effect, FindOrders):
        return effect.purpose in _OF_AN_ORDER
    if isinstance(effect, CancelOrder):
        return isinstance(turn.dialog.waiting, Replacement)
    return isinstance(effect, FindFavourites)


def _overwritten(before: Collecting, after: Sequence[DraftLine]) -> bool:
    """Whether something else than what was asked for is changed."""
    if len(before.lines) != len(after):
        return True
    for old, new in zip(before.lines, after, strict=True):
        known = [(old.product, new.product), (old.sku, new.sku), (old.value, new.value)]
        known += [(value, new.fields.get(name)) for name, value in old.fields.items()]
        known = [(was, now) for was, now in known if not (isinstance(was, str) and was in str(now))]  # completed
        if old.quantity != new.quantity or any(was is not None and was != now for was, now in known):
            return True
    return False


def _changed(before: Sequence[DraftLine], after: Sequence[DraftLine], shelf: Shelf) -> bool:
    """Whether more is changed than what may be told of it in his own words."""
    return _certain(before, shelf) != _certain(after, shelf)


def _certain(lines: Sequence[DraftLine], shelf: Shelf) -> list[tuple[object, ...]]:
    certain: list[tuple[object, ...]] = []
    for line in lines:
        product = look(line, shelf).product
        told = {f.name for f in product.fields if f.optional and f.kind is FieldKind.TEXT} if product else set()
        fields = sorted((name, value) for name, value in line.fields.items() if name not in told)
        certain.append((line.product, line.sku, line.value, line.quantity, sorted(line.options.items()), fields))
    return certain
