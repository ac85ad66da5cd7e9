"""The port to a supplier of top-ups: what may be asked, and every answer there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TopupRequest:
    """One purchase. `supplier_order_no` is ours, unique for ever, and written down before the call."""

    supplier_order_no: str
    product_code: str
    account: str = field(repr=False)
    buy_num: int
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What else the buyer gave (server, role), by field name; choices as their words."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The supplier took the order; the result comes by query."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The supplier itself answered, signed, that it does not take the order. Not final before a query agrees."""

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
    """The supplier answered, signed, that it knows no order of this number (yet)."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, a 5xx, an unreadable or unsigned answer, a code nobody knows: nothing may be concluded from it."""

    reason: str


OrderAnswer = Accepted | Rejected | Failed | Unknown
QueryAnswer = Success | Failed | Processing | NoSuchOrder | Unknown


class Supplier(Protocol):
    """A supplier. No method raises for anything the network or the supplier does; all have a time limit."""

    def order(self, request: TopupRequest) -> OrderAnswer:
        """Ask for one top-up. The same request may be sent again: a supplier keeps one order per number.

        `Failed` only when it is certain that nothing was sent.
        """
        ...

    def query(self, supplier_order_no: str) -> QueryAnswer:
        """Ask what became of an order."""
        ...

    def read_callback(self, body: bytes) -> str | None:
        """Read whose order a callback is about; None when it is not truly from the supplier.

        A callback is only a hint to query now: whatever it claims is not believed.
        """
        ...
