"""The pool's connections: one whose server is gone is replaced before anybody notices."""

import time
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import TimeoutError
from sqlalchemy.pool import QueuePool

from bot import database


@pytest.mark.parametrize("ping_after_s", [database.PING_AFTER_S, 0.0])
def test_connections_that_the_server_closed_are_replaced(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, ping_after_s: float
) -> None:
    monkeypatch.setattr(database, "PING_AFTER_S", ping_after_s)
    ours = database.make_engine(engine.url.render_as_string(hide_password=False), name="ours")
    with ours.connect() as one, ours.connect() as other:
        before = {conn.scalar(text("SELECT pg_backend_pid()")) for conn in (one, other)}
    with engine.begin() as conn:
        ended = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'ours'")
        assert conn.execute(ended).scalars().all() == [True, True]
    with ours.begin() as one, ours.begin() as other:
        assert not before & {conn.scalar(text("SELECT pg_backend_pid()")) for conn in (one, other)}
    ours.dispose()


def test_asking_a_connection_begins_no_transaction(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PING_AFTER_S", 0.0)
    for _ in range(2):
        with engine.connect() as conn:
            assert conn.connection.driver_connection is not None
            assert conn.connection.driver_connection.info.transaction_status.name == "IDLE"
            assert not conn.connection.driver_connection.autocommit


def test_connections_that_only_a_burst_needed_are_closed_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "REST_AFTER_S", 600.0)
    ours = database.make_engine(engine.url.render_as_string(hide_password=False), name="bursts", pool_size=8)
    pool = ours.pool
    assert isinstance(pool, QueuePool)

    def use(at_once: int) -> None:
        with ExitStack() as stack:
            for _ in range(at_once):
                stack.enter_context(ours.connect())

    use(6)
    assert pool.checkedin() == 6, "a burst's connections stay while there may be another one"
    monkeypatch.setattr(database, "REST_AFTER_S", 0.0)
    for _ in range(8):
        use(1)
    assert pool.checkedin() == 1
    with engine.connect() as conn:
        there = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bursts'")
        deadline = time.monotonic() + 30
        while conn.scalar(there) > 1 and time.monotonic() < deadline:  # the server ends them in its own time
            conn.rollback()
            time.sleep(0.02)
        assert conn.scalar(there) == 1
    use(8 + database.MAX_OVERFLOW)  # closing them has not confused the count: all there may be are still to be had
    monkeypatch.setattr(pool, "_timeout", 0.01)
    with pytest.raises(TimeoutError):
        use(8 + database.MAX_OVERFLOW + 1)
    ours.dispose()
