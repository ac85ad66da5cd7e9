"""Orders and balances: paid from one, given back into one. A payment from a balance is a payment like any other, with
a row of its own, so that whatever is paid beside it is a second payment and goes back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from kernel.ids import OpenId
from payments import ledger, store, wallet
from payments.gateway import TradeType
from payments.model import AttemptState, Refund, RefundRoute, RefundState
from payments.refunds import RefundSettled
from payments.settling import Settled
from payments.tables import PAYMENT
from payments.wallet import MoveKind, NotEnoughBalance


@dataclass(frozen=True, slots=True)
class PaidFromBalance:
    """The order is paid, as of now: let it follow in this same transaction, as after any payment."""

    settled: Settled
    balance_after_fen: int


@dataclass(frozen=True, slots=True)
class PaidBefore:
    """A payment of this order is in our books already; nothing was taken."""


def pay(
    conn: Connection,
    *,
    order_no: str,
    openid: OpenId,
    total_fen: int,
    description: str,
    expires_at: datetime,
    now: datetime,
    one_tap: bool = False,
) -> PaidFromBalance | PaidBefore | NotEnoughBalance:
    """Pay an order from its buyer's balance, whole or not at all, in the caller's transaction.

    The caller has taken the order's money lock (`store.lock_order`), then the order's own, and found it payable by
    this buyer. Once per order: `payment_settles_once` stands behind it.
    """
    if store.settling_attempt(conn, order_no) is not None:
        return PaidBefore()
    taken = wallet.debit(
        conn, openid, total_fen, MoveKind.PAY, order_no, now=now, order_no=order_no, one_tap=one_tap, actor="buyer"
    )
    if isinstance(taken, NotEnoughBalance):
        return taken
    n = max((attempt.n for attempt in store.attempts_of(conn, order_no)), default=0) + 1
    row = conn.execute(
        insert(PAYMENT)
        .values(
            order_no=order_no,
            n=n,
            out_trade_no=f"{order_no}-W",
            trade_type=TradeType.WALLET,
            payer_openid=openid,
            total_fen=total_fen,
            description=description,
            expires_at=expires_at,
            state=AttemptState.PAID,
            created_at=now,
            opened_at=now,
            transaction_id=f"wallet:{order_no}",
            paid_at=now,
            settles=True,
        )
        .returning(PAYMENT.c.id)
    )
    ledger.book_sale(conn, order_no=order_no, total_fen=total_fen, at=now, now=now)
    return PaidFromBalance(Settled(order_no, int(row.scalar_one()), now), taken.balance_after_fen)


def route_of(conn: Connection, order_no: str, openid: str, *, to_balance: bool) -> RefundRoute:
    """Where a refund of this order goes: what was paid from the balance back there, all else to whoever paid. With
    `to_balance` the buyer wants it in his balance, which he gets of what he has paid himself."""
    paid = store.settling_attempt(conn, order_no)
    if paid is None:
        return RefundRoute.ORIGINAL
    own = to_balance and paid.payer_openid == openid
    return RefundRoute.WALLET if own or paid.trade_type is TradeType.WALLET else RefundRoute.ORIGINAL


def settle_refund(conn: Connection, refund: Refund, openid: OpenId, now: datetime) -> RefundSettled:
    """Give a refund that goes into a balance, in the transaction that decided on it. Safe to repeat.

    The order's lock must be held. Mark the line refunded in this same transaction.
    """
    if refund.route is not RefundRoute.WALLET:
        raise ValueError("this refund goes the original way")
    first = refund.state is not RefundState.SUCCESS
    if first:
        number = refund.out_refund_no
        wallet.credit(conn, openid, refund.amount_fen, MoveKind.REFUND, number, now=now, order_no=refund.order_no)
        store.change_refund(conn, refund.id, state=RefundState.SUCCESS, settled_at=now, next_try_at=None)
    return RefundSettled(refund.id, refund.order_no, refund.line_id, refund.key, refund.amount_fen, first=first)
