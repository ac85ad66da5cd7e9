"""What a person does to keys that are in stock: void and restore, move to another SKU, list, search. All recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from catalog.model import Delivery
from catalog.vault import CardSecret, Vault, VaultError
from kernel.masking import mask

REASON_MAX = 200
FRAGMENT_MIN = 4
"""A shorter one would find half the stock."""
FOUND_MAX = 50
"""A search ends with so many."""
LONG = 12
_ROWS = 1_000

_LOCK = text("""
    SELECT id, sku_code, state, secret_enc, secret_hash,
           EXISTS (SELECT 1 FROM key_showing WHERE card_key_id = card_key.id) AS shown
    FROM card_key WHERE id = ANY(:ids) ORDER BY id FOR UPDATE
""")
_IN_BATCH = text("SELECT id FROM card_key WHERE batch_id = :batch_id ORDER BY id")
# As a range, for the planner (see stock.py).
_OLDEST = text("""
    SELECT id FROM card_key WHERE sku_code >= :sku AND sku_code <= :sku AND state = 'available'
    ORDER BY sku_code, id LIMIT :quantity
""")
_SET_STATE = text("UPDATE card_key SET state = :state WHERE id = ANY(:ids)")
_MOVE = text("""
    UPDATE card_key SET sku_code = :sku, secret_enc = given.sealed
    FROM unnest(CAST(:ids AS bigint[]), CAST(:sealed AS bytea[])) AS given(id, sealed) WHERE card_key.id = given.id
""")
_HOLDERS = text("SELECT id, secret_hash FROM card_key WHERE secret_hash = ANY(CAST(:hashes AS bytea[]))")
_RECORD = text("""
    INSERT INTO key_change (card_key_id, what, reason, actor, changed_at)
    SELECT unnest(CAST(:ids AS bigint[])), :what, :reason, :actor, :now
""")
_SHOWN = text("INSERT INTO key_showing (card_key_id, place, shown_at) VALUES (:id, 'console', :now)")
_DELIVERY = text("SELECT delivery FROM sku JOIN product ON product.id = sku.product_id WHERE sku.code = :sku")
_COUNTS = text("SELECT sku_code, state, count(*) AS keys FROM card_key GROUP BY sku_code, state ORDER BY sku_code")
_LIST = text("""
    SELECT id, sku_code, state, batch_id, order_no, imported_at,
           (SELECT reason FROM key_change c WHERE c.card_key_id = card_key.id ORDER BY c.id DESC LIMIT 1) AS reason
    FROM card_key WHERE sku_code = :sku AND (CAST(:state AS text) IS NULL OR state = :state)
    ORDER BY id DESC LIMIT :limit
""")
_ONE = """
    SELECT id, sku_code, state, batch_id, order_no, imported_at, secret_enc,
           (SELECT reason FROM key_change c WHERE c.card_key_id = card_key.id ORDER BY c.id DESC LIMIT 1) AS reason
    FROM card_key
"""
_BY_HASH = text(_ONE + " WHERE secret_hash = ANY(CAST(:hashes AS bytea[])) ORDER BY id")
_EVERY = text(_ONE + " ORDER BY id").execution_options(yield_per=_ROWS)
_LATEST = text(
    _ONE
    + """
    WHERE CAST(:sku AS text) IS NULL OR sku_code = :sku ORDER BY id DESC LIMIT :most
"""
).execution_options(yield_per=_ROWS)
_HOW_MANY = text("SELECT count(*) FROM card_key")


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done, and why not to the others."""

    ids: tuple[int, ...]
    refused: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NotACardSku:
    """There is no such SKU, or its goods are no card keys."""

    sku: str


def in_batch(conn: Connection, batch_id: int) -> tuple[int, ...]:
    """The keys (their numbers) of one import."""
    return tuple(conn.execute(_IN_BATCH, {"batch_id": batch_id}).scalars())


def oldest(conn: Connection, sku: str, quantity: int) -> tuple[int, ...]:
    """The keys (their numbers) of a SKU that would be sold next."""
    return tuple(conn.execute(_OLDEST, {"sku": sku, "quantity": quantity}).scalars())


def void(conn: Connection, ids: Sequence[int], now: datetime, *, reason: str, actor: str) -> Changed:
    """Take keys off sale, into the recycle bin. Held and sold ones stay what they are."""
    rows = conn.execute(_LOCK, {"ids": list(ids)}).all()
    done = tuple(row.id for row in rows if row.state == "available")
    refused = [(row.id, row.state) for row in rows if row.state != "available"]
    _change(conn, done, "void", "void", now, reason, actor)
    return Changed(done, (*refused, *_missing(ids, [row.id for row in rows])))


def restore(conn: Connection, vault: Vault, ids: Sequence[int], now: datetime, *, reason: str, actor: str) -> Changed:
    """Put void keys back on sale: none that was ever shown or sold, and none that is in stock a second time."""
    rows = conn.execute(_LOCK, {"ids": list(ids)}).all()
    done, refused = [], []
    hashes: dict[int, tuple[bytes, ...]] = {}
    for row in rows:
        why = row.state if row.state != "void" else "shown" if row.shown else None
        if why is None:
            try:
                card = vault.open(row.secret_enc, row.sku_code, row.id)
                hashes[row.id] = (vault.fingerprint(card), *vault.earlier_fingerprints(card))
            except VaultError:
                why = "unreadable"
        if why is not None:
            refused.append((row.id, why))
    every = [one for each in hashes.values() for one in each]
    holders: dict[bytes, set[int]] = {}
    for row in conn.execute(_HOLDERS, {"hashes": every}) if every else ():
        holders.setdefault(row.secret_hash, set()).add(row.id)
    for number, own in hashes.items():
        if any(holders.get(one, set()) - {number} for one in own):
            refused.append((number, "duplicate"))
        else:
            done.append(number)
    _change(conn, done, "available", "restore", now, reason, actor)
    return Changed(tuple(done), (*refused, *_missing(ids, [row.id for row in rows])))


def move(
    conn: Connection, vault: Vault, ids: Sequence[int], sku: str, now: datetime, *, reason: str, actor: str
) -> Changed | NotACardSku:
    """Put keys that can be bought under another SKU. Each is sealed anew: a sealed key opens only as what it is."""
    if conn.execute(_DELIVERY, {"sku": sku}).scalar() != Delivery.CARD:
        return NotACardSku(sku)
    rows = conn.execute(_LOCK, {"ids": list(ids)}).all()
    sealed: dict[int, bytes] = {}
    left: dict[str, list[int]] = {}
    refused = []
    for row in rows:
        if row.state != "available" or row.sku_code == sku:
            refused.append((row.id, row.state if row.state != "available" else "already there"))
            continue
        try:
            card = vault.open(row.secret_enc, row.sku_code, row.id)
        except VaultError:
            refused.append((row.id, "unreadable"))
            continue
        sealed[row.id] = vault.seal(card, sku, row.id)
        left.setdefault(row.sku_code, []).append(row.id)
    if sealed:
        conn.execute(_MOVE, {"ids": list(sealed), "sku": sku, "sealed": list(sealed.values())})
    for before, numbers in left.items():
        _record(conn, numbers, "move", now, f"{before} → {sku} {reason}".strip(), actor)
    return Changed(tuple(sealed), (*refused, *_missing(ids, [row.id for row in rows])))


def reveal(
    conn: Connection, vault: Vault, card_key_id: int, now: datetime, *, reason: str, actor: str
) -> CardSecret | None:
    """Open a key for an operator's eyes. One that is not sold yet goes into the recycle bin and is on record as shown:
    what somebody has seen is sold to nobody. None: there is no such key, it is held for an order, or does not open."""
    row = conn.execute(_LOCK, {"ids": [card_key_id]}).one_or_none()
    if row is None or row.state == "held":
        return None
    try:
        card = vault.open(row.secret_enc, row.sku_code, row.id)
    except VaultError:
        return None
    if row.state == "available":
        _change(conn, [row.id], "void", "void", now, reason, actor)
    if row.state != "sold":
        conn.execute(_SHOWN, {"id": row.id, "now": now})
    return card


def _change(
    conn: Connection, ids: Sequence[int], state: str, what: str, now: datetime, reason: str, actor: str
) -> None:
    if ids:
        conn.execute(_SET_STATE, {"ids": list(ids), "state": state})
        _record(conn, ids, what, now, reason, actor)


def _record(conn: Connection, ids: Sequence[int], what: str, now: datetime, reason: str, actor: str) -> None:
    values = {"ids": list(ids), "what": what, "reason": reason[:REASON_MAX], "actor": actor, "now": now}
    conn.execute(_RECORD, values)


def _missing(asked: Sequence[int], found: Sequence[int]) -> tuple[tuple[int, str], ...]:
    there = set(found)
    return tuple((number, "no such key") for number in dict.fromkeys(asked) if number not in there)


# ---- looking -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key as an operator may see it: never in clear."""

    id: int
    sku_code: str
    state: str
    batch_id: int
    order_no: str | None
    imported_at: datetime
    reason: str
    """Of what was done to it last."""
    masked: str = field(default="", repr=False)


def totals(conn: Connection) -> dict[str, dict[str, int]]:
    """For each SKU that ever had keys, how many are in which state."""
    found: dict[str, dict[str, int]] = {}
    for row in conn.execute(_COUNTS):
        found.setdefault(row.sku_code, {})[row.state] = row.keys
    return found


def of_sku(conn: Connection, sku: str, state: str | None = None, limit: int = 100) -> tuple[KeyRow, ...]:
    """The latest keys of a SKU."""
    rows = conn.execute(_LIST, {"sku": sku, "state": state, "limit": limit})
    return tuple(
        KeyRow(row.id, row.sku_code, row.state, row.batch_id, row.order_no, row.imported_at, row.reason or "")
        for row in rows
    )


def search(
    conn: Connection,
    vault: Vault,
    fragment: str,
    progress: Callable[[int, int], None] | None = None,
    *,
    sku: str | None = None,
    most: int | None = None,
) -> tuple[KeyRow, ...]:
    """Find keys by the whole secret (or `number,secret`), which is one look at its hash, else by a part of either.

    A part is looked for by opening every key in memory: an index of parts in the database would tell whoever has the
    database parts of the keys. With `most`, only so many of the latest keys are opened, of one `sku` perhaps.
    Raises ValueError for a fragment under four characters.
    """
    if len(fragment) < FRAGMENT_MIN:
        raise ValueError(f"at least {FRAGMENT_MIN} characters")
    number, comma, secret = fragment.partition(",")
    whole = [CardSecret(fragment)] + ([CardSecret(secret.strip(), number.strip())] if comma else [])
    hashes = [one for card in whole for one in (vault.fingerprint(card), *vault.earlier_fingerprints(card))]
    found = [seen(vault, row) for row in conn.execute(_BY_HASH, {"hashes": hashes})]
    if found:
        return tuple(row for row, _ in found)
    in_all = int(conn.execute(_HOW_MANY).scalar_one()) if most is None else most
    rows = conn.execute(_EVERY) if most is None else conn.execute(_LATEST, {"sku": sku, "most": most})
    hits: list[KeyRow] = []
    for done, row in enumerate(rows, start=1):
        hit, clear = seen(vault, row)
        if fragment in clear:
            hits.append(hit)
        if len(hits) == FOUND_MAX:
            break
        if progress and (done % _ROWS == 0 or done == in_all):
            progress(done, in_all)
    return tuple(hits)


def _masked(secret: str) -> str:
    """The end of a long secret, to tell it by; of a short one nothing: four characters would be half of it."""
    return f"***{secret[-4:]}" if len(secret) >= LONG else "***"


def seen(vault: Vault, row: Row[Any]) -> tuple[KeyRow, str]:
    """A row as it may be shown, and what is searched in it."""
    number = secret = ""
    try:
        card = vault.open(row.secret_enc, row.sku_code, row.id)
        number, secret = card.number or "", card.secret
    except VaultError:
        masked = "打不开"
    else:
        masked = f"{mask(number)},{_masked(secret)}" if number else _masked(secret)
    clear = f"{number},{secret}" if number else secret
    of = (row.id, row.sku_code, row.state, row.batch_id, row.order_no, row.imported_at)
    return KeyRow(*of, row.reason or "", masked), clear
