"""The whole shop in one file, independent of the database's version: a tar of rows as CSV, and what they need.

The file holds the secret key that opens the card keys: whoever has the file has the keys.
"""

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from bot import migrations
from bot.config import AppConfig, ConfigError, keep_earlier_keys, keep_key

FORMAT = "kabot-backup-1"
_MANIFEST = "manifest.json"
_MANIFEST_BYTES_MAX = 1_000_000
_BLOCK = 2**16
_SKIPPED = ("alembic_version", "procrastinate_workers")
"""Not rows of the shop: the version stands in the manifest, and no worker outlives a restore."""
_SKIPPED_COLUMNS = (("procrastinate_jobs", "worker_id"),)
"""A job being done becomes one whose worker is gone: it is done again."""


class BadBackupError(Exception):
    """The file cannot be restored, or not here; nothing was changed. The message is one line."""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]


def write(engine: Engine, app: AppConfig, file: Path) -> int:
    """Write the shop as it is at one moment and give the number of rows. The shop may go on meanwhile.

    The file is there once it is whole; before that its beginning is beside it, under a name of its own.
    """
    unfinished = file.with_name(f"{file.name}.unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        rows = _write(engine, app, descriptor)
        unfinished.replace(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return rows


def _write(engine: Engine, app: AppConfig, descriptor: int) -> int:
    with (
        os.fdopen(descriptor, "wb") as raw,
        tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as archive,
        _raw(engine) as conn,
    ):
        # One snapshot for all tables: an order is never in the file without its payment.
        conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        version = conn.execute("SELECT version_num FROM alembic_version").fetchone()
        tables = _tables(conn)
        manifest = {
            "format": FORMAT,
            "schema": version[0] if version else None,
            "secret_key": app.key().hex(),
            "previous_secret_keys": [key.hex() for key in app.earlier_keys()],
            "tables": [{"name": table.name, "columns": table.columns} for table in tables],
        }
        _add(archive, _MANIFEST, io.BytesIO(json.dumps(manifest, indent=1).encode()))
        rows = sum(_add_table(conn, archive, table) for table in tables)
        conn.execute("COMMIT")
    return rows


def read(engine: Engine, app: AppConfig, file: Path) -> int:
    """Fill an empty, up-to-date database and give the number of rows. Raises BadBackupError; all or nothing."""
    if not file.is_file():
        raise BadBackupError("no such file")
    try:
        with tarfile.open(file, "r:gz") as archive, _raw(engine) as conn:
            manifest = _read_manifest(archive)
            _check(conn, manifest, app)
            with conn.transaction():
                tables = [_Table(entry["name"], tuple(entry["columns"])) for entry in manifest["tables"]]
                # Triggers are for the living shop: what they wrote then is among the rows.
                for table in reversed(tables):
                    conn.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table.name)))
                    conn.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
                rows = sum(_restore_table(conn, archive, table) for table in tables)
                _set_sequences(conn)
                _read_to_its_end(archive)
    except (OSError, tarfile.TarError, EOFError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise BadBackupError(f"not a whole backup of kabot: {error}") from None
    except psycopg.Error as error:
        raise BadBackupError(f"its rows do not fit: {' '.join(str(error).split())[:300]}") from None
    keep_earlier_keys(app, [bytes.fromhex(key) for key in manifest.get("previous_secret_keys", ())])
    keep_key(app, bytes.fromhex(manifest["secret_key"]))
    return rows


@contextmanager
def _raw(engine: Engine) -> Iterator["psycopg.Connection[Any]"]:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True, application_name="kabot backup") as conn:
        yield conn


def _tables(conn: "psycopg.Connection[Any]") -> list[_Table]:
    """The tables, each after those it refers to."""
    rows = conn.execute(
        "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> ALL(%s)"
        " GROUP BY c.relname ORDER BY c.relname",
        (list(_SKIPPED),),
    ).fetchall()
    columns = {name: tuple(one for one in found if (name, one) not in _SKIPPED_COLUMNS) for name, found in rows}
    references = conn.execute(
        "SELECT a.relname, b.relname FROM pg_constraint f JOIN pg_class a ON a.oid = f.conrelid"
        " JOIN pg_class b ON b.oid = f.confrelid WHERE f.contype = 'f' AND a.oid <> b.oid"
    ).fetchall()
    order = TopologicalSorter({name: set[str]() for name in columns})
    for table, needed in references:
        if table in columns and needed in columns:
            order.add(table, needed)
    return [_Table(name, columns[name]) for name in order.static_order()]


def _add_table(conn: "psycopg.Connection[Any]", archive: tarfile.TarFile, table: _Table) -> int:
    statement = sql.SQL("COPY {} ({}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with tempfile.TemporaryFile() as rows, conn.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for block in copy:
                rows.write(block)
        _add(archive, f"{table.name}.csv", rows)
        return max(0, cursor.rowcount)


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = content.seek(0, os.SEEK_END)
    content.seek(0)
    archive.addfile(entry, content)


def _read_manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    first = archive.next()
    content = archive.extractfile(first) if first is not None and first.name == _MANIFEST else None
    if content is None:
        raise ValueError("no manifest")
    manifest: dict[str, Any] = json.loads(content.read(_MANIFEST_BYTES_MAX))
    if manifest.get("format") != FORMAT:
        raise ValueError("unknown format")
    return manifest


def _read_to_its_end(archive: tarfile.TarFile) -> None:
    """The checksum stands at the end of the file, and nobody looks at it before. Raises OSError or EOFError."""
    while archive.fileobj is not None and archive.fileobj.read(_BLOCK):
        pass


def _check(conn: "psycopg.Connection[Any]", manifest: dict[str, Any], app: AppConfig) -> None:
    """Only into an empty shop of the same schema, and only where its card keys can be opened afterwards."""
    if manifest["schema"] != migrations.newest():
        raise BadBackupError(
            f"made by another version of kabot (schema {manifest['schema']}, here {migrations.newest()}):"
            " restore it with that version, then upgrade"
        )
    known = {table.name: set(table.columns) for table in _tables(conn)}
    for entry in manifest["tables"]:
        if not set(entry["columns"]) <= known.get(entry["name"], set()):
            raise BadBackupError(f"table {entry['name']} is not known here")
    for name in ("orders", "card_key", "payment"):
        statement = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(name))
        if name in known and conn.execute(statement).fetchone() == (True,):
            raise BadBackupError("the database is not empty: restore into a new one")
    if app.secret_key and app.key().hex() != manifest["secret_key"]:
        raise BadBackupError("[app] secret_key is another one than the backup's: its card keys could not be opened")


def _restore_table(conn: "psycopg.Connection[Any]", archive: tarfile.TarFile, table: _Table) -> int:
    content = archive.extractfile(f"{table.name}.csv")
    if content is None:
        raise ValueError(f"{table.name}.csv is no file")
    name, columns = sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    with conn.cursor() as cursor:
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')").format(name, columns)
        with cursor.copy(statement) as copy:
            while block := content.read(_BLOCK):
                copy.write(block)
        conn.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))
        return max(0, cursor.rowcount)


def _set_sequences(conn: "psycopg.Connection[Any]") -> None:
    """New rows get numbers that no restored row has."""
    owned = conn.execute(
        "SELECT s.oid::regclass::text, t.relname, a.attname FROM pg_class s"
        " JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')"
        " JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid"
        " WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace"
    ).fetchall()
    for sequence, table, column in owned:
        statement = sql.SQL("SELECT setval(%s, (SELECT coalesce(max({}), 0) + 1 FROM {}), false)")
        conn.execute(statement.format(sql.Identifier(column), sql.Identifier(table)), (sequence,))
