"""What operators' pages need of the running shop, beside the desk: made of the functions the command line uses too."""

from bot.bootstrap import Services
from catalog.vault import Vault


class ShopBackroom:
    """console.backroom.Backroom over the running shop."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def vault(self) -> Vault:
        """See Backroom."""
        return self._services.vault
