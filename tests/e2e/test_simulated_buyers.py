"""A hundred buyers at once against the running shop: everybody gets exactly the order he wanted, or none."""

import os
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import text

from catalog.model import Delivery
from tests.dialogs.buyers import Buyer
from tests.dialogs.wants import Ordered, is_what_was_wanted
from tests.e2e.shop import Shop
from tests.stories.shops import DEMO, goods_of

BUYERS = int(os.environ.get("KABOT_TEST_REAL_BUYERS", "100"))
AT_ONCE = 6
KEYS = 60 * max(1, BUYERS // 100)
_LINES = text(
    "SELECT l.sku_code, l.quantity, l.total_fen, l.fields FROM orders o JOIN order_line l ON l.order_no = o.order_no"
    " WHERE o.openid = :openid AND o.state = 'unpaid' ORDER BY l.id"
)


def a_buyer(seed: int, running: Shop, threads: ThreadPoolExecutor) -> tuple[Buyer, str]:
    """The buyer of this seed and his openid. What he sends at once really arrives at once, and WeChat pushes some of it
    twice."""
    dice, phone = random.Random(seed), running.buyer()

    def send_one(message: str) -> tuple[float, str]:
        more: dict[str, Any] = {"repeat": 2} if dice.random() < 0.1 else {}
        answer = phone.say(message, **more)
        return time.monotonic(), answer

    def send(texts: Sequence[str]) -> list[str]:
        if len(texts) == 1:
            return [send_one(texts[0])[1]]
        return [answer for _, answer in sorted(threads.map(send_one, texts))]

    return Buyer(random.Random(seed), goods_of(DEMO)[0], send), phone.openid


def test_what_is_ordered_in_the_end_is_what_was_wanted(running_shop: Shop, tmp_path: Path) -> None:
    for product in goods_of(DEMO)[0].products:
        if product.delivery is Delivery.CARD:
            for sku in product.skus:
                running_shop.stock(sku.code, *(f"{sku.code}-{n:04}" for n in range(KEYS)), tmp=tmp_path)
    with ThreadPoolExecutor(AT_ONCE) as buyers, ThreadPoolExecutor(AT_ONCE * 3) as threads:

        def visit(seed: int) -> tuple[int, Buyer, str]:
            buyer, openid = a_buyer(seed, running_shop, threads)
            buyer.shop()
            return seed, buyer, openid

        visits = list(buyers.map(visit, range(BUYERS)))
    wrong, gave_up = [], 0
    for seed, buyer, openid in visits:
        with running_shop.engine.connect() as conn:
            lines = [Ordered(*row) for row in conn.execute(_LINES, {"openid": openid})]
        gave_up += buyer.end == "gave up"
        if buyer.unasked or not is_what_was_wanted(lines, buyer.bought):
            wrong.append(
                "\n".join(
                    [f"== seed {seed}, {buyer.end}, wants {[str(w) for w in buyer.bought]}", *buyer.talk, f"{lines}"]
                )
            )
    assert not wrong, f"{len(wrong)} of {BUYERS}\n" + "\n\n".join(wrong[:5])
    assert gave_up <= BUYERS * 0.05
    assert sum(buyer.end == "bought" for _, buyer, _ in visits) >= BUYERS * 0.8
