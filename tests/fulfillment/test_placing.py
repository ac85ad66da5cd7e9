"""Placing: once per message, at the price seen, with stock held, never more unpaid orders than allowed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any, Self, cast

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from fulfillment import placing, reading
from fulfillment.placing import TOPUP_UNITS_MAX, CatalogMoved, Placed, SoldOut, TooManyUnpaid
from kernel.ids import OpenId
from kernel.orders import Order, OrderState, WantedLine
from tests.fulfillment.counter import LI, NOW, SHELF, TTL, add_keys, left, open_shop, place, want


def test_a_placed_order_freezes_what_the_buyer_confirmed(conn: Connection) -> None:
    placed = place(conn, want("HF100", 2), want("ST50"))
    assert isinstance(placed, Placed)
    assert placed.fresh
    order = reading.by_no(conn, placed.order.order_no)
    assert order == placed.order == reading.by_token(conn, placed.order.token)
    assert (order.state, order.total_fen, order.expires_at) == (OrderState.UNPAID, 2 * 9950 + 5100, NOW + TTL)
    assert [(line.product_name, line.sku_label, line.quantity) for line in order.lines] == [
        ("话费", "100元", 2),
        ("Steam卡", "50元", 1),
    ]
    assert order.lines[0].fields == {"account": "13812345678"}
    assert left(conn, "ST50") == 2


def test_the_same_message_places_one_order(conn: Connection) -> None:
    first = place(conn, want("ST50"), key="m1")
    again = place(conn, want("ST50"), key="m1", now=NOW + timedelta(seconds=5))
    assert not again.fresh
    assert again.order == first.order
    assert left(conn, "ST50") == 2


def test_the_same_message_gives_its_order_even_when_nothing_else_fits_any_more(conn: Connection) -> None:
    orders = [place(conn, want("ST50"), key=f"m{n}") for n in range(3)]
    assert left(conn, "ST50") == 0
    assert place(conn, want("ST50"), key="m0").order == orders[0].order


def test_any_number_is_priced_per_unit(conn: Connection) -> None:
    order = place(conn, want("QB", 2, value=50)).order
    assert order.total_fen == 98 * 50 * 2
    assert order.lines[0].value == 50


@pytest.mark.parametrize(
    "line",
    [
        replace(want("HF100"), total_fen=9940),
        replace(want("HF100"), sku="GONE"),
        replace(want("HF100"), fields={}),
        replace(want("HF100"), fields={"account": "1381234567"}),
        replace(want("WZ60"), fields={"qq": "123456", "server": "windows"}),
        replace(want("HF100"), value=50),
        replace(want("QB", value=10), value=None),
        replace(want("QB", value=2000), value=2001, total_fen=98 * 2001),
        replace(want("HF100"), quantity=0, total_fen=0),
        replace(want("HF100"), quantity=-1, total_fen=-9950),
        want("HF100", TOPUP_UNITS_MAX + 1),
        want("ST100", 9_999),
        want("ST100", 10_000),
    ],
)
def test_what_the_shelf_does_not_say_is_not_placed(conn: Connection, line: WantedLine) -> None:
    assert place(conn, line) == CatalogMoved()
    assert reading.orders_of(conn, LI) == ()


def test_fields_nobody_asked_for_are_not_stored(conn: Connection) -> None:
    assert place(conn, want("HF100", password="hunter2")).order.lines[0].fields == {"account": "13812345678"}


def test_an_empty_or_endless_order_is_a_bug_of_the_caller(conn: Connection) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        place(conn)
    with pytest.raises(ValueError, match="1 to 100"):
        place(conn, *[want("HF100")] * 101)


def test_short_stock_names_the_line_and_leaves_nothing_behind(conn: Connection) -> None:
    assert place(conn, want("ST100"), want("HF100"), want("ST50", 2), want("ST50", 2)) == SoldOut(3, 1)
    assert (left(conn, "ST50"), left(conn, "ST100")) == (3, 2)
    assert reading.orders_of(conn, LI) == ()
    # The transaction is as good as new.
    assert isinstance(place(conn, want("ST50", 3)), Placed)


def test_a_fourth_unpaid_order_is_refused_and_the_three_are_named(conn: Connection) -> None:
    orders = [place(conn, want("HF100"), now=NOW + timedelta(seconds=n)).order for n in range(3)]
    refused = place(conn, want("HF100"), now=NOW + timedelta(seconds=9))
    assert refused == TooManyUnpaid(tuple(reversed(orders)))
    assert isinstance(place(conn, want("HF100"), openid="somebody else"), Placed)
    assert isinstance(place(conn, want("HF100"), now=NOW + TTL + timedelta(seconds=1)), Placed)


def test_an_order_that_cannot_be_paid_any_more_is_not_named_among_the_unpaid(conn: Connection) -> None:
    later = NOW + TTL + timedelta(seconds=1)
    place(conn, want("HF100"))
    orders = [place(conn, want("HF100"), now=later).order for _ in range(3)]
    refused = place(conn, want("HF100"), now=later)
    assert isinstance(refused, TooManyUnpaid)
    assert {order.order_no for order in refused.orders} == {order.order_no for order in orders}


def test_a_taken_order_number_is_not_taken_twice(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([1, 1, 2])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    assert [place(conn, want("HF100")).order.order_no for _ in range(2)] == ["K2611210000000001", "K2611210000000002"]


def test_three_unpaid_orders_hold_against_a_rush_of_messages(engine: Engine) -> None:
    open_shop(engine)
    start = Barrier(12)

    def message(_: int) -> object:
        with engine.begin() as conn:
            start.wait(60)
            return place(conn, want("HF100"))

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(message, range(12)))
    assert sum(isinstance(outcome, Placed) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, TooManyUnpaid) for outcome in outcomes) == 9


def test_one_message_pushed_many_times_at_once_places_one_order(engine: Engine) -> None:
    open_shop(engine, {"ST50": 8})
    start = Barrier(8)

    def message(_: int) -> Placed:
        with engine.begin() as conn:
            start.wait(60)
            return place(conn, want("ST50"), key="m1")

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(message, range(8)))
    assert len({outcome.order.order_no for outcome in outcomes}) == 1
    assert sum(outcome.fresh for outcome in outcomes) == 1
    with engine.connect() as conn:
        assert left(conn, "ST50") == 7


def test_ten_keys_serve_ten_of_twenty_five_buyers(engine: Engine) -> None:
    open_shop(engine, {"ST50": 10, "ST100": 30})
    start = Barrier(25)

    def buyer(n: int) -> object:
        lines = [want("ST50"), want("ST100")]
        with engine.begin() as conn:
            start.wait(60)
            return place(conn, *(lines if n % 2 else reversed(lines)), openid=f"buyer {n}")

    with ThreadPoolExecutor(25) as pool:
        outcomes = list(pool.map(buyer, range(25)))
    assert sum(isinstance(outcome, Placed) for outcome in outcomes) == 10
    assert sum(isinstance(outcome, SoldOut) for outcome in outcomes) == 15
    with engine.connect() as conn:
        assert (left(conn, "ST50"), left(conn, "ST100")) == (0, 20)
        held = conn.execute(text("SELECT count(*) FROM card_key WHERE state = 'held'")).scalar_one()
        assert held == 20


def test_an_order_without_keys_takes_two_statements(conn: Connection) -> None:
    statements: list[str] = []

    class Counted(psycopg.Cursor[tuple[Any, ...]]):
        def execute(self, query: Any, *args: Any, **more: Any) -> Self:
            statements.append(query)
            return super().execute(query, *args, **more)

    driver = cast(psycopg.Connection, conn.connection.driver_connection)
    driver.cursor_factory = Counted
    conn.info.clear()  # and with it the cursor there is
    try:
        place(conn, want("HF100"), want("QB", value=5), want("BJ2"))
    finally:
        driver.cursor_factory = psycopg.Cursor
        conn.info.clear()
    assert len(statements) == 2


def test_a_database_that_fails_in_the_middle_raises_what_callers_know_and_no_value_of_the_buyer(
    conn: Connection,
) -> None:
    conn.exec_driver_sql("ALTER TABLE orders RENAME TO gone")
    with pytest.raises(DBAPIError) as raised:
        place(conn, want("HF100"))
    assert "13812345678" not in str(raised.value)
    conn.rollback()


def test_an_order_that_leaves_keys_scarce_is_held_for_a_shorter_time_and_one_before_it_is_not(conn: Connection) -> None:
    add_keys(conn, "ST50", 4)  # 7 in all
    short = timedelta(minutes=5)
    first = place_for(conn, want("ST50", 2), short)
    second = place_for(conn, want("ST50"), short)
    other = place_for(conn, want("HF100"), short)
    assert (first.expires_at, second.expires_at, other.expires_at) == (NOW + TTL, NOW + short, NOW + TTL)
    assert reading.by_no(conn, first.order_no) == first
    assert reading.by_no(conn, second.order_no) == second
    longer = place_for(conn, want("ST50"), TTL * 2, openid="openid-wang")
    assert longer.expires_at == NOW + TTL


def place_for(conn: Connection, line: WantedLine, scarce_ttl: timedelta, openid: str = LI) -> Order:
    placed = placing.place(
        conn,
        openid=OpenId(openid),
        message_key=f"{line.sku}-{line.quantity}-{scarce_ttl}",
        lines=[line],
        shelf=SHELF,
        now=NOW,
        ttl=TTL,
        scarce_ttl=scarce_ttl,
    )
    assert isinstance(placed, placing.Placed)
    return placed.order
