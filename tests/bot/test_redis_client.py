"""Redis by any of its URLs."""

import pytest
import redis
from redis.sentinel import SentinelConnectionPool

from bot.redis_client import RedisUrlError, open_redis


def test_the_embedded_servers_url_works(redis_url: str) -> None:
    with open_redis(redis_url) as client:
        client.set("k", "v")
        assert client.get("k") == b"v"


def test_sentinels_are_told_from_the_service_they_watch() -> None:
    client = open_redis("redis+sentinel://shop:p%40ss@one:26379,two/mymaster/3")
    pool = client.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "mymaster"
    assert [s.connection_pool.connection_kwargs["host"] for s in pool.sentinel_manager.sentinels] == ["one", "two"]
    assert {k: pool.connection_kwargs[k] for k in ("db", "username", "password")} == {
        "db": 3,
        "username": "shop",
        "password": "p@ss",
    }


def test_a_cluster_is_asked_at_the_nodes_given() -> None:
    with pytest.raises(redis.ConnectionError, match="no node of the cluster answers"):
        open_redis("redis+cluster://127.0.0.1:1,127.0.0.1:2")


@pytest.mark.parametrize(
    "url", ["", "cache:6379", "http://cache", "redis://cache:port", "redis+sentinel://one", "redis+sentinel://:x/s"]
)
def test_anything_else_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(RedisUrlError, match="not a Redis URL"):
        open_redis(url)


def test_a_server_that_is_away_is_noticed_soon() -> None:
    with pytest.raises(redis.ConnectionError):
        open_redis("unix:///nonexistent/redis.sock").ping()
