"""What happens, told live: every message, push, payment and fault to whoever listens on the event stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

_QUEUE = 500
_LISTENERS = 64
_HEARTBEAT_SECONDS = 15.0


class TooManyListenersError(Exception):
    """Every place at the stream is taken."""


class Stream:
    """Fans events out to listeners; one that does not keep up is let go and may come again."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._closed = False

    def publish(self, kind: str, openid: str | None, **content: Any) -> None:
        """Tell everybody: {"type": kind, "openid": …, …content}."""
        line = json.dumps({"type": kind, "openid": openid, **content}, ensure_ascii=False)
        for queue in list(self._listeners):
            try:
                queue.put_nowait(line)
            except asyncio.QueueFull:
                self._listeners.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    def listen(self) -> AsyncIterator[str]:
        """Server-sent events from now on. Raises TooManyListenersError."""
        if len(self._listeners) >= _LISTENERS:
            raise TooManyListenersError
        queue: asyncio.Queue[str | None] = asyncio.Queue(_QUEUE)
        self._listeners.add(queue)
        return self._lines(queue)

    async def _lines(self, queue: "asyncio.Queue[str | None]") -> AsyncIterator[str]:
        try:
            yield "retry: 1000\n: hello\n\n"
            while not self._closed:
                try:
                    line = await asyncio.wait_for(queue.get(), _HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if line is None:
                    return
                yield f"data: {line}\n\n"
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        for queue in list(self._listeners):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
