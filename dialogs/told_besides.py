"""What may be told of an order that a person does, in his own words: 我玩妲己和瑶, 不用鲁班了 用后羿, 再加一个李白."""

import re
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Product
from dialogs import replies
from dialogs.ordering import advance
from dialogs.state import Confirming, Dialog
from dialogs.subjects import spaced
from dialogs.turn import Said, Scene, Turn
from dialogs.which_choice import named

_OF_A_PLAYER = re.compile("英雄|角色|职业")
_PLAYS = re.compile(
    "(?:我们?|主要|一般|平时|平常|经常|常|最|就|只|都|也|喜欢|擅长|习惯|会)*(?<=[我要般时常最就只都也欢长惯会])(?:玩|用|打)(?:的是|的|得多的是)?(?P<new>[^得过了完不着好].*?)"
)
_INSTEAD = re.compile("(?:别|不)(?:用|要|玩|选)(?P<old>[^,]{1,8}?)了?[,]*(?:改|换)?(?:用|要|玩|选|成)(?P<new>.+?)")
_TAIL = re.compile("(?:的|吧|了|啊|哈|呢|多|比较多|就行|就好)+$")
_ASKS = re.compile("[?？吗呢]|能不能|可不可以|要不要|什么|怎么|哪|多少")
_IS_TEXT = re.compile("[\u4e00-\u9fffa-z·、和跟,]{1,20}")
_NO_NAME = re.compile("到|段位|账号|号|手机|微信|苹果|安卓|[改换付充买单]")


def told_besides(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Its field filled, its content replaced, or more of it; None where he speaks of anything else."""
    state = dialog.state
    if not isinstance(state, Confirming) or len(state.lines) != 1:
        return None
    product = scene.shelf.product(state.lines[0].product or "")
    field = _field(product) if product is not None else None
    if product is None or field is None:
        return None
    clauses = [clause for clause in spaced(said.text).strip(",。!！~").split(",") if not _ASKS.search(clause)]
    new = _new(",".join(clauses), field, state.lines[0].fields.get(field.name, ""))
    if new is None or not _IS_TEXT.fullmatch(new) or _NO_NAME.search(new):
        return None
    if any(part in name for part in re.split("[、和跟,]", new) if part for name in named(product)):
        return None
    checked = check_field(field, new)
    if not isinstance(checked, Valid):
        return None
    line = replace(state.lines[0], fields={**state.lines[0].fields, field.name: checked.canonical})
    return advance(replace(dialog, misses=0), (line,), scene, replies.changed())


def _field(product: Product) -> Field | None:
    """The one thing that may be told and need not."""
    free = [field for field in product.fields if field.kind is FieldKind.TEXT and field.optional]
    return free[0] if len(free) == 1 and _OF_A_PLAYER.search(free[0].label) else None


def _new(text: str, field: Field, old: str) -> str | None:
    """What the field shall hold."""
    label = fold(field.label)
    parts = {label, *(label[at : at + 2] for at in range(len(label) - 1))}
    words = "|".join(map(re.escape, sorted(parts, key=len, reverse=True)))
    instead = _INSTEAD.fullmatch(text)
    if instead is not None and old and instead["old"] in fold(old):
        return _plain(fold(old).replace(instead["old"], _plain(instead["new"])))
    more = re.fullmatch(f"(?:还|再|另外)?(?:要|多|加|加上|再加)+(?:一|两)?个?(?:{words})*(?:是|用)?(?P<new>.+?)", text)
    if more is not None and re.search(words, text):
        return f"{old}、{_plain(more['new'])}" if old else _plain(more["new"])
    named_so = re.fullmatch(
        f"(?:我|就|那|把|改成|换成|改|换|要|指定)*(?:{words})+(?:的|都|就)*(?:改成|换成|改为|要|是|用|选|玩|有|[:：])*(?P<new>.+?)",
        text,
    )
    found = named_so or _PLAYS.fullmatch(text)
    return _plain(found["new"]) if found is not None else None


def _plain(text: str) -> str:
    return _TAIL.sub("", text).strip(",")
