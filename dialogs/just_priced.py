"""What was priced last, wanted: 那也来一个, 也来两张, 18块5啊 那给我加一个, below the price of another thing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import line_in_words
from dialogs.draft import look, pick_sku
from dialogs.filling import fill
from dialogs.ordering import advance, doubted, miss
from dialogs.pointing import longest_name
from dialogs.replacing import noting_what_went
from dialogs.state import QUANTITY_MAX, Collecting, Confirming, Dialog, DraftLine
from dialogs.subjects import NUMERAL, PIECES, spaced
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item
from nlu.numerals import read_numeral

ASKS = re.compile(r"[?？吗呢]|多少|什么|怎么|哪|几|有没有|能不能|可以不|多久")
_PRICE_HEARD = re.compile(
    r"^(?:才|要|这么|就|一[个张份])*\d+(?:\.\d+)?(?:元|块钱?)?\d?(?:一[个张份])?(?:[啊呀哦噢嘛呗,，。!！]|也?还?[行好可]以?|不贵)+"
)
_MORE = "也|再|加上?|还|另外|顺[便带]|一起|一块儿?|一并|都|各|同时"
_TAKE = "来|要|拿|买|充|办|订|开|弄|搞|带|整|下单?"
_SWAP = "[换改]成?(?:了)?"
_THIS = f"[这那](?:一?{PIECES}|款|种|样)?|它|(?:这)?[两三]样"
_FILLER = (
    "嗯|好|行|哦|噢|啊|呀|那|就|可以|ok|挺?便宜|不[贵错]|给我|帮我|我|吧|呗|了|的|哈|谢谢|麻烦|老板|嘛|[,，。.!！~～]"
)
_WORDS = re.compile(
    f"(?P<more>{_MORE})|(?P<count>{NUMERAL}|[俩仨]){PIECES}?|(?P<take>{_TAKE})|(?P<swap>{_SWAP})|{_THIS}|{_FILLER}|(?<=[来要拿买加带整搞弄]){PIECES}"
)
_EACH = re.compile("[都各]|一起")
_SET_ANEW = re.compile("也|加|顺|一起|一块")
_COUNTS = {"俩": 2, "仨": 3}


@dataclass(frozen=True, slots=True)
class _Takes:
    """How many are wanted, the words for besides, whether it is instead, whether it is wanted at all."""

    count: int | None
    more: str
    swaps: bool
    wants: bool


def remembered(dialog: Dialog, lines: Sequence[DraftLine], shelf: Shelf) -> Dialog:
    """Keep what was priced, where it is not what is being put together anyway."""
    state = dialog.state
    held = [look(line, shelf).skus for line in state.lines] if isinstance(state, Collecting | Confirming) else []
    looked = [(line, look(line, shelf)) for line in lines if line.product is not None]
    other = [
        DraftLine(line.product) if one.trouble else replace(line, fields={}, quantity=1)
        for line, one in looked
        if one.skus not in held
    ]
    return replace(dialog, priced=tuple(other))


def still_meant(before: Dialog, said: Said, turn: Turn) -> Turn:
    """It is meant by the very next message, and behind further questions."""
    after = turn.dialog
    asked = after.drafted == before.drafted and (after.misses or ASKS.search(said.text))
    if not after.priced or after.priced is not before.priced or asked:
        return turn
    return replace(turn, dialog=replace(after, priced=()))


def taken(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """那也来一个: what was priced, added; 那来两张: in place of what stood there; None where he says more."""
    state, priced = dialog.state, dialog.priced
    if not priced or not isinstance(state, Collecting | Confirming) or ASKS.search(said.text):
        return None
    text = _PRICE_HEARD.sub("", spaced(said.text))
    held = [product for line in state.lines if (product := scene.shelf.product(line.product or "")) is not None]
    opened = _same(state.lines, priced)
    if not opened and _named(held, text):
        return None
    wanted, rest, sized = _wanted(priced, text, scene.shelf)
    takes = _read(rest)
    if takes is None or any(item.product not in (None, *_ids(wanted), *_ids(state.lines)) for item in said.frame.items):
        return None
    also_a_size = sized and any(longest_name((s.label, *s.aliases), sized) for p in held for s in p.skus)
    if also_a_size and not opened and not takes.more and (takes.count is None or takes.swaps):
        return None  # 要月卡: of what stands there just as well
    if not (takes.more or takes.swaps or takes.wants or sized):
        return None
    return _opened(dialog, state, takes, wanted, scene) if opened else _put(dialog, state, takes, wanted, scene)


def _opened(
    dialog: Dialog, state: Collecting | Confirming, takes: _Takes, wanted: Sequence[DraftLine], scene: Scene
) -> Turn | None:
    """也来一个, where its price has opened it already: so many of it, and not one more."""
    made = [_counted(line, takes.count, scene.shelf) for line in wanted]
    if not (_SET_ANEW.search(takes.more) or made != list(state.lines)):
        return None
    return advance(replace(dialog, misses=0, priced=()), made, scene)


def _put(
    dialog: Dialog, state: Collecting | Confirming, takes: _Takes, wanted: Sequence[DraftLine], scene: Scene
) -> Turn:
    """Into the draft, besides what is there or instead of it."""
    count, more = takes.count, takes.more
    if not (len(wanted) == 1 or _EACH.search(more) or count == len(wanted)):
        return miss(doubted(dialog), scene, replies.which_of_priced([line_in_words(w, scene.shelf) for w in wanted]))
    if count is not None and (count == len(wanted) > 1 or (more == "都" and count == len(wanted) + len(state.lines))):
        count = None  # 两个都要: that many things
    made = [_counted(line, count, scene.shelf) for line in wanted]
    plain = replace(dialog, misses=0, priced=())
    alone = len(state.lines) == 1
    resized = not more and alone and len(made) == 1 and state.lines[0].product == made[0].product
    if (takes.swaps and alone) or resized:
        return advance(plain, [_in_its_place(state.lines, made[0], scene.shelf)], scene, replies.changed())
    if more or not (alone or takes.swaps):
        return advance(plain, [*state.lines, *made], scene, replies.added())
    return noting_what_went(plain, advance(replace(plain, mending=""), made, scene), "", scene)


def _in_its_place(lines: Sequence[DraftLine], new: DraftLine, shelf: Shelf) -> DraftLine:
    """那换这个: with the account of what it takes the place of."""
    sku = look(new, shelf).sku
    said = frozenset({"product", *(("value",) if sku is not None else ())})
    item = Item(new.product, sku=sku.code if sku is not None else None, value=new.value, said=said)
    return replace(fill(lines[0], item, shelf).line, quantity=new.quantity)


def _counted(line: DraftLine, count: int | None, shelf: Shelf) -> DraftLine:
    looked = look(line, shelf)
    units = bool(looked.skus) and all(sku.any_value is not None for sku in looked.skus)
    if count is None:
        return line
    return replace(line, value=count) if units and line.value is None else replace(line, quantity=count)


def _wanted(priced: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[tuple[DraftLine, ...], str, str]:
    """Which of them he names, with the size he names; what is left of the text, and the words for the size."""
    products = {line.product: product for line in priced if (product := shelf.product(line.product or "")) is not None}
    named = {key: name for key, product in products.items() if (name := _named([product], text))}
    lines = tuple(line for line in priced if line.product in (named or products))
    for name in named.values():
        text = text.replace(name, "", 1)
    product = products.get(lines[0].product) if len(lines) == 1 else None
    if product is None:
        return lines, text, ""
    sizes = {fold(name): sku for sku in product.skus for name in (sku.label, *sku.aliases)}
    size = longest_name(sizes, text)
    if not size:
        return lines, text, ""
    return (pick_sku(DraftLine(product.id), sizes[size], product, shelf),), text.replace(size, "", 1), size


def _named(products: Sequence[Product], text: str) -> str:
    """The longest name of one of these products, or beginning of one, that stands in the text."""
    names = [fold(name) for product in products for name in (product.name, *product.aliases)]
    return longest_name((name[:end] for name in names for end in range(2, len(name) + 1)), text)


def _read(text: str) -> _Takes | None:
    """What the words around the goods say; None where they say more than how many, and whether besides or instead."""
    counts: list[float | None] = []
    more, swaps, wants, at = "", False, False, 0
    while at < len(text):
        word = _WORDS.match(text, at)
        if word is None or word.end() == at:
            return None
        if word["count"]:
            counts.append(_COUNTS.get(word["count"]) or read_numeral(word["count"]))
        more += word["more"] or ""
        swaps, wants, at = swaps or bool(word["swap"]), wants or bool(word["take"]), word.end()
    if len(counts) > 1 or any(count is None or not 1 <= count <= QUANTITY_MAX for count in counts):
        return None
    return _Takes(int(counts[0]) if counts and counts[0] is not None else None, more, swaps, wants)


def _same(lines: Sequence[DraftLine], priced: Sequence[DraftLine]) -> bool:
    return tuple(lines) == tuple(priced)


def _ids(lines: Sequence[DraftLine]) -> set[str | None]:
    return {line.product for line in lines}
