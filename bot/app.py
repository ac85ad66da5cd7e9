"""The ASGI application: every route, and nothing but routing; each answer is made by the module it belongs to."""

import logging

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import buyer_pages, callbacks, health, metrics
from bot.bootstrap import Services
from bot.push_endpoint import PushEndpoint
from bot.rate_limit import RateLimit

log = logging.getLogger(__name__)


def create_app(services: Services) -> Starlette:
    """Build the web process around the parts given."""
    limits = services.config.risk
    limited = limits.enabled and limits.per_ip_per_minute > 0
    return Starlette(
        middleware=[Middleware(RateLimit, client=services.redis, per_minute=limits.per_ip_per_minute)]
        if limited
        else [],
        routes=[
            Route("/wechat", PushEndpoint(services), methods=["GET", "POST"]),
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
