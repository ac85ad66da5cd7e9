"""What Alembic runs to upgrade, on the connection bot.migrations hands over."""

from typing import Any, Literal

from alembic import context
from alembic.operations.ops import ExecuteSQLOp, MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlmodel.sql.sqltypes import AutoString

from bot.schema import metadata
from kernel.guards import guards_of

_ENGINE_PREFIX = "procrastinate_"


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """The job engine's tables are made from its own script."""
    return not (kind == "table" and (name or "").startswith(_ENGINE_PREFIX))


def _plainly(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Versions name the database's types, not the library's."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


def _with_guards(at: MigrationContext, _revision: Any, directives: list[MigrationScript]) -> None:
    """Triggers are no part of what Alembic compares: add those that the database does not have yet."""
    known = set(at.connection.scalars(text("SELECT tgname FROM pg_trigger"))) if at.connection is not None else set()
    upgrade_ops = directives[0].upgrade_ops
    if upgrade_ops is None:
        return
    for guard in guards_of(metadata()):
        if guard.name not in known:
            upgrade_ops.ops.extend(ExecuteSQLOp(statement) for statement in guard.statements)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    include_name=_is_ours,
    compare_server_default=True,
    render_item=_plainly,
    transaction_per_migration=True,
    process_revision_directives=_with_guards,
)
with context.begin_transaction():
    context.run_migrations()
