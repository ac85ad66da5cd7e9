"""After the sale through the edge: what is promised, done and told, with jobs run by hand and a clock that is moved."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot import after_sale, background, books, handoffs, metrics, operators, paying, telling
from bot.app import WebApp, create_app
from bot.background import TASKS
from bot.bootstrap import Services, build
from bot.cli import main
from bot.config import load_config
from bot.conversation import Conversation
from bot.jobs import run_pending
from bot.webhook import Push
from catalog.key_import import import_keys
from catalog.store import import_catalog
from dialogs.effects import DropCase
from dialogs.facts import CaseDropped
from fulfillment import audit, reading
from kernel.clock import MovableClock
from kernel.ids import OpenId
from kernel.orders import Order
from payments.fake import FakeWechatPay
from payments.gateway import Prepay
from payments.store import attempts_of
from tests.e2e.shop import DEMO, as_environment
from tests.shelves import demo_shelf

MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""10:00 on the shop's wall; the figures go by the machine's clock, for which every deadline here is long past."""
LI, WANG = OpenId("oLi"), OpenId("oWang")
TAGS = re.compile(r"<a [^>]*>|</a>")


class Shop:
    """A shop without a worker: `work` does the jobs that are due."""

    def __init__(self, services: Services, clock: MovableClock, wechat_pay: FakeWechatPay) -> None:
        self.services, self.clock, self.wechat_pay = services, clock, wechat_pay
        self._threads = ThreadPoolExecutor(4)
        self._loop = asyncio.new_event_loop()
        self._talk = Conversation(services, self._threads)
        self._number = 0
        self._app: tuple[Services, WebApp] | None = None

    @property
    def app(self) -> WebApp:
        """Its one web process, however many callers it has; a new one when its parts have changed."""
        if self._app is None or self._app[0] is not self.services:
            self._app = (self.services, create_app(self.services))
        return self._app[1]

    def close(self) -> None:
        self._threads.shutdown()
        self._loop.close()

    def say(self, words: str, openid: OpenId = LI, kind: str = "text", event: str = "") -> str:
        self._number += 1
        push = Push(openid, "gh_shop", str(self._number), kind, text=words, event=event)
        return TAGS.sub("", self._loop.run_until_complete(self._talk.hear(push)).text)

    def order(self, *messages: str, openid: OpenId = LI) -> Order:
        """Talk until it is placed, pay, and let nobody work on it yet."""
        for message in messages:
            self.say(message, openid)
        with self.services.engine.connect() as conn:
            order = reading.orders_of(conn, openid, 1)[0]
        self.pay(order, openid)
        return order

    def pay(self, order: Order, openid: OpenId) -> None:
        bridge = paying.open_jsapi(self.services, order, openid)
        assert isinstance(bridge, paying.Bridge), bridge
        with self.services.engine.connect() as conn:
            [attempt] = attempts_of(conn, order.order_no)
        assert attempt.prepay_id is not None
        paid = self.wechat_pay.pay(Prepay(attempt.prepay_id), openid)
        assert paid is not None
        paying.take_transaction(self.services, paid)

    def work(self) -> None:
        run_pending(self.services.engine, TASKS, self.services, self.clock.now())
        telling.flag_waiting(self.services)  # WeChat is away here: all that is pushed waits for his next message

    def passes(self, minutes: int) -> None:
        self.clock.move(timedelta(minutes=minutes))

    def books_agree(self) -> bool:
        """Whether ledger, payments, refunds and lines say the same of every order."""
        with self.services.engine.connect() as conn:
            return books.compare(conn) == ()

    def rows(self, sql: str, **values: object) -> list[object]:
        with self.services.engine.connect() as conn:
            return list(conn.execute(text(sql), values).scalars())


@contextmanager
def opened(
    folder: Path, database_url: str, redis_url: str, kf: str = "false", **more: dict[str, str]
) -> Iterator[Shop]:
    given = {
        **more,
        "app": {"data_dir": str(folder), "public_url": "https://shop.example"},
        "wechat": {"kf_hours": "09:00-22:00", "kf": kf, "api_base": "http://127.0.0.1:1"},
    }
    clock = MovableClock(MORNING)
    config = load_config(DEMO.parents[1] / "config.toml", environ=as_environment(given))
    services = build(config, database_url=database_url, redis_url=redis_url, clock=clock)
    wechat_pay = FakeWechatPay(clock)
    services = replace(services, gateway=wechat_pay)
    with services.engine.begin() as conn:
        import_catalog(conn, demo_shelf())
    shop = Shop(services, clock, wechat_pay)
    yield shop
    shop.close()
    services.engine.dispose()


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    with opened(tmp_path, database_url, redis_url) as shop:
        yield shop


def test_money_for_what_nobody_has_begun_to_deliver_is_back_without_a_person(shop: Shop) -> None:
    shop.order("充100话费 13812345678", "确认")
    told = shop.say("我不要了，退款")
    assert "已为您退款" in told
    assert "¥99.50按原路退回" in told
    shop.work()
    shop.passes(2)
    background.sweep_work(shop.services)
    shop.work()
    assert shop.rows("SELECT state FROM order_line") == ["refunded"]
    assert shop.rows("SELECT count(*) FROM supplier_order") == [0]
    assert "退款成功：¥99.50" in shop.say("好的")
    assert shop.books_agree()
    assert "已经按原路退回" in shop.say("退款") or "已退款" in shop.say("退款")


def test_a_message_pushed_twice_gives_back_once(shop: Shop) -> None:
    shop.order("充100话费 13812345678", "确认")
    push = Push(LI, "gh_shop", "same", "text", text="退款")
    answers = {shop._loop.run_until_complete(shop._talk.hear(push)).text for _ in range(2)}
    assert len(answers) == 1
    assert shop.rows("SELECT count(*) FROM refund") == [1]


def test_a_complaint_is_a_case_with_deadlines_that_a_person_answers(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    shop.passes(12)
    told = shop.say("怎么还没到账")
    for part in ("12分钟前付款", "客服已接单", "S00001", "1小时内（11:12前）", "2小时内（12:12前）"):
        assert part in told
    assert "S00001" in shop.say("还没到账呢")
    assert shop.rows("SELECT count(*) FROM support_case") == [1]
    listed = "\n".join(operators.cases(shop.services))
    for part in (
        "S00001",
        "没到账",
        "待答复",
        "03-02 11:12前",
        "王者荣耀代练",
        "处理中",
        "怎么还没到账",
        LI,
        "点这里付款",
    ):
        assert part in listed
    assert "<a" not in listed
    assert after_sale.answer(shop.services, 1, "师傅今晚开打", actor="operator")
    shop.work()
    assert "师傅今晚开打" in shop.say("好的"), "it could not be pushed, so it comes with his next message"
    assert after_sale.close(shop.services, 1, "已经打完", actor="operator")
    shop.work()
    assert "已经打完" in shop.say("嗯")
    assert not after_sale.close(shop.services, 1, "", actor="operator")


def test_a_case_nobody_answers_in_time_is_counted_and_the_buyer_told_once(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    shop.say("没到账")
    shop.passes(61)
    for _ in range(2):
        background.sweep_cases(shop.services)
        shop.work()
    assert shop.rows("SELECT count(*) FROM push WHERE kind = 'case_late'") == [1]
    with TestClient(Starlette(routes=metrics.routes(shop.services.engine))) as client:
        assert "kabot_cases_overdue 1.0" in client.get("/metrics").text
    assert "超过了答应您的时间" in shop.say("你好")
    assert "超过了答应您的时间" not in shop.say("在吗")


def test_at_night_the_deadlines_begin_in_the_morning(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    shop.passes(13 * 60)  # 23:00
    assert "明天9:00上班后1小时内（明天10:00前）" in shop.say("没到账")
    shop.passes(10 * 60 + 30)  # 9:30
    background.sweep_cases(shop.services)
    assert shop.rows("SELECT count(*) FROM push WHERE kind = 'case_late'") == [0]


def test_money_back_for_what_was_delivered_is_decided_by_a_person_and_closes_the_case(shop: Shop) -> None:
    order = shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    assert operators.done(shop.services, order.lines[0].id, "") is not None
    told = shop.say("退款")
    assert "退款¥150.00要由客服核实" in told
    assert "S00001" in told
    assert after_sale.refund(shop.services, 1, "师傅没打完", actor="operator") is None
    shop.work()
    shop.passes(2)
    background.sweep_work(shop.services)
    shop.work()
    said = shop.say("好的")
    assert "为您退款：¥150.00" in said
    assert "师傅没打完" in said
    assert "退款成功：¥150.00" in said
    assert shop.books_agree()
    assert shop.rows("SELECT state FROM support_case") == ["closed"]
    assert after_sale.refund(shop.services, 1, "再来", actor="operator") == "is not running"


def test_somebody_else_s_order_is_neither_given_back_nor_complained_of_nor_rated(shop: Shop) -> None:
    order = shop.order("充100话费 13812345678", "确认")
    for words in ("退款", "没到账", "评价", "卡密", "开发票", "再来一单"):
        told = shop.say(f"{words} {order.order_no}" + (" 5" if words == "评价" else ""), WANG)
        assert "话费充值" not in told
        assert "13812345678" not in told
    assert shop.rows("SELECT count(*) FROM refund") == [0]
    assert shop.rows("SELECT count(*) FROM support_case") == [0]
    assert shop.rows("SELECT count(*) FROM rating") == [0]


def test_a_quoted_key_or_account_is_masked_in_the_case_and_an_order_number_is_not(shop: Shop) -> None:
    order = shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    shop.say(f"没到账 {order.order_no} 我的手机13812345678，卡密是ABCD-1234-EFGH-5678")
    [said] = shop.rows("SELECT said FROM support_case")
    assert order.order_no in str(said)
    assert "13812345678" not in str(said)
    assert "1234-EFGH" not in str(said)


def test_a_delivery_asks_once_what_he_thinks_and_keeps_it(shop: Shop) -> None:
    order = shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    operators.done(shop.services, order.lines[0].id, "")
    shop.work()
    told = shop.say("嗯")
    assert told.count("点一下打分") == 1
    assert "5分" in shop.say(f"评价{order.order_no} 5")
    assert "抱歉" in shop.say(f"评价{order.order_no} 2")
    assert shop.rows("SELECT stars FROM rating") == [2]


def test_an_order_delivered_in_two_messages_asks_in_the_last_alone(shop: Shop, tmp_path: Path) -> None:
    for sku in ("ST50", "ST100"):
        file = tmp_path / f"{sku}.txt"
        file.write_text(f"{sku}-SECRET-0001")
        import_keys(shop.services.engine, shop.services.vault, sku, file)
    shop.order("50的steam卡一张，100的steam卡一张", "确认")
    shop.work()
    told = shop.say("嗯") + shop.say("嗯嗯")
    assert "ST50-SECRET-0001" in told
    assert "ST100-SECRET-0001" in told
    assert told.count("点一下打分") == 1
    assert told.index("点一下打分") > max(told.index("ST50-SECRET"), told.index("ST100-SECRET"))


def test_a_case_that_was_closed_in_the_meantime_is_not_called_late(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    shop.say("没到账")
    shop.passes(61)
    background.sweep_cases(shop.services)
    assert after_sale.close(shop.services, 1, "打好了", actor="operator")
    shop.work()
    said = shop.say("你好")
    assert "打好了" in said
    assert "超过了答应您的时间" not in said


def test_an_invoice_becomes_a_case_with_all_that_it_needs(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    assert "抬头" in shop.say("开发票")
    assert "S00001" in shop.say("北京某某科技有限公司 91110105MA01ABCD2X kefu@example.com")
    assert "91110105MA01ABCD2X" in "\n".join(operators.cases(shop.services))


def test_a_message_left_at_night_is_first_in_the_morning_and_its_answer_gives_the_talk_to_the_person(
    shop: Shop,
) -> None:
    shop.passes(13 * 60)
    assert "客服现在不在" in shop.say("转人工")
    assert "留言记下了" in shop.say("请帮我看看能不能改成开专票的店")
    assert "请核对订单" in shop.say("充100话费 13812345678")
    shop.passes(11 * 60)
    background.end_silent_handoffs(shop.services)
    shop.say("转人工", WANG)
    listed = list(operators.waiting(shop.services))
    assert listed[0].startswith(LI)
    assert "留言" in listed[0]
    assert "开专票" in "\n".join(listed[: next(i for i, row in enumerate(listed) if row.startswith(WANG))])
    assert handoffs.say(shop.services, LI, "早上好，可以开专票")
    shop.work()
    assert "早上好，可以开专票" in shop.say("好的谢谢"), "kept for him, while the bot itself is silent"
    assert shop.say("那太好了") == ""
    shop.passes(31)
    background.end_silent_handoffs(shop.services)
    assert "13812345678" in shop.say("13812345678")


def test_wechat_s_own_customer_service_ends_the_talk_it_was_given(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with opened(tmp_path, database_url, redis_url, kf="true") as shop:
        shop.say("转人工")
        assert shop.rows("SELECT transferred FROM handoff") == [True]
        shop.say("", kind="event", event="kf_close_session")
        assert shop.rows("SELECT ended_by FROM handoff") == ["operator"]


def test_a_talk_wechat_has_is_ended_by_silence_without_a_word(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with opened(tmp_path, database_url, redis_url, kf="true") as shop:
        shop.say("转人工")
        shop.passes(31)
        with shop.services.engine.connect() as conn:
            assert handoffs.silent_ones(conn, shop.clock.now()) == [(LI, True)]
        background.end_silent_handoffs(shop.services)
        assert shop.rows("SELECT ended_by FROM handoff") == ["timeout"]


def test_nobody_writes_to_a_buyer_who_did_not_ask_for_a_person(shop: Shop) -> None:
    assert not handoffs.say(shop.services, LI, "您好")
    assert shop.rows("SELECT count(*) FROM operator_word") == [0]


def test_the_person_finds_what_it_is_about_and_the_buyer_his_place(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    shop.say("没到账")
    shop.say("转人工", WANG)
    shop.passes(1)
    shop.say("充50话费")
    told = shop.say("叫人来")
    assert "前面还有1位" in told
    assert "9:00–22:00" in told
    assert "前面还有" not in shop.say("转人工", WANG), "he was first, and is so still"
    listed = "\n".join(operators.waiting(shop.services))
    for part in ("问：叫人来；还没答：手机号", "话费充值", "王者荣耀代练", "客服已接单", "S00001 没到账"):
        assert part in listed


def test_goods_a_person_makes_are_listed_with_their_choices_in_words(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "常用英雄：李白", "确认")
    shop.work()
    [line] = operators.todo(shop.services)
    for part in ("王者荣耀代练", "打到星耀", "12345678", "铂金", "李白"):
        assert part in line


def test_the_operator_works_a_case_off_from_the_command_line(
    tmp_path: Path,
    database_url: str,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with opened(tmp_path, database_url, redis_url) as shop:
        shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
        shop.work()
        shop.say("没到账")
        shop.say("转人工", WANG)
        environment = {"STORE__DATABASE_URL": database_url, "REDIS__URL": redis_url, "APP__DATA_DIR": str(tmp_path)}
        for name, value in environment.items():
            monkeypatch.setenv(f"KABOT_{name}", value)
        capsys.readouterr()
        assert main(["cases", "list"]) == 0
        assert "S00001\t没到账\t待答复" in capsys.readouterr().out
        assert main(["cases", "answer", "S00001", "在查了"]) == 0
        assert main(["cases", "close", "1", "--note", "好了"]) == 0
        assert main(["cases", "close", "1"]) == 1
        assert "S00001" not in capsys.readouterr().out
        assert main(["cases", "answer", "first", "x"]) == 2
        assert "first" in capsys.readouterr().err
        assert main(["cases", "close", "1", "--refund"]) == 2
        assert main(["cases", "answer", "1", "长" * 301]) == 2
        assert main(["handoff", "say", WANG, "您好"]) == 0
        assert main(["handoff", "say", "oNobody", "您好"]) == 1
        said = "SELECT words FROM case_event WHERE actor = 'operator' ORDER BY id"
        assert shop.rows(said) == ["在查了", "好了"]
        assert shop.rows("SELECT words FROM operator_word") == ["您好"]
        assert shop.rows("SELECT count(*) FROM push WHERE kind IN ('case_answered', 'case_closed', 'person')") == [3]


def test_a_case_the_buyer_takes_back_is_closed_without_a_push_and_nobody_else_can(shop: Shop) -> None:
    order = shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    assert "S00001" in shop.say("我要退款")
    assert after_sale.drop_case(shop.services, WANG, DropCase(1, "算了")) == CaseDropped(None)
    assert shop.rows("SELECT state FROM support_case") == ["open"]
    told = shop.say("算了不退了")
    assert "不退款" in told
    assert "S00001 已为您撤下" in told
    assert shop.rows("SELECT state FROM support_case") == ["closed"]
    assert shop.rows("SELECT actor FROM case_event ORDER BY id DESC LIMIT 1") == ["buyer"]
    assert shop.rows("SELECT count(*) FROM push WHERE kind = 'case_closed'") == [0]
    assert shop.rows("SELECT state FROM order_line WHERE order_no = :no", no=order.order_no) == ["delivering"]
    assert "S00002" in shop.say("没到账"), "he can complain again"


def test_words_against_a_refund_move_no_money(shop: Shop) -> None:
    shop.order("充100话费 13812345678", "确认")
    for words in ("不用退款，继续充就行", "别给我退款", "我没说要退款啊", "要是今天不到就退款", "能退款吗"):
        shop.say(words)
    assert shop.rows("SELECT count(*) FROM refund") == [0]


def test_who_asks_about_a_second_payment_hears_what_the_books_say_of_it(shop: Shop) -> None:
    for message in ("充100话费 13812345678", "确认"):
        shop.say(message)
    with shop.services.engine.connect() as conn:
        order = reading.orders_of(conn, LI, 1)[0]
    for payer in (LI, WANG):
        assert isinstance(paying.open_jsapi(shop.services, order, payer), paying.Bridge)
    with shop.services.engine.connect() as conn:
        attempts = attempts_of(conn, order.order_no)
    assert len(attempts) == 2
    for n, attempt in enumerate(attempts):
        assert attempt.prepay_id is not None
        assert attempt.payer_openid is not None
        paid = shop.wechat_pay.pay(Prepay(attempt.prepay_id), OpenId(attempt.payer_openid))
        assert paid is not None
        paying.take_transaction(shop.services, paid)
        if n == 0:
            assert "只收到一笔¥99.50" in shop.say("怎么扣了我两次钱")
    told = shop.say("怎么扣了我两次钱")
    assert "多付了一笔¥99.50" in told
    assert "正在按原路退回" in told
    shop.work()
    shop.passes(2)
    background.sweep_work(shop.services)
    shop.work()
    assert "已经按原路退回" in shop.say("怎么扣了我两次钱")
    sealed = text(
        "SELECT money || ' ' || amount_fen || ' ' || from_state || '→' || to_state FROM order_event"
        " WHERE order_no = :no AND money IN ('paid_again', 'again_back') ORDER BY n"
    )
    with shop.services.engine.begin() as conn:
        events = conn.execute(sealed, {"no": order.order_no}).scalars().all()
        assert [one.rpartition(" ")[0] for one in events] == ["paid_again 9950", "again_back 9950"]
        assert all(one.partition("→")[0].endswith(one.partition("→")[2]) for one in events), "the order stays as it is"
        assert list(audit.verify(conn)) == []
        for statement in (
            "UPDATE refund SET state = 'closed', settled_at = NULL WHERE key LIKE 'duplicate:%'",
            "UPDATE payment SET total_fen = total_fen + 100 WHERE NOT settles",
        ):
            savepoint = conn.begin_nested()
            conn.execute(text(statement))
            assert any("重复付款" in one.what for one in audit.verify(conn, order.order_no))
            savepoint.rollback()


def test_what_waits_for_a_buyer_is_not_spent_on_an_event_nobody_reads_an_answer_to(shop: Shop) -> None:
    shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    waiting = "SELECT count(*) FROM push WHERE state <> 'sent'"
    assert shop.rows(waiting) != [0], "no message gets out: the account has no token here"
    for event in ("view", "location", "templatesendjobfinish", "kf_create_session"):
        shop.say("", kind="event", event=event)
    assert shop.rows("SELECT count(*) FROM push WHERE via = 'reply'") == [0]
    assert "已转给客服接单" in shop.say("好的")
    assert shop.rows(waiting) == [0]
