"""Lines of a draft taken out, added to, or changed one by one: 京东卡不要了, 再加50Q币, 第二个改成200."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Delivery, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import paying, replies
from dialogs.addresses import completed, corrected_address
from dialogs.draft import account_field, field_of, look
from dialogs.filling import (
    Filled,
    cleared,
    fill,
    fill_by_mention,
    fill_by_text,
    named_field,
    named_slots,
    says_anything,
    speaks_of_ending,
)
from dialogs.ordering import advance, ask_which_line, denied, doubted, miss
from dialogs.pointing import Pointed, by_each_number, longest_name, pointed
from dialogs.state import DRAFT_LINES_MAX, QUANTITY_MAX, Collecting, Confirming, Dialog, DraftLine, Lookup, Replacement
from dialogs.turn import CancelOrder, FindOrders, Said, Scene, Turn
from kernel.ids import OrderNo
from nlu.frame import Item
from nlu.numerals import CHINESE, DIGITS, read_numeral

_TALK_OF_ELSE = frozenset({"price", "search", "help", "human", "keys", "refund", "invoice", "balance", "rate", "batch"})
_REMOVING = re.compile(r"不[要用充买]|别[要充买]|[去删拿减除划]掉|去除|删[了除]|删|移除|取消|退掉|不需要")
_KEEPING = re.compile(r"^我?(?:还是|算了|那)?(?:只要|只充|只买|只留|就要|就留|留下|保留|留)(?=.)")
_REMOVE_FILLER = re.compile(
    r"(?:确认|好的?|嗯|行|把|给我|帮我|麻烦|请|先|还是|算了|那|这|吧|啦|了|的|个|单|件|张|份|都|全部?|也|就|我|哈|呢|就行|就好|可以|一下"
    r"|订单|号码?|充值|卡|和|跟|与|[,，.。!！~～;；、:：])*"
)
_ADDING = re.compile(
    r"再[加来要买充给多订办送弄]|另外|还[要有]|顺[便带]|加上|多[要来加买订]|[加来]一[张份个单件条袋盒]|加[两三四五]"
    r"|也[充来要买给办订加]|外加"
)
_INSTEAD = re.compile(r"[改换]|不要|不是|错|还是")
_CHANGING = re.compile(r"[改换变用要是错订来充]|不对|应该")
_LEADING = re.compile(
    r"^(?:的|那|这|个|单|件|张|份|面额|面值|金额|规格|数量|号码|手机号|账号|错了?|不对|写错了?|应该|是|改为|改成|改到|改"
    r"|换成|换为|换|变成|要|用|充|来|就|给我|帮我|把|了|成|到|为|[,，。:：、;；])+"
)
_TRAILING = re.compile(r"(?:的|吧|了|啊|呢|哈|呗|[,，。！!~])+$")
_COUNT = re.compile(rf"^(\d{{1,4}}|[{CHINESE}]{{1,4}})([张份个件条袋盒次枚瓶桶箱]?)$")
_NUMBER = re.compile(rf"(?<![\d.])(\d{{1,7}}|[{CHINESE}]{{1,5}})(?:元|块钱?)?(?:的|吧|了|啊|呢)*$")
_COUNT_IN = re.compile(rf"(\d{{1,2}}|[{CHINESE}]{{1,2}})[张份个件条袋盒次瓶桶箱]")
_LAST_ORDER = re.compile("[单次回]|照旧|老样")
_SAME_ACCOUNT = re.compile("同一?个?号|这个号|一样的?号")
_DIGITS = re.compile(r"(?<![\d.])\d{1,7}(?![\d.])")
_EVERYTHING = re.compile(r"(?:[全都]|所有|统统|算了|一[件个]|[部的了吧啦,，。])*[全都有](?:[部的了吧啦,，。我])*")
_TOO_MUCH = re.compile(r"^.{0,10}?太[多少大小]了?[,，]?(?:还是|那就?|就|要|来|换成?|改成?)*(.{1,12})$")
_SOME_OF = re.compile(rf"^(?:其中|里面)?的?([{CHINESE}]|\d{{1,2}})[张份个件条袋盒](?:要)?[改换]成?(.+)$")
_PLAIN_HEAD = re.compile(
    "[那就还是都全部一起请帮我给把它们两三四五个单件张份面额金数量规格号码账手机的嗯哦好吧啊算了等下不对错麻烦再想要"
    "充值话费统各均也换改到,，。！!、~ ]*"
)
_IS_NOT = re.compile(
    r"是(?P<new>\d{2,8})[,，]?(?:而)?不是(?P<was>\d{2,8})(?!\d)|不是(?P<was_too>\d{2,8})[,，]?(?:而)?是(?P<new_too>\d{2,8})(?!\d)"
)
_SEPARATORS = re.compile(r"[ ,，。.\-]+")
_PHONE_START = re.compile(r"1[3-9]\d{1,8}$")
_FEWER = re.compile(rf"(?:减|少)(?:掉|去|要|买|来)?(\d{{1,2}}|[{CHINESE}]{{1,2}})[张份个件条袋盒次瓶桶箱](?!.*[改换])")
_UP_TO = re.compile(r"^(?:加|减|升|降|提|凑)[到成](\d{1,7})(?:元|块|个)?(?:吧)?$")
_RATHER = re.compile(r"^.{0,12}?(?:不要|不用|别要?)(?:了)?[^要]{0,10}?(?:我?要|换成?|改成?|用)(.{1,20})$")
_ENDS = re.compile(r"最后|末|尾")
_TO = re.compile(
    r"^(?P<head>.*?)(?:错了?|不对|写错了?)?[,，。:： ]*"
    r"(?:应该是|改成|改为|换成|换为|改|是|叫)[:： ]*(?P<new>[^,，。]+)$"
)
_NOT = re.compile(r"[,，]?(?:而)?不是.*$|(?:的|吧|了|啊|哈)+$")
_ASKS = re.compile(r"[?？吗呢]|什么|怎么|哪|多少|几")
_SAYS_LITTLE = 12
_TOKEN = re.compile(r"[0-9a-z][0-9a-z._%+@-]{4,}")


def edited(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """A message about the lines of what is being put together; None when it is about something else."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return _taken_out_of_unpaid(dialog, said, scene)
    if any(line.product is None for line in state.lines) and len(state.lines) == 1:
        return None
    taken = _taken_out(dialog, state.lines, said, scene)
    if taken is not None or (said.frame.intent in _TALK_OF_ELSE and not speaks_of_ending(said.text)):
        return taken
    return (
        _number_in_halves(dialog, state, said, scene)
        or _address_completed(dialog, state, said, scene)
        or _fewer(dialog, state, said, scene)
        or _added(dialog, state, said, scene)
        or _some_changed(dialog, state, said, scene)
        or _each_changed(dialog, state, said, scene)
        or _changed_one(dialog, state, said, scene)
        or _all_accounts(dialog, state, said, scene)
        or _instead(dialog, state, said, scene)
        or _changed_field(dialog, state, said, scene)
    )


# ---- taking out ----------------------------------------------------------------------------------------------------


def _taken_out(dialog: Dialog, lines: Sequence[DraftLine], said: Said, scene: Scene) -> Turn | None:
    """京东卡不要了, 第2件删掉, 去掉13511110002, 只要第一个."""
    others, gone = _REMOVING.subn("", fold(said.text))
    if gone and _EVERYTHING.fullmatch(others):
        return paying.cancel(dialog, scene)
    found = _to_take_out(lines, said.text, scene.shelf)
    if found is None:
        return None
    if found == ():
        return miss(doubted(dialog), scene, replies.which_line_to_drop(len(lines)))
    rest = [line for i, line in enumerate(lines) if i not in found]
    if not rest:
        return paying.cancel(dialog, scene)
    return advance(replace(dialog, misses=0), rest, scene, replies.taken_out(len(found)))


def _taken_out_of_unpaid(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The same for an order that is placed but unpaid: it is cancelled, and what is left is summed up again."""
    live = paying.live_unpaid(dialog, scene)
    named = next((item.product for item in said.frame.items if item.product), None)
    product = scene.shelf.product(named) if named else None
    if product is not None and (live is not None or "取消" in said.text) and _drops(product, said.text):
        lookup = Lookup(line=DraftLine(product.id))
        return Turn(replace(dialog, waiting=lookup, misses=0), effects=(FindOrders("cancel"),))
    if live is None or len(live.lines) < 2:
        return None
    found = _to_take_out(live.lines, said.text, scene.shelf)
    if not found or len(found) == len(live.lines):
        return None
    rest = tuple(line for i, line in enumerate(live.lines) if i not in found)
    return Turn(replace(dialog, waiting=Replacement(rest)), effects=(CancelOrder(OrderNo(live.order_no)),))


def _drops(product: Product, text: str) -> bool:
    """话费那单取消: nothing but that the order of this product goes."""
    said = fold(text)
    name = longest_name((product.name, *product.aliases), said)
    rest = said.replace(name, "", 1) if name else said
    return bool(name) and _REMOVING.search(rest) is not None and bool(_REMOVE_FILLER.fullmatch(_REMOVING.sub("", rest)))


def _to_take_out(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[int, ...] | None:
    """The lines that go; empty when it is not clear which; None when nothing is to be taken out."""
    said = fold(text)
    keeps = _KEEPING.match(said) if len(lines) > 1 else None
    verb = keeps or _REMOVING.search(said)
    if verb is None:
        return None
    meant = pointed(lines, said[: verb.start()] + said[verb.end() :], shelf)
    for _ in lines:
        if meant is None or _REMOVE_FILLER.fullmatch(_REMOVING.sub("", meant.rest)):
            break
        more = pointed(lines, meant.rest, shelf)
        meant = replace(more, lines=tuple(dict.fromkeys((*meant.lines, *more.lines)))) if more is not None else None
    if meant is None or not _REMOVE_FILLER.fullmatch(_REMOVING.sub("", meant.rest)):
        return None
    if len(lines) == 1:
        return (0,) if meant.by in ("account", "product") and meant.lines and not keeps else None
    everyone = "都" in said or meant.by != "part"
    if len(meant.lines) > 1 and not everyone:
        return ()
    if keeps:
        return tuple(i for i in range(len(lines)) if i not in meant.lines) if meant.lines else ()
    return meant.lines


# ---- adding --------------------------------------------------------------------------------------------------------


def _added(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """再加50Q币, B也充100, 再来一张: one more line, or more of one."""
    text = fold(said.text)
    adding = _ADDING.search(text)
    if adding is None or said.frame.intent in ("cancel", "browse", "order_status", "greet"):
        return None
    if said.frame.intent == "reorder" and _LAST_ORDER.search(text):
        return None
    if _INSTEAD.search(text) or any(line.product is None for line in state.lines):
        return None
    items = [item for item in said.frame.items if says_anything(item)]
    if isinstance(state, Collecting) and (len(items) > 1 or any(_answers(item, state) for item in items)):
        return None
    if not items:
        items = _accounts_said(state.lines, text, scene.shelf) or _named_said(state.lines[-1], text, scene.shelf)
    lines = list(state.lines)
    notes: list[str] = []
    for item in items:
        more = _with_more(lines, item, text, scene.shelf)
        if more is None:
            return miss(doubted(dialog), scene, replies.which_line_to_add(len(lines)))
        lines, problems = more
        notes += problems
    if not items or (lines == list(state.lines) and not notes):
        return None
    if len(lines) > DRAFT_LINES_MAX:
        notes.append(replies.too_many_lines(DRAFT_LINES_MAX))
    told = replies.added() if lines != list(state.lines) else ""
    return advance(replace(dialog, misses=0), lines[:DRAFT_LINES_MAX], scene, told, *notes, missed=bool(notes))


def _named_said(line: DraftLine, text: str, shelf: Shelf) -> list[Item]:
    """再来一张超大杯, where the understanding made no item of it: a SKU of the line's product, or only a number."""
    product = shelf.product(line.product or "")
    names = {fold(name): sku for sku in product.skus for name in (sku.label, *sku.aliases)} if product else {}
    name = longest_name(names, text)
    count = _COUNT_IN.search(text)
    wanted = read_numeral(count[1]) if count else None
    quantity = int(wanted) if wanted is not None and 1 <= wanted <= QUANTITY_MAX else 1
    if name and product is not None:
        said = frozenset({"product", "value", "quantity"})
        return [Item(product.id, sku=names[name].code, value=names[name].value, quantity=quantity, said=said)]
    bare = _DIGITS.findall(text)
    sized = product is not None and any(replies.number(sku.value) == bare[0] for sku in product.skus if bare)
    if len(bare) == 1 and product is not None and (sized or (not count and _in_units(line, shelf))):
        same = account_field(product) if _SAME_ACCOUNT.search(text) else None
        fields = {same.name: line.fields[same.name]} if same is not None and same.name in line.fields else {}
        return [Item(value=int(bare[0]), fields=fields, said=frozenset({"value", *fields}))]
    return [Item(quantity=quantity, said=frozenset({"quantity"}))] if count else []


def _answers(item: Item, state: Collecting) -> bool:
    """Whether an item is no more than what was asked for."""
    if item.product is not None or item.candidates:
        return False
    if state.slot == "value":
        return not item.fields and not item.invalid
    return item.value is None and item.sku is None


def _fewer(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """减一张, 少要两份."""
    text = fold(said.text)
    found = _FEWER.search(text)
    count = read_numeral(found[1]) if found else None
    if count is None:
        return None
    meant = pointed(state.lines, text, scene.shelf) if len(state.lines) > 1 else None
    which = meant.lines if meant is not None else ((0,) if len(state.lines) == 1 else ())
    if len(which) != 1:
        return miss(doubted(dialog), scene, replies.which_line_to_drop(len(state.lines)))
    lines, notes = _raised(list(state.lines), which[0], -int(count))
    return advance(dialog, lines, scene, *(notes or (replies.changed(),)), missed=bool(notes))


def _accounts_said(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> list[Item]:
    """再给139…也来一个, where the understanding made no item of it."""
    product = shelf.product(lines[-1].product or "")
    field = account_field(product) if product else None
    if field is None:
        return []
    checked = [check_field(field, token) for token in _TOKEN.findall(text)]
    valid = [one.canonical for one in checked if isinstance(one, Valid)]
    return [Item(fields={field.name: account}, said=frozenset({field.name})) for account in valid]


def _with_more(
    lines: list[DraftLine], item: Item, text: str, shelf: Shelf
) -> tuple[list[DraftLine], tuple[str, ...]] | None:
    """The lines with one thing more; None when it cannot be told of which line more is wanted."""
    count = item.quantity if "quantity" in item.said or item.quantity != 1 else None
    base = _like(lines, item)
    only_count = not (item.product or item.sku or item.candidates or item.options or item.fields or item.invalid)
    if only_count and item.value is None and not (len(lines) == 1 and _in_units(lines[0], shelf)):
        meant = pointed(lines, text, shelf) if len(lines) > 1 else None
        which = meant.lines if meant is not None else ((0,) if len(lines) == 1 else ())
        return _raised(lines, which[0], count or 1) if len(which) == 1 else None
    if base is None:
        filled = fill(DraftLine(), item, shelf)
        return [*lines, _with_shared(filled.line, lines, shelf)], filled.problems
    line = lines[base]
    product = shelf.product(line.product or "")
    if product is None:
        return None
    item = replace(item, product=None, candidates=())
    fresh = _sibling(line, item, product, shelf)
    filled = fill(fresh, item, shelf)
    ranged = all(sku.any_value is not None for sku in product.skus)
    units = item.value if item.value is not None else count
    if ranged and not item.fields and line.value is not None and units is not None:
        grown = replace(line, value=line.value + units)
        return [*lines[:base], grown, *lines[base + 1 :]], ()
    for i, other in enumerate(lines):
        counted = product.delivery is not Delivery.TOPUP or account_field(product) is None
        alike = _same_fields(other, filled.line) if item.fields else counted
        if alike and _same_thing(other, filled.line, shelf):
            return _raised(lines, i, count or 1)
    return [*lines, replace(filled.line, quantity=count or 1)], filled.problems


def _with_shared(line: DraftLine, lines: Sequence[DraftLine], shelf: Shelf) -> DraftLine:
    """A new line with the address or name that another line has already been given for a field of the same label."""
    product = shelf.product(line.product or "")
    if product is None:
        return line
    fields = dict(line.fields)
    for field in product.fields:
        for other in lines:
            owner = shelf.product(other.product or "")
            same = field_of(owner, field.name) if owner is not None else None
            if same is not None and same.label == field.label and _free(product, field.name):
                fields |= {field.name: other.fields[field.name]} if field.name in other.fields else {}
    return replace(line, fields={**fields, **line.fields})


def _in_units(line: DraftLine, shelf: Shelf) -> bool:
    """Whether a line is of something sold in any number: more of it is more units."""
    product = shelf.product(line.product or "")
    return product is not None and bool(product.skus) and all(sku.any_value is not None for sku in product.skus)


def _like(lines: Sequence[DraftLine], item: Item) -> int | None:
    """The line that one more is to be like: the last of its product; None for another product."""
    if item.product is not None:
        return next((i for i in reversed(range(len(lines))) if lines[i].product == item.product), None)
    known = [i for i, line in enumerate(lines) if line.product in item.candidates]
    if item.candidates:
        return known[-1] if known else None
    same_value = [i for i, line in enumerate(lines) if item.value is not None and line.value == item.value]
    return same_value[-1] if same_value else len(lines) - 1


def _sibling(line: DraftLine, item: Item, product: Product, shelf: Shelf) -> DraftLine:
    """A line like this one, without what the new one is to say for itself."""
    names_size = item.value is not None or item.sku is not None
    kept = {
        name: value
        for name, value in line.fields.items()
        if product.delivery is not Delivery.TOPUP or _free(product, name)
    }
    if names_size or item.options:
        sized = replace(line, value=None, sku=None, quantity=1, fields=kept)
        still = replace(sized, value=item.value, options={**line.options, **item.options})
        return sized if not look(still, shelf).trouble else replace(sized, options={})
    return replace(line, quantity=1, fields=kept)


def _free(product: Product, name: str) -> bool:
    field = field_of(product, name)
    return field is not None and field.kind in (FieldKind.TEXT, FieldKind.ADDRESS)


def _same_thing(one: DraftLine, other: DraftLine, shelf: Shelf) -> bool:
    first, second = look(one, shelf), look(other, shelf)
    return first.sku is not None and first.sku == second.sku and first.line.value == second.line.value


def _same_fields(one: DraftLine, other: DraftLine) -> bool:
    return all(one.fields.get(name) == value for name, value in other.fields.items())


def _raised(lines: list[DraftLine], index: int, by: int) -> tuple[list[DraftLine], tuple[str, ...]]:
    wanted = lines[index].quantity + by
    if not 1 <= wanted <= QUANTITY_MAX:
        return lines, (replies.quantity_out_of_range(QUANTITY_MAX),)
    return [*lines[:index], replace(lines[index], quantity=wanted), *lines[index + 1 :]], ()


# ---- changing one of several ---------------------------------------------------------------------------------------


def _some_changed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """一张换成50, of two: the other stays."""
    found = _SOME_OF.match(fold(said.text)) if len(state.lines) == 1 else None
    line = state.lines[0]
    count = read_numeral(found[1]) if found else None
    product = scene.shelf.product(line.product or "")
    if found is None or count is None or product is None or not 1 <= count < line.quantity:
        return None
    filled = line_with(replace(line, quantity=int(count)), found[2], product, scene.shelf)
    if filled is None or filled.problems or filled.line.quantity != count:
        return None
    left = replace(line, quantity=line.quantity - int(count))
    return advance(dialog, (left, filled.line), scene, replies.changed())


def _each_changed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """反了，第一个50第二个100."""
    parts = by_each_number(fold(said.text)) if len(state.lines) > 1 else []
    if not parts:
        return None
    lines = list(state.lines)
    for number, rest in parts:
        product = scene.shelf.product(lines[number - 1].product or "") if 1 <= number <= len(lines) else None
        filled = line_with(lines[number - 1], rest, product, scene.shelf) if product is not None else None
        if filled is None or filled.problems:
            return ask_which_line(dialog, scene)
        lines[number - 1] = filled.line
    return advance(dialog, lines, scene, replies.changed())


def _all_accounts(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """QQ都换成87654321: where every line takes it."""
    text = fold(said.text)
    tokens = _TOKEN.findall(text)
    if len(state.lines) < 2 or "都" not in text or len(tokens) != 1 or not re.search("[改换用充]", text):
        return None
    lines: list[DraftLine] = []
    for line in state.lines:
        product = scene.shelf.product(line.product or "")
        field = account_field(product) if product else None
        checked = check_field(field, tokens[0]) if field else None
        if field is None or product is None or not isinstance(checked, Valid) or _is_size(tokens[0], product):
            return None
        lines.append(replace(line, fields={**line.fields, field.name: checked.canonical}))
    return advance(dialog, lines, scene, replies.changed())


def _instead(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """慢充不要了，要快充 · 加到100, where the understanding made nothing of it."""
    text = fold(said.text)
    found = _UP_TO.match(text) or _RATHER.match(text) or _TOO_MUCH.match(text)
    product = scene.shelf.product(state.lines[0].product or "")
    if found is None or len(state.lines) != 1 or product is None or said.frame.items or _ASKS.search(text):
        return None
    filled = line_with(state.lines[0], found[1], product, scene.shelf)
    if filled is None or filled.problems:
        return None
    return advance(dialog, (filled.line,), scene, replies.changed())


def placed_change(dialog: Dialog, index: int, scene: Scene) -> Turn | None:
    """第一个, after it was asked which line a correction is about."""
    state = dialog.state
    if not isinstance(state, Confirming) or not state.unplaced or not 1 <= index <= len(state.lines):
        return None
    line = state.lines[index - 1]
    product = scene.shelf.product(line.product or "")
    filled = line_with(line, state.unplaced, product, scene.shelf) if product is not None else None
    if filled is None or filled.problems:
        return None
    lines = (*state.lines[: index - 1], filled.line, *state.lines[index:])
    return advance(dialog, lines, scene, replies.changed())


def _changed_one(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """第二个改成200, 598的改成4份, 13511110002改成100: that line alone."""
    lines = state.lines
    text = fold(said.text)
    if len(lines) < 2 or not _CHANGING.search(text) or "都" in text:
        return None
    meant = _meant(lines, text, scene.shelf)
    if meant is None and isinstance(state, Confirming) and said.frame.intent in ("change", "answer", "unknown"):
        verb = re.search("[改换]成?", text)
        if verb is not None and not _PLAIN_HEAD.fullmatch(text[: verb.start()]):
            return ask_which_line(dialog, scene, said.text)  # 爸爸的改成50: whoever that is
    if meant is None or (len(said.frame.items) > 1 and meant.by != "number"):
        return None
    if len(meant.lines) != 1:
        return ask_which_line(dialog, scene, said.text)
    index = meant.lines[0]
    filled = changed_line(lines[index], meant.rest, said, scene.shelf, meant)
    if filled is None:
        return None
    if not filled.changed and not filled.problems:
        return advance(dialog, lines, scene, replies.nothing_changed())
    out = (*lines[:index], filled.line, *lines[index + 1 :])
    told = replies.changed() if not filled.problems and filled.line != lines[index] else ""
    return advance(dialog, out, scene, told, *filled.problems, missed=bool(filled.problems))


def _meant(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> Pointed | None:
    """The line a change is about. What stands behind 改成 is the new value, so only what is before it can point by
    what the line is."""
    meant = pointed(lines, text, shelf)
    if meant is None or meant.by == "number":
        return meant
    verb = re.search(r"改|换|变成|要", text)
    if verb is None:
        return meant if meant.by in ("account", "product") else None
    head = pointed(lines, text[: verb.start()], shelf)
    return replace(head, rest=head.rest + text[verb.start() :]) if head is not None else None


def changed_line(line: DraftLine, rest: str, said: Said, shelf: Shelf, meant: Pointed) -> Filled | None:
    """One line with what the rest of the message says about it; None when that is nothing it could use."""
    product = shelf.product(line.product) if line.product else None
    if product is None:
        return None
    named = next((i for i in said.frame.items if i.product not in (None, line.product)), None)
    if named is not None:
        return fill(line, replace(named, fields={}), shelf)
    filled = line_with(line, rest, product, shelf)
    return filled or _from_frame(line, said, meant, shelf) or _emptied(line, rest, product)


def line_with(line: DraftLine, rest: str, product: Product, shelf: Shelf) -> Filled | None:
    """A line with what a few words say about it: an account, a size, a count, a choice."""
    rest = fold(rest)
    account = _new_account(line, rest, product, shelf)
    if account is not None:
        return account
    tail = _TRAILING.sub("", _LEADING.sub("", rest))
    filled = fill_by_text(line, "value", tail, product, shelf) if tail else None
    if filled is None:
        count = _COUNT.match(tail)
        wanted = read_numeral(count[1]) if count else None
        if wanted is not None and count is not None and (count[2] or not any(s.value for s in product.skus)):
            filled = fill(line, Item(quantity=int(wanted), said=frozenset({"quantity"})), shelf)
    filled = filled or fill_by_mention(line, rest, product, shelf)
    if filled is not None and filled.changed and "value" not in filled.changed:
        sizes = {replies.number(sku.value): sku.value for sku in product.skus if sku.value is not None}
        said = [sizes[found] for found in _DIGITS.findall(tail) if found in sizes]
        if len(said) == 1 and "quantity" not in filled.changed:  # 换成100慢充
            more = fill(filled.line, Item(value=said[0], said=frozenset({"value"})), shelf)
            filled = Filled(more.line, filled.changed | more.changed, more.problems)
    if filled is None and (size := _NUMBER.search(tail)) and (value := read_numeral(size[1])) is not None:
        filled = fill(line, Item(value=value, said=frozenset({"value"})), shelf)
    return filled


def _new_account(line: DraftLine, rest: str, product: Product, shelf: Shelf) -> Filled | None:
    tokens = _TOKEN.findall(rest)
    field = account_field(product)
    if field is None or len(tokens) != 1 or _is_size(tokens[0], product):
        return None
    item = Item(fields={field.name: tokens[0]}, said=frozenset({field.name}))
    return fill(line, item, shelf, field.name)


def _is_size(token: str, product: Product) -> bool:
    if any(token in (fold(sku.label), replies.number(sku.value)) for sku in product.skus):
        return True
    return token.isdigit() and any(
        s.any_value and s.any_value.min <= int(token) <= s.any_value.max for s in product.skus
    )


def _from_frame(line: DraftLine, said: Said, meant: Pointed, shelf: Shelf) -> Filled | None:
    if not said.frame.items:
        return None
    item = said.frame.items[0]
    fields = {n: v for n, v in item.fields.items() if line.fields.get(n) != v}
    filled = fill(line, replace(item, fields=fields), shelf)
    return filled if filled.line != line or filled.problems or (filled.changed and meant.by != "part") else None


def _emptied(line: DraftLine, rest: str, product: Product) -> Filled | None:
    """第二个号码错了: asked for again."""
    if not any(word in rest for word in replies.WRONG_WORDS):
        return None
    slots = [slot for slot in named_slots(rest, product) if slot != "quantity"]
    out = line
    for slot in slots:
        out = cleared(out, slot, product)
    return Filled(out, frozenset(slots)) if out != line else None


# ---- a field by its name -------------------------------------------------------------------------------------------


def _address_completed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """我叫张三 13700001111, where the parcel's address lacked who receives it."""
    if not isinstance(state, Collecting) or said.frame.intent in ("confirm", "deny", "cancel", "choose"):
        return None
    product = scene.shelf.product(state.lines[state.line].product or "")
    field = field_of(product, state.slot) if product else None
    old = state.lines[state.line].fields.get(state.slot)
    if field is None or old is None or field.kind is not FieldKind.ADDRESS or _ASKS.search(said.text):
        return None
    whole = any(len(value) > _SAYS_LITTLE and value != old for i in said.frame.items for value in i.fields.values())
    new = corrected_address(old, said.text) or (None if whole else completed(old, said.text))
    return _with_field(dialog, state, field.name, new, scene, "") if new is not None else None


def _number_in_halves(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """138 1234 and then 5678: one phone number in two messages."""
    if not isinstance(state, Collecting):
        return None
    text = _SEPARATORS.sub("", fold(said.text))
    digits = "".join(str(DIGITS.get(char, char)) for char in text)
    line = state.lines[state.line]
    product = scene.shelf.product(line.product or "")
    field = field_of(product, state.slot) if product else None
    if field is None or product is None or field.kind is not FieldKind.PHONE or not digits.isdigit():
        return None
    whole = check_field(field, state.half + digits)
    if state.half and isinstance(whole, Valid):
        return _with_field(dialog, state, field.name, whole.canonical, scene, "")
    alone = check_field(field, digits)
    if isinstance(alone, Valid) or not _PHONE_START.match(digits) or _is_size(digits, product):
        return None
    turn = advance(dialog, state.lines, scene, alone.reason_zh, replies.rest_of_number(len(digits)), missed=True)
    asked = turn.dialog.state
    kept = replace(asked, half=digits) if isinstance(asked, Collecting) else asked
    return replace(turn, dialog=replace(turn.dialog, state=kept))


def _changed_field(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """名字错了，是王方 · 取票人换成李娜 · 收货人改成吴强 · 身份证最后一位是1不是X: that field and no other."""
    line = state.lines[state.line] if isinstance(state, Collecting) else state.lines[0]
    product = scene.shelf.product(line.product or "")
    if product is None or _ASKS.search(said.text):
        return None
    text = fold(said.text)
    if len(state.lines) == 1 and _ENDS.search(text):
        filled = fill_by_mention(line, said.text, product, scene.shelf)
        if filled is not None and (filled.changed or filled.problems):
            told = replies.changed() if not filled.problems else ""
            return advance(dialog, (filled.line,), scene, told, *filled.problems, missed=bool(filled.problems))
        if speaks_of_ending(said.text):
            return denied(dialog, scene)
    swapped = _with_digits_swapped(line, text, product) if len(state.lines) == 1 else None
    if swapped is not None:
        return advance(dialog, (swapped,), scene, replies.changed())
    for place in (field for field in product.fields if field.kind is FieldKind.ADDRESS):
        old = line.fields.get(place.name)
        new = corrected_address(old, said.text) if old is not None else None
        if new is not None and new != old:
            return _with_field(dialog, state, place.name, new, scene, replies.changed())
    given = _labelled_text(product, said.text)
    if given is not None and len(state.lines) == 1:
        return _with_field(dialog, state, given[0], given[1], scene, replies.changed())
    found = _TO.match(said.text.strip())
    field = named_field(product, fold(found["head"])) if found else None
    if found is None or field is None or field.kind in (FieldKind.CHOICE, FieldKind.ADDRESS):
        return None
    free = field.kind is FieldKind.TEXT
    if line.fields.get(field.name) is None or (free and len(found["head"]) > _SAYS_LITTLE):
        return None
    checked = check_field(field, _NOT.sub("", found["new"]).strip())
    if not isinstance(checked, Valid) or (not free and len(state.lines) > 1):
        return None
    return _with_field(dialog, state, field.name, checked.canonical, scene, replies.changed())


def _with_digits_swapped(line: DraftLine, text: str, product: Product) -> DraftLine | None:
    """开头是139不是138: the only account that holds the wrong digits, where it still passes its check."""
    found = _IS_NOT.search(text)
    wrong, right = (found["was"] or found["was_too"], found["new"] or found["new_too"]) if found else ("", "")
    held = [f for f in product.fields if f.kind not in (FieldKind.CHOICE, FieldKind.ADDRESS) and f.name in line.fields]
    hit = [field for field in held if wrong and line.fields[field.name].count(wrong) == 1]
    if len(hit) != 1 or sum(line.fields[field.name].count(wrong) for field in held) != 1:
        return None
    checked = check_field(hit[0], line.fields[hit[0].name].replace(wrong, right))
    return replace(line, fields={**line.fields, hit[0].name: checked.canonical}) if isinstance(checked, Valid) else None


def _labelled_text(product: Product, text: str) -> tuple[str, str] | None:
    """附言：加油, 附言改成加油: a text field given by its own label, asked for or not: (field name, value)."""
    for field in product.fields:
        found = re.match(rf"{re.escape(field.label)}\s*(?:[:：]|改成|改为|写)\s*(.+)$", text.strip())
        if found is not None and field.kind is FieldKind.TEXT:
            checked = check_field(field, found[1])
            return (field.name, checked.canonical) if isinstance(checked, Valid) else None
    return None


def _with_field(dialog: Dialog, state: Collecting | Confirming, name: str, value: str, scene: Scene, told: str) -> Turn:
    """One field set, in every line that held the same."""
    line = state.lines[state.line] if isinstance(state, Collecting) else state.lines[0]
    old = line.fields.get(name)
    lines = [
        replace(other, fields={**other.fields, name: value})
        if other is line or (other.product == line.product and other.fields.get(name) == old)
        else other
        for other in state.lines
    ]
    return advance(replace(dialog, misses=0), lines, scene, told)


# ---- back ----------------------------------------------------------------------------------------------------------


def stepped_back(dialog: Dialog, scene: Scene) -> Turn | None:
    """返回上一步: what was answered last is asked again."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return None
    at = state.line if isinstance(state, Collecting) else len(state.lines) - 1
    line = state.lines[at]
    product = scene.shelf.product(line.product or "")
    if product is None:
        return paying.cancel(dialog, scene)
    names = [field.name for field in product.fields]
    until = names.index(state.slot) if isinstance(state, Collecting) and state.slot in names else len(names)
    given = [name for name in names[:until] if name in line.fields]
    sized = line.value is not None or line.sku is not None
    slot = given[-1] if given else "value" if sized else next(reversed(list(line.options)), None)
    back = cleared(line, slot, product) if slot is not None else DraftLine()
    lines = (*state.lines[:at], back, *state.lines[at + 1 :])
    return advance(replace(dialog, misses=0), lines, scene)


def restarted(dialog: Dialog, scene: Scene) -> Turn | None:
    """重新来: the same product, from the first question on."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return None
    return advance(replace(dialog, misses=0), (DraftLine(state.lines[0].product),), scene)
