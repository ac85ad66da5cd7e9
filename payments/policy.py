"""What to do about money, decided from what is known. PURE: no database, no network, no clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.masking import mask
from payments.gateway import RefundReport, RefundStatus, TradeState, TradeType, Transaction
from payments.model import Attempt, AttemptState, Refund, RefundState

PREPAY_LIVES = timedelta(hours=2)
"""How long a prepay_id or code_url is good for."""
PREPAY_MARGIN = timedelta(minutes=1)
"""A prepay with less than this left is not handed out."""
EXPIRY_MIN = timedelta(minutes=1)
"""WeChat Pay wants time_expire to be at least this far off."""
ATTEMPTS_MAX = 99
REFUNDS_MAX = 50
"""Partial refunds that WeChat Pay allows for one payment."""
REFUND_NUMBERS_MAX = 3
"""Numbers tried for one refund that WeChat Pay keeps closing, before a person is asked."""
REJECTIONS_MAX = 3
ABSENCE_PROVES_AFTER = timedelta(minutes=10)
"""This long after its time_expire a number that WeChat Pay does not know cannot be paid: time_expire is over, and a
request that was still on its way is refused for its old signature (5 minutes)."""
DESCRIPTION_MAX = 127
REASON_MAX = 80
QUERY_AFTER = tuple(timedelta(seconds=s) for s in (5, 30, 60, 180, 300, 600, 1800))
_REFUND_WAITS = tuple(timedelta(seconds=s) for s in (30, 60, 300, 600, 1800, 3600, 10800, 21600))

_ACCOUNT = re.compile(r"[0-9]{7,}|[\w.+-]+@[\w.-]+")


# ---- opening -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payment somebody wants to make. `payer_openid` is None for a native one."""

    order_no: str
    total_fen: int
    description: str
    trade_type: TradeType
    payer_openid: str | None
    expires_at: datetime
    """When the order expires."""


@dataclass(frozen=True, slots=True)
class Reuse:
    """This attempt's prepay is still good."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Send this attempt to WeChat Pay again, as it was: it may never have arrived, or its prepay has run out."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Begin a new attempt under this number; WeChat Pay takes no payment after `expires_at`."""

    n: int
    out_trade_no: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OrderIsPaid:
    """Our books say so."""


@dataclass(frozen=True, slots=True)
class OrderIsShut:
    """Expired, or its attempts are being closed."""


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    """Somebody passes the link around; enough."""


Plan = Reuse | SendAgain | StartAttempt | OrderIsPaid | OrderIsShut | TooManyAttempts


def plan_opening(attempts: Sequence[Attempt], wanted: Wanted, *, shut: bool, now: datetime) -> Plan:
    """Decide how to let this payer pay, given every attempt there was for the order."""
    if any(attempt.state is AttemptState.PAID for attempt in attempts):
        return OrderIsPaid()
    if shut or now >= wanted.expires_at:
        return OrderIsShut()
    for attempt in attempts:
        if not _is_for(attempt, wanted) or attempt.expires_at <= now:
            continue
        if attempt.state is AttemptState.CREATING:
            return SendAgain(attempt)
        if attempt.state is AttemptState.OPEN and attempt.prepay_expires_at is not None:
            live = now + PREPAY_MARGIN < attempt.prepay_expires_at
            return Reuse(attempt) if live else SendAgain(attempt)
    n = max((attempt.n for attempt in attempts), default=0) + 1
    if n > ATTEMPTS_MAX:
        return TooManyAttempts()
    return StartAttempt(n, attempt_number(wanted.order_no, n), max(wanted.expires_at, now + EXPIRY_MIN))


def _is_for(attempt: Attempt, wanted: Wanted) -> bool:
    return (attempt.trade_type, attempt.payer_openid, attempt.total_fen) == (
        wanted.trade_type,
        wanted.payer_openid,
        wanted.total_fen,
    )


def attempt_number(order_no: str, n: int) -> str:
    """Name the n-th attempt of an order at WeChat Pay: the order number, then order number-2, -3 …"""
    return order_no if n == 1 else f"{order_no}-{n}"


def public_text(text: str, longest: int) -> str:
    """Make a text fit for the bill and the payment sheet: no control characters, no account in clear, not too long."""
    plain = "".join(char if char.isprintable() else " " for char in text).strip()
    return _ACCOUNT.sub(lambda found: mask(found.group()), plain)[:longest]


# ---- asking and closing --------------------------------------------------------------------------------------------


def next_query_at(opened_at: datetime, now: datetime) -> datetime | None:
    """Say when to ask WeChat Pay next about a payment whose page was opened at `opened_at`; None after 30 minutes."""
    return next((at for after in QUERY_AFTER if (at := opened_at + after) > now), None)


def absence_proves_closed(attempt: Attempt, now: datetime) -> bool:
    """Say whether a number that WeChat Pay does not know is one that can never be paid.

    While creating, nobody was given a prepay of it; and should the request arrive late, its answer finds the attempt
    closed and is handed to nobody. Once open, only time proves it.
    """
    return attempt.state is AttemptState.CREATING or now >= attempt.expires_at + ABSENCE_PROVES_AFTER


# ---- settling ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MarkPaid:
    """Write the payment down; `settles` says that it is the one which pays the order."""

    settles: bool


@dataclass(frozen=True, slots=True)
class Known:
    """Written down before; nothing to do."""


@dataclass(frozen=True, slots=True)
class Disagrees:
    """It does not fit our books: nothing is changed, a person must look."""

    reason: str


def judge(attempt: Attempt, transaction: Transaction, *, order_is_settled: bool) -> MarkPaid | Known | Disagrees:
    """Decide what a proven transaction means for the attempt whose number it carries."""
    if transaction.state not in (TradeState.SUCCESS, TradeState.REFUND):
        return Disagrees(f"not paid: {transaction.state}")
    if transaction.currency != "CNY":
        return Disagrees("currency")
    if transaction.total_fen != attempt.total_fen:
        return Disagrees("total")
    if not transaction.transaction_id or transaction.success_time is None:
        return Disagrees("no transaction id or time")
    if attempt.state is AttemptState.PAID:
        same = attempt.transaction_id == transaction.transaction_id
        return Known() if same else Disagrees("paid under another transaction id")
    if transaction.state is TradeState.REFUND:
        return Disagrees("refunded before we knew that it was paid")
    return MarkPaid(settles=not order_is_settled)


# ---- refunds -------------------------------------------------------------------------------------------------------


def refund_number(out_trade_no: str, nth: int) -> str:
    """Name the n-th refund of a payment.

    Counted, not random: after a restored backup the same number comes up again, and WeChat Pay refunds it only once.
    """
    return f"{out_trade_no}-R{nth}"


def refund_wait(tries: int) -> timedelta:
    """Say how long to wait after this many tries: 30 s at first, 6 h in the end."""
    return _REFUND_WAITS[min(max(tries, 1), len(_REFUND_WAITS)) - 1]


@dataclass(frozen=True, slots=True)
class MoveTo:
    """The refund is now in this state."""

    state: RefundState


@dataclass(frozen=True, slots=True)
class Renew:
    """WeChat Pay closed it: the same refund again under a new number."""


@dataclass(frozen=True, slots=True)
class Stays:
    """Nothing new."""


def judge_refund(refund: Refund, report: RefundReport, *, numbers_used: int) -> MoveTo | Renew | Stays | Disagrees:
    """Decide what a proven report means for the refund whose number it carries.

    A late report never takes a refund back: success stays, and a closed one is not closed twice.
    """
    said = (report.refund_fen or refund.amount_fen, report.total_fen or refund.payment_total_fen)
    if report.out_trade_no != refund.out_trade_no or said != (refund.amount_fen, refund.payment_total_fen):
        return Disagrees("amount or payment")
    match report.status, refund.state:
        case _, RefundState.SUCCESS:
            return Stays()
        case RefundStatus.SUCCESS, RefundState.CLOSED:
            return Disagrees("succeeded after it was closed and asked for again")
        case RefundStatus.SUCCESS, _:
            return MoveTo(RefundState.SUCCESS)
        case _, RefundState.CLOSED | RefundState.ABNORMAL:
            return Stays()
        case RefundStatus.CLOSED, _:
            return Renew() if numbers_used < REFUND_NUMBERS_MAX else MoveTo(RefundState.ABNORMAL)
        case RefundStatus.ABNORMAL, _:
            return MoveTo(RefundState.ABNORMAL)
        case _, RefundState.PROCESSING:
            return Stays()
        case _:
            return MoveTo(RefundState.PROCESSING)
