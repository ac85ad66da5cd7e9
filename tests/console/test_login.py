"""Logging in: what lets one in, what keeps one out, and how long it lasts."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot import demo_shop, desk
from bot.config import ConsoleConfig
from console import accounts, gate, passwords
from console.roles import Role
from tests.bot.test_after_sale import Shop
from tests.console.conftest import PASSWORD, Window, csrf_in, employ

Login = Callable[..., Window]


def test_without_a_login_every_page_asks_for_one_and_comes_back(shop: Shop) -> None:
    window = Window(shop)
    answer = window.http.get("/console/orders/K2603020000000001")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/login?next=/console/orders/K2603020000000001"
    employ(shop, "anna")
    assert 'value="/console/orders/K2603020000000001"' in window.see(answer.headers["location"])
    done = window.log_in(next="/console/orders/K2603020000000001")
    assert done.headers["location"] == "/console/orders/K2603020000000001"


def test_the_cookie_is_for_the_server_alone_and_the_table_does_not_hold_it(shop: Shop) -> None:
    with shop.services.engine.begin() as conn:
        assert accounts.add(conn, "anna", PASSWORD, Role.OWNER, shop.clock.now())
    answer = Window(shop).log_in()
    [cookie] = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{gate.SESSION_COOKIE}=")]
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/console"):
        assert part in cookie
    token = cookie.split("=", 1)[1].split(";")[0]
    kept = shop.rows("SELECT s::text FROM operator_session s") + shop.rows("SELECT o::text FROM operator o")
    assert token not in str(kept)
    assert PASSWORD not in str(kept)


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(shop: Shop) -> None:
    employ(shop, "anna")
    wrong, unknown = (Window(shop).log_in(name, password) for name, password in (("anna", "x" * 12), ("eve", PASSWORD)))
    assert wrong.status_code == unknown.status_code == 401
    without_token = [re.sub(r'name="csrf" value="\w+"', "", one.text) for one in (wrong, unknown)]
    assert without_token[0] == without_token[1]


def test_after_five_failures_even_the_right_password_waits_a_quarter_of_an_hour(shop: Shop) -> None:
    employ(shop, "anna")
    window = Window(shop)
    for _ in range(accounts.TRIES_MAX):
        assert window.log_in(password="guess-guess").status_code == 401
    assert window.log_in().status_code == 429
    assert Window(shop, "198.51.100.7").log_in().status_code == 303, "nobody is locked out by a stranger's guesses"
    shop.passes(16)
    assert window.log_in().status_code == 303


def test_an_address_that_tries_many_names_is_locked(shop: Shop) -> None:
    employ(shop, "anna")
    now = shop.clock.now()
    with shop.services.engine.begin() as conn:
        key = accounts._keys("x", "192.0.2.1")[1][0]
        for _ in range(accounts.TRIES_OF_ADDRESS_MAX):
            conn.execute(text("INSERT INTO login_try (key, at) VALUES (:key, :at)"), {"key": key, "at": now})
    assert Window(shop).log_in().status_code == 429
    assert Window(shop, "192.0.2.2").log_in().status_code == 303


def test_who_logs_in_rightly_all_morning_locks_nobody_out_and_takes_back_no_guess(shop: Shop) -> None:
    employ(shop, "anna")
    employ(shop, "eve")
    assert Window(shop).log_in("eve", "guess-guess").status_code == 401
    for _ in range(accounts.TRIES_OF_ADDRESS_MAX + 1):
        assert Window(shop).log_in().status_code == 303
    address = accounts._keys("x", "192.0.2.1")[1][0]
    assert shop.rows(f"SELECT count(*) FROM login_try WHERE key = '{address}'") == [1]


def test_a_forged_login_form_is_refused_without_looking_at_the_password(shop: Shop) -> None:
    employ(shop, "anna")
    window = Window(shop)
    for form in ({}, {"csrf": "0" * 64}, {"csrf": gate.csrf_of("")}):
        window.http.cookies.clear()
        answer = window.http.post("/console/login", data={"name": "anna", "password": PASSWORD, **form})
        assert answer.status_code == 403
        assert f"{gate.SESSION_COOKIE}=" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("idle", [True, False])
def test_a_login_ends_by_itself(shop: Shop, login: Login, idle: bool) -> None:
    window = login()
    if idle:
        shop.passes(121)
    else:
        for _ in range(13):
            assert window.http.get("/console").status_code in (200, 303)
            shop.passes(60)
    assert window.http.get("/console").status_code == 303


def test_work_keeps_a_login_alive(shop: Shop, login: Login) -> None:
    window = login()
    for _ in range(5):
        shop.passes(119)
        assert window.http.get("/console").status_code == 200


def test_logging_out_ends_the_session_and_not_only_the_cookie(shop: Shop, login: Login) -> None:
    window = login()
    token = window.http.cookies[gate.SESSION_COOKIE]
    assert window.send("/console/logout").headers["location"] == "/console/login?said=logged_out"
    stolen = Window(shop)
    stolen.http.cookies.set(gate.SESSION_COOKIE, token, path="/console")
    assert stolen.http.get("/console").status_code == 303


def test_a_session_is_revoked_from_another_device_and_only_by_its_owner(shop: Shop, login: Login) -> None:
    laptop, eve = login(), login(Role.OWNER, "eve")
    phone = Window(shop)
    phone.log_in()
    page = laptop.see("/console/sessions")
    [number] = re.findall(r"/console/sessions/(\d+)/end", page)
    assert eve.send(f"/console/sessions/{number}/end").headers["location"].endswith("not_now")
    assert phone.http.get("/console").status_code == 200
    assert laptop.send(f"/console/sessions/{number}/end").headers["location"].endswith("session_ended")
    assert phone.http.get("/console").status_code == 303
    assert laptop.http.get("/console").status_code == 200


@pytest.mark.parametrize("change", ["password", "off"])
def test_another_password_or_no_more_access_logs_out_everywhere(shop: Shop, login: Login, change: str) -> None:
    window = login()
    with shop.services.engine.begin() as conn:
        if change == "off":
            assert accounts.shut_out(conn, "anna")
        else:
            assert accounts.set_password(conn, "anna", "another password")
    assert window.http.get("/console").status_code == 303
    assert window.log_in().status_code == 401


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/pay/x", "/console//evil.example", "/console/login", "\\evil"]
)
def test_a_login_leads_nowhere_but_into_the_console(shop: Shop, path: str) -> None:
    employ(shop, "anna")
    assert Window(shop).log_in(next=path).headers["location"] == "/console"


@given(st.text(max_size=60))
def test_no_path_whatsoever_leads_out(path: str) -> None:
    assert re.fullmatch(r"/console(/[A-Za-z0-9_-]+)*", gate.own_path(path))


def test_too_large_a_form_is_refused(shop: Shop) -> None:
    answer = Window(shop).http.post("/console/login", data={"name": "a" * gate.BODY_BYTES_MAX})
    assert answer.status_code == 413


def test_pages_run_no_script_but_our_own_file_and_are_kept_nowhere(shop: Shop, login: Login) -> None:
    for answer in (Window(shop).http.get("/console/login"), login().http.get("/console")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(
            r"<script(?! src=\"/console/static/console.js\?v=[0-9a-f]{12}\" defer></script>)|<style|\sstyle=|\son[a-z]+=|https?://",
            answer.text,
        )


def test_the_first_administrator_comes_from_the_configuration_once(shop: Shop) -> None:
    from dataclasses import replace

    def configured(password: str) -> None:
        config = replace(shop.services.config, console=ConsoleConfig(admin="boss", admin_password=password))
        desk.ensure_first_operator(replace(shop.services, config=config))

    configured("short")
    assert shop.rows("SELECT name FROM operator") == []
    configured(PASSWORD)
    configured("another password")
    assert shop.rows("SELECT name || role FROM operator") == ["bossowner"]
    assert Window(shop).log_in("boss").status_code == 303


def test_the_demo_tells_the_first_password_once_and_keeps_it_nowhere(shop: Shop) -> None:
    password = demo_shop.first_operator(shop.services.engine)
    assert demo_shop.first_operator(shop.services.engine) == ""
    assert password not in str(shop.rows("SELECT o::text FROM operator o"))
    assert Window(shop).log_in("admin", password).status_code == 303


def test_what_operators_did_cannot_be_changed(shop: Shop, login: Login) -> None:
    login()
    assert shop.rows("SELECT what FROM operator_action") == ["log_in"]
    for statement in ("UPDATE operator_action SET operator = 'eve'", "DELETE FROM operator_action"):
        with pytest.raises(DBAPIError, match="only ever added"), shop.services.engine.begin() as conn:
            conn.execute(text(statement))


def test_a_password_is_kept_so_that_it_can_be_checked_and_not_read() -> None:
    kept = passwords.hashed(PASSWORD)
    assert kept != passwords.hashed(PASSWORD), "each has a salt of its own"
    assert passwords.fits(PASSWORD, kept)
    assert not passwords.fits(PASSWORD + " ", kept)
    for bad in ("", "short", "x" * 201):
        with pytest.raises(ValueError, match="10 to 200"):
            passwords.hashed(bad)
    assert len({passwords.generated() for _ in range(100)}) == 100


def test_the_csrf_token_of_one_session_is_none_of_another(login: Login) -> None:
    anna, eve = login(), login(Role.OWNER, "eve")
    token = csrf_in(anna.http.get("/console/sessions").text)
    assert eve.http.post("/console/logout", data={"csrf": token}).status_code == 403
    assert eve.http.post("/console/logout").status_code == 403
    assert eve.http.get("/console").status_code == 200


def test_idle_and_whole_life_are_what_is_configured(shop: Shop) -> None:
    life = desk.console_parts(shop.services).life
    assert (life.whole, life.idle) == (timedelta(hours=12), timedelta(hours=2))
