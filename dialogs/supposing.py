"""A message at the summary of which nothing was made, though it names something that the order could be: whether that
is meant is asked (您是想改成「30元」吗？), as one would at a counter, and no summary is confirmed over it unseen."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import FieldKind, Product
from catalog.shelf import Shelf
from dialogs import another_account, own_order, replies
from dialogs.asking import choice_label, line_in_words
from dialogs.draft import look
from dialogs.effects import FindOrders
from dialogs.filling import fill
from dialogs.gist.choices import names_of
from dialogs.gist.clauses import asks
from dialogs.gist.mentions import Mention, read
from dialogs.gist.reading import Reading
from dialogs.gist.taking import leaves
from dialogs.gist.wishing import PLAIN
from dialogs.ordering import advance
from dialogs.recount_basket import Basket
from dialogs.recount_words import Word
from dialogs.state import QUANTITY_MAX, Confirming, Dialog, DraftLine
from dialogs.texts_given import note_in
from dialogs.turn import Reply, Said, Scene, Turn
from nlu.frame import Item

Lines = tuple[DraftLine, ...]

_MOST = 3
_TEXT_MAX = 40
_YES = re.compile(
    "(?:嗯|对|是|好|行|可以|没错|正是|确[认定]|ok|要|改|换|就[这那]样|第?一个|[的了吧啊呀嘛哒滴个])++", re.IGNORECASE
)
_NO = re.compile("(?:不|没有|别|算了|照旧|还是|按|照|就|刚才|原来|之前|[是用改换要对动了的吧啊呀样])++")
_MORE_OR_TOO_MANY = re.compile("多了?[一两三四五1-9]")
"""多一张: one more, or one too many?"""
_WISHES = re.compile(
    "[换改加减不没别留错少多给写填寄送号要选登用补退弄搞整做]|去掉|还是|算了|名字|地址|[那这哪][个张份种]|[\\da-z]",
    re.IGNORECASE,
)
_EITHER = re.compile(r"(?<!不)([^\s能行可好要])不\1|有没有|会不会|是不是")
"""稳不稳: yes or no, and neither of them."""
_MAY_WANT = re.compile(
    "[没换改加减留给帮写填寄送退弄搞整选补\\d]|不(?!过)|别(?![人的家])|去掉|怎么|咋|为[什啥]|凭什么|能|可以|行不行|好不好|要不要"
)
"""In a question: what may be a wish, or a complaint (能不能送上门, 怎么给我弄成这样)."""
_DOES_WITHOUT = re.compile("免了|不|没|别|算了|先放|省了|去掉|取消|退")


def offered(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    """The turn, or the question whether that is meant which the message names and the order is not."""
    before, after = dialog.state, turn.dialog.state
    if not isinstance(before, Confirming) or not isinstance(after, Confirming) or before.lines != after.lines:
        return turn
    if said.late or said.frame.intent in PLAIN or len(said.text) > _TEXT_MAX or another_account.is_open(turn.dialog):
        return turn
    reading = Reading(dialog, said, scene)
    looked_up = [effect.purpose for effect in turn.effects if isinstance(effect, FindOrders)]
    if own_order.speaks_of_it(said, looked_up):
        return turn
    if reading.asks or said.frame.intent == "price" or not leaves(reading, turn) or "reorder" in looked_up:
        return turn
    if reading.is_told and not _refuses(before.lines, said, scene.shelf):
        return turn
    found = tuple(dict.fromkeys(_suppositions(before.lines, said, scene.shelf)))
    found = found or tuple(_with_note(before.lines, said.text, scene.shelf))
    found = tuple(lines for lines in found if lines != before.lines and _can_be(lines, scene.shelf))
    if not 1 <= len(found) <= (_MOST if len(before.lines) == 1 else 1):
        return turn
    told = replies.supposed([_in_words(before.lines, lines, scene.shelf) for lines in found])
    asked = replace(turn.dialog, supposed=found, state=replace(after, denied=True), waiting=None, listed=None)
    return Turn(asked, Reply(told))


def _products(lines: Lines, shelf: Shelf) -> list[Product]:
    """What each line is of: of a summary every line is of one."""
    return [product for line in lines if (product := shelf.product(line.product or "")) is not None]


def may_be_a_wish(lines: Lines, text: str, shelf: Shelf) -> bool:
    """Whether something in it is of the order, or asks for something: 要立马到, 一米哪够得着, and not 今天天气真好, nor
    a question that names nothing of it: 装上到底卡不卡呀."""
    if _WISHES.search(text) is not None and not only_asks(text):
        return True
    products = _products(lines, shelf)
    fields = [one for product in products for one in product.fields if one.kind is FieldKind.CHOICE]
    said = fold(text)
    return bool(read(text, products, shelf).mentions) or any(name in said for one in fields for name in names_of(one))


def only_asks(text: str) -> bool:
    """Whether it is a question that wishes for nothing and complains of nothing: 这个稳不稳定啊, 卡不卡, 好用吗."""
    plain = _EITHER.sub("", text)
    return (plain != text or asks(text)) and _MAY_WANT.search(plain) is None


def answered(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The answer to that question; None where he says something else."""
    if not dialog.supposed or not isinstance(dialog.state, Confirming):
        return None
    text, lines = fold(said.text).strip(" ,，。.!！~～"), dialog.state.lines
    plain = replace(dialog, supposed=(), misses=0)
    last = len(dialog.supposed) + 1
    if text.isdecimal() and len(text) == 1 and 1 <= int(text) <= last:
        chosen = int(text) - 1
        if chosen < len(dialog.supposed):
            return advance(plain, dialog.supposed[chosen], scene, replies.changed())
        return advance(plain, lines, scene, replies.nothing_changed())
    if _NO.fullmatch(text) and not _YES.fullmatch(text):
        return advance(plain, lines, scene, replies.nothing_changed())
    if _YES.fullmatch(text) and len(dialog.supposed) == 1:
        return advance(plain, dialog.supposed[0], scene, replies.changed())
    return None


def _can_be(lines: Lines, shelf: Shelf) -> bool:
    looked = [look(line, shelf) for line in lines]
    return all(one.sku is not None and one.missing is None and one.trouble is None for one in looked)


def _refuses(lines: Lines, said: Said, shelf: Shelf) -> bool:
    """Whether what is ordered is said to be no good: 一百块她用不完, 三十顶天了."""
    products = _products(lines, shelf)
    mine = {sku.code for line in lines if (sku := look(line, shelf).sku) is not None}
    return any(m.sign < 0 and m.skus & mine for m in read(said.text, products, shelf).mentions)


def _suppositions(lines: Lines, said: Said, shelf: Shelf) -> Iterator[Lines]:
    """The order, each time with one thing otherwise that the message names."""
    products = _products(lines, shelf)
    message = read(said.text, products, shelf)
    if len(lines) > 1 and any(mention.count for mention in message.mentions):
        return  # 麦乐鸡不要了 巨无霸四份: half of it would be lost
    for mention in message.mentions:
        if mention.skus and not _is_a_product(mention, products):
            yield from _sized(lines, mention, message.clauses[mention.clause], shelf)
        elif mention.skus and len(lines) > 1 and _DOES_WITHOUT.search(message.clauses[mention.clause]):
            yield from _without(lines, mention, shelf)
        elif mention.count and not mention.skus and len(lines) == 1 and not _MORE_OR_TOO_MANY.search(said.text):
            yield from _counted(lines[0], mention, shelf)
    for at, product in enumerate(products):
        yield from _chosen(lines, at, product, fold(said.text))
    if len(lines) == 1:
        yield from _of_others(lines[0], said, shelf)


def _is_a_product(mention: Mention, products: Sequence[Product]) -> bool:
    return any(len(p.skus) > 1 and {sku.code for sku in p.skus} <= mention.skus for p in products)


def _sized(lines: Lines, mention: Mention, clause: str, shelf: Shelf) -> Iterator[Lines]:
    """Another size; of the one there is, refused, the only other, or the order without it."""
    basket, word = Basket(list(lines), shelf), Word("N", mention.text, skus=mention.skus)
    held = basket.named(word)
    if not held and mention.sign >= 0:
        for at in range(len(lines)):
            if (sku := basket.like(word, at)) is not None:
                other = Basket(list(lines), shelf)
                other.become(at, sku)
                yield tuple(other.lines)
    elif len(held) == 1 and mention.sign <= 0 and _DOES_WITHOUT.search(clause):
        if len(lines) > 1:
            yield from _without(lines, mention, shelf)
        elif (product := basket.product(held[0])) is not None and len(product.skus) == 2:
            basket.become(held[0], next(sku for sku in product.skus if sku.code not in mention.skus))
            yield tuple(basket.lines)


def _without(lines: Lines, mention: Mention, shelf: Shelf) -> Iterator[Lines]:
    held = Basket(list(lines), shelf).named(Word("N", mention.text, skus=mention.skus))
    if 0 < len(held) < len(lines):
        yield tuple(line for at, line in enumerate(lines) if at not in held)


def _counted(line: DraftLine, mention: Mention, shelf: Shelf) -> Iterator[Lines]:
    """So many of it, where it can be."""
    basket = Basket([line], shelf)
    now = basket.amount(0)
    to = {"more": now + mention.count, "less": now - mention.count}.get(mention.way, mention.count)
    if to >= 1 and to != now and basket.set(0, to, mention.piece) and basket.lines[0].quantity <= QUANTITY_MAX:
        yield tuple(basket.lines)


def _chosen(lines: Lines, at: int, product: Product, text: str) -> Iterator[Lines]:
    """Another choice of one of its fields."""
    for one in product.fields:
        if one.kind is not FieldKind.CHOICE:
            continue
        named = {choice for name, choice in names_of(one).items() if name in text}
        for choice in sorted(named - {lines[at].fields.get(one.name, "")}):
            other = replace(lines[at], fields={**lines[at].fields, one.name: choice})
            yield (*lines[:at], other, *lines[at + 1 :])


def _with_note(lines: Lines, text: str, shelf: Shelf) -> Iterator[Lines]:
    """With it as the note that the summary invites: 脸修清楚点 背景别动."""
    product = shelf.product(lines[0].product or "") if len(lines) == 1 else None
    note = note_in(product, text) if product is not None else {}
    if note and not note.keys() & lines[0].fields.keys():
        yield (replace(lines[0], fields={**lines[0].fields, **note}),)


def _of_others(line: DraftLine, said: Said, shelf: Shelf) -> Iterator[Lines]:
    """Another product of the kind, in the same size."""
    held, mine = shelf.product(line.product or ""), look(line, shelf).sku
    ids = {one for word in said.frame.named if len(word.products) == 1 for one in word.products}
    for product in (shelf.product(one) for one in sorted(ids)):
        if product is None or held is None or mine is None or product.id == held.id:
            continue
        if product.category[:1] != held.category[:1]:
            continue
        kept = {f.name: line.fields[f.name] for f in product.fields if f.name in line.fields}
        like = [sku for sku in product.skus if sku.value == mine.value and sku.unit == mine.unit]
        if len(like) == 1:
            item = Item(product.id, (), like[0].code, like[0].value, line.quantity, dict(like[0].options), kept)
            yield (fill(DraftLine(), item, shelf).line,)


def _in_words(lines: Lines, new: Lines, shelf: Shelf) -> str:
    """What would become otherwise: 改成「话费充值 30元」, 去掉「麦旋风」, 当前段位改成「铂金」."""
    if len(new) < len(lines):
        gone = next(line for line in lines if line not in new)
        return replies.would_go(line_in_words(gone, shelf))
    old, other = next((a, b) for a, b in zip(lines, new, strict=True) if a != b)
    product = shelf.product(other.product or "")
    name = next((n for n, v in other.fields.items() if old.fields.get(n) != v), "")
    if name and product is not None and old.product == other.product:
        field = next(f for f in product.fields if f.name == name)
        if field.kind is FieldKind.TEXT:
            return replies.would_be_noted(field.label, other.fields[name])
        return replies.would_be_chosen(field.label, choice_label(product, name, other.fields[name]))
    return replies.would_become(line_in_words(other, shelf))
