"""After the sale: cases opened, answered and closed, money given back on the buyer's wish, ratings kept."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection

from bot import work
from bot.bootstrap import Services
from bot.work import Also, nothing
from dialogs import facts as talk
from dialogs.effects import AskRefund, DropCase, OpenCase, Rate
from dialogs.facts import Fact
from fulfillment import byhand, cases, ratings, reading, refunding
from fulfillment.work import Work
from kernel.cases import CaseKind, CaseState, RefundWay
from kernel.ids import OpenId
from kernel.masking import mask
from kernel.orders import Order, OrderState
from payments import wallet_orders
from payments.model import RefundRoute

log = logging.getLogger(__name__)

RATED_WITHIN = timedelta(days=30)
_TAGS = re.compile(r"<a [^>]*>|</a>|<a [^>]*$")
_SECRET = re.compile(r"(?<![0-9A-Za-z])(?!K\d{16}(?![0-9A-Za-z]))(?=[A-Za-z-]*\d)[0-9A-Za-z-]{10,}")
"""What may be a card key, or an account: nobody needs it in full to find the order."""


_IN_FULL = (CaseKind.INVOICE, CaseKind.AMEND)
"""Here what he gives is what is to be written down: a tax number, another phone."""


def open_case(services: Services, openid: OpenId, wanted: OpenCase) -> Fact:
    """Open a case about a paid order of this buyer, or find the running one; with what the books know."""
    with services.engine.connect() as conn:
        order = _paid_order(conn, openid, wanted.order_no)
        facts = cases.facts_of(conn, wanted.order_no) if order is not None else {}
    if order is None:
        return talk.NoSuchOrder()
    transcript = _transcript(services, openid)
    with services.engine.begin() as conn:
        opened = _opened(services, conn, order, wanted.kind, wanted.line_id, wanted.said, transcript)
    if opened is None:
        return talk.NoSuchOrder()
    line_id = wanted.line_id or (order.lines[0].id if len(order.lines) == 1 else None)
    return talk.CaseOpened(opened.case, order, facts.get(line_id) if line_id else None, opened.first)


def drop_case(services: Services, openid: OpenId, wanted: DropCase) -> Fact:
    """Close a running case of this buyer because he takes it back; he is told in the same turn, by no push."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        case = next((one for one in cases.running_of(conn, openid) if one.id == wanted.case_id), None)
        if case is None:
            return talk.CaseDropped(None)
        done = cases.close(conn, case.id, masked(wanted.said), now, actor="buyer", quiet=True)
        if isinstance(done, cases.NotRunning):
            return talk.CaseDropped(None)
    log.warning("case %s is taken back by the buyer", case.number)
    return talk.CaseDropped(case)


def ask_refund(services: Services, openid: OpenId, wanted: AskRefund) -> Fact:
    """Give back what nobody has begun to deliver; what somebody has to decide becomes a case."""
    transcript = _transcript(services, openid)
    with services.engine.begin() as conn:
        decided = refunding.take_back(
            conn, wanted.order_no, openid, services.clock.now(), only=wanted.line_id, units=wanted.units
        )
        order = _paid_order(conn, openid, wanted.order_no)
        if decided is None or order is None:
            return talk.NoSuchOrder()
        into = wanted.to_balance and services.config.wallet.enabled
        to_balance = wallet_orders.route_of(conn, order.order_no, openid, to_balance=into) is RefundRoute.WALLET
        work.enqueue(services, conn, decided.work, to_balance=into)
        left = [line for line, way in decided.ways.items() if way in (RefundWay.PERSON, RefundWay.AFTER_RESULT)]
        if not left:
            return talk.RefundDecided(order, decided.ways, to_balance=to_balance, back_fen=decided.back_fen)
        # In the same transaction: a purchase that fails from now on is not tried elsewhere.
        line_id = left[0] if len(left) == 1 else None
        opened = _opened(services, conn, order, CaseKind.REFUND, line_id, wanted.said, transcript)
    if opened is None:
        return talk.RefundDecided(order, decided.ways, to_balance=to_balance, back_fen=decided.back_fen)
    return talk.RefundDecided(order, decided.ways, opened.case, opened.first, to_balance, decided.back_fen)


def _paid_order(conn: Connection, openid: OpenId, order_no: str) -> Order | None:
    order = reading.by_no(conn, order_no)
    return order if order is not None and order.openid == openid and order.paid_at is not None else None


def _transcript(services: Services, openid: OpenId) -> list[dict[str, str]]:
    said = services.store.transcript(openid)
    return [{"from": one.who, "text": masked(_TAGS.sub("", one.text))} for one in said]


def _opened(
    services: Services,
    conn: Connection,
    order: Order,
    kind: CaseKind,
    line_id: int | None,
    said: str,
    transcript: list[dict[str, str]],
) -> cases.Opened | None:
    """Open the case; a person finds the last messages with it. Deadlines count working hours: at night nobody would
    keep the promise."""
    now, hours = services.clock.now(), services.hours
    opened = cases.open_case(
        conn,
        openid=order.openid,
        kind=kind,
        order_no=order.order_no,
        line_id=line_id,
        said=said if kind in _IN_FULL else masked(said),
        transcript=transcript,
        now=now,
        answer_due_at=hours.after(now, cases.ANSWER_WITHIN),
        remedy_due_at=hours.after(now, cases.REMEDY_WITHIN),
    )
    if opened is not None and opened.first:
        log.warning("case %s (%s) of order %s is opened", opened.case.number, kind.value, order.order_no)
    return opened


def masked(text: str) -> str:
    """A buyer's words without the card keys and accounts he may have quoted."""
    return _SECRET.sub(lambda found: mask(found.group()), text)


def rate(services: Services, openid: OpenId, wanted: Rate) -> Fact:
    """Keep his stars for the order he names, else for his latest one that has none."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        order = _rateable(conn, services, openid, wanted)
        if order is None or wanted.stars is None:
            return talk.Rated(order)
        if not ratings.rate(conn, order.order_no, openid, wanted.stars, now):
            return talk.Rated(None)
    return talk.Rated(order, wanted.stars)


def _rateable(conn: Connection, services: Services, openid: OpenId, wanted: Rate) -> Order | None:
    if wanted.order_no is not None:
        order = reading.by_no(conn, wanted.order_no)
        return order if order is not None and order.openid == openid and _is_settled(order) else None
    since = services.clock.now() - RATED_WITHIN
    settled = [o for o in reading.orders_of(conn, openid, 5) if _is_settled(o) and o.created_at > since]
    rated = ratings.rated(conn, [o.order_no for o in settled])
    return next((o for o in settled if o.order_no not in rated), settled[0] if settled else None)


def _is_settled(order: Order) -> bool:
    return order.state in (OrderState.DELIVERED, OrderState.REFUNDED)


# ---- deadlines -----------------------------------------------------------------------------------------------------


def sweep(services: Services) -> None:
    """Close the cases that have settled themselves, and say of the late ones, once, that they are late."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        cases.close_settled(conn, now)
        late = cases.mark_overdue(conn, now)
        work.enqueue(services, conn, late)
    if late.push_ids:
        log.error("%d cases are overdue: see kabot cases list", len(late.push_ids))


# ---- what a person does --------------------------------------------------------------------------------------------


def running(services: Services) -> tuple[cases.Listed, ...]:
    """The running cases, those to be answered first."""
    with services.engine.connect() as conn:
        return cases.running(conn)


def answer(services: Services, case_id: int, words: str, *, actor: str, also: Also = nothing) -> bool:
    """Answer the buyer, by a message that waits for him if it cannot be pushed. False when the case is not running."""
    return _done(services, lambda conn: cases.answer(conn, case_id, words, services.clock.now(), actor=actor), also)


def close(services: Services, case_id: int, words: str, *, actor: str, also: Also = nothing) -> bool:
    """Close a case and tell the buyer. False when it is not running."""
    return _done(services, lambda conn: cases.close(conn, case_id, words, services.clock.now(), actor=actor), also)


def refund(services: Services, case_id: int, reason: str, *, actor: str, also: Also = nothing) -> str | None:
    """Give back what a case is about, delivered or not, and close it. None: done; else why not."""
    try:
        return _refund(services, case_id, reason, actor, also)
    except work.BalanceSpentError:
        return "the balance that was bought is spent: what is left of it goes back by kabot wallet withdraw"


def _refund(services: Services, case_id: int, reason: str, actor: str, also: Also) -> str | None:
    now = services.clock.now()
    with services.engine.begin() as conn:
        case = cases.by_id(conn, case_id)
        if case is None or case.state is CaseState.CLOSED:
            return "is not running"
        order = reading.by_no(conn, case.order_no)
        lines = [line.id for line in order.lines if case.line_id in (None, line.id)] if order is not None else []
        given_back = [byhand.give_back_delivered(conn, line, now, actor=actor, reason=reason) for line in lines]
        works = [one for one in given_back if not isinstance(one, byhand.NotNow)]
        if not works:
            return "nothing of it can be given back now: a supplier still has it, or it went back before"
        for one in works:
            work.enqueue(services, conn, one)
        cases.close(conn, case_id, reason, now, actor=actor, quiet=True)
        also(conn)
    return None


def _done(services: Services, change: Callable[[Connection], Work | cases.NotRunning], also: Also) -> bool:
    with services.engine.begin() as conn:
        to_do = change(conn)
        if isinstance(to_do, cases.NotRunning):
            return False
        work.enqueue(services, conn, to_do)
        also(conn)
    return True
