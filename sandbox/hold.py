"""Answers that come late or never."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response


async def hold(request: Request, seconds: float, answer: Response | None = None) -> Response:
    """Keep the caller waiting, at most until he hangs up; then the answer, or a bare 504 that nobody should await."""
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends:
        if await request.is_disconnected():
            break
        await asyncio.sleep(min(0.1, seconds))
    return answer or Response(status_code=504)
