"""What operators did, written in the transaction that did it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from kernel.masking import mask_within

_RECORD = text("""
    INSERT INTO operator_action (at, operator, address, what, about, before, after)
    VALUES (:now, :operator, :address, :what, :about, CAST(:before AS jsonb), CAST(:after AS jsonb))
""")
_LATEST = text("""
    SELECT id, at, operator, address, what, about, before, after FROM operator_action
    WHERE CAST(:before_id AS bigint) IS NULL OR id < :before_id ORDER BY id DESC LIMIT :limit
""")
_WORDS_MAX = 300


@dataclass(frozen=True, slots=True)
class Done:
    """One thing an operator did."""

    id: int
    at: datetime
    operator: str
    address: str
    what: str
    about: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def record(
    conn: Connection,
    *,
    operator: str,
    address: str,
    what: str,
    about: str,
    now: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write down who did what to what. Accounts within `words` are masked: rows stay for ever."""
    values = {"operator": operator[:64], "address": address[:64], "what": what, "about": about, "now": now}
    conn.execute(_RECORD, {**values, "before": _json(before), "after": _json(after)})


def latest(conn: Connection, before_id: int | None = None, limit: int = 50) -> tuple[Done, ...]:
    """List what was done, the latest first, from before the row of this id."""
    rows = conn.execute(_LATEST, {"before_id": before_id, "limit": limit})
    return tuple(Done(*row) for row in rows)


def _json(told: Mapping[str, object] | None) -> str:
    kept = {k: mask_within(str(v)[:_WORDS_MAX]) if k == "words" else v for k, v in (told or {}).items()}
    return json.dumps(kept, ensure_ascii=False)
