"""What Alembic runs to upgrade, on the connection bot.migrations hands over."""

from typing import Any, Literal

from alembic import context
from sqlmodel.sql.sqltypes import AutoString

from bot.schema import metadata

_ENGINE_PREFIX = "procrastinate_"


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """The job engine's tables are made from its own script."""
    return not (kind == "table" and (name or "").startswith(_ENGINE_PREFIX))


def _plainly(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Versions name the database's types, not the library's."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    include_name=_is_ours,
    compare_server_default=True,
    render_item=_plainly,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
