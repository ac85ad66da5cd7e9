"""The limit by address."""

import redis
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.rate_limit import RateLimit


def client(redis_url: str, per_minute: int = 3) -> TestClient:
    app = Starlette(routes=[Route(path, lambda _: PlainTextResponse("ok")) for path in ("/pay/x", "/healthz")])
    return TestClient(RateLimit(app, client=redis.Redis.from_url(redis_url), per_minute=per_minute))


def test_one_request_too_many_in_a_minute_is_answered_429_and_says_when_to_come_back(redis_url: str) -> None:
    asked = [client(redis_url).get("/pay/x") for _ in range(4)]
    assert [answer.status_code for answer in asked] == [200, 200, 200, 429]
    assert asked[-1].headers["retry-after"] == "60"


def test_health_is_never_limited(redis_url: str) -> None:
    assert {client(redis_url, 1).get("/healthz").status_code for _ in range(4)} == {200}


def test_without_redis_nothing_is_limited() -> None:
    assert {client("redis://127.0.0.1:1/0", 1).get("/pay/x").status_code for _ in range(3)} == {200}


def test_the_count_ends_with_its_minute(redis_url: str) -> None:
    limited = client(redis_url, 1)
    limited.get("/pay/x")
    with redis.Redis.from_url(redis_url) as store:
        [key] = store.keys("rate:*")
        assert 0 < store.ttl(key) <= 60
