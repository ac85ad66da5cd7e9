"""Moves as the database makes them: guarded by the state they start from, and written into the history."""

from datetime import datetime

from sqlalchemy import Connection, text

from fulfillment.states import check_line_move, check_order_move, order_state_of
from kernel.orders import LineState, OrderState

_MOVE_ORDER = text("""
    WITH moved AS (
        UPDATE orders SET state = :after,
            paid_at = CASE WHEN :after = 'paid' THEN coalesce(paid_at, :at) ELSE paid_at END,
            closed_at = CASE WHEN :after IN ('cancelled', 'expired') THEN :at ELSE closed_at END,
            settled_at = CASE WHEN :after IN ('delivered', 'refunded') THEN :at
                              WHEN :after = 'paid' THEN NULL ELSE settled_at END
        WHERE order_no = :order_no AND state = :before RETURNING order_no)
    INSERT INTO order_event (order_no, at, from_state, to_state, cause, actor)
    SELECT order_no, :now, :before, :after, :cause, :actor FROM moved RETURNING id
""")

_MOVE_LINE = text("""
    WITH moved AS (
        UPDATE order_line SET state = :after, note = coalesce(:note, note),
            refund_fen = coalesce(:refund_fen, refund_fen),
            delivered_at = CASE WHEN :after = 'delivered' THEN coalesce(delivered_at, :now) ELSE delivered_at END,
            refunded_at = CASE WHEN :refunded THEN :now ELSE refunded_at END
        WHERE id = :line_id AND state = :before RETURNING order_no, id)
    INSERT INTO order_event (order_no, line_id, at, from_state, to_state, cause, actor)
    SELECT order_no, id, :now, :before, :after, :cause, :actor FROM moved RETURNING id
""")

_LOCK = text("SELECT state FROM orders WHERE order_no = :order_no FOR UPDATE")
_LINE_STATES = text("SELECT state FROM order_line WHERE order_no = :order_no ORDER BY position")


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
) -> bool:
    """Move an order; False when it was no longer in `before`. `at` is when it truly happened, where that differs."""
    check_order_move(before, after)
    found = conn.execute(
        _MOVE_ORDER,
        {
            "order_no": order_no,
            "before": before.value,
            "after": after.value,
            "at": at or now,
            "now": now,
            "cause": cause,
            "actor": actor,
        },
    )
    return found.first() is not None


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
    refunded: bool = False,
) -> bool:
    """Move a line; False when it was no longer in `before`. `refunded`: its money is back with the buyer now."""
    check_line_move(before, after)
    found = conn.execute(
        _MOVE_LINE,
        {
            "line_id": line_id,
            "before": before.value,
            "after": after.value,
            "now": now,
            "cause": cause[:200],
            "actor": actor,
            "note": note,
            "refund_fen": refund_fen,
            "refunded": refunded,
        },
    )
    return found.first() is not None


def follow_lines(conn: Connection, order_no: str, now: datetime, *, cause: str, actor: str = "system") -> OrderState:
    """Let a paid order's state follow its lines, and say where it stands. The order's lock must be held."""
    before = lock_order(conn, order_no)
    lines = [LineState(state) for state in conn.execute(_LINE_STATES, {"order_no": order_no}).scalars()]
    after = order_state_of(lines)
    if after is not before:
        move_order(conn, order_no, before, after, now, cause=cause, actor=actor)
    return after
