"""A choice of the list shown last, or a number, that is refused or spoken of, but not given: 50不要, 138…能充吗."""

import re

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import answer, choice_label
from dialogs.by_text import accounts_anywhere
from dialogs.draft import asked_field
from dialogs.hearing import names_a_part
from dialogs.pointing import longest_name
from dialogs.state import Collecting, Confirming, Dialog, Idle
from dialogs.turn import Said, Scene, Turn

_MADE_NOTHING_OF = ("unknown", "deny", "search", "browse", "order", "help")
REFUSES = re.compile(
    r"不[要用想买选考]|别|算了|免了|跳过|太[贵多少大小]|有点[贵多少大小]|除|不(?:划算|喜欢|合适|行|好|会)|没意思|有了"
)


def passed_over(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Say that it is left out, or how to have it, and ask again; none of the three misses."""
    state, listed = dialog.state, dialog.listed
    if isinstance(state, Idle) and said.frame.intent in (*_MADE_NOTHING_OF, "cancel"):
        return _goods_passed_over(dialog, said, scene)
    if not isinstance(state, Collecting) or said.frame.intent not in _MADE_NOTHING_OF:
        return None
    field = asked_field(state, scene.shelf)
    if field is not None and (numbers := accounts_anywhere(field, said.text)):
        told = replies.say_to_choose(numbers[0]) if len(numbers) == 1 else replies.only_the_one(field.label)
        return answer(dialog, scene, told)
    if listed is None:
        return None
    if any(item.product or item.options or item.fields for item in said.frame.items):
        return None
    text = fold(said.text)
    named = [label for entry in listed.entries if (label := _named(state, entry, text, scene))]
    if len(named) != 1:
        return None
    told = replies.passed_over(named[0]) if REFUSES.search(text) else replies.say_to_choose(named[0])
    return answer(dialog, scene, told)


_GOODS_REFUSED = re.compile(
    "(?:我|那|就|都|先|这个?|的|卡|券|[,，。!！~])*(?:不(?:想)?[要用买充看]|不需要|别|算了|免了)(?:了|的|吧|啊|看|给我|推荐|[,，。!！~])*"
)
_LITTLE = 16


def _goods_passed_over(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Q币不要, before anything is chosen: it is left out, and whatever else he may want."""
    text = fold(said.text)
    if len(text) > _LITTLE or not REFUSES.search(text):
        return None
    names = {product.name: longest_name((product.name, *product.aliases), text) for product in scene.shelf.products}
    name, called = max(names.items(), key=lambda one: len(one[1]), default=("", ""))
    if not called or not _GOODS_REFUSED.fullmatch(text.replace(called, "", 1)):
        return None
    label = name if sum(other == called for other in names.values()) == 1 else called
    return answer(dialog, scene, replies.join(replies.passed_over(label), replies.what_else()))


def _named(state: Collecting, entry: str, text: str, scene: Scene) -> str:
    """The label of an entry that is named in the text, or nothing."""
    kind, key = entry[:2], entry[2:]
    product = scene.shelf.product(state.lines[state.line].product or "")
    if kind == "s:" and (sku := scene.shelf.sku(key)) is not None:
        names = [fold(sku.label), *map(fold, sku.aliases)]
        if sku.value is not None and sku.label[:1].isdecimal():
            names.append(str(sku.value))
        label = sku.label
    elif kind == "v:" and product is not None:
        label = choice_label(product, state.slot, key)
        names = [fold(label)]
    else:
        return ""
    return label if any(re.search(rf"(?<![\d.]){re.escape(name)}(?![\d.])", text) for name in names if name) else ""


_MIGHT_DROP = re.compile("取消|不要|不用|去掉|删|划掉|拿掉|退掉|改|换")


def names_something_else(state: Confirming, text: str, shelf: Shelf) -> bool:
    """Whether a message over a summary gives a number that stands not there, or would drop or change what does."""
    for line in state.lines:
        product = shelf.product(line.product or "")
        held = set(line.fields.values())
        fields = [field for field in product.fields if field.name in line.fields] if product is not None else []
        if any(set(accounts_anywhere(field, text)) - held for field in fields):
            return True
    names = [name for line in state.lines if (p := shelf.product(line.product or "")) for name in (p.name, *p.aliases)]
    named = names_a_part(state.lines, text, shelf) or bool(longest_name(names, fold(text)))
    return named and _MIGHT_DROP.search(text) is not None
