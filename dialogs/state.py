"""Where a talk stands between two messages, and how it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field as Tagged
from pydantic import TypeAdapter, ValidationError

from dialogs.pace import Pace
from kernel.orders import ORDER_LINES_MAX, UsedAccount
from nlu.frame import Frame

DRAFT_LINES_MAX = 10
"""Lines that ordinary messages put together."""
BATCH_LINES_MAX = ORDER_LINES_MAX
"""Lines of a pasted list."""
QUANTITY_MAX = 99
NO_QUANTITY = 0
"""A quantity was said that cannot be: it has to be said again."""
MISSES_BEFORE_HUMAN = 3
PAGE_SIZE = 9


ALIKE = "|"
"""Stands between the SKUs that a name leaves."""
NOT_THE_USUAL = ""
"""Stands for an option of which the usual choice was refused: it has to be asked for."""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One thing the buyer is putting together. Holds only what he said; the catalog's defaults are added when read."""

    product: str | None = None
    candidates: tuple[str, ...] = ()
    """Product ids his words could mean, while `product` is open."""
    sku: str | None = None
    """A SKU picked by name or number, where value and options alone would not lead to it; several, with `ALIKE` between
    them, where all have the name said (月卡 for each platform) and an option has still to tell which."""
    value: int | float | None = None
    quantity: int = 1
    options: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    row: int = 0
    """Which row of a pasted list it was, from 1, while some of its rows are still wrong."""
    said: str = ""
    """What that row says, as long as it is wrong."""
    whose: str = field(default="", compare=False)
    """Whom he said its number belongs to (弟弟), as `whose_line` writes it; no part of what is bought."""

    def __hash__(self) -> int:
        """Of what mostly tells lines apart."""
        return hash((self.product, self.sku, self.value, *self.options.values(), *self.fields.values()))


@dataclass(frozen=True, slots=True)
class Listed:
    """What the bot numbered last, so that 第二个 means something.

    Each entry is a kind and an id: ``p:huafei`` product, ``c:充值缴费/手机话费`` category, ``s:HF100`` SKU, ``v:ios``
    choice of the option or field asked for, ``o:K26…`` order to look at, ``u:K26…`` unpaid order to cancel,
    ``w:account`` slot to change, ``q:没到账 K26…`` what a tap would send, ``a:138…`` account used before, ``x:K26…``
    unpaid order that a correction may be about, ``t:确认提现`` what 确认 means for one message.
    """

    entries: tuple[str, ...]
    page: int = 0

    @property
    def shown(self) -> int:
        """How many entries have been numbered so far; numbers go on from page to page."""
        return min(len(self.entries), (self.page + 1) * PAGE_SIZE)


# ---- states --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is being put together."""

    kind: Literal["idle"] = "idle"


@dataclass(frozen=True, slots=True)
class Collecting:
    """Something is still missing: `slot` of the line at `line` has been asked for."""

    lines: tuple[DraftLine, ...]
    line: int
    slot: str
    """"product", "value", or an option's or field's name."""
    half: str = ""
    """The first digits of an account that came in two messages."""
    apart: bool = False
    """He said that the lines differ in it: each is asked for by itself."""
    kind: Literal["collecting"] = "collecting"


@dataclass(frozen=True, slots=True)
class Confirming:
    """The summary was shown with these prices; 确认 places the order."""

    lines: tuple[DraftLine, ...]
    totals_fen: tuple[int, ...]
    """What each line costs, as the summary said: this is the price the buyer agrees to."""
    denied: bool = False
    """He said that something is wrong with it: 确认 shows the summary once more instead of ordering."""
    not_done: str = ""
    """What he said of it and nobody could do: told when 确认 shows it once more."""
    unplaced: str = ""
    """A correction that left open which line it is about: 第一个 answers that."""
    page: int = 0
    """How far the lines of a long summary have been shown, in pages."""
    again: bool = False
    """It was shown once more because the order is unusual: 确认 has been said to it before."""
    kind: Literal["confirming"] = "confirming"


@dataclass(frozen=True, slots=True)
class WithHuman:
    """A person talks to the buyer; the bot is silent until `until` or until someone ends it."""

    until: datetime
    resume: Annotated[Idle | Collecting | Confirming, Tagged(discriminator="kind")]
    away: bool = False
    """Nobody is there at this hour: what he writes next is kept as his message, then the bot goes on."""
    kind: Literal["with_human"] = "with_human"


State = Idle | Collecting | Confirming | WithHuman


# ---- beside the state ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unpaid:
    """The order this talk placed last, as long as it is not known to be paid, cancelled or expired."""

    order_no: str
    token: str
    total_fen: int
    expires_at: datetime
    lines: tuple[DraftLine, ...]
    """What it was placed from, so that it can still be corrected."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Orders are being looked up: which one he means, and what he said along with it."""

    order_no: str | None = None
    line: DraftLine | None = None
    only_account: bool = False
    """Only the account is wanted from the last order, for what is being put together."""
    text: str = ""
    """What he said: what it changes in the order that is to be repeated, what is wrong with it."""
    line_no: int | None = None
    """Which line of that order he means, from 1."""
    another: bool = False
    """`line` is a further purchase that leaves open of what: of what he bought last, if it is sold like that."""
    frame: Frame | None = None
    """What `text` was understood as, where it has to be taken up again."""
    kind: Literal["lookup"] = "lookup"


@dataclass(frozen=True, slots=True)
class Replacement:
    """An unpaid order is being cancelled, to be followed by this corrected draft."""

    lines: tuple[DraftLine, ...]
    problems: tuple[str, ...] = ()
    kind: Literal["replacement"] = "replacement"


@dataclass(frozen=True, slots=True)
class Cancelling:
    """Several unpaid orders are being cancelled: these (their numbers) are still to come."""

    order_nos: tuple[str, ...]
    gone: tuple[str, ...] = ()
    """What those were of that are cancelled already."""
    kind: Literal["cancelling"] = "cancelling"


@dataclass(frozen=True, slots=True)
class Returning:
    """Several paid orders are being given back: these (their numbers) are still to come."""

    order_nos: tuple[str, ...]
    to_balance: bool = False
    told: tuple[str, ...] = ()
    """What was decided about those before."""
    kind: Literal["returning"] = "returning"


@dataclass(frozen=True, slots=True)
class Kept:
    """A correction of an unpaid order that left open of which: the answer says it."""

    text: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class Remembered:
    """The accounts of this buyer's paid orders, latest first, as they were when the draft first asked for one."""

    accounts: tuple[UsedAccount, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceAsked:
    """An invoice is wanted for this order, and what of it he has given so far."""

    order_no: str
    until: datetime
    """From then on what he writes is no answer to this any more."""
    title: str = ""
    tax_no: str = ""
    email: str = ""
    orders: str = ""
    """Which orders it is for, in words, where they are several."""


@dataclass(frozen=True, slots=True)
class TopUpAsked:
    """A top-up of his balance was summed up; 确认 places it."""

    amount_fen: int
    until: datetime
    """From then on 确认 does not mean it any more."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """One buyer's talk."""

    state: Annotated[State, Tagged(discriminator="kind")] = field(default_factory=Idle)
    listed: Listed | None = None
    misses: int = 0
    """Messages in a row that led nowhere."""
    unpaid: Unpaid | None = None
    waiting: Annotated[Lookup | Replacement | Cancelling | Returning, Tagged(discriminator="kind")] | None = None
    """What the fact that is still to come in this turn is for."""
    unsaid: str = ""
    """What this turn has already to say, kept until that fact has come."""
    dropped: tuple[DraftLine, ...] = ()
    """What 取消 cleared last, in case he wants it after all."""
    mending: str = ""
    """The unpaid order (its number) that the draft is a correction of: it is cancelled once the draft is whole."""
    replaced: tuple[DraftLine, ...] = ()
    """What the draft took the place of, in case both are wanted."""
    earlier: tuple[DraftLine, ...] = ()
    """The draft as it stood before its last change, for 算了不改了."""
    supposed: tuple[tuple[DraftLine, ...], ...] = ()
    """What he may have meant by what was not understood, each the draft as it would be: he was asked which."""
    priced: tuple[DraftLine, ...] = ()
    """What a price was just told of besides the draft: 那也来一个 means it."""
    short: str = ""
    """The SKU that was just sold out: 到货通知我 means it."""
    just_placed: bool = False
    """Nothing has been said since the unpaid order was placed: 取消 means that one."""
    kept: Kept | None = None
    used: Remembered | None = None
    """What he gave before, read once when a draft first asks for an account; None: not asked for yet."""
    invoice: InvoiceAsked | None = None
    topup: TopUpAsked | None = None
    angry: int = 0
    """Messages in a row that were nothing but anger."""
    pace: Pace | None = None
    """How fast he writes."""
    shape: Literal[1] = 1
    """Raised when the stored form changes; other shapes are read as a fresh talk."""

    @property
    def drafted(self) -> tuple[DraftLine, ...]:
        """What is being put together; nothing where he is in no order."""
        return self.state.lines if isinstance(self.state, Collecting | Confirming) else ()


_STORED: TypeAdapter[Dialog] = TypeAdapter(Dialog)


def standing(dialog: Dialog) -> str:
    """A digest of what the buyer is being asked and shown: as long as it is the same, what he says means the same."""
    state = dialog.state.resume if isinstance(dialog.state, WithHuman) else dialog.state
    return sha256(
        _STORED.dump_json(Dialog(state, dialog.listed, unpaid=dialog.unpaid, topup=dialog.topup))
    ).hexdigest()[:32]


def to_json(dialog: Dialog) -> str:
    """Write a dialog down."""
    return _STORED.dump_json(dialog, exclude_defaults=False).decode()


def from_json(stored: str | bytes | None) -> Dialog:
    """Read a dialog. What is missing, damaged or of another shape is a fresh talk: nothing of value is kept here."""
    if stored is None:
        return Dialog()
    try:
        dialog = _STORED.validate_json(stored)
    except ValidationError:
        return Dialog()
    return dialog if _holds_together(dialog) else Dialog()


def _holds_together(dialog: Dialog) -> bool:
    """What the types cannot say: a draft has lines, and the line that is asked about is one of them."""
    state = dialog.state.resume if isinstance(dialog.state, WithHuman) else dialog.state
    listed = dialog.listed
    if listed is not None and not (listed.entries and 0 <= listed.page * PAGE_SIZE < len(listed.entries)):
        return False
    match state:
        case Collecting(lines=lines, line=line):
            return 0 <= line < len(lines)
        case Confirming(lines=lines, totals_fen=totals_fen):
            return len(lines) == len(totals_fen) > 0
        case _:
            return True
