"""A receiver of webhooks as somebody else would write it: a process of its own that checks signatures by the published
rules and writes down what it took, a JSON line each. `python -m tests.api.receiver SECRET FILE [STATUS]`; with status 0
it takes everything and never answers."""

import base64
import hashlib
import hmac
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Standard Webhooks 1.0: base64(HMAC-SHA256(secret, id.timestamp.body)), any of several, after `v1,`."""
    key = base64.b64decode(secret.split("_", 1)[1])
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    given = [part.split(",", 1)[1] for part in headers["webhook-signature"].split() if part.startswith("v1,")]
    return any(hmac.compare_digest(wanted, one) for one in given)


def main(secret: str, file: str, status: str = "200") -> None:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            took = {"path": self.path, "id": headers["webhook-id"], "ok": is_signed(secret, headers, body)}
            with Path(file).open("a") as log:
                log.write(json.dumps({**took, "body": json.loads(body), "raw": body.decode()}) + "\n")
            if status == "0":
                threading.Event().wait()
            self.send_response(int(status) if took["ok"] else 401)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
