"""Real servers for tests: embedded PostgreSQL and Redis for the run; per test a fresh database, a flushed Redis."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis
from sqlalchemy import Engine, make_url

from bot import embedded, migrations, schema
from bot.database import make_engine
from fulfillment import audit

TEMPLATE = "kabot_template"
AUDIT_KEY = bytes(range(32))
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)[:12]
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def embedded_servers() -> Iterator[embedded.Servers]:
    """One PostgreSQL and one Redis for all workers of this run; gone after it, also after Ctrl-C or kill -9."""
    servers = embedded.join(Path(tempfile.gettempdir()) / f"kabot-tests-{_RUN}", for_tests=True)
    yield servers
    servers.leave()


@pytest.fixture(scope="session")
def pg_url(embedded_servers: embedded.Servers) -> str:
    """The server's own database (SQLAlchemy URL); its template holds every table."""
    url = make_url(embedded_servers.database_url).set(database="postgres")
    rendered = url.render_as_string(hide_password=False)
    with _admin(rendered) as conn:
        conn.execute("SELECT pg_advisory_lock(1)")  # one worker makes the template, the others wait
        if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone():
            conn.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}_new")
            conn.execute(f"CREATE DATABASE {TEMPLATE}_new")
            engine = make_engine(url.set(database=f"{TEMPLATE}_new").render_as_string(hide_password=False))
            with engine.begin() as into:
                # What migrations lead to (tests/bot/test_migrations.py holds them together), in a third of the time.
                schema.create_all(into)
                migrations.mark_newest(into)
            engine.dispose()
            conn.execute(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")
    return rendered


@pytest.fixture(scope="session")
def new_database(pg_url: str) -> Iterator[Callable[[], AbstractContextManager[str]]]:
    """Makes fresh databases with every table; one that lives longer than a test is opened by `with`."""
    with _admin(pg_url) as conn:

        @contextmanager
        def made() -> Iterator[str]:
            name = f"t{WORKER}_{uuid4().hex[:12]}"
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY wal_log")
            yield make_url(pg_url).set(database=name).render_as_string(hide_password=False)
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")

        yield made


@pytest.fixture
def database_url(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """A fresh database with every table, as a URL for processes that make their own engine."""
    with new_database() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A fresh database with every table."""
    engine = audit.arm(make_engine(database_url, name="test", max_overflow=40), AUDIT_KEY)
    yield engine
    engine.dispose()


@pytest.fixture
def redis_url(embedded_servers: embedded.Servers) -> str:
    """An empty Redis database of this worker's own."""
    url = embedded_servers.redis_url.replace("db=0", f"db={WORKER + 1}")
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


def _admin(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)
