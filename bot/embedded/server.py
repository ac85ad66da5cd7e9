"""One server process: started in its own session with an inherited lock, found and stopped through that lock."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.embedded.locks import FileLock, is_held

_LOG_BYTES_MAX = 10 * 2**20
_children: list["subprocess.Popen[bytes]"] = []


@dataclass(frozen=True, slots=True)
class RunAs:
    """The system user a server runs as."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str],
    *,
    lock: Path,
    log: Path,
    cwd: Path,
    run_as: RunAs | None,
    env: Mapping[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a server that outlives us, holds ``lock`` while it lives, and does not hear the terminal's Ctrl-C."""
    held = FileLock(lock)
    # Somebody may be asking whether it is held just now, which takes it for an instant.
    if not _take_soon(held):
        raise BlockingIOError(f"{lock} is held: the server runs already")
    if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
        log.unlink()
    try:
        with log.open("ab") as out:
            child = subprocess.Popen(  # noqa: S603 - our own binaries, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=cwd,
                env=None if env is None else dict(env),
                pass_fds=(held.fd,),
                start_new_session=True,
                user=run_as.uid if run_as else None,
                group=run_as.gid if run_as else None,
                extra_groups=[] if run_as else None,
            )
    finally:
        held.release()
    _children.append(child)
    return child


def _take_soon(held: FileLock) -> bool:
    for _ in range(100):
        if held.try_exclusive():
            return True
        time.sleep(0.01)
    return False


def stop(lock: Path, pid_file: Path, signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, waiting so many seconds after each, until the server's lock is free."""
    for number, wait_seconds in signals:
        if not is_held(lock):
            break
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The lock is held, so the pid is the server's and nobody else's.
            os.kill(int(pid_file.read_text().split()[0]), number)
        deadline = time.monotonic() + wait_seconds
        while is_held(lock) and time.monotonic() < deadline:
            reap()
            time.sleep(0.01)
    reap()


def reap() -> None:
    """Forget our own children that have ended."""
    _children[:] = [child for child in _children if child.poll() is None]


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a server's log, on one line, for an error message."""
    try:
        lines = log.read_bytes()[-4000:].decode(errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return " | ".join(line.strip() for line in lines[-count:])
