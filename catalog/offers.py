"""What suppliers say of the SKUs they deliver: price and availability, never the selling price."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from catalog.store import renew_version

CHANGE_PERCENT_MAX = 20
"""A price that moves by more than this is a mistake until a person says otherwise: an alert, not an update."""
STALE_AFTER = timedelta(hours=24)

_SKUS = text("""
    SELECT sku.code, sku.supplier, sku.supplier_code, sku.cost_fen, sku.backup, sku.paused_note
    FROM sku JOIN product ON product.id = sku.product_id
    WHERE sku.on_sale AND product.on_sale AND product.delivery = 'topup' ORDER BY sku.code
""")
_OFFERS = text("SELECT * FROM sku_offer")
_OFFER = text("""
    SELECT * FROM sku_offer WHERE sku_code = :sku_code AND supplier = :supplier AND product_code = :product_code
    FOR UPDATE
""")
_PUT = text("""
    INSERT INTO sku_offer (sku_code, supplier, product_code, listed_fen, cost_fen, said_fen, available, said, alert,
                           seen_at)
    VALUES (:sku_code, :supplier, :product_code, :listed_fen, :cost_fen, :said_fen, :available, :said, :alert, :now)
    ON CONFLICT (sku_code, supplier, product_code) DO UPDATE SET
        listed_fen = excluded.listed_fen, cost_fen = excluded.cost_fen, said_fen = excluded.said_fen,
        available = excluded.available, said = excluded.said, alert = excluded.alert, seen_at = excluded.seen_at
""")
_PAUSE = text("UPDATE sku SET paused_note = :note WHERE code = :code")
_ALERTS = text("""
    SELECT o.sku_code, o.supplier, o.cost_fen, o.said_fen FROM sku_offer o JOIN sku ON sku.code = o.sku_code
    WHERE o.alert AND sku.on_sale ORDER BY o.sku_code, o.supplier
""")


@dataclass(frozen=True, slots=True)
class Listed:
    """One place where the catalog says a SKU can be bought."""

    sku_code: str
    supplier: str
    product_code: str
    listed_fen: int | None
    """Its cost there according to the catalog."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the supplier said of it. Without a price the known one stays."""

    cost_fen: int | None
    available: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A price that is too far from the one the shop reckons with."""

    sku_code: str
    supplier: str
    known_fen: int | None
    said_fen: int | None


@dataclass(frozen=True, slots=True)
class Paused:
    """SKUs taken off sale for now, with what is said of them, and those that came back."""

    off: Mapping[str, str]
    on: tuple[str, ...]


def judge_cost(known_fen: int | None, said_fen: int | None) -> tuple[int | None, bool]:
    """Say with which cost to reckon from now on, and whether a person should look at what was said. Pure."""
    if said_fen is None or known_fen is None:
        return (known_fen if said_fen is None else said_fen), False
    if abs(said_fen - known_fen) * 100 > known_fen * CHANGE_PERCENT_MAX:
        return known_fen, True
    return said_fen, False


def listed(conn: Connection, default_supplier: str) -> list[Listed]:
    """List every place where a top-up on sale (or paused) can be bought, those asked longest ago first."""
    seen = {(row.sku_code, row.supplier, row.product_code): row.seen_at for row in conn.execute(_OFFERS)}
    found = [one for row in conn.execute(_SKUS) for one in _places(row, default_supplier)]
    never = [one for one in found if _key(one) not in seen]
    return never + sorted((one for one in found if _key(one) in seen), key=lambda one: seen[_key(one)])


def record(conn: Connection, one: Listed, said: Said, now: datetime) -> Alert | None:
    """Write down what a supplier said. An Alert when its price has become too strange to be taken over."""
    values = {"sku_code": one.sku_code, "supplier": one.supplier, "product_code": one.product_code}
    before = conn.execute(_OFFER, values).one_or_none()
    # A new cost in the catalog is the owner's word: what was reckoned with before no longer counts.
    fresh = before is None or before.listed_fen != one.listed_fen or before.cost_fen is None
    known_fen = one.listed_fen if before is None or fresh else before.cost_fen
    cost_fen, alert = judge_cost(known_fen, said.cost_fen)
    conn.execute(
        _PUT,
        values
        | {
            "listed_fen": one.listed_fen,
            "cost_fen": cost_fen,
            "said_fen": said.cost_fen,
            "available": said.available,
            "said": said.words[:100],
            "alert": alert,
            "now": now,
        },
    )
    is_news = before is None or not before.alert or before.said_fen != said.cost_fen
    return Alert(one.sku_code, one.supplier, cost_fen, said.cost_fen) if alert and is_news else None


def alerts(conn: Connection) -> list[Alert]:
    """List the prices a person should look at: a new cost in the catalog settles it."""
    return [Alert(row.sku_code, row.supplier, row.cost_fen, row.said_fen) for row in conn.execute(_ALERTS)]


def pause(conn: Connection, default_supplier: str, now: datetime, stopped: Collection[str] = ()) -> Paused:
    """Take off sale, for now, every top-up of which all suppliers say that they have none, and put back the others.

    What was said longer ago than STALE_AFTER keeps nothing off sale: who has fallen silent says nothing. From those
    that are `stopped` nothing is ordered, whatever they say.
    """
    rows = [row for row in conn.execute(_OFFERS) if row.seen_at > now - STALE_AFTER]
    offers = {(row.sku_code, row.supplier, row.product_code): row for row in rows}
    off: dict[str, str] = {}
    on: list[str] = []
    for row in conn.execute(_SKUS).all():
        note = _note([_why_none(place, offers, stopped) for place in _places(row, default_supplier)])
        if note == row.paused_note:
            continue
        conn.execute(_PAUSE, {"code": row.code, "note": note})
        if note is None:
            on.append(row.code)
        elif row.paused_note is None:
            off[row.code] = note
    if off or on:
        renew_version(conn)
    return Paused(off, tuple(on))


def _why_none(place: Listed, offers: Mapping[tuple[str, str, str], Row[Any]], stopped: Collection[str]) -> str | None:
    """Why nothing can be had there; None: as far as anybody knows it can."""
    if place.supplier in stopped:
        return f"{place.supplier} 已暂停"
    offer = offers.get(_key(place))
    return f"{place.supplier} {offer.said}".strip() if offer is not None and not offer.available else None


def _note(reasons: list[str | None]) -> str | None:
    said = [reason for reason in reasons if reason is not None]
    return "；".join(said)[:200] if reasons and len(said) == len(reasons) else None


def _places(row: Row[tuple[object, ...]], default_supplier: str) -> Iterable[Listed]:
    own_code = row.supplier_code or row.code
    if supplier := row.supplier or default_supplier:
        yield Listed(row.code, supplier, own_code, row.cost_fen)
    for backup in row.backup:
        yield Listed(row.code, backup["supplier"], backup["supplier_code"] or own_code, backup["cost_fen"])


def _key(one: Listed) -> tuple[str, str, str]:
    return one.sku_code, one.supplier, one.product_code
