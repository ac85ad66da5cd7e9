"""What every supplier must do, the same for each kind, against its strict stand-in over HTTP; and the registry."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from fulfillment.suppliers.port import (
    Accepted,
    Balance,
    Failed,
    NoSuchOrder,
    NotOffered,
    Offer,
    Processing,
    QueryAnswer,
    Rejected,
    Success,
    Supplier,
    TopupRequest,
    Unknown,
)
from fulfillment.suppliers.registry import SupplierSettings, open_suppliers
from kernel.clock import SystemClock
from kernel.money import Fen
from sandbox.app import create_app
from sandbox.server import free_socket, running
from sandbox.settings import Credentials
from tests import credentials as shared
from tests.sandbox.shopfront import FakeBot, bot_running

PHONE = "13812345678"


def request(**changed: Any) -> TopupRequest:
    number = f"K261121{secrets.randbelow(10**10):010d}L0U0A1"
    given = {"supplier_order_no": number, "product_code": "100", "account": PHONE, "buy_num": 1, "face_yuan": 100}
    return TopupRequest(**(given | changed))


@dataclass(frozen=True)
class Kind:
    """One kind of supplier, and how its stand-in is spoken to."""

    name: str
    fault: str
    orders: str
    wrong_key: str
    """Which of its two secrets an order is signed with."""


KINDS = [
    Kind("fulu", "supplier", "supplier-orders", "app_secret"),
    Kind("juhe", "juhe", "juhe-orders", "app_secret"),
]


@dataclass(frozen=True)
class StandIn:
    """A stand-in that runs, with the supplier made for it."""

    kind: Kind
    supplier: Supplier
    settings: SupplierSettings
    url: str
    bot: FakeBot

    def faults(self, fault: Any = None, **more: Any) -> None:
        httpx.put(f"{self.url}/sandbox/api/faults", json={self.kind.fault: fault} | more).raise_for_status()

    def sells(self, **goods: Any) -> None:
        httpx.put(f"{self.url}/sandbox/api/suppliers/{self.kind.name}", json=goods).raise_for_status()

    def known(self) -> str:
        return httpx.get(f"{self.url}/sandbox/api/{self.kind.orders}").text

    def settle(self, number: str, state: str) -> None:
        there = f"{self.url}/sandbox/api/{self.kind.orders}/{number}"
        httpx.put(there, json={"state": state}).raise_for_status()

    def settled(self, number: str) -> QueryAnswer:
        ends = time.monotonic() + 60
        while isinstance(answer := self.supplier.orders.query(number), Processing) and time.monotonic() < ends:
            time.sleep(0.02)
        return answer

    def hurry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Wait no longer than a test can for an answer that does not come."""
        wire = self.supplier.orders._wire  # type: ignore[attr-defined]
        monkeypatch.setattr(wire.client, "timeout", httpx.Timeout(0.3))


@pytest.fixture(scope="module")
def credentials() -> Credentials:
    return shared.credentials()


@pytest.fixture(scope="module")
def running_sandbox(credentials: Credentials) -> Iterator[tuple[str, FakeBot]]:
    sock = free_socket()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    with bot_running() as bot:
        settings = credentials.sandbox_settings(
            bot_url=bot.url, public_url=url, supplier_seconds=0.05, notice_speed=1000.0
        )
        with running(create_app(settings), sock):
            yield url, bot


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def stand_in(
    request: pytest.FixtureRequest, running_sandbox: tuple[str, FakeBot], credentials: Credentials, tmp_path: Any
) -> Iterator[StandIn]:
    kind: Kind = request.param
    url, bot = running_sandbox
    section = credentials.bot_sections(sandbox_url=url, key_dir=tmp_path)[f"supplier.{kind.name}"]
    settings = SupplierSettings(name=kind.name, price_account=PHONE, **section)
    supplier = open_suppliers([settings], SystemClock()).get(kind.name)
    assert supplier is not None
    bot.calls.clear()
    stand_in = StandIn(kind, supplier, settings, url, bot)
    stand_in.faults(None, supplier_seconds=0.05)
    yield stand_in
    stand_in.faults(None, supplier_seconds=0.05)


# ---- orders --------------------------------------------------------------------------------------------------------


def test_an_order_is_accepted_worked_on_and_done(stand_in: StandIn) -> None:
    order = request()
    assert stand_in.supplier.orders.order(order) == Accepted()
    assert stand_in.settled(order.supplier_order_no) == Success()
    assert order.supplier_order_no in stand_in.known()


def test_the_same_number_sent_again_buys_once_and_is_no_outage(stand_in: StandIn) -> None:
    order = request()
    assert stand_in.supplier.orders.order(order) == Accepted()
    again = stand_in.supplier.orders.order(order)
    assert isinstance(again, Unknown)
    assert again.alive
    assert stand_in.settled(order.supplier_order_no) == Success()
    assert stand_in.known().count(f'"customer_order_no": "{order.supplier_order_no}"') == 1


def test_an_order_never_sent_is_not_known(stand_in: StandIn) -> None:
    assert stand_in.supplier.orders.query(request().supplier_order_no) == NoSuchOrder()


def test_a_failed_order_is_failed(stand_in: StandIn) -> None:
    stand_in.faults("failed")
    order = request()
    assert stand_in.supplier.orders.order(order) == Accepted()
    assert isinstance(stand_in.settled(order.supplier_order_no), Failed)


def test_an_order_that_takes_its_time_is_processing(stand_in: StandIn) -> None:
    stand_in.faults("processing")
    order = request()
    assert stand_in.supplier.orders.order(order) == Accepted()
    time.sleep(0.1)
    assert stand_in.supplier.orders.query(order.supplier_order_no) == Processing()
    stand_in.settle(order.supplier_order_no, "success")
    assert stand_in.supplier.orders.query(order.supplier_order_no) == Success()


def test_a_refusal_is_a_no_that_the_query_confirms(stand_in: StandIn) -> None:
    stand_in.faults("refused")
    order = request()
    assert isinstance(stand_in.supplier.orders.order(order), Rejected)
    stand_in.faults(None)
    assert stand_in.supplier.orders.query(order.supplier_order_no) == NoSuchOrder()


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("fault", ["unknown", "garbage", "timeout"])
def test_no_clear_answer_is_unknown_and_the_query_tells(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, fault: str, accepted: bool
) -> None:
    stand_in.hurry(monkeypatch)
    stand_in.faults({"kind": fault, "accepted": accepted, "times": 1})
    order = request()
    answer = stand_in.supplier.orders.order(order)
    assert isinstance(answer, Unknown)
    assert not answer.alive
    assert stand_in.settled(order.supplier_order_no) == (Success() if accepted else NoSuchOrder())


@pytest.mark.parametrize("name", ["app_secret", "app_key"])
def test_wrong_credentials_are_unknown_or_a_no_but_never_a_result(stand_in: StandIn, name: str) -> None:
    settings = {key: getattr(stand_in.settings, key) for key in ("name", "kind", "api_base", "app_key", "app_secret")}
    wrong = open_suppliers([SupplierSettings(**(settings | {name: "another"}))], SystemClock()).get(stand_in.kind.name)
    assert wrong is not None
    order = request()
    assert isinstance(wrong.orders.order(order), Unknown | Rejected)
    if name == "app_key" or stand_in.kind.name == "fulu":  # 聚合 signs orders, and a query with nothing
        assert isinstance(wrong.orders.query(order.supplier_order_no), Unknown)
    assert order.supplier_order_no not in stand_in.known()


def test_nobody_listening_is_unknown(stand_in: StandIn) -> None:
    sock = free_socket()
    nowhere = f"http://127.0.0.1:{sock.getsockname()[1]}"
    deaf = SupplierSettings(stand_in.kind.name, stand_in.kind.name, nowhere, "key", "secret", price_account=PHONE)
    supplier = open_suppliers([deaf], SystemClock()).get(stand_in.kind.name)
    assert supplier is not None
    assert supplier.balances is not None
    assert supplier.prices is not None
    answers = [supplier.orders.order(request()), supplier.orders.query("K2611210000000001L0U0A1")]
    assert all(isinstance(one, Unknown) for one in [*answers, supplier.balances.balance(), supplier.prices.offer("1")])
    sock.close()


# ---- callbacks, balance, prices ------------------------------------------------------------------------------------


def test_its_callback_names_the_order_and_a_changed_one_names_nobodys(stand_in: StandIn) -> None:
    order = request()
    stand_in.supplier.orders.order(order)
    [call] = stand_in.bot.wait_for(f"/supplier/{stand_in.kind.name}/notify")
    assert stand_in.supplier.callbacks is not None
    assert stand_in.supplier.callbacks.read_callback(call.body) == order.supplier_order_no
    number = order.supplier_order_no.encode()
    forged = call.body.replace(number, number[:-1] + b"2")
    assert stand_in.supplier.callbacks.read_callback(forged) is None
    assert stand_in.supplier.callbacks.read_callback(b"") is None


def test_it_tells_what_is_left_of_the_deposit(stand_in: StandIn) -> None:
    stand_in.sells(balance="1234.567")
    assert stand_in.supplier.balances is not None
    assert stand_in.supplier.balances.balance() == Balance(Fen(123456))


def test_it_tells_price_and_availability(stand_in: StandIn) -> None:
    assert stand_in.supplier.prices is not None
    stand_in.sells(goods={"100": {"price": "98.301", "state": "上架"}})
    offer = stand_in.supplier.prices.offer("100")
    assert isinstance(offer, Offer)
    assert (offer.cost_fen, offer.available) == (9831, True)
    stand_in.sells(goods={"100": {"state": "维护中"}})
    offer = stand_in.supplier.prices.offer("100")
    assert isinstance(offer, Offer)
    assert not offer.available
    assert "维护" in offer.said
    assert isinstance(stand_in.supplier.prices.offer("MOON"), NotOffered)


# ---- the registry --------------------------------------------------------------------------------------------------


def section(name: str, **changed: Any) -> SupplierSettings:
    values = {"name": name, "kind": "fulu", "api_base": "http://x", "app_key": "k", "app_secret": "s"}
    return SupplierSettings(**(values | changed))


def test_the_default_supplier_is_the_marked_one_or_the_only_one() -> None:
    assert open_suppliers([], SystemClock()).default_name == ""
    assert open_suppliers([section("a")], SystemClock()).default_name == "a"
    assert open_suppliers([section("a"), section("b")], SystemClock()).default_name == ""
    both = open_suppliers([section("a"), section("b", kind="juhe", default=True)], SystemClock())
    assert both.default_name == "b"
    assert both.get("a") is not None
    assert both.get("c") is None


def test_a_supplier_that_tells_no_prices_says_so_in_its_type() -> None:
    blind = open_suppliers([section("a", kind="juhe")], SystemClock()).get("a")
    assert blind is not None
    assert blind.prices is None
    assert blind.balances is not None


def test_suppliers_that_cannot_be_are_named() -> None:
    with pytest.raises(ValueError, match=r"supplier\.a: unknown kind 'moon'"):
        open_suppliers([section("a", kind="moon")], SystemClock())
    with pytest.raises(ValueError, match="a, b"):
        open_suppliers([section("a", default=True), section("b", default=True)], SystemClock())
