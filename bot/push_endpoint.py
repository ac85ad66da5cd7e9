"""GET/POST /wechat as a bare ASGI application: it is the hot path, so nothing stands between it and the server."""

import asyncio
import logging
import time
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from bot import metrics
from bot.bootstrap import Services
from bot.conversation import Conversation
from bot.webhook import BODY_MAX_BYTES, BadPushError
from dialogs import replies

log = logging.getLogger(__name__)

QUERY_FIELDS_MAX = 20
ANSWER_WITHIN_S = 4.5
"""WeChat hangs up after 5 s and tells the buyer that the service is broken."""
_TEXT, _XML = b"text/plain; charset=utf-8", b"text/xml; charset=utf-8"

Answer = tuple[int, bytes, bytes]
"""HTTP status, media type, body."""


class PushEndpoint:
    """Answers WeChat. The event loop reads and writes; a turn runs in a thread, since it waits for Redis and SQL."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._talk = Conversation(services)
        self._threads = ThreadPoolExecutor(services.config.web.threads, thread_name_prefix="turn")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), True, max_num_fields=QUERY_FIELDS_MAX))
        except ValueError:
            await _answer(send, (400, _TEXT, b"bad query"))
            return
        if scope["method"] == "POST":
            body = await _body(receive)
            answer = await self._in_time(query, body) if body is not None else _TOO_LARGE
        else:
            answer = self._verified(query)
        await _answer(send, answer)

    async def _in_time(self, query: dict[str, str], body: bytes) -> Answer:
        """Let a turn run in a thread, and answer in its place when it takes too long for WeChat.

        The turn goes on and its reply is stored, so whatever it did is known when the buyer writes again.
        """
        turn = asyncio.get_running_loop().run_in_executor(self._threads, self._heard, query, body)
        done, _ = await asyncio.wait((turn,), timeout=ANSWER_WITHIN_S)
        if done:
            return turn.result()
        log.warning("a turn takes longer than WeChat waits")
        webhook, now = self._services.webhook, self._services.clock.now()
        try:
            push = webhook.read(query, body, now)
        except BadPushError as refusal:
            return _refused(refusal)
        encrypt = webhook.is_encrypted(query)
        return 200, _XML, webhook.answer(push, replies.still_working(), now, encrypt=encrypt).encode()

    def _verified(self, query: dict[str, str]) -> Answer:
        try:
            return 200, _TEXT, self._services.webhook.verify(query, self._services.clock.now()).encode()
        except BadPushError as refusal:
            return _refused(refusal)

    def _heard(self, query: dict[str, str], body: bytes) -> Answer:
        started = time.perf_counter()
        webhook, now = self._services.webhook, self._services.clock.now()
        try:
            push = webhook.read(query, body, now)
        except BadPushError as refusal:
            return _refused(refusal)
        answer = self._talk.hear(push)
        encrypt = webhook.is_encrypted(query)
        rendered = webhook.answer(push, answer.text, now, transfer=answer.transfer, encrypt=encrypt)
        metrics.turn_taken(push.kind, time.perf_counter() - started)
        return 200, _TEXT if rendered == "success" else _XML, rendered.encode()


_TOO_LARGE: Answer = (413, _TEXT, b"too large")


def _refused(refusal: BadPushError) -> Answer:
    metrics.push_refused()
    log.info("push refused: %s", refusal)
    return refusal.status, _TEXT, b"refused"


async def _body(receive: Receive) -> bytes | None:
    """The request's body; None when it is larger than any real push."""
    body = b""
    while True:
        message: MutableMapping[str, Any] = await receive()
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > BODY_MAX_BYTES:
            return None
        if not message.get("more_body", False):
            return body


async def _answer(send: Send, answer: Answer) -> None:
    status, media_type, body = answer
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
