"""A sandbox in a thread, a small bot that answers as told, and a merchant who signs for himself."""

import base64
import contextlib
import hashlib
import json
import secrets
import struct
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.app import create_app
from sandbox.server import free_socket, running
from sandbox.settings import Credentials


@dataclass
class Call:
    """One request that reached the bot."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeBot:
    """Answers what the test says; remembers everything it was asked."""

    calls: list[Call] = field(default_factory=list)
    answer: Callable[[Call], tuple[int, dict[str, str], bytes]] = lambda _: (200, {}, b"success")
    url: str = ""

    def to(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    def wait_for(self, path: str, count: int = 1, seconds: float = 60.0) -> list[Call]:
        ends = time.monotonic() + seconds
        while len(self.to(path)) < count and time.monotonic() < ends:
            time.sleep(0.01)
        found = self.to(path)
        assert len(found) >= count, f"{len(found)} of {count} calls to {path}"
        return found


@contextlib.contextmanager
def bot_running() -> Iterator[FakeBot]:
    bot = FakeBot()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.command, parts.path, query, headers, body)
            bot.calls.append(call)
            status, more, answer = bot.answer(call)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a caller that hangs up is part of the tests
    bot.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield bot
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Shop:
    """The merchant's and account's side: everything signed here, nothing shared with the sandbox but the secrets."""

    def __init__(self, url: str, credentials: Credentials, bot: FakeBot, clock: list[float]) -> None:
        self.url = url
        self.credentials = credentials
        self.bot = bot
        self.clock = clock
        self.notify = "/pay/notify"
        self.somebody = ""
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        key = serialization.load_pem_private_key(credentials.merchant_private_key_pem.encode(), None)
        platform = serialization.load_pem_public_key(credentials.platform_public_key_pem.encode())
        assert isinstance(key, RSAPrivateKey)
        assert isinstance(platform, RSAPublicKey)
        self.key, self.platform = key, platform

    # -- time

    def now(self) -> float:
        return time.time() + self.clock[0]

    def move_clock(self, seconds: float) -> None:
        self.clock[0] += seconds

    # -- WeChat Pay

    def sign(self, text: str) -> str:
        return base64.b64encode(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()

    def authorization(self, method: str, target: str, body: str, **changed: str) -> str:
        stamp, nonce = changed.get("timestamp", str(int(self.now()))), secrets.token_hex(16)
        values = {
            "mchid": self.credentials.mch_id,
            "nonce_str": nonce,
            "timestamp": stamp,
            "serial_no": self.credentials.merchant_serial,
            "signature": self.sign(f"{method}\n{target}\n{stamp}\n{nonce}\n{body}\n"),
        } | changed
        return "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in values.items())

    def pay(self, method: str, target: str, body: Any = None, **changed: str) -> httpx.Response:
        text = "" if body is None else body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        headers = {
            "Authorization": self.authorization(method, target, text, **changed),
            "Accept": "application/json",
            "User-Agent": "tests",
            "Content-Type": "application/json",
        }
        return self.http.request(method, target, content=text.encode(), headers=headers)

    def verifies(self, headers: Any, body: str) -> bool:
        text = f"{headers['wechatpay-timestamp']}\n{headers['wechatpay-nonce']}\n{body}\n"
        try:
            signature = base64.b64decode(headers["wechatpay-signature"])
            self.platform.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except Exception:
            return False
        return True

    def unseal(self, resource: dict[str, str]) -> Any:
        cipher = base64.b64decode(resource["ciphertext"])
        key = AESGCM(self.credentials.api_v3_key.encode())
        return key.decrypt(resource["nonce"].encode(), cipher, resource["associated_data"].encode()).decode()

    def order(self, openid: str, number: str = "", total: int = 9950, **more: Any) -> dict[str, Any]:
        return {
            "appid": self.credentials.app_id,
            "mchid": self.credentials.mch_id,
            "description": "话费充值 100元",
            "out_trade_no": number or f"K{secrets.randbelow(10**15):015d}",
            "notify_url": self.bot.url + self.notify,
            "amount": {"total": total, "currency": "CNY"},
            "payer": {"openid": openid},
        } | more

    def jsapi(self, openid: str, **more: Any) -> tuple[str, str]:
        order = self.order(openid, **more)
        answer = self.pay("POST", "/v3/pay/transactions/jsapi", order)
        assert answer.status_code == 200, answer.text
        return order["out_trade_no"], answer.json()["prepay_id"]

    def sheet(self, openid: str, prepay_id: str, **changed: Any) -> dict[str, Any]:
        app_id, stamp, nonce = self.credentials.app_id, str(int(self.now())), secrets.token_hex(8)
        package = f"prepay_id={prepay_id}"
        return {
            "openid": openid,
            "appId": app_id,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self.sign(f"{app_id}\n{stamp}\n{nonce}\n{package}\n"),
        } | changed

    def press_pay(self, openid: str, prepay_id: str, **changed: Any) -> str:
        answer = self.http.post("/sandbox/api/cashier", json=self.sheet(openid, prepay_id, **changed)).json()
        return str(answer["err_msg"]).rpartition(":")[2]

    def paid(self, openid: str, **more: Any) -> str:
        number, prepay_id = self.jsapi(openid, **more)
        assert self.press_pay(openid, prepay_id) == "ok"
        return number

    # -- the account

    def token(self) -> str:
        c = self.credentials
        body = {"grant_type": "client_credential", "appid": c.app_id, "secret": c.app_secret}
        return str(self.http.post("/cgi-bin/stable_token", json=body).json()["access_token"])

    def api(self, path: str, body: Any, token: str = "") -> dict[str, Any]:
        answer = self.http.post(path, params={"access_token": token or self.token()}, json=body)
        assert isinstance(answer.json(), dict)
        return dict(answer.json())

    def send(self, openid: str, content: str = "您好") -> int:
        body = {"touser": openid, "msgtype": "text", "text": {"content": content}}
        return int(self.api("/cgi-bin/message/custom/send", body)["errcode"])

    # -- phones

    def buyer(self, subscribe: bool = True) -> str:
        answer = self.http.post("/sandbox/api/buyers", json={"name": "小林", "subscribe": subscribe})
        return str(answer.json()["openid"])

    def say(self, openid: str, content: str = "你好", **more: Any) -> list[dict[str, Any]]:
        body = {"kind": "text", "content": content} | more
        answer = self.http.post(f"/sandbox/api/chat/{openid}/say", json=body)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])

    def faults(self, **parts: Any) -> None:
        answer = self.http.put("/sandbox/api/faults", json=parts)
        assert answer.status_code == 200, answer.text

    # -- the push, opened

    def opened(self, call: Call) -> dict[str, str]:
        root = ET.fromstring(call.body)
        cipher = root.findtext("Encrypt")
        if cipher is not None:
            c = self.credentials
            parts = sorted([c.token, call.query["timestamp"], call.query["nonce"], cipher])
            assert hashlib.sha1("".join(parts).encode()).hexdigest() == call.query["msg_signature"]
            key = base64.b64decode(c.aes_key + "=")
            opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
            plain = opener.update(base64.b64decode(cipher)) + opener.finalize()
            plain = plain[: -plain[-1]]
            (length,) = struct.unpack(">I", plain[16:20])
            assert plain[20 + length :].decode() == c.app_id
            root = ET.fromstring(plain[20 : 20 + length])
        return {child.tag: child.text or "" for child in root}

    def sealed_reply(self, xml: str) -> bytes:
        c, stamp, nonce = self.credentials, str(int(self.now())), "42"
        body = xml.encode()
        plain = secrets.token_bytes(16) + struct.pack(">I", len(body)) + body + c.app_id.encode()
        fill = 32 - len(plain) % 32
        key = base64.b64decode(c.aes_key + "=")
        sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        cipher = base64.b64encode(sealer.update(plain + bytes([fill]) * fill) + sealer.finalize()).decode()
        signature = hashlib.sha1("".join(sorted([c.token, stamp, nonce, cipher])).encode()).hexdigest()
        return (
            f"<xml><Encrypt><![CDATA[{cipher}]]></Encrypt><MsgSignature>{signature}</MsgSignature>"
            f"<TimeStamp>{stamp}</TimeStamp><Nonce>{nonce}</Nonce></xml>"
        ).encode()

    def text_reply(self, call: Call, content: str) -> str:
        heard = self.opened(call)
        return (
            f"<xml><ToUserName><![CDATA[{heard['FromUserName']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{heard['ToUserName']}]]></FromUserName><CreateTime>{int(self.now())}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content></xml>"
        )


@contextlib.contextmanager
def shop_running(credentials: Credentials, **settings: Any) -> Iterator[Shop]:
    clock = [0.0]
    with bot_running() as bot:
        sock = free_socket()
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        values = {"notice_speed": 1000.0, "supplier_seconds": 0.1} | settings
        made = credentials.sandbox_settings(bot_url=bot.url, public_url=url, **values)
        app = create_app(made, now=lambda: time.time() + clock[0])
        with running(app, sock):
            shop = Shop(url, credentials, bot, clock)
            yield shop
            shop.http.close()
