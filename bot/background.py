"""Everything the worker does: the tasks of the edge, and the sweeps behind them that find what a job has missed."""

from bot import (
    after_sale,
    compensating,
    console_runs,
    delivering,
    handoffs,
    heard_days,
    misses,
    nightly,
    ordering,
    paying,
    privacy,
    raw_notices,
    reconciling,
    reminders,
    risk,
    suppliers,
    telling,
    voices,
    webhooks_out,
)
from bot.bootstrap import Services
from bot.tasks import TASKS, every_minute
from dialogs import replies
from fulfillment import pushing, reading, topups

EVERY_TEN_SECONDS = "* * * * * */10"

__all__ = [
    "TASKS",
    "compensating",
    "console_runs",
    "delivering",
    "heard_days",
    "misses",
    "nightly",
    "ordering",
    "paying",
    "privacy",
    "raw_notices",
    "reconciling",
    "reminders",
    "risk",
    "suppliers",
    "telling",
    "voices",
    "webhooks_out",
]


@TASKS.cron("expire_orders", EVERY_TEN_SECONDS)
def expire_orders(services: Services) -> None:
    """Find orders whose time is over. A sweep over an index instead of a job each: most orders are paid in time."""
    with services.engine.begin() as conn:
        for order_no in reading.due_to_expire(conn, services.clock.now()):
            services.jobs.defer(conn, "expire_order", queueing_lock=ordering.expiring(order_no), order_no=order_no)


@TASKS.cron("sweep_orders", every_minute(3))
def sweep_orders(services: Services) -> None:
    """Find closed orders that still hold stock and paid ones nobody delivers, whatever became of their jobs."""
    with services.engine.begin() as conn:
        for order_no in reading.due_to_release(conn):
            services.jobs.defer(conn, "close_order", queueing_lock=ordering.closing(order_no), order_no=order_no)
        for order_no in reading.due_to_deliver(conn):
            services.jobs.defer(conn, "deliver_order", queueing_lock=f"deliver:{order_no}", order_no=order_no)


@TASKS.cron("sweep_work", every_minute(8))
def sweep_work(services: Services) -> None:
    """Find purchases, pushes, refunds and payments left open that are overdue."""
    overdue = services.clock.now() - paying.OVERDUE_AFTER
    with services.engine.begin() as conn:
        due = topups.due(conn, overdue)
        for number in due.send_ids:
            services.jobs.defer(conn, "send_to_supplier", queueing_lock=f"send:{number}", supplier_order_id=number)
        for query in due.queries:
            number = query.supplier_order_id
            services.jobs.defer(conn, "query_supplier", queueing_lock=f"query:{number}", supplier_order_id=number)
        for push_id in pushing.due(conn, overdue):
            services.jobs.defer(conn, "send_push", queueing_lock=f"push:{push_id}", push_id=push_id)
        paying.sweep_refunds(services, conn)
        paying.sweep_payments(services, conn)
    telling.flag_waiting(services)


@TASKS.cron("sweep_voices", every_minute(13))
def sweep_voices(services: Services) -> None:
    """Take up voice messages whose job was lost, and forget the old ones."""
    voices.ask_again(services)
    voices.forget_old(services)


@TASKS.cron("sweep_cases", every_minute(18))
def sweep_cases(services: Services) -> None:
    """Find cases that have settled themselves, and those whose deadline has passed."""
    after_sale.sweep(services)


@TASKS.cron("end_silent_handoffs", every_minute(23))
def end_silent_handoffs(services: Services) -> None:
    """Give buyers whose talk with a person has been silent for 30 minutes back to the bot, and say so."""
    with services.engine.connect() as conn:
        silent = handoffs.silent_ones(conn, services.clock.now())
    for openid, transferred in silent:
        if handoffs.end(services, openid, by="timeout") and not transferred:
            services.store.end_handoff(openid)
            services.account.send_text(openid, replies.handoff_timed_out())
