"""Suppliers, differences between books, and held orders, as operators see to them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from bot.config import SupplierConfig
from bot.jobs import Jobs
from console.roles import Role
from fulfillment import reading, standing
from fulfillment.suppliers.choosing import Terms
from fulfillment.suppliers.port import Balance, Unknown
from fulfillment.suppliers.registry import SupplierSettings, open_suppliers
from kernel.money import Fen
from kernel.orders import LineState
from tests.bot.test_after_sale import LI, WANG, Shop
from tests.console.conftest import Window

Login = Callable[..., Window]
TOPUP = ("充100话费 13812345678", "确认")


def _run(shop: Shop, sql: str, **values: object) -> None:
    with shop.services.engine.begin() as conn:
        conn.execute(text(sql), values)


def _with_a_supplier(shop: Shop) -> str:
    """One that is away."""
    one = SupplierConfig("main", "fulu", "http://127.0.0.1:1", "key", "secret" * 6, default=True)
    config = replace(shop.services.config, supplier={"main": one})
    settings = SupplierSettings(one.name, one.kind, one.api_base, one.app_key, one.app_secret, one.default, "", Terms())
    shop.services = replace(shop.services, config=config, suppliers=open_suppliers([settings], shop.clock))
    return one.name


def _said(answer: object) -> str:
    return str(answer.headers["location"]).partition("said=")[2]  # type: ignore[attr-defined]


def test_suppliers_are_shown_with_what_is_left_what_is_open_and_what_failed(shop: Shop, login: Login) -> None:
    name = _with_a_supplier(shop)
    now = shop.clock.now()
    with shop.services.engine.begin() as conn:
        standing.record_balance(conn, name, Balance(Fen(123_400)), now)
    order = shop.order(*TOPUP)
    _run(
        shop,
        "INSERT INTO supplier_order (order_no, line_id, unit, attempt, supplier, product_code, supplier_order_no,"
        " buy_num, cost_fen, state, reason, created_at, settled_at, sends, first_sent_at)"
        " SELECT order_no, id, 0, 1, :name, 'HF100', 'S1', 1, 100, 'failed', '<b>维护中', :now, :now, 1, :now"
        " FROM order_line WHERE order_no = :order_no",
        name=name,
        now=now,
        order_no=order.order_no,
    )
    page = login().see("/console/suppliers")
    assert name in page
    assert "¥1234.00" in page
    assert "维护中" in page
    assert order.order_no in page
    with shop.services.engine.begin() as conn:
        standing.record_balance(conn, name, Unknown("timeout"), now)
    assert "上次没查到余额：timeout" in login(name="bob").see("/console/suppliers")


def test_balances_are_asked_for_now(shop: Shop, login: Login) -> None:
    _with_a_supplier(shop)
    assert _said(login().send("/console/suppliers/ask")) == "asked_balances"
    asked = shop.rows("SELECT count(*) FROM supplier_account")
    assert asked == [1]


def _difference(shop: Shop) -> None:
    _run(
        shop,
        "INSERT INTO bill_difference (bill_date, kind, out_trade_no, out_refund_no, here_fen, there_fen, found_at)"
        " VALUES ('2026-03-01', 'amount', 'T20260301', '', 9950, 9900, :now)",
        now=shop.clock.now(),
    )
    _run(
        shop,
        "INSERT INTO ledger_difference (order_no, what, books_fen, rows_fen, found_at)"
        " VALUES ('K77', 'buyer', 100, 50, :now)",
        now=shop.clock.now(),
    )


def test_a_difference_is_seen_to_once_by_somebody_who_says_how(shop: Shop, login: Login) -> None:
    _difference(shop)
    window = login(Role.FINANCE, "fin")
    page = window.see("/console/books")
    assert "2 处待处理" in page
    for told in ("T20260301", "¥99.50", "¥99.00", "支付金额不一致", "K77", "内部账"):
        assert told in page, told
    number = shop.rows("SELECT id FROM bill_difference")[0]
    assert _said(window.send(f"/console/books/bill/{number}", note=" ")) == "no_words"
    done = window.send(f"/console/books/bill/{number}", note="和 13812345678 核对过，补了 0.50")
    assert _said(done) == "difference_done"
    assert _said(window.send(f"/console/books/bill/{number}", note="再来")) == "not_now"
    assert _said(window.send("/console/books/bill/9999", note="x")) == "not_now"
    assert _said(window.send("/console/books/moon/1", note="x")) == "no_words"
    page = window.see("/console/books")
    assert "1 处待处理" in page
    assert "补了 0.50" in page.split("处理过的")[1]
    [told] = shop.rows("SELECT after FROM operator_action WHERE what = 'difference_done'")
    assert told == {"words": "和 138****5678 核对过，补了 0.50"}


def test_a_day_is_compared_again_by_the_worker(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Jobs, "defer", lambda *_, **arguments: asked.append(arguments.get("day")))
    window = login()
    assert _said(window.send("/console/books/compare", day="2026-03-01")) == "comparing"
    for day in ("2026-03-02", "2020-01-01", "yesterday", ""):
        assert _said(window.send("/console/books/compare", day=day)) == "not_now", day
    assert asked == [date(2026, 3, 1).isoformat()]


def _held(shop: Shop, window: Window) -> str:
    """An order whose buyer was blocked before he paid."""
    form = {"listing": "block", "kind": "account", "value": "13812345678", "why": "盗刷 13812345678"}
    for message in TOPUP:
        shop.say(message, WANG)
    assert _said(window.send("/console/risk/lists", **form)) == "listed"
    with shop.services.engine.connect() as conn:
        order = reading.orders_of(conn, WANG, 1)[0]
    shop.pay(order, WANG)
    shop.work()
    return str(order.order_no)


def test_a_held_order_is_released_and_delivered(shop: Shop, login: Login) -> None:
    window = login()
    order_no = _held(shop, window)
    page = window.see("/console/risk")
    assert "1 单待核对" in page
    assert order_no in page
    assert "13812345678" in page
    assert _said(window.send(f"/console/risk/{order_no}/release")) == "released"
    assert _said(window.send(f"/console/risk/{order_no}/release")) == "not_now"
    assert _said(window.send(f"/console/risk/{order_no}/refuse", reason="晚了")) == "not_now"
    assert "0 单待核对" in window.see("/console/risk")
    assert shop.rows("SELECT count(*) FROM operator_action WHERE what = 'release_order'") == [1]
    assert shop.rows("SELECT state FROM order_line WHERE order_no = :no", no=order_no) != [LineState.REFUNDED]


def test_a_held_order_is_refused_and_its_money_goes_back(shop: Shop, login: Login) -> None:
    window = login()
    order_no = _held(shop, window)
    assert _said(window.send(f"/console/risk/{order_no}/refuse", reason="")) == "no_words"
    assert _said(window.send(f"/console/risk/{order_no}/refuse", reason="账号有风险，已退款")) == "refused"
    shop.work()
    assert shop.rows("SELECT sum(amount_fen) FROM refund WHERE order_no = :no", no=order_no) == [9950]


def test_lists_hold_no_account_in_clear_and_an_entry_ends(shop: Shop, login: Login) -> None:
    window = login()
    form = {"listing": "block", "kind": "buyer", "value": str(LI), "why": "恶意投诉"}
    assert _said(window.send("/console/risk/lists", **form)) == "listed"
    assert "恶意投诉" in window.see("/console/risk")
    assert "人工" in (shop.say(TOPUP[0]) + shop.say(TOPUP[1]))
    number = shop.rows("SELECT id FROM risk_list")[0]
    assert _said(window.send(f"/console/risk/lists/{number}/end")) == "unlisted"
    assert _said(window.send(f"/console/risk/lists/{number}/end")) == "not_now"
    for wrong in ({"listing": "grey"}, {"kind": "dog"}, {"value": " "}):
        assert _said(window.send("/console/risk/lists", **{**form, **wrong})) == "bad_value"
    assert _said(window.send("/console/risk/lists", **{**form, "why": ""})) == "no_words"
    assert str(LI) not in str(shop.rows("SELECT after::text FROM operator_action"))
