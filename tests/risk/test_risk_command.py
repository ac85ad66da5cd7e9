"""What an operator is told by `kabot risk`, and the exit codes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.cli import main
from bot.config import load_config
from bot.figures import ShopFigures
from fulfillment import audit, holds, paying
from risk import reading
from risk.scoring import Outcome, Reason, Verdict
from tests.fulfillment.counter import LI, open_shop, place, want


@pytest.fixture
def shop(engine: Engine, configured: Callable[[str], Path]) -> Engine:
    """A shop with its catalog, found by the commands through the environment, its engine under their secret key."""
    configured("[risk]\nlarge_order_yuan = 90\n")
    audit.arm(engine, load_config().app.key())
    open_shop(engine)
    return engine


def held(shop: Engine) -> str:
    """An order of ¥99.50 that was held 90 minutes ago."""
    paid_at = datetime.now(UTC) - timedelta(minutes=90)
    with shop.begin() as conn:
        order = place(conn, want("HF100"), now=paid_at).order
        holds.want(conn, order.order_no, paid_at)
        verdict = Verdict(Outcome.HOLD, 65, ((Reason.LARGE_ORDER, 80), (Reason.CREDIT, -15)))
        reading.record(conn, verdict, openid=LI, total_fen=9950, now=paid_at, order_no=order.order_no)
        paying.mark_paid(conn, order.order_no, paid_at, paid_at)
    return str(order.order_no)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    out, err = capsys.readouterr()
    return err if code else out


def test_held_orders_are_listed_with_what_speaks_against_them(shop: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "risk", "holds") == ""
    order_no = held(shop)
    [line] = told(capsys, "risk", "holds").splitlines()
    for part in (order_no, "¥99.50", "话费 100元 ×1", "138****5678", "65分：大额订单 +80，信用", "等了1小时3", LI):
        assert part in line
    assert "13812345678" not in line
    assert told(capsys, "orders", "todo").startswith(f"核对\t{order_no}")
    figures = {s.labels["late"]: s.value for m in ShopFigures(shop).collect() for s in m.samples if "held" in s.name}
    assert figures == {"no": 1, "yes": 0}


def test_a_held_order_is_decided_on_once(shop: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = held(shop), held(shop)
    assert "已放行" in told(capsys, "risk", "release", first, "--by", "wang")
    assert "is not held" in told(capsys, "risk", "release", first, code=1)
    assert "is not held" in told(capsys, "risk", "refuse", first, "--reason", "x", code=1)
    assert "1 to 80" in told(capsys, "risk", "refuse", second, "--reason", " ", code=2)
    assert "is not held" in told(capsys, "risk", "release", "K0", code=1)
    with shop.connect() as conn:
        ended = conn.execute(text("SELECT order_no, state, ended_by, why FROM order_hold ORDER BY order_no")).all()
        delivers = conn.execute(text("SELECT args FROM procrastinate_jobs WHERE task_name = 'deliver_order'")).all()
    kept = {first: ("released", "wang", ""), second: ("held", "", "")}
    assert {row.order_no: tuple(row)[1:] for row in ended} == kept
    assert [row.args["order_no"] for row in delivers] == [first]


def test_lists_show_who_put_whom_there_and_never_the_value(shop: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with shop.begin() as conn:
        place(conn, want("HF100"), now=datetime.now(UTC))
    said = told(capsys, "risk", "block", "account", "13812345678", "--why", "盗刷", "--by", "wang")
    assert said == "账号 138****5678：已列入黑名单；1 笔未付订单付款后会先核对\n"
    assert "已列入白名单" in told(capsys, "risk", "allow", "buyer", LI, "--by", "wang")
    lines = told(capsys, "risk", "list")
    assert "黑名单\t账号\t138****5678\t盗刷" in lines
    assert LI not in lines
    assert "已移出名单" in told(capsys, "risk", "unlist", "account", " 13812345678", "--by", "li")
    assert "is on no list" in told(capsys, "risk", "unlist", "account", "13812345678", code=1)
    assert "138****5678" not in told(capsys, "risk", "list")
    assert "li 移出" in told(capsys, "risk", "list", "--history")
    assert "1 to 200" in told(capsys, "risk", "block", "buyer", "  ", code=2)
    assert "buyer" in told(capsys, "risk", "block", "phone", "138", code=2)


def test_an_order_is_explained(shop: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    order_no = held(shop)
    said = told(capsys, "risk", "score", order_no)
    assert "下单时\t65分\t人工核对\t大额订单 +80，信用（收到货没退过的订单） -15" in said
    assert "现在\t50分\t再确认\t大额订单 +50" in said
    assert "total_fen = 9950" in said
    assert "there is no order" in told(capsys, "risk", "score", "K0", code=1)
    assert f"{order_no}\t¥99.50\t人工核对\t65分" in told(capsys, "risk", "verdicts")
