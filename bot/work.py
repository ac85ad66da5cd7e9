"""Turns what fulfillment says must be done into refunds and jobs, in the transaction of the change that asks for it."""

from collections.abc import Callable

from sqlalchemy import Connection

from bot.bootstrap import Services
from fulfillment.work import Work
from payments.ledger import CostFrom, book_cost
from payments.refunds import RefundRefused, request_refund

Also = Callable[[Connection], None]
"""What else is written in the transaction of a change: who made it, say."""


def nothing(_: Connection) -> None:
    """Nothing else is written."""


def enqueue(services: Services, conn: Connection, to_do: Work) -> None:
    """Write everything of `to_do` down.

    Raises RuntimeError when a refund cannot be asked for: a bug, and the whole change rolls back.
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
    for due in to_do.refunds:
        refund = request_refund(
            conn,
            order_no=due.order_no,
            line_id=due.line_id,
            amount_fen=due.amount_fen,
            reason=due.reason,
            now=now,
            key=due.key or None,
        )
        if isinstance(refund, RefundRefused):
            raise RuntimeError(f"line {due.line_id} cannot be refunded: {refund.reason}")
        services.jobs.defer(conn, "drive_refund", refund_id=refund.id)
