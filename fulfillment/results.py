"""What a result of a purchase means for its line: delivered, bought elsewhere, given back, or for a person."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from fulfillment.cases import wants_money_back
from fulfillment.moves import follow_lines, move_line
from fulfillment.pushing import PushKind
from fulfillment.refunding import LineRow, locked_line, pushed, send_back
from fulfillment.sourcing import Purchase, buy_unit, goods_of
from fulfillment.states import SUPPLIER_MOVES, SupplierState, topup_verdict
from fulfillment.suppliers.choosing import Market
from fulfillment.work import NOTHING_TO_DO, CostDue, Work
from kernel.ids import OrderNo
from kernel.money import Fen
from kernel.orders import LineState

_MOVE = text("""
    UPDATE supplier_order SET state = :after, reason = :reason, rejected = rejected OR :rejected,
        next_query_at = :next_at,
        settled_at = CASE WHEN :after IN ('success', 'failed') THEN :now ELSE settled_at END
    WHERE id = :id AND state = :before
""")
_UNITS = text("""
    SELECT CASE WHEN bool_or(state = 'success') THEN 'success'
                ELSE coalesce(max(state) FILTER (WHERE state <> 'failed'), 'failed') END
    FROM supplier_order WHERE line_id = :line_id GROUP BY unit ORDER BY unit
""")
_OTHER = text("""
    SELECT id, state, sends FROM supplier_order
    WHERE line_id = :line_id AND unit = :unit AND id <> :id AND state <> 'failed'
""")
_NOT_NEEDED = text("""
    UPDATE supplier_order SET state = 'failed', reason = 'not needed: the one before was delivered after all',
        next_query_at = NULL, settled_at = :now
    WHERE id = :id AND state = 'created' AND sends = 0
""")
_CHANGED_MIND = text("""
    UPDATE supplier_order SET changed_mind_at = :now, next_query_at = NULL WHERE id = :id AND changed_mind_at IS NULL
""")
_IS_DOUBLED = text("SELECT 1 FROM supplier_order WHERE line_id = :line_id AND changed_mind_at IS NOT NULL")
_COST = text("""
    SELECT s.supplier_order_no, coalesce(s.cost_fen, l.cost_fen * s.buy_num) AS cost_fen
    FROM supplier_order s JOIN order_line l ON l.id = s.line_id WHERE s.id = :id
""")

FAILED_NOTE = "充值失败"
_LATE_NOTE = "退款后又到账，请人工核实"
_TWICE_NOTE = "两家供货商都受理了同一份，请人工核实"


def settle(conn: Connection, row: RowMapping, after: SupplierState, reason: str, now: datetime, market: Market) -> Work:
    """Settle a purchase as success or failed, and its line when that settles it. The order's lock must be held."""
    return _cost(conn, row, after) + _settle_unit(conn, row, after, reason, now, market)


def _cost(conn: Connection, row: RowMapping, after: SupplierState) -> Work:
    """What the supplier takes for a purchase that succeeded, whatever becomes of the line; nothing where unknown."""
    if after is not SupplierState.SUCCESS:
        return NOTHING_TO_DO
    bought = conn.execute(_COST, {"id": row["id"]}).one()
    if not bought.cost_fen:
        return NOTHING_TO_DO
    return Work(costs=(CostDue(OrderNo(row["order_no"]), bought.supplier_order_no, Fen(bought.cost_fen)),))


def _settle_unit(
    conn: Connection, row: RowMapping, after: SupplierState, reason: str, now: datetime, market: Market
) -> Work:
    if after is SupplierState.SUCCESS and _bought_elsewhere(conn, row, now):
        return _changed_mind(conn, row, now)
    move(conn, row, SupplierState(row["state"]), after, reason, now, next_at=None)
    line = locked_line(conn, row["line_id"])
    on = after is SupplierState.FAILED and line.state is LineState.DELIVERING and line.taken_back_fen == 0
    if on and not wants_money_back(conn, line.order_no, line.id):
        bought = buy_unit(conn, goods_of(conn, line.id), row["unit"], row["buy_num"], now, market)
        if isinstance(bought, Purchase):
            return Work(send_ids=(bought.id,))
    refunded = line.state in (LineState.REFUNDING, LineState.REFUNDED) or line.taken_back_fen > 0
    if refunded and after is SupplierState.SUCCESS:
        if line.state is not LineState.ATTENTION:
            cause = "the supplier delivered after the refund"
            move_line(conn, line.id, line.state, LineState.ATTENTION, now, cause=cause, note=_LATE_NOTE)
            follow_lines(conn, line.order_no, now, cause=cause)
        return NOTHING_TO_DO
    if line.state not in (LineState.DELIVERING, LineState.ATTENTION) or line.taken_back_fen > 0:
        return NOTHING_TO_DO
    work = _settle_line(conn, line, now)
    follow_lines(conn, line.order_no, now, cause=f"supplier: {after.value}")
    return work


def _bought_elsewhere(conn: Connection, row: RowMapping, now: datetime) -> bool:
    """Tell whether another purchase of this unit is under way or done; one that nobody was asked for is called off."""
    other = conn.execute(_OTHER, {"id": row["id"], "line_id": row["line_id"], "unit": row["unit"]}).one_or_none()
    if other is None:
        return False
    return conn.execute(_NOT_NEEDED, {"id": other.id, "now": now}).rowcount == 0


def _changed_mind(conn: Connection, row: RowMapping, now: datetime) -> Work:
    """The supplier delivered what it had failed, and it was bought elsewhere by then: from here on a person decides."""
    if not conn.execute(_CHANGED_MIND, {"id": row["id"], "now": now}).rowcount:
        return NOTHING_TO_DO
    line = locked_line(conn, row["line_id"])
    if line.state is not LineState.ATTENTION:
        cause = "a supplier delivered what it had failed, and it was bought elsewhere by then"
        move_line(conn, line.id, line.state, LineState.ATTENTION, now, cause=cause, note=_TWICE_NOTE)
        follow_lines(conn, line.order_no, now, cause=cause)
    return NOTHING_TO_DO


def _settle_line(conn: Connection, line: LineRow, now: datetime) -> Work:
    if conn.execute(_IS_DOUBLED, {"line_id": line.id}).first() is not None:
        return NOTHING_TO_DO
    units = [SupplierState(state) for state in conn.execute(_UNITS, {"line_id": line.id}).scalars()]
    verdict = topup_verdict(line.total_fen, units)
    if verdict.state is LineState.DELIVERED:
        move_line(conn, line.id, line.state, verdict.state, now, cause="topped up", note="")
        return pushed(conn, PushKind.TOPUP_DONE, line, now)
    if verdict.state is LineState.REFUNDING:
        partly = verdict.succeeded > 0
        note = f"{verdict.succeeded}份已到账，{verdict.failed}份充值失败" if partly else FAILED_NOTE
        kind = PushKind.TOPUP_PARTLY if partly else PushKind.TOPUP_FAILED
        # The supplier's words stay with operators; to the buyer and to WeChat only that it failed.
        return send_back(conn, line, verdict.refund_fen, now, kind=kind, reason=FAILED_NOTE, note=note)
    return NOTHING_TO_DO


def move(
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
    """Move a purchase, or leave it in its state, and say when to ask about it next (None: not again)."""
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
