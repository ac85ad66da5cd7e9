"""What is promised after the sale: a case with its deadlines, and what is known of the order line it is about."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.ids import OrderNo


class CaseKind(StrEnum):
    """What the buyer wants a person to look at."""

    MISSING = "missing"
    """没到账: paid, and nothing arrived."""
    BAD_KEY = "bad_key"
    """卡密无效: a card key that does not work."""
    REFUND = "refund"
    """Money back for something that was delivered, or that is under way."""
    INVOICE = "invoice"
    AMEND = "amend"
    """Something of a paid order is to be otherwise that a person still has in his hands: an address, a time."""


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    ANSWERED = "answered"
    """A person has answered; the remedy is still due."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one buyer. Times are aware; deadlines count working time."""

    id: int
    kind: CaseKind
    state: CaseState
    order_no: OrderNo
    line_id: int | None
    """None when it is about the whole order."""
    opened_at: datetime
    answer_due_at: datetime
    remedy_due_at: datetime
    overdue: bool = False

    @property
    def number(self) -> str:
        """What the buyer and the operator call it."""
        return f"S{self.id:05d}"


class SupplierSays(StrEnum):
    """What is known of a line's purchases, the least certain of them."""

    NOTHING = ""
    """No supplier has to do with it."""
    NOT_ASKED = "not_asked"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    SUCCESS = "success"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What our books say of one line, for the words before any promise."""

    line_id: int
    supplier: SupplierSays = SupplierSays.NOTHING
    settled_at: datetime | None = None
    """When the supplier said success or failed."""
    keys: int = 0
    """How many card keys were sold to it."""
    shown_at: datetime | None = None
    """When one of them was first shown to the buyer."""


class RefundWay(StrEnum):
    """What becomes of a line whose buyer wants his money back."""

    AT_ONCE = "at_once"
    """Nothing of it is sold or bought yet."""
    AFTER_RESULT = "after_result"
    """With the supplier: what he buys is paid for. If it fails the money goes back by itself."""
    PERSON = "person"
    """Delivered, or in somebody's hands: a person decides."""
    UNDER_WAY = "under_way"
    DONE = "done"
