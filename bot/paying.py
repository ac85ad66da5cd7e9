"""Money between WeChat Pay and the order: opened, noticed, asked about, settled, given back."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot import raw_notices, work
from bot.bootstrap import Services
from bot.tasks import TASKS
from fulfillment import paying as order_ends
from fulfillment import reading, refunding
from fulfillment.moves import lock_order
from kernel.ids import OpenId
from kernel.orders import Order, OrderState
from payments import incoming, store
from payments.attempts import (
    AllClosed,
    FoundPaid,
    NotPaid,
    Opened,
    OrderPaid,
    TooLate,
    Unavailable,
    close_attempts,
    open_attempt,
    query_attempt,
)
from payments.gateway import CodeUrl, Prepay, TradeType, Transaction
from payments.incoming import Ignored, SeenBefore
from payments.model import AttemptState
from payments.notices import BadNotice, OtherNotice, PaymentNotice, RefundNotice, read_notice
from payments.policy import next_query_at
from payments.refunds import (
    NeedsPerson,
    RefundSettled,
    RefundUnknown,
    RefundWaiting,
    drive_refund,
)
from payments.settling import AlreadyKnown, Duplicate, Mismatch, Settled, settle

log = logging.getLogger(__name__)

_LIVE = (AttemptState.CREATING, AttemptState.OPEN)
LEFT_OPEN_FOR = timedelta(minutes=5)
OVERDUE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Bridge:
    """What the page hands to WeixinJSBridge."""

    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Code:
    """What goes into the QR code."""

    url: str


@dataclass(frozen=True, slots=True)
class CannotPay:
    """Why not, in words for the buyer."""

    message: str


def open_jsapi(services: Services, order: Order, payer: OpenId) -> Bridge | CannotPay:
    """Give a payer inside WeChat something to pay with: a new prepay, or the one he has."""
    opened = _open(services, order, TradeType.JSAPI, payer)
    if isinstance(opened, Prepay):
        return Bridge(services.gateway.bridge_params(opened.prepay_id))
    return opened if isinstance(opened, CannotPay) else CannotPay("请在微信中付款")


def open_native(services: Services, order: Order) -> Code | CannotPay:
    """Give whoever scans it something to pay with."""
    opened = _open(services, order, TradeType.NATIVE, None)
    if isinstance(opened, CodeUrl):
        return Code(opened.code_url)
    return opened if isinstance(opened, CannotPay) else CannotPay("请在微信中打开链接付款")


def _open(
    services: Services, order: Order, trade_type: TradeType, payer: OpenId | None
) -> Prepay | CodeUrl | CannotPay:
    now = services.clock.now()
    if order.state is not OrderState.UNPAID:
        return CannotPay("订单已支付" if order.paid_at is not None else "订单已关闭，请回到聊天重新下单")
    opened = open_attempt(
        services.engine,
        services.gateway,
        order_no=order.order_no,
        total_fen=order.total_fen,
        description=describe(services, order),
        trade_type=trade_type,
        payer_openid=payer,
        expires_at=order.expires_at,
        now=now,
    )
    match opened:
        case Opened(attempt=attempt, credential=credential):
            _ask_later(services, attempt.out_trade_no, attempt.opened_at)
            return credential
        case OrderPaid(transaction=transaction):
            if transaction is not None:
                take_transaction(services, transaction)
            return CannotPay("订单已支付")
        case TooLate():
            return CannotPay("订单已超时关闭，请回到聊天重新下单")
        case Unavailable(reason=reason):
            log.warning("order %s cannot be opened at WeChat Pay: %s", order.order_no, reason)
            return CannotPay("微信支付暂时没有回应，请稍后再试")


def describe(services: Services, order: Order) -> str:
    """What is paid for, as the bill says it."""
    first = order.lines[0]
    quantity = f" ×{first.quantity}" if first.quantity > 1 else ""
    more = f" 等{len(order.lines)}件" if len(order.lines) > 1 else ""
    return f"{services.config.shop.name}-{first.product_name} {first.sku_label}{quantity}{more}"


# ---- is it paid? ---------------------------------------------------------------------------------------------------


def take_notice(services: Services, headers: Mapping[str, str], body: bytes) -> str | None:
    """Act on a notice of WeChat Pay, once. None: taken, answer 200; else why it is refused, answer 401."""
    now = services.clock.now()
    notice = read_notice(headers, body, keys=services.notice_keys, now=now)
    if isinstance(notice, BadNotice):
        log.warning("notice refused: %s", notice.reason)
        return notice.reason
    with services.engine.begin() as conn:
        taken = incoming.take_notice(conn, notice, now, fee_rate_bp=services.config.pay.fee_rate_bp)
        if not isinstance(taken, Mismatch | SeenBefore):
            _keep_words(conn, notice, now)
        match taken:
            case Settled() | Duplicate() | AlreadyKnown() | Mismatch():
                return payment_moved(services, conn, taken)
            case RefundSettled() | RefundWaiting() | NeedsPerson() | RefundUnknown():
                _refund_moved(services, conn, taken)
            case SeenBefore() | Ignored():
                pass
    return None


def _keep_words(conn: Connection, notice: PaymentNotice | RefundNotice | OtherNotice, now: datetime) -> None:
    """Keep what a notice said for the order's page. One that contradicts the order leaves no row at all."""
    match notice:
        case PaymentNotice(transaction=about):
            ref, kind = about.out_trade_no, "TRANSACTION.SUCCESS"
        case RefundNotice(refund=about_refund):
            ref, kind = about_refund.out_trade_no, f"REFUND.{about_refund.status}"
        case OtherNotice():
            return
    raw_notices.keep(conn, raw_notices.WECHAT_PAY, ref, kind, notice.told, now, number=notice.id)


def take_transaction(services: Services, transaction: Transaction) -> None:
    """Act on a payment that WeChat Pay proved in answer to a question of ours."""
    with services.engine.begin() as conn:
        fee_rate_bp = services.config.pay.fee_rate_bp
        payment_moved(services, conn, settle(conn, transaction, services.clock.now(), fee_rate_bp=fee_rate_bp))


def payment_moved(
    services: Services, conn: Connection, outcome: Settled | Duplicate | AlreadyKnown | Mismatch
) -> str | None:
    """Let the order follow its payment, in the transaction that wrote the payment down; the reason if it must not."""
    now = services.clock.now()
    match outcome:
        case Settled(order_no=order_no, paid_at=paid_at):
            _close_the_others(services, conn, order_no)
            match order_ends.mark_paid(conn, order_no, paid_at, now):
                case order_ends.PaidInTime() | order_ends.PaidLate(served=True):
                    services.jobs.defer(conn, "deliver_order", order_no=order_no)
                case order_ends.PaidLate(work=to_do):
                    work.enqueue(services, conn, to_do)
                case order_ends.AlreadyPaid():
                    pass
        case Duplicate(order_no=order_no, refund_id=refund_id):
            log.warning("order %s was paid twice; the second payment goes back", order_no)
            order_ends.paid_again(conn, order_no, outcome.total_fen, now)
            services.jobs.defer(conn, "drive_refund", refund_id=refund_id)
        case AlreadyKnown():
            pass
        case Mismatch(reason=reason):
            log.error("a payment does not fit our books: %s", reason)
            return reason
    return None


def _ask_later(services: Services, out_trade_no: str, opened_at: datetime) -> None:
    """Ask WeChat Pay about this payment at the next of the times after its page was opened."""
    at = next_query_at(opened_at, services.clock.now())
    if at is None:
        return
    with services.engine.begin() as conn:
        services.jobs.defer(
            conn, "query_payment", at=at, queueing_lock=f"query_payment:{out_trade_no}", out_trade_no=out_trade_no
        )


@TASKS.task("query_payment")
def query_payment(services: Services, *, out_trade_no: str) -> None:
    """Ask WeChat Pay whether a payment was made whose notice did not come: 5 s, 30 s, 1 m … after the page opened."""
    with services.engine.connect() as conn:
        attempt = store.attempt_by_number(conn, out_trade_no)
    if attempt is None or attempt.state not in _LIVE:
        return
    asked = query_attempt(services.engine, services.gateway, out_trade_no)
    if isinstance(asked, FoundPaid):
        take_transaction(services, asked.transaction)
        return
    if isinstance(asked, NotPaid) and asked.closed:
        return
    _ask_later(services, out_trade_no, attempt.opened_at)


LOOK_WITHIN_S = 1.5
"""So long a buyer who cancels waits to hear whether he has paid."""


def look_for_payment(services: Services, order_no: str) -> None:
    """Ask WeChat Pay whether an order was paid whose notice is not here (yet), and let it follow; for 1.5 s at most.

    An answer that comes later works all the same.
    """
    with services.engine.connect() as conn:
        attempts = store.attempts_of(conn, order_no)
    opened = [attempt.out_trade_no for attempt in attempts if attempt.state is AttemptState.OPEN]

    def look() -> None:
        try:
            for number in opened:
                asked = query_attempt(services.engine, services.gateway, number)
                if isinstance(asked, FoundPaid):
                    take_transaction(services, asked.transaction)
        except SQLAlchemyError as error:
            log.warning("order %s could not be looked at: %s", order_no, type(error).__name__)

    if opened:
        looking = Thread(target=look, daemon=True)
        looking.start()
        looking.join(LOOK_WITHIN_S)


def close_payments(services: Services, order_no: str) -> bool:
    """Close whatever could still pay an order; what turns out paid is settled. True: nothing can pay it any more."""
    for _ in range(5):
        outcome = close_attempts(services.engine, services.gateway, order_no, services.clock.now())
        if isinstance(outcome, FoundPaid):
            take_transaction(services, outcome.transaction)
            continue
        if not isinstance(outcome, AllClosed):
            log.info("order %s cannot be closed yet: %s", order_no, outcome.reason)
        return isinstance(outcome, AllClosed)
    return False


CLOSE_AGAIN_AFTER = timedelta(seconds=20)


def _close_the_others(services: Services, conn: Connection, order_no: str) -> None:
    """A paid order may have been opened by a second payer, or as a code to scan: nobody shall pay it again."""
    if any(attempt.state in _LIVE for attempt in store.attempts_of(conn, order_no)):
        services.jobs.defer(conn, "close_payments", queueing_lock=f"close_payments:{order_no}", order_no=order_no)


@TASKS.task("close_payments")
def close_payments_left_open(services: Services, *, order_no: str) -> None:
    """Close at WeChat Pay what is still open of an order; one that was paid in the meantime is given back."""
    if not close_payments(services, order_no):
        with services.engine.begin() as conn:
            at = services.clock.now() + CLOSE_AGAIN_AFTER
            lock = f"close_payments:{order_no}"
            services.jobs.defer(conn, "close_payments", at=at, queueing_lock=lock, order_no=order_no)


def sweep_payments(services: Services, conn: Connection) -> None:
    """Find attempts still open though their time is over: whatever should have closed them did not."""
    for number in store.live_numbers(conn, expired_before=services.clock.now() - LEFT_OPEN_FOR):
        attempt = store.attempt_by_number(conn, number)
        if attempt is not None:
            lock = f"close_payments:{attempt.order_no}"
            services.jobs.defer(conn, "close_payments", queueing_lock=lock, order_no=attempt.order_no)


# ---- refunds -------------------------------------------------------------------------------------------------------


def sweep_refunds(services: Services, conn: Connection) -> None:
    """Find lines whose money is on its way back although nobody was asked for it, and refunds nobody drives."""
    now = services.clock.now()
    for order_no in reading.gathering(conn):
        work.enqueue(services, conn, refunding.ask_together(conn, order_no, now))
    for due in reading.refunds_due(conn):
        if store.refund_by_key(conn, due.order_no, due.key or f"line:{due.line_id}") is not None:
            continue
        lock_order(conn, due.order_no)
        refused = work.give_back(services, conn, due)
        if refused is not None:
            log.error("line %s is to be refunded and cannot be: %s", due.line_id, refused.reason)
        else:
            log.error("the refund of line %s had been lost", due.line_id)
    for refund_id in store.due_refunds(conn, now - OVERDUE_AFTER):
        services.jobs.defer(conn, "drive_refund", queueing_lock=f"drive_refund:{refund_id}", refund_id=refund_id)


@TASKS.task("drive_refund")
def drive_refund_on(services: Services, *, refund_id: int) -> None:
    """Bring a refund one step further, until it is settled or needs a person."""
    now = services.clock.now()

    def then(conn: Connection, settled: RefundSettled) -> None:
        _refund_moved(services, conn, settled)

    outcome = drive_refund(services.engine, services.gateway, refund_id, now, then=then)
    match outcome:
        case RefundWaiting(reason=reason):
            log.info("refund %s waits: %s", refund_id, reason)
            with services.engine.begin() as conn:
                _refund_moved(services, conn, outcome)
        case NeedsPerson(reason=reason):
            log.error("refund %s needs a person: %s", refund_id, reason)


def _refund_moved(
    services: Services, conn: Connection, outcome: RefundSettled | RefundWaiting | NeedsPerson | RefundUnknown
) -> None:
    match outcome:
        case RefundSettled(first=True):
            work.enqueue(services, conn, work.arrived(conn, outcome, services.clock.now()))
        case RefundWaiting(refund_id=refund_id, next_at=next_at):
            services.jobs.defer(
                conn, "drive_refund", at=next_at, queueing_lock=f"drive_refund:{refund_id}", refund_id=refund_id
            )
        case NeedsPerson(refund_id=refund_id, reason=reason):
            log.error("refund %s needs a person: %s", refund_id, reason)
        case RefundUnknown():
            log.error("a refund was made that our books do not have")
