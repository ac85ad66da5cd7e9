"""The embedded servers: shared by processes, stopped by the last, and started again whatever was killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from bot import embedded
from bot.embedded import postgres
from bot.embedded.locks import Here, is_held

USER = """
import sys, time
from pathlib import Path
from bot import embedded
from bot.embedded import postgres
servers = embedded.join(Path(sys.argv[1]))
print("in", flush=True)
sys.stdin.readline()
servers.leave()
"""


@contextmanager
def user(data_dir: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses the servers until it reads a line."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.Popen(
        [sys.executable, "-c", USER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "in\n"
        yield child
    finally:
        child.kill()
        child.communicate()


def tell_to_leave(child: "subprocess.Popen[str]") -> None:
    child.communicate("\n", timeout=90)


def execute(servers: embedded.Servers, statement: str) -> list[tuple[object, ...]]:
    url = servers.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(url, autocommit=True) as conn:
        cursor = conn.execute(statement)
        return cursor.fetchall() if cursor.description else []


def running(data_dir: Path) -> dict[str, bool]:
    home = data_dir / "servers"
    return {name: is_held(home / f"{name}.lock") for name in ("pg", "redis", "keeper")}


ALL = {"pg": True, "redis": True, "keeper": True}
NONE = {"pg": False, "redis": False, "keeper": False}


def pids(data_dir: Path) -> dict[str, int]:
    here = Here.prepare(data_dir)
    return {
        "pg": int((postgres.directory(here) / "data" / "postmaster.pid").read_text().split()[0]),
        "redis": int((here.home / "redis.pid").read_text()),
    }


def test_the_last_one_out_stops_the_servers_and_nothing_is_lost(data_dir: Path) -> None:
    with user(data_dir) as other:
        servers = embedded.join(data_dir)
        execute(servers, "CREATE TABLE kept (x int)")
        with redis.Redis.from_url(servers.redis_url) as client:
            client.set("talk", "on")
        servers.leave()
        assert running(data_dir) == ALL
        tell_to_leave(other)
    assert running(data_dir) == NONE

    again = embedded.join(data_dir)
    assert execute(again, "SELECT count(*) FROM kept") == [(0,)]
    with redis.Redis.from_url(again.redis_url) as client:
        assert client.get("talk") == b"on"
    again.leave()


def test_users_killed_with_9_leave_no_server_behind(data_dir: Path) -> None:
    with user(data_dir) as one, user(data_dir) as two:
        one.kill()
        one.wait()
        time.sleep(0.2)
        assert running(data_dir) == ALL
        two.kill()
        two.wait()
    wait_until(lambda: running(data_dir) == NONE)


def test_everything_killed_with_9_starts_again_although_the_pids_belong_to_others_now(data_dir: Path) -> None:
    servers = embedded.join(data_dir)
    execute(servers, "CREATE TABLE kept (x int)")
    servers.leave()
    with user(data_dir) as child:
        found = pids(data_dir)
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        for pid in (child.pid, *map(int, children), *found.values()):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: running(data_dir) == NONE)
    here = Here.prepare(data_dir)
    # The pid in the file is a living program's that is no PostgreSQL: this very test's.
    note = postgres.directory(here) / "data" / "postmaster.pid"
    note.write_text(note.read_text().replace(str(found["pg"]), str(os.getpid()), 1))
    assert (here.sockets / "redis.sock").exists()

    again = embedded.join(data_dir)
    assert execute(again, "SELECT count(*) FROM kept") == [(0,)]
    again.leave()
    assert running(data_dir) == NONE


def test_a_broken_redis_file_costs_the_talk_and_nothing_else(data_dir: Path) -> None:
    embedded.join(data_dir).leave()
    (data_dir / "servers" / "redis" / "appendonly.aof").write_bytes(b"*1\r\n$9999\r\nnonsense" * 50)
    for file in (data_dir / "servers" / "redis").rglob("*.aof*"):
        file.write_bytes(b"nonsense\r\n" * 50)
    servers = embedded.join(data_dir)
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()
    servers.leave()


def test_a_long_path_does_not_outgrow_a_sockets_address(data_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    servers = embedded.join(deep, for_tests=True)
    assert execute(servers, "SELECT 1") == [(1,)]
    sockets = Here.at(deep / "servers").sockets
    assert len(str(sockets)) < 60
    servers.leave()
    assert not deep.exists()
    assert not sockets.exists()


def test_real_addresses_start_nothing(data_dir: Path) -> None:
    with embedded.servers(data_dir, "postgresql+psycopg://db/x", "redis://cache") as at:
        assert (at.database_url, at.redis_url) == ("postgresql+psycopg://db/x", "redis://cache")
    assert not (data_dir / "servers").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the database as another user")
def test_below_a_private_directory_root_still_gets_a_database_and_opens_nothing(data_dir: Path) -> None:
    private = data_dir / "private"
    private.mkdir(mode=0o700)
    servers = embedded.join(private / "var", for_tests=True)
    assert execute(servers, "SELECT 1") == [(1,)]
    assert private.stat().st_mode & 0o077 == 0
    servers.leave()


def wait_until(condition: object, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short path that other system users may enter, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="kabot-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)
