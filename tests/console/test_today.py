"""The first page's figures: what a day brought, what of the talk came to an order, how fast it was delivered."""

import time
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bot import heard_days, privacy
from console import charts, figures
from console.roles import Role
from tests.bot.test_after_sale import LI, WANG, Shop
from tests.console.conftest import Window

Login = Callable[..., Window]
BY_HAND = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
TODAY = date(2026, 3, 2)


def _tile(page: str, name: str) -> str:
    """The figure above a tile's name."""
    before = page.partition(f"<span>{name}")[0]
    return before.rpartition("<b")[2].partition(">")[2].partition("<")[0].strip()


def _written(shop: Shop, buyers: int) -> None:
    """Wait for who wrote to be written down."""
    give_up_at = time.monotonic() + 30
    while shop.rows("SELECT count(*) FROM buyer_day") != [buyers]:
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_the_day_shows_profit_as_the_books_have_it(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    window = login()
    window.send(f"/console/lines/{order.lines[0].id}/done", note="")
    shop.work()
    [profit] = shop.rows(
        "SELECT -sum(amount_fen) FROM ledger_entry"
        " WHERE account IN ('sales', 'refunds', 'fees', 'supplier_cost', 'compensation')"
    )
    page = " ".join(window.see("/console").split())
    assert 0 < int(str(profit)) < 15000
    assert _tile(page, "利润") == f"¥{int(str(profit)) / 100:.2f}"
    assert _tile(page, "收款") == "¥150.00"


def test_a_whole_refund_takes_the_sale_out_of_the_profit(shop: Shop, login: Login) -> None:
    order = shop.order("充100话费 13812345678", "确认")
    shop.say("退款")
    shop.work()
    shop.passes(2)
    shop.work()
    page = " ".join(login().see("/console").split())
    assert order.total_fen == 9950
    assert _tile(page, "退款") == "¥99.50"
    assert float(_tile(page, "利润").removeprefix("¥")) <= 0


def test_of_those_who_wrote_some_bought(shop: Shop, login: Login) -> None:
    shop.order(*BY_HAND)
    shop.say("在吗")
    shop.say("有什么卖的", WANG)
    shop.say("", WANG, kind="event", event="scan")
    _written(shop, 2)
    page = " ".join(login().see("/console").split())
    assert _tile(page, "转化（2 人来消息）") == "50.0%"


def test_who_only_pressed_something_has_not_written(shop: Shop, login: Login) -> None:
    shop.say("", kind="event", event="subscribe")
    page = " ".join(login().see("/console").split())
    assert _tile(page, "转化（0 人来消息）") == "—"
    shop.say("在吗", WANG)
    _written(shop, 1)
    assert shop.rows("SELECT openid FROM buyer_day") == [WANG]


def test_who_wrote_is_forgotten_with_him_and_after_forty_days(shop: Shop) -> None:
    shop.say("在吗")
    shop.say("在吗", WANG)
    _written(shop, 2)
    privacy.erase(shop.services, LI)
    assert shop.rows("SELECT openid FROM buyer_day") == [WANG]
    shop.passes(41 * 24 * 60)
    heard_days.forget_heard_days(shop.services)
    assert shop.rows("SELECT count(*) FROM buyer_day") == [0]


def test_how_fast_goods_came_is_told_by_the_middle_and_the_slowest(shop: Shop, login: Login) -> None:
    with shop.services.engine.begin() as conn:
        for n in range(1, 101):
            conn.execute(
                text("""
                    WITH o AS (INSERT INTO orders (order_no, openid, message_key, token, state, total_fen, created_at,
                                                   expires_at, paid_at)
                        VALUES ('K' || :n, 'o', CAST(:n AS text), CAST(:n AS text), 'delivered', 100, :now, :now, :now)
                        RETURNING order_no)
                    INSERT INTO order_line (order_no, position, product_id, product_name, sku_code, sku_label,
                            quantity, unit_fen, total_fen, delivery, state, delivered_at)
                        SELECT order_no, 0, 'p', 'p', 's', 's', 1, 100, 100, 'topup', 'delivered',
                               CAST(:now AS timestamptz) + :n * interval '1 second' FROM o
                """),
                {"n": n, "now": shop.clock.now()},
            )
        told = figures.speed(conn, TODAY, shop.services.hours.zone)
    assert told.p50_s == pytest.approx(50.5)
    assert told.p95_s == pytest.approx(95.05)
    page = " ".join(login().see("/console").split())
    assert _tile(page, "到货中位（95%：1.6 分）") == "50.5 秒"


def test_a_suppliers_deposit_that_runs_out_is_shown_to_those_who_see_money(shop: Shop, login: Login) -> None:
    with shop.services.engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO supplier_account (supplier, balance_fen, told_at, asked_at) VALUES ('fulu', 999, :n, :n)"
            ),
            {"n": shop.clock.now()},
        )
        low = figures.balances(conn, {"fulu": 1000})
        enough = figures.balances(conn, {"fulu": 999})
    assert [one.low for one in (*low, *enough)] == [True, False]
    assert "¥9.99" in login().see("/console")
    assert "¥9.99" not in login(Role.SUPPORT, "sue").see("/console")


def test_thirty_days_are_a_tap_away_and_money_is_not_for_everybody(shop: Shop, login: Login) -> None:
    shop.order(*BY_HAND)
    shop.passes(24 * 60)
    window = login()
    for days in (7, 30):
        page = window.see(f"/console?days={days}")
        assert page.count('class="bar') >= 4 * days
        assert "2026-03-02 ¥150.00" in page
    assert "近 7 天" in window.see("/console?days=x'")
    support = login(Role.SUPPORT, "sue").see("/console?days=30")
    assert "¥150.00" not in support
    assert "收款" not in support


def test_days_are_not_read_again_for_every_look(shop: Shop) -> None:
    days = figures.Days(shop.services.hours.zone)

    def placed(now_after: timedelta) -> int:
        with shop.services.engine.connect() as conn:
            return days.until(conn, TODAY, 7, shop.clock.now() + now_after)[-1].placed

    assert placed(timedelta(0)) == 0
    shop.order(*BY_HAND)
    assert placed(timedelta(seconds=5)) == 0
    assert placed(timedelta(seconds=11)) == 1


@given(
    st.lists(st.tuples(st.integers(0, 10**11), st.integers(-(10**11), 10**11)), min_size=1, max_size=31), st.booleans()
)
def test_every_bar_and_the_line_stay_in_the_picture(days: list[tuple[int, int]], with_line: bool) -> None:
    dates = [TODAY + timedelta(days=n) for n in range(len(days))]
    line = [profit for _, profit in days] if with_line else None
    picture = charts.chart("x", "yuan", dates, [value for value, _ in days], line)
    for bar in picture.bars:
        assert charts.LEFT <= bar.x <= bar.x + bar.width <= charts.RIGHT
        assert charts.TOP <= bar.y <= bar.y + bar.height <= charts.GROUND + 0.2
        assert charts.TOP <= bar.line_y <= charts.GROUND
    assert picture.bars[-1].dated
    assert sum(bar.dated for bar in picture.bars) <= 8
