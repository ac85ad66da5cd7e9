"""The ground every other test stands on."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import redis
from sqlalchemy import Engine, create_engine, text

ADD = "INSERT INTO operator (name, password, role, made_at) VALUES ('anna', 'x', 'owner', now()) RETURNING id"
AS_NEW = "SELECT relpages, reltuples, pg_relation_size(oid) FROM pg_class WHERE relname = 'operator'"


@pytest.mark.parametrize("turn", range(6))
def test_every_test_gets_a_database_of_its_own(engine: Engine, redis_url: str, turn: int) -> None:
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE only_here (turn int)"))
        assert conn.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
    with redis.Redis.from_url(redis_url) as client:
        assert client.set("turn", turn, nx=True)


def test_a_database_used_again_is_as_a_new_one(new_database: Callable[[], AbstractContextManager[str]]) -> None:
    found = []
    for _ in range(3):
        with new_database() as url:
            engine = create_engine(url)
            with engine.begin() as conn:
                found.append((tuple(conn.execute(text(AS_NEW)).one()), conn.scalar(text(ADD))))
                assert conn.scalar(text("SELECT count(*) FROM operator")) == 1
                conn.execute(text("UPDATE operator SET password = repeat('long', 10000)"))
            engine.dispose()
    assert found == [((0, -1, 0), 1)] * 3
