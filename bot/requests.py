"""Reading a request's body with a limit, and running what handles it in a thread."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Handler = Callable[[Request, bytes], Response]


def _too_large() -> Response:
    return PlainTextResponse("too large", status_code=413)


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
