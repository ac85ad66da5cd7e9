"""What was not understood: kept without accounts, grouped, and turned into aliases."""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from rich.console import Console
from sqlalchemy import Engine, text

from bot import misses, nlu_report
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.conversation import Conversation
from bot.lexicon import build_lexicon
from bot.misses import WAITING_MAX, Miss, Misses, without_accounts
from bot.nlu_report import Terminal, add_alias, grouped, suggested_alias
from bot.webhook import Push
from catalog.files import read_catalog
from catalog.store import current_version, import_catalog, load_shelf
from kernel.ids import OpenId
from nlu import Lexicon, parse

ROOT = Path(__file__).parents[2]
NOW = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Services:
    config = load_config(ROOT / "config.toml", environ={"KABOT_APP__DATA_DIR": str(tmp_path)})
    services = build(config, database_url=database_url, redis_url=redis_url)
    with services.engine.begin() as conn:
        import_catalog(conn, read_catalog(ROOT / "data" / "catalog.demo.toml"))
    return services


def talk(shop: Services, *said: str) -> list[tuple[str, str, str]]:
    """What is kept of a talk: words, intent, and what followed."""

    openid = OpenId(f"oBuyer{uuid4().hex}")

    async def hear() -> None:
        conversation = Conversation(shop, threads)
        for number, words in enumerate(said):
            await conversation.hear(Push(openid, "gh_shop", str(number), "text", text=words))

    with ThreadPoolExecutor(2) as threads:
        asyncio.run(hear())
    with shop.engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text("SELECT words, intent, followed_by FROM misheard ORDER BY id"))]


def test_a_talk_that_is_understood_writes_nothing(shop: Services) -> None:
    assert talk(shop, "你好", "充100话费", "13812345678", "取消") == []


def test_what_is_not_understood_is_kept_without_accounts_or_who_said_it(shop: Services) -> None:
    assert talk(shop, "呜啦，我手机13812345678丢了") == [("呜啦,我手机〔号码〕丢了", "unknown", "")]
    with shop.engine.connect() as conn:
        row = str(conn.execute(text("SELECT * FROM misheard")).one())
    assert "oBuyer" not in row
    assert "1234" not in row


def test_goods_that_the_catalog_does_not_name_are_kept(shop: Services) -> None:
    assert talk(shop, "给我来点猪猪币50") == [("给我来点猪猪币50", "order", "")]


def test_of_a_correction_the_words_before_it_are_kept(shop: Services) -> None:
    assert talk(shop, "给13812345678充100", "不对", "取消") == [("给〔号码〕充100", "corrected", "deny")]


@pytest.mark.parametrize(
    "words",
    [
        "嘎嘎 13812345678", "嘎嘎 138-1234-5678", "嘎嘎幺三八幺二三四五六七八", "嘎嘎 abc.def@qq.com",
        "嘎嘎 1 3 8 1 2 3 4 5 6 7 8", "订单号202411220001嘎嘎", "寄到北京市朝阳区建国路88号 张三 13812345678",
        "QQ 1234567嘎嘎", "身份证110101199001011234",
    ],
)  # fmt: skip
def test_no_account_or_address_is_kept(demo: Lexicon, words: str) -> None:
    kept = without_accounts(words, demo)
    assert not any(part in kept for part in ("1234", "幺二三", "abc.def", "建国路", "张三", "0001", "110101", "1 2 3"))


def test_a_miss_never_waits_and_a_flood_of_them_is_let_go(shop: Services) -> None:
    held, started = Event(), Event()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(started.set)
        threads.submit(held.wait, 10)
        started.wait(60)
        taking = Misses(shop, threads)
        for _ in range(WAITING_MAX * 5):
            taking.note(OpenId("o"), "呜啦", "unknown")
        held.set()
    with shop.engine.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM misheard")) == WAITING_MAX


def test_misses_are_forgotten_after_thirty_days(shop: Services) -> None:
    row = {"now": shop.clock.now() - timedelta(days=31), "buyer": "b", "words": "w", "intent": "unknown"}
    with shop.engine.begin() as conn:
        conn.execute(misses._KEEP, row | {"followed_by": ""})
        conn.execute(misses._KEEP, row | {"followed_by": "", "now": shop.clock.now(), "words": "new"})
    misses.forget_old(shop)
    with shop.engine.connect() as conn:
        assert conn.scalars(text("SELECT words FROM misheard")).all() == ["new"]


def _miss(words: str, buyer: str = "a", followed_by: str = "", number: int = 0) -> Miss:
    return Miss(number, NOW, buyer, words, "corrected" if followed_by else "unknown", followed_by)


def test_messages_that_say_the_same_are_one_group_the_most_frequent_first() -> None:
    found = [_miss("今天吃什么"), _miss("充点猪猪币"), _miss("充点猪猪币吧", "b"), _miss("给我充点猪猪币")]
    first, second = grouped(found)
    assert (len(first.misses), first.buyers, first.examples[0]) == (3, 2, "充点猪猪币")
    assert second.examples == ("今天吃什么",)


def test_the_words_that_nothing_explains_are_suggested(demo: Lexicon) -> None:
    assert suggested_alias("给我充点猪猪币50", demo) == "点猪猪币"


def test_an_alias_is_understood_at_once_and_makes_a_version_of_the_catalog(shop: Services) -> None:
    with shop.engine.begin() as conn:
        before = current_version(conn)
        assert add_alias(conn, "qbi", "企鹅豆") == ""
        shelf = load_shelf(conn)
        assert current_version(conn) != before
    assert parse("企鹅豆50", build_lexicon(shelf)).items[0].product == "qbi"
    assert len(shelf.products) == len(read_catalog(ROOT / "data" / "catalog.demo.toml").products)


def test_a_name_that_means_something_already_is_refused(shop: Services) -> None:
    with shop.engine.begin() as conn:
        before = current_version(conn)
        assert "话费充值" in add_alias(conn, "qbi", "话费")
        assert add_alias(conn, "qbi", "  ") != ""
        assert add_alias(conn, "gone", "什么豆") != ""
        assert current_version(conn) == before


def _report(engine: Engine, keys: str = "", line: str = "") -> str:
    out = io.StringIO()
    pressed = iter(keys)
    terminal = Terminal(lambda: next(pressed), lambda _asked: line) if keys else None
    nlu_report.run(engine, datetime.now(UTC), Console(file=out, width=200), terminal, days=7, top=20)
    return out.getvalue()


def test_the_report_lists_groups_and_leaves_out_what_is_understood_by_now(shop: Services) -> None:
    talk(shop, "企鹅豆豆", "企鹅豆豆呀", "哇咔咔咔咔")
    shown = _report(shop.engine)
    assert "3 messages missed in 7 days, 0 of them understood by now; 2 groups" in shown
    assert "×2 by 1 buyer · unknown" in shown
    with shop.engine.begin() as conn:
        add_alias(conn, "qbi", "企鹅豆豆")
    assert "2 of them understood by now" in _report(shop.engine)


def test_one_key_makes_a_word_an_alias_and_settles_its_group(shop: Services) -> None:
    talk(shop, "呜啦啦企鹅豆豆", "哇咔咔咔咔")
    shown = _report(shop.engine, keys="a1d", line="呜啦啦豆")
    assert "呜啦啦豆 is " in shown
    with shop.engine.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM misheard")) == 0
        assert any("呜啦啦豆" in product.aliases for product in load_shelf(conn).products)


def test_a_key_may_skip_and_quit_and_nothing_changes(shop: Services) -> None:
    talk(shop, "呜啦啦企鹅豆豆", "哇咔咔咔咔")
    with shop.engine.connect() as conn:
        before = current_version(conn)
        _report(shop.engine, keys="nq")
        _report(shop.engine, keys="axq", line="啥")
        assert current_version(conn) == before
        assert conn.scalar(text("SELECT count(*) FROM misheard")) == 2
