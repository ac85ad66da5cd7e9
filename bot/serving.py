"""Running the web process."""

import gc
import logging
import socket

import anyio.to_thread
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from bot import certificates, desk, logs
from bot.bootstrap import Services
from bot.push_connection import PushConnection
from console.events import Live
from nlu.parsing import parse

log = logging.getLogger(__name__)

_BACKLOG = 1024
_STOP_SECONDS = 10
_NEW_OBJECTS_BEFORE_GC = 20_000


def listen(host: str, port: int, fd: int | None = None) -> socket.socket:
    """Open the listening socket (or take over an open one). Raises OSError when the port is taken."""
    if fd is not None:
        return socket.socket(fileno=fd)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class _Server(uvicorn.Server):
    """uvicorn with a thread for each request worked on at the same time."""

    def __init__(self, config: uvicorn.Config, threads: int, live: Live) -> None:
        super().__init__(config)
        self._threads = threads
        self._live = live

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = self._threads
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.close()  # an open page of the console would hold it for all of _STOP_SECONDS
        await super().shutdown(sockets)


def serve(services: Services, listening: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT; those being answered are finished."""
    from bot.app import create_app

    config = services.config
    logs.set_up(config.app.log_level, config.app.log_format)
    app = create_app(services)
    server = _Server(
        uvicorn.Config(
            app,
            http=PushConnection,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=config.web.trusted_proxies,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_STOP_SECONDS,
            h11_max_incomplete_event_size=32_768,
        ),
        config.web.threads,
        app.live,
    )
    certificates.keep_fresh(services)
    _warm_up(services)
    desk.ensure_first_operator(services)
    host, port = listening.getsockname()[:2]
    # What is loaded by now stays, and a turn leaves next to no cycles; looking for them every 700 objects took 5 % of
    # the process's samples.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS_BEFORE_GC)
    log.warning("kabot serve listens on http://%s:%s", host, port)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        services.engine.dispose()


def _warm_up(services: Services) -> None:
    """Load the catalog and what understanding needs, so that no buyer's message waits for it (and all others with it:
    turns run in the event loop)."""
    try:
        _, lexicon = services.shelf.current()
    except SQLAlchemyError as error:
        log.warning("the catalog cannot be loaded yet: %s", type(error).__name__)
        return
    parse("你好，想给家里老人的手机充点钱，大概多少合适？", lexicon)
