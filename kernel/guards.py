"""What a table refuses whatever the code does: triggers, kept beside the table they belong to."""

from dataclasses import dataclass

from sqlalchemy import MetaData, Table

_INFO = "guards"

_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""


@dataclass(frozen=True, slots=True)
class Guard:
    """One trigger: its name, and the statements that make it in a database that has the tables."""

    name: str
    statements: tuple[str, ...]


def guard(table: Table, *guards: Guard) -> None:
    """Put guards on a table; whoever makes the schema makes them, too."""
    # Beside the tables and not on them: Alembic writes what stands on a table into its versions.
    known = table.metadata.info.setdefault(_INFO, {})
    known.update({one.name: one for one in guards})


def guards_of(metadata: MetaData) -> tuple[Guard, ...]:
    """Every guard of every table, in an order that does not change."""
    known: dict[str, Guard] = metadata.info.get(_INFO, {})
    return tuple(known[name] for name in sorted(known))


def append_only(table: str) -> Guard:
    """Rows of this table are never changed, deleted or truncated. (Its owner can take the trigger away: what the
    rows themselves prove must not rest on it.)"""
    name = f"{table}_append_only"
    return Guard(
        name,
        (
            _REFUSE_CHANGE.strip(),
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f"CREATE TRIGGER {name}_whole BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ),
    )
