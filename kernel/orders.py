"""An order as every room sees it: what was wanted, what was placed, and the states it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kernel.ids import OpenId, OrderNo
from kernel.money import Fen

ORDER_LINES_MAX = 100
NOTHING_FEN = Fen(0)
BALANCE_DELIVERY = "wallet"
"""`Line.delivery` of an order that tops the buyer's own balance up. No product of any catalog has it."""


class OrderState(StrEnum):
    """Where an order stands. Allowed moves: fulfillment/states.py."""

    UNPAID = "unpaid"
    PAID = "paid"
    """Paid; at least one line is not settled yet."""
    DELIVERED = "delivered"
    """Every line is settled and at least one was delivered."""
    REFUNDED = "refunded"
    """Every line was refunded."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class LineState(StrEnum):
    """Where one line of a paid order stands."""

    WAITING = "waiting"
    DELIVERING = "delivering"
    """With the supplier, or with the person who fulfils it."""
    DELIVERED = "delivered"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    ATTENTION = "attention"
    """Not to be settled by a machine: a person decides."""


@dataclass(frozen=True, slots=True)
class WantedLine:
    """One line as the buyer confirmed it, with the price he saw."""

    sku: str
    quantity: int
    total_fen: Fen
    value: int | None = None
    """The number of units, where the SKU is sold in any number; else the SKU's denomination, or None."""
    options: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a placed order. Names and prices are frozen as they were when it was placed."""

    id: int
    position: int
    product_id: str
    product_name: str
    sku_code: str
    sku_label: str
    value: int | None
    quantity: int
    total_fen: Fen
    options: Mapping[str, str]
    fields: Mapping[str, str]
    delivery: str
    """A catalog.model.Delivery value."""
    eta: str
    state: LineState
    note: str = ""
    """What a buyer may be told about the state: a failure's reason, a tracking number."""
    refund_fen: Fen = NOTHING_FEN
    """What of `total_fen` is being given back or was."""
    held: bool = False
    """A person looks at the order before it is delivered."""
    late: bool = False
    """It takes longer than the buyer was told: marked by whoever asks at a moment, kept nowhere."""


@dataclass(frozen=True, slots=True)
class UsedAccount:
    """What a buyer gave for a field of a product he has paid for: an account, an address."""

    product_id: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Order:
    """One placed order."""

    order_no: OrderNo
    openid: OpenId
    token: str
    """Unguessable; names the order in links. Whoever has it may pay, but sees no key."""
    state: OrderState
    total_fen: Fen
    created_at: datetime
    expires_at: datetime
    lines: tuple[Line, ...]
    paid_at: datetime | None = None
