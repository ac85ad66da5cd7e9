"""Money on its way back to the buyer, line by line, and what the order looks like when it has arrived."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, text

from catalog import stock
from catalog.model import Delivery
from fulfillment import holds, pushing
from fulfillment.moves import UnknownOrderError, follow_lines, give_of_line, lock_order, move_line
from fulfillment.pushing import PushKind
from fulfillment.splitting import split
from fulfillment.states import refund_way
from fulfillment.work import NOTHING_TO_DO, RefundDue, Work
from kernel.cases import RefundWay
from kernel.ids import OrderNo
from kernel.money import Fen, format_yuan
from kernel.orders import LineState, OrderState

_LINE = text("""
    SELECT l.id, l.order_no, l.state, l.total_fen, l.refund_fen, l.goodwill_fen, l.refunded_at, l.note, l.delivery,
           o.openid
    FROM order_line l JOIN orders o USING (order_no) WHERE l.id = :line_id
""")
_OWNER = text("SELECT openid FROM orders WHERE order_no = :order_no")
_LINES = text("""
    SELECT l.id, l.order_no, l.state, l.total_fen, l.refund_fen, l.goodwill_fen, l.refunded_at, l.note, l.delivery,
           l.sku_code, l.quantity, o.openid,
           EXISTS (SELECT 1 FROM supplier_order s WHERE s.line_id = l.id AND s.sends > 0) AS supplier_asked
    FROM order_line l JOIN orders o USING (order_no) WHERE l.order_no = :order_no ORDER BY l.position
""")
_NOT_BOUGHT = text("""
    UPDATE supplier_order SET state = 'failed', reason = :reason, next_query_at = NULL, settled_at = :now
    WHERE line_id = :line_id AND state = 'created' AND sends = 0
""")
_ASKED = text("SELECT EXISTS (SELECT 1 FROM supplier_order WHERE line_id = :line_id AND sends > 0)")
_WANTED_BACK = "顾客申请退款"
_ARRIVED = text("UPDATE order_line SET refunded_at = :now WHERE id = :line_id")
_SETTLE = text("""
    UPDATE line_refund SET arrived_at = :now
    WHERE order_no = :order_no AND line_id = :line_id AND key = :key AND arrived_at IS NULL RETURNING id, amount_fen
""")
_KNOWN = text("SELECT 1 FROM line_refund WHERE order_no = :order_no AND line_id = :line_id AND key = :key")
_OF_KEY = text("SELECT line_id FROM line_refund WHERE order_no = :order_no AND key = :key ORDER BY id")
_GATHERED = text("""
    SELECT compensates, sum(amount_fen) AS amount_fen, min(asked_at) AS since, min(reason) AS reason
    FROM line_refund WHERE order_no = :order_no AND key IS NULL GROUP BY compensates ORDER BY compensates
""")
_TOGETHER = text("SELECT count(DISTINCT key) FROM line_refund WHERE order_no = :order_no AND key LIKE 'lines:%'")
_STILL_OPEN = text("""
    SELECT EXISTS (SELECT 1 FROM order_line
                   WHERE order_no = :order_no AND state IN ('waiting', 'delivering', 'attention'))
""")
_NAME = text("""
    UPDATE line_refund SET key = :key WHERE order_no = :order_no AND key IS NULL AND compensates = :compensates
""")
GATHERED_FOR = timedelta(minutes=10)
"""Refunds that are asked for together wait so long for each other while the order goes on; twice as long each time."""
_UNDER_WAY = text("SELECT count(*) FROM line_refund WHERE line_id = :line_id AND arrived_at IS NULL")
_LATEST = text("""
    SELECT id, key, n, amount_fen, reason, compensates FROM line_refund WHERE line_id = :line_id
    ORDER BY n DESC LIMIT 1
""")
_BY_ID = text("""
    SELECT id, line_id, n, key, reason, goodwill,
           CASE WHEN key LIKE 'lines:%' AND arrived_at IS NOT NULL
                THEN (SELECT CAST(sum(amount_fen) AS bigint) FROM line_refund o
                      WHERE o.order_no = r.order_no AND o.key = r.key)
                ELSE amount_fen END AS amount_fen
    FROM line_refund r WHERE id = :id
""")
_TAKEN_BACK = text("""
    SELECT amount_fen FROM line_refund WHERE line_id = :line_id AND NOT goodwill ORDER BY n DESC LIMIT 1
""")
REASON_MAX = 80
"""Of a reason as WeChat shows it."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """What deciding about a line needs. Read it under the order's lock."""

    id: int
    order_no: str
    openid: str
    state: LineState
    total_fen: int
    refund_fen: int
    refunded_at: datetime | None
    note: str
    delivery: str
    goodwill_fen: int = 0

    @property
    def left_fen(self) -> int:
        """What of its price can still go back."""
        return self.total_fen - self.refund_fen

    @property
    def taken_back_fen(self) -> int:
        """What went back, or is on its way, because it was not delivered: such a line is settled, or a person's."""
        return self.refund_fen - self.goodwill_fen


@dataclass(frozen=True, slots=True)
class LineRefund:
    """One decision to give money of a line back."""

    line_id: int
    n: int
    amount_fen: int
    reason: str
    goodwill: bool
    key: str = ""
    """What it is asked for under at payments."""


def locked_line(conn: Connection, line_id: int) -> LineRow:
    """Lock the line's order and read the line. Raises UnknownOrderError."""
    row = conn.execute(_LINE, {"line_id": line_id}).one_or_none()
    if row is None:
        raise UnknownOrderError(f"line {line_id}")
    lock_order(conn, row.order_no)
    row = conn.execute(_LINE, {"line_id": line_id}).one()  # again: the lock may have waited for a change
    return line_of(row._mapping)


def line_of(row: RowMapping) -> LineRow:
    """A row of order_line with its buyer."""
    known = {name.name: row[name.name] for name in fields(LineRow)}
    return LineRow(**{**known, "state": LineState(row["state"])})


@dataclass(frozen=True, slots=True)
class WantedBack:
    """What was decided about each line, by its id; those at once are on their way, with so much of each."""

    ways: Mapping[int, RefundWay]
    work: Work = NOTHING_TO_DO
    back_fen: Mapping[int, int] = field(default_factory=dict)


def leave_unbought(conn: Connection, line: LineRow, now: datetime, *, reason: str) -> bool:
    """Buy nothing for a top-up that no supplier was asked for yet: its own is paused, say. False: it is none, or
    somebody was asked. The order's lock must be held."""
    if line.delivery != Delivery.TOPUP or line.state is not LineState.DELIVERING:
        return False
    if conn.execute(_ASKED, {"line_id": line.id}).scalar_one():
        return False
    conn.execute(_NOT_BOUGHT, {"line_id": line.id, "reason": reason, "now": now})
    return True


def take_back(
    conn: Connection,
    order_no: str,
    openid: str,
    now: datetime,
    *,
    only: int | None = None,
    units: int | None = None,
) -> WantedBack | None:
    """Give back at once what of a paid order nobody has begun to deliver. None: not his order, or not paid.

    `only`: this line of it; `units`: so many of that line, where it is not begun and has more. They become a line of
    their own; where that cannot be, a person decides.

    Safe to repeat: what is on its way is said to be. A top-up that the supplier has been asked for waits for his
    answer; what was delivered or is in somebody's hands is for a person.
    """
    if conn.execute(_OWNER, {"order_no": order_no}).scalar_one_or_none() != openid:
        return None
    if lock_order(conn, order_no) not in (OrderState.PAID, OrderState.DELIVERED, OrderState.REFUNDED):
        return None
    if only is not None and units is not None:
        apart = split(conn, order_no, only, units, now, actor="buyer")
        if apart is None:
            return WantedBack({only: RefundWay.PERSON})
        only = apart
    ways: dict[int, RefundWay] = {}
    back_fen: dict[int, int] = {}
    work = NOTHING_TO_DO
    for row in conn.execute(_LINES, {"order_no": order_no}).all():
        line = line_of(row._mapping)
        if only is not None and line.id != only:
            continue
        by_hand = line.delivery in (Delivery.SERVICE, Delivery.PARCEL)
        ways[line.id] = refund_way(line.state, supplier_asked=row.supplier_asked, by_hand=by_hand)
        if ways[line.id] is RefundWay.AT_ONCE:
            back_fen[line.id] = line.left_fen
            conn.execute(_NOT_BOUGHT, {"line_id": line.id, "reason": _WANTED_BACK, "now": now})
            work += send_back(
                conn, line, line.left_fen, now, kind=None, reason=_WANTED_BACK, note=_WANTED_BACK, actor="buyer"
            )
            if line.delivery == Delivery.CARD:
                stock.release_some(conn, order_no, row.sku_code, row.quantity)
    holds.withdraw_empty(conn, order_no, now, actor="buyer")
    return WantedBack(ways, work, back_fen)


def send_back(
    conn: Connection,
    line: LineRow,
    amount_fen: int,
    now: datetime,
    *,
    kind: PushKind | None,
    reason: str,
    note: str,
    cause: str = "",
    actor: str = "system",
) -> Work:
    """Begin to give back `amount_fen` of a line and tell the buyer (without a `kind` he was told already); the order's
    lock must be held.

    `reason` goes to WeChat and `note` to the order page; `cause` stays in the history. Never more than is left of the
    line: a part may have gone back before. A share of nothing (a fen cannot be split) is settled at once.
    """
    amount_fen = min(amount_fen, line.left_fen)
    moved = move_line(
        conn,
        line.id,
        line.state,
        LineState.REFUNDING,
        now,
        cause=cause or reason,
        actor=actor,
        note=note,
        refund_fen=amount_fen,
        reason=reason[:REASON_MAX],
    )
    if not moved:
        return NOTHING_TO_DO
    if amount_fen == 0:
        work = pushed(conn, kind, line, now) if kind is not None else NOTHING_TO_DO
        move_line(conn, line.id, LineState.REFUNDING, LineState.DELIVERED, now, cause="nothing to give back")
        return work
    return _due(conn, kind, line, now)


def give_part(
    conn: Connection,
    line: LineRow,
    amount_fen: int,
    now: datetime,
    *,
    kind: PushKind | None,
    reason: str,
    actor: str,
    compensates: bool = False,
) -> Work:
    """Begin to give `amount_fen` of a line back though it was delivered or shall be, and leave it in its state; the
    order's lock must be held, and `amount_fen` be no more than what is left. `compensates`: for coming late."""
    cause = f"{'compensation' if compensates else 'part refund'} {format_yuan(amount_fen)}: {reason}"
    given = give_of_line(
        conn,
        line.id,
        line.state,
        amount_fen,
        now,
        cause=cause,
        actor=actor,
        reason=reason[:REASON_MAX],
        compensates=compensates,
    )
    return _due(conn, kind, line, now) if given else NOTHING_TO_DO


def _due(conn: Connection, kind: PushKind | None, line: LineRow, now: datetime) -> Work:
    """What follows from the refund of the line that was just written down."""
    back = conn.execute(_LATEST, {"line_id": line.id}).one()
    dues: tuple[RefundDue, ...] = ()
    if back.key is not None:
        order_no = OrderNo(line.order_no)
        dues = (RefundDue(order_no, line.id, Fen(back.amount_fen), back.reason, back.key, back.compensates),)
    if kind is PushKind.PART_REFUND or (kind is not None and back.n > 1):
        push_id = pushing.ask(conn, PushKind.PART_REFUND, line.openid, line.order_no, now, about_id=back.id)
        return Work(push_ids=(push_id,) if push_id is not None else (), refunds=dues)
    work = pushed(conn, kind, line, now) if kind is not None else NOTHING_TO_DO
    return work + Work(refunds=dues)


def pushed(conn: Connection, kind: PushKind, line: LineRow, now: datetime) -> Work:
    """Ask for a message about a line."""
    push_id = pushing.ask(conn, kind, line.openid, line.order_no, now, line_id=line.id)
    return Work(push_ids=(push_id,)) if push_id is not None else NOTHING_TO_DO


def refund_settled(conn: Connection, line_id: int, now: datetime, *, key: str = "", told: bool = False) -> Work:
    """Record that a refund of the line (`key`, else its first) has reached the buyer and tell him, unless he is
    `told` already. Safe to repeat.

    When all of its money is there, a line that was being given back is settled: refunded when that was its whole
    price, else delivered. One that was delivered, or meanwhile waits for a person, stays what it is. Raises ValueError
    when the line has no such refund.
    """
    line = locked_line(conn, line_id)
    which = {"order_no": line.order_no, "line_id": line_id, "key": key or f"line:{line_id}"}
    arrived = conn.execute(_SETTLE, {**which, "now": now}).one_or_none()
    if arrived is None:
        if conn.execute(_KNOWN, which).first() is None:
            raise ValueError(f"line {line_id} has no refund under way")
        return NOTHING_TO_DO
    if not conn.execute(_UNDER_WAY, {"line_id": line.id}).scalar_one():
        _all_arrived(conn, line, now, cause=f"refunded {format_yuan(arrived.amount_fen)}")
    if told:
        return NOTHING_TO_DO
    push_id = pushing.ask(conn, PushKind.REFUNDED, line.openid, line.order_no, now, about_id=arrived.id)
    return Work(push_ids=(push_id,) if push_id is not None else ())


def together_settled(conn: Connection, order_no: str, now: datetime, *, key: str) -> Work:
    """Record that the refund of several lines together has reached the buyer, and tell him once. Safe to repeat."""
    lock_order(conn, order_no)
    work = NOTHING_TO_DO
    for line_id in conn.execute(_OF_KEY, {"order_no": order_no, "key": key}).scalars().all():
        work += refund_settled(conn, line_id, now, key=key, told=bool(work.push_ids))
    return work


def ask_together(conn: Connection, order_no: str, now: datetime) -> Work:
    """Ask for the refunds that wait for each other, when no line of the order is open or they have waited long enough.
    Safe to repeat."""
    lock_order(conn, order_no)
    so_far = int(conn.execute(_TOGETHER, {"order_no": order_no}).scalar_one())
    goes_on = conn.execute(_STILL_OPEN, {"order_no": order_no}).scalar_one()
    dues: tuple[RefundDue, ...] = ()
    for row in conn.execute(_GATHERED, {"order_no": order_no}).all():
        if goes_on and now - row.since < GATHERED_FOR * 2**so_far:
            continue
        so_far += 1
        key = f"lines:{so_far}"
        conn.execute(_NAME, {"order_no": order_no, "key": key, "compensates": row.compensates})
        dues += (RefundDue(OrderNo(order_no), None, Fen(int(row.amount_fen)), row.reason, key, row.compensates),)
    return Work(refunds=dues)


def _all_arrived(conn: Connection, line: LineRow, now: datetime, *, cause: str) -> None:
    if line.state is not LineState.REFUNDING:
        conn.execute(_ARRIVED, {"line_id": line.id, "now": now})
        return
    after = LineState.REFUNDED if line.left_fen == 0 else LineState.DELIVERED
    move_line(conn, line.id, line.state, after, now, cause=cause, refunded=True)
    follow_lines(conn, line.order_no, now, cause=cause)


def by_id(conn: Connection, number: int) -> LineRefund | None:
    """The refund of a line in this row."""
    row = conn.execute(_BY_ID, {"id": number}).one_or_none()
    if row is None:
        return None
    return LineRefund(row.line_id, row.n, row.amount_fen, row.reason, row.goodwill, row.key)


def taken_back_fen(conn: Connection, line_id: int) -> int:
    """What went back of a line, or is on its way, because it could not be delivered; 0 when nothing is."""
    return conn.execute(_TAKEN_BACK, {"line_id": line_id}).scalar_one_or_none() or 0
