"""A running shop, shared by the tests of one module; each test brings buyers of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from bot import embedded
from tests.conftest import TEMPLATE, WORKER
from tests.e2e.shop import Shop, open_shop


@pytest.fixture(scope="module")
def running_shop(
    pg_url: str,
    _databases: psycopg.Connection[tuple[object, ...]],
    embedded_servers: embedded.Servers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """A shop with the demo catalog and an empty stock."""
    name = f"e2e_{uuid4().hex[:12]}"
    _databases.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY wal_log")
    url = make_url(pg_url).set(database=name).render_as_string(hide_password=False)
    redis_url = embedded_servers.redis_url.replace("db=0", f"db={8 + WORKER}")
    with open_shop(url, redis_url, tmp_path_factory.mktemp("shop")) as running:
        yield running
    _databases.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def shop(running_shop: Shop) -> Shop:
    """The shop, without faults."""
    running_shop.faults(notice=None, push=None, supplier=None, pay=None, refund=None)
    return running_shop


@pytest.fixture
def keys(shop: Shop, tmp_path: Path) -> "KeyImport":
    """Puts card keys into stock."""
    return KeyImport(shop, tmp_path)


class KeyImport:
    def __init__(self, shop: Shop, folder: Path) -> None:
        self._shop, self._folder = shop, folder

    def __call__(self, sku: str, *keys: str) -> None:
        self._shop.stock(sku, *keys, tmp=self._folder)
