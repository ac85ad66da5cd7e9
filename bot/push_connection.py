"""A connection over which WeChat's pushes come: read and answered here, without a web framework in between.

A turn costs so little that making a request and a response of ASGI's parts was a good part of it (decision 7). So a
connection is taken for one of pushes until something else comes over it; from then on it is uvicorn's, as if it had
always been: what had been read of that request is given along.
"""

import asyncio
import logging
from typing import Any, Protocol, cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from bot.push_endpoint import PUSH_PATH, Answer, PushEndpoint
from bot.webhook import BODY_MAX_BYTES

log = logging.getLogger(__name__)

_HEAD_MAX_BYTES = 32 * 1024
WHOLE_WITHIN_S = 20.0
"""A connection over which no whole request comes for so long is closed; bodies that uvicorn reads have their own time
(bot/requests.py)."""
_PUSH_PATH = PUSH_PATH.encode()
_NOT_OURS = frozenset({b"expect", b"upgrade", b"transfer-encoding"})


class HasPushes(Protocol):
    """The application: where pushes go straight to; None where they pass through its layers like all else."""

    straight: PushEndpoint | None


class PushConnection(asyncio.Protocol):
    """uvicorn's `http` class of the web process."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config, self._server, self._app_state = config, server_state, app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._endpoint = cast(HasPushes, config.app).straight
        self._keep_alive_s = config.timeout_keep_alive
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._raw = b""
        """What came since the last push was answered."""
        self._answering = False
        self._keep, self._ending = False, False
        self._quiet_since: float | None = None
        """Loop time since which a kept connection has nothing to do."""
        self._watching: asyncio.TimerHandle | None = None
        self._whole_by: float | None = None
        """Loop time until which the request that began has to be here; None: none is waited for."""
        self._hurrying: asyncio.TimerHandle | None = None
        self._url, self._body = b"", b""
        self._requests_begun, self._whole, self._foreign = 0, False, self._endpoint is None

    # ---- the connection ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.add(self)  # type: ignore[arg-type] # it names uvicorn's own, and only closes them
        self._expect_all()

    def connection_lost(self, _exc: Exception | None) -> None:
        """See asyncio.Protocol. A turn that is being taken goes on: its answer is stored for when WeChat asks again."""
        self._server.connections.discard(self)
        self._transport = None
        self._let_go()

    def data_received(self, data: bytes) -> None:
        """Read on; a whole push is answered, and what comes meanwhile waits for that."""
        self._quiet_since = None
        self._raw += data
        if not self._answering:
            self._read(data)
        elif len(self._raw) > BODY_MAX_BYTES and self._transport is not None:
            self._transport.pause_reading()

    def shutdown(self) -> None:
        """The server stops: a push that is being answered is the last one."""
        self._ending = True
        if not self._answering and self._transport is not None:
            self._transport.close()

    def pause_writing(self) -> None:
        """Who does not read his answers is not heard either."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """See pause_writing."""
        if self._transport is not None:
            self._transport.resume_reading()

    # ---- reading -------------------------------------------------------------------------------------------------

    def _read(self, data: bytes) -> None:
        self._expect_all()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._foreign = True
        too_much = len(self._raw) > BODY_MAX_BYTES + _HEAD_MAX_BYTES
        if self._foreign or too_much or self._requests_begun > 1:
            self._hand_over()
        elif self._whole and self._endpoint is not None:
            self._answering, self._raw, self._whole_by = True, b"", None
            task = self._loop.create_task(self._answer(self._endpoint))
            self._server.tasks.add(task)
            task.add_done_callback(self._server.tasks.discard)

    def on_message_begin(self) -> None:
        """See httptools: a request begins."""
        self._requests_begun += 1

    def on_url(self, url: bytes) -> None:
        """See httptools: a piece of the request's target."""
        self._url += url

    def on_header(self, name: bytes, _value: bytes) -> None:
        """See httptools. Requests of another kind than a push are left to uvicorn."""
        self._foreign = self._foreign or name.lower() in _NOT_OURS

    def on_headers_complete(self) -> None:
        """See httptools."""
        path = self._url.partition(b"?")[0]
        if path != _PUSH_PATH or b"#" in self._url or self._parser.get_method() != b"POST":
            self._foreign = True
        self._keep = self._parser.should_keep_alive() and self._parser.get_http_version() != "1.0"

    def on_body(self, body: bytes) -> None:
        """See httptools: a piece of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """See httptools."""
        self._whole = True

    def _hand_over(self) -> None:
        """From here on it is uvicorn's connection."""
        transport, raw = self._transport, self._raw
        if transport is None:
            return
        self._server.connections.discard(self)
        self._transport, self._raw = None, b""
        self._let_go()
        heir = HttpToolsProtocol(self._config, self._server, self._app_state, self._loop)
        transport.set_protocol(heir)
        heir.connection_made(transport)
        heir.data_received(raw)

    # ---- answering -----------------------------------------------------------------------------------------------

    async def _answer(self, endpoint: PushEndpoint) -> None:
        answered = False

        async def respond(answer: Answer) -> None:
            nonlocal answered
            answered = True
            self._write(answer)

        try:
            await endpoint.pushed(self._url.partition(b"?")[2], self._body, respond)
        except Exception:
            log.exception("a push was not answered")
            if not answered:
                self._keep = False
                self._write((500, b"text/plain; charset=utf-8", b"Internal Server Error"))

    def _write(self, answer: Answer) -> None:
        self._server.total_requests += 1
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        keep = self._keep and not self._ending
        transport.write(_rendered(answer, self._server.default_headers, keep))
        if not keep:
            transport.close()
            return
        self._answering = False
        self._url, self._body = b"", b""
        self._requests_begun, self._whole = 0, False
        if self._raw:
            transport.resume_reading()
            self._read(self._raw)
            return
        self._quiet_since = self._loop.time()
        if self._watching is None:
            self._watching = self._loop.call_later(self._keep_alive_s, self._watch)

    def _expect_all(self) -> None:
        """A request begins: it has to be whole in time. One timer for all of them."""
        if self._whole_by is not None:
            return
        self._whole_by = self._loop.time() + WHOLE_WITHIN_S
        if self._hurrying is None:
            self._hurrying = self._loop.call_later(WHOLE_WITHIN_S, self._hurry)

    def _hurry(self) -> None:
        """Close a connection whose request does not come."""
        self._hurrying = None
        if self._transport is None or self._whole_by is None:
            return
        left_s = self._whole_by - self._loop.time()
        if left_s <= 0:
            self._transport.close()
            return
        self._hurrying = self._loop.call_later(left_s, self._hurry)

    def _watch(self) -> None:
        """Close a kept connection over which nothing comes any more; one timer for all its pushes."""
        self._watching = None
        if self._transport is None:
            return
        quiet_s = self._loop.time() - self._quiet_since if self._quiet_since is not None else 0.0
        if quiet_s >= self._keep_alive_s:
            self._transport.close()
            return
        self._watching = self._loop.call_later(self._keep_alive_s - quiet_s, self._watch)

    def _let_go(self) -> None:
        """Nothing holds on to a connection that is over: with one a message there would soon be thousands."""
        for timer in (self._watching, self._hurrying):
            if timer is not None:
                timer.cancel()
        del self._parser  # which holds on to us


def _rendered(answer: Answer, more: list[tuple[bytes, bytes]], keep: bool) -> bytes:
    """The whole response in one piece; `more` are the server's own headers."""
    status, media_type, body = answer
    own = b"".join(b"%b: %b\r\n" % header for header in more)
    return b"%b%bcontent-type: %b\r\ncontent-length: %d\r\nx-content-type-options: nosniff\r\n%b\r\n%b" % (
        STATUS_LINE[status],
        own,
        media_type,
        len(body),
        b"" if keep else b"connection: close\r\n",
        body,
    )
