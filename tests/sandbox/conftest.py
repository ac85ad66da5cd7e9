"""One sandbox with its shop for every module of tests."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.settings import Credentials
from tests import credentials as shared
from tests.sandbox.shopfront import Shop, shop_running


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    return shared.credentials()


@pytest.fixture(scope="module")
def _shop(credentials: Credentials) -> Iterator[Shop]:
    with shop_running(credentials) as shop:
        yield shop


@pytest.fixture
def shop(_shop: Shop) -> Iterator[Shop]:
    """Every test has buyers and numbers of its own, a quiet bot and a clear fault panel."""
    _shop.bot.answer = lambda _: (200, {}, b"success")
    _shop.bot.calls.clear()
    _shop.notify = f"/pay/notify/{secrets.token_hex(4)}"  # notices of an earlier test may still be on their way
    nothing: dict[str, Any] = dict.fromkeys(("notice", "push", "supplier", "juhe", "pay", "refund"))
    _shop.faults(**nothing, notice_speed=1000.0, supplier_seconds=0.1, bills_at_once=False)
    yield _shop
    _shop.clock[0] = 0.0
