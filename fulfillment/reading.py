"""Looking orders up: by number, by token, by buyer, and those that wait for something to happen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, TextClause, text

from fulfillment.work import RefundDue
from kernel import driver
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import Line, LineState, Order, OrderState, UsedAccount

_COLUMNS = """
    o.order_no, o.openid, o.token, o.state, o.total_fen, o.created_at, o.expires_at, o.paid_at,
    l.id, l.position, l.product_id, l.product_name, l.sku_code, l.sku_label, l.value, l.quantity,
    l.total_fen AS line_total_fen, l.options, l.fields, l.delivery, l.eta, l.state AS line_state, l.note, l.refund_fen,
    o.state = 'paid' AND l.state = 'waiting' AND EXISTS (
        SELECT 1 FROM order_hold h WHERE h.order_no = o.order_no AND h.state = 'held') AS held
"""


def _orders_where(condition: str) -> TextClause:
    # Only the constants of this file come here, never a value.
    return text(
        f"SELECT {_COLUMNS} FROM orders o JOIN order_line l USING (order_no) "  # noqa: S608
        f"WHERE {condition} ORDER BY o.created_at DESC, o.order_no DESC, l.position"
    )


_BY_NO = _orders_where("o.order_no = :order_no")
_BY_TOKEN = _orders_where("o.token = :token")
_BY_MESSAGE = _orders_where("o.openid = :openid AND o.message_key = :message_key")
_OF_BUYER = _orders_where(
    "o.order_no IN (SELECT order_no FROM orders WHERE openid = :openid"
    " ORDER BY created_at DESC, order_no DESC LIMIT :limit)"
)
_USED_BY_BUYER = """
    SELECT l.product_id, l.fields FROM (
        SELECT order_no, created_at FROM orders
        WHERE openid = %(openid)s AND paid_at IS NOT NULL
        ORDER BY created_at DESC, order_no DESC LIMIT 10) o
    JOIN order_line l USING (order_no)
    WHERE l.state NOT IN ('refunding', 'refunded')
    ORDER BY o.created_at DESC, o.order_no DESC, l.position LIMIT 40
"""
USED_MAX = 20
_UNPAID_OF_BUYER = _orders_where("o.openid = :openid AND o.state = 'unpaid' AND o.expires_at > :now")
_DUE_TO_EXPIRE = text(
    "SELECT order_no FROM orders WHERE state = 'unpaid' AND expires_at <= :now ORDER BY expires_at LIMIT :limit"
)
_TO_RELEASE = text(
    "SELECT order_no FROM orders WHERE state IN ('cancelled', 'expired') AND stock_released_at IS NULL"
    " ORDER BY closed_at LIMIT :limit"
)
_TO_DELIVER = text(
    "SELECT DISTINCT order_no FROM order_line JOIN orders o USING (order_no)"
    " WHERE o.state = 'paid' AND order_line.state = 'waiting'"
    " AND NOT EXISTS (SELECT 1 FROM order_hold h WHERE h.order_no = o.order_no AND h.state = 'held') LIMIT :limit"
)
_OWNER = text("SELECT openid FROM orders WHERE order_no = :order_no")
_GATHERING = text("SELECT DISTINCT order_no FROM line_refund WHERE key IS NULL LIMIT :limit")
_REFUNDS_DUE_WHERE = """
    SELECT order_no, CASE WHEN key NOT LIKE 'lines:%' THEN min(line_id) END AS line_id, key,
           sum(amount_fen) AS amount_fen, min(reason) AS reason, bool_and(compensates) AS compensates
    FROM line_refund WHERE arrived_at IS NULL AND key IS NOT NULL {such}
    GROUP BY order_no, key ORDER BY min(id) LIMIT :limit
"""
_REFUNDS_DUE = text(_REFUNDS_DUE_WHERE.format(such=""))
_REFUNDS_DUE_OF = text(_REFUNDS_DUE_WHERE.format(such="AND order_no = :order_no").replace(":limit", "1000"))


def by_no(conn: Connection, order_no: str) -> Order | None:
    """Find an order by its number."""
    return _first(conn.execute(_BY_NO, {"order_no": order_no}).mappings())


def by_token(conn: Connection, token: str) -> Order | None:
    """Find an order by the unguessable token of its links."""
    return _first(conn.execute(_BY_TOKEN, {"token": token}).mappings())


def by_message(conn: Connection, openid: str, message_key: str) -> Order | None:
    """Find the order that this message of this buyer placed."""
    return _first(conn.execute(_BY_MESSAGE, {"openid": openid, "message_key": message_key}).mappings())


def orders_of(conn: Connection, openid: str, limit: int = 5) -> tuple[Order, ...]:
    """List a buyer's latest orders, newest first."""
    return _orders(conn.execute(_OF_BUYER, {"openid": openid, "limit": limit}).mappings())


def unpaid_of(conn: Connection, openid: str, now: datetime) -> tuple[Order, ...]:
    """List the orders a buyer can still pay, newest first."""
    return _orders(conn.execute(_UNPAID_OF_BUYER, {"openid": openid, "now": now}).mappings())


def accounts_used(conn: Connection, openid: OpenId) -> tuple[UsedAccount, ...]:
    """List what this buyer gave in his paid orders, latest first; not in those that were given back: the account may
    have been what was wrong."""
    lines = driver.rows(conn, _USED_BY_BUYER, {"openid": openid})
    found = (UsedAccount(product_id, name, value) for product_id, fields in lines for name, value in fields.items())
    return tuple(dict.fromkeys(found))[:USED_MAX]


def due_to_expire(conn: Connection, now: datetime, limit: int = 200) -> tuple[OrderNo, ...]:
    """List unpaid orders whose time is over, oldest first."""
    return tuple(conn.execute(_DUE_TO_EXPIRE, {"now": now, "limit": limit}).scalars())


def due_to_release(conn: Connection, limit: int = 200) -> tuple[OrderNo, ...]:
    """List closed orders that still hold stock: their prepay has to be closed at WeChat, then `release_closed`."""
    return tuple(conn.execute(_TO_RELEASE, {"limit": limit}).scalars())


def owner_of(conn: Connection, order_no: str) -> str:
    """The openid of the order's buyer. Raises sqlalchemy's NoResultFound for a number that names no order."""
    return str(conn.execute(_OWNER, {"order_no": order_no}).scalar_one())


def due_to_deliver(conn: Connection, limit: int = 200) -> tuple[OrderNo, ...]:
    """List paid orders, but for held ones, with a line nobody has begun to deliver; a safety net behind the jobs."""
    return tuple(conn.execute(_TO_DELIVER, {"limit": limit}).scalars())


def refunds_due_of(conn: Connection, order_no: str) -> tuple[RefundDue, ...]:
    """What of one order is on its way back and is to be asked for."""
    return _dues(conn.execute(_REFUNDS_DUE_OF, {"order_no": order_no}))


def gathering(conn: Connection, limit: int = 200) -> tuple[OrderNo, ...]:
    """List the orders with refunds that wait to be asked for together."""
    return tuple(conn.execute(_GATHERING, {"limit": limit}).scalars())


def refunds_due(conn: Connection, limit: int = 200) -> tuple[RefundDue, ...]:
    """List every refund of a line that is on its way; asking payments for it again must change nothing."""
    return _dues(conn.execute(_REFUNDS_DUE, {"limit": limit}))


def _dues(rows: Iterable[Row[Any]]) -> tuple[RefundDue, ...]:
    return tuple(
        RefundDue(row.order_no, row.line_id, Fen(int(row.amount_fen)), row.reason, row.key, row.compensates)
        for row in rows
    )


def _first(rows: Iterable[RowMapping]) -> Order | None:
    found = _orders(rows)
    return found[0] if found else None


def _orders(rows: Iterable[RowMapping]) -> tuple[Order, ...]:
    """Put the rows of a join together; rows of one order stand next to each other."""
    groups: dict[str, list[RowMapping]] = {}
    for row in rows:
        groups.setdefault(row["order_no"], []).append(row)
    return tuple(_order(group) for group in groups.values())


def _order(rows: list[RowMapping]) -> Order:
    head = rows[0]
    return Order(
        order_no=OrderNo(head["order_no"]),
        openid=OpenId(head["openid"]),
        token=head["token"],
        state=OrderState(head["state"]),
        total_fen=Fen(head["total_fen"]),
        created_at=head["created_at"],
        expires_at=head["expires_at"],
        paid_at=head["paid_at"],
        lines=tuple(_line(row) for row in rows),
    )


def _line(row: RowMapping) -> Line:
    return Line(
        id=row["id"],
        position=row["position"],
        product_id=row["product_id"],
        product_name=row["product_name"],
        sku_code=row["sku_code"],
        sku_label=row["sku_label"],
        value=row["value"],
        quantity=row["quantity"],
        total_fen=Fen(row["line_total_fen"]),
        options=row["options"],
        fields=row["fields"],
        delivery=row["delivery"],
        eta=row["eta"],
        state=LineState(row["line_state"]),
        note=row["note"],
        refund_fen=Fen(row["refund_fen"]),
        held=row["held"],
    )
