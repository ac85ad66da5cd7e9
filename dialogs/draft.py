"""A draft line against the shelf: what it comes to, and what is still missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as part
from functools import lru_cache, partial
from typing import Literal

from catalog.checks import Valid, check_field
from catalog.model import Field, FieldKind, Option, Product, Sku
from catalog.shelf import Shelf, line_total_fen
from dialogs.places import lacking
from dialogs.state import ALIKE, NO_QUANTITY, Collecting, DraftLine
from kernel.money import Fen
from kernel.orders import WantedLine

Trouble = Literal["off_sale", "not_together", "out_of_range"]


@dataclass(frozen=True, slots=True)
class Looked:
    """A draft line as the shelf sees it."""

    line: DraftLine
    product: Product | None
    skus: tuple[Sku, ...] = ()
    """What it can still be; with a trouble, what is on sale instead."""
    missing: str | None = None
    """The next thing to ask for: "product", "value", or an option's or field's name. None: the line is complete."""
    trouble: Trouble | None = None
    options: Mapping[str, str] = part(default_factory=dict)
    """The options said, with the catalog's defaults."""
    fields: Mapping[str, str] = part(default_factory=dict)
    """The fields said, with the catalog's defaults, in the catalog's order."""

    @property
    def sku(self) -> Sku | None:
        """The SKU, when only one is left."""
        return self.skus[0] if len(self.skus) == 1 and self.trouble in (None, "out_of_range") else None

    def total_fen(self) -> Fen | None:
        """What the line costs, once it is settled."""
        if self.sku is None or (self.sku.any_value is not None and self.line.value is None):
            return None
        return line_total_fen(self.sku, self.line.value, self.line.quantity)


def look(line: DraftLine, shelf: Shelf) -> Looked:
    """Find out what a line can still be and what has to be asked next: options first, then the denomination, then
    what the buyer must give."""
    found = _looked(line, shelf)
    return found if found.line is line else replace(found, line=line)


@lru_cache(maxsize=256)  # a turn looks at one line up to six times
def _looked(line: DraftLine, shelf: Shelf) -> Looked:
    product = shelf.product(line.product) if line.product else None
    if product is None:
        return Looked(line, None, missing="product")
    options, given = chosen_options(line, product), given_fields(line, product)
    seen = partial(Looked, line, product, options=options, fields=given)
    if line.quantity == NO_QUANTITY:
        return seen(_possible(line, product, options, shelf), "quantity")
    if not shelf.matching(product.id, None, options):
        return seen(product.skus, _clashing(line, product, shelf), "not_together")
    skus = _possible(line, product, options, shelf)
    if not skus:
        return seen(shelf.matching(product.id, None, options), "value", "off_sale")
    if len(skus) > 1:
        return seen(skus, _telling_option(product, skus, options) or "value")
    if not units_agree(skus[0], line.value):
        return seen(skus, "value", "out_of_range" if line.value is not None else None)
    return seen(skus, next((f.name for f in product.fields if not f.optional and _wanted(f, given, product)), None))


def _wanted(field: Field, given: Mapping[str, str], product: Product) -> bool:
    """Whether a field has still to be asked for: a parcel's address also wants who receives it."""
    value = given.get(field.name)
    return value is None or (field.kind is FieldKind.ADDRESS and bool(lacking(field, value, product)))


def chosen_options(line: DraftLine, product: Product) -> dict[str, str]:
    """The options in force: what was said, else the catalog's default."""
    found: dict[str, str] = {}
    for option in product.options:
        value = line.options.get(option.name, option.default)
        if value is not None and any(choice.id == value for choice in option.values):
            found[option.name] = value
    return found


def given_fields(line: DraftLine, product: Product) -> dict[str, str]:
    """The fields in force: what was said and passes its check, else the catalog's default."""
    found: dict[str, str] = {}
    for field in product.fields:
        value = line.fields.get(field.name, field.default)
        if value is not None and isinstance(check_field(field, value), Valid):
            found[field.name] = value
    return found


def units_agree(sku: Sku, value: float | None) -> bool:
    """Whether a number of units fits: any SKU of a fixed size fits, else a whole number in its range is needed."""
    if sku.any_value is None:
        return True
    return value is not None and value == int(value) and sku.any_value.min <= value <= sku.any_value.max


def option_of(product: Product, name: str) -> Option | None:
    """Find a product's option by name."""
    for option in product.options:
        if option.name == name:
            return option
    return None


def asked_field(state: Collecting, shelf: Shelf) -> Field | None:
    """The field that is asked for; None where it is something else, a size or an option."""
    product = shelf.product(state.lines[state.line].product or "")
    return field_of(product, state.slot) if product is not None else None


def field_of(product: Product, name: str) -> Field | None:
    """Find a product's field by name."""
    for field in product.fields:
        if field.name == name:
            return field
    return None


def products_of(looked: Sequence[Looked]) -> list[Product]:
    """The products that lines are of, each once."""
    return list({one.product.id: one.product for one in looked if one.product is not None}.values())


def account_field(product: Product) -> Field | None:
    """The field that says for whom it is: the first that is neither a choice nor free text."""
    other = (FieldKind.CHOICE, FieldKind.TEXT, FieldKind.ADDRESS)
    return next((field for field in product.fields if field.kind not in other), None)


def codes_of(line: DraftLine) -> tuple[str, ...]:
    """The SKUs that the name a line was picked by can mean."""
    return (line.sku, *line.sku.split(ALIKE)) if line.sku is not None else ()


def pick_sku(line: DraftLine, sku: Sku, product: Product, shelf: Shelf) -> DraftLine:
    """Settle a line on one SKU, by name only where value and options would not lead to it."""
    value = line.value if sku.any_value is not None else sku.value
    options = {**line.options, **{name: v for name, v in sku.options.items() if option_of(product, name)}}
    picked = replace(line, sku=None, value=value, options=options)
    found = shelf.matching(product.id, value, chosen_options(picked, product))
    if found == (sku,) and value is not None:
        return picked
    names = {sku.label, *sku.aliases}
    peers = (one.code for one in product.skus if one.options != sku.options and names & {one.label, *one.aliases})
    return replace(picked, sku=ALIKE.join((sku.code, *peers)))  # 月卡 of every platform: another may be chosen yet


def to_wanted(looked: Looked, total_fen: int) -> WantedLine | None:
    """The line as it is ordered, at the price the buyer saw; None when it is not complete (any more)."""
    sku = looked.sku
    if looked.missing is not None or sku is None:
        return None
    value = looked.line.value if sku.any_value is not None else sku.value
    whole = int(value) if value is not None and value == int(value) else None
    options: Mapping[str, str] = {n: v for n, v in looked.options.items() if sku.options.get(n, v) == v}
    return WantedLine(sku.code, looked.line.quantity, Fen(total_fen), whole, options, looked.fields)


def _possible(line: DraftLine, product: Product, options: Mapping[str, str], shelf: Shelf) -> tuple[Sku, ...]:
    agreeing = shelf.matching(product.id, None, options)
    if line.sku is not None:
        named = tuple(sku for sku in agreeing if sku.code in codes_of(line))
        if named:
            return named
    if line.value is None:
        return agreeing
    exact = tuple(sku for sku in agreeing if sku.any_value is None and sku.value == line.value)
    if exact:
        return exact
    any_value = tuple(sku for sku in agreeing if sku.any_value is not None)
    return any_value[:1] if len(any_value) == 1 else any_value


def _telling_option(product: Product, skus: tuple[Sku, ...], options: Mapping[str, str]) -> str | None:
    """The first option still open that tells the remaining SKUs apart."""
    for option in product.options:
        if option.name not in options and len({sku.options.get(option.name) for sku in skus}) > 1:
            return option.name
    return None


def _clashing(line: DraftLine, product: Product, shelf: Shelf) -> str:
    """The option to ask again when no SKU has all the options said."""
    options = chosen_options(line, product)
    for name in reversed(list(options)):
        rest = {n: v for n, v in options.items() if n != name}
        if shelf.matching(product.id, None, rest):
            return name
    return next(reversed(options), "value")
