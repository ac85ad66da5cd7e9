"""The order said anew, after it was got wrong: 不对，我要的是绿钻月卡 1234567，百度网盘月卡.

It alone puts the new order in the place of the old one (below the link, too), and keeps what he does not repeat."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field
from catalog.model import Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs.clauses import read_clauses
from dialogs.draft import Looked, look
from dialogs.filling import FREE, fill
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle
from dialogs.turn import Said
from nlu.frame import Item
from nlu.lexicon import Lexicon
from nlu.parsing import parse
from nlu.text import normalise
from nlu.withdrawing import last_word, without_withdrawn

_WRONG = r"(?:[我你您]?(?:刚才?)?(?:[买点选下发看拍填写说听理解搞弄][错混反]|错)[了啦咯]?|不对|不是这样|不是|误会了?)"
_OPENS = r"(?:哎呀?|啊|嗯|唉|哦|噢|不好意思|抱歉|等等|等下|[,，。!！~\s])"
_AGAIN = re.compile(
    rf"^{_OPENS}*(?:"
    rf"(?:{_WRONG}{_OPENS}*)*(?:我?(?:说的|要的|想要的|买的|点的|订的)(?:明明)?(?:是|就是)|我(?:就|只|明明)?是(?:要|想要|说)(?!的)"
    r"|(?:那)?我?(?:重新|再)(?:说|讲)一[遍次下]|重说|重新来(?=[,，\s]))"
    rf"|{_WRONG}{_OPENS}*(?:应该|其实)?(?:是|要|我要)(?!的)"
    rf"|不[是要][^,，。\s\d]{{1,8}}{_OPENS}*(?:而?是|我?要)(?:的是)?(?!的)"
    r"|(?:刚[才刚]?)?(?:[下买]的|那个|那单|这个|这单|前面的?)?(?:不要|取消|作废)[掉了吧]*[,，\s]*重新?(?:来|下|弄|买|拍)(?:一?[个单份])?"
    rf"|(?:[我刚才]*(?:[买点选下拍]错|[充买选点下拍要][少多]|不够|太少)[了啦]?){_OPENS}+"
    r")[\s:：,，]*"
)
_NOT_THAT = re.compile(r"[,，\s]*不[是要][^,，\s\d]{1,8}$")
_NO_LIST = re.compile(r"不[是要用]|别|[改换加]|还是|或者?|[?？吗]|再[来要加充买带捎拿配整]|去掉|取消")
_ACCOUNTS = re.compile(r"[0-9A-Za-z@._-]{5,}")
_BESIDES = re.compile("也|还|另|顺便|加")


_OWN = (FieldKind.CHOICE, FieldKind.TEXT)
"""Kinds of field that say nothing of each other."""


def as_said_anew(said: Said, lexicon: Lexicon) -> Said:
    """The message read without 不对，我要的是, where it goes on with goods; and without goods it takes back itself."""
    plain = normalise(said.text)
    settled = without_withdrawn(said.text, plain, lexicon)
    settled = last if (last := last_word(plain, lexicon)) != plain else settled
    if settled != said.text:
        return replace(said, settled=settled)
    if not says_anew(said.text):
        return said
    rest = _goods(said.text)
    frame = parse(rest, lexicon)
    if (
        said.frame.intent in ("problem", "unknown")
        and len(frame.items) == 1
        and {"value", "quantity"} & frame.items[0].said
    ):
        return replace(said, frame=replace(frame, intent="change"))  # 充少了 充200
    if not _told(frame.items) or frame.intent not in ("order", "answer"):
        return said
    return replace(said, frame=replace(frame, intent="order"), clauses=read_clauses(rest, lexicon))


def as_listed(said: Said, dialog: Dialog, lexicon: Lexicon) -> Said:
    """The message as an order of its own where it lists one in full, whatever was asked: two things or more, each with
    all that it needs (王者1180 3310924475 苹果，王者300 1287740936 安卓). It takes the place of what stands there."""
    if not isinstance(dialog.state, Collecting | Confirming) or len(_ACCOUNTS.findall(said.text)) < 2:
        return said
    if _NO_LIST.search(said.text) or _BESIDES.search(said.text) or said.rows:
        return said
    frame = parse(said.text, lexicon)
    whole = [item.sku is not None and not item.missing and not item.invalid and item.fields for item in frame.items]
    named = ["product" in item.said for item in frame.items]
    if frame.intent != "order" or len(whole) < 2 or not all(whole) or not all(named):
        return said
    return replace(said, frame=frame, in_full=True)


def says_anew(text: str) -> bool:
    """Whether it begins like an order said anew."""
    marker = _AGAIN.match(text.strip())
    return marker is not None and _NO_LIST.search(_goods(text)) is None


def _goods(text: str) -> str:
    """What follows 不对，我要的是; without 不是流量 at its end."""
    return _NOT_THAT.sub("", _AGAIN.sub("", text.strip(), count=1))


def restates(dialog: Dialog, said: Said) -> bool:
    """Whether it says anew what was ordered last: with goods, below the link."""
    return isinstance(dialog.state, Idle) and says_anew(said.text) and _told(said.frame.items)


def _told(items: Sequence[Item]) -> bool:
    """Whether each is a product with something of which; 是爱奇艺 alone puts another in its place (switching)."""
    return bool(items) and all(i.product and (i.sku or i.value is not None or i.options or i.fields) for i in items)


def said_anew(state: Collecting | Confirming, said: Said, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The lines as he says them anew; None where the message says no goods anew.

    What he does not repeat stays as it was (an account, an address). One thing named of several takes the place of that
    one, unless that changes nothing: then it is all that he wants. Where nothing else is different, a count that he
    does not repeat was what was wrong.
    """
    items = said.frame.items
    if not says_anew(said.text) or not _told(items) or not all(line.product for line in state.lines):
        return None
    fresh = [fill(DraftLine(), item, shelf).line for item in items]
    counted = ["quantity" in item.said for item in items]
    kept = [_completed(line, has, state.lines, shelf) for line, has in zip(fresh, counted, strict=True)]
    named = {line.product for line in kept}
    if len(kept) == 1 and not {line.product for line in state.lines} <= named:
        at = next((i for i, line in enumerate(state.lines) if line.product in named), None)
        beside = [line for line in state.lines if line.product not in named]
        new = tuple(beside if at is None else [*beside[:at], *kept, *beside[at:]])
        if at is not None and not _same(new, state.lines, shelf):
            return new
    if _same(kept, state.lines, shelf):
        return tuple(line if has else replace(line, quantity=1) for line, has in zip(kept, counted, strict=True))
    return tuple(kept)


def _completed(line: DraftLine, counted: bool, before: Sequence[DraftLine], shelf: Shelf) -> DraftLine:
    """A line with what the one it stands for held and he did not say again."""
    product = shelf.product(line.product or "")
    mine = [old for old in before if old.product == line.product]
    like = [old for old in mine if look(old, shelf).sku is not None and look(old, shelf).sku == look(line, shelf).sku]
    if product is None or not mine:
        return _with_same_account(line, product, before, shelf)
    old = (like or mine)[0]
    if line.value is None and line.sku is None and not line.options:
        line = replace(line, value=old.value, sku=old.sku, options=old.options)
    looked = look(line, shelf)
    options = {name: value for name, value in old.options.items() if name not in line.options}
    if options and look(replace(line, options={**options, **line.options}), shelf).skus and len(looked.skus) != 1:
        line = replace(line, options={**options, **line.options})
    free = {field.name for field in product.fields if field.kind in FREE}
    fields = {n: v for n, v in old.fields.items() if n not in line.fields or (n in free and line.fields[n] in v)}
    line = replace(line, fields={**line.fields, **fields})
    return line if counted or len(mine) != 1 else replace(line, quantity=old.quantity)


def _with_same_account(
    line: DraftLine, product: Product | None, before: Sequence[DraftLine], shelf: Shelf
) -> DraftLine:
    """不是流量 是话费: for the same telephone."""
    old = shelf.product(before[0].product or "")
    if product is None or old is None or len(before) != 1 or line.fields:
        return line
    kinds = {field.kind: before[0].fields.get(field.name) for field in old.fields if field.kind not in _OWN}
    same = {field.name: value for field in product.fields if (value := kinds.get(field.kind)) and _fits(field, value)}
    return replace(line, fields={**same, **line.fields})


def _fits(field: Field, value: str) -> bool:
    return isinstance(check_field(field, value), Valid)


def _same(some: Sequence[DraftLine], others: Sequence[DraftLine], shelf: Shelf) -> bool:
    return [_what(look(line, shelf)) for line in some] == [_what(look(line, shelf)) for line in others]


def _what(looked: Looked) -> tuple[object, ...]:
    line, sku = looked.line, looked.sku
    value = line.value if sku is None or sku.any_value is not None else None
    return (line.product, sku.code if sku else None, value, line.quantity, *sorted(looked.fields.items()))
