"""Database engines, with the limits every connection of ours works under."""

from sqlalchemy import Engine, create_engine

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 5_000


def make_engine(
    url: str,
    *,
    name: str = "kabot",
    pool_size: int = 5,
    max_overflow: int = 10,
    statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
) -> Engine:
    """Make an engine whose connections survive a database restart and never wait without end.

    ``name`` is what the database shows for the connection (application_name). 0 ms = no limit.
    """
    options = (
        f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={LOCK_TIMEOUT_MS}"
        " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
    )
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=10,
        pool_recycle=1800,
        connect_args={"application_name": name, "connect_timeout": 5, "options": options},
    )
