"""Figures of the shop itself for Prometheus, read when somebody looks. Labels never carry anything of a buyer."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot import books
from catalog import scarcity
from console.api import endpoints
from fulfillment import compensation, holds
from payments.bill import count_differences


class ShopFigures(Collector):
    """What the tables say at the moment somebody looks; nothing while the database is away."""

    def __init__(self, engine: Engine, alert_below: int = 0) -> None:
        self._engine, self._alert_below = engine, alert_below

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the gauges."""
        try:
            with self._engine.connect() as conn:
                differences = books.count_open(conn)
                billed = count_differences(conn)
                short = scarcity.short(conn, self._alert_below)
                held, late = holds.count(conn)
                uncompensated = compensation.count_waiting(conn)
                webhooks_off = endpoints.count_failed(conn)
        except SQLAlchemyError:
            return
        yield GaugeMetricFamily(
            "kabot_ledger_differences", "Places in which the books disagreed at the last check.", value=differences
        )
        yield GaugeMetricFamily("kabot_bill_differences", "Differences to the bills of the last 30 days.", value=billed)
        yield GaugeMetricFamily(
            "kabot_compensation_waiting",
            "Late deliveries whose compensation waits for a day's limit.",
            value=uncompensated,
        )
        yield GaugeMetricFamily(
            "kabot_webhooks_off", "Webhooks switched off because they took nothing for a day.", value=webhooks_off
        )
        waiting = GaugeMetricFamily("kabot_orders_held", "Paid orders that wait for a person.", labels=["late"])
        waiting.add_metric(["no"], held - late)
        waiting.add_metric(["yes"], late)
        yield waiting
        low = GaugeMetricFamily("kabot_stock_low", "Keys left of SKUs below [stock] alert_below.", labels=["sku"])
        for sku, keys in short.items():
            low.add_metric([sku], keys)
        yield low
