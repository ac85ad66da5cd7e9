"""What the REST interface reads: pages by the last row of the page before, never by counting rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from catalog.key_looking import STATES

Brief = dict[str, Any]

_WHAT = """
    (SELECT string_agg(product_name || ' ' || sku_label || ' ×' || quantity, '；' ORDER BY position)
     FROM (SELECT * FROM order_line l WHERE l.order_no = o.order_no ORDER BY position LIMIT 3) l)
"""
_LAST = text("SELECT created_at FROM orders WHERE order_no = :order_no")
# Each part by an index of its own; as one condition with OR it would read every order.
_MATCHING = text(f"""
    SELECT o.order_no, o.state, o.total_fen, o.created_at, {_WHAT} AS what
    FROM orders o WHERE o.order_no IN (
        SELECT order_no FROM orders WHERE order_no = :words
        UNION ALL SELECT order_no FROM orders WHERE openid = :words
        UNION ALL SELECT order_no FROM order_line
        WHERE jsonb_path_query_array(fields, '$.*') @> to_jsonb(CAST(:words AS text)))
    ORDER BY o.created_at DESC, o.order_no DESC LIMIT :limit
""")  # noqa: S608 - constants of this file
_ORDER = text("""
    SELECT order_no, openid AS buyer, state, total_fen, created_at, expires_at, paid_at,
           EXISTS (SELECT 1 FROM order_hold h WHERE h.order_no = o.order_no AND h.state = 'held') AS held
    FROM orders o WHERE order_no = :order_no
""")
_LINES = text("""
    SELECT id, product_id, product_name AS product, sku_code, sku_label AS sku, value, quantity, unit_fen, total_fen,
           refund_fen AS refunded_fen, state, delivery, note, options, fields, delivered_at, refunded_at,
           (SELECT count(*) FROM key_sale s WHERE s.line_id = l.id) AS keys
    FROM order_line l WHERE order_no = :order_no ORDER BY position
""")
_ORDER_STATE = text("SELECT state FROM orders WHERE order_no = :order_no")
_LINE_NOW = text("SELECT state, refund_fen FROM order_line WHERE id = :id")
_CASE_NOW = text("SELECT order_no, state FROM support_case WHERE id = :id")
_REFUNDED = text("SELECT refund_fen FROM order_line WHERE id = :id")
_BUYER = text("""
    SELECT b.openid AS buyer, f.subscribed AS follows, f.first_seen_at,
        (SELECT count(*) FROM orders WHERE openid = b.openid) AS orders,
        (SELECT count(*) FROM orders WHERE openid = b.openid AND paid_at IS NOT NULL) AS paid_orders,
        (SELECT coalesce(sum(total_fen), 0) FROM orders WHERE openid = b.openid AND paid_at IS NOT NULL) AS paid_fen,
        (SELECT coalesce(sum(l.refund_fen), 0) FROM orders JOIN order_line l USING (order_no)
         WHERE openid = b.openid) AS refunded_fen,
        coalesce((SELECT balance_fen FROM wallet w WHERE w.openid = b.openid), 0) AS balance_fen,
        (SELECT count(*) FROM support_case c WHERE c.openid = b.openid AND c.state <> 'closed') AS open_cases,
        (SELECT max(created_at) FROM orders WHERE openid = b.openid) AS last_order_at
    FROM orders b LEFT JOIN buyer f ON f.openid = b.openid WHERE b.order_no = :order_no
""")


def orders(
    conn: Connection, *, state: str, since: datetime | None, until: datetime | None, after: str | None, limit: int
) -> list[Brief] | None:
    """List orders, the latest first: one more than `limit`, when there are more. None: `after` is no order."""
    conditions = ["true"]
    values: dict[str, object] = {"most": limit + 1}
    for name, condition, value in (
        ("state", "o.state = :state", state),
        ("since", "o.created_at >= :since", since),
        ("until", "o.created_at < :until", until),
    ):
        if value:
            conditions.append(condition)
            values[name] = value
    if after is not None:
        at = conn.execute(_LAST, {"order_no": after}).scalar_one_or_none()
        if at is None:
            return None
        conditions.append("(o.created_at, o.order_no) < (:at, :after)")
        values |= {"at": at, "after": after}
    # Only the constants above come into the statement, never a value.
    statement = f"""
        SELECT o.order_no, o.state, o.total_fen, o.created_at, {_WHAT} AS what
        FROM orders o WHERE {" AND ".join(conditions)}
        ORDER BY o.created_at DESC, o.order_no DESC LIMIT :most
    """  # noqa: S608
    return [_brief(row) for row in conn.execute(text(statement), values).mappings()]


def matching(conn: Connection, words: str, limit: int) -> list[Brief]:
    """Find orders by number, openid, or what the buyer gave; the latest first."""
    return [_brief(row) for row in conn.execute(_MATCHING, {"words": words, "limit": limit}).mappings()]


def order(conn: Connection, order_no: str) -> dict[str, Any] | None:
    """An order without its lines."""
    row = conn.execute(_ORDER, {"order_no": order_no}).mappings().one_or_none()
    return dict(row) if row is not None else None


def lines(conn: Connection, order_no: str) -> list[dict[str, Any]]:
    """An order's lines."""
    return [dict(row) for row in conn.execute(_LINES, {"order_no": order_no}).mappings()]


def order_state(conn: Connection, order_no: str) -> str:
    """How an order stands that is known to be there."""
    return str(conn.execute(_ORDER_STATE, {"order_no": order_no}).scalar_one())


def line_now(conn: Connection, line_id: int) -> tuple[str, int]:
    """How a line stands that is known to be there, and what of it has gone back, in fen."""
    row = conn.execute(_LINE_NOW, {"id": line_id}).one()
    return str(row.state), int(row.refund_fen)


def case_now(conn: Connection, case_id: int) -> tuple[str, str]:
    """The order and the state of a case that is known to be there."""
    row = conn.execute(_CASE_NOW, {"id": case_id}).one()
    return str(row.order_no), str(row.state)


def refunded_fen(conn: Connection, line_id: int) -> int:
    """What of a line has gone back, or is on its way."""
    return int(conn.execute(_REFUNDED, {"id": line_id}).scalar() or 0)


def buyer_of(conn: Connection, order_no: str) -> dict[str, Any] | None:
    """The buyer of an order, in figures."""
    row = conn.execute(_BUYER, {"order_no": order_no}).mappings().one_or_none()
    return dict(row) if row is not None else None


def _brief(row: Mapping[Any, Any]) -> Brief:
    return {**row, "what": row["what"] or ""}


_PRODUCT_COLUMNS = "id, name, category, delivery, aliases, fields, options, eta, note, tags"
_PLACE = text("SELECT position FROM product WHERE id = :id AND on_sale")
_PRODUCTS = text(f"""
    SELECT {_PRODUCT_COLUMNS} FROM product
    WHERE on_sale AND (CAST(:at AS int) IS NULL OR (position, id) > (:at, :after))
      AND EXISTS (SELECT 1 FROM sku WHERE sku.product_id = product.id AND sku.on_sale)
    ORDER BY position, id LIMIT :most
""")  # noqa: S608
_PRODUCT = text(f"SELECT {_PRODUCT_COLUMNS} FROM product WHERE id = :id AND on_sale")  # noqa: S608
_SKU_COLUMNS = """
    code, product_id, label, price_fen, cost_fen, face_fen, value, unit, options, aliases, eta, any_value_min,
    any_value_max, supplier, supplier_code, paused_note AS paused
"""
_SKUS = text(f"""
    SELECT {_SKU_COLUMNS} FROM sku WHERE product_id = ANY(:ids) AND on_sale ORDER BY product_id, position, code
""")  # noqa: S608
_SKU = text(f"SELECT {_SKU_COLUMNS} FROM sku WHERE code = :code AND on_sale")  # noqa: S608


def products(conn: Connection, *, after: str | None, limit: int) -> list[dict[str, Any]] | None:
    """List products on sale with their SKUs, in the shop's order: one more than `limit`, when there are more. None:
    `after` is no product on sale."""
    at = None
    if after is not None:
        at = conn.execute(_PLACE, {"id": after}).scalar_one_or_none()
        if at is None:
            return None
    rows = conn.execute(_PRODUCTS, {"at": at, "after": after or "", "most": limit + 1}).mappings().all()
    return _with_skus(conn, [dict(row) for row in rows])


def product(conn: Connection, product_id: str) -> dict[str, Any] | None:
    """A product on sale with its SKUs."""
    row = conn.execute(_PRODUCT, {"id": product_id}).mappings().one_or_none()
    return _with_skus(conn, [dict(row)])[0] if row is not None else None


def sku(conn: Connection, code: str) -> dict[str, Any]:
    """A SKU that is known to be on sale."""
    return dict(conn.execute(_SKU, {"code": code}).mappings().one())


def _with_skus(conn: Connection, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    skus: dict[str, list[dict[str, Any]]] = {one["id"]: [] for one in found}
    for row in conn.execute(_SKUS, {"ids": list(skus)}).mappings():
        skus[row["product_id"]].append(dict(row))
    return [{**one, "skus": skus[one["id"]]} for one in found]


# A state at a time: each is one stretch of the index, read from its end.
_KEYS = text("""
    SELECT found.* FROM unnest(CAST(:states AS text[])) AS wanted(state) CROSS JOIN LATERAL (
        SELECT id, state, batch_id, order_no, imported_at FROM card_key
        WHERE sku_code = :sku AND card_key.state = wanted.state AND (CAST(:before AS bigint) IS NULL OR id < :before)
        ORDER BY id DESC LIMIT :most) AS found
    ORDER BY found.id DESC LIMIT :most
""")
_CASES = """
    SELECT c.id, c.kind, c.state, c.order_no, c.line_id, c.said, c.opened_at, c.answer_due_at, c.remedy_due_at,
           c.overdue_at IS NOT NULL AS overdue, c.closed_at
    FROM support_case c
"""
_CASE_PAGE = text(f"""
    {_CASES} WHERE (CAST(:state AS text) IS NULL OR c.state = :state)
      AND (CAST(:before AS bigint) IS NULL OR c.id < :before)
    ORDER BY c.id DESC LIMIT :most
""")
_CASE = text(f"{_CASES} WHERE c.id = :id")
_CASE_EVENTS = text("SELECT at, what, words, actor AS who FROM case_event WHERE case_id = :id ORDER BY id LIMIT 200")


def keys(conn: Connection, sku_code: str, state: str | None, before: int | None, limit: int) -> list[dict[str, Any]]:
    """List a SKU's keys, the latest first: one more than `limit`, when there are more."""
    states = [state] if state else list(STATES)
    values = {"sku": sku_code, "states": states, "before": before, "most": limit + 1}
    return [dict(row) for row in conn.execute(_KEYS, values).mappings()]


def cases(conn: Connection, state: str | None, before: int | None, limit: int) -> list[dict[str, Any]]:
    """List cases, the latest first: one more than `limit`, when there are more."""
    values = {"state": state, "before": before, "most": limit + 1}
    return [dict(row) for row in conn.execute(_CASE_PAGE, values).mappings()]


def case(conn: Connection, case_id: int) -> dict[str, Any] | None:
    """A case, and what was said in it."""
    row = conn.execute(_CASE, {"id": case_id}).mappings().one_or_none()
    if row is None:
        return None
    return {**row, "events": [dict(one) for one in conn.execute(_CASE_EVENTS, {"id": case_id}).mappings()]}
