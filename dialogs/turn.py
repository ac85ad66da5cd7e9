"""What goes into a turn and what comes out of it: heard and scene in; dialog, reply and effects out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from catalog.shelf import Shelf
from dialogs.faq import NOTHING, Book
from dialogs.state import Dialog
from kernel.cases import Case, CaseKind, LineFacts, RefundWay
from kernel.hours import ALWAYS, WorkingHours
from kernel.ids import OrderNo
from kernel.orders import Order, OrderState, UsedAccount, WantedLine
from nlu.frame import Frame

# ---- heard: what the buyer did -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """The buyer wrote or spoke, or tapped an answer; `frame` is what that means."""

    frame: Frame
    text: str
    by_voice: bool = False
    rows: tuple[Frame, ...] = ()
    """Where the text may be a pasted list: what each of its rows means by itself (rows.read_rows)."""
    late: bool = False
    """He spoke before something else was said that he can now not have meant."""


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
class Linked:
    """The buyer shared a link: its title and address, as WeChat tells them."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Showed:
    """The buyer sent what the bot cannot read."""

    kind: Literal["image", "voice", "video", "location", "link", "file", "other"]


@dataclass(frozen=True, slots=True)
class Spoke:
    """The buyer spoke, and WeChat did not write it down."""


# ---- facts: what became of an effect -------------------------------------------------------------------------------


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
class OrdersFound:
    """The buyer's latest orders, newest first, for the purpose they were asked for."""

    purpose: "OrdersFor"
    orders: tuple[Order, ...]
    cases: tuple[Case, ...] = ()
    """What of his a person is looking at now."""
    twice: tuple["PaidTwice", ...] = ()
    """Payments that came after an order had been paid; looked for when that is the question."""


@dataclass(frozen=True, slots=True)
class PaidTwice:
    """One payment more than an order asks for. It goes back by itself; `back`: it has."""

    order_no: OrderNo
    amount_fen: int
    back: bool


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
Heard = Said | Spoke | Pressed | Followed | Linked | Showed | Fact

# ---- effects: what the turn asks the edge to do --------------------------------------------------------------------

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
class WalletTerms:
    """What a buyer may keep with us."""

    topup_min_fen: int
    topup_max_fen: int
    one_tap_max_fen: int = 0
    """The largest order that may be paid at 确认; 0: none."""
    one_tap_daily_fen: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """All a turn may know besides the dialog."""

    now: datetime
    shelf: Shelf
    public_url: str
    """The address in front of /pay/{token} and /orders/{token}; no slash at its end."""
    hours: WorkingHours = ALWAYS
    """When a person is there, and the shop's time zone."""
    faq: Book = NOTHING
    """The shop's own answers to questions."""
    wallet: WalletTerms | None = None
    """None: buyers keep nothing with us."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one step comes to. At most one of the effects is answered; its fact goes through `step` with this dialog,
    and what that turn says is the answer to the buyer: until then the dialog keeps the words of this one."""

    dialog: Dialog
    reply: Reply = Reply()
    effects: tuple[Effect, ...] = ()
