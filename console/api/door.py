"""The door of the REST interface: key, limits and body are looked at before any of it is loaded or run."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.api import access
from console.api.access import ApiKey
from console.api.parts import ApiParts
from console.api.problems import Problem, away
from console.gate import address_of

log = logging.getLogger(__name__)

BODY_BYTES_MAX = 64 * 1024
CATALOG_BYTES_MAX = 16 * 1024 * 1024
KEYS_BYTES_MAX = 8 * 1024 * 1024
_AUTHORIZATION_CHARS_MAX = 200
_MINUTE = {"Retry-After": "60"}
_WHO = {"WWW-Authenticate": 'Bearer realm="kabot"'}


class Door:
    """Lets calls with a key through to the interface, which is built when the first one comes: its libraries cost
    memory and start-up time that a shop without other programs need not spend."""

    def __init__(self, parts: ApiParts, build: Callable[[ApiParts], ASGIApp]) -> None:
        self._parts, self._build = parts, build
        self._built: ASGIApp | None = None
        self._building = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":  # nothing else is spoken here
            return
        request = Request(scope, receive)
        try:
            key = await run_in_threadpool(self._who, request)
            body = await _body(request, _limit_of(scope["path"]))
        except SQLAlchemyError as error:
            log.warning("rest interface: database: %s", type(error).__name__)
            await away().response()(scope, receive, send)
            return
        except Problem as problem:
            await problem.response()(scope, receive, send)
            return
        scope.setdefault("state", {})
        scope["state"] = {**scope["state"], "api_key": key, "api_address": address_of(request)}
        await (await self._interface())(scope, _again(body, receive), send)

    async def _interface(self) -> ASGIApp:
        if self._built is not None:
            return self._built
        return await run_in_threadpool(self._build_once)

    def _build_once(self) -> ASGIApp:
        with self._building:  # of threads: the lock of an event loop would hold for that loop alone
            built = self._built or self._build(self._parts)
            self._built = built
            return built

    def _who(self, request: Request) -> ApiKey:
        given = request.headers.get("authorization", "")
        kind, _, token = given.partition(" ")
        found = None
        if kind.lower() == "bearer" and len(given) <= _AUTHORIZATION_CHARS_MAX:
            found = access.who(self._parts.console.engine, token.strip(), self._parts.console.clock.now())
        if found is None:
            raise self._refusal(request)
        if self._parts.shop.count(f"apikey:{found.id}") > found.per_minute:
            raise _too_many()
        return found

    def _refusal(self, request: Request) -> Problem:
        """A right key is let in from whatever address, or a stranger behind the same one could lock the owner out."""
        most = self._parts.wrong_keys_per_minute
        tried = self._parts.shop.count(f"apikey-wrong:{address_of(request)}")
        if most and tried > most:
            return _too_many()
        return Problem(
            401,
            "unauthorized",
            "A valid key is required",
            "请带上有效的密钥：Authorization: Bearer kabot_…",
            headers=_WHO,
        )


def _too_many() -> Problem:
    return Problem(429, "too-many-requests", "Too many requests", "请求过于频繁，请一分钟后再试。", headers=_MINUTE)


def _limit_of(path: str) -> int:
    if path == "/api/v1/catalog":
        return CATALOG_BYTES_MAX
    if path == "/api/v1/keys/void" or (path.startswith("/api/v1/skus/") and path.endswith("/keys")):
        return KEYS_BYTES_MAX
    return BODY_BYTES_MAX


async def _body(request: Request, limit: int) -> bytes:
    """The whole body. Raises Problem when it is larger than allowed, before it is read where it says so itself."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        parts.append(chunk)
    return b"".join(parts)


def _too_large(limit: int) -> Problem:
    return Problem(413, "too-large", "The body is too large", f"内容太大，最多 {limit // 1024} KB。")


def _again(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body that was read, and then what else comes."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
