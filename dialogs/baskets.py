"""Several lines of a draft corrected in one message: each clause belongs to the line that it names."""

import re
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs.draft import pick_sku
from dialogs.filling import fill
from dialogs.line_changes import line_with
from dialogs.state import QUANTITY_MAX, DraftLine
from dialogs.subjects import FILLER, NUMERAL, PIECES, SEPARATORS, parts_of
from nlu.frame import Item
from nlu.numerals import read_numeral

_MORE = re.compile("再?加上?|再[来要买带捎拿配整]|多[要来加买]|另外?要|还要|也[要来加买]")
_FEWER = re.compile(rf"(?:减|少)[掉去要买来]?({NUMERAL}){PIECES}")
_COUNT = re.compile(rf"({NUMERAL}){PIECES}")
_WRONG = re.compile(r"(?:号码?|账号)?(?:填|写|打|输)?错了?[,，]?(?:应该)?(?:是|改成)?")


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
