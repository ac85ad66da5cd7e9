"""Placing an order: once per message, at the price the buyer saw, with the stock held, at most a few unpaid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, text

from catalog import stock
from catalog.checks import Valid, check_field
from catalog.model import Delivery, Field, FieldKind, Product, Sku
from catalog.scarcity import is_scarce
from catalog.shelf import Shelf, line_total_fen
from fulfillment import reading
from fulfillment.audit import FIRST, Event, seals_of
from kernel import driver
from kernel.ids import OpenId, new_order_no, new_token
from kernel.money import Fen, format_yuan
from kernel.orders import BALANCE_DELIVERY, ORDER_LINES_MAX, Line, LineState, Order, OrderState, WantedLine

QUANTITY_MAX = 9_999
TOPUP_UNITS_MAX = 99
"""Each unit of a top-up is a purchase of its own at the supplier."""
TOTAL_FEN_MAX = 100_000_000
"""One million yuan: above any real order, below what any part of the way counts wrong."""
_NUMBER_TRIES = 5
_BALANCE_NAME = "余额充值"

_LOCK_BUYER = "SELECT pg_advisory_xact_lock(hashtextextended(%(openid)s, 7081))"

_EXPIRES = text("UPDATE orders SET expires_at = :expires_at WHERE order_no = :order_no")

_INSERT = """
    WITH placed AS (
        INSERT INTO orders (order_no, openid, message_key, token, state, total_fen, catalog_version,
                            created_at, expires_at)
        SELECT %(order_no)s, %(openid)s, %(message_key)s, %(token)s, 'unpaid', %(total_fen)s, %(version)s,
               %(now)s, %(expires_at)s
        WHERE (SELECT count(*) FROM orders
               WHERE openid = %(openid)s AND state = 'unpaid' AND expires_at > %(now)s) < %(unpaid_max)s
        ON CONFLICT DO NOTHING RETURNING order_no),
    event AS (
        INSERT INTO order_event (order_no, n, at, from_state, to_state, cause, actor, money, amount_fen,
                                 prev_hash, hash)
        SELECT order_no, 1, %(now)s, '', 'unpaid', 'placed', 'buyer', 'total', %(total_fen)s, %(prev_hash)s, %(seal)s
        FROM placed),
    lines AS (
        INSERT INTO order_line (order_no, position, product_id, product_name, sku_code, sku_label, value, any_value,
                                quantity, unit_fen, total_fen, cost_fen, options, fields, account_field,
                                choice_labels, delivery, supplier, supplier_code, backup, allow_loss, eta, state)
        SELECT placed.order_no, l.position, l.product_id, l.product_name, l.sku_code, l.sku_label, l.value,
               l.any_value, l.quantity, l.unit_fen, l.total_fen, l.cost_fen, l.options, l.fields, l.account_field,
               l.choice_labels, l.delivery, l.supplier, l.supplier_code, l.backup, l.allow_loss, l.eta, 'waiting'
        FROM placed, jsonb_to_recordset(CAST(%(lines)s AS jsonb)) AS l(
            position int, product_id text, product_name text, sku_code text, sku_label text, value bigint,
            any_value boolean, quantity int, unit_fen bigint, total_fen bigint, cost_fen bigint, options jsonb,
            fields jsonb, account_field text, choice_labels jsonb, delivery text, supplier text,
            supplier_code text, backup jsonb, allow_loss boolean, eta text)
        RETURNING id, position)
    SELECT id FROM lines ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """The order stands. Not `fresh`: this message had placed it before."""

    order: Order
    fresh: bool


@dataclass(frozen=True, slots=True)
class SoldOut:
    """Nothing was placed: the line at `position` (from 0) wants more than the `left` there are for it."""

    position: int
    left: int


@dataclass(frozen=True, slots=True)
class TooManyUnpaid:
    """Nothing was placed: these orders of the buyer wait to be paid, newest first."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class CatalogMoved:
    """Nothing was placed: what the buyer confirmed is not what the shelf says now."""


@dataclass(frozen=True, slots=True)
class _Asked:
    openid: OpenId
    message_key: str
    version: str
    now: datetime
    expires_at: datetime
    unpaid_max: int


@dataclass(frozen=True, slots=True)
class _Short:
    sku_code: str
    left: int


def place(
    conn: Connection,
    *,
    openid: OpenId,
    message_key: str,
    lines: Sequence[WantedLine],
    shelf: Shelf,
    now: datetime,
    ttl: timedelta,
    unpaid_max: int = 3,
    scarce_ttl: timedelta | None = None,
) -> Placed | SoldOut | TooManyUnpaid | CatalogMoved:
    """Place an order in the caller's transaction, or say why not; then the transaction holds no change of ours.

    Idempotent on (openid, message_key). The buyer's placings are taken one after the other (an advisory lock held
    to the end of the transaction), so `unpaid_max` holds under any concurrency. An order that leaves a SKU scarce is
    held for `scarce_ttl`, where that is shorter. Raises ValueError on an empty or over-long order.
    """
    if not 1 <= len(lines) <= ORDER_LINES_MAX:
        raise ValueError(f"an order has 1 to {ORDER_LINES_MAX} lines, not {len(lines)}")
    driver.rows(conn, _LOCK_BUYER, {"openid": openid})
    frozen = _freeze_all(lines, shelf)
    if frozen is None:
        before = reading.by_message(conn, openid, message_key)
        return Placed(before, fresh=False) if before is not None else CatalogMoved()
    asked = _Asked(openid, message_key, shelf.version, now, now + ttl, unpaid_max)
    wanted: dict[str, int] = {}
    for row in frozen:
        if row["delivery"] == Delivery.CARD:
            wanted[row["sku_code"]] = wanted.get(row["sku_code"], 0) + row["quantity"]
    if not wanted:
        return _insert(conn, asked, frozen)
    savepoint = conn.begin_nested()
    placed = _insert(conn, asked, frozen)
    if isinstance(placed, Placed) and placed.fresh:
        short = hold_stock(conn, placed.order.order_no, wanted, now)
        if short is not None:
            savepoint.rollback()
            return _sold_out(frozen, short.sku_code, short.left)
        if scarce_ttl is not None and scarce_ttl < ttl and is_scarce(conn, list(wanted)):
            placed = _hold_shorter(conn, placed.order, now + scarce_ttl)
    savepoint.commit()
    return placed


def place_balance(
    conn: Connection,
    *,
    openid: OpenId,
    message_key: str,
    amount_fen: int,
    now: datetime,
    ttl: timedelta,
    unpaid_max: int = 3,
) -> Placed | TooManyUnpaid:
    """Place an order for the buyer's own balance: it is paid, closed and given back like any other, and delivered by
    adding `amount_fen` to what he keeps with us. Idempotent as `place` is."""
    driver.rows(conn, _LOCK_BUYER, {"openid": openid})
    line = {
        "position": 0,
        "product_id": "",
        "product_name": _BALANCE_NAME,
        "sku_code": "",
        "sku_label": f"{format_yuan(amount_fen).removesuffix('.00')}元",
        "value": None,
        "any_value": False,
        "quantity": 1,
        "unit_fen": amount_fen,
        "total_fen": amount_fen,
        "cost_fen": None,
        "options": {},
        "fields": {},
        "account_field": "",
        "choice_labels": {},
        "delivery": BALANCE_DELIVERY,
        "supplier": "",
        "supplier_code": "",
        "backup": [],
        "allow_loss": False,
        "eta": "",
    }
    return _insert(conn, _Asked(openid, message_key, "", now, now + ttl, unpaid_max), [line])


def _hold_shorter(conn: Connection, order: Order, expires_at: datetime) -> Placed:
    """The last keys of a SKU go to who pays soon; what was placed before keeps the time it was promised."""
    conn.execute(_EXPIRES, {"order_no": order.order_no, "expires_at": expires_at})
    return Placed(replace(order, expires_at=expires_at), fresh=True)


def hold_stock(conn: Connection, order_no: str, wanted: dict[str, int], now: datetime) -> _Short | None:
    """Hold so many keys of each SKU; the first shortage ends it. Always in the order of codes, so none deadlock."""
    for sku_code in sorted(wanted):
        held = stock.hold(conn, sku_code, wanted[sku_code], order_no, now)
        if isinstance(held, stock.Short):
            return _Short(sku_code, held.left)
    return None


def _sold_out(frozen: list[dict[str, Any]], sku_code: str, left: int) -> SoldOut:
    """Name the first line of this SKU that what is left does not reach."""
    for row in frozen:
        if row["sku_code"] != sku_code:
            continue
        if row["quantity"] > left:
            return SoldOut(row["position"], left)
        left -= row["quantity"]
    raise AssertionError(f"{sku_code}: short, but every line fits")


def _freeze_all(lines: Sequence[WantedLine], shelf: Shelf) -> list[dict[str, Any]] | None:
    frozen = []
    for position, wanted in enumerate(lines):
        row = _freeze(position, wanted, shelf)
        if row is None:
            return None
        frozen.append(row)
    return frozen if 0 < sum(row["total_fen"] for row in frozen) <= TOTAL_FEN_MAX else None


def _freeze(position: int, wanted: WantedLine, shelf: Shelf) -> dict[str, Any] | None:
    """Make a line's row from the shelf; None when the shelf no longer agrees with what the buyer confirmed."""
    sku, product = shelf.sku(wanted.sku), shelf.product_of(wanted.sku)
    if sku is None or product is None or not _countable(product, sku, wanted):
        return None
    if line_total_fen(sku, wanted.value, wanted.quantity) != wanted.total_fen:
        return None
    fields = _checked_fields(product.fields, wanted.fields)
    if fields is None:
        return None
    value = wanted.value if sku.any_value is not None else sku.value
    return {
        "position": position,
        "product_id": product.id,
        "product_name": product.name,
        "sku_code": sku.code,
        # Sold in any number, the label says how many: "Q币 88个" and not "Q币 Q币".
        "sku_label": f"{wanted.value}{sku.unit}" if sku.any_value is not None else sku.label,
        "value": int(value) if value is not None and value == int(value) else None,
        "any_value": sku.any_value is not None,
        "quantity": wanted.quantity,
        "unit_fen": sku.price_fen,
        "total_fen": wanted.total_fen,
        "cost_fen": sku.cost_fen,
        "options": dict(sku.options),
        "fields": fields,
        "account_field": account_field(product.fields, fields),
        "choice_labels": _choice_labels(product.fields, fields),
        "delivery": product.delivery.value,
        "supplier": sku.supplier or "",
        "supplier_code": sku.supplier_code or sku.code,
        "backup": [
            {
                "supplier": backup.supplier,
                "supplier_code": backup.supplier_code or sku.supplier_code or sku.code,
                "cost_fen": backup.cost_fen,
            }
            for backup in sku.backup
        ],
        "allow_loss": sku.allow_loss,
        "eta": sku.eta or product.eta,
    }


def _countable(product: Product, sku: Sku, wanted: WantedLine) -> bool:
    """Tell whether quantity and value are such as this SKU is sold in."""
    most = TOPUP_UNITS_MAX if product.delivery is Delivery.TOPUP and sku.any_value is None else QUANTITY_MAX
    if not 1 <= wanted.quantity <= most:
        return False
    if sku.any_value is not None:
        return wanted.value is not None and sku.any_value.min <= wanted.value <= sku.any_value.max
    return wanted.value is None or wanted.value == sku.value


def _checked_fields(fields: Sequence[Field], given: Any) -> dict[str, str] | None:
    """Keep what the product asks for; None when something is missing or no longer passes its check."""
    kept: dict[str, str] = {}
    for field in fields:
        value = given.get(field.name, field.default)
        if not value:
            if not field.optional:
                return None
            continue
        if not _passes(field, value):
            return None
        kept[field.name] = value
    return kept


def _passes(field: Field, value: str) -> bool:
    if field.kind is FieldKind.CHOICE:
        return any(choice.id == value for choice in field.values)
    return isinstance(check_field(field, value), Valid)


_ACCOUNT_KINDS = (
    FieldKind.PHONE,
    FieldKind.QQ,
    FieldKind.PHONE_OR_QQ,
    FieldKind.UID,
    FieldKind.CARD_NO,
    FieldKind.EMAIL,
    FieldKind.TEXT,
)


def account_field(fields: Sequence[Field], given: Mapping[str, str]) -> str:
    """Say which field is the account: the one called so, else the first given one that can be an account."""
    if "account" in given:
        return "account"
    return next((field.name for field in fields if field.kind in _ACCOUNT_KINDS and field.name in given), "")


def _choice_labels(fields: Sequence[Field], given: dict[str, str]) -> dict[str, str]:
    return {
        field.name: choice.label for field in fields for choice in field.values if given.get(field.name) == choice.id
    }


def _insert(conn: Connection, asked: _Asked, frozen: list[dict[str, Any]]) -> Placed | TooManyUnpaid:
    """Write the order unless its message or the unpaid ones stand against it; only then ask which of them did."""
    # A statement after the lock's: under READ COMMITTED only a new one sees what the lock's last holder committed.
    total_fen = sum(row["total_fen"] for row in frozen)
    seals = seals_of(conn)
    for _ in range(_NUMBER_TRIES):
        order_no, token = new_order_no(asked.now), new_token()
        row = {
            "order_no": order_no,
            "openid": asked.openid,
            "message_key": asked.message_key,
            "token": token,
            "total_fen": total_fen,
            "version": asked.version,
            "now": asked.now,
            "expires_at": asked.expires_at,
            "unpaid_max": asked.unpaid_max,
            "lines": to_json(frozen).decode(),
            "prev_hash": FIRST,
            "seal": seals.seal(FIRST, _placed(order_no, asked.now, total_fen)),
        }
        ids = [line_id for (line_id,) in driver.rows(conn, _INSERT, row)]
        if ids:
            lines = tuple(_line(line_id, frozen_row) for line_id, frozen_row in zip(ids, frozen, strict=True))
            times = (asked.now, asked.expires_at)
            order = Order(order_no, asked.openid, token, OrderState.UNPAID, Fen(total_fen), *times, lines)
            return Placed(order, fresh=True)
        before = reading.by_message(conn, asked.openid, asked.message_key)
        if before is not None:
            return Placed(before, fresh=False)
        unpaid = reading.unpaid_of(conn, asked.openid, asked.now)
        if len(unpaid) >= asked.unpaid_max:
            return TooManyUnpaid(unpaid)
        # Ten random digits do meet now and then on a busy day: take another number.
    raise RuntimeError("no free order number")


def _placed(order_no: str, now: datetime, total_fen: int) -> Event:
    return Event(order_no, 1, None, now, "", "unpaid", "placed", "buyer", "total", total_fen)


def _line(line_id: int, row: dict[str, Any]) -> Line:
    return Line(
        id=line_id,
        position=row["position"],
        product_id=row["product_id"],
        product_name=row["product_name"],
        sku_code=row["sku_code"],
        sku_label=row["sku_label"],
        value=row["value"],
        quantity=row["quantity"],
        total_fen=Fen(row["total_fen"]),
        options=row["options"],
        fields=row["fields"],
        delivery=row["delivery"],
        eta=row["eta"],
        state=LineState.WAITING,
    )
