"""Notices that WeChat Pay did not send, or did not send like this: none has an effect, and the true one works after.

The running application over HTTP, real RSA and AES on both sides; each kind of forgery meets an order of its own, and
every row of every table is compared.
"""

import base64
import gzip
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot import ordering, paying
from bot.app import create_app
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.database import make_engine
from catalog.store import import_catalog
from dialogs.facts import OrderPlaced
from kernel.ids import OpenId
from kernel.orders import Order, OrderState
from sandbox.server import free_socket, running
from tests.conftest import WORKER
from tests.contracts import outside
from tests.contracts.outside import APP_ID, MCH_ID, PUB_KEY_ID, V3_KEY, Pay, Shop, sign_v3
from tests.contracts.rows import all_rows
from tests.fulfillment.counter import SHELF, want

STRANGERS_KEY = rsa.generate_private_key(65537, 2048)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Notice = tuple[bytes, dict[str, str]]


@dataclass
class Counter:
    """The shop, the WeChat Pay beside it, and an order that somebody has paid already."""

    services: Services
    pay: Pay
    http: httpx.Client
    paid: dict[str, Any] = field(default_factory=dict)
    paid_notice: Notice = (b"", {})

    def order(self) -> Order:
        """A new buyer's order for ¥99.50, its payment sheet open."""
        buyer, lines = OpenId("o" + secrets.token_hex(13)), (want("HF100"),)
        placed = ordering.place(self.services, buyer, secrets.token_hex(8), lines)
        assert isinstance(placed, OrderPlaced)
        assert isinstance(paying.open_jsapi(self.services, placed.order, buyer), paying.Bridge)
        return placed.order

    def post(self, notice: Notice, headers: Any = None) -> httpx.Response:
        return self.http.post("/pay/notify", content=notice[0], headers=headers or notice[1])

    def state(self, order: Order) -> OrderState:
        found = ordering.by_token(self.services, order.token)
        assert found is not None
        return found.state


@contextmanager
def _open(database_url: str, redis_url: str, folder: Path) -> Iterator[Counter]:
    world = Shop(folder)
    config = load_config(world.config, {"KABOT_WECHAT__APP_SECRET": outside.APP_SECRET})
    services = build(config, database_url=database_url, redis_url=redis_url)
    with services.engine.begin() as conn:
        import_catalog(conn, SHELF)
    with (
        running(create_app(services), sock := free_socket()),
        httpx.Client(base_url=f"http://127.0.0.1:{sock.getsockname()[1]}", timeout=60) as client,
    ):
        counter = Counter(services, world.pay, client)
        first = counter.order()
        counter.paid = world.pay.pay(first.order_no)
        counter.paid_notice = world.pay.notice(counter.paid)
        assert counter.post(counter.paid_notice).status_code == 200
        yield counter
    services.engine.dispose()


@pytest.fixture(scope="module")
def counter(
    new_database: Callable[[], AbstractContextManager[str]],
    embedded_servers: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Counter]:
    redis_url = embedded_servers.redis_url.replace("db=0", f"db={WORKER + 1}")
    with new_database() as url, _open(url, redis_url, tmp_path_factory.mktemp("forged")) as opened:
        yield opened


# ---- how notices are made, and bent --------------------------------------------------------------------------------


@dataclass
class At:
    """What a forger has before him: an order that waits for its payment, and what a true notice of it would be."""

    counter: Counter
    order: Order
    true: dict[str, Any]

    def sealed(self, plain: bytes, *, key: str = V3_KEY, aad: str = "transaction", **resource: Any) -> dict[str, Any]:
        nonce = secrets.token_hex(6)
        ciphertext = AESGCM(key.encode()).encrypt(nonce.encode(), plain, aad.encode())
        return {
            "original_type": "transaction",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(ciphertext).decode(),
            "associated_data": aad,
            "nonce": nonce,
        } | resource

    def envelope(self, resource: Any, **changed: Any) -> bytes:
        whole = {
            "id": secrets.token_hex(16),
            "create_time": "2026-11-22T08:00:00+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": resource,
        }
        return json.dumps(whole | changed, ensure_ascii=False).encode()

    def signed(self, body: bytes, **headers: str) -> Notice:
        """Signed by WeChat Pay itself: what is wrong must be found behind the signature."""
        made = self.counter.pay.headers(body, str(int(time.time())), secrets.token_hex(8))
        return body, {"Content-Type": "application/json"} | made | headers

    def true_notice(self, **how: Any) -> Notice:
        return self.counter.pay.notice(self.true, **how)


Forgery = Callable[[At], Notice]


def _header(name: str, change: Callable[[str], str | None]) -> Forgery:
    def forge(at: At) -> Notice:
        body, headers = at.true_notice()
        value = change(headers[name])
        return body, {k: v for k, v in headers.items() if k != name} | ({} if value is None else {name: value})

    return forge


def _signature(make: Callable[[bytes], bytes]) -> Forgery:
    """The true notice under another kind of signature over the same text."""

    def forge(at: At) -> Notice:
        body, headers = at.true_notice()
        text = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + body + b"\n"
        return body, headers | {"Wechatpay-Signature": base64.b64encode(make(text)).decode()}

    return forge


def _plain(**changed: Any) -> Forgery:
    """Sealed and signed, but these fields of the payment are others (None: not there)."""

    def forge(at: At) -> Notice:
        bent = {k: v for k, v in (at.true | changed).items() if v is not None}
        return at.counter.pay.notice(bent)

    return forge


def _amount(**changed: Any) -> Forgery:
    def forge(at: At) -> Notice:
        return at.counter.pay.notice(at.true | {"amount": {**at.true["amount"], **changed}})

    return forge


def _raw(make: Callable[[At], bytes]) -> Forgery:
    """This plaintext, sealed and signed."""
    return lambda at: at.signed(at.envelope(at.sealed(make(at))))


def _resource(**changed: Any) -> Forgery:
    """The resource's own fields, after sealing."""
    return lambda at: at.signed(at.envelope(at.sealed(json.dumps(at.true).encode()) | changed))


def _whole(**changed: Any) -> Forgery:
    """The envelope's fields."""
    return lambda at: at.signed(at.envelope(at.sealed(json.dumps(at.true).encode()), **changed))


def _body(make: Callable[[At], bytes], **headers: str) -> Forgery:
    return lambda at: at.signed(make(at), **headers)


def _doubled(at: At, name: str, value: Any) -> bytes:
    """The true payment with a field in it twice, first as it is."""
    return json.dumps(at.true).encode()[:-1] + f', "{name}": {json.dumps(value)}}}'.encode()


def _refund_of(at: At) -> dict[str, Any]:
    total = at.true["amount"]["total"]
    return {
        "mchid": MCH_ID,
        "out_trade_no": at.true["out_trade_no"],
        "transaction_id": at.true["transaction_id"],
        "out_refund_no": "R" + at.true["out_trade_no"],
        "refund_id": "50" + secrets.token_hex(8),
        "refund_status": "SUCCESS",
        "success_time": at.true["success_time"],
        "user_received_account": "支付用户零钱",
        "amount": {"total": total, "refund": total, "payer_total": total, "payer_refund": total},
    }


def _answer_replayed(at: At) -> Notice:
    """WeChat Pay's own signed answer to a query, sent on to us as if it were a notice."""
    body = json.dumps(at.true).encode()
    return at.signed(body)


def _headers_of_another(at: At) -> Notice:
    return at.true_notice()[0], at.counter.paid_notice[1]


def _body_of_another(at: At) -> Notice:
    return at.counter.paid_notice[0].replace(b"2026", b"2025"), at.true_notice()[1]


def _nested(depth: int) -> bytes:
    return b'{"id":"x","event_type":"TRANSACTION.SUCCESS","resource":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


def _merchant(text: bytes) -> bytes:
    return outside._MERCHANT.sign(text, padding.PKCS1v15(), hashes.SHA256())


def _pss(text: bytes) -> bytes:
    return outside._PLATFORM.sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


FORGERIES: dict[str, Forgery] = {
    # Headers
    "no timestamp": _header("Wechatpay-Timestamp", lambda _: None),
    "no nonce": _header("Wechatpay-Nonce", lambda _: None),
    "no signature": _header("Wechatpay-Signature", lambda _: None),
    "no serial": _header("Wechatpay-Serial", lambda _: None),
    "timestamp of six minutes ago": lambda at: at.true_notice(at=time.time() - 360),
    "timestamp of six minutes ahead": lambda at: at.true_notice(at=time.time() + 360),
    "timestamp changed by a second": _header("Wechatpay-Timestamp", lambda at: str(int(at) - 1)),
    "timestamp negative": _header("Wechatpay-Timestamp", lambda at: "-" + at),
    "timestamp with a fraction": _header("Wechatpay-Timestamp", lambda at: at + ".0"),
    "timestamp without end": _header("Wechatpay-Timestamp", lambda _: "9" * 900),
    "timestamp in words": _header("Wechatpay-Timestamp", lambda _: "now"),
    "another nonce": _header("Wechatpay-Nonce", lambda _: "0" * 16),
    "unknown serial": _header("Wechatpay-Serial", lambda _: "PUB_KEY_ID_OTHER"),
    "serial of the merchant's own certificate": _header("Wechatpay-Serial", lambda _: outside.CERT_SERIAL),
    "serial in lower case": _header("Wechatpay-Serial", str.lower),
    "serial too long": _header("Wechatpay-Serial", lambda serial: serial * 300),
    "signed by a stranger": lambda at: at.true_notice(signer=STRANGERS_KEY),
    "signed by the merchant": _signature(_merchant),
    "signed with SHA-1": _signature(lambda text: outside._PLATFORM.sign(text, padding.PKCS1v15(), hashes.SHA1())),
    "signed with PSS": _signature(_pss),
    "a hash for a signature": _signature(lambda text: hashlib.sha256(text).digest()),
    "an HMAC under the APIv3 key": _signature(lambda text: hashlib.sha256(V3_KEY.encode() + text).digest()),
    "signature of nothing": _signature(lambda _: b""),
    "signature of zeros": _signature(lambda _: bytes(256)),
    "signature cut short": _header("Wechatpay-Signature", lambda signature: signature[:-8]),
    "signature that is no base64": _header("Wechatpay-Signature", lambda signature: "*" + signature[1:]),
    "a probe before the signature": _header("Wechatpay-Signature", lambda s: "WECHATPAY/SIGNTEST/" + s),
    "a probe instead of the signature": _header("Wechatpay-Signature", lambda _: "WECHATPAY/SIGNTEST/abcd"),
    "signed without the last newline": _signature(
        lambda text: outside._PLATFORM.sign(text[:-1], padding.PKCS1v15(), hashes.SHA256())
    ),
    "headers of a true notice of another payment": _headers_of_another,
    "body of another payment under true headers": _body_of_another,
    # Bodies
    "one byte changed": lambda at: (at.true_notice()[0].replace(b"2026", b"2027"), at.true_notice()[1]),
    "a space more": lambda at: (lambda notice: (notice[0] + b" ", notice[1]))(at.true_notice()),
    "empty, signed": _body(lambda _: b""),
    "a form, signed": _body(lambda at: b"out_trade_no=" + at.order.order_no.encode(), **FORM),
    "XML of version 2, signed": _body(
        lambda at: f"<xml><out_trade_no>{at.order.order_no}</out_trade_no></xml>".encode(),
        **{"Content-Type": "text/xml"},
    ),
    "a form of the plain payment, unsigned": lambda at: (json.dumps(at.true).encode(), FORM),
    "gzip, signed": _body(lambda at: gzip.compress(at.true_notice()[0]), **{"Content-Encoding": "gzip"}),
    "UTF-16, signed": _body(lambda at: at.true_notice()[0].decode().encode("utf-16")),
    "no UTF-8, signed": _body(lambda _: b"\xff\xfe{}"),
    "a list, signed": _body(lambda at: b"[" + at.true_notice()[0] + b"]"),
    "a string, signed": _body(lambda at: json.dumps(at.true_notice()[0].decode()).encode()),
    "null, signed": _body(lambda _: b"null"),
    "two objects, signed": _body(lambda at: at.true_notice()[0] * 2),
    "NaN, signed": _whole(create_time=float("nan")),
    "objects nested 10,000 deep, signed": _body(lambda _: _nested(10_000)),
    "lists nested 30,000 deep, signed": _body(lambda _: b"[" * 30_000),
    "70 kB, signed": _whole(summary="x" * 70_000),
    "a number of 60,000 digits, signed": _body(lambda _: b'{"id":' + b"9" * 60_000 + b"}"),
    "WeChat Pay's answer to a query, replayed": _answer_replayed,
    "the payment in clear where the sealed one belongs": lambda at: at.signed(at.envelope(at.true)),
    "a field of the envelope twice": _body(
        lambda at: at.true_notice()[0][:-1] + b', "event_type": "TRANSACTION.SUCCESS"}'
    ),
    # Envelopes, signed
    "no id": _whole(id=None),
    "an id that is a number": _whole(id=7),
    "an id of 500 characters": _whole(id="x" * 500),
    "an id with a NUL": _whole(id="a\0b"),
    "no event type": _whole(event_type=None),
    "event type of a list": _whole(event_type=["TRANSACTION.SUCCESS"]),
    "resource type in clear": _whole(resource_type="plain-resource"),
    "no resource": _body(lambda at: at.envelope(None)),
    "a resource that is a string": _body(lambda at: at.envelope("x")),
    "a resource that is a list": _body(lambda at: at.envelope([at.sealed(json.dumps(at.true).encode())])),
    "a payment as a refund notice": _whole(event_type="REFUND.SUCCESS"),
    "a refund as a payment notice": _raw(lambda at: json.dumps(_refund_of(at)).encode()),
    "a refund notice whose status is another": lambda at: at.counter.pay.notice(
        _refund_of(at) | {"refund_status": "CLOSED"}, "REFUND.SUCCESS"
    ),
    # Seals, signed
    "sealed with another key": lambda at: at.true_notice(key="x" * 32),
    "other associated data": _resource(associated_data="refund"),
    "no associated data": _resource(associated_data=""),
    "another nonce of the seal": _resource(nonce="0" * 12),
    "a nonce of the seal that is too short": _resource(nonce="0"),
    "a nonce of the seal that is too long": _resource(nonce="0" * 200),
    "another algorithm": _resource(algorithm="AEAD_SM4_GCM"),
    "no algorithm": _resource(algorithm=None),
    "algorithm none": _resource(algorithm="none"),
    "ciphertext in clear": lambda at: at.signed(
        at.envelope(at.sealed(b"{}") | {"ciphertext": base64.b64encode(json.dumps(at.true).encode()).decode()})
    ),
    "ciphertext without its tag": lambda at: at.signed(
        at.envelope(
            (lambda r: r | {"ciphertext": base64.b64encode(base64.b64decode(r["ciphertext"])[:-16]).decode()})(
                at.sealed(json.dumps(at.true).encode())
            )
        )
    ),
    "ciphertext that is no base64": _resource(ciphertext="%%%"),
    "ciphertext of nothing": _resource(ciphertext=""),
    "sealed: no JSON": _raw(lambda _: b"paid"),
    "sealed: a list": _raw(lambda at: json.dumps([at.true]).encode()),
    "sealed: nested 10,000 deep": _raw(lambda _: _nested(3_000)),
    "sealed: total twice": _raw(lambda at: _doubled(at, "amount", {**at.true["amount"]})),
    "sealed: number twice": _raw(lambda at: _doubled(at, "out_trade_no", at.true["out_trade_no"])),
    # Payments, sealed and signed
    "another app": _plain(appid="wx0000000000000000"),
    "no app": _plain(appid=None),
    "another merchant": _plain(mchid="1900000001"),
    "merchant as a number": _plain(mchid=int(MCH_ID)),
    "an unknown number": _plain(out_trade_no="NONESUCH01"),
    "the number in lower case": lambda at: _plain(out_trade_no=at.order.order_no.lower() + "x")(at),
    "the number and a space": lambda at: _plain(out_trade_no=at.order.order_no + " ")(at),
    "the number and a NUL": lambda at: _plain(out_trade_no=at.order.order_no + "\0")(at),
    "a number for SQL": _plain(out_trade_no="' OR 1=1 --"),
    "no number": _plain(out_trade_no=None),
    "a second attempt that there is not": lambda at: _plain(out_trade_no=at.order.order_no + "-2")(at),
    "the transaction of another order, replayed": lambda at: _plain(transaction_id=at.counter.paid["transaction_id"])(
        at
    ),
    "no transaction": _plain(transaction_id=None),
    "state NOTPAY": _plain(trade_state="NOTPAY"),
    "state USERPAYING": _plain(trade_state="USERPAYING"),
    "state CLOSED": _plain(trade_state="CLOSED"),
    "state REFUND": _plain(trade_state="REFUND"),
    "state PAYERROR": _plain(trade_state="PAYERROR"),
    "state in lower case": _plain(trade_state="success"),
    "no state": _plain(trade_state=None),
    "a fen less": _amount(total=9949),
    "a fen more": _amount(total=9951),
    "one fen": _amount(total=1, payer_total=1),
    "nothing": _amount(total=0),
    "less than nothing": _amount(total=-9950),
    "a total with a fraction": _amount(total=9950.0),
    "a total as text": _amount(total="9950"),
    "a total of true": _amount(total=True),
    "a total without end": _amount(total=10**30),
    "only the payer's total": _amount(total=None),
    "dollars": _amount(currency="USD"),
    "currency in lower case": _amount(currency="cny"),
    "no currency": _amount(currency=None),
    "no amount": _plain(amount=None),
    "amounts": lambda at: _plain(amount=[at.true["amount"]])(at),
    "no payer": _plain(payer=None),
    "a payer that is text": _plain(payer="oSomebody"),
    "no time": _plain(success_time=None),
    "a time that is none": _plain(success_time="yesterday"),
    "a time without a zone": _plain(success_time="2026-11-22T08:00:00"),
}


def test_there_are_more_kinds_of_forgery_than_forty() -> None:
    assert len(FORGERIES) > 100


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_notice_changes_nothing_and_the_true_one_works_after(counter: Counter, kind: str) -> None:
    order = counter.order()
    true = counter.pay.pay(order.order_no)
    notice = FORGERIES[kind](At(counter, order, true))
    before = all_rows(counter.services.engine)
    answer = counter.post(notice)
    assert (answer.status_code, answer.json()["code"]) == (401, "FAIL")
    assert all_rows(counter.services.engine) == before
    assert counter.post(counter.pay.notice(true)).status_code == 200
    assert counter.state(order) is OrderState.PAID


def test_headers_that_come_twice_are_not_taken_for_one_of_them(counter: Counter) -> None:
    order = counter.order()
    true = counter.pay.pay(order.order_no)
    body, headers = counter.pay.notice(true, signer=STRANGERS_KEY)
    genuine = sign_v3(f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + b"{}\n")
    before = all_rows(counter.services.engine)
    for first, second in ((headers["Wechatpay-Signature"], genuine), (genuine, headers["Wechatpay-Signature"])):
        twice = [(k, v) for k, v in headers.items() if k != "Wechatpay-Signature"]
        twice += [("Wechatpay-Signature", first), ("Wechatpay-Signature", second)]
        assert counter.post((body, headers), twice).status_code == 401
    assert all_rows(counter.services.engine) == before


def test_a_true_notice_repeated_or_under_another_id_changes_nothing_more(counter: Counter) -> None:
    order = counter.order()
    true = counter.pay.pay(order.order_no)
    first = counter.pay.notice(true)
    assert counter.post(first).status_code == 200
    before = all_rows(counter.services.engine)
    assert counter.post(first).status_code == 200
    assert all_rows(counter.services.engine) == before
    assert counter.post(counter.pay.notice(true)).status_code == 200
    after = all_rows(counter.services.engine)
    assert {name for name in after if after[name] != before[name]} == {"pay_notice", "raw_notice"}


def test_a_kind_of_notice_we_do_not_know_is_taken_and_pays_nothing(counter: Counter) -> None:
    order = counter.order()
    true = counter.pay.pay(order.order_no)
    assert counter.post(counter.pay.notice(true, "TRANSACTION.CLOSED")).status_code == 200
    assert counter.post(counter.pay.notice(true, "PAYSCORE.USER_PAID")).status_code == 200
    assert counter.state(order) is OrderState.UNPAID
    assert counter.post(counter.pay.notice(true)).status_code == 200
    assert counter.state(order) is OrderState.PAID


def test_a_refund_that_we_never_asked_for_gives_nothing_back(counter: Counter) -> None:
    at = At(counter, counter.order(), {})
    at.true = counter.pay.pay(at.order.order_no)
    assert counter.post(counter.pay.notice(at.true)).status_code == 200
    before = all_rows(counter.services.engine)
    assert counter.post(counter.pay.notice(_refund_of(at), "REFUND.SUCCESS")).status_code == 200
    after = all_rows(counter.services.engine)
    assert {name for name in after if after[name] != before[name]} == {"pay_notice", "raw_notice"}
    assert counter.state(at.order) is OrderState.PAID


def test_a_true_notice_that_cannot_be_written_down_is_answered_as_wechat_pay_wants_it_and_works_later(
    counter: Counter,
) -> None:
    order = counter.order()
    true = counter.pay.notice(counter.pay.pay(order.order_no))
    away = replace(counter.services, engine=make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    with (
        running(create_app(away), sock := free_socket()),
        httpx.Client(base_url=f"http://127.0.0.1:{sock.getsockname()[1]}", timeout=60) as client,
    ):
        answer = client.post("/pay/notify", content=true[0], headers=true[1])
    assert answer.status_code == 503
    assert answer.json()["code"] == "FAIL"
    assert counter.state(order) is OrderState.UNPAID
    assert counter.post(true).status_code == 200
    assert counter.state(order) is OrderState.PAID


def test_a_refusal_tells_a_forger_nothing_of_why(counter: Counter) -> None:
    at = At(counter, counter.order(), {})
    at.true = counter.pay.pay(at.order.order_no)
    kinds = ("unknown serial", "signed by a stranger", "sealed with another key", "another app", "one fen")
    assert len({counter.post(FORGERIES[kind](at)).text for kind in kinds}) == 1
    assert PUB_KEY_ID not in counter.post(FORGERIES["unknown serial"](at)).text
    assert APP_ID not in counter.post(FORGERIES["another app"](at)).text
