"""What is looked at by itself: history anchored and books compared at night, the stock every hour (crons in UTC)."""

import logging
from itertools import islice

from sqlalchemy import text

from bot import books
from bot.bootstrap import Services
from bot.tasks import TASKS
from catalog import scarcity
from fulfillment import audit

log = logging.getLogger(__name__)

AT_NIGHT = "20 19 * * *"
"""03:20 in China."""
SUNDAY_NIGHT = "50 19 * * 6"
"""Sunday, 03:50 in China."""
_NAMED_MAX = 20


@TASKS.cron("anchor_history", AT_NIGHT)
def anchor_history(services: Services) -> None:
    """Seal the day's events as a whole. The seal goes into the log, too: whoever has SQL does not reach there."""
    with services.engine.begin() as conn:
        made = audit.anchor(conn, services.clock.now())
    if made is not None:
        log.info("history anchored: n=%s until=%s events=%s %s", made.n, made.covers_to, made.events, made.hash.hex())


@TASKS.cron("verify_history", SUNDAY_NIGHT)
def verify_history(services: Services) -> None:
    """Walk every chain once a week: a break that nobody looks for is found by nobody."""
    with services.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        broken = list(islice(audit.verify(conn), _NAMED_MAX + 1))
    for one in broken[:_NAMED_MAX]:
        log.error("history is broken: order=%s n=%s %s", one.order_no, one.n, one.what)
    if len(broken) > _NAMED_MAX:
        log.error("history is broken in more places: kabot audit verify names them")


@TASKS.cron("check_books", AT_NIGHT)
def check_books(services: Services) -> None:
    """Compare every order's money wherever it is written down; a difference is a bug, or a hand in the database."""
    with services.engine.begin() as conn:
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        found = books.check(conn, services.clock.now())
    for one in found[:_NAMED_MAX]:
        log.error("books disagree: order=%s %s books=%s rows=%s", one.order_no, one.what, one.books_fen, one.rows_fen)
    if len(found) > _NAMED_MAX:
        log.error("books disagree in %s places: kabot ledger check names them", len(found))


@TASKS.cron("look_at_stock", "5 * * * *")
def look_at_stock(services: Services) -> None:
    """Say which SKUs are about to run out of keys."""
    with services.engine.connect() as conn:
        short = scarcity.short(conn, services.config.stock.alert_below)
    for sku, keys in short.items():
        log.warning("stock is low: sku=%s keys=%s", sku, keys)
