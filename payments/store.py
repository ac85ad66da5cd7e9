"""The rows of money: statements over payment, refund, pay_shut and pay_notice, each inside the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from payments.gateway import CodeUrl, Prepay, TradeType, Transaction
from payments.model import Attempt, AttemptState, Refund, RefundRoute, RefundState
from payments.notices import OtherNotice, PaymentNotice, RefundNotice
from payments.policy import PREPAY_LIVES, StartAttempt, Wanted
from payments.tables import PAY_NOTICE, PAY_SHUT, PAYMENT, REFUND

_LIVE = (AttemptState.CREATING, AttemptState.OPEN)
_DRIVEN = (RefundState.CREATED, RefundState.PROCESSING)


def lock_order(conn: Connection, order_no: str) -> None:
    """Take the order's money lock until the transaction ends: opening, shutting and settling come one after another.

    Lock order everywhere: this lock, then payment rows, then the order's own row.
    """
    conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"pay:{order_no}", 0))))


# ---- attempts ------------------------------------------------------------------------------------------------------


def _attempt(row: Row[Any]) -> Attempt:
    values = dict(row._mapping)
    values["trade_type"], values["state"] = TradeType(row.trade_type), AttemptState(row.state)
    return Attempt(**values)


def attempts_of(conn: Connection, order_no: str) -> tuple[Attempt, ...]:
    """Every attempt there was to pay this order, first to last."""
    rows = conn.execute(select(PAYMENT).where(PAYMENT.c.order_no == order_no).order_by(PAYMENT.c.n))
    return tuple(_attempt(row) for row in rows)


def attempt_by_number(conn: Connection, out_trade_no: str, *, lock: bool = False) -> Attempt | None:
    """The attempt with this number at WeChat Pay; with `lock`, its row is held until the transaction ends."""
    query = select(PAYMENT).where(PAYMENT.c.out_trade_no == out_trade_no)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return _attempt(row) if row is not None else None


def settling_attempt(conn: Connection, order_no: str) -> Attempt | None:
    """The payment that paid this order."""
    row = conn.execute(select(PAYMENT).where(PAYMENT.c.order_no == order_no, PAYMENT.c.settles)).one_or_none()
    return _attempt(row) if row is not None else None


def live_numbers(conn: Connection, *, expired_before: datetime, limit: int = 100) -> tuple[str, ...]:
    """Numbers still creating or open although their time ended before this: to be closed by the sweep."""
    query = select(PAYMENT.c.out_trade_no).where(PAYMENT.c.state.in_(_LIVE), PAYMENT.c.expires_at < expired_before)
    return tuple(conn.scalars(query.order_by(PAYMENT.c.expires_at).limit(limit)))


def add_attempt(conn: Connection, plan: StartAttempt, wanted: Wanted, now: datetime) -> Attempt:
    """Write a new attempt down, before anybody hears of it."""
    statement = insert(PAYMENT).values(
        order_no=wanted.order_no,
        n=plan.n,
        out_trade_no=plan.out_trade_no,
        trade_type=wanted.trade_type,
        payer_openid=wanted.payer_openid,
        total_fen=wanted.total_fen,
        description=wanted.description,
        expires_at=plan.expires_at,
        state=AttemptState.CREATING,
        created_at=now,
        opened_at=now,
    )
    return _attempt(conn.execute(statement.returning(*PAYMENT.c)).one())


def _change_live(conn: Connection, attempt_id: int, **values: Any) -> Attempt | None:
    statement = update(PAYMENT).where(PAYMENT.c.id == attempt_id, PAYMENT.c.state.in_(_LIVE)).values(**values)
    row = conn.execute(statement.returning(*PAYMENT.c)).one_or_none()
    return _attempt(row) if row is not None else None


def mark_open(conn: Connection, attempt_id: int, given: Prepay | CodeUrl, now: datetime) -> Attempt | None:
    """Keep what WeChat Pay gave to pay with; None when the attempt was closed or paid in the meantime."""
    return _change_live(
        conn,
        attempt_id,
        state=AttemptState.OPEN,
        prepay_id=given.prepay_id if isinstance(given, Prepay) else None,
        code_url=given.code_url if isinstance(given, CodeUrl) else None,
        prepay_expires_at=now + PREPAY_LIVES,
        opened_at=now,
    )


def mark_out_of_reach(conn: Connection, attempt_id: int) -> None:
    """The number exists at WeChat Pay with other values than ours: never sent again, but still to be closed."""
    _change_live(conn, attempt_id, state=AttemptState.OPEN, prepay_id=None, code_url=None, prepay_expires_at=None)


def mark_opened_again(conn: Connection, attempt_id: int, now: datetime) -> Attempt | None:
    """The pay page was opened again: the query schedule starts anew."""
    return _change_live(conn, attempt_id, opened_at=now)


def mark_closed(conn: Connection, out_trade_no: str, *, only_creating: bool = False) -> bool:
    """Close an attempt in our books; False when it is not in a state for it (any more)."""
    states = (AttemptState.CREATING,) if only_creating else _LIVE
    statement = update(PAYMENT).where(PAYMENT.c.out_trade_no == out_trade_no, PAYMENT.c.state.in_(states))
    return conn.execute(statement.values(state=AttemptState.CLOSED)).rowcount == 1


def mark_paid(conn: Connection, attempt_id: int, transaction: Transaction, *, settles: bool) -> None:
    """Write down that an attempt was paid. The caller holds its row and has judged it."""
    statement = update(PAYMENT).where(PAYMENT.c.id == attempt_id, PAYMENT.c.state != AttemptState.PAID)
    conn.execute(
        statement.values(
            state=AttemptState.PAID,
            transaction_id=transaction.transaction_id,
            paid_at=transaction.success_time,
            payer_openid=transaction.payer_openid or PAYMENT.c.payer_openid,
            settles=settles,
        )
    )


def transaction_is_elsewhere(conn: Connection, transaction: Transaction) -> bool:
    """Say whether another number already carries this transaction id."""
    other = (PAYMENT.c.transaction_id == transaction.transaction_id) & (
        PAYMENT.c.out_trade_no != transaction.out_trade_no
    )
    return bool(conn.scalar(select(exists().where(other))))


def shut(conn: Connection, order_no: str, now: datetime) -> None:
    """Take no further attempt for this order."""
    conn.execute(pg_insert(PAY_SHUT).values(order_no=order_no, shut_at=now).on_conflict_do_nothing())


def is_shut(conn: Connection, order_no: str) -> bool:
    """Say whether the order takes no further attempt."""
    return bool(conn.scalar(select(exists().where(PAY_SHUT.c.order_no == order_no))))


# ---- notices -------------------------------------------------------------------------------------------------------


def record_notice(conn: Connection, notice: PaymentNotice | RefundNotice | OtherNotice, now: datetime) -> bool:
    """Make the notice a row; False when it was seen before, and so has had its effect already.

    To be called first in the transaction that acts on the notice: a repeated one that comes while the first is still
    being acted on waits here for its end.
    """
    kind, number = _kind_and_number(notice)
    statement = pg_insert(PAY_NOTICE).values(id=notice.id, kind=kind, received_at=now, out_trade_no=number)
    return conn.scalar(statement.on_conflict_do_nothing().returning(PAY_NOTICE.c.id)) is not None


def _kind_and_number(notice: PaymentNotice | RefundNotice | OtherNotice) -> tuple[str, str | None]:
    match notice:
        case PaymentNotice():
            return "TRANSACTION.SUCCESS", notice.transaction.out_trade_no
        case RefundNotice():
            return f"REFUND.{notice.refund.status}", notice.refund.out_trade_no
        case OtherNotice():
            return notice.event_type, None


# ---- refunds -------------------------------------------------------------------------------------------------------


def _refunds() -> Select[Any]:
    return select(*REFUND.c, PAYMENT.c.out_trade_no, PAYMENT.c.total_fen.label("payment_total_fen")).join_from(
        REFUND, PAYMENT, PAYMENT.c.id == REFUND.c.payment_id
    )


def _refund(row: Row[Any]) -> Refund:
    values = dict(row._mapping)
    values["state"], values["route"] = RefundState(row.state), RefundRoute(row.route)
    return Refund(**values)


def _one_refund(conn: Connection, query: Select[Any]) -> Refund | None:
    row = conn.execute(query).one_or_none()
    return _refund(row) if row is not None else None


def refunds_of(conn: Connection, order_no: str) -> tuple[Refund, ...]:
    """Every refund of this order, first to last, closed ones too."""
    rows: Sequence[Row[Any]] = conn.execute(_refunds().where(REFUND.c.order_no == order_no).order_by(REFUND.c.id)).all()
    return tuple(_refund(row) for row in rows)


def refund_by_id(conn: Connection, refund_id: int, *, lock: bool = False) -> Refund | None:
    """The refund in this row."""
    query = _refunds().where(REFUND.c.id == refund_id)
    return _one_refund(conn, query.with_for_update(of=REFUND) if lock else query)


def refund_by_number(conn: Connection, out_refund_no: str, *, lock: bool = False) -> Refund | None:
    """The refund with this number at WeChat Pay."""
    query = _refunds().where(REFUND.c.out_refund_no == out_refund_no)
    return _one_refund(conn, query.with_for_update(of=REFUND) if lock else query)


def refund_by_key(conn: Connection, order_no: str, key: str) -> Refund | None:
    """The refund that stands for this key now: one that WeChat Pay closed has given its key away."""
    live = REFUND.c.state != RefundState.CLOSED
    return _one_refund(conn, _refunds().where(REFUND.c.order_no == order_no, REFUND.c.key == key, live))


def refunds_of_payment(conn: Connection, payment_id: int) -> int:
    """How many refund numbers this payment has had."""
    return conn.scalar(select(func.count()).where(REFUND.c.payment_id == payment_id)) or 0


def numbers_of_key(conn: Connection, order_no: str, key: str) -> int:
    """How many refund numbers this key has had."""
    return conn.scalar(select(func.count()).where(REFUND.c.order_no == order_no, REFUND.c.key == key)) or 0


def due_refunds(conn: Connection, now: datetime, limit: int = 100) -> tuple[int, ...]:
    """Refunds (their row ids) that want to be driven now."""
    query = select(REFUND.c.id).where(REFUND.c.state.in_(_DRIVEN), REFUND.c.next_try_at <= now)
    return tuple(conn.scalars(query.order_by(REFUND.c.next_try_at).limit(limit)))


def lock_payment(conn: Connection, payment_id: int) -> Attempt | None:
    """Hold a payment's row until the transaction ends: its refunds come one after another."""
    row = conn.execute(select(PAYMENT).where(PAYMENT.c.id == payment_id).with_for_update()).one_or_none()
    return _attempt(row) if row is not None else None


def reserve(conn: Connection, payment_id: int, amount_fen: int) -> bool:
    """Count this much of a payment as refunded; False, and nothing counted, when that exceeds what was paid."""
    within = PAYMENT.c.refunded_fen + amount_fen <= PAYMENT.c.total_fen
    statement = update(PAYMENT).where(PAYMENT.c.id == payment_id, PAYMENT.c.state == AttemptState.PAID, within)
    return conn.execute(statement.values(refunded_fen=PAYMENT.c.refunded_fen + amount_fen)).rowcount == 1


def add_refund(conn: Connection, **values: Any) -> int:
    """Write a refund down, due at once; the row's id."""
    statement = insert(REFUND).values(state=RefundState.CREATED, **values)
    return int(conn.execute(statement.returning(REFUND.c.id)).scalar_one())


def change_refund(conn: Connection, row_id: int, **values: Any) -> None:
    """Change a refund whose row the caller holds."""
    conn.execute(update(REFUND).where(REFUND.c.id == row_id).values(**values))
