"""The history's chain: every event is sealed together with the one before it, under a key that no database holds.

Whoever can write SQL can change an order; without the app secret he cannot make the history agree. Each order has a
chain of its own, so that orders do not wait for each other; anchors over whole spans of time show a chain that was cut
at its end, or an order that is gone.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

FIRST = b""
"""What the first event of a chain has before it."""
SETTLING = timedelta(hours=1)
"""Events younger than this may still be in a transaction: an anchor leaves them to the next."""
_PURPOSE = b"kabot order history v1"
_OPTION = "kabot_seals"
_ROWS = 2_000


class NoSealsError(Exception):
    """A bug: an order was moved through a database engine that was never given the key (see `arm`)."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is sealed of one event: all of it."""

    order_no: str
    n: int
    """Its place in the order's chain, from 1."""
    line_id: int | None
    at: datetime
    from_state: str
    to_state: str
    cause: str
    actor: str
    money: str = ""
    """What `amount_fen` is: `total` of the order, `paid` for it, `back` to the buyer, `paid_again` and `again_back`
    of a second payment; empty: no money moved."""
    amount_fen: int | None = None


class Seals:
    """Makes seals under the app secret and knows those of earlier ones."""

    def __init__(self, secret_key: bytes, earlier: Sequence[bytes] = ()) -> None:
        self._keys = tuple(hmac.digest(key, _PURPOSE, hashlib.sha256) for key in (secret_key, *earlier))

    def seal(self, before: bytes, event: Event) -> bytes:
        """Seal an event onto the seal of the one before it. 32 bytes."""
        return self.seal_bytes(before + _canonical(event))

    def holds(self, before: bytes, event: Event, seal: bytes) -> bool:
        """Tell whether this is the event's seal, under any of the keys."""
        return self.bytes_hold(before + _canonical(event), seal)

    def seal_bytes(self, content: bytes) -> bytes:
        """Seal anything else that belongs to the history."""
        return hmac.digest(self._keys[0], content, hashlib.sha256)

    def bytes_hold(self, content: bytes, seal: bytes) -> bool:
        """Tell whether this seals the content, under any of the keys."""
        return any(hmac.compare_digest(hmac.digest(key, content, hashlib.sha256), seal) for key in self._keys)


def _canonical(event: Event) -> bytes:
    """One way to write an event, the same for what was read back. JSON, since no content can then look like two."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts: list[str | int | None] = [event.order_no, event.n, event.line_id, at]
    parts += [event.from_state, event.to_state, event.cause, event.actor]
    if event.money:
        parts += [event.money, event.amount_fen]
    return json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode()


def arm(engine: Engine, secret_key: bytes, earlier: Sequence[bytes] = ()) -> Engine:
    """Give an engine the key, so that whatever moves an order through it can seal the event. Gives the engine."""
    engine.update_execution_options(**{_OPTION: Seals(secret_key, earlier)})
    return engine


def seals_of(conn: Connection) -> Seals:
    """The seals of this connection's engine. Raises NoSealsError."""
    seals = conn.get_execution_options().get(_OPTION)
    if not isinstance(seals, Seals):
        raise NoSealsError("this engine has no key for the history: see fulfillment.audit.arm")
    return seals


# ---- anchors -------------------------------------------------------------------------------------------------------

_LAST_ANCHOR = text("SELECT n, covers_to, hash FROM audit_anchor ORDER BY n DESC LIMIT 1")
_FIRST_EVENT = text("SELECT min(at) FROM order_event")
_SPAN = text("""
    SELECT order_no, n, hash FROM order_event WHERE at >= :covers_from AND at < :covers_to ORDER BY order_no, n
""").execution_options(yield_per=_ROWS)
_ADD_ANCHOR = text("""
    INSERT INTO audit_anchor (n, covers_from, covers_to, events, digest, prev_hash, hash, made_at)
    VALUES (:n, :covers_from, :covers_to, :events, :digest, :prev_hash, :hash, :now)
""")
_LOCK_ANCHORS = text("SELECT pg_advisory_xact_lock(7082)")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A seal over every event of a span of time. Written to the log as well, where SQL does not reach."""

    n: int
    covers_from: datetime
    covers_to: datetime
    events: int
    hash: bytes


def anchor(conn: Connection, now: datetime) -> Anchor | None:
    """Seal every event since the last anchor, up to an hour ago; None when there is none. Safe to repeat."""
    conn.execute(_LOCK_ANCHORS)
    last = conn.execute(_LAST_ANCHOR).one_or_none()
    covers_from = last.covers_to if last is not None else conn.execute(_FIRST_EVENT).scalar_one()
    covers_to = now - SETTLING
    if covers_from is None or covers_from >= covers_to:
        return None
    events, digest = _digest(conn, covers_from, covers_to)
    if events == 0:
        return None
    n, before = (last.n + 1, last.hash) if last is not None else (1, FIRST)
    made = Anchor(n, covers_from, covers_to, events, b"")
    seal = seals_of(conn).seal_bytes(_anchor_content(made, digest, before))
    row = {"n": n, "covers_from": covers_from, "covers_to": covers_to, "events": events, "digest": digest}
    conn.execute(_ADD_ANCHOR, {**row, "prev_hash": before, "hash": seal, "now": now})
    return Anchor(n, covers_from, covers_to, events, seal)


def _digest(conn: Connection, covers_from: datetime, covers_to: datetime) -> tuple[int, bytes]:
    """How many events a span has, and a hash over all their seals."""
    whole, events = hashlib.sha256(), 0
    span = {"covers_from": covers_from, "covers_to": covers_to}
    for row in conn.execute(_SPAN, span):
        whole.update(f"{row.order_no}\0{row.n}\0".encode() + row.hash)
        events += 1
    return events, whole.digest()


def _anchor_content(made: Anchor, digest: bytes, before: bytes) -> bytes:
    times = (made.covers_from.astimezone(UTC).isoformat(), made.covers_to.astimezone(UTC).isoformat())
    return before + json.dumps(["anchor", made.n, *times, made.events]).encode() + digest


# ---- walking it ----------------------------------------------------------------------------------------------------

_COUNT = text("SELECT count(*) FROM order_event WHERE CAST(:order_no AS text) IS NULL OR order_no = :order_no")
_EVENTS = text("""
    SELECT order_no, n, line_id, at, from_state, to_state, cause, actor, money, amount_fen, prev_hash, hash
    FROM order_event
    WHERE CAST(:order_no AS text) IS NULL OR order_no = :order_no ORDER BY order_no, n
""").execution_options(yield_per=_ROWS)
_ORDERS_ASTRAY = text("""
    SELECT o.order_no, coalesce(last.n, 0) AS n FROM orders o LEFT JOIN LATERAL (
        SELECT n, to_state FROM order_event e WHERE e.order_no = o.order_no AND e.line_id IS NULL
        ORDER BY n DESC LIMIT 1) last ON true
    WHERE (CAST(:order_no AS text) IS NULL OR o.order_no = :order_no) AND o.state IS DISTINCT FROM last.to_state
    ORDER BY o.order_no
""")
_LINES_ASTRAY = text("""
    SELECT l.order_no, coalesce(last.n, 0) AS n FROM order_line l LEFT JOIN LATERAL (
        SELECT n, to_state FROM order_event e WHERE e.order_no = l.order_no AND e.line_id = l.id
        ORDER BY n DESC LIMIT 1) last ON true
    WHERE (CAST(:order_no AS text) IS NULL OR l.order_no = :order_no)
      AND l.state <> coalesce(last.to_state, 'waiting')
    ORDER BY l.order_no, l.position
""")
# The amounts that the chain covers beside the rows they stand in: what is changed in a row alone shows.
_TOTALS_ASTRAY = text("""
    SELECT o.order_no, e.n FROM orders o JOIN order_event e ON e.order_no = o.order_no AND e.money = 'total'
    WHERE (CAST(:order_no AS text) IS NULL OR o.order_no = :order_no)
      AND (o.total_fen <> e.amount_fen
           OR o.total_fen <> (SELECT sum(l.total_fen) FROM order_line l WHERE l.order_no = o.order_no))
    ORDER BY o.order_no
""")
_PAYMENTS_ASTRAY = text("""
    SELECT p.order_no, coalesce(e.n, 0) AS n
    FROM payment p LEFT JOIN order_event e ON e.order_no = p.order_no AND e.money = 'paid'
    WHERE p.settles AND (CAST(:order_no AS text) IS NULL OR p.order_no = :order_no)
      AND p.total_fen IS DISTINCT FROM e.amount_fen
    ORDER BY p.order_no
""")
_REFUNDS_ASTRAY = text("""
    WITH sealed AS (
        SELECT order_no, line_id, n, amount_fen, row_number() OVER (PARTITION BY line_id ORDER BY n) AS nth
        FROM order_event WHERE money = 'back' AND (CAST(:order_no AS text) IS NULL OR order_no = :order_no)),
    kept AS (SELECT * FROM line_refund WHERE CAST(:order_no AS text) IS NULL OR order_no = :order_no),
    lines AS (SELECT order_no, id, refund_fen FROM order_line
              WHERE CAST(:order_no AS text) IS NULL OR order_no = :order_no),
    asked AS (
        SELECT order_no, key, amount_fen FROM refund
        WHERE (line_id IS NOT NULL OR key LIKE 'lines:%') AND state <> 'closed'
          AND (CAST(:order_no AS text) IS NULL OR order_no = :order_no))
    SELECT order_no, max(n) AS n FROM (
        SELECT coalesce(s.order_no, k.order_no) AS order_no, coalesce(s.n, 0) AS n
        FROM sealed s FULL JOIN kept k ON k.line_id = s.line_id AND k.n = s.nth
        WHERE s.amount_fen IS DISTINCT FROM k.amount_fen
        UNION ALL
        SELECT l.order_no, 0 FROM lines l LEFT JOIN sealed s ON s.line_id = l.id
        GROUP BY l.order_no, l.id, l.refund_fen HAVING l.refund_fen <> coalesce(sum(s.amount_fen), 0)
        UNION ALL
        SELECT a.order_no, 0 FROM asked a
        WHERE a.amount_fen IS DISTINCT FROM (SELECT sum(k.amount_fen) FROM kept k
                                             WHERE k.order_no = a.order_no AND k.key = a.key)) astray
    GROUP BY order_no ORDER BY order_no
""")
# All further payments of an order are of its total, so that number and sum tell whether each is sealed.
_AGAIN_ASTRAY = text("""
    WITH rows AS (
        SELECT order_no, 'paid_again' AS money, total_fen AS fen FROM payment
        WHERE state = 'paid' AND NOT settles AND (CAST(:order_no AS text) IS NULL OR order_no = :order_no)
        UNION ALL
        SELECT order_no, 'again_back', amount_fen FROM refund
        WHERE state = 'success' AND key LIKE 'duplicate:%'
          AND (CAST(:order_no AS text) IS NULL OR order_no = :order_no)),
    told AS (
        SELECT order_no, money, count(*) AS times, sum(fen) AS fen FROM rows GROUP BY order_no, money),
    sealed AS (
        SELECT order_no, money, count(*) AS times, sum(amount_fen) AS fen, max(n) AS n FROM order_event
        WHERE money IN ('paid_again', 'again_back')
          AND (CAST(:order_no AS text) IS NULL OR order_no = :order_no)
        GROUP BY order_no, money)
    SELECT order_no, max(coalesce(n, 0)) AS n
    FROM sealed s FULL JOIN told t USING (order_no, money)
    WHERE (s.times, s.fen) IS DISTINCT FROM (t.times, t.fen)
    GROUP BY order_no ORDER BY order_no
""")
_ASTRAY = (
    (_ORDERS_ASTRAY, "订单现在的状态与历史不符（历史被截断，或订单被直接改动）"),
    (_LINES_ASTRAY, "订单行现在的状态与历史不符（历史被截断，或订单行被直接改动）"),
    (_TOTALS_ASTRAY, "订单金额与下单时封存的不符（金额被直接改动）"),
    (_PAYMENTS_ASTRAY, "付款金额与历史封存的不符（金额被直接改动）"),
    (_REFUNDS_ASTRAY, "退款金额与历史封存的不符（金额被直接改动）"),
    (_AGAIN_ASTRAY, "重复付款或它的退款与历史封存的不符（记录被直接改动）"),
)
_ANCHORS = text("SELECT n, covers_from, covers_to, events, digest, prev_hash, hash FROM audit_anchor ORDER BY n")


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where the history does not hold. `order_no` is empty where it is about an anchor."""

    order_no: str
    n: int
    """The event's place in the order's chain, or the anchor's number."""
    what: str

    def __str__(self) -> str:
        where = f"订单 {self.order_no} 第 {self.n} 条记录" if self.order_no else f"封存 {self.n}"
        return f"{where}：{self.what}"


def count(conn: Connection, order_no: str | None = None) -> int:
    """Count the events there are, of one order or of all."""
    return int(conn.execute(_COUNT, {"order_no": order_no}).scalar_one())


def verify(
    conn: Connection, order_no: str | None = None, progress: Callable[[int], None] | None = None
) -> Iterator[Broken]:
    """Walk every chain (or one order's) and every anchor, and name what does not hold: one link for each order.

    One snapshot of the database, however long it takes: give it a transaction of REPEATABLE READ. `progress` is told
    how many events were looked at.
    """
    seals = seals_of(conn)
    asked = {"order_no": order_no}
    before, place, current, broken = FIRST, 0, "", False
    rows = conn.execute(_EVENTS, asked)
    for looked_at, row in enumerate(rows, start=1):
        if row.order_no != current:
            before, place, current, broken = FIRST, 0, row.order_no, False
        what = None if broken else _wrong_with(seals, row, before, place)
        if what is not None:
            broken = True
            yield Broken(row.order_no, row.n, what)
        before, place = row.hash, row.n
        if progress is not None and looked_at % _ROWS == 0:
            progress(looked_at)
    for query, words in _ASTRAY:
        for row in conn.execute(query, asked):
            yield Broken(row.order_no, row.n, words)
    if order_no is None:
        yield from _broken_anchors(conn, seals)


def _wrong_with(seals: Seals, row: Row[Any], before: bytes, place: int) -> str | None:
    if row.n != place + 1:
        return f"缺少第 {place + 1} 条记录"
    if row.prev_hash != before:
        return "与上一条记录不相连"
    what = (row.from_state, row.to_state, row.cause, row.actor, row.money, row.amount_fen)
    event = Event(row.order_no, row.n, row.line_id, row.at, *what)
    return None if seals.holds(before, event, row.hash) else "内容与封签不符（被改动过，或不是本店写下的）"


def _broken_anchors(conn: Connection, seals: Seals) -> Iterator[Broken]:
    before, place, covers_to = FIRST, 0, None
    for row in conn.execute(_ANCHORS).all():
        made = Anchor(row.n, row.covers_from, row.covers_to, row.events, row.hash)
        if (row.n, row.prev_hash) != (place + 1, before) or (covers_to is not None and row.covers_from != covers_to):
            yield Broken("", row.n, "与上一次封存不相连")
        elif not seals.bytes_hold(_anchor_content(made, row.digest, before), row.hash):
            yield Broken("", row.n, "封存本身被改动过")
        else:
            events, digest = _digest(conn, row.covers_from, row.covers_to)
            if (events, digest) != (row.events, row.digest):
                span = f"{row.covers_from:%Y-%m-%d %H:%M} 至 {row.covers_to:%Y-%m-%d %H:%M} UTC"
                yield Broken("", row.n, f"{span} 封存时有 {row.events} 条记录，现在有 {events} 条，或内容不同")
        before, place, covers_to = row.hash, row.n, row.covers_to
