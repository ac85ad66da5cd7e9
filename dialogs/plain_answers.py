"""A message that as a whole is the answer to the open question, whatever else it might be elsewhere."""

import re
from dataclasses import replace

from catalog.checks import fold
from dialogs import (
    favourites,
)
from dialogs.answering import take_answer
from dialogs.by_text import fill_by_text
from dialogs.draft import field_of, look
from dialogs.filling import Filled
from dialogs.merging import taken_apart, together
from dialogs.ordering import (
    answered_by_text,
)
from dialogs.other_lines import names_of_others, numbers_of_others
from dialogs.passing_over import REFUSES
from dialogs.picking import COMMANDS
from dialogs.state import (
    Collecting,
    Dialog,
)
from dialogs.turn import Said, Scene, Turn

_CLAUSES = re.compile(r"[,，。;；!！~～]+")
_PARTS = re.compile(r"[,，。;；!！~～\s]+")
_ASKS = re.compile(r"[?？吗么呢]|多少|什么|怎么|哪")
_DIGITS = re.compile(r"\d+")
_BEFORE_SIZE = re.compile("^(?:那|就|还是|先|给我|帮我|我|要|来|充|买|选|拿|整|弄|行|好|个|一个)+")
_BEHIND_SIZE = re.compile("(?:就?(?:行|好|可以)|的|吧|了|啊|呗|得了|试试看?|看看)+$")
_WISHES = re.compile("^(?:那|就|先|给我|帮我|我|麻烦)*(?:来|要|充|买|选|拿|整|弄)(?:个|一个)?")


def by_answer(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The answer to the open question, whatever else it might be elsewhere."""
    state = dialog.state
    if not isinstance(state, Collecting) or said.frame.intent in COMMANDS:
        return None
    elsewhere = numbers_of_others(dialog, said, scene) or names_of_others(dialog, said, scene)
    if elsewhere is not None:
        return elsewhere
    filled = _with_used_account(dialog, state, said, scene) or _in_one_line(dialog, state, said, scene)
    filled = filled or answered_by_text(state, said, scene) or _size_at_last(state, said, scene)
    if filled is None or not (filled.changed or state.slot == "quantity"):
        return None
    return take_answer(
        dialog, state, filled, replace(said, frame=replace(said.frame, intent="answer", items=())), scene
    )


def _size_at_last(state: Collecting, said: Said, scene: Scene) -> Filled | None:
    """最少20啊，那就20: the clause that ends the message, where those before it name no other number."""
    line = state.lines[state.line]
    product = scene.shelf.product(line.product or "")
    clauses = [clause for part in _PARTS.split(said.text) if (clause := fold(part))]
    foreign = any(item.product not in (None, line.product) or item.fields for item in said.frame.items)
    one = len(clauses) == 1 and _WISHES.match(clauses[0]) is not None  # 来个100的试试
    if state.slot != "value" or product is None or foreign or _ASKS.search(said.text) or not (one or len(clauses) > 1):
        return None
    last = _BEHIND_SIZE.sub("", _BEFORE_SIZE.sub("", clauses[-1]))
    own = _DIGITS.findall(last)
    before = [clause for clause in clauses[:-1] if not REFUSES.search(clause)]  # 50就别了，来30的
    if len(own) != 1 or set(_DIGITS.findall("".join(before))) - set(own):
        return None
    return fill_by_text(line, "value", last, product, scene.shelf)


def _with_used_account(dialog: Dialog, state: Collecting, said: Said, scene: Scene) -> Filled | None:
    """上次的, 老号码: the account he gave before, where one is asked for."""
    line = state.lines[state.line]
    product = scene.shelf.product(line.product or "")
    if product is None or dialog.used is None or not dialog.used.accounts:
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
    others = any(item.product not in (None, held) for item in said.frame.items)
    entries = dialog.listed.entries[: dialog.listed.shown] if dialog.listed is not None else ()
    skus = [entry[2:] for entry in entries if entry[:2] == "s:"]
    filled = taken_apart(state.lines[state.line], state.slot, said.text, skus, scene.shelf)
    if filled is not None and others and not filled.changed > {state.slot}:
        return (
            None  # 41207735 苹果的: the number that was asked for, and a choice, whatever else is called so in the shop
        )
    return filled
