"""What a turn of talk may know besides the dialog, as this process has it now."""

from bot import wallet
from bot.bootstrap import Services
from catalog.shelf import Shelf
from dialogs.turn import Scene


def scene_now(services: Services, shelf: Shelf) -> Scene:
    """The scene for one turn."""
    return Scene(
        now=services.clock.now(),
        shelf=shelf,
        public_url=services.config.app.public_url,
        faq=services.faq.book,
        hours=services.hours,
        wallet=wallet.terms(services),
    )
