"""What an operator is told about history, money, keys and people's data on the command line, and the exit codes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.cli import main
from bot.config import load_config
from fulfillment import audit, paying
from tests.fulfillment.counter import open_shop, place, want

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture
def shop(engine: Engine, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A shop with its catalog, found by the commands through the environment, its engine under their secret key."""
    file = tmp_path / "config.toml"
    file.write_text('[app]\ndata_dir = "data"\n')
    monkeypatch.setenv("KABOT_CONFIG", str(file))
    monkeypatch.setenv("KABOT_STORE__DATABASE_URL", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("KABOT_REDIS__URL", redis_url)
    audit.arm(engine, load_config().app.key())
    open_shop(engine)
    return engine


def paid_order(shop: Engine) -> str:
    with shop.begin() as conn:
        order_no: str = place(conn, want("HF100")).order.order_no
        paying.mark_paid(conn, order_no, NOW, NOW)
    return order_no


def test_audit_verify_names_the_first_broken_link_and_fails(shop: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    order_no, other = paid_order(shop), paid_order(shop)
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out == "ok: 4 events\n"

    with shop.begin() as conn:
        conn.execute(text("ALTER TABLE order_event DISABLE TRIGGER USER"))
        conn.execute(text("UPDATE order_event SET actor = 'x' WHERE order_no = :no AND n = 2"), {"no": order_no})
    assert main(["audit", "verify"]) == 1
    assert capsys.readouterr().out == f"订单 {order_no} 第 2 条记录：内容与封签不符（被改动过，或不是本店写下的）\n"
    assert main(["audit", "verify", "--order", other]) == 0
    assert main(["audit", "verify", "--order", "K1"]) == 2
