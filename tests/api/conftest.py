"""A shop whose clock is moved, and programs that call its REST interface."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from starlette.testclient import TestClient

from console.api import access
from console.api.scopes import Scope
from tests.bot.test_after_sale import Shop, opened


class Program:
    """One program with a key."""

    def __init__(self, shop: Shop, key: str, address: str = "192.0.2.7") -> None:
        self.shop, self.key = shop, key
        self.http = TestClient(
            shop.app,
            base_url="https://shop.example",
            client=(address, 50000),
            headers={"Authorization": f"Bearer {key}"},
            raise_server_exceptions=False,
        )

    def get(self, path: str, **query: str | int) -> httpx.Response:
        return self.http.get(f"/api/v1{path}", params=query)

    def post(self, path: str, body: object = None, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key or uuid4().hex}
        return self.http.post(f"/api/v1{path}", json=body, headers=headers)


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    with opened(tmp_path, database_url, redis_url) as shop:
        yield shop


def new_key(shop: Shop, *scopes: Scope, name: str = "erp", **more: int) -> str:
    with shop.services.engine.begin() as conn:
        token = access.add(conn, name, scopes or tuple(Scope), shop.clock.now(), **more)
    assert token is not None
    return token


@pytest.fixture
def program(shop: Shop) -> Callable[..., Program]:
    """Makes a key with these scopes (all, when none is named) and a program that has it."""

    def made(*scopes: Scope, name: str = "erp", **more: int) -> Program:
        return Program(shop, new_key(shop, *scopes, name=name, **more))

    return made
