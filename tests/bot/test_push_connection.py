"""Pushes over real sockets: each is answered however its bytes arrive, and what is no push is uvicorn's."""

import contextlib
import gc
import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow, token_hex

import pytest
import uvicorn

from bot import push_connection, requests
from bot.app import create_app
from bot.bootstrap import build
from bot.config import load_config
from bot.database import make_engine
from bot.push_connection import PushConnection
from bot.webhook import BODY_MAX_BYTES
from catalog.store import import_catalog
from sandbox.server import free_socket
from tests.shelves import demo_shelf

ROOT = Path(__file__).parents[2]
TOKEN = "connectiontoken"
PATIENCE_S = 30
KEEP_ALIVE_S = 1
_RESPONSE = re.compile(rb"HTTP/1\.1 (\d+) [^\r]*\r\n(.*?)\r\n\r\n", re.DOTALL)
_LENGTH = re.compile(rb"content-length: (\d+)")


@dataclass
class Line:
    """One connection, byte by byte."""

    wire: socket.socket
    held: bytes = b""

    def send(self, *pieces: bytes) -> "Line":
        """Each piece is a packet of its own."""
        for piece in pieces:
            self.wire.sendall(piece)
            if len(pieces) > 1:
                time.sleep(0.02)
        return self

    def answer(self) -> tuple[int, bytes, bytes]:
        """The next response: status, headers, body."""
        while True:
            head = _RESPONSE.match(self.held)
            length = _LENGTH.search(head[2]) if head else None
            if head and length and len(self.held) >= head.end() + int(length[1]):
                body = self.held[head.end() : head.end() + int(length[1])]
                self.held = self.held[head.end() + int(length[1]) :]
                return int(head[1]), head[2], body
            data = self.wire.recv(65536)
            assert data, f"closed after {self.held!r}"
            self.held += data

    def is_closed(self) -> bool:
        """Waits for the other end to close."""
        return not self.held and self.wire.recv(65536) == b""


@dataclass
class Door:
    """The web process's server on a port of its own."""

    port: int
    server: uvicorn.Server

    def connect(self) -> Line:
        return Line(socket.create_connection(("127.0.0.1", self.port), PATIENCE_S))


@pytest.fixture
def door(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Door]:
    environ = {
        "KABOT_APP__DATA_DIR": str(tmp_path),
        "KABOT_WECHAT__TOKEN": TOKEN,
        "KABOT_WECHAT__APP_ID": "wx1",
        "KABOT_WECHAT__MODE": "plain",
    }
    engine = make_engine(database_url)
    with engine.begin() as conn:
        import_catalog(conn, demo_shelf())
    engine.dispose()
    services = build(load_config(ROOT / "config.toml", environ=environ), database_url=database_url, redis_url=redis_url)
    config = uvicorn.Config(
        create_app(services), http=PushConnection, log_config=None, server_header=False, timeout_keep_alive=KEEP_ALIVE_S
    )
    server, sock = uvicorn.Server(config), free_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    ends = time.monotonic() + PATIENCE_S
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < ends
        time.sleep(0.01)
    yield Door(sock.getsockname()[1], server)
    server.should_exit = True
    thread.join(PATIENCE_S)
    services.engine.dispose()
    sock.close()


def push(words: str, *headers: str, openid: str = "oConnected", path: str = "/wechat", version: str = "1.1") -> bytes:
    """One signed push as it goes over the wire."""
    stamp, nonce = str(int(time.time())), token_hex(4)
    signature = hashlib.sha1("".join(sorted((TOKEN, stamp, nonce))).encode()).hexdigest()
    body = (
        f"<xml><ToUserName><![CDATA[gh_x]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{stamp}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{words}]]></Content><MsgId>{randbelow(10**18)}</MsgId></xml>"
    ).encode()
    head = "\r\n".join(
        (
            f"POST {path}?signature={signature}&timestamp={stamp}&nonce={nonce} HTTP/{version}",
            *(headers or (f"Host: x\r\nContent-Length: {len(body)}",)),
        )
    )
    return f"{head}\r\n\r\n".encode() + body


def test_a_push_is_answered_whole_in_two_pieces_and_byte_by_byte(door: Door) -> None:
    whole = push("充话费")
    head, _, body = whole.partition(b"\r\n\r\n")
    first, second = door.connect(), door.connect()
    for answer in (
        first.send(whole).answer(),
        first.send(head + b"\r\n\r\n", body).answer(),  # the same push: the stored reply
        second.send(whole[:3], whole[3:90], whole[90:-1], whole[-1:]).answer(),
    ):
        status, headers, xml = answer
        assert (status, b"text/xml; charset=utf-8" in headers) == (200, True)
        assert "99.50" in xml.decode()
        assert headers.startswith(b"date: ")
        assert headers.endswith(b"nosniff")


def test_several_pushes_at_once_over_one_connection_are_answered_in_their_order(door: Door) -> None:
    buyers = [f"oPipe{n}" for n in range(4)]
    at_once = door.connect().send(b"".join(push("充话费", openid=openid) for openid in buyers))
    assert [f"[{openid}]".encode() in at_once.answer()[2] for openid in buyers] == [True] * 4
    behind = door.connect()
    for openid in buyers:  # sent on while the one before is still being answered
        behind.send(push("你好", openid=openid))
    assert [f"[{openid}]".encode() in behind.answer()[2] for openid in buyers] == [True] * 4


def test_a_connection_may_carry_pushes_and_everything_else_by_turns(door: Door) -> None:
    line = door.connect()
    assert b"99.50" in line.send(push("充话费")).answer()[2]
    assert [type(one) for one in door.server.server_state.connections] == [PushConnection]
    for _ in range(2):
        assert b"99.50" in line.send(push("充话费")).answer()[2]
        assert line.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").answer()[2] == b"ok"
    assert line.send(b"GET /wechat?signature=x HTTP/1.1\r\nHost: x\r\n\r\n").answer()[0] == 403


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /wechat?signature=x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 403),
        (b"POST /wechat HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 403),
        (b"POST /wechat?%b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" % (b"a=1&" * 50), 400),
        (b"PUT /wechat HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
        (b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404),
        (b"POST /wechat HTTP/1.1\r\nHost: x\r\nContent-Length: 9x\r\n\r\n", 400),
        (b"POST /wechat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400),
        (b"nothing of the kind\r\n\r\n", 400),
    ],
)
def test_what_is_refused_is_refused_with_the_status_it_always_had(door: Door, request_: bytes, status: int) -> None:
    assert door.connect().send(request_).answer()[0] == status


def test_a_body_beyond_any_push_is_refused(door: Door) -> None:
    size = 2 * BODY_MAX_BYTES
    head = b"POST /wechat?signature=x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
    assert door.connect().send(head + b"x" * size).answer()[0] == 413


def test_chunks_and_a_wish_to_be_asked_first_are_uvicorns_and_are_answered(door: Door) -> None:
    body = push("充话费").partition(b"\r\n\r\n")[2]
    chunked = push("充话费", "Host: x", "Transfer-Encoding: chunked").partition(b"\r\n\r\n")[0]
    line = door.connect().send(chunked + b"\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    assert b"99.50" in line.answer()[2]
    asking = push("充话费", "Host: x", f"Content-Length: {len(body)}", "Expect: 100-continue").partition(b"\r\n\r\n")[0]
    line = door.connect().send(asking + b"\r\n\r\n")
    while b"\r\n\r\n" not in line.held:
        line.held += line.wire.recv(65536)
    assert line.held.startswith(b"HTTP/1.1 100 ")
    line.held = line.held.partition(b"\r\n\r\n")[2]
    assert b"99.50" in line.send(body).answer()[2]


@pytest.mark.parametrize(("version", "more"), [("1.1", "Connection: close"), ("1.0", "Connection: keep-alive")])
def test_a_connection_that_is_not_to_be_kept_is_closed_and_says_so(door: Door, version: str, more: str) -> None:
    whole = push("充话费", version=version)
    line = door.connect().send(whole.replace(b"Host: x", b"Host: x\r\n" + more.encode()))
    assert b"connection: close" in line.answer()[1]
    assert line.is_closed()


def test_nothing_holds_on_to_connections_that_are_over(door: Door) -> None:
    gc.disable()  # which would find them in the end
    try:
        for _ in range(3):
            line = door.connect()
            assert line.send(push("充话费").replace(b"Host: x", b"Host: x\r\nConnection: close")).answer()[0] == 200
            assert line.is_closed()
        ends = time.monotonic() + PATIENCE_S
        while any(isinstance(one, PushConnection) for one in gc.get_objects()):
            assert time.monotonic() < ends
            time.sleep(0.05)
    finally:
        gc.enable()


def test_a_kept_connection_over_which_nothing_comes_is_closed(door: Door) -> None:
    line = door.connect()
    for _ in range(2):
        line.send(push("充话费")).answer()
    assert line.is_closed()


HEAD = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n"


@pytest.mark.parametrize(
    "begun", [b"", b"GET /healthz HTTP/1.1\r\nHo", HEAD % b"/wechat", HEAD % b"/wechat" + b"\r\n<xml>"]
)
def test_a_request_that_never_becomes_whole_is_hung_up_on(
    door: Door, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(push_connection, "WHOLE_WITHIN_S", 0.2)
    with contextlib.suppress(ConnectionError):  # hung up on before it was sent, or with it unread
        assert door.connect().send(begun).is_closed()


def test_a_second_push_that_never_becomes_whole_is_hung_up_on_too(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_connection, "WHOLE_WITHIN_S", 3.0)
    line = door.connect().send(push("充话费"))
    assert line.answer()[0] == 200
    assert line.send(HEAD % b"/wechat" + b"\r\n<xml>").is_closed()


@pytest.mark.parametrize(
    "begun",
    [
        HEAD % b"/pay/notify" + b'\r\n{"id":',
        HEAD % b"/supplier/fulu/notify" + b"\r\n{",
        HEAD % b"/console/login" + b"\r\nname=",
        b"POST /wechat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<xml>\r\n",
    ],
)
def test_a_body_that_does_not_come_is_answered_408_and_hung_up_on(
    door: Door, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(requests, "BODY_WITHIN_S", 0.2)
    line = door.connect().send(begun)
    status, headers, _ = line.answer()
    assert status == 408
    assert b"connection: close" in headers.lower()
    assert line.is_closed()


def test_a_body_that_comes_slowly_is_given_the_time_it_needs(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "BODY_WITHIN_S", 0.3)
    monkeypatch.setattr(requests, "BODY_BYTES_PER_S", 1)
    line = door.connect().send(b"POST /pay/notify HTTP/1.1\r\nHost: x\r\nContent-Length: 120\r\n\r\n" + b"{" * 60)
    time.sleep(0.6)
    assert line.send(b"}" * 60).answer()[0] == 401


def test_who_hangs_up_in_the_middle_is_no_error_of_ours(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    for path in (b"/pay/notify", b"/console/login", b"/wechat"):
        door.connect().send(HEAD % path + b"\r\n{").wire.close()
    ends = time.monotonic() + PATIENCE_S
    while door.server.server_state.connections and time.monotonic() < ends:
        time.sleep(0.01)
    assert door.connect().send(push("充话费")).answer()[0] == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_server_that_stops_closes_idle_connections(door: Door) -> None:
    line, never = door.connect(), door.connect()
    line.send(push("充话费")).answer()
    door.server.should_exit = True
    assert line.is_closed()
    assert never.is_closed()
