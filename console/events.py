"""What changes while operators look: one question a second for each process, told to every open page over SSE."""

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from console import accounts
from console.desk import Parts, Pulse
from console.gate import SESSION_COOKIE
from console.roles import Right, may

log = logging.getLogger(__name__)

LISTENERS_MAX = 60
"""Open pages of one process; each costs a connection and nothing else."""
LISTENERS_OF_ONE_MAX = 8
EVERY_S = 1.0
HEARTBEAT_S = 15.0
STREAM_S = 600.0
"""After so long the browser has to come again."""
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_MORE = text("""
    SELECT coalesce((SELECT max(id) FROM order_event), 0) AS orders,
           coalesce((SELECT max(id) FROM case_event), 0) AS cases,
           (SELECT coalesce(sum(done + 1), 0) + count(ended_at) + count(*) FILTER (WHERE state = 'running')
            FROM console_run) AS runs
""")
_Queue = asyncio.Queue[str | None]


class Live:
    """GET /console/events. Nobody asks the database while nobody listens."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._listeners: dict[_Queue, int] = {}
        self._watch: asyncio.Task[None] | None = None
        self._last: str | None = None
        self._closed = False

    async def events(self, request: Request) -> Response:
        """The stream of one page: which parts of the console have changed, and how many talks wait."""
        token = request.cookies.get(SESSION_COOKIE, "")
        operator = await run_in_threadpool(self._who, token)
        if operator is None or not may(operator.role, Right.SEE):
            return PlainTextResponse("请重新登录", status_code=401)
        of_his = [queue for queue, one in self._listeners.items() if one == operator.id]
        if len(of_his) >= LISTENERS_OF_ONE_MAX:  # likely of a page he has left: that shows at the next heartbeat
            self._end(of_his[0])
        if self._closed or len(self._listeners) >= LISTENERS_MAX:
            return PlainTextResponse("打开的页面太多", status_code=503, headers={"Retry-After": "30"})
        return StreamingResponse(self.listen(operator.id, token), media_type="text/event-stream", headers=_HEADERS)

    def _who(self, token: str) -> accounts.Operator | None:
        """Whose session it is. An open page is no sign of life: somebody may have left it."""
        return accounts.who(self._parts.engine, token, self._parts.life, self._parts.clock.now(), seen=False)

    async def listen(self, operator_id: int, token: str) -> AsyncIterator[str]:
        """The lines of one stream. It ends with its session, and after ten minutes in any case."""
        queue: _Queue = asyncio.Queue(1)
        self._listeners[queue] = operator_id
        if self._last is not None:
            queue.put_nowait(self._last)
        if self._watch is None:
            self._watch = asyncio.create_task(self._look())
        ends = asyncio.get_running_loop().time() + STREAM_S
        try:
            yield "retry: 2000\n\n"
            while not self._closed and asyncio.get_running_loop().time() < ends:
                try:
                    line = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    if await run_in_threadpool(self._who, token) is None:
                        return
                    yield ": still here\n\n"
                    continue
                if line is None:
                    return
                yield f"data: {line}\n\n"
        finally:
            self._listeners.pop(queue, None)

    async def _look(self) -> None:
        try:
            while self._listeners and not self._closed:
                with contextlib.suppress(SQLAlchemyError):  # the pages say it themselves when the database is away
                    now = await run_in_threadpool(self._state)
                    if now != self._last:
                        self._last = now
                        self._tell(now)
                await asyncio.sleep(EVERY_S)
        finally:
            self._watch, self._last = None, None

    def _tell(self, line: str | None) -> None:
        for queue in self._listeners:
            _put(queue, line)

    def _end(self, queue: _Queue) -> None:
        del self._listeners[queue]
        _put(queue, None)

    def _state(self) -> str:
        talks = self._parts.desk.pulse()
        with self._parts.engine.connect() as conn:
            more = conn.execute(_MORE).one()
        return json.dumps({**summary(talks, more.orders, more.cases), "runs": int(more.runs)})

    def close(self) -> None:
        """End every stream, so that the process can stop."""
        self._closed = True
        self._tell(None)


def _put(queue: _Queue, line: str | None) -> None:
    if queue.full():  # a slow page needs the newest alone
        queue.get_nowait()
    queue.put_nowait(line)


def summary(talks: tuple[Pulse, ...], orders: int, cases: int) -> dict[str, Any]:
    """What a page is told: a version of each part, how many talks wait, and when one last began to. Pure."""
    version = hashlib.sha256("\n".join(f"{one.id} {one.version}" for one in talks).encode()).hexdigest()[:16]
    waiting = [one for one in talks if one.waits]
    newest = max((one.heard_at.isoformat() for one in waiting), default="")
    return {"talks": version, "orders": orders, "cases": cases, "waiting": len(waiting), "newest": newest}
