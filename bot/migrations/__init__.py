"""The database schema's versions, and bringing a database up to date.

Alembic is loaded only where there is something for it to do: it weighs as much as the rest of a small process.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x6B61626F74  # "kabot": processes that start together migrate one after the other
_WAIT_MS = 300_000


class WrongDatabaseError(Exception):
    """This program cannot use the database, and no migration changes that; the message is one line."""


def upgrade(engine: Engine) -> tuple[str | None, str | None]:
    """Bring the database up to date and give its version before and after. Safe to run twice and concurrently.

    Raises WrongDatabaseError.
    """
    with engine.connect() as conn:
        conn.execute(text(f"SET statement_timeout = 0; SET lock_timeout = {_WAIT_MS}"))
        conn.commit()
        conn.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        conn.commit()
        try:
            before = current(conn)
            check(conn, before)
            if before != newest():
                from alembic import command

                command.upgrade(_config(conn), "head")
                conn.commit()
            return before, current(conn)
        finally:
            conn.rollback()
            conn.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            conn.execute(text("RESET ALL"))
            conn.commit()
            conn.invalidate()


def check(conn: Connection, version: str | None) -> None:
    """See that a database of this version is one this program can use once it is up to date. Raises
    WrongDatabaseError."""
    if version is not None and version > newest():
        raise WrongDatabaseError(f"the database is of a newer kabot (schema {version}, here {newest()}): use that one")
    encoding = conn.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise WrongDatabaseError(f"the database's encoding is {encoding}: create it with ENCODING 'UTF8'")


def current(conn: Connection) -> str | None:
    """The version the database is at; None when it has never been migrated."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    version: str | None = conn.scalar(text("SELECT max(version_num) FROM alembic_version"))
    return version


@cache
def newest() -> str:
    """The version this program wants: versions are numbered in a row."""
    return max(file.name for file in (_here() / "versions").glob("[0-9]*_*.py")).partition("_")[0]


def mark_newest(conn: Connection) -> None:
    """Say of a database whose tables were made otherwise that it is up to date."""
    from alembic import command

    command.stamp(_config(conn), "head")


def write(conn: Connection, name: str) -> None:
    """For developers: write a version that takes an up-to-date database to what the tables' classes say."""
    from alembic import command

    number = f"{len(list((_here() / 'versions').glob('[0-9]*.py'))) + 1:04d}"
    command.revision(_config(conn), message=name, rev_id=number, autogenerate=True)


def _here() -> Path:
    return Path(__file__).resolve().parent


def _config(conn: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_here()).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config
