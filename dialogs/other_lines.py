"""Several lines at once: numbers of other lines than the one asked about, and orders for numbers still to come."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.model import Field, FieldKind
from dialogs import replies
from dialogs.by_text import accounts_anywhere
from dialogs.draft import field_of
from dialogs.filling import FREE
from dialogs.ordering import advance
from dialogs.state import Collecting, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item
from nlu.numerals import read_numeral
from nlu.surnames import KIN

_TOKEN = re.compile(r"[0-9A-Za-z_.+-]+@[0-9A-Za-z.-]+|[0-9A-Za-z]{5,}")
_AROUND = re.compile(r"[\s,，、;；。.:：!！和跟还有我的是号码手机电话费qQ扣微信邮箱账帐充用给发你那个这]*")
_SO_MANY_NUMBERS = re.compile(
    r"(?:^|[给帮这我有,，\s])([两二三四五2-5])个(?:不同的)?(?:手机|QQ|qq|账)?号码?(?:都|各|分别|每个|一起)"
)
_BOTH = re.compile(rf"我(?:自己)?[和跟与]我?(?:{KIN})(?:各|每人|一人|都|分别)")
_QQ = re.compile("qq|扣扣", re.IGNORECASE)


def for_each_number(items: Sequence[Item], text: str) -> tuple[Item, ...]:
    """两个号各充50, 给我和我老婆各充100: an item for each, when none of the numbers is said yet."""
    if len(items) != 1 or items[0].fields or items[0].invalid or items[0].quantity > 1:
        return tuple(items)
    found = _SO_MANY_NUMBERS.search(text)
    many = read_numeral(found[1]) if found is not None else 2 if _BOTH.search(text) else 1
    return tuple(items) * int(many or 1)


def numbers_of_others(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """QQ 334455667, where the first line's phone was asked for and another line wants a QQ: kept for that line."""
    state = dialog.state
    if not isinstance(state, Collecting) or len(state.lines) < 2 or not _AROUND.fullmatch(_TOKEN.sub("", said.text)):
        return None
    asked = _field(state.lines[state.line], state.slot, scene)
    if asked is None:
        return None
    own = accounts_anywhere(asked, said.text)
    here = {
        one for field in _open_fields(state.lines[state.line], scene) for one in accounts_anywhere(field, said.text)
    }
    if here - set(own):
        return None  # its own ID number along with its phone
    others = {
        (at, field.name): found
        for at, line in enumerate(state.lines)
        if at != state.line
        for field in _open_fields(line, scene)
        if (found := [one for one in accounts_anywhere(field, said.text) if one not in own])
    }
    if len(others) > 1 and _QQ.search(said.text):
        others = {key: one for key, one in others.items() if _kind(state.lines[key[0]], key[1], scene) is FieldKind.QQ}
    if len(others) != 1 or len(own) > 1:
        return None
    ((at, name), numbers) = others.popitem()
    if len(numbers) != 1 or len(_TOKEN.findall(said.text)) != len(numbers) + len(own):
        return None
    lines = list(state.lines)
    lines[at] = replace(lines[at], fields={**lines[at].fields, name: numbers[0]})
    if own:
        lines[state.line] = replace(lines[state.line], fields={**lines[state.line].fields, state.slot: own[0]})
    field = _field(lines[at], name, scene)
    told = replies.noted(field.label if field is not None else name, numbers[0])
    return advance(replace(dialog, misses=0), lines, scene, told)


def _field(line: DraftLine, name: str, scene: Scene) -> Field | None:
    product = scene.shelf.product(line.product or "")
    field = field_of(product, name) if product is not None else None
    return field if field is not None and field.kind not in (*FREE, FieldKind.CHOICE) else None


def _kind(line: DraftLine, name: str, scene: Scene) -> FieldKind | None:
    field = _field(line, name, scene)
    return field.kind if field is not None else None


def _open_fields(line: DraftLine, scene: Scene) -> list[Field]:
    product = scene.shelf.product(line.product or "")
    fields = product.fields if product is not None else ()
    return [one for one in fields if one.name not in line.fields and _field(line, one.name, scene) is not None]
