"""One HTTP request to a supplier, within a size and a time for all of it; and what its bytes can be read as."""

import json
import time
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import httpx

from fulfillment.suppliers.port import Unknown
from kernel.money import Fen

BODY_BYTES_MAX = 256 * 1024
TOTAL_S = 12.0
FEN_MAX = 10**12
_TIMEOUT = httpx.Timeout(connect=3.0, read=8.0, write=5.0, pool=3.0)
_NOBODY = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


class Wire:
    """The connections to one supplier."""

    def __init__(self) -> None:
        self.client = httpx.Client(timeout=_TIMEOUT, limits=httpx.Limits(max_connections=8))

    def post_json(self, url: str, body: str) -> "bytes | Unknown":
        """POST a JSON text; the body of a 200, or Unknown."""
        return self._post(url, content=body.encode(), headers={"Content-Type": "application/json; charset=utf-8"})

    def post_form(self, url: str, fields: Mapping[str, str]) -> "bytes | Unknown":
        """POST a form; the body of a 200, or Unknown."""
        return self._post(url, data=dict(fields))

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _post(self, url: str, **request: Any) -> "bytes | Unknown":
        ends_at = time.monotonic() + TOTAL_S  # httpx limits only each single read
        answer = bytearray()
        try:
            with self.client.stream("POST", url, **request) as response:
                for chunk in response.iter_bytes():
                    answer += chunk
                    if len(answer) > BODY_BYTES_MAX or time.monotonic() > ends_at:
                        return Unknown("answer too long")
                status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Unknown(
                type(error).__name__, unreachable=isinstance(error, _NOBODY)
            )  # its text may quote the request
        return bytes(answer) if status == 200 else Unknown(f"HTTP {status}")


def json_object(body: bytes) -> dict[str, Any] | None:
    """Read an object, or None."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def form(body: bytes) -> dict[str, Any]:
    """Read a form; empty when it is none."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        return {}


def printable(*words: object) -> str:
    """A supplier's words, short and fit for a history."""
    return "".join(char for char in " ".join(str(word)[:100] for word in words) if char.isprintable())


def cost_fen(yuan: object) -> Fen | None:
    """Read a price in yuan, rounded up to the fen; None when it is none."""
    return _fen(yuan, ROUND_CEILING)


def balance_fen(yuan: object) -> Fen | None:
    """Read a balance in yuan, rounded down to the fen; None when it is none."""
    return _fen(yuan, ROUND_FLOOR)


def _fen(yuan: object, rounding: str) -> Fen | None:
    if isinstance(yuan, bool) or not isinstance(yuan, str | int | float):
        return None
    try:
        fen = Decimal(str(yuan).strip()) * 100
        if not fen.is_finite() or abs(fen) > FEN_MAX:
            return None
        return Fen(int(fen.to_integral_value(rounding)))
    except (InvalidOperation, ValueError):
        return None
