"""The port to suppliers of top-ups: what may be asked of one, every answer there is, and what not each of them can."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kernel.money import Fen


@dataclass(frozen=True, slots=True)
class TopupRequest:
    """One purchase. `supplier_order_no` is ours, unique for ever, and written down before the call."""

    supplier_order_no: str
    product_code: str
    account: str = field(repr=False)
    buy_num: int
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What else the buyer gave (server, role), by field name; choices as their words."""
    face_yuan: int | None = None
    """The SKU's denomination, for suppliers that know amounts and no products; None: it has none."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The supplier took the order; the result comes by query."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The supplier itself answered that it does not take the order. Not final before a query agrees."""

    reason: str


@dataclass(frozen=True, slots=True)
class Success:
    """Topped up."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Certainly not topped up, and never will be under this number."""

    reason: str


@dataclass(frozen=True, slots=True)
class Processing:
    """Known to the supplier, not finished."""


@dataclass(frozen=True, slots=True)
class NoSuchOrder:
    """The supplier answered that it knows no order of this number (yet)."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, a 5xx, an unreadable or wrongly signed answer, a code nobody knows: nothing may be concluded."""

    reason: str
    alive: bool = False
    """It was a sensible answer all the same ("this number exists already"): no outage."""
    unreachable: bool = False
    """Nobody was there to ask: no connection came about."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left of the money deposited with the supplier."""

    fen: Fen


@dataclass(frozen=True, slots=True)
class Offer:
    """What the supplier asks for one unit of a product now, and whether it can be had."""

    cost_fen: Fen | None
    """Rounded up: suppliers reckon in parts of a fen. None: it was not said, because it cannot be had."""
    available: bool
    said: str = ""
    """The supplier's own word for it: 断货, 维护中."""


@dataclass(frozen=True, slots=True)
class NotOffered:
    """The supplier answered that it has no product of this code: more likely our mistake than its shortage."""

    said: str = ""


OrderAnswer = Accepted | Rejected | Failed | Unknown
QueryAnswer = Success | Failed | Processing | NoSuchOrder | Unknown
BalanceAnswer = Balance | Unknown
OfferAnswer = Offer | NotOffered | Unknown


class Orders(Protocol):
    """Ordering and asking what became of it: every supplier can. (One that could not be asked would leave an UNKNOWN
    unsettled for ever.) No method raises for anything the network or the supplier does; all have a time limit."""

    def order(self, request: TopupRequest) -> OrderAnswer:
        """Ask for one top-up. The same request may be sent again: a supplier keeps one order per number.

        `Failed` only when it is certain that this call ordered nothing.
        """
        ...

    def query(self, supplier_order_no: str) -> QueryAnswer:
        """Ask what became of an order."""
        ...


class Balances(Protocol):
    """A supplier that says what is left of our deposit."""

    def balance(self) -> BalanceAnswer:
        """Ask for the balance. Never raises."""
        ...


class Prices(Protocol):
    """A supplier that says what it asks for a product before it is bought."""

    def offer(self, product_code: str) -> OfferAnswer:
        """Ask for the price and availability of one unit. Never raises."""
        ...


class Callbacks(Protocol):
    """A supplier that calls back when an order is done."""

    def read_callback(self, body: bytes) -> str | None:
        """Read whose order a callback is about; None when it is not truly from the supplier. Never raises.

        A callback is only a hint to query now: whatever it claims is not believed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Supplier:
    """One supplier with what it can; what it cannot is None, so that nobody asks for it by mistake."""

    name: str
    """As the configuration calls it."""
    kind: str
    orders: Orders
    balances: Balances | None = None
    prices: Prices | None = None
    callbacks: Callbacks | None = None
