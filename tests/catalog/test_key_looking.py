"""The lists of card keys where one SKU has most of a large stock: no key is walked over that is not shown."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, TextClause, text

from catalog import key_looking
from catalog.key_looking import Wanted
from catalog.store import import_catalog
from tests.fulfillment.counter import SHELF

KEYS = 10_000


@pytest.fixture
def large(engine: Engine) -> Iterator[Connection]:
    """All keys of one SKU, all sold but the last hundred."""
    with engine.begin() as conn:
        import_catalog(conn, SHELF)
        conn.execute(text("SET LOCAL session_replication_role = 'replica'"))
        conn.execute(
            text(
                "INSERT INTO card_key (sku_code, secret_enc, secret_hash, state, order_no, line_id, batch_id, sold_at)"
                " SELECT 'ST50', 'x', CAST('h' || n AS bytea), CASE WHEN sold THEN 'sold' ELSE 'available' END,"
                " CASE WHEN sold THEN 'K' || n END, CASE WHEN sold THEN n END, 1, CASE WHEN sold THEN now() END"
                " FROM (SELECT n, n <= :keys - 100 AS sold FROM generate_series(1, :keys) n) one"
            ),
            {"keys": KEYS},
        )
        conn.execute(text("ANALYZE card_key"))
        yield conn


def rows_read(conn: Connection, statement: TextClause, **values: object) -> int:
    """How many rows of card_key a statement looks at, shown or not."""
    plan = conn.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}"), values).scalar_one()

    def within(node: dict[str, object]) -> int:
        own = 0
        if node.get("Relation Name") == "card_key":
            times, rows = float(str(node["Actual Loops"])), float(str(node["Actual Rows"]))
            own = round(times * (rows + float(str(node.get("Rows Removed by Filter", 0)))))
        below = node.get("Plans", [])
        assert isinstance(below, list)
        return own + sum(within(one) for one in below)

    return within(plan[0]["Plan"])


def test_a_page_of_a_large_stock_reads_what_it_shows_and_counts_no_further_than_it_says(large: Connection) -> None:
    for states in (["held"], ["void", "held"], ["sold"], list(key_looking.STATES)):
        page = {"sku": "ST50", "states": states, "before": KEYS - 200, "limit": 51}
        assert rows_read(large, key_looking._PAGE_OF_SKU, **page) <= 51 * len(states)
        assert rows_read(large, key_looking._COUNT, sku="ST50", states=states, most=1_000) <= 1_000 * len(states)
        assert rows_read(large, key_looking._LAST, sku="ST50", state=states[0]) <= 1
    assert key_looking.count(large, Wanted("ST50", "available"), most=1_000) == 100
    assert key_looking.count(large, Wanted("ST50", "available"), most=60) == 60
    assert key_looking.count(large, Wanted("ST50")) == KEYS
    assert key_looking.last_id(large, Wanted("ST50", "held")) == 0
