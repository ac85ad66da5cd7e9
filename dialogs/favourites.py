"""The accounts a buyer gave before: offered when one is asked for, masked; put into the draft in full."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.draft import field_of
from dialogs.state import Dialog, Remembered
from dialogs.turn import Scene
from kernel.masking import mask
from kernel.orders import UsedAccount

OFFERED_MAX = 3
GOOD_FOR = timedelta(minutes=30)
"""So long what was read is offered without asking the books again."""
_PLACE_CHARS = 8
_KINDS = (
    FieldKind.PHONE,
    FieldKind.QQ,
    FieldKind.PHONE_OR_QQ,
    FieldKind.UID,
    FieldKind.CARD_NO,
    FieldKind.EMAIL,
    FieldKind.ADDRESS,
)
_MEANT = re.compile(
    r"(?:就?还?是|就|还|充|用|给|发|寄)*(?:我|俺)?(?:上次|上回|上一次|以前|之前|原来|老|旧)(?:那个|的|用的|充的|填的|那)*"
    r"(?:手机|qq|游戏)?(?:号码?|账号|帐号|地址|邮箱|uid)?(?:吧|就行|就好|就可以|行了|呗)?"
)
_DECLINED = re.compile(
    r"(?:不是|不用|不要|别用?|不充|不)(?:给)?(?:上次|上回|以前|之前|原来|老)(?:那个|的|用的|充的)*(?:手机|qq)?(?:号码?|账号|帐号|地址)?(?:了|吧|啊)?"
    r"|(?:我)?(?:要)?(?:换|用)(?:一)?个?(?:新的?|别的|另外的?)(?:手机|qq)?(?:号码?|账号|帐号|地址)?(?:吧)?"
    r"|(?:号码?)?[跟和同与](?:上次|上回|以前|之前|原来)(?:那个|的)?(?:号码?)?(?:不一样|不同)(?:的号码?|的|了)?"
)
_ENOUGH = 2


def remembers(field: Field) -> bool:
    """Whether what was given for such a field is worth offering again."""
    return field.kind in _KINDS


def unread(dialog: Dialog, scene: Scene) -> bool:
    """Whether the books have still to be asked for this buyer's accounts."""
    return dialog.used is None or dialog.used.at + GOOD_FOR <= scene.now


def offered(product: Product, field: Field, used: Sequence[UsedAccount], shelf: Shelf) -> tuple[str, ...]:
    """The accounts that could be meant for this field, best first: those of the same product, then of the same kind."""
    if not remembers(field):
        return ()
    own = [one.value for one in used if one.product_id == product.id and one.field == field.name]
    alike = [one.value for one in used if _kind_of(one, shelf) is field.kind]
    fitting = (value for value in dict.fromkeys((*own, *alike)) if isinstance(check_field(field, value), Valid))
    return tuple(fitting)[:OFFERED_MAX]


def entry(field: Field, index: int, value: str) -> str:
    """How an account is offered, and what a tap on it sends: 上次的号码 138****5678. `index` counts from 0."""
    return replies.used_before(index, field.label, _masked(field, value))


def meant(text: str, field: Field, accounts: Sequence[str]) -> str | None:
    """上次的, 老号码, 还是上次那个号, or an entry's own words: the account that is meant; None for anything else."""
    said = fold(text)
    named = [value for i, value in enumerate(accounts) if said == fold(entry(field, i, value))]
    if named:
        return named[0]
    plain = re.sub(r"[。.!！~～,，]", "", said)
    return accounts[0] if accounts and len(plain) >= _ENOUGH and _MEANT.fullmatch(plain) else None


def declined(text: str) -> bool:
    """不是上次的, 换个新号: something else is to follow."""
    return _DECLINED.fullmatch(fold(text)) is not None


def found(dialog: Dialog, accounts: tuple[UsedAccount, ...], scene: Scene) -> Dialog:
    """The dialog with what the books know."""
    return replace(dialog, used=Remembered(accounts, scene.now))


def _kind_of(one: UsedAccount, shelf: Shelf) -> FieldKind | None:
    product = shelf.product(one.product_id)
    field = field_of(product, one.field) if product is not None else None
    return field.kind if field is not None else None


def _masked(field: Field, value: str) -> str:
    return f"{value[:_PLACE_CHARS]}…" if field.kind is FieldKind.ADDRESS else mask(value)
