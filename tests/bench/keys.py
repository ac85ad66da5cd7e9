"""`python -m tests.bench.keys`: a stock of ten million card keys: selling, importing, finding and looking at them.

Fills a database of its own (KEYS, 10,000,000), which is removed at the end. Six of ten are sold, nine of ten are of one
SKU; what is filled opens as no key, but every figure that needs real ones uses the 100,000 that are imported.
"""

import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import Engine, text

from bot import delivering, ordering, reminders
from bot.bootstrap import Services
from catalog import stock, stock_care
from catalog.files import read_catalog
from catalog.key_import import ImportResult, import_keys
from catalog.store import import_catalog
from dialogs.facts import OrderPlaced
from fulfillment import paying
from kernel.ids import OpenId
from kernel.orders import WantedLine
from tests.bench import million
from tests.e2e.shop import DEMO

IMPORTED = 100_000
SALES = 300
SEARCHED = 100_000
"""Of the latest keys, opened to look for a part in them: what the console does."""

_SKUS = """
    SELECT code FROM sku JOIN product p ON p.id = product_id WHERE p.delivery = 'card' AND sku.any_value_min IS NULL
    ORDER BY code
"""
_FILL = """
    INSERT INTO card_key (sku_code, secret_enc, secret_hash, state, order_no, line_id, batch_id, imported_at, sold_at)
    SELECT CASE WHEN n % 10 < 9 THEN :sku ELSE (CAST(:others AS text[]))[1 + n / 10 % array_length(:others, 1)] END,
           decode(repeat(md5(n::text), 5), 'hex'), decode(md5(n::text) || md5('x' || n), 'hex'),
           CASE WHEN sold THEN 'sold' ELSE 'available' END, CASE WHEN sold THEN 'B' || lpad(n::text, 12, '0') END,
           CASE WHEN sold THEN n END, :batch, now(), CASE WHEN sold THEN now() END
    FROM (SELECT n, n <= :keys * 6 / 10 AS sold FROM generate_series(1, :keys) n) one
"""
_SOLD = """
    INSERT INTO key_sale (card_key_id, line_id, order_no, sold_at)
    SELECT id, line_id, order_no, sold_at FROM card_key WHERE state = 'sold'
"""
_INDEXES = text("""
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made, c.conname AS rule,
           pg_get_constraintdef(c.oid) AS rule_made
    FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
    WHERE i.indrelid = 'card_key'::regclass AND NOT i.indisprimary
""")


def fill(engine: Engine, keys: int) -> str:
    """Fill the stock of an empty, migrated shop, its indexes built at the end; the SKU that has most of it."""
    with engine.begin() as conn:
        import_catalog(conn, read_catalog(DEMO))
        sku, *others = conn.scalars(text(_SKUS))
        batch = "INSERT INTO key_batch (sku_code, file_name, imported, duplicate, invalid, finished)"
        number = conn.scalar(
            text(f"{batch} VALUES (:sku, 'bench', :n, 0, 0, true) RETURNING id"), {"sku": sku, "n": keys}
        )
        conn.execute(text("SET LOCAL session_replication_role = 'replica'"))
        conn.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        indexes = conn.execute(_INDEXES).all()
        for one in indexes:
            conn.execute(
                text(f"ALTER TABLE card_key DROP CONSTRAINT {one.rule}" if one.rule else f"DROP INDEX {one.name}")
            )
        values = {"sku": sku, "others": others, "keys": keys, "batch": number}
        timed("filled keys", lambda: conn.execute(text(_FILL), values))
        timed("filled sales", lambda: conn.execute(text(_SOLD)))
        for one in indexes:
            made = f"ALTER TABLE card_key ADD CONSTRAINT {one.rule} {one.rule_made}" if one.rule else one.made
            timed(f"index {one.name}", lambda made=made: conn.execute(text(made)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        timed("vacuum, analyze", lambda: conn.execute(text("VACUUM (ANALYZE)")))
        print(f"  the database is {conn.scalar(text('SELECT pg_size_pretty(pg_database_size(current_database()))'))}")
    return str(sku)


def timed(what: str, act: Callable[[], object]) -> float:
    """Do it, say how long it took, and give the seconds."""
    begun = time.perf_counter()
    act()
    took_s = time.perf_counter() - begun
    print(f"  {what:<52} {took_s:9.3f} s", flush=True)
    return took_s


def spread(what: str, took_s: list[float]) -> None:
    """Say how long each of many took."""
    p99 = quantiles(took_s, n=100)[-1]
    print(
        f"  {what:<52} p50 {median(took_s) * 1000:7.1f} ms   p99 {p99 * 1000:7.1f} ms   {len(took_s)} times", flush=True
    )


def sell(services: Services, sku: str, name: str, until: Callable[[int], bool]) -> None:
    """One order after the other, from its placing to its key."""
    found = services.shelf.current()[0].sku(sku)
    assert found is not None
    placed_s: list[float] = []
    delivered_s: list[float] = []
    nth = 0
    while until(nth):
        buyer, line = OpenId(f"oBench{name}{nth}"), WantedLine(sku, 1, found.price_fen, found.value)
        begun = time.perf_counter()
        fact = ordering.place(services, buyer, f"{name}{nth}", [line])
        placed_s.append(time.perf_counter() - begun)
        assert isinstance(fact, OrderPlaced), fact
        now = services.clock.now()
        with services.engine.begin() as conn:
            paying.mark_paid(conn, fact.order.order_no, now, now)
        begun = time.perf_counter()
        delivering.deliver_order(services, order_no=fact.order.order_no)
        delivered_s.append(time.perf_counter() - begun)
        nth += 1
    spread(f"an order placed, its key held{name}", placed_s)
    spread(f"its key sold{name}", delivered_s)


def measure(services: Services, sku: str, home: Path) -> bool:
    """Everything that is done with keys; True: every page is under the goal."""
    engine, vault = services.engine, services.vault
    sell(services, sku, "", lambda nth: nth < SALES)
    file = home / "keys.txt"
    keys = [f"BENCH-{n:06d}-{secrets.token_hex(6)}" for n in range(IMPORTED)]
    file.write_text("\n".join(keys))
    running = threading.Event()
    beside = threading.Thread(target=sell, args=(services, sku, ", beside the import", lambda _: not running.is_set()))
    beside.start()
    results: list[object] = []
    took_s = timed(f"{IMPORTED:,} keys imported", lambda: results.append(import_keys(engine, vault, sku, file)))
    running.set()
    beside.join()
    print(f"  {'':<52} {IMPORTED / took_s:9.0f} keys/s  {results}")
    assert isinstance(results[0], ImportResult)
    timed("the same file again", lambda: import_keys(engine, vault, sku, file))
    with closing(engine.connect()) as conn:
        whole: list[float] = []
        for key in keys[:: IMPORTED // 100]:
            begun = time.perf_counter()
            assert len(stock_care.search(conn, vault, key)) == 1
            whole.append(time.perf_counter() - begun)
        spread("a key found whole", whole)
        part = keys[IMPORTED // 3][8:20]
        most = f"a part looked for in the latest {SEARCHED:,}"
        timed(most, lambda: stock_care.search(conn, vault, part, most=SEARCHED))
        timed("keys of a SKU counted, every one", lambda: stock.count(conn, sku))
    timed("a buyer asks to be told when it is there", lambda: reminders.remind(services, OpenId("oBenchWish"), sku))
    lists = [
        f"/console/keys/list?sku={sku}{more}" for more in ("", "&state=sold", "&state=available", "&before=5000000")
    ]
    return million.measure(
        services, ["/console", "/console/keys", *lists, "/console/keys/key/1", "/console/keys/import"]
    )


def main() -> int:
    """0: every page is under the goal."""
    keys = int(os.environ.get("KEYS") or 10_000_000)
    with million.ground("kabot-keys-") as at:
        print(f"{keys:,} keys", flush=True)
        sku = fill(at.engine, keys)
        with at.shop() as services:
            fast = measure(services, sku, at.home)
    return 0 if fast else 1


if __name__ == "__main__":
    sys.exit(main())
