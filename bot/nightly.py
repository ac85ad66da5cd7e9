"""What is looked at once a night: the history is anchored. Hours are UTC."""

import logging

from bot.bootstrap import Services
from bot.tasks import TASKS
from fulfillment import audit

log = logging.getLogger(__name__)

AT_NIGHT = "20 19 * * *"
"""03:20 in China."""


@TASKS.cron("anchor_history", AT_NIGHT)
def anchor_history(services: Services) -> None:
    """Seal the day's events as a whole. The seal goes into the log, too: whoever has SQL does not reach there."""
    with services.engine.begin() as conn:
        made = audit.anchor(conn, services.clock.now())
    if made is not None:
        log.info("history anchored: n=%s until=%s events=%s %s", made.n, made.covers_to, made.events, made.hash.hex())
