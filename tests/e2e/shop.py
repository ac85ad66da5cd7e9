"""A whole shop for one test: sandbox, web process and worker on real sockets, and buyers who chat, pay and look."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import httpx
from sqlalchemy import Engine, text

from bot.app import create_app
from bot.background import TASKS
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.jobs import JobWorker
from catalog.files import read_catalog
from catalog.key_import import ImportResult, import_keys
from catalog.store import import_catalog
from sandbox.app import create_app as create_sandbox
from sandbox.server import free_socket, running
from sandbox.settings import Credentials
from tests.credentials import credentials
from tests.shelves import DEMO, demo_shelf

_T = TypeVar("_T")


def eventually(look: Callable[[], _T], wait_s: float = 60.0) -> _T:
    """Look until what is looked for is there (truthy), and give it."""
    ends = time.monotonic() + wait_s
    while True:
        found = look()
        if found or time.monotonic() > ends:
            assert found, f"not within {wait_s} s"
            return found
        time.sleep(0.02)


@dataclass
class Buyer:
    """One phone."""

    shop: "Shop"
    openid: str

    def say(self, words: str, **more: Any) -> str:
        """Send a text (or what `more` says) and give what the bot answered at once."""
        answer = self.shop.sandbox.post(
            f"/sandbox/api/chat/{self.openid}/say", json={"kind": "text", "content": words, **more}
        )
        answer.raise_for_status()
        return "\n".join(m["content"] for m in answer.json()["messages"] if m["from"] == "bot")

    def press(self, key: str) -> str:
        return self.say("", kind="event", event="CLICK", event_key=key)

    def chat(self) -> list[dict[str, Any]]:
        return list(self.shop.sandbox.get(f"/sandbox/api/chat/{self.openid}").json()["messages"])

    def told(self, words: str, wait_s: float = 60.0) -> str:
        """Wait until some message of the bot holds these words, and give it."""
        return eventually(
            lambda: next((m["content"] for m in self.chat() if m["from"] == "bot" and words in m["content"]), ""),
            wait_s,
        )

    def open(self, path: str) -> httpx.Response:
        """Open one of the bot's pages in WeChat's in-app browser."""
        return self.shop.sandbox.get(f"/wx/{self.openid}{path}", follow_redirects=True)

    def pay(self, path: str, outcome: str = "ok") -> str:
        """Open the pay page, press the button and answer WeChat's payment sheet."""
        self.open(path).raise_for_status()
        params = self.shop.sandbox.post(f"/wx/{self.openid}{path}/jsapi")
        assert params.status_code == 200, params.text
        sheet = {"openid": self.openid, "outcome": outcome, **params.json()}
        return str(self.shop.sandbox.post("/sandbox/api/cashier", json=sheet).json()["err_msg"])

    def order(self, *messages: str) -> str:
        """Talk until a link to pay comes, and give its path."""
        said = ""
        for message in messages:
            said = self.say(message)
        return pay_path(said)


def pay_path(text: str) -> str:
    found = re.search(r"/pay/[A-Za-z0-9_-]+", text)
    assert found, f"no link to pay in: {text}"
    return found.group()


def as_environment(sections: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Configuration sections as the environment variables that override config.toml."""
    return {
        f"KABOT_{section.replace('.', '__')}__{key}".upper(): str(value)
        for section, keys in sections.items()
        for key, value in keys.items()
    }


@dataclass
class Shop:
    """The running shop."""

    services: Services
    sandbox: httpx.Client
    bot: httpx.Client
    sandbox_url: str
    credentials: Credentials
    """What WeChat, WeChat Pay and this shop know of each other."""

    @property
    def engine(self) -> Engine:
        return self.services.engine

    def buyer(self, **more: Any) -> Buyer:
        """A new buyer, who follows the account."""
        return Buyer(self, self.sandbox.post("/sandbox/api/buyers", json=more).json()["openid"])

    def faults(self, **parts: Any) -> None:
        self.sandbox.put("/sandbox/api/faults", json=parts).raise_for_status()

    def stock(self, sku: str, *keys: str, tmp: Path) -> None:
        file = tmp / f"{sku}.txt"
        file.write_text("\n".join(keys), encoding="utf-8")
        result = import_keys(self.engine, self.services.vault, sku, file)
        assert isinstance(result, ImportResult), result

    def query(self, sql: str, **values: Any) -> list[Any]:
        with self.engine.connect() as conn:
            return list(conn.execute(text(sql), values).scalars())


@contextmanager
def open_shop(
    database_url: str, redis_url: str, folder: Path, *, catalog: Path = DEMO, mode: str = "safe", **sections: Any
) -> Iterator[Shop]:
    """Start everything; `sections` add to the configuration."""
    made = credentials()
    sandbox_socket, bot_socket = free_socket(), free_socket()
    sandbox_url, bot_url = (f"http://127.0.0.1:{s.getsockname()[1]}" for s in (sandbox_socket, bot_socket))
    settings = made.sandbox_settings(
        bot_url=bot_url, public_url=sandbox_url, mode=mode, notice_speed=50.0, supplier_seconds=0.5
    )
    given = made.bot_sections(sandbox_url=sandbox_url, key_dir=folder, mode=mode)  # type: ignore[arg-type]
    given["app"] = {"public_url": sandbox_url, "data_dir": str(folder)}
    if "speech" in sections:
        given["speech"] = made.speech_section(sandbox_url)
    for name, section in sections.items():
        given[name] = {**given.get(name, {}), **section}
    config = load_config(DEMO.parents[1] / "config.toml", environ=as_environment(given))
    services = build(config, database_url=database_url, redis_url=redis_url)
    with services.engine.begin() as conn:
        import_catalog(conn, demo_shelf() if catalog == DEMO else read_catalog(catalog))
    worker = JobWorker(services.engine, TASKS, services, threads=4)
    working = Thread(target=worker.run, daemon=True)
    working.start()
    try:
        with (
            running(create_sandbox(settings), sandbox_socket),
            running(create_app(services), bot_socket),
            httpx.Client(base_url=sandbox_url, timeout=60) as sandbox,
            httpx.Client(base_url=bot_url, timeout=60) as bot,
        ):
            yield Shop(services, sandbox, bot, sandbox_url, made)
    finally:
        worker.stop()
        working.join(60)
        services.engine.dispose()
