"""One buyer who sends more than anybody types, and the others who do not notice."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.bootstrap import Services, build
from bot.config import load_config
from bot.conversation import Conversation
from bot.webhook import Push
from catalog.files import read_catalog
from catalog.store import import_catalog
from dialogs import replies
from kernel.clock import MovableClock
from kernel.ids import OpenId

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def services(folder: Path, database_url: str, redis_url: str, **risk: str) -> tuple[Services, MovableClock]:
    """A shop that takes three messages a minute."""
    given = {"KABOT_APP__DATA_DIR": str(folder), "KABOT_RISK__PER_BUYER_PER_MINUTE": "3"}
    given |= {f"KABOT_RISK__{name.upper()}": value for name, value in risk.items()}
    clock = MovableClock(NOW)
    shop = build(
        load_config(ROOT / "config.toml", environ=given), database_url=database_url, redis_url=redis_url, clock=clock
    )
    with shop.engine.begin() as conn:
        import_catalog(conn, read_catalog(ROOT / "data" / "catalog.demo.toml"))
    return shop, clock


def answers(shop: Services, *said: tuple[str, str], key: str = "") -> list[str]:
    async def talk() -> list[str]:
        conversation = Conversation(shop, threads)
        return [
            (await conversation.hear(Push(OpenId(who), "gh_shop", f"{key}{i}{who}", "text", text=words))).text
            for i, (who, words) in enumerate(said)
        ]

    with ThreadPoolExecutor(2) as threads:
        return asyncio.run(talk())


def test_a_flood_is_answered_with_one_polite_word_and_then_not_at_all(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    shop, clock = services(tmp_path, database_url, redis_url)
    talk = [("oA", "充100话费"), ("oA", "13812345678"), ("oA", "你好"), ("oA", "取消"), ("oA", "取消"), ("oB", "你好")]
    said = answers(shop, *talk)
    assert "请核对订单" in said[1]
    assert said[3:5] == [replies.too_fast(), ""]
    assert said[5] != ""
    again = answers(shop, *talk[:5])
    assert again == said[:5], "what is pushed again is not counted again"
    clock.move(timedelta(seconds=61))
    (placed,) = answers(shop, ("oA", "确认"), key="later")
    assert "下单成功" in placed, "what came too fast changed nothing"


def test_limits_that_are_off_are_off(database_url: str, redis_url: str, tmp_path: Path) -> None:
    shop, _ = services(tmp_path, database_url, redis_url, enabled="false")
    assert all(answers(shop, *[("oA", "你好")] * 9))
