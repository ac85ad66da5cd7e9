"""What tests of payments stand on: a merchant's keys, a sandbox over HTTP, genuine and forged notices."""

import base64
import contextlib
import functools
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, insert

from fulfillment.tables import Orders
from kernel.clock import Clock, SystemClock
from kernel.ids import new_order_no, new_token
from payments.exchange import PaySettings
from payments.fake import FakeWechatPay
from payments.gateway import CodeUrl, PayGateway, PaymentRequest, Prepay
from payments.wechatpay import WechatPay
from sandbox.app import create_app
from sandbox.server import free_socket, running
from sandbox.settings import Credentials

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
TTL = timedelta(minutes=15)


def add_order(engine: Engine, *, total_fen: int = 9950, now: datetime = NOON) -> str:
    """Insert an order of its own buyer; its number."""
    order_no = str(new_order_no(now))
    with engine.begin() as conn:
        conn.execute(
            insert(Orders).values(
                order_no=order_no,
                openid="oBuyer",
                message_key=order_no,
                token=new_token(),
                state="unpaid",
                total_fen=total_fen,
                created_at=now,
                expires_at=now + TTL,
            )
        )
    return order_no


class Till(Protocol):
    """A gateway, and the buyers in front of it."""

    gateway: PayGateway
    clock: Clock

    def buyer(self) -> str: ...

    def pay(self, given: Prepay | CodeUrl, openid: str) -> bool: ...

    def set_balance_empty(self, empty: bool) -> None: ...


@dataclass
class FakeTill:
    clock: Clock
    gateway: FakeWechatPay = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = FakeWechatPay(self.clock)

    def buyer(self) -> str:
        return "oBuyer"

    def pay(self, given: Prepay | CodeUrl, openid: str) -> bool:
        return self.gateway.pay(given, openid) is not None

    def set_balance_empty(self, empty: bool) -> None:
        self.gateway.balance_fen = 0 if empty else 10**12


@dataclass
class SandboxTill:
    """The real gateway, speaking to the sandbox over HTTP."""

    url: str
    credentials: Credentials
    notices: list[tuple[dict[str, str], bytes]]
    clock: Clock = field(default_factory=SystemClock)
    gateway: WechatPay = field(init=False)
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = WechatPay(self.settings(), self.clock)
        self.http = httpx.Client(base_url=self.url, timeout=60)

    def settings(self, **changed: Any) -> PaySettings:
        c = self.credentials
        values: dict[str, Any] = {
            "app_id": c.app_id,
            "mch_id": c.mch_id,
            "api_v3_key": c.api_v3_key.encode(),
            "cert_serial": c.merchant_serial,
            "private_key_pem": c.merchant_private_key_pem.encode(),
            "public_key_id": c.platform_key_id,
            "public_key_pem": c.platform_public_key_pem.encode(),
            "notify_url": f"{self.url}/pay/notify",
            "api_base": self.url,
        }
        return PaySettings(**(values | changed))

    def buyer(self) -> str:
        return str(self.http.post("/sandbox/api/buyers", json={"name": "小林"}).json()["openid"])

    def pay(self, given: Prepay | CodeUrl, openid: str) -> bool:
        if isinstance(given, Prepay):
            asked = {**self.gateway.bridge_params(given.prepay_id), "openid": openid, "outcome": "ok"}
            answer = self.http.post("/sandbox/api/cashier", json=asked).json()
        else:
            answer = self.http.post("/sandbox/api/scan", json={"openid": openid, "code_url": given.code_url}).json()
        return bool(answer["err_msg"].endswith(":ok"))

    def set_balance_empty(self, empty: bool) -> None:
        self.faults(pay={"kind": "not_enough", "times": -1, "on": "POST /v3/refund"} if empty else None)

    def faults(self, **parts: Any) -> None:
        answer = self.http.put("/sandbox/api/faults", json=parts)
        assert answer.status_code == 200, answer.text


@contextlib.contextmanager
def sandbox_till(credentials: Credentials) -> Iterator[SandboxTill]:
    """A running sandbox whose notices arrive in the till's list."""
    notices: list[tuple[dict[str, str], bytes]] = []
    with _receiver(notices) as bot_url:
        sock = free_socket()
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        settings = credentials.sandbox_settings(bot_url=bot_url, public_url=url, notice_speed=1000.0)
        with running(create_app(settings), sock):
            till = SandboxTill(url, credentials, notices)
            yield till
            till.gateway.shut_down()
            till.http.close()


@contextlib.contextmanager
def _receiver(kept: list[tuple[dict[str, str], bytes]]) -> Iterator[str]:
    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/pay/notify":
                kept.append((dict(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Receiver) as url:
        yield url


@contextlib.contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve with this handler on a free port, in a thread."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def request(
    out_trade_no: str, *, total_fen: int = 9950, expires_at: datetime, text: str = "话费充值"
) -> PaymentRequest:
    return PaymentRequest(out_trade_no, total_fen, text, expires_at)


# ---- an independent reading of signatures, by arithmetic -----------------------------------------------------------


def signed_with(public_key_pem: str, signature: str, message: str) -> bool:
    """RSA-SHA256 with PKCS#1 v1.5 padding, checked with nothing but pow()."""
    key = serialization.load_pem_public_key(public_key_pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    numbers = key.public_numbers()
    size = key.key_size // 8
    opened = pow(int.from_bytes(base64.b64decode(signature, validate=True)), numbers.e, numbers.n).to_bytes(size)
    digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message.encode()).digest()
    return opened == b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest


@functools.cache
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


# ---- notices -------------------------------------------------------------------------------------------------------


@dataclass
class Platform:
    """WeChat Pay's side of notices, able to get any single thing wrong."""

    credentials: Credentials

    def transaction(self, **changed: Any) -> dict[str, Any]:
        return {
            "appid": self.credentials.app_id,
            "mchid": self.credentials.mch_id,
            "out_trade_no": "K2611220000000001",
            "transaction_id": "4200000000202611220000000001",
            "trade_type": "JSAPI",
            "trade_state": "SUCCESS",
            "success_time": "2026-11-22T12:00:00+08:00",
            "payer": {"openid": "oPayer"},
            "amount": {"total": 9950, "payer_total": 9000, "currency": "CNY", "payer_currency": "CNY"},
        } | changed

    def refund(self, **changed: Any) -> dict[str, Any]:
        return {
            "mchid": self.credentials.mch_id,
            "out_trade_no": "K2611220000000001",
            "transaction_id": "4200000000202611220000000001",
            "out_refund_no": "K2611220000000001-R1",
            "refund_id": "50300000000000000000000001",
            "refund_status": "SUCCESS",
            "success_time": "2026-11-22T12:05:00+08:00",
            "amount": {"total": 9950, "refund": 5000, "payer_total": 9950, "payer_refund": 5000},
        } | changed

    def seal(self, plain: Any, kind: str = "transaction", *, key: str = "") -> dict[str, Any]:
        nonce = "abcdefghijkl"
        data = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
        sealed = AESGCM((key or self.credentials.api_v3_key).encode()).encrypt(nonce.encode(), data, kind.encode())
        return {
            "original_type": kind,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode(),
            "associated_data": kind,
            "nonce": nonce,
        }

    def envelope(self, sealed: Any, event_type: str = "TRANSACTION.SUCCESS", **changed: Any) -> dict[str, Any]:
        return {
            "id": "EV-2611220001",
            "create_time": "2026-11-22T12:00:01+08:00",
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": "支付成功",
            "resource": sealed,
        } | changed

    def sign(self, body: bytes, *, at: datetime = NOON, pem: str = "", **changed: str) -> dict[str, str]:
        stamp, nonce = str(int(at.timestamp())), "n0nce"
        key = _private_key(pem or self.credentials.platform_private_key_pem)
        message = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()
        headers = {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": signature,
            "Wechatpay-Serial": self.credentials.platform_key_id,
        }
        return headers | {f"Wechatpay-{name.title()}": value for name, value in changed.items()}

    def notice(self, envelope: Any, **signing: Any) -> tuple[Mapping[str, str], bytes]:
        body = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
        return self.sign(body, **signing), body
