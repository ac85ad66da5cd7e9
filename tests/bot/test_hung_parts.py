"""A part that hangs, which is worse than one that is away: only those who need it wait, and not for long."""

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
import redis
from sqlalchemy import make_url

from bot.app import create_app
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.conversation import Answer, Conversation
from bot.database import make_engine
from bot.embedded.redis import _binary
from bot.shelf_source import ShelfSource
from bot.webhook import Push
from catalog.files import read_catalog
from catalog.store import import_catalog
from kernel.ids import OpenId
from sandbox.server import free_socket, running
from tests.bench.__main__ import WeChat

ROOT = Path(__file__).parents[2]
TOKEN = "hungtoken"
PASSWORD = "let-me-in"


class Wire:
    """Carries bytes to a database's unix socket; hung, it takes them and carries nothing."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._flows = threading.Event()
        self._flows.set()
        self._listening = free_socket()
        self._listening.listen(50)
        self.port = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hang(self) -> None:
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self.flow()
        for one in (self._listening, *self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._target)
            self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                self._flows.wait()
                other.sendall(data)
        except OSError:
            pass


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    url = make_url(database_url)
    found = Wire(f"{url.query['host']}/.s.PGSQL.{url.port or url.query.get('port', 5432)}")
    yield found
    found.close()


def services(folder: Path, database_url: str, redis_url: str) -> Services:
    environ = {
        "KABOT_APP__DATA_DIR": str(folder),
        "KABOT_WECHAT__TOKEN": TOKEN,
        "KABOT_WECHAT__APP_ID": "wx1",
        "KABOT_WECHAT__MODE": "plain",
    }
    return build(load_config(ROOT / "config.toml", environ=environ), database_url=database_url, redis_url=redis_url)


def stock(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.begin() as conn:
        import_catalog(conn, read_catalog(ROOT / "data" / "catalog.demo.toml"))
    engine.dispose()


def said(openid: str, words: str) -> Push:
    return Push(OpenId(openid), "gh_shop", token_hex(8), "text", text=words)


def test_a_hung_database_does_not_stop_turns_that_need_none(
    tmp_path: Path, database_url: str, redis_url: str, wire: Wire
) -> None:
    stock(database_url)
    url = make_url(database_url)
    through = url.set(host="127.0.0.1", port=wire.port, query={})
    shop = services(tmp_path, through.render_as_string(hide_password=False), redis_url)
    # Looked for before every turn, so that each meets a database that does not answer.
    shop = replace(shop, shelf=ShelfSource(shop.engine, check_every_s=0.0))

    async def talk() -> list[Answer]:
        conversation = Conversation(shop, threads)
        await conversation.hear(said("oWaits", "充50话费 13812345678"))
        wire.hang()
        waits = asyncio.create_task(conversation.hear(said("oWaits", "确认")))
        try:
            async with asyncio.timeout(60):
                others = [conversation.hear(said(f"oOther{n}", "有什么卖的")) for n in range(9)]  # twice the threads
                answers = await asyncio.gather(*others)
            assert not waits.done()
        finally:
            wire.flow()
        return [await waits, *answers]

    with ThreadPoolExecutor(4) as threads:
        placed, *others = asyncio.run(talk())
    assert "/pay/" in placed.text
    assert all("话费" in answer.text for answer in others)
    shop.engine.dispose()


@pytest.fixture
def private_redis(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A Redis of this test's own, behind a password: its URL and its process."""
    with free_socket() as free:
        port = free.getsockname()[1]
    command = [str(_binary()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]
    process = subprocess.Popen([*command, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/2"
    ends = time.monotonic() + 60
    while True:
        try:
            redis.Redis.from_url(url).ping()
            break
        except redis.ConnectionError:
            assert time.monotonic() < ends
            time.sleep(0.01)
    yield url, process.pid
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()


def test_a_hung_redis_holds_up_nobody_who_does_not_talk_and_talk_goes_on_after_it(
    tmp_path: Path, database_url: str, private_redis: tuple[str, int]
) -> None:
    stock(database_url)
    url, pid = private_redis
    shop = services(tmp_path, database_url, url)
    sock = free_socket()
    with running(create_app(shop), sock) as base, httpx.Client(base_url=base) as anybody:
        chat = WeChat(int(base.rpartition(":")[2]), token=TOKEN)
        assert "99.50" in chat.say("oBuyer", "充话费")
        os.kill(pid, signal.SIGSTOP)
        # First over the connection there was, then while there is none.
        for attempt in range(2):
            with ThreadPoolExecutor(8) as crowd:
                buyers = (WeChat(sock.getsockname()[1], token=TOKEN) for _ in range(8))
                talks = [crowd.submit(buyer.say, f"oHung{attempt}{n}", "充话费") for n, buyer in enumerate(buyers)]
                waited = []
                while not all(talk.done() for talk in talks):
                    asked = time.monotonic()
                    assert anybody.get("/healthz").text == "ok"
                    waited.append(time.monotonic() - asked)
                    time.sleep(0.05)
            assert all("系统有点忙" in talk.result() for talk in talks)
            assert len(waited) > 2, "the talks did wait"
            assert sorted(waited)[len(waited) // 2] < 0.5, "and nobody else"
        os.kill(pid, signal.SIGCONT)
        assert "13812345678" in chat.say("oBuyer", "充100话费 13812345678")
    shop.engine.dispose()
