"""Balances through the edge in any order and repetition: topped up, paid from, given back, withdrawn, closed, late."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from bot import after_sale, background, books, ordering, paying, wallet
from dialogs.effects import AskRefund
from dialogs.facts import OrderPlaced
from fulfillment import audit
from kernel.ids import OpenId
from kernel.orders import Order, WantedLine
from payments.gateway import Prepay
from payments.store import attempts_of
from tests.bot.test_after_sale import Shop, opened
from tests.machines import run_machine

_WHO = st.integers(0, 1)
_MONEY = text("""
    SELECT coalesce(sum(p.total_fen) FILTER (WHERE p.trade_type <> 'WALLET' AND p.state = 'paid'), 0)
         - coalesce((SELECT sum(amount_fen) FROM refund WHERE route = 'original' AND state <> 'closed'), 0)
    FROM payment p
""")
_KEPT = text("SELECT coalesce(sum(balance_fen), 0) FROM wallet")
_SOLD = text("""
    SELECT coalesce(sum(l.total_fen - l.refund_fen), 0) FROM order_line l JOIN orders o USING (order_no)
    WHERE o.paid_at IS NOT NULL AND l.delivery <> 'wallet'
""")
_COMING = text("""
    SELECT coalesce(sum(l.total_fen - l.refund_fen), 0) FROM order_line l JOIN orders o USING (order_no)
    WHERE o.paid_at IS NOT NULL AND l.delivery = 'wallet' AND l.state = 'waiting'
""")


class Buyers(RuleBasedStateMachine):
    """Two buyers who do what they can think of, with what they can name, again and again."""

    shop: ClassVar[Shop]

    @initialize()
    def begin(self) -> None:
        self.buyers = [OpenId(f"o{uuid4().hex}") for _ in range(2)]
        self.orders: list[Order] = []
        self.opened: list[tuple[Order, Prepay]] = []
        shelf, _ = self.shop.services.shelf.current()
        sku = shelf.sku("HF50")
        assert sku is not None
        self.line = WantedLine("HF50", 1, sku.price_fen, 50, sku.options, {"account": "13812345678"})
        for who in (0, 1):
            self.tops_up(who, 100)
            self.opens_at_wechat(len(self.orders) - 1)
            self.pays_at_wechat(len(self.opened) - 1, False)
        self.shop.work()

    def _key(self) -> str:
        return f"machine-{uuid4().hex}"

    def _order(self, pick: int) -> Order:
        return self.orders[pick % len(self.orders)]

    @rule(who=_WHO, yuan=st.sampled_from((20, 50, 100)))
    def tops_up(self, who: int, yuan: int) -> None:
        placed = wallet.top_up(self.shop.services, self.buyers[who], self._key(), yuan * 100)
        if isinstance(placed, OrderPlaced):
            self.orders.append(placed.order)

    @rule(who=_WHO, then=st.sampled_from(("nothing", "opens", "pays")))
    def orders_goods(self, who: int, then: str) -> None:
        placed = ordering.place(self.shop.services, self.buyers[who], self._key(), (self.line,))
        if isinstance(placed, OrderPlaced):
            self.orders.append(placed.order)
            if then == "opens":
                self.opens_at_wechat(len(self.orders) - 1)
            if then != "nothing":
                self.pays_from_the_balance(len(self.orders) - 1, who)

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 9))
    def opens_at_wechat(self, pick: int) -> None:
        order = self._order(pick)
        if not isinstance(paying.open_jsapi(self.shop.services, order, order.openid), paying.Bridge):
            return
        with self.shop.services.engine.connect() as conn:
            prepay_id = attempts_of(conn, order.order_no)[-1].prepay_id
        assert prepay_id is not None
        self.opened.append((order, Prepay(prepay_id)))

    @precondition(lambda self: self.opened)
    @rule(pick=st.integers(0, 9), twice=st.booleans())
    def pays_at_wechat(self, pick: int, twice: bool) -> None:
        order, prepay = self.opened[pick % len(self.opened)]
        paid = self.shop.wechat_pay.pay(prepay, order.openid)
        for _ in range(1 + twice if paid is not None else 0):
            assert paid is not None
            paying.take_transaction(self.shop.services, paid)

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 9), who=_WHO)
    def pays_from_the_balance(self, pick: int, who: int) -> None:
        wallet.pay(self.shop.services, self.buyers[who], self._order(pick).order_no)

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 9), into=st.booleans())
    def wants_it_back(self, pick: int, into: bool) -> None:
        order = self._order(pick)
        after_sale.ask_refund(self.shop.services, order.openid, AskRefund(order.order_no, None, "退款", into))

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 9))
    def cancels(self, pick: int) -> None:
        order = self._order(pick)
        ordering.cancel(self.shop.services, order.openid, order.order_no)

    @rule(who=_WHO, really=st.integers(0, 3))
    def withdraws(self, who: int, really: int) -> None:
        if not really:
            wallet.withdraw(self.shop.services, self.buyers[who])

    @rule(who=_WHO, on=st.booleans())
    def switches_one_tap(self, who: int, on: bool) -> None:
        wallet.set_one_tap(self.shop.services, self.buyers[who], on=on)

    @rule()
    def the_worker_works(self) -> None:
        self.shop.work()

    @rule(minutes=st.sampled_from((1, 20)))
    def time_goes_by(self, minutes: int) -> None:
        self.shop.clock.move(timedelta(minutes=minutes))
        background.sweep_work(self.shop.services)

    @invariant()
    def the_money_is_where_it_is_said_to_be(self) -> None:
        with self.shop.services.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
            assert books.compare(conn) == ()
            came_in = conn.execute(_MONEY).scalar_one()
            kept, sold, coming = (conn.execute(one).scalar_one() for one in (_KEPT, _SOLD, _COMING))
            # What came in through WeChat Pay and did not go back is kept for buyers, on its way there, or was sold;
            # each top-up is both an order and a balance, and counts once.
            assert came_in == kept + sold + coming


@pytest.mark.timeout(300)
def test_whatever_buyers_do_in_whatever_order_no_fen_is_lost_or_made(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with opened(tmp_path, database_url, redis_url) as shop:
        run_machine(type("BuyersHere", (Buyers,), {"shop": shop}), examples=5, steps=30)
        with shop.services.engine.connect() as conn:
            assert list(audit.verify(conn)) == []
