"""A supplier that answers every request with the same bytes."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Liar:
    """Answers every request with the same bytes; remembers the last request and every path."""

    def __init__(self) -> None:
        self.status, self.body, self.asked, self.paths = 200, b"", b"", list[str]()
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                liar.paths.append(self.path)
                liar.asked = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(liar.status)
                self.end_headers()
                with contextlib.suppress(OSError):  # the caller hung up, as it should
                    self.wfile.write(liar.body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
