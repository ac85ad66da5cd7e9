"""The block and allow lists: who stands there, since when, why, and who put him there."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from kernel.masking import mask
from risk.kinds import Kind as Kind
from risk.kinds import Listing as Listing

VALUE_MAX = 200
WHY_MAX = 200
_PURPOSE = b"kabot risk lists v1"


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry, or one that has ended."""

    id: int
    kind: Kind
    shown: str
    """Masked."""
    listing: Listing
    why: str
    by: str
    at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""


class Marks:
    """Hashes what is listed under the app secret, so that an entry is found again and cannot be read."""

    def __init__(self, secret_key: bytes, earlier: Sequence[bytes] = ()) -> None:
        self._keys = tuple(hmac.digest(key, _PURPOSE, hashlib.sha256) for key in (secret_key, *earlier))

    def of(self, kind: Kind, value: str) -> tuple[bytes, ...]:
        """The value's marks: under today's secret first, then under earlier ones. 32 bytes each."""
        content = f"{kind.value}\0{_folded(kind, value)}".encode()
        return tuple(hmac.digest(key, content, hashlib.sha256) for key in self._keys)


def _folded(kind: Kind, value: str) -> str:
    """Openids tell capitals apart; e-mail addresses and game names, as people write them, do not."""
    return value.strip() if kind is Kind.BUYER else value.strip().casefold()


_END = text("""
    UPDATE risk_list SET ended_at = :now, ended_by = :by WHERE value_hash = ANY(:marks) AND ended_at IS NULL
    RETURNING id
""")
_ADD = text("""
    INSERT INTO risk_list (kind, value_hash, shown, listing, why, by, at)
    VALUES (:kind, :mark, :shown, :listing, :why, :by, :now)
""")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:mark, 7083))")
_ALL = text("""
    SELECT id, kind, shown, listing, why, by, at, ended_at, ended_by FROM risk_list
    WHERE ended_at IS NULL OR :ended ORDER BY at DESC, id DESC LIMIT :limit
""")


def put(
    conn: Connection,
    marks: Marks,
    kind: Kind,
    value: str,
    listing: Listing,
    *,
    why: str,
    by: str,
    now: datetime,
) -> None:
    """Put a buyer or account on a list, in place of where he stood. Raises ValueError on a bad value."""
    _checked(value)
    known = marks.of(kind, value)
    # Two at once would both find nothing to end, and the second fail at the unique index.
    conn.execute(_LOCK, {"mark": known[0].hex()})
    conn.execute(_END, {"marks": list(known), "now": now, "by": by})
    row = {"kind": kind.value, "mark": known[0], "shown": mask(value.strip()), "listing": listing.value}
    conn.execute(_ADD, {**row, "why": why[:WHY_MAX], "by": by, "now": now})


def take_off(conn: Connection, marks: Marks, kind: Kind, value: str, *, by: str, now: datetime) -> bool:
    """Take a buyer or account off whichever list he is on. False: he is on none."""
    _checked(value)
    ended = conn.execute(_END, {"marks": list(marks.of(kind, value)), "now": now, "by": by})
    return ended.first() is not None


def take_off_entry(conn: Connection, entry_id: int, *, by: str, now: datetime) -> bool:
    """Take off the entry of this number. False: it has ended, or there is none."""
    ended = conn.execute(
        text("UPDATE risk_list SET ended_at = :now, ended_by = :by WHERE id = :id AND ended_at IS NULL RETURNING id"),
        {"id": entry_id, "now": now, "by": by},
    )
    return ended.first() is not None


def all_of(conn: Connection, *, ended: bool = False, limit: int = 200) -> tuple[Listed, ...]:
    """List the entries, the latest first; with `ended` those that stood there once, too."""
    return tuple(
        Listed(row.id, Kind(row.kind), row.shown, Listing(row.listing), *row[4:])
        for row in conn.execute(_ALL, {"ended": ended, "limit": limit})
    )


def _checked(value: str) -> None:
    if not 1 <= len(value.strip()) <= VALUE_MAX or "\0" in value:
        raise ValueError(f"what is listed has 1 to {VALUE_MAX} characters")
