"""Limits on requests. The one by address is off unless configured: WeChat pushes all messages from a few addresses."""

import logging
from typing import cast

import redis
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

WINDOW_S = 60
_FREE = frozenset({"/healthz", "/readyz", "/metrics"})


def count(client: "redis.Redis", what: str, by: int = 1) -> int:
    """Count `what` once more and say how often that was in this minute, all processes together. 0 without Redis."""
    key = f"rate:{what}"
    try:
        with client.pipeline(transaction=False) as pipe:
            pipe.incrby(key, by)
            pipe.ttl(key)
            counted, left_s = cast(list[int], pipe.execute())
        if left_s < 0:  # the first of its minute, or one whose expiry was lost with its process
            client.expire(key, WINDOW_S)
    except redis.RedisError as error:
        log.warning("requests are not counted: %s", type(error).__name__)
        return 0
    return counted


class RateLimit:
    """Answers 429 to an address that asks more than `per_minute` times in a minute, all processes counted together.

    Fails open: while Redis is away nothing is limited.
    """

    def __init__(self, app: ASGIApp, *, client: "redis.Redis", per_minute: int) -> None:
        self._app = app
        self._redis = client
        self._per_minute = per_minute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _FREE and scope.get("client"):
            asked = await run_in_threadpool(count, self._redis, f"address:{scope['client'][0]}")
            if asked > self._per_minute:
                refusal = PlainTextResponse("请求过于频繁，请稍后再试", 429, {"Retry-After": str(WINDOW_S)})
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)
