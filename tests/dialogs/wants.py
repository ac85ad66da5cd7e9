"""What simulated buyers want, in any catalog, and whether an order is that."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.checks import Valid, check_field
from catalog.model import Delivery, Field, FieldKind, Product, Sku
from catalog.shelf import Shelf, line_total_fen
from dialogs import replies

TESTS = Path(__file__).parents[1]
FREE = (FieldKind.TEXT, FieldKind.ADDRESS)


def is_sized_by_number(sku: Sku, product: Product) -> bool:
    """Whether its number alone names it among the SKUs with the same options."""
    same = [one for one in product.skus if one.options == sku.options]
    return sku.value is not None and [one.value for one in same].count(sku.value) == 1


@dataclass
class Want:
    """One thing a buyer wants."""

    product: Product
    sku: Sku
    value: int | None
    quantity: int
    fields: dict[str, str]

    def words(self, part: Field) -> str:
        """What he says for a field."""
        value = self.fields[part.name]
        return next((choice.label for choice in part.values if choice.id == value), value)

    def __str__(self) -> str:
        quantity = f" ×{self.quantity}" if self.quantity > 1 else ""
        return f"{self.product.name} {self.label}{quantity} {self.sku.code} {self.fields}"

    @property
    def label(self) -> str:
        """The size as the bot writes it."""
        return replies.any_value_label(self.sku, self.value) if self.sku.any_value else self.sku.label

    @property
    def total_fen(self) -> int:
        return line_total_fen(self.sku, self.value, self.quantity)

    def option(self, name: str) -> str:
        """The label of a chosen option."""
        option = next(one for one in self.product.options if one.name == name)
        return next((c.label for c in option.values if c.id == self.sku.options.get(name)), "")


@dataclass(frozen=True)
class Ordered:
    """One line of an order as the shop has it."""

    sku: str
    quantity: int
    total_fen: int
    fields: dict[str, str]


def is_what_was_wanted(ordered: Sequence[Ordered], wants: Sequence[Want]) -> bool:
    """Whether these lines are exactly these things."""
    left = list(wants)
    for line in ordered:
        match = next((want for want in left if _same(line, want)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _same(line: Ordered, want: Want) -> bool:
    kinds = {part.name: part.kind for part in want.product.fields}
    return (line.sku, line.quantity, line.total_fen) == (want.sku.code, want.quantity, want.total_fen) and all(
        squeezed(line.fields.get(name, "")) == squeezed(value)
        if kinds[name] is not FieldKind.ADDRESS
        else all(part in line.fields.get(name, "") for part in value.split())
        for name, value in want.fields.items()
    )


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def a_want(dice: random.Random, shelf: Shelf) -> Want:
    """Anything that is on sale."""
    product = dice.choice([p for p in shelf.products if p.skus])
    sku = dice.choice(product.skus)
    value = dice.randint(sku.any_value.min, min(sku.any_value.max, 900)) if sku.any_value else None
    several = product.delivery in (Delivery.CARD, Delivery.PARCEL) and not value and dice.random() < 0.3
    fields = {part.name: a_value(dice, part) for part in product.fields if not part.optional}
    return Want(product, sku, value, dice.randint(2, 5) if several else 1, fields)


def a_value(dice: random.Random, part: Field) -> str:
    """A value that passes the field's check."""
    digits = "".join(dice.choice("123456789") for _ in range(30))
    match part.kind:
        case FieldKind.CHOICE:
            return dice.choice(part.values).id
        case FieldKind.PHONE | FieldKind.PHONE_OR_QQ:
            return f"1{dice.choice('3578')}{digits[:9]}"
        case FieldKind.QQ:
            return digits[:8]
        case FieldKind.EMAIL:
            return f"user{digits[:4]}@example.com"
        case FieldKind.ADDRESS:
            return f"浙江省杭州市西湖区文三路{digits[:2]}号 张三 138{digits[:8]}"
        case FieldKind.TEXT:
            return dice.choice(["小明的店", "王小明", "快乐星球"])
        case _:
            return _by_pattern(dice, part, digits)


def _by_pattern(dice: random.Random, part: Field, digits: str) -> str:
    """Whatever of these passes: the letters or digits with which its pattern begins, and digits."""
    begins = re.match(r"\^?([A-Z0-9]*)", part.pattern or "")
    heads = {begins[1] if begins else "", "", "京A"}
    tried = [f"{head}{digits[:n]}" for head in sorted(heads) for n in range(3, 20)]
    fitting = [one for one in tried if isinstance(check_field(part, one), Valid)]
    assert fitting, part
    return dice.choice(fitting)


def fits_in_one_message(want: Want) -> bool:
    return all(part.kind not in FREE for part in want.product.fields) and is_sized_by_number(want.sku, want.product)
