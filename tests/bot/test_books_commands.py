"""What an operator is told about history, money, keys and people's data on the command line, and the exit codes."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot import bootstrap
from bot.bootstrap import Services
from bot.cli import main
from bot.config import load_config
from bot.figures import ShopFigures
from bot.nightly import anchor_history, look_at_stock, verify_history
from catalog.vault import Vault
from fulfillment import audit, paying
from kernel.clock import MovableClock
from payments import ledger
from tests.fulfillment.counter import open_shop, place, want

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture
def shop(engine: Engine, configured: Callable[[str], Path]) -> Engine:
    """A shop with its catalog, found by the commands through the environment, its engine under their secret key."""
    configured("")
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
    with shop.begin() as conn:
        conn.execute(text("DELETE FROM order_event WHERE order_no = :no"), {"no": other})
    assert main(["audit", "verify", "--order", other]) == 1


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


@pytest.fixture
def keys(shop: Engine, tmp_path: Path) -> Engine:
    """The shop with six keys of ST50: numbers 1 to 6."""
    file = tmp_path / "keys.txt"
    file.write_text("".join(f"N{number},STEAM-{number:04d}\n" for number in range(1, 7)))
    assert main(["keys", "import", "ST50", str(file), "--cost", "46.50"]) == 0
    return shop


def said(capsys: pytest.CaptureFixture[str], *command: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(list(command)) == code
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_keys_are_listed_found_voided_restored_and_moved(keys: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "keys", "list") == "ST50\tavailable 6\theld 0\tsold 0\tvoid 0\n"
    found = said(capsys, "keys", "search", "N4,STEAM-0004")
    assert found.startswith("4\tST50\tavailable\t")
    assert "STEAM-0004" not in found
    assert said(capsys, "keys", "search", "0003").endswith("1 found\n")
    assert "at least 4" in said(capsys, "keys", "search", "abc", code=2)
    assert said(capsys, "keys", "void", "2", "3", "--reason", "召回") == "voided 2, not voided 0\n"
    assert "2\tvoid\t批次 1\t\t召回" in said(capsys, "keys", "list", "ST50")
    assert said(capsys, "keys", "restore", "2", "5") == "5: not restored: available\nrestored 1, not restored 1\n"
    assert said(capsys, "keys", "move", "2", "--to", "ST100") == "moved 1, not moved 0\n"
    assert "no SKU of card keys" in said(capsys, "keys", "move", "4", "--to", "HF100", code=2)
    assert "not voided: void" in said(capsys, "keys", "void", "3", "--reason", "x", code=1)
    assert "name keys" in said(capsys, "keys", "void", "--reason", "x", code=2)
    assert "--batch 9" in said(capsys, "keys", "void", "--batch", "9", "--reason", "x", code=2)
    assert said(capsys, "keys", "void", "--batch", "1", "--reason", "x") == (
        "3: not voided: void\nvoided 5, not voided 1\n"
    )
    with keys.connect() as conn:
        assert conn.execute(text("SELECT unit_cost_fen FROM key_batch")).scalar_one() == 4650
    assert "--cost" in said(capsys, "keys", "import", "ST50", "x", "--cost", "1,5", code=2)
    assert "--state" in said(capsys, "keys", "list", "ST50", "--state", "new", code=2)


def test_a_kept_secret_is_renewed_in_two_steps(keys: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    before = load_config().app.key()
    assert "restart" in said(capsys, "keys", "rotate", "--new")
    after = load_config().app
    assert after.key() != before
    assert after.earlier_keys() == (before,)
    assert "6 张仍用旧密钥" in said(capsys, "doctor", code=1)
    assert said(capsys, "keys", "search", "STEAM-0004").endswith("1 found\n")
    assert said(capsys, "keys", "rotate") == "sealed anew 6, duplicate 0, unreadable 0\n"
    assert said(capsys, "keys", "rotate") == "sealed anew 0, duplicate 0, unreadable 0\n"
    assert "旧密钥" not in said(capsys, "doctor", code=1)
    assert "ST50 剩 6 张" in said(capsys, "doctor", code=1)
    with keys.begin() as conn:
        Vault(after.key()).open(*conn.execute(text("SELECT secret_enc, sku_code, id FROM card_key LIMIT 1")).one())


@pytest.mark.usefixtures("keys")
def test_a_configured_secret_is_not_replaced_behind_the_owners_back(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KABOT_APP__SECRET_KEY", "A" * 43 + "=")
    assert "previous_secret_keys" in said(capsys, "keys", "rotate", "--new", code=2)
    assert "unreadable 6" in said(capsys, "keys", "rotate", code=1)
    kept = (tmp_path / "data" / "secret_key").read_text().strip()
    monkeypatch.setenv("KABOT_APP__PREVIOUS_SECRET_KEYS", kept)
    assert said(capsys, "keys", "rotate") == "sealed anew 6, duplicate 0, unreadable 0\n"
    monkeypatch.setenv("KABOT_APP__PREVIOUS_SECRET_KEYS", f"{kept},nonsense")
    assert "previous_secret_keys" in said(capsys, "keys", "list", code=2)


@pytest.fixture
def services(shop: Engine) -> Iterator[Services]:
    made = bootstrap.build(
        load_config(),
        database_url=shop.url.render_as_string(hide_password=False),
        redis_url=os.environ["KABOT_REDIS__URL"],
    )
    yield made
    made.engine.dispose()


def test_broken_history_is_found_every_week_and_anchored_every_night(
    shop: Engine, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    order_no = paid_order(shop)
    caplog.set_level("INFO")
    anchor_history(replace(services, clock=MovableClock(NOW + timedelta(days=1))))
    assert "history anchored: n=1" in caplog.text
    verify_history(services)
    assert "broken" not in caplog.text
    with shop.begin() as conn:
        conn.execute(text("ALTER TABLE order_event DISABLE TRIGGER USER"))
        conn.execute(text("DELETE FROM order_event WHERE n = 2"))
    verify_history(services)
    assert f"history is broken: order={order_no}" in caplog.text
    assert "封存时有 2 条记录，现在有 1 条" in caplog.text


def test_low_stock_is_logged_and_a_figure(keys: Engine, services: Services, caplog: pytest.LogCaptureFixture) -> None:
    (low,) = [one for one in ShopFigures(keys, 7).collect() if one.name == "kabot_stock_low"]
    assert {(one.labels["sku"], one.value) for one in low.samples} == {("ST50", 6), ("ST100", 0)}
    look_at_stock(services)
    assert "sku=ST50 keys=6" in caplog.text


def test_a_buyer_is_given_out_and_erased(
    shop: Engine, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_order(shop)
    with shop.begin() as conn:
        conn.execute(text("UPDATE orders SET openid = 'oLi-1', state = 'delivered', settled_at = paid_at"))
        conn.execute(text("UPDATE orders SET created_at = now() - interval '1 minute', settled_at = now()"))
    found = json.loads(said(capsys, "privacy", "export", "oLi-1"))
    assert found["order_lines"][0]["fields"] == {"account": "13812345678"}
    file = tmp_path / "li.json"
    assert said(capsys, "privacy", "export", "oLi-1", "--file", str(file)) == f"{file}: 4 rows\n"
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text()) == found
    assert "exists" in said(capsys, "privacy", "export", "oLi-1", "--file", str(file), code=1)
    assert "nothing is kept" in said(capsys, "privacy", "export", "oNobody", code=1)
    assert "1 to 64" in said(capsys, "privacy", "erase", "13812345678; DROP", code=2)

    assert "0 orders without a name, 1 kept\nkept by law" in said(capsys, "privacy", "erase", "oLi-1")
    with shop.begin() as conn:
        conn.execute(
            text("UPDATE orders SET settled_at = now() - interval '4 years', paid_at = now() - interval '4 years'")
        )
        conn.execute(text("UPDATE orders SET created_at = now() - interval '4 years'"))
    assert "1 orders without a name, 0 kept" in said(capsys, "privacy", "erase", "oLi-1")
    assert "nothing is kept" in said(capsys, "privacy", "export", "oLi-1", code=1)
    monkeypatch.setenv("KABOT_PRIVACY__KEEP_ORDERS_YEARS", "2")
    assert "from 3 to 30" in said(capsys, "privacy", "erase", "oLi-1", code=2)
