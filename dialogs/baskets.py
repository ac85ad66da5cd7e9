"""Several lines of a draft corrected in one message: each clause belongs to the line that it names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from catalog.checks import fold
from catalog.model import Delivery, FieldKind, Product
from catalog.shelf import Shelf
from dialogs.draft import field_of, pick_sku
from dialogs.filling import fill
from dialogs.line_changes import line_with
from dialogs.pointing import longest_name
from dialogs.state import QUANTITY_MAX, DraftLine
from dialogs.subjects import FILLER, NUMERAL, PIECES, SEPARATORS, Mention, grouped, parts_of, spaced, subjects, words_of
from nlu.frame import Item
from nlu.numerals import read_numeral

_TEXT_MAX = 300
"""Longer messages are no corrections."""
_ASKS = re.compile(r"[?？吗呢]|什么|怎么|哪|多少|几[张个份件]|还是|如何|区别|划算|合适")
_OH = re.compile(r"^(?:(?:[说搞弄写下点买])?[反错]了|不对|不是|等等|等下|[哎啊哦噢嗯诶]|[,，。!！])+")
_LAST_COUNT = re.compile(
    rf"(?P<wish>(?:那|就|我|只|改成?|换成?|要|来|买|给我|还是)*)(?P<count>{NUMERAL})(?P<piece>{PIECES})(?P<enough>就[行好够]了?|够了)?(?:吧|了|的)*"
)
_TOO_MANY = re.compile(rf"(?:{NUMERAL}{PIECES})?(?:太|有点|买|要|是)?(?:多|少)了")
_REMOVING = re.compile(
    r"不[要用充买来]|不去(?![掉除])|[去来]不了|不参加|别[要充买]|[去删拿减除划退]掉|去除|删[了除]|删|移除|取消掉?|不需要|不订|不来"
)
_KEEPS = re.compile(
    r"(?:还是|就|都|也|那|先|的|那个|正常|只|我)*(?:留着?|保留|留下|不变|不动|不用[改动]|没问题|照旧|照常|要的?|是对的|对的?)(?:吧|了|啊)*"
)
_MORE = re.compile("再?加上?|再[来要买带捎拿配整]|多[要来加买]|另外?要|还要|也[要来加买]")
_STOPS = re.compile("[,，。;；!！]")
_CORRECTS = re.compile("[改换减少删]|不要|去掉|取消")
_ADDS = re.compile("再[加来要买带捎拿配整]|另外|顺[便带]|加上|外加|还要|加个")
_FEWER = re.compile(rf"(?:减|少)[掉去要买来]?({NUMERAL}){PIECES}")
_COUNT = re.compile(rf"({NUMERAL}){PIECES}")
_WRONG = re.compile(r"(?:号码?|账号)?(?:填|写|打|输)?错了?[,，]?(?:应该)?(?:是|改成)?")
_ALL_COUNT = re.compile(
    rf"(?:那|就|帮我|给我|我要?|[两三四几][个件样种]|它们)*(?:[都全各]|每[样种个款件]|分别|全部)(?:都)?(?:[要来买改换拿]成?|是|给我)*({NUMERAL}){PIECES}(?:就行|就好|吧|的|了)*"
)
_SOME_ENDS = re.compile(
    rf"^(?:我|就|那)*(?P<keep>只?要|只?留)?(?P<end>[前后])(?:面的?)?(?P<count>{NUMERAL}){PIECES}"
    "(?P<after>就行|就好|就够了?|不要了?|去掉|删掉|都?取消|都要|留着)?(?:吧|了)*$"
)


@dataclass(frozen=True, slots=True)
class Unclear:
    """A clause of the message that could not be used: nothing of the message was."""

    clause: str


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
    everyone = _everyone(lines, text)
    return everyone if everyone is not None else _by_clauses(lines, text, shelf, 2)


def _by_clauses(
    lines: Sequence[DraftLine], text: str, shelf: Shelf, least: int
) -> tuple[DraftLine, ...] | Unclear | None:
    """Each clause to the line that it names; None when fewer than `least` are named."""
    said = _OH.sub("", spaced(text))
    found = subjects(lines, said, shelf)
    if len({(one.lines, one.sku.code if one.sku else "") for one in found}) < least:
        return None
    words = list(words_of(found, said))
    out: list[DraftLine | None] = list(lines)
    added: list[DraftLine] = []
    used, unclear = 0, ""
    for mention, own in grouped(found, words):
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
    rest = ",".join(clause for clause in clauses if clause != own[0] and not FILLER.fullmatch(fold(clause)))
    changed = _by_clauses(lines, rest, shelf, 1) if _CORRECTS.search(rest) else None
    if not isinstance(changed, tuple):
        return changed
    return (*changed, fill(DraftLine(), item, shelf).line)


# ---- all of them ---------------------------------------------------------------------------------------------------


def _everyone(lines: Sequence[DraftLine], text: str) -> tuple[DraftLine, ...] | None:
    """都要两张, 除了骏网的都要, 前两个就行."""
    said = fold(text)
    if len(lines) < 2:
        return None
    count = _ALL_COUNT.fullmatch(said)
    if count is not None:
        wanted = _number(count[1])
        return None if wanted is None else tuple(replace(line, quantity=wanted) for line in lines)
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
    clauses = [clause for clause in SEPARATORS.split(spaced(text)) if clause]
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


# ---- what is said of it --------------------------------------------------------------------------------------------


def _apply(
    mention: Mention,
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
        if product is not None and len(own) == 1 and out[own[0]] == lines[own[0]] and FILLER.fullmatch(words):
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
        if _REMOVING.search(words) and FILLER.fullmatch(_REMOVING.sub("", words)):
            out[i] = None
            continue
        if _KEEPS.fullmatch(SEPARATORS.sub("", words)):
            continue
        after = reworded(before, words, shelf)
        if after is None:
            return False
        out[i] = after
    return True


def _of_new_size(mention: Mention, words: str, lines: Sequence[DraftLine], shelf: Shelf) -> DraftLine | None:
    """老人加一张: one more line like its neighbour, of another size."""
    product = shelf.product(mention.product)
    like = next((line for line in lines if line.product == mention.product), None)
    count = _COUNT.search(words)
    wanted = _number(count[1]) if count is not None else None
    rest = _MORE.sub("", _COUNT.sub("", words, count=1))
    if product is None or like is None or mention.sku is None or wanted is None or not FILLER.fullmatch(rest):
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
        fits = 1 <= wanted <= QUANTITY_MAX and FILLER.fullmatch(rest) is not None
        return replace(line, quantity=wanted) if fits else None
    clauses = [clause for clause in SEPARATORS.split(_WRONG.sub("", words)) if not FILLER.fullmatch(clause)]
    if len(clauses) != 1:
        return None
    sized = re.sub("(?<=[0-9])(?:元|块钱?)?(?:的)?(?:面额|面值)|^[都也各]+", "", clauses[0])
    count = _COUNT.fullmatch(re.sub("^[的改换成为到要来买充拿是]+|的$", "", sized))
    pieces = _number(count[1]) if count is not None else None
    if count is not None and pieces is not None and _by_piece(product, pieces, count[0]):
        return replace(line, quantity=pieces)
    both = _size_and_count(line, sized, product, shelf)
    if both is not None:
        return both
    filled = line_with(line, sized, product, shelf)
    if filled is None or filled.problems or not filled.changed:
        named = [sku for sku in product.skus if any(part in fold(sized) for part in parts_of(sku, product))]
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
    if count is None or wanted is None or FILLER.fullmatch(re.sub("[改换变成为到]", "", rest)):
        return None
    sized = line_with(line, rest, product, shelf)
    if sized is None or sized.problems or "quantity" in sized.changed or not sized.changed:
        return None
    return fill(sized.line, Item(quantity=wanted, said=frozenset({"quantity"})), shelf).line


def _number(text: str) -> int | None:
    wanted = read_numeral(text)
    return int(wanted) if wanted is not None and wanted == int(wanted) and 1 <= wanted <= QUANTITY_MAX else None
