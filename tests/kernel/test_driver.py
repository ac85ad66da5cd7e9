"""Statements on libpq itself behave as they do anywhere else."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from kernel import driver

_ECHO = (
    "SELECT %(text)s::text, %(at)s::timestamptz, %(list)s::text[], %(number)s::bigint, %(text)s::text, %(none)s::int"
)
AT = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def echo(engine: Engine, number: int) -> list[tuple[object, ...]]:
    with engine.connect() as conn:
        values = {"text": "充话费'\\", "at": AT, "list": ["a", 'b"'], "number": number, "none": None}
        return driver.rows(conn, _ECHO, values)


@pytest.mark.parametrize("number", [0, 1, 40_000, 3_000_000_000, -(2**62)])
def test_values_come_back_as_they_went(engine: Engine, number: int) -> None:
    for _ in range(2):  # prepared, and then known
        assert echo(engine, number) == [("充话费'\\", AT, ["a", 'b"'], number, "充话费'\\", None)]


def test_a_statement_that_gives_no_rows_gives_none(engine: Engine) -> None:
    with engine.connect() as conn:
        assert driver.rows(conn, "SELECT 1 WHERE %(no)s::boolean", {"no": False}) == []


def test_it_is_part_of_the_callers_transaction(engine: Engine) -> None:
    with engine.connect() as conn:
        driver.rows(conn, "INSERT INTO buyer_day (day, openid) VALUES (%(day)s, 'o1') RETURNING 1", {"day": AT.date()})
        assert conn.execute(text("SELECT count(*) FROM buyer_day")).scalar_one() == 1
        conn.rollback()
        assert driver.rows(conn, "SELECT count(*) FROM buyer_day", {}) == [(0,)]


def test_in_autocommit_there_is_no_transaction(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        driver.rows(conn, "INSERT INTO buyer_day (day, openid) VALUES (%(day)s, 'o1') RETURNING 1", {"day": AT.date()})
        with engine.connect() as other:
            assert driver.rows(other, "SELECT count(*) FROM buyer_day", {}) == [(1,)]


def test_the_isolation_that_was_asked_for_is_kept(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
        assert driver.rows(conn, "SELECT current_setting('transaction_isolation')", {}) == [("repeatable read",)]


def test_an_error_is_sqlalchemys_tells_no_values_and_the_transaction_goes_back(engine: Engine) -> None:
    with engine.connect() as conn:
        with pytest.raises(DBAPIError) as failed, conn.begin():
            driver.rows(conn, "SELECT 1 / %(zero)s::int, %(secret)s::text", {"zero": 0, "secret": "13800138000"})
        assert not isinstance(failed.value, OperationalError)
        assert "13800138000" not in str(failed.value)
        assert driver.rows(conn, "SELECT 1", {}) == [(1,)]


def test_a_connection_that_died_is_an_outage_and_the_next_one_works(engine: Engine) -> None:
    with engine.connect() as conn:
        [(pid,)] = driver.rows(conn, "SELECT pg_backend_pid()", {})
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
        for _ in range(2):
            with pytest.raises(OperationalError):
                driver.rows(conn, "SELECT pg_backend_pid()", {})
        conn.invalidate()
    with engine.connect() as conn:
        assert driver.rows(conn, "SELECT 1", {}) == [(1,)]
