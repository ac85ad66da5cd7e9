"""What buyers thought of an order: one to five, once for each order."""

from datetime import datetime

from sqlalchemy import Connection, text

_RATE = text("""
    INSERT INTO rating (order_no, stars, rated_at)
    SELECT order_no, :stars, :now FROM orders
    WHERE order_no = :order_no AND openid = :openid AND state IN ('delivered', 'refunded')
    ON CONFLICT (order_no) DO UPDATE SET stars = excluded.stars, rated_at = excluded.rated_at RETURNING order_no
""")
_RATED = text("SELECT order_no FROM rating WHERE order_no = ANY(:order_nos)")


def rate(conn: Connection, order_no: str, openid: str, stars: int, now: datetime) -> bool:
    """Keep what this buyer thinks of his settled order; a later word replaces it. False when it is not his, or open."""
    values = {"order_no": order_no, "openid": openid, "stars": stars, "now": now}
    return conn.execute(_RATE, values).scalar_one_or_none() is not None


def rated(conn: Connection, order_nos: list[str]) -> frozenset[str]:
    """Say which of these orders have been rated."""
    return frozenset(conn.execute(_RATED, {"order_nos": order_nos}).scalars())
