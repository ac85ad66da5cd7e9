"""What a message is for an order under way or waiting for payment, where the older rules made nothing of it, or less.

In the order of how sure it is: what is only told changes nothing; then what surely is put right; then what is said of
several lines by name; then what comes besides or instead; then the gist of it all."""

import re
from dataclasses import replace

from dialogs import after_sale, another_account, change_or_another, paying, replies
from dialogs.answering import said_for_draft
from dialogs.asking import choice_label, slot_label
from dialogs.draft import field_of, look, option_of
from dialogs.effects import FindFavourites, FindOrders
from dialogs.gist.answers import also_picked, answer, corrected, not_given, picked
from dialogs.gist.as_it_was import alters, as_it_was
from dialogs.gist.chosen import is_question
from dialogs.gist.clauses import asks
from dialogs.gist.coming import comes
from dialogs.gist.mentions import read
from dialogs.gist.more_than import more_than, only_told_of, only_told_of_sizes
from dialogs.gist.reading import Lines, Reading
from dialogs.gist.wishing import INSTEAD, is_plain, names_others, wished
from dialogs.ordering import advance, miss
from dialogs.said_anew import said_anew
from dialogs.spreading import spread
from dialogs.state import Collecting, Confirming, Dialog, Idle
from dialogs.switching import switched_to
from dialogs.turn import Said, Scene, Turn

_LOOKED_UP = ("problem", "status", "invoice", "correct")
"""What a correction below the link is taken for: 写错了 sounds like a complaint; 哪用得了四瓶 like 怎么用."""
_SHOWS = ("search", "browse", "price", "help")
"""What a correction that nobody understood is taken for: a list or a price is shown."""
_HUMAN = re.compile("人工|客服|真人|转接|投诉")
_POINTS = re.compile("[共总]要|[一总拢]共|那[个张份单]|[换改]|不够|不是|太")
_SETTLES = re.compile("[吧呗]|算了|还是|先|那?就[行好够要来]?")
_OF_ORDERS = ("q:", "u:", "x:")
_NO_CHANGE = ("confirm", "human", "rate", "batch", "keys")


def or_its_gist(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    """The turn, or what the gist of the message makes of the order where the turn makes nothing of it."""
    if said.late or after_sale.is_tap(said.text):
        return turn
    if _picks_an_order(dialog, turn):
        return turn
    reading = Reading(dialog, said, scene)
    if reading.wholly_read:
        return turn
    if reading.lines and not reading.asks and reading.is_told and not reading.gives_an_account:
        return as_it_was(dialog, scene) if alters(dialog, turn, scene) else turn
    for new, told in ((_given(reading), replies.changed()), (_of_named(reading), _gone(reading))):
        if new is not None:
            return _taken(reading, turn, new, told)
    if is_plain(said):
        return turn
    if not reading.lines and alters(dialog, turn, scene) and not asks(said.text) and reading.is_told:
        return as_it_was(dialog, scene)
    if isinstance(dialog.state, Collecting) and (turned := _chose(dialog, dialog.state, said, scene, turn)) is not None:
        return turned
    if (coming := comes(dialog, said, scene, turn)) is not None:
        return coming
    if isinstance(dialog.state, Collecting):
        return _answered(dialog, dialog.state, said, scene, turn)
    new = _summed_up(reading, turn) if isinstance(dialog.state, Confirming) else _waiting(reading, turn)
    if new is None and _is_told_of_else(reading, turn):
        return as_it_was(dialog, scene)
    return _taken(reading, turn, new, replies.changed()) if new is not None else turn


def _picks_an_order(dialog: Dialog, turn: Turn) -> bool:
    """后面买的那张, below a list that asked which order: an answer, and nothing told of the order that waits."""
    asked = isinstance(dialog.state, Idle) and dialog.listed is not None and dialog.listed.entries[0][:2] in _OF_ORDERS
    return asked and any(isinstance(effect, FindOrders) and effect.purpose == "meant" for effect in turn.effects)


def _is_told_of_else(reading: Reading, turn: Turn) -> bool:
    """Whether the turn has changed the draft, or begun another, by a name or number that is said of something else."""
    state, after = reading.dialog.state, turn.dialog.state
    if isinstance(state, Idle) and len(reading.lines) == 1 and isinstance(after, Collecting | Confirming):
        (line,) = reading.lines
        begun = [one.product for one in after.lines] == [line.product] and not reading.asks
        return begun and only_told_of_sizes(line, reading.said.text, reading.scene.shelf)
    if not isinstance(state, Confirming) or not isinstance(after, Confirming) or turn.effects or reading.asks:
        return False
    return only_told_of(state.lines, after.lines, reading.said.text, reading.scene.shelf)


def _taken(reading: Reading, turn: Turn, new: Lines, told: str) -> Turn:
    """The draft with these lines; an order that waits is looked up first, and changed by the same reading."""
    dialog, said = reading.dialog, reading.said
    if isinstance(dialog.state, Idle):
        return paying.look_up_meant(dialog, said)
    after = turn.dialog.state
    if isinstance(after, Confirming) and len(after.lines) == len(new) and set(after.lines) == set(new):
        return turn
    return advance(replace(dialog, misses=0, kept=None, listed=None), new, reading.scene, told)


def _given(reading: Reading) -> Lines | None:
    """What an account, a choice, a name or an address surely is to be, whatever else the turn has read into it."""
    intent = reading.said.frame.intent
    if is_plain(reading.said) and (intent != "human" or _HUMAN.search(reading.said.text)):
        return None
    return reading.given if reading.lines and not reading.asks else None


def _of_named(reading: Reading) -> Lines | None:
    """Of several lines those changed which the message names, whatever else the turn has read into it."""
    if len(reading.lines) < 2 or reading.said.frame.intent in _NO_CHANGE or reading.asks:
        return None
    return reading.several if reading.several is not None and not reading.read_by_word else None


def _gone(reading: Reading) -> str:
    new = _of_named(reading)
    fewer = new is not None and set(new) < set(reading.lines)
    return replies.taken_out(len(reading.lines) - len(new or ())) if fewer else replies.changed()


def _summed_up(reading: Reading, turn: Turn) -> Lines | None:
    """The lines as the message wants them, where the turn leaves them, or has read less of it."""
    after, lines = turn.dialog.state, reading.lines
    if leaves(reading, turn):
        return reading.wished
    new = None
    if isinstance(after, Confirming) and not turn.effects:
        new = more_than(lines, after.lines, reading.said.text, reading.scene.shelf)
    if new is None and _reads_less(reading, turn):
        new = reading.wished_with_reasons
    return new


def leaves(reading: Reading, turn: Turn) -> bool:
    """Whether the summary stays as it is, and nothing is asked about it that the rest of the message settles."""
    after = turn.dialog.state
    if not isinstance(after, Confirming) or after.lines != reading.lines:
        return False
    if turn.effects:
        return all(isinstance(effect, FindOrders) for effect in turn.effects)
    if another_account.is_open(turn.dialog) or reading.said.frame.intent in (*_SHOWS, "batch"):
        return True
    asks_which = turn.reply.text.startswith(replies.which_line_to_add(1))
    asked = (reading.has_reasons or asks_which) and turn.dialog.misses > reading.dialog.misses
    return turn.lost or turn.reply.text.startswith(replies.nothing_changed()) or asked


def _reads_less(reading: Reading, turn: Turn) -> bool:
    """Whether the turn is of an older rule that may have read a part of the message only."""
    state, after = reading.dialog.state, turn.dialog.state
    looks = all(isinstance(effect, FindOrders | FindFavourites) for effect in turn.effects)
    if not looks or not isinstance(state, Confirming):
        return False
    if reading.dialog.priced or said_anew(state, reading.said, reading.scene.shelf) is not None:
        return False
    altered = isinstance(after, Collecting | Confirming) and after.lines != reading.lines
    return (altered or not turn.dialog.misses) and not reading.read_by_word


def _waiting(reading: Reading, turn: Turn) -> Lines | None:
    """The order that waits for payment as the message wants it, where the turn is about nothing else."""
    if not reading.lines or _is_else(reading, turn):
        return None
    if not reading.has_reasons and change_or_another.left_open(reading.dialog, reading.said, reading.scene):
        return None  # 50: one more, just as well
    return reading.wished_instead


def _is_else(reading: Reading, turn: Turn) -> bool:
    """Whether the turn is about something else than the order that waits, or has yet to look it up."""
    after, said = turn.dialog.state, reading.said
    said_so = reading.has_reasons or INSTEAD.search(said.text) is not None
    begun = said_so and isinstance(after, Collecting | Confirming)
    looks = [effect for effect in turn.effects if not (begun and isinstance(effect, FindFavourites))]
    taken_for = _LOOKED_UP if reading.asks or not reading.has_reasons else (*_LOOKED_UP, "how")
    if any(not isinstance(effect, FindOrders) or effect.purpose not in taken_for for effect in looks):
        return True
    named = any("product" in item.said for item in said.frame.items)
    if isinstance(after, Confirming) and named and not _POINTS.search(said.text):
        return True  # 话费100 13900001111 is one more
    if isinstance(after, Collecting | Confirming):
        else_ = any(line.product not in {one.product for one in reading.lines} for line in after.lines)
        return else_ and (named or not begun)  # 充200 is taken for a phone's, whatever waits
    return not isinstance(after, Idle)


def _chose(dialog: Dialog, state: Collecting, said: Said, scene: Scene, turn: Turn) -> Turn | None:
    """The choice asked for, as the message gives it, where the turn has another or none."""
    after = turn.dialog.state
    if (new := _picked(state, said, scene, after)) is not None:
        return advance(replace(dialog, misses=0), new, scene)
    if isinstance(after, Collecting | Confirming) and len(after.lines) == len(state.lines):
        line = state.lines[state.line]
        if not_given(line, after.lines[state.line], state.slot, said.text, scene.shelf):
            return miss(dialog, scene, *((replies.not_stated(),) if is_question(said.text) else ()))
    return None


def _answered(dialog: Dialog, state: Collecting, said: Said, scene: Scene, turn: Turn) -> Turn:
    """The open question answered, where the turn leaves it open."""
    after = turn.dialog.state
    if (new := _put_right(state, said, scene, after)) is not None:
        told = replies.changed() if new != state.lines else ""
        return advance(replace(dialog, misses=0), new, scene, told)
    if not isinstance(after, Collecting) or after.lines != state.lines:
        return turn
    if switched_to(state, said, scene.shelf) is not None:
        return said_for_draft(dialog, said, scene)
    if any(not isinstance(effect, FindOrders) for effect in turn.effects) or is_question(said.text):
        return turn
    new = answer(state, said.text, scene.shelf)
    if names_others(state.lines, said) and (new is None or not also_picked(state.lines[state.line], new[state.line])):
        return turn
    if new is None and _SETTLES.search(said.text):
        new = _another_size(state, said, scene) or _another_value(state, said, scene)
    if new is None:
        return turn
    turn = advance(replace(dialog, misses=0), new, scene)
    return turn if isinstance(turn.dialog.state, Confirming) else _noting(state, new, turn, scene)


def _noting(state: Collecting, new: Lines, turn: Turn, scene: Scene) -> Turn:
    """The next question below the choices that came with the answer: what is not told looks as if it were lost."""
    old, line = state.lines[state.line], new[state.line]
    product = scene.shelf.product(line.product or "")
    notes = [
        replies.noted(slot_label(product, name), choice_label(product, name, value))
        for name, value in ({**line.options, **line.fields}).items()
        if product is not None and name != state.slot and {**old.options, **old.fields}.get(name) != value
        if option_of(product, name) is not None or field_of(product, name) is not None
        if state.slot != "value" or option_of(product, name) is None
    ]
    return replace(turn, reply=replace(turn.reply, text=replies.join(*notes, turn.reply.text))) if notes else turn


def _picked(state: Collecting, said: Said, scene: Scene, after: object) -> Lines | None:
    """The lines with the choice that the message gives in so many words, where the turn has another or none; what else
    the turn has taken from it stays, if it is of the same goods."""
    if picked(state.lines[state.line], state.slot, said.text, scene.shelf) is None:
        return None
    lines = state.lines
    if isinstance(after, Collecting | Confirming) and _products(after.lines) == _products(lines):
        lines = after.lines
    line = picked(lines[state.line], state.slot, said.text, scene.shelf)
    if line is None or (line == lines[state.line] and lines is not state.lines):
        return None
    return tuple(spread(state, (*lines[: state.line], line, *lines[state.line + 1 :]), scene.shelf))


def _put_right(state: Collecting, said: Said, scene: Scene, after: object) -> Lines | None:
    """The one line with what the message puts right of it, beside what the turn has taken."""
    lines: Lines = state.lines
    if len(lines) != 1 or names_others(lines, said) or is_plain(said):
        return None
    if isinstance(after, Collecting | Confirming):
        if _products(after.lines) != _products(lines):
            return None
        lines = after.lines
    line = corrected(lines[0], state.slot, said.text, scene.shelf)
    return (line,) if line is not None else None


def _products(lines: Lines) -> list[str | None]:
    return [line.product for line in lines]


def _another_value(state: Collecting, said: Said, scene: Scene) -> Lines | None:
    """The same where a choice is asked for and no size is known without it: 还是100吧 50两天就打没了, fast or slow."""
    line = state.lines[state.line]
    product = scene.shelf.product(line.product or "")
    if product is None or line.value is None or state.slot == "value" or said.frame.items:
        return None
    sizes = {sku.code: sku.value for sku in product.skus if sku.any_value is None}
    found = [m for m in read(said.text, (product,), scene.shelf).mentions if m.skus and m.skus <= sizes.keys()]
    values = {sizes[code] for m in found if m.sign > 0 for code in m.skus}
    value = values.pop() if len(values) == 1 else None
    if value is None or value == line.value or any(m.count for m in found):
        return None
    return (*state.lines[: state.line], replace(line, value=value, sku=None), *state.lines[state.line + 1 :])


def _another_size(state: Collecting, said: Said, scene: Scene) -> Lines | None:
    """The lines in the size that is wished while something else is asked for: 算了先10节吧, instead of a phone."""
    new = wished(state.lines, said, scene)
    if new is None or len(new) != len(state.lines):
        return None
    changed = [(old, one) for old, one in zip(state.lines, new, strict=True) if old != one]
    looked = [look(one, scene.shelf) for _, one in changed]
    same = all(old.quantity == one.quantity and old.fields == one.fields for old, one in changed)
    return new if same and all(one.sku is not None and one.sku.any_value is None for one in looked) else None
