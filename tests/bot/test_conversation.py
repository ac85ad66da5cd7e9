"""A turn when a part of the shop is away: an answer all the same, and nothing half done."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import Services, build
from bot.config import load_config
from bot.conversation import Answer, Conversation
from bot.shelf_source import ShelfSource
from bot.webhook import Push
from catalog.files import read_catalog
from catalog.store import import_catalog
from kernel.ids import OpenId
from tests.shelves import demo_shelf

ROOT = Path(__file__).parents[2]
NOWHERE = "redis://127.0.0.1:1/0"
NO_DATABASE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


def services(folder: Path, database_url: str, redis_url: str) -> Services:
    config = load_config(ROOT / "config.toml", environ={"KABOT_APP__DATA_DIR": str(folder)})
    return build(config, database_url=database_url, redis_url=redis_url)


def text(words: str, key: str = "1") -> Push:
    return Push(OpenId("oBuyer"), "gh_shop", key, "text", text=words)


def heard(shop: Services, *pushes: Push) -> list[Answer]:
    """What is answered to these, taken one after the other."""

    async def talk() -> list[Answer]:
        conversation = Conversation(shop, threads)
        return [await conversation.hear(push) for push in pushes]

    with ThreadPoolExecutor(4) as threads:
        return asyncio.run(talk())


def event(name: str) -> Push:
    return Push(OpenId("oBuyer"), "gh_shop", "2", "event", event=name)


@pytest.fixture
def stocked(tmp_path: Path, database_url: str, redis_url: str) -> Services:
    found = services(tmp_path, database_url, redis_url)
    with found.engine.begin() as conn:
        import_catalog(conn, demo_shelf())
    return found


def test_without_redis_a_message_is_answered_with_an_apology(tmp_path: Path, database_url: str) -> None:
    (answer,) = heard(services(tmp_path, database_url, NOWHERE), text("充100话费"))
    assert "稍等" in answer.text


def test_without_the_database_a_message_is_answered_with_an_apology(tmp_path: Path, redis_url: str) -> None:
    first, second = heard(services(tmp_path, NO_DATABASE, redis_url), text("充100话费"), text("充100话费", "3"))
    assert "稍等" in first.text
    assert "稍等" in second.text, "the first failure must give the buyer's turn back"


def test_an_event_that_wants_no_answer_gets_none_in_an_outage_either(tmp_path: Path, database_url: str) -> None:
    view, click = heard(services(tmp_path, database_url, NOWHERE), event("view"), event("click"))
    assert view.text == ""
    assert click.text != ""


def test_the_same_message_heard_again_gets_the_same_answer_without_a_second_turn(stocked: Services) -> None:
    first, _, again = heard(stocked, text("充话费"), text("100", "2"), text("充话费"))
    assert first == again


class Watched(ThreadPoolExecutor):
    """Notes what is given to threads."""

    def __init__(self) -> None:
        super().__init__(4)
        self.given: list[str] = []

    def submit(self, fn: Any, /, *args: Any, **more: Any) -> Any:
        self.given.append(fn.__name__)
        return super().submit(fn, *args, **more)


def test_the_first_who_speaks_after_a_silence_hears_of_the_catalog_of_now(stocked: Services, tmp_path: Path) -> None:
    dearer = tmp_path / "dearer.toml"
    dearer.write_text((ROOT / "data" / "catalog.demo.toml").read_text().replace('"99.50"', '"123.45"'))
    shop = replace(
        stocked, shelf=ShelfSource(stocked.engine, check_every_s=0.0, old_after_s=0.0)
    )  # every silence is long enough

    async def talk() -> tuple[Answer, Answer]:
        with ThreadPoolExecutor(4) as threads:
            conversation = Conversation(shop, threads)
            before = await conversation.hear(text("充100话费 13812345678"))
            with shop.engine.begin() as conn:
                import_catalog(conn, read_catalog(dearer))
            other = Push(OpenId("oOther"), "gh_shop", "2", "text", text="充100话费 13812345678")
            return before, await conversation.hear(other)

    before, after = asyncio.run(talk())
    assert "¥99.50" in before.text
    assert "¥123.45" in after.text


def test_what_takes_long_to_reckon_is_given_to_a_thread_and_a_short_message_is_not(stocked: Services) -> None:
    rows = "\n".join(f"138{n:08} 50" for n in range(100))

    async def talk() -> list[list[str]]:
        found = []
        conversation = Conversation(stocked, threads)
        for number, words in enumerate(("你好", rows, "改成30")):
            threads.given.clear()
            await conversation.hear(text(words, f"long{number}"))
            found.append([name for name in threads.given if name not in ("current", "_write")])
        return found

    with Watched() as threads:
        short, long, short_about_much = asyncio.run(talk())
    assert short == []
    assert "_heard" in long
    assert {"_heard", "step"} <= set(short_about_much), "a hundred rows are changed"
