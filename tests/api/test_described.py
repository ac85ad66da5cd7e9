"""The interface does what its OpenAPI description says: schemathesis calls it, and every answer is held to it."""

import os
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

from tests.api.conftest import Program
from tests.bot.test_after_sale import Shop

EXAMPLES = int(os.environ.get("API_EXAMPLES", "2"))
"""For each operation; `API_EXAMPLES=200` takes minutes."""
HELD_TO = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
)
BEYOND_SCHEMA = {("put", "/api/v1/catalog"), ("post", "/api/v1/webhooks"), ("patch", "/api/v1/webhooks/{webhook_id}")}
"""What has rules that no schema can say; everything else takes whatever its schema allows."""


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
    caller = program(per_minute=100_000)
    for words in (("充100话费 13812345678", "确认"), ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")):
        shop.order(*words)
        shop.passes(1)
    shop.work()
    shop.say("怎么还没到账")
    caller.post("/webhooks", {"url": "https://erp.example/"})
    schema = schemathesis.openapi.from_dict(
        caller.http.get("/api/openapi.json").json(), config=SchemathesisConfig.from_dict({})
    )
    schema.app = caller.http.app
    for operation in (one.ok() for one in schema.get_all_operations()):
        _held(operation, caller)


def _held(operation: Any, caller: Program) -> None:
    strategy = operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def every(case: Any) -> None:
        headers = {"Authorization": f"Bearer {caller.key}"}
        if case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
            headers["Idempotency-Key"] = uuid4().hex  # what is made up comes again, for another request
        response = case.call(headers=headers)
        taking = () if (operation.method, operation.path) in BEYOND_SCHEMA else (checks.positive_data_acceptance,)
        case.validate_response(response, checks=[*HELD_TO, *taking])

    every()


@pytest.mark.parametrize("path", ["/orders", "/products", "/webhooks"])
def test_without_the_key_none_of_it_is_there(shop: Shop, path: str) -> None:
    assert Program(shop, "").get(path).status_code == 401
