"""A migrated database and the tables' classes are the same thing."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url

from bot import migrations, schema
from bot.database import make_engine
from bot.embedded import postgres


@contextmanager
def empty_database(pg_url: str, how: str = "") -> Iterator[Engine]:
    name = f"empty_{uuid4().hex[:12]}"
    plain = pg_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} {how}")
        engine = make_engine(make_url(pg_url).set(database=name).render_as_string(hide_password=False))
        yield engine
        engine.dispose()
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(pg_url: str) -> Iterator[Engine]:
    with empty_database(pg_url) as engine:
        yield engine


def test_migrations_lead_exactly_to_what_the_classes_say(empty: Engine, pg_url: str) -> None:
    migrations.upgrade(empty)
    with empty_database(pg_url) as other:
        with other.begin() as conn:
            schema.create_all(conn)
        migrated, wanted = dumped(empty), dumped(other)
    # A difference? Delete the newest version if it was never released, then: python -m bot.migrations NAME
    assert sorted(migrated - wanted) == []
    assert sorted(wanted - migrated) == []


def test_migrating_again_changes_nothing(empty: Engine) -> None:
    assert migrations.upgrade(empty) == (None, migrations.newest())
    assert migrations.upgrade(empty) == (migrations.newest(), migrations.newest())


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_character_is_refused(pg_url: str, encoding: str) -> None:
    how = f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc TEMPLATE template0"
    with empty_database(pg_url, how) as empty:
        with pytest.raises(migrations.WrongDatabaseError, match=f"encoding is {encoding}"):
            migrations.upgrade(empty)
        with empty.connect() as conn:
            assert migrations.current(conn) is None


def test_the_newest_version_is_the_one_alembic_ends_at() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [migrations.newest()]


def test_processes_that_migrate_at_the_same_moment_take_turns(empty: Engine) -> None:
    seen: list[object] = []

    def one() -> None:
        try:
            seen.append(migrations.upgrade(empty)[0])
        except Exception as error:
            seen.append(error)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, seen)) == sorted(["None", str(migrations.newest()), str(migrations.newest())])


def dumped(engine: Engine) -> set[str]:
    """The schema as pg_dump writes it, as a set of statements; the versions' own table left out."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run(
        [str(postgres.tool("pg_dump")), "--schema-only", "--no-owner", "--exclude-table=alembic_version", url],
        capture_output=True,
        check=True,
        text=True,
    )
    lines = (line for line in done.stdout.splitlines() if line and not line.startswith(("--", "SET ", "\\")))
    return {" ".join(statement.split()) for statement in "\n".join(lines).split(";\n")}
