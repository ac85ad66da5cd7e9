"""The floor for turns in the event loop: what `dialogs.store` asks of Redis, without holding up anybody else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import redis

from bot.redis_lane import RedisLane
from dialogs.store import (
    POLL_S,
    Answered,
    Ask,
    Busy,
    DialogStore,
    Opened,
    TalkUnavailableError,
    ask_to_begin,
    ask_to_commit,
    ask_to_release,
    new_lease,
)
from kernel.clock import Clock
from kernel.ids import OpenId

T = TypeVar("T")


class Floor:
    """Who speaks for a buyer. One instance an event loop."""

    def __init__(
        self,
        client: redis.Redis,
        store: DialogStore,
        clock: Clock,
        in_thread: Callable[..., Awaitable[Any]],
    ) -> None:
        self._lane = RedisLane.to(client)
        self._store = store
        self._clock = clock
        self._in_thread = in_thread

    async def begin(self, openid: OpenId, message_key: str, wait_s: float) -> Answered | Busy | Opened:
        """Take the floor for one message, waiting up to `wait_s` while someone else has it. A message that has been
        answered brings its stored reply. Raises TalkUnavailableError."""
        ask = ask_to_begin(openid, message_key, new_lease())
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + wait_s
        while True:
            begun = await self._run(ask)
            if not isinstance(begun, Busy) or loop.time() >= give_up_at:
                return begun
            await asyncio.sleep(POLL_S)

    async def commit(
        self, opened: Opened, *, dialog: str, reply: bytes, said: str, answered: str, understood: str = ""
    ) -> bool:
        """Save the talk and its reply and give up the floor; see `ask_to_commit`. Raises TalkUnavailableError."""
        now = self._clock.now()
        return await self._run(
            ask_to_commit(opened, now, dialog=dialog, reply=reply, said=said, answered=answered, understood=understood)
        )

    async def release(self, opened: Opened) -> None:
        """Give up the floor without saving. Raises TalkUnavailableError."""
        await self._run(ask_to_release(opened))

    def close(self) -> None:
        """Close the connection, before the event loop ends."""
        if self._lane is not None:
            self._lane.close()

    async def _run(self, ask: Ask[T]) -> T:
        lane = self._lane
        if lane is None:
            found: T = await self._in_thread(self._store.run, ask)
            return found
        try:
            return ask.read(await lane.call(*ask.command))
        except redis.ResponseError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise TalkUnavailableError(type(error).__name__) from error
        except redis.RedisError as error:
            raise TalkUnavailableError(type(error).__name__) from error
        return await self._load(lane, ask)

    async def _load(self, lane: RedisLane, ask: Ask[T]) -> T:
        """Run a script that this Redis has not seen yet, or lost by a restart."""
        try:
            return ask.read(await lane.call("EVAL", ask.script.lua, *ask.command[2:]))
        except redis.RedisError as error:
            raise TalkUnavailableError(type(error).__name__) from error
