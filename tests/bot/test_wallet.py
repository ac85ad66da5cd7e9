"""What buyers keep with the shop, through the edge: said, paid, given back, with jobs run by hand."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot import (
    after_sale,
    background,
    backups,
    books,
    buyer_pages,
    giving_back,
    operators,
    ordering,
    paying,
    privacy,
    wallet,
    work,
)
from bot.cli import main
from bot.config import WalletConfig
from bot.database import make_engine
from bot.visits import VISIT_COOKIE
from bot.webhook import Push
from dialogs.effects import AskRefund
from dialogs.facts import BalanceBack, Fact, NotPayable, OrderDeclined, OrderPlaced, PaidFromBalance, TopUpRefused
from fulfillment import audit, byhand, reading
from fulfillment.moves import give_of_line
from fulfillment.work import Work
from kernel.ids import OpenId
from kernel.money import format_yuan
from kernel.orders import LineState, Order, OrderState, WantedLine
from payments import wallet as balances
from payments.gateway import Prepay
from payments.store import attempts_of
from payments.wallet import MoveKind
from risk import lists
from risk.kinds import Kind, Listing
from tests.bot.test_after_sale import LI, MORNING, WANG, Shop, opened


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    with opened(tmp_path, database_url, redis_url) as shop:
        yield shop


def balance(shop: Shop, openid: OpenId = LI) -> int:
    with shop.services.engine.connect() as conn:
        return balances.of(conn, openid).balance_fen


def fill(shop: Shop, yuan: int, openid: OpenId = LI) -> Order:
    order = shop.order(f"充值余额{yuan}", "确认", openid=openid)
    shop.work()
    shop.passes(1)
    return order


def place(shop: Shop, account: str = "13812345678", yuan: int = 100) -> Order:
    """An order of his that waits to be paid, the latest there is."""
    shop.passes(1)
    shop.say(f"充{yuan}话费 {account}")
    shop.say("确认")
    return latest(shop)


def latest(shop: Shop, openid: OpenId = LI) -> Order:
    with shop.services.engine.connect() as conn:
        return reading.orders_of(conn, openid, 1)[0]


def open_at_wechat(shop: Shop, order: Order) -> Prepay:
    bridge = paying.open_jsapi(shop.services, order, order.openid)
    assert isinstance(bridge, paying.Bridge), bridge
    with shop.services.engine.connect() as conn:
        prepay_id = attempts_of(conn, order.order_no)[-1].prepay_id
    assert prepay_id is not None
    return Prepay(prepay_id)


# ---- topping up ----------------------------------------------------------------------------------------------------


def test_a_top_up_is_summed_up_ordered_paid_and_in_the_balance(shop: Shop) -> None:
    assert "¥100.00" in shop.say("充值余额100")
    assert shop.rows("SELECT count(*) FROM orders") == [0]
    placed = shop.say("确认")
    assert "订单号：K" in placed
    assert "应付¥100.00" in placed
    shop.say("取消")
    shop.passes(1)
    fill(shop, 100)
    assert balance(shop) == 10_000
    told = shop.say("余额")
    assert "充值成功：¥100.00已到您的余额" in told
    assert "您的余额：¥100.00" in told
    assert "充值 +¥100.00" in told
    assert shop.rows("SELECT state FROM orders ORDER BY created_at DESC LIMIT 1") == ["delivered"]
    assert shop.books_agree()


def test_a_delivery_done_twice_fills_the_balance_once(shop: Shop) -> None:
    order = fill(shop, 100)
    with shop.services.engine.begin() as conn:
        shop.services.jobs.defer(conn, "deliver_order", order_no=order.order_no)
    shop.work()
    background.sweep_work(shop.services)
    shop.work()
    assert balance(shop) == 10_000


def test_a_top_up_paid_after_its_time_is_served_all_the_same(shop: Shop) -> None:
    shop.say("充100到余额")
    shop.say("确认")
    order = latest(shop)
    prepay = open_at_wechat(shop, order)
    paid = shop.wechat_pay.pay(prepay, LI)
    assert paid is not None
    with shop.services.engine.begin() as conn:
        conn.execute(text("UPDATE orders SET state = 'expired', closed_at = now()"))
    paying.take_transaction(shop.services, paid)
    shop.work()
    assert balance(shop) == 10_000


@pytest.mark.parametrize("words", ["充值余额0.5", "充值余额1001", "充值余额99999999"])
def test_an_amount_outside_the_limits_is_not_ordered(shop: Shop, words: str) -> None:
    assert "¥1.00到¥1000.00" in shop.say(words)
    shop.say("确认")
    assert shop.rows("SELECT count(*) FROM orders") == [0]


def test_no_top_up_leads_beyond_what_a_balance_may_hold(shop: Shop) -> None:
    small = replace(shop.services.config, wallet=WalletConfig(balance_max=150))
    shop.services = replace(shop.services, config=small)
    fill_by_hand(shop, LI, 10_000)
    told = wallet.top_up(shop.services, LI, "m1", 10_000)
    assert told == TopUpRefused(15_000, 5_000)
    assert shop.rows("SELECT count(*) FROM orders") == [0]


def test_who_is_blocked_tops_nothing_up(shop: Shop) -> None:
    services = shop.services
    with services.engine.begin() as conn:
        lists.put(conn, services.marks, Kind.BUYER, LI, Listing.BLOCK, why="", by="boss", now=shop.clock.now())
    assert wallet.top_up(services, LI, "m1", 10_000) == OrderDeclined()
    assert isinstance(wallet.top_up(services, WANG, "m2", 10_000), OrderPlaced)
    assert shop.rows("SELECT openid FROM orders") == [WANG]


def fill_by_hand(shop: Shop, openid: OpenId, fen: int, kind: MoveKind = MoveKind.ADJUST) -> None:
    with shop.services.engine.begin() as conn:
        reference = f"{openid}:{fen}:{kind}"
        balances.credit(conn, openid, fen, kind, reference, now=shop.services.clock.now(), actor="test")


# ---- paying --------------------------------------------------------------------------------------------------------


def test_an_order_is_paid_from_the_balance_with_one_tap_and_delivered(shop: Shop) -> None:
    fill(shop, 100)
    shop.say("充100话费 13812345678")
    placed = shop.say("确认")
    assert "余额¥100.00够付这单" in placed
    order = latest(shop)
    told = shop.say(f"余额支付 {order.order_no}")
    assert "已用余额付款¥99.50" in told
    assert "余额还剩¥0.50" in told
    assert "已经付过了，没有重复扣款" in shop.say(f"余额支付 {order.order_no}")
    assert balance(shop) == 50
    assert latest(shop).state is OrderState.PAID
    assert shop.books_agree()


def test_the_same_tap_pushed_twice_takes_the_money_once_and_answers_alike(shop: Shop) -> None:
    fill(shop, 200)
    shop.say("充100话费 13812345678")
    shop.say("确认")
    push = Push(LI, "gh_shop", "same", "text", text="余额支付")
    answers = {shop._loop.run_until_complete(shop._talk.hear(push)).text for _ in range(2)}
    assert len(answers) == 1
    assert "已用余额付款" in answers.pop()
    assert balance(shop) == 20_000 - 9_950


def test_two_orders_paid_at_once_with_money_for_one(shop: Shop) -> None:
    fill(shop, 100)
    orders = [place(shop, account) for account in ("13812345678", "13912345678")]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda order: wallet.pay(shop.services, LI, order.order_no), orders))
    assert sum(isinstance(one, PaidFromBalance) for one in outcomes) == 1
    assert balance(shop) == 50
    assert shop.books_agree()


def test_one_order_paid_by_eight_at_once_is_paid_once(shop: Shop) -> None:
    fill(shop, 1000)
    order = place(shop)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: wallet.pay(shop.services, LI, order.order_no), range(8)))
    assert sum(isinstance(one, PaidFromBalance) for one in outcomes) == 1
    assert balance(shop) == 100_000 - 9_950


def test_what_is_paid_at_wechat_beside_the_balance_comes_back(shop: Shop) -> None:
    fill(shop, 100)
    order = place(shop)
    prepay = open_at_wechat(shop, order)
    twice = shop.wechat_pay.pay(prepay, LI)
    assert twice is not None
    assert isinstance(wallet.pay(shop.services, LI, order.order_no), PaidFromBalance)
    paying.take_transaction(shop.services, twice)
    assert balance(shop) == 50
    shop.work()
    shop.passes(2)
    background.sweep_work(shop.services)
    shop.work()
    assert shop.rows("SELECT amount_fen FROM refund WHERE key LIKE 'duplicate%' AND state = 'success'") == [9_950]
    assert shop.books_agree()


def test_what_was_open_at_wechat_is_closed_once_the_balance_has_paid(shop: Shop) -> None:
    fill(shop, 100)
    prepay = open_at_wechat(shop, place(shop))
    shop.say("余额支付")
    shop.work()
    assert shop.wechat_pay.pay(prepay, LI) is None
    assert shop.rows("SELECT state FROM payment WHERE trade_type = 'JSAPI' AND NOT settles AND state <> 'closed'") == []


def test_nobody_pays_another_ones_order_from_his_balance_nor_with_another_ones(shop: Shop) -> None:
    fill(shop, 100, WANG)
    order = place(shop)
    assert wallet.pay(shop.services, WANG, order.order_no) == NotPayable()
    assert "现在没有等您付款的订单" in shop.say(f"余额支付 {order.order_no}", WANG)
    assert "余额只有¥0.00，不够付" in shop.say("余额支付")
    assert (balance(shop), balance(shop, WANG)) == (0, 10_000)
    assert latest(shop).state is OrderState.UNPAID


def test_an_order_that_is_over_is_not_paid_from_the_balance(shop: Shop) -> None:
    fill(shop, 200)
    gone = place(shop)
    shop.passes(20)
    assert "已经关闭，没有扣款" in shop.say(f"余额支付 {gone.order_no}")
    ordering.expire_order(shop.services, order_no=gone.order_no)
    assert "已经关闭，没有扣款" in shop.say(f"余额支付 {gone.order_no}")
    dropped = place(shop)
    shop.say("取消")
    assert "没有扣款" in shop.say(f"余额支付 {dropped.order_no}")
    assert balance(shop) == 20_000


def test_a_balance_does_not_buy_a_balance(shop: Shop) -> None:
    fill(shop, 100)
    shop.say("充值余额50")
    assert "余额¥" not in shop.say("确认")
    assert "余额充值要用微信付款" in shop.say("余额支付")
    assert balance(shop) == 10_000


# ---- the pages -----------------------------------------------------------------------------------------------------


def pages(shop: Shop, openid: OpenId | None) -> TestClient:
    services = shop.services
    client = TestClient(Starlette(routes=buyer_pages.routes(services)), base_url="https://shop.example")
    if openid is not None:
        client.cookies.set(VISIT_COOKIE, services.visits.cookie_for(openid, services.clock.now()))
    return client


def test_the_owners_pay_page_pays_from_the_balance_and_nobody_elses_does(shop: Shop) -> None:
    fill(shop, 100)
    fill(shop, 500, WANG)
    order = place(shop)
    address = f"/pay/{order.token}"
    assert "余额 ¥100.00" in pages(shop, LI).get(address).text
    assert 'data-part="balance"' not in pages(shop, WANG).get(address).text
    forged = pages(shop, None)
    forged.cookies.set(VISIT_COOKIE, shop.services.visits.cookie_for(LI, shop.clock.now())[:-1] + "x")
    for stranger in (pages(shop, None), pages(shop, WANG), forged):
        assert stranger.post(f"{address}/balance", json={}).status_code == 403
    assert pages(shop, LI).post(f"{address}/balance", data={"a": "b"}).status_code == 403, "a form of another site"
    assert pages(shop, LI).post("/pay/nobody/balance", json={}).status_code == 404
    assert (balance(shop), balance(shop, WANG)) == (10_000, 50_000)
    assert pages(shop, LI).post(f"{address}/balance", json={}).json() == {"paid": True}
    assert pages(shop, LI).post(f"{address}/balance", json={}).status_code == 409
    assert balance(shop) == 50
    assert pages(shop, LI).get(f"{address}/state").json()["state"] == "paid"
    assert "已用余额支付" in pages(shop, LI).get(f"/orders/{order.token}").text
    assert "余额" not in pages(shop, WANG).get(f"/orders/{order.token}").text
    shop.say("退款")
    assert "已退回余额" in pages(shop, LI).get(f"/orders/{order.token}").text


def test_the_pay_page_has_no_button_where_the_balance_is_too_small_or_buys_itself(shop: Shop) -> None:
    fill(shop, 50)
    order = place(shop)
    assert 'data-part="balance"' not in pages(shop, LI).get(f"/pay/{order.token}").text
    refused = pages(shop, LI).post(f"/pay/{order.token}/balance", json={})
    assert (refused.status_code, refused.json()) == (409, {"error": "余额不够付这一单，没有扣款"})
    shop.say("充值余额10")
    shop.say("确认")
    with shop.services.engine.connect() as conn:
        [own] = [o for o in reading.orders_of(conn, LI, 9) if o.total_fen == 1000]
    assert 'data-part="balance"' not in pages(shop, LI).get(f"/pay/{own.token}").text
    assert pages(shop, LI).post(f"/pay/{own.token}/balance", json={}).status_code == 409
    assert balance(shop) == 5_000


# ---- small orders at 确认 -------------------------------------------------------------------------------------------


def test_small_orders_are_paid_at_confirmation_only_for_who_asked_and_within_the_day(shop: Shop) -> None:
    fill(shop, 300)
    shop.say("充50话费 13812345678")
    assert "够付这单" in shop.say("确认")
    shop.say("取消")
    assert "每天合计不超过¥200.00" in shop.say("开通小额免确认付款")
    for _ in range(4):
        shop.say("充50话费 13812345678")
        told = shop.say("确认")
        assert "已用余额付款" in told
        assert "订单号：K" in told
        shop.work()
    shop.say("充50话费 13812345678")
    assert "够付这单" in shop.say("确认"), "the day's limit is reached"
    shop.say("取消")
    shop.say("充100话费 13812345678")
    assert "应付¥99.50" in shop.say("确认"), "not a small one"
    shop.say("取消")
    shop.passes(60 * 24)
    shop.say("关闭小额免确认付款")
    shop.say("充50话费 13812345678")
    assert "够付这单" in shop.say("确认"), "switched off"
    assert shop.books_agree()


def test_a_confirmation_pushed_twice_pays_once(shop: Shop) -> None:
    fill(shop, 100)
    shop.say("开通小额免确认付款")
    shop.say("充50话费 13812345678")
    with shop.services.engine.connect() as conn:
        before = balances.of(conn, LI).balance_fen
    push = Push(LI, "gh_shop", "once", "text", text="确认")
    first = shop._loop.run_until_complete(shop._talk.hear(push)).text
    shop.services.redis.flushall()
    shop.say("充50话费 13812345678")
    again = shop._loop.run_until_complete(shop._talk.hear(push)).text
    assert "已用余额付款" in first
    assert "已用余额付款" in again
    assert before - balance(shop) == latest(shop).total_fen
    assert shop.rows("SELECT count(*) FROM payment WHERE trade_type = 'WALLET'") == [1]


# ---- giving back ---------------------------------------------------------------------------------------------------


def test_an_order_paid_from_the_balance_goes_back_into_it(shop: Shop) -> None:
    fill(shop, 100)
    shop.say("充100话费 13812345678")
    shop.say("确认")
    shop.say("余额支付")
    told = shop.say("退款")
    assert "已为您退款，¥99.50已退到您的余额" in told
    assert balance(shop) == 10_000
    shop.work()
    assert "退款成功：¥99.50已退到您的余额" in shop.say("好的")
    assert shop.rows("SELECT state FROM order_line ORDER BY id DESC LIMIT 1") == ["refunded"]
    assert shop.books_agree()


def place_service(shop: Shop) -> Order:
    """An order that a person delivers, paid from the balance."""
    shop.passes(1)
    shop.say("王者代练打到星耀 QQ 12345678 现在铂金")
    shop.say("确认")
    shop.say("余额支付")
    shop.work()
    return latest(shop)


def test_what_a_person_gives_back_of_it_is_said_to_be_in_the_balance_and_amounts_are_what_is_left(shop: Shop) -> None:
    fill(shop, 500)
    order = place_service(shop)
    [line] = order.lines
    giving_back.give_some(shop.services, line.id, 300, "慢了", actor="operator")
    assert shop.say("退款").count(f"退款¥{format_yuan(order.total_fen - 300)}要由客服核实后决定") == 1
    operators.give_back(shop.services, line.id, "接不了")
    shop.work()
    told = "".join(shop.say(words) for words in ("好的", "嗯", "好"))
    assert "为您部分退款¥3.00" in told
    assert f"为您部分退款¥{format_yuan(order.total_fen - 300)}" in told
    place_service(shop)
    operators.give_back(shop.services, latest(shop).lines[0].id, "接不了")
    shop.work()
    told += shop.say("好的") + shop.say("嗯")
    assert f"为您退款：¥{format_yuan(order.total_fen)}已退到您的余额" in told
    assert "原路" not in told
    assert "退到余额的" in shop.say("退款到哪了")
    assert balance(shop) == 50_000
    assert shop.books_agree()


def test_what_goes_back_at_once_is_named_without_what_went_back_before(shop: Shop) -> None:
    fill(shop, 100)
    order = place(shop)
    shop.say("余额支付")
    with shop.services.engine.begin() as conn:
        # As after a part was given back while a person had it, and it was sent to the supplier anew.
        line_id = order.lines[0].id
        give_of_line(conn, line_id, LineState.WAITING, 300, shop.clock.now(), cause="x", actor="x", reason="慢了")
        work.enqueue(shop.services, conn, Work(refunds=reading.refunds_due_of(conn, order.order_no)))
    assert "已为您退款，¥96.50已退到您的余额" in shop.say("退款")
    assert balance(shop) == 10_000


def test_who_paid_by_wechat_gets_it_into_his_balance_if_he_says_so_else_the_original_way(shop: Shop) -> None:
    shop.order("充100话费 13812345678", "确认")
    assert "¥99.50已退到您的余额" in shop.say("退到余额")
    assert balance(shop) == 9_950
    shop.passes(1)
    shop.order("充100话费 13912345678", "确认")
    assert "原路退回" in shop.say("退款")
    assert balance(shop) == 9_950
    shop.work()
    assert shop.rows("SELECT count(*) FROM refund WHERE route = 'wallet' AND state = 'success'") == [1]
    assert shop.rows("SELECT amount_fen FROM refund WHERE route = 'original'") == [9_950]
    assert shop.books_agree()


def test_a_friends_money_never_goes_into_the_buyers_balance(shop: Shop) -> None:
    order = place(shop)
    bridge = paying.open_jsapi(shop.services, order, WANG)
    assert isinstance(bridge, paying.Bridge)
    with shop.services.engine.connect() as conn:
        [attempt] = attempts_of(conn, order.order_no)
    assert attempt.prepay_id is not None
    paid = shop.wechat_pay.pay(Prepay(attempt.prepay_id), WANG)
    assert paid is not None
    paying.take_transaction(shop.services, paid)
    assert "原路退回" in shop.say("退到余额")
    assert balance(shop) == 0
    assert shop.rows("SELECT route FROM refund") == ["original"]


def test_what_was_topped_up_and_not_spent_goes_back_the_original_way_and_the_rest_stays(shop: Shop) -> None:
    fill(shop, 100)
    fill(shop, 50)
    fill_by_hand(shop, LI, 700, MoveKind.COMPENSATION)
    shop.say("充100话费 13812345678")
    shop.say("确认")
    shop.say("余额支付")
    left = 15_000 + 700 - 9_950
    assert balance(shop) == left
    assert "确认提现" in shop.say("余额提现")
    told = shop.say("确认提现")
    assert "¥57.50正在按原路退款" in told
    assert balance(shop) == 0
    assert "没有可以退回的余额" in shop.say("确认提现")
    shop.work()  # nobody delivers: what was paid comes back into the balance
    shop.passes(2)
    background.sweep_work(shop.services)
    shop.work()
    assert shop.rows("SELECT sum(amount_fen) FROM refund WHERE route = 'original' AND state = 'success'") == [left]
    assert "还有¥7.00不是充值来的" in shop.say("确认提现")
    shop.work()
    assert shop.rows("SELECT sum(amount_fen) FROM refund WHERE route = 'original'") == [15_000]
    assert shop.books_agree()


def test_compensation_is_no_way_to_cash(shop: Shop) -> None:
    fill_by_hand(shop, LI, 700, MoveKind.COMPENSATION)
    assert "¥7.00不是充值来的" in shop.say("确认提现")
    assert balance(shop) == 700


def test_a_top_up_that_was_spent_is_not_given_back_by_a_person_either(shop: Shop) -> None:
    order = fill(shop, 100)
    shop.say("充100话费 13812345678")
    shop.say("确认")
    shop.say("余额支付")
    assert "确认提现" in shop.say(f"退款 {order.order_no}")
    assert operators.give_back(shop.services, order.lines[0].id, "同意", delivered_too=True) is None
    given = giving_back.give_some(shop.services, order.lines[0].id, 5_000, "同意", actor="boss")
    assert given == byhand.NotSoMuch(50)
    with pytest.raises(giving_back.RefundNotPossibleError, match=r"only ¥0\.50 is left"):
        list(giving_back.refund_order(shop.services, giving_back.Wanted(order.order_no), "同意", actor="boss"))
    shop.say(f"没到账 {order.order_no}")
    [case] = after_sale.running(shop.services)
    assert "spent" in (after_sale.refund(shop.services, case.case.id, "同意", actor="boss") or "")
    assert balance(shop) == 50
    assert shop.rows("SELECT count(*) FROM refund") == [0]
    assert shop.books_agree()


def test_paying_giving_back_and_withdrawing_at_once_end_and_the_books_agree(shop: Shop) -> None:
    for _ in range(3):
        fill(shop, 200)
    orders = [place(shop, account) for account in ("13812345678", "13912345678", "13712345678")]

    def pay_and_give_back(order: Order) -> Fact:
        wallet.pay(shop.services, LI, order.order_no)
        return after_sale.ask_refund(shop.services, LI, AskRefund(order.order_no, None, "退款", True))

    def withdraw(_: int) -> Fact:
        return wallet.withdraw(shop.services, LI)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(pay_and_give_back, order) for order in orders for _ in range(2)]
        done += [pool.submit(withdraw, n) for n in range(4)]
        outcomes = [one.result(timeout=60) for one in done]
    assert sum(one.back_fen for one in outcomes if isinstance(one, BalanceBack)) + balance(shop) == 60_000
    assert shop.books_agree()


# ---- off, exported, forgotten --------------------------------------------------------------------------------------


def test_where_the_wallet_is_off_the_answers_are_those_of_a_shop_without_one(shop: Shop) -> None:
    fill(shop, 100)
    off = replace(shop.services.config, wallet=WalletConfig(enabled=False))
    shop.services = replace(shop.services, config=off)
    shop._talk = type(shop._talk)(shop.services, shop._threads)
    assert "没有余额账户" in shop.say("我的余额还有多少")
    shop.say("充100话费 13812345678")
    assert "余额" not in shop.say("确认")
    order = latest(shop)
    assert wallet.pay(shop.services, LI, order.order_no) == NotPayable()
    assert balance(shop) == 10_000


def test_the_books_notice_a_balance_that_is_not_what_was_booked(shop: Shop) -> None:
    fill(shop, 100)
    with shop.services.engine.begin() as conn:
        conn.execute(text("ALTER TABLE wallet DISABLE TRIGGER USER"))
        conn.execute(text("UPDATE wallet SET balance_fen = balance_fen + 1"))
        assert [one.what for one in books.compare(conn)] == ["balances"]


def test_moves_are_exported_and_who_has_a_balance_is_not_forgotten_before_it_is_spent(shop: Shop) -> None:
    fill(shop, 100)
    exported = privacy.export(shop.services, LI)
    assert exported["balance"][0]["balance_fen"] == 10_000
    assert exported["balance_moves"][0]["amount_fen"] == 10_000
    refused = privacy.erase(shop.services, LI)
    assert refused == privacy.BalanceLeft(10_000)
    shop.say("确认提现")
    shop.work()
    assert isinstance(privacy.erase(shop.services, LI), privacy.Erased)


def test_the_days_limit_holds_when_two_orders_are_placed_at_the_same_moment(shop: Shop) -> None:
    fill(shop, 100)
    line = place(shop, yuan=50).lines[0]
    shop.say("取消")
    wallet.set_one_tap(shop.services, LI, on=True)
    tight = replace(shop.services.config, wallet=WalletConfig(one_tap_daily=60))
    services = replace(shop.services, config=tight)
    wanted = WantedLine(line.sku_code, 1, line.total_fen, line.value, line.options, line.fields)

    def is_paid(key: str) -> bool:
        placed = ordering.place(services, LI, key, (wanted,))
        return isinstance(placed, OrderPlaced) and placed.order.paid_at is not None

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(is_paid, ("a", "b"))) == 1


# ---- for operators -------------------------------------------------------------------------------------------------


def test_an_operator_looks_at_a_balance_puts_it_right_once_and_gives_it_back(
    shop: Shop,
    database_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(shop, 100)
    environment = {"STORE__DATABASE_URL": database_url, "REDIS__URL": redis_url, "APP__DATA_DIR": str(tmp_path)}
    for name, value in environment.items():
        monkeypatch.setenv(f"KABOT_{name}", value)
    gift = ["wallet", "adjust", LI, "12.50", "--reason", "道歉", "--reference", "sorry-1"]
    assert main(gift) == 0
    assert main(gift) == 0
    assert balance(shop) == 11_250
    assert main(["wallet", "adjust", LI, "200", "--take", "--reason", "x", "--reference", "sorry-2"]) == 2
    assert main(["wallet", "adjust", LI, "-1", "--reason", "x", "--reference", "sorry-3"]) == 2
    assert main(["wallet", "show", LI]) == 0
    assert "余额 ¥112.50" in capsys.readouterr().out
    assert main(["privacy", "erase", LI]) == 1
    assert "112.50" in capsys.readouterr().err
    assert main(["wallet", "withdraw", LI]) == 0
    assert "¥100.00 goes back; ¥12.50 stays" in capsys.readouterr().out
    assert shop.books_agree()


def test_the_history_is_whole_after_paying_and_giving_back(shop: Shop) -> None:
    fill(shop, 100)
    place(shop)
    shop.say("余额支付")
    shop.say("退款")
    shop.say("确认提现")
    shop.work()
    with shop.services.engine.connect() as conn:
        assert list(audit.verify(conn)) == []
    assert shop.books_agree()


def test_a_backup_brings_balances_back(
    shop: Shop, new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path
) -> None:
    fill(shop, 100)
    fill(shop, 50)
    file = tmp_path / "shop.backup"
    backups.write(shop.services.engine, shop.services.config.app, file)
    with new_database() as url:
        other = make_engine(url)
        backups.read(other, replace(shop.services.config.app, data_dir=tmp_path / "there"), file)
        with other.begin() as conn:
            assert balances.of(conn, LI).balance_fen == 15_000
            assert balances.credit(conn, LI, 100, MoveKind.ADJUST, "after", now=MORNING).balance_after_fen == 15_100
        other.dispose()
