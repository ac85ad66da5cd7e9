"""Database engines, with the limits every connection of ours works under."""

import select
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 5_000
PING_AFTER_S = 30.0


def make_engine(
    url: str,
    *,
    name: str = "kabot",
    pool_size: int = 5,
    max_overflow: int = 10,
    statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
) -> Engine:
    """Make an engine whose connections survive a database restart and never wait without end.

    ``name`` is what the database shows for the connection (application_name). 0 ms = no limit.
    """
    options = (
        f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={LOCK_TIMEOUT_MS}"
        " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
    )
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=10,
        pool_recycle=1800,
        connect_args={"application_name": name, "connect_timeout": 5, "options": options},
    )
    event.listen(engine, "checkout", _check_alive)
    return engine


def _check_alive(connection: psycopg.Connection, record: Any, _proxy: Any) -> None:
    """Let the pool replace connections whose server is gone.

    A closed connection has its end to read, so one that has nothing to read needs no round trip; a firewall between
    closes without a word, so now and then it is asked all the same.
    """
    now = time.monotonic()
    try:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        if not waiting.poll(0) and now - record.info.setdefault("asked_at", now) < PING_AFTER_S:
            return
        # The protocol's empty query; in autocommit, so that no transaction begins with it.
        connection.autocommit = True
        connection.execute("")
        connection.autocommit = False
        record.info["asked_at"] = now
    except psycopg.Error as error:
        raise InvalidatePoolError(type(error).__name__) from error
