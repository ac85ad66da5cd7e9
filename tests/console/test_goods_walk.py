"""The owner at the console, on a phone and at a desk: keys, prices, aliases, people, knowledge, suppliers, books."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot import misses
from console.roles import Role
from fulfillment import reading, standing
from fulfillment.suppliers.port import Balance
from kernel.money import Fen
from tests.bot.test_after_sale import LI, WANG, Shop
from tests.console.conftest import employ
from tests.console.test_books import TOPUP, _difference, _with_a_supplier
from tests.console.walking import browser, fits, logs_in, page, serving

__all__ = ["browser", "page"]
FAQ = '[[faq]]\nask = ["能开专票吗", "可以开专用发票吗"]\nanswer = "可以开专票，回复「人工」。"\n'


def _day(shop: Shop, folder: Path) -> None:
    faq = folder / "faq.toml"
    faq.write_text(FAQ, encoding="utf-8")
    config = replace(shop.services.config, app=replace(shop.services.config.app, faq_file=faq))
    shop.services = replace(shop.services, config=config)
    employ(shop, "anna")
    employ(shop, "小王", Role.SUPPORT)
    for said in ("来点猪猪币50", "来点猪猪币100", "今天天气怎么样"):
        misses.keep(shop.services, LI, said, "unknown")
    for message in TOPUP:
        shop.say(message, WANG)
    with shop.services.engine.begin() as conn:
        order = reading.orders_of(conn, WANG, 1)[0]
        conn.exec_driver_sql(
            "INSERT INTO order_hold (order_no, state, wanted_at) VALUES (%s, 'wanted', %s)",
            (order.order_no, shop.clock.now()),
        )
    shop.pay(order, WANG)
    name = _with_a_supplier(shop)
    with shop.services.engine.begin() as conn:
        standing.record_balance(conn, name, Balance(Fen(88_800)), shop.clock.now())
    _difference(shop)


class _Visit:
    """One browser going round; every page is looked at for its width, and kept as a picture where one is wanted."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self._base = page, base
        self._folder = Path(os.environ["KABOT_TEST_PICTURES"]) if "KABOT_TEST_PICTURES" in os.environ else None

    def go(self, path: str) -> None:
        self.page.goto(self._base + path)

    def picture(self, name: str) -> None:
        fits(self.page)
        if self._folder is not None:
            size = self.page.viewport_size
            wide = size["width"] if size else 0
            self.page.screenshot(path=self._folder / f"console-{name}-{wide}.png", full_page=True)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def told(self, words: str) -> None:
        expect(self.page.get_by_role("status").filter(has_text=words)).to_be_visible()


@pytest.fixture
def visit(shop: Shop, page: Page, tmp_path: Path) -> Iterator[_Visit]:
    with ThreadPoolExecutor(1) as elsewhere:  # this thread's event loop is the browser's
        elsewhere.submit(_day, shop, tmp_path).result()
    with serving(shop.app) as base:
        logs_in(page, f"{base}/console/login")
        expect(page.get_by_role("navigation", name="主菜单")).to_be_visible()
        yield _Visit(page, base)


def _keys_come_in_are_looked_for_and_one_is_shown(visit: _Visit, shop: Shop) -> None:
    page = visit.page
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="卡密").click()
    page.get_by_role("link", name="导入卡密").click()
    page.get_by_label("规格").select_option("JD100")
    page.get_by_label("或者粘贴").fill("NO-1,KEY-AAAA-0001\nNO-2,KEY-AAAA-0002\nNO-2,KEY-AAAA-0002\na,b,c")
    visit.picture("keys-import")
    visit.press("先预检，不导入")
    expect(page.get_by_text("第 4 行")).to_be_visible()
    visit.picture("keys-report")
    visit.press("导入 2 张")
    visit.told("导入完成")
    visit.picture("keys-done")
    visit.go("/console/keys")
    visit.picture("keys")
    page.get_by_label("找一张卡密").fill("AAAA-0002")
    page.get_by_role("button", name="查找").click()
    page.locator(".rows a").first.click()
    page.get_by_text("查看原文…").click()
    page.get_by_label("原因（记入操作记录）").fill("顾客说不能用")
    visit.picture("key")
    visit.press("查看并停止出售")
    expect(page.get_by_text("KEY-AAAA-0002")).to_be_visible()
    visit.go("/console/keys/list?sku=JD100")
    expect(page.get_by_text("KEY-AAAA")).to_have_count(0)
    page.get_by_text("批量操作…").click()
    visit.press("下一步：看数量")
    page.get_by_label("原因（记入操作记录）").fill("整批退货")
    visit.picture("keys-bulk")
    visit.press("转入回收站：1 张")
    visit.told("完成 1 张")
    visit.picture("keys-list")
    assert shop.rows("SELECT state FROM card_key ORDER BY id") == ["void", "void"]


def _an_alias_and_a_price_are_drafted_tried_and_saved(visit: _Visit, shop: Shop) -> None:
    page = visit.page
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="商品").click()
    visit.picture("goods")
    page.get_by_label("查找").fill("steam")
    page.get_by_label("查找").press("Enter")
    page.locator(".rows a").first.click()
    page.get_by_label("别名（顾客怎么叫它，用逗号分开）").fill("steam，蒸汽平台，阀门卡")
    page.locator("form[aria-label=商品]").get_by_role("button", name="记入草稿").click()
    visit.told("已记入草稿")
    first = page.locator("section[aria-label=ST50]")
    first.get_by_text("修改…").click()
    first.get_by_label("售价（元）").fill("48.8")
    visit.picture("goods-product")
    first.get_by_role("button", name="记入草稿").click()
    page.get_by_role("link", name="看改动、保存").click()
    page.get_by_label("顾客会怎么说").fill("来张阀门卡50")
    visit.press("看机器人怎么理解")
    expect(page.get_by_text("Steam充值卡 50元（ST50）").last).to_be_visible()
    visit.picture("goods-draft")
    page.get_by_role("button", name="保存，立即生效").click()
    visit.told("已保存")
    visit.go("/console/goods/prices")
    visit.picture("goods-prices")
    for path in ("history", "file", "new"):
        visit.go(f"/console/goods/{path}")
        visit.picture(f"goods-{path}")
    assert shop.rows("SELECT price_fen FROM sku WHERE code = 'ST50'") == [4880]


def _somebody_is_added_and_a_second_factor_is_offered(visit: _Visit, shop: Shop) -> None:
    page = visit.page
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="人员").click()
    page.get_by_text("添加人员…").click()
    page.get_by_label("用户名").fill("小李")
    visit.press("添加，生成初始密码")
    visit.told("已添加 小李")
    visit.picture("people")
    page.locator(".rows a", has_text="小王").click()
    page.get_by_label("角色").select_option("finance")
    visit.press("改角色")
    visit.told("角色已改")
    visit.picture("person")
    visit.go("/console/me/factor")
    expect(page.get_by_role("img", name="验证器二维码")).to_be_visible()
    assert page.locator("img.qr").evaluate("one => one.naturalWidth") > 0, "the policy lets it be shown"
    visit.picture("factor")
    visit.go("/console/sessions")
    visit.picture("sessions")
    assert shop.rows("SELECT role FROM operator WHERE name = '小王'") == ["finance"]


def _what_was_not_understood_answers_and_menu_are_seen_to(visit: _Visit, shop: Shop) -> None:
    page = visit.page
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="知识").click()
    card = page.locator("section.card", has_text="猪猪币").first
    card.get_by_label("是这个商品").select_option(index=0)
    visit.picture("knowledge")
    card.get_by_role("button", name="加成别名").click()
    visit.told("已成为别名")
    page.get_by_role("link", name="问答").click()
    answers = page.locator("textarea[name=content]")
    answers.fill(answers.input_value().replace("可以开专票", "能开专票"))
    visit.press("检查并保存")
    visit.told("问答已保存")
    visit.picture("faq")
    page.get_by_role("link", name="话术").click()
    visit.picture("wording")
    page.get_by_role("link", name="菜单").click()
    given = page.locator("textarea[name=menu]")
    given.fill(given.input_value().replace("热门商品", "今日热卖"))
    visit.press("检查并保存")
    visit.told("菜单已保存")
    expect(page.get_by_text("今日热卖").first).to_be_visible()
    visit.picture("menu")
    assert shop.rows("SELECT count(*) FROM menu_version") == [1]


def _suppliers_differences_and_held_orders_are_seen_to(visit: _Visit, shop: Shop) -> None:
    page = visit.page
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="供货商").click()
    expect(page.get_by_text("¥888.00")).to_be_visible()
    visit.picture("suppliers")
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="对账").click()
    visit.picture("books")
    card = page.locator("section.card", has_text="T20260301")
    card.get_by_label("怎么处理的").fill("补了 0.50")
    card.get_by_role("button", name="记为处理好").click()
    visit.told("已记为处理好")
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="风控").click()
    page.get_by_text("拒绝并退款…").click()
    visit.picture("risk")
    visit.press("放行，发货")
    visit.told("已放行")
    assert shop.rows("SELECT state FROM order_hold") == ["released"]


def test_every_page_does_its_job_and_fits_the_screen(visit: _Visit, shop: Shop) -> None:
    _keys_come_in_are_looked_for_and_one_is_shown(visit, shop)
    _an_alias_and_a_price_are_drafted_tried_and_saved(visit, shop)
    _somebody_is_added_and_a_second_factor_is_offered(visit, shop)
    _what_was_not_understood_answers_and_menu_are_seen_to(visit, shop)
    _suppliers_differences_and_held_orders_are_seen_to(visit, shop)
