"""The desk at which operators act: what the console is handed, made of the functions the command line uses too."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot import after_sale, bot_talks, finishing, giving_back, handoffs, operators, replacing
from bot.backroom import ShopBackroom
from bot.bootstrap import Services
from bot.work import Also
from catalog import stock
from console import accounts
from console.accounts import SessionLife
from console.desk import BotTalk, Finished, Parts, Pulse, Talk
from fulfillment.replacing import KeyReplaced
from kernel.ids import OpenId
from kernel.masking import ends_of

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

    def give_some(
        self, line_id: int, amount_fen: int, reason: str, *, back_before_fen: int, actor: str, also: Also
    ) -> bool:
        """See Desk."""
        given = giving_back.give_some(
            self._services, line_id, amount_fen, reason, back_before_fen=back_before_fen, actor=actor, also=also
        )
        return given is None

    def replace_key(self, line_id: int, key_id: int, reason: str, *, actor: str, also: Also) -> bool:
        """See Desk."""
        done = replacing.replace_key(self._services, line_id, key_id, reason, actor=actor, also=also)
        return isinstance(done, KeyReplaced)

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

    def talk(self, talk_id: int) -> Talk | None:
        """See Desk."""
        return handoffs.talk(self._services, talk_id)

    def ended_talks(self) -> tuple[Talk, ...]:
        """See Desk."""
        with self._services.engine.connect() as conn:
            return handoffs.ended(conn, self._services.clock.now() - timedelta(days=1))

    def bot_talks(self, before: tuple[datetime, int] | None) -> tuple[BotTalk, ...]:
        """See Desk."""
        return bot_talks.listed(self._services, before)

    def bot_talk(self, number: int) -> Talk | int | None:
        """See Desk."""
        return bot_talks.one(self._services, number)

    def take_over(self, number: int, *, by: str, also: Also) -> int | None:
        """See Desk."""
        return bot_talks.take_over(self._services, number, by=by, also=also)

    def pulse(self) -> tuple[Pulse, ...]:
        """See Desk."""
        with self._services.engine.connect() as conn:
            return handoffs.pulse(conn)

    def assign(self, talk_id: int, name: str, *, also: Also) -> bool:
        """See Desk."""
        return handoffs.assign(self._services, talk_id, name, also=also)

    def say(self, openid: OpenId, words: str, *, by: str, also: Also) -> bool:
        """See Desk."""
        return handoffs.say(self._services, openid, words, by=by, also=also)

    def finish(self, openid: OpenId, *, by: str, also: Also) -> Finished:
        """See Desk."""
        return finishing.finish(self._services, openid, by=by, also=also)

    def resend(self, line_id: int, words: str, *, also: Also) -> bool:  # noqa: ARG002 - as every act about a line
        """See Desk."""
        return operators.resend(self._services, line_id, also=also)

    def cancel(self, order_no: str, *, actor: str, also: Also) -> bool:
        """See Desk."""
        return operators.cancel(self._services, order_no, actor=actor, also=also)

    def masked_keys(self, order_no: str) -> Mapping[int, Sequence[tuple[int, str]]]:
        """See Desk."""
        with self._services.engine.connect() as conn:
            found: dict[int, list[tuple[int, str]]] = {}
            for key in stock.keys_of(conn, self._services.vault, order_no):
                found.setdefault(key.line_id, []).append((key.id, ends_of(key.secret)))
        return found

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
        balance_alert_fen={name: one.balance_alert * 100 for name, one in config.supplier.items()},
        backroom=ShopBackroom(services),
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
