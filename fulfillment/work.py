"""What the caller must do after a change: in the same transaction, ask for refunds and enqueue the jobs."""

from dataclasses import dataclass
from datetime import datetime

from kernel.ids import OpenId, OrderNo
from kernel.money import Fen


@dataclass(frozen=True, slots=True)
class RefundDue:
    """This much of the line's price is to go back to the buyer by the original route."""

    order_no: OrderNo
    line_id: int | None
    """None: of several lines together."""
    amount_fen: Fen
    reason: str
    """For the refund's own `reason`; names no account and no key."""
    key: str = ""
    """What it is asked for under, once; empty: the line's first refund, `line:ID`."""
    compensates: bool = False
    """For a delivery that came late: no sale is taken back by it."""


@dataclass(frozen=True, slots=True)
class CostDue:
    """Goods that were delivered cost us this much: to be booked, once for each `cause`."""

    order_no: OrderNo
    cause: str
    """The purchase's number at the supplier, or the line that keys were sold to."""
    amount_fen: Fen
    from_stock: bool = False


@dataclass(frozen=True, slots=True)
class CreditDue:
    """A balance was bought: this much is to be added to it, once for each line."""

    order_no: OrderNo
    line_id: int
    openid: OpenId
    amount_fen: Fen


@dataclass(frozen=True, slots=True)
class Query:
    """Ask the supplier about this purchase at that time."""

    supplier_order_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """Everything is enqueued or requested in the transaction of the change, so that a crash loses none of it."""

    push_ids: tuple[int, ...] = ()
    """Pushes to send now: `pushing.claim`."""
    send_ids: tuple[int, ...] = ()
    """Purchases to send to their supplier now: `topups.claim_send`."""
    queries: tuple[Query, ...] = ()
    """Purchases to ask about later: `topups.claim_query`."""
    refunds: tuple[RefundDue, ...] = ()
    costs: tuple[CostDue, ...] = ()
    credits: tuple[CreditDue, ...] = ()

    def __add__(self, other: "Work") -> "Work":
        return Work(
            self.push_ids + other.push_ids,
            self.send_ids + other.send_ids,
            self.queries + other.queries,
            self.refunds + other.refunds,
            self.costs + other.costs,
            self.credits + other.credits,
        )


NOTHING_TO_DO = Work()
