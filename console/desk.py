"""What the console is handed: the parts it reads from, and the desk at which operators act. The bot implements it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from console.accounts import SessionLife
from kernel.clock import Clock
from kernel.hours import WorkingHours
from kernel.ids import OpenId

Also = Callable[[Connection], None]
"""Written in the same transaction as what it belongs to: the record of who did it."""


class Act(Protocol):
    """One of the desk's functions, its actor given: by the number of what it is done to, with words for the buyer."""

    def __call__(self, number: int, words: str, /, *, also: Also) -> bool: ...


@dataclass(frozen=True, slots=True)
class Talk:
    """A buyer who asked for a person and has not been given back."""

    id: int
    openid: OpenId
    reason: str
    opened_at: datetime
    last_heard_at: datetime
    pending: str
    question: str
    left_message: bool
    transferred: bool
    """WeChat's own customer service has the talk."""
    transcript: Sequence[Mapping[str, str]]
    """Each with `from` (buyer, bot, person) and `text`."""
    orders: Sequence[str]


class Desk(Protocol):
    """What an operator can do: the same functions serve the command line. `also` runs in the same transaction, and
    not at all when nothing is done."""

    def deliver(self, line_id: int, note: str, *, actor: str, also: Also) -> bool:
        """Record that a line was delivered by hand. False: nobody has it in his hands."""

    def give_back(self, line_id: int, reason: str, *, actor: str, also: Also) -> bool:
        """Refund a line in somebody's hands, or a delivered one. False: it cannot be given back now."""

    def answer_case(self, case_id: int, words: str, *, actor: str, also: Also) -> bool:
        """Answer a case. False: it is not running."""

    def close_case(self, case_id: int, words: str, *, actor: str, also: Also) -> bool:
        """Close a case. False: it is not running."""

    def refund_case(self, case_id: int, reason: str, *, actor: str, also: Also) -> bool:
        """Give back what a case is about and close it. False: it is not running, or nothing can be given back now."""

    def talks(self) -> tuple[Talk, ...]:
        """Who waits for a person, those who left a message at night first."""

    def say(self, openid: OpenId, words: str, *, also: Also) -> bool:
        """Write to a buyer through the outbox. False: he has been given back."""

    def end_talk(self, openid: OpenId, *, also: Also) -> bool:
        """Give a buyer back to the bot and tell him. False: it has ended."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the console works with."""

    engine: Engine
    clock: Clock
    desk: Desk
    hours: WorkingHours
    life: SessionLife
    shop_name: str
    https: bool
    stock_alert_below: int
