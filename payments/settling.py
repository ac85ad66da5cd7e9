"""A proven payment meets our books: an order is paid once, whatever comes, in any order, however often."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from payments import ledger, store
from payments.gateway import Transaction
from payments.model import Attempt, AttemptState
from payments.policy import Disagrees, Known, MarkPaid, judge
from payments.refunds import DUPLICATE, RefundRefused, request_refund


@dataclass(frozen=True, slots=True)
class Settled:
    """This payment pays the order, as of now: mark the order paid in this same transaction."""

    order_no: str
    payment_id: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The order was paid before; this payment goes back. Its refund is written down and wants to be driven."""

    order_no: str
    payment_id: int
    refund_id: int
    total_fen: int


@dataclass(frozen=True, slots=True)
class AlreadyKnown:
    """It had its effect before; nothing changed."""

    order_no: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Genuine, but not what our books expect: nothing changed, a person must look."""

    reason: str


def settle(
    conn: Connection, transaction: Transaction, now: datetime, *, fee_rate_bp: int = 0
) -> Settled | Duplicate | AlreadyKnown | Mismatch:
    """Write down a payment that WeChat Pay proved (notice or query), inside the caller's transaction (READ COMMITTED).

    Number, total, currency and state are compared with the attempt. Safe under any repetition and concurrency: the
    order's money lock serialises, and a partial unique index stands behind it. It is booked with an estimate of the
    fee at `fee_rate_bp` (basis points).
    """
    attempt = store.attempt_by_number(conn, transaction.out_trade_no)
    if attempt is None:
        return Mismatch("unknown number")
    if attempt.state is not AttemptState.PAID:
        store.lock_order(conn, attempt.order_no)
        attempt = store.attempt_by_number(conn, transaction.out_trade_no, lock=True) or attempt
    settled = store.settling_attempt(conn, attempt.order_no) is not None
    match judge(attempt, transaction, order_is_settled=settled):
        case Known():
            return AlreadyKnown(attempt.order_no)
        case Disagrees(reason):
            return Mismatch(reason)
        case MarkPaid(settles):
            if store.transaction_is_elsewhere(conn, transaction):
                return Mismatch("transaction id of another number")
            store.mark_paid(conn, attempt.id, transaction, settles=settles)
    paid_at = transaction.success_time or now
    ledger.book_payment(
        conn,
        order_no=attempt.order_no,
        out_trade_no=attempt.out_trade_no,
        total_fen=attempt.total_fen,
        settles=settles,
        at=paid_at,
        now=now,
        fee_rate_bp=fee_rate_bp,
    )
    if settles:
        return Settled(attempt.order_no, attempt.id, paid_at)
    return _give_back(conn, attempt, now)


def _give_back(conn: Connection, attempt: Attempt, now: datetime) -> Duplicate:
    refund = request_refund(
        conn,
        order_no=attempt.order_no,
        payment_id=attempt.id,
        amount_fen=attempt.total_fen,
        reason="重复支付，原路退款",
        key=f"{DUPLICATE}{attempt.id}",
        now=now,
    )
    if isinstance(refund, RefundRefused):
        raise RuntimeError(f"a payment just written down cannot be refunded: {refund.reason}")
    return Duplicate(attempt.order_no, attempt.id, refund.id, attempt.total_fen)
