"""The books: every thing that happens to money is booked once, sums to zero, and agrees with the rows it is about."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from bot import background, books, bootstrap, paying, work
from bot.bootstrap import Services
from bot.config import load_config
from bot.jobs import Jobs
from bot.nightly import check_books
from catalog.shelf import Shelf
from catalog.store import import_catalog
from fulfillment import byhand, delivering, placing, reading, topups
from fulfillment import paying as order_ends
from fulfillment.refunding import refund_settled
from fulfillment.suppliers.port import Accepted, Failed, Success
from kernel.clock import MovableClock
from kernel.ids import OpenId
from kernel.money import Fen
from payments import ledger, store
from payments.attempts import Opened, OrderPaid, open_attempt
from payments.bill import Bill, PaidOnBill, RefundOnBill, reconcile
from payments.fake import FakeWechatPay
from payments.gateway import CodeUrl, Prepay, RefundReport, RefundStatus, TradeType, Transaction
from payments.ledger import Account, Booking, Kind
from payments.refunds import RefundSettled, request_refund, settle_refund
from payments.settling import settle
from tests.fulfillment.counter import NOW, SHELF, add_keys, want
from tests.machines import run_machine

COSTS = {
    "HF100": Fen(9800),
    "QB": Fen(90),
    "ST50": Fen(4700),
    "WZ60": None,
    "ST100": Fen(9600),
    "TEA": None,
    "BJ2": Fen(6000),
}
PRICED = Shelf(
    tuple(
        replace(one, skus=tuple(replace(sku, cost_fen=COSTS[sku.code]) for sku in one.skus)) for one in SHELF.products
    ),
    version="v1",
)
BASKETS = [
    [("ST50", 1, None)],
    [("HF100", 2, None)],
    [("ST50", 2, None), ("QB", 1, 7), ("HF100", 1, None)],
    [("WZ60", 1, None), ("ST100", 1, None)],
]
WHICH = st.integers(0, 99)


class Counter:
    """The shop's own joins over the real database, with a WeChat Pay in memory."""

    def __init__(self, services: Services) -> None:
        self.clock = MovableClock(NOW)
        self.wechat = FakeWechatPay(self.clock)
        self.services = replace(services, clock=self.clock, gateway=self.wechat, jobs=Jobs(background.TASKS))
        self.messages = 0

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def do(self, action: Callable[[Connection], Any]) -> Any:
        with self.services.engine.begin() as conn:
            return action(conn)

    def execute(self, statement: str) -> None:
        with self.services.engine.begin() as conn:
            conn.execute(text(statement))

    def order(self, *lines: tuple[str, int, int | None], buyer: str = "li") -> str | None:
        self.messages += 1

        def place(conn: Connection) -> Any:
            return placing.place(
                conn,
                openid=OpenId(buyer),
                message_key=f"{id(self)}-{self.messages}",
                lines=[want(*line) for line in lines],
                shelf=PRICED,
                now=self.now,
                ttl=timedelta(minutes=15),
            )

        placed = self.do(place)
        return placed.order.order_no if isinstance(placed, placing.Placed) else None

    def open(self, order_no: str, payer: str = "li") -> Prepay | CodeUrl | None:
        order = self.do(lambda conn: reading.by_no(conn, order_no))
        opened = open_attempt(
            self.services.engine,
            self.wechat,
            order_no=order_no,
            total_fen=order.total_fen,
            description="x",
            trade_type=TradeType.JSAPI,
            payer_openid=payer,
            expires_at=order.expires_at,
            now=self.now,
        )
        if isinstance(opened, OrderPaid) and opened.transaction is not None:
            self.settle(opened.transaction)
        return opened.credential if isinstance(opened, Opened) else None

    def pay(self, order_no: str, payer: str = "li") -> Transaction:
        given = self.open(order_no, payer)
        assert given is not None
        paid = self.wechat.pay(given, payer)
        assert paid is not None
        return paid

    def settle(self, transaction: Transaction) -> None:
        paying.take_transaction(self.services, transaction)

    def deliver(self, order_no: str) -> None:
        def deliver(conn: Connection) -> None:
            to_do = delivering.deliver(conn, order_no, self.now, default_supplier="fulu")
            work.enqueue(self.services, conn, to_do)

        self.do(deliver)

    def supplier_answers(self, number: int, succeeds: bool) -> None:
        """The purchase with this row number is sent, and asked about until it has ended."""

        def answer(conn: Connection) -> None:
            sent = topups.claim_send(conn, number, self.now)
            if sent is not None:
                work.enqueue(self.services, conn, topups.record_sent(conn, sent, Accepted(), self.now))
            conn.execute(
                text("UPDATE supplier_order SET next_query_at = :n WHERE id = :i"), {"n": self.now, "i": number}
            )
            asked = topups.claim_query(conn, number, self.now)
            if asked is not None:
                said = Success() if succeeds else Failed("no")
                work.enqueue(self.services, conn, topups.record_query(conn, asked, said, self.now))

        self.do(answer)

    def purchases(self) -> list[tuple[int, str]]:
        """Row number and order of every purchase at a supplier, oldest first."""
        rows = self.do(lambda conn: conn.execute(text("SELECT id, order_no FROM supplier_order ORDER BY id")).all())
        return [(row.id, row.order_no) for row in rows]

    def refunds(self, order_no: str) -> list[int]:
        return [one.id for one in self.do(lambda conn: store.refunds_of(conn, order_no))]

    def drive(self, refund_id: int) -> None:
        paying.drive_refund_on(self.services, refund_id=refund_id)

    def balances(self, order_no: str) -> dict[Account, int]:
        return ledger.balances(self.do(lambda conn: ledger.of_order(conn, order_no)))

    def disagreements(self) -> list[tuple[str, int, int]]:
        return [(one.what, one.books_fen, one.rows_fen) for one in self.do(books.compare)]


@pytest.fixture
def shop(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Services]:
    (tmp_path / "config.toml").write_text('[app]\ndata_dir = "data"\n')
    url = engine.url.render_as_string(hide_password=False)
    services = bootstrap.build(load_config(tmp_path / "config.toml", {}), database_url=url, redis_url=redis_url)
    with services.engine.begin() as conn:
        import_catalog(conn, PRICED)
        add_keys(conn, "ST50", 10)
    yield services
    services.engine.dispose()


@pytest.fixture
def counter(shop: Services) -> Counter:
    return Counter(shop)


def ordered(counter: Counter, *lines: tuple[str, int, int | None]) -> str:
    order_no = counter.order(*lines)
    assert order_no is not None
    return order_no


def test_a_sale_is_money_at_wechat_less_the_fee_and_goods_out_of_stock(counter: Counter) -> None:
    order_no = ordered(counter, ("ST50", 2, None))
    counter.settle(counter.pay(order_no))
    counter.deliver(order_no)
    assert counter.balances(order_no) == {
        Account.WECHAT_CLEARING: 10200 - 61,
        Account.SALES: -10200,
        Account.FEES: 61,
        Account.SUPPLIER_COST: 9400,
        Account.KEY_STOCK: -9400,
    }
    assert counter.disagreements() == []


def test_keys_cost_what_their_batch_cost_where_that_was_said(counter: Counter) -> None:
    counter.do(lambda conn: conn.execute(text("UPDATE key_batch SET unit_cost_fen = 4650")))
    order_no = ordered(counter, ("ST50", 2, None))
    counter.settle(counter.pay(order_no))
    counter.deliver(order_no)
    assert counter.balances(order_no)[Account.SUPPLIER_COST] == 9300
    assert counter.disagreements() == []


def test_a_payment_that_came_twice_is_owed_until_it_is_back(counter: Counter) -> None:
    order_no = ordered(counter, ("HF100", 1, None))
    first, second = counter.pay(order_no, "li"), counter.pay(order_no, "wang")
    for transaction in (first, second, first, second):
        counter.settle(transaction)
    assert counter.balances(order_no) == {
        Account.WECHAT_CLEARING: 2 * 9950 - 120,
        Account.BUYER: -9950,
        Account.SALES: -9950,
        Account.FEES: 120,
    }
    (refund_id,) = counter.refunds(order_no)
    counter.drive(refund_id)
    counter.drive(refund_id)
    counter.drive(refund_id)
    assert counter.balances(order_no) == {
        Account.WECHAT_CLEARING: 9950 - 60,
        Account.SALES: -9950,
        Account.FEES: 60,
    }
    assert counter.disagreements() == []


def test_a_purchase_costs_once_it_succeeded_and_a_failed_one_is_owed_back(counter: Counter) -> None:
    order_no = ordered(counter, ("HF100", 2, None))
    counter.settle(counter.pay(order_no))
    counter.deliver(order_no)
    (good, _), (bad, _) = counter.purchases()
    counter.supplier_answers(good, succeeds=True)
    assert counter.balances(order_no)[Account.SUPPLIERS] == -9800
    counter.supplier_answers(bad, succeeds=False)
    assert counter.balances(order_no)[Account.BUYER] == -9950
    assert counter.balances(order_no)[Account.REFUNDS] == 9950
    assert counter.disagreements() == []


def test_goods_delivered_by_hand_cost_what_the_catalog_says_once(counter: Counter) -> None:
    order_no = ordered(counter, ("BJ2", 2, None), ("TEA", 1, None))
    counter.settle(counter.pay(order_no))
    counter.deliver(order_no)
    order = counter.do(lambda conn: reading.by_no(conn, order_no))

    def done(conn: Connection) -> None:
        for line in order.lines:
            to_do = byhand.complete(conn, line.id, NOW, actor="ops")
            assert not isinstance(to_do, byhand.NotNow)
            work.enqueue(counter.services, conn, to_do)

    counter.do(done)
    assert counter.balances(order_no)[Account.SUPPLIER_COST] == 2 * 6000
    assert counter.disagreements() == []
    assert counter.do(lambda conn: books.uncosted(conn, NOW.date())) == 1  # the tea's nobody has said


def test_a_cause_is_booked_once_and_what_does_not_balance_is_not_booked(counter: Counter) -> None:
    order_no = ordered(counter, ("HF100", 1, None))
    booking = Booking("payment:1", Kind.PAYMENT, order_no, NOW, {Account.WECHAT_CLEARING: 5, Account.BUYER: -5})
    assert counter.do(lambda conn: [ledger.post(conn, booking, NOW) for _ in range(2)]) == [True, False]
    with pytest.raises(ValueError, match="does not balance"):
        counter.do(lambda conn: ledger.post(conn, replace(booking, cause="x", entries={Account.BUYER: 1}), NOW))


def test_the_database_itself_refuses_what_does_not_balance_and_every_change(counter: Counter) -> None:
    order_no = ordered(counter, ("HF100", 1, None))
    counter.settle(counter.pay(order_no))
    for statement, said in (
        (
            "INSERT INTO ledger_entry (booking_id, account, amount_fen) SELECT id, 'wallet', 1 FROM ledger_booking",
            "zero",
        ),
        ("UPDATE ledger_entry SET amount_fen = 1", "only ever added to"),
        ("DELETE FROM ledger_booking", "only ever added to"),
        ("TRUNCATE ledger_entry", "only ever added to"),
    ):
        with pytest.raises(DBAPIError, match=said):
            counter.execute(statement)


CHANGED_BY_HAND = {
    "UPDATE payment SET total_fen = total_fen + 1 WHERE state = 'paid'": {
        "payments", "sales", "order_total", "paid_state"
    },
    "UPDATE orders SET total_fen = total_fen - 1": {"order_total", "lines_total", "paid_state"},
    "UPDATE order_line SET refund_fen = 1": {"refunds_of_lines"},
    "UPDATE order_line SET total_fen = 1": {"lines_total"},
    "UPDATE supplier_order SET state = 'success'": {"purchases_with_cost"},
    "UPDATE refund SET state = 'success', settled_at = now()": {"refunds_arrived", "owed_to_buyer"},
}  # fmt: skip


def test_whatever_is_changed_beside_the_books_is_found_kept_and_resolved(counter: Counter) -> None:
    order_no = ordered(counter, ("HF100", 1, None))
    for transaction in (counter.pay(order_no, "li"), counter.pay(order_no, "wang")):
        counter.settle(transaction)
    counter.deliver(order_no)
    check_books(counter.services)
    assert counter.do(books.count_open) == 0

    for change, what in CHANGED_BY_HAND.items():
        with counter.services.engine.connect() as conn, conn.begin() as doubtful:
            conn.execute(text(change))
            found = books.check(conn, NOW)
            assert what <= {one.what for one in found}, change
            assert books.check(conn, NOW) == found
            assert books.count_open(conn) == len(found)
            doubtful.rollback()
    counter.execute(
        "INSERT INTO ledger_difference (order_no, what, books_fen, rows_fen, found_at)"
        " SELECT order_no, 'sales', 1, 2, now() FROM orders"
    )
    check_books(counter.services)
    assert counter.do(books.count_open) == 0


def test_the_bill_puts_its_fees_in_the_place_of_our_estimates_once(counter: Counter) -> None:
    order_no = ordered(counter, ("ST50", 1, None))
    counter.settle(counter.pay(order_no))
    refund = counter.do(
        lambda conn: request_refund(conn, order_no=order_no, amount_fen=2000, reason="x", key="goodwill", now=NOW)
    )
    for _ in range(2):
        counter.drive(refund.id)
    today = counter.do(lambda conn: ledger.day(conn, NOW.date()))
    assert (today.fees_fen, today.fees_estimated_fen) == (31 - 12, 31 - 12)
    bill = Bill((PaidOnBill(order_no, 5100, 28),), (RefundOnBill(order_no, refund.out_refund_no, 2000, -12),))
    for _ in range(2):
        counter.do(lambda conn: reconcile(conn, bill, NOW.date(), NOW + timedelta(days=1)))
    billed = counter.do(lambda conn: ledger.day(conn, NOW.date()))
    assert (billed.fees_fen, billed.fees_estimated_fen) == (28 - 12, 0)
    assert (billed.sold_fen, billed.refunds_fen, billed.refunded_fen) == (5100, 2000, 2000)
    assert billed.profit_fen == 5100 - 2000 - 16


def test_a_day_is_a_day_in_china(counter: Counter) -> None:
    order_no = ordered(counter, ("TEA", 1, None))
    late = replace(counter.pay(order_no), success_time=datetime(2026, 11, 21, 16, 0, tzinfo=UTC))
    counter.settle(late)
    assert counter.do(lambda conn: ledger.day(conn, date(2026, 11, 21))).sold_fen == 0
    assert counter.do(lambda conn: ledger.day(conn, date(2026, 11, 22))).sold_fen == 12800


def test_a_delivery_that_rolls_back_leaves_nothing_in_the_books(counter: Counter) -> None:
    order_no = ordered(counter, ("ST50", 1, None))
    counter.settle(counter.pay(order_no))
    before = counter.balances(order_no)
    with counter.services.engine.connect() as conn, conn.begin() as crashing:
        work.enqueue(counter.services, conn, delivering.deliver(conn, order_no, NOW))
        crashing.rollback()
    assert counter.balances(order_no) == before
    counter.deliver(order_no)
    counter.deliver(order_no)
    assert counter.disagreements() == []


def test_two_refunds_of_one_order_that_arrive_together_do_not_wait_for_each_other(counter: Counter) -> None:
    order_no = ordered(counter, ("HF100", 1, None), ("HF100", 1, None))
    counter.settle(counter.pay(order_no))
    counter.deliver(order_no)
    for number, _ in counter.purchases():
        counter.supplier_answers(number, succeeds=False)
    for refund_id in counter.refunds(order_no):
        counter.drive(refund_id)  # accepted, not there yet
    refunds = counter.do(lambda conn: store.refunds_of(conn, order_no))
    reports = [counter.wechat.query_refund(one.out_refund_no) for one in refunds]
    with counter.services.engine.connect() as first, counter.services.engine.connect() as second:
        for conn, refund, report in zip((first, second), refunds, reports, strict=True):
            conn.execute(text("SET LOCAL lock_timeout = '500ms'"))
            assert isinstance(report, RefundReport)
            assert isinstance(settle_refund(conn, report, NOW), RefundSettled), refund.state
        for conn, refund in ((first, refunds[0]), (second, refunds[1])):
            assert refund.line_id is not None
            refund_settled(conn, refund.line_id, NOW)
            conn.commit()
    assert counter.disagreements() == []


class Interleaved(RuleBasedStateMachine):
    """Orders, payments, second payments, suppliers, refunds and crashes in any order, each as often as it likes."""

    services: ClassVar[Services]

    def __init__(self) -> None:
        super().__init__()
        self.shop = Counter(self.services)
        self.order_nos: list[str] = []
        self.transactions: list[Transaction] = []

    def one(self, which: int) -> str:
        return self.order_nos[which % len(self.order_nos)]

    @rule(basket=st.sampled_from(BASKETS), buyer=st.sampled_from(["li", "wang", "zhao"]))
    def order(self, basket: list[tuple[str, int, int | None]], buyer: str) -> None:
        self.shop.do(lambda conn: add_keys(conn, "ST50", 1))
        order_no = self.shop.order(*basket, buyer=f"{buyer}{id(self)}")
        if order_no is not None:
            self.order_nos.append(order_no)

    @precondition(lambda self: self.order_nos)
    @rule(payers=st.sampled_from(["a", "ab", "abc"]))
    def latest_is_paid(self, payers: str) -> None:
        """By everybody who has opened the page: the second does not know of the first."""
        order_no = self.order_nos[-1]
        for payer, given in [(payer, self.shop.open(order_no, payer)) for payer in payers]:
            paid = self.shop.wechat.pay(given, payer) if given is not None else None
            if paid is not None:
                self.transactions.append(paid)

    @precondition(lambda self: self.transactions)
    @rule(latest=st.integers(1, 4))
    def payments_are_told(self, latest: int) -> None:
        for transaction in self.transactions[-latest:]:
            self.shop.settle(transaction)

    @precondition(lambda self: self.transactions)
    @rule()
    def settling_crashes(self) -> None:
        with self.shop.services.engine.connect() as conn, conn.begin() as crashing:
            settle(conn, self.transactions[-1], self.shop.now, fee_rate_bp=60)
            crashing.rollback()

    @precondition(lambda self: self.order_nos)
    @rule(which=WHICH)
    def cancelled(self, which: int) -> None:
        order_no = self.one(which)

        def cancel(conn: Connection) -> None:
            order = reading.by_no(conn, order_no)
            assert order is not None
            order_ends.cancel(conn, order_no, order.openid, self.shop.now)
            order_ends.release_closed(conn, order_no, self.shop.now)

        self.shop.do(cancel)

    @precondition(lambda self: self.order_nos)
    @rule()
    def worker_delivers(self) -> None:
        for order_no in self.order_nos:
            self.shop.deliver(order_no)

    @rule(which=WHICH, succeeds=st.booleans())
    def supplier(self, which: int, succeeds: bool) -> None:
        mine = set(self.order_nos)
        purchases = [number for number, order_no in self.shop.purchases() if order_no in mine]
        if purchases:
            self.shop.supplier_answers(purchases[which % len(purchases)], succeeds)

    @precondition(lambda self: self.order_nos)
    @rule(which=WHICH, nth=st.integers(0, 3), lose=st.sampled_from(["", "", "request", "answer"]),
          ends_as=st.sampled_from(list(RefundStatus)))  # fmt: skip
    def refund_is_driven(self, which: int, nth: int, lose: str, ends_as: RefundStatus) -> None:
        refunds = self.shop.refunds(self.one(which))
        if refunds:
            self.shop.wechat.lose, self.shop.wechat.refunds_end_as = lose, ends_as
            self.shop.drive(refunds[nth % len(refunds)])
            self.shop.wechat.lose = ""

    @precondition(lambda self: self.order_nos)
    @rule(which=WHICH)
    def a_person_gives_back(self, which: int) -> None:
        order = self.shop.do(lambda conn: reading.by_no(conn, self.one(which)))

        def give_back(conn: Connection) -> None:
            to_do = byhand.give_back_delivered(conn, order.lines[0].id, self.shop.now, actor="ops", reason="坏了")
            if not isinstance(to_do, byhand.NotNow):
                work.enqueue(self.shop.services, conn, to_do)

        if order.lines[0].state in ("delivered", "attention"):
            self.shop.do(give_back)

    @rule(minutes=st.sampled_from([1, 6]))
    def time_passes(self, minutes: int) -> None:
        self.shop.clock.move(timedelta(minutes=minutes))

    @invariant()
    def the_books_agree_with_everything(self) -> None:
        mine = set(self.order_nos)
        assert [one for one in self.shop.do(books.compare) if one.order_no in mine] == []
        for order_no in self.order_nos:
            assert sum(self.shop.balances(order_no).values()) == 0
            assert self.shop.balances(order_no).get(Account.BUYER, 0) <= 0  # nobody got back more than was his


def test_whatever_comes_in_whatever_order_the_books_agree(shop: Services) -> None:
    run_machine(type("InterleavedHere", (Interleaved,), {"services": shop}), examples=15, steps=40)
