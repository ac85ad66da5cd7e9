"""What the REST interface is handed: the console's parts, and what of the running shop only it asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from console.desk import Parts


@dataclass(frozen=True, slots=True)
class Health:
    """How the shop is."""

    parts: Mapping[str, str]
    """`database` and `redis`, each `ok` or what is wrong."""
    jobs: Mapping[str, int]
    """By state: todo, late (due for over 10 s), doing, failed."""
    workers: int
    keys_short: Mapping[str, int]
    """SKUs with fewer keys left than the shop wants to have."""
    ledger_differences: int
    cases_overdue: int


class Shop(Protocol):
    """The running shop, as far as the console has not got it. The bot implements it."""

    def count(self, what: str) -> int:
        """Count `what` once more and say how often that was in this minute. 0 where nothing is counted."""

    def health(self) -> Health:
        """How the shop is."""

    def suppliers(self) -> Sequence[str]:
        """The suppliers of the configuration, by name."""


@dataclass(frozen=True, slots=True)
class ApiParts:
    """Everything the REST interface works with."""

    console: Parts
    shop: Shop
    wrong_keys_per_minute: int
    """From one address; beyond them it is told to wait. 0 = any number."""
    private_webhooks: bool
    """Webhooks may go to this machine and to private networks, and over http."""
