"""What is different between two catalogs, in the words a person saves it by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from catalog.model import Product, Sku
from kernel.money import format_yuan


class Kind(StrEnum):
    """What happened to a product or SKU."""

    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` and `after` are empty where there was or will be nothing."""

    kind: Kind
    product_id: str
    name: str
    """The product, and the SKU where it is about one."""
    what: str = ""
    before: str = ""
    after: str = ""
    loss: bool = False
    """Sold below its cost from now on."""


_PRODUCT_PARTS: Sequence[tuple[str, Callable[[Product], str]]] = (
    ("名称", lambda one: one.name),
    ("分类", lambda one: "/".join(one.category)),
    ("交付", lambda one: one.delivery.value),
    ("别名", lambda one: "、".join(one.aliases)),
    ("到账时间", lambda one: one.eta),
    ("说明", lambda one: one.note),
    ("标签", lambda one: "、".join(one.tags)),
    ("选项", lambda one: "；".join(f"{o.label}：{_ids(o.values)}，默认 {o.default or '无'}" for o in one.options)),
    ("买家要填的", lambda one: "；".join(_field(given) for given in one.fields)),
)
_SKU_PARTS: Sequence[tuple[str, Callable[[Sku], str]]] = (
    ("名称", lambda one: one.label),
    ("售价", lambda one: _yuan(one.price_fen)),
    ("成本", lambda one: _yuan(one.cost_fen)),
    ("面额", lambda one: _yuan(one.face_fen)),
    ("数值", lambda one: f"{one.value if one.value is not None else ''}{one.unit}"),
    ("选项", lambda one: "、".join(f"{key}={value}" for key, value in sorted(one.options.items()))),
    ("别名", lambda one: "、".join(one.aliases)),
    ("到账时间", lambda one: one.eta or ""),
    ("任意数量", lambda one: f"{one.any_value.min}–{one.any_value.max}" if one.any_value else ""),
    ("供货商", lambda one: " ".join(filter(None, (one.supplier, one.supplier_code)))),
    (
        "备用供货商",
        lambda one: "；".join(f"{b.supplier} {b.supplier_code or ''} {_yuan(b.cost_fen)}" for b in one.backup),
    ),
    ("允许亏本", lambda one: "是" if one.allow_loss else ""),
)


def differences(before: Sequence[Product], after: Sequence[Product]) -> tuple[Change, ...]:
    """Tell what saving `after` in place of `before` changes, in the new order."""
    old = {product.id: product for product in before}
    new = {product.id: product for product in after}
    found: list[Change] = []
    for product in after:
        was = old.get(product.id)
        found += _added(product) if was is None else _changed(was, product)
    found += [
        Change(Kind.GONE, one.id, one.name, before=f"{len(one.skus)} 个规格") for one in before if one.id not in new
    ]
    stayed_before = [one.id for one in before if one.id in new]
    stayed_after = [one.id for one in after if one.id in old]
    found += [Change(Kind.MOVED, one, new[one].name) for one in _moved(stayed_before, stayed_after)]
    return tuple(found)


def _added(product: Product) -> list[Change]:
    skus = [_sku_added(product, sku) for sku in product.skus]
    return [Change(Kind.ADDED, product.id, product.name, after=f"{len(product.skus)} 个规格"), *skus]


def _sku_added(product: Product, sku: Sku) -> Change:
    return Change(Kind.ADDED, product.id, _called(product, sku), "售价", after=_yuan(sku.price_fen), loss=_is_loss(sku))


def _changed(was: Product, now: Product) -> list[Change]:
    found = [
        Change(Kind.CHANGED, now.id, now.name, what, part(was), part(now))
        for what, part in _PRODUCT_PARTS
        if part(was) != part(now)
    ]
    old = {sku.code: sku for sku in was.skus}
    for sku in now.skus:
        before = old.get(sku.code)
        if before is None:
            found.append(_sku_added(now, sku))
            continue
        found += [
            Change(
                Kind.CHANGED,
                now.id,
                _called(now, sku),
                what,
                part(before),
                part(sku),
                loss=what in ("售价", "成本") and _is_loss(sku),
            )
            for what, part in _SKU_PARTS
            if part(before) != part(sku)
        ]
    codes = {sku.code for sku in now.skus}
    found += [
        Change(Kind.GONE, now.id, _called(was, sku), before=_yuan(sku.price_fen))
        for sku in was.skus
        if sku.code not in codes
    ]
    stayed = [sku.code for sku in was.skus if sku.code in codes]
    if stayed != [sku.code for sku in now.skus if sku.code in old]:
        found.append(Change(Kind.MOVED, now.id, f"{now.name} 的规格"))
    if not found and was != now:
        found.append(Change(Kind.CHANGED, now.id, now.name, "其他细节"))
    return found


def _moved(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Those that stand among others than before: of one that was moved past many, that one alone."""
    place = {one: n for n, one in enumerate(before)}
    # The longest run that kept its order stayed; whoever is not in it was moved.
    tails: list[int] = []
    ends: list[str] = []
    previous: dict[str, str | None] = {}
    for one in after:
        low, high = 0, len(tails)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if tails[middle] < place[one] else (low, middle)
        tails[low : low + 1] = [place[one]]
        ends[low : low + 1] = [one]
        previous[one] = ends[low - 1] if low else None
    kept: set[str] = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = previous[last]
    return [one for one in after if one not in kept]


def _is_loss(sku: Sku) -> bool:
    return sku.cost_fen is not None and sku.price_fen < sku.cost_fen and not sku.allow_loss


def _called(product: Product, sku: Sku) -> str:
    return f"{product.name} {sku.label}（{sku.code}）"


def _ids(values: Sequence[Any]) -> str:
    return "、".join("/".join((one.label, *one.aliases)) for one in values)


def _field(given: Any) -> str:
    parts = [given.label, given.kind.value, given.pattern or "", _ids(given.values), given.default or ""]
    return " ".join(part for part in parts if part) + ("（选填）" if given.optional else "")


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"¥{format_yuan(fen)}"
