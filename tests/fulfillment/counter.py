"""A small shop for these tests: its shelf, its keys, and short ways to say what a test is about."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from catalog import stock
from catalog.model import AnyValue, Choice, Delivery, Field, FieldKind, Product, Sku
from catalog.shelf import Shelf, line_total_fen
from catalog.store import import_catalog
from fulfillment import placing
from kernel.ids import OpenId
from kernel.money import Fen
from kernel.orders import WantedLine

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
TTL = timedelta(minutes=15)
LI = OpenId("openid-li")

_ACCOUNT = Field("account", "手机号", FieldKind.PHONE)
_QQ = Field("qq", "QQ号", FieldKind.QQ)
_SERVER = Field("server", "区服", FieldKind.CHOICE, values=(Choice("android", "安卓QQ区"), Choice("ios", "苹果QQ区")))

SHELF = Shelf(
    (
        Product(
            "calls", "话费", ("充值",), Delivery.TOPUP, (Sku("HF100", "100元", Fen(9950), 100),), fields=(_ACCOUNT,)
        ),
        Product(
            "coins",
            "Q币",
            ("充值",),
            Delivery.TOPUP,
            (Sku("QB", "Q币", Fen(98), any_value=AnyValue(1, 2000), supplier_code="10000001"),),
            fields=(_QQ,),
        ),
        Product(
            "game", "点券", ("游戏",), Delivery.TOPUP, (Sku("WZ60", "60点券", Fen(601), 60),), fields=(_SERVER, _QQ)
        ),
        Product(
            "steam",
            "Steam卡",
            ("游戏",),
            Delivery.CARD,
            (Sku("ST50", "50元", Fen(5100), 50), Sku("ST100", "100元", Fen(10100), 100)),
        ),
        Product("clean", "保洁", ("服务",), Delivery.SERVICE, (Sku("BJ2", "2小时", Fen(8800)),), fields=(_ACCOUNT,)),
        Product("tea", "茶叶", ("实物",), Delivery.PARCEL, (Sku("TEA", "一盒", Fen(12800)),)),
    ),
    version="v1",
)

FIELDS: Mapping[str, Mapping[str, str]] = {
    "HF100": {"account": "13812345678"},
    "QB": {"qq": "123456"},
    "WZ60": {"qq": "123456", "server": "ios"},
    "BJ2": {"account": "13812345678"},
}


def open_shop(engine: Engine, keys: Mapping[str, int] | None = None) -> None:
    """Put the catalog and so many keys of each SKU into the database."""
    with engine.begin() as conn:
        import_catalog(conn, SHELF)
        for sku_code, count in (keys or {}).items():
            add_keys(conn, sku_code, count)


def add_keys(conn: Connection, sku_code: str, count: int) -> None:
    """Put keys into the stock; what is in them does not matter here."""
    batch_id = conn.execute(
        text(
            "INSERT INTO key_batch (sku_code, file_name, imported, duplicate, invalid, finished)"
            " VALUES (:sku, 'test', :n, 0, 0, true) RETURNING id"
        ),
        {"sku": sku_code, "n": count},
    ).scalar_one()
    rows = [{"sku": sku_code, "enc": b"sealed", "hash": secrets.token_bytes(32), "b": batch_id} for _ in range(count)]
    conn.execute(
        text(
            "INSERT INTO card_key (sku_code, secret_enc, secret_hash, state, batch_id)"
            " VALUES (:sku, :enc, :hash, 'available', :b)"
        ),
        rows,
    )


def want(sku_code: str, quantity: int = 1, value: int | None = None, **fields: str) -> WantedLine:
    """A line as a buyer would confirm it, at the shelf's price."""
    sku = SHELF.sku(sku_code)
    assert sku is not None
    total_fen = line_total_fen(sku, value, quantity)
    return WantedLine(sku_code, quantity, total_fen, value, fields={**FIELDS.get(sku_code, {}), **fields})


def place(conn: Connection, *lines: WantedLine, openid: str = LI, key: str = "", now: datetime = NOW) -> Any:
    """Place an order; each call is a new message unless it is given its key."""
    return placing.place(
        conn,
        openid=OpenId(openid),
        message_key=key or secrets.token_hex(8),
        lines=lines,
        shelf=SHELF,
        now=now,
        ttl=TTL,
    )


def left(conn: Connection, sku_code: str) -> int:
    """Count the keys on sale."""
    return stock.count(conn, sku_code)


def history(conn: Connection, order_no: str, line_id: int | None = None) -> list[tuple[str, str]]:
    """The moves of an order, or of one of its lines, oldest first."""
    rows = conn.execute(
        text(
            "SELECT from_state, to_state FROM order_event"
            " WHERE order_no = :no AND line_id IS NOT DISTINCT FROM :line ORDER BY id"
        ),
        {"no": order_no, "line": line_id},
    )
    return [(row.from_state, row.to_state) for row in rows]
