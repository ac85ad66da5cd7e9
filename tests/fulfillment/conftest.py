"""One open shop for every test that needs no second connection: each has its own transaction, undone at its end."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, Engine, make_url

from bot.database import make_engine
from fulfillment import audit
from tests.conftest import AUDIT_KEY
from tests.fulfillment.counter import add_keys, open_shop
from tests.fulfillment.liar import Liar


@pytest.fixture(scope="session")
def shop_engine(pg_url: str, _databases: psycopg.Connection[tuple[object, ...]]) -> Iterator[Engine]:
    """A database of this session's own with the catalog in it, and no key."""
    name = f"shop_{uuid4().hex[:12]}"
    _databases.execute(f"CREATE DATABASE {name} TEMPLATE kabot_template")
    url = make_url(pg_url).set(database=name).render_as_string(hide_password=False)
    engine = audit.arm(make_engine(url, name="test"), AUDIT_KEY)
    open_shop(engine)
    yield engine
    engine.dispose()
    _databases.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
