"""The first page's figures: what a day brought, what of the talk came to an order, how fast it was delivered."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot import heard_days, privacy
from console import figures
from console.charts import Curve
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
        shown = {TODAY + timedelta(days=1 - back) for back in range(days)}
        assert all(f"<title>{day} ¥" in page for day in shown)
        assert f"<title>{min(shown) - timedelta(days=1)}" not in page
        assert "<title>2026-03-02 ¥150.00，利润 ¥" in page
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


def _curve(values: list[int], line: list[int], unit: str = "yuan") -> Curve:
    days = tuple(TODAY + timedelta(days=n) for n in range(len(values)))
    return Curve("收款<b>", unit, days, tuple(values), tuple(line), "利润" if line else "")


@given(
    st.lists(st.tuples(st.integers(0, 10**13), st.integers(-(10**13), 10**13)), max_size=31),
    st.booleans(),
    st.sampled_from(["yuan", "percent", ""]),
)
@settings(max_examples=60, deadline=None)
def test_every_day_stands_in_the_picture_and_nothing_the_csp_refuses(
    days: list[tuple[int, int]], with_line: bool, unit: str
) -> None:
    values, line = [value for value, _ in days], [profit for _, profit in days] if with_line else []
    picture = ElementTree.fromstring(_curve(values, line, unit).svg)
    for one in picture.iter():
        assert not {"style", "id", "onclick", "href"} & set(one.attrib)
        assert one.tag not in ("style", "script")
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    across, down = map(float, re.findall(r"[0-9.]+", picture.findall(".//g[@transform]")[0].attrib["transform"]))
    points = picture.findall(".//circle")
    assert len(points) == len(values) + len(line)
    for point in points:
        assert 0 < across + float(point.attrib["cx"]) < width
        assert 0 < down + float(point.attrib["cy"]) < height
    said = [one.text or "" for one in picture.iter("title")]
    assert len(said) == len(points)
    assert all(text_.startswith(str(TODAY + timedelta(days=n % len(values)))) for n, text_ in enumerate(said))
    texts = [one.text or "" for one in picture.iter("text")]
    assert len([one for one in texts if "/" in one]) == min(
        len(values), -(-len(values) // max(1, -(-len(values) // 7)))
    )


def test_the_highest_day_and_the_last_tell_what_they_brought_and_a_loss_is_below_the_ground() -> None:
    picture = _curve([100, 0, 23456700, 0, 0, 0, 4200], [0, 0, 0, 0, 0, 0, -100])
    root = ElementTree.fromstring(picture.svg)
    assert [one.text for one in root.iter("text") if one.get("class") == "value"] == ["23.5万", "42"]
    assert "<title>2026-03-08 ¥42.00，利润 ¥-1.00</title>" in picture.svg
    assert "最高 2026-03-04 ¥234567.00" in root.attrib["aria-label"]
    heights = [float(one.attrib["cy"]) for one in root.iter("circle")]
    assert heights[2] < heights[6] < heights[1] == heights[7] < heights[13]


def test_days_without_anything_and_no_days_at_all_are_pictures_too() -> None:
    assert "<title>2026-03-02 0</title>" in _curve([0], [], "").svg
    assert "还没有数据" in _curve([], []).svg


def test_what_draws_is_loaded_by_the_first_curve_alone() -> None:
    program = (
        "import sys; from console import today; before = 'pygal' in sys.modules;"
        "today.Curve('', '', (), ()).svg; print(before, 'pygal' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["False", "True"]
