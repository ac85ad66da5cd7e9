"""The whole shop behind its edges, in any order: whatever comes, repeats, is late or is lost, the promises hold.

Real are the database, Redis, the jobs, the signatures of notices; WeChat Pay, suppliers and WeChat's messages are in
memory and lose things. What must hold at the end is `tests/chaos/verdict.py`, as in the storm of `make chaos`.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine, Row, text

from bot import (
    after_sale,
    background,
    delivering,
    giving_back,
    jobs,
    operators,
    ordering,
    paying,
    replacing,
    risk,
    telling,
)
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.wechat import MaybeSent, NotSent, Refused, SendOutcome, Sent
from catalog import key_replacing
from catalog.key_import import import_keys
from catalog.store import import_catalog
from dialogs.effects import AskRefund
from dialogs.facts import OrderPlaced
from fulfillment.suppliers.choosing import Terms
from fulfillment.suppliers.port import (
    Accepted,
    Failed,
    NoSuchOrder,
    OrderAnswer,
    Processing,
    QueryAnswer,
    Rejected,
    Success,
    Supplier,
    TopupRequest,
    Unknown,
)
from fulfillment.suppliers.registry import Suppliers
from kernel.clock import MovableClock, SystemClock
from kernel.ids import OpenId
from kernel.orders import Order
from payments.fake import FakeWechatPay
from payments.gateway import CodeUrl, Prepay, RefundReport, RefundStatus, Transaction
from payments.notices import NoticeKeys
from payments.signing import PlatformKeys, load_public_key
from risk.kinds import Kind, Listing
from risk.reading import holds as held_orders
from tests.chaos.verdict import World, judge, still_open
from tests.credentials import credentials
from tests.fulfillment.counter import SHELF, want
from tests.machines import run_machine
from tests.payments.till import Platform

BASKETS = (("ST50",), ("ST50×2",), ("ST50", "ST100"), ("HF100",), ("HF100", "ST50", "QB"))
WHICH = st.integers(0, 99)
LOSSES = st.sampled_from(("", "", "", "request", "answer"))


class LossyPay(FakeWechatPay):
    """Tells everything it knows."""

    def world(self) -> tuple[dict[str, Any], dict[str, Any]]:
        trades, refunds = {}, {}
        for number, trade in self._trades.items():
            paid = trade.transaction
            trades[number] = {
                "transaction_id": paid.transaction_id if paid else "",
                "total_fen": trade.request.total_fen,
            }
            for report in trade.refunds.values():
                refunds[report.out_refund_no] = {
                    "out_trade_no": number,
                    "status": report.status.value,
                    "refund_fen": report.refund_fen,
                }
        return trades, refunds


@dataclass
class LossySupplier:
    """One order per number, and a result that does not depend on us; what nobody answered may arrive any time."""

    orders: dict[str, str] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    fates: list[str] = field(default_factory=list)
    """What goes wrong with the next calls, in turn."""

    def order(self, request: TopupRequest) -> OrderAnswer:
        number, fate = request.supplier_order_no, self.fates.pop() if self.fates else ""
        if fate == "rejected" and number not in self.orders:
            return Rejected("no")
        if fate == "lost":
            self.late.append(number)
            return Unknown("timeout")
        self.orders.setdefault(number, "processing")
        return Unknown("timeout") if fate == "answer lost" else Accepted()

    def query(self, number: str) -> QueryAnswer:
        if self.fates and self.fates.pop():
            return Unknown("timeout")
        answers: dict[str, QueryAnswer] = {"processing": Processing(), "success": Success(), "failed": Failed("")}
        return answers[self.orders[number]] if number in self.orders else NoSuchOrder()

    def settle(self, result: str) -> None:
        number = next((one for one, state in self.orders.items() if state == "processing"), "")
        if number:
            self.orders[number] = result


@dataclass
class Chats:
    """WeChat's messages to buyers: what arrived, and what is wrong with the next ones."""

    arrived: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    fates: list[str] = field(default_factory=list)

    def send_text(self, openid: OpenId, words: str) -> SendOutcome:
        fate = self.fates.pop() if self.fates else ""
        if fate == "down":
            return NotSent("503")
        if fate == "closed":
            return Refused(45015)
        if fate != "lost":
            self.said(openid, words, "push")
        return MaybeSent("timeout") if fate in ("lost", "answer lost") else Sent()

    def said(self, openid: str, words: str, via: str) -> None:
        self.arrived[openid].append({"from": "bot", "via": via, "content": words})


@dataclass
class Outside:
    """The world of all examples of one run."""

    services: Services
    clock: MovableClock
    wechat: LossyPay
    supplier: LossySupplier
    chats: Chats
    platform: Platform
    folder: Path
    count: int = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    def world(self) -> World:
        trades, refunds = self.wechat.world()
        bought = [{"customer_order_no": no, "state": state} for no, state in self.supplier.orders.items()]
        return World(trades, refunds, bought, {openid: list(chat) for openid, chat in self.chats.arrived.items()})


class Shop(RuleBasedStateMachine):
    """Buyers, payers, workers, suppliers and the passing of time.

    No rule has a precondition: what there is to do depends on what earlier examples left (keys, say), and Hypothesis
    takes an example for broken whose choices cannot be made again. A rule without anything to do does nothing.
    """

    out: ClassVar[Outside]

    @initialize()
    def open_the_doors(self) -> None:
        self.services, self.clock, self.wechat = self.out.services, self.out.clock, self.out.wechat
        self.orders: list[Order] = []
        self.sheets: list[tuple[Order, Prepay | CodeUrl, str]] = []
        self.paid: list[Transaction] = []
        for sku, count in (("ST50", 3), ("ST100", 1)):
            file = self.out.folder / "keys.txt"
            file.write_text("\n".join(f"CHAOS-{sku}-{self.out.number():06d}" for _ in range(count)))
            import_keys(self.services.engine, self.services.vault, sku, file)

    # ---- buyers

    @rule(basket=st.sampled_from(BASKETS), buyer=st.sampled_from(("li", "wang")), again=st.booleans(),
          opens=st.sampled_from(((), ("owner",), ("owner",), ("owner", "friend"), ("code", "owner"))),
          suspected=st.sampled_from((False, False, True)))  # fmt: skip
    def order(self, basket: tuple[str, ...], buyer: str, again: bool, opens: tuple[str, ...], suspected: bool) -> None:
        openid, key = OpenId(f"o{buyer}{id(self)}"), f"m{self.out.number()}"
        wanted = [sku.partition("×") for sku in basket]
        lines = [want(sku, int(count or 1), 7 if sku == "QB" else None) for sku, _, count in wanted]
        placed = ordering.place(self.services, openid, key, lines)
        if isinstance(placed, OrderPlaced):
            self.orders.append(placed.order)
            if suspected:
                self.a_buyer_is_suspected(-1)
            for by in opens:
                self.page_is_opened(-1, by, "", pays=True)
            if again:
                repeated = ordering.place(self.services, openid, key, lines)
                assert isinstance(repeated, OrderPlaced)
                assert repeated.order.order_no == placed.order.order_no

    @rule(which=WHICH, by=st.sampled_from(("owner", "owner", "friend", "code")), lose=LOSSES, pays=st.booleans())
    def page_is_opened(self, which: int, by: str, lose: str, pays: bool) -> None:
        if not self.orders:
            return
        order = ordering.by_token(self.services, self._one(which).token)
        assert order is not None
        self.wechat.lose, before = lose, set(self.wechat._trades)
        payer = order.openid if by == "owner" else OpenId("oFriend")
        if by == "code":
            paying.open_native(self.services, order)
        else:
            paying.open_jsapi(self.services, order, payer)
        self.wechat.lose = ""
        for number in set(self.wechat._trades) - before:
            self.sheets.append((order, self.wechat._trades[number].credential, payer))
            if pays:
                self.somebody_pays(-1)

    @rule(which=WHICH)
    def somebody_pays(self, which: int) -> None:
        if not self.sheets:
            return
        _, given, payer = self.sheets[which % len(self.sheets)]
        paid = self.wechat.pay(given, payer)
        if paid is not None:
            self.paid.append(paid)

    @rule(which=WHICH)
    def buyer_cancels(self, which: int) -> None:
        if not self.orders:
            return
        order = self._one(which)
        ordering.cancel(self.services, order.openid, order.order_no)

    @rule(which=WHICH)
    def buyer_wants_one_of_several_back(self, which: int) -> None:
        for line in self._paid_lines(which, "l.quantity > 1 AND l.state = 'waiting'"):
            asked = AskRefund(line.order_no, line.id, "退一张", units=1)
            after_sale.ask_refund(self.services, OpenId(line.openid), asked)

    @rule(which=WHICH, fen=st.sampled_from((1, 300, 300, 5_100)), form=st.booleans(), whole=st.integers(0, 3))
    def an_operator_gives_back(self, which: int, fen: int, form: bool, whole: int) -> None:
        for line in self._paid_lines(which, "l.state = 'delivered'"):
            if whole == 0:
                operators.give_back(self.services, line.id, "找到问题了", delivered_too=True)
            else:
                seen_fen = line.refund_fen if form else None
                giving_back.give_some(self.services, line.id, fen, "慢了", back_before_fen=seen_fen, actor="operator")

    @rule(which=WHICH)
    def an_operator_replaces_a_key(self, which: int) -> None:
        for line in self._paid_lines(which, "l.state = 'delivered' AND l.delivery = 'card'"):
            with self.services.engine.connect() as conn:
                keys = key_replacing.keys_of_line(conn, line.id)
            replacing.replace_key(self.services, line.id, keys[0], "无效", actor="operator")

    @rule(which=WHICH)
    def buyer_says_hello(self, which: int) -> None:
        if not self.orders:
            return
        self._hello(self._one(which).openid)

    # ---- notices

    @rule(which=WHICH, times=st.integers(1, 2), new_id=st.booleans(), late=st.booleans())
    def payment_is_noticed(self, which: int, times: int, new_id: bool, late: bool) -> None:
        if not self.paid:
            return
        paid = self.paid[which % len(self.paid)] if late else self.paid[-1]
        plain = self.out.platform.transaction(
            out_trade_no=paid.out_trade_no,
            transaction_id=paid.transaction_id,
            success_time=(paid.success_time or self.clock.now()).isoformat(),
            payer={"openid": paid.payer_openid},
            amount={"total": paid.total_fen, "payer_total": paid.total_fen, "currency": "CNY"},
        )
        for n in range(times):
            notice_id = f"{paid.transaction_id}-{n if new_id else 0}"
            self._notice(plain, "transaction", "TRANSACTION.SUCCESS", notice_id)

    @rule(which=WHICH, forged=st.sampled_from(("total", "number")))
    def a_forged_notice_comes(self, which: int, forged: str) -> None:
        if not self.paid:
            return
        paid = self.paid[which % len(self.paid)]
        plain = self.out.platform.transaction(
            out_trade_no="NONESUCH" if forged == "number" else paid.out_trade_no,
            transaction_id=secrets.token_hex(8),
            amount={"total": paid.total_fen + 1, "payer_total": paid.total_fen, "currency": "CNY"},
        )
        sealed = self.out.platform.envelope(self.out.platform.seal(plain), id=secrets.token_hex(8))
        headers, body = self.out.platform.notice(sealed, at=self.clock.now())
        assert paying.take_notice(self.services, headers, body) is not None or forged == "total"

    @rule(which=WHICH)
    def refund_is_noticed(self, which: int) -> None:
        reports = [one for trade in self.wechat._trades.values() for one in trade.refunds.values()]
        ended = [one for one in reports if one.status is not RefundStatus.PROCESSING]
        if ended:
            self._notice_refund(ended[which % len(ended)])

    # ---- workers, suppliers, time

    @rule(
        jobs_done=st.integers(2, 12),
        lose=LOSSES,
        sends=st.lists(st.sampled_from(("", "rejected", "lost", "answer lost")), max_size=3),
        pushes=st.lists(st.sampled_from(("", "down", "closed", "lost", "answer lost")), max_size=3),
        refunds=st.sampled_from((RefundStatus.SUCCESS, RefundStatus.PROCESSING, RefundStatus.CLOSED)),
    )
    def workers_work(
        self, jobs_done: int, lose: str, sends: list[str], pushes: list[str], refunds: RefundStatus
    ) -> None:
        self.wechat.lose, self.wechat.refunds_end_as = lose, refunds
        self.out.supplier.fates, self.out.chats.fates = list(sends), list(pushes)
        self._work(jobs_done)

    @rule()
    def jobs_are_lost(self) -> None:
        with self.services.engine.begin() as conn:
            conn.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'todo' AND id % 2 = 0"))

    @rule()
    def sweeps_run(self) -> None:
        self._sweep()

    @rule(which=WHICH)
    def a_buyer_is_suspected(self, which: int) -> None:
        """What he has not paid yet is held once it is; new orders of his are taken as ever."""
        if self.orders:
            openid = self._one(which).openid
            risk.put_on_list(self.services, Kind.BUYER, openid, Listing.BLOCK, "", actor="machine")
            risk.take_off_list(self.services, Kind.BUYER, openid, actor="machine")

    @rule(which=WHICH, released=st.booleans())
    def a_person_decides_on_a_held_order(self, which: int, released: bool) -> None:
        held = self._held()
        if held and released:
            assert risk.release(self.services, held[which % len(held)], actor="machine")
        elif held:
            assert risk.refuse(self.services, held[which % len(held)], "不卖", actor="machine")

    @rule(result=st.sampled_from(("success", "success", "failed")))
    def supplier_settles(self, result: str) -> None:
        self.out.supplier.settle(result)

    @rule()
    def a_late_purchase_arrives(self) -> None:
        if not self.out.supplier.late:
            return
        self.out.supplier.orders.setdefault(self.out.supplier.late.pop(), "processing")

    @rule(minutes=st.sampled_from((0.1, 0.5, 2, 2, 16)))
    def time_passes(self, minutes: float) -> None:
        self.clock.move(timedelta(minutes=minutes))

    # ---- what holds at every moment

    @invariant()
    def nothing_of_a_held_order_is_delivered(self) -> None:
        with self.services.engine.connect() as conn:
            begun = text(
                "SELECT l.order_no FROM order_line l JOIN order_hold h USING (order_no)"
                " WHERE h.state = 'held' AND l.state IN ('delivering', 'delivered')"
            )
            assert conn.execute(begun).scalars().all() == []

    @invariant()
    def nothing_is_paid_sold_bought_or_given_back_twice(self) -> None:
        if not hasattr(self, "orders"):
            return
        mine = [order.order_no for order in self.orders]
        with self.services.engine.connect() as conn:
            rows = conn.execute(
                text(
                    "SELECT o.order_no, o.paid_at, o.state, count(DISTINCT p.id) FILTER (WHERE p.settles) AS settled,"
                    " (SELECT count(*) FROM key_sale k WHERE k.order_no = o.order_no) AS keys,"
                    " (SELECT count(*) FROM key_replacement r JOIN key_sale k ON k.card_key_id = r.new_key_id"
                    "   WHERE k.order_no = o.order_no) AS replaced,"
                    " (SELECT count(*) FROM supplier_order s WHERE s.order_no = o.order_no) AS bought,"
                    " (SELECT coalesce(sum(quantity), 0) FROM order_line l WHERE l.order_no = o.order_no"
                    "   AND delivery = 'card') AS wanted"
                    " FROM orders o LEFT JOIN payment p USING (order_no) WHERE o.order_no = ANY(:mine)"
                    " GROUP BY o.order_no"
                ),
                {"mine": mine},
            ).all()
        for row in rows:
            assert row.settled <= 1
            assert row.keys <= row.wanted + row.replaced
            assert row.paid_at is not None or row.keys == row.bought == 0
            assert (row.settled == 1) == (row.paid_at is not None)
        for trade in self.wechat._trades.values():
            assert self.wechat.refunded_fen(trade.request.out_trade_no) <= trade.request.total_fen

    # ---- the end

    def teardown(self) -> None:
        """Let everybody finish, and compare everything with everything."""
        if not hasattr(self, "orders"):
            return
        out = self.out
        self.wechat.refunds_end_as = RefundStatus.SUCCESS
        for number in out.supplier.late:
            out.supplier.orders.setdefault(number, "processing")
        out.supplier.late.clear()
        for nth in range(60):
            # Half of those still held are released; the others, that nobody decides on, go back in time.
            for order_no in self._held()[::2] if nth == 2 else ():
                risk.release(self.services, order_no, actor="machine")
            if nth == 3 and self._held():
                self.clock.move(timedelta(hours=self.services.config.risk.hold_refund_hours))
            self._sweep()
            self._work(500)
            for number, state in out.supplier.orders.items():
                if state == "processing":
                    out.supplier.orders[number] = "failed" if sum(map(ord, number)) % 4 == 0 else "success"
            for openid in {order.openid for order in self.orders} if nth > 2 else ():
                self._hello(openid)
            self.clock.move(timedelta(minutes=2 + nth))
            if not still_open(self.services.engine):
                break
        found = judge(self.services.engine, self.services.vault, self.services.config.app.key(), out.world())
        broken = {promise: problems for promise, problems in found.broken.items() if problems}
        assert broken == {}

    # ---- how it is done

    def _one(self, which: int) -> Order:
        return self.orders[which % len(self.orders)]

    def _held(self) -> list[str]:
        with self.services.engine.connect() as conn:
            mine = {order.order_no for order in self.orders}
            return [one.order_no for one in held_orders(conn) if one.order_no in mine]

    def _paid_lines(self, which: int, such: str) -> list[Row[Any]]:
        """One of the lines in paid orders of this example that are such; none where there is none."""
        mine = {"mine": [order.order_no for order in self.orders]}
        with self.services.engine.connect() as conn:
            rows = conn.execute(
                text(
                    "SELECT l.id, l.order_no, l.refund_fen, o.openid FROM order_line l JOIN orders o USING (order_no)"
                    f" WHERE o.paid_at IS NOT NULL AND o.order_no = ANY(:mine) AND {such} ORDER BY l.id"
                ),
                mine,
            ).all()
        return [rows[which % len(rows)]] if rows else []

    def _hello(self, openid: OpenId) -> None:
        for push_id in telling.take_waiting(self.services, openid, f"hello{self.out.number()}"):
            self.out.chats.said(openid, telling.push_text(self.services, openid, push_id), "passive")

    def _notice(self, plain: dict[str, Any], kind: str, event: str, notice_id: str) -> None:
        platform = self.out.platform
        sealed = platform.envelope(platform.seal(plain, kind), event, id=notice_id)
        headers, body = platform.notice(sealed, at=self.clock.now())
        assert paying.take_notice(self.services, headers, body) is None

    def _notice_refund(self, report: RefundReport) -> None:
        plain = self.out.platform.refund(
            out_trade_no=report.out_trade_no,
            out_refund_no=report.out_refund_no,
            refund_id=report.refund_id,
            refund_status=report.status.value,
            amount={"total": report.total_fen, "refund": report.refund_fen},
        )
        self._notice(plain, "refund", f"REFUND.{report.status}", f"{report.out_refund_no}-{report.status}")

    def _sweep(self) -> None:
        for sweep in (background.expire_orders, background.sweep_orders, background.sweep_work, risk.sweep_holds):
            sweep(self.services)

    def _work(self, at_most: int) -> None:
        """Some of the jobs that are due; none may raise."""
        try:
            did = jobs.run_pending(
                self.services.engine, background.TASKS, self.services, self.clock.now(), jobs_max=at_most
            )
        except RuntimeError:
            return  # so many were done, and more are due
        assert [one for one in did if one.error is not None] == []


@pytest.fixture
def outside(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Outside]:
    (tmp_path / "config.toml").write_text('[app]\ndata_dir = "data"\n')
    clock = MovableClock(SystemClock().now())
    url = engine.url.render_as_string(hide_password=False)
    built = build(load_config(tmp_path / "config.toml", {}), database_url=url, redis_url=redis_url, clock=clock)
    wechat, supplier, chats = LossyPay(clock), LossySupplier(), Chats()
    made = credentials()
    keys = PlatformKeys({made.platform_key_id: load_public_key(made.platform_public_key_pem.encode())})
    services = replace(
        built,
        gateway=wechat,
        suppliers=Suppliers(MappingProxyType({"fulu": Supplier("fulu", "fulu", supplier)}), "fulu", {"fulu": Terms()}),
        account=chats,  # type: ignore[arg-type]
        notice_keys=NoticeKeys(keys, made.api_v3_key.encode(), made.app_id, made.mch_id),
    )
    with services.engine.begin() as conn:
        import_catalog(conn, SHELF)
    yield Outside(services, clock, wechat, supplier, chats, Platform(made), tmp_path)
    services.engine.dispose()


@pytest.mark.timeout(180)  # seconds, as a rule; a machine may be busy
def test_whatever_comes_in_whatever_order_every_promise_is_kept(outside: Outside) -> None:
    assert delivering
    run_machine(type("ShopHere", (Shop,), {"out": outside}), examples=10, steps=45)
