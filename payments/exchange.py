"""One exchange with WeChat Pay v3: a request signed and sent, its answer read with limits and proven to be genuine."""

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from kernel.clock import Clock
from payments.gateway import Busy, NoAnswer, Rejected
from payments.reading import UnreadableError, read_json
from payments.signing import PUBLIC_KEY_ID_PREFIX, MerchantKey, PlatformKeys, load_public_key, read_certificates

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 5.0
DOWNLOAD_SECONDS = 60.0
_RETRY_SECONDS = 1.0
"""With less than this left no second try is made."""
CERTIFICATES_PAUSE = timedelta(minutes=5)
_ANSWER_BYTES_MAX = 256 * 1024
_DOWNLOAD_BYTES_MAX = 64 * 1024 * 1024
_BUSY = ("FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED", "FREQUENCY_LIMIT_EXCEED")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PaySettings:
    """A merchant's access to WeChat Pay. Without a public key, platform certificates are fetched and used."""

    app_id: str
    mch_id: str
    api_v3_key: bytes = field(repr=False)
    """32 bytes."""
    cert_serial: str
    private_key_pem: bytes = field(repr=False)
    notify_url: str
    """Public https address, without a query."""
    public_key_id: str = ""
    """PUB_KEY_ID_…"""
    public_key_pem: bytes = b""
    api_base: str = "https://api.mch.weixin.qq.com"
    timeout_seconds: float = TOTAL_SECONDS
    """For a whole exchange, a second try included; bills take longer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that WeChat Pay signed."""

    status: int
    data: Mapping[str, Any]

    @property
    def code(self) -> str:
        return str(self.data.get("code", ""))[:64]

    def rejected(self) -> Busy | Rejected:
        """What an error means to which no operation gives a meaning of its own."""
        if self.status == 429 or self.code in _BUSY:
            return Busy()
        return Rejected(self.code or f"HTTP {self.status}", str(self.data.get("message", ""))[:200])


class Exchange:
    """Speaks with WeChat Pay for one merchant; shared between threads. Raises ValueError when keys cannot be read."""

    def __init__(self, settings: PaySettings, clock: Clock) -> None:
        if len(settings.api_v3_key) != 32:
            raise ValueError("the APIv3 key must have 32 bytes")
        base = urlsplit(settings.api_base)
        self._origin, self._prefix = f"{base.scheme}://{base.netloc}", base.path.rstrip("/")
        self._settings, self._clock = settings, clock
        self.merchant = MerchantKey(settings.mch_id, settings.cert_serial, settings.private_key_pem)
        fixed = {settings.public_key_id: load_public_key(settings.public_key_pem)} if settings.public_key_pem else {}
        self.platform_keys = PlatformKeys(fixed)
        self._certificates_lock = threading.Lock()
        self._certificates_tried_at: datetime | None = None
        self._client = httpx.Client(
            limits=httpx.Limits(max_connections=40, max_keepalive_connections=10, keepalive_expiry=30),
            follow_redirects=False,
        )

    def shut_down(self) -> None:
        """Close every connection."""
        self._client.close()

    def ask(
        self, method: str, path: str, payload: Mapping[str, Any] | None = None, *, again: bool = True
    ) -> Answer | Busy | Rejected | NoAnswer:
        """Exchange one request for a verified answer, within the settings' `timeout_seconds`.

        Without an answer it is sent a second time while there is time: numbers make every request idempotent. With
        `again` False only when the first one never left.
        """
        deadline = time.monotonic() + self._settings.timeout_seconds
        answer = self._once(method, path, payload, deadline)
        if isinstance(answer, NoAnswer) and (again or not answer.sent) and deadline - time.monotonic() > _RETRY_SECONDS:
            answer = self._once(method, path, payload, deadline)
        if isinstance(answer, NoAnswer | Rejected):
            _log.warning("WeChat Pay, %s %s: %s", method, path.partition("?")[0], answer)
        elif isinstance(answer, Answer) and answer.status >= 400:
            _log.info("WeChat Pay, %s %s: %s %s", method, path.partition("?")[0], answer.status, answer.code)
        return answer

    def _once(
        self, method: str, path: str, payload: Mapping[str, Any] | None, deadline: float
    ) -> Answer | Busy | Rejected | NoAnswer:
        body = json.dumps(payload, ensure_ascii=False).encode() if payload is not None else None
        came = self._send(method, self._prefix + path, body, deadline)
        if isinstance(came, NoAnswer):
            return came
        if came.status_code >= 500:
            return NoAnswer(f"HTTP {came.status_code}")
        self._learn(came.headers.get("wechatpay-serial", ""))
        problem = self.platform_keys.problem_with(came.headers, came.content, self._clock.now())
        if problem is not None:
            return _unproven(came.status_code, problem)
        try:
            return Answer(came.status_code, read_json(came.content) if came.content else {})
        except UnreadableError as error:
            return NoAnswer(f"unreadable: {error}")

    def _send(
        self, method: str, target: str, body: bytes | None, deadline: float, *, largest: int = _ANSWER_BYTES_MAX
    ) -> httpx.Response | NoAnswer:
        """Send one signed request and read the whole answer, unverified; no exception of the network gets past here."""
        left = max(deadline - time.monotonic(), 0.1)
        connect_seconds = min(0.4 * left, CONNECT_SECONDS)
        limits = httpx.Timeout(left - connect_seconds, connect=connect_seconds)
        request = self._client.build_request(method, self._origin + target, content=body, timeout=limits)
        signed_target = request.url.raw_path.decode()
        request.headers["Authorization"] = self.merchant.authorization(
            method, signed_target, body or b"", self._clock.now()
        )
        request.headers.update({"Accept": "application/json", "User-Agent": "kabot", "Accept-Encoding": "identity"})
        if body is not None:
            request.headers["Content-Type"] = "application/json"
        if self._settings.public_key_id:
            request.headers["Wechatpay-Serial"] = self._settings.public_key_id
        try:
            response = self._client.send(request, stream=True)
            try:
                return _read(response, deadline, largest)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return NoAnswer(type(error).__name__, sent=False)
        except httpx.HTTPError as error:
            return NoAnswer(type(error).__name__)

    def download(self, url: str) -> bytes | NoAnswer:
        """Fetch a file that a verified answer named; unsigned by WeChat Pay, so its hash must be checked.

        From our own base address, whatever host it names: no other host gets a signature of ours.
        """
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        came = self._send("GET", target, None, time.monotonic() + DOWNLOAD_SECONDS, largest=_DOWNLOAD_BYTES_MAX)
        if isinstance(came, NoAnswer):
            return came
        return came.content if came.status_code == 200 else NoAnswer(f"HTTP {came.status_code}")

    # ---- platform certificates -------------------------------------------------------------------------------------

    def refresh_certificates(self) -> bool:
        """Fetch the platform certificates (GET /v3/certificates): at start and every 12 hours, unless a public key is
        all that is used. False when none could be had; those there are stay in force.
        """
        with self._certificates_lock:
            return self._fetch_certificates()

    def _fetch_certificates(self) -> bool:
        self._certificates_tried_at = self._clock.now()
        came = self._send(
            "GET", self._prefix + "/v3/certificates", None, time.monotonic() + self._settings.timeout_seconds
        )
        if isinstance(came, NoAnswer) or came.status_code != 200:
            return False
        # Sealed with the APIv3 key, which nobody else has: that is what proves the very first ones. Their own
        # signature is checked all the same, with one of them.
        keys = read_certificates(came.content, self._settings.api_v3_key, self._clock.now())
        proof = PlatformKeys(keys).problem_with(came.headers, came.content, self._clock.now())
        if not keys or (
            proof is not None and self.platform_keys.problem_with(came.headers, came.content, self._clock.now())
        ):
            _log.warning("platform certificates not usable: %s", proof)
            return False
        self.platform_keys.replace_certificates(keys)
        return True

    def _learn(self, serial: str) -> None:
        """Fetch certificates when an answer names one that we lack, at most every few minutes."""
        if not serial or serial.startswith(PUBLIC_KEY_ID_PREFIX) or self.platform_keys.find(serial) is not None:
            return
        with self._certificates_lock:
            tried_at = self._certificates_tried_at
            if tried_at is None or self._clock.now() - tried_at >= CERTIFICATES_PAUSE:
                self._fetch_certificates()


def _read(response: httpx.Response, deadline: float, largest: int) -> httpx.Response | NoAnswer:
    """Read the body as long as there is time and room, and hand the response back with it."""
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > largest:
            return NoAnswer("answer too large")
        if time.monotonic() > deadline:
            return NoAnswer("answer too slow")
    headers = [(name, value) for name, value in response.headers.items() if name != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


def _unproven(status: int, problem: str) -> Busy | Rejected | NoAnswer:
    """What an answer means that WeChat Pay did not sign: nothing, but that we may have been turned away.

    To an unknown merchant or a wrong signature WeChat Pay may answer unsigned; neither changes anything in our books.
    """
    if status == 429:
        return Busy()
    if status == 401:
        return Rejected("SIGN_ERROR", "the request's signature was refused")
    return NoAnswer(f"HTTP {status}, not proven to be WeChat Pay's: {problem}")
