"""An order put together: from a request to the next question or the summary, and what is said when a message led
nowhere."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from catalog.model import Field, FieldKind, Option, Product
from catalog.shelf import Shelf
from dialogs import examples, favourites, replies
from dialogs.asking import ask_next, fitting_products, open_question
from dialogs.by_text import fill_by_text
from dialogs.draft import Looked, field_of, look, option_of
from dialogs.effects import CancelOrder, FindFavourites, FindOrders
from dialogs.facts import FavouritesFound
from dialogs.filling import (
    Filled,
    cleared,
    fill,
    named_slots,
    says_anything,
    taken_back,
)
from dialogs.merging import together
from dialogs.several_items import unread_rows
from dialogs.state import (
    DRAFT_LINES_MAX,
    MISSES_BEFORE_HUMAN,
    PAGE_SIZE,
    Collecting,
    Confirming,
    Dialog,
    DraftLine,
    Idle,
    Lookup,
    Replacement,
    Unpaid,
)
from dialogs.summing import summary
from dialogs.turn import Reply, Said, Scene, Turn
from dialogs.window import shop_window, show_named_categories
from kernel.ids import OrderNo
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral
from nlu.words import PIECES

_STRICT = (FieldKind.PHONE, FieldKind.QQ, FieldKind.PHONE_OR_QQ, FieldKind.EMAIL, FieldKind.CHOICE)
_NTH_LINE = re.compile(r"第\s*([0-9一二三四五六七八九十]{1,2})\s*[件单条样]")
_TO_SIZE = re.compile("^(?:请|帮我|还是)?[换改](?:成|为|到)")
_UNPLACED_MAX = 60
_PIECES = re.compile(rf"(?<![第\d.{CHINESE}])(\d{{1,2}}|[{CHINESE}]{{1,2}})[{PIECES}]")
_SWAP = re.compile("[换改]成")
_CHINESE_DIGITS = "零一二三四五六七八九十"


def advance(dialog: Dialog, lines: Sequence[DraftLine], scene: Scene, *notes: str, missed: bool = False) -> Turn:
    """Ask for the next missing thing, or show the summary. `notes` come first; `missed` counts against the buyer's
    patience: he said something that led nowhere."""
    lines = tuple(_only_candidate(line, scene.shelf) for line in lines)
    there = tuple(line for line in lines if line.product is None or scene.shelf.product(line.product) is not None)
    if len(there) < len(lines):  # taken off sale while he was choosing
        if not there:
            return shop_window(replace(dialog, state=Idle(), listed=None), scene, replies.off_sale_meanwhile())
        lines, notes = there, (*notes, replies.off_sale_meanwhile(len(lines) - len(there)))
    lines = _without_old_amounts(dialog, lines, scene.shelf)
    looked = [look(line, scene.shelf) for line in lines]
    if any(one.trouble for one in looked):
        notes = tuple(note for note in notes if note != replies.changed())  # what is not sold has not been changed to
    misses = dialog.misses + 1 if missed or any(one.trouble for one in looked) else 0
    offer = replies.offer_human() if misses >= MISSES_BEFORE_HUMAN else ""
    for index, one in enumerate(looked):
        if one.missing is not None:
            state = Collecting(lines, index, one.missing)
            asked = replace(dialog, state=state, listed=None, misses=misses, waiting=None)
            if _wants_an_account(one) and favourites.unread(dialog, scene):
                return Turn(asked, Reply(replies.join(*notes)), effects=(FindFavourites(),))
            question = ask_next(dialog, state, scene.shelf)
            return Turn(replace(asked, listed=question.listed), Reply(replies.join(*notes, question.text, offer)))
    if dialog.mending and dialog.unpaid is not None and dialog.unpaid.order_no == dialog.mending:
        cleared = replace(dialog, state=Idle(), listed=None, mending="", waiting=Replacement(lines), misses=misses)
        return Turn(cleared, Reply(replies.join(*notes)), effects=(CancelOrder(OrderNo(dialog.mending)),))
    totals = tuple(int(one.total_fen() or 0) for one in looked)
    confirming = replace(dialog, state=Confirming(lines, totals), listed=None, misses=misses, waiting=None, mending="")
    return Turn(confirming, Reply(replies.join(*notes, summary(looked, scene.shelf), offer)))


def as_it_went(dialog: Dialog, turn: Turn, shelf: Shelf) -> Turn:
    """The turn without 已改好 where nothing is otherwise than it was, or only what was open has been said."""
    before, after, text = dialog.state, turn.dialog.state, turn.reply.text
    if not text.startswith(replies.changed()) or not isinstance(after, Collecting | Confirming):
        return turn
    if not isinstance(before, Collecting | Confirming) or len(before.lines) != len(after.lines):
        return turn
    pairs = [(look(old, shelf), look(new, shelf)) for old, new in zip(before.lines, after.lines, strict=True)]
    if isinstance(before, Confirming):
        as_before = isinstance(after, Confirming) and all(_same(old, new) for old, new in pairs)
        told = replies.nothing_changed() if as_before else replies.changed()
    else:
        told = "" if all(_only_adds(old, new) for old, new in pairs) else replies.changed()
    rest = text.removeprefix(replies.changed()).lstrip("\n")
    return replace(turn, reply=replace(turn.reply, text=replies.join(told, rest)))


def _same(old: Looked, new: Looked) -> bool:
    """Whether the summary reads alike: 是不是快充啊 of what is 快充 by default."""
    return _only_adds(old, new) and _only_adds(new, old)


def _only_adds(old: Looked, new: Looked) -> bool:
    """Whether a line has all that it had, and perhaps what was open: 联通100, to the question which size."""
    was, now = old.line, new.line
    kept = was.product in (None, now.product) and was.value in (None, now.value) and old.sku in (None, new.sku)
    kept = kept and was.quantity == now.quantity
    return kept and _holds(new.options, old.options) and _holds(new.fields, old.fields)


def _holds(new: Mapping[str, str], old: Mapping[str, str]) -> bool:
    return all(new.get(name) == value for name, value in old.items())


def _without_old_amounts(dialog: Dialog, lines: tuple[DraftLine, ...], shelf: Shelf) -> tuple[DraftLine, ...]:
    """美国的, of a card of 200元: an amount goes with the choice it was said for, where the new one is sold by another
    unit."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or len(state.lines) != len(lines):
        return lines
    return tuple(
        replace(line, value=None, sku=None) if _is_of_another_unit(line, old, shelf) else line
        for line, old in zip(lines, state.lines, strict=True)
    )


def _is_of_another_unit(line: DraftLine, old: DraftLine, shelf: Shelf) -> bool:
    if line.value is None or line.value != old.value or line.options == old.options:
        return False
    now, before = look(line, shelf), look(old, shelf)
    return now.trouble == "off_sale" and before.sku is not None and before.sku.unit not in {s.unit for s in now.skus}


def favourites_found(dialog: Dialog, fact: FavouritesFound, scene: Scene) -> Turn:
    """What he gave before is known: now the question can be asked."""
    known = favourites.found(dialog, fact.accounts, scene)
    question = open_question(known, scene)
    if question is None:
        return Turn(known)
    offer = replies.offer_human() if known.misses >= MISSES_BEFORE_HUMAN else ""
    return Turn(replace(known, listed=question.listed), Reply(replies.join(question.text, offer)))


def _wants_an_account(looked: Looked) -> bool:
    """Whether the next question asks for something he may have given before."""
    slot, product = looked.missing or "", looked.product
    field = field_of(product, slot) if product is not None else None
    return any(favourites.remembers(one) for one in (*together(looked, slot), *((field,) if field else ())))


def _only_candidate(line: DraftLine, shelf: Shelf) -> DraftLine:
    """One candidate is no question: 充100话 that can only be one product is that product."""
    if line.product is not None or not (line.candidates or line.fields or line.options):
        return line
    fitting = fitting_products(line, shelf)
    if len(fitting) > 1 and line.value is not None:
        fitting = tuple(p for p in fitting if _tops_up_a_phone(p, line)) or fitting
    return fill(line, Item(product=fitting[0].id), shelf).line if len(fitting) == 1 else line


def _tops_up_a_phone(product: Product, line: DraftLine) -> bool:
    """A phone number beside a denomination, 充100 and then 138…, means a phone top-up (contract, part 3)."""
    given = {field.kind for field in product.fields if field.name in line.fields}
    return given == {FieldKind.PHONE} and all(sku.unit in ("元", "块") for sku in product.skus)


def start(dialog: Dialog, items: Sequence[Item], scene: Scene, text: str = "") -> Turn:
    """Take a new request; it replaces what was being put together."""
    notes: list[str] = []
    unread = [replies.unread_row(number, row) for number, row in unread_rows(items, text)]
    lines: list[DraftLine] = []
    for item in items[:DRAFT_LINES_MAX]:
        filled = fill(DraftLine(), item, scene.shelf)
        lines.append(filled.line)
        notes += [note for note in filled.problems if note not in notes]
    missed = bool(notes)
    if len(items) > DRAFT_LINES_MAX:
        notes.append(replies.too_many_lines(DRAFT_LINES_MAX))
    if not any(says_anything(item) for item in items):
        return nothing_found(dialog, scene, text)
    return advance(replace(dialog, misses=0, mending=""), lines, scene, *notes, *unread, missed=missed)


def start_product(dialog: Dialog, product: Product, scene: Scene, *notes: str) -> Turn:
    """Open one product, as if it had been asked for."""
    return advance(replace(dialog, misses=0, mending=""), (DraftLine(product.id),), scene, *notes)


def answered_by_text(state: Collecting, said: Said, scene: Scene) -> Filled | None:
    """The message as a whole as the answer to what was asked, where there can be no doubt: a number or label from the
    list, an account that passes its check."""
    line = state.lines[state.line]
    product = scene.shelf.product(line.product) if line.product else None
    if product is None:
        return None
    field = field_of(product, state.slot)
    doubtful = field is not None and field.kind not in _STRICT and said.frame.intent not in ("answer", "choose")
    if doubtful and not (said.frame.intent in ("unknown", "order") and any(c.isdecimal() for c in said.text)):
        return None
    filled = fill_by_text(line, state.slot, said.text, product, scene.shelf)
    if filled is not None and filled.problems and said.frame.intent not in ("answer", "unknown", "choose"):
        return None
    return filled


def with_count(filled: Filled, slot: str, said: Said, scene: Scene) -> Filled:
    """奶搓两张, to the question which kind: how many, too."""
    items, product = said.frame.items, scene.shelf.product(filled.line.product or "")
    field = field_of(product, slot) if product is not None else None
    choice = field is not None and field.kind is FieldKind.CHOICE
    if product is None or not (choice or option_of(product, slot) is not None):
        return filled
    if filled.problems or "quantity" in filled.changed:
        return filled
    count = items[0].quantity if len(items) == 1 and "quantity" in items[0].said else _pieces_in(said.text, product)
    if count is None:
        return filled
    counted = fill(filled.line, Item(quantity=count, said=frozenset({"quantity"})), scene.shelf)
    return replace(counted, changed=filled.changed | counted.changed)


def _pieces_in(text: str, product: Product) -> int | None:
    """The one count in a message, once what the product's choices are called is out of it."""
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    for name in (n for part in parts for choice in part.values for n in (choice.label, *choice.aliases)):
        text = text.replace(name, " ")
    found = _PIECES.findall(text)
    count = read_numeral(found[0]) if len(found) == 1 else None
    return int(count) if count is not None else None


def page(dialog: Dialog, by: int, scene: Scene) -> Turn | None:
    """Show the next (or previous) page of the open question's list."""
    state, listed = dialog.state, dialog.listed
    if not isinstance(state, Collecting) or listed is None:
        return None
    at = min(max(listed.page + by, 0), (len(listed.entries) - 1) // PAGE_SIZE)
    question = ask_next(dialog, state, scene.shelf, at)
    if question.listed is None or question.listed.entries != listed.entries:
        return None
    stuck = replies.no_more() if by > 0 and at == listed.page else ""
    return Turn(replace(dialog, listed=question.listed), Reply(replies.join(stuck, question.text)))


def miss(dialog: Dialog, scene: Scene, *notes: str) -> Turn:
    """Nothing could be made of it: say so, ask the open question again, and after three times offer a person."""
    misses = dialog.misses + 1
    offer = replies.offer_human() if misses >= MISSES_BEFORE_HUMAN else ""
    question = open_question(dialog, scene)
    if question is None:
        notes = notes or (replies.unknown(), replies.unknown_how())
        return Turn(replace(dialog, misses=misses), Reply(replies.join(*notes, offer)), lost=True)
    told = replies.join(*(notes or (replies.not_an_answer(),)), question.text, offer)
    return Turn(replace(dialog, misses=misses, listed=question.listed), Reply(told), lost=not notes)


def denied(dialog: Dialog, scene: Scene, text: str = "") -> Turn:
    """不对: something is wrong with the summary, or with what was asked; 号码不对 says what."""
    emptied = slot_emptied(dialog, text, scene)
    if emptied is not None:
        return emptied
    if isinstance(dialog.state, Confirming):
        state = replace(dialog.state, denied=True)
        return Turn(
            replace(dialog, state=state, misses=0),
            Reply(replies.what_to_change(examples.changes(state.lines, scene.shelf))),
            lost=True,
        )
    if dialog.state == Idle() and dialog.unpaid is None:
        return miss(dialog, scene)
    mended = _unpaid_emptied(dialog, text, scene)
    if mended is not None:
        return mended
    if not isinstance(dialog.state, Collecting):
        asks = replace(dialog, waiting=Lookup(dialog.unpaid.order_no if dialog.unpaid else None))
        return Turn(asks, effects=(FindOrders("correct"),))
    question = open_question(dialog, scene)
    lines = dialog.state.lines
    told = replies.what_to_change(examples.changes(lines, scene.shelf))
    return Turn(dialog, Reply(replies.join(told, question.text if question else "")))


def mend(dialog: Dialog, unpaid: Unpaid, lines: Sequence[DraftLine], scene: Scene, *notes: str) -> Turn:
    """A correction of an unpaid order that leaves something open: that is asked, and the order stands until it is
    answered."""
    draft = replace(dialog, state=Idle(), mending=unpaid.order_no, misses=0)
    return advance(draft, lines, scene, *notes, replies.order_stands(unpaid.order_no), missed=bool(notes))


def _unpaid_emptied(dialog: Dialog, text: str, scene: Scene) -> Turn | None:
    """号码错了, below an order that waits for payment."""
    unpaid = dialog.unpaid
    if not isinstance(dialog.state, Idle) or unpaid is None or unpaid.expires_at <= scene.now:
        return None
    emptied = with_slot_cleared(Confirming(unpaid.lines, ()), text, scene.shelf)
    return mend(dialog, unpaid, emptied, scene) if emptied is not None else None


def slot_emptied(dialog: Dialog, text: str, scene: Scene) -> Turn | None:
    """号码不对, 邮箱错了: the slot named is asked for again; None when none is named."""
    if not isinstance(dialog.state, Collecting | Confirming):
        return None
    emptied = with_slot_cleared(dialog.state, text, scene.shelf)
    return advance(dialog, emptied, scene) if emptied is not None else None


def nothing_found(dialog: Dialog, scene: Scene, text: str = "") -> Turn:
    """He wants something the shop does not know: show what there is, and keep what was being put together."""
    category = show_named_categories(dialog, text, scene)
    return category or shop_window(dialog, scene, replies.not_found())


def ask_which_line(dialog: Dialog, scene: Scene, text: str = "") -> Turn:
    """A correction that could be about several lines: ask which, and keep it for the answer."""
    lines = dialog.drafted
    told = replies.which_line_to_change(len(lines), examples.changes(lines, scene.shelf)[0])
    return replace(miss(doubted(dialog, text), scene, told), lost=True)


def doubted(dialog: Dialog, unplaced: str = "") -> Dialog:
    """After a question about the lines 确认 shows them once more: he may think that it has been done."""
    if not isinstance(dialog.state, Confirming):
        return dialog
    return replace(dialog, state=replace(dialog.state, denied=True, unplaced=unplaced[:_UNPLACED_MAX]))


def with_slot_cleared(state: Collecting | Confirming, text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """号码错了, 换成电信的号: he names what is wrong and gives nothing instead, so it is asked for again."""
    if len(state.lines) != 1:
        return None
    line = state.lines[0]
    product = shelf.product(line.product) if line.product else None
    if product is None:
        return None
    slots = [slot for slot in named_slots(text, product) if slot != "quantity"]
    emptied = line
    for slot in slots or [slot for slot in (taken_back(line, text, product),) if slot]:
        emptied = cleared(emptied, slot, product)
    return (emptied,) if emptied != line else None
