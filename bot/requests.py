"""Reading a request's body with a limit of bytes and of time, and running what handles it in a thread."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive

BODY_WITHIN_S = 20.0
BODY_BYTES_PER_S = 8 * 1024
"""Slower than this nobody sends who means to arrive: a telephone on a bad day is ten times as fast."""

Handler = Callable[[Request, bytes], Response]


def _too_large() -> Response:
    return PlainTextResponse("too large", status_code=413)


class TooSlowError(Exception):
    """The body of a request does not come: answer 408 and hang up."""


def in_time(receive: Receive) -> Receive:
    """Read with `receive`, for 20 s and a second more for every 8 KiB that came; then raises TooSlowError.

    Without it whoever announces a body and never sends it keeps a connection, and what waits for it, for ever.
    """
    loop = asyncio.get_running_loop()
    began, came, whole = loop.time(), 0, False

    async def hurried() -> Message:
        nonlocal came, whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout_at(began + BODY_WITHIN_S + came / BODY_BYTES_PER_S):
                message = await receive()
        except TimeoutError:
            raise TooSlowError from None
        came += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        return message

    return hurried


def with_body(
    handler: Handler, limit: int, too_large: Callable[[], Response] = _too_large
) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint that reads up to `limit` bytes and hands them to a blocking handler in a thread."""

    async def endpoint(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                return too_large()
        return await run_in_threadpool(handler, request, body)

    return endpoint
