"""The floor in the event loop, over one connection to a real Redis: the same promises as in threads, and it waits for
nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from bot.floor import Floor
from bot.redis_client import open_redis
from bot.redis_lane import RedisLane
from dialogs.store import Answered, Busy, DialogStore, Opened, TalkUnavailableError
from kernel.clock import MovableClock
from kernel.ids import OpenId

BUYER = OpenId("oBuyer_1")
CLOCK = MovableClock(datetime(2026, 11, 20, 10, 0, tzinfo=UTC))


class ByItsOwnClient(redis.Redis):
    """Stands for the clients that alone know the way: of a cluster, of Sentinel."""


async def _thread(work: Callable[..., Any], *args: Any) -> Any:
    return await asyncio.to_thread(work, *args)


def floor_of(client: redis.Redis) -> Floor:
    return Floor(client, DialogStore(client, CLOCK), CLOCK, _thread)


@pytest.fixture(params=["lane", "threads"])
def client(request: pytest.FixtureRequest, redis_url: str) -> redis.Redis:
    """A client with a lane to its server, and one whose calls have to be made in threads."""
    found = open_redis(redis_url)
    if request.param == "threads":
        found = ByItsOwnClient(connection_pool=found.connection_pool)
    assert (RedisLane.to(found) is None) == (request.param == "threads")
    return found


def run(client: redis.Redis, talk: Callable[[Floor], Awaitable[None]]) -> None:
    async def started() -> None:
        await talk(floor_of(client))

    asyncio.run(started())


async def opened(floor: Floor, key: str, wait_s: float = 0.0) -> Opened:
    begun = await floor.begin(BUYER, key, wait_s)
    assert isinstance(begun, Opened)
    return begun


async def committed(floor: Floor, turn: Opened, dialog: str, reply: bytes = b"ok") -> bool:
    return await floor.commit(turn, dialog=dialog, reply=reply, said="", answered="")


def test_a_talk_is_there_for_the_next_message_and_a_message_pushed_twice_gets_its_answer(client: redis.Redis) -> None:
    async def talk(floor: Floor) -> None:
        first = await opened(floor, "1")
        assert (first.dialog, first.version) == (None, 0)
        assert await committed(floor, first, '{"话": 1}', "好".encode())
        second = await opened(floor, "2")
        assert (second.dialog, second.version) == ('{"话": 1}', 1)
        assert await floor.begin(BUYER, "1", 0) == Answered("好")

    run(client, talk)


def test_twenty_messages_at_once_are_taken_one_after_the_other(client: redis.Redis) -> None:
    async def talk(floor: Floor) -> None:
        async def message(number: int) -> None:
            turn = await opened(floor, f"m{number}", wait_s=10)
            await asyncio.sleep(0)
            assert await committed(floor, turn, str(int(turn.dialog or 0) + 1))

        await asyncio.gather(*(message(number) for number in range(20)))
        assert (await opened(floor, "last")).dialog == "20"

    run(client, talk)


def test_who_waits_for_the_floor_lets_others_speak_and_gives_up_in_time(client: redis.Redis) -> None:
    async def talk(floor: Floor) -> None:
        turn = await opened(floor, "1")
        assert await floor.begin(BUYER, "2", 0.05) == Busy()
        waits = asyncio.create_task(floor.begin(BUYER, "2", 5))
        assert isinstance(await floor.begin(OpenId("oOther"), "3", 0), Opened)
        assert not waits.done()
        await floor.release(turn)
        assert isinstance(await waits, Opened)

    run(client, talk)


def test_a_redis_that_lost_its_scripts_is_served_on(client: redis.Redis) -> None:
    async def talk(floor: Floor) -> None:
        turn = await opened(floor, "1")
        client.script_flush()
        assert await committed(floor, turn, "{}")

    run(client, talk)


def test_a_connection_that_redis_closed_is_replaced(client: redis.Redis) -> None:
    async def talk(floor: Floor) -> None:
        await floor.release(await opened(floor, "1"))
        ours = str(client.connection_pool.connection_kwargs["db"])
        for one in client.client_list():
            if one["db"] == ours:
                client.client_kill_filter(_id=one["id"], skipme=True)
        await opened(floor, "2")

    run(client, talk)


def test_the_floor_given_twice_to_the_same_speaker_is_one_floor(redis_url: str) -> None:
    """A question whose answer was lost with its connection is asked again."""
    from dialogs.store import ask_to_begin

    store = DialogStore(open_redis(redis_url), CLOCK)
    ask = ask_to_begin(BUYER, "1", "lease")
    assert store.run(ask) == store.run(ask)
    assert store.run(ask_to_begin(BUYER, "1", "another")) == Busy()


def test_an_outage_of_redis_has_a_name() -> None:
    async def talk(floor: Floor) -> None:
        with pytest.raises(TalkUnavailableError):
            await floor.begin(BUYER, "1", 0)

    run(open_redis("redis://127.0.0.1:1/0"), talk)
    run(open_redis("unix:///nonexistent/redis.sock"), talk)


def test_a_lane_serves_one_event_loop_after_the_other(redis_url: str) -> None:
    lane = RedisLane.to(open_redis(redis_url))
    assert lane is not None
    for _ in range(2):
        assert asyncio.run(_answer(lane, "PING")) == b"PONG"


def test_each_call_gets_its_own_answer_even_when_one_who_asked_is_gone(redis_url: str) -> None:
    async def talk() -> None:
        lane = RedisLane.to(open_redis(redis_url))
        assert lane is not None
        await lane.call("PING")
        gone = asyncio.ensure_future(lane.call("ECHO", "gone"))
        await asyncio.sleep(0)
        gone.cancel()
        answers = await asyncio.gather(*(lane.call("ECHO", str(n)) for n in range(50)))
        assert answers == [str(n).encode() for n in range(50)]
        with pytest.raises(redis.ResponseError, match="wrong number"):
            await lane.call("GET")

    asyncio.run(talk())


async def _answer(lane: RedisLane, *command: str) -> Any:
    return await lane.call(*command)


def test_only_redis_py_knows_the_way_to_sentinels_and_through_tls() -> None:
    assert RedisLane.to(open_redis("redis+sentinel://one:26379/mymaster")) is None
    assert RedisLane.to(open_redis("rediss://cache:6379")) is None
    assert RedisLane.to(open_redis("redis://user:secret@cache:6379/3")) is not None
