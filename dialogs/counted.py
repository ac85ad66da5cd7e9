"""What stands beside what in a request: counts before sizes (两大杯一中杯), a number in groups (1000 1100 1234 5678
901), an account behind its own label."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Product, Sku
from dialogs.state import QUANTITY_MAX
from nlu.frame import Item
from nlu.numerals import read_numeral

_NUMERAL = "一二两俩三四五六七八九十1-9"
_UNIT = "[张份个件位名条袋盒杯瓶桶箱]?"
_OF_TIME = re.compile("^[年月季周日天时分]")
_RUN = re.compile(rf"(?<![\d.a-z])(?:[{_NUMERAL}]{_UNIT}[^\d\s,，。;；和加共{_NUMERAL}]{{1,3}}[和加、]?){{2,}}")
_COUNTED = re.compile(rf"(?<![\d.a-z])([{_NUMERAL}])({_UNIT})([^\d\s,，。;；和加共、{_NUMERAL}]{{1,3}})")
_NO_KIND = re.compile("^[人口家共块元起的张份个件位名条袋盒瓶桶箱]")
_TAIL = re.compile("[的吧啊呀了呢]+$")
_GROUPS = re.compile(r"(?<![\d.])\d{2,}(?:[ -]\d{2,})+(?![\d.])")
_GROUPS_AT_LEAST = 8
_TAKEN_BACK = re.compile("[不错改]|等[等下]|算了|说反")
_MULTIPLES = {"千": 10**3, "万": 10**4, "亿": 10**8}
_PATTERNED = (FieldKind.CARD_NO, FieldKind.UID)
_NUMBERS = (FieldKind.PHONE, FieldKind.QQ, FieldKind.PHONE_OR_QQ, FieldKind.EMAIL, *_PATTERNED)


def counted(items: Sequence[Item], product: Product, text: str) -> tuple[Item, ...]:
    """星巴克两大杯一中杯: the numeral right before what a size is called counts it. What is counted beside them and is
    none of the sizes (一老) becomes a line of its own, so that it is asked about and not lost."""
    said = unicodedata.normalize("NFKC", text).casefold()  # with its spaces: 5678 手工的 counts nothing
    out = list(items)
    for index, item in enumerate(items):
        sku = _sku_of(item, product)
        if sku is None or item.quantity != 1 or "quantity" in item.said:
            continue
        count = _count_before(_names(sku, product), _all_names(product), said)
        if count is not None and 1 < count <= QUANTITY_MAX:
            out[index] = replace(item, quantity=count, said=item.said | {"quantity"})
    if len(out) == 1 and out[0].sku is None and "value" not in out[0].said:
        out = [_sized(out[0], product, said)]
    if items:
        shared = {k: v for k, v in items[0].fields.items() if all(i.fields.get(k) == v for i in items)}
        counts = {item.sku: item.quantity for item in out if item.sku is not None}
        for count, sku in _not_taken(product, said, counts):
            slots = frozenset({"product", "quantity", *shared, *(("value",) if sku else ())})
            code, value = (sku.code, sku.value) if sku else (None, None)
            out.append(Item(product.id, sku=code, value=value, quantity=count, fields=shared, said=slots))
    return tuple(out)


def _sized(item: Item, product: Product, said: str) -> Item:
    """海洋公园两个大人: what is counted, where it begins the name of one size alone."""
    found: dict[str, tuple[int, Sku]] = {}
    whole = {fold(name) for name in (product.name, *product.aliases)}  # 一个蛋仔 is no 蛋仔月卡
    for numeral, _, what in _COUNTED.findall(said):
        if _TAIL.sub("", what) in whole:
            continue
        meant = [sku for sku in product.skus if len(what) > 1 and _begins(what[:2], _names(sku, product))]
        if len(meant) == 1:
            found[meant[0].code] = (int(read_numeral(numeral) or 1), meant[0])
    if len(found) != 1:
        return item
    count, sku = next(iter(found.values()))
    slots = item.said | {"value", "quantity"}
    return replace(item, sku=sku.code, value=sku.value, quantity=count, options=dict(sku.options), said=slots)


def _sku_of(item: Item, product: Product) -> Sku | None:
    return next((sku for sku in product.skus if sku.code == item.sku), None)


def _names(sku: Sku, product: Product) -> set[str]:
    names = {sku.label, *sku.aliases}
    for option in product.options:
        chosen = [choice for choice in option.values if sku.options.get(option.name) == choice.id]
        names |= {name for choice in chosen for name in (choice.label, *choice.aliases)}
    return {fold(name) for name in names if name and not _OF_TIME.match(name) and not name[0].isdecimal()}


def _all_names(product: Product) -> set[str]:
    return set().union(*(_names(sku, product) for sku in product.skus))


def _count_before(names: set[str], others: set[str], said: str) -> int | None:
    """The only numeral that stands right before one of these names; a name within a longer one does not count."""
    counts: set[int] = set()
    for name in names:
        for found in re.finditer(rf"(?<![\d.a-z{_NUMERAL}])([{_NUMERAL}]){re.escape(name)}", said):
            start = found.start(1) + 1
            longer = any(o != name and o.startswith(name) and said.startswith(o, start) for o in others - names)
            value = read_numeral(found[1])
            if value is not None and not longer:
                counts.add(int(value))
    return counts.pop() if len(counts) == 1 else None


def _not_taken(product: Product, said: str, counts: Mapping[str, int]) -> list[tuple[int, Sku | None]]:
    """What is counted in one row with sizes that were understood (`counts`, by SKU), and was not: how many, and of
    which size where the word begins the names of one alone (一老: 老人票)."""
    taken: list[tuple[int, Sku | None]] = []
    for run in _RUN.finditer(said):
        known, missing = 0, list[tuple[int, Sku | None]]()
        for numeral, _, what in _COUNTED.findall(run[0]):
            count = int(read_numeral(numeral) or 1)
            meant = [sku for sku in product.skus if _begins(what, _names(sku, product))]
            held = [sku for sku in meant if sku.code in counts]
            if held and all(counts[sku.code] != count for sku in held):
                return []  # 成人票2张儿童票1张: here the counts stand behind
            if held:
                known += 1
            elif len(meant) == 1:
                missing.append((count, meant[0]))
            elif known and not _NO_KIND.match(what) and not _OF_TIME.match(what):
                missing.append((count, None))
        taken += missing if known else []
    return taken


def _begins(what: str, names: set[str]) -> bool:
    return any(what.startswith(name) or name.startswith(what) for name in names)


def in_its_unit(item: Item, product: Product) -> Item:
    """470万 of what is sold by the 万: 470 of them, not 4700000."""
    times = {_MULTIPLES.get(sku.unit) for sku in product.skus}
    by = times.pop() if len(times) == 1 else None
    if by is None or item.value is None or item.value < by or item.value % by:
        return item
    limits = [sku.any_value for sku in product.skus]
    sold = any(one is not None and one.min <= item.value <= one.max for one in limits)
    return item if sold else replace(item, value=int(item.value // by), sku=None)


def with_grouped(items: Sequence[Item], product: Product, text: str) -> tuple[Item, ...]:
    """加油卡 200 1000 1100 1234 5678 901: groups that together are an account of the product are no amounts."""
    found = _grouped(product, text)
    if found is None or any(found[1] in item.fields.values() for item in items):
        return tuple(items)
    field, account, groups = found
    numbers = {int(group) for group in groups}
    clean = [
        replace(item, value=None, sku=None, said=item.said - {"value"}) if item.value in numbers else item
        for item in items
    ]
    rest = [one for one in clean if one.value is not None or one.sku is not None] or clean[:1]
    if len({(one.value, one.sku, one.quantity) for one in rest}) > 1:
        return tuple(items)
    one = rest[0]
    kept = {name: value for name, value in one.fields.items() if value not in groups}
    invalid = {name: value for name, value in one.invalid.items() if name != field.name}
    given = {**kept, field.name: account}
    return (replace(one, fields=given, invalid=invalid, said=one.said | {field.name}),)


def _grouped(product: Product, text: str) -> tuple[Field, str, list[str]] | None:
    strict = [f for f in product.fields if f.kind is FieldKind.PHONE or (f.kind in _PATTERNED and f.pattern)]
    hits: list[tuple[Field, str, list[str]]] = []
    for run in _GROUPS.finditer(text):
        groups = re.split("[ -]", run[0])
        for start in range(len(groups) - 1):
            whole = "".join(groups[start:])
            fits = [f for f in strict if len(whole) >= _GROUPS_AT_LEAST and isinstance(check_field(f, whole), Valid)]
            alone = any(isinstance(check_field(f, group), Valid) for f in fits for group in groups)
            if len(fits) == 1 and not alone:
                hits.append((fits[0], whole, groups[start:]))
                break
    return hits[0] if len(hits) == 1 else None


def with_labelled(item: Item, product: Product, text: str) -> Item:
    """收花人电话139… 送到上海市…李四 138…: the number behind its own label is that field's, no part of the place."""
    fields, said = dict(item.fields), item.said
    for field in (field for field in product.fields if field.kind in _NUMBERS):
        if field.label not in text:
            continue
        pattern = rf"{re.escape(field.label)}\s*(?:[号码]*\s*[是为:：])?\s*([0-9A-Za-z._@+-]{{5,40}})"
        found = re.search(pattern, text)
        checked = check_field(field, found[1]) if found is not None else None
        if found is None or not isinstance(checked, Valid):
            continue
        taken = fields.get(field.name)  # what stood in its place: who receives the parcel has a phone of his own
        later = text.find(taken, found.end()) if taken is not None and taken != checked.canonical else -1
        if later >= 0 and _TAKEN_BACK.search(text[found.end() : later]):
            continue  # 手机号138…。啊不，给我妈的号135…
        fields[field.name] = checked.canonical
        said |= {field.name}
        for place in (one for one in product.fields if one.kind is FieldKind.ADDRESS and one.name in fields):
            where = _without_number(fields[place.name], found[1])
            others = taken not in (None, checked.canonical, *re.findall(r"\d{5,}", where))
            fields[place.name] = f"{where} {taken}" if others else where
    invalid = {name: value for name, value in item.invalid.items() if name not in fields}
    return replace(item, fields=fields, invalid=invalid, said=said) if fields != dict(item.fields) else item


def _without_number(address: str, number: str) -> str:
    cut = re.sub(rf"(?:[^\s,，。]{{0,6}}(?:电话|手机|号码?)[是为:：]?)?\s*{re.escape(number)}", " ", address, count=1)
    return " ".join(cut.split()).strip(" ,，。") or address
