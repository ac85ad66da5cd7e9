"""What is sold by any number (300 coins): a number with its counter is the value, and counts no pieces."""

from dataclasses import replace

from nlu.amounts import Amount
from nlu.lexicon import Lexicon, ProductIndex
from nlu.seen import Seen
from nlu.words import COUNTERS

PIECES = 10
"""Fewer than so many 个 may as well be pieces of one amount: 两个Q币100."""


def values_of_any_number(seen: Seen, lexicon: Lexicon) -> None:
    """Read 50颗 as a value where all that is named is sold by any number of 颗: 50颗…不，80 says one thing twice."""
    named = {ref.product for ref in seen.refs}
    product = lexicon.products.get(next(iter(named)) or "") if len(named) == 1 else None
    if product is None or product.any_sku is None or len(seen.accounts) > 1:
        return
    alone = len([a for a in seen.amounts if a.kind != "none"]) == 1  # Q币*50
    seen.amounts = [_as_value(product, a, alone) for a in seen.amounts]


def _as_value(product: ProductIndex, amount: Amount, alone: bool) -> Amount:
    """Give the amount as a value; one that 个 makes neither a value nor pieces (储值80个) settles nothing."""
    number = amount.number
    if amount.kind != "count" or number is None or number < PIECES or product.any_unit in _PIECE_UNITS:
        return amount
    least, most = (product.any_sku and product.any_sku.any_value) or (0, 0)
    if amount.unit == product.any_unit or (not amount.unit and alone and least <= number <= most):
        return replace(amount, kind="value", unit=product.any_unit)
    if amount.unit != "个":
        return amount
    fits = least <= number <= most and product.any_unit != "元"
    return replace(amount, kind="value", unit=product.any_unit) if fits else replace(amount, kind="none")


_PIECE_UNITS = tuple(unit for unit in ("张", "份", "套", "盒") if unit in COUNTERS)
"""Of what is sold by the 张, 12个 may be photographs as well as prints."""
