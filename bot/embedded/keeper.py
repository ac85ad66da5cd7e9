"""The keeper: stops the embedded servers once no process uses them, also after every user was killed with -9.

Run as ``python -S -m bot.embedded HOME``: a bare interpreter that sleeps in the kernel until it is needed.
"""

import contextlib
import os
import shutil
import sys
import time
from pathlib import Path

from bot.embedded import postgres, redis, server
from bot.embedded.locks import FileLock, Here, is_held

_ENVIRONMENT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH")


def ensure(here: Here) -> None:
    """Start the keeper unless it is there. Call under the start lock and while holding the users' lock."""
    if is_held(here.keeper_lock):
        return
    package_root = Path(__file__).resolve().parents[2]
    server.spawn(
        [sys.executable, "-S", "-m", "bot.embedded", str(here.home)],
        lock=here.keeper_lock,
        log=here.home / "keeper.log",
        cwd=here.home,
        run_as=None,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"PYTHONPATH": str(package_root)},
    )


def stop_all(here: Here) -> None:
    """Stop both servers, and remove what was only for tests. Call under the start lock, when nobody uses them."""
    redis.stop(here)
    postgres.stop(here)
    if here.sockets.parent != here.home:
        shutil.rmtree(here.sockets, ignore_errors=True)
    if here.ephemeral_mark.exists():
        shutil.rmtree(postgres.directory(here), ignore_errors=True)
        shutil.rmtree(here.home, ignore_errors=True)
        with contextlib.suppress(OSError):  # somebody else put something there
            here.home.parent.rmdir()


def wait_gone(here: Here) -> None:
    """Wait (at most 5 s) until the keeper has noticed that there is nothing left to keep."""
    deadline = time.monotonic() + 5.0
    while is_held(here.keeper_lock) and time.monotonic() < deadline:
        server.reap()
        time.sleep(0.005)
    server.reap()


def keep(home: Path) -> None:
    """Wait until nobody uses the servers below ``home``, then stop them."""
    here = Here.at(home)
    users, starting = FileLock(here.users_lock), FileLock(here.start_lock)
    while home.exists() and users.acquire_exclusive():
        users.release()
        if not starting.acquire_exclusive():
            return
        if users.try_exclusive():
            stop_all(here)
            return
        starting.release()
