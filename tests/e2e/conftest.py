"""A running shop, shared by the tests of one module; each test brings buyers of its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot import embedded
from tests.conftest import WORKER
from tests.e2e.shop import Shop, open_shop


@pytest.fixture(scope="session")
def opened_shop(
    new_database: Callable[[], AbstractContextManager[str]],
    embedded_servers: embedded.Servers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., AbstractContextManager[Shop]]:
    """Opens shops by `with`: the demo's catalog or the one given as text, an empty stock; sections as `open_shop`."""

    @contextmanager
    def opened(catalog: str = "", **sections: Any) -> Iterator[Shop]:
        folder = tmp_path_factory.mktemp("shop")
        if catalog:
            sections["catalog"] = folder / "catalog.toml"
            sections["catalog"].write_text(catalog, encoding="utf-8")
        redis_url = embedded_servers.redis_url.replace("db=0", f"db={8 + WORKER}")
        with new_database() as url, open_shop(url, redis_url, folder, **sections) as running:
            yield running

    return opened


@pytest.fixture(scope="module")
def running_shop(opened_shop: Callable[..., AbstractContextManager[Shop]]) -> Iterator[Shop]:
    """A shop with the demo catalog and an empty stock."""
    with opened_shop() as running:
        yield running


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
