"""What the edge does while WeChat Pay, WeChat or the database is away: no pile of jobs, and an answer for everybody."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, text

from bot import background, operators, ordering, paying
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.conversation import Conversation
from bot.jobs import run_pending
from bot.webhook import Push
from catalog.key_import import import_keys
from catalog.store import import_catalog
from dialogs.facts import CancelRefused, OrderCancelled, OrderPlaced
from fulfillment import pushing
from fulfillment.pushing import PushKind
from kernel.clock import MovableClock, SystemClock
from kernel.ids import OpenId
from kernel.orders import Order, OrderState
from payments.attempts import Opened, open_attempt
from payments.fake import FakeWechatPay
from payments.gateway import AlreadyPaid, Closed, Failure, NoAnswer, NoSuchNumber, TradeType, Transaction
from tests.fulfillment.counter import SHELF, want

LI = OpenId("oLi-0001")
KEY = "OUTAGE-KEY-51QX"


class Flaky(FakeWechatPay):
    """WeChat Pay, away for as long as a test wants."""

    away = False

    def __init__(self, clock: MovableClock) -> None:
        super().__init__(clock)
        self.hangs = Event()
        self.hangs.set()

    def close(self, out_trade_no: str) -> Closed | AlreadyPaid | NoSuchNumber | Failure:
        return NoAnswer("away", sent=False) if self.away else super().close(out_trade_no)

    def query(self, out_trade_no: str) -> Transaction | NoSuchNumber | Failure:
        self.hangs.wait(60)
        return NoAnswer("away", sent=False) if self.away else super().query(out_trade_no)


@dataclass
class Edge:
    services: Services
    clock: MovableClock
    wechat_pay: Flaky

    def order(self) -> Order:
        placed = ordering.place(self.services, LI, "m1", [want("ST50")])
        assert isinstance(placed, OrderPlaced)
        return placed.order

    def paid_at_wechat(self, order: Order) -> Transaction:
        """Somebody pays, and no notice of it comes."""
        opened = open_attempt(
            self.services.engine, self.wechat_pay, order_no=order.order_no, total_fen=order.total_fen, description="x",
            trade_type=TradeType.JSAPI, payer_openid=LI, expires_at=order.expires_at, now=self.clock.now(),
        )  # fmt: skip
        assert isinstance(opened, Opened)
        paid = self.wechat_pay.pay(opened.credential, LI)
        assert paid is not None
        return paid

    def pay(self, order: Order) -> None:
        paying.take_transaction(self.services, self.paid_at_wechat(order))

    def said(self, words: str) -> str:
        """What is answered to this message of the buyer's."""

        async def talk() -> str:
            with ThreadPoolExecutor(2) as threads:
                push = Push(LI, "gh_shop", words, "text", text=words)
                return (await Conversation(self.services, threads).hear(push)).text

        return asyncio.run(talk())

    def passes(self, **time: float) -> None:
        self.clock.move(timedelta(**time))

    def work(self) -> list[str]:
        done = run_pending(self.services.engine, background.TASKS, self.services, self.clock.now())
        assert [one.error for one in done if one.error] == []
        return [one.task for one in done]

    def state(self) -> str:
        with self.services.engine.connect() as conn:
            return str(conn.execute(text("SELECT state FROM orders")).scalar_one())


@pytest.fixture
def edge(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Edge]:
    (tmp_path / "config.toml").write_text(
        '[app]\ndata_dir = "data"\npublic_url = "https://shop.example"\n'
        '[wechat]\napi_base = "http://127.0.0.1:9"\n'  # nobody answers there
    )
    clock = MovableClock(SystemClock().now())
    url = engine.url.render_as_string(hide_password=False)
    services = build(load_config(tmp_path / "config.toml", {}), database_url=url, redis_url=redis_url, clock=clock)
    services = replace(services, gateway=Flaky(clock))
    with services.engine.begin() as conn:
        import_catalog(conn, SHELF)
    (tmp_path / "keys.txt").write_text(KEY)
    import_keys(services.engine, services.vault, "ST50", tmp_path / "keys.txt")
    assert isinstance(services.gateway, Flaky)
    yield Edge(services, clock, services.gateway)
    services.engine.dispose()


@pytest.mark.parametrize("cancelled", [False, True])
def test_an_order_that_cannot_be_closed_is_asked_about_by_one_job_however_often_it_is_found(
    edge: Edge, *, cancelled: bool
) -> None:
    order = edge.order()
    assert isinstance(paying.open_jsapi(edge.services, order, LI), paying.Bridge)
    edge.wechat_pay.away = True
    if cancelled:
        ordering.cancel(edge.services, LI, order.order_no)
    else:
        edge.passes(minutes=20)
    asked = 0
    for _ in range(30):  # five minutes of an outage
        background.expire_orders(edge.services)
        background.sweep_orders(edge.services)
        asked += sum(task in ("expire_order", "close_order") for task in edge.work())
        edge.passes(seconds=10)
    assert 10 <= asked <= 17, "every twenty seconds, by one chain of jobs"
    edge.wechat_pay.away = False
    edge.passes(seconds=30)
    edge.work()
    assert edge.state() == ("cancelled" if cancelled else "expired")
    with edge.services.engine.connect() as conn:
        assert conn.execute(text("SELECT stock_released_at IS NOT NULL FROM orders")).scalar_one()


def test_keys_whose_push_met_an_outage_come_with_what_the_buyer_writes_before_the_next_try(edge: Edge) -> None:
    edge.pay(edge.order())
    assert "send_push" in edge.work()
    with edge.services.engine.connect() as conn:
        assert conn.execute(text("SELECT state FROM push WHERE attempts > 0")).scalars().all() == ["waiting"]
    assert KEY in edge.said("你好")
    assert KEY not in edge.said("谢谢")
    edge.passes(hours=1)
    edge.work()
    with edge.services.engine.connect() as conn:
        assert conn.execute(text("SELECT via FROM push WHERE kind = 'keys'")).scalars().all() == ["reply"]


def test_a_top_up_that_came_in_part_is_not_told_as_one_that_did_not_come(edge: Edge) -> None:
    order = edge.order()
    with edge.services.engine.begin() as conn:
        conn.execute(text("UPDATE order_line SET note = '2份已到账，1份充值失败'"))
        pushing.ask(conn, PushKind.TOPUP_PARTLY, LI, order.order_no, edge.clock.now(), line_id=order.lines[0].id)
        conn.execute(text("UPDATE push SET state = 'kept', next_try_at = NULL"))
    edge.services.store.set_waiting(LI)
    told = edge.said("你好")
    assert "只到账一部分（2份已到账，1份充值失败）" in told
    assert "退款" in told
    assert "没有充成" not in told


def test_what_was_paid_without_a_notice_is_not_cancelled_under_its_buyers_money(edge: Edge) -> None:
    order = edge.order()
    assert edge.paid_at_wechat(order)
    refused = ordering.cancel(edge.services, LI, order.order_no)
    assert refused == CancelRefused(order.order_no, OrderState.PAID)
    edge.work()
    assert edge.state() == "delivered"


def test_an_operator_cancels_nothing_that_was_paid_without_a_notice_either(edge: Edge) -> None:
    order = edge.order()
    assert edge.paid_at_wechat(order)
    assert not operators.cancel(edge.services, order.order_no)
    edge.work()
    assert edge.state() == "delivered"
    assert not operators.cancel(edge.services, "K0000000000000000")


def test_nobody_waits_to_cancel_for_a_wechat_pay_that_hangs(edge: Edge) -> None:
    order = edge.order()
    assert edge.paid_at_wechat(order)
    edge.wechat_pay.hangs.clear()
    assert isinstance(ordering.cancel(edge.services, LI, order.order_no), OrderCancelled)
    edge.wechat_pay.hangs.set()
    edge.work()
    assert edge.state() == "delivered", "what turns out paid when it is closed is paid"


def test_a_stranger_cancels_nothing_and_has_nobody_asked(edge: Edge) -> None:
    order = edge.order()
    assert edge.paid_at_wechat(order)
    refused = ordering.cancel(edge.services, OpenId("oStranger"), order.order_no)
    assert isinstance(refused, CancelRefused)
    assert edge.state() == "unpaid"
