"""The interface does what its OpenAPI description says: schemathesis calls it, and every answer is held to it."""

import os
from collections.abc import Callable

import pytest

from tests.api.conftest import Program
from tests.bot.test_after_sale import Shop

EXAMPLES = int(os.environ.get("API_EXAMPLES", "2"))
"""For each operation; `API_EXAMPLES=200` takes minutes."""


def test_the_description_is_openapi_3_1_and_says_who_may(program: Callable[..., Program]) -> None:
    told = program().http.get("/api/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert told["components"]["securitySchemes"] == {"key": {"type": "http", "scheme": "bearer"}}
    assert told["security"] == [{"key": []}]
    names = [one["operationId"] for path in told["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    for path in told["paths"].values():
        for method, one in path.items():
            assert {"401", "403", "422", "429"} <= set(one["responses"])
            wants_key = any(each["name"] == "Idempotency-Key" for each in one.get("parameters", ()))
            assert wants_key is (method == "post" and not one.get("x-no-effect"))


@pytest.mark.timeout(60 + 30 * EXAMPLES)
def test_the_interface_does_what_it_says(shop: Shop, program: Callable[..., Program]) -> None:
    from tests.api.described import operations  # its library alone takes as long to load as the shop

    caller = program(per_minute=100_000)
    for words in (("充100话费 13812345678", "确认"), ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")):
        shop.order(*words)
        shop.passes(1)
    shop.work()
    shop.say("怎么还没到账")
    caller.post("/webhooks", {"url": "https://erp.example/"})
    told = caller.http.get("/api/openapi.json").json()
    for is_held in operations(told, caller, EXAMPLES):
        is_held()


@pytest.mark.parametrize("path", ["/orders", "/products", "/webhooks"])
def test_without_the_key_none_of_it_is_there(shop: Shop, path: str) -> None:
    assert Program(shop, "").get(path).status_code == 401
