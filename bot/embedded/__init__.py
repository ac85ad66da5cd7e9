"""Embedded PostgreSQL and Redis: the first kabot process starts them, others find them, the last one out stops them.

How it holds together, whatever is killed and whenever:

- Every process that uses the servers holds ``users.lock`` shared for as long as it lives; the kernel lets go of it
  even after kill -9. Starting and stopping happen under ``start.lock``.
- Each server inherits an open, locked file (``pg.lock``, ``redis.lock``), so "does it run?" is asked of the kernel
  and never of a pid in a file, which may belong to another program by now.
- A keeper process waits for ``users.lock`` to be free and stops the servers when nobody was left to do it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.embedded import keeper, postgres, redis
from bot.embedded.locks import FileLock, Here

__all__ = ["EMBEDDED", "EmbeddedError", "Servers", "join", "servers"]

EMBEDDED = "embedded"


class EmbeddedError(RuntimeError):
    """An embedded server could not be started; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers answer, as SQLAlchemy and redis-py understand it."""

    database_url: str
    redis_url: str


class Servers:
    """One process's share in the embedded servers. ``leave`` gives it back; the last one to leave stops them."""

    def __init__(self, here: Here, users: FileLock, addresses: Addresses) -> None:
        self._here = here
        self._users: FileLock | None = users
        self.database_url = addresses.database_url
        self.redis_url = addresses.redis_url

    def leave(self) -> None:
        """Leave; when nobody else is there, stop both servers and wait until they are gone."""
        users, self._users = self._users, None
        if users is None:
            return
        users.release()
        starting = FileLock(self._here.start_lock)
        if not starting.acquire_exclusive():
            return  # somebody who left at the same moment has stopped and removed everything
        try:
            if not _alone(users):
                return
            keeper.stop_all(self._here)
        finally:
            users.release()
            starting.release()
        keeper.wait_gone(self._here)


def join(data_dir: Path, *, for_tests: bool = False) -> Servers:
    """Start the servers kept under ``data_dir``, or find them running. Raises EmbeddedError.

    With ``for_tests`` nothing is synced to disk and the last one out removes the whole directory.
    """
    try:
        here = Here.prepare(data_dir)
        with FileLock.exclusive(here.start_lock):
            here = Here.prepare(data_dir)  # again: whoever left last may just have removed it
            if for_tests:
                here.ephemeral_mark.touch()
            users = FileLock(here.users_lock)
            users.acquire_shared()
            try:
                addresses = _ensure_running(here, for_tests=for_tests)
            except BaseException:
                users.release()
                raise
        return Servers(here, users, addresses)
    except OSError as error:
        raise EmbeddedError(f"{data_dir}: embedded servers cannot be started: {error}") from error
    except (postgres.StartError, redis.StartError) as error:
        raise EmbeddedError(str(error)) from error


@contextmanager
def servers(data_dir: Path, database_url: str, redis_url: str) -> Iterator[Addresses]:
    """Give the addresses to use: real ones as they are, ``embedded`` ones after joining the embedded servers."""
    if EMBEDDED not in (database_url, redis_url):
        yield Addresses(database_url, redis_url)
        return
    joined = join(data_dir)
    try:
        yield Addresses(
            joined.database_url if database_url == EMBEDDED else database_url,
            joined.redis_url if redis_url == EMBEDDED else redis_url,
        )
    finally:
        joined.leave()


def _ensure_running(here: Here, *, for_tests: bool) -> Addresses:
    keeper.ensure(here)
    redis.start(here)
    if not postgres.runs(here):
        postgres.start(here, for_tests=for_tests)
    redis.wait_ready(here)
    return Addresses(postgres.url(here), redis.url(here))


def _alone(users: FileLock) -> bool:
    """Whether nobody else is using the servers. The keeper may hold the lock for an instant, so ask a few times."""
    for _ in range(5):
        if users.try_exclusive():
            return True
        time.sleep(0.01)
    return False
