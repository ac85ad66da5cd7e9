"""Which moves an order, a line, a supplier order may make, and what follows from them. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kernel.cases import RefundWay
from kernel.money import Fen
from kernel.orders import NOTHING_FEN, LineState, OrderState


class SupplierState(StrEnum):
    """Where one purchase at a supplier stands."""

    CREATED = "created"
    """Written down, not sent (or to be sent once more under the same number)."""
    SENT = "sent"
    """The request is on its way, or nobody came back to say what became of it. As good as UNKNOWN."""
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    SUCCESS = "success"
    FAILED = "failed"


class PushState(StrEnum):
    """Where one message to a buyer stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    KEPT = "kept"
    """Could not be pushed: comes with the buyer's next message, and is on the order page."""
    GIVEN_UP = "given_up"


ORDER_MOVES: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.UNPAID: frozenset({OrderState.PAID, OrderState.CANCELLED, OrderState.EXPIRED}),
    # A payment that arrives late makes a closed order a paid one: it is served or refunded, never forgotten.
    OrderState.CANCELLED: frozenset({OrderState.PAID}),
    OrderState.EXPIRED: frozenset({OrderState.PAID}),
    OrderState.PAID: frozenset({OrderState.DELIVERED, OrderState.REFUNDED}),
    # Settled orders are opened again when a line needs a person after all, or is refunded after delivery.
    OrderState.DELIVERED: frozenset({OrderState.PAID, OrderState.REFUNDED}),
    OrderState.REFUNDED: frozenset({OrderState.PAID, OrderState.DELIVERED}),
}

LINE_MOVES: Mapping[LineState, frozenset[LineState]] = {
    LineState.WAITING: frozenset({LineState.DELIVERING, LineState.DELIVERED, LineState.REFUNDING, LineState.ATTENTION}),
    LineState.DELIVERING: frozenset({LineState.DELIVERED, LineState.REFUNDING, LineState.ATTENTION}),
    # A delivered key that does not work, say: a person opens the line again.
    LineState.DELIVERED: frozenset({LineState.ATTENTION}),
    # To DELIVERED when only some units failed: their share went back, the rest was delivered.
    LineState.REFUNDING: frozenset({LineState.REFUNDED, LineState.DELIVERED, LineState.ATTENTION}),
    # The supplier delivered after all, and the money is back: a person decides.
    LineState.REFUNDED: frozenset({LineState.ATTENTION}),
    LineState.ATTENTION: frozenset({LineState.DELIVERED, LineState.REFUNDING, LineState.REFUNDED}),
}

SUPPLIER_MOVES: Mapping[SupplierState, frozenset[SupplierState]] = {
    # Past SENT only when it was sent before and waited to be sent again, and a query found it after all; to UNKNOWN
    # when its supplier was paused meanwhile: it is asked about, and nothing goes out.
    SupplierState.CREATED: frozenset(
        {
            SupplierState.SENT,
            SupplierState.PROCESSING,
            SupplierState.UNKNOWN,
            SupplierState.SUCCESS,
            SupplierState.FAILED,
        }
    ),
    SupplierState.SENT: frozenset(
        {SupplierState.PROCESSING, SupplierState.UNKNOWN, SupplierState.SUCCESS, SupplierState.FAILED}
    ),
    SupplierState.PROCESSING: frozenset({SupplierState.UNKNOWN, SupplierState.SUCCESS, SupplierState.FAILED}),
    SupplierState.UNKNOWN: frozenset(
        {SupplierState.CREATED, SupplierState.PROCESSING, SupplierState.SUCCESS, SupplierState.FAILED}
    ),
    SupplierState.SUCCESS: frozenset(),
    # Suppliers do change their mind; the line then goes to a person.
    SupplierState.FAILED: frozenset({SupplierState.SUCCESS}),
}

SETTLED_LINE = frozenset({LineState.DELIVERED, LineState.REFUNDED})
LIVE_AT_SUPPLIER = frozenset(SupplierState) - {SupplierState.SUCCESS, SupplierState.FAILED}


class MoveNotAllowedError(Exception):
    """A bug: code asked for a move that no order may make."""


def check_order_move(before: OrderState, after: OrderState) -> None:
    """Raise MoveNotAllowedError unless an order may go from `before` to `after`."""
    if after not in ORDER_MOVES[before]:
        raise MoveNotAllowedError(f"order: {before} → {after}")


def check_line_move(before: LineState, after: LineState) -> None:
    """Raise MoveNotAllowedError unless a line may go from `before` to `after`."""
    if after not in LINE_MOVES[before]:
        raise MoveNotAllowedError(f"line: {before} → {after}")


def order_state_of(lines: Collection[LineState]) -> OrderState:
    """Say where a paid order stands, given where its lines stand."""
    if any(state not in SETTLED_LINE for state in lines):
        return OrderState.PAID
    return OrderState.DELIVERED if LineState.DELIVERED in lines else OrderState.REFUNDED


def share_fen(total_fen: int, units: int, unit: int) -> Fen:
    """Give the part of `total_fen` that unit number `unit` (from 0) of `units` costs. All parts sum to the total."""
    return Fen(total_fen * (unit + 1) // units - total_fen * unit // units)


def refund_way(line: LineState, *, supplier_asked: bool, by_hand: bool) -> RefundWay:
    """Decide how a paid line is given back. `supplier_asked`: a purchase of it was sent, if only perhaps."""
    match line:
        case LineState.REFUNDED:
            return RefundWay.DONE
        case LineState.REFUNDING:
            return RefundWay.UNDER_WAY
        case LineState.WAITING:
            return RefundWay.AT_ONCE
        case LineState.DELIVERING if not by_hand:
            return RefundWay.AFTER_RESULT if supplier_asked else RefundWay.AT_ONCE
        case _:
            return RefundWay.PERSON


@dataclass(frozen=True, slots=True)
class TopupVerdict:
    """What the units of a top-up line add up to."""

    state: LineState
    refund_fen: Fen = NOTHING_FEN
    failed: int = 0
    succeeded: int = 0


def topup_verdict(total_fen: int, units: Sequence[SupplierState]) -> TopupVerdict:
    """Judge a top-up line by its units, in order, one state each (the latest attempt's). Live ones keep it open."""
    if any(state in LIVE_AT_SUPPLIER for state in units):
        return TopupVerdict(LineState.DELIVERING)
    failed = [unit for unit, state in enumerate(units) if state is SupplierState.FAILED]
    if not failed:
        return TopupVerdict(LineState.DELIVERED, succeeded=len(units))
    back = sum(share_fen(total_fen, len(units), unit) for unit in failed)
    return TopupVerdict(LineState.REFUNDING, Fen(back), failed=len(failed), succeeded=len(units) - len(failed))
