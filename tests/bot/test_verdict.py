"""The judge of `make chaos` finds what it is there to find: one thing wrong in the world, one promise broken."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot import background, jobs, ordering, paying
from catalog.key_import import import_keys
from dialogs.turn import OrderPlaced
from kernel.ids import OpenId
from tests.bot.test_everything_holds import Outside, made, outside
from tests.chaos.verdict import World, judge
from tests.fulfillment.counter import want

__all__ = ["made", "outside"]
BUYER = OpenId("oJudged")


def sold(shop: Outside) -> World:
    """A key and a top-up, ordered, paid and delivered: the world after it."""
    services = shop.services
    (shop.folder / "keys.txt").write_text("CHAOS-ST50-1\nCHAOS-ST50-2")
    import_keys(services.engine, services.vault, "ST50", shop.folder / "keys.txt")
    placed = ordering.place(services, BUYER, "m1", [want("ST50"), want("HF100")])
    assert isinstance(placed, OrderPlaced)
    paying.open_jsapi(services, placed.order, BUYER)
    paid = shop.wechat.pay(shop.wechat._trades[placed.order.order_no].credential, BUYER)
    assert paid is not None
    paying.take_transaction(services, paid)
    jobs.run_pending(services.engine, background.TASKS, services, shop.clock.now())
    shop.supplier.settle("success")
    for _ in range(3):
        shop.clock.move(timedelta(minutes=1))
        jobs.run_pending(services.engine, background.TASKS, services, shop.clock.now())
    return shop.world()


def untold(world: World) -> None:
    world.chats[BUYER] = [one for one in world.chats[BUYER] if "CHAOS" not in one["content"]]


def told_twice(world: World) -> None:
    world.chats[BUYER] *= 2


def told_another(world: World) -> None:
    world.chats["oOther"] = world.chats[BUYER]


def bought_twice(world: World) -> None:
    world.purchases.append({**world.purchases[0], "customer_order_no": "X"})


def failed_there(world: World) -> None:
    world.purchases[0]["state"] = "failed"


def paid_there_alone(world: World) -> None:
    world.trades["K1"] = {"transaction_id": "42", "total_fen": 100}


def paid_less(world: World) -> None:
    next(iter(world.trades.values()))["total_fen"] -= 1


def refunded_there(world: World) -> None:
    number = next(iter(world.trades))
    world.refunds["R"] = {"out_trade_no": number, "status": "SUCCESS", "refund_fen": 1}


WRONG: dict[Callable[[World], Any], set[str]] = {
    untold: {"every buyer was told"},
    told_twice: {"no card key was pushed twice"},
    told_another: {"keys are unique, and went to their owners"},
    bought_twice: {"no purchase was made twice"},
    failed_there: {"no purchase was made twice"},
    paid_there_alone: {"whoever paid is in our books, once"},
    paid_less: {"whoever paid is in our books, once"},
    refunded_there: {"paid = delivered + refunded, to the fen"},
}


def broken(shop: Outside, world: World) -> set[str]:
    services = shop.services
    found = judge(services.engine, services.vault, services.config.app.key(), world)
    return {promise for promise, problems in found.broken.items() if problems}


def test_whatever_is_wrong_in_the_world_is_found_and_nothing_when_nothing_is(outside: Outside) -> None:
    assert broken(outside, sold(outside)) == set()
    for wrong, promises in WRONG.items():
        world = outside.world()
        world.purchases = [dict(one) for one in world.purchases]
        wrong(world)
        assert broken(outside, world) == promises, wrong.__name__


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ("UPDATE orders SET state = 'paid'", "nothing is left open"),
        ("UPDATE push SET state = 'kept' WHERE kind = 'keys'", "every buyer was told"),
        ("UPDATE order_line SET refund_fen = 100 WHERE sku_code = 'ST50'", "paid = delivered + refunded, to the fen"),
        ("UPDATE payment SET total_fen = total_fen + 1", "the ledger agrees"),
        ("UPDATE orders SET state = 'refunded'", "the history is whole"),
    ],
)
def test_whatever_is_wrong_in_our_database_is_found(outside: Outside, change: str, promise: str) -> None:
    world = sold(outside)
    with outside.services.engine.begin() as conn:
        conn.execute(text(change))
    assert promise in broken(outside, world)
