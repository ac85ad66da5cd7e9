"""The owner with files and parts of goods, on a phone and at a desk: a workbook out and in, a long import that is left
and come back to, an order's notices, a product made of forms."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Page, expect

from bot import background, misses
from catalog import key_import
from catalog.sheet_reading import read_sheets
from catalog.sheets import to_sheets
from catalog.workbook_writing import Written, write_workbook
from console import key_imports, run_work
from tests.bot.test_after_sale import LI, Shop
from tests.console.conftest import employ
from tests.console.test_goods import _product
from tests.console.test_goods_walk import _Visit
from tests.console.test_raw_notices import _told
from tests.console.walking import browser, logs_in, page, serving

__all__ = ["browser", "page"]
_T = TypeVar("_T")


class _Desk(_Visit):
    """The same, with somebody else at work in the shop: this thread's event loop is the browser's."""

    def __init__(self, page: Page, base: str, elsewhere: ThreadPoolExecutor, folder: Path) -> None:
        super().__init__(page, base)
        self._elsewhere, self.files = elsewhere, folder

    def meanwhile(self, done: Callable[[], _T]) -> _T:
        return self._elsewhere.submit(done).result()


@pytest.fixture
def visit(shop: Shop, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Desk]:
    monkeypatch.setattr(key_imports, "AT_ONCE_LINES", 3)
    monkeypatch.setattr(key_import, "BATCH_LINES", 10)
    with ThreadPoolExecutor(1) as elsewhere, serving(shop.app) as base:
        elsewhere.submit(employ, shop, "anna").result()
        logs_in(page, f"{base}/console/login")
        expect(page.get_by_role("navigation", name="主菜单")).to_be_visible()
        yield _Desk(page, base, elsewhere, tmp_path)


def _with_another_price(workbook: bytes, price: Any) -> bytes:
    """The workbook as the owner changes it: the first price of 规格."""
    goods, skus, *others = to_sheets(read_sheets(workbook))
    at = [column.head for column in skus.columns].index("售价")
    rows = [list(row) for row in skus.rows]
    rows[0][at] = price
    return write_workbook([goods, Written(skus.name, skus.columns, rows), *others])


def _a_workbook_goes_out_is_changed_and_comes_in(visit: _Desk, shop: Shop) -> None:
    page = visit.page
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="商品").click()
    page.get_by_role("link", name="目录文件").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="现在的目录（Excel 表格）").click()
    out = Path(download.value.path()).read_bytes()
    file = visit.files / "目录.xlsx"
    file.write_bytes(_with_another_price(out, "九块九"))
    page.get_by_label("整个目录").set_input_files(file)
    visit.press("检查并看改动")
    expect(page.get_by_role("alert")).to_contain_text("「规格」第 2 行「售价」：售价 不是金额: 九块九")
    visit.picture("goods-file-wrong")
    file.write_bytes(_with_another_price(out, 8.88))
    page.get_by_label("整个目录").set_input_files(file)
    visit.press("检查并看改动")
    visit.told("已记入草稿")
    expect(page.locator("ins", has_text="¥8.88")).to_be_visible()
    page.get_by_role("button", name="保存，立即生效（1 处）").click()
    visit.told("已保存")
    assert visit.meanwhile(lambda: shop.rows("SELECT count(*) FROM sku WHERE price_fen = 888")) == [1]


def _works_until(shop: Shop, line: int) -> None:
    """The worker imports up to a line and then dies."""
    step = run_work._step

    def dies(conn: Any, number: int, done: int, stage: str) -> None:
        if done > line:
            raise InterruptedError
        step(conn, number, done, stage)

    [number] = shop.rows("SELECT max(id) FROM console_run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_work, "_step", dies)
        with pytest.raises(InterruptedError):
            run_work.work(shop.services.engine, shop.services.vault, shop.services.clock, int(str(number)))


def _a_long_import_is_left_and_come_back_to(visit: _Desk, shop: Shop) -> None:
    page = visit.page
    visit.go("/console/keys/import")
    page.get_by_label("规格").select_option("JD100")
    page.get_by_label("或者粘贴").fill(
        "\n".join([f"NO-{n},KEY-BBBB-{n:04}" for n in range(38)] + ["a,b,c", "NO-1,KEY-BBBB-0001"])
    )
    visit.press("先预检，不导入")
    visit.press("导入 38 张")
    bar = page.get_by_role("progressbar")
    expect(page.get_by_text("排队中")).to_be_visible()
    expect(bar).to_have_attribute("value", "0")
    visit.meanwhile(lambda: _works_until(shop, 30))
    expect(bar).to_have_attribute("value", "30")  # by itself: nothing was pressed
    expect(page.get_by_role("heading", name="75%")).to_be_visible()
    page.reload()
    expect(bar).to_have_attribute("value", "30")
    visit.picture("import-running")
    visit.go("/console")
    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="卡密").click()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "30")
    visit.picture("keys-running")
    page.get_by_role("link", name="进行中").click()
    visit.meanwhile(shop.work)
    expect(page.get_by_text("新，已入库")).to_be_visible()
    expect(page.get_by_text("第 39 行")).to_be_visible()
    visit.picture("import-done")
    with page.expect_download() as download:
        visit.press("下载无效的行（含原文，记入操作记录）")
    assert "a,b,c" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert visit.meanwhile(lambda: shop.rows("SELECT count(*) FROM card_key")) == [38]


def _settles(shop: Shop) -> None:
    """What the supplier did not deliver is back with its buyer."""
    shop.passes(2)
    background.sweep_work(shop.services)
    shop.work()


def _the_notices_of_an_order_open_one_by_one(visit: _Desk, shop: Shop) -> None:
    page = visit.page
    visit.go(f"/console/orders/{visit.meanwhile(lambda: _told(shop))}")
    first, second = (page.locator("#story details.what").nth(n) for n in range(2))
    expect(first.get_by_text("4200001234202603021234567890")).to_be_hidden()
    first.locator("summary").click()
    expect(first.get_by_text("4200001234202603021234567890")).to_be_visible()
    second.locator("summary").click()
    expect(second.get_by_text("（不保存）").first).to_be_visible()
    visit.picture("order-notices")
    visit.meanwhile(lambda: _settles(shop))
    expect(page.locator("#story")).to_contain_text("已退 ¥99.50")  # by itself
    expect(second.get_by_text("（不保存）").first).to_be_visible()


def _a_product_is_made_of_forms_and_tried(visit: _Desk, shop: Shop) -> None:
    page = visit.page
    visit.go("/console/goods/new")
    new = page.locator("form[aria-label=新商品]")
    for label, words in (
        ("名称", "呱呱钻石"),
        ("编号", "guagua"),
        ("分类", "直播"),
        ("第一个规格叫什么", "100钻"),
        ("售价", "9.9"),
    ):
        new.get_by_label(label).fill(words)
    visit.picture("goods-new")
    page.get_by_role("button", name="记入草稿，再加").click()
    visit.told("已记入草稿")
    page.get_by_text("加一项要填的…").click()
    field = page.locator("details[open] form[action$=field]")
    field.get_by_label("编号（英文").fill("account")
    field.get_by_label("名称（问").fill("呱呱号")
    field.get_by_role("button", name="记入草稿").click()
    expect(page.get_by_role("heading", name="呱呱号")).to_be_visible()
    page.get_by_text("加一个规格…").click()
    sku = page.locator("#add-sku form")
    sku.get_by_label("代码（全店").fill("GG200")
    sku.get_by_label("名称").fill("200钻")
    sku.get_by_label("售价").fill("19")
    sku.get_by_role("button", name="记入草稿").click()
    second = page.locator("section[aria-label=GG200]")
    second.get_by_text("修改…").click()
    second.get_by_role("button", name="上移").click()
    expect(page.locator("section.card h3").first).to_contain_text("200钻")
    form = page.locator("form[aria-label=商品]")
    form.get_by_label("别名（顾客").fill("咕咕币")
    form.get_by_label("试一句话").fill("来点咕咕币200钻")
    visit.press("看机器人怎么理解")
    expect(form.get_by_text("呱呱钻石 200钻（GG200）")).to_be_visible()
    expect(form.get_by_text("上面的改动还没有记下")).to_be_visible()
    visit.picture("goods-parts")
    form.get_by_role("button", name="记入草稿").click()
    visit.told("已记入草稿")
    page.get_by_role("link", name="看改动、保存").click()
    page.get_by_role("button", name="保存，立即生效").click()
    visit.told("已保存")
    assert visit.meanwhile(lambda: _product(shop, "guagua").aliases) == ("咕咕币",)
    assert [sku.code for sku in visit.meanwhile(lambda: _product(shop, "guagua").skus)] == ["GG200", "guagua-1"]


def _what_was_not_understood_becomes_a_name_where_the_product_is(visit: _Desk, shop: Shop) -> None:
    page = visit.page
    for said in ("来点猪猪币50", "来点猪猪币100"):
        visit.meanwhile(partial(misses.keep, shop.services, LI, said, "unknown"))
    visit.go("/console/knowledge")
    likely = page.locator("section.card", has_text="猪猪币").first.get_by_label("是这个商品")
    visit.go(f"/console/goods/product?id={likely.locator('option').first.get_attribute('value')}")
    page.get_by_role("link", name="看没听懂的话里有没有它的叫法").click()
    offered = page.get_by_role("region", name="没听懂的话")
    expect(offered.get_by_text("来点猪猪币50")).to_be_visible()
    offered.get_by_label("加成别名").fill("猪猪币")
    visit.picture("goods-hints")
    offered.get_by_role("button", name="记入草稿").click()
    visit.told("已记入草稿")
    expect(page.get_by_label("别名（顾客怎么叫它")).to_contain_text("猪猪币")


def test_files_and_parts_are_worked_on_at_both_widths(visit: _Desk, shop: Shop) -> None:
    _a_workbook_goes_out_is_changed_and_comes_in(visit, shop)
    _a_long_import_is_left_and_come_back_to(visit, shop)
    _the_notices_of_an_order_open_one_by_one(visit, shop)
    _a_product_is_made_of_forms_and_tried(visit, shop)
    _what_was_not_understood_becomes_a_name_where_the_product_is(visit, shop)
