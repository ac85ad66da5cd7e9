"""A small shop in a fresh database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from catalog.key_import import ImportResult, import_keys
from catalog.model import Delivery, Product, Sku
from catalog.shelf import Shelf
from catalog.store import import_catalog
from catalog.vault import Vault
from kernel.money import Fen

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def vault() -> Vault:
    return Vault(bytes(range(32)))


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Sells cards C10 and C20, and a top-up T1."""
    cards = Product("card", "卡", ("卡",), Delivery.CARD, (Sku("C10", "10元", Fen(990)), Sku("C20", "20元", Fen(1980))))
    topup = Product("topup", "充值", ("充值",), Delivery.TOPUP, (Sku("T1", "1元", Fen(100)),))
    with engine.begin() as conn:
        import_catalog(conn, Shelf((cards, topup), "any"))
    return engine


@pytest.fixture
def stocked(shop: Engine, vault: Vault, tmp_path: Path) -> Engine:
    """The shop with keys C10-1 … C10-25 in stock, oldest first."""
    path = tmp_path / "stocked.txt"
    path.write_text("".join(f"C10-{number}\n" for number in range(1, 26)), encoding="utf-8")
    assert import_keys(shop, vault, "C10", path) == ImportResult(25, 0, 0, ())
    return shop
