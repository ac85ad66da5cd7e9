"""Every operation of the REST interface as its description tells it, called by schemathesis."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import hypothesis
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

from tests.api.conftest import Program

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


def operations(told: dict[str, Any], caller: Program, examples: int) -> Iterator[Callable[[], None]]:
    """For each operation something to call: it raises where an answer is not as told."""
    schema = schemathesis.openapi.from_dict(told, config=SchemathesisConfig.from_dict({}))
    schema.app = caller.http.app
    for operation in (one.ok() for one in schema.get_all_operations()):
        yield _held(operation, caller, examples)


def _held(operation: Any, caller: Program, examples: int) -> Callable[[], None]:
    strategy = operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @hypothesis.settings(
        max_examples=examples,
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

    return every
