"""The sandbox as one ASGI application: every part made and joined."""

import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.account_api import AccountApi
from sandbox.background import Background
from sandbox.browser import Browser
from sandbox.cashier import Cashier
from sandbox.doorway import METHODS, Doorway, new_client
from sandbox.faults import Faults
from sandbox.fulu import Fulu
from sandbox.juhe import Juhe
from sandbox.notices import Notices
from sandbox.pay_api import PayApi
from sandbox.phone import Phone
from sandbox.settings import SandboxSettings
from sandbox.stream import Stream
from sandbox.suppliers import Suppliers
from sandbox.trades import Trades
from sandbox.voices import SpeechService
from sandbox.wechat_push import WeChatPush
from sandbox.world import Now, World

_WEB = Path(__file__).parent / "web"


class _FreshFiles(StaticFiles):
    """Files a browser asks about each time: after an update the page's parts must be of one version."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(settings: SandboxSettings, *, now: Now = time.time) -> Starlette:
    """The whole sandbox for one account. `now` (seconds since 1970) can be a test's own clock.

    `app.state.world` is its memory, and `app.state.stream.close()` ends the event streams, without which a server
    waits for its listeners when it should stop.
    """
    stream, background, client = Stream(), Background(), new_client()
    faults = Faults(notice_speed=settings.notice_speed, supplier_seconds=settings.supplier_seconds)
    world = World(settings.data_dir, stream, faults, now)
    push = WeChatPush(settings, world, client)
    account = AccountApi(settings, world, push, background)
    notices = Notices(settings, world, client, background)
    trades = Trades(settings, world, notices, background)
    supplier = Fulu(settings, world, client, background, notices)
    juhe = Juhe(settings, world, client, background, notices)
    doorway = Doorway(settings, client)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        background.start(world.keep_saving())
        notices.resume()
        trades.resume()
        supplier.resume()
        juhe.resume()
        yield
        stream.close()
        await background.stop()
        await client.aclose()
        world.save()

    routes: list[BaseRoute] = [
        *account.routes(),
        *PayApi(settings, world, trades).routes(),
        *Cashier(settings, world, trades).routes(),
        *supplier.routes(),
        *juhe.routes(),
        *Suppliers(world, juhe).routes(),
        *SpeechService(settings, world).routes(),
        *Phone(settings, world, push, account, trades, notices, supplier, juhe).routes(),
        *Browser(settings, world, doorway, account).routes(),
        Route("/", _index),
        Route("/sandbox/bridge.js", _bridge),
        Mount("/sandbox/web", _FreshFiles(directory=_WEB, check_dir=False)),
        Route("/sandbox/{rest:path}", _nothing, methods=METHODS),
        Route("/{rest:path}", doorway.pass_on, methods=METHODS),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.world = world
    app.state.stream = stream
    return app


async def _index(_: Request) -> Response:
    return _file("index.html")


async def _bridge(_: Request) -> Response:
    return _file("bridge.js")


async def _nothing(_: Request) -> Response:
    return PlainTextResponse("not found", 404)


def _file(name: str) -> Response:
    path = _WEB / name
    if not path.is_file():
        return PlainTextResponse("not found", 404)
    return FileResponse(path, headers={"Cache-Control": "no-cache"})
