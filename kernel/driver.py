"""Statements of the hottest paths, run on the driver itself: SQLAlchemy's layers cost 50 µs each (decision 7)."""

from collections.abc import Mapping
from typing import Any, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

_CURSOR = "cursor of kernel.driver"


def rows(conn: Connection, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement, with `%(name)s` for its values, and fetch what it gives.

    Raises SQLAlchemy's errors all the same, and without the values.
    """
    try:
        return _cursor(conn).execute(statement, values).fetchall()
    except psycopg.OperationalError as error:
        raise OperationalError(statement, None, error) from error
    except psycopg.Error as error:
        raise DBAPIError(statement, None, error) from error


def _cursor(conn: Connection) -> psycopg.Cursor[tuple[Any, ...]]:
    """One for all statements of a pooled connection: to make one, and have it learn the types, is half of what a
    statement costs here."""
    pooled = conn.connection
    driver = cast(psycopg.Connection, pooled.driver_connection)
    cursor: psycopg.Cursor[tuple[Any, ...]] | None = pooled.info.get(_CURSOR)
    if cursor is None or cursor.connection is not driver:
        cursor = pooled.info[_CURSOR] = driver.cursor()
    return cursor
