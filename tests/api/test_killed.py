"""Real processes: a worker that is killed in the middle of sending, and the next one, which sends the same again."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.api.conftest import Program
from tests.api.receiving import ROOT, Receiver, receiver, shop
from tests.api.test_webhooks import log_of, subscribed
from tests.bot.test_after_sale import Shop
from tests.e2e.shop import as_environment, eventually

__all__ = ["receiver", "shop"]
WAIT_S = 50.0


@contextmanager
def worker(database_url: str, redis_url: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    given = {
        "app": {"data_dir": str(folder), "log_level": "WARNING"},
        "store": {"database_url": database_url},
        "redis": {"url": redis_url},
        "wechat": {"api_base": "http://127.0.0.1:1"},
        "api": {"private_webhooks": "true"},
    }
    environ = {**os.environ, **as_environment(given), "KABOT_CONFIG": str(ROOT / "config.toml")}
    process = subprocess.Popen([sys.executable, "-m", "bot", "worker"], env=environ, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(150)
def test_a_worker_killed_in_the_middle_of_sending_loses_nothing(
    shop: Shop, program: Callable[..., Program], receiver: Receiver, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    caller = program()
    number = subscribed(caller, receiver, "order.paid", status=0)
    order = shop.order("充100话费 13812345678", "确认")
    with worker(database_url, redis_url, tmp_path) as process:
        eventually(receiver.took, WAIT_S)
        process.kill()
        process.wait()
    secret = caller.post(f"/webhooks/{number}/secret").json()["secret"]
    receiver.start(secret)
    caller.http.patch(f"/api/v1/webhooks/{number}", json={"url": receiver.url})
    with shop.services.engine.begin() as conn:  # in place of waiting until the dead one's lease is over
        conn.execute(text("UPDATE webhook_delivery SET next_try_at = now() - interval '1 min'"))
    with worker(database_url, redis_url, tmp_path):
        eventually(lambda: len(receiver.took()) == 2, WAIT_S)
        eventually(lambda: log_of(caller, number)[0]["state"] == "delivered", WAIT_S)
    first, second = receiver.took()
    assert first["id"] == second["id"]
    assert first["raw"] == second["raw"]
    assert second["ok"]
    assert second["body"]["data"]["order_no"] == order.order_no
    assert shop.rows("SELECT count(*) FROM webhook_delivery") == [1]
