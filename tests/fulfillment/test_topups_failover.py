"""Bought at the next supplier after a definite failure, and only then; money back once, when nobody is left."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import Connection, Engine, text

from catalog.model import Backup, Delivery, Field, FieldKind, Product, Sku
from catalog.shelf import Shelf, line_total_fen
from fulfillment import delivering, placing, reading, topups
from fulfillment.paying import mark_paid
from fulfillment.refunding import refund_settled
from fulfillment.states import share_fen
from fulfillment.suppliers.choosing import ANY_MARKET, Market, Terms
from fulfillment.suppliers.port import (
    Accepted,
    Failed,
    NoSuchOrder,
    OrderAnswer,
    Processing,
    QueryAnswer,
    Rejected,
    Success,
    TopupRequest,
    Unknown,
)
from fulfillment.topups import ToQuery, ToSend
from fulfillment.work import NOTHING_TO_DO, Work
from kernel.ids import OpenId
from kernel.money import Fen
from kernel.orders import Line, LineState, Order, WantedLine
from tests.fulfillment.counter import NOW, TTL
from tests.machines import run_machine

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PHONE = "13812345678"

SHELF = Shelf(
    (
        Product(
            "calls",
            "话费",
            ("充值",),
            Delivery.TOPUP,
            (
                Sku(
                    "HF100",
                    "100元",
                    Fen(9950),
                    100,
                    cost_fen=Fen(9800),
                    backup=(Backup("juhe", "100", Fen(9850)), Backup("third", "T100")),
                ),
                Sku("HF50", "50元", Fen(4980), 50, cost_fen=Fen(4990), backup=(Backup("juhe", "50", Fen(4900)),)),
                Sku("HF30", "30元", Fen(2980), 30, cost_fen=Fen(2990), backup=(Backup("juhe", "30", Fen(2985)),)),
            ),
            fields=(Field("account", "手机号", FieldKind.PHONE),),
        ),
    ),
    version="v1",
)


@pytest.fixture
def conn(shop_engine: Engine) -> Iterator[Connection]:
    with shop_engine.connect() as conn:
        yield conn


def paid(conn: Connection, sku_code: str = "HF100", quantity: int = 1, key: str = "m1") -> Order:
    sku = SHELF.sku(sku_code)
    assert sku is not None
    wanted = WantedLine(sku_code, quantity, line_total_fen(sku, None, quantity), fields={"account": PHONE})
    placed = placing.place(conn, openid=OpenId("li"), message_key=key, lines=[wanted], shelf=SHELF, now=NOW, ttl=TTL)
    assert isinstance(placed, placing.Placed)
    mark_paid(conn, placed.order.order_no, NOW, NOW)
    return placed.order


def deliver(conn: Connection, order: Order, market: Market = ANY_MARKET) -> Work:
    return delivering.deliver(conn, order.order_no, NOW, default_supplier="fulu", market=market)


def send(conn: Connection, supplier_order_id: int, answer: OrderAnswer, now: datetime = NOW) -> tuple[ToSend, Work]:
    sent = topups.claim_send(conn, supplier_order_id, now)
    assert sent is not None
    return sent, topups.record_sent(conn, sent, answer, now)


def query(conn: Connection, supplier_order_id: int, answer: QueryAnswer, now: datetime) -> Work:
    asked = topups.claim_query(conn, supplier_order_id, now)
    assert asked is not None
    return topups.record_query(conn, asked, answer, now)


def line_of(conn: Connection, order: Order) -> Line:
    again = reading.by_no(conn, order.order_no)
    assert again is not None
    return again.lines[0]


def attempts(conn: Connection, order: Order) -> list[tuple[str, str, str]]:
    rows = conn.execute(
        text("SELECT supplier, state, reason FROM supplier_order WHERE order_no = :no ORDER BY unit, attempt"),
        {"no": order.order_no},
    )
    return [(row.supplier, row.state, row.reason) for row in rows]


def hint(conn: Connection, supplier_order_id: int, now: datetime) -> Work:
    row = conn.execute(
        text("SELECT supplier, supplier_order_no FROM supplier_order WHERE id = :id"), {"id": supplier_order_id}
    ).one()
    return topups.hint(conn, row.supplier, row.supplier_order_no, now)


# ---- after a definite failure, and only then -----------------------------------------------------------------------


def test_what_failed_at_one_supplier_is_bought_at_the_next_under_a_number_of_its_own(conn: Connection) -> None:
    order = paid(conn)
    [first] = deliver(conn, order).send_ids
    one, _ = send(conn, first, Accepted())
    work = query(conn, first, Failed("no"), NOW + MINUTE)
    assert work.refunds == ()
    [second] = work.send_ids
    other, _ = send(conn, second, Accepted(), NOW + MINUTE)
    assert (one.supplier, one.request.product_code, other.supplier, other.request.product_code) == (
        "fulu",
        "HF100",
        "juhe",
        "100",
    )
    assert one.request.supplier_order_no[:-2] == other.request.supplier_order_no[:-2]
    assert other.request.supplier_order_no.endswith("A2")
    assert other.request == TopupRequest(other.request.supplier_order_no, "100", PHONE, 1, face_yuan=100)
    query(conn, second, Success(), NOW + 2 * MINUTE)
    assert line_of(conn, order).state is LineState.DELIVERED


@pytest.mark.parametrize("answer", [Unknown("timeout"), Processing(), NoSuchOrder()])
def test_without_a_definite_failure_nobody_else_is_asked(conn: Connection, answer: QueryAnswer) -> None:
    order = paid(conn)
    [first] = deliver(conn, order).send_ids
    send(conn, first, Unknown("timeout"))
    now = NOW
    for _ in range(300):
        row = conn.execute(text("SELECT state, next_query_at FROM supplier_order WHERE id = :id"), {"id": first}).one()
        if row.next_query_at is None:
            break
        now = max(now, row.next_query_at)
        if row.state == "created":
            send(conn, first, Unknown("timeout"), now)
        else:
            work = query(conn, first, answer, now)
            assert work.refunds == ()
            assert set(work.send_ids) <= {first}
    assert len(attempts(conn, order)) == 1
    assert line_of(conn, order).state is LineState.ATTENTION
    assert now - NOW > HOUR


def test_a_server_error_and_then_no_such_order_is_sent_again_after_two_minutes_and_not_before(conn: Connection) -> None:
    order = paid(conn)
    [first] = deliver(conn, order).send_ids
    sent, _ = send(conn, first, Unknown("HTTP 500"))
    assert query(conn, first, NoSuchOrder(), NOW + 119 * SECOND).send_ids == ()
    assert query(conn, first, NoSuchOrder(), NOW + 140 * SECOND).send_ids == (first,)
    again, _ = send(conn, first, Accepted(), NOW + 140 * SECOND)
    assert again.request == sent.request
    query(conn, first, Success(), NOW + HOUR)
    assert len(attempts(conn, order)) == 1
    assert line_of(conn, order).state is LineState.DELIVERED


def test_a_failure_of_a_repeated_request_is_not_definite(conn: Connection) -> None:
    order = paid(conn)
    [first] = deliver(conn, order).send_ids
    send(conn, first, Unknown("timeout"))
    query(conn, first, NoSuchOrder(), NOW + 3 * MINUTE)
    _, work = send(conn, first, Failed("not allowed"), NOW + 3 * MINUTE)
    assert work.send_ids == ()
    assert [state for _, state, _ in attempts(conn, order)] == ["unknown"]
    query(conn, first, Success(), NOW + 4 * MINUTE)
    assert line_of(conn, order).state is LineState.DELIVERED


def test_the_money_goes_back_once_when_everybody_has_failed(conn: Connection) -> None:
    order = paid(conn)
    [supplier_order_id] = deliver(conn, order).send_ids
    for _ in range(2):
        _, work = send(conn, supplier_order_id, Failed("not allowed"))
        assert work.refunds == ()
        [supplier_order_id] = work.send_ids
    _, work = send(conn, supplier_order_id, Failed("not allowed"))
    assert [refund.amount_fen for refund in work.refunds] == [9950]
    assert [supplier for supplier, _, _ in attempts(conn, order)] == ["fulu", "juhe", "third"]


def test_each_unit_goes_its_own_way(conn: Connection) -> None:
    order = paid(conn, quantity=2)
    one, two = deliver(conn, order).send_ids
    send(conn, one, Accepted())
    _, work = send(conn, two, Failed("no"))
    [other] = work.send_ids
    query(conn, one, Success(), NOW + MINUTE)
    assert line_of(conn, order).state is LineState.DELIVERING
    send(conn, other, Accepted())
    query(conn, other, Success(), NOW + MINUTE)
    assert line_of(conn, order).state is LineState.DELIVERED
    assert [state for _, state, _ in attempts(conn, order)] == ["success", "failed", "success"]


def test_what_a_person_already_has_is_not_bought_elsewhere(conn: Connection) -> None:
    order = paid(conn)
    [first] = deliver(conn, order).send_ids
    send(conn, first, Unknown("timeout"))
    query(conn, first, Unknown("timeout"), NOW + 73 * HOUR)
    assert line_of(conn, order).state is LineState.ATTENTION
    hint(conn, first, NOW + 74 * HOUR)
    work = query(conn, first, Failed(""), NOW + 74 * HOUR)
    assert work.send_ids == ()
    assert len(work.refunds) == 1


def test_a_request_that_waits_to_be_sent_again_is_only_asked_about_once_a_person_has_the_line(conn: Connection) -> None:
    order = paid(conn, quantity=2)
    one, two = deliver(conn, order).send_ids
    for supplier_order_id in (one, two):
        send(conn, supplier_order_id, Unknown("timeout"))
    query(conn, two, Unknown("timeout"), NOW + 73 * HOUR)
    assert line_of(conn, order).state is LineState.ATTENTION
    never = paid(conn, key="m2")
    deliver(conn, never)
    conn.execute(text("UPDATE order_line SET state = 'attention' WHERE order_no = :no"), {"no": never.order_no})
    conn.execute(text("UPDATE supplier_order SET state = 'created' WHERE id = :id"), {"id": one})
    due = topups.due(conn, NOW + MINUTE)
    assert (due.send_ids, [one.supplier_order_id for one in due.queries]) == ((), [one])
    [again] = query(conn, one, NoSuchOrder(), NOW + MINUTE).queries
    assert again.at > NOW + MINUTE
    query(conn, one, Success(), again.at)
    assert ("fulu", "success", "") in attempts(conn, order)


# ---- what it may cost ----------------------------------------------------------------------------------------------


def test_a_supplier_that_is_too_dear_is_passed_over_and_written_down(conn: Connection) -> None:
    order = paid(conn, "HF50")
    [bought] = deliver(conn, order).send_ids
    assert attempts(conn, order) == [
        ("fulu", "failed", "passed over: costs 49.90, at most 49.80"),
        ("juhe", "created", ""),
    ]
    send(conn, bought, Accepted())
    query(conn, bought, Success(), NOW + MINUTE)
    assert line_of(conn, order).state is LineState.DELIVERED


def test_where_everybody_is_too_dear_the_money_goes_back_at_once(conn: Connection) -> None:
    order = paid(conn, "HF30")
    work = deliver(conn, order)
    assert (work.send_ids, [refund.amount_fen for refund in work.refunds]) == ((), [2980])
    cause = conn.execute(
        text("SELECT cause FROM order_event WHERE order_no = :no AND to_state = 'refunding'"), {"no": order.order_no}
    ).scalar_one()
    assert "fulu: costs 29.90" in cause
    assert "juhe: costs 29.85" in cause


def test_a_loss_is_made_where_the_supplier_allows_it(conn: Connection) -> None:
    order = paid(conn, "HF30")
    deliver(conn, order, Market(terms={"fulu": Terms(), "juhe": Terms(allow_loss=True)}))
    assert [(supplier, state) for supplier, state, _ in attempts(conn, order)] == [
        ("fulu", "failed"),
        ("juhe", "created"),
    ]


def test_what_the_supplier_asks_now_counts_and_not_what_the_catalog_said(conn: Connection) -> None:
    conn.execute(
        text("INSERT INTO product (id, position, name, category, delivery, aliases, fields, options, eta, note, tags,"
             " on_sale, digest) VALUES ('c', 0, 'c', '[]', 'topup', '[]', '[]', '[]', '', '', '[]', true, '')")
    )  # fmt: skip
    for code in ("HF100", "HF30"):
        conn.execute(text("UPDATE sku SET product_id = 'c' WHERE code = :code"), {"code": code})
    offer = text(
        "INSERT INTO sku_offer (sku_code, supplier, product_code, cost_fen, available, said, alert, seen_at)"
        " VALUES ('HF100', 'fulu', 'HF100', 9960, true, '', false, :now)"
    )
    conn.execute(offer, {"now": NOW})
    order = paid(conn)
    deliver(conn, order)
    assert attempts(conn, order)[0] == ("fulu", "failed", "passed over: costs 99.60, at most 99.50")


def test_what_a_purchase_costs_is_what_its_own_supplier_asks(conn: Connection) -> None:
    order = paid(conn)
    [first] = deliver(conn, order).send_ids
    _, work = send(conn, first, Failed("no"))
    assert len(work.send_ids) == 1
    costs = conn.execute(text("SELECT cost_fen FROM supplier_order WHERE order_no = :no ORDER BY attempt"),
                         {"no": order.order_no}).scalars()  # fmt: skip
    assert list(costs) == [9800, 9850]


# ---- suppliers that change their mind ------------------------------------------------------------------------------


def failed_over(conn: Connection) -> tuple[Order, int, int]:
    order = paid(conn)
    [first] = deliver(conn, order).send_ids
    send(conn, first, Accepted())
    [second] = query(conn, first, Failed(""), NOW + MINUTE).send_ids
    return order, first, second


def test_a_change_of_mind_before_the_next_is_asked_calls_the_next_off(conn: Connection) -> None:
    order, first, second = failed_over(conn)
    hint(conn, first, NOW + MINUTE)
    query(conn, first, Success(), NOW + MINUTE)
    assert topups.claim_send(conn, second, NOW + MINUTE) is None
    assert line_of(conn, order).state is LineState.DELIVERED


@pytest.mark.parametrize("outcome", [Success(), Failed("")])
def test_a_change_of_mind_after_the_next_was_asked_is_for_a_person(conn: Connection, outcome: QueryAnswer) -> None:
    order, first, second = failed_over(conn)
    send(conn, second, Accepted(), NOW + MINUTE)
    hint(conn, first, NOW + MINUTE)
    assert query(conn, first, Success(), NOW + MINUTE).refunds == ()
    assert line_of(conn, order).state is LineState.ATTENTION
    work = query(conn, second, outcome, NOW + 2 * MINUTE)
    assert (work.send_ids, work.refunds) == ((), ())
    assert line_of(conn, order).state is LineState.ATTENTION
    assert hint(conn, first, NOW + HOUR) == NOTHING_TO_DO


def test_a_change_of_mind_after_the_next_has_delivered_opens_the_line_again(conn: Connection) -> None:
    order, first, second = failed_over(conn)
    send(conn, second, Accepted(), NOW + MINUTE)
    query(conn, second, Success(), NOW + 2 * MINUTE)
    assert line_of(conn, order).state is LineState.DELIVERED
    hint(conn, first, NOW + HOUR)
    query(conn, first, Success(), NOW + HOUR)
    line = line_of(conn, order)
    assert (line.state, line.refund_fen) == (LineState.ATTENTION, 0)


# ---- whatever is answered, in whatever order -----------------------------------------------------------------------


class TrueSuppliers:
    """Suppliers as they are behind the network: one order per number; a failed one may yet turn out a success."""

    def __init__(self) -> None:
        self.orders: dict[str, str] = {}
        self.on_the_way: list[str] = []
        self.changed_mind: set[str] = set()

    def arrive(self, number: str) -> None:
        self.orders.setdefault(number, "processing")

    def answer(self, number: str) -> QueryAnswer:
        answers: dict[str, QueryAnswer] = {"processing": Processing(), "success": Success(), "failed": Failed("")}
        return answers[self.orders[number]] if number in self.orders else NoSuchOrder()


WHICH = st.integers(0, 99)


class Failover(RuleBasedStateMachine):
    """An order of one or two units, two or three suppliers, and a network; the database is the real one."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__()
        self.conn = self.engine.connect()
        self.now = NOW
        self.suppliers = TrueSuppliers()
        self.sending: list[ToSend] = []
        self.asking: list[ToQuery] = []
        self.refunds: Counter[int] = Counter()
        self.units = 0
        self.orders: list[Order] = []

    @initialize(units=st.sampled_from([1, 1, 2]), sku_code=st.sampled_from(["HF100", "HF100", "HF50"]))
    def somebody_buys(self, units: int, sku_code: str) -> None:
        self.units = units
        self.orders = [paid(self.conn, sku_code, units)]
        deliver(self.conn, self.orders[0])

    def teardown(self) -> None:
        try:
            self.finish()
            self.nothing_is_delivered_twice_or_lost()
        finally:
            self.conn.close()

    def take(self, work: Work) -> None:
        for refund in work.refunds:
            self.refunds[refund.line_id] += refund.amount_fen
            assert (
                self.conn.execute(
                    text("SELECT refund_fen FROM order_line WHERE id = :id"), {"id": refund.line_id}
                ).scalar_one()
                == self.refunds[refund.line_id]
            )

    @rule(seconds=st.sampled_from([1, 15, 150, 2000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(which=WHICH, what=st.sampled_from(["accepted", "accepted", "arrived", "lost", "rejected", "failed", "slow"]))
    def worker_sends(self, which: int, what: str) -> None:
        ids = topups.due(self.conn, self.now).send_ids
        sent = topups.claim_send(self.conn, ids[which % len(ids)], self.now) if ids else None
        if sent is None:
            return
        number = sent.request.supplier_order_no
        if what in ("slow", "lost"):
            self.suppliers.on_the_way.append(number)
        if what in ("accepted", "arrived"):
            self.suppliers.arrive(number)
        if what == "slow":
            self.sending.append(sent)
            return
        answers: dict[str, OrderAnswer] = {"accepted": Accepted(), "failed": Failed("no"), "rejected": Rejected("no")}
        answer = answers.get(what, Unknown("timeout"))
        if what == "rejected" and number in self.suppliers.orders:
            answer = Unknown("exists already", alive=True)
        self.take(topups.record_sent(self.conn, sent, answer, self.now))

    @precondition(lambda self: self.sending)
    @rule()
    def a_slow_worker_comes_back(self) -> None:
        self.take(topups.record_sent(self.conn, self.sending.pop(), Unknown("timeout"), self.now))

    @rule(which=WHICH, what=st.sampled_from(["answered", "answered", "answered", "silence", "slow"]))
    def worker_queries(self, which: int, what: str) -> None:
        due = topups.due(self.conn, self.now).queries
        asked = topups.claim_query(self.conn, due[which % len(due)].supplier_order_id, self.now) if due else None
        if asked is None:
            return
        if what == "slow":
            self.asking.append(asked)
            return
        answer = self.suppliers.answer(asked.supplier_order_no) if what == "answered" else Unknown("timeout")
        self.take(topups.record_query(self.conn, asked, answer, self.now))

    @precondition(lambda self: self.asking)
    @rule()
    def a_slow_query_comes_back(self) -> None:
        asked = self.asking.pop()
        self.take(topups.record_query(self.conn, asked, self.suppliers.answer(asked.supplier_order_no), self.now))

    @precondition(lambda self: self.suppliers.on_the_way)
    @rule()
    def a_late_request_arrives(self) -> None:
        self.suppliers.arrive(self.suppliers.on_the_way.pop())

    @precondition(lambda self: "processing" in self.suppliers.orders.values())
    @rule(result=st.sampled_from(["success", "failed", "failed"]), which=WHICH, calls_back=st.booleans())
    def supplier_settles(self, result: str, which: int, calls_back: bool) -> None:
        numbers = [number for number, state in self.suppliers.orders.items() if state == "processing"]
        number = numbers[which % len(numbers)]
        self.suppliers.orders[number] = result
        if calls_back:
            self.call_back(number)

    @precondition(lambda self: "failed" in self.suppliers.orders.values())
    @rule(which=WHICH)
    def supplier_changes_its_mind(self, which: int) -> None:
        numbers = [number for number, state in self.suppliers.orders.items() if state == "failed"]
        number = numbers[which % len(numbers)]
        self.suppliers.orders[number] = "success"
        self.suppliers.changed_mind.add(number)
        self.call_back(number)

    @precondition(lambda self: self.refunds)
    @rule(which=WHICH)
    def refund_arrives(self, which: int) -> None:
        refund_settled(self.conn, list(self.refunds)[which % len(self.refunds)], self.now)

    def call_back(self, number: str) -> None:
        for supplier in ("fulu", "juhe", "third"):
            topups.hint(self.conn, supplier, number, self.now)

    def finish(self) -> None:
        """Let everybody do what is left to do."""
        self.sending.clear()
        self.asking.clear()
        for _ in range(100):
            while self.suppliers.on_the_way:
                self.suppliers.arrive(self.suppliers.on_the_way.pop())
            for supplier_order_id in topups.due(self.conn, self.now).send_ids:
                sent = topups.claim_send(self.conn, supplier_order_id, self.now)
                if sent is not None:
                    self.suppliers.arrive(sent.request.supplier_order_no)
                    self.take(topups.record_sent(self.conn, sent, Accepted(), self.now))
            for number, state in self.suppliers.orders.items():
                self.suppliers.orders[number] = "success" if state == "processing" else state
                self.call_back(number)
            for one in topups.due(self.conn, self.now).queries:
                asked = topups.claim_query(self.conn, one.supplier_order_id, self.now)
                if asked is not None:
                    answer = self.suppliers.answer(asked.supplier_order_no)
                    self.take(topups.record_query(self.conn, asked, answer, self.now))
            for line_id in self.refunds:
                refund_settled(self.conn, line_id, self.now)
            due_at = self.conn.execute(
                text(
                    "SELECT min(next_query_at) FROM supplier_order s JOIN order_line l ON l.id = s.line_id"
                    " WHERE s.state <> 'created' OR s.sends > 0 OR l.state = 'delivering'"
                )
            ).scalar_one()
            if due_at is None:
                break
            self.now = max(self.now, due_at)

    def person_was_called(self, line: Line) -> bool:
        """Because of three requests of which the supplier knew nothing, or after 72 h."""
        causes = self.conn.execute(text("SELECT cause FROM order_event WHERE line_id = :id"), {"id": line.id})
        return not {"supplier knows no such order", "no result after 72 h"}.isdisjoint(causes.scalars())

    def nothing_is_delivered_twice_or_lost(self) -> None:
        for order in self.orders:
            line = line_of(self.conn, order)
            rows = self.conn.execute(
                text("SELECT unit, supplier_order_no FROM supplier_order WHERE line_id = :id ORDER BY unit, attempt"),
                {"id": line.id},
            )
            bought: dict[int, list[str]] = {unit: [] for unit in range(self.units)}
            for row in rows:
                if self.suppliers.orders.get(row.supplier_order_no) == "success":
                    bought[row.unit].append(row.supplier_order_no)
            changed = any(number in self.suppliers.changed_mind for numbers in bought.values() for number in numbers)
            assert all(len(numbers) <= 1 for numbers in bought.values()) or changed
            assert line.refund_fen == self.refunds[line.id]
            if line.state is LineState.ATTENTION:
                assert changed or self.person_was_called(line)
                continue
            assert line.state in (LineState.DELIVERED, LineState.REFUNDED)
            due = sum(share_fen(line.total_fen, self.units, unit) for unit, numbers in bought.items() if not numbers)
            assert line.refund_fen == due
            assert all(len(numbers) <= 1 for numbers in bought.values())


def test_at_most_one_success_a_unit_and_the_money_of_the_rest_back_exactly_once(shop_engine: Engine) -> None:
    Failover.engine = shop_engine
    run_machine(Failover, examples=40, steps=30)
