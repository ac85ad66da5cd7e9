"""GET/POST /wechat as a bare ASGI application; pushes come past that too (`push_connection`): it is the hot path."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from bot import metrics
from bot.bootstrap import Services
from bot.conversation import Conversation
from bot.requests import TooSlowError
from bot.webhook import BODY_MAX_BYTES, BadPushError
from dialogs import replies

log = logging.getLogger(__name__)

PUSH_PATH = "/wechat"
QUERY_FIELDS_MAX = 20
ANSWER_WITHIN_S = 4.5
"""WeChat hangs up after 5 s and tells the buyer that the service is broken."""
_TEXT, _XML = b"text/plain; charset=utf-8", b"text/xml; charset=utf-8"

_NO_SNIFFING = (b"x-content-type-options", b"nosniff")

Answer = tuple[int, bytes, bytes]
"""HTTP status, media type, body."""
Respond = Callable[[Answer], Awaitable[None]]
"""Sends the one answer to a request."""


class PushEndpoint:
    """Answers WeChat: reads a push, lets the conversation take its turn, and renders the reply."""

    def __init__(self, services: Services) -> None:
        self._services = services
        threads = ThreadPoolExecutor(services.config.web.threads, thread_name_prefix="turn")
        self._talk = Conversation(services, threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        respond = partial(_answer, send)
        if scope["method"] == "POST":
            try:
                body = await _body(receive)
            except TooSlowError:
                await respond(_TOO_SLOW)
                return
            await (self.pushed(scope["query_string"], body, respond) if body is not None else respond(_TOO_LARGE))
        elif scope["method"] in ("GET", "HEAD"):
            await respond(self._verified(scope["query_string"]))
        else:
            await respond((405, _TEXT, b"only GET and POST"))

    async def pushed(self, query_string: bytes, body: bytes, respond: Respond) -> None:
        """Take one push through one turn and answer it, in time for WeChat.

        A turn that takes too long is answered in its place. It goes on and its reply is stored, so whatever it did is
        known when the buyer writes again.
        """
        started = time.perf_counter()
        webhook, now = self._services.webhook, self._services.clock.now()
        try:
            query = _query(query_string)
            push = webhook.read(query, body, now)
        except BadPushError as refusal:
            await respond(_refused(refusal))
            return
        encrypt = webhook.is_encrypted(query)

        def rendered(text: str, transfer: bool = False) -> Answer:
            words = webhook.answer(push, text, now, transfer=transfer, encrypt=encrypt)
            return 200, _TEXT if words == "success" else _XML, words.encode()

        late: list[asyncio.Future[None]] = []

        def answer_in_its_place() -> None:
            log.warning("a turn takes longer than WeChat waits")
            late.append(asyncio.ensure_future(respond(rendered(replies.still_working()))))

        loop = asyncio.get_running_loop()
        timer = loop.call_later(ANSWER_WITHIN_S, answer_in_its_place)
        answer = await self._talk.hear(push)
        timer.cancel()
        if late:
            await late[0]
        else:
            await respond(rendered(answer.text, answer.transfer))
        metrics.turn_taken(push.kind, time.perf_counter() - started)

    def _verified(self, query_string: bytes) -> Answer:
        try:
            query = _query(query_string)
            return 200, _TEXT, self._services.webhook.verify(query, self._services.clock.now()).encode()
        except BadPushError as refusal:
            return _refused(refusal)


_TOO_LARGE: Answer = (413, _TEXT, b"too large")
_TOO_SLOW: Answer = (408, _TEXT, b"too slow")


def _query(query_string: bytes) -> dict[str, str]:
    """The query's fields. Raises BadPushError."""
    try:
        return dict(parse_qsl(query_string.decode("latin-1"), True, max_num_fields=QUERY_FIELDS_MAX))
    except ValueError:
        raise BadPushError(400, "bad query") from None


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
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode()), _NO_SNIFFING]
    if status == _TOO_SLOW[0]:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
