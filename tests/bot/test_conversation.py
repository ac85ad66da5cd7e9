"""A turn when a part of the shop is away: an answer all the same, and nothing half done."""

from pathlib import Path

import pytest

from bot.bootstrap import Services, build
from bot.config import load_config
from bot.conversation import Conversation
from bot.webhook import Push
from catalog.files import read_catalog
from catalog.store import import_catalog
from kernel.ids import OpenId

ROOT = Path(__file__).parents[2]
NOWHERE = "redis://127.0.0.1:1/0"
NO_DATABASE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


def services(folder: Path, database_url: str, redis_url: str) -> Services:
    config = load_config(ROOT / "config.toml", environ={"KABOT_APP__DATA_DIR": str(folder)})
    return build(config, database_url=database_url, redis_url=redis_url)


def text(words: str, key: str = "1") -> Push:
    return Push(OpenId("oBuyer"), "gh_shop", key, "text", text=words)


def event(name: str) -> Push:
    return Push(OpenId("oBuyer"), "gh_shop", "2", "event", event=name)


@pytest.fixture
def stocked(tmp_path: Path, database_url: str, redis_url: str) -> Services:
    found = services(tmp_path, database_url, redis_url)
    with found.engine.begin() as conn:
        import_catalog(conn, read_catalog(ROOT / "data" / "catalog.demo.toml"))
    return found


def test_without_redis_a_message_is_answered_with_an_apology(tmp_path: Path, database_url: str) -> None:
    talk = Conversation(services(tmp_path, database_url, NOWHERE))
    assert "稍等" in talk.hear(text("充100话费")).text


def test_without_the_database_a_message_is_answered_with_an_apology(tmp_path: Path, redis_url: str) -> None:
    talk = Conversation(services(tmp_path, NO_DATABASE, redis_url))
    assert "稍等" in talk.hear(text("充100话费")).text
    assert "稍等" in talk.hear(text("充100话费", "3")).text, "the first failure must give the buyer's turn back"


def test_an_event_that_wants_no_answer_gets_none_in_an_outage_either(tmp_path: Path, database_url: str) -> None:
    talk = Conversation(services(tmp_path, database_url, NOWHERE))
    assert talk.hear(event("view")).text == ""
    assert talk.hear(event("click")).text != ""


def test_the_same_message_heard_again_gets_the_same_answer_without_a_second_turn(stocked: Services) -> None:
    talk = Conversation(stocked)
    first = talk.hear(text("充话费"))
    talk.hear(text("100", "2"))
    assert talk.hear(text("充话费")) == first
