"""Orders judged, held and decided on in the running shop, with WeChat Pay and the buyers' chats played."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot import after_sale, background, jobs, ordering, paying, risk, wallet
from bot.bootstrap import Services
from catalog.key_import import import_keys
from dialogs.effects import AskRefund
from dialogs.facts import AskedAgain, Fact, OrderDeclined, OrderPlaced, PaidFromBalance, SoldOut, TooManyUnpaid
from fulfillment import holds
from kernel.ids import OpenId
from kernel.orders import Order, WantedLine
from payments import wallet as balances
from payments.wallet import MoveKind
from risk import lists, reading
from risk.kinds import Kind, Listing
from risk.scoring import Outcome, Reason
from tests.bot.test_everything_holds import Outside, outside
from tests.fulfillment.counter import want

__all__ = ["outside"]
LI = OpenId("oRiskLi")
MINUTE = timedelta(minutes=1)


@dataclass
class Till:
    """A shop that finds 100 yuan a large order, and buyers who order and pay."""

    out: Outside
    services: Services
    n: int = 0

    def place(self, *lines: WantedLine, openid: str = LI, again: bool = False, key: str = "") -> Fact:
        self.n += 1
        return ordering.place(self.services, OpenId(openid), key or f"m{self.n}", lines, again=again)

    def order(self, *lines: WantedLine, openid: str = LI, again: bool = False) -> Order:
        placed = self.place(*lines, openid=openid, again=again)
        assert isinstance(placed, OrderPlaced), placed
        return placed.order

    def pay(self, order: Order) -> None:
        paying.open_jsapi(self.services, order, order.openid)
        paid = self.out.wechat.pay(self.out.wechat._trades[order.order_no].credential, order.openid)
        assert paid is not None
        paying.take_transaction(self.services, paid)
        self.work()

    def work(self, minutes: int = 0) -> None:
        """Let time go by, and do what is due then, recurring things included."""
        self.out.clock.move(MINUTE * minutes)
        background.sweep_work(self.services)
        background.sweep_orders(self.services)
        risk.sweep_holds(self.services)
        for _ in range(3):
            jobs.run_pending(self.services.engine, background.TASKS, self.services, self.out.clock.now())
            self.out.clock.move(timedelta(seconds=1))

    def told(self, openid: str = LI) -> str:
        return "\n".join(one["content"] for one in self.out.chats.arrived[openid])

    def holds(self) -> list[str]:
        with self.services.engine.connect() as conn:
            return [one.order_no for one in reading.holds(conn)]

    def state(self, order: Order) -> str:
        with self.services.engine.connect() as conn:
            asked = text("SELECT state FROM orders WHERE order_no = :no")
            return str(conn.execute(asked, {"no": order.order_no}).scalar_one())

    def refunded_fen(self, order: Order) -> int:
        with self.services.engine.connect() as conn:
            asked = text("SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE order_no = :no AND state = 'success'")
            return int(conn.execute(asked, {"no": order.order_no}).scalar_one())


@pytest.fixture
def till(outside: Outside) -> Till:
    config = outside.services.config
    tight = replace(config.risk, large_order_yuan=100, buyer_unpaid_per_hour=4, account_buyers_per_day=2)
    services = replace(outside.services, config=replace(config, risk=tight))
    file = outside.folder / "keys.txt"
    file.write_text("\n".join(f"RISK-KEY-{n}" for n in range(12)))
    import_keys(services.engine, services.vault, "ST50", file)
    return Till(outside, services)


def test_an_ordinary_order_leaves_no_trace_in_the_books_of_risk(till: Till) -> None:
    till.pay(till.order(want("ST50")))
    with till.services.engine.connect() as conn:
        assert reading.latest(conn, passed=True) == ()
    assert "RISK-KEY" in till.told()


def test_a_large_order_of_a_new_buyer_is_confirmed_twice_and_then_placed(till: Till) -> None:
    line = want("ST50", 2)
    assert till.place(line) == AskedAgain("large")
    order = till.order(line, again=True)
    with till.services.engine.connect() as conn:
        recorded = reading.verdict_of(conn, order.order_no)
        assert recorded is not None
        assert recorded.verdict.reasons == ((Reason.LARGE_ORDER, 50),)
    till.pay(order)
    assert "RISK-KEY" in till.told()


def test_nobody_confirms_twice_what_cannot_be_had(till: Till) -> None:
    assert till.place(want("ST100")) == SoldOut(0, 0)
    for _ in range(3):
        till.order(want("HF100", account="13900000009"))
    assert isinstance(till.place(want("ST50", 2)), TooManyUnpaid)
    with till.services.engine.connect() as conn:
        held = text("SELECT count(*) FROM card_key WHERE state <> 'available'")
        assert conn.execute(held).scalar_one() == 0


def test_a_message_that_comes_twice_finds_its_order_whatever_has_been_decided_since(till: Till) -> None:
    first = till.place(want("ST50"), key="twice")
    risk.put_on_list(till.services, Kind.BUYER, LI, Listing.BLOCK, "test", actor="wang")
    assert till.place(want("ST50"), key="twice") == first
    assert till.place(want("ST50")) == OrderDeclined()


def test_a_held_order_is_told_and_waits_and_comes_when_it_is_released(till: Till) -> None:
    order = till.order(want("ST50", 4))
    till.pay(order)
    assert "需要人工核对" in till.told()
    assert "退款" in till.told()
    assert "RISK-KEY" not in till.told()
    till.work(minutes=30)
    assert till.holds() == [order.order_no]
    assert risk.release(till.services, order.order_no, actor="wang")
    assert not risk.release(till.services, order.order_no, actor="wang")
    till.work()
    assert till.told().count("RISK-KEY") == 4
    assert till.told().count("需要人工核对") == 1
    assert (till.holds(), till.state(order)) == ([], "delivered")


def test_an_order_paid_from_the_balance_is_held_like_any_other_and_goes_back_into_it(till: Till) -> None:
    order = till.order(want("ST50", 4))
    with till.services.engine.begin() as conn:
        now = till.out.clock.now()
        balances.credit(conn, LI, order.total_fen, MoveKind.ADJUST, "gift", now=now, actor="test")
    assert isinstance(wallet.pay(till.services, LI, order.order_no), PaidFromBalance)
    till.work()
    assert "需要人工核对" in till.told()
    assert till.holds() == [order.order_no]
    assert risk.refuse(till.services, order.order_no, "账号存在风险", actor="wang")
    till.work(minutes=2)
    with till.services.engine.connect() as conn:
        assert balances.of(conn, LI).balance_fen == order.total_fen
    assert "RISK-KEY" not in till.told()


def test_a_held_order_is_refused_and_goes_back_with_a_word(till: Till) -> None:
    order = till.order(want("ST50", 4))
    till.pay(order)
    assert risk.refuse(till.services, order.order_no, "账号存在风险", actor="wang")
    till.work(minutes=2)
    assert (till.state(order), till.refunded_fen(order)) == ("refunded", order.total_fen)
    assert "账号存在风险" in till.told()
    assert "退款成功" in till.told()
    assert "RISK-KEY" not in till.told()
    assert not risk.release(till.services, order.order_no, actor="wang")


def test_the_buyer_of_a_held_order_gets_his_money_back_at_once_when_he_asks(till: Till) -> None:
    order = till.order(want("ST50", 4))
    till.pay(order)
    after_sale.ask_refund(till.services, LI, AskRefund(order.order_no, None, "我要退款"))
    till.work(minutes=2)
    assert (till.state(order), till.refunded_fen(order), till.holds()) == ("refunded", order.total_fen, [])
    assert not risk.refuse(till.services, order.order_no, "x", actor="wang")


def test_a_held_order_nobody_looks_at_is_alerted_once_and_then_goes_back_by_itself(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    order = till.order(want("ST50", 4))
    till.pay(order)
    till.work(minutes=119)
    assert "waits for a person" not in caplog.text
    for _ in range(3):
        till.work(minutes=2)
    assert caplog.text.count("waits for a person") == 1
    assert till.holds() == [order.order_no]
    till.work(minutes=22 * 60)
    till.work(minutes=2)
    assert (till.state(order), till.refunded_fen(order), till.holds()) == ("refunded", order.total_fen, [])


def test_a_worker_that_died_over_a_held_order_tells_its_buyer_all_the_same(till: Till) -> None:
    order = till.order(want("ST50", 4))
    paying.open_jsapi(till.services, order, LI)
    paid = till.out.wechat.pay(till.out.wechat._trades[order.order_no].credential, LI)
    assert paid is not None
    paying.take_transaction(till.services, paid)
    # Killed here: whatever is known of the hold is what that transaction wrote.
    with till.services.engine.connect() as conn:
        assert holds.is_held(conn, order.order_no)
    till.work(minutes=1)
    assert till.told().count("需要人工核对") == 1
    assert "RISK-KEY" not in till.told()


def test_a_blocked_account_is_refused_for_everybody_and_its_unpaid_order_held(till: Till) -> None:
    unpaid = till.order(want("HF100", account="13900000001"), openid="oOther", again=True)
    assert risk.put_on_list(till.services, Kind.ACCOUNT, " 13900000001 ", Listing.BLOCK, "盗号", actor="wang") == 1
    assert till.place(want("ST50"), want("HF100", account="13900000001")) == OrderDeclined()
    assert till.place(want("HF100", account="13900000002"), again=True) != OrderDeclined()
    till.pay(unpaid)
    assert till.holds() == [unpaid.order_no]
    with till.services.engine.connect() as conn:
        [refused] = reading.latest(conn)
        assert (refused.order_no, refused.verdict.outcome) == ("", Outcome.REFUSE)
        assert lists.all_of(conn)[0].shown == "139****0001"


def test_an_allowed_buyer_is_not_asked_until_he_is_taken_off_the_list(till: Till) -> None:
    risk.put_on_list(till.services, Kind.BUYER, LI, Listing.ALLOW, "批发", actor="wang")
    order = till.order(want("ST50", 4))
    till.pay(order)
    assert till.told().count("RISK-KEY") == 4
    assert risk.take_off_list(till.services, Kind.BUYER, LI, actor="wang")
    assert not risk.take_off_list(till.services, Kind.BUYER, LI, actor="wang")
    assert till.place(want("ST50", 2)) == AskedAgain("large")


def test_the_lists_keep_who_did_what_and_hold_a_value_once(till: Till) -> None:
    for who, listing in (("wang", Listing.BLOCK), ("li", Listing.ALLOW), ("zhao", Listing.BLOCK)):
        risk.put_on_list(till.services, Kind.BUYER, LI, listing, f"by {who}", actor=who)
    with till.services.engine.connect() as conn:
        [now] = lists.all_of(conn)
        kept = lists.all_of(conn, ended=True)
    assert (now.listing, now.by, now.why) == (Listing.BLOCK, "zhao", "by zhao")
    assert [(one.by, one.ended_by) for one in reversed(kept)] == [("wang", "li"), ("li", "zhao"), ("zhao", "")]
    assert LI not in repr(kept)
    with till.services.engine.begin() as conn:
        assert lists.take_off_entry(conn, now.id, by="wang", now=till.out.clock.now())
        assert not lists.take_off_entry(conn, now.id, by="wang", now=till.out.clock.now())
    assert isinstance(till.place(want("ST50")), OrderPlaced)


def test_what_was_listed_under_an_earlier_secret_is_still_found(till: Till) -> None:
    before = lists.Marks(b"1" * 32)
    with till.services.engine.begin() as conn:
        lists.put(conn, before, Kind.BUYER, LI, Listing.BLOCK, why="", by="wang", now=till.out.clock.now())
    assert isinstance(till.place(want("ST50")), OrderPlaced)
    till.services = replace(till.services, marks=lists.Marks(b"2" * 32, [b"1" * 32]))
    assert till.place(want("ST50")) == OrderDeclined()
    assert risk.take_off_list(till.services, Kind.BUYER, LI, actor="wang")


def test_orders_opened_one_after_the_other_and_not_paid_are_asked_about_and_then_refused(till: Till) -> None:
    heard = []
    for _ in range(10):
        fact = till.place(want("ST50"))
        if fact == AskedAgain("often"):
            fact = till.place(want("ST50"), again=True)
            heard.append("asked")
        if isinstance(fact, OrderPlaced):
            ordering.cancel(till.services, LI, fact.order.order_no)
            till.work()
        else:
            heard.append(type(fact).__name__)
    assert heard == ["asked"] * 4 + ["OrderDeclined"] * 2
    till.work(minutes=61)
    assert isinstance(till.place(want("ST50")), OrderPlaced)


def test_deliveries_that_stayed_make_credit_and_refunds_take_it_away(till: Till) -> None:
    for _ in range(8):
        till.pay(till.order(want("ST50")))
    till.out.clock.move(timedelta(days=2))
    till.order(want("HF100", 1), want("ST50", 1))  # 150 yuan, and nobody asks
    with till.services.engine.begin() as conn:
        two = "SELECT order_no FROM orders WHERE state = 'delivered' LIMIT 2"
        conn.execute(text(f"UPDATE orders SET state = 'refunded' WHERE order_no IN ({two})"))
    assert till.place(want("ST50", 2)) == AskedAgain("large")


def test_an_order_can_be_asked_why(till: Till) -> None:
    for n in range(2):
        till.order(want("HF100"), openid=f"oFriend{n}")
    order = till.order(want("HF100", 2), again=True)
    explained = risk.explain(till.services, order.order_no)
    assert explained is not None
    assert explained.then.reasons == ((Reason.LARGE_ORDER, 50), (Reason.ACCOUNT_BUYERS, 20))
    assert explained.then == explained.now
    assert explained.facts.account_buyers_24h == 2
    assert risk.explain(till.services, "K0") is None


def test_with_risk_off_nothing_is_looked_at(till: Till) -> None:
    config = till.services.config
    till.services = replace(till.services, config=replace(config, risk=replace(config.risk, enabled=False)))
    risk.put_on_list(till.services, Kind.BUYER, LI, Listing.BLOCK, "", actor="wang")
    assert isinstance(till.place(want("ST50", 4)), OrderPlaced)
