"""`kabot apikey` as an operator meets it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main
from bot.database import make_engine
from console.api import access
from kernel.clock import SystemClock


@pytest.fixture(autouse=True)
def shop(configured: Callable[[str], Path]) -> None:
    configured("")


def test_a_key_is_printed_once_works_is_listed_without_itself_and_switched_off(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apikey", "add", "erp", "--scopes", "orders:read,keys:write", "--days", "30"]) == 0
    token = capsys.readouterr().out.strip()
    engine = make_engine(database_url)
    key = access.who(engine, token, SystemClock().now())
    assert key is not None
    assert key.scopes == {"orders:read", "keys:write"}
    assert main(["apikey", "list"]) == 0
    listed = capsys.readouterr().out
    assert "erp" in listed
    assert "keys:write,orders:read" in listed
    assert token not in listed
    assert token[20:] not in listed
    assert main(["apikey", "off", "erp"]) == 0
    assert access.who(engine, token, SystemClock().now()) is None
    engine.dispose()
    capsys.readouterr()
    assert main(["apikey", "list"]) == 0
    assert "\toff\t" in capsys.readouterr().out
    assert main(["apikey", "add", "erp", "--scopes", "*"]) == 1, "records name it: the name is not given again"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["add", "erp", "--scopes", "orders:reed"], 2, "--scopes: no scope orders:reed; known: orders:read"),
        (["add", "erp", "--scopes", ","], 2, "--scopes: name at least one scope"),
        (["add", "a b", "--scopes", "*"], 2, "a name has 1 to 32 letters"),
        (["add", "erp"], 2, "Missing option '--scopes'"),
        (["off", "nobody"], 1, "nobody: no such key"),
    ],
)
def test_what_cannot_be_is_one_line(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apikey", *arguments]) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert len(printed.err.splitlines()) == 1
