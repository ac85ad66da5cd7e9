"""`python -m tests.chaos.operators NAME`: an operator in a process of his own, who decides on held orders without end.

Several of them see the same orders and want different things of them. What each decided stands in his output, a line
each, for whoever compares it with the books.
"""

import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot import risk
from bot.bootstrap import Services, build
from bot.config import load_config
from risk.reading import holds

HESITATES = 0.7
REASON = "付款账户有风险"
RELEASED, REFUSED = "released", "refused"


def decide(services: Services, name: str, dice: random.Random) -> None:
    """Look at what is held now, and say of each what becomes of it."""
    with services.engine.connect() as conn:
        held = [one.order_no for one in holds(conn)]
    for order_no in held:
        if dice.random() < HESITATES:  # its buyer may lose patience, or the other decide
            continue
        if dice.random() < 0.6:
            decided, done = RELEASED, risk.release(services, order_no, actor=name)
        else:
            decided, done = REFUSED, risk.refuse(services, order_no, REASON, actor=name)
        print(f"decided {order_no} {decided} {'yes' if done else 'no'}", flush=True)


def main(name: str) -> None:
    """Decide until killed; a database that is away is waited for."""
    dice = random.Random(f"{name} {time.time()}")
    config = load_config()
    services = build(config, database_url=config.store.database_url, redis_url=config.redis.url)
    while True:
        time.sleep(dice.uniform(0.5, 2.0))
        try:
            decide(services, name, dice)
        except SQLAlchemyError as error:  # killed, restarted: what was decided and not committed is decided again
            print(f"waits: {type(error).__name__}", flush=True)


def decided(logs: Iterable[Path]) -> dict[str, list[tuple[str, str]]]:
    """(who, what) each order was heard to be decided on, as the operators themselves remember it."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            match line.split():
                case ["decided", order_no, what, "yes"]:
                    found[order_no].append((log.stem, what))
                case _:
                    pass
    return found


if __name__ == "__main__":
    main(sys.argv[1])
