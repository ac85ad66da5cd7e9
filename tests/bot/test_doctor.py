"""What kabot doctor says of the room there is for connections."""

from sqlalchemy import Engine, text

from bot.config import StoreConfig
from bot.doctor import connections, room_for_connections
from bot.embedded import postgres

PAIR = 18 + 21
"""One web process and one worker, each at its busiest, with the default pool."""


def test_the_limit_that_counts_is_the_smallest_one(engine: Engine) -> None:
    with engine.begin() as conn:
        server = int(conn.scalar(text("SHOW max_connections")) or 0)
        name = conn.scalar(text("SELECT current_database()"))
    room = room_for_connections(engine)
    assert room is not None
    assert 0 < room < server, "some are kept back for the database's owner"
    with engine.begin() as conn:
        conn.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT 17'))
    try:
        assert room_for_connections(engine) == 17
    finally:
        with engine.begin() as conn:
            conn.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1'))


def test_too_little_room_for_one_web_and_one_worker_is_something_to_mend() -> None:
    pool_size = StoreConfig().pool_size
    short = connections(pool_size, PAIR - 1)
    assert not short.ok
    assert "pool_size" in short.words
    assert "max_connections" in short.words
    enough = connections(pool_size, 2 * PAIR)
    assert enough.ok
    assert "2 个 web 加 2 个 worker" in enough.words
    assert not connections(60, 2 * PAIR).ok, "a larger pool needs more room"


def test_the_embedded_database_has_room_for_two_of_each() -> None:
    kept_back = 3  # superuser_reserved_connections, unless somebody sets it
    assert connections(StoreConfig().pool_size, postgres.CONNECTIONS_MAX - kept_back).words.endswith("2 个 worker")
