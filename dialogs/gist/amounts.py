"""How much a number with a unit is of what is sold: 两个小时 of minutes, 四节 of lessons, 五百万 of what goes by 万."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Product, Sku
from catalog.shelf import Shelf
from nlu.numerals import CHINESE, read_numeral
from nlu.words import UNIT_ALIASES

_SAME = (
    ("课时", "节课", "节", "堂课", "堂", "课"),
    ("小时", "钟头", "钟", "h"),
    ("分钟", "分", "min"),
    ("天", "日", "天儿", "整天"),
    ("晚", "宿", "夜", "晚上"),
    ("gb", "g", "个g"),
    ("tb", "t"),
    ("元", "块钱", "块", "大洋", "蚊"),
    ("次", "趟", "回", "次的"),
    ("枝", "朵", "支"),
    ("kg", "公斤", "千克"),
    ("升", "l", "立升"),
    ("毫升", "ml"),
    ("月", "个月"),
    ("寸", "吋", "英寸"),
    ("点券", "点", "券"),
    ("点", "点数"),
    ("米", "m"),
    ("兆", "m"),
    ("星", "颗", "颗星", "个星"),
    *((key, *UNIT_ALIASES[key]) for key in ("美元", "港币", "日元", "韩元", "欧元", "新台币")),
)
_LARGER = (
    ("小时", 60, "分钟"),
    ("升", 1000, "毫升"),
    ("kg", 1000, "克"),
    ("斤", 500, "克"),
    ("tb", 1000, "gb"),
    ("tb", 1024, "gb"),
    ("周", 7, "天"),
    ("星期", 7, "天"),
    ("礼拜", 7, "天"),
    ("月", 30, "天"),
    ("年", 365, "天"),
    ("年", 12, "月"),
    ("季度", 3, "月"),
)
_KNOWN = sorted(
    {one for group in _SAME for one in group} | {one for large, _, small in _LARGER for one in (large, small)}
)
_IN_LABEL = re.compile(rf"(\d+(?:\.\d+)?)({'|'.join(sorted(_KNOWN, key=len, reverse=True))})")
_HALF = re.compile("个?半(?=个|[^\\d]|$)")
_UNIT_MAX = 4
_NO_UNIT = re.compile(
    "月[份底初中]|点[钟半多]|节[约省]|天[内后前]|钟点|分之|日[常子]|课[间后外]|块头|米[饭线]|回[家来去]|号"
)
"""What only begins like a unit."""
_IN_A_ROW = re.compile(
    rf"连[着续]?(?:[开充续买订办交来要弄包]|给我|一下|上|个)+(\d{{1,2}}|[{CHINESE}]{{1,2}}|俩|仨)个?|连[着续](\d{{1,2}}|[{CHINESE}]{{1,2}}|俩|仨)个?"
)


@lru_cache(maxsize=256)
def fixed(product_id: str, shelf: Shelf) -> dict[tuple[float, str], frozenset[str]]:
    """The codes of the sizes that a number and a unit name."""
    product = shelf.product(product_id)
    found: dict[tuple[float, str], frozenset[str]] = {}
    for sku in product.skus if product is not None else ():
        told = {(float(number), unit) for number, unit in _IN_LABEL.findall(fold(sku.label))}
        if sku.value is not None:
            told.add((float(sku.value), fold(sku.unit)))
        for number, unit in told if sku.any_value is None else ():
            for key in _spoken(number, unit):
                found[key] = found.get(key, frozenset()) | {sku.code}
    return found


@lru_cache(maxsize=256)
def free(product_id: str, shelf: Shelf) -> dict[str, float]:
    """For each unit in which somebody may say how much he wants, how many of the SKU's own units it is."""
    product = shelf.product(product_id)
    found: dict[str, float] = {}
    for sku in product.skus if product is not None else ():
        if sku.any_value is not None and sku.unit:
            for one in (1.0, 1000.0, 60.0, 7.0, 365.0, 12.0, 3.0, 500.0, 30.0):
                for number, unit in _spoken(one, fold(sku.unit)):
                    if number == 1 and unit not in found:
                        found[unit] = one
    return found


def size_of(value: float, rest: str, products: Sequence[Product], shelf: Shelf) -> tuple[int, frozenset[str]] | None:
    """How much of what stands behind a number is its unit, and the codes of the sizes that both name."""
    for end, number, unit in _units(rest, value):
        codes = frozenset[str]().union(*(fixed(one.id, shelf).get((number, unit), frozenset()) for one in products))
        if codes:
            return end, codes
    return None


def amount_of(value: float, rest: str, products: Sequence[Product], shelf: Shelf) -> tuple[int, int] | None:
    """The same of what is sold in any amount: (where the unit ends, how many of the SKU's own units)."""
    for product in products:
        units = free(product.id, shelf)
        if "万" in units and value >= 10_000 and value % 10_000 == 0:
            return 0, int(value // 10_000)
        for end, number, unit in _units(rest, value):
            many = number * units.get(unit, 0)
            if many >= 1 and many.is_integer():
                return end, int(many)
    return None


def in_a_row(text: str, mine: Sku | None, product: Product | None) -> int | None:
    """连着开两个月, of the month that is ordered: two of it, where nothing of two months is sold."""
    found = row_in(text, mine, product)
    return found[0] if found is not None else None


def row_in(text: str, mine: Sku | None, product: Product | None) -> tuple[int, str] | None:
    """The same, with the words that say so."""
    found = _IN_A_ROW.search(text)
    many = read_numeral(found[1] or found[2]) if found is not None else None
    if found is None or many is None or mine is None or product is None or mine.any_value is not None:
        return None
    sizes = {sku.value for sku in product.skus if sku.unit == mine.unit}
    of_it = mine.value == 1 and bool(mine.unit) and text.startswith(mine.unit, found.end())
    return (int(many), f"{found[0]}{mine.unit}") if of_it and many == int(many) and many not in sizes else None


def _units(rest: str, value: float) -> Iterator[tuple[int, float, str]]:
    """(where it ends, the number, the unit) of what may be a unit behind a number, the longest first: 个半小时."""
    half = _HALF.match(rest)
    starts = [(half.end(), value + 0.5)] if half is not None else [(0, value)]
    starts += [(start + 1, number) for start, number in starts if rest[start:].startswith("个")]
    if _NO_UNIT.match(rest):
        return
    for end in range(min(len(rest), starts[-1][0] + _UNIT_MAX), 0, -1):
        yield from ((end, number, rest[start:end]) for start, number in starts if start < end)


def _spoken(number: float, unit: str) -> Iterator[tuple[float, str]]:
    for own in {unit, *(same for group in _SAME if unit in group for same in group)}:
        yield number, own
    for large, times, small in _LARGER:
        if unit in _called(small) and (number / times * 2).is_integer():
            yield from ((number / times, own) for own in _called(large))
        elif unit in _called(large):
            yield from ((number * times, own) for own in _called(small))


@lru_cache(maxsize=64)
def _called(unit: str) -> frozenset[str]:
    return frozenset({unit, *(same for group in _SAME if unit in group for same in group)})
