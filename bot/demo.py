"""``kabot demo``: starts every part on this machine, keeps it running, and leaves no process behind.

The supervising process imports nothing heavy. Its children have process groups of their own, so that Ctrl-C reaches
them through it and in order; should it be killed with -9, the kernel tells them (PR_SET_PDEATHSIG).
"""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from bot import embedded
from bot.config import load_config
from bot.embedded.locks import FileLock

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
_LOG_BYTES_MAX = 5 * 2**20
_QUICK_DEATHS_MAX = 5
_PR_SET_PDEATHSIG = 1
_ROOT = Path(__file__).resolve().parent.parent
_KEPT_VARIABLES = ("KABOT_APP__LOG_LEVEL", "KABOT_PAY__ORDER_TTL_MINUTES", "KABOT_RISK__", "KABOT_SHOP__")


class DemoError(Exception):
    """The demo cannot go on; the message says why, with the end of the log that tells more."""


class PortTakenError(Exception):
    """Another program has the port, or another demo has the data."""


class BadFolderError(Exception):
    """The data cannot be kept where it was told to be."""


@dataclass(slots=True)
class Child:
    """One process of the demo, started again when it dies."""

    name: str
    command: Sequence[str]
    log: Path
    environment: dict[str, str] = field(repr=False)
    fds: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        """Start it, its output going to its log."""
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES_MAX:
            self.log.unlink()
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603 - our own programs
                self.command,
                cwd=_ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=self.fds,
                process_group=0,
                preexec_fn=_die_with_parent(),  # safe: this process has one thread, and it calls prctl only
            )
        self.started_at = time.monotonic()

    def end_of_log(self, lines: int = 12) -> str:
        """The last lines it wrote."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_bytes()[-8000:].decode(errors="replace").splitlines()[-lines:])
        return ""


class _StopRequested(Exception):  # noqa: N818 - not an error
    """Ctrl-C, SIGTERM or a closed terminal."""


def run_demo(port: int, data_dir: Path | None) -> None:
    """Run the demo until told to stop. Raises PortTakenError, BadFolderError and DemoError."""
    home = (data_dir or load_config().app.data_dir / "demo").resolve()
    try:
        (home / "logs").mkdir(parents=True, exist_ok=True)
        _check_port(port)
        only = FileLock(home / "demo.lock")
        alone = only.try_exclusive()
    except OSError as error:
        raise BadFolderError(f"{home}: nothing can be kept there: {error.strerror}") from None
    if not alone:
        raise PortTakenError(f"{home}: another kabot demo is running on this data")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stop)
    children: list[Child] = []
    try:
        _run(home, port, children)
    except _StopRequested:
        pass
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # stopping must not be stopped half-way
        only.release()


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    raise _StopRequested


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTakenError(f"port {port}: {error.strerror}; choose another one: kabot demo --port N") from None


def _run(home: Path, port: int, children: list[Child]) -> None:
    print("正在启动…（第一次约需几秒）", flush=True)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as bot_socket:
        bot_port = bot_socket.getsockname()[1]
        servers = embedded.join(home)
        try:
            password = _start_all(home, port, bot_port, bot_socket.fileno(), children)
            print(_banner(home, port, password), flush=True)
            _watch(children)
        finally:
            _hush()
            _stop(children)
            servers.leave()


def _start_all(home: Path, port: int, bot_port: int, bot_fd: int, children: list[Child]) -> str:
    """Start every part, and give the password of the console's first operator, if he was made just now."""

    def child(name: str, *arguments: str, fds: tuple[int, ...] = ()) -> Child:
        made = Child(name, (sys.executable, *arguments), home / "logs" / f"{name}.log", environment, fds)
        made.start()
        return made

    environment = _environment(home)
    # By a pipe, so that the password stands in no log, no argument and no file.
    told, tell = os.pipe()
    with os.fdopen(told, encoding="ascii") as answer:
        try:
            setup = child("setup", "-m", "bot.demo_shop", str(home), str(port), str(bot_port), str(tell), fds=(tell,))
        finally:
            os.close(tell)
        _finish(setup, children)
        password = answer.read(100)
    sandbox = child("sandbox", "-m", "sandbox", "--port", str(port), "--config", str(home / "sandbox.json"))
    children.append(sandbox)
    web = child("web", "-m", "bot", "serve", "--fd", str(bot_fd), fds=(bot_fd,))
    children.append(web)
    worker = child("worker", "-m", "bot", "worker")
    children.append(worker)
    _wait(lambda: _answers(port, "/sandbox/api/buyers"), sandbox, children)
    _finish(child("menu", "-m", "bot", "menu", "publish"), children)
    _wait(lambda: _answers(bot_port, "/readyz"), web, children)
    return password


def _environment(home: Path) -> dict[str, str]:
    """The demo never touches a real account or database, whatever the environment says of them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("KABOT_") or name.startswith(_KEPT_VARIABLES)
    }
    # Fewer malloc arenas: a process with many threads otherwise keeps tens of megabytes it does not use.
    kept.setdefault("MALLOC_ARENA_MAX", "2")
    return kept | {"KABOT_CONFIG": str(home / "demo.toml"), "PYTHONUNBUFFERED": "1"}


def _finish(one_off: Child, children: list[Child]) -> None:
    """Wait for a process that does its work and ends; while it runs it is one of those to be stopped."""
    children.append(one_off)
    assert one_off.process is not None  # noqa: S101 - it was started
    try:
        code = one_off.process.wait(READY_SECONDS)
    except subprocess.TimeoutExpired:
        code = -1
    if code != 0:
        raise DemoError(f"{one_off.name} failed:\n{one_off.end_of_log()}\n(log: {one_off.log})")
    children.remove(one_off)


def _wait(ready: Callable[[], bool], child: Child, children: list[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        for one in children:
            if one.process is not None and one.process.poll() is not None:
                raise DemoError(f"{one.name} ended:\n{one.end_of_log()}\n(log: {one.log})")
        if time.monotonic() > deadline:
            raise DemoError(f"{child.name} is not ready:\n{child.end_of_log()}\n(log: {child.log})")
        time.sleep(0.05)


def _answers(port: int, path: str) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        link.request("GET", path)
        return link.getresponse().status == 200
    except OSError:
        return False
    finally:
        link.close()


def _watch(children: list[Child]) -> None:
    """Start again whatever dies, for ever; give up on what dies again and again at once."""
    while True:
        time.sleep(0.5)
        for child in children:
            if child.process is None or child.process.poll() is None:
                continue
            lived = time.monotonic() - child.started_at
            child.quick_deaths = child.quick_deaths + 1 if lived < 10 else 0
            if child.quick_deaths >= _QUICK_DEATHS_MAX:
                raise DemoError(f"{child.name} keeps ending:\n{child.end_of_log()}\n(log: {child.log})")
            print(f"{child.name} 意外结束，正在重新启动（日志: {child.log}）", flush=True)
            child.start()


def _stop(children: list[Child]) -> None:
    """End every child: politely, then for good."""
    running = [child.process for child in children if child.process is not None and child.process.poll() is None]
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _hush() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _die_with_parent() -> Callable[[], None] | None:
    """What a child runs before it becomes its program: ask the kernel for SIGTERM when the supervisor is gone."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _banner(home: Path, port: int, password: str) -> str:
    how = f"密码 {password}（只显示这一次）" if password else "密码在第一次启动时显示过"
    return (
        "\n卡宝演示已就绪\n"
        f"  聊天页    http://127.0.0.1:{port}/\n"
        f"  管理后台  http://127.0.0.1:{port}/console  用户名 admin，{how}\n"
        f"  数据日志  {home}\n"
        "  停止      按 Ctrl-C（数据会保留，下次启动还在）\n"
    )
