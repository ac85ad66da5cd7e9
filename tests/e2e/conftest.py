"""The running shop as a fixture."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.shop import Shop, open_shop


@pytest.fixture
def shop(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop with the demo catalog and an empty stock."""
    with open_shop(database_url, redis_url, tmp_path) as running:
        yield running
