"""Keys and webhooks from the console: what commands and interface do, by the owner alone, secrets shown once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from bot import webhooks_out
from bot.config import ApiConfig
from bot.jobs import run_pending
from bot.webhooks_out import TASKS
from console import accounts, webhook_words
from console.api.scopes import Scope
from console.api.tables import EVENT_TYPES
from console.programs import SCOPES
from console.roles import Role
from tests.api.receiving import Receiver, receiver, shop
from tests.bot.test_after_sale import Shop
from tests.console.conftest import PASSWORD, Window
from tests.console.walking import browser, desk, fits, logs_in, phone, serving

__all__ = ["browser", "desk", "phone", "receiver", "shop"]
Login = Callable[..., Window]
PAGE = "/console/programs"
HOOKS = f"{PAGE}/webhooks"


def _secret_on(page: str) -> str:
    found = re.search(r'<p class="secret" data-secret>([^<]+)</p>', page)
    assert found, page
    return found[1]


def _said(answer: httpx.Response) -> str:
    return str(answer.headers["location"]).partition("said=")[2]


def _calls(shop: Shop, key: str, path: str) -> int:
    with TestClient(shop.app, base_url="https://shop.example") as http:
        return http.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {key}"}).status_code


def _send(shop: Shop) -> None:
    webhooks_out.send_webhooks(shop.services)
    run_pending(shop.services.engine, TASKS, shop.services, shop.clock.now())


def _hook(window: Window, url: str = "https://erp.example/kabot", **more: str) -> str:
    """A new endpoint's secret."""
    answer = window.send(HOOKS, url=url, **more)
    assert answer.status_code == 200, answer.text
    return _secret_on(answer.text)


# ---- keys ----------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_may_what_was_ticked_and_is_off_for_ever(shop: Shop, login: Login) -> None:
    window = login()
    answer = window.send(f"{PAGE}/keys", name="erp", **{"orders:read": "on", "shop:read": "on"}, days="30")
    key = _secret_on(answer.text)
    assert _calls(shop, key, "/orders") == 200
    assert _calls(shop, key, "/catalog") == 403
    page = window.see(PAGE)
    assert key not in page
    assert key[:18] in page, "its beginning tells it from others"
    assert "03-02 10:00 最后使用" in page
    assert "2026-04-01 到期" in page
    number = shop.rows("SELECT id FROM api_key")[0]
    assert _said(window.send(f"{PAGE}/keys/{number}/off")) == "apikey_off"
    assert _said(window.send(f"{PAGE}/keys/{number}/off")) == "not_now"
    assert _calls(shop, key, "/orders") == 401
    assert "已停用" in window.see(PAGE)
    assert "用过了" in window.send(f"{PAGE}/keys", name="erp", **{"orders:read": "on"}).text
    record = shop.rows("SELECT what || ' ' || about || ' ' || after FROM operator_action ORDER BY id")
    assert not any(key in str(line) for line in record)
    assert [str(line).split()[0] for line in record] == ["log_in", "add_apikey", "off_apikey"]
    assert "生成接口密钥" in window.see("/console/actions")


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"name": "小王", "orders:read": "on"}, "名称是"),
        ({"name": "", "orders:read": "on"}, "名称是"),
        ({"name": "x" * 33, "orders:read": "on"}, "名称是"),
        ({"name": "erp"}, "至少选一项"),
        ({"name": "erp", "orders:everything": "on"}, "至少选一项"),
        ({"name": "erp", "orders:read": "on", "days": "3651"}, "有效天数"),
        ({"name": "erp", "orders:read": "on", "days": "-1"}, "有效天数"),
        ({"name": "erp", "orders:read": "on", "days": "一"}, "有效天数"),
        ({"name": "erp", "orders:read": "on", "per_minute": "100001"}, "每分钟"),
        ({"name": "erp", "orders:read": "on", "per_minute": "9" * 40}, "每分钟"),
    ],
)
def test_a_wrong_form_makes_no_key_and_keeps_what_was_ticked(
    shop: Shop, login: Login, form: dict[str, str], why: str
) -> None:
    answer = login().send(f"{PAGE}/keys", **form)
    assert answer.status_code == 422
    assert why in answer.text
    assert ('name="orders:read" checked' in answer.text) == ("orders:read" in form)
    assert shop.rows("SELECT count(*) FROM api_key") == [0]


def test_every_scope_and_every_event_has_its_words() -> None:
    assert list(SCOPES) == list(Scope)
    assert tuple(webhook_words.EVENTS) == EVENT_TYPES


# ---- webhooks ------------------------------------------------------------------------------------------------------


def test_what_happens_is_told_at_the_address_signed_with_the_secret_that_was_shown(
    shop: Shop, login: Login, receiver: Receiver
) -> None:
    window = login()
    secret = _hook(window, "http://127.0.0.1:9/", **{"order.paid": "on"}, note="仓库")
    receiver.start(secret)
    number = shop.rows("SELECT id FROM webhook_endpoint")[0]
    here = f"{HOOKS}/{number}"
    changed = window.send(f"{here}/change", url=receiver.url, note="仓库", **{"order.paid": "on"})
    assert _said(changed) == "hook_changed"
    assert _said(window.send(f"{here}/test")) == "hook_tested"
    order = shop.order("充100话费 13812345678", "确认")
    _send(shop)
    assert [one["body"]["type"] for one in receiver.took()] == ["kabot.test", "order.paid"]
    assert all(one["ok"] for one in receiver.took())
    page = window.see(here)
    for part in ("测试", "付款", order.order_no, "已送达", "发了 1 次，答复 200", "仓库"):
        assert part in page
    assert secret not in page
    delivery = shop.rows("SELECT id FROM webhook_delivery WHERE type = 'order.paid'")[0]
    assert _said(window.send(f"{here}/deliveries/{delivery}/resend")) == "hook_resent"
    assert "等待发送" in window.see(here)
    _send(shop)
    assert [one["id"] for one in receiver.took()][1:] == [f"msg_{delivery}"] * 2, "under the same number"
    renewed = _secret_on(window.send(f"{here}/secret").text)
    assert renewed not in ("", secret)
    receiver.start(renewed)
    window.send(f"{here}/change", url=receiver.url, note="", **{"order.paid": "on"})
    window.send(f"{here}/test")
    _send(shop)
    assert receiver.took()[-1]["ok"]
    record = " ".join(map(str, shop.rows("SELECT before::text || after FROM operator_action")))
    assert secret not in record
    assert renewed not in record


def test_what_was_not_taken_says_why_and_when_it_comes_again(shop: Shop, login: Login, receiver: Receiver) -> None:
    window = login()
    receiver.start(_hook(window, "http://127.0.0.1:9/"), 500)
    here = f"{HOOKS}/{shop.rows('SELECT id FROM webhook_endpoint')[0]}"
    window.send(f"{here}/test")
    _send(shop)
    page = window.see(here)
    assert "没有答复（ConnectionRefusedError）" in page
    assert "失败 1 次" in page
    assert "03-02 10:00:05 再试" in page
    window.send(f"{here}/change", url=receiver.url)
    shop.clock.move(timedelta(minutes=2))
    _send(shop)
    assert "发了 2 次，答复 500" in window.see(here)
    assert "发了 2 次" in window.see(f"{here}?state=waiting")
    assert "没有这样的记录" in window.see(f"{here}?state=delivered")
    for wrong in ("?state=x", "?before=x", "?before=" + "9" * 40, "?state=waiting&before=-1"):
        window.see(here + wrong)


def test_a_paused_one_is_told_nothing_until_it_goes_on(shop: Shop, login: Login, receiver: Receiver) -> None:
    window = login()
    receiver.start(_hook(window, "http://127.0.0.1:9/"))
    here = f"{HOOKS}/{shop.rows('SELECT id FROM webhook_endpoint')[0]}"
    window.send(f"{here}/change", url=receiver.url)
    assert _said(window.send(f"{here}/pause")) == "hook_paused"
    assert _said(window.send(f"{here}/pause")) == "not_now"
    assert _said(window.send(f"{here}/test")) == "not_now"
    assert "已暂停" in window.see(PAGE)
    shop.order("充100话费 13812345678", "确认")
    _send(shop)
    assert receiver.took() == []
    assert _said(window.send(f"{here}/resume")) == "hook_resumed"
    window.send(f"{here}/test")
    _send(shop)
    assert [one["body"]["type"] for one in receiver.took()] == ["kabot.test"]
    assert _said(window.send(f"{here}/remove")) == "hook_removed"
    assert window.http.get(here).status_code == 404
    for act in ("change", "pause", "resume", "test", "secret", "remove", "deliveries/1/resend"):
        assert _said(window.send(f"{here}/{act}", url="https://erp.example/")) == "not_now", act


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://erp.example/", "https"),
        ("https://user:pass@erp.example/", "用户名"),
        ("https://erp.example/#x", "#"),
        ("https://erp.example/" + "x" * 500, "太长"),
        ("", "网址"),
        ("javascript:alert(1)", "网址"),
    ],
)
def test_an_address_nothing_may_go_to_is_refused_by_name(shop: Shop, login: Login, url: str, why: str) -> None:
    answer = login().send(HOOKS, url=url)
    assert answer.status_code == 422
    assert why in answer.text
    assert shop.rows("SELECT count(*) FROM webhook_endpoint") == [0]


def test_private_addresses_only_where_the_configuration_allows_them(shop: Shop, login: Login) -> None:
    shop.services = replace(shop.services, config=replace(shop.services.config, api=ApiConfig()))
    window = login()
    assert "本机或内网" in window.send(HOOKS, url="https://127.0.0.1/").text
    _hook(window)
    here = f"{HOOKS}/{shop.rows('SELECT id FROM webhook_endpoint')[0]}"
    assert "只能用 https" in window.send(f"{here}/change", url="http://erp.example/").text
    assert "最多" in window.send(f"{here}/change", url="https://erp.example/", note="x" * 101).text


def test_there_are_as_many_as_there_may_be(shop: Shop, login: Login) -> None:
    window = login()
    for _ in range(20):
        _hook(window)
    assert "最多 20 个" in window.send(HOOKS, url="https://erp.example/").text
    assert "添加回调地址…" not in window.see(PAGE)
    assert shop.rows("SELECT count(*) FROM webhook_endpoint") == [20]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("took nothing for 24 h: answered 503", "24 小时没有收下任何一条：答复 503"),
        ("answered 410 Gone", "对方说永久停用（410）"),
        ("no answer in time", "没有按时答复（5 秒）"),
        ("certificate: expired", "证书不对：expired"),
        ("什么", "什么"),
    ],
)
def test_problems_are_told_in_words(said: str, words: str) -> None:
    assert webhook_words.problem(said) == words


# ---- in a browser --------------------------------------------------------------------------------------------------


def _anna(shop: Shop) -> None:
    with shop.services.engine.begin() as conn:
        accounts.add(conn, "anna", PASSWORD, Role.OWNER, shop.clock.now())


def test_the_owner_makes_a_key_and_an_address_tries_it_and_turns_the_key_off(
    shop: Shop, receiver: Receiver, desk: Page, phone: Page, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # this thread's event loop is the browser's
        elsewhere.submit(_anna, shop).result()
        with serving(shop.app) as base:
            logs_in(desk, f"{base}{PAGE}")
            desk.get_by_text("生成接口密钥…").click()
            desk.get_by_label("名称").fill("erp")
            desk.get_by_label("orders:read").check()
            desk.get_by_label("refunds:write").check()
            desk.get_by_role("button", name="生成，显示一次").click()
            key = desk.locator("[data-secret]").inner_text()
            assert httpx.get(f"{base}/api/v1/orders", headers={"Authorization": f"Bearer {key}"}).status_code == 200
            desk.get_by_text("添加回调地址…").click()
            desk.get_by_label("网址（https）").fill("http://127.0.0.1:9/")
            desk.get_by_label("order.paid").check()
            desk.get_by_role("button", name="添加，显示签名密钥一次").click()
            receiver.start(desk.locator("[data-secret]").inner_text())
            desk.locator("[data-row]").click()
            desk.get_by_text("修改…").click()
            desk.get_by_label("网址（https）").fill(receiver.url)
            desk.get_by_role("button", name="保存").click()
            expect(desk.get_by_role("status").first).to_have_text("回调地址已修改")
            desk.get_by_role("button", name="发一条测试").click()
            elsewhere.submit(lambda: (shop.order("充100话费 13812345678", "确认"), _send(shop))).result()
            # The page renews itself.
            expect(desk.locator("#deliveries li")).to_have_count(2, timeout=60_000)
            expect(desk.locator("#deliveries li").first).to_contain_text("付款")
            expect(desk.locator("#deliveries")).not_to_contain_text("等待发送", timeout=60_000)
            desk.screenshot(path=tmp_path / "console-webhook-1280.png")
            desk.get_by_role("button", name="再发一次").last.click()
            elsewhere.submit(_send, shop).result()
            expect(desk.locator("#deliveries li").last).to_contain_text("发了 2 次，答复 200", timeout=60_000)
            assert [one["body"]["type"] for one in receiver.took()] == ["kabot.test", "order.paid", "kabot.test"]
            logs_in(phone, f"{base}{PAGE}")
            fits(phone)
            phone.get_by_text("生成接口密钥…").click()
            fits(phone)
            phone.screenshot(path=tmp_path / "console-programs-390.png")
            phone.locator("[data-row]").click()
            fits(phone)
            phone.screenshot(path=tmp_path / "console-webhook-390.png")
            desk.goto(f"{base}{PAGE}")
            desk.screenshot(path=tmp_path / "console-programs-1280.png")
            desk.get_by_text("停用…").click()
            desk.get_by_role("button", name="停用 erp").click()
            expect(desk.get_by_role("status").first).to_contain_text("立即失效")
            assert httpx.get(f"{base}/api/v1/orders", headers={"Authorization": f"Bearer {key}"}).status_code == 401
