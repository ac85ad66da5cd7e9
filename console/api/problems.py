"""What a refused request is told: RFC 9457, titles in English, the detail in Chinese, nothing of what was sent."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it so, and it is an answer more than an error
    """Why a request is refused. `code` tells programs which it is; `detail` tells people."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(title)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.headers, self.errors = dict(headers or {}), errors

    def response(self) -> Response:
        """The answer."""
        told: dict[str, Any] = {
            "type": f"urn:kabot:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            told["errors"] = list(self.errors)
        body = json.dumps(told, ensure_ascii=False).encode()
        return Response(body, self.status, self.headers, MEDIA_TYPE)


def not_found(what: str = "没有这个资源。") -> Problem:
    """There is nothing of that name, or nothing anymore."""
    return Problem(404, "not-found", "Not found", what)


def conflict(code: str, title: str, detail: str) -> Problem:
    """It cannot be done as things stand."""
    return Problem(409, code, title, detail)


def unprocessable(detail: str, at: str, message: str) -> Problem:
    """What was sent cannot be used."""
    return Problem(422, "invalid", "Invalid request", detail, errors=[{"at": at, "message": message}])


def away() -> Problem:
    """The database is away, or took too long."""
    headers = {"Retry-After": "5"}
    return Problem(503, "away", "Temporarily unavailable", "服务暂时不可用，请稍后再试。", headers=headers)


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "urn:kabot:problem:CODE"},
        "title": {"type": "string", "description": "In English."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "In Chinese."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "message"],
                "properties": {"at": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
"""As it stands in the OpenAPI description."""
