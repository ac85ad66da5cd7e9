"""Refunds by the original route: decided once, driven until they end, never more than was paid."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from payments import ledger, store
from payments.attempts import describe
from payments.gateway import Busy, NoAnswer, NoSuchNumber, NotEnough, PayGateway, RefundReport, Rejected
from payments.model import Refund, RefundRoute, RefundState
from payments.policy import (
    REASON_MAX,
    REFUNDS_MAX,
    REJECTIONS_MAX,
    Disagrees,
    MoveTo,
    Renew,
    Stays,
    judge_refund,
    public_text,
    refund_number,
    refund_wait,
)

DUPLICATE = "duplicate:"
"""What the key of a refund begins with that gives a second payment of an order back."""


@dataclass(frozen=True, slots=True)
class RefundRefused:
    """Nothing was written: there is no payment to refund from, or not `left_fen` enough of it."""

    reason: str
    left_fen: int = 0


@dataclass(frozen=True, slots=True)
class RefundSettled:
    """The buyer has his money back. `first` is True for the one call that found it out."""

    refund_id: int
    order_no: str
    line_id: int | None
    key: str
    """What it was for."""
    amount_fen: int
    first: bool

    @property
    def of_second_payment(self) -> bool:
        """Whether it gave back a payment that came twice: no line of the order has to do with it."""
        return self.key.startswith(DUPLICATE)


@dataclass(frozen=True, slots=True)
class RefundWaiting:
    """Not through yet: drive this one at `next_at`."""

    refund_id: int
    next_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """No machine can end this one: a person looks at the merchant platform, then drives it again."""

    refund_id: int
    state: RefundState
    reason: str


@dataclass(frozen=True, slots=True)
class RefundUnknown:
    """The report is about a refund that our books do not have: somebody made it on the merchant platform."""

    out_refund_no: str


RefundOutcome = RefundSettled | RefundWaiting | NeedsPerson


def request_refund(
    conn: Connection,
    *,
    order_no: str,
    amount_fen: int,
    reason: str,
    now: datetime,
    line_id: int | None = None,
    payment_id: int | None = None,
    key: str | None = None,
    route: RefundRoute = RefundRoute.ORIGINAL,
    compensates: bool = False,
) -> Refund | RefundRefused:
    """Decide to refund; the row is due at once. No network.

    Once per (order, key): asked again with the same key and amount it answers the refund there is. The key is by
    default the line, or the order where no line is named; a second partial refund of a line brings a key of its own.
    The money comes from the payment that paid the order, or from the one named. By the `route` into the buyer's
    balance it is settled by `wallet_orders.settle_refund` in the same transaction, and is never driven.
    `compensates`: given for a mistake of ours, which the books keep apart.
    """
    if amount_fen <= 0:
        return RefundRefused("amount not above zero")
    key = key or (f"line:{line_id}" if line_id is not None else "order")
    if payment_id is None:
        settling = store.settling_attempt(conn, order_no)
        if settling is None:
            return RefundRefused("order not paid")
        payment_id = settling.id
    payment = store.lock_payment(conn, payment_id)
    if payment is None or payment.order_no != order_no:
        return RefundRefused("no such payment of this order")
    known = store.refund_by_key(conn, order_no, key)
    if known is not None:
        return known if known.amount_fen == amount_fen else RefundRefused("key used with another amount")
    nth = store.refunds_of_payment(conn, payment_id) + 1
    left_fen = payment.total_fen - payment.refunded_fen
    if nth > REFUNDS_MAX:
        return RefundRefused("too many refunds of one payment", left_fen)
    if not store.reserve(conn, payment_id, amount_fen):
        return RefundRefused("more than was paid", left_fen)
    added = store.add_refund(
        conn,
        out_refund_no=refund_number(payment.out_trade_no, nth),
        payment_id=payment_id,
        order_no=order_no,
        line_id=line_id,
        key=key,
        amount_fen=amount_fen,
        route=route,
        reason=public_text(reason, REASON_MAX),
        created_at=now,
        next_try_at=now,
    )
    if payment.settles:
        ledger.book_refund_due(
            conn, order_no=order_no, key=key, amount_fen=amount_fen, now=now, compensates=compensates
        )
    return _known(store.refund_by_id(conn, added))


def _known(refund: Refund | None) -> Refund:
    if refund is None:
        raise LookupError("no such refund")
    return refund


def drive_refund(
    engine: Engine,
    gateway: PayGateway,
    refund_id: int,
    now: datetime,
    *,
    then: Callable[[Connection, RefundSettled], None] | None = None,
) -> RefundOutcome:
    """Bring a refund one step further; repeat it at `next_at`. Raise LookupError when there is no such row.

    `then` is called in the transaction that writes the success down, so that the order's side cannot be missed. For a
    refund that ended before, the outcome says so again and `then` is not called. A refund that was renewed under
    another number is followed there.
    """
    with engine.begin() as conn:
        refund = _live(conn, refund_id)
        if refund.state is RefundState.SUCCESS:
            return _settled(refund, first=False)
        if refund.route is RefundRoute.WALLET:  # settled where it was decided: one that stands open is a bug
            return NeedsPerson(refund.id, refund.state, "goes into a balance")
        next_at = now + refund_wait(refund.tries + 1)
        store.change_refund(conn, refund.id, tries=refund.tries + 1, next_try_at=next_at)
    answer = _ask(gateway, refund)
    with engine.begin() as conn:
        if isinstance(answer, RefundReport):
            outcome = settle_refund(conn, answer, now)
            if isinstance(outcome, RefundUnknown):
                raise LookupError("the refund's row is gone")
        else:
            outcome = _put_off(conn, refund, answer, next_at)
        if then is not None and isinstance(outcome, RefundSettled) and outcome.first:
            then(conn, outcome)
    return outcome


def _live(conn: Connection, refund_id: int) -> Refund:
    refund = _known(store.refund_by_id(conn, refund_id, lock=True))
    if refund.state is not RefundState.CLOSED:
        return refund
    return _known(store.refund_by_key(conn, refund.order_no, refund.key))


def _settled(refund: Refund, *, first: bool) -> RefundSettled:
    return RefundSettled(refund.id, refund.order_no, refund.line_id, refund.key, refund.amount_fen, first)


def _ask(gateway: PayGateway, refund: Refund) -> RefundReport | NotEnough | NoSuchNumber | Busy | Rejected | NoAnswer:
    """Query a refund that may be there, ask for one that is not: always under the same number, so it happens once."""
    if refund.tries > 0:
        found = gateway.query_refund(refund.out_refund_no)
        if not isinstance(found, NoSuchNumber):
            return found
    answer = gateway.refund(refund.request())
    if isinstance(answer, RefundReport | NotEnough | Busy) or (isinstance(answer, NoAnswer) and not answer.sent):
        return answer
    found = gateway.query_refund(refund.out_refund_no)  # no 200 is no proof that nothing happened
    return found if isinstance(found, RefundReport) else answer


def _put_off(
    conn: Connection,
    refund: Refund,
    answer: NotEnough | NoSuchNumber | Busy | Rejected | NoAnswer,
    next_at: datetime,
) -> RefundOutcome:
    current = _known(store.refund_by_id(conn, refund.id, lock=True))
    if current.state in (RefundState.SUCCESS, RefundState.CLOSED):  # a notice was faster
        return _as_it_stands(conn, current, next_at)
    match answer:
        case NotEnough():
            reason = "merchant balance too low"
        case NoSuchNumber():
            reason = "payment unknown at WeChat Pay"
        case failure:
            reason = describe(failure)
    given_up = isinstance(answer, Rejected | NoSuchNumber) and refund.tries + 1 >= REJECTIONS_MAX
    store.change_refund(conn, refund.id, problem=reason, next_try_at=None if given_up else next_at)
    if given_up:
        return NeedsPerson(refund.id, refund.state, reason)
    return RefundWaiting(refund.id, next_at, reason)


def settle_refund(conn: Connection, report: RefundReport, now: datetime) -> RefundOutcome | RefundUnknown:
    """Write down what WeChat Pay proved about a refund (notice, answer or query), in the caller's transaction.

    Any repetition and order is safe: success is final, a closed refund is renewed once. After RefundSettled with
    `first`, mark the line refunded in this same transaction.
    """
    refund = store.refund_by_number(conn, report.out_refund_no, lock=True)
    if refund is None or refund.route is RefundRoute.WALLET:
        return RefundUnknown(report.out_refund_no)
    numbers = store.numbers_of_key(conn, refund.order_no, refund.key)
    match judge_refund(refund, report, numbers_used=numbers):
        case Disagrees(reason):
            store.change_refund(conn, refund.id, problem=reason, next_try_at=None)
            return NeedsPerson(refund.id, refund.state, reason)
        case Renew():
            return _renew(conn, refund, now)
        case MoveTo(RefundState.SUCCESS):
            arrived_at = report.success_time or now
            _move(conn, refund, report, now, RefundState.SUCCESS, settled_at=arrived_at, next_try_at=None)
            ledger.book_refund(
                conn,
                order_no=refund.order_no,
                key=refund.key,
                out_trade_no=refund.out_trade_no,
                out_refund_no=refund.out_refund_no,
                amount_fen=refund.amount_fen,
                payment_total_fen=refund.payment_total_fen,
                at=arrived_at,
                now=now,
            )
            return _settled(refund, first=True)
        case MoveTo(RefundState.ABNORMAL):
            problem = f"WeChat Pay says {report.status}"
            _move(conn, refund, report, now, RefundState.ABNORMAL, problem=problem, next_try_at=None)
            return NeedsPerson(refund.id, RefundState.ABNORMAL, problem)
        case MoveTo(state):
            next_at = now + refund_wait(refund.tries)
            _move(conn, refund, report, now, state, problem=None, next_try_at=next_at)
            return RefundWaiting(refund.id, next_at)
        case Stays():
            return _as_it_stands(conn, refund, now)


def _move(
    conn: Connection, refund: Refund, report: RefundReport, now: datetime, state: RefundState, **values: object
) -> None:
    accepted_at = refund.accepted_at or report.create_time or now
    store.change_refund(conn, refund.id, state=state, refund_id=report.refund_id, accepted_at=accepted_at, **values)


def _as_it_stands(conn: Connection, refund: Refund, now: datetime) -> RefundOutcome:
    if refund.state is RefundState.SUCCESS:
        return _settled(refund, first=False)
    if refund.state is RefundState.ABNORMAL:
        return NeedsPerson(refund.id, refund.state, refund.problem or "")
    live = _known(store.refund_by_key(conn, refund.order_no, refund.key))
    return RefundWaiting(live.id, live.next_try_at or now)


def _renew(conn: Connection, refund: Refund, now: datetime) -> RefundWaiting:
    """Give the refund a new number. What it reserved of the payment stays reserved."""
    store.lock_payment(conn, refund.payment_id)
    store.change_refund(conn, refund.id, state=RefundState.CLOSED, next_try_at=None)
    nth = store.refunds_of_payment(conn, refund.payment_id) + 1
    successor = store.add_refund(
        conn,
        out_refund_no=refund_number(refund.out_trade_no, nth),
        payment_id=refund.payment_id,
        order_no=refund.order_no,
        line_id=refund.line_id,
        key=refund.key,
        amount_fen=refund.amount_fen,
        route=refund.route,
        reason=refund.reason,
        created_at=now,
        next_try_at=now,
    )
    return RefundWaiting(successor, now, "closed by WeChat Pay, asked for again under a new number")
