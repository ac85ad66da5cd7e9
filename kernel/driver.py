"""Statements of the hottest paths, run on the driver itself: SQLAlchemy's layers cost 50 µs each (decision 7)."""

from collections.abc import Mapping
from typing import Any, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError


def rows(conn: Connection, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement, with `%(name)s` for its values, and fetch what it gives.

    Raises SQLAlchemy's errors all the same, and without the values.
    """
    try:
        with cast(psycopg.Connection, conn.connection.driver_connection).cursor() as cursor:
            return cursor.execute(statement, values).fetchall()
    except psycopg.OperationalError as error:
        raise OperationalError(statement, None, error) from error
    except psycopg.Error as error:
        raise DBAPIError(statement, None, error) from error
