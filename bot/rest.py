"""The REST interface joined to the running shop, and loaded when its first request comes."""

from collections.abc import Sequence

from starlette.types import ASGIApp

from bot import books, health, jobs
from bot.bootstrap import Services
from bot.rate_limit import count
from catalog import scarcity
from console.api.door import Door
from console.api.parts import ApiParts, Health
from console.desk import Parts
from fulfillment import cases


class RunningShop:
    """console.api.parts.Shop over the running shop."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def count(self, what: str) -> int:
        """See Shop."""
        return count(self._services.redis, what)

    def health(self) -> Health:
        """See Shop."""
        services = self._services
        parts = health.checks(services.engine, services.redis)
        with services.engine.connect() as conn:
            return Health(
                parts=parts,
                jobs=jobs.count(conn),
                workers=jobs.workers_alive(conn),
                keys_short=scarcity.short(conn, services.config.stock.alert_below),
                ledger_differences=books.count_open(conn),
                cases_overdue=cases.overdue_count(conn, services.clock.now()),
            )

    def suppliers(self) -> Sequence[str]:
        """See Shop."""
        return tuple(self._services.config.supplier)


def door(services: Services, parts: Parts) -> Door:
    """The interface behind its door."""
    config = services.config.api
    api = ApiParts(
        console=parts,
        shop=RunningShop(services),
        wrong_keys_per_minute=config.wrong_keys_per_minute,
        private_webhooks=config.private_webhooks,
    )
    return Door(api, _load)


def _load(parts: ApiParts) -> ASGIApp:
    from console.api.app import create_api

    return create_api(parts)
