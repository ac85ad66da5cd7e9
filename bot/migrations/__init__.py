"""The database schema's versions, and bringing a database up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_LOCK = 0x6B61626F74  # "kabot": processes that start together migrate one after the other
_WAIT_MS = 300_000


def upgrade(engine: Engine) -> tuple[str | None, str | None]:
    """Bring the database up to date and give its version before and after. Safe to run twice and concurrently."""
    with engine.connect() as conn:
        conn.execute(text(f"SET statement_timeout = 0; SET lock_timeout = {_WAIT_MS}"))
        conn.commit()
        conn.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        conn.commit()
        try:
            before = current(conn)
            command.upgrade(_config(conn), "head")
            conn.commit()
            return before, current(conn)
        finally:
            conn.rollback()
            conn.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            conn.execute(text("RESET ALL"))
            conn.commit()
            conn.invalidate()


def current(conn: Connection) -> str | None:
    """The version the database is at; None when it has never been migrated."""
    return MigrationContext.configure(conn).get_current_revision()


def newest() -> str | None:
    """The version this program wants."""
    return ScriptDirectory(str(_here())).get_current_head()


def mark_newest(conn: Connection) -> None:
    """Say of a database whose tables were made otherwise that it is up to date."""
    command.stamp(_config(conn), "head")


def write(conn: Connection, name: str) -> None:
    """For developers: write a version that takes an up-to-date database to what the tables' classes say."""
    number = f"{len(list((_here() / 'versions').glob('[0-9]*.py'))) + 1:04d}"
    command.revision(_config(conn), message=name, rev_id=number, autogenerate=True)


def _here() -> Path:
    return Path(__file__).resolve().parent


def _config(conn: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_here()).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config
