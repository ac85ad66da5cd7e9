"""Some hundred of the bent messages, notices and callbacks that `make chaos` sends for ten minutes."""

import random

from tests.chaos.fuzz import Fuzz
from tests.e2e.shop import Shop

REQUESTS = 600


def test_no_bent_message_notice_or_callback_is_answered_with_a_5xx_and_the_shop_goes_on(shop: Shop) -> None:
    fuzz = Fuzz(str(shop.bot.base_url), shop.credentials, seed=7)
    dice = random.Random(7)
    for _ in range(REQUESTS):
        fuzz.one(dice, shop.bot, slow_s=60)
    assert fuzz.broken == []
    kinds = {answer.partition(",")[0].rpartition(" ")[0] or answer.partition(",")[0] for answer in fuzz.answers}
    assert {"message", "notice", "callback"} <= {kind.split()[0] for kind in kinds}
    taken = sum(count for answer, count in fuzz.answers.items() if answer.endswith(" 200"))
    assert taken > REQUESTS // 10, "some of it gets behind the door"
    assert "直接说要什么就行" in shop.buyer().say("帮助")
