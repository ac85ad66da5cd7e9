"""Long imports: begun on one page, done by the worker, looked at from any; cut off and gone on with; what was bad."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from catalog import key_import
from catalog.files import read_catalog
from catalog.sheet_reading import read_sheets
from catalog.sheets import to_workbook
from console import goods_files, key_imports, run_work, runs
from console.roles import Role
from tests.bot.test_after_sale import Shop
from tests.catalog.test_sheets import _changed
from tests.console.conftest import Window
from tests.console.test_goods_files import DEMO, _sent
from tests.console.test_keys import _upload

Login = Callable[..., Window]


@pytest.fixture
def long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is a long import begins with a few lines."""
    monkeypatch.setattr(key_imports, "AT_ONCE_LINES", 3)
    monkeypatch.setattr(key_import, "BATCH_LINES", 10)
    monkeypatch.setattr(goods_files, "AT_ONCE_BYTES", 1000)


def _begun(window: Window, lines: list[str], name: str = "keys.txt") -> str:
    """Upload keys, have them imported, and give the page that tells how far that is."""
    page = _upload(window, name, "\n".join(lines).encode()).headers["location"].partition("?")[0]
    return window.send(f"{page}/import").headers["location"]


def _work(shop: Shop, page: str) -> None:
    number = int(re.findall(r"runs/(\d+)", page)[0])
    run_work.work(shop.services.engine, shop.services.vault, shop.services.clock, number)


KEYS = [f"KEY-{number:05d}" for number in range(25)]


@pytest.mark.usefixtures("long_ones")
def test_a_long_import_is_done_by_the_worker_while_any_page_tells_how_far_it_is(shop: Shop, login: Login) -> None:
    window = login()
    page = _begun(window, [*KEYS, "a,b,c", "KEY-00001", "=x,y,z"])
    assert "said=begun" in page
    assert "排队中" in window.see(page)
    assert "排队中" in window.see("/console/keys"), "whoever has left it finds it again"
    assert shop.rows("SELECT count(*) FROM card_key") == [0]
    shop.work()
    done = window.see(page)
    for told in ("<b>25</b><span>新", "<b>1</b><span>重复", "<b>2</b><span>无效", "第 26 行", "第 28 行"):
        assert told in done, told
    assert "KEY-" not in done
    assert "排队中" not in window.see("/console/keys")
    assert "新 25，重复 1，无效 2" in window.see("/console/keys")
    assert shop.rows("SELECT finished FROM key_batch") == [True]


@pytest.mark.usefixtures("long_ones")
def test_the_bad_lines_come_as_they_were_without_a_formula_to_who_sent_them_alone_and_on_record(
    shop: Shop, login: Login
) -> None:
    window = login()
    page = _begun(window, [*KEYS, "a,b,c", "=x,y,z"]).partition("?")[0]
    shop.work()
    answer = window.send(f"{page}/bad")
    assert answer.headers["content-disposition"] == 'attachment; filename="bad-lines.csv"'
    assert answer.headers["cache-control"] == "no-store"
    rows = answer.content.decode("utf-8-sig").splitlines()
    assert rows[0] == "行,原因,原文"
    assert rows[1].startswith("26,")
    assert rows[1].endswith('"a,b,c"')
    assert rows[2].endswith('"\'=x,y,z"')
    sealed = shop.rows("SELECT given FROM console_run")[0]
    assert b"x,y,z" not in bytes(sealed), "not in clear"  # type: ignore[call-overload]
    assert b"KEY-" not in bytes(sealed), "nor the good ones at all"  # type: ignore[call-overload]
    bob = login(Role.OWNER, "bob")
    assert "下载无效的行" not in bob.see(page)
    assert bob.send(f"{page}/bad").headers["location"].endswith("said=not_now")
    assert shop.rows("SELECT operator FROM operator_action WHERE what = 'bad_lines'") == ["anna"]
    shop.passes(25 * 60)
    with shop.services.engine.begin() as conn:
        runs.forget_old(conn, shop.clock.now())
    assert shop.rows("SELECT count(*) FROM console_run") == [0]
    assert login(Role.MANAGER, "eve").http.get(page).status_code == 404


def test_bad_lines_can_be_had_before_anything_is_imported(shop: Shop, login: Login) -> None:
    window = login()
    page = _upload(window, "a.txt", b"GOOD-1\na,b,c\n").headers["location"].partition("?")[0]
    assert window.send(f"{page}/bad").content.decode("utf-8-sig").splitlines()[1].startswith("2,")
    assert login(Role.OWNER, "bob").send(f"{page}/bad").status_code == 404
    assert shop.rows("SELECT count(*) FROM card_key") == [0]


class _CutError(Exception):
    """The machine is off."""


@pytest.mark.usefixtures("long_ones")
def test_an_import_that_is_cut_off_goes_on_and_counts_as_if_it_had_not_been(shop: Shop, login: Login) -> None:
    window = login()
    page = _begun(window, ["a,b,c", *KEYS, "KEY-00003"])
    stop = [20]
    before = run_work._step

    def cut(conn: Any, number: int, done: int, stage: str) -> None:
        before(conn, number, done, stage)
        if stop and done >= stop[0]:
            stop.clear()
            raise _CutError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_work, "_step", cut)
        with pytest.raises(_CutError):
            _work(shop, page)
    assert shop.rows("SELECT done FROM console_run") == [10], "the second batch is not there at all"
    assert shop.rows("SELECT count(*) FROM card_key") == [9]
    seen = window.see(page)
    assert "10 / 27 行" in seen
    assert 'value="10"' in seen
    assert "37%" in seen
    assert "出错了，过一会儿自动再试" in seen
    assert "正在导入" in window.see("/console/keys")
    shop.work()
    done = window.see(page)
    for told in ("<b>25</b><span>新", "<b>1</b><span>重复", "<b>1</b><span>无效"):
        assert told in done, told
    assert shop.rows("SELECT imported * 100 + duplicate * 10 + invalid FROM key_batch") == [2511]
    shop.work()
    _work(shop, page)
    assert shop.rows("SELECT count(*) FROM card_key") == [25], "done again it does nothing"


@pytest.mark.usefixtures("long_ones")
def test_of_two_workers_at_the_same_import_one_goes_on(shop: Shop, login: Login) -> None:
    window = login()
    page = _begun(window, KEYS)
    first = run_work._step

    def overtaken(conn: Any, number: int, done: int, stage: str) -> None:
        if done == 10:
            with shop.services.engine.begin() as other:
                other.execute(text("UPDATE console_run SET done = 10 WHERE id = :id"), {"id": number})
        first(conn, number, done, stage)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_work, "_step", overtaken)
        _work(shop, page)
    assert shop.rows("SELECT count(*) FROM card_key") == [0], "what the other has done is not done twice"
    assert shop.rows("SELECT state FROM console_run") == ["running"]


@pytest.mark.usefixtures("long_ones")
def test_what_can_no_longer_be_imported_says_so(shop: Shop, login: Login) -> None:
    window = login()
    page = _begun(window, KEYS)
    with shop.services.engine.begin() as conn:
        conn.execute(text("UPDATE product SET delivery = 'topup' WHERE id = 'jdcard'"))
    shop.work()
    assert "卡密没有导入" in window.see(page)
    assert "不是卡密商品" in window.see(page)
    assert shop.rows("SELECT given FROM console_run") == [None]


def test_a_short_import_is_done_at_once_and_ends_at_its_report(shop: Shop, login: Login) -> None:
    window = login()
    page = _begun(window, ["ONE-1", "a,b,c"])
    assert "said=imported" in page
    assert "<b>1</b><span>新" in window.see(page)
    shop.passes(2)
    shop.work()
    assert shop.rows("SELECT count(*) FROM card_key") == [1]


def _catalog(window: Window, content: bytes) -> httpx.Response:
    answer = _sent(window, content)
    assert answer.status_code == 303, answer.text
    return answer


@pytest.mark.usefixtures("long_ones")
def test_a_large_catalog_is_read_by_the_worker_and_is_then_the_draft(shop: Shop, login: Login) -> None:
    window = login()
    page = _catalog(window, _changed("规格", 5, "售价", 88.8)).headers["location"]
    assert "排队中" in window.see(page)
    assert "排队中" in window.see("/console/goods/file")
    assert shop.rows("SELECT count(*) FROM catalog_draft") == [0]
    shop.work()
    assert "22 个商品" in window.see(page)
    assert "<ins>¥88.80</ins>" in window.see("/console/goods/draft")
    assert read_sheets(window.http.get("/console/goods/catalog.xlsx?draft=1").content)
    wrong = _catalog(window, _changed("规格", 5, "售价", "九块")).headers["location"]
    shop.work()
    assert "「规格」第 5 行「售价」：售价 不是金额: 九块" in window.see(wrong)
    assert "<ins>¥88.80</ins>" in window.see("/console/goods/draft"), "the draft is as it was"
    assert shop.rows("SELECT count(*) FROM console_run WHERE given IS NOT NULL") == [0]


@pytest.mark.usefixtures("long_ones")
def test_a_file_that_is_read_late_does_not_put_away_what_was_drafted_meanwhile(shop: Shop, login: Login) -> None:
    window = login()
    page = _catalog(window, to_workbook(read_catalog(Path(DEMO)).products[:5])).headers["location"]
    shop.passes(1)
    window.send("/console/goods/place", id="steam", place="1")
    shop.work()
    assert "又改过草稿" in window.see(page)
    assert "没保存的改动 <small>1</small>" in window.see("/console/goods/draft")


@pytest.mark.usefixtures("long_ones")
def test_a_catalog_that_is_read_again_does_not_take_its_own_draft_for_a_change(shop: Shop, login: Login) -> None:
    window = login()
    page = _catalog(window, to_workbook(read_catalog(Path(DEMO)).products[:5])).headers["location"]
    with shop.services.engine.begin() as conn:  # it comes as far as its last word, and that is not written down
        conn.execute(text("ALTER TABLE console_run ADD CONSTRAINT never CHECK (state <> 'done')"))
    shop.passes(1)
    with pytest.raises(IntegrityError):
        _work(shop, page)
    with shop.services.engine.begin() as conn:
        conn.execute(text("ALTER TABLE console_run DROP CONSTRAINT never"))
    shop.passes(1)
    _work(shop, page)
    assert "5 个商品" in window.see(page)
