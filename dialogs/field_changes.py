"""A field given in pieces or corrected by its name: the rest of a phone number, 名字错了是王方, 开头是139不是138."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import Invalid, Valid, check_field, fold
from catalog.model import Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.addresses import corrected_address, with_more
from dialogs.draft import asked_field, field_of
from dialogs.filling import (
    fill_by_mention,
    named_field,
    speaks_of_ending,
)
from dialogs.ordering import advance, denied
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.code_labels import code_in, is_code_label
from nlu.numerals import DIGITS

ASKS = re.compile(r"[?？吗呢]|什么|怎么|哪|多少|几")
ACCOUNT = re.compile(r"[0-9a-z][0-9a-z._%+@-]{4,}")
_SEPARATORS = re.compile(r"[ ,，。.\-]+")
_PHONE_START = re.compile(r"1[3-9]\d{1,8}$")
_ENDS = re.compile(r"最后|末|尾")
_TO = re.compile(
    r"^(?P<head>.*?)(?:错了?|不对|写错了?)?[,，。:： ]*"
    r"(?:应该是|改成|改为|换成|换为|改|是|叫)[:： ]*(?P<new>[^,，。]+)$"
)
_NOT = re.compile(r"[,，]?(?:而)?不是.*$|(?:的|吧|了|啊|哈)+$")
_NO_CODE = re.compile("[?？]$|吗|也|再|还有|另外|加|各")
_CORRECTS = re.compile("错|不对|不是|改|换|才是|应该")
_TELLS_CODE = re.compile(r"(?:就?是|这个|我的|[,，。!！~\s])*")
_NAME_CHARS = 2
_SAYS_LITTLE = 12


def is_code(field: Field) -> bool:
    """Whether a text without a pattern is a code by its label: 通行证账号."""
    return field.kind is FieldKind.TEXT and field.pattern is None and is_code_label(field.label)


def given_in_pieces(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """The rest of an answer whose first part is there: of a phone number, of an address."""
    return _number_in_halves(dialog, state, said, scene) or _address_completed(dialog, state, said, scene)


def address_completed(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """再加上2栋301: the one address that the lines go to, with what was left out; None for any other message."""
    products = [(line, product) for line in lines if (product := shelf.product(line.product or "")) is not None]
    places = {
        (field.name, line.fields[field.name])
        for line, product in products
        for field in product.fields
        if field.kind is FieldKind.ADDRESS and field.name in line.fields
    }
    if len({address for _, address in places}) != 1 or (new := with_more(min(places)[1], text)) is None:
        return None
    names = {name for name, _ in places}
    return tuple(replace(one, fields={n: new if n in names else v for n, v in one.fields.items()}) for one in lines)


def is_size(token: str, product: Product) -> bool:
    """Whether a number is something this product is sold by, and so no account."""
    if any(token in (fold(sku.label), replies.number(sku.value)) for sku in product.skus):
        return True
    return token.isdecimal() and any(
        s.any_value and s.any_value.min <= int(token) <= s.any_value.max for s in product.skus
    )


def _address_completed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """电话改成139…, while a part of the address is still asked for."""
    if not isinstance(state, Collecting) or said.frame.intent in ("confirm", "deny", "cancel", "choose"):
        return None
    field = asked_field(state, scene.shelf)
    old = state.lines[state.line].fields.get(state.slot)
    if field is None or old is None or field.kind is not FieldKind.ADDRESS or ASKS.search(said.text):
        return None
    new = corrected_address(old, said.text)
    return with_field(dialog, state, field.name, new, scene, "") if new is not None else None


def _number_in_halves(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """138 1234 and then 5678: one phone number in two messages."""
    if not isinstance(state, Collecting):
        return None
    text = _SEPARATORS.sub("", fold(said.text))
    digits = "".join(str(DIGITS.get(char, char)) for char in text)
    line = state.lines[state.line]
    product = scene.shelf.product(line.product or "")
    field = field_of(product, state.slot) if product else None
    if field is None or product is None or field.kind is not FieldKind.PHONE or not digits.isdecimal():
        return None
    whole = check_field(field, state.half + digits)
    if state.half and isinstance(whole, Valid):
        return with_field(dialog, state, field.name, whole.canonical, scene, "")
    alone = check_field(field, digits)
    if isinstance(alone, Valid) or not _PHONE_START.match(digits) or is_size(digits, product):
        return None
    turn = advance(dialog, state.lines, scene, alone.reason_zh, replies.rest_of_number(len(digits)), missed=True)
    asked = turn.dialog.state
    kept = replace(asked, half=digits) if isinstance(asked, Collecting) else asked
    return replace(turn, dialog=replace(turn.dialog, state=kept))


def changed_field(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """名字错了，是王方 · 取票人换成李娜 · 收货人改成吴强 · 身份证最后一位是1不是X: that field and no other."""
    line = state.lines[state.line] if isinstance(state, Collecting) else state.lines[0]
    product = scene.shelf.product(line.product or "")
    if product is None or ASKS.search(said.text):
        return None
    text = fold(said.text)
    if len(state.lines) == 1 and _ENDS.search(text):
        filled = fill_by_mention(line, said.text, product, scene.shelf)
        if filled is not None and (filled.changed or filled.problems):
            told = replies.changed() if not filled.problems else ""
            return advance(dialog, (filled.line,), scene, told, *filled.problems, missed=bool(filled.problems))
        if speaks_of_ending(said.text):
            return denied(dialog, scene)
    for place in (field for field in product.fields if field.kind is FieldKind.ADDRESS):
        old = line.fields.get(place.name)
        new = corrected_address(old, said.text) if old is not None else None
        if new is not None and new != old:
            return with_field(dialog, state, place.name, new, scene, replies.changed())
    given = _labelled_text(product, said.text)
    if given is not None and len(state.lines) == 1:
        return with_field(dialog, state, given[0], given[1], scene, replies.changed())
    found = _TO.match(said.text.strip())
    field = named_field(product, fold(found["head"])) if found else None
    if found is None or field is None or field.kind in (FieldKind.CHOICE, FieldKind.ADDRESS):
        return None
    free = field.kind is FieldKind.TEXT
    if line.fields.get(field.name) is None or (free and len(found["head"]) > _SAYS_LITTLE):
        return None
    checked = _checked(field, _NOT.sub("", found["new"]).strip())
    if not isinstance(checked, Valid) or (not free and len(state.lines) > 1):
        return None
    return with_field(dialog, state, field.name, checked.canonical, scene, replies.changed())


def code_changed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """账号怎么把我的话也写进去了 就是fengxue_88, below a summary: the one code in it, as it is written, in the place of
    what stands for the one thing that is a code by its label. What asks or adds is something else."""
    products = {line.product: scene.shelf.product(line.product or "") for line in state.lines}
    product = next(iter(products.values())) if len(products) == 1 else None
    codes = [field for field in product.fields if is_code(field)] if product is not None else []
    if len(codes) != 1 or not isinstance(state, Confirming) or _NO_CODE.search(said.text):
        return None
    (field,) = codes
    held = {line.fields.get(field.name, "") for line in state.lines}
    code, old = code_in(field.label, said.text), min(held)
    if len(held) > 1 or not code or code == old:
        return None
    alone = fold(said.text).replace(fold(code), "")
    rather = code in old or _TELLS_CODE.fullmatch(alone) or field.label[-2:] in alone or _CORRECTS.search(alone)
    return with_field(dialog, state, field.name, code, scene, replies.changed()) if rather else None


def _checked(field: Field, new: str) -> Valid | Invalid:
    """The value as it passes its check: of several groups of signs the one that passes alone, and not all of them glued
    together (最后两位是76 330219876)."""
    alone = [one for piece in new.split() if isinstance(one := check_field(field, piece), Valid)]
    several = field.kind is not FieldKind.TEXT and len(new.split()) > 1
    return alone[0] if several and len(alone) == 1 else check_field(field, new)


def tells_field(state: Collecting | Confirming, text: str, shelf: Shelf) -> bool:
    """岗位写产品经理: it begins with what a text of the product is called, whatever else it sounds like."""
    product = shelf.product(state.lines[0].product or "")
    return len(state.lines) == 1 and product is not None and _labelled_text(product, text) is not None


def _labelled_text(product: Product, text: str) -> tuple[str, str] | None:
    """附言：加油, 附言改成加油: a text field given by its own label, asked for or not: (field name, value)."""
    for field in product.fields:
        short = rf"{re.escape(field.label[-2:])}\s*(?:[:：]|写)" if len(field.label) > _NAME_CHARS else "(?!)"
        pattern = rf"(?:{re.escape(field.label)}\s*(?:[:：]|改成|改为|写)|{short})\s*(.+)$"
        found = re.match(pattern, text.strip())
        if found is not None and field.kind is FieldKind.TEXT:
            checked = check_field(field, found[1])
            return (field.name, checked.canonical) if isinstance(checked, Valid) else None
    return None


def with_field(dialog: Dialog, state: Collecting | Confirming, name: str, value: str, scene: Scene, told: str) -> Turn:
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
