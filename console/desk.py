"""What the console is handed: the parts it reads from, and the desk at which operators act. The bot implements it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection, Engine

from console.accounts import SessionLife
from console.backroom import Backroom
from fulfillment.pushing import Window
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
    """Each with `from` (buyer, bot, person) and `text`; `at`, `read` (what the bot understood), `by`, `outcome`."""
    orders: Sequence[str]
    heard_at: datetime
    """When he last wrote."""
    answered_at: datetime | None = None
    assignee: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    """buyer, operator or timeout."""
    stars: int | None = None
    """What he thought of what he has rated since."""
    window: Window | None = None
    """Whether WeChat takes messages to him: known where one talk is looked at."""
    with_bot: bool = False
    """No person has it: `id` is the number of the bot's talk."""

    @property
    def waits(self) -> bool:
        """The buyer wrote last, and nobody has answered that."""
        return self.ended_at is None and self.last_heard_at <= self.heard_at


@dataclass(frozen=True, slots=True)
class BotTalk:
    """A buyer who has talked with the bot alone, within a day."""

    id: int
    openid: OpenId
    heard_at: datetime
    """When he last wrote, to the minute."""
    last: str
    """What he last wrote."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What of a running talk tells that it has changed."""

    id: int
    version: str
    waits: bool
    """The buyer wrote last."""
    heard_at: datetime


class Finished(StrEnum):
    """What came of finishing a buyer's order for him."""

    DONE = "finished"
    NOTHING = "nothing_pending"
    """Nothing that could be placed is pending: it is not complete, or he has gone on."""
    REFUSED = "not_placed"
    """Sold out, another price, or too many unpaid orders: the buyer's talk says which."""


class Desk(Protocol):
    """What an operator can do: the same functions serve the command line. `also` runs in the same transaction, and
    not at all when nothing is done."""

    def deliver(self, line_id: int, note: str, *, actor: str, also: Also) -> bool:
        """Record that a line was delivered by hand. False: nobody has it in his hands."""

    def give_back(self, line_id: int, reason: str, *, actor: str, also: Also) -> bool:
        """Refund a line in somebody's hands, or a delivered one. False: it cannot be given back now."""

    def give_some(
        self, line_id: int, amount_fen: int, reason: str, *, back_before_fen: int, actor: str, also: Also
    ) -> bool:
        """Refund a part of a line in somebody's hands, or of a delivered one. False: it cannot be given back now, not
        so much of it, or some of it has gone back since `back_before_fen` was shown: look again."""

    def replace_key(self, line_id: int, key_id: int, reason: str, *, actor: str, also: Also) -> bool:
        """Give a line another key in place of this one and push it. False: none is in stock, the line has it no more,
        or the line is not delivered."""

    def answer_case(self, case_id: int, words: str, *, actor: str, also: Also) -> bool:
        """Answer a case. False: it is not running."""

    def close_case(self, case_id: int, words: str, *, actor: str, also: Also) -> bool:
        """Close a case. False: it is not running."""

    def refund_case(self, case_id: int, reason: str, *, actor: str, also: Also) -> bool:
        """Give back what a case is about and close it. False: it is not running, or nothing can be given back now."""

    def talks(self) -> tuple[Talk, ...]:
        """Who waits for a person, those who left a message at night first."""

    def talk(self, talk_id: int) -> Talk | None:
        """One talk, running or ended, with its window and what became of each message."""

    def ended_talks(self) -> tuple[Talk, ...]:
        """Those that ended within a day, the latest first."""

    def bot_talks(self, before: tuple[datetime, int] | None) -> tuple[BotTalk, ...]:
        """Who talks with the bot alone, the latest first, from after `before`; one more than a page when there are
        more."""

    def bot_talk(self, number: int) -> Talk | int | None:
        """One of these talks; the number of the person's talk where a person has it by now."""

    def take_over(self, number: int, *, by: str, also: Also) -> int | None:
        """Give one of these talks to an operator and tell the buyer. The number of the talk it is from now on, also
        where a person had it already; None: there is none."""

    def pulse(self) -> tuple[Pulse, ...]:
        """What tells that running talks have changed. Asked every second: one cheap question."""

    def assign(self, talk_id: int, name: str, *, also: Also) -> bool:
        """Give a talk to an operator. False: it has ended, or is his."""

    def say(self, openid: OpenId, words: str, *, by: str, also: Also) -> bool:
        """Write to a buyer through the outbox. False: he has been given back."""

    def finish(self, openid: OpenId, *, by: str, also: Also) -> Finished:
        """Place the order that waits for the buyer's 确认, and send him the link to pay."""

    def resend(self, line_id: int, words: str, *, also: Also) -> bool:
        """Tell the buyer of a delivered line once more, card keys included. False: it is not delivered, or was just
        sent."""

    def cancel(self, order_no: str, *, actor: str, also: Also) -> bool:
        """Cancel an unpaid order. False: it is not unpaid."""

    def masked_keys(self, order_no: str) -> Mapping[int, Sequence[tuple[int, str]]]:
        """The keys sold to each line of an order, by number, all but their ends hidden."""

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
    balance_alert_fen: Mapping[str, int]
    """Below what a supplier's deposit is too little, by his name."""
    backroom: Backroom
