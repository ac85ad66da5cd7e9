"""Voices through the jobs: done once however often they are begun, and not lost with Redis, a worker or a job."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot import transcribing, voices
from bot.background import TASKS, sweep_voices
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.jobs import Done, run_pending
from bot.speech.port import Hearing, Words
from bot.speech.sound import Sound
from bot.webhook import Push
from catalog.store import import_catalog
from dialogs.facts import BeingHeard, Unheard
from kernel.ids import OpenId
from sandbox.app import create_app as create_sandbox
from sandbox.customer_message import open_window
from sandbox.server import free_socket, running
from sandbox.voices import record
from sandbox.world import World
from tests.credentials import credentials
from tests.e2e.shop import DEMO, as_environment
from tests.shelves import demo_shelf


class MovableClock:
    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


class Hears:
    """A recogniser that always hears the same, and counts how often it was asked."""

    def __init__(self, words: str) -> None:
        self.words, self.asked = words, 0

    def recognise(self, sound: Sound) -> Hearing:
        assert sound.rate_hz == 16_000, "the better sound comes first"
        self.asked += 1
        return Words(self.words)

    def check(self) -> str:
        return ""


class Shop:
    """The bot's parts beside a WeChat that has one follower."""

    def __init__(self, services: Services, world: World, recogniser: Hears, clock: MovableClock) -> None:
        self.services, self.world, self.recogniser, self.clock = services, world, recogniser, clock
        buyer = world.add_buyer("顾客")
        buyer.subscribed = True
        open_window(buyer, "message", world.now())
        self.openid = OpenId(buyer.openid)

    def push(self, key: str = "7001") -> Push:
        """A voice that WeChat did not write down."""
        _, wide = record(self.world, "anything")
        media_id = self.world.add_media("voice", "audio/amr-wb", wide)
        return Push(self.openid, "gh_shop", key, "voice", fields={"MediaId16K": media_id, "MediaId": "gone"})

    def work(self) -> list[Done]:
        return run_pending(self.services.engine, TASKS, self.services, self.clock.now())

    def told(self) -> list[str]:
        return [line["content"] for line in self.world.memory.chats[self.openid] if line["from"] == "bot"]

    def count(self, sql: str) -> Any:
        with self.services.engine.connect() as conn:
            return conn.scalar(text(sql))


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    socket = free_socket()
    url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    app = create_sandbox(credentials().sandbox_settings(bot_url="http://127.0.0.1:1", public_url=url))
    sections = credentials().bot_sections(sandbox_url=url, key_dir=tmp_path)
    sections["app"] = {"data_dir": str(tmp_path)}
    config = load_config(DEMO.parents[1] / "config.toml", environ=as_environment(sections))
    clock, recogniser = MovableClock(), Hears("充100话费 13812345678")
    services = build(config, database_url=database_url, redis_url=redis_url, clock=clock)
    services = replace(services, recogniser=recogniser)
    with services.engine.begin() as conn:
        import_catalog(conn, demo_shelf())
    with running(app, socket):
        yield Shop(services, app.state.world, recogniser, clock)
    services.engine.dispose()


def test_a_voice_is_taken_once_and_answered_once(shop: Shop) -> None:
    push = shop.push()
    assert voices.take(shop.services, push, "") == voices.take(shop.services, push, "") == BeingHeard()
    assert [done.error for done in shop.work()] == [None]
    (told,) = shop.told()
    assert "听到：「充100话费 13812345678」" in told
    assert "¥99.50" in told
    assert shop.recogniser.asked == 1


def test_a_worker_that_died_after_the_turn_says_the_same_once_when_the_job_is_done_again(shop: Shop) -> None:
    voices.take(shop.services, shop.push(), "")
    shop.work()
    with shop.services.engine.begin() as conn:
        conn.execute(text("UPDATE voice SET done_at = NULL, answer = NULL"))
        shop.services.jobs.defer(conn, "hear_voice", voice_id=shop.count("SELECT id FROM voice"))
    assert [done.error for done in shop.work()] == [None]
    assert len(shop.told()) == 1
    assert shop.count("SELECT count(*) FROM push") == 1


def test_a_worker_that_died_before_sending_leaves_the_answer_in_the_outbox(shop: Shop) -> None:
    shop.world.faults.change({"push": "5xx"})
    voices.take(shop.services, shop.push(), "")
    shop.work()
    assert shop.told() == []
    shop.world.faults.change({"push": None})
    shop.clock.at += timedelta(seconds=5)
    shop.work()
    assert len(shop.told()) == 1


def test_while_redis_is_away_the_job_waits_and_nothing_is_said(shop: Shop) -> None:
    voices.take(shop.services, shop.push(), "")
    whole = shop.services
    shop.services = build(
        whole.config,
        database_url=str(whole.engine.url.render_as_string(hide_password=False)),
        redis_url="redis://127.0.0.1:1/0",
        clock=shop.clock,
    )
    shop.services = replace(shop.services, recogniser=shop.recogniser)
    assert [type(done.error).__name__ for done in shop.work()] == ["TalkUnavailableError"]
    shop.services.engine.dispose()
    shop.services = whole
    shop.clock.at += timedelta(seconds=5)
    assert [done.error for done in shop.work()] == [None]
    assert len(shop.told()) == 1
    assert shop.recogniser.asked == 1, "what was written down once is not paid for again"


def test_while_a_hanging_recogniser_has_its_share_of_the_worker_other_voices_wait(shop: Shop) -> None:
    voices.take(shop.services, shop.push(), "")
    for _ in range(3):
        assert transcribing.ROOM.acquire(blocking=False)
    try:
        assert [type(done.error).__name__ for done in shop.work()] == ["NoRoomError"]
    finally:
        transcribing.ROOM.release(3)
    shop.clock.at += timedelta(seconds=2)
    assert [done.error for done in shop.work()] == [None]
    assert len(shop.told()) == 1


def test_a_voice_whose_job_was_lost_is_found_by_the_sweep(shop: Shop) -> None:
    voices.take(shop.services, shop.push(), "")
    with shop.services.engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))
    sweep_voices(shop.services)
    assert shop.work() == [], "it is not overdue yet"
    shop.clock.at += timedelta(minutes=4)
    sweep_voices(shop.services)
    sweep_voices(shop.services)
    assert len(shop.work()) == 1
    assert len(shop.told()) == 1


def test_a_voice_come_to_after_ten_minutes_is_asked_for_again(shop: Shop) -> None:
    voices.take(shop.services, shop.push(), "")
    shop.clock.at += timedelta(minutes=11)
    shop.work()
    (told,) = shop.told()
    assert "打字" in told
    assert shop.recogniser.asked == 0


def test_what_was_said_is_forgotten_after_three_days(shop: Shop) -> None:
    voices.take(shop.services, shop.push(), "")
    shop.work()
    shop.clock.at += timedelta(days=2)
    sweep_voices(shop.services)
    assert shop.count("SELECT count(*) FROM voice") == 1
    shop.clock.at += timedelta(days=2)
    sweep_voices(shop.services)
    assert shop.count("SELECT count(*) FROM voice") == 0


def test_an_answer_that_could_not_be_pushed_goes_with_what_was_said(shop: Shop) -> None:
    shop.world.faults.change({"push": "45047"})
    voices.take(shop.services, shop.push(), "")
    shop.work()
    shop.clock.at += timedelta(days=4)
    sweep_voices(shop.services)
    with shop.services.engine.connect() as conn:
        assert voices.answer_to(conn, 1).text == ""


@pytest.mark.parametrize("fields", [{}, {"MediaId": ""}, {"MediaId": "x" * 300}])
def test_a_voice_without_a_usable_id_is_not_taken(shop: Shop, fields: dict[str, str]) -> None:
    assert voices.take(shop.services, replace(shop.push(), fields=fields), "") == Unheard("lost")
    assert shop.count("SELECT count(*) FROM voice") == 0


def test_without_a_recogniser_no_voice_is_taken(shop: Shop) -> None:
    deaf = replace(shop.services, recogniser=None)
    assert voices.take(deaf, shop.push(), "") == Unheard("off")


def test_more_voices_than_allowed_in_an_hour_are_not_taken_until_it_is_over(shop: Shop) -> None:
    limit = shop.services.config.speech.per_buyer_per_hour
    with shop.services.engine.begin() as conn:
        for number in range(limit):
            conn.execute(
                text(
                    "INSERT INTO voice (openid, message_key, media_ids, talk, taken_at) VALUES (:o, :k, '[]', '', :t)"
                ),
                {"o": shop.openid, "k": str(number), "t": shop.clock.now()},
            )
    assert voices.take(shop.services, shop.push(), "") == Unheard("many")
    shop.clock.at += timedelta(minutes=61)
    assert voices.take(shop.services, shop.push(), "") == BeingHeard()
