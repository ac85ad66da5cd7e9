"""The commands as an operator meets them: what they print, and their exit codes."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot import background
from bot.cli import main

DEMO_CATALOG = Path(__file__).parents[2] / "data" / "catalog.demo.toml"
COMMANDS = [
    ["demo"], ["serve"], ["worker"], ["parse"], ["catalog", "check"], ["catalog", "import"], ["keys", "import"],
    ["migrate"], ["backup"], ["restore"], ["menu", "publish"], ["reconcile"], ["doctor"],
    ["wording", "list"], ["wording", "check"], ["faq", "check"],
]  # fmt: skip


@pytest.fixture
def shop(configured: Callable[[str], Path]) -> Path:
    """A shop's configuration, in the environment; its data directory."""
    return configured("")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    assert f"Usage: kabot {' '.join(command)}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sell"], "No such command 'sell'"),
        (["keys", "import", "STEAM50"], "Missing argument 'FILE'"),
        (["demo", "--port", "http"], "Invalid value for '--port'"),
        (["demo", "--port", "70000"], "Invalid value for '--port'"),
        (["parse", "--channel", "smoke", "hi"], "Invalid value for '--channel': 'smoke' is not one of 'text', 'voice'"),
        (["reconcile", "--date", "yesterday"], "--date yesterday: not a date"),
        (["reconcile", "--date", "20260301"], "--date 20260301: not a date"),
        (["reconcile", "--date", "2026-W09-7"], "--date 2026-W09-7: not a date"),
        (["ledger", "day", "2026-02-30"], "2026-02-30: not a date"),
        (["ledger", "day", "2999-01-01"], "2999-01-01: that day has not come yet"),
        (["reconcile", "--date", "2999-01-01"], "--date 2999-01-01: that day has not come yet"),
        (["backup", "."], "is a folder"),
        (["backup", "nowhere/shop.backup"], "there is no folder"),
        (["demo", "--data-dir", "/dev/null"], "/dev/null: nothing can be kept there: Not a dir"),
        (["serve", "--host", "203.0.113.1", "--port", "0"], "host 203.0.113.1, port 0: "),
        (["catalog", "check", "missing.toml"], "missing.toml: "),
        (["parse", "--catalog", "missing.toml", "hi"], "missing.toml"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""


def test_a_backup_takes_the_place_of_files_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"  # /dev/null would have been replaced by a file just so
    os.mkfifo(pipe)
    assert main(["backup", str(pipe)]) == 2
    assert capsys.readouterr().err == f"kabot: {pipe}: is no ordinary file\n"
    assert pipe.is_fifo()


def test_a_terminal_without_chinese_gets_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(printed, "ascii"))
    assert main(["parse", "来两张steam50的，寄到 a@b.cn，备注：急", "你好"]) == 0
    assert main(["wording", "list"]) == 0
    assert rb"\u" in printed.getvalue()


def test_a_wrong_configuration_is_one_line_and_exit_2(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "config.toml").write_text("[pay]\nmch = 1\n")
    assert main(["migrate"]) == 2
    assert f"{shop}/config.toml:2: unknown key mch in [pay]" in capsys.readouterr().err


@pytest.mark.usefixtures("shop")
def test_a_database_that_is_away_is_one_line_and_exit_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://kabot:hush@127.0.0.1:1/kabot"
    monkeypatch.setenv("KABOT_STORE__DATABASE_URL", url)
    assert main(["migrate"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("kabot: database: ")
    assert len(printed.splitlines()) == 1
    assert "hush" not in printed


@pytest.mark.usefixtures("shop", "engine")
@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["menu", "publish"], "[wechat] app_id is not configured", 2),
        (["restore", "nowhere.backup"], "nowhere.backup: no such file", 2),
        (["keys", "list", "NOWHERE"], "没有 SKU 'NOWHERE'", 2),
        (["orders", "done", "999"], "line 999 does not wait for a person", 1),
        (["orders", "refund", "999", "--reason", "x"], "line 999 does not wait for a person", 1),
    ],
)
def test_what_is_not_there_is_one_line(
    arguments: list[str], said: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""


@pytest.mark.usefixtures("engine")
def test_a_merchant_half_configured_is_named_by_its_key(
    configured: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    configured('[pay]\nmch_id = "1900000001"\n')
    assert main(["reconcile", "--date", "2026-01-01"]) == 2
    assert capsys.readouterr().err == "kabot: [pay] private_key_file: missing\n"


@pytest.mark.usefixtures("shop")
def test_a_catalog_is_checked_and_loaded_and_loading_it_again_changes_nothing(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["catalog", "check", str(DEMO_CATALOG)]) == 0
    assert main(["catalog", "import", str(DEMO_CATALOG)]) == 0
    assert main(["catalog", "import", str(DEMO_CATALOG)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("ok: 22 products")
    assert printed[2].startswith("added 0, changed 0, unchanged ")
    with engine.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM product")) == 22
        assert conn.scalar(text("SELECT count(*) FROM catalog_snapshot")) == 0


def test_a_catalog_that_a_file_replaced_is_kept_for_the_console_to_go_back_to(shop: Path, engine: Engine) -> None:
    other = shop / "other.toml"
    other.write_text(DEMO_CATALOG.read_text("utf-8").replace('price = "10.05"', 'price = "10.10"', 1), "utf-8")
    for file in (DEMO_CATALOG, other, other):
        assert main(["catalog", "import", str(file)]) == 0
    with engine.begin() as conn:
        assert conn.scalars(text("SELECT saved_by FROM catalog_snapshot")).all() == ["kabot catalog import"]


def test_every_problem_of_a_catalog_is_named_with_file_and_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = shop / "bad.toml"
    file.write_text(DEMO_CATALOG.read_text("utf-8").replace('price = "10.05"', 'price = "-1.00"', 1), "utf-8")
    line = next(n for n, one in enumerate(file.read_text("utf-8").splitlines(), 1) if '"-1.00"' in one)
    assert main(["catalog", "import", str(file)]) == 2
    assert f"{file}: 第 {line} 行" in capsys.readouterr().err


def test_keys_are_counted_and_named_by_line_but_never_shown(
    shop: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["catalog", "import", str(DEMO_CATALOG)])
    with engine.begin() as conn:
        card = conn.scalar(
            text(
                "SELECT code FROM sku JOIN product p ON p.id = product_id WHERE delivery = 'card' ORDER BY code LIMIT 1"
            )
        )
    keys = shop / "keys.txt"
    keys.write_text("NUMBER1,SECRET-AAAA\nNUMBER2,SECRET-BBBB\n\nNUMBER1,SECRET-AAAA\n")
    capsys.readouterr()
    assert main(["keys", "import", card, str(keys)]) == 0
    assert capsys.readouterr().out == "imported 2, duplicate 1, invalid 0\n"
    assert main(["keys", "import", card, str(keys)]) == 0
    assert capsys.readouterr().out == "imported 0, duplicate 3, invalid 0\n"
    assert main(["keys", "import", "HF100", str(keys)]) == 2
    printed = capsys.readouterr()
    assert str(keys) in printed.err
    assert "SECRET" not in printed.err + printed.out


@pytest.mark.usefixtures("shop")
def test_migrating_what_is_up_to_date_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out.endswith(": nothing to do\n")


def test_a_port_that_is_taken_is_one_line_and_exit_2(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in (["serve", "--port", port], ["demo", "--port", port, "--data-dir", str(shop / "demo")]):
            assert main(command) == 2
            assert capsys.readouterr().err.startswith(f"kabot: port {port}: Address already in use")


@pytest.mark.usefixtures("shop")
def test_the_doctor_says_one_line_of_each_part_and_what_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 1
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert {"数据库", "Redis", "公众号", "微信支付", "商品"} <= lines.keys()
    assert " ok" in lines["数据库"]
    assert " ok" in lines["Redis"]
    assert "mch_id 未填写" in lines["微信支付"]


def test_help_and_mistakes_answer_without_loading_the_shop() -> None:
    program = "import sys; from bot.cli import main; main(['keys', 'import']); print(*sorted(sys.modules))"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    loaded = set(done.stdout.split())
    assert not loaded & {"sqlalchemy", "redis", "jieba", "starlette", "rich", "wechatpy", "procrastinate"}


def test_a_command_may_ask_for_any_task_of_the_worker(tmp_path: Path) -> None:
    """In a process of its own: here everything is loaded, and a task that a command does not load would be known."""
    program = (
        "from bot.commands.connecting import Connected; from bot.config import load_config;"
        "at = Connected(load_config(), 'postgresql+psycopg://nobody@127.0.0.1:1/x', 'redis://127.0.0.1:1/0');"
        "at.services(); from bot.tasks import TASKS; print(*sorted(TASKS.by_name))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "KABOT_APP__DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert set(done.stdout.split()) == set(background.TASKS.by_name)
