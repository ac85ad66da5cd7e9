"""What is said while an order is being put together: answers, choices, corrections, a new request instead."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import FieldKind
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import choice_label, fitting_products, slot_label
from dialogs.by_text import accounts_in, fill_by_text
from dialogs.changing import named_alone
from dialogs.draft import account_field, field_of, look, option_of, pick_sku
from dialogs.field_changes import ASKS
from dialogs.filling import (
    Filled,
    contradicts,
    fill,
    fill_by_mention,
    says_anything,
    with_option,
)
from dialogs.one_of_several import about_one
from dialogs.ordering import (
    advance,
    answered_by_text,
    ask_which_line,
    denied,
    doubted,
    miss,
    nothing_found,
    start,
    start_product,
    with_count,
    with_slot_cleared,
)
from dialogs.pointing import longest_name, names_else, names_of
from dialogs.replacing import noting_what_went
from dialogs.spreading import spread, targets
from dialogs.state import DRAFT_LINES_MAX, Collecting, Confirming, Dialog, DraftLine, Idle
from dialogs.subjects import named_of
from dialogs.switching import switched_to
from dialogs.turn import Reply, Said, Scene, Turn
from dialogs.which_choice import reached, two_meanings
from nlu.frame import Item

_TO_SIZE = re.compile("^(?:请|帮我|还是)?[换改](?:成|为|到)")
_ALSO = re.compile("也|还有|另外|再")
_CORRECTS = re.compile("[改换错]|不对|不是|不要")
_NUMBERS = re.compile(r"\d+")
_SUMMED = re.compile("加起来|[一总拢]共|合计")
"""加起来充200: no size of each."""
_COUNTS_SOMETHING = re.compile(r"\d|[两二三四五六七八九十俩仨]")
_SWAP = re.compile("[换改]成")


def said_for_draft(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """order, change, answer and unknown while something is being put together."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return start(dialog, said.frame.items, scene, said.text)
    other = switched_to(state, said, scene.shelf)
    if other is not None:
        instead = replace(said, frame=replace(said.frame, intent="change"))
        return _after_filling(dialog, state, [(0, fill(state.lines[0], other, scene.shelf))], instead, scene)
    items = [item for item in said.frame.items if says_anything(item)]
    if isinstance(state, Collecting) and len(state.lines) == 1 and len(items) == 1:
        items = _one_each(state, items[0], said.text, scene)
    items = _narrowed(state, items, scene)
    if _several_of_the_same(state, items):
        also = isinstance(state, Confirming) and _ALSO.search(said.text) is not None and not _CORRECTS.search(said.text)
        return _multiplied(dialog, state.lines[0], items, scene, state.lines if also else ())
    if (dealt := _dealt_out(state, items, scene)) is not None:
        told = replies.changed() if isinstance(state, Confirming) else ""
        return advance(replace(dialog, misses=0), dealt, scene, told)
    swaps = len(items) == len(state.lines) == 1 and _SWAP.search(said.text) is not None and items[0].product
    if said.frame.intent == "order" and not swaps and _is_new_request(state, items, said.text, scene.shelf):
        about = about_one(state.lines, items, scene.shelf)
        if about is None:
            return noting_what_went(dialog, start(dialog, items, scene), said.text, scene)
        changes = replace(said, frame=replace(said.frame, intent="change"))
        return _after_filling(dialog, state, about, changes, scene)
    whole = answered_by_text(state, said, scene) if isinstance(state, Collecting) else None
    if isinstance(state, Collecting) and whole is not None and (whole.changed or not items):
        return _after_filling(dialog, state, [(state.line, whole)], said, scene)
    mentioned = _mentioned(state, items, said, scene)
    fills = mentioned or _fill_lines(state, items, said, scene) or about_one(state.lines, items, scene.shelf) or ()
    return _after_filling(dialog, state, fills, said, scene)


def goal(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """打到王者, while a rank to reach is being bought: what it names, whatever else is called so in the shop."""
    product = scene.shelf.product(state.lines[0].product or "") if len(state.lines) == 1 else None
    found = reached(said.text, product) if product is not None and not ASKS.search(said.text) else None
    if found is None:
        return None
    option, choice = found
    line = with_option(state.lines[0], option.name, choice.id)
    line = replace(line, value=None) if look(line, scene.shelf).trouble else line
    filled = Filled(line, frozenset({option.name}))
    return _after_filling(
        dialog, state, [(0, filled)], replace(said, frame=replace(said.frame, intent="change")), scene
    )


def _which_meaning(dialog: Dialog, state: Collecting | Confirming, text: str, scene: Scene) -> Turn | None:
    """改成钻石, the rank to reach or the rank he is at: asked."""
    product = scene.shelf.product(state.lines[0].product or "") if len(state.lines) == 1 else None
    both = two_meanings(fold(text), product) if product is not None else None
    if product is None or both is None:
        return None
    name, slots = both
    return miss(doubted(dialog), scene, replies.which_of_two(name, [slot_label(product, slot) for slot in slots]))


def take_answer(dialog: Dialog, state: Collecting, filled: Filled, said: Said, scene: Scene) -> Turn:
    """Go on with what `answered_by_text` made of the message."""
    return _after_filling(dialog, state, [(state.line, filled)], said, scene)


def corrected(
    lines: Sequence[DraftLine], said: Said, scene: Scene
) -> tuple[tuple[DraftLine, ...], tuple[str, ...]] | None:
    """Lines with a correction put in, for an order that is placed but unpaid, and what was wrong with it; None when
    nothing in it can be used."""
    state = Confirming(tuple(lines), ())
    items = [item for item in said.frame.items if says_anything(item)]
    fills = _mentioned(state, items, said, scene) or _fill_lines(state, items, said, scene)
    out = list(lines)
    for index, filled in fills:
        out[index] = filled.line
    problems = tuple(dict.fromkeys(problem for _, filled in fills for problem in filled.problems))
    if problems or any(filled.changed for _, filled in fills):
        return tuple(out), problems
    emptied = with_slot_cleared(state, said.text, scene.shelf)
    return (emptied, ()) if emptied is not None else None


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
            return nothing_found(dialog, scene)
        if isinstance(state, Collecting) and state.slot == "product":
            filled = fill(state.lines[state.line], Item(product=key), scene.shelf)
            lines = spread(state, _with(state.lines, state.line, filled.line), scene.shelf)
            return advance(dialog, lines, scene)
        return start_product(dialog, product, scene)
    if not isinstance(state, Collecting):
        return None
    return _chosen_part(dialog, state, kind, key, scene)


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
    asked = field_of(product, state.slot) if product else None
    field = asked or (account_field(product) if product and state.slot != "product" else None)
    if item.value is not None:
        text = re.sub(rf"(?<![\d.]){re.escape(replies.number(item.value))}(?:元|块钱?)?(?![\d.])", " ", text)
    accounts = accounts_in(text, field) if field else ()
    if field is None or len(accounts) < 2:
        return [item]
    return [replace(item, fields={**item.fields, field.name: account}) for account in accounts]


def _multiplied(
    dialog: Dialog, line: DraftLine, items: Sequence[Item], scene: Scene, beside: Sequence[DraftLine] = ()
) -> Turn:
    """A line for each of the accounts; `beside` what is there already, where these are more of it (…也50)."""
    if line.quantity == len(items):
        line = replace(line, quantity=1)  # 话费50两份, 138… 139…: one for each
    fills = [fill(line, item, scene.shelf) for item in items[:DRAFT_LINES_MAX]]
    problems = tuple(dict.fromkeys(problem for filled in fills for problem in filled.problems))
    notes = (*problems, *([replies.too_many_lines(DRAFT_LINES_MAX)] if len(items) > DRAFT_LINES_MAX else []))
    return advance(dialog, [*beside, *(filled.line for filled in fills)], scene, *notes, missed=bool(problems))


def _dealt_out(state: Collecting | Confirming, items: Sequence[Item], scene: Scene) -> tuple[DraftLine, ...] | None:
    """改成一张普通一张巨幕, of two: one line becomes as many as he names sizes of it; None when he names no such."""
    if len(state.lines) != 1 or not 1 < len(items) <= DRAFT_LINES_MAX:
        return None
    line = state.lines[0]
    product = scene.shelf.product(line.product or "")
    if isinstance(state, Collecting) and state.slot == "value":  # 充100加50, where 150 was refused
        items = [replace(item, candidates=()) if line.product in item.candidates else item for item in items]
    plain = all(i.product in (None, line.product) and not (i.candidates or i.fields or i.invalid) for i in items)
    told = {(item.sku, item.value, *sorted(item.options.items())) for item in items}
    if product is None or not plain or len(told) < len(items):
        return None
    single = replace(line, quantity=1)
    made = [fill(single, item, scene.shelf) for item in items]
    skus = {sku.code if (sku := look(one.line, scene.shelf).sku) is not None else None for one in made}
    apart = len(skus) == len(items) and None not in skus and not any(one.problems for one in made)
    return tuple(one.line for one in made) if apart else None


def _is_new_request(state: Collecting | Confirming, items: Sequence[Item], text: str, shelf: Shelf) -> bool:
    if len(items) != 1:
        return True
    item = items[0]
    if isinstance(state, Collecting) and state.slot == "product":
        line = state.lines[state.line]
        fits = item.product is None or not line.candidates or item.product in line.candidates
        return not fits or contradicts(line, item)
    if item.product is None:
        return bool(item.candidates) and not any(line.product in item.candidates for line in state.lines)
    if isinstance(state, Collecting) and state.slot == "value" and state.lines[state.line].product == item.product:
        return contradicts(
            replace(state.lines[state.line], value=None, sku=None), item
        )  # 100话费, where 500 was refused
    if isinstance(state, Confirming) and len(state.lines) == 1 and state.lines[0].product == item.product:
        product = shelf.product(item.product)
        if product is not None and not longest_name((product.name, *product.aliases), fold(text)):
            return False  # 10公斤的: only its size says what it is of
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
    if len(set(map(_said_of, items))) > 1:
        return out  # more things than one, and no telling which is about what: asked, never half of it
    for item in items[:1]:
        for index in named_of(state.lines, targets(state, item, said.text), said.text, scene.shelf):
            filled = fill(state.lines[index], item, scene.shelf, asked)
            out.append((index, _without_kept_size(state.lines[index], filled, said.text, scene.shelf)))
    return out if len(out) < 2 or not _SUMMED.search(said.text) else []


def _without_kept_size(old: DraftLine, filled: Filled, text: str, shelf: Shelf) -> Filled:
    """不要罐装的 一级的半斤装: another choice, and a word for another size: asked for where it was not taken."""
    line, said = filled.line, fold(text)
    product, held = shelf.product(line.product or ""), look(old, shelf).sku
    if product is None or held is None or line.sku is None or line.sku != old.sku or line.options == old.options:
        return filled
    own = {fold(name) for name in (held.label, *held.aliases)}
    names = {fold(name) for sku in product.skus for name in (sku.label, *sku.aliases) if len(name) > 1}
    others = any(name in said for name in names - own)
    return replace(filled, line=replace(line, sku=None)) if others else filled


def _said_of(item: Item) -> tuple[object, ...]:
    return (
        item.product,
        item.sku,
        item.value,
        item.quantity,
        *sorted(item.options.items()),
        *sorted(item.fields.items()),
    )


def _mentioned(
    state: Collecting | Confirming, items: Sequence[Item], said: Said, scene: Scene
) -> list[tuple[int, Filled]]:
    """A correction that only makes sense knowing the product: 数量改3, 改成大杯, 最后一位是8."""
    meant = targets(state, items[0] if items else Item(), said.text)
    product = scene.shelf.product(state.lines[meant[0]].product or "") if len(meant) == 1 else None
    if product is None or said.frame.intent not in ("change", "answer", "unknown"):
        return []
    size = fold(_TO_SIZE.sub("", said.text.strip()))
    if said.frame.intent == "change" and any(size in map(fold, (sku.label, *sku.aliases)) for sku in product.skus):
        whole = fill_by_text(state.lines[meant[0]], "value", size, product, scene.shelf)
        return [(meant[0], whole)] if whole is not None else []
    *before, wanted = _SWAP.split(said.text)  # 先别 …换成一级的半斤装: what is refused before it is none of it
    refuses = any(word in part for part in before for word in replies.NOT_WORDS)
    text = wanted if refuses else said.text
    filled = fill_by_mention(state.lines[meant[0]], text, product, scene.shelf)
    if _settles(items) and not (filled is not None and _says_more(filled, items)):
        return []
    if filled is not None and filled.line == state.lines[meant[0]] and items:
        return []  # 改成金币 470万: the name it has already says less than the number
    return [(meant[0], filled)] if filled is not None else []


def _settles(items: Sequence[Item]) -> bool:
    """Whether the understanding found more than a bare number, which could be a quantity or a digit just as well."""
    return any(i.product or i.sku or i.options or i.fields or i.invalid or "quantity" in i.said for i in items)


def _says_more(filled: Filled, items: Sequence[Item]) -> bool:
    """Whether the product's own names gave the options that were found, and a size besides: 英文的一对一."""
    plain = not any(i.product or i.sku or i.fields or i.invalid or "quantity" in i.said for i in items)
    options = {name for item in items for name in item.options if name in item.said}
    return plain and "value" in filled.changed and options <= filled.changed


def _after_filling(
    dialog: Dialog, state: Collecting | Confirming, fills: Sequence[tuple[int, Filled]], said: Said, scene: Scene
) -> Turn:
    if isinstance(state, Collecting) and len(fills) == 1 and state.slot in fills[0][1].changed:
        fills = [(fills[0][0], with_count(fills[0][1], state.slot, said, scene))]
    lines = list(state.lines)
    for index, filled in fills:
        lines[index] = filled.line
    if isinstance(state, Collecting) and fills:
        lines = spread(state, lines, scene.shelf)
    did = frozenset[str]().union(*(filled.changed for _, filled in fills))
    problems = tuple(dict.fromkeys(p for _, filled in fills for p in filled.problems))
    if did or problems:
        hint = _meant_as_size(state, said.text, scene.shelf) if problems else ""
        turn = advance(dialog, lines, scene, *problems, hint, missed=bool(problems))
        asked = {state.slot} if isinstance(state, Collecting) else set()
        replaced = any((_held(state.lines[index]) & filled.changed) - asked for index, filled in fills)
        turn = _noting(turn, asked, fills, scene)
        corrects = said.frame.intent == "change" or isinstance(state, Confirming) or replaced
        if not corrects or turn.dialog.misses or turn.dialog.state == Idle():
            return turn
        same = tuple(lines) == state.lines or _looks_same(state.lines, lines, scene.shelf)
        if same and isinstance(state, Confirming) and _other_numbers(state.lines, said.text, scene.shelf):
            return miss(doubted(dialog), scene)  # 10节不够 来20节: one of them was something else
        told = replies.changed() if not same else replies.nothing_changed() if isinstance(state, Confirming) else ""
        return replace(turn, reply=Reply(replies.join(told, turn.reply.text)))
    if said.frame.intent in ("change", "deny"):
        emptied = with_slot_cleared(state, said.text, scene.shelf)
        if emptied is not None:
            return advance(dialog, emptied, scene)
        if len(lines) > 1 and any(says_anything(item) for item in said.frame.items):
            return ask_which_line(dialog, scene, said.text)
        return _which_meaning(dialog, state, said.text, scene) or denied(dialog, scene)
    if len(lines) > 1 and isinstance(state, Confirming) and any(i.fields or i.invalid for i in said.frame.items):
        return ask_which_line(dialog, scene, said.text)
    held = {line.product for line in state.lines}
    if said.frame.items and all(item.product in held and item.product is not None for item in said.frame.items):
        if isinstance(state, Confirming) and _COUNTS_SOMETHING.search(said.text):
            return miss(doubted(dialog), scene)  # 酸梅汤要两壶: something was to change, and nothing did
        meant = targets(state, said.frame.items[0], said.text) if isinstance(state, Confirming) else ()
        if meant and all(names_else(state.lines[i], said.text, scene.shelf) for i in meant):
            return miss(doubted(dialog), scene)  # 油烟机要拆开洗的那种: more was said than the shop's words
        return advance(dialog, lines, scene)  # the same once more: the question stands
    offered = isinstance(state, Collecting) and bool(state.lines[state.line].candidates)
    if said.frame.intent == "order" and not offered:
        return named_alone(dialog, said, scene) or nothing_found(dialog, scene, said.text)
    return miss(dialog, scene)


def _other_numbers(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> bool:
    """Whether a number stands in the message that none of the lines has anywhere."""
    held = {
        word
        for line in lines
        for name in (*names_of(line, shelf), *line.fields.values())
        for word in _NUMBERS.findall(name)
    }
    held |= {str(line.quantity) for line in lines}
    return bool(set(_NUMBERS.findall(text)) - held)


def _noting(turn: Turn, asked: set[str], fills: Sequence[tuple[int, Filled]], scene: Scene) -> Turn:
    """What came while something else was asked is noted aloud: the same question alone would look deaf."""
    state = turn.dialog.state
    if not isinstance(state, Collecting) or asked != {state.slot} or len(state.lines) != 1 or turn.dialog.misses:
        return turn
    line = state.lines[0]
    product = scene.shelf.product(line.product or "")
    new = {name for _, filled in fills for name in filled.changed}
    if product is None:
        return turn
    told = {field.name: line.fields[field.name] for field in product.fields if field.name in line.fields}
    told = {f.name: told[f.name] for f in product.fields if f.name in told and f.kind is not FieldKind.ADDRESS}
    told |= line.options
    notes = [
        replies.noted(slot_label(product, name), choice_label(product, name, value))
        for name, value in told.items()
        if name in new
    ]
    if "quantity" in new and line.quantity:
        notes.append(replies.noted(slot_label(product, "quantity"), str(line.quantity)))
    sku = look(line, scene.shelf).sku
    if "value" in new and sku is not None and sku.any_value is None:
        notes.append(replies.noted(slot_label(product, "value"), sku.label))
    return replace(turn, reply=Reply(replies.join(*notes, turn.reply.text)))


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
    if product is None or field is None or not plain.isdecimal():
        return ""
    sizes = [s for s in look(replace(line, value=None, sku=None), shelf).skus if replies.number(s.value) == plain]
    return replies.change_size_instead(sizes[0].label) if sizes else ""


def _held(line: DraftLine) -> frozenset[str]:
    """The slots a line has something in: to set one of these again is a correction."""
    value = {"value"} if line.value is not None or line.sku is not None else set()
    return frozenset({*value, *line.options, *line.fields})


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
    elif kind in ("v:", "a:"):
        picked = replace(line, fields={**line.fields, state.slot: key})
    else:
        return None
    lines = spread(state, _with(state.lines, state.line, picked), scene.shelf)
    return advance(dialog, lines, scene)


def _with(lines: Sequence[DraftLine], index: int, line: DraftLine) -> tuple[DraftLine, ...]:
    return (*lines[:index], line, *lines[index + 1 :])
