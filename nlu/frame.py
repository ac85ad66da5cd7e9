"""The Frame: what one message said, and nothing that it did not say (contract, part 3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Channel = Literal["text", "voice"]

Intent = Literal[
    "order",
    "browse",
    "search",
    "price",
    "order_status",
    "keys",
    "reorder",
    "refund",
    "problem",
    "invoice",
    "balance",
    "human",
    "help",
    "greet",
    "thanks",
    "confirm",
    "deny",
    "cancel",
    "change",
    "choose",
    "answer",
    "batch",
    "rate",
    "unknown",
]
INTENTS: tuple[Intent, ...] = get_args(Intent)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was said about something to buy."""

    product: str | None = None
    candidates: tuple[str, ...] = ()
    """Catalog ids the words could mean, best first, when `product` is not settled."""
    sku: str | None = None
    value: int | float | None = None
    quantity: int = 1
    options: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    invalid: Mapping[str, str] = field(default_factory=dict)
    """Values that were said but fail their check, by field name."""
    missing: tuple[str, ...] = ()
    """What has still to be asked, in asking order: "product", "value", an option's or field's name."""
    alike: tuple[str, ...] = ()
    """The SKUs that all have the name said (月卡 for each platform), where no value tells which. Not printed."""
    said: frozenset[str] = frozenset()
    """Slots the words themselves filled, as opposed to catalog defaults: "product", "value", "quantity", option and
    field names. Not printed; a correction must not reset what it did not mention."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that is wanted and not sold here."""

    words: str
    """What it was called."""
    said: str
    """That, with how many or how much of it."""
    product: str = ""
    """The product that has no such choice; "" for goods that the shop has not."""
    slot: str = ""
    """The option (or choice) that it would be a value of, where that is plain."""


@dataclass(frozen=True, slots=True)
class Named:
    """A word of a message that can mean goods."""

    word: str
    products: tuple[str, ...]
    whole: bool = True
    """Whether it is a name, and no part of one or a size that only one product has."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What one message said."""

    intent: Intent
    items: tuple[Item, ...] = ()
    index: int | None = None
    """1-based, for `choose`."""
    confidence: float = 0.0
    absent: tuple[Absent, ...] = ()
    """What is named beside the items and not sold here. Not printed."""
    named: tuple[Named, ...] = field(default=(), compare=False)
    """Words for goods, whether they make an item or not. Not printed."""


@dataclass(frozen=True, slots=True)
class Expecting:
    """What the bot has just asked, so that a bare 100 is a denomination, a choice or part of a number accordingly."""

    slot: str
    """"product", "value", "confirm", or an option's or field's name."""
    product: str | None = None
    """The product the slot belongs to, when known."""
    listed: int = 0
    """How many numbered choices were shown; 0 when none."""


def frame_to_json(frame: Frame) -> dict[str, object]:
    """Write a frame exactly as `kabot parse` prints it (contract, part 3)."""
    return {
        "intent": frame.intent,
        "index": frame.index,
        "confidence": frame.confidence,
        "items": [_item_to_json(item) for item in frame.items],
    }


def frame_in_a_line(frame: Frame) -> str:
    """A frame for whoever reads a transcript: `order 97% huafei HF100 ×2 account=138…; missing speed`."""
    items = "；".join(_item_in_a_line(item) for item in frame.items[:5])
    return f"{frame.intent} {frame.confidence:.0%} {items}".rstrip()[:300]


def _item_in_a_line(item: Item) -> str:
    what = item.product or "|".join(item.candidates[:3]) or "?"
    value = item.sku or (str(item.value) if item.value is not None else "")
    times = f"×{item.quantity}" if item.quantity != 1 else ""
    given = " ".join(f"{name}={said}" for name, said in item.fields.items())
    wrong = " ".join(f"{name}≠{said}" for name, said in item.invalid.items())
    missing = f"缺 {' '.join(item.missing)}" if item.missing else ""
    return " ".join(part for part in (what, value, times, given, wrong, missing) if part)


def _item_to_json(item: Item) -> dict[str, object]:
    return {
        "product": item.product,
        "candidates": list(item.candidates),
        "sku": item.sku,
        "value": item.value,
        "quantity": item.quantity,
        "options": dict(item.options),
        "fields": dict(item.fields),
        "invalid": dict(item.invalid),
        "missing": list(item.missing),
    }
