"""Webhooks sent: signed as Standard Webhooks says, to public addresses alone, again for a day until they are taken."""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from bot.bootstrap import Services
from bot.tasks import TASKS
from console.api import endpoints, once
from console.api.endpoints import BadUrlError, Claimed, check_url, is_public

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
"""For everything together: finding the host aside, from the first packet to the answer's status."""
_AT_A_TIME = 100
_FOR = timedelta(seconds=30)
_ADDRESSES_MAX = 3
_GONE = 410


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one try; without a status nobody answered."""

    status: int | None
    problem: str = ""

    @property
    def taken(self) -> bool:
        """Whether the endpoint has it. A redirect is no yes: nothing is sent where nobody has looked."""
        return self.status is not None and 200 <= self.status < 300


@TASKS.cron("send_webhooks", "* * * * * */5")
def send_webhooks(services: Services) -> None:
    """Find the endpoints there is something for; each is a job of its own, so that a slow one holds up no other."""
    with services.engine.begin() as conn:
        for number in endpoints.due(conn, services.clock.now()):
            # One job waits and one works, at most; what both find is taken by one of them.
            services.jobs.defer(conn, "send_to_webhook", queueing_lock=f"webhook:{number}", endpoint_id=number)


@TASKS.task("send_to_webhook")
def send_to_webhook(services: Services, endpoint_id: int) -> None:
    """Send what is due to one endpoint, until one is not taken: then it is left in peace for a while."""
    began = services.clock.now()
    for _ in range(_AT_A_TIME):
        now = services.clock.now()
        if now - began > _FOR:
            return
        with services.engine.begin() as conn:
            claimed = endpoints.claim(conn, services.vault, endpoint_id, now)
        if claimed is None or not _send(services, claimed, now):
            return


@TASKS.cron("forget_rest", "7 * * * *")
def forget_rest(services: Services) -> None:
    """Forget answers kept for repeated requests after a day, and settled deliveries after a month."""
    with services.engine.begin() as conn:
        once.forget_old(conn, services.clock.now())
        endpoints.forget_old(conn, services.clock.now())


def _send(services: Services, claimed: Claimed, now: datetime) -> bool:
    sent = _tried(services, claimed, now)
    off = None
    with services.engine.begin() as conn:
        if sent.taken and sent.status is not None:
            endpoints.taken(conn, claimed, sent.status, now)
        else:
            off = endpoints.not_taken(conn, claimed, sent.status, sent.problem, now, gone=sent.status == _GONE)
    if off is not None:
        log.error("webhook to %s is switched off: %s", urlsplit(off).hostname, sent.problem)
    return sent.taken


def _tried(services: Services, claimed: Claimed, now: datetime) -> Sent:
    if claimed.secret is None:
        return Sent(None, "its secret opens under no app secret that is configured: renew it")
    private = services.config.api.private_webhooks
    try:
        check_url(claimed.url, private=private)
    except BadUrlError as error:
        return Sent(None, str(error))
    body = payload(claimed)
    return post(claimed.url, body, signed(claimed.message_id, now, body, claimed.secret), private=private)


def payload(claimed: Claimed) -> bytes:
    """What is sent: the same bytes however often."""
    at = claimed.happened_at.isoformat().replace("+00:00", "Z")
    return json.dumps({"type": claimed.type, "timestamp": at, "data": claimed.data}, ensure_ascii=False).encode()


def signed(message_id: str, now: datetime, body: bytes, secret: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0: what is signed is `id.timestamp.body`."""
    timestamp = str(int(now.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def post(url: str, body: bytes, headers: dict[str, str], *, private: bool) -> Sent:
    """Post once, to an address that was looked at before: what the name says a moment later does not matter, nor does a
    proxy of the environment. Redirects are not followed, and of the answer only the status is read."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    try:
        addresses = _addresses(host, port, private=private)
        if not addresses:
            return Sent(None, "its host has no public address")
        with _connected(addresses, host, tls=parts.scheme == "https") as at:
            caller = http.client.HTTPConnection(host, port)
            caller.sock = at
            caller.request("POST", path, body, {**headers, "Content-Type": "application/json", **_ALWAYS})
            return _answer(caller.getresponse().status)
    except TimeoutError:
        return Sent(None, "no answer in time")
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        return Sent(None, _why(error))


_ALWAYS = {"User-Agent": "kabot-webhooks/1", "Connection": "close"}


def _answer(status: int) -> Sent:
    return Sent(status, "" if 200 <= status < 300 else f"answered {status}")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, socket.gaierror):
        return "its host cannot be found"
    return f"no answer: {type(error).__name__}"


def _addresses(host: str, port: int, *, private: bool) -> list[tuple[str, int]]:
    """Where the host is. Not one of its addresses may be a private one, unless that is allowed."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys((str(where[0]), port) for *_, where in found))
    if not private and not all(is_public(ip_address(one.partition("%")[0])) for one, _ in addresses):
        return []
    return addresses[:_ADDRESSES_MAX]


@contextmanager
def _connected(addresses: list[tuple[str, int]], host: str, *, tls: bool) -> Iterator[socket.socket]:
    """A connection that is cut off when the time is over, whatever the other side dribbles."""
    plain = _connect(addresses)
    same = plain.dup()  # what is wrapped in TLS is gone as a plain socket; shutting this one down ends both
    over = threading.Timer(TIMEOUT_S, _cut, (same,))
    over.daemon = True
    over.start()
    try:
        with _tls().wrap_socket(plain, server_hostname=host) if tls else plain as at:
            yield at
    finally:
        over.cancel()
        same.close()
        plain.close()


def _connect(addresses: list[tuple[str, int]]) -> socket.socket:
    for at in addresses[:-1]:
        try:
            return socket.create_connection(at, TIMEOUT_S / len(addresses))
        except OSError:
            continue
    return socket.create_connection(addresses[-1], TIMEOUT_S)


def _cut(at: socket.socket) -> None:
    try:
        at.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is over by itself


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # the authorities that every other call of ours trusts
