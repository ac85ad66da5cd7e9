"""The open question of a talk: its words and its numbered choices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from catalog.model import Choice, Delivery, Field, Product, Sku
from catalog.shelf import Shelf
from dialogs import favourites, replies
from dialogs.draft import Looked, field_of, look, option_of
from dialogs.merging import sample, together
from dialogs.places import EXAMPLES, goes_by_parcel, lacking
from dialogs.state import (
    DRAFT_LINES_MAX,
    PAGE_SIZE,
    QUANTITY_MAX,
    Collecting,
    Confirming,
    Dialog,
    DraftLine,
    Idle,
    Listed,
    WithHuman,
)
from dialogs.turn import Reply, Scene, Turn
from kernel.masking import mask
from kernel.orders import UsedAccount
from nlu.frame import Expecting

HOT_MAX = 5
LIST_BYTES_MAX = 1500
"""A list of very long names is shown without taps rather than cut."""
_HOT_TAGS = frozenset({"hot", "热门"})
FITTING_MAX = 18
_SHORT_LIST = 3
_OTHERS_MAX = 3
_UNITS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask: in full, with its list, and in one line for the end of a reply that holds another list."""

    text: str
    brief: str
    listed: Listed | None = None


def expecting(dialog: Dialog, scene: Scene) -> Expecting | None:
    """What the bot has asked last, for nlu.parse."""
    shown = dialog.listed.shown if dialog.listed else 0
    match dialog.state:
        case Collecting() as state:
            return Expecting(state.slot, state.lines[state.line].product, shown)
        case Confirming() as state:
            products = {line.product for line in state.lines}
            return Expecting("confirm", products.pop() if len(products) == 1 else None, shown)
        case WithHuman() as state if not isinstance(state.resume, Idle):
            return expecting(replace(dialog, state=state.resume), scene)
        case _ if shown:
            return Expecting("product", None, shown)
        case _ if dialog.unpaid and dialog.unpaid.expires_at > scene.now:
            products = {line.product for line in dialog.unpaid.lines}
            return Expecting("confirm", products.pop() if len(products) == 1 else None, shown)
        case _:
            return None


def open_question(dialog: Dialog, scene: Scene) -> Question | None:
    """What the buyer still has to answer, or None when nothing is being put together."""
    match dialog.state:
        case Collecting() as state:
            question, listed = ask_next(dialog, state, scene.shelf), dialog.listed
            if listed is None or question.listed is None or listed.entries != question.listed.entries:
                return question
            return ask_next(dialog, state, scene.shelf, listed.page)
        case Confirming() as state:
            brief = summary_in_brief(state, scene.shelf)
            return Question(brief, brief)
        case _:
            return None


def answer(dialog: Dialog, scene: Scene, text: str, listed: Listed | None = None, *, in_full: bool = False) -> Turn:
    """Answer a question in the middle, then ask the open one again: in one line when the answer holds a list itself, or
    when the open question's own long list is what was shown last (not `in_full`: after rows that its numbers could be
    taken for)."""
    question = open_question(dialog, scene)
    if question is None:
        return Turn(replace(dialog, listed=listed or dialog.listed, misses=0), Reply(text))
    if listed is not None:
        return Turn(replace(dialog, listed=listed, misses=0), Reply(replies.join(text, question.brief)))
    again = question.listed is not None and question.listed == dialog.listed
    if text and not in_full and again and question.listed is not None and question.listed.shown > _SHORT_LIST:
        return Turn(replace(dialog, misses=0), Reply(replies.join(text, question.brief)))
    return Turn(replace(dialog, listed=question.listed, misses=0), Reply(replies.join(text, question.text)))


def ask_next(dialog: Dialog, state: Collecting, shelf: Shelf, page: int = 0) -> Question:
    """Ask for the slot that is open, offering what this buyer gave before."""
    used = dialog.used.accounts if dialog.used is not None else ()
    return ask(state.lines, state.line, state.slot, shelf, page, used)


def ask(
    lines: Sequence[DraftLine], index: int, slot: str, shelf: Shelf, page: int = 0, used: Sequence[UsedAccount] = ()
) -> Question:
    """Ask for one slot of one line, and along with it for what can be said in the same breath."""
    looked = look(lines[index], shelf)
    product = looked.product
    if product is None:
        question = _ask_product(looked, shelf, page)
    elif slot == "quantity":
        brief = replies.still_open(product.name, slot_label(product, slot))
        question = Question(replies.ask_quantity(product, QUANTITY_MAX), brief)
    elif slot == "value":
        question = _ask_value(looked, product, page, _also_wanted(looked, product, slot, used, shelf))
    else:
        question = _ask_part(looked, product, slot, page, used, shelf)
    if question.listed is not None and not question.listed.entries:
        question = replace(question, listed=None)
    if len(lines) == 1:
        return question
    if (row := lines[index].row) and product is None:
        return Question(replies.row_again(row, lines[index].said), replies.row_still_open(row))
    if row:
        text = replies.join(replies.row_open(row), question.text)
        return Question(text, replies.row_still_open(row), question.listed)
    told = told_apart(lines, index, shelf)
    count = len(lines)
    head = replies.which_line_called(index + 1, count, told) if told else replies.which_line(index + 1, count)
    return Question(replies.join(head, question.text), question.brief, question.listed)


def told_apart(lines: Sequence[DraftLine], index: int, shelf: Shelf) -> str:
    """What only this line of a product is: 儿童票, 陈子涵, 138****5678; "" where nothing tells it apart."""
    looked = look(lines[index], shelf)
    others = [look(line, shelf) for i, line in enumerate(lines) if i != index and line.product == looked.line.product]
    if looked.product is None or not others:
        return ""
    if looked.sku is not None and all(one.sku != looked.sku for one in others):
        return looked.sku.label
    for name, value in (*looked.line.options.items(), *looked.line.fields.items()):
        if all({**one.line.options, **one.line.fields}.get(name) != value for one in others):
            label = choice_label(looked.product, name, value)
            own = mask(label) if any(map(str.isdigit, value)) else replies.said(label)
            return own if label == value else label
    return ""


def numbered(listed: Listed, texts: Sequence[tuple[str, str]]) -> str:
    """The page of a list that is to be shown; `texts` holds (what is shown, what a tap sends) for every entry."""
    first = listed.page * PAGE_SIZE
    rows = [replies.entry(i + 1, *texts[i]) for i in range(first, listed.shown)]
    if sum(len(row.encode()) for row in rows) > LIST_BYTES_MAX:
        rows = [f"{i + 1}. {texts[i][0]}" for i in range(first, listed.shown)]
    return replies.join(*rows, replies.more(listed.shown, len(texts)) if listed.shown < len(texts) else "")


def list_products(products: Sequence[Product], page: int = 0) -> tuple[str, Listed]:
    """Products, numbered, by name."""
    listed = Listed(tuple(f"p:{product.id}" for product in products), page)
    return numbered(listed, [(replies.product_entry(p), p.name) for p in products]), listed


def hot_products(shelf: Shelf) -> tuple[Product, ...]:
    """The products the shop puts first: those tagged so, else those that stand first in its catalog."""
    tagged = [p for p in shelf.products if p.skus and not _HOT_TAGS.isdisjoint(p.tags)][:HOT_MAX]
    names = {product.id for product in tagged}
    rest = (product for product in shelf.products if product.skus and product.id not in names)
    return (*tagged, *islice(rest, HOT_MAX - len(tagged)))


def fitting_products(line: DraftLine, shelf: Shelf) -> tuple[Product, ...]:
    """The products that what was said so far could be about, in the shop's order: none, when nothing narrows it."""
    known = tuple(p for p in map(shelf.product, line.candidates) if p is not None)
    if known:
        return known
    if not line.fields and not line.options and line.value is None:
        return ()
    fitting = (product for product in shelf.products if _could_be(product, line, shelf))
    return tuple(islice(fitting, FITTING_MAX))


def fixed_and_ranged(skus: Sequence[Sku]) -> tuple[list[Sku], list[Sku]]:
    """SKUs of a fixed size, and those sold in any number."""
    return [s for s in skus if s.any_value is None], [s for s in skus if s.any_value is not None]


def sku_entries(product: Product, skus: Sequence[Sku]) -> list[tuple[str, str]]:
    """What is shown and sent for each SKU; a label that two SKUs share is told apart by their options."""
    labels = [sku.label for sku in skus]
    return [(replies.sku_entry(s, _options_of(product, s) if labels.count(s.label) > 1 else ""), s.label) for s in skus]


def sku_name(product: Product, sku: Sku) -> str:
    """What a SKU is called by itself: its label, with its options where another has the same."""
    alone = sum(other.label == sku.label for other in product.skus) == 1
    return sku.label if alone else sku.label + _options_of(product, sku)


def _options_of(product: Product, sku: Sku) -> str:
    found = (choice_label(product, name, value) for name, value in sku.options.items())
    return f"（{'，'.join(found)}）" if sku.options else ""


def choice_label(product: Product, name: str, value: str) -> str:
    """How a value is shown: a choice's label, anything else in full."""
    values = _choices(product, name)
    return next((choice.label for choice in values if choice.id == value), value)


def slot_label(product: Product | None, slot: str) -> str:
    """What a slot is called towards the buyer."""
    if product is not None:
        part = option_of(product, slot) or field_of(product, slot)
        if part is not None:
            return part.label
    return {"product": "商品", "value": replies.size_word(product), "quantity": "数量"}.get(slot, slot)


def draft_words(lines: Sequence[DraftLine], shelf: Shelf) -> str:
    """What is being put together, in one line, accounts masked; of a long list its beginning."""
    looks = [look(line, shelf) for line in lines[:DRAFT_LINES_MAX]]
    told = replies.draft_words(
        (
            one.product.name if one.product else "",
            one.sku.label if one.sku else "",
            one.line.quantity,
            [mask(value) for value in one.line.fields.values()],
        )
        for one in looks
    )
    return told if len(lines) == len(looks) else replies.and_others(what=told, count=len(lines))


def is_digital(product: Product) -> bool:
    return product.delivery in (Delivery.TOPUP, Delivery.CARD)


def _choices(product: Product, name: str) -> tuple[Choice, ...]:
    part = option_of(product, name) or field_of(product, name)
    return part.values if part else ()


def _could_be(product: Product, line: DraftLine, shelf: Shelf) -> bool:
    if not product.skus:
        return False
    names = {option.name for option in product.options} | {field.name for field in product.fields}
    if not names >= {*line.options, *line.fields}:
        return False
    looked = look(DraftLine(product.id, value=line.value, options=line.options, fields=line.fields), shelf)
    kept = looked.fields.keys() >= line.fields.keys() and looked.options.keys() >= line.options.keys()
    return looked.trouble is None and kept


def _ask_product(looked: Looked, shelf: Shelf, page: int) -> Question:
    products = fitting_products(looked.line, shelf)
    account = next(
        (value for value in looked.line.fields.values() if any(c.isdecimal() or c == "@" for c in value)), ""
    )
    if looked.line.candidates and products:
        head = replies.ask_which_product()
    elif account and products and looked.line.value is None:
        head = replies.ask_product_for_account(account)
    elif products:
        head = replies.ask_fitting_product()
    else:
        products, head = hot_products(shelf), replies.ask_any_product()
    rows, listed = list_products(products, page)
    return Question(replies.join(head, rows), replies.still_open("", "商品"), listed)


def _ask_value(looked: Looked, product: Product, page: int, also_wanted: str) -> Question:
    fixed, ranged = fixed_and_ranged(looked.skus)
    brief = replies.still_open(product.name, replies.size_word(product))
    if not fixed and not ranged:
        return Question(replies.nothing_on_sale(product), brief)
    if not fixed and len(ranged) == 1 and ranged[0].any_value is not None:
        limits, sku = ranged[0].any_value, ranged[0]
        value = looked.line.value
        wrong = replies.out_of_range(product, sku, limits, value) if looked.trouble and value is not None else ""
        return Question(replies.join(wrong, replies.ask_units(product, sku, limits), also_wanted), brief)
    listed = Listed(tuple(f"s:{sku.code}" for sku in (*fixed, *ranged)), page)
    rows = numbered(listed, sku_entries(product, (*fixed, *ranged)))
    also = [replies.or_any_units(sku, sku.any_value) for sku in ranged if sku.any_value]
    others = _other_choices(looked, product)
    also += [replies.also_options(others)] if others else []
    also += [also_wanted] if also_wanted else []
    text = replies.join(_off_sale(looked, product), replies.ask_value(product), rows, *also)
    return Question(text, brief, listed)


def _other_choices(looked: Looked, product: Product) -> list[str]:
    """What a default option hides: 慢充, where 快充 is listed because nothing was said."""
    return [
        choice.label
        for option in product.options
        if option.name not in looked.line.options and option.name in looked.options
        for choice in option.values
        if choice.id != looked.options[option.name]
        and any(s.options.get(option.name) == choice.id for s in product.skus)
    ][:_OTHERS_MAX]


def _off_sale(looked: Looked, product: Product) -> str:
    value = looked.line.value
    if looked.trouble != "off_sale" or value is None:
        return ""
    units = {sku.unit for sku in looked.skus if sku.value is not None}
    unit = units.pop() if len(units) == 1 else ""
    chosen = [choice_label(product, n, v) for n, v in looked.options.items() if n in looked.line.options]
    sized = [(abs(sku.value - value), sku.label) for sku in looked.skus if sku.value is not None]
    nearest = [label for _, label in sorted(sized)[:2]]
    unit = "个月" if unit == "月" else unit
    size, rest = f"{replies.number(value)}{unit}", "".join(chosen)
    before = bool(chosen) and any(sku.label.startswith(chosen[0]) for sku in product.skus)  # 中国100元; 100元慢充
    return replies.off_sale(product, rest + size if before else size + rest, nearest)


def _also_wanted(looked: Looked, product: Product, slot: str, used: Sequence[UsedAccount], shelf: Shelf) -> str:
    """What can be sent along with the size or choice that is asked for, in one line below its list."""
    fields = together(looked, slot)
    if not fields or looked.trouble is not None:
        return ""
    known = favourites.offered(product, fields[0], used, shelf)
    if len(fields) == 1 and known:
        return replies.along_with_last(fields[0].label, favourites.entry(fields[0], 0, known[0]))
    account = sample(fields[0]) if len(fields) == 1 else None
    size = next((sku.label for sku in looked.skus if sku.any_value is None), "") if slot == "value" else ""
    if slot == "value" and not size and looked.skus and (limits := looked.skus[0].any_value) is not None:
        size = str(min(limits.max, max(limits.min, _UNITS_SHOWN)))
    if size and account:
        return replies.along_like(fields[0].label, f"{size} {account}")
    return replies.along([field.label for field in fields])


def _ask_account(
    looked: Looked, product: Product, field: Field, used: Sequence[UsedAccount], shelf: Shelf, brief: str
) -> Question:
    """Ask for an account, a name…: what he gave before is choice 1."""
    labels = [field.label, *(other.label for other in together(looked, field.name))]
    known = favourites.offered(product, field, used, shelf)
    how = replies.address_how() if goes_by_parcel(field, product) else ""
    if not known:
        return Question(replies.join(replies.ask_fields(product, labels), how), brief)
    listed = Listed(tuple(f"a:{value}" for value in known))
    texts = [favourites.entry(field, i, value) for i, value in enumerate(known)]
    rows = numbered(listed, [(text, text) for text in texts])
    return Question(replies.join(replies.ask_fields(product, labels, offers=True), rows, how), brief, listed)


def _ask_part(
    looked: Looked, product: Product, slot: str, page: int, used: Sequence[UsedAccount], shelf: Shelf
) -> Question:
    """Ask for an option or a field."""
    label = slot_label(product, slot)
    brief = replies.still_open(product.name, label)
    values = _choices(product, slot)
    option = option_of(product, slot)
    if option is not None and looked.trouble is None:
        values = tuple(c for c in values if any(sku.options.get(slot, c.id) == c.id for sku in looked.skus))
    field = field_of(product, slot)
    given = looked.line.fields.get(slot)
    if field is not None and given is not None and (wants := lacking(field, given, product)):
        return Question(
            replies.ask_address_rest(label, given, wants, " ".join(EXAMPLES[part] for part in wants)),
            replies.still_open(product.name, "、".join(wants)),
        )
    if not values and field is not None:
        return _ask_account(looked, product, field, used, shelf, brief)
    if not values:
        return Question(replies.ask_fields(product, [label]), brief)
    listed = Listed(tuple(f"v:{choice.id}" for choice in values), page)
    prices = [_price_of(looked.skus, slot, choice) if option else None for choice in values]
    texts = [(replies.choice_entry(c.label, price), c.label) for c, price in zip(values, prices, strict=True)]
    wrong = ""
    if looked.trouble == "not_together":
        wrong = replies.not_together(product, "+".join(choice_label(product, n, v) for n, v in looked.options.items()))
    also = _also_wanted(looked, product, slot, used, shelf) if option else ""
    text = replies.join(wrong, replies.ask_choice(product, label), numbered(listed, texts), also)
    return Question(text, brief, listed)


def _price_of(skus: Sequence[Sku], option: str, choice: Choice) -> int | None:
    """The price of a choice, when it settles the SKU."""
    left = [sku for sku in skus if sku.options.get(option) == choice.id]
    return left[0].price_fen if len(left) == 1 and left[0].any_value is None else None


def line_in_words(line: DraftLine, shelf: Shelf) -> str:
    """Its goods and how many, for the middle of a sentence."""
    looked = look(line, shelf)
    if looked.product is None or looked.sku is None:
        return "订单"
    label = looked.sku.label
    if looked.sku.any_value is not None:
        label = replies.any_value_label(looked.sku, looked.line.value)
    name = looked.product.name
    what = label if label.startswith(name) else f"{name} {label}"
    return f"{what} ×{looked.line.quantity}" if looked.line.quantity > 1 else what


def summary_in_brief(state: Confirming, shelf: Shelf) -> str:
    """The open summary in one line, and what 确认 does now: after a correction that nobody took, it only shows."""
    what = line_in_words(state.lines[0], shelf)
    told = replies.summary_doubted if state.denied else replies.summary_brief
    return told(what, len(state.lines), sum(state.totals_fen))
