"""The notices of an order as they came, for its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

SHOWN_MAX = 100
_OF_ORDER = text("""
    SELECT id, received_at AS at, source, kind, number, told FROM raw_notice
    WHERE ref IN (SELECT out_trade_no FROM payment WHERE order_no = :no
                  UNION ALL SELECT supplier_order_no FROM supplier_order WHERE order_no = :no)
    ORDER BY received_at, id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. A line of the timeline like any other, with more behind it."""

    id: int
    at: datetime
    source: str
    """wechat_pay, or the supplier's name."""
    kind: str
    number: str
    told: Mapping[str, Any]
    """What it said, without what nobody needs to read (bot/raw_notices.py)."""
    part: str = "notice"

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """What it said, a value a line, by the names that lead to it."""
        return tuple(_flat(self.told, ""))


def of_order(conn: Connection, order_no: str) -> tuple[Notice, ...]:
    """The notices about an order's payments, refunds and purchases, oldest first."""
    return tuple(Notice(*row) for row in conn.execute(_OF_ORDER, {"no": order_no, "limit": SHOWN_MAX}))


def _flat(told: Any, name: str) -> list[tuple[str, str]]:
    if isinstance(told, Mapping):
        return [line for key, one in told.items() for line in _flat(one, f"{name}.{key}" if name else str(key))]
    if isinstance(told, list):
        return [line for n, one in enumerate(told) for line in _flat(one, f"{name}[{n}]")]
    return [(name, "" if told is None else str(told))]
