"""The judge of `make chaos` finds what it is there to find: one thing wrong in the world, one promise broken."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot import after_sale, background, jobs, ordering, paying, risk, wallet
from catalog.key_import import import_keys
from dialogs.effects import AskRefund
from dialogs.facts import OrderPlaced
from fulfillment import holds
from kernel.ids import OpenId
from kernel.orders import Order
from tests.bot.test_everything_holds import Outside, outside
from tests.chaos.verdict import World, judge
from tests.fulfillment.counter import want

__all__ = ["outside"]
BUYER = OpenId("oJudged")
BALANCES = "balances are what was paid in and what moved, never below zero"
HELD = "a held order was decided on once, and its buyer told"


def sold(shop: Outside) -> World:
    """A key and a top-up, ordered, paid and delivered; a balance that was filled, paid from and given back into; an
    order that a person looked at: the world after it."""
    services = shop.services
    (shop.folder / "keys.txt").write_text("".join(f"CHAOS-ST50-{n}\n" for n in range(4)))
    import_keys(services.engine, services.vault, "ST50", shop.folder / "keys.txt")
    placed = ordering.place(services, BUYER, "m1", [want("ST50"), want("HF100")])
    assert isinstance(placed, OrderPlaced)
    pay(shop, placed.order)
    shop.supplier.settle("success")
    work(shop)
    topped_up = wallet.top_up(services, BUYER, "m2", 20_000)
    assert isinstance(topped_up, OrderPlaced)
    pay(shop, topped_up.order)
    for key, back in (("m3", False), ("m4", True)):
        placed = ordering.place(services, BUYER, key, [want("ST50")])
        assert isinstance(placed, OrderPlaced)
        with services.engine.begin() as conn:
            assert isinstance(wallet.pay_order(services, conn, BUYER, placed.order.order_no), wallet.Paid)
        if back:
            after_sale.ask_refund(services, BUYER, AskRefund(placed.order.order_no, None, "退款"))
        work(shop)
    placed = ordering.place(services, BUYER, "m5", [want("ST50")])
    assert isinstance(placed, OrderPlaced)
    with services.engine.begin() as conn:
        holds.want(conn, placed.order.order_no, shop.clock.now())
    pay(shop, placed.order)
    assert risk.release(services, placed.order.order_no, actor="anna")
    work(shop)
    return shop.world()


def pay(shop: Outside, order: Order) -> None:
    paying.open_jsapi(shop.services, order, BUYER)
    paid = shop.wechat.pay(shop.wechat._trades[order.order_no].credential, BUYER)
    assert paid is not None
    paying.take_transaction(shop.services, paid)
    work(shop)


def work(shop: Outside) -> None:
    for _ in range(3):
        jobs.run_pending(shop.services.engine, background.TASKS, shop.services, shop.clock.now())
        shop.clock.move(timedelta(minutes=1))


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


def filled_with_less(world: World) -> None:
    list(world.trades.values())[1]["total_fen"] -= 1


def held_silently(world: World) -> None:
    world.chats[BUYER] = [one for one in world.chats[BUYER] if "需要人工核对" not in one["content"]]


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
    filled_with_less: {
        "whoever paid is in our books, once",
        BALANCES,
    },
    held_silently: {HELD},
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
        ("UPDATE wallet SET balance_fen = balance_fen + 1", BALANCES),
        ("UPDATE wallet_move SET amount_fen = amount_fen - 1 WHERE kind = 'topup'", BALANCES),
        ("UPDATE wallet_move SET order_no = '' WHERE kind = 'topup'", "paid = delivered + refunded, to the fen"),
        ("DELETE FROM wallet_move WHERE kind = 'pay'", BALANCES),
        ("UPDATE payment SET total_fen = total_fen + 1 WHERE trade_type = 'WALLET'", BALANCES),
        ("DELETE FROM wallet_move WHERE kind = 'refund'", "paid = delivered + refunded, to the fen"),
        ("UPDATE order_hold SET state = 'held', ended_at = NULL", HELD),
        ("UPDATE order_hold SET state = 'refused'", HELD),
        ("DELETE FROM order_event WHERE cause = 'released'", HELD),
    ],
)
def test_whatever_is_wrong_in_our_database_is_found(outside: Outside, change: str, promise: str) -> None:
    world = sold(outside)
    with outside.services.engine.begin() as conn:
        conn.execute(text("SET LOCAL session_replication_role = replica"))  # what guards the rows would refuse it
        conn.execute(text(change))
    assert promise in broken(outside, world)
