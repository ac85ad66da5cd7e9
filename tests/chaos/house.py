"""The real processes: PostgreSQL, Redis, the world outside, two web processes, two workers; and ways to hurt them."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis

from bot import embedded, migrations
from bot.config import load_config
from bot.database import make_engine
from bot.embedded import locks, postgres
from catalog.files import read_catalog
from catalog.key_import import ImportResult, import_keys
from catalog.store import import_catalog
from catalog.vault import Vault
from sandbox.settings import new_credentials
from tests.chaos.wire import Weather, Wire
from tests.e2e.shop import DEMO, as_environment

_SETTLE_S = 240.0
_SECRET = "a2Fib3QtY2hhb3Mta2Fib3QtY2hhb3Mta2Fib3QtIT0="


@dataclass
class Child:
    """One of our processes, started again whenever it is gone."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(repr=False)
    log: Path
    fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=DEMO.parents[1], stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, pass_fds=self.fds,
            )  # fmt: skip
        self.starts += 1

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def hit(self, how: signal.Signals) -> None:
        if self.process is not None and self.alive:
            self.process.send_signal(how)

    def end(self) -> None:
        if self.process is None:
            return
        self.hit(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class House:
    """Everything that runs, and where it is."""

    def __init__(self, home: Path, dice: random.Random) -> None:
        self.home, self._dice = home, dice
        home.chmod(0o711)  # where the tests run as root, PostgreSQL runs as somebody else
        self._stack = ExitStack()
        self.children: list[Child] = []
        self.wires: dict[str, Wire] = {}
        self._joined: list[embedded.Servers] = []
        self._stopping = threading.Event()
        self._serving = threading.Lock()

    # ---- building

    def build(self, catalog: Path = DEMO, operators: int = 0, **sections: Any) -> None:
        """Start everything, and so many operators who decide on held orders. `sections` add to the configuration."""
        self._joined.append(embedded.join(self.home))
        self.here = locks.Here.prepare(self.home)
        self.here.ephemeral_mark.touch()  # the last one out removes the databases
        self.database_url, self.redis_url = self._joined[0].database_url, self._joined[0].redis_url
        bot_socket = self._stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        port, self._world_port = bot_socket.getsockname()[1], _free_port()
        self.url = f"http://127.0.0.1:{self._world_port}"
        for name in ("wechat", "pay", "supplier"):
            self.wires[name] = self._stack.enter_context(Wire(name, self._world_port))
        self.wires["in"] = self._stack.enter_context(Wire("in", port))
        environment = self._configure(sections)
        self.engine = make_engine(self.database_url, name="chaos", statement_timeout_ms=0)
        migrations.upgrade(self.engine)
        with self.engine.begin() as conn:
            import_catalog(conn, read_catalog(catalog))
        python = sys.executable
        fd = str(bot_socket.fileno())
        world = self._child("world", {}, python, "-m", "sandbox", "--port", str(self._world_port), "--config",
                            str(self.home / "sandbox.json"))  # fmt: skip
        world.start()
        self.world = world
        for name in ("web-1", "web-2"):
            self.children.append(
                self._child(name, environment, python, "-m", "bot", "serve", "--fd", fd, fds=(bot_socket.fileno(),))
            )
        for name in ("worker-1", "worker-2"):
            self.children.append(self._child(name, environment, python, "-m", "bot", "worker"))
        for nth in range(1, operators + 1):
            name = f"operator-{nth}"
            self.children.append(self._child(name, environment, python, "-m", "tests.chaos.operators", name))
        for child in self.children:
            child.start()
        self.http = self._stack.enter_context(httpx.Client(base_url=self.url, timeout=30))
        self._wait(lambda: self.http.get("/sandbox/api/buyers").status_code == 200, "the world")
        self._wait(lambda: httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200, "the shop")
        self.bot_url = f"http://127.0.0.1:{port}"
        threading.Thread(target=self._keep_alive, daemon=True).start()

    def _configure(self, sections: dict[str, Any]) -> dict[str, str]:
        made = self.credentials = new_credentials()
        world_dir = self.home / "world"
        world_dir.mkdir(mode=0o700)
        made.sandbox_settings(
            bot_url=self.wires["in"].url, public_url=self.url, data_dir=str(world_dir), notice_speed=20.0,
            supplier_seconds=3.0,
        ).write(self.home / "sandbox.json")  # fmt: skip
        given = made.bot_sections(sandbox_url=self.url, key_dir=self.home / "keys")
        given["wechat"]["api_base"] = self.wires["wechat"].url
        given["pay"] |= {"api_base": self.wires["pay"].url, "order_ttl_minutes": 2}
        given["supplier.fulu"]["api_base"] = f"{self.wires['supplier'].url}/fulu"
        if "supplier.juhe" in given:
            given["supplier.juhe"]["api_base"] = f"{self.wires['supplier'].url}/juhe"
        given["app"] = {"public_url": self.url, "data_dir": str(self.home / "data"), "secret_key": _SECRET}
        given["store"] = {"database_url": self.database_url, "pool_size": 6}
        given["redis"] = {"url": self.redis_url}
        given |= {"web": {"threads": 8}, "worker": {"threads": 6}}
        for name, section in sections.items():
            given[name] = {**given.get(name, {}), **section}
        environment = {k: v for k, v in os.environ.items() if not k.startswith("KABOT_")}
        environment |= as_environment(given) | {"KABOT_CONFIG": str(DEMO.parents[1] / "config.toml")}
        config = load_config(DEMO.parents[1] / "config.toml", environ=as_environment(given))
        self.vault = Vault(config.app.key())
        self.config = config
        return environment

    def _child(self, name: str, environment: dict[str, str], *command: str, fds: tuple[int, ...] = ()) -> Child:
        return Child(name, command, environment or dict(os.environ), self.home / f"{name}.log", fds)

    def stock(self, sku: str, keys: Sequence[str]) -> None:
        file = self.home / f"{sku}.txt"
        file.write_text("\n".join(keys), encoding="utf-8")
        result = import_keys(self.engine, self.vault, sku, file)
        assert isinstance(result, ImportResult), result

    # ---- hurting

    def kill(self, kind: str) -> str:
        """kill -9 of one process of this kind, started again a moment later."""
        running = [child for child in self.children if child.name.startswith(kind) and child.alive]
        if not running:
            return f"no {kind} to kill"
        chosen = self._dice.choice(running)
        chosen.hit(signal.SIGKILL)
        return f"kill -9 {chosen.name}"

    def kill_all(self) -> None:
        """kill -9 of everything of ours at the same instant."""
        for child in self.children:
            child.hit(signal.SIGKILL)

    def freeze(self, seconds: float) -> None:
        """A worker stands still for so long, is taken for dead, and goes on as if nothing had been."""
        running = [child for child in self.children if child.name.startswith("worker") and child.alive]
        if running:
            chosen = self._dice.choice(running)
            chosen.hit(signal.SIGSTOP)
            frozen = chosen.process
            threading.Timer(seconds, lambda: frozen and frozen.send_signal(signal.SIGCONT)).start()

    def restart_database(self, how: signal.Signals) -> None:
        """End PostgreSQL (SIGINT: disconnect all; SIGQUIT, SIGKILL: as in a crash) and start it again."""
        note = postgres.directory(self.here) / "data" / "postmaster.pid"
        self._restart(int(note.read_text().split()[0]), how, self.here.home / "pg.lock")

    def restart_redis(self, how: signal.Signals) -> None:
        self._restart(int((self.here.home / "redis.pid").read_text()), how, self.here.home / "redis.lock")

    def _restart(self, pid: int, how: signal.Signals, lock: Path) -> None:
        with self._serving, contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
            deadline = time.monotonic() + 30
            while locks.is_held(lock) and time.monotonic() < deadline:
                time.sleep(0.02)
            self._joined.append(embedded.join(self.home))

    def flush_redis(self) -> None:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def faults(self, **parts: Any) -> None:
        self.http.put("/sandbox/api/faults", json=parts).raise_for_status()

    # ---- keeping alive, and ending

    def _keep_alive(self) -> None:
        while not self._stopping.wait(self._dice.uniform(0.2, 0.8)):
            for child in self.children:
                if not child.alive and not self._stopping.is_set():
                    child.start()

    def settle(self) -> None:
        """Everything up, every wire whole, no fault left: from now on the shop has only itself to blame."""
        for wire in self.wires.values():
            wire.turn(Weather.FAIR)
        fair = {"notice": None, "push": None, "supplier": None, "juhe": None, "pay": None, "refund": None}
        # The world may be hard pressed by the whole crowd; without this the shop would be judged in bad weather.
        until = time.monotonic() + _SETTLE_S
        while True:
            try:
                self.faults(**fair)
                break
            except httpx.HTTPError:
                if time.monotonic() > until:
                    raise
        with self._serving:
            self._joined.append(embedded.join(self.home))

    def stop_ours(self) -> None:
        self._stopping.set()
        for child in self.children:
            child.hit(signal.SIGTERM)
        for child in self.children:
            child.end()

    def close(self) -> None:
        self.stop_ours()
        if hasattr(self, "world"):
            self.world.end()
        if hasattr(self, "engine"):
            self.engine.dispose()
        self._stack.close()
        for joined in self._joined:
            joined.leave()

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if ready():
                    return
            assert time.monotonic() < until, f"{what} is not ready"
            time.sleep(0.1)


@contextmanager
def house(home: Path, dice: random.Random, **sections: Any) -> Iterator[House]:
    """A house that is whole on entering and leaves no process behind."""
    built = House(home, dice)
    try:
        built.build(**sections)
        yield built
    finally:
        built.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
