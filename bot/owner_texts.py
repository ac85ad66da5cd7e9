"""What the shop's owner writes himself: his wording and his answers, read from their files and kept fresh."""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.config import ConfigError
from bot.lexicon import build_lexicon
from catalog.shelf import Shelf
from dialogs import faq, wording
from dialogs.effects import FindOrders
from dialogs.facts import OrdersFound
from dialogs.state import Collecting, Dialog, DraftLine
from dialogs.step import step
from dialogs.turn import Said, Scene
from nlu.lexicon import Lexicon
from nlu.parsing import parse

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0


def read_wording(file: Path | None) -> dict[str, str]:
    """The texts that stand for lines of ours, by name; none without a file. Raises ConfigError naming file and line."""
    if file is None:
        return {}
    try:
        return wording.read(_text(file, wording.FILE_BYTES_MAX))
    except wording.WordingError as error:
        raise ConfigError(_problems(file, error)) from None


def read_faq(file: Path | None) -> tuple[faq.Entry, ...]:
    """The shop's own answers; none without a file. Raises ConfigError naming file and line."""
    if file is None:
        return ()
    try:
        return faq.read(_text(file, faq.FILE_BYTES_MAX))
    except faq.FaqError as error:
        raise ConfigError(_problems(file, error)) from None


class WordingSource:
    """The owner's wording as it is now, for the whole process: a changed file works within seconds, a wrong one changes
    nothing."""

    def __init__(self, file: Path | None, *, look_every_s: float = LOOK_EVERY_S) -> None:
        """Read the file for the first time and say its texts from now on. Raises ConfigError."""
        self._file = file
        self._every_s = look_every_s
        self._looked_at = time.monotonic()
        self._seen = _written(file)
        self._lock = threading.Lock()
        wording.use(read_wording(file))

    def look(self) -> None:
        """Take up what the file says now. Called before words are made, by any thread; the file is looked at every
        two seconds at most."""
        if self._file is None or time.monotonic() - self._looked_at < self._every_s:
            return
        if not self._lock.acquire(blocking=False):
            return  # another thread is at it
        try:
            self._looked_at = time.monotonic()
            written = _written(self._file)
            if written != self._seen:
                self._seen = written
                wording.use(read_wording(self._file))
                log.info("the wording is now as %s says", self._file)
        except ConfigError as error:
            log.error("the wording stays as it was: %s", error)
        finally:
            self._lock.release()


class FaqSource:
    """The shop's own answers as they are now: a changed file works within seconds, a wrong one changes nothing."""

    def __init__(self, file: Path | None) -> None:
        """Read the file for the first time. Raises ConfigError."""
        self._file = file
        self._seen = _written(file)
        self._entries = read_faq(file)
        self._lexicon: Lexicon | None = None
        self.book = faq.NOTHING

    def look(self, lexicon: Lexicon) -> None:
        """Prepare the book anew when the file or the catalog is another one. Called with each look at the catalog; the
        turns meanwhile go on with the book that is there."""
        written = _written(self._file)
        if written != self._seen:
            self._seen = written
            try:
                self._entries = read_faq(self._file)
                self._lexicon = None
            except ConfigError as error:
                log.error("the answers stay as they were: %s", error)
        if lexicon is not self._lexicon:
            self.book, self._lexicon = faq.Book(self._entries, lexicon), lexicon


def unanswered(entries: Sequence[faq.Entry], shelf: Shelf) -> list[str]:
    """What the answers name and this catalog does not have, and the questions that are answered otherwise, since the
    bot knows something better: a line of words for each."""
    lexicon = build_lexicon(shelf)
    scene = Scene(datetime.now(UTC), shelf, "", faq=faq.Book(entries, lexicon))
    wrong = [f"{name} is not in the catalog" for name in faq.unknown_names(entries, shelf)]
    for entry in entries:
        about = next((product for product in shelf.products if entry.limited and entry.concerns(product)), None)
        dialog = Dialog(Collecting((DraftLine(about.id),), 0, "value")) if about else Dialog()
        for ask in entry.asks:
            frame = parse(ask, lexicon)
            if entry.answer not in _answered(dialog, Said(frame, ask), scene):
                wrong.append(f"「{ask}」 is read as {frame.intent} and gets another answer than this")
    return wrong


def _answered(dialog: Dialog, said: Said, scene: Scene) -> str:
    """What a buyer without orders reads."""
    turn = step(dialog, said, scene)
    for effect in turn.effects:
        if isinstance(effect, FindOrders):
            turn = step(turn.dialog, OrdersFound(effect.purpose, ()), scene)
    return turn.reply.text


def _written(file: Path | None) -> tuple[int, int]:
    """When a file was last written (ns), and its size; (0, 0) without one."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        found = None
    return (found.st_mtime_ns, found.st_size) if found is not None else (0, 0)


def _text(file: Path, bytes_max: int) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(bytes_max + 1)
        if len(raw) > bytes_max:
            raise ConfigError(f"{file}: larger than {bytes_max} bytes")
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}: line {line}: not UTF-8") from None


def _problems(file: Path, error: Exception) -> str:
    return "\nkabot: ".join(f"{file}: {line}" for line in str(error).splitlines())
