"""What the bot knows beside the catalog, in the console: misheard messages, the owner's files, the menu."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import menu, misses, owner_files
from bot.config import AppConfig
from catalog.store import load_listed
from console.backroom import MenuGroup
from console.knowledge import menu_text, read_menu
from tests.bot.test_after_sale import LI, Shop, opened
from tests.console.conftest import Window, csrf_in

Login = Callable[..., Window]
FAQ = '[[faq]]\nask = ["能开专票吗", "可以开专用发票吗"]\nanswer = "可以开专票，联系客服。"\n'


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    """A shop whose owner's files lie in its own folder."""
    with opened(tmp_path, database_url, redis_url) as shop:
        app = replace(
            shop.services.config.app, faq_file=tmp_path / "faq.toml", wording_file=tmp_path / "w" / "wording.toml"
        )
        shop.services = replace(shop.services, config=replace(shop.services.config, app=app))
        yield shop


def _send_file(window: Window, kind: str, content: str, seen: str | None = None) -> Any:
    page = window.http.get(f"/console/knowledge/{kind}").text
    if seen is None:
        found = re.search(r'name="seen" value="(\w*)"', page)
        assert found
        seen = found[1]
    return window.http.post(
        f"/console/knowledge/{kind}",
        data={"csrf": csrf_in(page), "seen": seen, "content": content},
        files={"file": ("", b"")},
    )


def _misheard(shop: Shop, *words: str) -> None:
    for said in words:
        misses.keep(shop.services, LI, said, "unknown")


def test_a_word_nobody_understood_becomes_a_name_by_one_tap(shop: Shop, login: Login) -> None:
    _misheard(shop, "来点猪猪币50", "来点猪猪币100", "今天天气 13812345678")
    window = login()
    page = window.see("/console/knowledge")
    assert "2 次，1 人" in page
    assert "13812345678" not in page
    card = page.split("猪猪币", 1)[1].split("</section>")[0]
    ids = re.search(r'name="ids" value="([\d,]+)"', card)
    assert ids
    with shop.services.engine.connect() as conn:
        before = load_listed(conn)
    done = window.send("/console/knowledge/alias", alias="猪猪币", product="steam", ids=ids[1])
    assert done.headers["location"].endswith("said=alias_added")
    with shop.services.engine.connect() as conn:
        listed = load_listed(conn)
    steam = listed.product("steam")
    assert steam
    assert "猪猪币" in steam.aliases
    assert "猪猪币" not in window.see("/console/knowledge")
    assert before.version in window.see("/console/goods/history"), "it can be undone"
    taken = window.send("/console/knowledge/alias", alias="京东卡", product="steam", ids="")
    assert taken.status_code == 422
    assert "“京东卡”已经是“京东E卡”的叫法" in taken.text
    rest = re.search(r'name="ids" value="([\d,]+)"', window.see("/console/knowledge"))
    assert rest
    window.send("/console/knowledge/settle", ids=rest[1] + ",x,-1,99999999999999")
    assert "没有没听懂的话" in window.see("/console/knowledge")
    whats = shop.rows("SELECT what FROM operator_action WHERE what <> 'log_in' ORDER BY id")
    assert whats == ["add_alias", "settle_misheard"]


def test_a_word_no_catalog_file_can_say_is_refused_and_the_catalog_can_still_be_changed(
    shop: Shop, login: Login
) -> None:
    _misheard(shop, "来点猪猪币50")
    window = login()
    for wrong in ("猪猪\x07币", "猪猪\x1b[31m币"):
        answer = window.send("/console/knowledge/alias", alias=wrong, product="steam", ids="")
        assert answer.status_code == 422
        assert "里有控制字符" in answer.text
    form = {"category": "", "id": "", "basis": "price", "percent": "110", "plus": "", "step": "1"}
    assert window.send("/console/goods/prices", **form).headers["location"].endswith("said=drafted")


def test_answers_are_checked_written_whole_and_taken_back(login: Login, tmp_path: Path) -> None:
    window = login()
    assert _send_file(window, "faq", FAQ).headers["location"].endswith("said=faq_saved")
    file = tmp_path / "faq.toml"
    assert file.read_text(encoding="utf-8") == FAQ
    wrong = _send_file(window, "faq", '[[faq]]\nask = []\nanswer = "<script>alert(1)</script>"\n')
    assert wrong.status_code == 422
    assert "没有保存" in wrong.text
    assert "<script>" not in wrong.text.replace('<script src="', "")
    assert file.read_text(encoding="utf-8") == FAQ
    other = FAQ.replace("联系客服", "找人工")
    _send_file(window, "faq", other)
    assert "找人工" in window.see("/console/knowledge/faq")
    window.send("/console/knowledge/faq/undo")
    assert file.read_text(encoding="utf-8") == FAQ
    window.send("/console/knowledge/faq/undo")
    assert file.read_text(encoding="utf-8") == other, "an undo can be undone"
    stale = _send_file(window, "faq", FAQ, seen="0" * 16)
    assert stale.status_code == 422
    assert "刚被别人改过" in stale.text
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".faq")] == [], (
        "nothing half-written lies about"
    )


def test_the_owners_texts_are_checked_line_by_line(login: Login, tmp_path: Path) -> None:
    window = login()
    wrong = _send_file(window, "wording", 'you_are_welcome = "不客气{nobody}"\nno_such_line = "x"\n')
    assert wrong.status_code == 422
    assert "no_such_line" in wrong.text
    assert not (tmp_path / "w").exists()
    done = _send_file(window, "wording", 'you_are_welcome = "不客气亲"\n')
    assert done.headers["location"].endswith("said=wording_saved")
    page = window.see("/console/knowledge/wording?q=you_are_welcome")
    assert "改过" in page
    assert "不客气亲" in page.split("机器人说的每一句")[1]
    assert "退回" not in page, "there was no file before"
    assert "文件有错" not in page
    (tmp_path / "w" / "wording.toml").write_text('you_are_welcome = ""', encoding="utf-8")
    page = window.see("/console/knowledge/wording")
    assert "文件有错" in page
    assert "line 1: you_are_welcome: is empty" in page
    assert not window.send("/console/knowledge/wording/undo").headers["location"].endswith("saved")


def test_a_file_outside_of_our_folder_is_read_and_never_written(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text(FAQ, encoding="utf-8")
    link = tmp_path / "data" / "link.toml"
    link.parent.mkdir()
    link.symlink_to(elsewhere)
    for file in (elsewhere, link, tmp_path / "data" / ".." / "elsewhere.toml"):
        app = AppConfig(data_dir=tmp_path / "data", faq_file=file)
        assert owner_files.look(app, "faq").content == FAQ
        assert not owner_files.look(app, "faq").editable
        with pytest.raises(PermissionError):
            owner_files.write(app, "faq", "")
        assert not owner_files.undo(app, "faq")
    assert owner_files.look(AppConfig(data_dir=tmp_path), "faq").where == ""
    assert elsewhere.read_text(encoding="utf-8") == FAQ


def test_a_shop_without_these_files_is_told_how_to_have_them(shop: Shop, login: Login) -> None:
    app = replace(shop.services.config.app, faq_file=None)
    shop.services = replace(shop.services, config=replace(shop.services.config, app=app))
    window = login()
    assert "faq_file" in window.see("/console/knowledge/faq")
    assert window.http.get("/console/knowledge/nothing").status_code == 303


def test_the_menu_is_written_checked_kept_and_gone_back_from(shop: Shop, login: Login) -> None:
    window = login()
    assert "category:游戏充值" in window.see("/console/menu")
    mine = (
        "买东西\n  逛一逛 = self_order\n  王者荣耀 = category:没有的\n"
        "  官网 = https://shop.example/a\n找人\n  人工 = human\n"
    )
    wrong = window.send("/console/menu", menu=mine)
    assert wrong.status_code == 422
    mine = mine.replace("category:没有的", "category:游戏充值")
    assert "没有分类" in wrong.text
    assert window.send("/console/menu", menu=mine).headers["location"].endswith("said=menu_saved")
    with shop.services.engine.connect() as conn:
        groups = menu.wanted(conn, shop.services.shelf.current()[0])
    assert menu.buttons(groups)[0] == {
        "name": "买东西",
        "sub_button": [
            {"type": "click", "name": "逛一逛", "key": "self_order"},
            {"type": "click", "name": "王者荣耀", "key": "category:游戏充值"},
            {"type": "view", "name": "官网", "url": "https://shop.example/a"},
        ],
    }
    failed = window.send("/console/menu/publish")
    assert failed.status_code == 422, "WeChat is away here"
    assert "微信没有接受" in failed.text
    assert window.send("/console/menu", usual="1").headers["location"].endswith("said=menu_saved")
    assert "我的卡密" in window.see("/console/menu")
    told = [one for one in shop.rows("SELECT what FROM operator_action ORDER BY id") if one != "log_in"]
    assert told == ["save_menu", "save_menu"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "1 到 3 个"),
        ("一\n a = help\n二\n a = help\n三\n a = help\n四\n a = help", "1 到 3 个"),
        ("  帮助 = help", "先写一级菜单"),
        ("客服\n  帮助", "名字 = 功能"),
        ("客服", "1 到 5 个"),
        ("客服客服客服\n  帮助 = help", "太长"),
        ("客服\n  帮助 = fly", "没有 fly"),
        ("客服\n  帮助 = http://x", "没有 http"),
        ("客服\n  帮助 = https://x y", "网址写法不对"),
        (f"客服\n  {'长' * 21} = help", "太长"),
    ],
)
def test_what_wechat_would_refuse_is_told_before(login: Login, written: str, told: str) -> None:
    answer = login().send("/console/menu", menu=written)
    assert answer.status_code == 422
    assert told in answer.text


_names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="="), min_size=1, max_size=5)


@given(st.lists(st.tuples(_names, st.lists(st.tuples(_names, st.sampled_from(menu.KEYS)), min_size=1, max_size=5))))
def test_a_menu_is_read_as_it_is_written(rows: list[tuple[str, list[tuple[str, str]]]]) -> None:
    groups = tuple(MenuGroup(name, tuple(buttons)) for name, buttons in rows)
    assert read_menu(menu_text(groups)) == groups


def test_what_an_operator_made_is_what_the_command_line_publishes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(shop.services.account, "publish_menu", sent.append)
    services, now = shop.services, shop.clock.now()
    usual = menu.publish(services.engine, services.account, now)
    assert usual.startswith("自助下单：热门商品、")
    with shop.services.engine.begin() as conn:
        menu.keep(conn, [MenuGroup("找人", (("人工", "human"),))], "anna", now)
    assert menu.publish(services.engine, services.account, now) == "找人：人工"
    assert len(sent) == 2
    assert shop.rows("SELECT published_at IS NOT NULL FROM menu_version") == [True]
