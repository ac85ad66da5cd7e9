"""Balances, prices and stock, yesterday's results: asked over HTTP of both stand-ins, and what follows from them."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine

from bot import books, doctor, suppliers
from bot.config import Config, SupplierConfig
from bot.supplier_figures import SupplierFigures
from catalog.shelf import Shelf
from catalog.store import current_version, import_catalog, load_shelf
from kernel.orders import LineState
from payments import ledger
from payments.ledger import Account
from tests.bot.supplying import CALLS, Supplying, supplying

SETTINGS = {"fulu": {"balance_alert": 500}, "juhe": {"price_account": "13800000000", "balance_alert": 500}}


@pytest.fixture
def shop(engine: Engine, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supplying]:
    monkeypatch.setattr(suppliers, "PAUSE_S", 0)
    with supplying(engine, redis_url, tmp_path, SETTINGS) as shop:
        yield shop


def fulu_sells(shop: Supplying, **goods: dict[str, str]) -> None:
    shop.supplier_says("fulu", goods=goods)


def on_sale(shop: Supplying) -> list[str]:
    with shop.services.engine.connect() as conn:
        return [sku.code for product in load_shelf(conn).products for sku in product.skus]


# ---- balances ------------------------------------------------------------------------------------------------------


def test_a_low_balance_is_said_once_and_again_after_it_was_filled_up(
    shop: Supplying, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "bot.suppliers")
    for balance in ("499.99", "499.00", "500.00", "3.5"):
        shop.supplier_says("fulu", balance=balance)
        suppliers.ask_balances(shop.services)
    said = [record.getMessage() for record in caplog.records]
    assert [words for words in said if "supplier=fulu" in words] == [
        "balance is low: supplier=fulu left=499.99 alert=500.00",
        "balance is low: supplier=fulu left=3.50 alert=500.00",
    ]
    assert not [words for words in said if "juhe" in words]


def test_a_balance_nobody_tells_leaves_the_last_one_known(shop: Supplying) -> None:
    suppliers.ask_balances(shop.services)
    shop.faults(supplier={"kind": "unknown", "on": "fulu.user.info.get"})
    suppliers.ask_balances(shop.services)
    rows = shop.rows("SELECT supplier, balance_fen, problem FROM supplier_account ORDER BY supplier")
    assert rows == [("fulu", 1_000_000, "HTTP 502"), ("juhe", 1_000_000, "")]


def test_the_list_names_balance_state_last_success_and_what_nobody_knows(shop: Supplying) -> None:
    done = shop.paid("HF30")
    shop.settle_all()
    assert shop.line(done).state is LineState.DELIVERED
    shop.faults(supplier={"kind": "unknown", "accepted": False})
    for _ in range(5):
        shop.paid()
    shop.send_all()
    suppliers.ask_balances(shop.services)
    header, fulu, juhe = (line.split("\t") for line in suppliers.report(shop.services))
    assert header == ["名称", "类型", "余额", "状态", "最近成功", "未完成", "存疑"]
    assert fulu == ["fulu（默认）", "fulu", "¥10000.00", "无应答，暂缓", "—", "5", "5"]
    now = shop.clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
    assert juhe == ["juhe", "juhe", "¥10000.00", "正常", f"{now:%m-%d %H:%M}", "0", "0"]


def test_the_figures_are_there_for_prometheus(shop: Supplying) -> None:
    shop.paid()
    suppliers.ask_balances(shop.services)
    registry = CollectorRegistry()
    registry.register(SupplierFigures(shop.services.engine))
    shown = generate_latest(registry).decode()
    assert 'kabot_supplier_balance_yuan{supplier="fulu"} 10000.0' in shown
    assert 'kabot_supplier_open{state="known",supplier="fulu"} 1.0' in shown


def test_the_doctor_asks_each_supplier_and_says_what_to_mend(shop: Supplying) -> None:
    shop.supplier_says("fulu", balance="3.00")
    shop.faults(juhe={"kind": "unknown", "on": "yue"})
    fulu, juhe = doctor._suppliers(shop.services)
    assert (fulu.part, fulu.ok, fulu.words) == ("供货商 fulu", False, "余额 ¥3.00（不足），请充值")
    assert juhe.ok
    assert "查不到余额（10014" in juhe.words


@pytest.mark.parametrize(
    ("kind", "address", "said"),
    [
        ("juhe", "http://juhe.example.com", True),
        ("juhe", "https://juhe.example.com", False),
        ("juhe", "http://127.0.0.1:8000/juhe", False),
        ("fulu", "http://fulu.example.com", False),
    ],
)
def test_the_doctor_wants_https_of_a_supplier_who_signs_no_answer(kind: str, address: str, said: bool) -> None:
    found = doctor._configuration(Config(supplier={"one": SupplierConfig("one", kind=kind, api_base=address)}))
    assert ("[supplier.one] api_base 应为 https" in found.words) is said


# ---- prices and stock ----------------------------------------------------------------------------------------------


def test_what_a_supplier_asks_now_decides_where_is_bought_and_never_the_selling_price(shop: Supplying) -> None:
    fulu_sells(shop, HF100={"price": "99.60"})
    suppliers.synchronise_offers(shop.services)
    order_no = shop.paid()
    assert shop.attempts(order_no) == [("fulu", "failed"), ("juhe", "created")]
    assert shop.line(order_no).total_fen == 9950
    assert shop.rows("SELECT price_fen, cost_fen FROM sku WHERE code = 'HF100'") == [(9950, 9800)]
    costs = shop.rows("SELECT cost_fen FROM supplier_order WHERE order_no = :no ORDER BY attempt", no=order_no)
    assert costs == [(9960,), (9840,)]


def test_a_price_that_moves_by_more_than_a_fifth_is_said_and_not_taken_over(
    shop: Supplying, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "bot.suppliers")
    for price in ("49.50", "58.80"):
        fulu_sells(shop, HF50={"price": price})
        suppliers.synchronise_offers(shop.services)
    assert shop.rows("SELECT cost_fen, said_fen, alert FROM sku_offer WHERE sku_code = 'HF50'") == [(5880, 5880, False)]
    fulu_sells(shop, HF50={"price": "1.00"})
    suppliers.synchronise_offers(shop.services)
    suppliers.synchronise_offers(shop.services)
    assert [record.getMessage() for record in caplog.records] == [
        "price moved too far: sku=HF50 supplier=fulu from=58.80 to=1.00"
    ]
    assert shop.rows("SELECT cost_fen, alert FROM sku_offer WHERE sku_code = 'HF50'") == [(5880, True)]
    assert "HF50\tfulu 报价 ¥1.00，现用进价 ¥58.80：请核实" in list(suppliers.report(shop.services))


def test_a_price_too_high_to_be_taken_over_is_not_paid_either(shop: Supplying) -> None:
    fulu_sells(shop, HF50={"price": "88.00"})
    suppliers.synchronise_offers(shop.services)
    order_no = shop.paid("HF50")
    assert shop.attempts(order_no) == [("fulu", "failed")]
    assert shop.line(order_no).state is LineState.REFUNDING


def test_a_new_cost_in_the_catalog_settles_the_alert(shop: Supplying) -> None:
    fulu_sells(shop, HF50={"price": "39.00"})
    suppliers.synchronise_offers(shop.services)
    assert shop.rows("SELECT alert FROM sku_offer WHERE sku_code = 'HF50'") == [(True,)]
    shop.do("UPDATE sku SET cost_fen = 3900 WHERE code = 'HF50'")
    suppliers.synchronise_offers(shop.services)
    assert shop.rows("SELECT cost_fen, alert FROM sku_offer WHERE sku_code = 'HF50'") == [(3900, False)]


def test_what_nobody_has_is_off_sale_until_somebody_has_it_again(shop: Supplying) -> None:
    fulu_sells(shop, HF50={"price": "49.00", "state": "维护中"}, HF100={"price": "98.00", "stock": "断货"})
    suppliers.synchronise_offers(shop.services)
    assert on_sale(shop) == ["HF100", "HF30"]  # 聚合 has HF100
    shop.supplier_says("juhe", goods={"30": {"state": "维护"}, "100": {"state": "维护"}})
    suppliers.synchronise_offers(shop.services)
    assert on_sale(shop) == []
    fulu_sells(shop, HF50={"state": "上架"})
    suppliers.synchronise_offers(shop.services)
    assert on_sale(shop) == ["HF50"]


def test_the_shop_in_memory_sees_what_is_off_sale_and_what_came_back_even_after_an_import(shop: Supplying) -> None:
    versions = []
    for state, imports in (("维护中", False), ("维护中", True), ("上架", False)):
        fulu_sells(shop, HF50={"price": "49.00", "state": state})
        suppliers.synchronise_offers(shop.services)
        with shop.services.engine.begin() as conn:
            if imports:
                import_catalog(conn, Shelf((CALLS,), "v1"))
            versions.append(current_version(conn))
            assert load_shelf(conn).version == versions[-1]
        assert ("HF50" in on_sale(shop)) is (state == "上架")
    assert versions[0] == versions[1] != versions[2]


def test_a_product_the_supplier_does_not_know_stays_on_sale(shop: Supplying) -> None:
    suppliers.synchronise_offers(shop.services)
    assert on_sale(shop) == ["HF100", "HF50", "HF30"]
    [row] = shop.rows("SELECT available, cost_fen FROM sku_offer WHERE sku_code = 'HF50'")
    assert row == (True, 4900)


def test_a_supplier_that_gives_no_answers_is_left_alone_and_nothing_changes(shop: Supplying) -> None:
    fulu_sells(shop, HF50={"price": "49.00", "state": "维护中"})
    suppliers.synchronise_offers(shop.services)
    shop.faults(supplier={"kind": "unknown", "on": "fulu.goods.info.get"})
    suppliers.synchronise_offers(shop.services)
    assert "HF50" not in on_sale(shop)
    shop.clock.move(timedelta(hours=25))  # what it said is too long ago to count
    suppliers.synchronise_offers(shop.services)
    assert "HF50" in on_sale(shop)


# ---- yesterday's results -------------------------------------------------------------------------------------------


def day(shop: Supplying) -> datetime:
    return shop.clock.now().astimezone(ZoneInfo("Asia/Shanghai"))


def test_a_day_on_which_all_agree_has_no_differences(shop: Supplying) -> None:
    shop.paid()
    shop.paid("HF30")
    shop.settle_all()
    fulu, juhe = suppliers.reconcile(shop.services, day(shop).date())
    assert fulu.endswith("fulu：采购 1 笔，核对 1 笔，没有答复 0 笔，差异 0 处")
    assert juhe.endswith("juhe：采购 1 笔，核对 1 笔，没有答复 0 笔，差异 0 处")
    assert shop.rows("SELECT 1 FROM supplier_difference") == []


def test_what_the_supplier_tells_otherwise_is_kept_for_a_person_and_struck_off_when_it_agrees(shop: Supplying) -> None:
    order_no = shop.paid("HF50")
    shop.settle_all()
    number = f"{order_no}L0U0A1"
    for state, found in (("failed", [("success", "failed")]), ("success", [])):
        httpx.put(f"{shop.url}/sandbox/api/supplier-orders/{number}", json={"state": state}).raise_for_status()
        lines = list(suppliers.reconcile(shop.services, day(shop).date()))
        assert (f"{number}\tfulu\t本店 成功\t供货商 失败" in lines) is (state == "failed")
        assert shop.rows("SELECT ours, theirs FROM supplier_difference") == found


def test_a_success_of_what_had_failed_is_taken_up_at_once(shop: Supplying) -> None:
    shop.faults(supplier="failed")
    order_no = shop.paid("HF50")
    shop.settle_all()
    assert shop.line(order_no).state is LineState.REFUNDING
    url = f"{shop.url}/sandbox/api/supplier-orders/{order_no}L0U0A1"
    httpx.put(url, json={"state": "success"}).raise_for_status()
    list(suppliers.reconcile(shop.services, day(shop).date()))
    shop.query_all()
    assert shop.line(order_no).state is LineState.ATTENTION
    assert shop.rows("SELECT ours, theirs FROM supplier_difference") == [("failed", "success")]


def test_both_of_two_suppliers_that_delivered_are_in_the_books(shop: Supplying) -> None:
    shop.faults(supplier="failed")
    order_no = shop.paid()
    shop.settle_all()
    assert shop.attempts(order_no) == [("fulu", "failed"), ("juhe", "success")]
    url = f"{shop.url}/sandbox/api/supplier-orders/{order_no}L0U0A1"
    httpx.put(url, json={"state": "success"}).raise_for_status()
    list(suppliers.reconcile(shop.services, day(shop).date()))
    shop.query_all()
    assert shop.line(order_no).state is LineState.ATTENTION
    with shop.services.engine.connect() as conn:
        assert ledger.balances(ledger.of_order(conn, order_no))[Account.SUPPLIER_COST] == 9800 + 9850
        assert books.compare(conn) == ()


def test_another_days_orders_and_those_nobody_was_asked_for_are_left_out(shop: Supplying) -> None:
    shop.paid()
    shop.settle_all()
    tomorrow = day(shop).date() + timedelta(days=1)
    assert all("采购 0 笔" in line for line in suppliers.reconcile(shop.services, tomorrow))
    fulu_sells(shop, HF50={"price": "88.00"})
    suppliers.synchronise_offers(shop.services)
    shop.paid("HF50")
    fulu, _ = suppliers.reconcile(shop.services, day(shop).date())
    assert "采购 1 笔" in fulu


def test_the_daily_run_is_about_yesterday(shop: Supplying, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.suppliers")
    shop.paid()
    shop.settle_all()
    shop.clock.move(timedelta(days=1))
    suppliers.reconcile_suppliers(shop.services)
    yesterday = day(shop).date() - timedelta(days=1)
    assert f"{yesterday} fulu：采购 1 笔" in caplog.text


def test_a_supplier_that_is_away_is_not_asked_about_every_order(shop: Supplying) -> None:
    for _ in range(5):
        shop.paid()
    shop.settle_all()
    shop.faults(supplier={"kind": "unknown", "on": "fulu.order.info.get"})
    fulu, _ = suppliers.reconcile(shop.services, day(shop).date())
    assert "采购 5 笔，核对 0 笔，没有答复 3 笔" in fulu
