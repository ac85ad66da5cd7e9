"""The ASGI application: every route, and nothing but routing; each answer is made by the module it belongs to."""

import logging

from sqlalchemy.exc import OperationalError, TimeoutError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from bot import buyer_pages, callbacks, desk, health, metrics, rest
from bot.bootstrap import Services
from bot.push_endpoint import PUSH_PATH, PushEndpoint
from bot.rate_limit import RateLimit
from bot.requests import TooSlowError, in_time
from bot.safe_headers import safely
from console import routes as console
from console.events import Live

log = logging.getLogger(__name__)


class WebApp(Starlette):
    """Starlette, except that a push goes straight to its endpoint: the layers between were 5 % of a turn."""

    straight: PushEndpoint | None = None
    https: bool = False
    live: Live
    """The operators' open pages, whose streams a server that stops has to end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.straight is not None and scope["type"] == "http" and scope["path"] == PUSH_PATH:
            await self.straight(scope, in_time(receive), send)
        elif scope["type"] == "http":
            await super().__call__(scope, in_time(receive), safely(send, https=self.https))
        else:
            await super().__call__(scope, receive, send)


class _Below(Route):
    """Everything below a path, addresses with line breaks in them included, which a pattern does not reach."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See Route."""
        below = scope["type"] == "http" and scope["path"].startswith(self.path.partition("{")[0])
        return (Match.FULL, {"endpoint": self.endpoint, "path_params": {}}) if below else (Match.NONE, {})


def create_app(services: Services) -> WebApp:
    """Build the web process around the parts given."""
    limits = services.config.risk
    limited = limits.enabled and limits.per_ip_per_minute > 0
    push = PushEndpoint(services)
    parts = desk.console_parts(services)
    live = Live(parts)
    app = WebApp(
        middleware=[Middleware(RateLimit, client=services.redis, per_minute=limits.per_ip_per_minute)]
        if limited
        else [],
        routes=[
            Route(PUSH_PATH, push),
            *callbacks.routes(services),
            *buyer_pages.routes(services),
            *health.routes(services),
            *metrics.routes(services.engine, services.config.stock.alert_below),
            *console.routes(parts, live),
            _Below("/api/{rest:path}", rest.door(services, parts)),
        ],
        exception_handlers={
            Exception: _broken,
            OperationalError: _away,
            TimeoutError: _away,
            ClientDisconnect: _gone,
            TooSlowError: _too_slow,
        },
    )
    app.straight = None if limited else push
    app.live = live
    app.https = services.config.app.public_url.startswith("https://")
    return app


async def _away(_: Request, error: Exception) -> Response:
    """The database restarts or is overrun: that is no bug, passes, and needs no trace; WeChat Pay tells us again."""
    log.error("the database is away: %s", type(error).__name__)
    return PlainTextResponse("服务正忙，请几秒后再试", status_code=503, headers={"Retry-After": "5"})


async def _gone(_: Request, _error: Exception) -> Response:
    """The caller hung up before his request was whole: nobody reads this."""
    return PlainTextResponse("", status_code=400)


async def _too_slow(_: Request, _error: Exception) -> Response:
    return PlainTextResponse("too slow", status_code=408, headers={"Connection": "close"})


async def _broken(_: Request, error: Exception) -> Response:
    """The last line of defence: what a stranger sees of a bug is that there is one."""
    log.error("unhandled %s", type(error).__name__)
    return PlainTextResponse("服务暂时不可用，请稍后再试", status_code=500)
