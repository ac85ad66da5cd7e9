"""Top-ups at a supplier: claim, call outside any transaction, record; UNKNOWN is settled by query alone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import Connection, RowMapping, text

from fulfillment.moves import follow_lines, lock_order, move_line
from fulfillment.pushing import PushKind
from fulfillment.refunding import LineRow, locked_line, pushed, send_back
from fulfillment.states import SUPPLIER_MOVES, SupplierState, topup_verdict
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
from fulfillment.work import NOTHING_TO_DO, CostDue, Query, Work
from kernel.ids import OrderNo
from kernel.money import Fen
from kernel.orders import LineState

_BUY = text("""
    INSERT INTO supplier_order (order_no, line_id, unit, supplier, supplier_order_no, buy_num, state, created_at,
                                next_query_at)
    VALUES (:order_no, :line_id, :unit, :supplier, :supplier_order_no, :buy_num, 'created', :now, :now) RETURNING id
""")
_SENDABLE = text("""
    SELECT s.id, s.order_no, s.line_id, s.supplier, s.supplier_order_no, s.buy_num, s.state, s.sends,
           l.state AS line_state, l.supplier_code, l.value, l.any_value, l.fields, l.choice_labels, l.account_field
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
_LEFT = text("""
    UPDATE supplier_order SET next_query_at = :now
    WHERE id = :id AND state = 'sent' AND sent_at < :before RETURNING id
""")
_HINT = text("""
    UPDATE supplier_order SET next_query_at = :now
    WHERE supplier = :supplier AND supplier_order_no = :supplier_order_no AND sends > 0 AND state <> 'success'
    RETURNING id
""")
_READ = text("""
    SELECT id, order_no, line_id, state, rejected, sends, first_sent_at, sent_at FROM supplier_order WHERE id = :id
""")
_MOVE = text("""
    UPDATE supplier_order SET state = :after, reason = :reason, rejected = rejected OR :rejected,
        next_query_at = :next_at,
        settled_at = CASE WHEN :after IN ('success', 'failed') THEN :now ELSE settled_at END
    WHERE id = :id AND state = :before
""")
_UNITS = text("""
    SELECT DISTINCT ON (unit) state FROM supplier_order WHERE line_id = :line_id ORDER BY unit, attempt DESC
""")
_COST = text("""
    SELECT s.supplier_order_no, l.cost_fen * s.buy_num AS cost_fen
    FROM supplier_order s JOIN order_line l ON l.id = s.line_id WHERE s.id = :id
""")
_DUE = text("""
    SELECT id, state FROM supplier_order WHERE next_query_at <= :now ORDER BY next_query_at LIMIT :limit
""")

_FAILED_NOTE = "充值失败"
_LATE_NOTE = "退款后又到账，请人工核实"
_PERSON_NOTE = "充值结果待人工核实"


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


def buy(conn: Connection, line: LineRow, row: RowMapping, supplier: str, now: datetime) -> Work:
    """Write down the purchases of a top-up line: one per unit, or a single one for a SKU sold in any number."""
    units = [(row["value"] or 1) * row["quantity"]] if row["any_value"] else [1] * row["quantity"]
    ids = []
    for unit, buy_num in enumerate(units):
        values = {
            "order_no": line.order_no,
            "line_id": line.id,
            "unit": unit,
            "supplier": supplier,
            # Letters and digits, within the 8 to 32 that the narrowest supplier takes.
            "supplier_order_no": f"{line.order_no}L{row['position']}U{unit}A1",
            "buy_num": buy_num,
            "now": now,
        }
        ids.append(conn.execute(_BUY, values).scalar_one())
    move_line(conn, line.id, line.state, LineState.DELIVERING, now, cause=f"{len(units)} at supplier {supplier}")
    return Work(send_ids=tuple(ids))


def refuse(conn: Connection, line: LineRow, now: datetime, *, cause: str) -> Work:
    """Give a top-up line back that nobody can even be asked for."""
    return send_back(
        conn,
        line,
        line.total_fen,
        now,
        kind=PushKind.TOPUP_FAILED,
        reason=_FAILED_NOTE,
        note=_FAILED_NOTE,
        cause=cause,
    )


def due(conn: Connection, now: datetime, limit: int = 200) -> Work:
    """List purchases to send and to query now: the sweep behind the jobs."""
    rows = conn.execute(_DUE, {"now": now, "limit": limit}).all()
    return Work(
        send_ids=tuple(row.id for row in rows if row.state == SupplierState.CREATED),
        queries=tuple(Query(row.id, now) for row in rows if row.state != SupplierState.CREATED),
    )


def claim_send(conn: Connection, supplier_order_id: int, now: datetime) -> ToSend | None:
    """Take a written-down purchase to send it; None when that is done or must not be. Commit before calling."""
    row = conn.execute(_SENDABLE, {"id": supplier_order_id}).mappings().one_or_none()
    if row is None:
        return None
    lock_order(conn, row["order_no"])
    row = conn.execute(_SENDABLE, {"id": supplier_order_id}).mappings().one()
    if row["state"] != SupplierState.CREATED or row["line_state"] != LineState.DELIVERING:
        return None
    conn.execute(_CLAIM_SEND, {"id": supplier_order_id, "now": now, "lease_until": now + SEND_LEASE})
    return ToSend(row["id"], row["supplier"], row["sends"] + 1, _request(row))


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
        product_code=row["supplier_code"],
        account=row["fields"].get(account_field, ""),
        buy_num=row["buy_num"],
        details=details,
        face_yuan=1 if row["any_value"] else row["value"],
    )


def record_sent(conn: Connection, sent: ToSend, answer: OrderAnswer, now: datetime) -> Work:
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
            return _settle(conn, row, SupplierState.FAILED, reason, now)
    assert_never(answer)


def hint(conn: Connection, supplier: str, supplier_order_no: str, now: datetime) -> Work:
    """Take a verified callback: query that purchase now. One already given up as failed is asked about again."""
    found = conn.execute(_HINT, {"supplier": supplier, "supplier_order_no": supplier_order_no, "now": now})
    return Work(queries=tuple(Query(supplier_order_id, now) for supplier_order_id in found.scalars()))


def claim_query(conn: Connection, supplier_order_id: int, now: datetime) -> ToQuery | None:
    """Take a purchase that is due to be asked about; None when it is settled or not due. Commit before calling."""
    row = conn.execute(_CLAIM_QUERY, {"id": supplier_order_id, "now": now, "lease_until": now + QUERY_LEASE}).first()
    return ToQuery(row.id, row.supplier, row.supplier_order_no) if row is not None else None


def record_query(conn: Connection, asked: ToQuery, answer: QueryAnswer, now: datetime) -> Work:
    """Write down what the supplier answered to the query, settle the line when that settles it, or ask again."""
    row = _locked(conn, asked.id)
    state = SupplierState(row["state"])
    match answer:
        case Success() if state is not SupplierState.SUCCESS:
            return _settle(conn, row, SupplierState.SUCCESS, "", now)
        case _ if state in (SupplierState.SUCCESS, SupplierState.FAILED):
            return _stay(conn, row, answer, now)
        case NoSuchOrder() | Unknown() if state is SupplierState.CREATED:
            return NOTHING_TO_DO  # waits to be sent again, and says nothing new
        case Failed(reason=reason):
            return _settle(conn, row, SupplierState.FAILED, reason, now)
        case Processing():
            return _go_on(conn, row, SupplierState.PROCESSING, "", now)
        case NoSuchOrder():
            return _missing(conn, row, now)
        case Unknown(reason=reason):
            # What was known stays known: a query without an answer does not undo PROCESSING.
            after = SupplierState.UNKNOWN if state is SupplierState.SENT else state
            return _go_on(conn, row, after, reason, now)
    return NOTHING_TO_DO


def _missing(conn: Connection, row: RowMapping, now: datetime) -> Work:
    verdict = on_no_such_order(rejected=row["rejected"], sends=row["sends"], sent_at=row["sent_at"], now=now)
    match verdict:
        case Missing.FAILED:
            return _settle(conn, row, SupplierState.FAILED, "rejected, and unknown to the supplier", now)
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
        _move(conn, row, before, SupplierState.UNKNOWN, "no such order", now, next_at=now)
    _move(conn, row, SupplierState.UNKNOWN, SupplierState.CREATED, "send again", now, next_at=now)
    return Work(send_ids=(row["id"],))


def _go_on(
    conn: Connection, row: RowMapping, after: SupplierState, reason: str, now: datetime, *, rejected: bool = False
) -> Work:
    """Leave a purchase open and say when to ask again; after 72 h a person takes over."""
    next_at = next_query_at(row["first_sent_at"], now)
    _move(conn, row, SupplierState(row["state"]), after, reason, now, next_at=next_at, rejected=rejected)
    if next_at is None:
        _call_person(conn, row, now, "no result after 72 h")
        return NOTHING_TO_DO
    return Work(queries=(Query(row["id"], next_at),))


def _stay(conn: Connection, row: RowMapping, answer: QueryAnswer, now: datetime) -> Work:
    """Leave a settled purchase as it is. Without an answer to a late callback's question, ask once more."""
    asks_again = row["state"] == SupplierState.FAILED and isinstance(answer, Unknown)
    next_at = next_query_at(row["first_sent_at"], now) if asks_again else None
    state = SupplierState(row["state"])
    _move(conn, row, state, state, "", now, next_at=next_at)
    return Work(queries=(Query(row["id"], next_at),)) if next_at is not None else NOTHING_TO_DO


def _settle(conn: Connection, row: RowMapping, after: SupplierState, reason: str, now: datetime) -> Work:
    return _cost(conn, row, after) + _settle_unit(conn, row, after, reason, now)


def _cost(conn: Connection, row: RowMapping, after: SupplierState) -> Work:
    """What the supplier takes for a purchase that succeeded, whatever becomes of the line; nothing where unknown."""
    if after is not SupplierState.SUCCESS:
        return NOTHING_TO_DO
    bought = conn.execute(_COST, {"id": row["id"]}).one()
    if not bought.cost_fen:
        return NOTHING_TO_DO
    return Work(costs=(CostDue(OrderNo(row["order_no"]), bought.supplier_order_no, Fen(bought.cost_fen)),))


def _settle_unit(conn: Connection, row: RowMapping, after: SupplierState, reason: str, now: datetime) -> Work:
    _move(conn, row, SupplierState(row["state"]), after, reason, now, next_at=None)
    line = locked_line(conn, row["line_id"])
    refunded = line.state in (LineState.REFUNDING, LineState.REFUNDED) or line.refund_fen > 0
    if refunded and after is SupplierState.SUCCESS:
        if line.state is not LineState.ATTENTION:
            cause = "the supplier delivered after the refund"
            move_line(conn, line.id, line.state, LineState.ATTENTION, now, cause=cause, note=_LATE_NOTE)
            follow_lines(conn, line.order_no, now, cause=cause)
        return NOTHING_TO_DO
    if line.state not in (LineState.DELIVERING, LineState.ATTENTION) or line.refund_fen > 0:
        return NOTHING_TO_DO
    work = _settle_line(conn, line, now)
    follow_lines(conn, line.order_no, now, cause=f"supplier: {after.value}")
    return work


def _settle_line(conn: Connection, line: LineRow, now: datetime) -> Work:
    units = [SupplierState(state) for state in conn.execute(_UNITS, {"line_id": line.id}).scalars()]
    verdict = topup_verdict(line.total_fen, units)
    if verdict.state is LineState.DELIVERED:
        move_line(conn, line.id, line.state, verdict.state, now, cause="topped up", note="")
        return pushed(conn, PushKind.TOPUP_DONE, line, now)
    if verdict.state is LineState.REFUNDING:
        partly = verdict.succeeded > 0
        note = f"{verdict.succeeded}份已到账，{verdict.failed}份充值失败" if partly else _FAILED_NOTE
        kind = PushKind.TOPUP_PARTLY if partly else PushKind.TOPUP_FAILED
        # The supplier's words stay with operators; to the buyer and to WeChat only that it failed.
        return send_back(conn, line, verdict.refund_fen, now, kind=kind, reason=_FAILED_NOTE, note=note)
    return NOTHING_TO_DO


def _call_person(conn: Connection, row: RowMapping, now: datetime, cause: str) -> None:
    line = locked_line(conn, row["line_id"])
    if line.state is LineState.DELIVERING:
        move_line(conn, line.id, line.state, LineState.ATTENTION, now, cause=cause, note=_PERSON_NOTE)


def _locked(conn: Connection, supplier_order_id: int) -> RowMapping:
    row = conn.execute(_READ, {"id": supplier_order_id}).mappings().one()
    lock_order(conn, row["order_no"])
    return conn.execute(_READ, {"id": supplier_order_id}).mappings().one()


def _move(
    conn: Connection,
    row: RowMapping,
    before: SupplierState,
    after: SupplierState,
    reason: str,
    now: datetime,
    *,
    next_at: datetime | None,
    rejected: bool = False,
) -> None:
    if after is not before and after not in SUPPLIER_MOVES[before]:
        raise AssertionError(f"supplier order: {before} → {after}")
    conn.execute(
        _MOVE,
        {
            "id": row["id"],
            "before": before.value,
            "after": after.value,
            "reason": reason[:200],
            "rejected": rejected,
            "next_at": next_at,
            "now": now,
        },
    )
