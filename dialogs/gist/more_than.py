"""Where something was made of a message, and its gist is more, or is what the number in it was for."""

import re
from collections.abc import Sequence

from catalog.shelf import Shelf
from dialogs.draft import look, products_of
from dialogs.gist.deciding import gist, of_these
from dialogs.gist.mentions import OF_SOMEBODY, Mention, Message, read
from dialogs.gist.sharing import each_gets_one
from dialogs.state import DraftLine
from nlu.numerals import CHINESE
from nlu.words import PIECES

_ALONE = re.compile(rf"(?:^|[\s,，。;；!！])(?:\d+|[{CHINESE}俩仨])[{PIECES}](?=$|[\s,，。;；!！的吧])")
"""两把: a clause of its own counts, whatever it counts by."""
_TEXT_MAX = 60
_CHATTER_MIN = 4
_REFUSED_CHATTER_MIN = 2
_DID = re.compile("[买充办用吃喝玩打看花卖收送上报学练听住租][了过]$")
_OTHERS_DO = re.compile(f"(?:{OF_SOMEBODY.pattern})们?[都也就]?[用停住开买报有在喝吃玩办读](?!.*[吧呗]$)")
_Slots = dict[str, object]
_FEW_CHARS = 3


def more_than(
    lines: Sequence[DraftLine], made: Sequence[DraftLine], text: str, shelf: Shelf
) -> tuple[DraftLine, ...] | None:
    """The gist, where what was made of the message is half of it or counts by a number that counts nothing."""
    if len(lines) != len(made):
        return None
    new = gist(lines, text, shelf)
    if new is None or len(new) != len(lines):
        return new if len(lines) == 1 and list(made) != list(lines) else None  # 两张一百的一张五十的
    before = [_slots(line, shelf) for line in lines]
    half = [_changed(old, _slots(line, shelf)) for old, line in zip(before, made, strict=True)]
    whole = [_changed(old, _slots(line, shelf)) for old, line in zip(before, new, strict=True)]
    if not any(half) or half == whole:
        return None
    known = {value for line in (*lines, *made) for value in line.fields.values()}
    if any(known & set(map(str, other.values())) for one, other in zip(half, whole, strict=True) if not one):
        return None  # 会员的号换成…: said of one line
    if all(one.items() <= other.items() for one, other in zip(half, whole, strict=True)):
        return new
    if len(new) == 1 and half[0].keys() == {"quantity"} and each_gets_one(text) == new[0].quantity:
        return new  # 我爸一本我妈一本
    return new if _miscounted(before, half, whole, text, lines, shelf) else None


def only_told_of(lines: Sequence[DraftLine], made: Sequence[DraftLine], text: str, shelf: Shelf) -> bool:
    """Whether the one line got another size or count by words that are said of something else (我同学在北城那边,
    两张卡都欠费了), that refuse it (地下太潮了), or by a size that was taken for a count (4节就听腻了)."""
    if len(lines) != 1 or len(made) != 1 or len(text) > _TEXT_MAX:
        return False
    changed = _changed(_slots(lines[0], shelf), _slots(made[0], shelf))
    if not changed or not changed.keys() <= {"size", "value", "quantity"}:
        return False
    looked = look(made[0], shelf)
    message = read(text, products_of([looked]), shelf)
    sku = looked.sku.code if looked.sku is not None else ""
    about = [m for m in message.mentions if (sku in m.skus if "size" in changed else m.count)]
    if "size" not in changed and not about:
        values = {(one := shelf.sku(code)) and one.value for m in message.mentions for code in m.skus}
        about = [m for m in message.mentions if m.skus] if made[0].quantity in values else []
    return _are_told(about, message) and gist(lines, text, shelf) is None


def only_told_of_sizes(line: DraftLine, text: str, shelf: Shelf) -> bool:
    """Whether other sizes of the line's product are spoken of and none is wanted: 活性炭那个味大."""
    looked = look(line, shelf)
    if looked.product is None or looked.sku is None or len(text) > _TEXT_MAX:
        return False
    message = read(text, [looked.product], shelf)
    every = {sku.code for sku in looked.product.skus}
    about = [m for m in message.mentions if m.count or (m.skus and not every <= m.skus)]
    return any(m.skus for m in about) and _are_told(about, message) and gist((line,), text, shelf) is None


def _are_told(about: Sequence[Mention], message: Message) -> bool:
    if not all(_is_told(m, message.clauses[m.clause]) for m in about):
        return False
    refused = all(m.sign < 0 for m in about)
    return bool(about) and message.chatter >= (_REFUSED_CHATTER_MIN if refused else _CHATTER_MIN)


def _is_told(mention: Mention, clause: str) -> bool:
    """Whether nothing says that it is to be: it is refused, somebody else's, or in the middle of something else."""
    if mention.sign > 0 or mention.way != "set" or "算了" in clause:
        return False
    before = clause.partition(mention.text)[0]
    if mention.sign < 0 or _OTHERS_DO.search(clause) is not None or _DID.search(before) is not None:
        return True
    return not (mention.alone or mention.ends or mention.beside)


def holds(lines: Sequence[DraftLine], made: Sequence[DraftLine], new: Sequence[DraftLine], shelf: Shelf) -> bool:
    """Whether what was made of a message has all that its gist changes."""
    if not len(lines) == len(made) == len(new):
        return False
    every = [[_slots(line, shelf) for line in some] for some in (lines, made, new)]
    return all(
        _changed(old, other).items() <= _changed(old, one).items() for old, one, other in zip(*every, strict=True)
    )


def of_one(line: DraftLine, words: str, shelf: Shelf) -> DraftLine | None:
    """A line with what a clause says of it, as it was where it is so already; None where it says nothing of it."""
    new = of_these((line,), words, shelf)
    if new is not None:
        return new[0] if len(new) == 1 else None
    looked = look(line, shelf)
    said = read(words, products_of([looked]), shelf)
    so = [
        m.count == line.quantity if m.count else looked.sku is not None and looked.sku.code in m.skus
        for m in said.mentions
    ]
    return line if so and all(so) and said.chatter <= _FEW_CHARS else None


def _miscounted(
    before: Sequence[_Slots],
    half: Sequence[_Slots],
    whole: Sequence[_Slots],
    text: str,
    lines: Sequence[DraftLine],
    shelf: Shelf,
) -> bool:
    """透明的用俩月就黄 磨砂的吧: a count by a number that counts none of them, beside what the gist has as well."""
    if "数量" in text or _ALONE.search(text) is not None:
        return False
    products = products_of([look(line, shelf) for line in lines])
    mentions = read(text, products, shelf).mentions
    counts, total = {m.count for m in mentions}, {m.count for m in mentions if m.way == "set" and m.sign >= 0}
    for old, some, other in zip(before, half, whole, strict=True):
        rest = {name: value for name, value in some.items() if name != "quantity"}
        now, was = some.get("quantity"), old["quantity"]
        if not rest.items() <= other.items() or not isinstance(was, int):
            return False
        counted = isinstance(now, int) and (now in total or counts & {now - was, was - now})
        if counted and other.get("quantity") != now:
            return False
    return True


def _slots(line: DraftLine, shelf: Shelf) -> _Slots:
    looked = look(line, shelf)
    size = looked.sku.code if looked.sku is not None else None
    return {"product": line.product, "size": size, "value": line.value, "quantity": line.quantity, **looked.fields}


def _changed(old: _Slots, new: _Slots) -> _Slots:
    return {name: value for name, value in new.items() if old.get(name) != value}
