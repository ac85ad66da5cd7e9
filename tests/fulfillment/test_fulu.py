"""The Fulu adapter against the strict stand-in over HTTP, and against answers no honest supplier gives."""

import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.suppliers import fulu as fulu_module
from fulfillment.suppliers.fulu import Fulu
from fulfillment.suppliers.port import (
    Accepted,
    Failed,
    NoSuchOrder,
    Processing,
    QueryAnswer,
    Rejected,
    Success,
    TopupRequest,
    Unknown,
)
from fulfillment.suppliers.registry import SupplierSettings, open_suppliers
from kernel.clock import MovableClock, SystemClock
from sandbox.app import create_app
from sandbox.server import free_socket, running
from sandbox.settings import Credentials, new_credentials

SECRET = "0a091b3aa4324435aab703142518a8f7"


def signed(text: str, secret: str = SECRET) -> str:
    """Written from the protocol's description, apart from the adapter."""
    return hashlib.md5(("".join(sorted(text)) + secret).encode()).hexdigest()


def compact(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def request(number: str = "", **changed: Any) -> TopupRequest:
    number = number or f"K261121{secrets.randbelow(10**10):010d}L0U0A1"
    return TopupRequest(
        **({"supplier_order_no": number, "product_code": "HF100", "account": "13812345678", "buy_num": 1} | changed)
    )


# ---- the strict stand-in -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def credentials() -> Credentials:
    return new_credentials()


@pytest.fixture(scope="module")
def sandbox_url(credentials: Credentials) -> Iterator[str]:
    sock = free_socket()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    settings = credentials.sandbox_settings(
        bot_url="http://127.0.0.1:9", public_url=url, supplier_seconds=0.05, notice_speed=1000.0
    )
    with running(create_app(settings), sock):
        yield url


@pytest.fixture
def faults(sandbox_url: str) -> Iterator[Callable[..., None]]:
    def put(**panel: Any) -> None:
        httpx.put(f"{sandbox_url}/sandbox/api/faults", json=panel).raise_for_status()

    put(supplier=None, supplier_seconds=0.05)
    yield put
    put(supplier=None, supplier_seconds=0.05)


@pytest.fixture
def fulu(sandbox_url: str, credentials: Credentials) -> Iterator[Fulu]:
    fulu = Fulu(
        api_base=f"{sandbox_url}/fulu",
        app_key=credentials.fulu_app_key,
        app_secret=credentials.fulu_app_secret,
        clock=SystemClock(),
    )
    yield fulu
    fulu.close()


def settled(fulu: Fulu, number: str) -> QueryAnswer:
    ends = time.monotonic() + 5
    while isinstance(answer := fulu.query(number), Processing) and time.monotonic() < ends:
        time.sleep(0.02)
    return answer


@pytest.mark.usefixtures("faults")
def test_an_order_is_accepted_worked_on_and_done(fulu: Fulu, sandbox_url: str) -> None:
    order = request(buy_num=50, details={"server": "苹果QQ区/一区"})
    assert fulu.order(order) == Accepted()
    assert settled(fulu, order.supplier_order_no) == Success()
    listed = httpx.get(f"{sandbox_url}/sandbox/api/supplier-orders").text
    assert order.supplier_order_no in listed


@pytest.mark.usefixtures("faults")
def test_the_same_number_sent_again_buys_once(fulu: Fulu, sandbox_url: str) -> None:
    order = request()
    assert fulu.order(order) == Accepted()
    assert isinstance(fulu.order(order), Unknown)
    assert settled(fulu, order.supplier_order_no) == Success()
    assert httpx.get(f"{sandbox_url}/sandbox/api/supplier-orders").text.count(order.supplier_order_no) == 1


@pytest.mark.usefixtures("faults")
def test_an_order_never_sent_is_not_known(fulu: Fulu) -> None:
    assert fulu.query(request().supplier_order_no) == NoSuchOrder()


def test_a_failed_order_is_failed(fulu: Fulu, faults: Callable[..., None]) -> None:
    faults(supplier="failed")
    order = request()
    assert fulu.order(order) == Accepted()
    assert isinstance(settled(fulu, order.supplier_order_no), Failed)


def test_an_order_that_takes_its_time_is_processing(fulu: Fulu, faults: Callable[..., None]) -> None:
    faults(supplier="processing")
    order = request()
    assert fulu.order(order) == Accepted()
    time.sleep(0.1)
    assert fulu.query(order.supplier_order_no) == Processing()


def test_a_refusal_is_a_no_that_the_query_confirms(fulu: Fulu, faults: Callable[..., None]) -> None:
    faults(supplier="refused")
    order = request()
    assert isinstance(fulu.order(order), Rejected)
    faults(supplier=None)
    assert fulu.query(order.supplier_order_no) == NoSuchOrder()


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("kind", ["unknown", "garbage", "timeout"])
def test_no_clear_answer_is_unknown_and_the_query_tells(
    fulu: Fulu, faults: Callable[..., None], monkeypatch: pytest.MonkeyPatch, kind: str, accepted: bool
) -> None:
    monkeypatch.setattr(fulu._client, "timeout", httpx.Timeout(0.3))
    faults(supplier={"kind": kind, "accepted": accepted, "times": 1})
    order = request()
    assert isinstance(fulu.order(order), Unknown)
    assert settled(fulu, order.supplier_order_no) == (Success() if accepted else NoSuchOrder())


@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("wrong", [{"app_secret": "another"}, {"app_key": "another"}])
def test_wrong_credentials_are_unknown_or_a_no_but_never_a_result(
    sandbox_url: str, credentials: Credentials, wrong: dict[str, str]
) -> None:
    right = {"app_key": credentials.fulu_app_key, "app_secret": credentials.fulu_app_secret}
    fulu = Fulu(api_base=f"{sandbox_url}/fulu", clock=SystemClock(), **(right | wrong))
    assert isinstance(fulu.order(request()), Unknown | Rejected)
    assert isinstance(fulu.query("K1"), Unknown)


def test_nobody_listening_is_unknown() -> None:
    sock = free_socket()
    fulu = Fulu(
        api_base=f"http://127.0.0.1:{sock.getsockname()[1]}", app_key="k", app_secret=SECRET, clock=SystemClock()
    )
    assert isinstance(fulu.order(request()), Unknown)
    assert isinstance(fulu.query("K1"), Unknown)
    sock.close()


# ---- answers no honest supplier gives ------------------------------------------------------------------------------


class Liar:
    """Answers every request with the same bytes; remembers the last request."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, b"", b""
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                liar.asked = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(liar.status)
                self.end_headers()
                with contextlib.suppress(OSError):  # the caller hung up, as it should
                    self.wfile.write(liar.body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def liar() -> Iterator[Liar]:
    liar = Liar()
    yield liar
    liar.server.shutdown()
    liar.server.server_close()


@pytest.fixture
def asking(liar: Liar) -> Iterator[Fulu]:
    clock = MovableClock(datetime(2026, 11, 21, 16, 0, tzinfo=UTC))
    fulu = Fulu(api_base=liar.url, app_key="key", app_secret=SECRET, clock=clock)
    yield fulu
    fulu.close()


def answer(code: Any, result: dict[str, Any], **changed: Any) -> bytes:
    text = compact(result)
    return compact({"code": code, "message": "", "result": text, "sign": signed(text)} | changed).encode()


def test_a_request_is_what_the_protocol_says_in_chinese_time(liar: Liar, asking: Fulu) -> None:
    asking.order(request("K1L0U0A1", details={"server": "苹果/一区", "other": "x"}))
    sent = json.loads(liar.asked)
    sign = sent.pop("sign")
    assert sign == signed(compact(sent))
    assert json.loads(sent.pop("biz_content")) == {
        "product_id": "HF100",
        "customer_order_no": "K1L0U0A1",
        "charge_account": "13812345678",
        "buy_num": 1,
        "charge_game_srv": "苹果/一区",
        "other": "x",
    }
    assert sent == {
        "app_key": "key",
        "method": "fulu.order.direct.add",
        "timestamp": "2026-11-22 00:00:00",
        "version": "2.0",
        "format": "json",
        "charset": "utf-8",
        "sign_type": "md5",
        "app_auth_token": "",
    }


def test_a_field_cannot_change_the_purchase(liar: Liar, asking: Fulu) -> None:
    asking.order(
        request(details={"buy_num": "999", "product_id": "X", "charge_account": "X", "customer_order_no": "X"})
    )
    content = json.loads(json.loads(liar.asked)["biz_content"])
    assert (content["buy_num"], content["product_id"], content["charge_account"]) == (1, "HF100", "13812345678")


DONE = {"customer_order_no": "K1", "order_state": "success"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, answer(0, DONE, sign="0" * 32)),
        (200, answer(0, DONE, sign=7)),
        (200, answer(0, DONE | {"customer_order_no": "K2"})),
        (200, answer(0, DONE | {"order_state": "refunded"})),
        (200, answer(0, DONE | {"order_state": None})),
        (200, answer(None, DONE)),
        (200, answer(True, DONE)),
        (200, answer(0.0, DONE)),
        (200, answer(5000, DONE)),
        (200, answer(5000, {}, message="订单处理中")),
        (500, answer(0, DONE)),
        (302, b""),
        (200, b""),
        (200, b"null"),
        (200, b"[]"),
        (200, b"\xff\xfe"),
        (200, b"[" * 200_000),
        (200, b" " * 2_000_000),
    ],
)
def test_what_is_not_a_signed_clear_result_of_this_order_is_unknown(
    liar: Liar, asking: Fulu, status: int, body: bytes
) -> None:
    liar.status, liar.body = status, body
    assert isinstance(asking.query("K1"), Unknown)


def test_a_clear_result_is_believed_under_either_reading_of_the_signature(liar: Liar, asking: Fulu) -> None:
    liar.body = answer(0, DONE)
    assert asking.query("K1") == Success()
    whole = {"code": 0, "message": "接口调用成功", "result": compact(DONE)}
    liar.body = compact(whole | {"sign": signed(compact(whole))}).encode()
    assert asking.query("K1") == Success()


def test_an_answer_that_never_ends_is_given_up(liar: Liar, asking: Fulu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulu_module, "TOTAL_S", 0.0)
    liar.body = answer(0, DONE)
    assert isinstance(asking.query("K1"), Unknown)


# ---- callbacks -----------------------------------------------------------------------------------------------------

CALLBACK = {
    "order_id": "19072630000000000001",
    "charge_finish_time": "2026-11-21 12:00:00",
    "customer_order_no": "K1L0U0A1",
    "order_status": "success",
    "recharge_description": "充值成功/完成",
    "product_id": "10000001",
    "price": "1.0000",
    "buy_num": "1",
    "operator_serial_number": "SN1",
}


def test_a_signed_callback_names_its_order(asking: Fulu) -> None:
    body = compact(CALLBACK | {"sign": signed(compact(CALLBACK))}).encode()
    assert asking.read_callback(body) == "K1L0U0A1"


@pytest.mark.parametrize("change", [{"customer_order_no": "K2"}, {"sign": "0" * 32}, {"sign": None}, {"more": "x"}])
def test_a_forged_callback_is_nobodys(asking: Fulu, change: dict[str, Any]) -> None:
    body = compact(CALLBACK | {"sign": signed(compact(CALLBACK))} | change).encode()
    assert asking.read_callback(body) is None


NOBODY = Fulu(api_base="http://127.0.0.1:9", app_key="key", app_secret=SECRET, clock=SystemClock())
WEIRD = st.none() | st.booleans() | st.floats() | st.text(st.characters()) | st.lists(st.text(), max_size=2)


@given(body=st.binary(max_size=100))
def test_no_callback_body_makes_it_raise(body: bytes) -> None:
    assert NOBODY.read_callback(body) is None


@given(number=WEIRD, sign=WEIRD, result=WEIRD, code=WEIRD | st.integers())
def test_no_value_in_an_answer_or_a_callback_makes_it_raise(number: Any, sign: Any, result: Any, code: Any) -> None:
    body = json.dumps({"customer_order_no": number, "sign": sign, "result": result, "code": code, "message": number})
    assert NOBODY.read_callback(body.encode()) is None
    NOBODY._read(body.encode())


@pytest.mark.parametrize("sign", [None, ""])
def test_an_answer_without_a_signature_is_vouched_for_by_the_connection(
    liar: Liar, asking: Fulu, sign: str | None
) -> None:
    liar.body = answer(0, {"order_state": "success"}, sign=sign)
    assert asking.query("K1") == Success()


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_an_answer_signed_as_a_whole_is_believed_however_it_is_spaced(
    liar: Liar, asking: Fulu, separators: tuple[str, str]
) -> None:
    whole = {"code": 0, "message": "ok", "result": json.dumps(DONE)}
    text = json.dumps(whole, ensure_ascii=False, separators=separators)
    liar.body = json.dumps(whole | {"sign": signed(text)}).encode()
    assert asking.query("K1") == Success()


def test_a_callback_may_come_as_a_form(asking: Fulu) -> None:
    content = {"customer_order_no": "K1", "order_status": "success"}
    sign = signed(json.dumps(content, separators=(",", ":")))
    assert asking.read_callback(urlencode(content | {"sign": sign}).encode()) == "K1"
    assert asking.read_callback(urlencode(content | {"sign": "0" * 32}).encode()) is None


def test_a_message_is_fit_for_the_history_whatever_is_in_it(liar: Liar, asking: Fulu) -> None:
    spoilt = {"code": 9, "message": "a\x00b\ud800c", "result": "", "sign": signed("")}
    liar.body = json.dumps(spoilt).encode()
    assert asking.order(request()) == Rejected("9 abc")


def test_the_secret_is_in_no_repr() -> None:
    section = SupplierSettings("fulu", "fulu", "http://x", "key", SECRET)
    fulu = Fulu(api_base="http://x", app_key="key", app_secret=SECRET, clock=SystemClock())
    assert SECRET not in repr(section) + repr(fulu)
    assert "13812345678" not in repr(request())


# ---- the registry --------------------------------------------------------------------------------------------------


def section(name: str, **changed: Any) -> SupplierSettings:
    values = {"name": name, "kind": "fulu", "api_base": "http://x", "app_key": "k", "app_secret": "s"}
    return SupplierSettings(**(values | changed))


def test_the_default_supplier_is_the_marked_one_or_the_only_one() -> None:
    assert open_suppliers([], SystemClock()).default_name == ""
    assert open_suppliers([section("a")], SystemClock()).default_name == "a"
    assert open_suppliers([section("a"), section("b")], SystemClock()).default_name == ""
    both = open_suppliers([section("a"), section("b", default=True)], SystemClock())
    assert both.default_name == "b"
    assert both.get("a") is not None
    assert both.get("c") is None


def test_suppliers_that_cannot_be_are_named() -> None:
    with pytest.raises(ValueError, match=r"supplier\.a: unknown kind 'moon'"):
        open_suppliers([section("a", kind="moon")], SystemClock())
    with pytest.raises(ValueError, match="a, b"):
        open_suppliers([section("a", default=True), section("b", default=True)], SystemClock())
