"""What the pages read: the day's figures, orders found and shown with all that happened to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from fulfillment import hands
from kernel.money import Fen
from kernel.orders import LineState

PAGE = 30

_DAY = text("""
    SELECT (SELECT count(*) FROM orders WHERE created_at >= :begin AND created_at < :end) AS placed,
           (SELECT count(*) FROM payment WHERE settles AND paid_at >= :begin AND paid_at < :end) AS paid,
           (SELECT coalesce(sum(total_fen), 0) FROM payment
            WHERE settles AND paid_at >= :begin AND paid_at < :end) AS received_fen,
           (SELECT coalesce(sum(amount_fen), 0) FROM refund
            WHERE accepted_at >= :begin AND accepted_at < :end AND state <> 'closed') AS refunded_fen
""")
_BY_DAY = text("""
    SELECT CAST(paid_at AT TIME ZONE :zone AS date) AS day, sum(total_fen) AS fen FROM payment
    WHERE settles AND paid_at >= :begin AND paid_at < :end GROUP BY 1
""")
_LINES = text("""
    SELECT l.id, product_name, sku_label, quantity, total_fen, refund_fen, state, l.delivery, l.note, l.fields,
           choice_labels, p.fields AS asked
    FROM order_line l LEFT JOIN product p ON p.id = l.product_id WHERE order_no = :order_no ORDER BY l.position
""")
_ORDER = text("""
    SELECT order_no, openid, state, total_fen, created_at, expires_at, paid_at FROM orders WHERE order_no = :order_no
""")
_LINE_NOW = text("SELECT order_no, state, refund_fen FROM order_line WHERE id = :id")
_CASE_NOW = text("SELECT order_no, state FROM support_case WHERE id = :id")
_CASE_AMOUNTS = text("""
    SELECT c.id, sum(l.total_fen) FILTER (WHERE l.refund_fen = 0) AS fen
    FROM support_case c JOIN order_line l ON l.order_no = c.order_no AND (c.line_id IS NULL OR l.id = c.line_id)
    WHERE c.id = ANY(:ids) GROUP BY c.id
""")
# Everything that happened to an order, whichever table it stands in.
_STORY = text("""
    SELECT at, part, what, detail, line_id, who FROM (
        SELECT at, 'order' AS part, to_state AS what, cause AS detail, line_id, actor AS who, id
        FROM order_event WHERE order_no = :no
        UNION ALL SELECT created_at, 'payment', 'creating', trade_type, NULL, '', id FROM payment WHERE order_no = :no
        UNION ALL SELECT paid_at, 'payment', 'paid', out_trade_no, NULL, '', id
        FROM payment WHERE order_no = :no AND paid_at IS NOT NULL
        UNION ALL SELECT created_at, 'refund', 'created', out_refund_no || ' ¥' || round(amount_fen / 100.0, 2),
            line_id, '', id FROM refund WHERE order_no = :no
        UNION ALL SELECT coalesce(settled_at, next_try_at, accepted_at, created_at), 'refund', state,
            coalesce(problem, ''), line_id, '', id FROM refund WHERE order_no = :no AND state <> 'created'
        UNION ALL SELECT created_at, 'supplier', 'created', supplier || ' ' || supplier_order_no, line_id, '', id
        FROM supplier_order WHERE order_no = :no
        UNION ALL SELECT coalesce(settled_at, sent_at), 'supplier', state, supplier || ' ' || reason, line_id, '', id
        FROM supplier_order WHERE order_no = :no AND coalesce(settled_at, sent_at) IS NOT NULL
        UNION ALL SELECT coalesce(sent_at, created_at), 'push', state,
            kind, line_id, coalesce(CAST(errcode AS text), via), id FROM push WHERE order_no = :no
        UNION ALL SELECT e.at, 'case', e.what, 'S' || lpad(CAST(c.id AS text), 5, '0') || ' ' || e.words, c.line_id,
            e.actor, e.id
        FROM case_event e JOIN support_case c ON c.id = e.case_id WHERE c.order_no = :no
    ) story ORDER BY at, part, id LIMIT 500
""")


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What happened on one day of the shop's wall calendar."""

    placed: int
    paid: int
    received_fen: int
    refunded_fen: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What orders are looked for; empty parts ask for nothing."""

    words: str = ""
    """An order's number, an openid, or what a buyer gave: an account, whole."""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    of: str = ""
    """The number of an order: all of its buyer's. (An openid belongs into no address.)"""
    after: tuple[datetime, str] | None = None
    """The last order of the page before."""


@dataclass(frozen=True, slots=True)
class Found:
    """One order in the list."""

    order_no: str
    state: str
    total_fen: int
    created_at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class LineDetail:
    """One line of the order shown."""

    id: int
    name: str
    quantity: int
    total_fen: Fen
    refund_fen: Fen
    state: LineState
    delivery: str
    note: str
    given: Mapping[str, str]

    @property
    def can_be_done(self) -> bool:
        """It is in a person's hands (the same rule as fulfillment/byhand.py, which decides)."""
        by_hand = self.delivery in ("service", "parcel") and self.state is LineState.DELIVERING
        return by_hand or self.state is LineState.ATTENTION

    @property
    def can_go_back(self) -> bool:
        """It is in a person's hands or delivered, and nothing of it has gone back."""
        return self.refund_fen == 0 and (self.can_be_done or self.state is LineState.DELIVERED)


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """The order shown."""

    order_no: str
    openid: str
    state: str
    total_fen: int
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    lines: tuple[LineDetail, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to an order. `part`: order, payment, refund, supplier, push or case."""

    at: datetime
    part: str
    what: str
    detail: str
    line_id: int | None
    who: str


def day_span(of: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day of the wall calendar begins and ends."""
    begin = datetime(of.year, of.month, of.day, tzinfo=zone)
    following = of + timedelta(days=1)
    return begin, datetime(following.year, following.month, following.day, tzinfo=zone)


def day_figures(conn: Connection, of: date, zone: ZoneInfo) -> DayFigures:
    """Sum a day up."""
    begin, end = day_span(of, zone)
    row = conn.execute(_DAY, {"begin": begin, "end": end}).one()
    return DayFigures(row.placed, row.paid, int(row.received_fen), int(row.refunded_fen))


def received_by_day(conn: Connection, last: date, zone: ZoneInfo, days: int = 7) -> tuple[tuple[date, int], ...]:
    """What was paid on each of the last days, in fen, oldest first."""
    wanted = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    span = {"begin": day_span(wanted[0], zone)[0], "end": day_span(last, zone)[1], "zone": zone.key}
    found = {row.day: int(row.fen) for row in conn.execute(_BY_DAY, span)}
    return tuple((day, found.get(day, 0)) for day in wanted)


def find(conn: Connection, wanted: Wanted) -> tuple[Found, ...]:
    """List orders, the latest first: one more than a page, when there are more."""
    conditions = ["true"]
    values: dict[str, object] = {}
    if wanted.words:
        # Each part by an index of its own; as one condition with OR it would read every order.
        conditions.append("""o.order_no IN (
            SELECT order_no FROM orders WHERE order_no = :words
            UNION ALL SELECT order_no FROM orders WHERE openid = :words
            UNION ALL SELECT order_no FROM order_line
            WHERE jsonb_path_query_array(fields, '$.*') @> to_jsonb(CAST(:words AS text)))""")
        values["words"] = wanted.words
    for name, condition, value in (
        ("state", "o.state = :state", wanted.state),
        ("of", "o.openid = (SELECT openid FROM orders WHERE order_no = :of)", wanted.of),
        ("since", "o.created_at >= :since", wanted.since),
        ("until", "o.created_at < :until", wanted.until),
    ):
        if value:
            conditions.append(condition)
            values[name] = value
    if wanted.after is not None:
        conditions.append("(o.created_at, o.order_no) < (:at, :no)")
        values |= {"at": wanted.after[0], "no": wanted.after[1]}
    # Only the constants above come into the statement, never a value.
    statement = f"""
        SELECT o.order_no, o.state, o.total_fen, o.created_at,
               (SELECT string_agg(product_name || ' ' || sku_label || ' ×' || quantity, '；' ORDER BY position)
                FROM (SELECT * FROM order_line l WHERE l.order_no = o.order_no ORDER BY position LIMIT 3) l) AS what
        FROM orders o WHERE {" AND ".join(conditions)}
        ORDER BY o.created_at DESC, o.order_no DESC LIMIT {PAGE + 1}
    """  # noqa: S608
    return tuple(Found(*row) for row in conn.execute(text(statement), values))


def order(conn: Connection, order_no: str) -> OrderDetail | None:
    """The order of this number with its lines."""
    row = conn.execute(_ORDER, {"order_no": order_no}).one_or_none()
    if row is None:
        return None
    lines = tuple(
        LineDetail(
            id=line.id,
            name=f"{line.product_name} {line.sku_label}",
            quantity=line.quantity,
            total_fen=Fen(line.total_fen),
            refund_fen=Fen(line.refund_fen),
            state=LineState(line.state),
            delivery=line.delivery,
            note=line.note,
            given=hands.in_words(line.fields, line.choice_labels, line.asked),
        )
        for line in conn.execute(_LINES, {"order_no": order_no})
    )
    return OrderDetail(
        order_no=row.order_no,
        openid=row.openid,
        state=row.state,
        total_fen=row.total_fen,
        created_at=row.created_at,
        expires_at=row.expires_at,
        paid_at=row.paid_at,
        lines=lines,
    )


def story(conn: Connection, order_no: str) -> tuple[Happened, ...]:
    """Everything that happened to an order, oldest first."""
    return tuple(Happened(*row) for row in conn.execute(_STORY, {"no": order_no}))


def line_now(conn: Connection, line_id: int) -> dict[str, object] | None:
    """How a line stands, for the record of what was done to it."""
    row = conn.execute(_LINE_NOW, {"id": line_id}).one_or_none()
    return {"order": row.order_no, "state": row.state, "refund_fen": row.refund_fen} if row is not None else None


def case_now(conn: Connection, case_id: int) -> dict[str, object] | None:
    """How a case stands, for the record of what was done to it."""
    row = conn.execute(_CASE_NOW, {"id": case_id}).one_or_none()
    return {"order": row.order_no, "state": row.state} if row is not None else None


def case_amounts(conn: Connection, case_ids: list[int]) -> dict[int, int]:
    """What refunding each case would give back at most, in fen."""
    return {row.id: int(row.fen or 0) for row in conn.execute(_CASE_AMOUNTS, {"ids": case_ids})}
