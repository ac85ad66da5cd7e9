"""Who works in the shop, as the owner sees him; and the second factor that a login asks for."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli import main
from console import second_factor
from console.roles import Role
from tests.bot.test_after_sale import Shop
from tests.console.conftest import PASSWORD, Window

Login = Callable[..., Window]
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


def _id(shop: Shop, name: str) -> object:
    return shop.rows("SELECT id FROM operator WHERE name = :name", name=name)[0]


def _said(answer: httpx.Response) -> str:
    return str(answer.headers["location"]).partition("said=")[2]


def _secret_on(page: str) -> str:
    found = re.search(r"<p class=\"secret\">([A-Z2-7 ]+)</p>", page)
    assert found, page
    return found[1].replace(" ", "")


def _code(shop: Shop, secret: str, steps: int = 0) -> str:
    return second_factor.code_at(secret, second_factor.step_of(shop.clock.now()) + steps)


def _turned_on(shop: Shop, window: Window) -> tuple[str, list[str]]:
    page = window.see("/console/me/factor")
    secret = _secret_on(page)
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    done = window.send("/console/me/factor", sealed=sealed[1], code=_code(shop, secret), password=PASSWORD)
    codes = re.findall(r"<li>([a-z2-9-]{19})</li>", done.text)
    assert len(codes) == 10, done.text
    return secret, codes


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert second_factor.code_at(RFC_SECRET, seconds // 30) == code
    now = datetime.fromtimestamp(seconds, UTC)
    assert second_factor.fitting_step(RFC_SECRET, f"{code[:3]} {code[3:]}", now) == seconds // 30
    assert second_factor.fitting_step(RFC_SECRET, code, now + timedelta(seconds=30)) == seconds // 30
    assert second_factor.fitting_step(RFC_SECRET, code, now + timedelta(seconds=61)) is None


@given(st.text(max_size=8))
def test_nothing_but_six_digits_is_a_code(given: str) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    if second_factor.fitting_step(RFC_SECRET, given, now) is not None:
        assert re.fullmatch(r"[0-9]{6}", given.replace(" ", ""))


def test_a_login_asks_for_a_code_and_takes_each_once(shop: Shop, login: Login) -> None:
    window = login()
    secret, _ = _turned_on(shop, window)
    assert "已开启" in window.see("/console/sessions")
    assert Window(shop).log_in().status_code == 401, "no code"
    assert Window(shop, "192.0.2.2").log_in(code=_code(shop, secret)).status_code == 401, "used when it was turned on"
    shop.passes(1)
    code = _code(shop, secret)
    assert Window(shop, "192.0.2.3").log_in(password="x" * 12, code=code).status_code == 401
    assert Window(shop, "192.0.2.3").log_in(code=code).status_code == 303, "the wrong password did not use it up"
    assert Window(shop, "192.0.2.4").log_in(code=code).status_code == 401
    assert Window(shop, "192.0.2.4").log_in(code="000000").status_code == 401
    assert shop.rows("SELECT count(*) FROM operator WHERE position(convert_to(:s, 'UTF8') IN totp) > 0", s=secret) == [
        0
    ]


def test_a_recovery_code_stands_for_the_phone_once(shop: Shop, login: Login) -> None:
    window = login()
    _, codes = _turned_on(shop, window)
    assert Window(shop, "192.0.2.2").log_in(code=codes[3].upper()).status_code == 303
    assert Window(shop, "192.0.2.3").log_in(code=codes[3]).status_code == 401
    assert '<b class="">9</b>' in window.see("/console/sessions")
    assert codes[4] not in str(shop.rows("SELECT encode(code_hash, 'escape') FROM operator_recovery"))


def test_wrong_codes_are_guesses_and_have_their_limit(shop: Shop, login: Login) -> None:
    secret, _ = _turned_on(shop, login())
    shop.passes(1)
    for _ in range(5):
        assert Window(shop, "192.0.2.9").log_in(code="000000").status_code == 401
    assert Window(shop, "192.0.2.9").log_in(code=_code(shop, secret)).status_code == 429


def test_the_second_factor_is_turned_on_by_who_has_phone_and_password(shop: Shop, login: Login) -> None:
    window, bob = login(), login(Role.SUPPORT, "bob")
    page = window.see("/console/me/factor")
    assert 'src="data:image/svg+xml' in page
    secret = _secret_on(page)
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    form = {"sealed": sealed[1], "code": _code(shop, secret), "password": PASSWORD}
    assert "验证码不对" in window.send("/console/me/factor", **{**form, "code": "000000"}).text
    assert "当前密码不对" in window.send("/console/me/factor", **{**form, "password": "x"}).text
    assert _said(bob.send("/console/me/factor", **form)) == "not_now", "sealed for somebody else"
    assert _said(window.send("/console/me/factor", **{**form, "sealed": "%%%"})) == "not_now"
    assert shop.rows("SELECT count(*) FROM operator WHERE totp IS NOT NULL") == [0]
    _turned_on(shop, window)
    assert _said(window.send("/console/me/factor/off", password="x")) == "wrong_password"
    assert _said(window.send("/console/me/factor/off", password=PASSWORD)) == "factor_off"
    assert Window(shop, "192.0.2.2").log_in().status_code == 303
    assert shop.rows("SELECT count(*) FROM operator_recovery") == [0]


def test_one_changes_ones_own_password_and_other_devices_are_out(shop: Shop, login: Login) -> None:
    window = login()
    other = Window(shop, "192.0.2.2")
    other.log_in()
    assert _said(window.send("/console/me/password", password="wrong", new="y" * 12)) == "wrong_password"
    assert _said(window.send("/console/me/password", password=PASSWORD, new="short")) == "bad_password"
    assert _said(window.send("/console/me/password", password=PASSWORD, new="another horse")) == "password_changed"
    assert window.http.get("/console").status_code == 200
    assert other.http.get("/console").status_code == 303
    assert Window(shop, "192.0.2.3").log_in(password="another horse").status_code == 303
    for _ in range(6):
        window.send("/console/me/password", password="guess", new="z" * 12)
    assert _said(window.send("/console/me/password", password="another horse", new="z" * 12)) == "wrong_password"


def test_the_owner_adds_somebody_with_a_password_shown_once(shop: Shop, login: Login) -> None:
    owner = login()
    page = owner.send("/console/people", name="小王", role="support").text
    password = re.search(r'<p class="secret">([a-z2-9-]{19})</p>', page)
    assert password
    assert password[1] not in owner.see("/console/people")
    his = Window(shop, "192.0.2.5")
    assert his.log_in("小王", password[1]).status_code == 303
    assert his.http.get("/console/people").status_code == 403
    for wrong in (
        {"name": "小王", "role": "support"},
        {"name": "a b", "role": "support"},
        {"name": "c", "role": "king"},
    ):
        assert _said(owner.send("/console/people", **wrong)) == "bad_name"
    assert password[1] not in str(shop.rows("SELECT after::text FROM operator_action"))


def test_a_role_changes_at_once_and_what_is_taken_is_on_record(shop: Shop, login: Login) -> None:
    owner, sue = login(), login(Role.SUPPORT, "sue")
    person = f"/console/people/{_id(shop, 'sue')}"
    assert sue.http.get("/console/actions").status_code == 403
    assert _said(owner.send(f"{person}/role", role="manager")) == "role_set"
    assert sue.http.get("/console/actions").status_code == 200
    assert _said(owner.send(f"{person}/role", role="manager")) == "not_now"
    assert "role：support → manager" in owner.see("/console/actions")
    assert _said(owner.send(f"{person}/logout")) == "person_logged_out"
    assert sue.http.get("/console").status_code == 303
    assert _said(owner.send(f"{person}/off")) == "person_off"
    assert Window(shop, "192.0.2.2").log_in("sue").status_code == 401
    page = owner.send(f"{person}/password").text
    password = re.search(r'<p class="secret">([a-z2-9-]{19})</p>', page)
    assert password
    assert Window(shop, "192.0.2.3").log_in("sue", password[1]).status_code == 303


def test_there_is_always_an_owner_who_can_log_in(shop: Shop, login: Login) -> None:
    anna = login()
    own = f"/console/people/{_id(shop, 'anna')}"
    for path, form in (("role", {"role": "readonly"}), ("off", {})):
        assert _said(anna.send(f"{own}/{path}", **form)) == "last_owner"
    bob = login(Role.OWNER, "bob")
    assert _said(bob.send(f"{own}/off")) == "person_off"
    assert shop.rows("SELECT name FROM operator WHERE role = 'owner' AND active") == ["bob"]
    assert anna.http.get("/console").status_code == 303
    assert _said(bob.send("/console/people/999999/off")) == "not_now"


def test_a_lost_phone_is_helped_by_the_owner_and_by_the_command_line(
    shop: Shop, login: Login, monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str
) -> None:
    owner, sue = login(), login(Role.SUPPORT, "sue")
    _turned_on(shop, sue)
    person = f"/console/people/{_id(shop, 'sue')}"
    assert "两步验证" in owner.see("/console/people")
    assert _said(owner.send(f"{person}/factor")) == "factor_off"
    assert Window(shop, "192.0.2.2").log_in("sue").status_code == 303
    _turned_on(shop, sue)
    monkeypatch.setenv("KABOT_STORE__DATABASE_URL", database_url)
    monkeypatch.setenv("KABOT_REDIS__URL", redis_url)
    assert main(["operator", "factor-off", "sue"]) == 0
    assert main(["operator", "factor-off", "nobody"]) == 1
    assert Window(shop, "192.0.2.4").log_in("sue").status_code == 303
