"""What the pages about goods, people and money need of the bot, beside the desk: the bot implements it."""

from typing import Protocol

from catalog.vault import Vault


class Backroom(Protocol):
    """The parts of the running shop that only operators' pages ask for."""

    @property
    def vault(self) -> Vault:
        """Opens and seals card keys, and what else must not lie open in the database."""
