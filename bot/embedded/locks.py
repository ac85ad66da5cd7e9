"""Files and locks of one set of embedded servers. Standard library only: the keeper runs without anything else."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SOCKET_PATH_BYTES_MAX = 100
"""Linux takes 107 bytes and macOS 103; PostgreSQL adds nothing to the names we measure."""


class FileLock:
    """A whole-file lock of the kernel's (flock). It ends with the process, however the process ends."""

    def __init__(self, path: Path) -> None:
        self.fd = -1
        self._path = path

    def _open(self) -> int:
        if self.fd < 0:
            self.fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self.fd

    def acquire_shared(self) -> None:
        """Wait until nobody holds it exclusively."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def acquire_exclusive(self) -> bool:
        """Wait until nobody holds it. False, holding nothing, when the file was removed meanwhile.

        Never makes the file: whoever comes here has seen it, so a missing one means that the last user is gone.
        """
        try:
            if self.fd < 0:
                self.fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        if os.fstat(self.fd).st_nlink > 0:
            return True
        self.release()
        return False

    def try_exclusive(self) -> bool:
        """Take it if nobody holds it now."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Let go of it (a copy inherited by a child keeps the lock)."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    @classmethod
    @contextmanager
    def exclusive(cls, path: Path) -> Iterator[Self]:
        """Hold ``path``, made where it is missing, for the length of the block."""
        lock = cls(path)
        while not lock.acquire_exclusive():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        try:
            yield lock
        finally:
            lock.release()


def is_held(path: Path) -> bool:
    """Whether some process holds the lock exclusively now. Asking does not make it look held to others who ask."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def short_name(home: Path) -> str:
    """Twelve characters that stand for a path wherever the path itself is too long or cannot be read."""
    import hashlib  # here, because it loads OpenSSL: a third of the memory of a keeper that never asks for it

    return hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Here:
    """The directory of one set of servers, and the names of the files in it."""

    home: Path
    sockets: Path
    """Where the sockets are: short enough for a socket's address, whatever the length of ``home``."""

    @classmethod
    def at(cls, home: Path) -> Self:
        """Name the files below an existing ``home``."""
        longest = home / "sockets" / "pg" / ".s.PGSQL.5432"
        if len(os.fsencode(longest)) <= SOCKET_PATH_BYTES_MAX:
            return cls(home, home / "sockets")
        return cls(home, Path(tempfile.gettempdir()) / f"kabot-{os.getuid()}-{short_name(home)}")

    @classmethod
    def prepare(cls, data_dir: Path) -> Self:
        """Make the directories. Raises OSError when they cannot be made or belong to somebody else."""
        home = data_dir.resolve() / "servers"
        # Another system user has to reach its own directory below when the program runs as root.
        mode = 0o711 if os.getuid() == 0 else 0o700
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(mode)
        here = cls.at(home)
        here.sockets.mkdir(exist_ok=True)
        found = here.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise PermissionError(f"{here.sockets} belongs to somebody else")
        here.sockets.chmod(mode)
        return here

    @property
    def start_lock(self) -> Path:
        return self.home / "start.lock"

    @property
    def users_lock(self) -> Path:
        return self.home / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        return self.home / "keeper.lock"

    @property
    def ephemeral_mark(self) -> Path:
        return self.home / "ephemeral"
