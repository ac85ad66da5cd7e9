"""The ASGI application: every route, and nothing but routing; each answer is made by the module it belongs to."""

import logging
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import buyer_pages, callbacks, health, metrics
from bot.bootstrap import Services
from bot.conversation import Conversation
from bot.requests import with_body
from bot.webhook import BODY_MAX_BYTES, BadPushError

log = logging.getLogger(__name__)


def create_app(services: Services) -> Starlette:
    """Build the web process around the parts given."""
    talk = Conversation(services)
    webhook = services.webhook

    def verified(request: Request) -> Response:
        try:
            return PlainTextResponse(webhook.verify(request.query_params, services.clock.now()))
        except BadPushError as refusal:
            return _refused(refusal)

    def heard(request: Request, body: bytes) -> Response:
        now = services.clock.now()
        started = time.perf_counter()
        try:
            push = webhook.read(request.query_params, body, now)
        except BadPushError as refusal:
            return _refused(refusal)
        answer = talk.hear(push)
        encrypt = webhook.answers_encrypted(request.query_params)
        rendered = webhook.answer(push, answer.text, now, transfer=answer.transfer, encrypt=encrypt)
        metrics.turn_taken(push.kind, time.perf_counter() - started)
        media_type = "text/plain" if rendered == "success" else "text/xml"
        return Response(rendered, media_type=media_type)

    def _refused(refusal: BadPushError) -> Response:
        metrics.push_refused()
        log.info("push refused: %s", refusal)
        return PlainTextResponse("refused", status_code=refusal.status)

    return Starlette(
        routes=[
            Route("/wechat", verified, methods=["GET"]),
            Route("/wechat", with_body(heard, BODY_MAX_BYTES), methods=["POST"]),
            *callbacks.routes(services),
            *buyer_pages.routes(services),
            *health.routes(services),
            *metrics.routes(services.engine),
        ],
        exception_handlers={Exception: _broken},
    )


async def _broken(_: Request, error: Exception) -> Response:
    """The last line of defence: what a stranger sees of a bug is that there is one."""
    log.error("unhandled %s", type(error).__name__)
    return PlainTextResponse("服务暂时不可用，请稍后再试", status_code=500)
