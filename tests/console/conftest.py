"""A shop whose clock is moved, and browsers in front of its console."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from console.roles import Role
from tests.bot.test_after_sale import Shop, opened

PASSWORD = "correct horse battery"
_SALT = base64.b64encode(bytes(16)).decode()
_KEPT = base64.b64encode(hashlib.scrypt(PASSWORD.encode(), salt=bytes(16), n=16, r=8, p=1, dklen=32)).decode()
QUICK = f"scrypt:16:8:1:{_SALT}:{_KEPT}"
"""PASSWORD as it is kept, made and compared in no time: what it costs stands beside it."""
_CSRF = re.compile(r'name="csrf" value="([^"]*)"')


class Window:
    """One browser at the console."""

    def __init__(self, shop: Shop, address: str = "192.0.2.1") -> None:
        self.shop = shop
        self.http = TestClient(
            shop.app,
            base_url="https://shop.example",
            client=(address, 50000),
            follow_redirects=False,
        )

    def log_in(self, name: str = "anna", password: str = PASSWORD, **more: str) -> httpx.Response:
        form = self.http.get("/console/login")
        return self.http.post(
            "/console/login", data={"name": name, "password": password, "csrf": csrf_in(form.text), **more}
        )

    def see(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"))
        return unescape(answer.text)

    def send(self, path: str, **form: str) -> httpx.Response:
        """Post a form with the token a page of this session carries."""
        return self.http.post(path, data={"csrf": csrf_in(self.http.get("/console/sessions").text), **form})


def csrf_in(html: str) -> str:
    found = _CSRF.search(html)
    assert found, html[:300]
    return found[1]


def employ(shop: Shop, name: str, role: Role = Role.OWNER) -> None:
    """Add an operator whose password is PASSWORD."""
    with shop.services.engine.begin() as conn:
        conn.execute(
            text("INSERT INTO operator (name, password, role, made_at) VALUES (:name, :kept, :role, :now)"),
            {"name": name, "kept": QUICK, "role": role.value, "now": shop.clock.now()},
        )


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    with opened(tmp_path, database_url, redis_url) as shop:
        yield shop


@pytest.fixture
def login(shop: Shop) -> Callable[..., Window]:
    """Adds an operator with a role and logs him in."""

    def logged_in(role: Role = Role.OWNER, name: str = "anna") -> Window:
        employ(shop, name, role)
        window = Window(shop)
        assert window.log_in(name).status_code == 303
        return window

    return logged_in
