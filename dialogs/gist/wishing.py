"""Whether a message that has a gist is to be taken by it: no question, no talk of other goods, no order of its own."""

import re
from collections.abc import Sequence

from catalog.checks import fold
from catalog.model import Field, FieldKind
from catalog.shelf import Shelf
from dialogs.gist.clauses import asks, clauses_in
from dialogs.gist.deciding import gist, of_several
from dialogs.gist.going import fewer
from dialogs.gist.goods import shadowed
from dialogs.gist.telling import only_tells
from dialogs.state import DraftLine
from dialogs.turn import Said, Scene

PLAIN = ("confirm", "cancel", "human", "greet", "thanks", "choose", "rate", "batch", "keys")
"""Intents that are no correction, whatever is named in the message."""
_BULK = re.compile("批|团购|表格|excel|导入|名单|几十|上百|大量|全公司|代理|一行一", re.IGNORECASE)
_ANOTHER = re.compile(r"再[来下买充要订]|再.单|(?:^|[\s,，。!！])照旧|老样子|[跟和]上次|上次(?:[那的一]|$)")
_REASON = re.compile(r"[\w.@-]*\d{3,}[\w.@-]*|[的吧呗啊哈了那就个来要充给我谢麻烦请老板你您好]", re.ASCII)
"""Of a clause that gives no reason."""
INSTEAD = re.compile(
    "[错换改变]|顶(?:啥|什么)|[管有]啥用|不[对是够用想要行]|还是|算了|太|干脆|要不|重新|应该|[多少]了|哪够|足够|就[行好够]|够了|只[要充买]|[共总]要|[一总拢]共|加起来|才[是对]|先|那[个张份台种根档款]|[吧呗得]$"
)
"""What tells a correction below the link from one more order."""


def is_plain(said: Said) -> bool:
    """Whether it is no correction, whatever is named in it; 六个人6本 is one, though it sounds like a bulk order."""
    intent = said.frame.intent
    return intent in PLAIN and (intent != "batch" or _BULK.search(said.text) is not None)


def has_reasons(text: str) -> bool:
    """Whether a message says more in clauses of their own than a size, a count or an account."""
    clauses = clauses_in(text)
    return len(clauses) > 1 and any(len(_REASON.sub("", clause)) > 3 for clause in clauses)


def wished(lines: Sequence[DraftLine], said: Said, scene: Scene) -> tuple[DraftLine, ...] | None:
    """The lines as a message wants them; None where it asks, only tells, or speaks of other goods."""
    if said.late or is_plain(said) or names_others(lines, said):
        return None
    if any(asks(clause) for clause in clauses_in(said.text)[-1:]):
        return None
    new = gist(lines, said.text, scene.shelf)
    if new is None:
        return None
    if says_of_which(lines, said.text, scene.shelf):
        return new
    ids = sorted({line.product or "" for line in (*lines, *new)})
    products = [product for code in ids if (product := scene.shelf.product(code)) is not None]
    return None if only_tells(said.text, products, scene.shelf) else new


def says_of_which(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> bool:
    """Whether it names the line that it wants otherwise (采耳的不做了 听着怪怕的), or whose piece goes (他那份免了)."""
    if len(lines) == 1:
        return fewer(text, lines[0].quantity) is not None
    return of_several(lines, text, shelf) not in (None, tuple(lines))


def wished_with_reasons(lines: Sequence[DraftLine], said: Said, scene: Scene) -> tuple[DraftLine, ...] | None:
    """The same of a message of more than one clause: of a single one the older rules read more than its gist. They
    know more of the parts of an address or account, and whose of several it is."""
    if len(clauses_in(said.text)) < 2 and not said.by_voice:
        return None
    new = wished(lines, said, scene)
    if new is None or len(new) != len(lines):
        return new
    alone = len(lines) == 1 and lines[0].quantity == 1
    changed = {
        (field.kind is FieldKind.ADDRESS, other.fields.get(field.name, ""))
        for one, other in zip(lines, new, strict=True)
        for field in _fields_of(one, scene)
        if one.fields.get(field.name) != other.fields.get(field.name)
    }
    if any(is_place or not alone or value not in said.text for is_place, value in changed):
        return None
    return new


def _fields_of(line: DraftLine, scene: Scene) -> tuple[Field, ...]:
    product = scene.shelf.product(line.product or "")
    return product.fields if product is not None else ()


def wished_instead(lines: Sequence[DraftLine], said: Said, scene: Scene) -> tuple[DraftLine, ...] | None:
    """The same below the link, where a message may as well be an order of its own: one that names a product anew is,
    unless something in it puts right what was ordered."""
    if _ANOTHER.search(said.text):
        return None
    text = fold(said.text)
    names = any("product" in item.said for item in said.frame.items)
    names = names and (not has_reasons(said.text) or _named(lines, text, scene))
    if names and not INSTEAD.search(text):
        return None
    return wished(lines, said, scene)


def _named(lines: Sequence[DraftLine], text: str, scene: Scene) -> bool:
    """Whether a product of the order is called by its name, as in an order of its own."""
    products = [scene.shelf.product(line.product or "") for line in lines]
    return any(fold(name) in text for one in products if one is not None for name in (one.name, *one.aliases))


def names_others(lines: Sequence[DraftLine], said: Said) -> bool:
    """Whether a product is named that none of the lines is of."""
    held = {line.product for line in lines}
    own = {code for code in held if code is not None}
    return any(
        item.product not in held and not shadowed(said, item.product, own)
        if item.product
        else item.candidates and not held & set(item.candidates)
        for item in said.frame.items
        if item.product or not item.said or not item.said <= {"value", "quantity"}  # 一个月 is no name
    )
