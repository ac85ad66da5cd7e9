"""What is about to be ordered, read back in full."""

from collections.abc import Mapping, Sequence

from catalog.checks import fold
from catalog.model import Delivery, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import examples, replies
from dialogs.asking import choice_label, is_digital, slot_label
from dialogs.draft import Looked
from dialogs.places import goes_by_parcel, read


def summary(looked: Sequence[Looked], shelf: Shelf) -> str:
    """What is about to be ordered, in full."""
    digital = all(one.product is not None and is_digital(one.product) for one in looked)
    change = examples.changes([one.line for one in looked], shelf)[0]
    told = replies.summary([_summary_line(one) for one in looked], digital, change)
    open_text = _text_to_add(looked[0]) if len(looked) == 1 else ""
    return replies.join(told, replies.can_add(open_text) if open_text else "")


def detail_rows(looked: Sequence[Looked]) -> list[str]:
    """Every line in one row, every field in full."""
    return [replies.summary_row(_summary_line(one), index) for index, one in enumerate(looked, 1)]


def _summary_line(looked: Looked) -> replies.SummaryLine:
    product, sku = looked.product, looked.sku
    if product is None or sku is None:
        raise ValueError("a summary is only for complete lines")
    label = replies.any_value_label(sku, looked.line.value) if sku.any_value is not None else sku.label
    options = {n: v for n, v in looked.options.items() if n in sku.options}
    told = {n: v for n, v in options.items() if fold(choice_label(product, n, v)) not in fold(sku.label)}
    given = {**told, **looked.fields}
    details = tuple((slot_label(product, name), choice_label(product, name, value)) for name, value in given.items())
    eta = replies.eta_line(product, sku.eta or product.eta)
    total_fen = int(looked.total_fen() or 0)
    return replies.SummaryLine(
        product.name, label, looked.line.quantity, details, eta, total_fen, _understood(product, looked.fields)
    )


def _text_to_add(looked: Looked) -> str:
    """What one may tell the person who makes it, and has not: nothing asks for it."""
    product = looked.product
    if product is None or product.delivery is not Delivery.SERVICE:
        return ""
    free = (f.label for f in product.fields if f.optional and f.kind is FieldKind.TEXT and f.name not in looked.fields)
    return next(free, "")


def _understood(product: Product, given: Mapping[str, str]) -> str:
    """A parcel's address read back in its parts."""
    field = next((field for field in product.fields if goes_by_parcel(field, product)), None)
    if field is None or field.name not in given:
        return ""
    place = read(given[field.name])
    region = " ".join(part for part in (place.province, place.city, place.district) if part)
    return replies.address_parts(place.name, place.phone, region, place.street)
