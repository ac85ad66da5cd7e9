"""Suppliers that a person has paused: nothing is ordered from them, what was ordered is asked about as ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from fulfillment.work import Work

_WOKEN_MAX = 500
"""Sent at once when a supplier is asked again; the rest comes with the sweeps."""

_ALL = text("SELECT supplier, paused_at, paused_by, why FROM supplier_pause")
_PAUSE = text("""
    INSERT INTO supplier_pause (supplier, paused_at, paused_by, why) VALUES (:supplier, :now, :by, :why)
    ON CONFLICT (supplier) DO NOTHING RETURNING supplier
""")
_RESUME = text("DELETE FROM supplier_pause WHERE supplier = :supplier RETURNING supplier")
# Whatever waits, not what waits for this supplier alone: a purchase nobody was asked for may go to any of its sources.
_WAKE = text("""
    UPDATE supplier_order s SET next_query_at = :now FROM order_line l
    WHERE l.id = s.line_id AND s.state = 'created' AND l.state = 'delivering' RETURNING s.id
""")
_WAITING = text("""
    SELECT s.supplier, count(*) AS purchases FROM supplier_order s JOIN order_line l ON l.id = s.line_id
    WHERE s.state = 'created' AND l.state = 'delivering' GROUP BY s.supplier
""")


@dataclass(frozen=True, slots=True)
class Pause:
    """That nothing is ordered from a supplier, since when, by whose word, and why."""

    at: datetime
    by: str
    why: str


def paused(conn: Connection) -> Mapping[str, Pause]:
    """The suppliers that are paused, by name."""
    return {row.supplier: Pause(row.paused_at, row.paused_by, row.why) for row in conn.execute(_ALL)}


def pause(conn: Connection, supplier: str, now: datetime, *, by: str, why: str = "") -> bool:
    """Order nothing from a supplier from now on. False: it is paused already."""
    values = {"supplier": supplier, "now": now, "by": by[:64], "why": why[:200]}
    return conn.execute(_PAUSE, values).one_or_none() is not None


def resume(conn: Connection, supplier: str, now: datetime) -> Work | None:
    """Order from a supplier again, what waits first. None: it is not paused."""
    if conn.execute(_RESUME, {"supplier": supplier}).one_or_none() is None:
        return None
    woken = sorted(conn.execute(_WAKE, {"now": now}).scalars())
    return Work(send_ids=tuple(woken[:_WOKEN_MAX]))


def waiting(conn: Connection) -> Mapping[str, int]:
    """How many purchases are written down and not sent, by supplier."""
    return {row.supplier: int(row.purchases) for row in conn.execute(_WAITING)}
