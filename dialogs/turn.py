"""What goes into a turn and what comes out of it: heard and scene in; dialog, reply and effects out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from catalog.shelf import Shelf
from dialogs.effects import Effect, FindFavourites
from dialogs.facts import Fact
from dialogs.faq import NOTHING, Book
from dialogs.state import Dialog
from kernel.hours import ALWAYS, WorkingHours
from kernel.ids import OrderNo
from nlu.frame import Frame, Item

# ---- heard: what the buyer did -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message, and what it means by itself."""

    text: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class Said:
    """The buyer wrote or spoke, or tapped an answer; `frame` is what that means."""

    frame: Frame
    text: str
    by_voice: bool = False
    rows: tuple[Frame, ...] = ()
    """Where the text may be a pasted list: what each of its rows means by itself (rows.read_rows)."""
    clauses: tuple[Clause, ...] = ()
    """Where it counts several things: each of its clauses (clauses.read_clauses)."""
    settled: str = ""
    """The text without goods that it takes back itself, where it does (nlu.withdrawing)."""
    in_full: bool = False
    """It lists an order in full (said_anew.as_listed), whatever was asked."""
    as_said: str = ""
    """Where the text is not all that he said: that."""
    late: bool = False
    """He spoke before something else was said that he can now not have meant."""
    answer: "Said | None" = None
    """Where he wishes something beside what was asked for: the answer alone (beside.with_wishes)."""
    sides: tuple[Item, ...] = ()
    """Where it compares things: what each side names by itself (comparing.read_sides)."""
    alone: "Said | None" = None
    asked: "Said | None" = None
    """Where it orders or answers, and asks something besides: each by itself (asked_besides.with_question)."""
    wishes: "tuple[Said, ...]" = ()
    """That wish, or the one in the place of the answer, as it can be read: the first that can be used counts."""
    corrects: bool = False
    """While words are asked for, it puts right what is held already: heard as below a summary (no_answer)."""
    core: "Said | None" = None
    """Without the clauses that name nothing (without_talk.core_of)."""
    parts: "tuple[Said, ...]" = ()
    """Corrections below each other, each by itself (row_after_row.corrections_in)."""
    given: "Given | None" = None
    """What it gave for fields in words of their own, which are not in the text any more (given_apart)."""


@dataclass(frozen=True, slots=True)
class Given:
    """Values for fields of products, by product and field name, and what else the message says."""

    values: Mapping[str, Mapping[str, str]]
    rest: str


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


Heard = Said | Spoke | Pressed | Followed | Linked | Showed | Fact

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
    lost: bool = False
    """Nothing could be made of what was said, and no question was asked about it."""

    @property
    def asks_nothing(self) -> bool:
        """Whether the shop is asked for nothing, but for what this buyer gave before."""
        return all(isinstance(effect, FindFavourites) for effect in self.effects)
