"""The port to WeChat Pay: what may be asked of it, and every answer it may give, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class TradeType(StrEnum):
    """How the buyer pays."""

    JSAPI = "JSAPI"
    """In WeChat's own browser, by the payer whose openid was given."""
    NATIVE = "NATIVE"
    """By scanning a code; whoever scans it pays."""
    WALLET = "WALLET"
    """From the buyer's balance with us. WeChat Pay never hears of it."""


class TradeState(StrEnum):
    """What WeChat Pay says of a payment."""

    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    """It was paid, and some or all of it was refunded."""
    NOTPAY = "NOTPAY"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"


class RefundStatus(StrEnum):
    """What WeChat Pay says of a refund."""

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"
    ABNORMAL = "ABNORMAL"
    """The buyer's account cannot take the money back: a person must see to it on the merchant platform."""


# ---- what is asked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A payment to open. The same values must be sent with the same number, however often it is sent."""

    out_trade_no: str
    total_fen: int
    description: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A refund to make: `refund_fen` of the `total_fen` that were paid under `out_trade_no`."""

    out_trade_no: str
    out_refund_no: str
    refund_fen: int
    total_fen: int
    reason: str


# ---- what is answered ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepay:
    """The payment is open; good for two hours, and only for the payer it was made for."""

    prepay_id: str


@dataclass(frozen=True, slots=True)
class CodeUrl:
    """The payment is open; `code_url` goes into a QR code and is good for two hours."""

    code_url: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A payment as WeChat Pay reports it. What is not known before it is paid is empty, None or 0."""

    out_trade_no: str
    state: TradeState
    total_fen: int
    transaction_id: str = ""
    payer_openid: str = ""
    success_time: datetime | None = None
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class RefundReport:
    """A refund as WeChat Pay reports it."""

    out_refund_no: str
    out_trade_no: str
    refund_id: str
    status: RefundStatus
    refund_fen: int | None
    total_fen: int | None
    """None where an answer does not say."""
    success_time: datetime | None = None
    create_time: datetime | None = None
    """When WeChat Pay accepted it; notices do not say."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The number is closed: it can never be paid any more."""


@dataclass(frozen=True, slots=True)
class AlreadyPaid:
    """WeChat Pay says the number is paid. Query it before believing anything more."""


@dataclass(frozen=True, slots=True)
class NumberUsed:
    """The number exists with other values: take the next one."""


@dataclass(frozen=True, slots=True)
class NumberClosed:
    """The number was closed and cannot be opened again: take the next one."""


@dataclass(frozen=True, slots=True)
class NoSuchNumber:
    """WeChat Pay does not know the number, now. No proof that a request for it is not still on its way."""


@dataclass(frozen=True, slots=True)
class NotEnough:
    """The merchant account has too little to refund from: the same number again, later."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Too many requests (429). Nothing happened; ask again later."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """WeChat Pay refuses for a reason that asking again does not mend. Nothing happened."""

    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer to be believed: unreachable, too slow, 5xx, or not signed by WeChat Pay.

    It may have happened all the same, unless `sent` is False: then the request never left.
    """

    reason: str
    sent: bool = True


@dataclass(frozen=True, slots=True)
class NoBill:
    """No payment and no refund on that day (NO_STATEMENT_EXIST)."""


@dataclass(frozen=True, slots=True)
class BillNotReady:
    """The bill is still being made (STATEMENT_CREATING): ask again in half an hour. Ready the day after, from 10:00."""


Failure = Busy | Rejected | NoAnswer
OpenAnswer = AlreadyPaid | NumberUsed | NumberClosed | Failure


class PayGateway(Protocol):
    """WeChat Pay v3 as the rest of the house knows it.

    Nothing an implementation returns is believed before it is proven to come from WeChat Pay and to speak of this
    merchant, this app and the number asked for; what cannot be proven is NoAnswer. Every call ends within about five
    seconds (bills: a minute). No call raises for anything the network or WeChat Pay may do. Every call may be repeated
    with the same values: numbers make them idempotent. Implementations may be shared between threads. Never call it
    inside a database transaction.
    """

    def open_jsapi(self, request: PaymentRequest, payer_openid: str) -> Prepay | OpenAnswer:
        """Open a payment for this payer inside WeChat."""
        ...

    def open_native(self, request: PaymentRequest) -> CodeUrl | OpenAnswer:
        """Open a payment for whoever scans the code."""
        ...

    def bridge_params(self, prepay_id: str) -> Mapping[str, str]:
        """Sign the six parameters of getBrandWCPayRequest. No network."""
        ...

    def query(self, out_trade_no: str) -> Transaction | NoSuchNumber | Failure:
        """Ask how a payment stands."""
        ...

    def close(self, out_trade_no: str) -> Closed | AlreadyPaid | NoSuchNumber | Failure:
        """Close an unpaid payment. Closing a closed one answers Closed."""
        ...

    def refund(self, request: RefundRequest) -> RefundReport | NotEnough | NoSuchNumber | Failure:
        """Ask for a refund. A report means accepted, and may still say PROCESSING."""
        ...

    def query_refund(self, out_refund_no: str) -> RefundReport | NoSuchNumber | Failure:
        """Ask how a refund stands."""
        ...

    def trade_bill(self, day: date) -> bytes | NoBill | BillNotReady | Failure:
        """Fetch the bill (CSV, UTF-8) of one day of Beijing time, its hash checked."""
        ...
