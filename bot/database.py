"""Database engines, with the limits every connection of ours works under."""

import logging
import select
import time
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 5_000
PING_AFTER_S = 30.0
MAX_OVERFLOW = 10
"""Connections beyond the pool's size that a burst may open for as long as it lasts."""
REST_AFTER_S = 10.0
"""A connection that was not needed for one to two of these is closed: each is a process of its own at the server."""


# SQLAlchemy calls a pool's logger after its class. A lost connection is told by whoever missed it, not here as well.
logging.getLogger(f"{__name__}._RestingPool").setLevel(logging.WARNING)


class _RestingPool(QueuePool):
    """A pool that shrinks to what was needed at once lately, and not to what some burst of long ago needed."""

    _since = _busiest = _busiest_before = 0.0

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        now, busy = time.monotonic(), self.checkedout()  # this one still counts
        if now - self._since > REST_AFTER_S:
            self._busiest_before = self._busiest if now - self._since < 2 * REST_AFTER_S else 0
            self._busiest, self._since = 0, now
        self._busiest = max(self._busiest, busy)
        # Threads may come in between: then one is closed that might have stayed, or stays until its next return.
        if self.checkedin() + busy <= max(self._busiest, self._busiest_before):
            super()._do_return_conn(record)
            return
        try:
            record.close()
        finally:
            self._dec_overflow()


def make_engine(
    url: str,
    *,
    name: str = "kabot",
    pool_size: int = 5,
    max_overflow: int = MAX_OVERFLOW,
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
        poolclass=_RestingPool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=10,
        pool_recycle=1800,
        connect_args={
            "application_name": name,
            "connect_timeout": 5,
            "client_encoding": "UTF8",
            "options": options,
        },
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
