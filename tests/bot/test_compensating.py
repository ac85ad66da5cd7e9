"""Late deliveries are paid for by themselves: once, within a day's limit, for what was ours to do, and told."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot import background, compensating, giving_back, operators
from bot.cli import main
from bot.config import ConfigError, load_config
from fulfillment import audit, compensation
from kernel.ids import OpenId
from kernel.orders import Order
from tests.bot.test_after_sale import LI, WANG, Shop, opened

SERVICE = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
"""¥150.00; its eta counts from something else, so [compensation] service_minutes promises 60 minutes."""
TERMS = {"enabled": "true", "service_minutes": "60", "late_minutes": "10", "amount_fen": "100"}


class Open:
    """Opens the shop with these terms, as often as a test wants: each time it is a new process."""

    def __init__(self, *where: Any) -> None:
        self._where = where

    @contextmanager
    def __call__(self, later: int = 0, **terms: str) -> Iterator[Shop]:
        with opened(*self._where, compensation={**TERMS, **terms}) as shop:
            shop.passes(later)
            compensating.compensate_late(shop.services)
            yield shop


@pytest.fixture
def open_shop(tmp_path: Path, database_url: str, redis_url: str) -> Open:
    return Open(tmp_path, database_url, redis_url)


def served(shop: Shop, minutes: int, openid: OpenId = LI) -> Order:
    """An order that a person delivers so many minutes after it was paid."""
    order = shop.order(*SERVICE, openid=openid)
    shop.work()
    shop.passes(minutes)
    assert operators.done(shop.services, order.lines[0].id, "") is not None
    shop.work()
    return order


def sweep(shop: Shop) -> None:
    for _ in range(3):
        compensating.compensate_late(shop.services)
        shop.work()
        shop.passes(2)
        background.sweep_work(shop.services)
    shop.work()


def given_fen(shop: Shop) -> list[object]:
    return shop.rows("SELECT amount_fen FROM compensation WHERE state = 'given' ORDER BY id")


def all_agrees(shop: Shop) -> bool:
    with shop.services.engine.connect() as conn:
        assert list(audit.verify(conn)) == []
    return shop.books_agree()


def test_a_late_delivery_gives_a_part_of_the_price_back_once_and_says_so(open_shop: Open) -> None:
    with open_shop() as shop:
        order = served(shop, 71)
        sweep(shop)
        sweep(shop)
        told = "\n".join(shop.say(words) for words in ("好的", "嗯", "嗯嗯"))
        assert "抱歉让您久等了，王者荣耀代练 打到星耀" in told
        assert "赔付您¥1.00，正在按原路退款" in told
        assert "退款成功：¥1.00" in told
        assert given_fen(shop) == [100]
        assert shop.rows("SELECT state FROM order_line") == ["delivered"]
        paid = shop.rows("SELECT out_trade_no FROM payment WHERE order_no = :no", no=order.order_no)
        assert shop.wechat_pay.refunded_fen(str(paid[0])) == 100
        booked = (
            "SELECT account || ' ' || sum(amount_fen) FROM ledger_entry GROUP BY account HAVING sum(amount_fen) <> 0"
        )
        assert "compensation 100" in shop.rows(booked)
        assert not [row for row in shop.rows(booked) if str(row).startswith("refunds")]
        assert all_agrees(shop)


def test_into_the_balance_where_the_owner_says_so(open_shop: Open) -> None:
    with open_shop(way="wallet") as shop:
        served(shop, 71)
        sweep(shop)
        assert "赔付您¥1.00，已经加到您的余额里" in shop.say("好的")
        assert shop.rows("SELECT balance_fen FROM wallet") == [100]
        assert shop.rows("SELECT count(*) FROM refund") == [0]
        assert given_fen(shop) == [100]
        assert all_agrees(shop)


def test_in_time_or_nearly_gives_nothing(open_shop: Open) -> None:
    with open_shop() as shop:
        served(shop, 69)
        sweep(shop)
        assert shop.rows("SELECT count(*) FROM compensation") == [0]


def test_off_gives_nothing_and_what_was_paid_before_it_was_on_is_left_alone(open_shop: Open) -> None:
    with open_shop(enabled="false") as shop:
        order = shop.order(*SERVICE)
        shop.work()
        line_id = order.lines[0].id
    with open_shop(later=1) as shop:
        shop.passes(71)
        assert operators.done(shop.services, line_id, "") is not None
        sweep(shop)
        assert shop.rows("SELECT count(*) FROM compensation") == [0]
        served(shop, 71, WANG)
        sweep(shop)
        assert given_fen(shop) == [100]


def test_the_day_s_limit_stops_it_alerts_once_and_the_rest_comes_the_next_day(
    open_shop: Open, caplog: pytest.LogCaptureFixture
) -> None:
    with open_shop(daily_max_fen="250") as shop:
        for buyer in range(4):
            served(shop, 71, OpenId(f"oBuyer{buyer}"))
        with caplog.at_level(logging.ERROR):
            sweep(shop)
        assert given_fen(shop) == [100, 100]
        assert len([one for one in caplog.records if "compensation of ¥2.50 is spent" in one.message]) == 1
        listed = list(compensating.listed(shop.services))
        assert len(listed) == 4
        assert sum("等额度" in row for row in listed) == 2
        shop.passes(24 * 60)
        sweep(shop)
        assert given_fen(shop) == [100, 100, 100, 100]
        assert all_agrees(shop)


def test_never_more_than_is_left_of_the_price(open_shop: Open) -> None:
    with open_shop() as shop:
        order = served(shop, 71)
        gone = giving_back.give_some(shop.services, order.lines[0].id, 14_950, "慢了", actor="operator")
        assert gone is None
        sweep(shop)
        assert given_fen(shop) == [50]
        assert shop.rows("SELECT refund_fen FROM order_line") == [15_000]
        assert all_agrees(shop)


def test_what_went_back_whole_since_is_not_paid_for(open_shop: Open) -> None:
    with open_shop() as shop:
        order = served(shop, 71)
        with shop.services.engine.begin() as conn:
            config = shop.services.config.compensation
            assert compensation.find(conn, compensating.terms_of(config), shop.clock.now()) == 1
        assert operators.give_back(shop.services, order.lines[0].id, "没打完", delivered_too=True)
        sweep(shop)
        assert shop.rows("SELECT state FROM compensation") == ["dropped"]
        assert shop.rows("SELECT sum(amount_fen) FROM refund") == [15_000]
        assert all_agrees(shop)


@pytest.mark.parametrize(
    "his_doing",
    [
        "UPDATE orders SET closed_at = paid_at",
        "INSERT INTO supplier_order (order_no, line_id, unit, supplier, supplier_order_no, buy_num, state, reason,"
        " created_at) SELECT order_no, id, 0, 'fulu', 'S1', 1, 'failed', '充值账号错误', now() FROM order_line",
    ],
)
def test_nothing_is_paid_for_what_the_buyer_caused(open_shop: Open, his_doing: str) -> None:
    with open_shop() as shop:
        served(shop, 71)
        with shop.services.engine.begin() as conn:
            conn.execute(text(his_doing))
        sweep(shop)
        assert shop.rows("SELECT count(*) FROM compensation") == [0]


def test_while_a_person_looked_at_the_order_its_time_did_not_run(open_shop: Open) -> None:
    with open_shop() as shop:
        served(shop, 71)
        with shop.services.engine.begin() as conn:
            conn.execute(
                text(
                    "INSERT INTO order_hold (order_no, state, wanted_at, held_at, ended_at)"
                    " SELECT order_no, 'released', paid_at, paid_at, paid_at + interval '5 minutes' FROM orders"
                )
            )
        sweep(shop)
        assert shop.rows("SELECT count(*) FROM compensation") == [0]


def test_two_workers_at_the_same_moment_give_once(open_shop: Open) -> None:
    with open_shop(daily_max_fen="250") as shop:
        for buyer in range(4):
            served(shop, 71, OpenId(f"oBuyer{buyer}"))
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: compensating.compensate_late(shop.services), range(4)))
        assert given_fen(shop) == [100, 100]
        assert shop.rows("SELECT count(*) FROM refund") == [2]


def test_a_worker_that_was_away_finds_what_was_delivered_meanwhile(open_shop: Open) -> None:
    with open_shop() as shop:
        served(shop, 71)
        shop.passes(3 * 24 * 60)
        sweep(shop)
        assert given_fen(shop) == [100]


def test_the_command_line_lists_what_was_given(
    open_shop: Open, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with open_shop() as shop:
        order = served(shop, 83)
        sweep(shop)
        environment = {"STORE__DATABASE_URL": database_url, "REDIS__URL": redis_url, "APP__DATA_DIR": str(tmp_path)}
        for name, value in environment.items():
            monkeypatch.setenv(f"KABOT_{name}", value)
        capsys.readouterr()
        assert main(["compensation", "list"]) == 0
        told = capsys.readouterr().out
        for part in (order.order_no, "晚 23 分钟", "¥1.00", "原路退回"):
            assert part in told


@pytest.mark.parametrize(
    ("terms", "what"),
    [
        ({"ENABLED": "true"}, "amount_fen or percent_bp"),
        ({"ENABLED": "true", "AMOUNT_FEN": "100", "PERCENT_BP": "100"}, "amount_fen or percent_bp"),
        ({"ENABLED": "true", "AMOUNT_FEN": "300", "DAILY_MAX_FEN": "200"}, "daily_max_fen"),
        ({"ENABLED": "true", "PERCENT_BP": "100", "MAX_FEN": "500", "DAILY_MAX_FEN": "499"}, "daily_max_fen"),
        ({"WAY": "gift"}, "must be one of"),
    ],
)
def test_terms_that_do_not_go_together_are_refused_by_name(terms: dict[str, str], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        load_config(None, {f"KABOT_COMPENSATION__{name}": value for name, value in terms.items()})
    without_wallet = {"KABOT_WALLET__ENABLED": "false", "KABOT_COMPENSATION__WAY": "wallet"}
    on = {"KABOT_COMPENSATION__ENABLED": "true", "KABOT_COMPENSATION__AMOUNT_FEN": "100"}
    with pytest.raises(ConfigError, match="wallet"):
        load_config(None, {**without_wallet, **on})
