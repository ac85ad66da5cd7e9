"""What goes into a turn and what comes out of it: heard and scene in; dialog, reply and effects out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from catalog.shelf import Shelf
from dialogs.state import Dialog
from kernel.ids import OrderNo
from kernel.orders import Order, OrderState, WantedLine
from nlu.frame import Frame

# ---- heard: what the buyer did -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """The buyer wrote or spoke, or tapped an answer; `frame` is what that means."""

    frame: Frame
    text: str
    by_voice: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """The buyer tapped a menu key (CLICK)."""

    key: str


@dataclass(frozen=True, slots=True)
class Followed:
    """The buyer subscribed (first=True) or scanned a code while subscribed; `scene` is the code's own text."""

    scene: str = ""
    first: bool = True


@dataclass(frozen=True, slots=True)
class Showed:
    """The buyer sent what the bot cannot read."""

    kind: Literal["image", "voice", "video", "location", "link", "file", "other"]


# ---- facts: what became of an effect -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    order: Order


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
class OrderCancelled:
    order_no: OrderNo


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The order cannot be cancelled any more; `state` says why."""

    order_no: OrderNo
    state: OrderState


@dataclass(frozen=True, slots=True)
class OrdersFound:
    """The buyer's latest orders, newest first, for the purpose they were asked for."""

    purpose: "OrdersFor"
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class HandoffOpened:
    """A person has been asked for. With `transfer` WeChat itself hands the buyer to a customer-service account."""

    transfer: bool
    ahead: int = 0
    """How many buyers wait before him."""


@dataclass(frozen=True, slots=True)
class HandoffEnded:
    """The person is gone (ended by the operator); the bot speaks again."""


Fact = (
    OrderPlaced
    | SoldOut
    | TooManyUnpaid
    | CatalogMoved
    | OrderCancelled
    | CancelRefused
    | OrdersFound
    | HandoffOpened
    | HandoffEnded
)
Heard = Said | Pressed | Followed | Showed | Fact

# ---- effects: what the turn asks the edge to do --------------------------------------------------------------------

OrdersFor = Literal["list", "status", "keys", "reorder", "refund", "problem", "cancel", "remains", "correct"]
"""``remains`` and ``correct``: whether the order this talk remembers still waits for payment, now that a draft is
dropped, or now that something is said to be wrong with it."""


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Place this order. Answered by OrderPlaced, SoldOut, TooManyUnpaid or CatalogMoved."""

    lines: tuple[WantedLine, ...]


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel this unpaid order. Answered by OrderCancelled or CancelRefused."""

    order_no: OrderNo


@dataclass(frozen=True, slots=True)
class FindOrders:
    """Look up the buyer's latest orders. Answered by OrdersFound."""

    purpose: OrdersFor
    limit: int = 5


@dataclass(frozen=True, slots=True)
class OpenHandoff:
    """Ask for a person. Answered by HandoffOpened."""

    reason: Literal["asked", "misses", "refund", "problem", "invoice", "anger"]
    pending: str = ""
    """The order that was being put together, in words, or empty."""


@dataclass(frozen=True, slots=True)
class EndHandoff:
    """The buyer came back to the bot. Not answered."""


Effect = PlaceOrder | CancelOrder | FindOrders | OpenHandoff | EndHandoff

# ---- reply and scene -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """What the buyer is told. Empty text and no keys: the bot stays silent."""

    text: str = ""
    keys_of: tuple[OrderNo, ...] = ()
    """Orders of this buyer whose card keys the edge adds below the text. The pure core never sees a key, and neither
    does the reply cache."""
    transfer: bool = False
    """Answer `transfer_customer_service`: WeChat hands the buyer over."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All a turn may know besides the dialog."""

    now: datetime
    shelf: Shelf
    public_url: str
    """The address in front of /pay/{token} and /orders/{token}; no slash at its end."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one step comes to. At most one of the effects is answered; its fact goes through `step` with this dialog,
    and what that turn says is the answer to the buyer: until then the dialog keeps the words of this one."""

    dialog: Dialog
    reply: Reply = Reply()
    effects: tuple[Effect, ...] = ()
