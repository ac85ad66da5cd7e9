"""Balances in the console: found, followed, beside the ledger; corrected by hand once, by the amount that was shown."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect
from sqlalchemy import text

from console import accounts
from console.roles import Role
from kernel.ids import OpenId
from payments import wallet
from payments.wallet import MoveKind
from tests.bot.test_after_sale import LI, WANG, Shop
from tests.console.conftest import PASSWORD, Window
from tests.console.walking import browser, desk, logs_in, phone, serving

__all__ = ["browser", "desk", "phone"]
Login = Callable[..., Window]
PAGE = "/console/wallets"


def _topped_up(shop: Shop, yuan: int = 100, openid: OpenId = LI) -> str:
    order = shop.order(f"充{yuan}到余额", "确认", openid=openid)
    shop.work()
    return order.order_no


def _path(shop: Shop, openid: OpenId = LI) -> str:
    return f"{PAGE}/{shop.rows('SELECT id FROM wallet WHERE openid = :openid', openid=openid)[0]}"


def _balance(shop: Shop, openid: OpenId = LI) -> int:
    with shop.services.engine.connect() as conn:
        return wallet.of(conn, openid).balance_fen


def _said(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("said=")[2]


def _hidden(page: str) -> dict[str, str]:
    """The fields of the form that confirms."""
    found = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">', page))
    return {name: found[name] for name in ("way", "amount", "reason", "balance", "once")}


def _asked(window: Window, path: str, **form: str) -> dict[str, str]:
    answer = window.send(f"{path}/ask", **{"way": "add", "amount": "12.50", "reason": "补差价", **form})
    assert answer.status_code == 200, answer.headers
    return _hidden(answer.text)


def test_a_buyer_is_found_by_openid_order_and_account_and_no_address_names_him(shop: Shop, login: Login) -> None:
    order_no = _topped_up(shop)
    shop.passes(1)
    shop.order("充100话费 13812345678", "确认")
    window = login(Role.FINANCE)
    for words in (LI, order_no, "13812345678"):
        answer = window.send(f"{PAGE}/search", words=words)
        assert answer.headers["location"] == _path(shop)
    for words in ("", "oNobody", "x" * 129, "'"):
        assert _said(window.send(f"{PAGE}/search", words=words)) == "wallet_unknown"
    page = window.see(_path(shop))
    for part in ("¥100.00", "充值", order_no, "+100.00", "余 100.00"):
        assert part in page
    assert LI not in re.sub(r"o\w+…\w+", "", page)


def test_the_sum_of_all_stands_beside_the_ledger_and_a_difference_shows(shop: Shop, login: Login) -> None:
    _topped_up(shop)
    _topped_up(shop, 50, WANG)
    window = login(Role.FINANCE)
    page = window.see(PAGE)
    assert page.count("¥150.00") == 2
    assert "一致" in page
    assert page.index("¥100.00") < page.index("¥50.00"), "the most first"
    with shop.services.engine.begin() as conn:  # a hand in the database
        conn.execute(text("SET LOCAL session_replication_role = replica"))
        conn.execute(text("UPDATE wallet SET balance_fen = balance_fen + 1 WHERE openid = :openid"), {"openid": LI})
    page = window.see(PAGE)
    assert "一致</span>" not in page
    assert "余额和账本不一致" in page


def test_a_correction_is_confirmed_with_its_amount_booked_and_on_record(shop: Shop, login: Login) -> None:
    _topped_up(shop)
    window, path = login(Role.FINANCE, "fin"), _path(shop)
    page = window.send(f"{path}/ask", way="add", amount="12.5", reason="<b>补差价").text
    assert "确认加 ¥12.50" in page
    assert "¥112.50" in page
    assert "&lt;b&gt;补差价" in page
    assert _balance(shop) == 10000, "nothing yet"
    form = _asked(window, path)
    assert _said(window.send(f"{path}/correct", **form)) == "corrected"
    assert _balance(shop) == 11250
    assert _said(window.send(f"{path}/correct", **form)) == "corrected", "sent twice"
    assert _balance(shop) == 11250
    taken = _asked(window, path, way="take", amount="112.50", reason="线下已付")
    assert _said(window.send(f"{path}/correct", **taken)) == "corrected"
    assert _balance(shop) == 0
    assert shop.books_agree()
    page = window.see(path)
    for part in ("人工调整", "补差价", "线下已付", "fin", "+12.50", "-112.50"):
        assert part in page
    assert (
        shop.rows("SELECT what || ' ' || about FROM operator_action WHERE what <> 'log_in'")
        == [f"correct_balance wallet:{path.rpartition('/')[2]}"] * 2
    )
    assert "balance_fen：10000 → 11250" in login(name="anna").see("/console/actions")


def test_nothing_is_corrected_that_was_not_shown(shop: Shop, login: Login) -> None:
    _topped_up(shop)
    window, path = login(), _path(shop)
    form = _asked(window, path)
    with shop.services.engine.begin() as conn:
        wallet.credit(conn, LI, 1, MoveKind.COMPENSATION, "x", now=shop.clock.now())
    assert _said(window.send(f"{path}/correct", **form)) == "balance_moved"
    for wrong in ({"amount": "0"}, {"amount": "-1"}, {"amount": "1.234"}, {"amount": "1000001"}, {"way": "x"}):
        assert _said(window.send(f"{path}/correct", **{**form, **wrong})) == "bad_amount", wrong
        assert _said(window.send(f"{path}/ask", **{**form, **wrong})) == "bad_amount", wrong
    for wrong in ({"once": ""}, {"once": "x"}, {"balance": ""}, {"balance": "x"}, {"reason": ""}):
        assert _said(window.send(f"{path}/correct", **{**form, **wrong})) == "not_now", wrong
    assert _said(window.send(f"{path}/ask", **{**form, "reason": "x" * 201})) == "too_long"
    assert _said(window.send(f"{path}/ask", **{**form, "way": "take", "amount": "100.02"})) == "not_enough"
    assert _said(window.send(f"{PAGE}/999/correct", **form)) == "not_now"
    assert _balance(shop) == 10001
    assert shop.rows("SELECT count(*) FROM operator_action WHERE what = 'correct_balance'") == [0]


def test_two_who_correct_at_once_do_it_once_and_the_second_looks_again(shop: Shop, login: Login) -> None:
    _topped_up(shop)
    anna, fin, path = login(), login(Role.FINANCE, "fin"), _path(shop)
    forms = [_asked(anna, path), _asked(fin, path)]
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(window.send, f"{path}/correct", **form) for window, form in zip((anna, fin), forms, strict=True)
        ]
        said = sorted(_said(job.result()) for job in jobs)
    assert said == ["balance_moved", "corrected"]
    assert _balance(shop) == 11250


def test_a_manager_sees_balances_and_changes_none(shop: Shop, login: Login) -> None:
    _topped_up(shop)
    manager, path = login(Role.MANAGER), _path(shop)
    assert "调整余额" not in manager.see(path)
    assert manager.send(f"{path}/correct", way="add", amount="1", reason="x").status_code == 403
    assert login(Role.SUPPORT, "sue").http.get(PAGE).status_code == 403


def test_what_was_topped_up_goes_back_by_the_original_route_in_the_amount_that_was_shown(
    shop: Shop, login: Login
) -> None:
    _topped_up(shop)
    with shop.services.engine.begin() as conn:
        wallet.credit(conn, LI, 500, MoveKind.COMPENSATION, "x", now=shop.clock.now())
    window, path = login(Role.FINANCE), _path(shop)
    page = window.see(path)
    assert "确认退回 ¥100.00" in page
    assert "其余 ¥5.00" in page
    assert _said(window.send(f"{path}/withdraw", amount_fen="9999")) == "balance_moved"
    assert _said(window.send(f"{path}/withdraw", amount_fen="")) == "not_now"
    assert _balance(shop) == 10500
    assert _said(window.send(f"{path}/withdraw", amount_fen="10000")) == "withdrawn"
    assert _said(window.send(f"{path}/withdraw", amount_fen="10000")) == "balance_moved"
    assert _balance(shop) == 500
    assert shop.rows("SELECT amount_fen FROM refund") == [10000]
    shop.work()
    assert shop.books_agree()
    assert "原路退回…" not in window.see(path)
    assert shop.rows("SELECT count(*) FROM operator_action WHERE what = 'withdraw_balance'") == [1]


def test_a_buyer_who_never_had_one_gets_one_and_a_stranger_does_not(shop: Shop, login: Login) -> None:
    order = shop.order("充100话费 13812345678", "确认")
    window = login()
    page = window.send(f"{PAGE}/search", words=order.order_no).text
    assert "还没有过余额" in page
    assert _said(window.send(f"{PAGE}/open", openid="oStranger")) == "wallet_unknown"
    assert _said(window.send(f"{PAGE}/open", openid=LI)) == "wallet_opened"
    form = _asked(window, _path(shop), amount="5", reason="道歉")
    assert _said(window.send(f"{_path(shop)}/correct", **form)) == "corrected"
    assert "5.00" in shop.say("余额")
    assert shop.books_agree()


def test_top_ups_and_long_statements_come_in_pages(shop: Shop, login: Login) -> None:
    with shop.services.engine.begin() as conn:
        for number in range(120):
            wallet.credit(conn, LI, 100 + number, MoveKind.COMPENSATION, f"x{number}", now=shop.clock.now())
    _topped_up(shop)
    window = login(Role.FINANCE)
    for path, wanted in ((_path(shop), 121), (f"{PAGE}/moves?kind=compensation", 120)):
        seen: list[str] = []
        at: str | None = path
        while at:
            page = window.see(at)
            seen += re.findall(r'id="move-(\d+)"', page)
            more = re.search(r'class="button" href="([^"]*before=\d+)"', page)
            at = more[1] if more else None
        assert len(seen) == len(set(seen)) == wanted
    assert window.see(f"{PAGE}/moves").count('id="move-') == 1, "top-ups, where nothing else is asked for"
    for wrong in (
        "moves?kind=x",
        "moves?before=x",
        "moves?kind=pay&before=99999999999999999999",
        "?before=1",
        "?before=a-b",
    ):
        window.see(f"{PAGE}/{wrong}" if not wrong.startswith("?") else f"{PAGE}{wrong}")
    assert window.http.get(f"{PAGE}/999").status_code == 404


# ---- in a browser --------------------------------------------------------------------------------------------------


def _prepared(shop: Shop) -> None:
    _topped_up(shop)
    _topped_up(shop, 50, WANG)
    shop.say("充50话费 13812345678")
    shop.say("确认")
    shop.say("余额支付")
    with shop.services.engine.begin() as conn:
        accounts.add(conn, "fin", PASSWORD, Role.FINANCE, shop.clock.now())


def test_finance_finds_a_buyer_and_puts_his_balance_right(shop: Shop, desk: Page, phone: Page, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # this thread's event loop is the browser's
        elsewhere.submit(_prepared, shop).result()
        with serving(shop.app) as base:
            logs_in(desk, f"{base}{PAGE}", "fin")
            expect(desk.get_by_role("region", name="合计")).to_contain_text("一致")
            desk.screenshot(path=tmp_path / "console-wallets-1280.png")
            desk.keyboard.press("/")
            desk.keyboard.type(LI)
            desk.keyboard.press("Enter")
            expect(desk.get_by_role("heading", level=1)).to_contain_text("¥50.20")
            desk.get_by_text("调整余额…").click()
            desk.get_by_label("方向").select_option("take")
            desk.get_by_label("金额（元）").fill("10.2")
            desk.get_by_label("原因").fill("上次多充的，已电话说好")
            desk.get_by_role("button", name="下一步").click()
            expect(desk.get_by_role("heading", level=1)).to_contain_text("扣 ¥10.20")
            desk.screenshot(path=tmp_path / "console-wallet-ask-1280.png")
            desk.get_by_role("button", name="确认扣 ¥10.20").click()
            expect(desk.get_by_role("status").first).to_have_text("余额已调整")
            expect(desk.get_by_role("heading", level=1)).to_contain_text("¥40.00")
            desk.screenshot(path=tmp_path / "console-wallet-1280.png")
            logs_in(phone, f"{base}{PAGE}", "fin")
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390
            phone.screenshot(path=tmp_path / "console-wallets-390.png")
            phone.locator("[data-row]").last.click()
            expect(phone.get_by_role("heading", level=1)).to_contain_text("¥40.00")
            phone.get_by_text("原路退回…").click()
            assert phone.evaluate("document.documentElement.scrollWidth") <= 390
            phone.screenshot(path=tmp_path / "console-wallet-390.png")
            phone.get_by_role("button", name="确认退回 ¥40.00").click()
            expect(phone.get_by_role("status").first).to_contain_text("原路退回")
            expect(phone.get_by_role("heading", level=1)).to_contain_text("¥0.00")
        assert elsewhere.submit(shop.books_agree).result()
