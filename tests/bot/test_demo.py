"""``kabot demo`` as a new user meets it: one command, one address, and nothing left behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.speech.sound import can_decode

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"),
]


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that other system users may enter, unlike pytest's own; nothing may run on it afterwards."""
    made = Path(tempfile.mkdtemp(prefix="kabot-demo-"))
    made.chmod(0o755)
    yield made
    left = processes(made)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(made, ignore_errors=True)
    assert not left


class Demo:
    """One running ``kabot demo``."""

    def __init__(self, home: Path, port: int) -> None:
        self.port = port
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", "--port", str(port), "--data-dir", str(home)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_ready(self) -> str:
        """Everything printed up to the address."""
        printed = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            printed += line
            if "Ctrl-C" in line:
                return printed
        raise AssertionError(f"the demo ended: {printed}")

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def say(self, openid: str, text: str) -> str:
        """Say something to the bot and give its answer."""
        messages = self.call(f"/sandbox/api/chat/{openid}/say", {"kind": "text", "content": text})["messages"]
        return "\n".join(message["content"] for message in messages if message["from"] == "bot")


def processes(home: Path) -> dict[int, str]:
    """Every process that names ``home`` in its command or its configuration."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(home) in told:
            found[int(entry.name)] = told.split(b"KABOT")[0].decode(errors="replace").replace("\0", " ")[:200]
    return found


def wait_for(condition: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def wait_until_gone(home: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while left := processes(home):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def web_process(home: Path) -> int:
    return next((pid for pid, command in processes(home).items() if " serve " in command), 0)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_the_demo_sells_survives_kill_9_and_leaves_nothing_behind(home: Path) -> None:
    demo = Demo(home, free_port())
    assert f"http://127.0.0.1:{demo.port}/" in demo.wait_ready()
    buyer = demo.call("/sandbox/api/buyers", {"name": "小明"})["openid"]
    summary = demo.say(buyer, "充100话费 13812345678")
    assert "¥99.50" in summary
    assert "13812345678" in summary
    assert f"http://127.0.0.1:{demo.port}/pay/" in demo.say(buyer, "确认")
    assert demo.call("/sandbox/api/menu")["menu"]["button"]

    # A voice that WeChat did not write down is heard by the worker.
    if can_decode():
        spoken = {"kind": "voice", "content": "有没有视频会员", "recognition": "empty"}
        demo.call(f"/sandbox/api/chat/{buyer}/say", spoken)
        wait_for(lambda: "听到：「有没有视频会员」" in str(demo.call(f"/sandbox/api/chat/{buyer}")["messages"]), 60)

    # A second one on the same data says so and changes nothing.
    second = Demo(home, free_port())
    assert "another kabot demo" in second.process.communicate(timeout=30)[0]
    assert second.process.returncode == 2

    # A part that dies is started again.
    web = web_process(home)
    os.kill(web, signal.SIGKILL)
    wait_for(lambda: web_process(home) not in (0, web), 60)
    wait_for(lambda: "话费充值 100元" in demo.say(buyer, "我的订单"), 60)

    # Killed with -9 the supervisor cannot stop anything itself, and still nothing stays.
    demo.process.kill()
    demo.process.wait()
    wait_until_gone(home, 60)

    # Yesterday's buyer and order are there again; Ctrl-C ends everything and is no failure.
    again = Demo(home, demo.port)
    again.wait_ready()
    assert buyer in [one["openid"] for one in again.call("/sandbox/api/buyers")["buyers"]]
    assert "话费充值 100元" in again.say(buyer, "我的订单")
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(30) == 0
    assert processes(home) == {}
