"""What kabot doctor says of the room there is for connections."""

import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, text

from bot.cli import main
from bot.config import StoreConfig
from bot.doctor import connections, room_for_connections
from bot.embedded import postgres

PAIR = 18 + 20
"""One web process and one worker, each at its busiest, with the default pool."""


def test_the_limit_that_counts_is_the_smallest_one(engine: Engine) -> None:
    with engine.begin() as conn:
        server = int(conn.scalar(text("SHOW max_connections")) or 0)
        name = conn.scalar(text("SELECT current_database()"))
    room = room_for_connections(engine)
    assert room is not None
    assert 0 < room < server, "some are kept back for the database's owner"
    with engine.begin() as conn:
        conn.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT 17'))
    try:
        assert room_for_connections(engine) == 17
    finally:
        with engine.begin() as conn:
            conn.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1'))


def test_too_little_room_for_one_web_and_one_worker_is_something_to_mend() -> None:
    pool_size = StoreConfig().pool_size
    short = connections(pool_size, PAIR - 1)
    assert not short.ok
    assert "pool_size" in short.words
    assert "max_connections" in short.words
    enough = connections(pool_size, 2 * PAIR)
    assert enough.ok
    assert "2 个 web 加 2 个 worker" in enough.words
    assert not connections(60, 2 * PAIR).ok, "a larger pool needs more room"


def test_the_embedded_database_has_room_for_two_of_each() -> None:
    kept_back = 3  # superuser_reserved_connections, unless somebody sets it
    assert connections(StoreConfig().pool_size, postgres.CONNECTIONS_MAX - kept_back).words.endswith("2 个 worker")


def _said(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What it says of each part."""
    assert main(["doctor"]) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = [line.split(maxsplit=1) for line in printed.out.splitlines()]
    return {part: words for part, words in lines if part != "供货商"} | {
        f"供货商 {words.split(maxsplit=1)[0]}": words.split(maxsplit=1)[1] for part, words in lines if part == "供货商"
    }


@pytest.mark.usefixtures("engine")
def test_a_supplier_nobody_answers_for_is_something_to_mend_and_the_only_one_is_the_default(
    configured: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]  # free again below: nobody listens there
    configured(f'[supplier.a]\nkind = "fulu"\napi_base = "http://127.0.0.1:{port}"\n')
    said = _said(capsys)
    assert "default" not in said["配置"]
    assert said["供货商 a"].startswith("✗  连接不上（ConnectError）")
    with socket.create_server(("127.0.0.1", 0)) as closing:
        configured(f'[supplier.a]\nkind = "fulu"\napi_base = "http://127.0.0.1:{closing.getsockname()[1]}"\n')
        closing.settimeout(30)
        hanging_up = Thread(target=lambda: closing.accept()[0].close())
        hanging_up.start()
        assert _said(capsys)["供货商 a"].startswith("ok  查不到余额（"), "whoever is there may not tell balances"
        hanging_up.join()
    configured('[supplier.a]\nkind = "fulu"\n[supplier.b]\nkind = "fulu"\n')
    assert "没有一个设为 default" in _said(capsys)["配置"]


@pytest.mark.usefixtures("engine")
def test_topups_nobody_delivers_are_named(
    configured: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    shop = configured("")
    catalog = shop / "shop.toml"
    catalog.write_text(
        '[[product]]\nid = "p"\nname = "话费"\ncategory = ["话费"]\ndelivery = "topup"\n'
        'field = [{ name = "account", kind = "phone", label = "手机号" }]\nsku = [\n'
        '{ code = "A", label = "10元", price = "10.00" },\n'
        '{ code = "B", label = "20元", price = "20.00", supplier = "elsewhere" },\n'
        '{ code = "C", label = "30元", price = "30.00", supplier = "elsewhere", backup = [{ supplier = "a" }] }]\n'
    )
    assert main(["catalog", "import", str(catalog)]) == 0
    capsys.readouterr()
    assert _said(capsys)["供货商 ✗"].startswith("A B C 没有配置好的供货商")
    configured('[supplier.a]\nkind = "fulu"\napi_base = "http://127.0.0.1:9"\n')
    assert _said(capsys)["供货商 ✗"].startswith("B 没有配置好的供货商")


def test_a_database_without_its_schema_is_not_called_away(
    engine: Engine, configured: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    configured("")
    with engine.begin() as conn:
        conn.execute(text("ALTER TABLE alembic_version RENAME TO alembic_version_elsewhere"))
    try:
        assert "kabot migrate" in _said(capsys)["数据库"]
    finally:
        with engine.begin() as conn:
            conn.execute(text("ALTER TABLE alembic_version_elsewhere RENAME TO alembic_version"))


def test_a_database_of_a_newer_version_is_not_to_be_migrated(
    engine: Engine, configured: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    configured("")
    with engine.begin() as conn:
        before = conn.scalar(text("SELECT version_num FROM alembic_version"))
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        assert "更新版本" in _said(capsys)["数据库"]
        for command in (["migrate"], ["catalog", "import", "data/catalog.demo.toml"], ["serve", "--port", "0"]):
            assert main(command) == 1
            assert "of a newer kabot (schema 9999" in capsys.readouterr().err
    finally:
        with engine.begin() as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = :before"), {"before": before})


@pytest.mark.usefixtures("engine")
def test_a_cluster_that_is_away_is_a_line_of_its_own(
    configured: Callable[[str], Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured("")
    monkeypatch.setenv("KABOT_REDIS__URL", "redis+cluster://127.0.0.1:1")
    said = _said(capsys)
    assert said["Redis"].startswith("✗  连接不上")
    assert "token 未填写" in said["配置"]
