"""Unusual orders on the real processes: from the chat to WeChat Pay, the operator's command and back to the phone."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bot import risk
from bot.cli import main
from risk.kinds import Kind, Listing
from tests.e2e.shop import Buyer, Shop, eventually

TIGHT = {"large_order_yuan": 90, "hold_score": 70}
PATIENT_S = 40.0
pytestmark = pytest.mark.timeout(240)  # seconds, as a rule; a machine may be busy, and two commands start anew


@pytest.fixture(scope="module")
def careful(
    opened_shop: Callable[..., AbstractContextManager[Shop]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop that finds 90 yuan a large order and 180 one for a person."""
    with opened_shop(risk=TIGHT) as shop:
        shop.stock("ST100", *(f"E2E-RISK-{n}" for n in range(12)), tmp=tmp_path_factory.mktemp("keys"))
        yield shop


def settings(shop: Shop) -> dict[str, str]:
    """What a command has to know of the shop's servers and secrets."""
    config = shop.services.config
    return {
        "KABOT_CONFIG": str(Path(__file__).parents[2] / "config.toml"),
        "KABOT_STORE__DATABASE_URL": shop.engine.url.render_as_string(hide_password=False),
        "KABOT_APP__DATA_DIR": str(config.app.data_dir),
        "KABOT_REDIS__URL": f"unix://{shop.services.redis.connection_pool.connection_kwargs['path']}",
    }


def kabot(shop: Shop, *arguments: str) -> None:
    """Run a command as the operator does: a process of its own."""
    environment = os.environ | settings(shop) | {"PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        [sys.executable, "-m", "bot", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr


def held(shop: Shop, buyer: Buyer) -> str:
    """He orders and pays what a person has to look at; its number."""
    buyer.pay(buyer.order("steam卡100元 2张", "确认"))
    assert "需要人工核对" in buyer.told("付款成功", PATIENT_S)
    [order_no] = shop.query("SELECT order_no FROM orders WHERE openid = :o", o=buyer.openid)
    return str(order_no)


def test_a_large_order_is_confirmed_twice(careful: Shop) -> None:
    buyer = careful.buyer()
    buyer.say("steam卡100元")
    asked = buyer.say("确认")
    assert "大额订单" in asked
    assert "/pay/" not in asked
    assert careful.query("SELECT 1 FROM orders WHERE openid = :o", o=buyer.openid) == []
    buyer.pay(buyer.order("确认"))
    buyer.told("E2E-RISK", PATIENT_S)


def test_a_held_order_is_released_from_the_command_line_and_delivered(careful: Shop) -> None:
    buyer = careful.buyer()
    order_no = held(careful, buyer)
    assert [line.split("\t")[0] for line in risk.held_lines(careful.services)] == [order_no]
    assert not any("E2E-RISK" in message["content"] for message in buyer.chat())
    kabot(careful, "risk", "release", order_no, "--by", "wang")
    assert buyer.told("您的卡密", PATIENT_S).count("E2E-RISK") == 2


def test_a_held_order_is_refused_and_refunded_and_another_taken_back_by_its_buyer(
    careful: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, impatient = careful.buyer(), careful.buyer()
    order_no = held(careful, refused)
    held(careful, impatient)
    for name, value in settings(careful).items():
        monkeypatch.setenv(name, value)
    assert main(["risk", "refuse", order_no, "--reason", "付款账户有风险", "--by", "wang"]) == 0
    assert "付款账户有风险" in refused.told("为您退款", PATIENT_S)
    refused.told("退款成功", PATIENT_S)
    assert "退款" in impatient.say("退款")
    impatient.told("退款成功", PATIENT_S)
    assert list(risk.held_lines(careful.services)) == []
    both = "SELECT count(*) FROM orders WHERE openid IN (:a, :b) AND state = 'refunded'"
    eventually(lambda: careful.query(both, a=refused.openid, b=impatient.openid) == [2], PATIENT_S)


def test_who_is_blocked_is_shown_the_way_to_a_person(careful: Shop) -> None:
    buyer = careful.buyer()
    risk.put_on_list(careful.services, Kind.BUYER, buyer.openid, Listing.BLOCK, "e2e", actor="wang")
    buyer.say("steam卡50元")
    said = buyer.say("确认")
    assert "没有扣款" in said
    assert "人工" in said
