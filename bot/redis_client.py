"""Opens Redis from its URL: one server, TLS, a unix socket, Sentinel or a cluster, all with timeouts."""

from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

CONNECT_TIMEOUT_S = 1.0
REPLY_TIMEOUT_S = 2.0


class RedisUrlError(ValueError):
    """The URL is not one of the kinds known."""


def open_redis(url: str) -> redis.Redis:
    """Make a client (bytes in, bytes out). Connects on first use, a cluster at once; raises RedisUrlError.

    ``redis://`` ``rediss://`` ``unix://`` as redis-py has them; ``redis+sentinel://[user:password@]h1:26379,h2/SERVICE/DB``;
    ``redis+cluster://[user:password@]h1:6379,h2``; ``?ssl=true`` for TLS with the last two.
    """
    scheme = url.partition("://")[0]
    # One quick second try: a connection that died while it lay in the pool is not an outage.
    common: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_timeout": REPLY_TIMEOUT_S,
        "retry": Retry(ExponentialBackoff(cap=0.1, base=0.02), 1),
    }
    if scheme in ("redis", "rediss", "unix"):
        try:
            return redis.Redis.from_url(url, health_check_interval=30, **common)
        except ValueError as error:
            raise RedisUrlError(f"not a Redis URL: {error}") from None
    if scheme not in ("redis+sentinel", "redis+cluster"):
        raise RedisUrlError(
            "not a Redis URL: it must begin with redis:// rediss:// unix:// redis+sentinel:// redis+cluster://"
        )
    where = urlsplit(url)
    hosts = _hosts(where.netloc.rpartition("@")[2], 26379 if scheme == "redis+sentinel" else 6379)
    login: dict[str, Any] = {
        "username": where.username and unquote(where.username),
        "password": where.password and unquote(where.password),
    }
    login = {name: value for name, value in login.items() if value}
    tls = dict(parse_qsl(where.query)).get("ssl") == "true"
    if scheme == "redis+cluster":
        nodes = [ClusterNode(host, port) for host, port in hosts]  # type: ignore[no-untyped-call]
        try:
            # The cluster client carries the same commands; only its class is another one. It connects at once.
            return cast(redis.Redis, RedisCluster(startup_nodes=nodes, ssl=tls, **login, **common))
        except redis.exceptions.RedisClusterException as error:
            raise redis.ConnectionError(f"no node of the cluster answers: {error}") from error
    service, _, database = where.path.strip("/").partition("/")
    if not service or not (database or "0").isdecimal():
        raise RedisUrlError("not a Redis URL: redis+sentinel:// needs /SERVICE or /SERVICE/DATABASE")
    limits = {"socket_connect_timeout": CONNECT_TIMEOUT_S, "socket_timeout": REPLY_TIMEOUT_S}
    sentinel = Sentinel(hosts, **limits)  # type: ignore[no-untyped-call]
    master = sentinel.master_for(service, db=int(database or "0"), ssl=tls, **login, **common)  # type: ignore[no-untyped-call]
    return cast(redis.Redis, master)


def _hosts(netloc: str, default_port: int) -> list[tuple[str, int]]:
    hosts = []
    for part in netloc.split(","):
        host, _, port = part.rpartition(":") if ":" in part and not part.endswith("]") else (part, "", "")
        if not host or (port and not port.isdecimal()):
            raise RedisUrlError("not a Redis URL: hosts are written host:port, separated by commas")
        hosts.append((host.strip("[]"), int(port) if port else default_port))
    return hosts
