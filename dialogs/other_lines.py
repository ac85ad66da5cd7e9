"""Several lines at once: numbers of other lines than the one asked about, and orders for numbers still to come."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.model import Delivery, Field, FieldKind
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.by_text import accounts_anywhere
from dialogs.draft import account_field, field_of
from dialogs.filling import FREE
from dialogs.ordering import advance
from dialogs.state import Collecting, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item
from nlu.numerals import read_numeral
from nlu.surnames import KIN, NO_NAME

_TOKEN = re.compile(r"[0-9A-Za-z_.+-]+@[0-9A-Za-z.-]+|[0-9A-Za-z]{5,}")
_AROUND = re.compile(r"[\s,，、;；。.:：!！和跟还有我的是号码手机电话费qQ扣微信邮箱账帐充用给发你那个这]*")
_SO_MANY_NUMBERS = re.compile(
    r"(?:^|[给帮这替我有,，\s的])([两二三四五2-5])个(?:不同的?)?(?:手机|QQ|qq|扣扣|账|帐|游戏|电话)?(?:号码?|手机|账户|电话)(?!里|中|当中|其中|的?其中|[^,，]{0,4}(?:一个|哪个|任))"
)
_SO_MANY_PEOPLE = re.compile(
    rf"(?:给|帮|替|为|我家|家里)(?:我们?|咱们?|家里?)?的?([两二三四五2-5俩仨])个?(?:人|{KIN}|老人|同学|孩子|娃|兄弟|姐妹|客户|员工)"
)
_PAIR = re.compile(
    rf"(?:给|帮|替|为)(?:我|咱)?(?:爸妈|父母|爷爷奶奶|外公外婆|姥姥姥爷|公婆|公公婆婆|岳父岳母|爸爸妈妈|老爸老妈|我?爸和我?妈)|(?:给|帮|替|为)我(?:自己)?[和跟与]我?的?(?:{KIN})"
)
_BOTH = re.compile(rf"我(?:自己)?[和跟与]我?(?:{KIN})(?:各|每人|一人|都|分别)")
_QQ = re.compile("qq|扣扣", re.IGNORECASE)
_WHO = re.compile("姓名|名字|[人员主]$")
_BETWEEN_NAMES = re.compile(r"[\s,，、。;；和跟与/]+")
_WHOSE = re.compile(
    rf"^(?:[一两]个(?:是|叫))?(?:我家?)?(?:{KIN}|大的|小的|哥|姐|弟|妹)(?:叫|是|名字是?)?|^(?:叫|是|名字是?)"
)
_A_NAME = re.compile(r"[\u4e00-\u9fff·]{2,5}")


def for_each_number(items: Sequence[Item], text: str, shelf: Shelf) -> tuple[Item, ...]:
    """给两个号充50, 给我和我老婆各充100: an item for each, when none of the numbers is said yet."""
    if len(items) != 1 or items[0].fields or items[0].invalid or items[0].quantity > 1:
        return tuple(items)
    found = _SO_MANY_NUMBERS.search(text)
    if found is None and _is_topped_up(items[0], shelf):
        found = _SO_MANY_PEOPLE.search(text)
    pair = _BOTH.search(text) or (_PAIR.search(text) and _is_topped_up(items[0], shelf))
    many = read_numeral(found[1]) if found is not None else 2 if pair else 1
    return tuple(items) * int(many or 1)


def _is_topped_up(item: Item, shelf: Shelf) -> bool:
    """Whether it goes to an account: two people are two of them, then."""
    products = [shelf.product(one) for one in ((item.product,) if item.product else item.candidates)]
    return bool(products) and all(
        one is not None and one.delivery is Delivery.TOPUP and account_field(one) is not None for one in products
    )


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


def names_of_others(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """陈思远、陈思齐, 老大陈思远 老二陈思齐, where the first of two lines asked for its name: one for each."""
    state = dialog.state
    if not isinstance(state, Collecting) or len(state.lines) < 2:
        return None
    asked = state.lines[state.line]
    product = scene.shelf.product(asked.product or "")
    field = field_of(product, state.slot) if product is not None else None
    if field is None or field.kind is not FieldKind.TEXT or _WHO.search(field.label) is None:
        return None
    open_ = [i for i, line in enumerate(state.lines) if line.product == asked.product and field.name not in line.fields]
    parts = [_WHOSE.sub("", part) for part in _BETWEEN_NAMES.split(said.text.strip()) if part]
    names = [part for part in parts if _A_NAME.fullmatch(part) and not re.match(NO_NAME, part)]
    if len(open_) < 2 or len(names) != len(open_) or len(set(names)) != len(names) or len(parts) != len(names):
        return None
    lines = list(state.lines)
    for at, name in zip(open_, names, strict=True):
        lines[at] = replace(lines[at], fields={**lines[at].fields, field.name: name})
    return advance(replace(dialog, misses=0), lines, scene, replies.noted(field.label, "、".join(names)))
