"""What every stand-in supplier does: orders that change in view of the panel, and callbacks until they are answered."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from sandbox.background import Background
from sandbox.notices import Notices
from sandbox.settings import SandboxSettings
from sandbox.world import SupplierOrder, World

log = logging.getLogger(__name__)

_CALLBACKS = (0, 15, 60, 300)
SKEW_SECONDS = 600


class Supplier(ABC):
    """Takes orders, works on them, calls back."""

    def __init__(
        self,
        settings: SandboxSettings,
        world: World,
        client: httpx.AsyncClient,
        background: Background,
        notices: Notices,
    ) -> None:
        self._settings = settings
        self._world = world
        self._client = client
        self._background = background
        self._notices = notices

    @abstractmethod
    def listed(self, order: SupplierOrder) -> dict[str, Any]:
        """An order as the sandbox's own interface lists it."""

    def _changed(self, order: SupplierOrder) -> None:
        self._world.changed()
        self._world.stream.publish("supplier", None, order=self.listed(order))

    async def _call_until_answered(self, name: str, post: Callable[[str], Awaitable[httpx.Response]]) -> None:
        """Post to where the shop hears of the supplier of this name, again and again until it says ``success``."""
        for pause in _CALLBACKS:
            await self._notices.rest(pause)
            try:
                async with asyncio.timeout(5):
                    answer = await post(f"{self._settings.bot_url}/supplier/{name}/notify")
                if answer.status_code == 200 and answer.text.strip() == "success":
                    return
            except (httpx.HTTPError, TimeoutError) as error:
                log.info("the supplier's callback was not answered: %s", type(error).__name__)
