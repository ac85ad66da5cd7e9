"""Top-ups at a supplier: claim, call outside any transaction, record; UNKNOWN is settled by query alone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import Connection, RowMapping, text

from fulfillment.moves import lock_order, move_line
from fulfillment.pushing import PushKind
from fulfillment.refunding import LineRow, locked_line, send_back
from fulfillment.results import FAILED_NOTE, move, settle
from fulfillment.sourcing import NobodyLeft, Purchase, buy_unit, divert, goods_of
from fulfillment.states import SupplierState
from fulfillment.suppliers.choosing import ANY_MARKET, Market
from fulfillment.suppliers.policy import QUERY_LEASE, SEND_LEASE, Missing, next_query_at, on_no_such_order
from fulfillment.suppliers.port import (
    Accepted,
    Failed,
    NoSuchOrder,
    OrderAnswer,
    Processing,
    QueryAnswer,
    Rejected,
    Success,
    TopupRequest,
    Unknown,
)
from fulfillment.work import NOTHING_TO_DO, Query, Work
from kernel.orders import LineState

_NAMED = text("UPDATE order_line SET supplier = :supplier WHERE id = :line_id AND supplier = ''")
_SENDABLE = text("""
    SELECT s.id, s.order_no, s.line_id, s.unit, s.supplier, s.product_code, s.supplier_order_no, s.buy_num, s.state,
           s.sends, l.state AS line_state, l.value, l.any_value, l.fields, l.choice_labels, l.account_field
    FROM supplier_order s JOIN order_line l ON l.id = s.line_id WHERE s.id = :id
""")
_CLAIM_SEND = text("""
    UPDATE supplier_order SET state = 'sent', sends = sends + 1, sent_at = :now,
        first_sent_at = coalesce(first_sent_at, :now), next_query_at = :lease_until
    WHERE id = :id AND state = 'created'
""")
_CLAIM_QUERY = text("""
    UPDATE supplier_order SET queries = queries + 1, next_query_at = :lease_until
    WHERE id = :id AND sends > 0 AND state <> 'success' AND next_query_at <= :now
    RETURNING id, supplier, supplier_order_no
""")
_WAIT = text("UPDATE supplier_order SET next_query_at = :later WHERE id = :id AND state = 'created'")
_LEFT = text("""
    UPDATE supplier_order SET next_query_at = :now
    WHERE id = :id AND state = 'sent' AND sent_at < :before RETURNING id
""")
_HINT = text("""
    UPDATE supplier_order SET next_query_at = :now
    WHERE supplier = :supplier AND supplier_order_no = :supplier_order_no AND sends > 0 AND state <> 'success'
        AND changed_mind_at IS NULL
    RETURNING id
""")
_READ = text("""
    SELECT id, order_no, line_id, unit, buy_num, state, rejected, sends, first_sent_at, sent_at, changed_mind_at
    FROM supplier_order WHERE id = :id
""")
_DUE = text("""
    SELECT s.id, s.state = 'created' AND l.state = 'delivering' AS to_send
    FROM supplier_order s JOIN order_line l ON l.id = s.line_id
    WHERE s.next_query_at <= :now AND (s.state <> 'created' OR s.sends > 0 OR l.state = 'delivering')
    ORDER BY s.next_query_at LIMIT :limit
""")

_PERSON_NOTE = "充值结果待人工核实"


LOOK_AGAIN = timedelta(minutes=10)
"""So long after it was left alone, a purchase that waits for a paused supplier is looked at again; the end of a pause
wakes it at once."""
DEAD_AFTER = timedelta(seconds=5)
"""Younger than this, a sending that is asked for again may still be under way in the first worker."""


@dataclass(frozen=True, slots=True)
class ToSend:
    """Claimed for sending: call `order` of that supplier now, then `record_sent`."""

    id: int
    supplier: str
    sends: int
    """How often it has been sent, this time counted."""
    request: TopupRequest = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToQuery:
    """Claimed for a query: call `query` of that supplier now, then `record_query`."""

    id: int
    supplier: str
    supplier_order_no: str


def buy(
    conn: Connection, line: LineRow, row: RowMapping, supplier: str, now: datetime, market: Market = ANY_MARKET
) -> Work:
    """Write down the purchases of a top-up line: one per unit, or a single one for a SKU sold in any number.

    `supplier` is for a line that names none, and becomes its name for good. Where nobody may be asked for it, the
    line is given back.
    """
    if supplier:
        conn.execute(_NAMED, {"line_id": line.id, "supplier": supplier})
    units = [(row["value"] or 1) * row["quantity"]] if row["any_value"] else [1] * row["quantity"]
    goods = goods_of(conn, line.id)
    bought = [buy_unit(conn, goods, unit, buy_num, now, market) for unit, buy_num in enumerate(units)]
    purchases = [one for one in bought if isinstance(one, Purchase)]
    if not purchases:
        why = next((one.why for one in bought if isinstance(one, NobodyLeft)), "")
        return refuse(conn, line, now, cause=f"nobody to buy from: {why}" if why else "no supplier is configured")
    named = ", ".join(sorted({one.supplier for one in purchases}))
    move_line(conn, line.id, line.state, LineState.DELIVERING, now, cause=f"{len(units)} at supplier {named}")
    return Work(send_ids=tuple(one.id for one in purchases))


def refuse(conn: Connection, line: LineRow, now: datetime, *, cause: str) -> Work:
    """Give a top-up line back that nobody can even be asked for."""
    return send_back(
        conn,
        line,
        line.total_fen,
        now,
        kind=PushKind.TOPUP_FAILED,
        reason=FAILED_NOTE,
        note=FAILED_NOTE,
        cause=cause,
    )


def due(conn: Connection, now: datetime, limit: int = 200) -> Work:
    """List purchases to send and to query now: the sweep behind the jobs."""
    rows = conn.execute(_DUE, {"now": now, "limit": limit}).all()
    return Work(
        send_ids=tuple(row.id for row in rows if row.to_send),
        queries=tuple(Query(row.id, now) for row in rows if not row.to_send),
    )


def claim_send(conn: Connection, supplier_order_id: int, now: datetime, market: Market = ANY_MARKET) -> ToSend | None:
    """Take a written-down purchase to send it; None when that is done or must not be. Commit before calling.

    One that nobody was asked for yet goes to another supplier where its own is silent or paused. To a paused one
    nothing goes out: where there is no other it waits, and one that was to be sent again is asked about instead.
    """
    row = conn.execute(_SENDABLE, {"id": supplier_order_id}).mappings().one_or_none()
    if row is None:
        return None
    lock_order(conn, row["order_no"])
    row = conn.execute(_SENDABLE, {"id": supplier_order_id}).mappings().one()
    if row["state"] != SupplierState.CREATED or row["line_state"] != LineState.DELIVERING:
        return None
    last = row["sends"] == 0 and row["supplier"] in market.last
    if last and divert(conn, supplier_order_id, row["line_id"], row["unit"], market):
        row = conn.execute(_SENDABLE, {"id": supplier_order_id}).mappings().one()
    if row["supplier"] in market.paused:
        _leave_alone(conn, row, now)
        return None
    conn.execute(_CLAIM_SEND, {"id": supplier_order_id, "now": now, "lease_until": now + SEND_LEASE})
    return ToSend(row["id"], row["supplier"], row["sends"] + 1, _request(row))


def _leave_alone(conn: Connection, row: RowMapping, now: datetime) -> None:
    if row["sends"] == 0:
        conn.execute(_WAIT, {"id": row["id"], "later": now + LOOK_AGAIN})
    else:
        move(conn, row, SupplierState.CREATED, SupplierState.UNKNOWN, "paused before it was repeated", now, next_at=now)


def left_sending(conn: Connection, supplier_order_id: int, now: datetime) -> Work:
    """When a sending is done again and the row says sent, its first worker died on the way: ask what became of it."""
    found = conn.execute(_LEFT, {"id": supplier_order_id, "now": now, "before": now - DEAD_AFTER}).scalars().all()
    return Work(queries=tuple(Query(left, now) for left in found))


def _request(row: RowMapping) -> TopupRequest:
    account_field = row["account_field"]
    details = {
        name: row["choice_labels"].get(name, value) for name, value in row["fields"].items() if name != account_field
    }
    return TopupRequest(
        supplier_order_no=row["supplier_order_no"],
        product_code=row["product_code"],
        account=row["fields"].get(account_field, ""),
        buy_num=row["buy_num"],
        details=details,
        face_yuan=1 if row["any_value"] else row["value"],
    )


def record_sent(
    conn: Connection, sent: ToSend, answer: OrderAnswer, now: datetime, market: Market = ANY_MARKET
) -> Work:
    """Write down what the supplier answered to `sent`; query at the times the work names."""
    row = _locked(conn, sent.id)
    if row["state"] != SupplierState.SENT or row["sends"] != sent.sends:
        return NOTHING_TO_DO  # a query was faster
    match answer:
        case Accepted():
            return _go_on(conn, row, SupplierState.PROCESSING, "", now)
        case Rejected(reason=reason):
            return _go_on(conn, row, SupplierState.UNKNOWN, reason, now, rejected=True)
        case Unknown(reason=reason):
            return _go_on(conn, row, SupplierState.UNKNOWN, reason, now)
        case Failed(reason=reason) if sent.sends > 1:
            # This sending ordered nothing; an earlier one may have: only a query settles it.
            return _go_on(conn, row, SupplierState.UNKNOWN, reason, now, rejected=True)
        case Failed(reason=reason):
            return settle(conn, row, SupplierState.FAILED, reason, now, market)
    assert_never(answer)


def hint(conn: Connection, supplier: str, supplier_order_no: str, now: datetime) -> Work:
    """Take a verified callback: query that purchase now. One already given up as failed is asked about again."""
    found = conn.execute(_HINT, {"supplier": supplier, "supplier_order_no": supplier_order_no, "now": now})
    return Work(queries=tuple(Query(supplier_order_id, now) for supplier_order_id in found.scalars()))


def claim_query(conn: Connection, supplier_order_id: int, now: datetime) -> ToQuery | None:
    """Take a purchase that is due to be asked about; None when it is settled or not due. Commit before calling."""
    row = conn.execute(_CLAIM_QUERY, {"id": supplier_order_id, "now": now, "lease_until": now + QUERY_LEASE}).first()
    return ToQuery(row.id, row.supplier, row.supplier_order_no) if row is not None else None


def record_query(
    conn: Connection, asked: ToQuery, answer: QueryAnswer, now: datetime, market: Market = ANY_MARKET
) -> Work:
    """Write down what the supplier answered to the query, settle the line when that settles it, or ask again.

    What has definitely failed is bought at the next supplier in `market`, if there is one.
    """
    row = _locked(conn, asked.id)
    state = SupplierState(row["state"])
    match answer:
        case Success() if state is not SupplierState.SUCCESS:
            return settle(conn, row, SupplierState.SUCCESS, "", now, market)
        case _ if state in (SupplierState.SUCCESS, SupplierState.FAILED):
            return _stay(conn, row, answer, now)
        case NoSuchOrder() | Unknown() if state is SupplierState.CREATED:
            return _not_sent_again(conn, row, now)
        case Failed(reason=reason):
            return settle(conn, row, SupplierState.FAILED, reason, now, market)
        case Processing():
            return _go_on(conn, row, SupplierState.PROCESSING, "", now)
        case NoSuchOrder():
            return _missing(conn, row, now, market, paused=asked.supplier in market.paused)
        case Unknown(reason=reason):
            # What was known stays known: a query without an answer does not undo PROCESSING.
            after = SupplierState.UNKNOWN if state is SupplierState.SENT else state
            return _go_on(conn, row, after, reason, now)
    return NOTHING_TO_DO


def _missing(conn: Connection, row: RowMapping, now: datetime, market: Market, *, paused: bool) -> Work:
    verdict = on_no_such_order(rejected=row["rejected"], sends=row["sends"], sent_at=row["sent_at"], now=now)
    if paused and verdict is Missing.SEND_AGAIN:
        verdict = Missing.ASK_LATER
    match verdict:
        case Missing.FAILED:
            return settle(conn, row, SupplierState.FAILED, "rejected, and unknown to the supplier", now, market)
        case Missing.SEND_AGAIN:
            return _send_again(conn, row, now)
        case Missing.ASK_LATER | Missing.PERSON:
            work = _go_on(conn, row, SupplierState.UNKNOWN, "no such order", now)
            if verdict is Missing.PERSON:
                _call_person(conn, row, now, "supplier knows no such order")
            return work
    assert_never(verdict)


def _send_again(conn: Connection, row: RowMapping, now: datetime) -> Work:
    """Send the same request under the same number once more, unless a person has the line."""
    if locked_line(conn, row["line_id"]).state is not LineState.DELIVERING:
        return _go_on(conn, row, SupplierState.UNKNOWN, "no such order", now)
    before = SupplierState(row["state"])
    if before is not SupplierState.UNKNOWN:
        move(conn, row, before, SupplierState.UNKNOWN, "no such order", now, next_at=now)
    move(conn, row, SupplierState.UNKNOWN, SupplierState.CREATED, "send again", now, next_at=now)
    return Work(send_ids=(row["id"],))


def _not_sent_again(conn: Connection, row: RowMapping, now: datetime) -> Work:
    """It waits to be sent again, which is news to nobody; but once a person has the line it is only asked about."""
    if locked_line(conn, row["line_id"]).state is LineState.DELIVERING:
        return NOTHING_TO_DO
    next_at = next_query_at(row["first_sent_at"], now)
    move(conn, row, SupplierState.CREATED, SupplierState.CREATED, "no such order", now, next_at=next_at)
    return Work(queries=(Query(row["id"], next_at),)) if next_at is not None else NOTHING_TO_DO


def _go_on(
    conn: Connection, row: RowMapping, after: SupplierState, reason: str, now: datetime, *, rejected: bool = False
) -> Work:
    """Leave a purchase open and say when to ask again; after 72 h a person takes over."""
    next_at = next_query_at(row["first_sent_at"], now)
    move(conn, row, SupplierState(row["state"]), after, reason, now, next_at=next_at, rejected=rejected)
    if next_at is None:
        _call_person(conn, row, now, "no result after 72 h")
        return NOTHING_TO_DO
    return Work(queries=(Query(row["id"], next_at),))


def _stay(conn: Connection, row: RowMapping, answer: QueryAnswer, now: datetime) -> Work:
    """Leave a settled purchase as it is. Without an answer to a late callback's question, ask once more."""
    asks_again = row["state"] == SupplierState.FAILED and isinstance(answer, Unknown)
    next_at = next_query_at(row["first_sent_at"], now) if asks_again else None
    state = SupplierState(row["state"])
    move(conn, row, state, state, "", now, next_at=next_at)
    return Work(queries=(Query(row["id"], next_at),)) if next_at is not None else NOTHING_TO_DO


def _call_person(conn: Connection, row: RowMapping, now: datetime, cause: str) -> None:
    line = locked_line(conn, row["line_id"])
    if line.state is LineState.DELIVERING:
        move_line(conn, line.id, line.state, LineState.ATTENTION, now, cause=cause, note=_PERSON_NOTE)


def _locked(conn: Connection, supplier_order_id: int) -> RowMapping:
    row = conn.execute(_READ, {"id": supplier_order_id}).mappings().one()
    lock_order(conn, row["order_no"])
    return conn.execute(_READ, {"id": supplier_order_id}).mappings().one()
