"""One connection to Redis in the event loop, shared by all turns: what they ask goes out together, and nobody who
waits for an answer holds up another."""

import asyncio
from collections import deque
from collections.abc import Awaitable
from typing import Any, cast

import hiredis
import redis

from bot.redis_client import CONNECT_TIMEOUT_S, REPLY_TIMEOUT_S

Command = tuple[str | bytes | int, ...]


class RedisLane:
    """Redis by one connection that reopens itself. A call is one round trip, answered or failed within the timeouts.

    Failures are redis-py's own: ConnectionError, TimeoutError, ResponseError.
    """

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self._at: dict[str, Any] = pool.connection_kwargs
        self._unix = pool.connection_class is redis.UnixDomainSocketConnection
        self._wire: _Wire | None = None
        self._opening: asyncio.Task[_Wire] | None = None

    @classmethod
    def to(cls, client: redis.Redis) -> "RedisLane | None":
        """The lane to this client's server; None where only redis-py knows the way: TLS, Sentinel, a cluster."""
        pool = client.connection_pool if type(client) is redis.Redis else None
        if type(pool) is not redis.ConnectionPool:
            return None
        plain = pool.connection_class in (redis.Connection, redis.UnixDomainSocketConnection)
        return cls(pool) if plain and not pool.connection_kwargs.get("credential_provider") else None

    async def call(self, *command: str | bytes | int) -> Any:
        """Send one command and give its answer. A connection that died meanwhile is replaced, once."""
        wire = self._wire
        if wire is None or not wire.usable():
            return await (await self._open()).ask(command)
        try:
            return await wire.ask(command)
        except redis.ConnectionError:
            return await (await self._open()).ask(command)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._wire is not None:
            self._wire.close()

    def _open(self) -> "Awaitable[_Wire]":
        """One attempt to connect, shared by all who wait for it: one after the other they would wait too long."""
        loop = asyncio.get_running_loop()
        if self._opening is None or self._opening.done() or self._opening.get_loop() is not loop:
            self._opening = loop.create_task(self._connect(loop))
        return asyncio.shield(self._opening)

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> "_Wire":
        try:
            self._wire = await asyncio.wait_for(self._connected(loop), CONNECT_TIMEOUT_S)
        except (OSError, TimeoutError) as error:
            raise redis.ConnectionError(f"no connection: {type(error).__name__}") from error
        return self._wire

    async def _connected(self, loop: asyncio.AbstractEventLoop) -> "_Wire":
        at = self._at
        if self._unix:
            _, wire = await loop.create_unix_connection(lambda: _Wire(loop), at["path"])
        else:
            _, wire = await loop.create_connection(
                lambda: _Wire(loop), at.get("host", "localhost"), at.get("port", 6379)
            )
        greetings: list[Command] = []
        if at.get("password"):
            greetings.append(("AUTH", *filter(None, (at.get("username"), at["password"]))))
        if at.get("db"):
            greetings.append(("SELECT", at["db"]))
        try:
            for greeting in greetings:
                await wire.ask(greeting)
        except BaseException:
            wire.close()
            raise
        return wire


class _Wire(asyncio.Protocol):
    """The connection itself: answers come in the order of the questions."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self._asked: deque[tuple[float, asyncio.Future[Any]]] = deque()
        """When an answer is overdue (loop time), and who waits for it."""
        self._watched = False

    def usable(self) -> bool:
        return self._transport is not None and asyncio.get_running_loop() is self._loop

    def ask(self, command: Command) -> "asyncio.Future[Any]":
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self._transport is None:
            answer.set_exception(redis.ConnectionError("closed"))
            return answer
        self._asked.append((self._loop.time() + REPLY_TIMEOUT_S, answer))
        self._transport.write(hiredis.pack_command(command))  # type: ignore[arg-type] # the stub allows one word
        if not self._watched:
            self._watched = True
            self._loop.call_later(REPLY_TIMEOUT_S, self._watch)
        return answer

    def close(self) -> None:
        self._fail(redis.ConnectionError("closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (answer := self._reader.gets()) is not False:
                _, waiting = self._asked.popleft()
                if waiting.done():  # whoever asked was cancelled
                    continue
                if isinstance(answer, hiredis.ReplyError):
                    waiting.set_exception(redis.ResponseError(str(answer)))
                else:
                    waiting.set_result(answer)
        except (hiredis.ProtocolError, IndexError):
            self._fail(redis.ConnectionError("not the answer of a Redis"))

    def connection_lost(self, _exc: Exception | None) -> None:
        self._fail(redis.ConnectionError("lost"))

    def _watch(self) -> None:
        """One timer for all that wait, instead of one each. Behind one that hangs all do."""
        if not self._asked:
            self._watched = False
            return
        left_s = self._asked[0][0] - self._loop.time()
        if left_s > 0:
            self._loop.call_later(left_s, self._watch)
            return
        self._fail(redis.TimeoutError("no answer"))

    def _fail(self, error: redis.RedisError) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        while self._asked:
            _, waiting = self._asked.popleft()
            if not waiting.done():
                waiting.set_exception(error)
