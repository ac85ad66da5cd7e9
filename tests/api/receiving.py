"""A real process that receives webhooks, and a shop that may send them to this machine."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.config import ApiConfig
from tests.bot.test_after_sale import Shop, opened

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    """One whose webhooks may go to this machine."""
    with opened(tmp_path, database_url, redis_url) as shop:
        config = replace(shop.services.config, api=ApiConfig(private_webhooks=True))
        shop.services = replace(shop.services, config=config)
        yield shop


class Receiver:
    """The receiver's process, and what it took."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "received.jsonl"
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def start(self, secret: str, status: int = 200) -> "Receiver":
        self.stop()
        command = [sys.executable, "-m", "tests.api.receiver", secret, str(self._file), str(status)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?shop=1"

    def took(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.stop()
