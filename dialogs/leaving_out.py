"""What may be left blank left blank again: 贺卡不要了, 备注不用写."""

import re
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Field, FieldKind
from dialogs import replies
from dialogs.ordering import advance
from dialogs.state import Collecting, Confirming, Dialog
from dialogs.turn import Scene, Turn

_LABEL_END = re.compile("(?:内容|信息|文字|要求|留言|姓名|号码)$")
_BEFORE = r"(?:哎|唉|嗯|那|那个|算了|还是|就|把|这个|不过|等等|[,，。 ])*"
_BEHIND = (
    r"(?:上|里)?(?:就|都|还是|什么)*(?:不要|不用|不写|不加|不填|不需要|别写|别加|去掉|删掉?|去了|免)"
    r"(?:写|加|填)?(?:了|吧|啦|哈|[。.!！~～ ])*"
)


def left_out(dialog: Dialog, state: Collecting | Confirming, text: str, scene: Scene) -> Turn | None:
    """A field that may stay blank, taken out of every line that holds it; None when the message says anything else."""
    said = fold(text)
    products = (scene.shelf.product(line.product or "") for line in state.lines)
    named = {
        field.name
        for product in products
        if product is not None
        for field in product.fields
        if field.optional and field.kind is not FieldKind.CHOICE and _leaves_out(field, said)
    }
    if len(named) != 1:
        return None
    name = named.pop()
    lines = [replace(line, fields={n: v for n, v in line.fields.items() if n != name}) for line in state.lines]
    if tuple(lines) == tuple(state.lines):
        return None
    return advance(replace(dialog, misses=0), lines, scene, replies.changed())


def _leaves_out(field: Field, said: str) -> bool:
    label = fold(field.label)
    words = {label, _LABEL_END.sub("", label)}
    return any(len(word) > 1 and re.fullmatch(f"{_BEFORE}{re.escape(word)}{_BEHIND}", said) for word in words)
