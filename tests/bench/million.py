"""`python -m tests.bench.million`: every page of the console over a shop that has sold for years, in milliseconds.

Fills a database of its own (ORDERS, 1,000,000; KEYS, 1,000,000), which is removed at the end: about 3 GB for both
defaults. What it fills looks like a shop's rows as far as the pages and their indexes can tell; no chain of history
and no key in it is real.
"""

import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import Connection, Engine, text
from starlette.routing import Route
from starlette.testclient import TestClient

from bot import embedded, migrations
from bot.app import create_app
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.database import make_engine
from catalog.files import read_catalog
from catalog.store import import_catalog
from console import accounts
from console.gate import SESSION_COOKIE
from kernel.clock import SystemClock
from tests.e2e.shop import DEMO

GOAL_MS = 150.0
ROUNDS = 7
YEARS_S = 3 * 365 * 86_400
OPEN = 300
"""Orders, lines, cases, messages that wait for somebody at any time."""

# One order a row, evenly over three years: 1 in 12 expired, 1 in 40 cancelled, 1 in 60 given back, the last few open.
_ORDERS = """
    INSERT INTO orders (order_no, openid, message_key, token, state, total_fen, created_at, expires_at, paid_at,
                        closed_at, stock_released_at, settled_at)
    SELECT 'B' || lpad(n::text, 12, '0'), 'oBench' || lpad((n * 7919::bigint % (:orders / 5 + 1))::text, 12, '0'),
           'm' || n,
           md5(n::text), state, 1000 + n % 90000, at, at + interval '15 min',
           CASE WHEN state IN ('paid', 'delivered', 'refunded') THEN at + interval '1 min' END,
           CASE WHEN state IN ('expired', 'cancelled') THEN at + interval '15 min' END,
           CASE WHEN state IN ('expired', 'cancelled') THEN at + interval '16 min' END,
           CASE WHEN state IN ('delivered', 'refunded') THEN at + interval '2 min' END
    FROM (SELECT n, now() - make_interval(secs => :years_s * (1 - n::float / :orders)) AS at,
                 CASE WHEN n > :orders - :open THEN 'paid' WHEN n % 12 = 0 THEN 'expired'
                      WHEN n % 40 = 1 THEN 'cancelled' WHEN n % 60 = 2 THEN 'refunded' ELSE 'delivered' END AS state
          FROM generate_series(1, :orders) n) one
"""
_LINES = """
    INSERT INTO order_line (order_no, position, product_id, product_name, sku_code, sku_label, quantity, unit_fen,
                            total_fen, delivery, state, fields, account_field, refund_fen)
    SELECT order_no, 1, 'huafei', '手机话费', 'HF100', '100元', 1, total_fen, total_fen,
           CASE nth % 3 WHEN 0 THEN 'topup' WHEN 1 THEN 'card' ELSE 'service' END,
           CASE state WHEN 'paid' THEN CASE WHEN nth % 2 = 0 THEN 'attention' ELSE 'delivering' END
                      WHEN 'delivered' THEN 'delivered' WHEN 'refunded' THEN 'refunded' ELSE 'waiting' END,
           jsonb_build_object('account', '139' || lpad((nth % 100000000)::text, 8, '0')), 'account',
           CASE state WHEN 'refunded' THEN total_fen ELSE 0 END
    FROM (SELECT *, substr(order_no, 2)::bigint AS nth FROM orders) o
"""
_REST = """
    INSERT INTO order_event (order_no, n, at, from_state, to_state, cause, prev_hash, hash)
    SELECT order_no, k, created_at + make_interval(mins => k), '', state, 'bench', '', decode(md5(order_no || k), 'hex')
    FROM orders, generate_series(1, 3) k;

    INSERT INTO payment (order_no, out_trade_no, trade_type, payer_openid, total_fen, description, expires_at, state,
                         created_at, opened_at, transaction_id, paid_at, settles)
    SELECT order_no, order_no, 'JSAPI', openid, total_fen, 'bench', expires_at, 'paid', created_at, created_at,
           'T' || order_no, paid_at, true FROM orders WHERE paid_at IS NOT NULL;

    INSERT INTO refund (out_refund_no, payment_id, order_no, key, amount_fen, reason, state, created_at, accepted_at,
                        settled_at)
    SELECT 'R' || p.order_no, p.id, p.order_no, 'line:1', p.total_fen, 'bench', 'success', p.paid_at, p.paid_at,
           p.paid_at FROM payment p JOIN orders o USING (order_no) WHERE o.state = 'refunded';

    INSERT INTO push (openid, order_no, kind, dedupe_key, state, created_at, sent_at, via)
    SELECT openid, order_no, 'paid', 'bench:' || order_no,
           CASE WHEN state = 'paid' THEN 'kept' ELSE 'sent' END, created_at, created_at, 'push'
    FROM orders WHERE paid_at IS NOT NULL;

    INSERT INTO support_case (kind, state, openid, order_no, opened_at, answer_due_at, remedy_due_at, closed_at)
    SELECT 'missing', CASE WHEN state = 'paid' THEN 'open' ELSE 'closed' END, openid, order_no, created_at,
           created_at + interval '2 h', created_at + interval '1 day',
           CASE WHEN state <> 'paid' THEN created_at + interval '3 h' END
    FROM orders WHERE paid_at IS NOT NULL AND right(order_no, 1) = '7';

    INSERT INTO operator_action (at, operator, address, what, about)
    SELECT created_at, 'bench', '127.0.0.1', 'answer_case', 'case:' || right(order_no, 6)
    FROM orders WHERE right(order_no, 1) = '3';
"""
_KEYS = """
    INSERT INTO key_batch (sku_code, file_name, imported, duplicate, invalid, finished)
    VALUES (:sku, 'bench.txt', :keys, 0, 0, true);
"""
_CARD_KEYS = """
    INSERT INTO card_key (sku_code, secret_enc, secret_hash, state, order_no, line_id, batch_id, imported_at, sold_at)
    SELECT :sku, decode(repeat(md5(n::text), 3), 'hex'), decode(md5(n::text) || md5('x' || n), 'hex'),
           CASE WHEN l.id IS NULL THEN 'available' ELSE 'sold' END, l.order_no, l.id,
           (SELECT max(id) FROM key_batch), now(), CASE WHEN l.id IS NULL THEN NULL ELSE now() END
    FROM generate_series(1, :keys) n LEFT JOIN order_line l ON l.id = n AND l.delivery = 'card'
"""
_SALES = """
    INSERT INTO key_sale (card_key_id, line_id, order_no, sold_at)
    SELECT id, line_id, order_no, sold_at FROM card_key WHERE state = 'sold'
"""


def fill(engine: Engine, orders: int, keys: int) -> None:
    """Fill an empty, migrated shop. The tables' own checks are kept; foreign keys and triggers are not asked."""
    with engine.begin() as conn:
        import_catalog(conn, read_catalog(DEMO))
        sku = conn.scalar(text("SELECT min(code) FROM sku JOIN product p ON p.id = product_id WHERE delivery = 'card'"))
        conn.execute(text("SET LOCAL session_replication_role = 'replica'"))
        conn.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        values = {"orders": orders, "years_s": YEARS_S, "open": OPEN, "keys": keys, "sku": sku}
        for what, statements in (("orders", _ORDERS), ("lines", _LINES), ("what hangs on them", _REST),
                                 ("batch", _KEYS), ("keys", _CARD_KEYS), ("sales", _SALES)):  # fmt: skip
            begun = time.monotonic()
            for statement in statements.split(";\n"):
                if statement.strip():
                    conn.execute(text(statement), values)
            print(f"  filled {what:<20} {time.monotonic() - begun:6.1f} s", flush=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM (ANALYZE)"))


def addresses(routes: list[Route], conn: Connection) -> list[str]:
    """Every page that is only looked at, with an order, a key and a talk in the middle of the years; and the lists as
    people ask for them."""
    one = conn.execute(text("SELECT order_no, openid FROM orders ORDER BY order_no OFFSET 1000 LIMIT 1")).one()
    sku = conn.scalar(text("SELECT sku_code FROM key_batch"))
    filled = {"order_no": one.order_no, "id": "1", "sku": str(sku), "name": "1", "openid": one.openid, "code": str(sku)}
    pages = []
    for route in routes:
        if "GET" not in (route.methods or ()) or not route.path.startswith("/console"):
            continue
        if re.search(r"static|login|events|export", route.path):
            continue
        pages.append(re.sub(r"\{(\w+)\}", lambda part: filled.get(part[1], "1"), route.path))
    account = conn.scalar(text("SELECT fields->>'account' FROM order_line ORDER BY id OFFSET 1000 LIMIT 1"))
    asked = ["state=expired", "state=unpaid", "state=refunded", f"q={one.order_no}", f"of={one.order_no}",
             f"q={account}", f"q={one.openid}", "since=2024-05-01", "q=nothing"]  # fmt: skip
    return [*pages, *(f"/console/orders?{query}" for query in asked)]


def measure(services: Services, only: Sequence[str] = ()) -> bool:
    """Ask for every page, or only these, as the owner does; True: each is under the goal."""
    engine = services.engine
    password = secrets.token_urlsafe(12)
    with engine.begin() as conn:
        accounts.add_first(conn, "bench", password, SystemClock().now())
    entered = accounts.log_in(engine, "bench", password, address="127.0.0.1", browser="bench", now=SystemClock().now())
    assert isinstance(entered, accounts.LoggedIn)
    app = create_app(services)
    slow = 0
    with TestClient(app, cookies={SESSION_COOKIE: entered.token}, follow_redirects=False) as client:
        with engine.connect() as conn:
            wanted = only or addresses([one for one in app.routes if isinstance(one, Route)], conn)
        for address in wanted:
            took = []
            status = 0
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                status = client.get(address).status_code
                took.append((time.perf_counter() - begun) * 1000)
            warm = took[1:]
            slow += median(warm) > GOAL_MS
            mark = "  SLOW" if median(warm) > GOAL_MS else ""
            print(
                f"  {address:<52} {status}  first {took[0]:7.1f}  p50 {median(warm):7.1f}  max {max(warm):7.1f}{mark}"
            )
    return not slow


@dataclass(frozen=True, slots=True)
class Ground:
    """An empty database with every table, to be filled, and a folder of its own; both are gone afterwards."""

    engine: Engine
    home: Path
    _servers: embedded.Servers

    @contextmanager
    def shop(self) -> Iterator[Services]:
        """The shop over what was filled."""
        file = self.home / "config.toml"
        file.write_text('[app]\ndata_dir = "var"\n[wechat]\ntoken = "t"\nmode = "plain"\n')
        at = self._servers
        services = build(load_config(file, {}), database_url=at.database_url, redis_url=at.redis_url)
        yield services
        services.engine.dispose()


@contextmanager
def ground(prefix: str) -> Iterator[Ground]:
    """Servers and a database for one bench."""
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        home = Path(folder)
        home.chmod(0o711)
        servers = embedded.join(home / "servers-of-bench", for_tests=True)
        try:
            engine = make_engine(servers.database_url, name="bench", statement_timeout_ms=0)
            migrations.upgrade(engine)
            yield Ground(engine, home, servers)
            engine.dispose()
        finally:
            servers.leave()


def main() -> int:
    """0: every page is under the goal."""
    orders, keys = int(os.environ.get("ORDERS") or 1_000_000), int(os.environ.get("KEYS") or 1_000_000)
    with ground("kabot-million-") as at:
        print(f"{orders:,} orders, {keys:,} keys; milliseconds a page, {ROUNDS - 1} times after the first", flush=True)
        fill(at.engine, orders, keys)
        with at.engine.connect() as conn:
            size = conn.scalar(text("SELECT pg_size_pretty(pg_database_size(current_database()))"))
        print(f"  the database is {size}", flush=True)
        with at.shop() as services:
            fast = measure(services)
    return 0 if fast else 1


if __name__ == "__main__":
    sys.exit(main())
