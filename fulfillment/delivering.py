"""Beginning to deliver a paid order: keys from stock at once, top-ups through a supplier, the rest by a person."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from catalog import stock
from catalog.model import Delivery
from fulfillment import holds, pushing, topups
from fulfillment.moves import follow_lines, lock_order, move_line
from fulfillment.pushing import PushKind
from fulfillment.refunding import LineRow, line_of, pushed, send_back
from fulfillment.suppliers.choosing import ANY_MARKET, Market
from fulfillment.work import NOTHING_TO_DO, CostDue, CreditDue, Work
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import BALANCE_DELIVERY, LineState, OrderState

_WAITING = text("""
    SELECT l.id, l.order_no, l.position, l.sku_code, l.quantity, l.value, l.any_value, l.total_fen, l.refund_fen,
           l.goodwill_fen, l.refunded_at, l.note, l.delivery, l.supplier, l.cost_fen, l.state, o.openid
    FROM order_line l JOIN orders o USING (order_no)
    WHERE l.order_no = :order_no AND l.state = 'waiting' ORDER BY l.sku_code, l.position
""")

_OUT_OF_STOCK = "库存不足"


def deliver(
    conn: Connection, order_no: str, now: datetime, *, default_supplier: str = "", market: Market = ANY_MARKET
) -> Work:
    """Begin to deliver every waiting line of a paid order; of a held one only tell its buyer. Safe to repeat. Raises
    UnknownOrderError.

    `default_supplier` is the configuration's name for the supplier of SKUs that name none; top-ups without any
    supplier are given back. `market`: what is known of the suppliers now.
    """
    if lock_order(conn, order_no) is not OrderState.PAID:
        return NOTHING_TO_DO
    if holds.is_held(conn, order_no):
        return _tell_held(conn, order_no, now)
    # By SKU code, as stock asks of whoever takes keys of several SKUs in one transaction.
    rows = conn.execute(_WAITING, {"order_no": order_no}).mappings().all()
    work = NOTHING_TO_DO
    for row in rows:
        work += _deliver_line(conn, row, now, default_supplier, market)
    if any(refund.reason == _OUT_OF_STOCK for refund in work.refunds):
        stock.release(conn, order_no)  # what a short line held; every other line has its keys by now
    if rows:
        follow_lines(conn, order_no, now, cause="delivered")
    return work


def _tell_held(conn: Connection, order_no: str, now: datetime) -> Work:
    """Nothing is held silently: its buyer is told once, at the moment it would have been delivered."""
    row = conn.execute(_WAITING, {"order_no": order_no}).first()
    push_id = pushing.ask(conn, PushKind.HELD, row.openid, order_no, now) if row is not None else None
    return Work(push_ids=(push_id,)) if push_id is not None else NOTHING_TO_DO


def _deliver_line(conn: Connection, row: RowMapping, now: datetime, default_supplier: str, market: Market) -> Work:
    line = line_of(row)
    if line.delivery == BALANCE_DELIVERY:
        return _fill_balance(conn, line, now)
    match Delivery(row["delivery"]):
        case Delivery.CARD:
            return _deliver_keys(conn, line, row, now)
        case Delivery.TOPUP:
            return topups.buy(conn, line, row, row["supplier"] or default_supplier, now, market)
        case Delivery.SERVICE:
            return _accept(conn, line, PushKind.SERVICE_ACCEPTED, now)
        case Delivery.PARCEL:
            return _accept(conn, line, PushKind.PARCEL_ACCEPTED, now)


def _deliver_keys(conn: Connection, line: LineRow, row: RowMapping, now: datetime) -> Work:
    sold = stock.sell(conn, line.order_no, line.id, row["sku_code"], row["quantity"], now)
    if isinstance(sold, stock.Short):
        return send_back(
            conn, line, line.total_fen, now, kind=PushKind.OUT_OF_STOCK, reason=_OUT_OF_STOCK, note=_OUT_OF_STOCK
        )
    move_line(conn, line.id, line.state, LineState.DELIVERED, now, cause=f"{row['quantity']} keys")
    cost_fen = stock.cost_fen(conn, line.id, row["cost_fen"])
    costs = (CostDue(OrderNo(line.order_no), f"keys:{line.id}", cost_fen, from_stock=True),) if cost_fen else ()
    return pushed(conn, PushKind.KEYS, line, now) + Work(costs=costs)


def _fill_balance(conn: Connection, line: LineRow, now: datetime) -> Work:
    move_line(conn, line.id, line.state, LineState.DELIVERED, now, cause="to the balance")
    due = CreditDue(OrderNo(line.order_no), line.id, OpenId(line.openid), Fen(line.total_fen))
    return pushed(conn, PushKind.BALANCE_FILLED, line, now) + Work(credits=(due,))


def _accept(conn: Connection, line: LineRow, kind: PushKind, now: datetime) -> Work:
    move_line(conn, line.id, line.state, LineState.DELIVERING, now, cause="with a person")
    return pushed(conn, kind, line, now)
