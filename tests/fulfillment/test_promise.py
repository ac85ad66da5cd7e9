"""What must always hold: paid means delivered or refunded, line by line, whatever happens in whatever order."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection, Engine, text

from fulfillment import audit, byhand, delivering, paying, placing, reading, topups
from fulfillment.refunding import refund_settled, take_back
from fulfillment.states import LINE_MOVES, ORDER_MOVES, share_fen
from fulfillment.suppliers.port import (
    Accepted,
    Failed,
    NoSuchOrder,
    Processing,
    QueryAnswer,
    Rejected,
    Success,
    Unknown,
)
from fulfillment.topups import ToQuery, ToSend
from fulfillment.work import Work
from kernel.orders import Line, LineState, Order, OrderState
from tests.fulfillment.counter import NOW, add_keys, history, place, want
from tests.machines import run_machine

KEYS = {"ST50": 4, "ST100": 2}
BASKETS = [
    [("ST50", 1, None)],
    [("ST50", 2, None), ("ST100", 1, None), ("ST50", 1, None)],
    [("HF100", 1, None)],
    [("WZ60", 3, None), ("ST100", 1, None)],
    [("QB", 2, 7), ("BJ2", 1, None), ("HF100", 2, None)],
]
WHICH = st.integers(0, 99)


class TrueSupplier:
    """A supplier as it is behind the network: one order per number, and a result that does not depend on us."""

    def __init__(self) -> None:
        self.orders: dict[str, str] = {}
        self.on_the_way: list[str] = []
        """Requests that nobody answered; they may arrive any time later."""

    def arrive(self, number: str) -> None:
        self.orders.setdefault(number, "processing")

    def answer(self, number: str) -> QueryAnswer:
        answers: dict[str, QueryAnswer] = {"processing": Processing(), "success": Success(), "failed": Failed("")}
        return answers[self.orders[number]] if number in self.orders else NoSuchOrder()


class Promise(RuleBasedStateMachine):
    """Buyers, payments, a supplier and a network, in any order; the database is the real one."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__()
        self.conn: Connection = self.engine.connect()
        self.now = NOW
        self.order_nos: list[str] = []
        self.paid: set[str] = set()
        self.supplier = TrueSupplier()
        self.sending: list[ToSend] = []
        self.asking: list[ToQuery] = []
        self.refunds: Counter[int] = Counter()
        for sku_code, count in KEYS.items():
            add_keys(self.conn, sku_code, count)

    def teardown(self) -> None:
        try:
            self.finish()
            self.every_paid_line_is_delivered_or_refunded()
            assert list(audit.verify(self.conn)) == []
        finally:
            self.conn.close()

    # ---- buyers and payments

    @rule(buyer=st.sampled_from(["li", "wang"]), basket=st.sampled_from(BASKETS), again=st.booleans())
    def order(self, buyer: str, basket: list[tuple[str, int, int | None]], again: bool) -> None:
        lines = [want(sku_code, quantity, value) for sku_code, quantity, value in basket]
        key = f"m{len(self.order_nos)}"
        placed = place(self.conn, *lines, openid=buyer, key=key, now=self.now)
        if isinstance(placed, placing.Placed):
            self.order_nos.append(placed.order.order_no)
            if again:
                assert place(self.conn, *lines, openid=buyer, key=key, now=self.now).order == placed.order

    @rule(minutes=st.sampled_from([0.05, 1, 6, 16, 60]))
    def time_passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.order_nos)
    @rule(which=WHICH)
    def payment_arrives(self, which: int) -> None:
        order_no = self.one_of(which)
        self.paid.add(order_no)
        outcome = paying.mark_paid(self.conn, order_no, self.now, self.now)
        if isinstance(outcome, paying.PaidLate):
            self.take(outcome.work)

    @precondition(lambda self: self.order_nos)
    @rule(which=WHICH)
    def buyer_cancels(self, which: int) -> None:
        order = self.read(self.one_of(which))
        paying.cancel(self.conn, order.order_no, order.openid, self.now)

    @precondition(lambda self: self.order_nos)
    @rule(which=WHICH)
    def time_runs_out(self, which: int) -> None:
        paying.expire(self.conn, self.one_of(which), self.now)

    @precondition(lambda self: self.order_nos)
    @rule(which=WHICH)
    def stock_is_released(self, which: int) -> None:
        paying.release_closed(self.conn, self.one_of(which), self.now)

    # ---- workers, any of which may die between two steps

    @precondition(lambda self: self.paid)
    @rule(which=WHICH)
    def worker_delivers(self, which: int) -> None:
        self.take(delivering.deliver(self.conn, self.one_of(which), self.now, default_supplier="fulu"))

    @rule(which=WHICH)
    def worker_claims_a_sending(self, which: int) -> None:
        ids = topups.due(self.conn, self.now).send_ids
        sent = topups.claim_send(self.conn, ids[which % len(ids)], self.now) if ids else None
        if sent is not None:
            self.sending.append(sent)

    @precondition(lambda self: self.sending)
    @rule(what=st.sampled_from(["accepted", "accepted", "arrived", "lost", "rejected", "died"]))
    def worker_sends(self, what: str) -> None:
        sent = self.sending.pop()
        number = sent.request.supplier_order_no
        if what == "rejected" and number not in self.supplier.orders:
            self.take(topups.record_sent(self.conn, sent, Rejected("no"), self.now))
            return
        if what in ("lost", "died"):
            self.supplier.on_the_way.append(number)
        else:
            self.supplier.arrive(number)
        if what != "died":
            answer = Accepted() if what == "accepted" else Unknown("timeout")
            self.take(topups.record_sent(self.conn, sent, answer, self.now))

    @rule(which=WHICH)
    def worker_claims_a_query(self, which: int) -> None:
        due = topups.due(self.conn, self.now).queries
        asked = topups.claim_query(self.conn, due[which % len(due)].supplier_order_id, self.now) if due else None
        if asked is not None:
            self.asking.append(asked)

    @precondition(lambda self: self.asking)
    @rule(what=st.sampled_from(["answered", "answered", "silence", "died"]))
    def worker_queries(self, what: str) -> None:
        asked = self.asking.pop()
        answer = self.supplier.answer(asked.supplier_order_no) if what == "answered" else Unknown("timeout")
        if what != "died":
            self.take(topups.record_query(self.conn, asked, answer, self.now))

    # ---- the supplier

    @precondition(lambda self: self.supplier.on_the_way)
    @rule()
    def a_late_request_arrives(self) -> None:
        self.supplier.arrive(self.supplier.on_the_way.pop())

    @precondition(lambda self: "processing" in self.supplier.orders.values())
    @rule(result=st.sampled_from(["success", "failed"]), calls_back=st.booleans())
    def supplier_settles(self, result: str, calls_back: bool) -> None:
        number = next(number for number, state in self.supplier.orders.items() if state == "processing")
        self.supplier.orders[number] = result
        if calls_back:
            topups.hint(self.conn, "fulu", number, self.now)

    # ---- money back, and people

    @precondition(lambda self: self.refunds)
    @rule(which=WHICH)
    def refund_arrives(self, which: int) -> None:
        refund_settled(self.conn, list(self.refunds)[which % len(self.refunds)], self.now)

    @precondition(lambda self: self.paid)
    @rule(which=WHICH, one_line=st.booleans())
    def buyer_wants_his_money_back(self, which: int, one_line: bool) -> None:
        order = self.read(self.one_of(which))
        only = order.lines[-1].id if one_line else None
        taken = take_back(self.conn, order.order_no, order.openid, self.now, only=only)
        assert (taken is None) == (order.order_no not in self.paid)
        self.take(taken.work if taken is not None else Work())

    @precondition(lambda self: self.order_nos)
    @rule(which=WHICH, done=st.booleans())
    def person_looks_at_services(self, which: int, done: bool) -> None:
        for line in self.read(self.one_of(which)).lines:
            if line.delivery != "service":
                continue
            if done:
                byhand.complete(self.conn, line.id, self.now, actor="ops")
            else:
                work = byhand.give_back(self.conn, line.id, self.now, actor="ops", reason="not possible")
                self.take(work if isinstance(work, Work) else Work())

    # ---- what holds at every moment

    @invariant()
    def every_move_was_allowed_and_is_written_down(self) -> None:
        for order in self.all_orders():
            moves = history(self.conn, order.order_no)
            assert moves[0] == ("", "unpaid")
            assert moves[-1][1] == order.state
            for (_, before), (start, after) in pairwise(moves):
                assert before == start
                assert OrderState(after) in ORDER_MOVES[OrderState(start)]
            for line in order.lines:
                state = LineState.WAITING
                for start, after in history(self.conn, order.order_no, line.id):
                    assert start == state
                    assert LineState(after) in LINE_MOVES[state]
                    state = LineState(after)
                assert state is line.state

    @invariant()
    def a_buyer_never_has_more_than_three_orders_to_pay(self) -> None:
        for buyer in ("li", "wang"):
            assert len(reading.unpaid_of(self.conn, buyer, self.now)) <= 3

    @invariant()
    def every_key_is_somewhere_and_held_only_for_what_may_still_be_paid_or_delivered(self) -> None:
        rows = self.conn.execute(text("SELECT sku_code, state, order_no, count(*) AS n FROM card_key GROUP BY 1, 2, 3"))
        total: Counter[str] = Counter()
        for row in rows:
            total[row.sku_code] += row.n
            if row.state != "held":
                continue
            order = self.read(row.order_no)
            waits = [line for line in order.lines if line.state is LineState.WAITING]
            assert waits
            assert row.n == sum(line.quantity for line in waits if line.sku_code == row.sku_code)
        assert total == KEYS

    @invariant()
    def nobody_gets_what_was_not_paid(self) -> None:
        for order in self.all_orders():
            if order.order_no not in self.paid:
                assert all(line.state is LineState.WAITING for line in order.lines)
                assert all(self.keys(line) == 0 and self.units(line) == [] for line in order.lines)

    # ---- the end

    def finish(self) -> None:
        """Let everybody do what is left to do: workers, supplier, WeChat, people."""
        self.sending.clear()
        self.asking.clear()
        for _ in range(60):
            for order in self.all_orders():
                self.take(delivering.deliver(self.conn, order.order_no, self.now, default_supplier="fulu"))
            for number in self.supplier.on_the_way:
                self.supplier.arrive(number)
            work = topups.due(self.conn, self.now)
            for supplier_order_id in work.send_ids:
                sent = topups.claim_send(self.conn, supplier_order_id, self.now)
                if sent is not None:
                    self.supplier.arrive(sent.request.supplier_order_no)
                    self.take(topups.record_sent(self.conn, sent, Accepted(), self.now))
            for number, state in self.supplier.orders.items():
                self.supplier.orders[number] = "success" if state == "processing" else state
                topups.hint(self.conn, "fulu", number, self.now)
            for query in topups.due(self.conn, self.now).queries:
                asked = topups.claim_query(self.conn, query.supplier_order_id, self.now)
                if asked is not None:
                    answer = self.supplier.answer(asked.supplier_order_no)
                    self.take(topups.record_query(self.conn, asked, answer, self.now))
            for line_id in self.refunds:
                refund_settled(self.conn, line_id, self.now)
            self.now += timedelta(minutes=1)
            states = {line.state for order in self.all_orders() for line in order.lines if order.order_no in self.paid}
            if not states & {LineState.WAITING, LineState.REFUNDING} and topups.due(self.conn, self.now) == Work():
                break
        for which in range(len(self.order_nos)):
            self.person_looks_at_services(which, done=True)
        self.every_move_was_allowed_and_is_written_down()

    def every_paid_line_is_delivered_or_refunded(self) -> None:
        for order in self.all_orders():
            for line in order.lines if order.order_no in self.paid else ():
                assert line.refund_fen == self.refunds[line.id]
                units = self.units(line)
                if line.state is LineState.ATTENTION:
                    # Only when the supplier delivered what had already been given back.
                    assert line.refund_fen > 0
                    assert "success" in units
                    continue
                assert line.state in (LineState.DELIVERED, LineState.REFUNDED)
                if line.delivery == "card":
                    delivered = self.keys(line) == line.quantity
                    assert delivered or self.keys(line) == 0
                    assert line.refund_fen == (0 if delivered else line.total_fen)
                elif line.delivery == "topup" and units:
                    shares = [share_fen(line.total_fen, len(units), unit) for unit in range(len(units))]
                    got = sum(share for share, state in zip(shares, units, strict=True) if state == "success")
                    assert line.total_fen - line.refund_fen == got
                else:
                    assert line.refund_fen == (line.total_fen if line.state is LineState.REFUNDED else 0)

    # ---- looking

    def take(self, work: Work) -> None:
        """Do as the caller does: ask for each refund, once."""
        for refund in work.refunds:
            assert refund.line_id not in self.refunds
            self.refunds[refund.line_id] = refund.amount_fen

    def one_of(self, which: int) -> str:
        return self.order_nos[which % len(self.order_nos)]

    def read(self, order_no: str) -> Order:
        order = reading.by_no(self.conn, order_no)
        assert order is not None
        return order

    def all_orders(self) -> list[Order]:
        return [self.read(order_no) for order_no in self.order_nos]

    def keys(self, line: Line) -> int:
        return self.conn.execute(
            text("SELECT count(*) FROM key_sale WHERE line_id = :id"), {"id": line.id}
        ).scalar_one()

    def units(self, line: Line) -> list[str]:
        """What the supplier truly did for each unit of the line; "none" where no request ever reached it."""
        rows = self.conn.execute(
            text("SELECT supplier_order_no FROM supplier_order WHERE line_id = :id ORDER BY unit"), {"id": line.id}
        )
        return [self.supplier.orders.get(number, "none") for number in rows.scalars()]


def test_paid_means_delivered_or_refunded_whatever_happens(shop_engine: Engine) -> None:
    Promise.engine = shop_engine
    run_machine(Promise, examples=25, steps=30)
