"""Telling buyers what became of their orders: by push, with the answer to their next message, or on the order page.

The outbox (fulfillment/pushing.py) says what to tell; the words, and any card key in them, are made here at the
moment they go out, and are kept nowhere.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from bot import handoffs, metrics, reminders, voices, wechat
from bot.bootstrap import Services
from bot.tasks import TASKS
from catalog import stock
from catalog.model import Product
from catalog.stock import SoldKey
from dialogs import replies
from dialogs.links import split
from dialogs.store import TalkUnavailableError
from fulfillment import cases, compensation, pushing, ratings, reading, refunding
from fulfillment.pushing import Push, PushKind
from fulfillment.states import PushState
from kernel.cases import CaseState
from kernel.ids import OpenId, OrderNo
from kernel.orders import Line, Order, OrderState
from payments import store, wallet, wallet_orders
from payments.model import RefundRoute

log = logging.getLogger(__name__)

PASSIVE_BYTES_MAX = 2047
"""WeChat takes about this many UTF-8 bytes in one text (wechat.md, A)."""
_NOTICE_MAX = 20
"""Characters that WeChat takes in a field of words (`thing`) of a template."""


# ---- card keys -----------------------------------------------------------------------------------------------------


def reveal_keys(services: Services, order: Order, *, where: str) -> tuple[SoldKey, ...]:
    """Decrypt an order's sold keys for its owner, who the caller has made sure is looking, and record the showing."""
    with services.engine.begin() as conn:
        return _reveal(services, conn, order, where)


def _reveal(services: Services, conn: Connection, order: Order, where: str) -> tuple[SoldKey, ...]:
    keys = stock.keys_of(conn, services.vault, order.order_no)
    if keys:
        stock.record_shown(conn, [key.id for key in keys], where, services.clock.now())
    return keys


def _named(order: Order, keys: Sequence[SoldKey]) -> list[tuple[str, str, str | None, str]]:
    lines = {line.id: line for line in order.lines}
    return [(lines[key.line_id].product_name, lines[key.line_id].sku_label, key.number, key.secret) for key in keys]


def keys_text(services: Services, openid: OpenId, order_no: OrderNo) -> str:
    """The keys of one of this buyer's orders, in words; empty when the order is not his or has none."""
    with services.engine.begin() as conn:
        order = reading.by_no(conn, order_no)
        if order is None or order.openid != openid:
            return ""
        return replies.keys_block(_named(order, _reveal(services, conn, order, "chat")))


# ---- with the next answer ------------------------------------------------------------------------------------------


def take_waiting(services: Services, openid: OpenId, message_key: str) -> tuple[int, ...]:
    """Take what could not be pushed so far into the answer to this message; the same again for the same message.

    Only as much as fits into one answer; what is left goes on waiting.
    """
    with services.engine.begin() as conn:
        waiting = pushing.waiting_for(conn, openid)
        fitting: list[int] = []
        room = PASSIVE_BYTES_MAX // 2
        for push in waiting:
            room -= len(_words(services, conn, push, where="").encode()) + 2
            if fitting and room < 0:
                break
            fitting.append(push.id)
        taken = pushing.take_waiting(conn, openid, message_key, services.clock.now(), only=fitting)
    if len(taken) == len(waiting):
        services.store.clear_waiting(openid)
    return tuple(push.id for push in taken)


def push_text(services: Services, openid: OpenId, push_id: int) -> str:
    """The words of a push that was taken into an answer."""
    with services.engine.begin() as conn:
        push = pushing.by_id(conn, push_id)
        if push is None or push.openid != openid:
            return ""
        return _words(services, conn, push, where="chat")


def fitted(text: str) -> str:
    """Cut a passive reply to what WeChat takes, at a line's end, and say where the rest is."""
    if len(text.encode()) <= PASSIVE_BYTES_MAX or len(split(text, PASSIVE_BYTES_MAX)) <= 1:
        return text
    rest = replies.rest_on_the_page()
    return f"{split(text, PASSIVE_BYTES_MAX - len(rest.encode()) - 1)[0]}\n{rest}"


def kept_texts(services: Services, order: Order) -> tuple[str, ...]:
    """What could not be pushed about an order, for its page; card keys are shown there by themselves."""
    with services.engine.begin() as conn:
        return tuple(
            _words(services, conn, push, where="")
            for push in pushing.waiting_for(conn, order.openid)
            if push.order_no == order.order_no and push.kind not in pushing.WITH_KEYS
        )


# ---- by push -------------------------------------------------------------------------------------------------------


@TASKS.task("send_push")
def send_push(services: Services, *, push_id: int) -> None:
    """Send one message of the outbox, once; what cannot go out waits for the buyer's next message."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        push = pushing.claim(conn, push_id, now)
        if push is None:
            left = pushing.take_over(conn, push_id, now)
            if left is not None and left.kind in pushing.WITH_KEYS:
                _say_ready(services, conn, left)
            push = pushing.claim(conn, push_id, now) if left is not None else None
        send = _prepared(services, conn, push) if push is not None else None
    if push is None or send is None:
        if left is not None:
            _flag(services, left.openid)
        return
    result = send()
    now = services.clock.now()
    with services.engine.begin() as conn:
        verdict = pushing.record(conn, push, result, now)
        if verdict.retry_at is not None:
            services.jobs.defer(conn, "send_push", at=verdict.retry_at, push_id=push_id)
        if push.kind in pushing.WITH_KEYS and isinstance(result, pushing.NoAnswer):
            _say_ready(services, conn, push)
        if services.config.wechat.template_id:
            notice_id = pushing.service_notice(conn, push, result, now)
            if notice_id is not None:
                services.jobs.defer(conn, "send_push", push_id=notice_id)
    metrics.push_sent(verdict.state.value)
    log.info("push %s (%s) of order %s: %s", push.id, push.kind, push.order_no, verdict.state)
    if verdict.state in (PushState.KEPT, PushState.WAITING):
        # What is to be tried again comes with whatever he writes before that: he need not wait for the outage to end.
        _flag(services, push.openid)


def _say_ready(services: Services, conn: Connection, keys: Push) -> None:
    """Nobody knows whether the keys arrived, and they are not pushed twice: say where they are."""
    push_id = pushing.ready(conn, keys, services.clock.now())
    if push_id is not None:
        services.jobs.defer(conn, "send_push", push_id=push_id)


def _prepared(services: Services, conn: Connection, push: Push) -> Callable[[], pushing.SendResult]:
    """What sends a push, once the transaction is over: its words are made now."""
    if push.kind is not PushKind.SERVICE_NOTICE:
        texts = split(_words(services, conn, push, where="chat"), PASSIVE_BYTES_MAX)
        return lambda: _send(services, push.openid, texts)
    wanted, order = services.config.wechat, reading.by_no(conn, push.order_no)
    url = f"{services.config.app.public_url}/orders/{order.token}" if order is not None else ""
    fields = {wanted.template_order: push.order_no, wanted.template_what: replies.notice_what()[:_NOTICE_MAX]}
    return lambda: _result(services.account.send_template(push.openid, wanted.template_id, url, fields))


def _send(services: Services, openid: OpenId, texts: Sequence[str]) -> pushing.SendResult:
    """Send the parts one after the other. Once one is out, the rest cannot be tried again as a whole."""
    for position, text in enumerate(texts):
        result = _result(services.account.send_text(openid, text))
        if result != pushing.Answered(0):
            return result if position == 0 else pushing.NoAnswer()
    return pushing.Answered(0)


def _result(outcome: wechat.SendOutcome) -> pushing.SendResult:
    match outcome:
        case wechat.Sent():
            return pushing.Answered(0)
        case wechat.Refused(errcode=errcode):
            return pushing.Answered(errcode)
        case wechat.NotSent():
            return pushing.Outage()
        case wechat.MaybeSent():
            return pushing.NoAnswer()


def flag_waiting(services: Services) -> None:
    """Tell the talk's store again for whom something waits: Redis may have been lost since, or a worker died."""
    with services.engine.begin() as conn:
        pushing.rescue(conn, services.clock.now())
        for openid in pushing.buyers_waiting(conn):
            _flag(services, openid)


def _flag(services: Services, openid: OpenId) -> None:
    try:
        services.store.set_waiting(openid)
    except TalkUnavailableError:
        log.warning("redis is away; a kept message will be flagged by the next sweep")


# ---- the words -----------------------------------------------------------------------------------------------------


def _words(services: Services, conn: Connection, push: Push, *, where: str) -> str:
    """Make a push's words. `where` names the place that keys in it are shown at; empty: they are only measured."""
    services.wording.look()
    if push.kind is PushKind.SPOKEN:
        return _spoken(services, conn, push, where=where)
    if push.kind is PushKind.PERSON:
        return replies.person_says(handoffs.said_by_person(conn, push.about_id))
    if push.kind is PushKind.RESTOCKED:
        what = reminders.what_of(conn, push.about_id)
        return replies.restocked(what) if what else ""
    if push.kind in _OF_CASES:
        return _of_case(conn, push)
    order = reading.by_no(conn, push.order_no)
    if order is None:
        return ""
    words = _of_order(services, conn, push, order, where)
    return replies.join(words, replies.ask_rating(order)) if _asks_rating(conn, push, order) else words


_OF_CASES = (PushKind.CASE_ANSWERED, PushKind.CASE_CLOSED, PushKind.CASE_LATE)
_DELIVERS = (PushKind.KEYS, PushKind.TOPUP_DONE, PushKind.SERVICE_DONE, PushKind.PARCEL_SENT)


def _asks_rating(conn: Connection, push: Push, order: Order) -> bool:
    """Whether this is the message that ends the delivery: it alone asks what he thinks of it."""
    if push.kind not in _DELIVERS or order.state is not OrderState.DELIVERED:
        return False
    last = pushing.last_of(conn, order.order_no, _DELIVERS) == push.id
    return last and not ratings.rated(conn, [order.order_no])


def _of_case(conn: Connection, push: Push) -> str:
    found = cases.words_of(conn, push.about_id or 0)
    if found is None:
        return ""
    case, words = found
    match push.kind:
        case PushKind.CASE_ANSWERED:
            return replies.case_answered(case, words)
        case PushKind.CASE_CLOSED:
            return replies.case_closed(case, words)
        case _:  # late; told by the next message it may be settled by then
            return replies.case_late(case) if case.state is not CaseState.CLOSED else ""


def _of_order(services: Services, conn: Connection, push: Push, order: Order, where: str) -> str:
    line = next((line for line in order.lines if line.id == push.line_id), order.lines[0])
    match push.kind:
        case PushKind.KEYS:
            keys = _keys_then(stock.keys_of(conn, services.vault, order.order_no), line, push)
            if where:
                stock.record_shown(conn, [key.id for key in keys], where, services.clock.now())
            return replies.keys_delivered(order, _named(order, keys)) if keys else ""
        case PushKind.KEY_REPLACED:
            return _another_key(services, conn, push, order, where)
        case PushKind.KEYS_READY:
            return replies.keys_ready(order, f"{services.config.app.public_url}/orders/{order.token}")
        case PushKind.TOPUP_DONE:
            return replies.topup_done(order, line, _product(services, line))
        case PushKind.LINE_REFUSED:
            refused = replies.line_refused_to_balance if _into_balance(conn, order) else replies.line_refused
            return refused(order, line, refunding.taken_back_fen(conn, line.id))
        case PushKind.TOPUP_PARTLY | PushKind.TOPUP_FAILED | PushKind.OUT_OF_STOCK:
            back_fen = refunding.taken_back_fen(conn, line.id)
            kept = _into_balance(conn, order)
            failed = replies.topup_failed_to_balance if kept else replies.topup_failed_refunding
            if push.kind is PushKind.TOPUP_PARTLY:
                failed = replies.topup_partly_to_balance if kept else replies.topup_partly_refunding
            return failed(order, line, back_fen, _product(services, line))
        case PushKind.COMPENSATED:
            return _of_compensation(conn, push, order)
        case PushKind.PART_REFUND | PushKind.REFUNDED:
            return _of_refund(conn, push, order)
        case PushKind.LATE_REFUND:
            return replies.late_payment_refunding(order, order.total_fen)
        case PushKind.BALANCE_FILLED:
            balance_fen = wallet.of(conn, order.openid).balance_fen
            return replies.balance_filled(order.order_no, line.total_fen, balance_fen)
        case PushKind.SERVICE_ACCEPTED:
            return replies.service_accepted(order, line)
        case PushKind.SERVICE_DONE:
            return replies.service_done(order, line)
        case PushKind.PARCEL_ACCEPTED:
            return replies.parcel_accepted(order, line)
        case PushKind.PARCEL_SENT:
            return replies.parcel_sent(order, line)
        case PushKind.HELD:
            due_at = services.hours.after(order.paid_at or push.created_at, _hold_time(services))
            return replies.order_held(order, due_at, services.clock.now(), services.hours)
        case PushKind.EXPIRED:
            return replies.order_expired(order.order_no)
        case _:
            return ""


def _keys_then(keys: Sequence[SoldKey], line: Line, push: Push) -> list[SoldKey]:
    """The keys that a message about a line is about: one that came in place of another since has a message of its
    own, and no key is pushed twice."""
    ours = [key for key in keys if key.line_id == line.id]
    return [key for key in ours if key.in_place_at is None or key.in_place_at < push.created_at]


def _another_key(services: Services, conn: Connection, push: Push, order: Order, where: str) -> str:
    keys = [key for key in stock.keys_of(conn, services.vault, order.order_no) if key.id == push.about_id]
    if where:
        stock.record_shown(conn, [key.id for key in keys], where, services.clock.now())
    return replies.key_replaced(order, _named(order, keys)) if keys else ""


def _of_compensation(conn: Connection, push: Push, order: Order) -> str:
    given = compensation.by_id(conn, push.about_id or 0)
    line = next((line for line in order.lines if given is not None and line.id == given.line_id), None)
    if given is None or line is None:
        return ""
    to_balance = given.way == "wallet" or _into_balance(conn, order)
    return replies.compensated(order, line, given.amount_fen, to_balance=to_balance)


def _of_refund(conn: Connection, push: Push, order: Order) -> str:
    back = refunding.by_id(conn, push.about_id or 0)
    line = next((line for line in order.lines if back is not None and line.id == back.line_id), None)
    if back is None or line is None:
        return ""
    if push.kind is PushKind.REFUNDED:
        refund = store.refund_by_key(conn, order.order_no, back.key)
        if refund is not None and refund.route is RefundRoute.WALLET:
            return replies.refunded_to_balance(order.order_no, back.amount_fen)
        return replies.refunded(order, back.amount_fen)
    part_refund = replies.part_refund_to_balance if _into_balance(conn, order) else replies.part_refund
    return part_refund(order, line, back.amount_fen, back.reason)


def _into_balance(conn: Connection, order: Order) -> bool:
    """Whether what nobody asked to have elsewhere goes back into the buyer's balance: it was paid from there."""
    return wallet_orders.route_of(conn, order.order_no, order.openid, to_balance=False) is RefundRoute.WALLET


def _hold_time(services: Services) -> timedelta:
    """How long a person may take over a held order, in working time."""
    return timedelta(hours=services.config.risk.hold_hours)


def _spoken(services: Services, conn: Connection, push: Push, *, where: str) -> str:
    """The answer to a voice message. WeChat hands a buyer over only in answer to a message of his."""
    reply = voices.answer_to(conn, push.about_id)
    parts = [reply.text, replies.person_by_message() if reply.transfer else ""]
    for order_no in reply.keys_of:
        order = reading.by_no(conn, order_no)
        if order is not None and order.openid == push.openid:
            keys = _reveal(services, conn, order, where) if where else stock.keys_of(conn, services.vault, order_no)
            parts.append(replies.keys_block(_named(order, keys)))
    return "\n\n".join(part for part in parts if part)


def _product(services: Services, line: Line) -> Product | None:
    """The product of an order line, if the shop still has it."""
    shelf, _ = services.shelf.current()
    return shelf.product(line.product_id)
