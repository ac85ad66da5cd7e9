"""What the pages about goods, people and money need of the bot, beside the desk: the bot implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from catalog.model import Product
from catalog.vault import Vault


@dataclass(frozen=True, slots=True)
class Reading:
    """How the bot reads a sentence: what it is taken for, and each thing that is named."""

    intent: str
    lines: tuple[str, ...]


class Backroom(Protocol):
    """The parts of the running shop that only operators' pages ask for."""

    @property
    def vault(self) -> Vault:
        """Opens and seals card keys, and what else must not lie open in the database."""

    def read(self, words: str, products: Sequence[Product]) -> Reading:
        """How a sentence would be understood if this were the catalog."""
