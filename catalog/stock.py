"""The stock of card keys: held for an order, released, sold for ever, and shown on record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, TextClause, text

from catalog.vault import Vault
from kernel.money import Fen

_ROUNDS_MAX = 5

# Said as a range, only card_key_available gives the keys in this order. Said as sku_code = :sku_code, the planner takes
# the primary key where one SKU has most of the stock, and walks over every key that was ever sold.
_HOLD = """
    WITH picked AS (
        SELECT id FROM card_key WHERE sku_code >= :sku_code AND sku_code <= :sku_code AND state = 'available'
        ORDER BY sku_code, id LIMIT :quantity FOR UPDATE {skip_locked})
    UPDATE card_key SET state = 'held', order_no = :order_no, held_at = :now
    FROM picked WHERE card_key.id = picked.id AND (SELECT count(*) FROM picked) = :quantity
    RETURNING card_key.id
"""
_HOLD_FREE = text(_HOLD.format(skip_locked="SKIP LOCKED"))
_HOLD_IN_TURN = text(_HOLD.format(skip_locked=""))

_COUNT = text("""
    SELECT wanted.code AS sku_code, (SELECT count(*) FROM (
        SELECT 1 FROM card_key WHERE sku_code >= wanted.code AND sku_code <= wanted.code AND state = 'available'
        ORDER BY sku_code, id LIMIT CAST(:most AS bigint)) AS few) AS keys
    FROM unnest(CAST(:sku_codes AS text[])) AS wanted(code)
""")

# A key that somebody has seen is not sold again (card_key_never_returns): into the recycle bin with it.
_RELEASE = text("""
    UPDATE card_key SET order_no = NULL, held_at = NULL,
        state = CASE WHEN EXISTS (SELECT 1 FROM key_showing WHERE card_key_id = card_key.id)
                     THEN 'void' ELSE 'available' END
    WHERE order_no = :order_no AND state = 'held'
""")

_RELEASE_SOME = text("""
    UPDATE card_key SET order_no = NULL, held_at = NULL,
        state = CASE WHEN EXISTS (SELECT 1 FROM key_showing WHERE card_key_id = card_key.id)
                     THEN 'void' ELSE 'available' END
    WHERE id IN (SELECT id FROM card_key WHERE order_no = :order_no AND sku_code = :sku_code AND state = 'held'
                 ORDER BY id LIMIT :quantity FOR UPDATE)
""")

_LOCK_LINE = text("SELECT pg_advisory_xact_lock(hashtextextended('card_key.sell ' || :line_id, 0))")

_SOLD_FOR_LINE = text("SELECT card_key_id FROM key_sale WHERE line_id = :line_id ORDER BY card_key_id")

_HELD_FOR_ORDER = text("""
    SELECT id FROM card_key WHERE order_no = :order_no AND sku_code = :sku_code AND state = 'held'
    ORDER BY id LIMIT :quantity FOR UPDATE
""")

_SELL = text("""
    WITH sold AS (
        UPDATE card_key SET state = 'sold', line_id = :line_id, sold_at = :now
        WHERE id = ANY(:ids) AND order_no = :order_no AND state = 'held' RETURNING id)
    INSERT INTO key_sale (card_key_id, line_id, order_no, sold_at)
    SELECT id, :line_id, :order_no, :now FROM sold RETURNING card_key_id
""")

_COST = text("""
    SELECT coalesce(sum(coalesce(batch.unit_cost_fen, CAST(:otherwise_fen AS bigint))), 0) AS cost_fen,
           coalesce(bool_and(coalesce(batch.unit_cost_fen, CAST(:otherwise_fen AS bigint)) IS NOT NULL), false) AS known
    FROM key_sale JOIN card_key ON card_key.id = key_sale.card_key_id JOIN key_batch batch ON batch.id = batch_id
    WHERE key_sale.line_id = :line_id
""")

_KEYS_OF = text("""
    SELECT key_sale.line_id, card_key.id, card_key.sku_code, card_key.secret_enc,
           (SELECT replaced_at FROM key_replacement r WHERE r.new_key_id = card_key.id) AS in_place_at
    FROM key_sale JOIN card_key ON card_key.id = key_sale.card_key_id
    WHERE key_sale.order_no = :order_no
      AND NOT EXISTS (SELECT 1 FROM key_replacement r WHERE r.old_key_id = card_key.id)
    ORDER BY key_sale.line_id, card_key.id
""")

_RECORD_SHOWN = text("""
    INSERT INTO key_showing (card_key_id, place, shown_at) SELECT unnest(CAST(:ids AS bigint[])), :place, :now
""")
_FIRST_SHOWN = text("""
    SELECT sale.line_id, count(DISTINCT sale.card_key_id) AS keys, min(showing.shown_at) AS shown_at
    FROM key_sale sale LEFT JOIN key_showing showing USING (card_key_id)
    WHERE sale.order_no = :order_no
      AND NOT EXISTS (SELECT 1 FROM key_replacement r WHERE r.old_key_id = sale.card_key_id)
    GROUP BY sale.line_id
""")


@dataclass(frozen=True, slots=True)
class Held:
    """These keys wait for the order; nobody else gets them until it releases them."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Short:
    """Nothing was taken: there are only `left`, which is fewer than were asked for."""

    left: int


@dataclass(frozen=True, slots=True)
class Sold:
    """These keys belong to the order's line, for ever."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SoldKey:
    """One sold key in clear, exactly as it was imported."""

    id: int
    line_id: int
    number: str | None = field(repr=False)
    secret: str = field(repr=False)
    in_place_at: datetime | None = None
    """When it took the place of one that did not work; None: it was there from the start."""


def hold(conn: Connection, sku_code: str, quantity: int, order_no: str, now: datetime) -> Held | Short:
    """Hold `quantity` keys for an order in the caller's transaction, all or nothing, oldest first.

    To hold several SKUs in one transaction take them in the order of their codes: whoever finds too few free keys
    waits for those that others are just taking, and two orders that wait for each other would fail.
    """
    _require_some(quantity)
    wanted = {"sku_code": sku_code, "quantity": quantity, "order_no": order_no, "now": now}
    held = _try_to_hold(conn, _HOLD_FREE, wanted)
    for _ in range(_ROUNDS_MAX):
        if held is not None:
            return held
        # Two buyers who reach for the last keys at once each see the other's as locked, though one of them could be
        # served, and both would be told "sold out". So before saying it: wait in turn, count, and look once more.
        left = count(conn, sku_code, most=quantity)
        if left < quantity:
            return Short(left)
        held = _try_to_hold(conn, _HOLD_IN_TURN, wanted)
    return held or Short(min(count(conn, sku_code, most=quantity), quantity - 1))


def _try_to_hold(conn: Connection, statement: TextClause, wanted: dict[str, object]) -> Held | None:
    # In a savepoint, since too few keys are locked keys all the same: whoever kept those locked while waiting for
    # more could wait for somebody who waits for these.
    savepoint = conn.begin_nested()
    ids = conn.execute(statement, wanted).scalars().all()
    if len(ids) != wanted["quantity"]:
        savepoint.rollback()
        return None
    savepoint.commit()
    return Held(tuple(sorted(ids)))


def release(conn: Connection, order_no: str) -> int:
    """Put the keys that an order holds back on sale; sold keys stay sold. Gives how many. Safe to repeat."""
    return conn.execute(_RELEASE, {"order_no": order_no}).rowcount


def release_some(conn: Connection, order_no: str, sku_code: str, quantity: int) -> int:
    """Put so many of the keys of one SKU that an order holds back on sale: one of its lines is given back, the others
    keep theirs. Gives how many; once only, by the caller's own guard."""
    values = {"order_no": order_no, "sku_code": sku_code, "quantity": quantity}
    return conn.execute(_RELEASE_SOME, values).rowcount


def sell(conn: Connection, order_no: str, line_id: int, sku_code: str, quantity: int, now: datetime) -> Sold | Short:
    """Give `quantity` keys to an order's line for ever: those it holds, then available ones; all or nothing.

    Safe to repeat: a line that has its keys gets the same ones again. The keys stay encrypted; see `keys_of`.
    """
    _require_some(quantity)
    conn.execute(_LOCK_LINE, {"line_id": str(line_id)})
    before = conn.execute(_SOLD_FOR_LINE, {"line_id": line_id}).scalars().all()
    if before:
        return Sold(tuple(before))
    line = {"order_no": order_no, "sku_code": sku_code, "quantity": quantity}
    ids = list(conn.execute(_HELD_FOR_ORDER, line).scalars())
    if len(ids) < quantity:
        more = hold(conn, sku_code, quantity - len(ids), order_no, now)
        if isinstance(more, Short):
            return Short(len(ids) + more.left)
        ids += more.ids
    sale = {"ids": ids, "order_no": order_no, "line_id": line_id, "now": now}
    sold = conn.execute(_SELL, sale).scalars().all()
    if len(sold) != quantity:
        raise RuntimeError(f"line {line_id}: {len(sold)} of {quantity} locked keys could be sold")
    return Sold(tuple(sorted(sold)))


def sell_another(conn: Connection, order_no: str, line_id: int, sku_code: str, now: datetime) -> int | None:
    """Give a line that has its keys one more, from what can be bought; None when there is none. Whose caller guards
    that it happens once."""
    conn.execute(_LOCK_LINE, {"line_id": str(line_id)})
    held = hold(conn, sku_code, 1, order_no, now)
    if isinstance(held, Short):
        return None
    sale = {"ids": list(held.ids), "order_no": order_no, "line_id": line_id, "now": now}
    return int(conn.execute(_SELL, sale).scalar_one())


def cost_fen(conn: Connection, line_id: int, otherwise_fen: int | None) -> Fen | None:
    """What the keys sold to a line cost us: each its batch's cost, `otherwise_fen` where the batch has none. None when
    that is not known of all of them."""
    row = conn.execute(_COST, {"line_id": line_id, "otherwise_fen": otherwise_fen}).one()
    return Fen(row.cost_fen) if row.known else None


def keys_of(conn: Connection, vault: Vault, order_no: str) -> tuple[SoldKey, ...]:
    """Decrypt the keys sold to an order, by line, but for those that were replaced. Whoever shows them says so with
    `record_shown`. Raises VaultError."""
    keys = []
    for row in conn.execute(_KEYS_OF, {"order_no": order_no}):
        card = vault.open(row.secret_enc, row.sku_code, row.id)
        keys.append(
            SoldKey(id=row.id, line_id=row.line_id, number=card.number, secret=card.secret, in_place_at=row.in_place_at)
        )
    return tuple(keys)


def record_shown(conn: Connection, ids: Iterable[int], place: str, now: datetime) -> None:
    """Record that keys were shown in clear at a place: "chat", "page", "console"."""
    conn.execute(_RECORD_SHOWN, {"ids": list(ids), "place": place, "now": now})


def shown(conn: Connection, order_no: str) -> dict[int, tuple[int, datetime | None]]:
    """For each line of an order that keys were sold to: how many, and when the first was shown to its owner."""
    rows = conn.execute(_FIRST_SHOWN, {"order_no": order_no})
    return {row.line_id: (row.keys, row.shown_at) for row in rows}


def count(conn: Connection, sku_code: str, *, most: int | None = None) -> int:
    """Count a SKU's keys that can be bought now; only up to `most`, where that is all that matters: millions take
    their time."""
    return counts(conn, [sku_code], most=most)[sku_code]


def counts(conn: Connection, sku_codes: Sequence[str], *, most: int | None = None) -> dict[str, int]:
    """Count the keys that can be bought now, for several SKUs; 0 for one without any."""
    values = {"sku_codes": list(sku_codes), "most": most}
    found = {row.sku_code: row.keys for row in conn.execute(_COUNT, values)}
    return {code: found.get(code, 0) for code in sku_codes}


def _require_some(quantity: int) -> None:
    if quantity < 1:
        raise ValueError(f"quantity must be 1 or more, not {quantity}")
