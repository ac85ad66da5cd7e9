"""Keys of the REST interface: made and shown once, recognised, switched off."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from console.api.scopes import Scope

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
PER_MINUTE = 600
PER_MINUTE_MAX = 100_000
_TOKEN = re.compile(r"kabot_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")
_PREFIX_CHARS = len("kabot_") + 12
_SEEN_EVERY = timedelta(minutes=1)

_ADD = text("""
    INSERT INTO api_key (name, prefix, secret_hash, scopes, per_minute, made_at, expires_at)
    VALUES (:name, :prefix, :secret_hash, :scopes, :per_minute, :now, :expires_at)
    ON CONFLICT (name) DO NOTHING RETURNING id
""").bindparams(bindparam("scopes", type_=JSONB))
_FIND = text("""
    SELECT id, name, secret_hash, scopes, per_minute, last_used_at FROM api_key
    WHERE prefix = :prefix AND off_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
""")
_USED = text("UPDATE api_key SET last_used_at = :now WHERE id = :id")
_OFF = text("UPDATE api_key SET off_at = coalesce(off_at, :now) WHERE name = :name RETURNING id")
_LIST = text("""
    SELECT id, name, prefix, scopes, per_minute, made_at, expires_at, off_at, last_used_at FROM api_key ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Whose request it is, and what it may."""

    id: int
    name: str
    scopes: frozenset[str]
    per_minute: int


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key as a list shows it: never the key."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    per_minute: int
    made_at: datetime
    expires_at: datetime | None
    off_at: datetime | None
    last_used_at: datetime | None


def add(
    conn: Connection,
    name: str,
    scopes: Collection[Scope],
    now: datetime,
    *,
    expires_at: datetime | None = None,
    per_minute: int = PER_MINUTE,
) -> str | None:
    """Make a key and give it, this once; None when the name is taken, by one that is off, too: records name it.

    Raises ValueError for a bad name or limit.
    """
    if not NAME.fullmatch(name):
        raise ValueError("a name has 1 to 32 letters, digits and . _ -")
    if not 1 <= per_minute <= PER_MINUTE_MAX:
        raise ValueError(f"requests per minute are 1 to {PER_MINUTE_MAX}")
    prefix = f"kabot_{secrets.token_hex(6)}"
    token = f"{prefix}_{secrets.token_urlsafe(32)}"
    values = {"name": name, "prefix": prefix, "secret_hash": _digest(token), "scopes": sorted(scopes), "now": now}
    row = conn.execute(_ADD, {**values, "per_minute": per_minute, "expires_at": expires_at}).one_or_none()
    return token if row is not None else None


def who(engine: Engine, token: str, now: datetime) -> ApiKey | None:
    """Whose key this is; None when it is nobody's, off or expired."""
    if not _TOKEN.fullmatch(token):
        return None
    with engine.connect() as conn:
        row = conn.execute(_FIND, {"prefix": token[:_PREFIX_CHARS], "now": now}).one_or_none()
    if row is None or not hmac.compare_digest(row.secret_hash, _digest(token)):
        return None
    if row.last_used_at is None or now - row.last_used_at > _SEEN_EVERY:
        with engine.begin() as conn:
            conn.execute(_USED, {"id": row.id, "now": now})
    return ApiKey(row.id, row.name, frozenset(row.scopes), row.per_minute)


def switch_off(conn: Connection, name: str, now: datetime) -> bool:
    """Let a key in no more, for ever. False: there is none of that name."""
    return conn.execute(_OFF, {"name": name, "now": now}).one_or_none() is not None


def all_of(conn: Connection) -> tuple[KeyLine, ...]:
    """Every key there ever was."""
    return tuple(_line(row) for row in conn.execute(_LIST))


def _line(row: Row[Any]) -> KeyLine:
    head = (row.id, row.name, row.prefix, tuple(row.scopes), row.per_minute)
    return KeyLine(*head, row.made_at, row.expires_at, row.off_at, row.last_used_at)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
