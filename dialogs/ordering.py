"""Putting an order together: new requests, answers, corrections, choices, the summary."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Delivery, Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import examples, replies
from dialogs.asking import ask, choice_label, fitting_products, is_digital, open_question, slot_label
from dialogs.draft import Looked, field_of, look, option_of, pick_sku
from dialogs.filling import (
    Filled,
    accounts_in,
    cleared,
    contradicts,
    fill,
    fill_by_mention,
    fill_by_text,
    named_slots,
    says_anything,
    taken_back,
    with_option,
)
from dialogs.hearing import unread_rows
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
)
from dialogs.turn import FindOrders, Reply, Said, Scene, Turn
from dialogs.window import shop_window, show_named_categories
from nlu.frame import Item

_STRICT = (FieldKind.PHONE, FieldKind.QQ, FieldKind.PHONE_OR_QQ, FieldKind.EMAIL, FieldKind.CHOICE)
_NTH_LINE = re.compile(r"第\s*([0-9一二三四五六七八九十]{1,2})\s*[件单条样]")
_TO_SIZE = re.compile("^(?:请|帮我|还是)?[换改](?:成|为|到)")
_UNPLACED_MAX = 60
_SWAP = re.compile("[换改]成")
_CHINESE_DIGITS = "零一二三四五六七八九十"


def advance(dialog: Dialog, lines: Sequence[DraftLine], scene: Scene, *notes: str, missed: bool = False) -> Turn:
    """Ask for the next missing thing, or show the summary. `notes` come first; `missed` counts against the buyer's
    patience: he said something that led nowhere."""
    lines = tuple(_only_candidate(line, scene.shelf) for line in lines)
    looked = [look(line, scene.shelf) for line in lines]
    misses = dialog.misses + 1 if missed or any(one.trouble for one in looked) else 0
    offer = replies.offer_human() if misses >= MISSES_BEFORE_HUMAN else ""
    for index, one in enumerate(looked):
        if one.missing is not None:
            question = ask(lines, index, one.missing, scene.shelf)
            state = Collecting(lines, index, one.missing)
            asked = replace(dialog, state=state, listed=question.listed, misses=misses, waiting=None)
            return Turn(asked, Reply(replies.join(*notes, question.text, offer)))
    totals = tuple(int(one.total_fen() or 0) for one in looked)
    confirming = replace(dialog, state=Confirming(lines, totals), listed=None, misses=misses, waiting=None)
    return Turn(confirming, Reply(replies.join(*notes, summary(looked, scene.shelf), offer)))


def _only_candidate(line: DraftLine, shelf: Shelf) -> DraftLine:
    """One candidate is no question: 充100话 that can only be one product is that product."""
    if line.product is not None or not (line.candidates or line.fields):
        return line
    fitting = fitting_products(line, shelf)
    if len(fitting) > 1 and line.value is not None:
        fitting = tuple(p for p in fitting if _tops_up_a_phone(p, line)) or fitting
    return fill(line, Item(product=fitting[0].id), shelf).line if len(fitting) == 1 else line


def _tops_up_a_phone(product: Product, line: DraftLine) -> bool:
    """A phone number beside a denomination, 充100 and then 138…, means a phone top-up (contract, part 3)."""
    given = {field.kind for field in product.fields if field.name in line.fields}
    return given == {FieldKind.PHONE} and all(sku.unit in ("元", "块") for sku in product.skus)


def summary(looked: Sequence[Looked], shelf: Shelf) -> str:
    """What is about to be ordered, in full."""
    digital = all(one.product is not None and is_digital(one.product) for one in looked)
    change = examples.changes([one.line for one in looked], shelf)[0]
    return replies.summary([_summary_line(one) for one in looked], digital, change)


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
        return _nothing_found(dialog, scene, text)
    return advance(replace(dialog, misses=0), lines, scene, *notes, *unread, missed=missed)


def start_product(dialog: Dialog, product: Product, scene: Scene, *notes: str) -> Turn:
    """Open one product, as if it had been asked for."""
    return advance(replace(dialog, misses=0), (DraftLine(product.id),), scene, *notes)


def said_for_draft(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """order, change, answer and unknown while something is being put together."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return start(dialog, said.frame.items, scene, said.text)
    items = [item for item in said.frame.items if says_anything(item)]
    if isinstance(state, Collecting) and len(state.lines) == 1 and len(items) == 1:
        items = _one_each(state, items[0], said.text, scene)
    items = _narrowed(state, items, scene)
    if _several_of_the_same(state, items):
        return _multiplied(dialog, state.lines[0], items, scene)
    if _names_only_this(state, items):
        return advance(dialog, state.lines, scene)
    swaps = len(items) == len(state.lines) == 1 and _SWAP.search(said.text) is not None and items[0].product
    if said.frame.intent == "order" and not swaps and _is_new_request(state, items):
        return start(dialog, items, scene)
    whole = answered_by_text(state, said, scene) if isinstance(state, Collecting) else None
    if isinstance(state, Collecting) and whole is not None and (whole.changed or not items):
        return _after_filling(dialog, state, [(state.line, whole)], said, scene)
    mentioned = _mentioned(state, items, said, scene)
    return _after_filling(dialog, state, mentioned or _fill_lines(state, items, said, scene), said, scene)


def answered_by_text(state: Collecting, said: Said, scene: Scene) -> Filled | None:
    """The message as a whole as the answer to what was asked, where there can be no doubt: a number or label from the
    list, an account that passes its check."""
    line = state.lines[state.line]
    product = scene.shelf.product(line.product) if line.product else None
    if product is None:
        return None
    field = field_of(product, state.slot)
    doubtful = field is not None and field.kind not in _STRICT and said.frame.intent not in ("answer", "choose")
    if doubtful and not (said.frame.intent in ("unknown", "order") and any(c.isdigit() for c in said.text)):
        return None
    filled = fill_by_text(line, state.slot, said.text, product, scene.shelf)
    if filled is not None and filled.problems and said.frame.intent not in ("answer", "unknown", "choose"):
        return None
    return filled


def take_answer(dialog: Dialog, state: Collecting, filled: Filled, said: Said, scene: Scene) -> Turn:
    """Go on with what `answered_by_text` made of the message."""
    return _after_filling(dialog, state, [(state.line, filled)], said, scene)


def corrected(lines: Sequence[DraftLine], said: Said, scene: Scene) -> tuple[DraftLine, ...] | None:
    """Lines with a correction put in, for an order that is placed but unpaid; None when nothing in it can be used."""
    state = Confirming(tuple(lines), ())
    items = [item for item in said.frame.items if says_anything(item)]
    fills = _mentioned(state, items, said, scene) or _fill_lines(state, items, said, scene)
    out = list(lines)
    for index, filled in fills:
        out[index] = filled.line
    if any(filled.changed or filled.problems for _, filled in fills):
        return tuple(out)
    return _with_slot_cleared(state, said.text, scene.shelf)


def chosen(dialog: Dialog, index: int, scene: Scene) -> Turn | None:
    """Take the entry with this number (1-based) from the last list, where it belongs to an order being put together;
    None when the entry is of another kind."""
    listed, state = dialog.listed, dialog.state
    if listed is None or not 1 <= index <= len(listed.entries):
        return None
    kind, key = listed.entries[index - 1][:2], listed.entries[index - 1][2:]
    if kind == "p:":
        product = scene.shelf.product(key)
        if product is None:
            return _nothing_found(dialog, scene)
        if isinstance(state, Collecting) and state.slot == "product":
            filled = fill(state.lines[state.line], Item(product=key), scene.shelf)
            return advance(dialog, _with(state.lines, state.line, filled.line), scene)
        return start_product(dialog, product, scene)
    if not isinstance(state, Collecting):
        return None
    return _chosen_part(dialog, state, kind, key, scene)


def page(dialog: Dialog, by: int, scene: Scene) -> Turn | None:
    """Show the next (or previous) page of the open question's list."""
    state, listed = dialog.state, dialog.listed
    if not isinstance(state, Collecting) or listed is None:
        return None
    at = min(max(listed.page + by, 0), (len(listed.entries) - 1) // PAGE_SIZE)
    question = ask(state.lines, state.line, state.slot, scene.shelf, at)
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
        return Turn(replace(dialog, misses=misses), Reply(replies.join(*notes, offer)))
    told = replies.join(*(notes or (replies.not_an_answer(),)), question.text, offer)
    return Turn(replace(dialog, misses=misses, listed=question.listed), Reply(told))


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
        )
    if dialog.state == Idle() and dialog.unpaid is None:
        return miss(dialog, scene)
    if not isinstance(dialog.state, Collecting):
        asks = replace(dialog, waiting=Lookup(dialog.unpaid.order_no if dialog.unpaid else None))
        return Turn(asks, effects=(FindOrders("correct"),))
    question = open_question(dialog, scene)
    lines = dialog.state.lines
    told = replies.what_to_change(examples.changes(lines, scene.shelf))
    return Turn(dialog, Reply(replies.join(told, question.text if question else "")))


def slot_emptied(dialog: Dialog, text: str, scene: Scene) -> Turn | None:
    """号码不对, 邮箱错了: the slot named is asked for again; None when none is named."""
    if not isinstance(dialog.state, Collecting | Confirming):
        return None
    emptied = _with_slot_cleared(dialog.state, text, scene.shelf)
    return advance(dialog, emptied, scene) if emptied is not None else None


def _nothing_found(dialog: Dialog, scene: Scene, text: str = "") -> Turn:
    """He wants something the shop does not know: show what there is, and keep what was being put together."""
    category = show_named_categories(dialog, text, scene)
    return category or shop_window(dialog, scene, replies.not_found())


def _names_only_this(state: Collecting | Confirming, items: Sequence[Item]) -> bool:
    """点券, while 王者荣耀点券 is being bought."""
    if len(items) != 1 or items[0] != Item(candidates=items[0].candidates, missing=items[0].missing):
        return False
    return any(line.product in items[0].candidates for line in state.lines)


def _narrowed(state: Collecting | Confirming, items: list[Item], scene: Scene) -> list[Item]:
    """日本, where 流量卡 left 日本流量卡 and 欧洲流量卡 open: of what he names, the one that was asked about."""
    if not isinstance(state, Collecting) or state.slot != "product" or len(items) != 1 or items[0].product:
        return items
    open_ = {product.id for product in fitting_products(state.lines[state.line], scene.shelf)}
    both = [product for product in items[0].candidates if product in open_]
    return [replace(items[0], product=both[0], candidates=())] if len(both) == 1 else items


def _several_of_the_same(state: Collecting | Confirming, items: Sequence[Item]) -> bool:
    """Several accounts given for the one thing being put together: 138… 139… 都充."""
    if len(state.lines) != 1 or len(items) < 2:
        return False
    line = state.lines[0]
    return line.product is not None and all(
        i.product in (None, line.product) and (i.fields or i.invalid) and not i.candidates for i in items
    )


def _one_each(state: Collecting, item: Item, text: str, scene: Scene) -> list[Item]:
    """Several accounts where one was asked for: none of them is dropped."""
    product = scene.shelf.product(state.lines[0].product or "")
    field = field_of(product, state.slot) if product else None
    accounts = accounts_in(text, field) if field else ()
    if field is None or len(accounts) < 2:
        return [item]
    return [replace(item, fields={**item.fields, field.name: account}) for account in accounts]


def _multiplied(dialog: Dialog, line: DraftLine, items: Sequence[Item], scene: Scene) -> Turn:
    fills = [fill(line, item, scene.shelf) for item in items[:DRAFT_LINES_MAX]]
    problems = tuple(dict.fromkeys(problem for filled in fills for problem in filled.problems))
    notes = (*problems, *([replies.too_many_lines(DRAFT_LINES_MAX)] if len(items) > DRAFT_LINES_MAX else []))
    return advance(dialog, [filled.line for filled in fills], scene, *notes, missed=bool(problems))


def _is_new_request(state: Collecting | Confirming, items: Sequence[Item]) -> bool:
    if len(items) != 1:
        return True
    item = items[0]
    if isinstance(state, Collecting) and state.slot == "product":
        line = state.lines[state.line]
        fits = item.product is None or not line.candidates or item.product in line.candidates
        return not fits or contradicts(line, item)
    if item.product is None:
        return bool(item.candidates) and not any(line.product in item.candidates for line in state.lines)
    return all(line.product != item.product or contradicts(line, item) for line in state.lines)


def _fill_lines(
    state: Collecting | Confirming, items: Sequence[Item], said: Said, scene: Scene
) -> list[tuple[int, Filled]]:
    """Put the items into the lines they are about."""
    asked = state.slot if isinstance(state, Collecting) else None
    if len(items) == len(state.lines) > 1:
        pairs = zip(state.lines, items, strict=True)
        return [(i, fill(line, item, scene.shelf, asked)) for i, (line, item) in enumerate(pairs)]
    out: list[tuple[int, Filled]] = []
    for item in items[:1]:
        for index in _targets(state, item, said.text):
            out.append((index, fill(state.lines[index], item, scene.shelf, asked)))
    return out


def _mentioned(
    state: Collecting | Confirming, items: Sequence[Item], said: Said, scene: Scene
) -> list[tuple[int, Filled]]:
    """A correction that only makes sense knowing the product: 数量改3, 改成大杯, 最后一位是8."""
    targets = _targets(state, items[0] if items else Item(), said.text)
    product = scene.shelf.product(state.lines[targets[0]].product or "") if len(targets) == 1 else None
    if product is None or said.frame.intent not in ("change", "answer", "unknown"):
        return []
    size = fold(_TO_SIZE.sub("", said.text.strip()))
    if said.frame.intent == "change" and any(size in map(fold, (sku.label, *sku.aliases)) for sku in product.skus):
        whole = fill_by_text(state.lines[targets[0]], "value", size, product, scene.shelf)
        return [(targets[0], whole)] if whole is not None else []
    if _settles(items):
        return []
    filled = fill_by_mention(state.lines[targets[0]], said.text, product, scene.shelf)
    return [(targets[0], filled)] if filled is not None else []


def _settles(items: Sequence[Item]) -> bool:
    """Whether the understanding found more than a bare number, which could be a quantity or a digit just as well."""
    return any(i.product or i.sku or i.options or i.fields or i.invalid or "quantity" in i.said for i in items)


def _targets(state: Collecting | Confirming, item: Item, text: str) -> list[int]:
    """The lines an item is about: the one he numbers or names, the one asked about, or all of them where it does not
    matter. Which of several accounts is wrong cannot be guessed: none, then."""
    lines = state.lines
    if len(lines) == 1:
        return [0]
    nth = _NTH_LINE.search(text)
    if nth is not None:
        number = int(nth[1]) if nth[1].isdigit() else _CHINESE_DIGITS.find(nth[1])
        return [number - 1] if 1 <= number <= len(lines) else []
    named = [i for i, line in enumerate(lines) if item.product is not None and line.product == item.product]
    if len(named) == 1:
        return named
    if isinstance(state, Collecting):
        return [state.line, *_same_open(state)] if not item.fields else [state.line]
    same = len({line.product for line in lines}) == 1
    return list(range(len(lines))) if same and not item.fields and not item.invalid else []


def _same_open(state: Collecting) -> list[int]:
    """Other lines of the same product: one answer about size or speed does for all of them."""
    asked = state.lines[state.line]
    return [i for i, line in enumerate(state.lines) if i != state.line and line == replace(asked, fields=line.fields)]


def _after_filling(
    dialog: Dialog, state: Collecting | Confirming, fills: Sequence[tuple[int, Filled]], said: Said, scene: Scene
) -> Turn:
    lines = list(state.lines)
    for index, filled in fills:
        lines[index] = filled.line
    if isinstance(state, Collecting) and fills:
        lines = _spread(state, lines, scene.shelf)
    did = frozenset[str]().union(*(filled.changed for _, filled in fills))
    problems = tuple(dict.fromkeys(p for _, filled in fills for p in filled.problems))
    if did or problems:
        hint = _meant_as_size(state, said.text, scene.shelf) if problems else ""
        turn = advance(dialog, lines, scene, *problems, hint, missed=bool(problems))
        asked = {state.slot} if isinstance(state, Collecting) else set()
        replaced = any((_held(state.lines[index]) & filled.changed) - asked for index, filled in fills)
        corrects = said.frame.intent == "change" or isinstance(state, Confirming) or replaced
        if not corrects or turn.dialog.misses:
            return turn
        same = tuple(lines) == state.lines or _looks_same(state.lines, lines, scene.shelf)
        told = replies.changed() if not same else replies.nothing_changed() if isinstance(state, Confirming) else ""
        return replace(turn, reply=Reply(replies.join(told, turn.reply.text)))
    if said.frame.intent in ("change", "deny"):
        emptied = _with_slot_cleared(state, said.text, scene.shelf)
        if emptied is not None:
            return advance(dialog, emptied, scene)
        if len(lines) > 1 and any(says_anything(item) for item in said.frame.items):
            return ask_which_line(dialog, scene, said.text)
        return denied(dialog, scene)
    if len(lines) > 1 and isinstance(state, Confirming) and any(i.fields or i.invalid for i in said.frame.items):
        return ask_which_line(dialog, scene, said.text)
    offered = isinstance(state, Collecting) and bool(state.lines[state.line].candidates)
    if said.frame.intent == "order" and not offered:
        return _nothing_found(dialog, scene, said.text)
    return miss(dialog, scene)


def ask_which_line(dialog: Dialog, scene: Scene, text: str = "") -> Turn:
    """A correction that could be about several lines: ask which, and keep it for the answer."""
    lines = dialog.state.lines if isinstance(dialog.state, Collecting | Confirming) else ()
    told = replies.which_line_to_change(len(lines), examples.changes(lines, scene.shelf)[0])
    return miss(doubted(dialog, text), scene, told)


def doubted(dialog: Dialog, unplaced: str = "") -> Dialog:
    """After a question about the lines 确认 shows them once more: he may think that it has been done."""
    if not isinstance(dialog.state, Confirming):
        return dialog
    return replace(dialog, state=replace(dialog.state, denied=True, unplaced=unplaced[:_UNPLACED_MAX]))


def _looks_same(before: Sequence[DraftLine], after: Sequence[DraftLine], shelf: Shelf) -> bool:
    """Whether what was said changes nothing: to name the default is no change."""
    pairs = [(look(one, shelf), look(other, shelf)) for one, other in zip(before, after, strict=True)]
    return all(
        (a.skus, a.options, a.fields, a.line.quantity, a.line.value)
        == (b.skus, b.options, b.fields, b.line.quantity, b.line.value)
        for a, b in pairs
    )


def _meant_as_size(state: Collecting | Confirming, text: str, shelf: Shelf) -> str:
    """50, where an account was asked for: perhaps he changed his mind about the size."""
    if not isinstance(state, Collecting):
        return ""
    line = state.lines[state.line]
    product = shelf.product(line.product) if line.product else None
    field = field_of(product, state.slot) if product else None
    plain = fold(text).removesuffix("元").removesuffix("块")
    if product is None or field is None or not plain.isdigit():
        return ""
    sizes = [s for s in look(replace(line, value=None, sku=None), shelf).skus if replies.number(s.value) == plain]
    return replies.change_size_instead(sizes[0].label) if sizes else ""


def _held(line: DraftLine) -> frozenset[str]:
    """The slots a line has something in: to set one of these again is a correction."""
    value = {"value"} if line.value is not None or line.sku is not None else set()
    return frozenset({*value, *line.options, *line.fields})


def _spread(state: Collecting, lines: Sequence[DraftLine], shelf: Shelf) -> list[DraftLine]:
    """Give the answer about size, speed or a choice to the other lines of the product that lack the same thing."""
    answered, out = lines[state.line], list(lines)
    product = shelf.product(answered.product) if answered.product else None
    if product is None or state.slot == "product":
        return out
    field = field_of(product, state.slot)
    if field is not None and field.kind is not FieldKind.CHOICE:
        return _spread_field(state.line, field, lines, shelf)
    for i, line in enumerate(lines):
        if i == state.line or line.product != product.id or look(line, shelf).missing != state.slot:
            continue
        if state.slot == "value":
            out[i] = replace(line, value=answered.value, sku=answered.sku)
        elif option_of(product, state.slot) and state.slot in answered.options:
            out[i] = with_option(line, state.slot, answered.options[state.slot])
        elif state.slot in answered.fields:
            out[i] = replace(line, fields={**line.fields, state.slot: answered.fields[state.slot]})
    return out


def _spread_field(at: int, field: Field, lines: Sequence[DraftLine], shelf: Shelf) -> list[DraftLine]:
    """A name, an address, the phone of one who fetches or receives: asked once for all lines. For whom a top-up is, is
    asked for each."""
    out, value = list(lines), lines[at].fields.get(field.name)
    asked = shelf.product(lines[at].product or "")
    if value is None or asked is None:
        return out
    for i, line in enumerate(lines):
        product = shelf.product(line.product or "")
        own = field_of(product, field.name) if product else None
        same = own is not None and own.kind is field.kind and own.label == field.label
        free = field.kind in (FieldKind.TEXT, FieldKind.ADDRESS)
        shared = free or (line.product == asked.id and asked.delivery is not Delivery.TOPUP)
        if i != at and same and shared and field.name not in line.fields:
            out[i] = replace(line, fields={**line.fields, field.name: value})
    return out


def _with_slot_cleared(state: Collecting | Confirming, text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
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


def _chosen_part(dialog: Dialog, state: Collecting, kind: str, key: str, scene: Scene) -> Turn | None:
    """A SKU or a choice from the list of the open question."""
    line = state.lines[state.line]
    product = scene.shelf.product(line.product) if line.product else None
    if product is None:
        return None
    if kind == "s:":
        sku = scene.shelf.sku(key)
        if sku is None or sku not in product.skus:
            return miss(dialog, scene, replies.price_moved())
        picked = pick_sku(line, sku, product, scene.shelf)
    elif kind == "v:" and option_of(product, state.slot):
        picked = with_option(line, state.slot, key)
    elif kind == "v:":
        picked = replace(line, fields={**line.fields, state.slot: key})
    else:
        return None
    lines = _spread(state, _with(state.lines, state.line, picked), scene.shelf)
    return advance(dialog, lines, scene)


def _with(lines: Sequence[DraftLine], index: int, line: DraftLine) -> tuple[DraftLine, ...]:
    return (*lines[:index], line, *lines[index + 1 :])


def _summary_line(looked: Looked) -> replies.SummaryLine:
    product, sku = looked.product, looked.sku
    if product is None or sku is None:
        raise ValueError("a summary is only for complete lines")
    label = replies.any_value_label(sku, looked.line.value) if sku.any_value is not None else sku.label
    options = {n: v for n, v in looked.options.items() if n in sku.options}
    told = {n: v for n, v in options.items() if fold(choice_label(product, n, v)) not in fold(sku.label)}
    given = {**told, **looked.fields}
    details = tuple((slot_label(product, name), choice_label(product, name, value)) for name, value in given.items())
    eta = replies.eta_line(product, sku.eta or product.eta)
    return replies.SummaryLine(product.name, label, looked.line.quantity, details, eta, int(looked.total_fen() or 0))
