"""Every row of every table, in one answer: what a test compares to prove that nothing changed."""

from sqlalchemy import Connection, Engine, TextClause, text

_TABLES = text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")
_ONE = "SELECT '{0}', count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {0} t"


def all_rows(engine: Engine) -> dict[str, str]:
    """A fingerprint of each table's rows, whatever their order."""
    with engine.connect() as conn:
        return {str(name): str(rows) for name, rows in conn.execute(_question(engine, conn))}


_asked: dict[Engine, TextClause] = {}


def _question(engine: Engine, conn: Connection) -> TextClause:
    if engine not in _asked:
        _asked[engine] = text(" UNION ALL ".join(_ONE.format(name) for name in conn.scalars(_TABLES)))
    return _asked[engine]
