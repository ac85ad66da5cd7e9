"""A supplier paused by hand from the console: who may, what is shown, and the walk in a browser."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.app import create_app
from bot.config import SupplierConfig
from catalog.store import load_shelf
from console import accounts
from console.api.scopes import Scope
from console.roles import Role
from fulfillment.suppliers.choosing import Terms
from fulfillment.suppliers.registry import SupplierSettings, open_suppliers
from tests.api.conftest import Program, new_key
from tests.bot.test_after_sale import Shop
from tests.console.conftest import PASSWORD, Window
from tests.console.walking import browser, logs_in, phone, serving

__all__ = ["browser", "phone"]
Login = Callable[..., Window]
PAGE = "/console/suppliers"


@pytest.fixture
def supplied(shop: Shop) -> Shop:
    """With two suppliers, both away."""
    settings = [
        SupplierSettings(name, "fulu", "http://127.0.0.1:1", "key", "secret" * 6, name == "main", "", Terms())
        for name in ("main", "other")
    ]
    known = {
        one.name: SupplierConfig(one.name, one.kind, one.api_base, one.app_key, one.app_secret, default=one.default)
        for one in settings
    }
    config = replace(shop.services.config, supplier=known)
    shop.services = replace(shop.services, config=config, suppliers=open_suppliers(settings, shop.clock))
    return shop


def _said(answer: object) -> str:
    return str(answer.headers["location"]).partition("said=")[2]  # type: ignore[attr-defined]


def test_a_manager_pauses_and_resumes_with_a_reason_on_record(supplied: Shop, login: Login) -> None:
    manager = login(Role.MANAGER)
    assert _said(manager.send(f"{PAGE}/pause", name="main", why="")) == "no_words"
    assert _said(manager.send(f"{PAGE}/pause", name="main", why="x" * 201)) == "too_long"
    assert _said(manager.send(f"{PAGE}/pause", name="nobody", why="x")) == "not_now"
    assert _said(manager.send(f"{PAGE}/pause", name="main", why="<b>涨价")) == "supplier_paused"
    assert _said(manager.send(f"{PAGE}/pause", name="main", why="again")) == "not_now"
    page = manager.see(PAGE)
    assert "已暂停（anna 03-02 10:00：<b>涨价）" in page
    assert "&lt;b&gt;涨价" in manager.http.get(PAGE).text
    off = supplied.rows("SELECT code FROM sku WHERE paused_note = 'main 已暂停'")
    assert "HF100" in off
    assert "HF100" in page
    assert _said(manager.send(f"{PAGE}/resume", name="main")) == "supplier_resumed"
    assert _said(manager.send(f"{PAGE}/resume", name="main")) == "not_now"
    assert supplied.rows("SELECT count(*) FROM sku WHERE paused_note IS NOT NULL") == [0]
    assert supplied.rows("SELECT what FROM operator_action WHERE what LIKE '%_supplier' ORDER BY id") == [
        "pause_supplier",
        "resume_supplier",
    ]
    assert "暂停供货商" in manager.see("/console/actions")


def test_finance_sees_the_pause_and_has_no_button(supplied: Shop, login: Login) -> None:
    login().send(f"{PAGE}/pause", name="main", why="对账")
    assert supplied.rows("SELECT paused_by FROM supplier_pause") == ["anna"]
    page = login(Role.FINANCE, "fin").see(PAGE)
    assert "对账" in page
    assert "供货商 main 03-02 10:00 起暂停下单（anna：对账）" in login(Role.SUPPORT, "sue").see("/console"), (
        "nobody forgets it"
    )
    key = new_key(supplied, Scope.SHOP_READ)
    told = Program(supplied, key).get("/suppliers").json()["suppliers"]
    assert {one["name"]: one["paused_at"] for one in told} == {"main": "2026-03-02T02:00:00Z", "other": None}
    assert "恢复 main" not in page
    assert "暂停 other" not in page


def _is_on_sale(shop: Shop, code: str) -> bool:
    with shop.services.engine.connect() as conn:
        return load_shelf(conn).sku(code) is not None


def test_the_owner_pauses_a_supplier_from_his_phone_and_what_it_alone_has_is_sold_out(
    supplied: Shop, phone: Page, tmp_path: Path
) -> None:
    def prepared() -> None:
        with supplied.services.engine.begin() as conn:
            accounts.add(conn, "anna", PASSWORD, Role.OWNER, supplied.clock.now())

    with ThreadPoolExecutor(1) as elsewhere:  # this thread's event loop is the browser's
        elsewhere.submit(prepared).result()
        with serving(create_app(supplied.services)) as base:
            logs_in(phone, f"{base}{PAGE}")
            card = phone.get_by_role("region", name="main", exact=True)
            card.get_by_text("暂停…").click()
            card.get_by_label("原因").fill("福禄在维护，先停")
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390
            card.get_by_role("button", name="暂停 main").click()
            expect(phone.get_by_role("status").first).to_contain_text("已暂停：不再向它下单")
            expect(card).to_contain_text("福禄在维护，先停")
            expect(phone.get_by_role("heading", name="没有供货商有货，暂停出售")).to_be_visible()
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390
            phone.screenshot(path=tmp_path / "console-suppliers-390.png")
            assert elsewhere.submit(_is_on_sale, supplied, "HF100").result() is False
            card.get_by_role("button", name="恢复 main").click()
            expect(phone.get_by_role("status").first).to_contain_text("已恢复")
            expect(phone.get_by_role("heading", name="没有供货商有货，暂停出售")).to_have_count(0)
            assert elsewhere.submit(_is_on_sale, supplied, "HF100").result() is True
