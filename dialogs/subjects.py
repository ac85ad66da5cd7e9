"""What the clauses of a message are about: the lines and sizes it names, in their order."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.checks import fold
from catalog.model import Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import look
from dialogs.pointing import accounts, names_of
from dialogs.state import DraftLine
from dialogs.whose_line import owned
from nlu.numerals import CHINESE, read_numeral
from nlu.surnames import KIN
from nlu.words import PIECES as COUNTED_BY

NUMERAL = rf"(?:\d{{1,4}}|[{CHINESE}]{{1,3}})"
PIECES = f"[{COUNTED_BY}]"
SEPARATORS = re.compile(r"[,，。;；!！、~～]")
FILLER = re.compile(
    "(?:把|将|给我|帮我|麻烦|请|先|还是|算了|那|这|吧|啦|了|的|个|单|件|张|份|都|也|就|我|哈|呢|啊|可以|一下|行|好|嗯|哦|对|不对|等等"
    "|但是?|然后|另外|还有|只|要|来|买|订单|号码?|票|卡|[,，。;；!！、~～])*+"
)
_WHO_SAYS = re.compile(
    rf"(?:^|(?<=[,，]))(?:然后|后来|结果|刚才?|现在|那|哎|啊|[,，])*(?:我们?|他们?|她们?|佢哋?|人家|对方|(?:我们?)?(?:{KIN}|老板娘?|领导|会计|主管|经理|财务|行政|同伴|客[户人]))"
    r"(?:又|刚才?|还|也|现在|她|他)*(?:跟我)?[说讲话]了?(?!的|错|费)[:：,，]*"
)
_NTH = re.compile(rf"第({NUMERAL})(?:{PIECES}|样|项|行|笔|位)?")
_PART_OF_ACCOUNT = re.compile(r"([0-9]{3,5})(?:那|这)个(?:号码?)?")
"""8364那个, 138那个: how a number ends, or begins."""
_OTHER_ONE = re.compile(f"(?:另外?一|剩下那?一?){PIECES}")
_TAIL = re.compile(r"尾号(?:为|是)?([0-9x]{3,4})")
_INTO = re.compile(r"(?:[改换变][成为到]|[改换是来成]|(?<!不)要)$")
_INTO_FOR_SURE = re.compile(r"[改换变][成为到]$")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names something of a draft (or a size that could be in it), and what."""

    start: int
    end: int
    lines: frozenset[int]
    """The lines it may mean; empty: a size of `product` that none of them is."""
    product: str = ""
    sku: Sku | None = None


def spaced(text: str) -> str:
    """Folded, with a comma where there was a space, and without who said so (然后会计又说)."""
    return _WHO_SAYS.sub("", re.sub(r"\s+", ",", unicodedata.normalize("NFKC", text).strip()).casefold())


def subjects(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> list[Mention]:
    """What the clauses are about, in their order. What stands behind 改成 is a new value and no subject."""
    names = _names(lines, shelf)
    found: list[Mention] = []
    at = 0
    while at < len(said):
        mention = _at(names, lines, said, at) or _other_one(found, lines, said, at)
        before = found[-1] if found else None
        if mention is None or (before is not None and _is_value(said[before.end : mention.start])):
            at += 1 if mention is None else mention.end - at
            continue
        joined = _joined(before, mention, said) if before is not None else None
        if joined is not None:
            found[-1] = joined
        else:
            found.append(mention)
        at = mention.end
    return found


def _other_one(found: Sequence[Mention], lines: Sequence[DraftLine], said: str, at: int) -> Mention | None:
    """8364那个充50 另一个30: the only line that was not named."""
    other = _OTHER_ONE.match(said, at)
    left = set(range(len(lines))).difference(*(mention.lines for mention in found))
    return Mention(at, other.end(), frozenset(left)) if other is not None and found and len(left) == 1 else None


def named_of(lines: Sequence[DraftLine], meant: list[int], text: str, shelf: Shelf) -> list[int]:
    """不对，要成人3张: of several lines that may be meant, those it names; none where it names a size that none is."""
    if len(meant) < 2:
        return meant
    named = subjects(lines, spaced(text), shelf)
    if any(not one.lines for one in named):
        return []
    told = frozenset().union(*(one.lines for one in named)) if named else frozenset(meant)
    return [index for index in meant if index in told]


def _is_value(between: str) -> bool:
    clause = SEPARATORS.split(between)[-1]
    return _INTO_FOR_SURE.search(between) is not None or (clause == between and _INTO.search(clause) is not None)


def _joined(one: Mention, other: Mention, said: str) -> Mention | None:
    """京东卡200的, 优酷年卡: two names of one thing."""
    if said[one.end : other.start] not in ("", "的", "那个", "那张", "卡", "券", "票"):
        return None
    both = one.lines & other.lines
    if both:
        return Mention(one.start, other.end, both)
    same = other.sku is not None and one.product == other.product
    return Mention(one.start, other.end, frozenset(), other.product, other.sku) if same else None


def _names(lines: Sequence[DraftLine], shelf: Shelf) -> dict[str, Mention]:
    """Folded names of lines, and of the sizes of their products that no line is."""
    found: dict[str, Mention] = {}

    def name(called: str, mention: Mention) -> None:
        known = found.get(called)
        found[called] = replace(mention, lines=known.lines | mention.lines) if known is not None else mention

    products = {line.product: shelf.product(line.product or "") for line in lines}
    starts = {p.id: _starts(p) for p in products.values() if p is not None}
    for i, line in enumerate(lines):
        product = products[line.product]
        if product is None:
            continue
        own = Mention(0, 0, frozenset((i,)), product.id)
        others = set().union(*(names for key, names in starts.items() if key != product.id))
        size = look(line, shelf).sku
        parts = parts_of(size, product) if size is not None else set()
        for called in {*accounts(line, shelf), *names_of(line, shelf), *(starts[product.id] - others), *parts}:
            name(called, own)
    for product in products.values():
        for sku in product.skus if product is not None else ():
            for called in (
                {fold(sku.label), *map(fold, sku.aliases), *parts_of(sku, product)} if product is not None else ()
            ):
                if product is not None and len(called) > 1 and called not in found and not called[0].isdecimal():
                    found[called] = Mention(0, 0, frozenset(), product.id, sku)
    return found


def parts_of(sku: Sku, product: Product) -> set[str]:
    """儿童 of 儿童票: the beginnings of a size's name that no other size of the product shares."""
    others = [fold(name) for other in product.skus if other != sku for name in (other.label, *other.aliases)]
    label = fold(sku.label)
    starts = {label[:end] for end in range(2, len(label) + 1)} if not label[:1].isdecimal() else set()
    return {start for start in starts if not any(start in other for other in others)}


def _starts(product: Product) -> set[str]:
    """What a product is called, whole or by its beginning."""
    return {fold(name)[:end] for name in (product.name, *product.aliases) for end in range(2, len(fold(name)) + 1)}


def _at(names: dict[str, Mention], lines: Sequence[DraftLine], said: str, at: int) -> Mention | None:
    """The longest name that begins here."""
    nth = _NTH.match(said, at)
    number = read_numeral(nth[1]) if nth is not None else None
    if nth is not None and number is not None and 1 <= number <= len(lines):
        return Mention(at, nth.end(), frozenset((int(number) - 1,)))
    if (whose := owned(lines, said, at)) is not None:
        return Mention(at, *whose)
    tail = _TAIL.match(said, at)
    if tail is not None:
        ending = [m.lines for name, m in names.items() if len(name) > 6 and name.endswith(tail[1]) and m.lines]
        return Mention(at, tail.end(), ending[0]) if len(ending) == 1 else None
    part = _PART_OF_ACCOUNT.match(said, at)
    if part is not None and not said[at - 1 : at].isdecimal():
        like = {m.lines for n, m in names.items() if len(n) > 6 and n.isdecimal() and n.startswith(part[1]) and m.lines}
        like = like or {m.lines for n, m in names.items() if len(n) > 6 and n.endswith(part[1]) and m.lines}
        return Mention(at, part.end(), like.pop()) if len(like) == 1 else None
    here = [name for name in names if said.startswith(name, at) and _stands_alone(name, said, at)]
    longest = max(here, key=len, default="")
    return replace(names[longest], start=at, end=at + len(longest)) if longest else None


def _stands_alone(name: str, said: str, at: int) -> bool:
    """A number must be whole, and names a line only where a clause begins: elsewhere it is a new value."""
    end = at + len(name)
    if name[-1].isdecimal() and said[end : end + 1].isdecimal():
        return False
    if not name[0].isdecimal():
        return not (name[0].isascii() and said[at - 1 : at].isascii() and said[at - 1 : at].isalnum()) if at else True
    if said[at - 1 : at].isdecimal():
        return False
    if len(name) >= 5:  # an account
        return True
    clause = SEPARATORS.split(said[:at])[-1]
    rest = said[end:]
    counted = re.match(rf"{PIECES}", rest) is not None
    return FILLER.fullmatch(clause) is not None and not counted
