"""A frame looked at again beside the draft and the catalog, before anything is done with it: nets below the
understanding for what costs money when it is misread."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Choice, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import freetext
from dialogs.by_text import accounts_anywhere
from dialogs.clauses import with_lost_goods
from dialogs.counted import counted, in_its_unit, with_grouped, with_labelled
from dialogs.draft import field_of
from dialogs.gist.chosen import is_question
from dialogs.gist.mentions import refused
from dialogs.other_lines import for_each_number
from dialogs.part_names import with_part_named
from dialogs.places import goes_by_parcel, is_receiver, read
from dialogs.pointing import longest_name
from dialogs.several_items import (
    each_from_its_clause,
    each_from_its_row,
    joined_fields,
    neither,
    sizes_counted,
    with_amount_apart,
    with_lost_phone,
    without_borrowed,
    without_kept_out,
)
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene
from nlu.frame import Frame, Item
from nlu.no_text import is_no_text
from nlu.numerals import CHINESE, read_numeral

_PHONE = re.compile(r"1[3-9]\d{9}")
_NOT_BOTH = re.compile("不|别|还是|[改换错]|或|算了|口误|更正")
_NO_PIECES = re.compile(
    r"(?<![\d.])(?:(?:0+|零)\s*[张份件条袋盒瓶桶箱]|\d{4,}(?:[张份件]|\s+[张份件](?![\u4e00-\u9fff])))|\d\.\d+\s*[张份件个]|半[张份件](?!价)"
)
_EITHER = re.compile(r"\d{4}[^\d,，。;；]{0,4}(?:或者?|还是)[^\d,，。;；]{0,4}\d{4}")
_NAME_LABEL = re.compile("姓名|名字|[人员]$")
_NEGATIVE = re.compile(rf"(?:^|[\s成为到量是要来买充，,])(?:[-－−]\s?\d|负\s?[\d{CHINESE}])")
_SEVERAL_SIZES = re.compile(r"\s*\d{1,6}(?:元|块)?(?:[\s,，、/或]+\d{1,6}(?:元|块)?)+\s*")
_NEGATIVE_COUNT = re.compile(rf"(?:[-－−]\s?\d+|负\s?[\d{CHINESE}]+)\s*[张份个件条袋盒瓶桶箱次枚]|数量")
_IN_PIECES = re.compile(rf"[\d{CHINESE}]([份张单套笔间条本件辆台])")
_NOT_A_SIZE = re.compile("不|没有?卖|多少|以[上下]|超过|几")
_NOT_CHANGES = ("order_status", "problem", "price", "help", "search", "unknown")
_CHANGES = re.compile("[改换]成(?!.*[?？吗呢])(?!.*(?:行不|可以不|多少钱))")
_LAUGHS = re.compile(r"[嗯哦啊额呃\s]*[哈嘿呵嘻]{2,}[\s~～,，。!！]*")
_WHEN = re.compile("几[点天时号]|什么时候|啥时候|多久|多快")
_TO_SIZE = re.compile(
    r"(?:还是|帮我|给我)?[改换](?:成|为|到)?(\d{1,7})(?:元|块钱?|个?(?:小时|分钟|节课?|课时|次|天|个?月|年|张|份|个|枚|颗|桶|枝))?(?:的|吧|了)*"
)


def _without_goods_in_text(item: Item, state: Collecting, shelf: Shelf) -> Item:
    """海洋馆门票 王小明, where a name was asked for: the goods he names again are no part of it, nor is a number."""
    product = shelf.product(state.lines[state.line].product or "")
    field = field_of(product, state.slot) if product is not None else None
    text = item.fields.get(state.slot)
    if product is None or field is None or field.kind is not FieldKind.TEXT or text is None:
        return item
    names = sorted((product.name, *product.aliases, *(s.label for s in product.skus)), key=len, reverse=True)
    bare = freetext.without_mistake(field, text)
    rest = bare = freetext.without_label(field, bare) if bare != text else text
    end = "" if freetext.is_person(field) else r"(?![^\s,，。;；、])"  # 成都城市燃气公司 is no 燃气
    for name in names:
        if len(name) > 1:
            rest = re.sub(rf"(?<![^\s,，。;；、]){re.escape(name)}{end}", " ", rest, flags=re.IGNORECASE)
    rest = " ".join(rest.split()).strip(" ,，。") if rest != bare else bare
    given = freetext.told(field, product, rest)
    rest, choices = given.text, {n: c for n, c in given.choices.items() if n not in item.fields}
    numbered = field.pattern is None and _NAME_LABEL.search(field.label) and re.search(r"\d{5}", rest)
    if rest == text and not numbered:
        return item
    kept = {name: value for name, value in item.fields.items() if name != state.slot}
    if rest and not numbered and len(rest) > 1:
        kept[state.slot] = rest
    kept = {**(_phone_beside(text, product) if _PHONE.search(rest) is None else {}), **kept}
    own = {option.name for option in product.options}
    options = {**item.options, **{n: c for n, c in choices.items() if n in own}}
    kept |= {n: c for n, c in choices.items() if n not in own}
    said = (item.said if state.slot in kept else item.said - {state.slot}) | choices.keys() | kept.keys()
    changed = replace(item, fields=kept, options=options, said=said)
    value = _units_beside(text, product) if item.value is None else None
    return replace(changed, value=value, said=said | {"value"}) if value is not None else changed


def _with_account_inside(item: Item, state: Collecting, shelf: Shelf) -> Item:
    """上面不是发了吗 boss_li88: the one account among words that as a whole are none."""
    product = shelf.product(state.lines[state.line].product or "")
    field = field_of(product, state.slot) if product is not None else None
    raw = item.invalid.get(state.slot, "")
    inside = accounts_anywhere(field, raw) if field is not None else ()
    if len(inside) != 1 or inside[0] == raw or refused(raw, inside[0]):
        return item
    invalid = {name: value for name, value in item.invalid.items() if name != state.slot}
    return replace(item, invalid=invalid, fields={**item.fields, state.slot: inside[0]})


def _without_asked_place(item: Item, product: Product | None) -> Item:
    """几点能到虎丘区塔园路: a street without a number that is asked about is nobody's address."""
    asked = {
        name
        for name, value in item.fields.items()
        if product is not None
        and (field := field_of(product, name)) is not None
        and field.kind is FieldKind.ADDRESS
        and not any(map(str.isdigit, value))
    }
    kept = {name: value for name, value in item.fields.items() if name not in asked}
    return replace(item, fields=kept, said=item.said - asked) if asked else item


def _units_beside(text: str, product: Product) -> int | None:
    """张三 138… 3小时: how much, of what is sold in any number."""
    units = {sku.unit for sku in product.skus if sku.any_value is not None and sku.unit}
    said = [
        int(n) for unit in units for n in re.findall(rf"(?<![\d.])(\d{{1,5}})个?{re.escape(unit)}(?=$|[\s,，。])", text)
    ]
    return said[0] if len(said) == 1 else None


def _phone_beside(text: str, product: Product | None) -> dict[str, str]:
    """我姓马，马国庆 138…: the phone in the answer to another question, where the product asks for one."""
    phones = _PHONE.findall(text)
    wants = [one.name for one in product.fields if one.kind is FieldKind.PHONE] if product is not None else []
    return {wants[0]: phones[0]} if len(wants) == len(phones) == 1 else {}


def _size_instead(state: Collecting, text: str, shelf: Shelf) -> Item | None:
    """改200, while an account is asked for: a size of what is being put together, and no account of three digits."""
    found = _TO_SIZE.fullmatch(fold(text))
    product = shelf.product(state.lines[state.line].product or "")
    field = field_of(product, state.slot) if product is not None else None
    if found is None or product is None or field is None:
        return None
    if field.kind is not FieldKind.TEXT and isinstance(check_field(field, found[1]), Valid):
        return None  # nobody is called 改4节, but an account may be of these digits
    value = int(found[1])
    limits = [sku.any_value for sku in product.skus if sku.any_value is not None]
    sold = any(sku.value == value for sku in product.skus) or any(one.min <= value <= one.max for one in limits)
    return Item(value=value, said=frozenset({"value"})) if sold else None


def _given_by_label(state: Collecting, text: str, shelf: Shelf) -> Item | None:
    """你好，被保人是孙悦，谢谢: the one clause that begins with what was asked for."""
    product = shelf.product(state.lines[state.line].product or "")
    field = field_of(product, state.slot) if product is not None else None
    if field is None or field.kind is not FieldKind.TEXT:
        return None
    if freetext.is_person(field) and (name := freetext.surnamed(text)):
        beside = _phone_beside(text, product)
        return Item(fields={field.name: name, **beside}, said=frozenset({field.name, *beside}))
    clauses = [clause for clause in re.split(r"[\s,，。;；!！]+", text) if clause]
    given = [value for clause in clauses if (value := freetext.without_label(field, clause)) != clause]
    given = [value for value in given if not is_no_text(value)]
    return Item(fields={field.name: given[0]}, said=frozenset({field.name})) if len(given) == 1 else None


def _with_size_named(item: Item, product: Product | None, text: str) -> Item:
    """送20桶水: the one size that stands in an order as the catalog writes it, where none was understood."""
    if product is None or item.product is None or item.value is not None or item.sku is not None:
        return item
    said = fold(text)
    labels = {fold(sku.label): sku for sku in product.skus if sku.any_value is None and sku.label[0].isdecimal()}
    named = [label for label in labels if label in said and re.search(rf"(?<![\d.]){re.escape(label)}", said)]
    if len(named) != 1 or item.options.keys() & item.said or _NOT_A_SIZE.search(said):
        return item
    sku = labels[named[0]]
    return replace(item, sku=sku.code, value=sku.value, said=item.said | {"value"})


def _with_sku_named(item: Item, product: Product | None, text: str) -> Item:
    """大杯, 花好月圆 alone: of what is named after one SKU that one, and not the list of them all."""
    names: dict[str, set[str]] = {}
    for sku in product.skus if product is not None else ():
        for name in (fold(sku.label), fold(sku.label).rstrip("券卡票"), *map(fold, sku.aliases)):
            names.setdefault(name, set()).add(sku.code)
    codes = names.get(longest_name(names, fold(text)), set())
    meant = next((sku for sku in product.skus if codes == {sku.code}), None) if product is not None else None
    if product is None or meant is None or item.said - {"quantity"} or _NOT_BOTH.search(text):
        return item
    slots = item.said | {"product", "value", *meant.options}
    options = {option.name: meant.options[option.name] for option in product.options if option.name in meant.options}
    return replace(
        item, product=product.id, candidates=(), sku=meant.code, value=meant.value, options=options, said=slots
    )


def _with_size_changed(item: Item, product: Product | None, text: str) -> Item:
    """改成3张中杯: the size that is named beside the count, where only the count was understood."""
    if product is None or item.said != {"quantity"}:
        return item
    wanted = fold(_INSTEAD_OF.split(text)[-1])
    names = {
        name: sku
        for sku in product.skus
        if sku.any_value is None
        for name in (fold(sku.label), fold(sku.label).rstrip("券卡"), *map(fold, sku.aliases))
    }
    named = longest_name([name for name in names if len(name) > 1], wanted)
    if not named or item.options.keys() & item.said:
        return item
    return replace(item, sku=names[named].code, value=names[named].value, said=item.said | {"value"})


_INSTEAD_OF = re.compile("改成?|换成?|变成|还是要?")


def _without_inferred(item: Item, state: Collecting, text: str, shelf: Shelf) -> Item:
    """第2个 给139…, while the size of 流量包 is asked for: a phone alone makes no phone top-up of it."""
    product = shelf.product(item.product) if item.product else None
    held = state.lines[state.line].product
    if product is None or held in (None, product.id) or item.value is not None or not item.fields:
        return item
    named = longest_name((product.name, *product.aliases, *product.category), fold(text))
    return item if named else replace(item, product=None, options={}, said=item.said - {"product"})


def _with_whole_place(item: Item, product: Product | None, text: str) -> Item:
    """Who receives a parcel, and his phone, wherever they stand beside its address."""
    field = next((f for f in product.fields if goes_by_parcel(f, product)), None) if product is not None else None
    given = item.fields.get(field.name) if field is not None else None
    if field is None or given is None:
        return item
    part, rest = read(given), read(text.replace(given, " "))
    if part.phone and part.name:
        return item
    asked_for = rest.phone in item.fields.values()  # 收花人电话 is a field of its own, and has it
    phone = part.phone or ("" if asked_for else rest.phone)
    name = part.name or (rest.name if is_receiver(rest.name, text) else "")
    if (phone, name) == (part.phone, part.name):
        return item
    whole = " ".join(one for one in (given, name if not part.name else "", phone if not part.phone else "") if one)
    invalid = {n: value for n, value in item.invalid.items() if value not in (phone, name)}
    return replace(item, fields={**item.fields, field.name: whole}, invalid=invalid)


def says_negative(text: str) -> bool:
    """数量改成-2, 负2张: no amount of anything."""
    return _NEGATIVE.search(text) is not None


def heard_again(dialog: Dialog, said: Said, scene: Scene) -> Said:
    """The message with what its frame must not be trusted in put right; the same object when there is nothing."""
    said = with_lost_goods(said, scene.shelf)
    frame = said.frame
    if isinstance(dialog.state, Collecting | Confirming):
        lines = dialog.state.lines
    else:  # a correction may be of what is ordered and not paid
        lines = dialog.unpaid.lines if dialog.unpaid is not None and frame.intent == "change" else ()
    if frame.intent in _NOT_CHANGES and _CHANGES.search(said.text) and any(i.said - {"product"} for i in frame.items):
        frame = replace(frame, intent="change")  # 话费那单改成50, whatever else it sounds like
        said = replace(said, frame=frame)
    if frame.intent == "confirm" and _LAUGHS.fullmatch(said.text):
        return replace(said, frame=Frame("unknown"))  # 嗯 哈哈哈 orders nothing
    if frame.intent == "confirm" and lines and names_a_part(lines, said.text, scene.shelf):
        return replace(said, frame=replace(frame, intent="change"))
    items = frame.items
    if isinstance(dialog.state, Collecting) and dialog.state.slot == "value" and _SEVERAL_SIZES.fullmatch(said.text):
        return replace(said, frame=Frame("unknown"))  # 10 20 30: one of them, but which?
    if says_negative(said.text) and (lines or items):
        items = tuple(_without_negative(item, said.text, lines, scene.shelf) for item in (items or (Item(),))[:1])
        return replace(said, frame=replace(frame, intent="change" if lines else frame.intent, items=items))
    if isinstance(dialog.state, Collecting) and (size := _size_instead(dialog.state, said.text, scene.shelf)):
        return replace(said, frame=replace(frame, intent="change", items=(size,)))
    if isinstance(dialog.state, Collecting) and not items and frame.intent not in ("cancel", "human", "deny"):
        given = _given_by_label(dialog.state, said.text, scene.shelf)
        if given is not None:
            return replace(said, frame=replace(frame, intent="answer", items=(given,)))
    if not items:
        return said
    if len(items) == 1 and items[0].quantity == 1 and _NO_PIECES.search(said.text):
        none = replace(items[0], quantity=0, said=items[0].said | {"quantity"})
        items = (none,) if _is_sold_by_piece(_product_of(none, lines, scene.shelf)) else items
    if len(items) == 2 and _EITHER.search(said.text):
        items = neither(items)
    if not lines:
        items = for_each_number(items, said.text, scene.shelf)
    items = with_lost_phone(items, said.text, scene.shelf)
    items = without_kept_out(with_amount_apart(items, scene.shelf), said.text)
    items = joined_fields(items, scene.shelf)
    items = _beside_each_other(items, lines, said.text, scene.shelf)
    if isinstance(dialog.state, Collecting):
        items = tuple(_without_goods_in_text(item, dialog.state, scene.shelf) for item in items)
        items = tuple(_without_inferred(item, dialog.state, said.text, scene.shelf) for item in items)
        items = tuple(_with_account_inside(item, dialog.state, scene.shelf) for item in items)
    if is_question(said.text) or _WHEN.search(said.text):
        items = tuple(_without_asked_place(item, _product_of(item, lines, scene.shelf)) for item in items)
    if len(items) > 1:
        items = each_from_its_clause(without_borrowed(items, said.text), said.text, scene.shelf)
    if len(items) == 1:
        items = (_with_whole_place(items[0], _product_of(items[0], lines, scene.shelf), said.text),)
    if len(items) > 1 and "\n" in said.text:
        items = each_from_its_row(items, said.text)
    if any(item.quantity != 1 for item in items):
        items = tuple(_as_size(item, _product_of(item, lines, scene.shelf), said.text) for item in items)
    if len(items) == 1 and frame.intent == "answer" and not lines and len(items[0].candidates) == 1:
        items = (_with_sku_named(items[0], scene.shelf.product(items[0].candidates[0]), said.text),)
    if len(items) == 1 and frame.intent == "order":
        items = (_with_size_named(items[0], _product_of(items[0], lines, scene.shelf), said.text),)
    if len(items) == 1 and (frame.intent == "order" or (not lines and frame.intent in ("answer", "price", "search"))):
        items = (with_part_named(items[0], _product_of(items[0], lines, scene.shelf), said.text),)
    if len(items) == len(lines) == 1 and frame.intent in ("change", "answer") and items[0].said == {"quantity"}:
        only = _product_of(items[0], lines, scene.shelf)
        items = (sizes_counted(only, said.text) if only is not None else ()) or items
    if len(items) == 1 and frame.intent == "change" and len(lines) == 1:
        items = (_with_size_changed(items[0], _product_of(items[0], lines, scene.shelf), said.text),)
    if len(items) == 1 and frame.intent in ("order", "answer") and not _NOT_BOTH.search(said.text):
        items = (_without_a_guess(items[0], _product_of(items[0], lines, scene.shelf), said.text),)
    items = tuple(_without_others_choices(item, _product_of(item, lines, scene.shelf)) for item in items)
    items = tuple(_as_written(item, _product_of(item, lines, scene.shelf), said.text) for item in items)
    if "手机" in said.text or "电话" in said.text:
        items = tuple(_without_phone_for_qq(item, _product_of(item, lines, scene.shelf), said.text) for item in items)
    return said if items == frame.items else replace(said, frame=replace(frame, items=items))


def _without_others_choices(item: Item, product: Product | None) -> Item:
    """苹果的, of 苹果QQ and 苹果微信: what another game calls its account's kind is no choice of this one's."""
    strange = {
        field.name
        for field in (product.fields if product is not None else ())
        if field.kind is FieldKind.CHOICE
        and item.fields.get(field.name, field.values[0].id) not in {choice.id for choice in field.values}
    }
    if not strange:
        return item
    kept = {name: value for name, value in item.fields.items() if name not in strange}
    return replace(item, fields=kept, said=item.said - strange)


def _as_written(item: Item, product: Product | None, text: str) -> Item:
    free = [f.name for f in product.fields if f.kind is FieldKind.TEXT and f.name in item.fields] if product else []
    written = {name: freetext.as_written(item.fields[name], text) for name in free}
    changes = any(item.fields[name] != value for name, value in written.items())
    return replace(item, fields={**item.fields, **written}) if changes else item


def _beside_each_other(items: Sequence[Item], lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[Item, ...]:
    """Where all is about one product: what counts, what is an account in groups, what stands behind its own label."""
    products = {product.id: product for item in items if (product := _product_of(item, lines, shelf)) is not None}
    if len(products) != 1 or any(item.candidates for item in items):
        return tuple(items)
    product = next(iter(products.values()))
    items = tuple(in_its_unit(item, product) for item in items)
    items = with_grouped(items, product, text)
    if len(items) == 1:
        items = (with_labelled(items[0], product, text),)
    return counted(items, product, text) if all(item.product for item in items) else tuple(items)


def _without_negative(item: Item, text: str, lines: Sequence[DraftLine], shelf: Shelf) -> Item:
    """The rest of what was said, and the amount to be asked for."""
    counts = _NEGATIVE_COUNT.search(text) is not None
    if counts and _is_sold_by_piece(_product_of(item, lines, shelf)):
        only = "数量" in text  # 数量改成-2: the 2 is no size
        kept = replace(item, value=None, sku=None) if only else item
        return replace(kept, quantity=0, said=(item.said - ({"value"} if only else set())) | {"quantity"})
    return replace(item, value=None, sku=None, quantity=1, said=item.said - {"value", "quantity"})


def _is_sold_by_piece(product: Product | None) -> bool:
    return product is None or all(sku.any_value is None for sku in product.skus)


_ACCOUNT_WORD = re.compile("(?:手机|电话|微信|扣扣)(?:账?号码?|卡号)")


def names_a_part(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> bool:
    """Whether a message names a SKU or a choice of what is being put together: then it says more than 确认. What an
    account is called (手机号) is none of a choice that begins like it (手机)."""
    said = _ACCOUNT_WORD.sub(" ", fold(text))
    for product_id in {line.product for line in lines if line.product}:
        product = shelf.product(product_id)
        if product is not None and any(len(name) > 1 and name in said for name in parts_of(product)):
            return True
    return False


def parts_of(product: Product) -> list[str]:
    """What its sizes and choices are called."""
    names = [name for sku in product.skus for name in (sku.label, *sku.aliases)]
    choices = [c for part in product.options for c in part.values] + [c for f in product.fields for c in f.values]
    names += [name for choice in choices for name in (choice.label, *choice.aliases)]
    return [fold(name) for name in names]


def _product_of(item: Item, lines: Sequence[DraftLine], shelf: Shelf) -> Product | None:
    if item.product is not None:
        return shelf.product(item.product)
    ids = {line.product for line in lines}
    only = ids.pop() if len(ids) == 1 else None
    return shelf.product(only) if only else None


def _as_size(item: Item, product: Product | None, text: str) -> Item:
    """改成10桶, where 10桶 is on sale (or any number of them): the size, not ten of the present one."""
    if product is None or (item.sku is not None and item.value is not None and "value" in item.said):
        return item
    counts = item.value is None and "quantity" in item.said and ("数量" in text or not _by_piece(product, text))
    if counts and item.quantity > 0 and all(sku.any_value is not None for sku in product.skus):
        said = (item.said - {"quantity"}) | {"value"}  # 数量改成200, 要100个, of what is sold in any number
        return replace(item, value=item.quantity, sku=None, quantity=1, said=said)
    for sku in product.skus:
        limits = sku.any_value
        sold = sku.value == item.quantity if limits is None else item.value is None
        if sold and sku.unit and _says(text, item.quantity, sku.unit):
            said = (item.said - {"quantity"}) | {"value"}
            return replace(item, value=item.quantity, sku=None, quantity=1, said=said)
    return item


def _by_piece(product: Product, text: str) -> bool:
    """要两间, of a room that is sold by the night: two of it."""
    found = _IN_PIECES.search(text)
    return found is not None and all(sku.unit != found[1] for sku in product.skus)


def _without_a_guess(item: Item, product: Product | None, text: str) -> Item:
    """豆腐猫砂两袋膨润土一袋, where only one of the two became an item: which, and how many, is asked."""
    if product is None or not product.options:
        return item
    said = fold(text)
    for option in (one for one in product.options if one.name in item.options):
        elsewhere = {fold(c.label) for f in product.fields for c in f.values}  # 现在星耀 is no second target
        own = [choice for choice in option.values if fold(choice.label) not in elsewhere]
        if len(_named_choices(own, said)) > 1:
            options = {name: value for name, value in item.options.items() if name != option.name}
            left = item.said - {option.name, "quantity", "value"}
            return replace(item, sku=None, value=None, quantity=1, options=options, said=left)
    return item


def _named_choices(choices: Sequence[Choice], said: str) -> set[str]:
    """The choices that a text names; 大杯 within 超大杯 is not named."""
    names = {fold(name): c.id for c in choices for name in (c.label, *c.aliases) if len(name) > 1}
    heard = [name for name in names if name in said]
    whole = [name for name in heard if said.count(name) > sum(said.count(o) for o in heard if o != name and name in o)]
    return {names[name] for name in whole}


def _says(text: str, count: int, unit: str) -> bool:
    found = re.findall(rf"(\d+|[{CHINESE}]+)\s*{re.escape(unit)}", text)
    return any(read_numeral(one) == count for one in found)


def _without_phone_for_qq(item: Item, product: Product | None, text: str) -> Item:
    """手机号行不行 138…: not where a QQ number is wanted."""
    if product is None or "qq" in text.lower() or "扣" in text:
        return item
    wrong = {
        name: value
        for name, value in item.fields.items()
        if (field := field_of(product, name)) and field.kind is FieldKind.QQ and _PHONE.fullmatch(value)
    }
    if not wrong:
        return item
    fields = {name: value for name, value in item.fields.items() if name not in wrong}
    return replace(item, fields=fields, invalid={**item.invalid, **wrong})
