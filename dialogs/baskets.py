"""Several lines of a draft corrected in one message: each clause belongs to the line that it names."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from catalog.checks import fold
from catalog.model import Delivery, FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs.changing import line_with
from dialogs.draft import field_of, look, pick_sku
from dialogs.filling import fill
from dialogs.pointing import accounts, longest_name, names_of, pointed
from dialogs.state import QUANTITY_MAX, DraftLine
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral

_TEXT_MAX = 300
"""Longer messages are no corrections."""
_NUMERAL = rf"(?:\d{{1,4}}|[{CHINESE}]{{1,3}})"
_PIECES = "[张份个件条根袋盒次枚瓶桶箱套台本束支枝杯单]"
_ASKS = re.compile(r"[?？吗呢]|什么|怎么|哪|多少|几[张个份件]|还是|如何|区别|划算|合适")
_SEPARATORS = re.compile(r"[,，。;；!！、~～]")
_NTH = re.compile(rf"第({_NUMERAL})(?:{_PIECES}|样|项|行|笔|位)?")
_TAIL = re.compile(r"尾号(?:为|是)?([0-9x]{3,4})")
_INTO = re.compile(r"(?:[改换变][成为到]|[改换是来成]|(?<!不)要)$")
_INTO_FOR_SURE = re.compile(r"[改换变][成为到]$")
_LEAD = re.compile(r"(?:再?加上?|再[来要买]?|另外|还有|外加|把|将|[去删拿减]掉|不要|别要?|取消|只要|但是?|然后)+$")
_OH = re.compile(r"^(?:(?:[说搞弄写下点买])?[反错]了|不对|不是|等等|等下|[哎啊哦噢嗯诶]|[,，。!！])+")
_LAST_COUNT = re.compile(
    rf"(?P<wish>(?:那|就|我|只|改成?|换成?|要|来|买|给我|还是)*)(?P<count>{_NUMERAL})(?P<piece>{_PIECES})(?P<enough>就[行好够]了?|够了)?(?:吧|了|的)*"
)
_TOO_MANY = re.compile(rf"(?:{_NUMERAL}{_PIECES})?(?:太|有点|买|要|是)?(?:多|少)了")
_COUNT_FIRST = re.compile(rf"(?:再|加上?|另外?|还要|[来要买])+{_NUMERAL}{_PIECES}的?$")
"""再加一张 before what is added."""
_AND = re.compile(r"[和跟与及,，、的那个张]*(?:还有)?")
_REMOVING = re.compile(r"不[要用充买]|别[要充买]|[去删拿减除划退]掉|去除|删[了除]|删|移除|取消|不需要|不订|不来")
_KEEPS = re.compile(
    r"(?:还是|就|都|也|那|先|的|那个|正常)*(?:留着?|保留|留下|不变|不动|不用[改动]|没问题|照旧|照常|要的?|是对的|对的?)(?:吧|了|啊)*"
)
_FILLER = re.compile(
    "(?:把|将|给我|帮我|麻烦|请|先|还是|算了|那|这|吧|啦|了|的|个|单|件|张|份|都|也|就|我|哈|呢|啊|可以|一下|行|好|嗯|哦|对|不对|等等"
    "|但是?|然后|另外|还有|只|要|来|买|订单|号码?|票|卡|[,，。;；!！、~～])*+"
)
_MORE = re.compile("再?加上?|再[来要买]|多[要来加买]|另外?要|还要|也[要来加买]")
_STOPS = re.compile("[,，。;；!！]")
_CORRECTS = re.compile("[改换减少删]|不要|去掉|取消")
_ADDS = re.compile("再[加来要买]|另外|顺[便带]|加上|外加|还要|加个")
_FEWER = re.compile(rf"(?:减|少)[掉去要买来]?({_NUMERAL}){_PIECES}")
_COUNT = re.compile(rf"({_NUMERAL}){_PIECES}")
_WRONG = re.compile(r"(?:号码?|账号)?(?:填|写|打|输)?错了?[,，]?(?:应该)?(?:是|改成)?")
_ALL_COUNT = re.compile(
    rf"(?:那|就|帮我|给我|我要?|[两三四几][个件样种]|它们)*(?:[都全各]|每[样种个款件]|分别|全部)(?:都)?(?:[要来买改换拿]成?|是|给我)*({_NUMERAL}){_PIECES}(?:就行|就好|吧|的|了)*"
)
_EXCEPT = re.compile(
    r"^除了?(?P<those>.+?)(?:以外|之外|外)?[,，]?(?:的|其他|其它|别的|剩下|另外)*(?:的)?[都全](?P<not>不|别)?(?:要|买|留)(?:了|吧|着)*$"
)
_SOME_ENDS = re.compile(
    rf"^(?:我|就|那)*(?P<keep>只?要|只?留)?(?P<end>[前后])(?:面的?)?(?P<count>{_NUMERAL}){_PIECES}"
    "(?P<after>就行|就好|就够了?|不要了?|去掉|删掉|都?取消|都要|留着)?(?:吧|了)*$"
)


@dataclass(frozen=True, slots=True)
class Unclear:
    """A clause of the message that could not be used: nothing of the message was."""

    clause: str


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    lines: frozenset[int]
    """The lines it may mean; empty: a size of `product` that none of them is."""
    product: str = ""
    sku: Sku | None = None


def rebuilt(
    lines: Sequence[DraftLine], text: str, items: Sequence[Item], shelf: Shelf
) -> tuple[DraftLine, ...] | Unclear | None:
    """The lines after a message that corrects several of them (京东换200，steam换100); else None."""
    if len(text) > _TEXT_MAX or _ASKS.search(text):
        return None
    held = {line.product for line in lines}
    strange = [item for item in items if item.product is not None and item.product not in held]
    if strange:
        return _with_another(lines, text, strange[0], shelf) if len(strange) == 1 else None
    if len(lines) == 1 and (settled := _last_word(lines[0], text, shelf)) is not None:
        return (settled,)
    everyone = _everyone(lines, text, shelf)
    return everyone if everyone is not None else _by_clauses(lines, text, shelf, 2)


def _by_clauses(
    lines: Sequence[DraftLine], text: str, shelf: Shelf, least: int
) -> tuple[DraftLine, ...] | Unclear | None:
    """Each clause to the line that it names; None when fewer than `least` are named."""
    said = _OH.sub("", _spaced(text))
    found = _subjects(lines, said, shelf)
    if len({(one.lines, one.sku.code if one.sku else "") for one in found}) < least:
        return None
    words = list(_words(found, said))
    out: list[DraftLine | None] = list(lines)
    added: list[DraftLine] = []
    used, unclear = 0, ""
    for mention, own in _grouped(found, words):
        if not _apply(mention, own, lines, out, added, shelf):
            unclear = unclear or (said[mention.start : mention.end] + own).strip(",，。")
        else:
            used += 1
    if unclear:
        return Unclear(unclear) if (used or least == 1) and len(lines) > 1 else None
    left = (*(line for line in out if line is not None), *added)
    removed = sum(line is None for line in out)
    only_removes = not added and all(line is None or line == before for line, before in zip(out, lines, strict=True))
    return None if not left or (only_removes and removed == used and least > 1) else left


def _with_another(
    lines: Sequence[DraftLine], text: str, item: Item, shelf: Shelf
) -> tuple[DraftLine, ...] | Unclear | None:
    """再加个steam50，京东改成500: something new, and a correction of what is there."""
    product = shelf.product(item.product or "")
    clauses = [clause.strip() for clause in _STOPS.split(text) if clause.strip()]  # a space parts no clauses here
    names = (product.name, *product.aliases) if product is not None else ()
    own = [clause for clause in clauses if longest_name(names, fold(clause))]
    if product is None or len(own) != 1 or not _ADDS.search(own[0]):
        return None
    rest = ",".join(clause for clause in clauses if clause != own[0] and not _FILLER.fullmatch(fold(clause)))
    changed = _by_clauses(lines, rest, shelf, 1) if _CORRECTS.search(rest) else None
    if not isinstance(changed, tuple):
        return changed
    return (*changed, fill(DraftLine(), item, shelf).line)


# ---- all of them ---------------------------------------------------------------------------------------------------


def _everyone(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """都要两张, 除了骏网的都要, 前两个就行."""
    said = fold(text)
    if len(lines) < 2:
        return None
    count = _ALL_COUNT.fullmatch(said)
    if count is not None:
        wanted = _number(count[1])
        return None if wanted is None else tuple(replace(line, quantity=wanted) for line in lines)
    excepted = _EXCEPT.match(said)
    if excepted is not None:
        meant = pointed(lines, excepted["those"], shelf)
        if meant is None or not meant.lines or not _FILLER.fullmatch(meant.rest):
            return None
        keeps = excepted["not"] is not None
        return _some(lines, lambda i: (i in meant.lines) == keeps)
    ends = _SOME_ENDS.match(said)
    many = _number(ends["count"]) if ends is not None else None
    if ends is None or many is None or not 1 <= many < len(lines) or not (ends["keep"] or ends["after"]):
        return None
    those = set(range(many)) if ends["end"] == "前" else set(range(len(lines) - many, len(lines)))
    drops = re.match("不|去|删|都?取消", ends["after"] or "") is not None
    return _some(lines, lambda i: (i in those) != drops)


def _some(lines: Sequence[DraftLine], keeps: Callable[[int], bool]) -> tuple[DraftLine, ...] | None:
    left = tuple(line for i, line in enumerate(lines) if keeps(i))
    return left if 0 < len(left) < len(lines) else None


def _last_word(line: DraftLine, text: str, shelf: Shelf) -> DraftLine | None:
    """朋友不去了 一张就行, 哎两张多了 要一张: why, and then how many."""
    clauses = [clause for clause in _SEPARATORS.split(_spaced(text)) if clause]
    product = shelf.product(line.product or "")
    wanted = _LAST_COUNT.fullmatch(clauses[-1]) if len(clauses) > 1 else None
    count = _number(wanted["count"]) if wanted is not None else None
    if wanted is None or count is None or product is None or not _by_piece(product, count, wanted["piece"]):
        return None
    why = [_TOO_MANY.sub("", clause) for clause in clauses[:-1]]
    if any(_COUNT.search(clause) or re.search(r"\d|再|另外|还要", clause) for clause in why):
        return None
    if any(line_with(line, clause, product, shelf) is not None for clause in why):
        return None  # 换成年卡 要两张: both
    return replace(line, quantity=count) if wanted["wish"] or wanted["enough"] or why != clauses[:-1] else None


# ---- who is spoken of ----------------------------------------------------------------------------------------------


def _spaced(text: str) -> str:
    """Folded, with a comma where there was a space."""
    return re.sub(r"\s+", ",", unicodedata.normalize("NFKC", text).strip()).casefold()


def _subjects(lines: Sequence[DraftLine], said: str, shelf: Shelf) -> list[_Mention]:
    """What the clauses are about, in their order. What stands behind 改成 is a new value and no subject."""
    names = _names(lines, shelf)
    found: list[_Mention] = []
    at = 0
    while at < len(said):
        mention = _at(names, lines, said, at)
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


def _is_value(between: str) -> bool:
    clause = _SEPARATORS.split(between)[-1]
    return _INTO_FOR_SURE.search(between) is not None or (clause == between and _INTO.search(clause) is not None)


def _joined(one: _Mention, other: _Mention, said: str) -> _Mention | None:
    """京东卡200的, 优酷年卡: two names of one thing."""
    if said[one.end : other.start] not in ("", "的", "那个", "那张", "卡", "券", "票"):
        return None
    both = one.lines & other.lines
    if both:
        return _Mention(one.start, other.end, both)
    same = other.sku is not None and one.product == other.product
    return _Mention(one.start, other.end, frozenset(), other.product, other.sku) if same else None


def _names(lines: Sequence[DraftLine], shelf: Shelf) -> dict[str, _Mention]:
    """Folded names of lines, and of the sizes of their products that no line is."""
    found: dict[str, _Mention] = {}

    def name(called: str, mention: _Mention) -> None:
        known = found.get(called)
        found[called] = replace(mention, lines=known.lines | mention.lines) if known is not None else mention

    products = {line.product: shelf.product(line.product or "") for line in lines}
    starts = {p.id: _starts(p) for p in products.values() if p is not None}
    for i, line in enumerate(lines):
        product = products[line.product]
        if product is None:
            continue
        own = _Mention(0, 0, frozenset((i,)), product.id)
        others = set().union(*(names for key, names in starts.items() if key != product.id))
        size = look(line, shelf).sku
        parts = _parts(size, product) if size is not None else set()
        for called in {*accounts(line, shelf), *names_of(line, shelf), *(starts[product.id] - others), *parts}:
            name(called, own)
    for product in products.values():
        for sku in product.skus if product is not None else ():
            for called in (
                {fold(sku.label), *map(fold, sku.aliases), *_parts(sku, product)} if product is not None else ()
            ):
                if product is not None and len(called) > 1 and called not in found and not called[0].isdigit():
                    found[called] = _Mention(0, 0, frozenset(), product.id, sku)
    return found


def _parts(sku: Sku, product: Product) -> set[str]:
    """儿童 of 儿童票: the beginnings of a size's name that no other size of the product shares."""
    others = [fold(name) for other in product.skus if other != sku for name in (other.label, *other.aliases)]
    label = fold(sku.label)
    starts = {label[:end] for end in range(2, len(label) + 1)} if not label[:1].isdigit() else set()
    return {start for start in starts if not any(start in other for other in others)}


def _starts(product: Product) -> set[str]:
    """What a product is called, whole or by its beginning."""
    return {fold(name)[:end] for name in (product.name, *product.aliases) for end in range(2, len(fold(name)) + 1)}


def _at(names: dict[str, _Mention], lines: Sequence[DraftLine], said: str, at: int) -> _Mention | None:
    """The longest name that begins here."""
    nth = _NTH.match(said, at)
    number = read_numeral(nth[1]) if nth is not None else None
    if nth is not None and number is not None and 1 <= number <= len(lines):
        return _Mention(at, nth.end(), frozenset((int(number) - 1,)))
    tail = _TAIL.match(said, at)
    if tail is not None:
        ending = [m.lines for name, m in names.items() if len(name) > 6 and name.endswith(tail[1]) and m.lines]
        return _Mention(at, tail.end(), ending[0]) if len(ending) == 1 else None
    here = [name for name in names if said.startswith(name, at) and _stands_alone(name, said, at)]
    longest = max(here, key=len, default="")
    return replace(names[longest], start=at, end=at + len(longest)) if longest else None


def _stands_alone(name: str, said: str, at: int) -> bool:
    """A number must be whole, and names a line only where a clause begins: elsewhere it is a new value."""
    end = at + len(name)
    if name[-1].isdigit() and said[end : end + 1].isdigit():
        return False
    if not name[0].isdigit():
        return not (name[0].isascii() and said[at - 1 : at].isascii() and said[at - 1 : at].isalnum()) if at else True
    if said[at - 1 : at].isdigit():
        return False
    if len(name) >= 5:  # an account
        return True
    clause = _SEPARATORS.split(said[:at])[-1]
    rest = said[end:]
    counted = re.match(rf"{_PIECES}", rest) is not None
    return _FILLER.fullmatch(clause) is not None and not counted


def _words(found: Sequence[_Mention], said: str) -> Iterator[str]:
    """What is said of each subject: what stands behind it, and a verb right before it."""
    cuts = [0]
    for one, other in pairwise(found):
        between = said[one.end : other.start]
        parts = list(_SEPARATORS.finditer(between))
        at = parts[-1].end() if parts else 0
        lead = _COUNT_FIRST.search(between, at) or _LEAD.search(between, at)
        fits = at == len(between) or _FILLER.fullmatch(between[at:]) or (lead is not None and lead.start() == at)
        if parts:
            cut = at if fits else len(between)
        else:
            cut = lead.start() if lead is not None and lead.start() > 0 else len(between)
        cuts.append(one.end + cut)
    ends = [*cuts[1:], len(said)]
    for mention, start, end in zip(found, cuts, ends, strict=True):
        yield said[start : mention.start] + said[mention.end : end]


def _grouped(found: Sequence[_Mention], words: Sequence[str]) -> Iterator[tuple[_Mention, str]]:
    """京东和steam都要两张: what is said of the last is said of all."""
    own = ""
    for mention, said in reversed(list(zip(found, words, strict=True))):
        own = own if own and _AND.fullmatch(said) else said
        yield mention, own


# ---- what is said of it --------------------------------------------------------------------------------------------


def _apply(
    mention: _Mention,
    words: str,
    lines: Sequence[DraftLine],
    out: list[DraftLine | None],
    added: list[DraftLine],
    shelf: Shelf,
) -> bool:
    """Do to a line what is said of it; False when that is not clear."""
    if mention.sku is not None:
        own = [i for i, line in enumerate(lines) if line.product == mention.product]
        product = shelf.product(mention.product)
        if product is not None and len(own) == 1 and out[own[0]] == lines[own[0]] and _FILLER.fullmatch(words):
            out[own[0]] = pick_sku(replace(lines[own[0]], value=None, sku=None), mention.sku, product, shelf)
            return True  # 优酷年卡, of the one line of it
        more = _of_new_size(mention, words, lines, shelf)
        if more is not None:
            added.append(more)
        return more is not None
    if len(mention.lines) != 1 and "都" not in words:
        return False
    for i in mention.lines:
        before = out[i]
        if before is None:
            return False
        if _REMOVING.search(words) and _FILLER.fullmatch(_REMOVING.sub("", words)):
            out[i] = None
            continue
        if _KEEPS.fullmatch(_SEPARATORS.sub("", words)):
            continue
        after = reworded(before, words, shelf)
        if after is None:
            return False
        out[i] = after
    return True


def _of_new_size(mention: _Mention, words: str, lines: Sequence[DraftLine], shelf: Shelf) -> DraftLine | None:
    """老人加一张: one more line like its neighbour, of another size."""
    product = shelf.product(mention.product)
    like = next((line for line in lines if line.product == mention.product), None)
    count = _COUNT.search(words)
    wanted = _number(count[1]) if count is not None else None
    rest = _MORE.sub("", _COUNT.sub("", words, count=1))
    if product is None or like is None or mention.sku is None or wanted is None or not _FILLER.fullmatch(rest):
        return None
    topped = product.delivery is Delivery.TOPUP
    kept = {name: value for name, value in like.fields.items() if not topped or _is_free(product, name)}
    fresh = replace(like, quantity=wanted, value=None, sku=None, fields=kept)
    return pick_sku(fresh, mention.sku, product, shelf)


def _is_free(product: Product, name: str) -> bool:
    field = field_of(product, name)
    return field is not None and field.kind in (FieldKind.TEXT, FieldKind.ADDRESS)


def reworded(line: DraftLine, words: str, shelf: Shelf) -> DraftLine | None:
    """A line with what a clause says of it: a size, a count, both, more or fewer; None when it says something else."""
    product = shelf.product(line.product or "")
    if product is None:
        return None
    fewer = _FEWER.search(words)
    count = fewer or (_COUNT.search(words) if _MORE.search(words) else None)
    by = _number(count[1]) if count is not None else None
    if count is not None and by is not None:
        rest = _MORE.sub("", words.replace(count[0], "", 1))
        wanted = line.quantity + (-by if fewer is not None else by)
        fits = 1 <= wanted <= QUANTITY_MAX and _FILLER.fullmatch(rest) is not None
        return replace(line, quantity=wanted) if fits else None
    clauses = [clause for clause in _SEPARATORS.split(_WRONG.sub("", words)) if not _FILLER.fullmatch(clause)]
    if len(clauses) != 1:
        return None
    sized = re.sub("(?<=[0-9])(?:元|块钱?)?(?:的)?(?:面额|面值)|^[都也各]+", "", clauses[0])
    count = _COUNT.fullmatch(re.sub("^[改换成为到要来买是]+|的$", "", sized))
    pieces = _number(count[1]) if count is not None else None
    if count is not None and pieces is not None and _by_piece(product, pieces, count[0]):
        return replace(line, quantity=pieces)
    both = _size_and_count(line, sized, product, shelf)
    if both is not None:
        return both
    filled = line_with(line, sized, product, shelf)
    if filled is None or filled.problems or not filled.changed:
        named = [sku for sku in product.skus if any(part in fold(sized) for part in _parts(sku, product))]
        return pick_sku(line, named[0], product, shelf) if len(named) == 1 else None  # 三年 of 三年3台
    return filled.line if 1 <= filled.line.quantity <= QUANTITY_MAX else None


def _by_piece(product: Product, wanted: int, said: str) -> bool:
    """Whether 两个 counts pieces: neither what is sold in any number, nor a size that is counted in that very word."""
    sizes = [sku for sku in product.skus if sku.value == wanted and sku.unit and sku.unit[0] in said]
    return not sizes and all(sku.any_value is None for sku in product.skus)


def _size_and_count(line: DraftLine, words: str, product: Product, shelf: Shelf) -> DraftLine | None:
    """200的两张, 两张200的: both."""
    count = _COUNT.search(words)
    wanted = _number(count[1]) if count is not None else None
    rest = words.replace(count[0], "", 1) if count is not None else ""
    if count is None or wanted is None or _FILLER.fullmatch(re.sub("[改换变成为到]", "", rest)):
        return None
    sized = line_with(line, rest, product, shelf)
    if sized is None or sized.problems or "quantity" in sized.changed or not sized.changed:
        return None
    return fill(sized.line, Item(quantity=wanted, said=frozenset({"quantity"})), shelf).line


def _number(text: str) -> int | None:
    wanted = read_numeral(text)
    return int(wanted) if wanted is not None and wanted == int(wanted) and 1 <= wanted <= QUANTITY_MAX else None
