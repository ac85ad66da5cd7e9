"""The catalog in memory, reloaded when the database has a newer one: an operator's change works within seconds."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bot.lexicon import build_lexicon
from catalog.shelf import Shelf
from catalog.store import current_version, load_shelf
from nlu.lexicon import Lexicon

log = logging.getLogger(__name__)

CHECK_EVERY_S = 2.0
OLD_AFTER_S = 3.0
"""In a shop that is busy somebody looks before. After so long what is at hand may be of yesterday, with its prices."""


class ShelfSource:
    """Hands out the current Shelf and the Lexicon built from it. One cheap query every two seconds of traffic."""

    def __init__(
        self,
        engine: Engine,
        also: Callable[[Lexicon], None] = lambda _: None,
        *,
        check_every_s: float = CHECK_EVERY_S,
        old_after_s: float = OLD_AFTER_S,
    ) -> None:
        """`also` is called with each look, whether or not the catalog is another one."""
        self._engine = engine
        self._check_every_s = check_every_s
        self._old_after_s = old_after_s
        self._also = also
        self._lock = threading.Lock()
        self._loaded: tuple[Shelf, Lexicon] | None = None
        self._checked_at = 0.0

    def at_hand(self) -> tuple[Shelf, Lexicon] | None:
        """The catalog as last read, without a look; None before the first."""
        return self._loaded

    def is_due(self) -> bool:
        """Whether it is time to look for a newer one; `current` does."""
        return time.monotonic() - self._checked_at >= self._check_every_s

    def is_old(self) -> bool:
        """Whether the last look is so long ago that the next talk should wait a moment for another."""
        return time.monotonic() - self._checked_at >= self._old_after_s

    def current(self) -> tuple[Shelf, Lexicon]:
        """The catalog on sale now. While the database is away, the last one known."""
        loaded = self._loaded
        if loaded is not None and not self.is_due():
            return loaded
        # One thread looks; the others go on with what is there, unless there is nothing yet.
        if not self._lock.acquire(blocking=loaded is None):
            assert loaded is not None  # noqa: S101 - blocking was False only because it is there
            return loaded
        try:
            return self._refresh()
        finally:
            self._lock.release()

    def _refresh(self) -> tuple[Shelf, Lexicon]:
        self._checked_at = time.monotonic()
        try:
            with self._engine.connect() as conn:
                if self._loaded is None or current_version(conn) != self._loaded[0].version:
                    shelf = load_shelf(conn)
                    self._loaded = (shelf, build_lexicon(shelf))
        except OperationalError:
            if self._loaded is None:
                raise
            log.warning("the database is away; going on with catalog %s", self._loaded[0].version)
        self._also(self._loaded[1])
        return self._loaded
