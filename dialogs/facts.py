"""What became of an effect: facts, which a turn hears as it hears the buyer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from kernel.cases import Case, LineFacts, RefundWay
from kernel.ids import OrderNo
from kernel.orders import Order, OrderState, UsedAccount

OrdersFor = Literal[
    "list",
    "status",
    "keys",
    "reorder",
    "refund",
    "problem",
    "invoice",
    "cancel",
    "remains",
    "correct",
    "withdraw",
    "paid_twice",
    "meant",
    "how",
    "unpaid",
]
"""``remains`` and ``correct``: whether the order this talk remembers still waits for payment, now that a draft is
dropped, or now that something is said to be wrong with it; ``withdraw``: what he does not want (any more);
``paid_twice``: whether an order was paid more than once; ``meant``: which of his orders a message is about;
``how``: how long one of his takes, or how to use it; ``unpaid``: which wait for payment."""


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    order: Order
    balance_fen: int | None = None
    """What he keeps with us, where it is enough for the order; of one that was paid from it at once, what is left."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """He will be told when this SKU is there again; or it is there already, or he waits for very many."""

    sku: str
    there: bool = False
    too_many: bool = False


@dataclass(frozen=True, slots=True)
class SoldOut:
    """Nothing was placed: the line at `position` (0-based) wants more than the `left` that are in stock."""

    position: int
    left: int


@dataclass(frozen=True, slots=True)
class TooManyUnpaid:
    """Nothing was placed: these orders of his are still unpaid."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class CatalogMoved:
    """Nothing was placed: since the summary the SKU went off sale or its price changed. Show the summary again."""


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """Nothing was placed: before it is, he confirms once more (PlaceOrder.again), knowing why he is asked."""

    why: Literal["large", "often", "other"]


@dataclass(frozen=True, slots=True)
class OrderDeclined:
    """Nothing was placed, nor will be without a person."""


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    order_no: OrderNo
    order: Order | None = None
    """What it was of."""
    left: tuple[Order, ...] = ()
    """Other orders of his that wait for payment."""


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The order cannot be cancelled any more; `state` says why."""

    order_no: OrderNo
    state: OrderState


@dataclass(frozen=True, slots=True)
class PaidTwice:
    """One payment more than an order asks for. It goes back by itself; `back`: it has."""

    order_no: OrderNo
    amount_fen: int
    back: bool


@dataclass(frozen=True, slots=True)
class OrdersFound:
    """The buyer's latest orders, newest first, for the purpose they were asked for."""

    purpose: OrdersFor
    orders: tuple[Order, ...]
    cases: tuple[Case, ...] = ()
    """What of his a person is looking at now."""
    twice: tuple[PaidTwice, ...] = ()
    """Payments that came after an order had been paid; looked for when that is the question."""


@dataclass(frozen=True, slots=True)
class BalanceMove:
    """One thing that happened to his balance: topup, pay, refund, compensation, withdraw or adjust."""

    kind: str
    amount_fen: int
    at: datetime


@dataclass(frozen=True, slots=True)
class BalanceFound:
    """Where his balance stands, and what happened to it last, newest first."""

    balance_fen: int
    moves: tuple[BalanceMove, ...] = ()
    one_tap: bool = False


@dataclass(frozen=True, slots=True)
class PaidFromBalance:
    """The order is paid; `balance_fen` is left."""

    order: Order
    balance_fen: int


@dataclass(frozen=True, slots=True)
class BalanceShort:
    """Nothing was taken: there is not enough for this order."""

    order: Order
    balance_fen: int


@dataclass(frozen=True, slots=True)
class NotPayable:
    """Nothing was taken: there is no such order of his, or it is `state`; still UNPAID: it tops the balance up."""

    order_no: OrderNo | None = None
    state: OrderState | None = None


@dataclass(frozen=True, slots=True)
class TopUpRefused:
    """Nothing was placed: a balance holds no more than this, and so only so much more."""

    balance_max_fen: int
    left_fen: int


@dataclass(frozen=True, slots=True)
class OneTapSet:
    """Small orders are paid from his balance at 确认 from now on, or not any more."""

    on: bool


@dataclass(frozen=True, slots=True)
class BalanceBack:
    """What of his balance goes back by the original route, and what stays because it was not topped up."""

    back_fen: int
    left_fen: int


@dataclass(frozen=True, slots=True)
class FavouritesFound:
    """The accounts of the buyer's paid orders, latest first; empty when there are none or the books cannot say."""

    accounts: tuple[UsedAccount, ...]


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """A person will look at it; without `first` the case was running before."""

    case: Case
    order: Order
    facts: LineFacts | None
    first: bool


@dataclass(frozen=True, slots=True)
class CaseDropped:
    """What became of his taking a case back; None: it was not running any more."""

    case: Case | None


@dataclass(frozen=True, slots=True)
class RefundDecided:
    """What becomes of each line of the order, by its id; `case` is with a person where one has to decide."""

    order: Order
    ways: Mapping[int, RefundWay]
    case: Case | None = None
    first: bool = True
    """Without it the case was running before."""
    to_balance: bool = False
    """What goes back at once is in his balance already."""
    back_fen: Mapping[int, int] = field(default_factory=dict)
    """So much of each line that goes back at once: parts of it may have gone back before."""


@dataclass(frozen=True, slots=True)
class NoSuchOrder:
    """There is none of his with this number, or it is not paid."""


@dataclass(frozen=True, slots=True)
class Rated:
    """The order that was rated; without `stars` the one that could be, and without an order there is none."""

    order: Order | None
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class HandoffOpened:
    """A person has been asked for. With `transfer` WeChat itself hands the buyer to a customer-service account."""

    transfer: bool
    ahead: int = 0
    """How many buyers wait before him."""
    opens_at: datetime | None = None
    """Nobody is there before this moment; he can leave a message."""


@dataclass(frozen=True, slots=True)
class HandoffEnded:
    """The person is gone (ended by the operator); the bot speaks again."""


@dataclass(frozen=True, slots=True)
class BeingHeard:
    """What he spoke is being written down; it comes as a turn of its own."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """What he spoke cannot be taken: nobody writes it down (``off``), it could not be heard (``lost``), there is
    nothing in it (``silent``), it is too long, or there are too many of them."""

    why: Literal["off", "lost", "silent", "long", "many"]


Fact = (
    OrderPlaced
    | SoldOut
    | Reminded
    | TooManyUnpaid
    | CatalogMoved
    | AskedAgain
    | OrderDeclined
    | OrderCancelled
    | CancelRefused
    | OrdersFound
    | CaseOpened
    | CaseDropped
    | RefundDecided
    | NoSuchOrder
    | Rated
    | FavouritesFound
    | HandoffOpened
    | HandoffEnded
    | BeingHeard
    | Unheard
    | BalanceFound
    | PaidFromBalance
    | BalanceShort
    | NotPayable
    | TopUpRefused
    | OneTapSet
    | BalanceBack
)
