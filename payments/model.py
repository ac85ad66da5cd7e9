"""Our own books of money as plain values: one attempt to pay an order, one refund."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from payments.gateway import PaymentRequest, RefundRequest, TradeType


class AttemptState(StrEnum):
    """Where an attempt to pay stands in our books."""

    CREATING = "creating"
    """Perhaps asked for at WeChat Pay. Nobody was given anything to pay with."""
    OPEN = "open"
    """Known to exist at WeChat Pay, and perhaps in a buyer's hands."""
    PAID = "paid"
    CLOSED = "closed"
    """Cannot be paid any more. Should WeChat Pay prove otherwise, WeChat Pay is right."""


class RefundState(StrEnum):
    """Where a refund stands in our books."""

    CREATED = "created"
    """Decided; WeChat Pay has not yet said that it accepts it."""
    PROCESSING = "processing"
    SUCCESS = "success"
    CLOSED = "closed"
    """Came to nothing; another number has taken its place."""
    ABNORMAL = "abnormal"
    """A person must see to it."""


class RefundRoute(StrEnum):
    """Where the money goes."""

    ORIGINAL = "original"
    """To whoever paid, the way he paid."""
    WALLET = "wallet"
    """Into the balance of the order's buyer; WeChat Pay never hears of it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to pay one order."""

    id: int
    order_no: str
    n: int
    out_trade_no: str
    trade_type: TradeType
    payer_openid: str | None
    total_fen: int
    description: str
    expires_at: datetime
    state: AttemptState
    prepay_id: str | None
    code_url: str | None
    prepay_expires_at: datetime | None
    created_at: datetime
    opened_at: datetime
    transaction_id: str | None
    paid_at: datetime | None
    settles: bool
    refunded_fen: int

    def request(self) -> PaymentRequest:
        """What is sent to WeChat Pay: always the same for this attempt."""
        return PaymentRequest(self.out_trade_no, self.total_fen, self.description, self.expires_at)


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund."""

    id: int
    out_refund_no: str
    payment_id: int
    out_trade_no: str
    payment_total_fen: int
    order_no: str
    line_id: int | None
    key: str
    amount_fen: int
    reason: str
    route: RefundRoute
    state: RefundState
    tries: int
    refund_id: str | None
    problem: str | None
    created_at: datetime
    next_try_at: datetime | None
    accepted_at: datetime | None
    settled_at: datetime | None

    def request(self) -> RefundRequest:
        """What is sent to WeChat Pay: always the same for this refund."""
        return RefundRequest(
            self.out_trade_no, self.out_refund_no, self.amount_fen, self.payment_total_fen, self.reason
        )
