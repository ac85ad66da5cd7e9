"""Who is let in: keys, scopes as a table, limits, and what a refusal says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.database import make_engine
from console.api import access
from console.api.scopes import Scope
from tests.api.conftest import Program, new_key
from tests.bot.test_after_sale import Shop

NEEDS = {
    ("GET", "/orders"): Scope.ORDERS_READ,
    ("POST", "/orders/search"): Scope.ACCOUNTS_READ,
    ("GET", "/orders/K1"): Scope.ORDERS_READ,
    ("GET", "/orders/K1/buyer"): Scope.BUYERS_READ,
    ("POST", "/orders/K1/cancel"): Scope.ORDERS_WRITE,
    ("POST", "/orders/K1/lines/1/done"): Scope.ORDERS_WRITE,
    ("POST", "/orders/K1/lines/1/resend"): Scope.ORDERS_WRITE,
    ("POST", "/orders/K1/lines/1/refund"): Scope.REFUNDS_WRITE,
    ("GET", "/products"): Scope.CATALOG_READ,
    ("GET", "/products/p"): Scope.CATALOG_READ,
    ("GET", "/catalog"): Scope.CATALOG_READ,
    ("PUT", "/catalog"): Scope.CATALOG_WRITE,
    ("PATCH", "/skus/c"): Scope.CATALOG_WRITE,
    ("GET", "/keys"): Scope.KEYS_READ,
    ("GET", "/skus/c/keys"): Scope.KEYS_READ,
    ("POST", "/skus/c/keys"): Scope.KEYS_WRITE,
    ("POST", "/keys/void"): Scope.KEYS_WRITE,
    ("GET", "/cases"): Scope.CASES_READ,
    ("GET", "/cases/1"): Scope.CASES_READ,
    ("POST", "/cases/1/answer"): Scope.CASES_WRITE,
    ("POST", "/cases/1/close"): Scope.CASES_WRITE,
    ("GET", "/suppliers"): Scope.SHOP_READ,
    ("GET", "/health"): Scope.SHOP_READ,
    ("GET", "/webhooks"): Scope.WEBHOOKS_WRITE,
    ("POST", "/webhooks"): Scope.WEBHOOKS_WRITE,
    ("GET", "/webhooks/1"): Scope.WEBHOOKS_WRITE,
    ("PATCH", "/webhooks/1"): Scope.WEBHOOKS_WRITE,
    ("DELETE", "/webhooks/1"): Scope.WEBHOOKS_WRITE,
    ("POST", "/webhooks/1/secret"): Scope.WEBHOOKS_WRITE,
    ("POST", "/webhooks/1/test"): Scope.WEBHOOKS_WRITE,
    ("GET", "/webhooks/1/deliveries"): Scope.WEBHOOKS_WRITE,
    ("POST", "/webhooks/1/deliveries/1/resend"): Scope.WEBHOOKS_WRITE,
}
PLACES = {
    **{"order_no": "K1", "line_id": "1", "case_id": "1", "webhook_id": "1", "delivery_id": "1"},
    **{"code": "c", "product_id": "p"},
}


def test_every_address_is_open_to_keys_with_its_scope_and_to_no_others(program: Callable[..., Program]) -> None:
    everything = set(Scope)
    for scope in Scope:
        only = program(scope, name=f"only-{scope.replace(':', '-')}")
        without = program(*(everything - {scope}), name=f"no-{scope.replace(':', '-')}")
        for (method, path), needed in NEEDS.items():
            if needed is scope:
                for caller, let_in in ((only, True), (without, False)):
                    answer = caller.http.request(method, f"/api/v1{path}")
                    assert (answer.status_code != 403) is let_in, (method, path, scope, answer.text)
                    assert answer.status_code < 500, (method, path, answer.text)


def test_no_address_is_missing_in_this_test_and_each_says_its_scope(program: Callable[..., Program]) -> None:
    told = program().http.get("/api/openapi.json").json()
    described = {
        (method.upper(), path.removeprefix("/api/v1").format(**PLACES)): Scope(one["x-scope"])
        for path, operations in told["paths"].items()
        for method, one in operations.items()
    }
    assert described == NEEDS


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer kabot_000000000000_" + "A" * 43, "Bearer " + "x" * 5000],
)
def test_without_a_valid_key_nothing_is_said(shop: Shop, authorization: str | None) -> None:
    caller = Program(shop, "")
    headers = {} if authorization is None else {"Authorization": authorization}
    del caller.http.headers["Authorization"]
    for path in ("/api/v1/orders", "/api/openapi.json", "/api/v1/nothing", "/api/"):
        answer = caller.http.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        told = answer.json()
        assert told["status"] == 401
        assert told["type"] == "urn:kabot:problem:unauthorized"
        assert "密钥" in told["detail"]


def test_a_key_is_kept_as_a_hash_and_nothing_else(shop: Shop) -> None:
    token = new_key(shop)
    with shop.services.engine.connect() as conn:
        row = conn.execute(text("SELECT api_key::text FROM api_key")).scalar_one()
    assert token not in row
    assert token[20:] not in row
    assert access.who(shop.services.engine, token, shop.clock.now()) is not None
    assert access.who(shop.services.engine, token[:-1] + ("A" if token[-1] != "A" else "B"), shop.clock.now()) is None


def test_a_key_that_is_off_or_over_is_no_key(shop: Shop, program: Callable[..., Program]) -> None:
    ending = Program(shop, new_key(shop, name="ending", expires_at=shop.clock.now() + timedelta(days=1)))
    leaving = program(name="leaving")
    assert ending.get("/orders").status_code == leaving.get("/orders").status_code == 200
    with shop.services.engine.begin() as conn:
        assert access.switch_off(conn, "leaving", shop.clock.now())
        assert not access.switch_off(conn, "nobody", shop.clock.now())
    assert leaving.get("/orders").status_code == 401
    assert ending.get("/orders").status_code == 200
    shop.passes(24 * 60)
    assert ending.get("/orders").status_code == 401


def test_the_last_use_is_seen(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    with shop.services.engine.connect() as conn:
        assert access.all_of(conn)[0].last_used_at is None
    caller.get("/orders")
    with shop.services.engine.connect() as conn:
        assert access.all_of(conn)[0].last_used_at == shop.clock.now()


def test_a_key_makes_so_many_requests_in_a_minute_and_another_is_not_held_up(program: Callable[..., Program]) -> None:
    hasty, other = program(name="hasty", per_minute=3), program(name="other")
    answers = [hasty.get("/orders") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert answers[-1].json()["type"] == "urn:kabot:problem:too-many-requests"
    assert other.get("/orders").status_code == 200


def test_guesses_from_one_address_are_slowed_and_the_owner_behind_it_is_not(
    shop: Shop, program: Callable[..., Program]
) -> None:
    owner, guesser = program(), Program(shop, "kabot_000000000000_" + "A" * 43)
    most = shop.services.config.api.wrong_keys_per_minute
    answers = [guesser.get("/orders").status_code for _ in range(most + 1)]
    assert answers == [401] * most + [429]
    assert owner.get("/orders").status_code == 200


def test_a_body_that_is_too_large_is_refused_before_it_is_read(program: Callable[..., Program]) -> None:
    caller = program()
    assert caller.post("/orders/search", {"words": "1" * 70_000}).status_code == 413
    sent = caller.http.post("/api/v1/orders/search", content=(b"x" * 10_000 for _ in range(10)))
    assert sent.status_code == 413
    assert sent.headers["content-type"] == "application/problem+json"


def test_what_is_refused_says_where_and_nothing_of_what_was_sent(program: Callable[..., Program]) -> None:
    caller = program()
    wrong = caller.post("/skus/x/keys", {"keys": [{"secret": 5, "number": "SECRET-1"}], "x": "SECRET-2"})
    assert wrong.status_code == 422
    assert {one["at"] for one in wrong.json()["errors"]} == {"body.keys.0.secret", "body.x"}
    assert "SECRET" not in wrong.text
    broken = caller.http.post("/api/v1/keys/void", content=b'{"ids": [SECRET', headers={"Idempotency-Key": "a"})
    assert broken.status_code in (400, 422)
    assert "SECRET" not in broken.text
    for query in ("stat=paid", "limit=1&limit=2", "=1"):
        assert caller.http.get(f"/api/v1/orders?{query}").status_code == 422
    assert caller.get("/nothing").json()["type"] == "urn:kabot:problem:not-found"
    method = caller.http.delete("/api/v1/orders")
    assert method.status_code == 405
    assert method.headers["allow"] == "GET"
    assert method.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("scopes", ["", "orders:reed", "orders:read,*", "orders:read orders:write"])
def test_scopes_that_there_are_not_are_no_scopes(scopes: str) -> None:
    from console.api.scopes import read_scopes

    with pytest.raises(ValueError, match=r"scope"):
        read_scopes(scopes)


def test_while_the_database_is_away_it_says_so_and_nothing_else(shop: Shop, program: Callable[..., Program]) -> None:
    key = program().key
    away = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", name="away")
    shop.services = replace(shop.services, engine=away)
    answer = Program(shop, key).get("/orders")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:kabot:problem:away"
    away.dispose()
