"""The gateway on the wire: what it signs, what it believes, how long it waits, and what it keeps to itself."""

import base64
import contextlib
import gzip
import hashlib
import http.server
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot import certificates
from kernel.clock import SystemClock
from payments.gateway import (
    AlreadyPaid,
    BillNotReady,
    Busy,
    Closed,
    NoAnswer,
    NoBill,
    NoSuchNumber,
    NumberClosed,
    NumberUsed,
    Prepay,
    RefundRequest,
    Rejected,
    Transaction,
)
from payments.wechatpay import WechatPay
from tests.payments.till import TTL, Platform, SandboxTill, request, serving, signed_with

NUMBER = "K2611220000000001"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Wire:
    """A server that answers as told, and remembers what it was asked."""

    platform: Platform
    url: str = ""
    answer: Callable[[str], Answer] = lambda _: (500, {}, b"")
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def signed(self, status: int, value: Any, **signing: Any) -> Answer:
        body = b"" if value is None else json.dumps(value).encode()
        return status, self.platform.sign(body, **({"at": datetime.now(UTC)} | signing)), body

    def gateway(self, till: SandboxTill, **changed: Any) -> WechatPay:
        return WechatPay(till.settings(api_base=self.url, **changed), SystemClock())


@pytest.fixture
def wire(platform: Platform) -> Iterator[Wire]:
    wire = Wire(platform)

    class Handler(http.server.BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            wire.asked.append((self.command, self.path, dict(self.headers.items()), body))
            status, headers, answer = wire.answer(self.path)
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        do_GET = do_POST = _any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as url:
        wire.url = url
        yield wire


@pytest.fixture
def gateway(wire: Wire, wechat: SandboxTill) -> Iterator[WechatPay]:
    made = wire.gateway(wechat)
    yield made
    made.shut_down()


def _expires() -> datetime:
    return datetime(2026, 11, 22, 4, 15, tzinfo=UTC)


# ---- what is sent --------------------------------------------------------------------------------------------------


def test_a_request_is_signed_over_exactly_what_is_sent(wire: Wire, gateway: WechatPay, platform: Platform) -> None:
    wire.answer = lambda _: wire.signed(200, {"prepay_id": "wx1"})
    gateway.open_jsapi(request(NUMBER, expires_at=_expires()), "oPayer")
    gateway.query("K26|*22")
    for method, target, headers, body in wire.asked:
        fields = dict(re.findall(r'(\w+)="([^"]*)"', headers["Authorization"]))
        assert headers["Authorization"].startswith("WECHATPAY2-SHA256-RSA2048 ")
        assert (fields["mchid"], fields["serial_no"]) == (
            platform.credentials.mch_id,
            platform.credentials.merchant_serial,
        )
        message = f"{method}\n{target}\n{fields['timestamp']}\n{fields['nonce_str']}\n{body.decode()}\n"
        assert signed_with(platform.credentials.merchant_public_key_pem, fields["signature"], message)
        assert headers["Wechatpay-Serial"] == platform.credentials.platform_key_id
        assert headers["Accept"] == "application/json"
        assert headers["User-Agent"]
    assert {fields["nonce_str"] for fields in map(_authorization, wire.asked)} != {""}
    assert len({_authorization(asked)["nonce_str"] for asked in wire.asked}) == len(wire.asked)


def _authorization(asked: tuple[str, str, dict[str, str], bytes]) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="([^"]*)"', asked[2]["Authorization"]))


def test_a_payment_is_sent_with_every_field_of_the_protocol(wire: Wire, gateway: WechatPay, platform: Platform) -> None:
    wire.answer = lambda _: wire.signed(200, {"prepay_id": "wx1"})
    assert gateway.open_jsapi(request(NUMBER, expires_at=_expires()), "oPayer") == Prepay("wx1")
    method, target, _, body = wire.asked[0]
    assert (method, target) == ("POST", "/v3/pay/transactions/jsapi")
    assert json.loads(body) == {
        "appid": platform.credentials.app_id,
        "mchid": platform.credentials.mch_id,
        "description": "话费充值",
        "out_trade_no": NUMBER,
        "time_expire": "2026-11-22T12:15:00+08:00",
        "notify_url": json.loads(body)["notify_url"],
        "amount": {"total": 9950, "currency": "CNY"},
        "payer": {"openid": "oPayer"},
    }


def test_the_payment_sheets_parameters_are_strings_signed_in_their_order(wechat: SandboxTill) -> None:
    params = wechat.gateway.bridge_params("wx2611")
    assert set(params) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert all(isinstance(value, str) for value in params.values())
    assert (params["package"], params["signType"]) == ("prepay_id=wx2611", "RSA")
    message = f"{params['appId']}\n{params['timeStamp']}\n{params['nonceStr']}\nprepay_id=wx2611\n"
    assert signed_with(wechat.credentials.merchant_public_key_pem, params["paySign"], message)


def test_a_base_address_below_a_path_is_signed_with_that_path(wire: Wire, wechat: SandboxTill) -> None:
    wire.answer = lambda _: wire.signed(404, {"code": "ORDER_NOT_EXIST"})
    below = WechatPay(wechat.settings(api_base=f"{wire.url}/stand-in/"), SystemClock())
    assert below.query(NUMBER) == NoSuchNumber()
    below.shut_down()
    assert wire.asked[0][1].startswith("/stand-in/v3/pay/transactions/out-trade-no/")


# ---- what is believed ----------------------------------------------------------------------------------------------

UNPROVEN: dict[str, Callable[[Wire], Answer]] = {
    "unsigned": lambda _: (204, {}, b""),
    "an unsigned 404": lambda _: (404, {}, b'{"code":"ORDER_NOT_EXIST"}'),
    "signed for another body": lambda w: (404, w.signed(404, None)[1], b'{"code":"ORDER_NOT_EXIST"}'),
    "signed an hour ago": lambda w: w.signed(204, None, at=datetime.now(UTC) - timedelta(hours=1)),
    "signed by the merchant": lambda w: w.signed(204, None, pem=w.platform.credentials.merchant_private_key_pem),
    "an unknown serial": lambda w: w.signed(204, None, serial="PUB_KEY_ID_0199"),
    "a server error": lambda w: w.signed(500, {"code": "SYSTEM_ERROR"}),
    "not JSON": lambda w: (200, w.platform.sign(b"<html>", at=datetime.now(UTC)), b"<html>"),
    "too large": lambda w: w.signed(200, {"x": "y" * 300_000}),
}


@pytest.mark.parametrize("kind", UNPROVEN)
def test_an_unproven_answer_is_no_answer(kind: str, wire: Wire, gateway: WechatPay) -> None:
    wire.answer = lambda _: UNPROVEN[kind](wire)
    assert isinstance(gateway.close(NUMBER), NoAnswer)
    assert isinstance(gateway.query(NUMBER), NoAnswer)
    assert isinstance(gateway.refund(RefundRequest(NUMBER, f"{NUMBER}-R1", 1, 2, "退款")), NoAnswer)


def test_an_answer_about_another_payment_is_no_answer(wire: Wire, gateway: WechatPay, platform: Platform) -> None:
    wire.answer = lambda _: wire.signed(200, platform.transaction())
    assert isinstance(gateway.query(NUMBER), Transaction)
    assert isinstance(gateway.query("K2611229999999999"), NoAnswer)
    wire.answer = lambda _: wire.signed(200, platform.transaction(mchid="1600000000"))
    assert isinstance(gateway.query(NUMBER), NoAnswer)
    wire.answer = lambda _: wire.signed(200, platform.transaction(amount={"total": 9950, "currency": "USD"}))
    assert isinstance(gateway.query(NUMBER), NoAnswer)


@pytest.mark.parametrize("code", ["ORDERPAID", "ORDER_PAID"])
def test_both_names_of_already_paid_are_understood(code: str, wire: Wire, gateway: WechatPay) -> None:
    wire.answer = lambda _: wire.signed(400, {"code": code})
    assert gateway.close(NUMBER) == AlreadyPaid()
    assert gateway.open_jsapi(request(NUMBER, expires_at=_expires()), "oPayer") == AlreadyPaid()


def test_both_ways_to_say_that_a_number_is_used_are_understood(wire: Wire, gateway: WechatPay) -> None:
    wire.answer = lambda _: wire.signed(403, {"code": "OUT_TRADE_NO_USED"})
    assert gateway.open_native(request(NUMBER, expires_at=_expires())) == NumberUsed()
    message = "请求重入时，参数与首次请求时不一致，请核实后再试"
    wire.answer = lambda _: wire.signed(400, {"code": "INVALID_REQUEST", "message": message})
    assert gateway.open_native(request(NUMBER, expires_at=_expires())) == NumberUsed()


def test_closing_a_closed_number_is_closed_and_opening_it_is_not(wire: Wire, gateway: WechatPay) -> None:
    wire.answer = lambda _: wire.signed(400, {"code": "ORDER_CLOSED"})
    assert gateway.close(NUMBER) == Closed()
    assert gateway.open_native(request(NUMBER, expires_at=_expires())) == NumberClosed()


def test_too_many_requests_and_refusals_are_told_apart(wire: Wire, gateway: WechatPay) -> None:
    wire.answer = lambda _: wire.signed(429, {"code": "FREQUENCY_LIMITED"})
    assert gateway.query(NUMBER) == Busy()
    wire.answer = lambda _: wire.signed(403, {"code": "NO_AUTH", "message": "商户号该产品权限未开通"})
    assert gateway.query(NUMBER) == Rejected("NO_AUTH", "商户号该产品权限未开通")
    wire.answer = lambda _: (401, {}, b'{"code":"SIGN_ERROR"}')
    assert isinstance(gateway.query(NUMBER), Rejected)


# ---- how long it waits ---------------------------------------------------------------------------------------------


def test_nobody_listening_is_an_answer_that_was_never_asked_for(wechat: SandboxTill) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gateway = WechatPay(wechat.settings(api_base=f"http://127.0.0.1:{closed.getsockname()[1]}"), SystemClock())
        answer = gateway.refund(RefundRequest(NUMBER, f"{NUMBER}-R1", 1, 2, "退款"))
        gateway.shut_down()
    assert isinstance(answer, NoAnswer)
    assert not answer.sent


def test_a_silent_server_is_given_up_in_time(wire: Wire, wechat: SandboxTill) -> None:
    assert wechat.settings().timeout_seconds == 5

    given_up = threading.Event()

    def silent(_: str) -> Answer:
        given_up.wait(60)
        return 204, {}, b""

    wire.answer = silent
    gateway = wire.gateway(wechat, timeout_seconds=0.5)
    began = time.monotonic()
    answer = gateway.refund(RefundRequest(NUMBER, f"{NUMBER}-R1", 1, 2, "退款"))
    assert isinstance(answer, NoAnswer)
    assert answer.sent
    assert time.monotonic() - began < 20, "the server would have been silent for a minute"
    given_up.set()
    assert len(wire.asked) == 1
    gateway.shut_down()


def test_a_server_that_dribbles_its_answer_is_given_up_in_time(wechat: SandboxTill) -> None:
    class Dribbler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                for _ in range(1200):
                    self.wfile.write(b" ")
                    time.sleep(0.05)

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Dribbler) as url:
        gateway = WechatPay(wechat.settings(api_base=url, timeout_seconds=0.4), SystemClock())
        began = time.monotonic()
        assert isinstance(gateway.query(NUMBER), NoAnswer)
        assert time.monotonic() - began < 20, "it would have dribbled for a minute"
        gateway.shut_down()


def test_a_query_that_stumbles_is_asked_twice_and_a_refund_once(wire: Wire, gateway: WechatPay) -> None:
    wire.answer = lambda _: wire.signed(500 if len(wire.asked) == 1 else 404, {"code": "ORDER_NOT_EXIST"})
    assert gateway.query(NUMBER) == NoSuchNumber()
    wire.asked.clear()
    assert isinstance(gateway.refund(RefundRequest(NUMBER, f"{NUMBER}-R1", 1, 2, "退款")), NoAnswer)
    assert len(wire.asked) == 1


# ---- platform certificates -----------------------------------------------------------------------------------------


def _certificate(key: rsa.RSAPrivateKey, serial: int, *, days: int = 365) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sign")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class Rotating:
    """A platform whose certificates change."""

    wire: Wire
    key: rsa.RSAPrivateKey
    serial: int

    @property
    def pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def answer(self, path: str) -> Answer:
        signing = {"pem": self.pem, "serial": f"{self.serial:X}"}
        if path != "/v3/certificates":
            return self.wire.signed(404, {"code": "ORDER_NOT_EXIST"}, **signing)
        sealed = self.wire.platform.seal(_certificate(self.key, self.serial).encode(), "certificate")
        return self.wire.signed(
            200, {"data": [{"serial_no": f"{self.serial:X}", "encrypt_certificate": sealed}]}, **signing
        )


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_without_a_public_key_certificates_are_fetched_once_and_again_when_they_change(
    wire: Wire, wechat: SandboxTill
) -> None:
    gateway = wire.gateway(wechat, public_key_id="", public_key_pem=b"")
    rotating = Rotating(wire, _new_key(), 0x5157)
    wire.answer = rotating.answer
    assert gateway.query(NUMBER) == NoSuchNumber()
    assert gateway.query(NUMBER) == NoSuchNumber()
    assert [asked[1] for asked in wire.asked].count("/v3/certificates") == 1
    rotating.key, rotating.serial = _new_key(), 0x6268
    assert isinstance(gateway.query(NUMBER), NoAnswer)  # not again within minutes: no storm of downloads
    assert gateway.refresh_certificates()
    assert gateway.query(NUMBER) == NoSuchNumber()
    gateway.shut_down()


@pytest.mark.parametrize("alone", [False, True], ids=["a public key beside them", "certificates alone"])
def test_while_a_merchant_is_moved_notices_count_by_whichever_of_his_keys_they_are_signed(
    wire: Wire, wechat: SandboxTill, platform: Platform, alone: bool
) -> None:
    gateway = wire.gateway(wechat, **({"public_key_id": "", "public_key_pem": b""} if alone else {}))
    rotating = Rotating(wire, _new_key(), 0x5157)
    signing = {"pem": rotating.pem, "serial": "5157"}
    now = wechat.clock.now()

    def problems() -> list[str | None]:
        notices = [platform.notice(b"{}", at=now, **signing), platform.notice(b"{}", at=now)]
        return [gateway.platform_keys.problem_with(headers, body, now) for headers, body in notices]

    known = "serial unknown" if alone else None
    assert problems() == ["serial unknown", known]
    wire.answer = lambda _: wire.signed(404, {"code": "RESOURCE_NOT_EXISTS"})
    assert certificates.refresh(gateway, alone=alone) == (certificates.TRY_AGAIN_S if alone else certificates.REFRESH_S)
    wire.answer = rotating.answer
    assert certificates.refresh(gateway, alone=alone) == certificates.REFRESH_S
    assert problems() == [None, known]
    gateway.shut_down()


def test_certificates_not_sealed_with_our_key_are_not_taken(wire: Wire, wechat: SandboxTill) -> None:
    gateway = wire.gateway(wechat, public_key_id="", public_key_pem=b"", api_v3_key=b"x" * 32)
    wire.answer = Rotating(wire, _new_key(), 0x5157).answer
    assert not gateway.refresh_certificates()
    assert isinstance(gateway.query(NUMBER), NoAnswer)
    gateway.shut_down()


def test_the_sandboxs_certificates_are_read(wechat: SandboxTill) -> None:
    assert wechat.gateway.refresh_certificates()


# ---- bills ---------------------------------------------------------------------------------------------------------


def _bill(wire: Wire, packed: bytes, sha1: str) -> Callable[[str], Answer]:
    def answer(path: str) -> Answer:
        if path.startswith("/v3/bill/"):
            url = "https://elsewhere.example/v3/billdownload/file?token=t0ken"
            return wire.signed(200, {"hash_type": "SHA1", "hash_value": sha1, "download_url": url})
        return (200, {}, packed) if path == "/v3/billdownload/file?token=t0ken" else (404, {}, b"")

    return answer


def test_a_bill_is_unpacked_and_taken_only_when_its_hash_agrees(wire: Wire, gateway: WechatPay) -> None:
    text = "交易时间\r\n".encode()
    sha1 = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    wire.answer = _bill(wire, gzip.compress(text), sha1.upper())
    assert gateway.trade_bill(date(2026, 11, 21)) == text
    for packed in (gzip.compress(text + b"x"), gzip.compress(text)[:-4], text, b""):
        wire.answer = _bill(wire, packed, sha1)
        assert isinstance(gateway.trade_bill(date(2026, 11, 21)), NoAnswer)


def test_no_bill_and_a_bill_not_ready_are_told_apart(wire: Wire, gateway: WechatPay) -> None:
    wire.answer = lambda _: wire.signed(400, {"code": "NO_STATEMENT_EXIST"})
    assert gateway.trade_bill(date(2026, 11, 21)) == NoBill()
    wire.answer = lambda _: wire.signed(400, {"code": "STATEMENT_CREATING"})
    assert gateway.trade_bill(date(2026, 11, 21)) == BillNotReady()


# ---- what it keeps to itself ---------------------------------------------------------------------------------------


def test_no_secret_is_in_a_log_or_a_representation(
    wire: Wire, wechat: SandboxTill, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = wechat.settings(api_base=wire.url)
    gateway = WechatPay(settings, SystemClock())
    wire.answer = lambda _: wire.signed(403, {"code": "NO_AUTH"})
    gateway.open_jsapi(request(NUMBER, expires_at=datetime.now(UTC) + TTL), "oPayer-of-this-test")
    gateway.shut_down()
    said = caplog.text + repr(settings) + repr(gateway)
    assert "NO_AUTH" in said
    assert wechat.credentials.api_v3_key not in said
    assert "PRIVATE KEY" not in said
    assert "oPayer-of-this-test" not in said
    signature = _authorization(wire.asked[0])["signature"]
    assert signature not in said
    assert base64.b64decode(signature)


@pytest.mark.parametrize(
    "wrong",
    [{"api_v3_key": b"short"}, {"private_key_pem": b"no key"}, {"public_key_pem": b"no key"}],
)
def test_keys_that_cannot_be_read_are_told_at_the_start(wechat: SandboxTill, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"(?i)key|pem|deserial|framing"):
        WechatPay(wechat.settings(**wrong), SystemClock())
