"""Seals every card key anew under the app secret of today; can be cut off at any point and run again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import IntegrityError

from catalog import stock_care
from catalog.vault import Vault, VaultError

BATCH = 500
DUPLICATE = "与另一条卡密相同（更换密钥时发现）"

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7083)")
# Format (1 byte), then the key id (4): see vault.py.
_OLD = "substring(secret_enc FROM 2 FOR 4) IS DISTINCT FROM CAST(:key_id AS bytea)"
_COUNT = text(f"SELECT count(*) FROM card_key WHERE {_OLD}")  # noqa: S608 - a constant of this file
_NEXT = text(f"""
    SELECT id, sku_code, secret_enc FROM card_key WHERE id > :after AND {_OLD}
    ORDER BY id LIMIT :batch FOR NO KEY UPDATE
""")  # noqa: S608
_SEAL = text("""
    UPDATE card_key SET secret_enc = given.sealed, secret_hash = given.hash
    FROM unnest(CAST(:ids AS bigint[]), CAST(:sealed AS bytea[]), CAST(:hashes AS bytea[])) AS given(id, sealed, hash)
    WHERE card_key.id = given.id
""")
_SEAL_DUPLICATE = text("UPDATE card_key SET secret_enc = :sealed WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of the keys that were sealed under an earlier secret."""

    sealed: int
    duplicates: tuple[int, ...] = ()
    """Keys (their numbers) that are in stock a second time; those that could still be bought are void now."""
    unreadable: tuple[int, ...] = ()
    """Sealed under a secret that is not among those of before, or changed: left as they are."""


def left_to_rotate(conn: Connection, vault: Vault) -> int:
    """Count the keys that are not sealed under the secret of today."""
    return int(conn.execute(_COUNT, {"key_id": vault.key_id}).scalar_one())


def rotate(engine: Engine, vault: Vault, now: datetime, progress: Callable[[int, int], None] | None = None) -> Rotated:
    """Seal and hash anew whatever is sealed under an earlier secret, in batches of a transaction each.

    Both secrets open their keys all the while, and imports look for duplicates under both, so the shop goes on. Each
    key is sealed under today's secret or under an earlier one, never under none, wherever it is cut off.
    """
    with engine.connect() as conn:
        in_all = left_to_rotate(conn, vault)
    done, after = 0, 0
    duplicates: list[int] = []
    unreadable: list[int] = []
    while True:
        with engine.begin() as conn:
            conn.execute(_ONE_AT_A_TIME)
            wanted = {"key_id": vault.key_id, "after": after, "batch": BATCH}
            rows = conn.execute(_NEXT, wanted).all()
            if not rows:
                break
            new, bad = _sealed_anew(vault, rows)
            twice = _write(conn, new, now)
        after = rows[-1].id
        done += len(new)
        duplicates += twice
        unreadable += bad
        if progress:
            progress(done + len(unreadable), in_all)
    return Rotated(done, tuple(duplicates), tuple(unreadable))


@dataclass(frozen=True, slots=True)
class _New:
    id: int
    sealed: bytes
    hash: bytes


def _sealed_anew(vault: Vault, rows: Sequence[Row[tuple[int, str, bytes]]]) -> tuple[list[_New], list[int]]:
    new, bad = [], []
    for row in rows:
        try:
            card = vault.open(row.secret_enc, row.sku_code, row.id)
        except VaultError:
            bad.append(row.id)
            continue
        new.append(_New(row.id, vault.seal(card, row.sku_code, row.id), vault.fingerprint(card)))
    return new, bad


def _write(conn: Connection, new: Sequence[_New], now: datetime) -> list[int]:
    """Write a batch; when a key of it turns out to be there already, one by one. Gives the numbers of those."""
    savepoint = conn.begin_nested()
    try:
        columns = {"ids": [one.id for one in new], "sealed": [one.sealed for one in new]}
        conn.execute(_SEAL, {**columns, "hashes": [one.hash for one in new]})
        savepoint.commit()
        return []
    except IntegrityError:
        savepoint.rollback()
    if len(new) > 1:
        return [number for one in new for number in _write(conn, [one], now)]
    conn.execute(_SEAL_DUPLICATE, {"id": new[0].id, "sealed": new[0].sealed})
    stock_care.void(conn, [new[0].id], now, reason=DUPLICATE, actor="system")
    return [new[0].id]
