"""Attempts to pay: opened for a payer, asked about, closed. Network between transactions, never inside one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from payments import store
from payments.gateway import (
    AlreadyPaid,
    Closed,
    CodeUrl,
    Failure,
    NoSuchNumber,
    NumberClosed,
    NumberUsed,
    OpenAnswer,
    PayGateway,
    Prepay,
    Rejected,
    TradeState,
    TradeType,
    Transaction,
)
from payments.model import Attempt, AttemptState
from payments.policy import (
    DESCRIPTION_MAX,
    OrderIsPaid,
    OrderIsShut,
    Reuse,
    SendAgain,
    StartAttempt,
    TooManyAttempts,
    Wanted,
    absence_proves_closed,
    plan_opening,
    public_text,
)

_ROUNDS = 4
"""Numbers tried in one call; more refusals in a row than this are no accident."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The payer can pay with this: a prepay_id (JSAPI) or a code_url (native)."""

    attempt: Attempt
    credential: Prepay | CodeUrl


@dataclass(frozen=True, slots=True)
class OrderPaid:
    """The order is paid. With a transaction, our books do not know it yet: settle it."""

    transaction: Transaction | None = None


@dataclass(frozen=True, slots=True)
class TooLate:
    """The order expired, or its payments are being closed."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Not now; the payer may try again. `reason` is for the log, not for him."""

    reason: str


@dataclass(frozen=True, slots=True)
class FoundPaid:
    """WeChat Pay proves that this was paid: settle it."""

    transaction: Transaction


@dataclass(frozen=True, slots=True)
class AllClosed:
    """Nothing of this order can be paid any more. What was paid before is in our books."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """Some attempt may still be paid. Ask again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotPaid:
    """WeChat Pay answers that it is not paid; `closed` that it never will be."""

    closed: bool


@dataclass(frozen=True, slots=True)
class NotKnown:
    """No answer to build on. Ask again later."""

    reason: str


def open_attempt(
    engine: Engine,
    gateway: PayGateway,
    *,
    order_no: str,
    total_fen: int,
    description: str,
    trade_type: TradeType,
    payer_openid: str | None,
    expires_at: datetime,
    now: datetime,
) -> Opened | OrderPaid | TooLate | Unavailable:
    """Give the payer something to pay with; the same thing again while it is good.

    The row comes first, then the request, then its answer into the row: wherever it breaks off, the next call sends the
    same number with the same values. `payer_openid` is None for a native payment. Amount in fen; `expires_at` is when
    the order expires. Raise ValueError when payer and trade type do not go together.
    """
    if (trade_type is TradeType.JSAPI) != bool(payer_openid):
        raise ValueError("a JSAPI payment has a payer, a native one has none")
    text = public_text(description, DESCRIPTION_MAX) or order_no
    wanted = Wanted(order_no, total_fen, text, trade_type, payer_openid, expires_at)
    for _ in range(_ROUNDS):
        planned = _plan(engine, wanted, now)
        if not isinstance(planned, Attempt):
            return planned
        outcome = _send(engine, gateway, planned, now)
        if outcome is not None:
            return outcome
    return Unavailable("every number was refused")


def _plan(engine: Engine, wanted: Wanted, now: datetime) -> Attempt | Opened | OrderPaid | TooLate | Unavailable:
    with engine.begin() as conn:
        store.lock_order(conn, wanted.order_no)
        attempts = store.attempts_of(conn, wanted.order_no)
        match plan_opening(attempts, wanted, shut=store.is_shut(conn, wanted.order_no), now=now):
            case Reuse(attempt):
                again = store.mark_opened_again(conn, attempt.id, now) or attempt
                return Opened(again, _credential(attempt))
            case SendAgain(attempt):
                return attempt
            case StartAttempt() as start:
                return store.add_attempt(conn, start, wanted, now)
            case OrderIsPaid():
                return OrderPaid()
            case OrderIsShut():
                return TooLate()
            case TooManyAttempts():
                return Unavailable("too many attempts for one order")


def _credential(attempt: Attempt) -> Prepay | CodeUrl:
    return Prepay(attempt.prepay_id) if attempt.prepay_id is not None else CodeUrl(attempt.code_url or "")


def _send(
    engine: Engine, gateway: PayGateway, attempt: Attempt, now: datetime
) -> Opened | OrderPaid | Unavailable | None:
    """Ask WeChat Pay to open it; None when this number is of no use and the plan has to be made anew."""
    match _open(gateway, attempt):
        case Prepay() | CodeUrl() as given:
            with engine.begin() as conn:
                opened = store.mark_open(conn, attempt.id, given, now)
            if opened is None:  # closed while we asked: nobody is given this, and it need not stay open
                gateway.close(attempt.out_trade_no)
                return None
            return Opened(opened, given)
        case NumberUsed():
            with engine.begin() as conn:
                store.mark_out_of_reach(conn, attempt.id)
            return None
        case NumberClosed():
            with engine.begin() as conn:
                store.mark_closed(conn, attempt.out_trade_no)
            return None
        case AlreadyPaid():
            asked = query_attempt(engine, gateway, attempt.out_trade_no)
            return OrderPaid(asked.transaction) if isinstance(asked, FoundPaid) else Unavailable("paid, not proven yet")
        case failure:
            return Unavailable(describe(failure))


def _open(gateway: PayGateway, attempt: Attempt) -> Prepay | CodeUrl | OpenAnswer:
    if attempt.payer_openid is not None:
        return gateway.open_jsapi(attempt.request(), attempt.payer_openid)
    return gateway.open_native(attempt.request())


def query_attempt(engine: Engine, gateway: PayGateway, out_trade_no: str) -> FoundPaid | NotPaid | NotKnown:
    """Ask WeChat Pay how one number stands. A closed one is written down; a paid one is for the caller to settle."""
    match gateway.query(out_trade_no):
        case Transaction(state=TradeState.SUCCESS | TradeState.REFUND) as transaction:
            return FoundPaid(transaction)
        case Transaction(state=TradeState.CLOSED | TradeState.REVOKED):
            with engine.begin() as conn:
                store.mark_closed(conn, out_trade_no)
            return NotPaid(closed=True)
        case Transaction():
            return NotPaid(closed=False)
        case NoSuchNumber():
            return NotKnown("no such number")
        case failure:
            return NotKnown(describe(failure))


def close_attempts(engine: Engine, gateway: PayGateway, order_no: str, now: datetime) -> AllClosed | FoundPaid | NotYet:
    """Close whatever could still pay this order, at WeChat Pay first; from now on the order takes no new attempt.

    Repeat it until it says AllClosed; after FoundPaid settle, then call again for the others. Only after AllClosed may
    stock be released.
    """
    with engine.begin() as conn:
        store.lock_order(conn, order_no)
        store.shut(conn, order_no, now)
        attempts = store.attempts_of(conn, order_no)
    not_yet: NotYet | None = None
    for attempt in attempts:
        if attempt.state not in (AttemptState.CREATING, AttemptState.OPEN):
            continue
        outcome = _close(engine, gateway, attempt, now)
        if isinstance(outcome, FoundPaid):
            return outcome
        not_yet = not_yet or outcome
    return not_yet or AllClosed()


def _close(engine: Engine, gateway: PayGateway, attempt: Attempt, now: datetime) -> FoundPaid | NotYet | None:
    match gateway.close(attempt.out_trade_no):
        case Closed():
            with engine.begin() as conn:
                store.mark_closed(conn, attempt.out_trade_no)
            return None
        case AlreadyPaid():
            asked = query_attempt(engine, gateway, attempt.out_trade_no)
            return asked if isinstance(asked, FoundPaid) else NotYet("paid, not proven yet")
        case NoSuchNumber():
            return _close_absent(engine, attempt, now)
        case failure:
            return NotYet(describe(failure))


def _close_absent(engine: Engine, attempt: Attempt, now: datetime) -> NotYet | None:
    if not absence_proves_closed(attempt, now):
        return NotYet("open in our books, unknown at WeChat Pay")
    only_creating = attempt.state is AttemptState.CREATING
    with engine.begin() as conn:
        if store.mark_closed(conn, attempt.out_trade_no, only_creating=only_creating):
            return None
    return NotYet("opened while it was being closed")


def describe(failure: Failure) -> str:
    """Put a failure into a few words for the log and the operator."""
    match failure:
        case Rejected(code=code, message=message):
            return f"rejected: {code} {message}".strip()
        case other:
            return getattr(other, "reason", "too many requests")
