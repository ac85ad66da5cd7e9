"""Orders that a person has to look at before they are delivered: held from the payment on, until he says what becomes
of them.

Whether an order is to be held is decided elsewhere (risk/); here it is kept, in the transactions of placing and paying,
so that nothing delivers it meanwhile. Call everything but `want` and the lists under the order's lock.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from kernel.ids import OrderNo

_WANT = text("""
    INSERT INTO order_hold (order_no, state, wanted_at) VALUES (:order_no, 'wanted', :now) ON CONFLICT DO NOTHING
""")
# FOR UPDATE: an order that is just being paid is looked at again once it is, and left out.
_WANT_OF_BUYER = text("""
    INSERT INTO order_hold (order_no, state, wanted_at)
    SELECT order_no, 'wanted', :now FROM (
        SELECT order_no FROM orders WHERE openid = :openid AND state = 'unpaid' FOR UPDATE) unpaid
    ON CONFLICT DO NOTHING RETURNING order_no
""")
_BEGIN = text("""
    UPDATE order_hold SET state = 'held', held_at = :now WHERE order_no = :order_no AND state = 'wanted'
    RETURNING order_no
""")
_STATE = text("SELECT state FROM order_hold WHERE order_no = :order_no")
_END = text("""
    UPDATE order_hold SET state = :state, ended_at = :now, ended_by = :actor, why = :why
    WHERE order_no = :order_no AND state = 'held' RETURNING order_no
""")
_WITHDRAW = text("""
    UPDATE order_hold SET state = 'withdrawn', ended_at = :now, ended_by = :actor
    WHERE order_no = :order_no AND state = 'held'
      AND NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_no = order_hold.order_no AND l.state = 'waiting')
""")
_WANT_OF_ACCOUNT = text("""
    INSERT INTO order_hold (order_no, state, wanted_at)
    SELECT order_no, 'wanted', :now FROM (
        SELECT order_no FROM orders WHERE state = 'unpaid' AND order_no IN (
            SELECT order_no FROM order_line WHERE account_field <> '' AND fields ->> account_field = :account
            ORDER BY order_no DESC LIMIT 1000) FOR UPDATE) unpaid
    ON CONFLICT DO NOTHING RETURNING order_no
""")
_NOT_ALERTED = text("""
    SELECT order_no, held_at FROM order_hold WHERE state = 'held' AND alerted_at IS NULL ORDER BY held_at LIMIT :limit
""")
_LATE = text("""
    UPDATE order_hold SET alerted_at = :now
    WHERE order_no = ANY(:order_nos) AND state = 'held' AND alerted_at IS NULL
""")
_HELD_BEFORE = text("""
    SELECT order_no FROM order_hold WHERE state = 'held' AND held_at < :held_before ORDER BY held_at LIMIT :limit
""")
_COUNT = text("""
    SELECT count(*) AS held, count(*) FILTER (WHERE alerted_at IS NOT NULL) AS late FROM order_hold
    WHERE state = 'held'
""")


def want(conn: Connection, order_no: str, now: datetime) -> None:
    """Have an unpaid order held as soon as it is paid. Safe to repeat."""
    conn.execute(_WANT, {"order_no": order_no, "now": now})


def want_of_buyer(conn: Connection, openid: str, now: datetime) -> tuple[OrderNo, ...]:
    """Have every order that this buyer can still pay held as soon as it is paid."""
    return tuple(conn.execute(_WANT_OF_BUYER, {"openid": openid, "now": now}).scalars())


def want_of_account(conn: Connection, account: str, now: datetime) -> tuple[OrderNo, ...]:
    """Have every order for this account that can still be paid held as soon as it is."""
    return tuple(conn.execute(_WANT_OF_ACCOUNT, {"account": account, "now": now}).scalars())


def begin(conn: Connection, order_no: str, now: datetime) -> bool:
    """The order is paid: hold it if that is wanted."""
    return conn.execute(_BEGIN, {"order_no": order_no, "now": now}).first() is not None


def is_held(conn: Connection, order_no: str) -> bool:
    """Whether a person has still to say what becomes of this order."""
    return conn.execute(_STATE, {"order_no": order_no}).scalar_one_or_none() == "held"


def end(conn: Connection, order_no: str, now: datetime, *, state: str, actor: str, why: str = "") -> bool:
    """End a hold: `released` or `refused`. False: it was not held (any more)."""
    row = {"order_no": order_no, "now": now, "state": state, "actor": actor, "why": why}
    return conn.execute(_END, row).first() is not None


def withdraw_empty(conn: Connection, order_no: str, now: datetime, *, actor: str) -> None:
    """End the hold of an order of which nothing is left to deliver: its buyer has taken it back."""
    conn.execute(_WITHDRAW, {"order_no": order_no, "now": now, "actor": actor})


def not_alerted(conn: Connection, limit: int = 500) -> tuple[tuple[OrderNo, datetime], ...]:
    """List the held orders nobody was alerted of, with since when they are held, oldest first."""
    return tuple((row.order_no, row.held_at) for row in conn.execute(_NOT_ALERTED, {"limit": limit}))


def mark_late(conn: Connection, order_nos: Sequence[str], now: datetime) -> None:
    """Write down that these are late: it is said once."""
    if order_nos:
        conn.execute(_LATE, {"order_nos": list(order_nos), "now": now})


def held_before(conn: Connection, moment: datetime, limit: int = 100) -> tuple[OrderNo, ...]:
    """List the orders held since before that moment, oldest first."""
    return tuple(conn.execute(_HELD_BEFORE, {"held_before": moment, "limit": limit}).scalars())


def count(conn: Connection) -> tuple[int, int]:
    """How many orders are held, and how many of them for longer than was promised."""
    row = conn.execute(_COUNT).one()
    return row.held, row.late
