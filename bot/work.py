"""Turns what fulfillment says must be done into refunds and jobs, in the transaction of the change that asks for it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from bot.bootstrap import Services
from fulfillment import paying, reading, refunding
from fulfillment.work import NOTHING_TO_DO, RefundDue, Work
from kernel.ids import OpenId
from kernel.money import format_yuan
from payments import wallet, wallet_orders
from payments.ledger import CostFrom, book_cost
from payments.model import RefundRoute
from payments.refunds import RefundRefused, RefundSettled, request_refund
from payments.wallet import MoveKind, NotEnoughBalance

Also = Callable[[Connection], None]
"""What else is written in the transaction of a change: who made it, say."""


def nothing(_: Connection) -> None:
    """Nothing else is written."""


class BalanceSpentError(Exception):
    """A balance that was bought is to be given back, and the buyer has spent of it: the whole change rolls back."""

    def __init__(self, order_no: str, left_fen: int) -> None:
        super().__init__(f"of order {order_no} only ¥{format_yuan(left_fen)} is left in the balance")
        self.left_fen = left_fen


def enqueue(services: Services, conn: Connection, to_do: Work, *, to_balance: bool = False) -> None:
    """Write everything of `to_do` down. Where money goes back of orders, the order's lock must be held.

    `to_balance`: the buyer wants it in his balance, there and then. Raises RuntimeError when a refund cannot be asked
    for, a bug, and BalanceSpentError; the whole change rolls back.
    """
    now = services.clock.now()
    for push_id in to_do.push_ids:
        services.jobs.defer(conn, "send_push", push_id=push_id)
    for supplier_order_id in to_do.send_ids:
        services.jobs.defer(conn, "send_to_supplier", supplier_order_id=supplier_order_id)
    for query in to_do.queries:
        services.jobs.defer(conn, "query_supplier", at=query.at, supplier_order_id=query.supplier_order_id)
    for cost in to_do.costs:
        source = CostFrom.STOCK if cost.from_stock else CostFrom.SUPPLIER
        book_cost(conn, order_no=cost.order_no, cause=cost.cause, amount_fen=cost.amount_fen, source=source, now=now)
    for credit in to_do.credits:
        reference = _filled(credit.order_no, credit.line_id)
        wallet.credit(
            conn, credit.openid, credit.amount_fen, MoveKind.TOPUP, reference, now=now, order_no=credit.order_no
        )
    for due in to_do.refunds:
        refused = give_back(services, conn, due, to_balance=to_balance)
        if refused is not None:
            raise RuntimeError(f"line {due.line_id} cannot be refunded: {refused.reason}")


def give_back(
    services: Services, conn: Connection, due: RefundDue, *, to_balance: bool = False
) -> RefundRefused | None:
    """Ask for a refund; one into a balance is there at once. The order's lock must be held.

    Raises BalanceSpentError where a balance that was bought is to go back, and is spent.
    """
    now = services.clock.now()
    openid = OpenId(reading.owner_of(conn, due.order_no))
    refund = request_refund(
        conn,
        order_no=due.order_no,
        line_id=due.line_id,
        amount_fen=due.amount_fen,
        reason=due.reason,
        now=now,
        key=due.key or None,
        compensates=due.compensates,
        route=wallet_orders.route_of(conn, due.order_no, openid, to_balance=to_balance),
    )
    if isinstance(refund, RefundRefused):
        return refund
    if due.line_id is not None and wallet.moved(conn, MoveKind.TOPUP, _filled(due.order_no, due.line_id)):
        # What goes back to the payer must still be there: else he had it twice.
        taken = wallet.debit(
            conn,
            openid,
            due.amount_fen,
            MoveKind.WITHDRAW,
            f"{due.order_no}:{refund.key}",
            now=now,
            order_no=due.order_no,
        )
        if isinstance(taken, NotEnoughBalance):
            raise BalanceSpentError(due.order_no, taken.balance_fen)
    if refund.route is RefundRoute.ORIGINAL:
        services.jobs.defer(conn, "drive_refund", refund_id=refund.id)
        return None
    settled = wallet_orders.settle_refund(conn, refund, openid, now)
    if settled.first:
        enqueue(services, conn, arrived(conn, settled, now))
    return None


def arrived(conn: Connection, settled: RefundSettled, now: datetime) -> Work:
    """What follows for the order from a refund that has reached the buyer. Call it once a refund."""
    if settled.of_second_payment:
        paying.again_given_back(conn, settled.order_no, settled.amount_fen, now)
        return NOTHING_TO_DO
    if settled.line_id is not None:
        return refunding.refund_settled(conn, settled.line_id, now, key=settled.key)
    if settled.key.startswith("lines:"):
        return refunding.together_settled(conn, settled.order_no, now, key=settled.key)
    return NOTHING_TO_DO


def _filled(order_no: str, line_id: int) -> str:
    return f"{order_no}:{line_id}"
