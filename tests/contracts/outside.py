"""The world around a shop, from the protocols alone: WeChat, WeChat Pay v3, Fulu, buyers; and the real processes."""

import base64
import hashlib
import json
import os
import re
import secrets
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CATALOG = Path(__file__).with_name("shop.toml")
APP_ID, APP_SECRET, TOKEN = "wx7e57c0de00000001", "outside-app-secret", "outsidetoken"
AES_KEY = "q9Wz3rT8yU1iO6pA5sD2fG7hJ4kL0xCvB8nM3qWeRtY"
MCH_ID, V3_KEY, CERT_SERIAL, PUB_KEY_ID = "1900077777", "v3-key-of-32-bytes-for-tests-abc", "5A17E9", "PUB_KEY_ID_0119"
FULU_KEY, FULU_SECRET = "fulu-app", "fulu-secret"
PHONE_UA = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile MicroMessenger/8.0.50 openid="
_MERCHANT = rsa.generate_private_key(65537, 2048)
_PLATFORM = rsa.generate_private_key(65537, 2048)


def eventually(what: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true answer of `what`; fails after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        if found := what():
            return found
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.03)


class Server:
    """One HTTP stand-in on a free port: subclasses answer (status, headers, body)."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = {
                    "method": self.command,
                    "url": self.path,
                    "path": urlsplit(self.path).path,
                    "body": body.decode(),
                    "query": {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()},
                    "headers": {k.lower(): v for k, v in self.headers.items()},
                    "at": time.monotonic(),
                }
                outer.calls.append(call)
                status, headers, answer = outer.answer(call)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET  # noqa: N815 - http.server's name

            def log_message(self, *args: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: Any) -> None:
                pass

        self._http = Quiet(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, call: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        raise NotImplementedError

    def to(self, path: str) -> list[dict[str, Any]]:
        return [c for c in list(self.calls) if c["path"].endswith(path)]


def as_json(data: Any, status: int = 200, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(data, ensure_ascii=False).encode()


class Account(Server):
    """The official account: tokens, customer messages, OAuth, menu."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse: dict[str, Any] = {}  # openid -> errcode, or an HTTP status as text
        self.sent: dict[str, list[str]] = defaultdict(list)
        self.menus: list[Any] = []
        self.codes: dict[str, str] = {}
        self.token = "token-" + "x" * 500

    def answer(self, call: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        path, query = call["path"], call["query"]
        if path == "/connect/oauth2/authorize":
            openid = call["headers"]["user-agent"].rpartition("openid=")[2]
            code = secrets.token_hex(8)
            self.codes[code] = openid
            joint = "&" if "?" in query["redirect_uri"] else "?"
            return (
                302,
                {
                    "Location": query["redirect_uri"]
                    + joint
                    + urlencode({"code": code, "state": query.get("state", "")})
                },
                b"",
            )
        if path == "/sns/oauth2/access_token":
            if (query.get("appid"), query.get("secret")) != (APP_ID, APP_SECRET):
                return as_json({"errcode": 40125, "errmsg": "invalid appsecret"})
            found = self.codes.pop(query.get("code", ""), None)
            return as_json(
                {"access_token": "o", "openid": found, "scope": "snsapi_base"}
                if found
                else {"errcode": 40029, "errmsg": "invalid code"}
            )
        if path == "/cgi-bin/stable_token":
            body = json.loads(call["body"])
            good = (body["appid"], body["secret"], body["grant_type"]) == (APP_ID, APP_SECRET, "client_credential")
            return as_json(
                {"access_token": self.token, "expires_in": 7200} if good else {"errcode": 40125, "errmsg": "no"}
            )
        if query.get("access_token") != self.token:
            return as_json({"errcode": 40001, "errmsg": "invalid credential"})
        if path == "/cgi-bin/message/custom/send":
            return self._send(json.loads(call["body"]))
        if path == "/cgi-bin/menu/create":
            self.menus.append(json.loads(call["body"]))
        return as_json({"errcode": 0, "errmsg": "ok"})

    def _send(self, message: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        refused = self.refuse.get(message["touser"])
        if isinstance(refused, str):
            return int(refused), {}, b"oops"
        if refused:
            return as_json({"errcode": refused, "errmsg": "response out of time limit or subscription is canceled"})
        self.sent[message["touser"]].append(
            json.dumps(message, ensure_ascii=False) if message["msgtype"] != "text" else message["text"]["content"]
        )
        return as_json({"errcode": 0, "errmsg": "ok"})


def sign_v3(text: bytes, key: rsa.RSAPrivateKey | None = None) -> str:
    return base64.b64encode((key or _PLATFORM).sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


class Pay(Server):
    """WeChat Pay v3: checks every request's signature, signs every answer, sends real notices."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.bad_signatures: list[str] = []
        self.down = False

    def answer(self, call: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if self.down:
            return 500, {}, b'{"code":"SYSTEM_ERROR","message":"down"}'
        status, data = self._route(call) if self._signed(call) else (401, {"code": "SIGN_ERROR", "message": "bad"})
        body = b"" if status == 204 else json.dumps(data, ensure_ascii=False).encode()
        stamp, nonce = str(int(time.time())), secrets.token_hex(8)
        return status, {"Content-Type": "application/json", **self.headers(body, stamp, nonce)}, body

    def headers(self, body: bytes, stamp: str, nonce: str) -> dict[str, str]:
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": sign_v3(text),
            "Wechatpay-Serial": PUB_KEY_ID,
        }

    def _signed(self, call: dict[str, Any]) -> bool:
        scheme, _, rest = call["headers"].get("authorization", "").partition(" ")
        got = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        try:
            assert scheme == "WECHATPAY2-SHA256-RSA2048"
            assert (got["mchid"], got["serial_no"]) == (MCH_ID, CERT_SERIAL)
            assert call["headers"].get("wechatpay-serial") == PUB_KEY_ID
            assert "application/json" in call["headers"]["accept"]
            assert call["headers"]["user-agent"]
            assert abs(time.time() - int(got["timestamp"])) < 300
            text = f"{call['method']}\n{call['url']}\n{got['timestamp']}\n{got['nonce_str']}\n{call['body']}\n"
            _MERCHANT.public_key().verify(
                base64.b64decode(got["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except (AssertionError, KeyError, InvalidSignature) as bad:
            self.bad_signatures.append(f"{call['method']} {call['url']}: {bad!r}")
            return False
        return True

    def _route(self, call: dict[str, Any]) -> tuple[int, Any]:
        path, data = call["path"], json.loads(call["body"] or "{}")
        if path in ("/v3/pay/transactions/jsapi", "/v3/pay/transactions/native"):
            return self._prepay(path.rsplit("/", 1)[1], data)
        if path.startswith("/v3/pay/transactions/out-trade-no/"):
            no, _, close = path.removeprefix("/v3/pay/transactions/out-trade-no/").partition("/")
            order = self.orders.get(no)
            if order is None:
                return 404, {"code": "ORDER_NOT_EXIST", "message": "no such order"}
            if not close:
                return 200, self.transaction(no)
            if order["state"] == "SUCCESS":
                return 400, {"code": "ORDERPAID", "message": "paid"}
            order["state"], order["closed_at"] = "CLOSED", time.monotonic()
            return 204, None
        if path == "/v3/refund/domestic/refunds" and call["method"] == "POST":
            return self._refund(data)
        if path.startswith("/v3/refund/domestic/refunds/"):
            found = self.refunds.get(path.rsplit("/", 1)[1])
            return (200, found) if found else (404, {"code": "RESOURCE_NOT_EXISTS", "message": "no"})
        return 404, {"code": "NOT_FOUND", "message": path}

    def _prepay(self, kind: str, data: dict[str, Any]) -> tuple[int, Any]:
        no = data["out_trade_no"]
        good = re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", no) and 1 <= len(data["description"]) <= 127
        good = good and (data["appid"], data["mchid"]) == (APP_ID, MCH_ID) and "?" not in data["notify_url"]
        good = good and isinstance(data["amount"]["total"], int) and (kind == "native" or data["payer"]["openid"])
        if not good:
            return 400, {"code": "PARAM_ERROR", "message": "bad"}
        old = self.orders.setdefault(
            no, {"ask": data, "kind": kind, "state": "NOTPAY", "prepay_id": "wx" + secrets.token_hex(15)}
        )
        if old["state"] != "NOTPAY":
            return 400, {"code": "ORDER_CLOSED" if old["state"] == "CLOSED" else "ORDERPAID", "message": "no"}
        if old["ask"] != data:
            return 403, {"code": "OUT_TRADE_NO_USED", "message": "changed"}
        return 200, {"prepay_id": old["prepay_id"]} if kind == "jsapi" else {
            "code_url": "weixin://wxpay/bizpayurl?pr=" + no
        }

    def _refund(self, data: dict[str, Any]) -> tuple[int, Any]:
        no = data.get("out_trade_no") or next(
            n for n, o in self.orders.items() if o.get("transaction_id") == data["transaction_id"]
        )
        refund = self.refunds.setdefault(
            data["out_refund_no"],
            {
                "refund_id": "50" + secrets.token_hex(12),
                "out_refund_no": data["out_refund_no"],
                "out_trade_no": no,
                "transaction_id": self.orders[no]["transaction_id"],
                "channel": "ORIGINAL",
                "user_received_account": "支付用户零钱",
                "status": "PROCESSING",
                "create_time": "2026-11-22T08:00:00+08:00",
                "amount": {
                    **data["amount"],
                    "payer_total": data["amount"]["total"],
                    "payer_refund": data["amount"]["refund"],
                },
            },
        )
        return 200, refund

    def transaction(self, no: str) -> dict[str, Any]:
        order = self.orders[no]
        base = {
            "appid": APP_ID,
            "mchid": MCH_ID,
            "out_trade_no": no,
            "trade_state": order["state"],
            "trade_state_desc": "-",
        }
        if order["state"] != "SUCCESS":
            return base
        total = order["ask"]["amount"]["total"]
        return base | {
            "transaction_id": order["transaction_id"],
            "trade_type": order["kind"].upper(),
            "bank_type": "OTHERS",
            "success_time": time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 28800)),
            "attach": "",
            "payer": {"openid": order["ask"].get("payer", {}).get("openid", "oPAYER")},
            "amount": {"total": total, "payer_total": total, "currency": "CNY", "payer_currency": "CNY"},
        }

    def pay(self, no: str) -> dict[str, Any]:
        """The buyer pays; nobody is told yet."""
        self.orders[no] |= {"state": "SUCCESS", "transaction_id": "42000" + secrets.token_hex(10)}
        return self.transaction(no)

    def notice(
        self, plain: dict[str, Any], event: str = "TRANSACTION.SUCCESS", **how: Any
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a notice; `how` bends one thing: key, at, serial, signer, algorithm."""
        nonce, aad = secrets.token_hex(6), "transaction"
        sealed = AESGCM(how.get("key", V3_KEY).encode()).encrypt(
            nonce.encode(), json.dumps(plain, ensure_ascii=False).encode(), aad.encode()
        )
        body = json.dumps(
            {
                "id": secrets.token_hex(16),
                "create_time": "2026-11-22T08:00:00+08:00",
                "resource_type": "encrypt-resource",
                "event_type": event,
                "summary": "支付成功",
                "resource": {
                    "original_type": "transaction",
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "associated_data": aad,
                    "nonce": nonce,
                },
            }
        ).encode()
        stamp, salt = str(int(how.get("at", time.time()))), secrets.token_hex(8)
        headers = self.headers(body, stamp, salt) | {"Content-Type": "application/json"}
        if "signer" in how:
            headers["Wechatpay-Signature"] = sign_v3(f"{stamp}\n{salt}\n".encode() + body + b"\n", how["signer"])
        if "serial" in how:
            headers["Wechatpay-Serial"] = how["serial"]
        return body, headers


class Fulu(Server):
    """The supplier: `script` decides per account what happens: success, failed, processing, timeout, unknown."""

    def __init__(self) -> None:
        super().__init__()
        self.script: dict[str, str] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.adds: list[dict[str, Any]] = []
        self.queries: list[str] = []
        self.bad: list[str] = []

    @staticmethod
    def sign(params: dict[str, Any]) -> str:
        text = json.dumps({k: v for k, v in params.items() if k != "sign"}, ensure_ascii=False, separators=(",", ":"))
        return hashlib.md5(("".join(sorted(text)) + FULU_SECRET).encode()).hexdigest()

    def answer(self, call: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        params = json.loads(call["body"])
        if params.get("sign") != self.sign(params) or params["app_key"] != FULU_KEY or call["path"] != "/api/getway":
            self.bad.append(call["body"])
            return self._reply(2000, "sign error", {})
        biz = json.loads(params["biz_content"])
        no = biz["customer_order_no"]
        if params["method"] == "fulu.order.info.get":
            self.queries.append(no)
            if no not in self.orders:
                return self._reply(3007, "no such order", {})
            return self._reply(0, "ok", self.orders[no])
        self.adds.append({"method": params["method"], "at": time.monotonic(), **biz})
        account = str(biz.get("charge_account") or biz.get("charge_phone"))
        todo = self.script.get(account, "success")
        state = {"success": "success", "failed": "failed"}.get(todo, "processing")
        self.orders[no] = {
            "order_id": "F" + no,
            "customer_order_no": no,
            "order_state": state,
            "charge_account": account,
            "product_id": biz.get("product_id"),
            "buy_num": biz.get("buy_num", 1),
            "recharge_description": "",
        }
        if todo == "timeout":
            time.sleep(40)
        if todo == "unknown":
            return 502, {}, b"<html>bad gateway</html>"
        return self._reply(
            0, "accepted", {**self.orders[no], "order_state": "untreated" if state == "success" else state}
        )

    def _reply(self, code: int, message: str, result: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        data: dict[str, Any] = {"code": code, "message": message, "result": json.dumps(result, ensure_ascii=False)}
        return as_json(data | {"sign": self.sign(data)})

    def finish(self, no: str, state: str) -> None:
        self.orders[no]["order_state"] = state

    def callback(self, no: str, state: str) -> dict[str, Any]:
        params = {
            "order_id": "F" + no,
            "charge_finish_time": "2026-11-22 08:00:00",
            "customer_order_no": no,
            "order_status": state,
            "recharge_description": "",
            "product_id": "1",
            "price": "1.0000",
            "buy_num": "1",
            "operator_serial_number": "",
        }
        return params | {"sign": self.sign(params)}


class Crypt:
    """WeChat's message encryption (AES-256-CBC, PKCS#7 to 32), for both directions."""

    key = base64.b64decode(AES_KEY + "=")

    @classmethod
    def seal(cls, text: str, app_id: str = APP_ID) -> str:
        raw = text.encode()
        plain = secrets.token_bytes(16) + struct.pack(">I", len(raw)) + raw + app_id.encode()
        pad = 32 - len(plain) % 32
        coder = Cipher(algorithms.AES(cls.key), modes.CBC(cls.key[:16])).encryptor()
        return base64.b64encode(coder.update(plain + bytes([pad]) * pad) + coder.finalize()).decode()

    @classmethod
    def open(cls, sealed: str) -> str:
        coder = Cipher(algorithms.AES(cls.key), modes.CBC(cls.key[:16])).decryptor()
        plain = coder.update(base64.b64decode(sealed)) + coder.finalize()
        plain = plain[16 : -plain[-1]]
        size = struct.unpack(">I", plain[:4])[0]
        assert plain[4 + size :].decode() == APP_ID
        return plain[4 : 4 + size].decode()


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


class Buyer:
    """One follower of the account: what he writes, and every answer he gets."""

    _last_id = int(time.time() * 1000) * 1000

    def __init__(self, shop: "Shop", openid: str | None = None) -> None:
        self.shop, self.openid = shop, openid or "o" + secrets.token_hex(13)

    def xml(self, kind: str, msg_id: int | None = None, at: int | None = None, **parts: str) -> str:
        inner = "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in parts.items())
        if kind != "event":
            Buyer._last_id += 1
            inner += f"<MsgId>{msg_id or Buyer._last_id}</MsgId>"
        return (
            f"<xml><ToUserName><![CDATA[gh_outside]]></ToUserName><FromUserName><![CDATA[{self.openid}]]></FromUserName>"
            f"<CreateTime>{at or int(time.time())}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}</xml>"
        )

    def push(self, xml: str, mode: str | None = None, **query: str) -> httpx.Response:
        """POSTs one message as WeChat does, in the shop's mode or the one given; `query` replaces parameters."""
        mode = mode or self.shop.mode
        stamp, nonce = str(int(time.time())), secrets.token_hex(5)
        asked = {"signature": sha1(TOKEN, stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": self.openid}
        if mode != "plain":
            sealed = Crypt.seal(xml)
            asked |= {"encrypt_type": "aes", "msg_signature": sha1(TOKEN, stamp, nonce, sealed)}
            wrapped = f"<ToUserName><![CDATA[gh_outside]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt>"
            xml = (
                f"<xml>{wrapped}</xml>"
                if mode == "safe"
                else xml.replace("</xml>", f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>")
            )
        return self.shop.http.post(
            "/wechat", params=asked | query, content=xml.encode(), headers={"Content-Type": "text/xml"}
        )

    def read(self, answer: httpx.Response) -> str:
        """The text of a passive reply; empty for `success` or an empty body."""
        assert answer.status_code == 200, (answer.status_code, answer.text)
        if answer.text in ("", "success"):
            return ""
        root = ET.fromstring(answer.text)
        if (sealed := root.findtext("Encrypt")) is not None:
            assert root.findtext("MsgSignature") == sha1(
                TOKEN, root.findtext("TimeStamp") or "", root.findtext("Nonce") or "", sealed
            )
            root = ET.fromstring(Crypt.open(sealed))
        assert (root.findtext("ToUserName"), root.findtext("FromUserName")) == (self.openid, "gh_outside")
        return root.findtext("Content") or f"[{root.findtext('MsgType')}]"

    def say(self, text: str, **how: Any) -> str:
        return self.read(self.push(self.xml("text", Content=text, **how)))

    def event(self, name: str, key: str = "", **how: Any) -> str:
        return self.read(self.push(self.xml("event", Event=name, EventKey=key, **how)))

    def order(self, *said: str) -> "Order":
        """Says everything, then 确认; the order that came of it."""
        for text in said:
            self.last = self.say(text)
        return Order(self, self.say("确认"))

    @property
    def pushed(self) -> list[str]:
        return self.shop.account.sent[self.openid]

    def got(self, *parts: str, seconds: float = 10) -> str:
        """The first pushed message that contains all parts."""
        found: str = eventually(
            lambda: next((m for m in list(self.pushed) if all(p in m for p in parts)), None), seconds
        )
        return found

    def browser(self) -> httpx.Client:
        return httpx.Client(headers={"User-Agent": PHONE_UA + self.openid}, follow_redirects=True, timeout=60)


class Order:
    """One order as its buyer sees it: the link in the chat, the page, the payment."""

    def __init__(self, buyer: Buyer, reply: str) -> None:
        self.buyer, self.shop, self.reply = buyer, buyer.shop, reply
        links = set(re.findall(re.escape(self.shop.url) + r"/pay/[\w\-.~]+", reply))
        assert len(links) == 1, reply
        self.link = links.pop()
        self.token = self.link.rsplit("/", 1)[1]

    def open(self, buyer: Buyer | None = None) -> dict[str, Any]:
        """Opens the page and asks for the payment parameters; remembers the number at WeChat Pay."""
        with (buyer or self.buyer).browser() as browser:
            page = browser.get(self.link)
            assert page.status_code == 200, page.text
            self.page = page.text
            answer = browser.post(self.link + "/jsapi")
            assert answer.status_code == 200, (answer.status_code, answer.text)
        self.params: dict[str, Any] = answer.json()
        prepay = self.params["package"].removeprefix("prepay_id=")
        self.no = next(n for n, o in self.shop.pay.orders.items() if o["prepay_id"] == prepay)
        return self.params

    def paid(self) -> "Order":
        """Opens, pays, and has WeChat tell the shop."""
        self.open()
        answer = self.shop.notify(self.shop.pay.pay(self.no))
        assert answer.status_code in (200, 204), (answer.status_code, answer.text)
        return self

    def order_page(self, buyer: Buyer | None = None) -> httpx.Response:
        with (buyer or self.buyer).browser() as browser:
            return browser.get(self.link.replace("/pay/", "/orders/"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Shop:
    """The real processes on a data directory of their own, told everything by a file and the environment."""

    def __init__(self, root: Path, mode: str = "plain", **overrides: str) -> None:
        self.root, self.mode = root, mode
        self.account, self.pay, self.fulu = Account(), Pay(), Fulu()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, timeout=60)
        self.overrides = overrides
        self.processes: list[subprocess.Popen[bytes]] = []
        root.mkdir(parents=True, exist_ok=True)
        pem = serialization.Encoding.PEM
        (root / "merchant.pem").write_bytes(
            _MERCHANT.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        (root / "wechatpay.pem").write_bytes(
            _PLATFORM.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        self.config = root / "outside.toml"
        self.config.write_text(f"""
[app]
public_url = "{self.url}"
data_dir = "{root / "data"}"
secret_key = "{base64.b64encode(b"k" * 32).decode()}"
[wechat]
app_id = "{APP_ID}"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
mode = "{mode}"
api_base = "{self.account.base}"
oauth_base = "{self.account.base}"
[pay]
mch_id = "{MCH_ID}"
api_v3_key = "{V3_KEY}"
cert_serial = "{CERT_SERIAL}"
private_key_file = "{root / "merchant.pem"}"
public_key_id = "{PUB_KEY_ID}"
public_key_file = "{root / "wechatpay.pem"}"
api_base = "{self.pay.base}"
[supplier.fulu]
kind = "fulu"
api_base = "{self.fulu.base}"
app_key = "{FULU_KEY}"
app_secret = "{FULU_SECRET}"
default = true
""")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("KABOT_")}
        self.env |= {"KABOT_CONFIG": str(self.config), "KABOT_WECHAT__APP_SECRET": APP_SECRET, **overrides}

    def run(
        self, *args: str, stdin: str | None = None, env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return subprocess.run(
            [kabot(), *args],
            env=self.env | (env or {}),
            cwd=cwd or self.root,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )

    def ok(self, *args: str) -> str:
        done = self.run(*args)
        assert done.returncode == 0, done
        return done.stdout

    def start(self, *args: str, **env: str) -> subprocess.Popen[bytes]:
        log = (self.root / f"{args[0]}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen([kabot(), *args], env=self.env | env, cwd=self.root, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def serve(self) -> subprocess.Popen[bytes]:
        web = self.start("serve", "--port", str(self.port))
        self.ready(web)
        return web

    def ready(self, web: subprocess.Popen[bytes]) -> None:
        def up() -> bool:
            assert web.poll() is None, "kabot serve has ended"
            try:
                return self.http.get("/readyz").status_code == 200
            except httpx.TransportError:
                return False

        eventually(up, 60)

    def notify(self, plain: dict[str, Any], event: str = "TRANSACTION.SUCCESS", **how: Any) -> httpx.Response:
        body, headers = self.pay.notice(plain, event, **how)
        return self.http.post("/pay/notify", content=body, headers=headers)

    def keys(self, sku: str, *keys: str) -> str:
        file = self.root / f"keys-{secrets.token_hex(4)}.txt"
        file.write_text("\n".join(keys) + "\n")
        return self.ok("keys", "import", sku, str(file))

    def stop(self, how: int = signal.SIGTERM) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(how)
        for process in self.processes:
            process.wait(60)
        self.processes.clear()


def kabot() -> str:
    return str(Path(sys.executable).with_name("kabot"))


@contextmanager
def running(root: Path, mode: str = "plain", **overrides: str) -> Iterator[Shop]:
    """A shop with its catalog, one web process and one worker."""
    shop = Shop(root, mode, **overrides)
    shop.ok("migrate")
    shop.ok("catalog", "import", str(CATALOG))
    shop.serve()
    shop.start("worker")
    try:
        yield shop
    finally:
        shop.stop()
