"""The ground every other test stands on."""

import pytest
import redis
from sqlalchemy import Engine, text


@pytest.mark.parametrize("turn", range(6))
def test_every_test_gets_a_database_of_its_own(engine: Engine, redis_url: str, turn: int) -> None:
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE only_here (turn int)"))
        assert conn.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
    with redis.Redis.from_url(redis_url) as client:
        assert client.set("turn", turn, nx=True)
