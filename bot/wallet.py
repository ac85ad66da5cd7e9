"""What a buyer keeps with us, at the edge: looked at, topped up, paid from, given back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bot import paying, risk, work
from bot.bootstrap import Services
from bot.pages.views import MoneyView
from bot.work import Also
from dialogs import facts as talk
from dialogs.facts import Fact
from dialogs.turn import WalletTerms
from fulfillment import byhand, placing, reading
from fulfillment import paying as order_ends
from fulfillment.moves import lock_order
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import BALANCE_DELIVERY, Order, OrderState, WantedLine
from payments import store, wallet, wallet_orders
from payments.gateway import TradeType
from payments.model import RefundRoute, RefundState
from payments.wallet import NotEnoughBalance

log = logging.getLogger(__name__)

MOVES_SHOWN = 5
_FEN = 100
_REASON = "余额退回"
# What was topped up and could go back, the latest first: a card that paid it is more likely to be there still.
_FILLED = text("""
    SELECT l.order_no, l.id, l.total_fen - l.refund_fen AS left_fen FROM order_line l JOIN orders o USING (order_no)
    WHERE o.openid = :openid AND l.delivery = 'wallet' AND l.state = 'delivered' AND o.paid_at > :since
      AND l.refund_fen < l.total_fen ORDER BY l.id DESC LIMIT 100
""")
_REFUNDABLE_FOR = timedelta(days=360)
"""WeChat Pay refunds a payment within a year (wechat.md, D)."""


@dataclass(frozen=True, slots=True)
class Paid:
    """The order as it stands now, and what is left."""

    order: Order
    balance_fen: int


Outcome = Paid | NotEnoughBalance | order_ends.Refused | order_ends.NotFound


def terms(services: Services) -> WalletTerms | None:
    """What a turn may know; None: buyers keep nothing with this shop."""
    config = services.config.wallet
    if not config.enabled:
        return None
    small = config.one_tap_max if config.one_tap_daily else 0
    return WalletTerms(config.topup_min * _FEN, config.topup_max * _FEN, small * _FEN, config.one_tap_daily * _FEN)


def look(services: Services, openid: OpenId) -> Fact:
    """Where his balance stands, with its last moves."""
    with services.engine.connect() as conn:
        kept = wallet.of(conn, openid)
        moves = wallet.latest(conn, openid, MOVES_SHOWN)
    shown = tuple(talk.BalanceMove(move.kind.value, move.amount_fen, move.at) for move in moves)
    return talk.BalanceFound(kept.balance_fen, shown, kept.one_tap)


def top_up(services: Services, openid: OpenId, message_key: str, amount_fen: int) -> Fact:
    """Place an order for his own balance, once for each message."""
    config, now = services.config, services.clock.now()
    with services.engine.begin() as conn:
        most_fen = config.wallet.balance_max * _FEN
        left_fen = most_fen - wallet.of(conn, openid).balance_fen
        if amount_fen > left_fen and reading.by_message(conn, openid, message_key) is None:
            return talk.TopUpRefused(most_fen, max(0, left_fen))
        wanted = (WantedLine("", 1, Fen(amount_fen)),)
        shelf, _ = services.shelf.current()
        verdict = risk.assess(services, conn, openid, wanted, shelf)
        # He has seen one amount and confirmed it: there is nothing that a second 确认 would tell him.
        stopped = risk.stopped(services, conn, openid, message_key, wanted, verdict, again=True)
        if stopped is not None:
            return stopped
        placed = placing.place_balance(
            conn,
            openid=openid,
            message_key=message_key,
            amount_fen=amount_fen,
            now=now,
            ttl=timedelta(minutes=config.pay.order_ttl_minutes),
            unpaid_max=config.risk.unpaid_orders_max,
        )
        if isinstance(placed, placing.Placed) and placed.fresh:
            risk.placed(services, conn, placed.order, verdict)
    return talk.OrderPlaced(placed.order) if isinstance(placed, placing.Placed) else talk.TooManyUnpaid(placed.orders)


# ---- paying --------------------------------------------------------------------------------------------------------


def pay(services: Services, openid: OpenId, order_no: OrderNo | None) -> Fact:
    """Pay this order of his, or the latest one that waits, from his balance."""
    with services.engine.begin() as conn:
        if order_no is None:
            unpaid = reading.unpaid_of(conn, openid, services.clock.now())
            order_no = unpaid[0].order_no if unpaid else None
        if order_no is None:
            return talk.NotPayable()
        outcome = pay_order(services, conn, openid, order_no)
        match outcome:
            case Paid(order=order, balance_fen=balance_fen):
                return talk.PaidFromBalance(order, balance_fen)
            case NotEnoughBalance(balance_fen=balance_fen):
                short = reading.by_no(conn, order_no)
                return talk.BalanceShort(short, balance_fen) if short is not None else talk.NotPayable()
            case order_ends.Refused(state=state):
                return talk.NotPayable(order_no, state)
            case order_ends.NotFound():
                return talk.NotPayable()


def pay_order(services: Services, conn: Connection, openid: OpenId, order_no: str, *, one_tap: bool = False) -> Outcome:
    """Pay an order of this buyer from his balance: taken, written down as a payment, and the order moved on, in the
    caller's one transaction. What WeChat Pay still has open of it is closed, and comes back if it is paid after all."""
    now = services.clock.now()
    if not services.config.wallet.enabled:
        return order_ends.NotFound()
    store.lock_order(conn, order_no)
    order = order_ends.payable(conn, order_no, openid, now)
    if not isinstance(order, Order):
        return order
    paid = wallet_orders.pay(
        conn,
        order_no=order_no,
        openid=openid,
        total_fen=order.total_fen,
        description=paying.describe(services, order),
        expires_at=order.expires_at,
        now=now,
        one_tap=one_tap,
    )
    match paid:
        case wallet_orders.PaidFromBalance(settled=settled, balance_after_fen=balance_fen):
            paying.payment_moved(services, conn, settled)
            return Paid(reading.by_no(conn, order_no) or order, balance_fen)
        case wallet_orders.PaidBefore():
            return order_ends.Refused(OrderState.PAID)
        case NotEnoughBalance():
            return paid


def placed(services: Services, conn: Connection, order: Order) -> talk.OrderPlaced:
    """What a placed order comes to: paid at once where the buyer has asked for that of small ones, else with his
    balance where that is enough. In the transaction that placed it."""
    kept = wallet.of(conn, order.openid) if services.config.wallet.enabled else wallet.Wallet()
    if order.paid_at is not None:  # the same message again
        return talk.OrderPlaced(order, kept.balance_fen)
    if kept.balance_fen < order.total_fen or order.state is not OrderState.UNPAID:
        return talk.OrderPlaced(order)
    if kept.one_tap and _is_small(services, conn, order):
        paid = pay_order(services, conn, order.openid, order.order_no, one_tap=True)
        if isinstance(paid, Paid):
            return talk.OrderPlaced(paid.order, paid.balance_fen)
    return talk.OrderPlaced(order, kept.balance_fen)


def _is_small(services: Services, conn: Connection, order: Order) -> bool:
    """Within what one order and what one day may cost without a further tap. His placings come one after the other
    (the lock in `placing.place`), so two at once cannot both count as the day's last."""
    config = services.config.wallet
    if order.total_fen > config.one_tap_max * _FEN:
        return False
    spent_fen = wallet.one_tap_spent_fen(conn, order.openid, _midnight(services))
    return spent_fen + order.total_fen <= config.one_tap_daily * _FEN


def _midnight(services: Services) -> datetime:
    return services.clock.now().astimezone(services.hours.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def set_one_tap(services: Services, openid: OpenId, *, on: bool) -> Fact:
    """Pay small orders of his at 确认 from now on, or not any more."""
    with services.engine.begin() as conn:
        wallet.set_one_tap(conn, openid, services.clock.now(), on=on)
    return talk.OneTapSet(on)


def shown(services: Services, order: Order) -> MoneyView:
    """What the order's own buyer may see of his balance on its pages."""
    with services.engine.connect() as conn:
        if order.paid_at is not None:
            settling = store.settling_attempt(conn, order.order_no)
            own = settling is not None and settling.trade_type is TradeType.WALLET
            refunds = [one for one in store.refunds_of(conn, order.order_no) if one.state is not RefundState.CLOSED]
            return MoneyView(paid=own, back=any(one.route is RefundRoute.WALLET for one in refunds))
        buys_balance = any(line.delivery == BALANCE_DELIVERY for line in order.lines)
        if not services.config.wallet.enabled or buys_balance or order.state is not OrderState.UNPAID:
            return MoneyView()
        kept_fen = wallet.of(conn, order.openid).balance_fen
    return MoneyView(balance_fen=kept_fen if kept_fen >= order.total_fen else None)


# ---- giving back ---------------------------------------------------------------------------------------------------


class _OtherAmountError(Exception):
    """Not what somebody said yes to would go back: the whole change rolls back."""


def withdraw_just(services: Services, openid: OpenId, amount_fen: int, *, actor: str, also: Also) -> bool:
    """Give back by the original route what he topped up and has not spent, if that is this amount still. False: it is
    not, and nothing was changed."""
    try:
        withdraw(services, openid, actor=actor, only_fen=amount_fen, also=also)
    except _OtherAmountError:
        return False
    return True


def withdrawable_fen(services: Services, conn: Connection, openid: OpenId) -> int:
    """What would go back by the original route now: topped up within the year, and not spent."""
    return min(
        sum(left_fen for _, _, left_fen in _topped_up(services, conn, openid)), wallet.of(conn, openid).balance_fen
    )


def withdraw(
    services: Services,
    openid: OpenId,
    *,
    actor: str = "buyer",
    only_fen: int | None = None,
    also: Also = work.nothing,
) -> talk.BalanceBack:
    """Give back by the original route what he topped up and has not spent: the latest top-ups first, each in part
    where not all of it is left. With `only_fen` exactly this much, or _OtherAmountError is raised."""
    with services.engine.begin() as conn:
        # All the orders first, the balance last: who holds the balance waits for nothing.
        for order_no in sorted({order_no for order_no, _, _ in _topped_up(services, conn, openid)}):
            lock_order(conn, order_no)
        lines = _topped_up(services, conn, openid)
        back_fen, balance_fen = 0, wallet.of(conn, openid, lock=True).balance_fen
        for _, line_id, left_fen in lines:
            amount_fen = min(left_fen, balance_fen - back_fen)
            if amount_fen <= 0:
                break
            given = byhand.give_some(conn, line_id, amount_fen, services.clock.now(), actor=actor, reason=_REASON)
            if not isinstance(given, byhand.NotNow | byhand.NotSoMuch):
                work.enqueue(services, conn, given)
                back_fen += amount_fen
        if only_fen is not None and back_fen != only_fen:
            raise _OtherAmountError
        left = wallet.of(conn, openid).balance_fen
        if back_fen:
            also(conn)
    if back_fen:
        log.info("a balance goes back by the original route: %s fen", back_fen)
    return talk.BalanceBack(back_fen, left)


def _topped_up(services: Services, conn: Connection, openid: OpenId) -> Sequence[tuple[str, int, int]]:
    since = services.clock.now() - _REFUNDABLE_FOR
    rows = conn.execute(_FILLED, {"openid": openid, "since": since}).all()
    return [(row.order_no, row.id, row.left_fen) for row in rows]
