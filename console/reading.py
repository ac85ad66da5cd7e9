"""What the pages read of orders: found, counted out, and shown with all that happened to them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from fulfillment import hands
from kernel.money import Fen
from kernel.orders import LineState

PAGE = 30
_NUMBER = re.compile(r"[+kK]?[\d\s()-]{4,40}", re.ASCII)
_COUNTRY = re.compile(r"^(\+|00)?86(?=1\d{10}$)", re.ASCII)

_LINES = text("""
    SELECT l.id, product_name, sku_label, quantity, total_fen, refund_fen, state, l.delivery, l.note, l.fields,
           choice_labels, p.fields AS asked, l.delivery = 'topup' AND state = 'delivering' AND NOT EXISTS (
               SELECT 1 FROM supplier_order s WHERE s.line_id = l.id AND s.sends > 0) AS is_unsent
    FROM order_line l LEFT JOIN product p ON p.id = l.product_id WHERE order_no = :order_no ORDER BY l.position
""")
_ORDER = text("""
    SELECT order_no, openid, state, total_fen, created_at, expires_at, paid_at FROM orders WHERE order_no = :order_no
""")
_LINE_NOW = text("SELECT order_no, state, refund_fen FROM order_line WHERE id = :id")
_CASE_NOW = text("SELECT order_no, state FROM support_case WHERE id = :id")
_CASE_AMOUNTS = text("""
    SELECT c.id, sum(l.total_fen - l.refund_fen) FILTER (WHERE l.refund_fen = l.goodwill_fen) AS fen
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
# As the tables have it, but for what opens something (prepay_id, code_url) and who he is.
_PAPERS = text("""
    SELECT 'payment' AS kind, out_trade_no AS number, created_at AS at,
           jsonb_strip_nulls(to_jsonb(t))
               - CAST('{id,order_no,out_trade_no,prepay_id,code_url,payer_openid}' AS text[]) AS told
    FROM payment t WHERE order_no = :no
    UNION ALL SELECT 'notice', id, received_at, jsonb_build_object('kind', kind, 'out_trade_no', out_trade_no)
    FROM pay_notice WHERE out_trade_no IN (SELECT out_trade_no FROM payment WHERE order_no = :no)
    UNION ALL SELECT 'refund', out_refund_no, created_at,
           jsonb_strip_nulls(to_jsonb(t)) - CAST('{id,order_no,out_refund_no}' AS text[])
    FROM refund t WHERE order_no = :no
    UNION ALL SELECT 'supplier', supplier_order_no, created_at,
           jsonb_strip_nulls(to_jsonb(t)) - CAST('{id,order_no,supplier_order_no}' AS text[])
    FROM supplier_order t WHERE order_no = :no
    UNION ALL SELECT 'push', CAST(id AS text), created_at,
           jsonb_strip_nulls(to_jsonb(t)) - CAST('{id,order_no,openid,reply_key,dedupe_key}' AS text[])
    FROM push t WHERE order_no = :no
    ORDER BY 3, 1, 2 LIMIT 300
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What orders are looked for; empty parts ask for nothing."""

    words: str = ""
    """A number (the order's, WeChat Pay's, a refund's, a purchase's), an openid, or what a buyer gave: an account,
    whole."""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    of: str = ""
    """The number of an order: all of its buyer's. (An openid belongs into no address.)"""
    numbers: Sequence[str] | None = None
    """Only these orders."""
    after: tuple[datetime, str] | None = None
    """The last order of the page before."""


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One line of one order, as a file tells it."""

    order_no: str
    openid: str
    state: str
    created_at: datetime
    paid_at: datetime | None
    product_name: str
    sku_label: str
    quantity: int
    account: str
    total_fen: int
    refund_fen: int
    line_state: str
    supplier: str
    cost_fen: int | None
    transaction_id: str | None


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
    is_unsent: bool
    """A top-up that no supplier was asked for yet."""

    @property
    def can_be_done(self) -> bool:
        """It is in a person's hands (the same rule as fulfillment/byhand.py, which decides)."""
        by_hand = self.delivery in ("service", "parcel") and self.state is LineState.DELIVERING
        return by_hand or self.state is LineState.ATTENTION

    @property
    def rest_fen(self) -> Fen:
        """What has not gone back of it."""
        return Fen(self.total_fen - self.refund_fen)

    @property
    def some_can_go_back(self) -> bool:
        """A part can be given back: of what is in a person's hands or delivered."""
        return self.rest_fen > 0 and (self.can_be_done or self.state is LineState.DELIVERED)

    @property
    def can_go_back(self) -> bool:
        """It is in a person's hands, delivered, or not asked for yet, and nothing of it has gone back."""
        return self.refund_fen == 0 and (self.can_be_done or self.state is LineState.DELIVERED or self.is_unsent)


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
class Paper:
    """One number at WeChat Pay or a supplier, with everything that is kept of what was asked and said of it."""

    kind: str
    """payment, refund, notice, supplier or push."""
    number: str
    at: datetime
    told: Mapping[str, Any]


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


def compact(words: str) -> str:
    """A number as it is kept, of one as people paste it: 139-1234 5678, ＋８６ 139… Other words as they are. Pure."""
    plain = unicodedata.normalize("NFKC", words)
    if not _NUMBER.fullmatch(plain):
        return words
    return _COUNTRY.sub("", re.sub(r"[\s()-]", "", plain))


def _conditions(wanted: Wanted) -> tuple[str, dict[str, object]]:
    """The condition on `orders o`, made of constants alone, and its values."""
    conditions = ["true"]
    values: dict[str, object] = {}
    if wanted.words:
        # Each part by an index of its own; as one condition with OR it would read every order.
        conditions.append("""o.order_no IN (
            SELECT order_no FROM orders WHERE order_no IN (:words, upper(:compact))
            UNION ALL SELECT order_no FROM orders WHERE openid = :words
            UNION ALL SELECT order_no FROM payment WHERE transaction_id = :words
            UNION ALL SELECT order_no FROM payment WHERE out_trade_no = :words
            UNION ALL SELECT order_no FROM refund WHERE out_refund_no = :words
            UNION ALL SELECT order_no FROM supplier_order WHERE supplier_order_no = :words
            UNION ALL SELECT order_no FROM order_line
            WHERE jsonb_path_query_array(fields, '$.*') @> to_jsonb(CAST(:words AS text))
            UNION ALL SELECT order_no FROM order_line WHERE :compact <> :words
                AND jsonb_path_query_array(fields, '$.*') @> to_jsonb(CAST(:compact AS text)))""")
        values["words"], values["compact"] = wanted.words, compact(wanted.words)
    for name, condition, value in (
        ("state", "o.state = :state", wanted.state),
        ("of", "o.openid = (SELECT openid FROM orders WHERE order_no = :of)", wanted.of),
        ("since", "o.created_at >= :since", wanted.since),
        ("until", "o.created_at < :until", wanted.until),
    ):
        if value:
            conditions.append(condition)
            values[name] = value
    if wanted.numbers is not None:
        conditions.append("o.order_no = ANY(:numbers)")
        values["numbers"] = list(wanted.numbers)
    if wanted.after is not None:
        conditions.append("(o.created_at, o.order_no) < (:at, :no)")
        values |= {"at": wanted.after[0], "no": wanted.after[1]}
    return " AND ".join(conditions), values


def find(conn: Connection, wanted: Wanted) -> tuple[Found, ...]:
    """List orders, the latest first: one more than a page, when there are more."""
    condition, values = _conditions(wanted)
    # Only constants come into the statement, never a value.
    statement = f"""
        SELECT o.order_no, o.state, o.total_fen, o.created_at,
               (SELECT string_agg(product_name || ' ' || sku_label || ' ×' || quantity, '；' ORDER BY position)
                FROM (SELECT * FROM order_line l WHERE l.order_no = o.order_no ORDER BY position LIMIT 3) l) AS what
        FROM orders o WHERE {condition}
        ORDER BY o.created_at DESC, o.order_no DESC LIMIT {PAGE + 1}
    """  # noqa: S608
    return tuple(Found(*row) for row in conn.execute(text(statement), values))


def count_lines(conn: Connection, wanted: Wanted, most: int) -> int:
    """Count the lines of the orders that are looked for, up to `most`."""
    condition, values = _conditions(wanted)
    statement = f"""
        SELECT count(*) FROM (SELECT 1 FROM orders o JOIN order_line l USING (order_no) WHERE {condition} LIMIT :most) n
    """  # noqa: S608
    return int(conn.execute(text(statement), {**values, "most": most}).scalar_one())


def export_lines(conn: Connection, wanted: Wanted, most: int) -> Iterator[ExportLine]:
    """Read the lines of the orders that are looked for, the latest first, a few hundred at a time."""
    condition, values = _conditions(wanted)
    statement = f"""
        SELECT o.order_no, o.openid, o.state, o.created_at, o.paid_at, l.product_name, l.sku_label, l.quantity,
               coalesce(l.fields ->> l.account_field, '') AS account, l.total_fen, l.refund_fen, l.state AS line_state,
               l.supplier, l.cost_fen * l.quantity * CASE WHEN l.any_value THEN coalesce(l.value, 1) ELSE 1 END,
               (SELECT transaction_id FROM payment p WHERE p.order_no = o.order_no AND p.settles)
        FROM orders o JOIN order_line l USING (order_no) WHERE {condition}
        ORDER BY o.created_at DESC, o.order_no DESC, l.position LIMIT :most
    """  # noqa: S608
    found = conn.execution_options(yield_per=500).execute(text(statement), {**values, "most": most})
    return (ExportLine(*row) for row in found)


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
            is_unsent=line.is_unsent,
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


def papers(conn: Connection, order_no: str) -> tuple[Paper, ...]:
    """What WeChat Pay and suppliers were asked and said about an order, number by number, oldest first."""
    return tuple(Paper(*row) for row in conn.execute(_PAPERS, {"no": order_no}))


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
