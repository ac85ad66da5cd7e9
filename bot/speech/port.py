"""What the shop asks of a speech recogniser, whichever it is, and what it may answer."""

from dataclasses import dataclass
from typing import Protocol

from bot.speech.sound import Sound

WORDS_MAX_CHARS = 1000
"""A minute of fast Chinese is under 500 characters; more is not what somebody spoke."""


@dataclass(frozen=True, slots=True)
class Words:
    """What was said."""

    text: str


@dataclass(frozen=True, slots=True)
class NoWords:
    """Nothing was said: silence, noise."""


@dataclass(frozen=True, slots=True)
class NotHeard:
    """Nobody can tell. `reason` is for the log: never a key, never the words."""

    reason: str


Hearing = Words | NoWords | NotHeard


class Recogniser(Protocol):
    """Writes a sound down. One instance serves every thread."""

    def recognise(self, sound: Sound) -> Hearing:
        """Write down at most a minute of speech. Takes seconds; never raises for what the service does."""

    def check(self) -> str:
        """What has to be mended before it can be used, in Chinese for the operator; empty when all is well."""


def heard(text: str) -> Hearing:
    """What a recogniser's raw text amounts to."""
    if len(text) > WORDS_MAX_CHARS * 4:
        return NotHeard("more words than anybody speaks in a minute")
    spoken = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(spoken) > WORDS_MAX_CHARS:
        return NotHeard("more words than anybody speaks in a minute")
    return Words(spoken) if any(c.isalnum() for c in spoken) else NoWords()
