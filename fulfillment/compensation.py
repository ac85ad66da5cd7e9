"""Money for deliveries that came late: found once, given once, within a day's limit. Rows alone: who pays is no
business of this room.

A line is looked at when it was delivered, and only where its order was paid while this was switched on. What cannot be
given today waits for tomorrow.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, TextClause, text

from fulfillment.lateness import Terms, judge
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import BALANCE_DELIVERY

LOOKED_AGAIN = timedelta(hours=1)
"""A delivery may be committed long after its time was taken: what is as young as this is looked at again."""

_SWITCH_ON = text("""
    INSERT INTO compensation_watch (id, since, looked_until) VALUES (1, :now, :now) ON CONFLICT DO NOTHING
""")
_WATCH = text("SELECT since, looked_until, stopped_on FROM compensation_watch WHERE id = 1 FOR UPDATE")
_SWITCH_OFF = text("DELETE FROM compensation_watch WHERE id = 1")
_DROP_ALL = text("UPDATE compensation SET state = 'dropped' WHERE state = 'waiting'")
_LOOKED = text("UPDATE compensation_watch SET looked_until = :now WHERE id = 1")
_STOPPED = text("UPDATE compensation_watch SET stopped_on = :day WHERE id = 1 AND stopped_on IS DISTINCT FROM :day")
# Not where the buyer had a part in it: paid when the order was closed already, or gave an account the supplier did not
# take. Where a person looked at the order first, time counts from his word on.
_DELIVERED = text("""
    SELECT l.id, l.order_no, l.eta, l.delivery, l.total_fen, l.delivered_at,
           greatest(o.paid_at, (SELECT h.ended_at FROM order_hold h WHERE h.order_no = o.order_no
                                AND h.held_at IS NOT NULL)) AS begun_at
    FROM order_line l JOIN orders o USING (order_no)
    WHERE l.delivered_at > :after AND l.delivered_at <= :now AND l.state = 'delivered'
      AND l.refund_fen = l.goodwill_fen AND l.delivery <> :balance
      AND o.paid_at >= :since AND o.closed_at IS NULL AND l.delivered_at > o.paid_at + CAST(:grace AS interval)
      AND NOT EXISTS (SELECT 1 FROM compensation c WHERE c.line_id = l.id)
      AND NOT EXISTS (SELECT 1 FROM supplier_order s WHERE s.line_id = l.id AND s.state = 'failed'
                      AND s.reason ~* '账号|账户|帐号|号码|手机号|空号|停机|phone|account')
    ORDER BY l.delivered_at, l.id
""")
_ADD = text("""
    INSERT INTO compensation (line_id, order_no, amount_fen, promised_at, delivered_at, state, found_at)
    VALUES (:line_id, :order_no, :amount_fen, :promised_at, :delivered_at, 'waiting', :now)
    ON CONFLICT (line_id) DO NOTHING
""")
_WAITING = text("SELECT id FROM compensation WHERE state = 'waiting' ORDER BY id LIMIT :limit")
_ONE = text("SELECT id, line_id, amount_fen FROM compensation WHERE id = :id AND state = 'waiting' FOR UPDATE")
_SPENT = text("SELECT coalesce(sum(amount_fen), 0) FROM compensation WHERE day = :day AND state = 'given'")
_GIVEN = text("""
    UPDATE compensation SET state = 'given', amount_fen = :amount_fen, way = :way, day = :day, given_at = :now
    WHERE id = :id AND state = 'waiting'
""")
_DROP = text("UPDATE compensation SET state = 'dropped' WHERE id = :id AND state = 'waiting'")
_LIST = """
    SELECT c.id, c.line_id, c.order_no, c.amount_fen, c.promised_at, c.delivered_at, c.state, c.way, c.given_at,
           o.openid, l.product_name, l.sku_label
    FROM compensation c JOIN order_line l ON l.id = c.line_id JOIN orders o ON o.order_no = c.order_no
"""
_LATEST = text(_LIST + " ORDER BY c.id DESC LIMIT :limit")
_BY_ID = text(_LIST + " WHERE c.id = :id")
_COUNT_WAITING = text("SELECT count(*) FROM compensation WHERE state = 'waiting'")


@dataclass(frozen=True, slots=True)
class Compensation:
    """What is or was given for one late line."""

    id: int
    line_id: int
    order_no: OrderNo
    openid: OpenId
    what: str
    amount_fen: Fen
    promised_at: datetime
    delivered_at: datetime
    state: str
    """`waiting` for the day's limit, `given`, or `dropped`: its line was given back since, or it was switched off."""
    way: str
    """`refund` or `wallet`, once given."""
    given_at: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """To be given now, in this transaction, and then marked with `mark_given`."""

    id: int
    line_id: int
    amount_fen: Fen


@dataclass(frozen=True, slots=True)
class LimitReached:
    """Nothing more is given that day. `first`: this call is the one that found it out."""

    first: bool


def switch_off(conn: Connection) -> None:
    """Nothing is watched any more, and what waits is not given. Safe to repeat."""
    if conn.execute(_SWITCH_OFF).rowcount:
        conn.execute(_DROP_ALL)


def find(conn: Connection, terms: Terms, now: datetime) -> int:
    """Write down what is due for what was delivered since the last look, once for each line; gives how many lines
    were late or nearly. The first look switches the watching on: orders paid before it are left alone."""
    conn.execute(_SWITCH_ON, {"now": now})
    watch = conn.execute(_WATCH).one()
    asked = {
        "after": watch.looked_until - LOOKED_AGAIN,
        "now": now,
        "since": watch.since,
        "grace": terms.grace,
        "balance": BALANCE_DELIVERY,
    }
    found = 0
    for row in conn.execute(_DELIVERED, asked).all():
        late = judge(
            terms,
            eta=row.eta,
            delivery=row.delivery,
            begun_at=row.begun_at,
            delivered_at=row.delivered_at,
            total_fen=row.total_fen,
        )
        if late is not None:
            due = {"amount_fen": late.worth_fen, "promised_at": late.promised_at, "delivered_at": row.delivered_at}
            found += conn.execute(_ADD, {"line_id": row.id, "order_no": row.order_no, "now": now, **due}).rowcount
    conn.execute(_LOOKED, {"now": now})
    return found


def waiting(conn: Connection, limit: int = 200) -> tuple[int, ...]:
    """What is still to be given, oldest first."""
    return tuple(conn.execute(_WAITING, {"limit": limit}).scalars())


def take(conn: Connection, number: int, day: date, daily_max_fen: int) -> Due | LimitReached | None:
    """Take one to give it: None when somebody else has. One at a time, so that the day's limit is never passed."""
    watch = conn.execute(_WATCH).one_or_none()
    row = conn.execute(_ONE, {"id": number}).one_or_none()
    if watch is None or row is None:
        return None
    if conn.execute(_SPENT, {"day": day}).scalar_one() + row.amount_fen > daily_max_fen:
        return LimitReached(first=conn.execute(_STOPPED, {"day": day}).rowcount > 0)
    return Due(row.id, row.line_id, Fen(row.amount_fen))


def mark_given(conn: Connection, due: Due, amount_fen: int, way: str, day: date, now: datetime) -> None:
    """Write down that it was given: `amount_fen`, which may be less than was due."""
    conn.execute(_GIVEN, {"id": due.id, "amount_fen": amount_fen, "way": way, "day": day, "now": now})


def drop(conn: Connection, due: Due) -> None:
    """Nothing is given: the line went back to the buyer since."""
    conn.execute(_DROP, {"id": due.id})


def by_id(conn: Connection, number: int) -> Compensation | None:
    """The compensation in this row."""
    found = _read(conn, _BY_ID, {"id": number})
    return found[0] if found else None


def latest(conn: Connection, limit: int = 100) -> tuple[Compensation, ...]:
    """The latest ones, newest first."""
    return _read(conn, _LATEST, {"limit": limit})


def count_waiting(conn: Connection) -> int:
    """How many wait for another day."""
    return int(conn.execute(_COUNT_WAITING).scalar_one())


def _read(conn: Connection, query: TextClause, values: dict[str, int]) -> tuple[Compensation, ...]:
    return tuple(
        Compensation(
            id=row.id,
            line_id=row.line_id,
            order_no=OrderNo(row.order_no),
            openid=OpenId(row.openid),
            what=f"{row.product_name} {row.sku_label}",
            amount_fen=Fen(row.amount_fen),
            promised_at=row.promised_at,
            delivered_at=row.delivered_at,
            state=row.state,
            way=row.way,
            given_at=row.given_at,
        )
        for row in conn.execute(query, values)
    )
