"""The bot behind the sandbox's own port: calls passed on unchanged, so that a demo needs one address."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sandbox import bodies
from sandbox.settings import SandboxSettings

REQUEST_LIMIT_BYTES = 32 << 20
ANSWER_LIMIT_BYTES = 32 << 20
_HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade",
}  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def new_client() -> httpx.AsyncClient:
    """A client that keeps no cookies: many people's calls go through it."""
    nobody = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    return httpx.AsyncClient(cookies=nobody, timeout=httpx.Timeout(30.0, connect=5.0), limits=limits, trust_env=False)


class Doorway:
    """Passes calls on to the bot and its answers back."""

    def __init__(self, settings: SandboxSettings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client

    async def pass_on(self, request: Request) -> Response:
        """The same call to the bot, the client's address added. Server-sent events come through as they are sent."""
        body = await bodies.read(request, REQUEST_LIMIT_BYTES)
        call = self._client.build_request(
            request.method, self.address(request, raw_path(request)), headers=forwarded_headers(request), content=body
        )
        with _answering():
            answer = await self._client.send(call, stream=True)
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                return StreamingResponse(_events(answer), answer.status_code, headers=_of_events(answer))
            return plain_response(await _whole(answer))

    def address(self, request: Request, path: bytes) -> httpx.URL:
        """The bot's address of a path as it came, escapes and query untouched."""
        query: bytes = request.scope["query_string"]
        return httpx.URL(self._settings.bot_url).copy_with(raw_path=path + (b"?" + query if query else b""))

    async def send(self, call: httpx.Request) -> httpx.Response:
        """Send, read within limits, follow nothing. HTTP 502 or 504 when the bot does not answer."""
        with _answering():
            return await _whole(await self._client.send(call, stream=True))


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException:
        raise HTTPException(504, "the bot did not answer in time") from None
    except httpx.HTTPError:
        raise HTTPException(502, "the bot cannot be reached") from None


async def _whole(answer: httpx.Response) -> httpx.Response:
    try:
        read = bytearray()
        async for chunk in answer.aiter_bytes():
            read += chunk
            if len(read) > ANSWER_LIMIT_BYTES:
                raise HTTPException(502, "answer too long")
    finally:
        await answer.aclose()
    unpacked = {"content-encoding", "content-length", "transfer-encoding"}
    headers = [pair for pair in answer.headers.raw if pair[0].decode("latin-1").lower() not in unpacked]
    return httpx.Response(answer.status_code, headers=headers, content=bytes(read), request=answer.request)


async def _events(answer: httpx.Response) -> AsyncIterator[bytes]:
    """What the bot sends, when it sends it; when it falls silent or goes away the browser asks again by itself."""
    try:
        with contextlib.suppress(httpx.HTTPError):
            async for chunk in answer.aiter_raw():
                yield chunk
    finally:
        await answer.aclose()


def _of_events(answer: httpx.Response) -> dict[str, str]:
    kept = ("content-type", "cache-control", "x-content-type-options")
    return {name: answer.headers[name] for name in kept if name in answer.headers}


def forwarded_headers(request: Request) -> list[tuple[str, str]]:
    """The caller's headers without those of this connection, and with who is calling."""
    skip = _HOP_BY_HOP | {"content-length", "x-forwarded-for", "x-sandbox-openid", "accept-encoding"}
    headers = [(name, value) for name, value in request.headers.items() if name not in skip]
    before = request.headers.get("x-forwarded-for")
    caller = request.client.host if request.client else "127.0.0.1"
    return [
        *headers,
        ("accept-encoding", "identity"),
        ("x-forwarded-for", f"{before}, {caller}" if before else caller),
        ("x-forwarded-proto", request.url.scheme),
        ("x-forwarded-host", request.headers.get("host", "")),
    ]


def plain_response(answer: httpx.Response, skip: frozenset[str] = frozenset()) -> Response:
    """The bot's answer with its headers, repeated ones too."""
    response = Response(answer.content, answer.status_code)
    gone = _HOP_BY_HOP | {"content-length", "content-encoding", "date", "server"} | skip
    response.raw_headers = [pair for pair in response.raw_headers if pair[0] == b"content-length"]
    response.raw_headers += [
        (name.lower(), value) for name, value in answer.headers.raw if name.decode("latin-1").lower() not in gone
    ]
    return response


def raw_path(request: Request) -> bytes:
    """The path as it came, escapes kept."""
    path: bytes = request.scope["raw_path"]
    return path.partition(b"?")[0]
