"""The database's own guard: a move starts from the state it says, or does not happen and is not written down."""

import pytest
from sqlalchemy import Connection, text

from fulfillment import reading
from fulfillment.moves import UnknownOrderError, lock_order, move_line, move_order
from fulfillment.states import MoveNotAllowedError
from kernel.orders import LineState, OrderState
from tests.fulfillment.counter import NOW, history, place, want


def test_a_move_from_a_state_that_was_left_does_nothing(conn: Connection) -> None:
    order = place(conn, want("HF100")).order
    line_id = order.lines[0].id
    assert move_order(conn, order.order_no, OrderState.UNPAID, OrderState.CANCELLED, NOW, cause="first")
    assert not move_order(conn, order.order_no, OrderState.UNPAID, OrderState.EXPIRED, NOW, cause="second")
    assert move_line(conn, line_id, LineState.WAITING, LineState.DELIVERING, NOW, cause="first")
    assert not move_line(conn, line_id, LineState.WAITING, LineState.REFUNDING, NOW, cause="second", refund_fen=9950)
    again = reading.by_no(conn, order.order_no)
    assert again is not None
    assert (again.state, again.lines[0].state, again.lines[0].refund_fen) == (
        OrderState.CANCELLED,
        LineState.DELIVERING,
        0,
    )
    assert history(conn, order.order_no) == [("", "unpaid"), ("unpaid", "cancelled")]
    assert history(conn, order.order_no, line_id) == [("waiting", "delivering")]


def test_a_move_that_is_not_allowed_is_a_bug_and_changes_nothing(conn: Connection) -> None:
    order = place(conn, want("HF100")).order
    with pytest.raises(MoveNotAllowedError):
        move_order(conn, order.order_no, OrderState.UNPAID, OrderState.DELIVERED, NOW, cause="?")
    with pytest.raises(MoveNotAllowedError):
        move_line(conn, order.lines[0].id, LineState.WAITING, LineState.REFUNDED, NOW, cause="?")
    assert reading.by_no(conn, order.order_no) == order


def test_the_history_says_why_and_who(conn: Connection) -> None:
    order = place(conn, want("HF100")).order
    move_order(conn, order.order_no, OrderState.UNPAID, OrderState.CANCELLED, NOW, cause="wrong number", actor="ops")
    last = conn.execute(text("SELECT cause, actor, at FROM order_event ORDER BY id DESC LIMIT 1")).one()
    assert tuple(last) == ("wrong number", "ops", NOW)


def test_an_order_that_is_not_there_cannot_be_locked(conn: Connection) -> None:
    with pytest.raises(UnknownOrderError):
        lock_order(conn, "K0000000000000000")
