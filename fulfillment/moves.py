"""Moves as the database makes them: guarded by the state they start from, and written into the history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from fulfillment.audit import Event, seals_of
from fulfillment.states import check_line_move, check_order_move, order_state_of
from kernel.masking import mask_within
from kernel.orders import LineState, OrderState

_MOVE_ORDER = text("""
    WITH moved AS (
        UPDATE orders SET state = :after,
            paid_at = CASE WHEN :after = 'paid' THEN coalesce(paid_at, :at) ELSE paid_at END,
            closed_at = CASE WHEN :after IN ('cancelled', 'expired') THEN :at ELSE closed_at END,
            settled_at = CASE WHEN :after IN ('delivered', 'refunded') THEN :at
                              WHEN :after = 'paid' THEN NULL ELSE settled_at END
        WHERE order_no = :order_no AND state = :before RETURNING order_no)
    INSERT INTO order_event (order_no, n, at, from_state, to_state, cause, actor, money, amount_fen, prev_hash, hash)
    SELECT order_no, :n, :now, :before, :after, :cause, :actor, :money, :amount_fen, :prev_hash, :hash
    FROM moved RETURNING id
""")

_MOVE_LINE = text("""
    WITH moved AS (
        UPDATE order_line SET state = :after, note = coalesce(:note, note),
            refund_fen = refund_fen + coalesce(CAST(:amount_fen AS bigint), 0),
            goodwill_fen = goodwill_fen + CASE WHEN :goodwill THEN coalesce(CAST(:amount_fen AS bigint), 0) ELSE 0 END,
            delivered_at = CASE WHEN :after = 'delivered' THEN coalesce(delivered_at, :now) ELSE delivered_at END,
            refunded_at = CASE WHEN :refunded THEN :now ELSE refunded_at END
        WHERE id = :line_id AND state = :before RETURNING order_no, id),
    back AS (
        INSERT INTO line_refund (order_no, line_id, n, key, amount_fen, goodwill, compensates, reason, actor, asked_at)
        SELECT moved.order_no, moved.id, nth.n,
               CASE WHEN so_far.keys < :alone_max
                    THEN 'line:' || moved.id || CASE WHEN nth.n > 1 THEN ':' || nth.n ELSE '' END END,
               :amount_fen, :goodwill, :compensates, :reason, :actor, :now
        FROM moved, (SELECT count(*) + 1 AS n FROM line_refund WHERE line_id = :line_id) nth,
             (SELECT count(DISTINCT key) AS keys FROM line_refund
              WHERE order_no = (SELECT order_no FROM order_line WHERE id = :line_id)) so_far
        WHERE CAST(:amount_fen AS bigint) IS NOT NULL)
    INSERT INTO order_event (order_no, n, line_id, at, from_state, to_state, cause, actor, money, amount_fen,
                             prev_hash, hash)
    SELECT order_no, :n, id, :now, :before, :after, :cause, :actor, :money, :amount_fen, :prev_hash, :hash
    FROM moved RETURNING id
""")

_NOTE_ORDER = text("""
    INSERT INTO order_event (order_no, n, at, from_state, to_state, cause, actor, money, amount_fen, prev_hash, hash)
    VALUES (:order_no, :n, :now, :before, :after, :cause, :actor, :money, :amount_fen, :prev_hash, :hash)
""")

_HEAD = text("SELECT order_no, n, hash FROM order_event WHERE order_no = :order_no ORDER BY n DESC LIMIT 1")
_HEAD_OF_LINE = text("""
    SELECT order_no, n, hash FROM order_event
    WHERE order_no = (SELECT order_no FROM order_line WHERE id = :line_id) ORDER BY n DESC LIMIT 1
""")
_LOCK = text("SELECT state FROM orders WHERE order_no = :order_no FOR UPDATE")
_LINE_STATES = text("SELECT state FROM order_line WHERE order_no = :order_no ORDER BY position")


ALONE_MAX = 40
"""So many refunds of an order are asked for alone; further ones go together: WeChat Pay takes 50 of a payment."""
_NO_MONEY: Mapping[str, Any] = {
    "note": None,
    "goodwill": False,
    "compensates": False,
    "reason": "",
    "refunded": False,
}


class UnknownOrderError(Exception):
    """A bug or a broken database: an order number that was ours names no order."""


def lock_order(conn: Connection, order_no: str) -> OrderState:
    """Take the order's row lock until the transaction ends and say where it stands. Raises UnknownOrderError.

    Whatever changes an order, its lines, or their supplier orders takes this lock first, so that two events of one
    order are taken one after the other and nothing can deadlock.
    """
    state = conn.execute(_LOCK, {"order_no": order_no}).scalar_one_or_none()
    if state is None:
        raise UnknownOrderError(order_no)
    return OrderState(state)


def move_order(
    conn: Connection,
    order_no: str,
    before: OrderState,
    after: OrderState,
    now: datetime,
    *,
    cause: str,
    actor: str = "system",
    at: datetime | None = None,
    paid_fen: int | None = None,
) -> bool:
    """Move an order; False when it was no longer in `before`. `at` is when it truly happened, where that differs;
    `paid_fen` what was paid with it, which is sealed.

    The order's lock must be held. `cause` is written with accounts masked: history is never erased.
    """
    check_order_move(before, after)
    head = conn.execute(_HEAD, {"order_no": order_no}).one_or_none()
    if head is None:
        raise UnknownOrderError(order_no)
    event = _next(conn, head, None, now, before.value, after.value, cause, actor, "paid", paid_fen)
    return conn.execute(_MOVE_ORDER, {**event, "at": at or now}).first() is not None


def note_order(
    conn: Connection,
    order_no: str,
    now: datetime,
    *,
    cause: str,
    money: Literal["paid_again", "again_back"],
    amount_fen: int,
    actor: str = "system",
) -> None:
    """Write down that money moved about an order which stays what it is. Takes its lock. Raises UnknownOrderError."""
    state = lock_order(conn, order_no).value
    head = conn.execute(_HEAD, {"order_no": order_no}).one_or_none()
    if head is None:
        raise UnknownOrderError(order_no)
    conn.execute(_NOTE_ORDER, _next(conn, head, None, now, state, state, cause, actor, money, amount_fen))


def move_line(
    conn: Connection,
    line_id: int,
    before: LineState,
    after: LineState,
    now: datetime,
    *,
    cause: str,
    actor: str = "system",
    note: str | None = None,
    refund_fen: int | None = None,
    reason: str = "",
    refunded: bool = False,
) -> bool:
    """Move a line; False when it was no longer in `before`. `refund_fen` of it is to go back from now on, for `reason`
    (shown to WeChat), on top of what did before; `refunded`: its money is back with the buyer now.

    The order's lock must be held. `cause` is written with accounts masked: history is never erased.
    """
    check_line_move(before, after)
    money = {**_NO_MONEY, "note": note, "reason": reason, "refunded": refunded}
    return _write_line(conn, line_id, before, after, now, cause, actor, refund_fen or None, money)


def give_of_line(
    conn: Connection,
    line_id: int,
    state: LineState,
    amount_fen: int,
    now: datetime,
    *,
    cause: str,
    actor: str,
    reason: str,
    compensates: bool = False,
) -> bool:
    """Give some of a line's money back and leave it in its state; False when it is no longer in `state`. `compensates`:
    for a delivery that came late.

    The order's lock must be held; see `move_line`. More than was paid for the line breaks a constraint.
    """
    money = {**_NO_MONEY, "goodwill": True, "compensates": compensates, "reason": reason}
    return _write_line(conn, line_id, state, state, now, cause, actor, amount_fen, money)


def note_line(conn: Connection, line_id: int, state: LineState, now: datetime, *, cause: str, actor: str) -> bool:
    """Write down that something happened to a line that is and stays in `state`. The order's lock must be held."""
    return _write_line(conn, line_id, state, state, now, cause, actor, None, _NO_MONEY)


def _write_line(
    conn: Connection,
    line_id: int,
    before: LineState,
    after: LineState,
    now: datetime,
    cause: str,
    actor: str,
    back_fen: int | None,
    values: Mapping[str, Any],
) -> bool:
    head = conn.execute(_HEAD_OF_LINE, {"line_id": line_id}).one_or_none()
    if head is None:
        raise UnknownOrderError(f"line {line_id}")
    event = _next(conn, head, line_id, now, before.value, after.value, cause, actor, "back", back_fen)
    moved = {**event, "line_id": line_id, "alone_max": ALONE_MAX, **values}
    return conn.execute(_MOVE_LINE, moved).first() is not None


def _next(
    conn: Connection,
    head: Row[Any],
    line_id: int | None,
    now: datetime,
    before: str,
    after: str,
    cause: str,
    actor: str,
    money: str,
    amount_fen: int | None,
) -> dict[str, Any]:
    """The event that follows the order's last one, sealed onto it. Two at once would meet at the same place in the
    chain, and the second fails."""
    money = money if amount_fen is not None else ""
    cause = mask_within(cause)[:200]
    event = Event(head.order_no, head.n + 1, line_id, now, before, after, cause, actor, money, amount_fen)
    return {
        "order_no": event.order_no,
        "n": event.n,
        "now": now,
        "before": before,
        "after": after,
        "cause": cause,
        "actor": actor,
        "money": money,
        "amount_fen": amount_fen,
        "prev_hash": head.hash,
        "hash": seals_of(conn).seal(head.hash, event),
    }


def follow_lines(conn: Connection, order_no: str, now: datetime, *, cause: str, actor: str = "system") -> OrderState:
    """Let a paid order's state follow its lines, and say where it stands. The order's lock must be held."""
    before = lock_order(conn, order_no)
    lines = [LineState(state) for state in conn.execute(_LINE_STATES, {"order_no": order_no}).scalars()]
    after = order_state_of(lines)
    if after is not before:
        move_order(conn, order_no, before, after, now, cause=cause, actor=actor)
    return after
