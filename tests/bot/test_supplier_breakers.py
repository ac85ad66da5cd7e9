"""A supplier that gives no answers is asked last for a minute, then tried by one order; nothing else changes."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import Engine

from bot.breakers import OPEN_S, OUTAGES_MAX, PROBE_S, Breaker, Breakers
from bot.redis_client import open_redis
from fulfillment.suppliers.port import Accepted, Failed, Rejected, Unknown
from kernel.clock import MovableClock
from kernel.orders import LineState
from sandbox.server import free_socket
from tests.bot.supplying import Supplying, supplying

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
BOTH = ("fulu", "juhe")
SILENCE = Unknown("timeout")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
def breakers(redis_url: str, clock: MovableClock) -> Iterator[Breakers]:
    with redis.Redis.from_url(redis_url) as client:
        yield Breakers(client, clock)


def silent(breakers: Breakers, times: int = OUTAGES_MAX) -> None:
    for _ in range(times):
        breakers.record("fulu", SILENCE)


def test_so_many_orders_in_a_row_without_an_answer_open_it(breakers: Breakers) -> None:
    silent(breakers, OUTAGES_MAX - 1)
    assert breakers.avoided(BOTH) == frozenset()
    silent(breakers, 1)
    assert breakers.avoided(BOTH) == {"fulu"}
    assert breakers.states(BOTH) == {"fulu": Breaker.OPEN, "juhe": Breaker.CLOSED}


@pytest.mark.parametrize("answer", [Accepted(), Rejected("no"), Unknown("exists already", alive=True)])
def test_any_answer_in_between_shows_that_it_lives(breakers: Breakers, answer: Accepted | Rejected | Unknown) -> None:
    silent(breakers, OUTAGES_MAX - 1)
    breakers.record("fulu", answer)
    silent(breakers, OUTAGES_MAX - 1)
    assert breakers.avoided(BOTH) == frozenset()


def test_what_was_not_sent_shows_nothing(breakers: Breakers) -> None:
    silent(breakers)
    breakers.record("fulu", Failed("no phone number"))
    assert breakers.avoided(BOTH) == {"fulu"}


def test_after_a_minute_one_order_tries_it_and_its_answer_decides(breakers: Breakers, clock: MovableClock) -> None:
    silent(breakers)
    clock.move(timedelta(seconds=OPEN_S))
    assert breakers.states(["fulu"]) == {"fulu": Breaker.HALF_OPEN}
    assert breakers.avoided(BOTH) == {"fulu"}
    assert breakers.avoided(BOTH, may_probe=True) == frozenset()
    assert breakers.avoided(BOTH, may_probe=True) == {"fulu"}
    silent(breakers, 1)
    assert breakers.avoided(BOTH, may_probe=True) == {"fulu"}
    clock.move(timedelta(seconds=OPEN_S))
    assert breakers.avoided(BOTH, may_probe=True) == frozenset()
    breakers.record("fulu", Accepted())
    assert breakers.avoided(BOTH) == frozenset()


def test_a_try_that_never_came_back_makes_room_for_the_next(breakers: Breakers, clock: MovableClock) -> None:
    silent(breakers)
    clock.move(timedelta(seconds=OPEN_S))
    assert breakers.avoided(BOTH, may_probe=True) == frozenset()
    clock.move(timedelta(seconds=PROBE_S))
    assert breakers.avoided(BOTH, may_probe=True) == frozenset()


def test_the_only_supplier_is_asked_whatever_happens(breakers: Breakers) -> None:
    silent(breakers)
    assert breakers.avoided(["fulu"]) == frozenset()


def test_without_redis_all_are_well(clock: MovableClock) -> None:
    sock = free_socket()
    away = open_redis(f"redis://127.0.0.1:{sock.getsockname()[1]}")
    breakers = Breakers(away, clock)
    silent(breakers)
    assert breakers.avoided(BOTH) == frozenset()
    assert breakers.states(["fulu"]) == {"fulu": Breaker.UNKNOWN}
    sock.close()


# ---- in the shop ---------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Supplying]:
    with supplying(engine, redis_url, tmp_path) as shop:
        yield shop


def test_orders_go_to_the_next_supplier_while_one_is_silent_and_what_was_sent_is_still_asked_about(
    shop: Supplying,
) -> None:
    shop.faults(supplier={"kind": "unknown", "accepted": True})
    first = [shop.paid() for _ in range(OUTAGES_MAX)]
    shop.send_all()
    later = shop.paid()
    assert shop.attempts(later) == [("juhe", "created")]
    assert {attempt for order_no in first for attempt in shop.attempts(order_no)} == {("fulu", "unknown")}
    shop.settle_all()
    assert all(shop.line(order_no).state is LineState.DELIVERED for order_no in [*first, later])
    assert {attempt for order_no in first for attempt in shop.attempts(order_no)} == {("fulu", "success")}


def test_what_waits_to_be_sent_goes_to_who_answers_and_comes_back_when_he_fails(shop: Supplying) -> None:
    shop.faults(supplier={"kind": "unknown", "accepted": False, "times": OUTAGES_MAX}, juhe="failed")
    orders = [shop.paid() for _ in range(OUTAGES_MAX + 1)]
    assert shop.attempts(orders[-1]) == [("fulu", "created")]
    shop.send_all()
    assert shop.attempts(orders[-1]) == [("juhe", "processing")]
    [cost] = shop.rows("SELECT cost_fen FROM supplier_order WHERE supplier = 'juhe'")
    assert cost == (9850,)
    shop.clock.move(timedelta(seconds=OPEN_S + 1))
    ends = time.monotonic() + 30
    while shop.attempts(orders[-1])[-1] != ("fulu", "created") and time.monotonic() < ends:
        shop.query_all()
    assert shop.attempts(orders[-1]) == [("juhe", "failed"), ("fulu", "created")]


def test_a_try_is_not_sent_elsewhere(shop: Supplying) -> None:
    for _ in range(OUTAGES_MAX):
        shop.services.breakers.record("fulu", SILENCE)
    shop.clock.move(timedelta(seconds=OPEN_S))
    tried, other = shop.paid(), shop.paid()
    shop.settle_all()
    assert (shop.attempts(tried), shop.attempts(other)) == ([("fulu", "success")], [("juhe", "success")])


def test_the_only_place_to_buy_is_asked_though_it_is_silent(shop: Supplying) -> None:
    for _ in range(OUTAGES_MAX):
        shop.services.breakers.record("fulu", SILENCE)
    order_no = shop.paid("HF50")
    shop.settle_all()
    assert shop.attempts(order_no) == [("fulu", "success")]


def test_a_definite_failure_is_bought_at_the_other_supplier_over_http(shop: Supplying) -> None:
    shop.faults(supplier="failed")
    order_no = shop.paid()
    shop.settle_all()
    assert shop.attempts(order_no) == [("fulu", "failed"), ("juhe", "success")]
    assert shop.line(order_no).state is LineState.DELIVERED
    known = httpx.get(f"{shop.url}/sandbox/api/juhe-orders").json()["supplier_orders"]
    assert [one["customer_order_no"] for one in known] == [f"{order_no}L0U0A2"]


def test_the_money_goes_back_when_both_have_failed(shop: Supplying) -> None:
    shop.faults(supplier="failed", juhe="failed")
    order_no = shop.paid()
    shop.settle_all()
    assert shop.attempts(order_no) == [("fulu", "failed"), ("juhe", "failed")]
    assert shop.rows("SELECT amount_fen FROM refund WHERE order_no = :no", no=order_no) == [(9950,)]
