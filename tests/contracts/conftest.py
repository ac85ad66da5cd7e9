"""One shop for the whole session, as an operator would run it; the world around it is outside.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.outside import Buyer, Shop, running


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Safe mode, the catalog shop.toml, keys for two SKUs, one web process and one worker."""
    root: Path = tmp_path_factory.mktemp("outside")
    with running(root, "safe") as shop:
        shop.keys("XH60", *[f"XH-NO-{i:03},XH-SECRET-{i:03}" for i in range(40)])
        shop.keys("GY12", *[f"GY-SECRET-{i:03}" for i in range(40)])
        yield shop


@pytest.fixture
def buyer(shop: Shop) -> Buyer:
    """A follower nobody has met yet."""
    return Buyer(shop)
