"""`python -m sandbox` as a process: it starts, remembers, and stops although somebody still listens."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from sandbox.server import free_socket
from sandbox.settings import Credentials


@contextmanager
def process(config: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--config", str(config)]
    started = subprocess.Popen(command)
    try:
        ends = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/sandbox/api/buyers", trust_env=False)
                break
            except httpx.HTTPError:
                assert time.monotonic() < ends
                assert started.poll() is None
                time.sleep(0.05)
        yield started
    finally:
        started.kill()
        started.wait()


def test_it_stops_on_a_signal_under_an_open_stream_and_remembers(credentials: Credentials, tmp_path: Path) -> None:
    sock = free_socket()
    port = sock.getsockname()[1]
    sock.close()
    url = f"http://127.0.0.1:{port}"
    settings = credentials.sandbox_settings(bot_url="http://127.0.0.1:9", public_url=url, data_dir=str(tmp_path))
    config = tmp_path / "settings.json"
    settings.write(config)
    with process(config, port) as first, httpx.Client(base_url=url, trust_env=False) as http:
        http.post("/sandbox/api/buyers", json={"name": "小林", "subscribe": False}).raise_for_status()
        with http.stream("GET", "/sandbox/api/stream") as stream:
            next(stream.iter_lines())
            first.send_signal(signal.SIGTERM)
            first.wait(60)

    with process(config, port):
        buyers = httpx.get(f"{url}/sandbox/api/buyers", trust_env=False).json()["buyers"]
    assert [buyer["name"] for buyer in buyers] == ["小林"]


def test_a_bad_configuration_is_named_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "settings.json"
    config.write_text('{"colour": "red"}')
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert str(config) in ended.stderr
    assert ended.stderr.count("\n") == 1
