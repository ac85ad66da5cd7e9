"""The pool's connections: one whose server is gone is replaced before anybody notices."""

import pytest
from sqlalchemy import Engine, text

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
