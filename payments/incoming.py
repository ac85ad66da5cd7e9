"""A genuine notice takes its effect on our books, once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from payments import store
from payments.notices import OtherNotice, PaymentNotice, RefundNotice
from payments.refunds import RefundOutcome, RefundUnknown, settle_refund
from payments.settling import AlreadyKnown, Duplicate, Mismatch, Settled, settle


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """This very notice had its effect already: answer 200."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A kind of notice that means nothing to us: answer 200."""


TakenIn = Settled | Duplicate | AlreadyKnown | Mismatch | RefundOutcome | RefundUnknown | SeenBefore | Ignored


def take_notice(
    conn: Connection,
    notice: PaymentNotice | RefundNotice | OtherNotice,
    now: datetime,
    *,
    fee_rate_bp: int = 0,
) -> TakenIn:
    """Make the notice a row and let it act, in the caller's transaction; the caller acts on the outcome in it, too.

    After Mismatch the row is not kept: should the right notice come under the same id, it must not count as seen.
    """
    step = conn.begin_nested()
    if not store.record_notice(conn, notice, now):
        step.commit()
        return SeenBefore()
    outcome = _act(conn, notice, now, fee_rate_bp)
    if isinstance(outcome, Mismatch):
        step.rollback()
    else:
        step.commit()
    return outcome


def _act(
    conn: Connection, notice: PaymentNotice | RefundNotice | OtherNotice, now: datetime, fee_rate_bp: int
) -> TakenIn:
    match notice:
        case PaymentNotice(transaction=transaction):
            return settle(conn, transaction, now, fee_rate_bp=fee_rate_bp)
        case RefundNotice(refund=refund):
            return settle_refund(conn, refund, now)
        case OtherNotice():
            return Ignored()
