"""What the bot quotes as an example, made from what this shop sells: nothing about a product is known here."""

import re
from collections.abc import Sequence
from functools import lru_cache

from catalog.checks import fold
from catalog.model import AnyValue, Delivery, Product, Sku
from catalog.shelf import Shelf
from dialogs.asking import hot_products
from dialogs.draft import account_field, chosen_options, look
from dialogs.merging import sample
from dialogs.replies import number
from dialogs.state import DraftLine

_HAN = re.compile(r"[\u4e00-\u9fff]")
_NAME_MAX = 12
_UNITS_TRIED = (100, 50, 10)


@lru_cache(maxsize=4)
def orders(shelf: Shelf) -> tuple[str, ...]:
    """Two things a buyer of this shop could write, a top-up and a card where there are such; none in an empty shop."""
    firsts = {product.id for product in hot_products(shelf)}
    inline = sorted((p for p in shelf.products if p.skus), key=lambda p: p.id not in firsts)
    names = _names_of_others(shelf)
    found: list[str] = []
    for wanted in (_is_topup, _is_card, _is_any):
        fitting = (_order(p, names, shelf) for p in inline if wanted(p))
        text = next((one for one in fitting if one and one not in found), "")
        if text and len(found) < 2:
            found.append(text)
    return tuple(found)


def changes(lines: Sequence[DraftLine], shelf: Shelf) -> tuple[str, ...]:
    """How this draft could be corrected: another size of its product, its account, its quantity."""
    product = shelf.product(lines[0].product or "") if lines else None
    if product is None:
        return (_count(1),)
    size = _other_size(lines[0], product, shelf)
    account = account_field(product)
    told = [f"改成{size}"] if size else []
    told += [f"{account.label}错了"] if account is not None else []
    which = "第1件" if len(lines) > 1 else ""
    if not told or any(
        sku.any_value is None for sku in product.skus
    ):  # of what is sold in any number, that is the size
        told.append(_count(lines[0].quantity))
    return tuple(which + one for one in told)


def _count(present: int) -> str:
    return "数量改2" if present != 2 else "数量改3"


def _other_size(line: DraftLine, product: Product, shelf: Shelf) -> str:
    held = look(line, shelf).sku
    skus = shelf.matching(product.id, None, chosen_options(line, product))
    if held is not None and held.any_value is not None:
        other = _near(line.value or held.any_value.min, held.any_value)
        return f"{other}{held.unit}" if other is not None else ""
    labels = [sku.label for sku in skus]
    after = skus.index(held) if held in skus else -1
    nearest = (*skus[after + 1 :], *reversed(skus[: max(after, 0)]))
    return next((s.label for s in nearest if s != held and s.any_value is None and labels.count(s.label) == 1), "")


def _near(amount: float, limits: AnyValue) -> int | None:
    """The round amount that is nearest, as one counts (10000 of 8000), the greater of two; else an end of the range."""
    rounds = [digit * 10**power for power in range(8) for digit in (1, 2, 5)]
    rounds = [n for n in rounds if limits.min <= n <= limits.max and n != amount]
    ends = [n for n in (limits.max, limits.min) if n != amount]
    return (
        min(rounds, key=lambda n: (max(n / amount, amount / n), -n))
        if rounds and amount > 0
        else next(iter(ends), None)
    )


def _is_topup(product: Product) -> bool:
    return product.delivery is Delivery.TOPUP


def _is_card(product: Product) -> bool:
    return product.delivery is Delivery.CARD


def _is_any(_: Product) -> bool:
    return True


def _order(product: Product, names: dict[str, set[str]], shelf: Shelf) -> str:
    """One product, one size, what must be given: all a single message, so that nothing is left to ask; else empty."""
    name = _name(product, names)
    said = [sample(field) for field in product.fields if not field.optional and field.default is None]
    options = chosen_options(DraftLine(product.id), product)
    size = _size(product, shelf.matching(product.id, None, options))
    if not name or not size or None in said or len(options) < len(product.options):
        return ""
    gap = " " if name[-1].isascii() and size[0].isascii() else ""
    count = ("两张" if product.skus[0].unit in ("元", "张") else "两份") if _is_card(product) else ""
    return " ".join(part for part in (f"{name}{gap}{size}", *said, count) if part)


def _size(product: Product, skus: Sequence[Sku]) -> str:
    """A size in the middle of a top-up's, the smallest of anything else."""
    labels = [sku.label for sku in product.skus]
    fixed = [sku for sku in skus if sku.any_value is None and labels.count(sku.label) == 1]
    if fixed:
        return fixed[len(fixed) // 2 if _is_topup(product) else 0].label
    limits, unit = next(((sku.any_value, sku.unit) for sku in skus if sku.any_value is not None), (None, ""))
    if limits is None:
        return ""
    tried = (n for n in (*_UNITS_TRIED, limits.min) if limits.min <= n <= limits.max)
    return f"{number(next(tried))}{unit}"


def _names_of_others(shelf: Shelf) -> dict[str, set[str]]:
    """Which products have a name: folded name → product ids."""
    found: dict[str, set[str]] = {}
    for product in shelf.products:
        for name in (product.name, *product.aliases):
            found.setdefault(fold(name), set()).add(product.id)
    return found


def _abridges(name: str, full: str) -> bool:
    """Steam卡 of Steam充值卡: a short form that anybody understands."""
    rest = iter(full)
    return all(letter in rest for letter in name)


def _name(product: Product, names: dict[str, set[str]]) -> str:
    """The shortest name that stands for this product alone; rather one that abridges its full name, in Chinese."""
    own = [n for n in (product.name, *product.aliases) if 2 <= len(n) <= _NAME_MAX]
    clear = [n for n in own if not any(fold(n) in other for other, ids in names.items() if ids - {product.id})]
    own_words = fold(product.name)
    ranked = sorted(
        clear or [product.name], key=lambda n: (not _abridges(fold(n), own_words), _HAN.search(n) is None, len(n))
    )
    short = ranked[0]
    return short[0].upper() + short[1:] if short[0].isascii() else short
