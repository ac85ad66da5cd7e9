"""The catalog as an operator is changing it: kept until it is saved or dropped; and the catalogs that were before."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, text

from catalog.files import FILE_BYTES_MAX, read_text
from catalog.model import Product
from catalog.shelf import Shelf
from catalog.store import Imported, import_catalog, load_listed, lock
from catalog.writing import to_toml

KEPT_MAX = 200
"""So many earlier catalogs are kept."""

_FIND = text("SELECT base, content, changed_at FROM catalog_draft WHERE operator_id = :operator_id")
_PUT = text("""
    INSERT INTO catalog_draft (operator_id, base, content, changed_at) VALUES (:operator_id, :base, :content, :now)
    ON CONFLICT (operator_id) DO UPDATE SET content = excluded.content, changed_at = excluded.changed_at
""")
_DROP = text("DELETE FROM catalog_draft WHERE operator_id = :operator_id")
_KEEP = text("""
    INSERT INTO catalog_snapshot (version, content, saved_by, saved_at) VALUES (:version, :content, :saved_by, :now)
""")
_FORGET = text("""
    DELETE FROM catalog_snapshot
    WHERE id <= (SELECT id FROM catalog_snapshot ORDER BY id DESC LIMIT 1 OFFSET :kept)
""")
_HISTORY = text("SELECT id, version, saved_by, saved_at FROM catalog_snapshot ORDER BY id DESC LIMIT 100")
_SNAPSHOT = text("SELECT content FROM catalog_snapshot WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Draft:
    """A catalog that is not saved."""

    base: str
    """The version it was begun from."""
    products: tuple[Product, ...]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Earlier:
    """A catalog that another one took the place of."""

    id: int
    version: str
    saved_by: str
    """Who saved the one after it."""
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody else saved another catalog meanwhile."""


def find(conn: Connection, operator_id: int) -> Draft | None:
    """The operator's draft, if he has one."""
    row = conn.execute(_FIND, {"operator_id": operator_id}).one_or_none()
    return None if row is None else Draft(row.base, _unpacked(bytes(row.content)), row.changed_at)


def put(conn: Connection, operator_id: int, products: Sequence[Product], now: datetime) -> None:
    """Keep a draft. One that says what is saved already is none. Raises CatalogError for products that cannot be."""
    content = _packed(products)
    _unpacked(content)  # what a file could not say must not be saved
    listed = load_listed(conn)
    if tuple(products) == listed.products:
        conn.execute(_DROP, {"operator_id": operator_id})
        return
    row = {"operator_id": operator_id, "base": listed.version, "content": content, "now": now}
    conn.execute(_PUT, row)


def drop(conn: Connection, operator_id: int) -> None:
    """Forget a draft."""
    conn.execute(_DROP, {"operator_id": operator_id})


def save(conn: Connection, products: Sequence[Product], seen: str, saved_by: str, now: datetime) -> Imported | Moved:
    """Put a catalog in the place of the one of version `seen`, which is kept; in the caller's transaction."""
    lock(conn)
    listed = load_listed(conn)
    if listed.version != seen:
        return Moved()
    keep(conn, listed, saved_by, now)
    return import_catalog(conn, Shelf(products, ""))


def keep(conn: Connection, shelf: Shelf, saved_by: str, now: datetime) -> None:
    """Keep the catalog as it is before somebody changes it."""
    row = {"version": shelf.version, "content": _packed(shelf.products), "saved_by": saved_by, "now": now}
    conn.execute(_KEEP, row)
    conn.execute(_FORGET, {"kept": KEPT_MAX})


def history(conn: Connection) -> tuple[Earlier, ...]:
    """The catalogs that were, the latest first."""
    return tuple(Earlier(*row) for row in conn.execute(_HISTORY))


def earlier(conn: Connection, number: int) -> tuple[Product, ...] | None:
    """One of them; None: it is not kept."""
    content = conn.execute(_SNAPSHOT, {"id": number}).scalar()
    return None if content is None else _unpacked(bytes(content))


def _packed(products: Sequence[Product]) -> bytes:
    return zlib.compress(to_toml(products).encode(), 6) if products else b""


@lru_cache(maxsize=8)
def _unpacked(content: bytes) -> tuple[Product, ...]:
    if not content:
        return ()
    return read_text(zlib.decompressobj().decompress(content, FILE_BYTES_MAX + 1)).products
