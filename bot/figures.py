"""Figures of the shop itself for Prometheus, read when somebody looks. Labels never carry anything of a buyer."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot import books


class ShopFigures(Collector):
    """What the tables say at the moment somebody looks; nothing while the database is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the gauges."""
        try:
            with self._engine.connect() as conn:
                differences = books.count_open(conn)
        except SQLAlchemyError:
            return
        yield GaugeMetricFamily(
            "kabot_ledger_differences", "Places in which the books disagreed at the last check.", value=differences
        )
