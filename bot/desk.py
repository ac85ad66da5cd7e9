"""The desk at which operators act: what the console is handed, made of the functions the command line uses too."""

import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot import after_sale, handoffs, operators
from bot.bootstrap import Services
from bot.work import Also
from console import accounts
from console.accounts import SessionLife
from console.desk import Parts, Talk
from kernel.ids import OpenId

log = logging.getLogger(__name__)


class ShopDesk:
    """console.desk.Desk over the running shop."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def deliver(self, line_id: int, note: str, *, actor: str, also: Also) -> bool:
        """See Desk."""
        return operators.done(self._services, line_id, note, actor=actor, also=also) is not None

    def give_back(self, line_id: int, reason: str, *, actor: str, also: Also) -> bool:
        """See Desk."""
        back = operators.give_back(self._services, line_id, reason, delivered_too=True, actor=actor, also=also)
        return back is not None

    def answer_case(self, case_id: int, words: str, *, actor: str, also: Also) -> bool:
        """See Desk."""
        return after_sale.answer(self._services, case_id, words, actor=actor, also=also)

    def close_case(self, case_id: int, words: str, *, actor: str, also: Also) -> bool:
        """See Desk."""
        return after_sale.close(self._services, case_id, words, actor=actor, also=also)

    def refund_case(self, case_id: int, reason: str, *, actor: str, also: Also) -> bool:
        """See Desk."""
        return after_sale.refund(self._services, case_id, reason, actor=actor, also=also) is None

    def talks(self) -> tuple[Talk, ...]:
        """See Desk."""
        with self._services.engine.connect() as conn:
            return handoffs.waiting(conn)

    def say(self, openid: OpenId, words: str, *, also: Also) -> bool:
        """See Desk."""
        return handoffs.say(self._services, openid, words, also=also)

    def end_talk(self, openid: OpenId, *, also: Also) -> bool:
        """See Desk."""
        return operators.end_handoff(self._services, openid, also=also) is not None


def console_parts(services: Services) -> Parts:
    """Everything the console works with."""
    config = services.config
    return Parts(
        engine=services.engine,
        clock=services.clock,
        desk=ShopDesk(services),
        hours=services.hours,
        life=SessionLife(
            timedelta(minutes=config.console.session_minutes), timedelta(minutes=config.console.idle_minutes)
        ),
        shop_name=config.shop.name,
        https=config.app.public_url.startswith("https://"),
        stock_alert_below=config.stock.alert_below,
    )


def ensure_first_operator(services: Services) -> None:
    """Make the first administrator from the configuration, while there is no operator at all."""
    console = services.config.console
    if not console.admin_password:
        return
    try:
        with services.engine.begin() as conn:
            if accounts.add_first(conn, console.admin, console.admin_password, services.clock.now()):
                log.warning("the first operator of the console is made: %s", console.admin)
    except ValueError as error:
        log.error("[console] admin, admin_password: %s", error)
    except SQLAlchemyError as error:
        log.warning("the first operator cannot be made yet: %s", type(error).__name__)
