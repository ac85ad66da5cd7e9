"""The ledger beside the rows it is about: does every order's money agree, wherever it is written down?"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from payments.ledger import span_of

_DIFFERENCES = text("""
    WITH books AS (
        SELECT b.order_no,
               sum(e.amount_fen) FILTER (WHERE b.kind = 'payment' AND e.account IN ('wechat_clearing', 'wallet'))
                   AS paid,
               -sum(e.amount_fen) FILTER (WHERE b.kind = 'sale' AND e.account = 'sales') AS sold,
               -sum(e.amount_fen) FILTER (WHERE e.account = 'wallet') AS kept,
               sum(e.amount_fen) FILTER (WHERE b.kind = 'refund_due' AND e.account IN ('refunds', 'compensation'))
                   AS back,
               -sum(e.amount_fen) FILTER (WHERE b.kind = 'refund' AND e.account IN ('wechat_clearing', 'wallet'))
                   AS arrived,
               -sum(e.amount_fen) FILTER (WHERE e.account = 'buyer') AS owed,
               count(DISTINCT b.id) FILTER (WHERE b.kind = 'cost') AS costs
        FROM ledger_booking b JOIN ledger_entry e ON e.booking_id = b.id
        WHERE CAST(:order_no AS text) IS NULL OR b.order_no = :order_no GROUP BY b.order_no),
    paid AS (
        SELECT order_no, sum(total_fen) AS paid, sum(total_fen) FILTER (WHERE settles) AS sold
        FROM payment WHERE state = 'paid' AND (CAST(:order_no AS text) IS NULL OR order_no = :order_no)
        GROUP BY order_no),
    back AS (
        SELECT r.order_no,
               sum(r.amount_fen) FILTER (WHERE r.state <> 'closed' AND p.settles) AS back,
               sum(r.amount_fen) FILTER (WHERE r.state = 'success') AS arrived,
               sum(r.amount_fen) FILTER (WHERE r.state NOT IN ('closed', 'success')) AS under_way,
               sum(r.amount_fen) FILTER (WHERE r.state <> 'closed'
                                         AND (r.line_id IS NOT NULL OR r.key LIKE 'lines:%')) AS of_lines
        FROM refund r JOIN payment p ON p.id = r.payment_id
        WHERE CAST(:order_no AS text) IS NULL OR r.order_no = :order_no GROUP BY r.order_no),
    lines AS (
        SELECT order_no, sum(refund_fen) - coalesce((SELECT sum(amount_fen) FROM line_refund g
                   WHERE g.order_no = order_line.order_no AND g.key IS NULL), 0) AS back,
               sum(total_fen) AS total FROM order_line
        WHERE CAST(:order_no AS text) IS NULL OR order_no = :order_no GROUP BY order_no),
    kept AS (
        SELECT order_no, sum(amount_fen) AS kept FROM wallet_move
        WHERE CAST(:order_no AS text) IS NULL OR order_no = :order_no GROUP BY order_no),
    costs AS (
        SELECT order_no, count(*) AS costs FROM (
            SELECT s.order_no FROM supplier_order s JOIN order_line l ON l.id = s.line_id
            WHERE (s.state = 'success' OR s.changed_mind_at IS NOT NULL)
              AND coalesce(s.cost_fen, l.cost_fen * s.buy_num) > 0
            UNION ALL
            SELECT k.order_no FROM key_sale k JOIN card_key c ON c.id = k.card_key_id
            JOIN key_batch b ON b.id = c.batch_id JOIN order_line l ON l.id = k.line_id
            WHERE NOT EXISTS (SELECT 1 FROM key_replacement r WHERE r.new_key_id = k.card_key_id)
            GROUP BY k.order_no, k.line_id
            HAVING bool_and(coalesce(b.unit_cost_fen, l.cost_fen) IS NOT NULL)
               AND sum(coalesce(b.unit_cost_fen, l.cost_fen)) > 0
            UNION ALL
            SELECT l.order_no FROM key_replacement r JOIN card_key c ON c.id = r.new_key_id
            JOIN key_batch b ON b.id = c.batch_id JOIN order_line l ON l.id = r.line_id
            WHERE coalesce(b.unit_cost_fen, l.cost_fen) > 0
            UNION ALL
            SELECT l.order_no FROM order_line l
            WHERE l.delivery IN ('service', 'parcel') AND l.cost_fen > 0 AND EXISTS (
                SELECT 1 FROM order_event e WHERE e.order_no = l.order_no AND e.line_id = l.id
                AND e.to_state = 'delivered' AND e.cause = 'by hand')) bought
        WHERE CAST(:order_no AS text) IS NULL OR order_no = :order_no GROUP BY order_no)
    SELECT o.order_no, told.what, told.books_fen, told.rows_fen
    FROM orders o
    LEFT JOIN books USING (order_no) LEFT JOIN paid USING (order_no) LEFT JOIN back USING (order_no)
    LEFT JOIN lines USING (order_no) LEFT JOIN costs USING (order_no) LEFT JOIN kept USING (order_no)
    CROSS JOIN LATERAL (VALUES
        ('payments', coalesce(books.paid, 0), coalesce(paid.paid, 0)),
        ('sales', coalesce(books.sold, 0), coalesce(paid.sold, 0)),
        ('order_total', coalesce(paid.sold, o.total_fen), o.total_fen),
        ('lines_total', o.total_fen, coalesce(lines.total, 0)),
        ('paid_state', coalesce(paid.sold, 0), CASE WHEN o.paid_at IS NULL THEN 0 ELSE o.total_fen END),
        ('refunds', coalesce(books.back, 0), coalesce(back.back, 0)),
        ('refunds_of_lines', coalesce(back.of_lines, 0), coalesce(lines.back, 0)),
        ('refunds_arrived', coalesce(books.arrived, 0), coalesce(back.arrived, 0)),
        ('owed_to_buyer', coalesce(books.owed, 0), coalesce(back.under_way, 0)),
        ('balance', coalesce(books.kept, 0), coalesce(kept.kept, 0)),
        ('purchases_with_cost', coalesce(books.costs, 0), coalesce(costs.costs, 0))
    ) AS told(what, books_fen, rows_fen)
    WHERE told.books_fen <> told.rows_fen AND (CAST(:order_no AS text) IS NULL OR o.order_no = :order_no)
    ORDER BY o.order_no, told.what
""")
_BALANCES = text("""
    SELECT coalesce((SELECT -sum(amount_fen) FROM ledger_entry WHERE account = 'wallet'), 0) AS books,
           coalesce((SELECT sum(balance_fen) FROM wallet), 0) AS rows,
           coalesce((SELECT sum(amount_fen) FROM wallet_move), 0) AS moves
""")
_UNCOSTED = text("""
    SELECT count(*) FROM order_line l
    WHERE l.delivered_at >= :begin AND l.delivered_at < :end
      AND NOT EXISTS (SELECT 1 FROM ledger_booking b WHERE b.cause IN ('cost:keys:' || l.id, 'cost:hand:' || l.id))
      AND NOT EXISTS (SELECT 1 FROM supplier_order s JOIN ledger_booking b ON b.cause = 'cost:' || s.supplier_order_no
                      WHERE s.line_id = l.id)
""")
_KEEP = text("""
    INSERT INTO ledger_difference (order_no, what, books_fen, rows_fen, found_at)
    VALUES (:order_no, :what, :books_fen, :rows_fen, :now)
    ON CONFLICT (order_no, what) WHERE resolved_at IS NULL
    DO UPDATE SET books_fen = excluded.books_fen, rows_fen = excluded.rows_fen
""")
_OPEN = text("SELECT id, order_no, what FROM ledger_difference WHERE resolved_at IS NULL FOR UPDATE")
_RESOLVE = text("UPDATE ledger_difference SET resolved_at = :now WHERE id = ANY(:ids)")
_COUNT = text("SELECT count(*) FROM ledger_difference WHERE resolved_at IS NULL")

WHAT: dict[str, str] = {
    "payments": "收款",
    "sales": "销售额",
    "order_total": "付款与订单金额",
    "lines_total": "订单金额与各行之和",
    "paid_state": "付款与订单状态",
    "refunds": "应退",
    "refunds_of_lines": "退款与订单行",
    "refunds_arrived": "已退",
    "owed_to_buyer": "欠顾客",
    "balance": "订单与余额变动",
    "balances": "全部余额",
    "balance_moves": "全部余额变动",
    "purchases_with_cost": "成本笔数",
}
"""What an operator calls the comparisons. `purchases_with_cost` counts purchases, the others are in fen."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """In what an order's money is not the same in two places."""

    order_no: str
    what: str
    books_fen: int
    rows_fen: int


def compare(conn: Connection, order_no: str | None = None) -> tuple[Disagreement, ...]:
    """Compare one order's money, or everybody's: ledger, payments, refunds, lines, purchases. Changes nothing."""
    rows = conn.execute(_DIFFERENCES, {"order_no": order_no})
    found = tuple(Disagreement(row.order_no, row.what, int(row.books_fen), int(row.rows_fen)) for row in rows)
    return found if order_no is not None else (*found, *_balances(conn))


def _balances(conn: Connection) -> tuple[Disagreement, ...]:
    """What buyers keep with us, in one statement and so at one moment: the books, the balances, their moves."""
    all_of = conn.execute(_BALANCES).one()
    told = (("balances", all_of.rows), ("balance_moves", all_of.moves))
    return tuple(Disagreement("", what, int(all_of.books), int(fen)) for what, fen in told if fen != all_of.books)


def check(conn: Connection, now: datetime) -> tuple[Disagreement, ...]:
    """Compare everybody's money and keep what disagrees; what agrees again is marked as resolved."""
    found = compare(conn)
    now_open = {(one.order_no, one.what) for one in found}
    gone = [row.id for row in conn.execute(_OPEN).all() if (row.order_no, row.what) not in now_open]
    if gone:
        conn.execute(_RESOLVE, {"ids": gone, "now": now})
    for one in found:
        amounts = {"books_fen": one.books_fen, "rows_fen": one.rows_fen}
        conn.execute(_KEEP, {"order_no": one.order_no, "what": one.what, **amounts, "now": now})
    return found


def uncosted(conn: Connection, of: date) -> int:
    """How many lines were delivered on a day (Beijing time) whose cost nobody has said: the profit is without it."""
    begin, end = span_of(of)
    return int(conn.execute(_UNCOSTED, {"begin": begin, "end": end}).scalar_one())


def count_open(conn: Connection) -> int:
    """How many disagreements the last check left."""
    return int(conn.execute(_COUNT).scalar_one())
