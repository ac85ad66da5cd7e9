"""A word that names both what is bought and what the buyer has: 钻石, the rank to reach and the rank he is at."""

import re
from collections.abc import Mapping, Sequence

from catalog.checks import fold
from catalog.model import Choice, Field, Option, Product

Named = tuple[str, str]
"""A slot, and the choice of it (or the code of a SKU)."""
_IS_SO = re.compile("现在|目前|当前|已经|[我号](?:的号|这号)?(?:才|是|在)|本来|原来")
_WISHED = re.compile("就[行好够可]|只[要打到升]|[打升冲上提]到|到(?!了)|算了|目标|得了")
_UP_TO = re.compile(
    r"(?:那|就|还是|给我|帮我|我?要|只|换成|改成|直接|再)*(?:[打升冲上提玩]?到)(?P<name>[^到,，。\s\d]{2,8}?)"
    "(?:就?(?:行|好|可以|够)|的|吧|了|啊|算了|得了)*"
)


def named(product: Product) -> dict[str, list[Named]]:
    """Everything of a product that has a name, folded, and what it names."""
    found: dict[str, list[Named]] = {}
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    for sku in product.skus:
        for name in (sku.label, *sku.aliases):
            found.setdefault(fold(name), []).append(("value", sku.code))
    for part in parts:
        for choice in part.values:
            for name in (choice.label, *choice.aliases):
                found.setdefault(fold(name), []).append((part.name, choice.id))
    return found


def meant(said: str, among: Sequence[Named], product: Product) -> Named | None:
    """The one of several that a folded text means; None where it leaves open whether it is what is bought or what he
    has."""
    options = {option.name for option in product.options} | {"value"}
    bought = [one for one in among if one[0] in options]
    his = [one for one in among if one[0] not in options]
    if not bought or not his:
        return among[-1]
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    labels = {part.name: fold(part.label) for part in parts}
    own = [one for one in among if _speaks_of(said, one[0], [other for other, _ in among], labels)]
    if len(own) == 1:
        return own[0]
    wished, is_so = _WISHED.search(said), _IS_SO.search(said)
    if (wished is None) == (is_so is None):
        return None
    return bought[-1] if wished is not None else his[-1]


def _speaks_of(said: str, slot: str, slots: Sequence[str], labels: Mapping[str, str]) -> bool:
    """目标, of 目标段位 and 当前段位: a part of its label that no other has."""
    label = labels.get(slot, "")
    others = [labels.get(other, "") for other in slots if other != slot]
    pairs = [label[at : at + 2] for at in range(len(label) - 1)]
    return any(pair in said and not any(pair in other for other in others) for pair in pairs)


def two_meanings(said: str, product: Product) -> tuple[str, list[str]] | None:
    """The word in a folded text that stands for several slots, and these; None where there is none."""
    several = [(name, list(dict.fromkeys(slot for slot, _ in among))) for name, among in named(product).items()]
    return next((one for one in several if len(one[1]) > 1 and one[0] in said), None)


def reached(text: str, product: Product) -> tuple[Option, Choice] | None:
    """打到王者, 换成到王者: the one choice of what is bought whose name ends so."""
    found = _UP_TO.fullmatch(fold(text))
    if found is None:
        return None
    hits = [(o, c) for o in product.options for c in o.values if fold(c.label).endswith(found["name"])]
    return hits[0] if len(hits) == 1 else None
