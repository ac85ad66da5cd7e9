"""Whether an order is taken as it is: judged when it is placed, held once it is paid, decided on by a person."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prometheus_client import Counter
from sqlalchemy import Connection

from bot import delivering, paying, telling, work
from bot.bootstrap import Services
from bot.config import RiskConfig
from bot.tasks import TASKS, every_minute
from bot.work import Also, nothing
from catalog.shelf import Shelf
from dialogs import facts as talk
from fulfillment import deciding, holds, placing
from fulfillment import reading as orders
from kernel.ids import OpenId
from kernel.masking import mask
from kernel.money import format_yuan
from kernel.orders import Order, WantedLine
from risk import lists, reading
from risk.kinds import Kind, Listing
from risk.scoring import Facts, Limits, Outcome, Reason, Verdict, judge, needs_history
from risk.words import reasons_in_words

log = logging.getLogger(__name__)

NOT_DECIDED = "人工核对超时，为您退款"
ASKED_FOR = (delivering.deliver_order, paying.drive_refund_on, telling.send_push)
"""The tasks that follow: a process that loads nothing else must know them to ask for them."""
_FEN = 100
_PASSED = Verdict(Outcome.PASS, 0)
_JUDGED = Counter("kabot_orders_judged_total", "Orders that did not simply pass, by what became of them.", ["outcome"])
_LARGE = frozenset({Reason.LARGE_ORDER, Reason.BUYER_SPENDS})
_OFTEN = frozenset({Reason.BUYER_ORDERS, Reason.BUYER_UNPAID, Reason.BUYER_ACCOUNTS})


def limits_of(config: RiskConfig) -> Limits:
    """The configuration as scoring takes it."""
    return Limits(
        large_order_fen=config.large_order_yuan * _FEN,
        buyer_orders_1h=config.buyer_orders_per_hour,
        buyer_spends_24h_fen=config.buyer_yuan_per_day * _FEN,
        buyer_unpaid_1h=config.buyer_unpaid_per_hour,
        buyer_accounts_1h=config.buyer_accounts_per_hour,
        account_buyers_24h=config.account_buyers_per_day,
        account_spends_24h_fen=config.account_yuan_per_day * _FEN,
        ask_score=config.ask_score,
        hold_score=config.hold_score,
        refuse_score=config.refuse_score,
    )


# ---- when it is placed ---------------------------------------------------------------------------------------------


def assess(services: Services, conn: Connection, openid: OpenId, lines: Sequence[WantedLine], shelf: Shelf) -> Verdict:
    """Judge an order that is about to be placed: one question to the database, two if something speaks against it."""
    if not services.config.risk.enabled:
        return _PASSED
    accounts = [account for line in lines if (account := _account(line, shelf))]
    total_fen = sum(line.total_fen for line in lines)
    now, limits = services.clock.now(), limits_of(services.config.risk)
    facts = reading.recent_facts(conn, services.marks, openid, accounts, total_fen, now)
    if needs_history(facts, limits):
        facts = reading.with_history(conn, facts, openid, now)
    return judge(facts, limits)


def _account(line: WantedLine, shelf: Shelf) -> str:
    product = shelf.product_of(line.sku)
    return line.fields.get(placing.account_field(product.fields, line.fields), "") if product is not None else ""


def stopped(
    services: Services,
    conn: Connection,
    openid: OpenId,
    message_key: str,
    lines: Sequence[WantedLine],
    verdict: Verdict,
    *,
    again: bool,
) -> talk.AskedAgain | talk.OrderDeclined | None:
    """What the buyer hears instead of an order; None: it is placed. `again`: he has confirmed it once more."""
    if verdict.outcome in (Outcome.PASS, Outcome.HOLD) or (verdict.outcome is Outcome.ASK and again):
        return None
    if orders.by_message(conn, openid, message_key) is not None:
        return None  # this message has placed it, and is only repeated
    _JUDGED.labels(verdict.outcome.value).inc()
    if verdict.outcome is Outcome.ASK:
        return talk.AskedAgain(_why(verdict))
    total_fen = sum(line.total_fen for line in lines)
    reading.record(conn, verdict, openid=openid, total_fen=total_fen, now=services.clock.now())
    log.warning("an order is not taken: score=%s %s", verdict.score, _named(verdict))
    return talk.OrderDeclined()


def placed(services: Services, conn: Connection, order: Order, verdict: Verdict) -> None:
    """Keep what spoke against an order that was placed all the same, and have it held where that was decided."""
    if not verdict.reasons:
        return
    now = services.clock.now()
    reading.record(conn, verdict, openid=order.openid, total_fen=order.total_fen, now=now, order_no=order.order_no)
    if verdict.outcome is Outcome.HOLD:
        holds.want(conn, order.order_no, now)
        _JUDGED.labels(verdict.outcome.value).inc()
        log.warning("order %s will be held: score=%s %s", order.order_no, verdict.score, _named(verdict))


def _why(verdict: Verdict) -> Literal["large", "often", "other"]:
    """What a buyer is told: the weightiest reason, and nothing of how it was found."""
    first = verdict.reasons[0][0]
    return "large" if first in _LARGE else "often" if first in _OFTEN else "other"


def _named(verdict: Verdict) -> str:
    return " ".join(f"{reason.value}={points}" for reason, points in verdict.reasons)


# ---- held orders ---------------------------------------------------------------------------------------------------


def release(services: Services, order_no: str, *, actor: str, also: Also = nothing) -> bool:
    """Let a held order be delivered. False: it is not held (any more)."""
    with services.engine.begin() as conn:
        if not deciding.release(conn, order_no, services.clock.now(), actor=actor):
            return False
        services.jobs.defer(conn, "deliver_order", order_no=order_no)
        also(conn)
    log.info("held order %s is released by %s", order_no, actor)
    return True


def refuse(services: Services, order_no: str, reason: str, *, actor: str, also: Also = nothing) -> bool:
    """Give a held order back by the original route and tell the buyer why. False: it is not held (any more)."""
    with services.engine.begin() as conn:
        to_do = deciding.refuse(conn, order_no, services.clock.now(), actor=actor, reason=reason)
        if to_do is None:
            return False
        work.enqueue(services, conn, to_do)
        also(conn)
    log.info("held order %s is refused by %s", order_no, actor)
    return True


def held_lines(services: Services) -> Iterator[str]:
    """Name the held orders, those that wait longest first, with what speaks against them."""
    now = services.clock.now()
    with services.engine.connect() as conn:
        held = reading.holds(conn)
    for one in held:
        minutes = int((now - one.held_at).total_seconds() // 60)
        waits = f"等了{minutes // 60}小时{minutes % 60}分" if minutes >= 60 else f"等了{minutes}分钟"
        accounts = "，".join(mask(account) for account in one.accounts[:3])
        why = reasons_in_words(one.reasons) or "下单后被列入黑名单"
        yield (
            f"{one.order_no}\t¥{format_yuan(one.total_fen)}\t{one.what}\t{accounts}\t{one.score}分：{why}"
            f"\t{waits}{'（已超时）' if one.overdue else ''}\t{one.openid}"
        )


@TASKS.cron("sweep_holds", every_minute(38))
def sweep_holds(services: Services) -> None:
    """Say of held orders, once, that nobody has looked at them in the time promised; give the oldest back."""
    now, config = services.clock.now(), services.config.risk
    promised = timedelta(hours=config.hold_hours)
    with services.engine.begin() as conn:
        late = [
            order_no for order_no, held_at in holds.not_alerted(conn) if services.hours.after(held_at, promised) <= now
        ]
        holds.mark_late(conn, late, now)
        due = holds.held_before(conn, now - timedelta(hours=config.hold_refund_hours))
    for order_no in late:
        log.error("held order %s waits for a person for more than %s h: kabot risk holds", order_no, config.hold_hours)
    for order_no in due:
        if refuse(services, order_no, NOT_DECIDED, actor="system"):
            log.error("held order %s went back: nobody decided on it in %s h", order_no, config.hold_refund_hours)


@TASKS.cron("forget_verdicts", "40 19 * * *")
def forget_verdicts(services: Services) -> None:
    """Forget verdicts older than any history that is looked at."""
    with services.engine.begin() as conn:
        reading.forget_old(conn, services.clock.now())


# ---- lists ---------------------------------------------------------------------------------------------------------


def put_on_list(
    services: Services, kind: Kind, value: str, listing: Listing, why: str, *, actor: str, also: Also = nothing
) -> int:
    """Block or allow a buyer (his openid) or an account. Gives how many unpaid orders will be held for it: what a
    blocked one may still pay is not delivered. Raises ValueError on a bad value."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        lists.put(conn, services.marks, kind, value, listing, why=why, by=actor, now=now)
        held = 0
        if listing is Listing.BLOCK:
            want = holds.want_of_buyer if kind is Kind.BUYER else holds.want_of_account
            held = len(want(conn, value.strip(), now))
        also(conn)
    return held


def take_off_list(services: Services, kind: Kind, value: str, *, actor: str, also: Also = nothing) -> bool:
    """Take a buyer or an account off his list. False: he is on none. Raises ValueError on a bad value."""
    with services.engine.begin() as conn:
        if not lists.take_off(conn, services.marks, kind, value, by=actor, now=services.clock.now()):
            return False
        also(conn)
    return True


# ---- why -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explained:
    """How an order was judged, and how it would be judged now."""

    then: Verdict
    """Without a reason where nothing was kept: it simply passed, or it was placed long ago."""
    now: Verdict
    facts: Facts


def explain(services: Services, order_no: str) -> Explained | None:
    """Judge a placed order once more. None: there is no such order."""
    with services.engine.connect() as conn:
        order = orders.by_no(conn, order_no)
        if order is None:
            return None
        recorded = reading.verdict_of(conn, order_no)
        accounts = reading.accounts_of(conn, order_no)
        now = services.clock.now()
        recent = reading.recent_facts(
            conn, services.marks, order.openid, accounts, order.total_fen, now, besides=order_no
        )
        facts = reading.with_history(conn, recent, order.openid, now, besides=order_no)
    then = recorded.verdict if recorded is not None else _PASSED
    return Explained(then, judge(facts, limits_of(services.config.risk)), facts)
