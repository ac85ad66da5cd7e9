"""When keys run short: which SKUs an operator must see to, and whose orders are held for a shorter time."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

SCARCE_BELOW = 5
SCARCE_PART = 10
"""Scarce also means: free keys are less than one in so many of the free and the held ones."""

# Nothing is counted further than is needed to tell: stocks are large, and this is asked for every order. The SKU is
# said as a range, for the planner (see stock.py): else it reads all keys to find that a SKU has none.
_SHORT = text("""
    SELECT code, keys FROM (
        SELECT sku.code, (SELECT count(*) FROM (
            SELECT 1 FROM card_key WHERE sku_code >= sku.code AND sku_code <= sku.code AND state = 'available'
            ORDER BY sku_code, id LIMIT :below) AS few) AS keys
        FROM sku JOIN product ON product.id = sku.product_id
        WHERE product.delivery = 'card' AND sku.on_sale AND product.on_sale) AS counted
    WHERE keys < :below ORDER BY code
""")
# free < a tenth of (free + held) is the same as 9 × free < held.
_SCARCE = text("""
    SELECT EXISTS (
        SELECT 1 FROM unnest(CAST(:sku_codes AS text[])) AS wanted(code)
        CROSS JOIN LATERAL (
            SELECT greatest(CAST(:below AS bigint), ceil(count(*) / CAST(:part - 1 AS numeric))::bigint) AS enough
            FROM card_key WHERE sku_code = wanted.code AND state = 'held') AS held
        CROSS JOIN LATERAL (
            SELECT count(*) AS keys FROM (
                SELECT 1 FROM card_key
                WHERE sku_code >= wanted.code AND sku_code <= wanted.code AND state = 'available'
                ORDER BY sku_code, id LIMIT held.enough) AS few) AS free
        WHERE free.keys < held.enough)
""")


def short(conn: Connection, below: int) -> dict[str, int]:
    """The SKUs of card keys on sale with fewer keys than this, and how many they have."""
    return {row.code: row.keys for row in conn.execute(_SHORT, {"below": below})}


def is_scarce(conn: Connection, sku_codes: Sequence[str]) -> bool:
    """Tell whether one of these SKUs has fewer than 5 free keys left, or under 10 % of its free and held ones.

    Both, because either alone is wrong: a tenth of a stock of 2,000 is plenty, and five keys are few however many
    there were. Whoever asks after holding keys for an order asks about what others can still buy.
    """
    values = {"sku_codes": list(sku_codes), "below": SCARCE_BELOW, "part": SCARCE_PART}
    return bool(conn.execute(_SCARCE, values).scalar_one())
