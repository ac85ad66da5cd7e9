"""Who wrote on which day, and when last: what of all talk came to an order is reckoned from the one (40 days),
operators find the talks the bot has alone by the other (a day).

A turn pays one look at a dictionary; what is new is gathered for a second and written at once: a transaction for each
buyer would cost as much as a quarter of his first turn. When the database is away or the process ends, a day's figure
is a little too low, and nobody waits for it.
"""

import logging
from collections import deque
from datetime import datetime, timedelta
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
"""Buyers that a process remembers; beyond that it writes some twice, which changes nothing."""
LATEST_KEPT_FOR = timedelta(days=1)
_MINUTE_S = 60

_KEEP = text("""
    INSERT INTO buyer_day (day, openid) SELECT * FROM unnest(CAST(:days AS date[]), CAST(:openids AS text[])) n
    ON CONFLICT DO NOTHING
""")
# In one order, whoever writes: two processes that write the same buyers never wait for each other in a circle.
_LATEST = text("""
    INSERT INTO latest_talk (openid, heard_at)
    SELECT openid, max(at) FROM unnest(CAST(:openids AS text[]), CAST(:times AS timestamptz[])) n(openid, at)
    GROUP BY openid ORDER BY openid
    ON CONFLICT (openid) DO UPDATE SET heard_at = greatest(latest_talk.heard_at, excluded.heard_at)
""")
_FORGET_OLD = text("DELETE FROM buyer_day WHERE day < :before")
_FORGET_LATEST = text("DELETE FROM latest_talk WHERE heard_at < :before")


class HeardDays:
    """Takes buyers from turns of talk, in one event loop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[OpenId, int] = {}
        """In which minute each was last written down."""
        self._new: deque[tuple[OpenId, datetime]] = deque(maxlen=KNOWN_MAX)
        self._writer = BoundedSemaphore(1)

    def note(self, openid: OpenId, now: datetime) -> None:
        """He wrote now. Returns at once."""
        minute = int(now.timestamp()) // _MINUTE_S
        if self._known.get(openid) == minute:
            return
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[openid] = minute
        self._new.append((openid, now))
        self._write_soon()

    def _write_soon(self) -> None:
        if self._writer.acquire(blocking=False):
            later = Timer(GATHERED_S, self._write)
            later.daemon = True
            later.start()

    def _write(self) -> None:
        try:
            taken = [self._new.popleft() for _ in range(len(self._new))]
            zone = self._services.hours.zone
            days = sorted({(now.astimezone(zone).date(), openid) for openid, now in taken})
            with self._services.engine.begin() as conn:
                conn.execute(_KEEP, {"days": [day for day, _ in days], "openids": [openid for _, openid in days]})
            latest = {"openids": [openid for openid, _ in taken], "times": [now for _, now in taken]}
            with self._services.engine.begin() as conn:
                conn.execute(_LATEST, latest)
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


@TASKS.cron("forget_latest_talks", "25 * * * *")
def forget_latest_talks(services: Services) -> None:
    """Drop who has not written for a day."""
    with services.engine.begin() as conn:
        conn.execute(_FORGET_LATEST, {"before": services.clock.now() - LATEST_KEPT_FOR})
