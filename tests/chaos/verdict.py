"""What must be true when all is quiet again, told from our database and from the world's own memory."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from bot import books
from catalog.vault import Vault
from fulfillment import audit

_OPEN = {
    "orders unpaid": "SELECT order_no FROM orders WHERE state = 'unpaid'",
    "orders paid and not delivered": "SELECT order_no FROM orders WHERE state = 'paid'",
    "orders held": "SELECT order_no FROM order_hold WHERE state = 'held'",
    "keys held": "SELECT order_no FROM card_key WHERE state = 'held'",
    "lines under way": "SELECT o.order_no || ' ' || l.state || ' ' || l.note FROM order_line l"
    " JOIN orders o USING (order_no) WHERE l.state IN ('delivering', 'refunding', 'attention')"
    " OR (l.state = 'waiting' AND o.state = 'paid')",
    "attempts to pay left open": "SELECT out_trade_no FROM payment WHERE state IN ('creating', 'open')",
    "refunds under way": "SELECT out_refund_no || ' ' || state FROM refund"
    " WHERE state IN ('created', 'processing', 'abnormal')",
    "purchases nobody knows of": "SELECT supplier_order_no || ' ' || state FROM supplier_order"
    " WHERE state NOT IN ('success', 'failed')",
    "messages not sent": "SELECT id || ' ' || kind || ' ' || state FROM push"
    " WHERE state IN ('waiting', 'sending', 'kept')",
}


def still_open(engine: Engine) -> dict[str, list[str]]:
    """What is not finished, by kind; empty when all is quiet."""
    with engine.connect() as conn:
        found = {what: [str(one) for one in conn.scalars(text(sql))] for what, sql in _OPEN.items()}
    return {what: rows for what, rows in found.items() if rows}


def waiting_for(engine: Engine) -> list[str]:
    """The buyers for whom a message waits that could not be pushed."""
    with engine.connect() as conn:
        return list(conn.scalars(text("SELECT DISTINCT openid FROM push WHERE state = 'kept'")))


@dataclass
class World:
    """What WeChat, WeChat Pay and the suppliers remember."""

    trades: dict[str, Any]
    refunds: dict[str, Any]
    purchases: list[dict[str, Any]]
    chats: dict[str, list[dict[str, Any]]]

    @classmethod
    def read(cls, file: Path) -> "World":
        memory = json.loads(file.read_text(encoding="utf-8"))
        bought = [*memory["supplier_orders"].values(), *memory.get("juhe_orders", {}).values()]
        return cls(memory["trades"], memory["refunds"], bought, memory["chats"])

    def told(self, openid: str, via: str = "") -> str:
        lines = self.chats.get(openid, [])
        return "\n".join(m["content"] for m in lines if m["from"] == "bot" and via in ("", m.get("via")))

    @property
    def paid(self) -> dict[str, Any]:
        return {no: trade for no, trade in self.trades.items() if trade["transaction_id"]}


@dataclass
class Verdict:
    """Promises, each with what breaks it."""

    broken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    figures: dict[str, int] = field(default_factory=dict)
    unpaid: list[tuple[str, str]] = field(default_factory=list)
    """(owner, token) of the orders that ended without being paid."""

    def must(self, promise: str, problems: Iterator[str]) -> None:
        self.broken[promise].extend(problems)

    @property
    def holds(self) -> bool:
        return not any(self.broken.values())

    def table(self) -> str:
        width = max(len(name) for name in [*self.broken, *self.figures])
        lines = [f"  {name:<{width}}  {count:>6}" for name, count in self.figures.items()]
        for promise, problems in self.broken.items():
            lines.append(f"  {promise:<{width}}  {'holds' if not problems else 'BROKEN'}")
            lines += [f"      {problem}" for problem in problems[:10]]
        return "\n".join(lines)


def judge(engine: Engine, vault: Vault, secret_key: bytes, world: World) -> Verdict:
    """Compare everything with everything."""
    verdict = Verdict()
    audit.arm(engine, secret_key)
    with engine.connect() as conn:
        verdict.figures = _figures(conn, world)
        ended = conn.execute(text("SELECT openid, token FROM orders WHERE state = 'expired'"))
        verdict.unpaid = [(row.openid, row.token) for row in ended]
        verdict.must("nothing is left open", (f"{k}: {v[:5]}" for k, v in still_open(engine).items()))
        verdict.must("whoever paid is in our books, once", _payments(conn, world))
        verdict.must("paid = delivered + refunded, to the fen", _sums(conn, world))
        verdict.must("what came twice or could not be served went back whole", _second_payments(conn, world))
        verdict.must("balances are what was paid in and what moved, never below zero", _balances(conn, world))
        verdict.must("a held order was decided on once, and its buyer told", _held(conn, world))
        verdict.must("keys are unique, and went to their owners", _keys(conn, vault, world))
        verdict.must("no purchase was made twice", _purchases(conn, world))
        verdict.must("every buyer was told", _told(conn, vault, world))
        verdict.must("no card key was pushed twice", _pushed_twice(conn, vault, world))
        differences = books.compare(conn)
        verdict.must("the ledger agrees", (f"{d.order_no} {d.what} {d.books_fen} {d.rows_fen}" for d in differences))
        uneven = conn.execute(text("SELECT booking_id FROM ledger_entry GROUP BY 1 HAVING sum(amount_fen) <> 0"))
        verdict.must("the ledger sums to zero", (f"booking {row.booking_id}" for row in uneven))
        verdict.must("the history is whole", (str(one) for one in audit.verify(conn)))
        verdict.must("no job was given up", _failed_jobs(conn))
    return verdict


_HELD = text("SELECT state, count(*) AS n FROM order_hold WHERE held_at IS NOT NULL GROUP BY 1 ORDER BY 1")
_NOTICES = "SELECT count(*) FROM push WHERE kind = 'service_notice'"
_MOVES = text("SELECT kind, one_tap, count(*) AS n FROM wallet_move GROUP BY 1, 2 ORDER BY 1, 2")


def _of_balances(conn: Connection) -> dict[str, int]:
    return {f"balance: {row.kind}{' at 确认' if row.one_tap else ''}": row.n for row in conn.execute(_MOVES)}


def _figures(conn: Connection, world: World) -> dict[str, int]:
    states = conn.execute(text("SELECT state, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1"))
    return {
        **{f"orders {row.state}": row.n for row in states},
        "payments at WeChat Pay": len(world.paid),
        "refunds at WeChat Pay": sum(one["status"] == "SUCCESS" for one in world.refunds.values()),
        **_of_balances(conn),
        **{f"orders held and {row.state}": row.n for row in conn.execute(_HELD)},
        "card keys sold": conn.execute(text("SELECT count(*) FROM key_sale")).scalar_one(),
        "purchases at the supplier": len(world.purchases),
        "messages sent": conn.execute(text("SELECT count(*) FROM push WHERE state = 'sent'")).scalar_one(),
        "of them service notices": conn.execute(text(f"{_NOTICES} AND state = 'sent'")).scalar_one(),
    }


def _payments(conn: Connection, world: World) -> Iterator[str]:
    rows = {row.out_trade_no: row for row in conn.execute(text("SELECT * FROM payment"))}
    for number, trade in world.paid.items():
        row = rows.get(number)
        if row is None or (row.state, row.transaction_id) != ("paid", trade["transaction_id"]):
            yield f"{number} was paid at WeChat Pay and is {row.state if row else 'unknown'} here"
        elif row.total_fen != trade["total_fen"]:
            yield f"{number}: {row.total_fen} here, {trade['total_fen']} there"
    for number, row in rows.items():
        if row.state == "paid" and row.trade_type != "WALLET" and number not in world.paid:
            yield f"{number} is paid here and not at WeChat Pay"
    settling = Counter(row.order_no for row in rows.values() if row.settles)
    yield from (f"{order_no} was paid {count} times" for order_no, count in settling.items() if count > 1)


def _sums(conn: Connection, world: World) -> Iterator[str]:
    back = _back_at_wechat(world)
    moved = _moved(conn)
    settled = {
        row.order_no: row
        for row in conn.execute(text("SELECT order_no, out_trade_no, total_fen FROM payment WHERE settles"))
    }
    lines = conn.execute(
        text(
            "SELECT l.*, o.state AS order_state, (SELECT count(*) FROM key_sale k WHERE k.line_id = l.id)"
            " - (SELECT count(*) FROM key_replacement r WHERE r.line_id = l.id) AS keys,"
            " EXISTS (SELECT 1 FROM line_refund r WHERE r.line_id = l.id AND NOT r.goodwill"
            "         AND r.actor = 'operator') AS by_person,"
            " (SELECT count(*) FROM supplier_order s WHERE s.line_id = l.id AND s.state = 'success') AS bought"
            " FROM order_line l JOIN orders o USING (order_no)"
        )
    )
    refunded: Counter[str] = Counter()
    for line in lines:
        name = f"{line.order_no} line {line.id}"
        if line.order_no not in settled:
            if line.keys or line.bought:
                yield f"{name} was not paid and has {line.keys} keys, {line.bought} purchases"
            continue
        refunded[line.order_no] += line.refund_fen
        if line.delivery == "wallet":
            kept = moved[line.order_no, "topup"] + moved[line.order_no, "withdraw"]
            if line.total_fen - line.refund_fen != kept:
                yield f"{name}: {line.total_fen} for the balance, {line.refund_fen} back, {kept} is in it"
            continue
        got = line.keys if line.delivery == "card" else line.bought
        worth = line.total_fen * got // line.quantity
        not_delivered_fen = line.refund_fen - line.goodwill_fen
        # What a person gives back as a whole was delivered, as a rule.
        if abs(line.total_fen - not_delivered_fen - worth) > line.quantity and not line.by_person:
            yield f"{name}: paid {line.total_fen}, delivered {got} of {line.quantity}, refunded {line.refund_fen}"
    for order_no, payment in settled.items():
        arrived = back[payment.out_trade_no] + moved[order_no, "refund"]
        if refunded[order_no] != arrived:
            yield f"{order_no}: {refunded[order_no]} given back here, {arrived} at WeChat Pay or in the balance"


def _back_at_wechat(world: World) -> Counter[str]:
    """What WeChat Pay has given back of each payment."""
    back: Counter[str] = Counter()
    for refund in world.refunds.values():
        if refund["status"] == "SUCCESS":
            back[refund["out_trade_no"]] += refund["refund_fen"]
    return back


def _moved(conn: Connection) -> Counter[tuple[str, str]]:
    """What each order moved in balances, by kind."""
    rows = conn.execute(text("SELECT order_no, kind, sum(amount_fen) AS fen FROM wallet_move GROUP BY 1, 2"))
    return Counter({(row.order_no, row.kind): int(row.fen) for row in rows})


def _balances(conn: Connection, world: World) -> Iterator[str]:
    """Every move has its cause where it cannot lie: a top-up at WeChat Pay, a payment of an order of as much."""
    for row in conn.execute(
        text(
            "SELECT w.id, w.balance_fen, coalesce(sum(m.amount_fen), 0) AS moved, min(m.balance_after_fen) AS least"
            " FROM wallet w LEFT JOIN wallet_move m ON m.wallet_id = w.id GROUP BY w.id"
        )
    ):
        if row.balance_fen != row.moved or row.balance_fen < 0 or (row.least or 0) < 0:
            yield f"balance {row.id} is {row.balance_fen}, its moves {row.moved}, the least there was {row.least}"
    moves = conn.execute(
        text(
            "SELECT m.kind, m.amount_fen, m.order_no, w.openid, p.out_trade_no, p.trade_type, p.total_fen,"
            " o.openid AS owner FROM wallet_move m JOIN wallet w ON w.id = m.wallet_id"
            " LEFT JOIN orders o ON o.order_no = m.order_no"
            " LEFT JOIN payment p ON p.order_no = m.order_no AND p.settles"
            " WHERE m.kind IN ('topup', 'pay')"
        )
    )
    for move in moves:
        name = f"{move.kind} of {move.order_no}: {move.amount_fen}"
        if move.owner != move.openid:
            yield f"{name} in the balance of {move.openid}"
        if move.kind == "topup" and world.paid.get(move.out_trade_no, {}).get("total_fen") != move.amount_fen:
            yield f"{name}, not paid at WeChat Pay"
        if move.kind == "pay" and (move.trade_type, move.total_fen) != ("WALLET", -move.amount_fen):
            yield f"{name}, paid {move.total_fen} by {move.trade_type}"
    unpaid = conn.execute(
        text(
            "SELECT order_no FROM payment p WHERE trade_type = 'WALLET' AND NOT EXISTS ("
            " SELECT 1 FROM wallet_move m WHERE m.order_no = p.order_no AND m.kind = 'pay')"
        )
    )
    yield from (f"{row.order_no} was paid from a balance that nothing was taken of" for row in unpaid)


def _held(conn: Connection, world: World) -> Iterator[str]:
    rows = conn.execute(
        text(
            "SELECT h.order_no, h.state, o.openid, sum(l.total_fen - l.refund_fen) AS left_fen,"
            " count(s.card_key_id) AS keys, (SELECT count(*) FROM supplier_order b WHERE b.order_no = h.order_no"
            "                                AND b.sends > 0) AS bought,"
            " (SELECT count(*) FROM wallet_move m WHERE m.order_no = h.order_no AND m.kind = 'topup') AS filled,"
            " (SELECT max(n) FROM (SELECT count(*) AS n FROM order_event e WHERE e.order_no = h.order_no"
            "                      AND e.cause = 'released' GROUP BY line_id) told) AS released,"
            " (SELECT count(*) FROM push p WHERE p.order_no = h.order_no AND p.kind = 'held') AS pushes"
            " FROM order_hold h JOIN orders o USING (order_no) JOIN order_line l USING (order_no)"
            " LEFT JOIN key_sale s ON s.line_id = l.id WHERE h.held_at IS NOT NULL"
            " GROUP BY h.order_no, h.state, o.openid"
        )
    )
    for row in rows:
        if row.state not in ("released", "refused", "withdrawn"):
            yield f"{row.order_no} is {row.state}"
        if (row.released or 0) != (row.state == "released"):
            yield f"{row.order_no} is {row.state} and was released {row.released or 0} times"
        if row.state != "released" and (row.keys or row.bought or row.filled or row.left_fen):
            yield f"{row.order_no} is {row.state}: {row.keys} keys, {row.bought} purchases, {row.left_fen} not back"
        if row.pushes and not re.search(f"{row.order_no} 需要人工核对", world.told(row.openid)):
            yield f"{row.openid} was not told that {row.order_no} is held"


def _second_payments(conn: Connection, world: World) -> Iterator[str]:
    back = _back_at_wechat(world)
    for number, trade in world.paid.items():
        if back[number] > trade["total_fen"]:
            yield f"{number}: {back[number]} of {trade['total_fen']} went back"
    for row in conn.execute(text("SELECT * FROM payment WHERE state = 'paid' AND NOT settles")):
        if back[row.out_trade_no] != row.total_fen:
            yield f"{row.out_trade_no} came second; {back[row.out_trade_no]} of {row.total_fen} went back"


def _sold(conn: Connection, vault: Vault, *, but: Collection[int] = ()) -> Iterator[tuple[str, str, str]]:
    """(owner, order, key in clear) of every key that was sold, `but` some."""
    rows = conn.execute(
        text(
            "SELECT k.id, k.sku_code, k.secret_enc, s.order_no, o.openid FROM key_sale s"
            " JOIN card_key k ON k.id = s.card_key_id JOIN orders o ON o.order_no = s.order_no"
        )
    )
    for row in rows:
        if row.id in but:
            continue
        yield row.openid, row.order_no, vault.open(bytes(row.secret_enc), row.sku_code, row.id).secret


def _keys(conn: Connection, vault: Vault, world: World) -> Iterator[str]:
    owners = {secret: openid for openid, _, secret in _sold(conn, vault)}
    if len(owners) != conn.execute(text("SELECT count(*) FROM key_sale")).scalar_one():
        yield "one key was sold twice"
    for openid, chat in world.chats.items():
        for secret in {found for line in chat for found in re.findall(r"CHAOS-[\w-]+", line["content"])}:
            if owners.get(secret) != openid:
                yield f"{openid} was shown {secret}, which is not his"


def _purchases(conn: Connection, world: World) -> Iterator[str]:
    ours = {
        row.supplier_order_no: row
        for row in conn.execute(text("SELECT s.*, s.line_id || '/' || s.unit AS what FROM supplier_order s"))
    }
    arrived: Counter[str] = Counter()
    for purchase in world.purchases:
        row = ours.get(purchase["customer_order_no"])
        if row is None:
            yield f"{purchase['customer_order_no']} was bought and is unknown here"
            continue
        arrived[row.what] += purchase["state"] == "success"
        if (purchase["state"] == "success") != (row.state == "success"):
            yield f"{row.supplier_order_no}: {purchase['state']} there, {row.state} here"
    yield from (f"unit {what} was bought {count} times" for what, count in arrived.items() if count > 1)


def _told(conn: Connection, vault: Vault, world: World) -> Iterator[str]:
    replaced = set(conn.scalars(text("SELECT old_key_id FROM key_replacement")))
    for openid, order_no, secret in _sold(conn, vault, but=replaced):  # before it was told, perhaps
        if secret not in world.told(openid):
            yield f"{openid} never got a key of {order_no}"
    done = conn.execute(
        text(
            "SELECT o.openid, o.order_no, o.token, l.state, l.delivery, l.refund_fen,"
            " ARRAY(SELECT amount_fen FROM line_refund r WHERE r.line_id = l.id) AS parts FROM order_line l"
            " JOIN orders o USING (order_no) WHERE o.paid_at IS NOT NULL"
        )
    )
    for line in done:
        told = world.told(line.openid)
        if line.state == "delivered" and line.delivery in ("topup", "wallet") and "充值成功" not in told:
            yield f"{line.openid} was not told that {line.order_no} is done"
        if line.refund_fen and not ("退款" in told and all(f"{fen / 100:.2f}" in told for fen in line.parts)):
            yield f"{line.openid} was not told of the refund of {line.order_no}"
    untold = conn.execute(text("SELECT id, kind, state FROM push WHERE state NOT IN ('sent', 'given_up')"))
    yield from (f"push {row.id} {row.kind} is {row.state}" for row in untold)


def _pushed_twice(conn: Connection, vault: Vault, world: World) -> Iterator[str]:
    for openid, order_no, secret in _sold(conn, vault):
        if (times := world.told(openid, via="push").count(secret)) > 1:
            yield f"a key of {order_no} was pushed {times} times"


def _failed_jobs(conn: Connection) -> Iterator[str]:
    rows = conn.execute(
        text(
            "SELECT task_name, count(*) AS n FROM procrastinate_jobs j WHERE status = 'failed'"
            " AND NOT EXISTS (SELECT 1 FROM procrastinate_periodic_defers p WHERE p.job_id = j.id) GROUP BY 1"
        )
    )
    return (f"{row.task_name}: {row.n}" for row in rows)
