"""Background work. The only module that knows the job engine (procrastinate)."""

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection


def create_schema(conn: Connection) -> None:
    """Make the job engine's tables and functions in a database that has none."""
    raw = conn.connection.cursor()
    # Without parameters psycopg sends the script as it is, several statements in one go.
    raw.execute(SchemaManager.get_schema())
    raw.close()
