"""Of several lines the one whose account or amount is put right: 100那个号错了 是139…, 138的100 139的50, 两个号反了."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.by_text import accounts_anywhere
from dialogs.draft import account_field
from dialogs.field_changes import ASKS, is_size
from dialogs.line_changes import line_with
from dialogs.ordering import advance
from dialogs.pointing import accounts, longest_name, pointed
from dialogs.state import Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn

_TEXT_MAX = 60
_POINTS = re.compile("那|这个|的|第|头|前面|后面")
_GIVES = re.compile("错|不对|改|换|应该|充|是|用|给|到")
_ANOTHER = re.compile("也|再|还有|还要|加|另|同样|一样|都")
_SWAPPED = re.compile(
    "(?:哎|啊|不对|等等|我|这|那|[两2]个|[两2]边|号码?|手机|qq|账号|帐号|金额|面额|数额|钱|的|都|好像|[,，])*+[搞写填弄打说发]?(?:反|颠倒)了?(?:吧|啊|哈|哦)*"
)
_EACH = re.compile(
    r"(?:给|尾号)?(\d{3,4})(?:开头)?(?:的?号)?(?:的|那个?|这个?)*+(?:都?充|改成?|改为|换成?|要|是|来)*+(\d{1,6})(?:元|块钱?|个)?(?:的|吧|了)*+"
)
_CLAUSES = re.compile(r"[\s,，。;；、]+")


def put_right(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The lines with one account in its place, with both exchanged, or each with its own amount; else None."""
    state = dialog.state
    if not isinstance(state, Confirming) or len(state.lines) < 2 or len(said.text) > _TEXT_MAX:
        return None
    text = fold(said.text)
    if ASKS.search(text):
        return None
    lines = _exchanged(state.lines, text, scene.shelf) or _each_amount(state.lines, said.text, scene.shelf)
    lines = lines or _one_account(state.lines, text, scene.shelf)
    return advance(replace(dialog, misses=0), lines, scene, replies.changed()) if lines is not None else None


def _exchanged(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> list[DraftLine] | None:
    """两个号反了, of two lines of one product for two accounts: each gets the other's."""
    if len(lines) != 2 or not _SWAPPED.fullmatch(text):
        return None
    one, other = lines
    product = shelf.product(one.product or "")
    field = account_field(product) if product is not None else None
    if field is None or one.product != other.product or {field.name} - (one.fields.keys() & other.fields.keys()):
        return None
    if one.fields[field.name] == other.fields[field.name]:
        return None
    return [
        replace(line, fields={**line.fields, field.name: by.fields[field.name]})
        for line, by in ((one, other), (other, one))
    ]


def _each_amount(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> list[DraftLine] | None:
    """138的100 139的50: an amount for each, by how its account begins or ends."""
    found = [_EACH.fullmatch(fold(clause)) for clause in _CLAUSES.split(text) if clause]
    if len(found) < 2:
        return None
    out = list(lines)
    for one in found:
        held = [
            i
            for i, line in enumerate(lines)
            if one is not None and any(a.startswith(one[1]) or a.endswith(one[1]) for a in accounts(line, shelf))
        ]
        product = shelf.product(lines[held[0]].product or "") if len(held) == 1 else None
        if one is None or product is None or out[held[0]] != lines[held[0]]:
            return None
        filled = line_with(out[held[0]], one[2], product, shelf)
        if filled is None or filled.problems:
            return None
        out[held[0]] = filled.line
    return out


def _one_account(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> list[DraftLine] | None:
    """充100的那个号错了 是139…: the account of the line that is pointed at, and of no other."""
    held = {account for line in lines for account in accounts(line, shelf)}
    for i, line in enumerate(lines):
        product = shelf.product(line.product or "")
        field = account_field(product) if product is not None else None
        if product is None or field is None or field.name not in line.fields:
            continue
        given = [one for one in accounts_anywhere(field, text) if not is_size(one, product) and fold(one) not in held]
        around = text.replace(fold(given[0]), "") if len(given) == 1 else ""
        if len(given) != 1 or any(account in text for account in held):
            continue
        checked = check_field(field, given[0])
        if isinstance(checked, Valid) and (_is_meant(lines, i, around, shelf) or _is_next_to(lines, i, text, given[0])):
            fields = {**line.fields, field.name: checked.canonical}
            return [*lines[:i], replace(line, fields=fields), *lines[i + 1 :]]
    return None


def _is_meant(lines: Sequence[DraftLine], at: int, around: str, shelf: Shelf) -> bool:
    """Whether the words point at this line alone, and give it something."""
    if not _GIVES.search(around) or _ANOTHER.search(around):
        return False
    meant = pointed(lines, around, shelf)
    if meant is not None:
        return meant.lines == (at,) and _POINTS.search(around) is not None
    kinds = [
        i
        for i, line in enumerate(lines)
        if (product := shelf.product(line.product or "")) is not None
        and longest_name(_kind_names(product.category, product.name), around)
    ]
    return kinds == [at]


def _kind_names(category: Sequence[str], name: str) -> list[str]:
    """会员, of 爱奇艺黄金VIP."""
    return [
        *category,
        *(word[-2:] for word in category),
        *(["会员"] if "vip" in name.lower() or "会员" in name else []),
    ]


def _is_next_to(lines: Sequence[DraftLine], at: int, text: str, given: str) -> bool:
    """A number alone that differs in a digit or two from this line's and from no other's."""
    if fold(given) != text:
        return False
    near = [i for i, line in enumerate(lines) if any(_apart(value, given) <= 2 for value in line.fields.values())]
    return near == [at]


def _apart(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else len(other)
