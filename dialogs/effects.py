"""What a turn asks the edge to do, each with the fact that answers it."""

from dataclasses import dataclass
from typing import Literal

from dialogs.facts import OrdersFor
from kernel.cases import CaseKind
from kernel.ids import OrderNo
from kernel.orders import WantedLine


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Place this order. Answered by OrderPlaced, SoldOut, TooManyUnpaid, CatalogMoved, AskedAgain or OrderDeclined."""

    lines: tuple[WantedLine, ...]
    again: bool = False
    """He confirmed once more what was shown to him with AskedAgain."""


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel this unpaid order. Answered by OrderCancelled or CancelRefused."""

    order_no: OrderNo


@dataclass(frozen=True, slots=True)
class FindOrders:
    """Look up the buyer's latest orders. Answered by OrdersFound."""

    purpose: OrdersFor
    limit: int = 5
    order_no: OrderNo | None = None
    """Only this one, however old it is."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Have a person look at a paid order of his. Answered by CaseOpened or NoSuchOrder."""

    kind: CaseKind
    order_no: OrderNo
    line_id: int | None
    said: str


@dataclass(frozen=True, slots=True)
class DropCase:
    """Close a running case of his, since he takes it back. Answered by CaseDropped."""

    case_id: int
    said: str


@dataclass(frozen=True, slots=True)
class AskRefund:
    """Give back what can be given back at once, and have a person look at the rest. Answered by RefundDecided or
    NoSuchOrder."""

    order_no: OrderNo
    line_id: int | None
    """Only this line; None: all of the order."""
    said: str
    to_balance: bool = False
    """Into his balance what he has paid himself, there and then; else by the original route."""
    units: int | None = None
    """So many of the line, which is named and not begun; None: all of it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Keep how many stars he gives; without stars, or without an order, look for the one he could mean. Answered by
    Rated."""

    order_no: OrderNo | None = None
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class FindBalance:
    """Look up what he keeps with us. Answered by BalanceFound."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """Place an order for his own balance. Answered by OrderPlaced, TooManyUnpaid or TopUpRefused."""

    amount_fen: int


@dataclass(frozen=True, slots=True)
class PayFromBalance:
    """Pay this order of his, or the latest that waits, from his balance. Answered by PaidFromBalance, BalanceShort or
    NotPayable."""

    order_no: OrderNo | None


@dataclass(frozen=True, slots=True)
class SetOneTap:
    """Have small orders paid from his balance at 确认, or not any more. Answered by OneTapSet."""

    on: bool


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Give back by the original route what of his balance can go there. Answered by BalanceBack."""


@dataclass(frozen=True, slots=True)
class FindFavourites:
    """Look up which accounts the buyer used before, once a draft. Answered by FavouritesFound."""


@dataclass(frozen=True, slots=True)
class OpenHandoff:
    """Ask for a person. Answered by HandoffOpened."""

    reason: Literal["asked", "misses", "refund", "problem", "invoice", "anger"]
    pending: str = ""
    """The order that was being put together, in words, or empty."""
    question: str = ""
    """What it is about, in one line."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Have what he spoke written down. Answered by BeingHeard or Unheard."""

    standing: str
    """What he was being asked and shown when he spoke (dialogs.state: standing)."""


@dataclass(frozen=True, slots=True)
class EndHandoff:
    """The buyer came back to the bot. Not answered."""


@dataclass(frozen=True, slots=True)
class RemindMe:
    """Tell him once when this sold-out SKU is there again. Answered by Reminded."""

    sku: str


Effect = (
    PlaceOrder
    | RemindMe
    | CancelOrder
    | FindOrders
    | FindFavourites
    | OpenCase
    | DropCase
    | AskRefund
    | Rate
    | OpenHandoff
    | Listen
    | EndHandoff
    | FindBalance
    | TopUp
    | PayFromBalance
    | SetOneTap
    | Withdraw
)
