"""How fast one buyer writes: beyond what anybody types he is told once, then not answered until the minute is over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Pace:
    """How many messages came since `since_s` (seconds of the epoch), within one minute."""

    since_s: int
    count: int


def counted(pace: Pace | None, now: datetime) -> Pace:
    """Count one more message. A new minute begins with the first message after the last one is over."""
    now_s = int(now.timestamp())
    if pace is None or not 0 <= now_s - pace.since_s < WINDOW_S:
        return Pace(now_s, 1)
    return Pace(pace.since_s, pace.count + 1)


def verdict(pace: Pace, most: int) -> Literal["take", "tell", "ignore"]:
    """Whether this message is taken, answered with a word about it, or let go by; `most` a minute, 0 = any number."""
    if most == 0 or pace.count <= most:
        return "take"
    return "tell" if pace.count == most + 1 else "ignore"
