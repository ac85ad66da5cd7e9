"""What an operator is told about history, money, keys and people's data on the command line, and the exit codes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.cli import main
from bot.config import load_config
from bot.figures import ShopFigures
from fulfillment import audit, paying
from payments import ledger
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


def settled_order(shop: Engine) -> str:
    order_no = paid_order(shop)
    with shop.begin() as conn:
        ledger.book_payment(
            conn,
            order_no=order_no,
            out_trade_no=order_no,
            total_fen=9950,
            settles=True,
            at=NOW,
            now=NOW,
            fee_rate_bp=60,
        )
    return order_no


def test_ledger_check_names_what_disagrees_and_fails(shop: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "check"]) == 0
    assert capsys.readouterr().out == "ok\n"
    order_no = settled_order(shop)  # in the books, and no payment beside it
    assert main(["ledger", "check"]) == 1
    assert f"{order_no}\t收款\t账本 9950\t应为 0" in capsys.readouterr().out
    with shop.connect() as conn:
        assert "kabot_ledger_differences" in {one.name for one in ShopFigures(shop).collect()}
        assert conn.execute(text("SELECT count(*) FROM ledger_difference")).scalar_one() > 0


def test_ledger_shows_an_order_and_a_day(shop: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    order_no = settled_order(shop)
    assert main(["ledger", "show", order_no]) == 0
    printed = capsys.readouterr().out
    assert "微信支付\t借 ¥99.50" in printed
    assert "微信支付\t¥98.90" in printed
    assert main(["ledger", "day", "2026-11-21"]) == 0
    printed = capsys.readouterr().out
    assert "收款 1 笔" in printed
    assert "手续费\t¥0.60（其中 ¥0.60 待账单确认）" in printed
    assert "利润\t¥98.90" in printed
    assert main(["ledger", "show", "K1"]) == 2
    assert main(["ledger", "day", "today"]) == 2
