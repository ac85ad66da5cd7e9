"""What the bot did not understand: kept for 30 days, without accounts, for `kabot nlu report`.

Written on misses alone, by a thread that no turn waits for; when the database is away a miss is not worth waiting for.
"""

import hashlib
import hmac
import logging
import re
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Services
from bot.tasks import TASKS
from dialogs.store import TalkUnavailableError
from kernel.ids import OpenId
from kernel.masking import mask_within
from nlu.frame import Frame, Intent
from nlu.lexicon import Lexicon
from nlu.seeing import look

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=30)
WORDS_MAX = 200
WAITING_MAX = 4
"""So many misses wait to be written down at most; more at once say nothing new."""
CORRECTIONS: frozenset[Intent] = frozenset(("change", "deny"))
MISSES: frozenset[Intent] = CORRECTIONS | {"unknown"}


def missed(frame: Frame) -> bool:
    """Tell whether a message was not understood, corrects the one before, or orders what the catalog does not name."""
    if frame.intent in MISSES:
        return True
    return frame.intent == "order" and any(not item.product and not item.candidates for item in frame.items)


_KEEP = text("""
    INSERT INTO misheard (heard_at, buyer, words, intent, followed_by)
    VALUES (:now, :buyer, :words, :intent, :followed_by)
""")
_SINCE = text("""
    SELECT id, heard_at, buyer, words, intent, followed_by FROM misheard WHERE heard_at >= :since
    ORDER BY heard_at DESC LIMIT :limit
""")
_SETTLE = text("DELETE FROM misheard WHERE id = ANY(:ids)")
_FORGET_OLD = text("DELETE FROM misheard WHERE heard_at < :before")


@dataclass(frozen=True, slots=True)
class Miss:
    """One message that was not understood, or that its buyer corrected at once."""

    id: int
    heard_at: datetime
    buyer: str
    """A pseudonym: tells two buyers apart, and nobody who they are."""
    words: str
    intent: str
    followed_by: str
    """The correction that came next; "" for what was not understood at all."""


class Misses:
    """Takes misses from turns of talk, and has a thread write them down."""

    def __init__(self, services: Services, threads: Executor) -> None:
        self._services = services
        self._threads = threads
        self._waiting = BoundedSemaphore(WAITING_MAX)

    def note(self, openid: OpenId, words: str, intent: Intent) -> None:
        """Take one miss. Returns at once; more than a few at a time are let go."""
        if self._waiting.acquire(blocking=False):
            self._threads.submit(self._keep, openid, words, intent)

    def _keep(self, openid: OpenId, words: str, intent: Intent) -> None:
        try:
            keep(self._services, openid, words, intent)
        except (SQLAlchemyError, TalkUnavailableError) as error:
            log.warning("a miss was not written down: %s", type(error).__name__)
        except Exception:
            log.exception("a miss was not written down")
        finally:
            self._waiting.release()


def keep(services: Services, openid: OpenId, words: str, intent: Intent) -> None:
    """Write down what was not understood; of a correction, the buyer's words before it."""
    followed_by = intent if intent in CORRECTIONS else ""
    if followed_by:
        before = [line.text for line in services.store.transcript(openid) if line.who == "buyer"]
        while words in before:  # this very correction, and what came after it: its turn has ended already
            before.pop()
        if not before:
            return
        words = before[-1]
    _, lexicon = services.shelf.current()
    kept = without_accounts(words, lexicon)[:WORDS_MAX].strip()
    if not kept:
        return
    row = {
        "now": services.clock.now(),
        "buyer": pseudonym(services.config.app.key(), openid),
        "words": kept,
        "intent": "corrected" if followed_by else intent,
        "followed_by": followed_by,
    }
    with services.engine.begin() as conn:
        conn.execute(_KEEP, row)


def pseudonym(key: bytes, openid: OpenId) -> str:
    """How a buyer is called among the misses, under this secret key."""
    return hmac.new(key, f"misheard {openid}".encode(), hashlib.sha256).hexdigest()[:12]


_NUMBER_ROW = re.compile(r"\d[\d \-·.]{3,}\d|[零〇一二两三四五六七八九幺0-9][零〇一二两三四五六七八九幺0-9 ,，]{4,}")


def without_accounts(words: str, lexicon: Lexicon) -> str:
    """Write a message without what tells who its buyer is: accounts, addresses, names, long numbers."""
    seen = look(words, lexicon)
    spans = [(account.start, account.end, "〔号码〕") for account in seen.accounts]
    for said in seen.texts.values():
        place = seen.cased.find(said)
        spans += [(place, place + len(said), "〔文字〕")] if place >= 0 else []
    parts, place = [], 0
    for start, end, stands_for in sorted(spans):
        if start >= place:
            parts += [seen.text[place:start], stands_for]
            place = end
    return mask_within(_NUMBER_ROW.sub("〔数字〕", "".join([*parts, seen.text[place:]])))


def since(conn: Connection, when: datetime, limit: int = 5000) -> list[Miss]:
    """List the misses since a moment, newest first."""
    return [Miss(**row._mapping) for row in conn.execute(_SINCE, {"since": when, "limit": limit})]


def settle(conn: Connection, ids: list[int]) -> None:
    """Forget misses that an operator has dealt with."""
    conn.execute(_SETTLE, {"ids": ids})


@TASKS.cron("forget_misheard", "40 * * * *")
def forget_old(services: Services) -> None:
    """Forget what is older than the report looks back."""
    with services.engine.begin() as conn:
        conn.execute(_FORGET_OLD, {"before": services.clock.now() - KEPT_FOR})
