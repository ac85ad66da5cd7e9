"""One open shop for every test that needs no second connection: each has its own transaction, undone at its end."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection, Engine

from bot.database import make_engine
from fulfillment import audit
from tests.conftest import AUDIT_KEY
from tests.fulfillment.counter import add_keys, open_shop
from tests.fulfillment.liar import Liar


@pytest.fixture(scope="session")
def shop_engine(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[Engine]:
    """A database of this session's own with the catalog in it, and no key."""
    with new_database() as url:
        engine = audit.arm(make_engine(url, name="test"), AUDIT_KEY)
        open_shop(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def conn(shop_engine: Engine) -> Iterator[Connection]:
    """The open shop, with 3 keys of ST50 and 2 of ST100."""
    with shop_engine.connect() as conn:
        add_keys(conn, "ST50", 3)
        add_keys(conn, "ST100", 2)
        yield conn


@pytest.fixture
def liar() -> Iterator[Liar]:
    liar = Liar()
    yield liar
    liar.close()
