"""Serving the sandbox: in the foreground for the demo, in a thread for tests."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

_STOP_SECONDS = 3


class Server(uvicorn.Server):
    """uvicorn that ends the event streams before it waits for open connections."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        application = self.config.app
        stream = getattr(application.state, "stream", None) if isinstance(application, Starlette) else None
        if stream is not None:
            stream.close()
        await super().shutdown(sockets)


def new_server(app: Starlette, host: str, port: int) -> Server:
    """A server that is not running yet."""
    config = uvicorn.Config(
        app, host, port, log_level="warning", access_log=False, timeout_graceful_shutdown=_STOP_SECONDS,
        server_header=False,
    )  # fmt: skip
    return Server(config)


@contextlib.contextmanager
def running(app: Starlette, sock: socket.socket) -> Iterator[str]:
    """Serve on this bound socket in a thread, and yield the address; everything has ended on leaving."""
    server = new_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        ends = time.monotonic() + 10
        while not server.started:
            if time.monotonic() > ends or not thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS + 5)
        sock.close()


def free_socket(port: int = 0) -> socket.socket:
    """A bound socket on 127.0.0.1, so that an address is known before anything is started."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock
