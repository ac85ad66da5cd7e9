"""A message that as a whole is the answer to the open question, whatever else it might be elsewhere."""

from dataclasses import replace

from dialogs import (
    favourites,
)
from dialogs.answering import take_answer
from dialogs.draft import field_of, look
from dialogs.filling import Filled
from dialogs.merging import taken_apart, together
from dialogs.ordering import (
    answered_by_text,
)
from dialogs.picking import COMMANDS
from dialogs.state import (
    Collecting,
    Dialog,
)
from dialogs.turn import (
    Said,
    Scene,
    Turn,
)


def by_answer(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The answer to the open question, whatever else it might be elsewhere."""
    state = dialog.state
    if not isinstance(state, Collecting) or said.frame.intent in COMMANDS:
        return None
    filled = _with_used_account(dialog, state, said, scene) or _in_one_line(dialog, state, said, scene)
    filled = filled or answered_by_text(state, said, scene)
    if filled is None or not (filled.changed or state.slot == "quantity"):
        return None
    return take_answer(
        dialog, state, filled, replace(said, frame=replace(said.frame, intent="answer", items=())), scene
    )


def _with_used_account(dialog: Dialog, state: Collecting, said: Said, scene: Scene) -> Filled | None:
    """上次的, 老号码: the account he gave before, where one is asked for."""
    line = state.lines[state.line]
    product = scene.shelf.product(line.product or "")
    if product is None or dialog.used is None:
        return None
    asked = field_of(product, state.slot)
    fields = [field for field in (asked, *together(look(line, scene.shelf), state.slot)) if field is not None]
    for field in fields:
        value = favourites.meant(
            said.text, field, favourites.offered(product, field, dialog.used.accounts, scene.shelf)
        )
        if value is not None:
            return Filled(replace(line, fields={**line.fields, field.name: value}), frozenset({field.name}))
    return None


def _in_one_line(dialog: Dialog, state: Collecting, said: Said, scene: Scene) -> Filled | None:
    """100 13812345678, where both were asked for."""
    held = state.lines[state.line].product
    if any(item.product not in (None, held) for item in said.frame.items):
        return None
    entries = dialog.listed.entries[: dialog.listed.shown] if dialog.listed is not None else ()
    skus = [entry[2:] for entry in entries if entry[:2] == "s:"]
    return taken_apart(state.lines[state.line], state.slot, said.text, skus, scene.shelf)
