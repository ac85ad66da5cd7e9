"""Real servers for tests: embedded PostgreSQL and Redis for the run; per test a fresh database, a flushed Redis."""

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, make_url

from bot import embedded, migrations, schema
from bot.database import make_engine
from fulfillment import audit

TEMPLATE = "kabot_template"
AUDIT_KEY = bytes(range(32))
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)[:12]
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

# Time is no promise of a property: a busy machine would break it.
settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
# No test talks to the world: to read the world's 140 authorities takes every HTTP client 20 ms, one of our own takes 1.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("authority.pem"))
gc.set_threshold(50_000)  # looking for garbage among thousands of tests took a seventh of their time


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Called where there are several workers."""
    from tests.sharing import WholeFiles

    return WholeFiles(config, log)


def pytest_collection_finish() -> None:
    """What is there by now stays."""
    gc.collect()
    gc.freeze()


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
    """Makes fresh databases with every table; one that lives longer than a test is opened by `with`.

    To make one takes the server longer than most tests, so one that was only written to is emptied and used again,
    under another name: whatever a test has left running finds it no more.
    """
    spare: list[str] = []
    with _admin(pg_url) as conn:
        clean = _Clean(pg_url, conn)

        @contextmanager
        def made() -> Iterator[str]:
            name = f"t{WORKER}_{uuid4().hex[:12]}"
            if spare:
                conn.execute(f"ALTER DATABASE {spare.pop()} RENAME TO {name}")
            else:
                conn.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY wal_log")
            yield make_url(pg_url).set(database=name).render_as_string(hide_password=False)
            kept = f"s{WORKER}_{uuid4().hex[:12]}"
            if clean.renamed(name, kept) and clean.emptied(kept):
                spare.append(kept)
            else:
                for one in (name, kept):
                    conn.execute(f"DROP DATABASE IF EXISTS {one} WITH (FORCE)")

        yield made


class _Clean:
    """Empties databases that still have the template's shape.

    By deleting and vacuuming, which takes a twentieth of what TRUNCATE takes to make every file anew.
    """

    _SHAPE = """
        SELECT (SELECT count(*) FROM pg_class WHERE relpersistence = 'p'), (SELECT count(*) FROM pg_attribute),
               (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O'), (SELECT count(*) FROM pg_constraint),
               (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_index WHERE indisvalid)
    """
    _TABLES = """
        SELECT format('%I.%I', relnamespace::regnamespace, relname) AS name, pg_relation_size(oid) AS bytes
        FROM pg_class
        WHERE relkind = 'r' AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
    """
    _NEVER_LOOKED_AT = """
        UPDATE pg_class SET relpages = 0, reltuples = -1, relallvisible = 0
        WHERE relkind IN ('r', 't') AND oid = ANY (
            SELECT unnest(ARRAY[oid, reltoastrelid]) FROM pg_class WHERE oid = ANY (%s::regclass[]))
    """
    """As the planner finds a new table: the same question has the same plan in every test."""
    _HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    _BYTES_MAX = 2**20

    def __init__(self, pg_url: str, admin: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._url = make_url(pg_url)
        self._admin = admin
        with self._to(TEMPLATE) as conn:
            self._shape = conn.execute(self._SHAPE).fetchone()
            self._kept = {name for name, size in conn.execute(self._TABLES) if size}
            self._rows = self._told(conn)

    def renamed(self, name: str, kept: str) -> bool:
        """Whether it is out of reach of whatever a test has left running, which may still be trying to connect."""
        self._admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        until = time.monotonic() + 5
        # The server's own waiting looks only every 100 ms; most who were connected are gone in two.
        while self._admin.execute(self._HANG_UP, (name,)).fetchall() and time.monotonic() < until:
            time.sleep(0.002)
        try:
            self._admin.execute(f"ALTER DATABASE {name} RENAME TO {kept}")
        except psycopg.errors.ObjectInUse:
            return False
        self._admin.execute(f"ALTER DATABASE {kept} ALLOW_CONNECTIONS true")
        return True

    def emptied(self, name: str) -> bool:
        """Whether it is as the template again; what was written to it is gone."""
        with self._to(name) as conn:
            if conn.execute(self._SHAPE).fetchone() != self._shape or self._told(conn) != self._rows:
                return False
            filled = self._filled(conn)
            if any(size > self._BYTES_MAX for size in filled.values()):
                return False
            if filled:
                conn.execute("SET session_replication_role = replica")  # the guards of what is append-only
                conn.execute(";".join(f"DELETE FROM {table}" for table in filled))
                conn.execute(f"VACUUM {', '.join(filled)}")
                conn.execute(self._NEVER_LOOKED_AT, (list(filled),))
            conn.execute(
                "SELECT setval(c.oid, s.seqstart, false) FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid"
            )
            return not self._filled(conn)

    def _filled(self, conn: psycopg.Connection[tuple[Any, ...]]) -> dict[str, int]:
        """The tables that have anything on disk which the template's have not, and how much."""
        return {name: size for name, size in conn.execute(self._TABLES) if size and name not in self._kept}

    def _told(self, conn: psycopg.Connection[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """What stands in the tables that the template fills."""
        rows = " UNION ALL ".join(f"SELECT t::text FROM {table} t" for table in sorted(self._kept))
        return sorted(conn.execute(rows))

    def _to(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        return _admin(self._url.set(database=name).render_as_string(hide_password=False))


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
def configured(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Makes commands in this process find the shop under test; gives the folder of its configuration."""

    def written(more: str = "") -> Path:
        file = tmp_path / "config.toml"
        file.write_text(f'[app]\ndata_dir = "data"\n{more}')
        monkeypatch.setenv("KABOT_CONFIG", str(file))
        monkeypatch.setenv("KABOT_STORE__DATABASE_URL", database_url)
        monkeypatch.setenv("KABOT_REDIS__URL", redis_url)
        return tmp_path

    return written


@pytest.fixture
def redis_url(own_redis: tuple[str, redis.Redis]) -> str:
    """An empty Redis database of this worker's own."""
    url, client = own_redis
    client.flushdb()
    return url


@pytest.fixture(scope="session")
def own_redis(embedded_servers: embedded.Servers) -> Iterator[tuple[str, redis.Redis]]:
    """This worker's Redis database, and one connection to empty it by: opening one takes longer than that."""
    url = embedded_servers.redis_url.replace("db=0", f"db={WORKER + 1}")
    with redis.Redis.from_url(url) as client:
        yield url, client


def _admin(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)
