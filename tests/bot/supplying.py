"""A shop with two suppliers, both stand-ins over HTTP: its jobs are done one by one, as a worker would."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, text

from bot import background, delivering, paying
from bot.bootstrap import Services, build
from bot.config import load_config
from catalog.model import Backup, Delivery, Field, FieldKind, Product, Sku
from catalog.shelf import Shelf, line_total_fen
from catalog.store import import_catalog
from fulfillment import placing, reading
from kernel.clock import MovableClock
from kernel.ids import OpenId
from kernel.money import Fen
from kernel.orders import Line, Order, WantedLine
from payments.attempts import Opened, open_attempt
from payments.fake import FakeWechatPay
from payments.gateway import TradeType
from sandbox.app import create_app
from sandbox.server import free_socket, running
from tests.credentials import credentials

assert background.TASKS  # every job there is, declared
PHONE = "13812345678"
CALLS = Product(
    "calls",
    "话费",
    ("充值",),
    Delivery.TOPUP,
    (
        Sku("HF100", "100元", Fen(9950), 100, cost_fen=Fen(9800), backup=(Backup("juhe", "100", Fen(9850)),)),
        Sku("HF50", "50元", Fen(4980), 50, cost_fen=Fen(4900)),
        Sku("HF30", "30元", Fen(2990), 30, supplier="juhe", supplier_code="30", cost_fen=Fen(2960)),
    ),
    fields=(Field("account", "手机号", FieldKind.PHONE),),
)


@dataclass
class Supplying:
    """The shop, the sandbox and the clock they share."""

    services: Services
    clock: MovableClock
    url: str
    orders: int = 0

    def faults(self, **parts: Any) -> None:
        httpx.put(f"{self.url}/sandbox/api/faults", json=parts).raise_for_status()

    def supplier_says(self, kind: str, **more: Any) -> None:
        httpx.put(f"{self.url}/sandbox/api/suppliers/{kind}", json=more).raise_for_status()

    def paid(self, sku_code: str = "HF100", quantity: int = 1) -> str:
        """A paid order, delivered as far as its first job does."""
        self.orders += 1
        shelf, _ = self.services.shelf.current()
        sku, now = CALLS.skus[[one.code for one in CALLS.skus].index(sku_code)], self.clock.now()
        wanted = WantedLine(sku_code, quantity, line_total_fen(sku, None, quantity), fields={"account": PHONE})
        with self.services.engine.begin() as conn:
            placed = placing.place(
                conn,
                openid=OpenId(f"li{self.orders}"),
                message_key="m1",
                lines=[wanted],
                shelf=shelf,
                now=now,
                ttl=timedelta(minutes=15),
            )
        assert isinstance(placed, placing.Placed), placed
        self._pay(placed.order)
        delivering.deliver_order(self.services, order_no=placed.order.order_no)
        return placed.order.order_no

    def _pay(self, order: Order) -> None:
        wechat = self.services.gateway
        assert isinstance(wechat, FakeWechatPay)
        opened = open_attempt(
            self.services.engine,
            wechat,
            order_no=order.order_no,
            total_fen=order.total_fen,
            description="x",
            trade_type=TradeType.JSAPI,
            payer_openid=order.openid,
            expires_at=order.expires_at,
            now=self.clock.now(),
        )
        assert isinstance(opened, Opened)
        paid = wechat.pay(opened.credential, order.openid)
        assert paid is not None
        paying.take_transaction(self.services, paid)

    def attempts(self, order_no: str) -> list[tuple[str, str]]:
        rows = self.rows(
            "SELECT supplier, state FROM supplier_order WHERE order_no = :no ORDER BY unit, attempt", no=order_no
        )
        return [(row.supplier, row.state) for row in rows]

    def send_all(self) -> None:
        for row in self.rows("SELECT id FROM supplier_order WHERE state = 'created' ORDER BY id"):
            delivering.send_to_supplier(self.services, supplier_order_id=row.id)

    def query_all(self) -> None:
        self.do("UPDATE supplier_order SET next_query_at = :now WHERE next_query_at IS NOT NULL", now=self.clock.now())
        for row in self.rows("SELECT id FROM supplier_order WHERE next_query_at IS NOT NULL AND sends > 0 ORDER BY id"):
            delivering.query_supplier(self.services, supplier_order_id=row.id)

    def settle_all(self) -> None:
        """Send and ask until nothing is open any more."""
        ends = time.monotonic() + 30
        while self.rows("SELECT 1 FROM supplier_order WHERE next_query_at IS NOT NULL") and time.monotonic() < ends:
            self.send_all()
            self.query_all()
            time.sleep(0.02)

    def line(self, order_no: str) -> Line:
        with self.services.engine.connect() as conn:
            order = reading.by_no(conn, order_no)
        assert order is not None
        return order.lines[0]

    def rows(self, sql: str, **values: Any) -> list[Any]:
        with self.services.engine.connect() as conn:
            return list(conn.execute(text(sql), values).all())

    def do(self, sql: str, **values: Any) -> None:
        with self.services.engine.begin() as conn:
            conn.execute(text(sql), values)


@contextmanager
def supplying(
    engine: Engine, redis_url: str, folder: Path, sections: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[Supplying]:
    """Start the sandbox and build the shop; `sections` are added to its suppliers' settings."""
    made, socket = credentials(), free_socket()
    url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    clock = MovableClock(datetime.now(UTC))
    settings = made.sandbox_settings(
        bot_url="http://127.0.0.1:9", public_url=url, supplier_seconds=0.02, notice_speed=1000.0
    )
    given = made.bot_sections(sandbox_url=url, key_dir=folder)
    environ = {
        f"KABOT_SUPPLIER__{name}__{key}".upper(): str(value)
        for name in ("fulu", "juhe")
        for key, value in {**given[f"supplier.{name}"], **(sections or {}).get(name, {})}.items()
    }
    (folder / "config.toml").write_text('[app]\ndata_dir = "data"\n', encoding="utf-8")
    config = load_config(folder / "config.toml", environ)
    database_url = engine.url.render_as_string(hide_password=False)
    services = replace(
        build(config, database_url=database_url, redis_url=redis_url, clock=clock), gateway=FakeWechatPay(clock)
    )
    with services.engine.begin() as conn:
        import_catalog(conn, Shelf((CALLS,), "v1"))
    try:
        with running(create_app(settings, now=lambda: clock.now().timestamp()), socket):
            yield Supplying(services, clock, url)
    finally:
        services.engine.dispose()
