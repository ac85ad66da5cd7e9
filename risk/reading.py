"""What the books say: the facts an order is judged by, in one statement; held orders, verdicts and their reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from kernel import driver
from kernel.ids import OpenId, OrderNo, first_order_no
from risk.kinds import Kind
from risk.lists import Marks
from risk.scoring import Facts, Outcome, Reason, Verdict

HOUR, DAY, HISTORY = timedelta(hours=1), timedelta(days=1), timedelta(days=180)
ACCOUNTS_MAX = 20
"""Accounts of one order that are looked at: of a longer list the first."""
ORDERS_OF_ACCOUNT = 40
LATEST_OF_DAY = 500
LATEST_OF_HISTORY = 30

# Every part reads an index and at most a fixed number of rows, all of them of the last day: a shop's busiest account
# costs what any other does, and what lies long ago is not fetched for an order that nothing speaks against.
# (SELECT …) around a value hides it from the planner: told how few rows it leaves, it would plan the statement anew
# each time, which takes several times what running it does.
_ORDERS_FOR = f"""
    SELECT count(DISTINCT o.openid) FILTER (WHERE o.openid <> %(openid)s) AS buyers,
           coalesce(sum(l.total_fen) FILTER (WHERE o.paid_at IS NOT NULL), 0) AS spent_fen
    FROM {{accounts}} (
        SELECT order_no, total_fen FROM order_line
        WHERE account_field <> '' AND fields ->> account_field = {{account}} AND order_no >= (SELECT %(first_no)s::text)
        ORDER BY order_no DESC LIMIT {ORDERS_OF_ACCOUNT}) l
    JOIN orders o USING (order_no) WHERE o.created_at > (SELECT %(day)s::timestamptz) AND o.order_no <> %(besides)s
"""  # noqa: S608 - constants of this file
_RECENT = f"""
    SELECT lately.*, shared.*,
           ARRAY(SELECT listing FROM risk_list WHERE value_hash = ANY(%(marks)s) AND ended_at IS NULL)
    FROM (
        SELECT count(*) FILTER (WHERE created_at > %(hour)s),
               count(*) FILTER (WHERE created_at > %(hour)s AND paid_at IS NULL),
               count(DISTINCT (SELECT fields ->> account_field FROM order_line l
                               WHERE l.order_no = o.order_no AND position = 0 AND account_field <> ''))
                   FILTER (WHERE created_at > %(hour)s),
               coalesce(sum(total_fen) FILTER (WHERE paid_at IS NOT NULL), 0)
        FROM (SELECT order_no, created_at, paid_at, total_fen FROM orders
              WHERE openid = %(openid)s AND created_at > (SELECT %(day)s::timestamptz) AND order_no <> %(besides)s
              ORDER BY created_at DESC LIMIT {LATEST_OF_DAY}) o) lately,
        ({{shared}}) shared
"""  # noqa: S608 - constants of this file
_RECENT_OF_ONE = _RECENT.format(shared=_ORDERS_FOR.format(accounts="", account="%(account)s::text"))
_PER_ACCOUNT = _ORDERS_FOR.format(
    accounts="unnest(%(accounts)s::text[]) AS w(account) CROSS JOIN LATERAL", account="w.account"
)
_RECENT_OF_MANY = _RECENT.format(
    shared=f"SELECT coalesce(max(buyers), 0), coalesce(max(spent_fen), 0) FROM ({_PER_ACCOUNT} GROUP BY w.account) per"  # noqa: S608
)
# Of an array's length nothing can be hidden.
_PLAN_ONCE = text("SET LOCAL plan_cache_mode = force_generic_plan")
_HISTORY = f"""
    SELECT count(*) FILTER (WHERE state = 'delivered' AND NOT went_back),
           count(*) FILTER (WHERE state = 'refunded' OR went_back),
           (SELECT count(*) FROM support_case
            WHERE openid = %(openid)s AND kind <> 'invoice' AND opened_at > %(history)s)
    FROM (SELECT state, EXISTS (SELECT 1 FROM order_line l
                                WHERE l.order_no = o.order_no AND l.refund_fen > 0) AS went_back
          FROM (SELECT order_no, state FROM orders
                WHERE openid = %(openid)s AND created_at > %(history)s AND order_no <> %(besides)s
                ORDER BY created_at DESC LIMIT {LATEST_OF_HISTORY}) o
          WHERE state IN ('delivered', 'refunded')) latest
"""  # noqa: S608 - constants of this file


def recent_facts(
    conn: Connection,
    marks: Marks,
    openid: OpenId,
    accounts: Sequence[str],
    total_fen: int,
    now: datetime,
    *,
    besides: str = "",
) -> Facts:
    """Gather what an order of `total_fen` for these accounts is judged by, but for its buyer's history: one statement
    on the caller's connection, in a transaction.

    `besides`: the order itself, where it stands already. Raises SQLAlchemy's errors.
    """
    each = list(dict.fromkeys(accounts))
    listed = [*marks.of(Kind.BUYER, openid)]
    for account in each:
        listed.extend(marks.of(Kind.ACCOUNT, account))
    values = {
        "openid": openid,
        "marks": listed,
        "besides": besides,
        "hour": now - HOUR,
        "day": now - DAY,
        "first_no": first_order_no(now - DAY),
    }
    if len(each) > 1:
        conn.execute(_PLAN_ONCE)
        row = _run(conn, _RECENT_OF_MANY, {**values, "accounts": each[:ACCOUNTS_MAX]})
    else:
        row = _run(conn, _RECENT_OF_ONE, {**values, "account": each[0] if each else None})
    return Facts(
        total_fen=total_fen,
        buyer_orders_1h=row[0],
        buyer_unpaid_1h=row[1],
        buyer_accounts_1h=row[2],
        buyer_spent_24h_fen=int(row[3]),
        account_buyers_24h=row[4],
        account_spent_24h_fen=int(row[5]),
        blocked="block" in row[6],
        allowed="allow" in row[6],
    )


def with_history(conn: Connection, facts: Facts, openid: OpenId, now: datetime, *, besides: str = "") -> Facts:
    """Add what the buyer's last 180 days say for him and against him."""
    row = _run(conn, _HISTORY, {"openid": openid, "history": now - HISTORY, "besides": besides})
    return replace(facts, delivered=row[0], given_back=row[1], complaints=row[2])


def _run(conn: Connection, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """The one row of a statement that gathers."""
    [row] = driver.rows(conn, statement, values)
    return row


# ---- verdicts ------------------------------------------------------------------------------------------------------

_RECORD = text("""
    INSERT INTO risk_verdict (order_no, openid, total_fen, outcome, score, reasons, at)
    VALUES (:order_no, :openid, :total_fen, :outcome, :score, CAST(:reasons AS jsonb), :now)
""")
_OF_ORDER = text("""
    SELECT order_no, openid, total_fen, outcome, score, reasons, at FROM risk_verdict WHERE order_no = :order_no
    ORDER BY id DESC LIMIT 1
""")
_LATEST = text("""
    SELECT order_no, openid, total_fen, outcome, score, reasons, at FROM risk_verdict
    WHERE outcome <> 'pass' OR :passed ORDER BY at DESC, id DESC LIMIT :limit
""")
_ACCOUNTS = text("""
    SELECT fields ->> account_field AS account FROM order_line WHERE order_no = :order_no AND account_field <> ''
    ORDER BY position
""")
_FORGET = text("DELETE FROM risk_verdict WHERE at < :before")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A verdict that was more than a plain pass."""

    order_no: str
    """Empty: no order was placed."""
    openid: OpenId
    total_fen: int
    verdict: Verdict
    at: datetime


def record(
    conn: Connection, verdict: Verdict, *, openid: str, total_fen: int, now: datetime, order_no: str = ""
) -> None:
    """Write a verdict down."""
    reasons = "[" + ",".join(f'["{reason.value}",{points}]' for reason, points in verdict.reasons) + "]"
    row = {"order_no": order_no, "openid": openid, "total_fen": total_fen, "score": verdict.score}
    conn.execute(_RECORD, {**row, "outcome": verdict.outcome.value, "reasons": reasons, "now": now})


def verdict_of(conn: Connection, order_no: str) -> Recorded | None:
    """What was decided about an order when it was placed; None: it passed without a point."""
    row = conn.execute(_OF_ORDER, {"order_no": order_no}).one_or_none()
    return _recorded(row) if row is not None else None


def accounts_of(conn: Connection, order_no: str) -> tuple[str, ...]:
    """The accounts an order is for, by line."""
    return tuple(conn.execute(_ACCOUNTS, {"order_no": order_no}).scalars())


def latest(conn: Connection, limit: int = 100, *, passed: bool = False) -> tuple[Recorded, ...]:
    """List the latest verdicts, those that stopped nothing only with `passed`."""
    return tuple(_recorded(row) for row in conn.execute(_LATEST, {"limit": limit, "passed": passed}))


def forget_old(conn: Connection, now: datetime) -> int:
    """Forget verdicts that no history reaches back to any more. Gives how many."""
    return conn.execute(_FORGET, {"before": now - HISTORY}).rowcount


def _recorded(row: Any) -> Recorded:
    reasons = tuple((Reason(reason), points) for reason, points in row.reasons)
    return Recorded(
        row.order_no, OpenId(row.openid), row.total_fen, Verdict(Outcome(row.outcome), row.score, reasons), row.at
    )


# ---- held orders ---------------------------------------------------------------------------------------------------

_HOLDS = text("""
    SELECT h.order_no, o.openid, o.total_fen, o.paid_at, h.held_at, h.alerted_at,
           (SELECT string_agg(product_name || ' ' || sku_label || ' ×' || quantity, '；' ORDER BY position)
            FROM (SELECT * FROM order_line l WHERE l.order_no = o.order_no ORDER BY position LIMIT 3) l) AS what,
           (SELECT jsonb_agg(fields ->> account_field ORDER BY position) FROM order_line l
            WHERE l.order_no = o.order_no AND account_field <> '') AS accounts,
           v.score, v.reasons
    FROM order_hold h JOIN orders o USING (order_no)
    LEFT JOIN LATERAL (SELECT score, reasons FROM risk_verdict WHERE order_no = h.order_no AND order_no <> ''
                       ORDER BY id DESC LIMIT 1) v ON true
    WHERE h.state = 'held' ORDER BY h.held_at, h.order_no LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """A paid order that waits for a person to release or refuse it."""

    order_no: OrderNo
    openid: OpenId
    total_fen: int
    paid_at: datetime
    held_at: datetime
    overdue: bool
    """It waits for longer than was promised; that was said in the log once."""
    what: str
    accounts: tuple[str, ...]
    """In full: whoever shows them masks them."""
    score: int
    reasons: tuple[tuple[Reason, int], ...]


def holds(conn: Connection, limit: int = 200) -> tuple[HeldOrder, ...]:
    """List the held orders with what speaks against them, those that wait longest first."""
    return tuple(
        HeldOrder(
            order_no=OrderNo(row.order_no),
            openid=OpenId(row.openid),
            total_fen=row.total_fen,
            paid_at=row.paid_at,
            held_at=row.held_at,
            overdue=row.alerted_at is not None,
            what=row.what,
            accounts=tuple(dict.fromkeys(row.accounts or ())),
            score=row.score or 0,
            reasons=tuple((Reason(reason), points) for reason, points in row.reasons or ()),
        )
        for row in conn.execute(_HOLDS, {"limit": limit})
    )
