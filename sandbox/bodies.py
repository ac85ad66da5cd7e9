"""Reading what comes in, within limits, and answering in JSON."""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

ONE_MEGABYTE = 1 << 20


async def read(request: Request, limit_bytes: int = ONE_MEGABYTE) -> bytes:
    """The body, or HTTP 413 as soon as it is longer than the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise HTTPException(413)
    return bytes(body)


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body, or None when it is not one (too deep, or text that is no text, counts as not)."""
    try:
        value = json.loads(body)
        # Half a surrogate pair can be written in JSON but in no answer, file or XML.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def json_response(value: Any, status: int = 200) -> Response:
    """An answer in JSON, Chinese left readable."""
    return Response(json.dumps(value, ensure_ascii=False), status, media_type="application/json")
