"""Figures of the suppliers for Prometheus, read when somebody looks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from fulfillment import standing

_NAMES = text("""
    SELECT supplier FROM supplier_account
    UNION SELECT supplier FROM supplier_order WHERE state NOT IN ('success', 'failed')
""")


class SupplierFigures(Collector):
    """What the tables say of suppliers; nothing while the database is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the gauges."""
        try:
            with self._engine.connect() as conn:
                names = sorted(conn.execute(_NAMES).scalars())
                found = standing.standings(conn, names, datetime.now(UTC) - timedelta(days=1))
        except SQLAlchemyError:
            return
        left = GaugeMetricFamily("kabot_supplier_balance_yuan", "What is left of a deposit.", labels=["supplier"])
        open_ = GaugeMetricFamily("kabot_supplier_open", "Purchases without a result.", labels=["supplier", "state"])
        for one in found:
            if one.balance_fen is not None:
                left.add_metric([one.supplier], one.balance_fen / 100)
            open_.add_metric([one.supplier, "unknown"], one.unknown)
            open_.add_metric([one.supplier, "known"], one.open - one.unknown)
        yield left
        yield open_
