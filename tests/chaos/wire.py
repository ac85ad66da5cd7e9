"""A stretch of network between two processes that can be cut, slowed, or made to lose what comes back."""

import asyncio
import contextlib
import threading
from enum import StrEnum
from typing import Self

_CHUNK = 64 * 1024


class Weather(StrEnum):
    """What the network does to whoever uses it."""

    FAIR = "fair"
    CUT = "cut"
    """Nobody gets through, and who was through is cut off."""
    SLOW = "slow"
    SWALLOWS = "swallows"
    """Requests arrive; their answers never do. The hardest: nobody can tell it from a request that never arrived."""


class Wire:
    """Passes TCP connections on from a port of its own to `port`."""

    def __init__(self, name: str, port: int) -> None:
        self.name, self.weather, self.delay_s, self.passed = name, Weather.FAIR, 1.0, 0
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def turn(self, weather: Weather, delay_s: float = 1.0) -> None:
        self.delay_s, self.weather = delay_s, weather
        if weather is Weather.CUT:
            self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._pass, "127.0.0.1", 0, backlog=512))
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather is Weather.CUT:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self.passed += 1
        both = {writer, far_writer}
        self._open |= both
        there, back = self._carry(reader, far_writer, back=False), self._carry(far_reader, writer, back=True)
        await asyncio.gather(there, back, return_exceptions=True)
        self._open -= both

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.weather is Weather.SLOW:
                    await asyncio.sleep(self.delay_s)
                if self.weather is Weather.SWALLOWS and back:
                    # A while of silence, then the connection is gone: as a router does that forgets it.
                    await asyncio.sleep(self.delay_s)
                    writer.transport.abort()
                    break
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.close()
