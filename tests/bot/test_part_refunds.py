"""Part refunds: any amount of a line goes back, never more than was paid, and the line stays what it is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot import after_sale, background, giving_back, operators, ordering, paying
from bot.cli import main
from bot.pages.render import render_order
from bot.pages.views import order_view
from catalog.key_import import import_keys
from dialogs.effects import AskRefund
from dialogs.facts import OrderPlaced, RefundDecided
from fulfillment import audit, byhand, reading
from kernel.cases import RefundWay
from kernel.ids import OpenId
from kernel.orders import LineState, Order, WantedLine
from payments.gateway import Prepay, RefundStatus
from payments.store import attempts_of
from tests.bot.test_after_sale import LI, Shop, opened
from tests.machines import run_machine

SERVICE = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
"""¥150.00, delivered by a person."""


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    with opened(tmp_path, database_url, redis_url) as shop:
        yield shop


def delivered(shop: Shop) -> Order:
    order = shop.order(*SERVICE)
    shop.work()
    assert operators.done(shop.services, order.lines[0].id, "") is not None
    shop.work()
    shop.say("谢谢")
    return order


def give(shop: Shop, order: Order, amount_fen: int, seen_fen: int | None = None) -> object:
    line_id = order.lines[0].id
    return giving_back.give_some(shop.services, line_id, amount_fen, "慢了", back_before_fen=seen_fen, actor="operator")


def arrive(shop: Shop, rounds: int = 3) -> None:
    for _ in range(rounds):
        shop.work()
        shop.passes(3)
        background.sweep_work(shop.services)
    shop.work()


def stands(shop: Shop) -> tuple[object, object, object]:
    with shop.services.engine.connect() as conn:
        row = conn.execute(
            text("SELECT l.state, l.refund_fen, o.state AS whole FROM order_line l JOIN orders o USING (order_no)")
        ).one()
    return row.state, row.refund_fen, row.whole


def all_agrees(shop: Shop) -> bool:
    with shop.services.engine.connect() as conn:
        assert list(audit.verify(conn)) == []
    return shop.books_agree()


def test_a_part_goes_back_and_what_was_delivered_stays_delivered(shop: Shop) -> None:
    order = delivered(shop)
    assert give(shop, order, 300) is None
    assert stands(shop) == ("delivered", 300, "delivered")
    shop.work()
    told = shop.say("好的")
    assert "部分退款¥3.00：王者荣耀代练 打到星耀" in told
    assert "慢了" in told
    arrive(shop)
    assert "退款成功：¥3.00" in shop.say("嗯")
    assert stands(shop) == ("delivered", 300, "delivered")
    assert shop.wechat_pay.refunded_fen(str(shop.rows("SELECT out_trade_no FROM payment")[0])) == 300
    assert all_agrees(shop)
    assert shop.rows("SELECT cause FROM order_event WHERE money = 'back'") == ["part refund 3.00: 慢了"]
    assert "已完成，退了¥3.00" in shop.say(f"订单 {order.order_no}")
    with shop.services.engine.connect() as conn:
        placed = reading.by_no(conn, order.order_no)
    assert placed is not None
    view = order_view(placed, shop.services.shelf.current()[0], viewer=LI, shop_name="好店")
    assert "部分退款</dt><dd>¥3.00" in render_order(view, in_wechat=True).html


def test_part_after_part_and_then_the_rest_gives_the_line_back_as_a_whole(shop: Shop) -> None:
    order = delivered(shop)
    assert [give(shop, order, fen) for fen in (300, 700)] == [None, None]
    assert give(shop, order, 14_000) is None
    assert stands(shop) == ("refunding", 15_000, "paid")
    arrive(shop)
    assert stands(shop) == ("refunded", 15_000, "refunded")
    told = "\n".join(shop.say(words) for words in ("好的", "嗯", "嗯嗯"))
    for amount in ("¥3.00", "¥7.00", "¥140.00"):
        assert f"退款成功：{amount}" in told
    assert shop.rows("SELECT key FROM refund ORDER BY id") == [
        f"line:{order.lines[0].id}{nth}" for nth in ("", ":2", ":3")
    ]
    assert all_agrees(shop)


def test_more_than_is_left_is_refused_and_says_how_much_is(shop: Shop) -> None:
    order = delivered(shop)
    assert give(shop, order, 15_001) == byhand.NotSoMuch(15_000)
    assert give(shop, order, 14_000) is None
    assert give(shop, order, 1_001) == byhand.NotSoMuch(1_000)
    assert shop.rows("SELECT sum(amount_fen) FROM refund") == [14_000]


def test_a_form_sent_twice_gives_once(shop: Shop) -> None:
    order = delivered(shop)
    assert give(shop, order, 300, seen_fen=0) is None
    assert give(shop, order, 300, seen_fen=0) == byhand.NotSoMuch(14_700)
    assert stands(shop)[1] == 300


def test_operators_who_give_at_the_same_moment_never_give_more_than_was_paid(shop: Shop) -> None:
    order = delivered(shop)
    with ThreadPoolExecutor(6) as threads:
        given = list(threads.map(lambda _: give(shop, order, 4_000), range(6)))
    assert given.count(None) == 3
    arrive(shop)
    assert stands(shop) == ("delivered", 12_000, "delivered")
    assert all_agrees(shop)


@pytest.mark.parametrize(
    "trouble", ["request lost", "answer lost", "processing", "closed", "balance too low", "job lost"]
)
def test_whatever_wechat_pay_does_with_it_the_part_arrives_once(shop: Shop, trouble: str) -> None:
    order = delivered(shop)
    assert give(shop, order, 300) is None
    pay = shop.wechat_pay
    match trouble:
        case "request lost" | "answer lost":
            pay.lose = trouble.split()[0]
        case "processing":
            pay.refunds_end_as = RefundStatus.PROCESSING
        case "closed":
            pay.refunds_end_as = RefundStatus.CLOSED
        case "balance too low":
            pay.balance_fen = 0
        case _:
            with shop.services.engine.begin() as conn:
                conn.execute(text("DELETE FROM procrastinate_jobs"))
    shop.work()
    assert stands(shop) == ("delivered", 300, "delivered")
    pay.lose, pay.refunds_end_as, pay.balance_fen = "", RefundStatus.SUCCESS, 10**9
    arrive(shop, rounds=30)
    assert pay.refunded_fen(str(shop.rows("SELECT out_trade_no FROM payment")[0])) == 300
    assert stands(shop) == ("delivered", 300, "delivered")
    assert shop.rows("SELECT count(*) FROM push WHERE kind = 'refunded'") == [1]
    assert all_agrees(shop)


def test_one_that_ends_abnormal_is_for_a_person_and_the_line_stays_delivered(shop: Shop) -> None:
    order = delivered(shop)
    assert give(shop, order, 300) is None
    shop.wechat_pay.refunds_end_as = RefundStatus.ABNORMAL
    arrive(shop)
    assert shop.rows("SELECT state FROM refund") == ["abnormal"]
    assert stands(shop) == ("delivered", 300, "delivered")
    assert all_agrees(shop)


def test_what_a_person_still_has_to_do_is_still_to_do_and_told_when_it_is_done(shop: Shop) -> None:
    order = shop.order(*SERVICE)
    shop.work()
    assert give(shop, order, 300) is None
    assert stands(shop)[0] == "delivering"
    arrive(shop)
    assert stands(shop)[0] == "delivering"
    assert operators.done(shop.services, order.lines[0].id, "") is not None
    shop.work()
    told = shop.say("好的") + shop.say("嗯")
    assert "部分退款¥3.00" in told
    assert "已完成" in told
    assert all_agrees(shop)


def test_nothing_goes_back_by_hand_while_a_supplier_has_it(shop: Shop) -> None:
    order = shop.order("充100话费 13812345678", "确认")
    with shop.services.engine.begin() as conn:
        conn.execute(text("UPDATE order_line SET state = 'delivering'"))
    assert give(shop, order, 300) == byhand.NotNow(LineState.DELIVERING)
    assert shop.rows("SELECT count(*) FROM refund") == [0]


def test_the_database_itself_refuses_refunds_beyond_the_line_or_beside_it(shop: Shop) -> None:
    delivered(shop)
    for statement in (
        "UPDATE order_line SET refund_fen = total_fen + 1",
        "UPDATE order_line SET goodwill_fen = refund_fen + 1",
        "INSERT INTO line_refund (order_no, line_id, n, key, amount_fen, asked_at)"
        " SELECT order_no, id, 1, 'x', 300, now() FROM order_line",
    ):
        with pytest.raises(IntegrityError), shop.services.engine.begin() as conn:
            conn.execute(text(statement))


def test_the_command_line_gives_back_by_order_line_and_amount(
    shop: Shop, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    order = delivered(shop)
    environment = {"STORE__DATABASE_URL": database_url, "REDIS__URL": redis_url, "APP__DATA_DIR": str(tmp_path)}
    for name, value in environment.items():
        monkeypatch.setenv(f"KABOT_{name}", value)
    refund = ["orders", "refund", order.order_no, "--reason", "慢了"]
    assert main([*refund, "--amount", "3.00"]) == 0
    assert "退款 ¥3.00 已开始" in capsys.readouterr().out
    assert main([*refund, "--line", "1", "--amount", "147.01"]) == 1
    assert "only ¥147.00" in capsys.readouterr().err
    assert [main([*refund, "--amount", wrong]) for wrong in ("0", "-1", "3.001", "三元")] == [2, 2, 2, 2]
    assert main([*refund, "--line", "2"]) == 1
    assert main(["orders", "refund", "K0000000000000000", "--reason", "x"]) == 1
    assert main(refund) == 0
    assert "¥147.00" in capsys.readouterr().out
    assert main(refund) == 1
    arrive(shop)
    assert stands(shop) == ("refunded", 15_000, "refunded")
    assert all_agrees(shop)


def test_one_of_two_that_nobody_has_begun_goes_back_and_the_other_is_delivered(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text("\n".join(f"SECRET-ST50-{n:04d}" for n in range(1, 4)))
    import_keys(shop.services.engine, shop.services.vault, "ST50", file)
    order = shop.order("50的steam卡两张", "确认")
    assert shop.rows("SELECT count(*) FROM card_key WHERE state = 'held'") == [2]
    told = shop.say("退一张")
    half = order.total_fen // 2
    assert f"¥{half // 100}.{half % 100:02d}" in told
    assert "按原路退回" in told
    assert shop.rows("SELECT count(*) FROM card_key WHERE state = 'held'") == [1]
    shop.work()
    assert shop.rows("SELECT quantity || ' ' || state FROM order_line ORDER BY position") == [
        "1 delivered",
        "1 refunding",
    ]
    arrive(shop)
    assert shop.rows("SELECT state FROM order_line ORDER BY position") == ["delivered", "refunded"]
    assert shop.rows("SELECT state FROM orders") == ["delivered"]
    assert shop.rows("SELECT count(*) FROM key_sale") == [1]
    assert shop.rows("SELECT sum(total_fen) FROM order_line") == [order.total_fen]
    told = shop.say("好的") + shop.say("嗯")
    assert told.count("SECRET-ST50-") == 1
    assert all_agrees(shop)


def test_one_of_two_that_were_delivered_is_asked_about_and_moves_no_money(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text("\n".join(f"SECRET-ST50-{n:04d}" for n in range(1, 4)))
    import_keys(shop.services.engine, shop.services.vault, "ST50", file)
    order = shop.order("50的steam卡两张", "确认")
    shop.work()
    shop.say("谢谢")
    assert "只退一部分请回复「人工」" in shop.say("退一张")
    asked = AskRefund(order.order_no, order.lines[0].id, "退一张", units=1)
    decided = after_sale.ask_refund(shop.services, LI, asked)  # delivered between his words and their effect
    assert isinstance(decided, RefundDecided)
    assert set(decided.ways.values()) == {RefundWay.PERSON}
    assert shop.rows("SELECT count(*) FROM refund") == [0]
    assert shop.rows("SELECT quantity FROM order_line") == [2]


def large(shop: Shop, folder: Path, openid: OpenId = LI) -> Order:
    """A paid order of 60 lines, a key each: more than WeChat Pay takes refunds of one payment."""
    file = folder / "keys.txt"
    file.write_text("\n".join(f"LARGE-{n:04d}" for n in range(60)))
    import_keys(shop.services.engine, shop.services.vault, "ST50", file)
    sku = shop.services.shelf.current()[0].sku("ST50")
    assert sku is not None
    lines = [WantedLine("ST50", 1, sku.price_fen, sku.value) for _ in range(60)]
    placed = ordering.place(shop.services, openid, "large", lines)
    assert isinstance(placed, OrderPlaced), placed
    paying.open_jsapi(shop.services, placed.order, openid)
    return placed.order


def pay(shop: Shop, order: Order) -> None:
    with shop.services.engine.connect() as conn:
        [attempt] = attempts_of(conn, order.order_no)
    assert attempt.prepay_id is not None
    paid = shop.wechat_pay.pay(Prepay(attempt.prepay_id), order.openid)
    assert paid is not None
    paying.take_transaction(shop.services, paid)


def test_an_order_of_more_lines_than_wechat_pay_takes_refunds_goes_back_whole(shop: Shop, tmp_path: Path) -> None:
    order = large(shop, tmp_path)
    pay(shop, order)
    shop.say(f"退款 {order.order_no}")
    assert shop.rows("SELECT count(*) FROM line_refund") == [60]
    assert shop.rows("SELECT count(*) FROM refund") == [40]
    assert all_agrees(shop)
    arrive(shop)
    assert shop.rows("SELECT count(*) || ' ' || sum(amount_fen) FROM refund") == [f"41 {order.total_fen}"]
    assert shop.wechat_pay.refunded_fen(order.order_no) == order.total_fen
    assert set(shop.rows("SELECT state FROM order_line")) == {"refunded"}
    assert shop.rows("SELECT state FROM orders") == ["refunded"]
    assert shop.rows("SELECT count(*) FROM push WHERE kind = 'refunded'") == [41]
    assert all_agrees(shop)


def test_refunds_that_go_together_wait_for_each_other_while_the_order_goes_on(shop: Shop, tmp_path: Path) -> None:
    order = large(shop, tmp_path)
    pay(shop, order)
    shop.work()
    for line in order.lines[:45]:
        assert giving_back.give_some(shop.services, line.id, 100, "慢了", actor="operator") is None
    with shop.services.engine.begin() as conn:
        conn.execute(text("UPDATE order_line SET state = 'attention' WHERE id = :id"), {"id": order.lines[-1].id})
    background.sweep_work(shop.services)
    assert shop.rows("SELECT count(*) FROM refund") == [40]
    shop.passes(11)
    background.sweep_work(shop.services)
    assert shop.rows("SELECT amount_fen FROM refund WHERE key = 'lines:1'") == [500]
    with shop.services.engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))
        conn.execute(text("UPDATE order_line SET state = 'delivered' WHERE id = :id"), {"id": order.lines[-1].id})
    assert giving_back.give_some(shop.services, order.lines[45].id, 100, "慢了", actor="operator") is None
    arrive(shop)
    assert shop.rows("SELECT amount_fen FROM refund WHERE key LIKE 'lines:%' ORDER BY id") == [500, 100]
    assert shop.rows("SELECT count(*) FROM line_refund WHERE arrived_at IS NULL") == [0]
    assert shop.wechat_pay.refunded_fen(order.order_no) == 4_600
    assert all_agrees(shop)


class Givers(RuleBasedStateMachine):
    """Operators who give amounts back, a WeChat Pay that loses answers, and jobs that are lost."""

    shop: Shop

    @initialize()
    def somebody_was_served(self) -> None:
        self.order = delivered_to(self.shop, f"o{id(self)}")

    @rule(fen=st.sampled_from((1, 300, 5_000, 14_999, 15_000)), form=st.booleans())
    def an_operator_gives(self, fen: int, form: bool) -> None:
        give(self.shop, self.order, fen, seen_fen=0 if form else None)

    @rule()
    def an_operator_gives_all_that_is_left(self) -> None:
        operators.give_back(self.shop.services, self.order.lines[0].id, "重做不了", delivered_too=True)

    @rule(
        lose=st.sampled_from(("", "request", "answer")),
        end=st.sampled_from((RefundStatus.SUCCESS, RefundStatus.SUCCESS, RefundStatus.CLOSED)),
    )
    def workers_work(self, lose: str, end: RefundStatus) -> None:
        self.shop.wechat_pay.lose, self.shop.wechat_pay.refunds_end_as = lose, end
        self.shop.work()
        self.shop.wechat_pay.lose, self.shop.wechat_pay.refunds_end_as = "", RefundStatus.SUCCESS

    @rule()
    def jobs_are_lost(self) -> None:
        with self.shop.services.engine.begin() as conn:
            conn.execute(text("DELETE FROM procrastinate_jobs WHERE id % 2 = 0"))

    @rule()
    def time_passes_and_sweeps_run(self) -> None:
        self.shop.passes(5)
        background.sweep_work(self.shop.services)

    @invariant()
    def never_more_than_was_paid(self) -> None:
        if hasattr(self, "order"):
            paid = self.shop.rows("SELECT out_trade_no FROM payment WHERE order_no = :no", no=self.order.order_no)
            assert self.shop.wechat_pay.refunded_fen(str(paid[0])) <= self.order.total_fen
            assert all_agrees(self.shop)

    def teardown(self) -> None:
        if not hasattr(self, "order"):
            return
        arrive(self.shop, rounds=12)
        for _ in range(20):
            with self.shop.services.engine.connect() as conn:
                left = conn.execute(text("SELECT count(*) FROM line_refund WHERE arrived_at IS NULL")).scalar_one()
            if not left:
                break
            arrive(self.shop, rounds=12)
        [back] = self.shop.rows("SELECT refund_fen FROM order_line WHERE order_no = :no", no=self.order.order_no)
        paid = self.shop.rows("SELECT out_trade_no FROM payment WHERE order_no = :no", no=self.order.order_no)
        assert self.shop.wechat_pay.refunded_fen(str(paid[0])) == back
        state = "refunded" if back == 15_000 else "delivered"
        assert self.shop.rows("SELECT state FROM order_line WHERE order_no = :no", no=self.order.order_no) == [state]
        assert self.shop.rows("SELECT count(*) FROM refund WHERE state NOT IN ('success', 'closed')") == [0]
        assert all_agrees(self.shop)


def delivered_to(shop: Shop, buyer: str) -> Order:
    order = shop.order(*SERVICE, openid=OpenId(buyer))
    shop.work()
    assert operators.done(shop.services, order.lines[0].id, "") is not None
    return order


@pytest.mark.timeout(180)  # seconds, as a rule; a machine may be busy
def test_any_amounts_in_any_order_with_answers_and_jobs_lost_stay_within_what_was_paid(shop: Shop) -> None:
    run_machine(type("GiversHere", (Givers,), {"shop": shop}), examples=4, steps=20)
