"""Every table of the house in one place: what migrations compare with and what a test's database is made from."""

from importlib import import_module
from importlib.util import find_spec

from sqlalchemy import Connection, MetaData, text
from sqlmodel import SQLModel

from kernel.guards import guards_of

_ROOMS = (
    *("catalog.tables", "payments.tables", "fulfillment.tables", "risk.tables", "bot.tables", "console.tables"),
    "console.api.tables",
)


def metadata() -> MetaData:
    """The tables of all rooms."""
    for room in _ROOMS:
        package, _, _ = room.partition(".")
        if find_spec(package) is not None and find_spec(room) is not None:
            import_module(room)
    return SQLModel.metadata


def create_all(conn: Connection) -> None:
    """Make every table and the job engine's schema in an empty database, without migrations."""
    from bot.jobs import create_schema

    metadata().create_all(conn)
    for guard in guards_of(metadata()):
        for statement in guard.statements:
            conn.execute(text(statement))
    create_schema(conn)
