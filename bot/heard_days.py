"""Who wrote on which day: what of all talk came to an order is reckoned from it. Kept for 40 days.

A turn pays one look at a set; what is new is gathered for a second and written at once: a transaction for each buyer
would cost as much as a quarter of his first turn. When the database is away or the process ends, a day's figure is a
little too low, and nobody waits for it.
"""

import logging
from collections import deque
from datetime import date, datetime, timedelta
from threading import BoundedSemaphore, Timer

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Services
from bot.tasks import TASKS
from kernel.ids import OpenId

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=40)
GATHERED_S = 1.0
KNOWN_MAX = 200_000
"""Buyers of one day that a process remembers; beyond that it writes some twice, which changes nothing."""

_KEEP = text("""
    INSERT INTO buyer_day (day, openid) SELECT * FROM unnest(CAST(:days AS date[]), CAST(:openids AS text[])) n
    ON CONFLICT DO NOTHING
""")
_FORGET_OLD = text("DELETE FROM buyer_day WHERE day < :before")


class HeardDays:
    """Takes buyers from turns of talk, in one event loop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: set[tuple[date, OpenId]] = set()
        self._new: deque[tuple[date, OpenId]] = deque(maxlen=KNOWN_MAX)
        self._writer = BoundedSemaphore(1)

    def note(self, openid: OpenId, now: datetime) -> None:
        """He wrote now. Returns at once."""
        one = (now.astimezone(self._services.hours.zone).date(), openid)
        if one in self._known:
            return
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known.add(one)
        self._new.append(one)
        self._write_soon()

    def _write_soon(self) -> None:
        if self._writer.acquire(blocking=False):
            later = Timer(GATHERED_S, self._write)
            later.daemon = True
            later.start()

    def _write(self) -> None:
        try:
            taken = [self._new.popleft() for _ in range(len(self._new))]
            values = {"days": [day for day, _ in taken], "openids": [openid for _, openid in taken]}
            with self._services.engine.begin() as conn:
                conn.execute(_KEEP, values)
        except SQLAlchemyError as error:
            log.warning("who wrote today is not kept: %s", type(error).__name__)
        finally:
            self._writer.release()
        if self._new:
            self._write_soon()


@TASKS.cron("forget_heard_days", "10 20 * * *")
def forget_heard_days(services: Services) -> None:
    """Drop what no curve shows any more."""
    with services.engine.begin() as conn:
        conn.execute(_FORGET_OLD, {"before": (services.clock.now() - KEPT_FOR).date()})
