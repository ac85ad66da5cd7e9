"""The REST interface itself: its routes, what it says of itself (OpenAPI 3.1), and how its errors are told."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from console.api import cases, catalog, keys, orders, shop, webhooks
from console.api.calling import KEY_PATTERN, NO_EFFECT, SCOPE, Caller
from console.api.once import ClaimLostError
from console.api.parts import ApiParts
from console.api.problems import MEDIA_TYPE, SCHEMA, Problem, away, conflict

log = logging.getLogger(__name__)

VERSION = "1"
OPENAPI = "/api/openapi.json"
_ABOUT = """The shop's interface for other programs of its owner. Every request carries `Authorization: Bearer KEY`
(`kabot apikey add`); what a key may do is its scopes. Money is an integer number of fen. Times are RFC 3339 with their
zone. Lists are paged: `next` of one page is the `cursor` of the following. A POST with an effect takes an
`Idempotency-Key`: sent again within a day it has one effect and gets one answer."""
_REFUSALS: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "No valid key",
    403: "The key lacks the scope",
    404: "Not found",
    409: "It cannot be done as things stand",
    413: "The body is too large",
    422: "What was sent cannot be used",
    429: "Too many requests",
    503: "A part of the shop is away; try again",
}


def create_api(parts: ApiParts) -> ASGIApp:
    """Build the interface. It stands behind the door, which has looked at key and body."""
    app = FastAPI(
        title="kabot",
        version=VERSION,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for part in (orders, catalog, keys, cases, shop, webhooks):
        app.include_router(part.router, prefix="/api/v1")
    described = JSONResponse(describe(app))

    @app.get(OPENAPI, include_in_schema=False)
    async def openapi() -> Response:
        return described

    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)

    async def with_caller(scope: Scope, receive: Receive, send: Send) -> None:
        state = scope["state"]
        state["caller"] = Caller(state["api_key"], state["api_address"], parts)
        await app(scope, receive, send)

    return with_caller


async def _problem(_: Request, error: Problem) -> Response:
    return error.response()


async def _http(_: Request, error: HTTPException) -> Response:
    """What the framework refuses: no such path, or not by this method."""
    code, title, detail = {
        404: ("not-found", "Not found", "没有这个地址。"),
        405: ("method-not-allowed", "Method not allowed", "这个地址不支持这种方法。"),
    }.get(error.status_code, ("bad-request", "Bad request", "请求无法读取。"))
    return Problem(error.status_code, code, title, detail, headers=error.headers).response()


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    """Says where, and what is wanted there; never what was sent."""
    errors = [{"at": ".".join(map(str, one["loc"]))[:100], "message": one["msg"][:200]} for one in error.errors()[:20]]
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return Problem(400, "bad-request", "The body is not JSON", "请求内容不是 JSON。").response()
    return Problem(422, "invalid", "Invalid request", "请求内容不符合要求，见 errors。", errors=errors).response()


async def _lost(_: Request, __: ClaimLostError) -> Response:
    return conflict("in-progress", "The same request is being worked on", "相同的请求正在处理，请稍后再试。").response()


async def _away(_: Request, error: Exception) -> Response:
    """The database is away, or took too long."""
    log.warning("rest interface: database: %s", type(error).__name__)
    return away().response()


async def _broken(_: Request, error: Exception) -> Response:
    log.error("unhandled %s", type(error).__name__)
    return Problem(500, "broken", "Internal error", "服务出错，请稍后再试。").response()


_HANDLERS: Mapping[type[Exception], Any] = {
    Problem: _problem,
    HTTPException: _http,
    RequestValidationError: _invalid,
    ClaimLostError: _lost,
    DBAPIError: _away,
    SQLAlchemyError: _away,
    Exception: _broken,
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description: what FastAPI knows, and what is true of every route."""
    told = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = told.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = dict(SCHEMA)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    told["security"] = [{"key": []}]
    for path in told["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return told


def _complete(method: str, operation: dict[str, Any]) -> None:
    scope = operation[SCOPE]
    operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`".strip()
    answers = operation["responses"]
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for status, meaning in _REFUSALS.items():
        answers[str(status)] = {"description": meaning, "content": {MEDIA_TYPE: reference}}
    if method == "post" and not operation.get(NO_EFFECT):
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "New for every new operation; the same when it is sent again.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": KEY_PATTERN},
            }
        )
