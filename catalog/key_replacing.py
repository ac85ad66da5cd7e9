"""A sold key that does not work, and the one its owner gets in its place: both stay sold, for ever."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from catalog import stock
from catalog.stock_care import REASON_MAX
from kernel.money import Fen

_SOLD = text("""
    SELECT sale.card_key_id AS id, r.new_key_id IS NOT NULL AS replaced
    FROM key_sale sale LEFT JOIN key_replacement r ON r.old_key_id = sale.card_key_id
    WHERE sale.line_id = :line_id ORDER BY sale.card_key_id
""")
_REPLACE = text("""
    INSERT INTO key_replacement (old_key_id, new_key_id, line_id, replaced_at)
    VALUES (:old_id, :new_id, :line_id, :now) ON CONFLICT DO NOTHING RETURNING old_key_id
""")
_RECORD = text("""
    INSERT INTO key_change (card_key_id, what, reason, actor, changed_at)
    VALUES (:old_id, 'replace', :reason, :actor, :now)
""")
_COST = text("""
    SELECT coalesce(batch.unit_cost_fen, CAST(:otherwise_fen AS bigint))
    FROM card_key JOIN key_batch batch ON batch.id = batch_id WHERE card_key.id = :id
""")


@dataclass(frozen=True, slots=True)
class Replaced:
    """The line has `new_id` now in place of `old_id`; `cost_fen` is what the new one cost us, None where unknown."""

    old_id: int
    new_id: int
    cost_fen: Fen | None


@dataclass(frozen=True, slots=True)
class NotThatKey:
    """Nothing was done: it is no key that the line still has. `of_line` are those it has."""

    of_line: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NoneLeft:
    """Nothing was done: there is no key to give in its place."""


def keys_of_line(conn: Connection, line_id: int) -> tuple[int, ...]:
    """The keys (their numbers) that a line has and that were not replaced, in the order they are shown."""
    return tuple(row.id for row in conn.execute(_SOLD, {"line_id": line_id}) if not row.replaced)


def replace(
    conn: Connection,
    *,
    order_no: str,
    line_id: int,
    sku_code: str,
    old_id: int,
    otherwise_fen: int | None,
    now: datetime,
    reason: str,
    actor: str,
) -> Replaced | NotThatKey | NoneLeft:
    """Sell the line another key of the SKU in place of one it has. Once for each key; the order's lock must be held.

    The bad key was sold and stays so: nothing can put it on sale again. `otherwise_fen`: what a key costs where its
    batch does not say.
    """
    has = keys_of_line(conn, line_id)
    if old_id not in has:
        return NotThatKey(has)
    new_id = stock.sell_another(conn, order_no, line_id, sku_code, now)
    if new_id is None:
        return NoneLeft()
    conn.execute(_REPLACE, {"old_id": old_id, "new_id": new_id, "line_id": line_id, "now": now}).one()
    conn.execute(_RECORD, {"old_id": old_id, "reason": reason[:REASON_MAX], "actor": actor, "now": now})
    cost = conn.execute(_COST, {"id": new_id, "otherwise_fen": otherwise_fen}).scalar_one()
    return Replaced(old_id, new_id, Fen(cost) if cost is not None else None)
