"""Which lines of an order take longer than their buyer was told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kernel.orders import Line, LineState, Order, OrderState
from kernel.promises import promised

_GRACE = timedelta(minutes=1)
_OPEN = (LineState.WAITING, LineState.DELIVERING)


def with_lateness(orders: Sequence[Order], now: datetime) -> tuple[Order, ...]:
    """The same orders, with the lines marked that are late by now; what promises nothing measurable is never late."""
    return tuple(_marked(order, now) for order in orders)


def _marked(order: Order, now: datetime) -> Order:
    if order.state is not OrderState.PAID or order.paid_at is None:
        return order
    waited = now - order.paid_at
    return replace(order, lines=tuple(_late(line, waited) for line in order.lines))


def _late(line: Line, waited: timedelta) -> Line:
    within = promised(line.eta) if line.state in _OPEN and not line.held else None
    return replace(line, late=True) if within is not None and waited > within + _GRACE else line
