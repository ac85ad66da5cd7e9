"""Purchases as the database has them: where a line's units can be bought, and writing the next purchase down."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from fulfillment.states import SupplierState
from fulfillment.suppliers.choosing import Market, Source, choose

_LINE = text("""
    SELECT id, order_no, position, sku_code, unit_fen, cost_fen, supplier, supplier_code, backup, allow_loss
    FROM order_line WHERE id = :line_id
""")
_OFFERS = text("""
    SELECT supplier, product_code, available,
           -- A price too strange to be taken over is still what we would pay: never buy as if it were less.
           CASE WHEN alert THEN greatest(cost_fen, said_fen) ELSE cost_fen END AS cost_fen
    FROM sku_offer WHERE sku_code = :sku_code
""")
_ATTEMPTS = text("""
    SELECT id, supplier, product_code, attempt FROM supplier_order WHERE line_id = :line_id AND unit = :unit
""")
_DIVERT = text("""
    UPDATE supplier_order SET supplier = :supplier, product_code = :product_code,
        cost_fen = CAST(:unit_fen AS bigint) * buy_num
    WHERE id = :id AND state = 'created' AND sends = 0
""")
_WRITE = text("""
    INSERT INTO supplier_order (order_no, line_id, unit, attempt, supplier, product_code, supplier_order_no, buy_num,
                                cost_fen, state, reason, created_at, next_query_at, settled_at)
    VALUES (:order_no, :line_id, :unit, :attempt, :supplier, :product_code, :supplier_order_no, :buy_num, :cost_fen,
            :state, :reason, :now, :next_query_at, :settled_at)
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Goods:
    """What is to be bought for a line, and where it can be."""

    line_id: int
    order_no: str
    position: int
    unit_fen: int
    allow_loss: bool
    sources: tuple[Source, ...]
    """By priority, as frozen when the order was placed, with what the suppliers have said since."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """Written down: send it."""

    id: int
    supplier: str


@dataclass(frozen=True, slots=True)
class NobodyLeft:
    """Nowhere to buy; `why` names what was passed over this time, for the history."""

    why: str


def goods_of(conn: Connection, line_id: int) -> Goods:
    """Read a line's goods. The order's lock should be held."""
    line = conn.execute(_LINE, {"line_id": line_id}).one()
    said = {(row.supplier, row.product_code): row for row in conn.execute(_OFFERS, {"sku_code": line.sku_code})}
    listed = [(line.supplier, line.supplier_code, line.cost_fen)]
    listed += [(one["supplier"], one["supplier_code"], one["cost_fen"]) for one in line.backup]
    sources = []
    for supplier, product_code, cost_fen in listed:
        if not supplier:
            continue
        offer = said.get((supplier, product_code))
        now_fen = offer.cost_fen if offer is not None and offer.cost_fen is not None else cost_fen
        sources.append(Source(supplier, product_code, now_fen, offer is None or offer.available))
    return Goods(line.id, line.order_no, line.position, line.unit_fen, line.allow_loss, tuple(sources))


def buy_unit(
    conn: Connection, goods: Goods, unit: int, buy_num: int, now: datetime, market: Market
) -> Purchase | NobodyLeft:
    """Write down the next purchase of a unit, at a source not tried for it; and as failed, never sent, those passed
    over. The order's lock must be held. The database refuses a second live one of a unit."""
    attempts = conn.execute(_ATTEMPTS, {"line_id": goods.line_id, "unit": unit}).all()
    choice = choose(
        goods.sources,
        tried={(row.supplier, row.product_code) for row in attempts},
        unit_fen=goods.unit_fen,
        allow_loss=goods.allow_loss,
        market=market,
    )
    attempt = max((row.attempt for row in attempts), default=0)
    for skipped in choice.skipped:
        attempt += 1
        _write(conn, goods, unit, attempt, buy_num, skipped.source, now, passed_over=skipped.reason)
    if choice.source is None:
        return NobodyLeft("; ".join(f"{skipped.source.supplier}: {skipped.reason}" for skipped in choice.skipped))
    written = _write(conn, goods, unit, attempt + 1, buy_num, choice.source, now)
    return Purchase(written, choice.source.supplier)


def divert(conn: Connection, supplier_order_id: int, line_id: int, unit: int, market: Market) -> bool:
    """Let a purchase that nobody was asked for yet go to a supplier that answers and is not paused; False when there is
    none.

    In place, under the same number: nobody has seen it, and the silent supplier is not spent by it.
    """
    goods = goods_of(conn, line_id)
    others = conn.execute(_ATTEMPTS, {"line_id": line_id, "unit": unit}).all()
    choice = choose(
        goods.sources,
        tried={(row.supplier, row.product_code) for row in others if row.id != supplier_order_id},
        unit_fen=goods.unit_fen,
        allow_loss=goods.allow_loss,
        market=market,
    )
    if choice.source is None or choice.source.supplier in market.last:
        return False
    source = choice.source
    values = {"supplier": source.supplier, "product_code": source.product_code, "unit_fen": source.cost_fen}
    return conn.execute(_DIVERT, {"id": supplier_order_id, **values}).rowcount == 1


def _write(
    conn: Connection,
    goods: Goods,
    unit: int,
    attempt: int,
    buy_num: int,
    source: Source,
    now: datetime,
    *,
    passed_over: str = "",
) -> int:
    values = {
        "order_no": goods.order_no,
        "line_id": goods.line_id,
        "unit": unit,
        "attempt": attempt,
        "supplier": source.supplier,
        "product_code": source.product_code,
        # Letters and digits, within the 8 to 32 that the narrowest supplier takes.
        "supplier_order_no": f"{goods.order_no}L{goods.position}U{unit}A{attempt}",
        "buy_num": buy_num,
        "cost_fen": source.cost_fen * buy_num if source.cost_fen is not None else None,
        "state": (SupplierState.FAILED if passed_over else SupplierState.CREATED).value,
        "reason": f"passed over: {passed_over}"[:200] if passed_over else "",
        "now": now,
        "next_query_at": None if passed_over else now,
        "settled_at": now if passed_over else None,
    }
    written: int = conn.execute(_WRITE, values).scalar_one()
    return written
