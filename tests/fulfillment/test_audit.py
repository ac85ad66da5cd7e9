"""The history's chain: whoever has SQL alone can change an order, and cannot make its history agree."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.database import make_engine
from fulfillment import audit, byhand, paying
from fulfillment.audit import Broken, Event, Seals
from fulfillment.moves import move_line, move_order
from fulfillment.work import Work
from kernel.orders import LineState, OrderState
from tests.conftest import AUDIT_KEY
from tests.fulfillment.counter import NOW, open_shop, place, want

EVENT = Event("K1", 2, 7, NOW, "waiting", "delivered", "2 keys", "system")
A_DAY = timedelta(days=1)


def broken(conn: Connection, order_no: str | None = None) -> list[Broken]:
    return list(audit.verify(conn, order_no))


def paid_order(conn: Connection, key: str = "") -> str:
    order_no: str = place(conn, want("HF100"), key=key, openid=key or "li").order.order_no
    paying.mark_paid(conn, order_no, NOW, NOW)
    return order_no


def by_force(conn: Connection, statement: str, **values: Any) -> None:
    """What somebody does who owns the tables: takes the triggers away, changes, and puts them back."""
    for table in ("order_event", "audit_anchor"):
        conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    assert conn.execute(text(statement), values).rowcount > 0
    for table in ("order_event", "audit_anchor"):
        conn.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


def test_what_the_shop_wrote_holds(conn: Connection) -> None:
    paid_order(conn)
    order_no = place(conn, want("ST50")).order.order_no
    paying.cancel(conn, order_no, "openid-li", NOW)
    assert broken(conn) == []
    assert audit.count(conn) == 4
    assert audit.count(conn, order_no) == 2


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "from_state = 'expired'",
        "cause = 'paid '",
        "actor = 'ops'",
        "amount_fen = amount_fen - 1",
        "money = 'total'",
        "line_id = (SELECT min(id) FROM order_line WHERE order_no = :no)",
        "hash = decode(repeat('00', 32), 'hex')",
        "prev_hash = decode(repeat('00', 32), 'hex')",
        "n = 3",
    ],
)
def test_any_change_to_an_event_shows_by_order_and_place(conn: Connection, change: str) -> None:
    order_no = paid_order(conn)
    other = paid_order(conn, "other")
    by_force(conn, f"UPDATE order_event SET {change} WHERE order_no = :no AND n = 2", no=order_no)
    found = broken(conn)
    assert found[0].order_no == order_no
    assert found[0].n in (2, 3)
    assert broken(conn, other) == []


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE orders SET total_fen = total_fen - 1 WHERE order_no = :no", "订单金额"),
        ("UPDATE order_line SET total_fen = total_fen - 1 WHERE order_no = :no", "订单金额"),
        ("UPDATE order_line SET refund_fen = refund_fen + 1 WHERE order_no = :no", "退款金额"),
        ("UPDATE line_refund SET amount_fen = amount_fen + 1 WHERE order_no = :no AND n = 1", "退款金额"),
        ("UPDATE line_refund SET amount_fen = 800 - amount_fen WHERE order_no = :no", "退款金额"),  # 300 and 500
        ("DELETE FROM line_refund WHERE order_no = :no AND n = 2", "退款金额"),
        ("UPDATE payment SET total_fen = total_fen - 1 WHERE order_no = :no", "付款金额"),
        ("UPDATE refund SET amount_fen = amount_fen + 1 WHERE order_no = :no", "退款金额"),
    ],
)
def test_an_amount_that_is_changed_in_a_row_shows(conn: Connection, statement: str, what: str) -> None:
    order_no, other = paid_order(conn), paid_order(conn, "other")
    line_id = conn.execute(text("SELECT id FROM order_line WHERE order_no = :no"), {"no": order_no}).scalar_one()
    move_line(conn, line_id, LineState.WAITING, LineState.DELIVERED, NOW, cause="x")
    for fen in (300, 500):
        given = byhand.give_some(conn, line_id, fen, NOW, actor="operator", reason="慢了")
        assert isinstance(given, Work)
    paid_by_wechat(conn, order_no, line_id)
    conn.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert broken(conn) == []
    conn.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    by_force_of_all(conn, statement, no=order_no)
    found = broken(conn)
    assert {one.order_no for one in found} == {order_no}
    assert any(what in one.what for one in found)
    assert broken(conn, other) == []


def paid_by_wechat(conn: Connection, order_no: str, line_id: int) -> None:
    """The payment's and the first refund's rows, as payments writes them."""
    conn.execute(
        text(
            "INSERT INTO payment (order_no, out_trade_no, trade_type, total_fen, description, expires_at, state,"
            " created_at, opened_at, transaction_id, paid_at, settles, refunded_fen)"
            " SELECT order_no, order_no, 'JSAPI', total_fen, 'x', expires_at, 'paid', paid_at, paid_at, order_no,"
            " paid_at, true, 300 FROM orders WHERE order_no = :no"
        ),
        {"no": order_no},
    )
    conn.execute(
        text(
            "INSERT INTO refund (out_refund_no, payment_id, order_no, line_id, key, amount_fen, reason, state,"
            " created_at) SELECT order_no || '-R1', id, order_no, :line, 'line:' || :line, 300, 'x', 'created', paid_at"
            " FROM payment WHERE order_no = :no"
        ),
        {"no": order_no, "line": line_id},
    )


def by_force_of_all(conn: Connection, statement: str, **values: Any) -> None:
    for table in ("line_refund", "orders", "order_line", "payment", "refund"):
        conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    assert conn.execute(text(statement), values).rowcount > 0


def test_an_event_written_in_sql_does_not_pass_for_ours_even_with_a_hash(conn: Connection) -> None:
    order_no = place(conn, want("HF100")).order.order_no
    head = conn.execute(text("SELECT hash FROM order_event WHERE order_no = :no"), {"no": order_no}).scalar_one()
    forged = Seals(b"guessed".ljust(32)).seal(head, Event(order_no, 2, None, NOW, "unpaid", "paid", "paid", "system"))
    conn.execute(
        text(
            "INSERT INTO order_event (order_no, n, at, from_state, to_state, cause, actor, prev_hash, hash)"
            " VALUES (:no, 2, :now, 'unpaid', 'paid', 'paid', 'system', :head, :forged)"
        ),
        {"no": order_no, "now": NOW, "head": head, "forged": forged},
    )
    conn.execute(text("UPDATE orders SET state = 'paid', paid_at = :n WHERE order_no = :o"), {"n": NOW, "o": order_no})
    assert [(one.order_no, one.n) for one in broken(conn)] == [(order_no, 2)]


def test_an_order_or_line_moved_without_history_shows(conn: Connection) -> None:
    order_no = place(conn, want("HF100")).order.order_no
    conn.execute(text("UPDATE orders SET state = 'cancelled' WHERE order_no = :o"), {"o": order_no})
    assert [one.order_no for one in broken(conn)] == [order_no]
    conn.execute(text("UPDATE orders SET state = 'unpaid' WHERE order_no = :o"), {"o": order_no})
    conn.execute(text("UPDATE order_line SET state = 'delivered' WHERE order_no = :o"), {"o": order_no})
    assert [one.order_no for one in broken(conn)] == [order_no]


def test_a_chain_cut_at_its_end_shows_even_when_the_order_was_set_back_with_it(conn: Connection) -> None:
    order_no = paid_order(conn)
    assert audit.anchor(conn, NOW + A_DAY) is not None
    assert broken(conn) == []
    by_force(conn, "DELETE FROM order_event WHERE order_no = :no AND n = 2", no=order_no)
    conn.execute(text("UPDATE orders SET state = 'unpaid', paid_at = NULL WHERE order_no = :o"), {"o": order_no})
    assert [(one.order_no, one.n) for one in broken(conn)] == [("", 1)]


def test_an_anchor_covers_every_event_once_and_hangs_on_the_one_before(conn: Connection) -> None:
    paid_order(conn)
    first = audit.anchor(conn, NOW + A_DAY)
    assert first is not None
    assert first.events == 2
    assert audit.anchor(conn, NOW + A_DAY) is None
    paying.cancel(conn, place(conn, want("HF100"), now=NOW + A_DAY).order.order_no, "openid-li", NOW + A_DAY)
    second = audit.anchor(conn, NOW + 2 * A_DAY)
    assert second is not None
    assert (second.n, second.events, second.covers_from) == (2, 2, first.covers_to)
    assert broken(conn) == []
    by_force(conn, "DELETE FROM audit_anchor WHERE n = 1")
    assert [one.n for one in broken(conn)] == [2]


def test_an_anchor_leaves_out_what_may_still_be_under_way(conn: Connection) -> None:
    paid_order(conn)
    assert audit.anchor(conn, NOW + timedelta(minutes=59)) is None


def test_history_is_never_changed_deleted_or_truncated(engine: Engine) -> None:
    open_shop(engine)
    with engine.begin() as conn:
        paid_order(conn)
        audit.anchor(conn, NOW + A_DAY)
    for statement in (
        "UPDATE order_event SET cause = ''",
        "DELETE FROM order_event",
        "TRUNCATE order_event",
        "TRUNCATE orders CASCADE",
        "UPDATE audit_anchor SET events = 0",
        "DELETE FROM audit_anchor",
        "TRUNCATE audit_anchor",
    ):
        with pytest.raises(DBAPIError, match="only ever added to"), engine.begin() as conn:
            conn.execute(text(statement))


def test_two_moves_that_saw_the_same_head_do_not_both_stand(engine: Engine) -> None:
    open_shop(engine)
    with engine.begin() as conn:
        order_no = place(conn, want("HF100")).order.order_no
    with engine.begin() as first:
        move_order(first, order_no, OrderState.UNPAID, OrderState.CANCELLED, NOW, cause="a")
        with engine.connect() as second:
            second.execute(text("SET lock_timeout = '100ms'"))
            with pytest.raises(DBAPIError):  # waits for the first; nobody reads a head that is about to change
                move_order(second, order_no, OrderState.UNPAID, OrderState.EXPIRED, NOW, cause="b")
    with engine.connect() as conn:
        assert broken(conn) == []
        with pytest.raises(IntegrityError):
            conn.execute(
                text(
                    "INSERT INTO order_event (order_no, n, at, to_state, prev_hash, hash)"
                    " SELECT order_no, n, at, to_state, prev_hash, hash FROM order_event WHERE n = 2"
                )
            )


def test_after_the_app_secret_changed_the_old_history_still_holds_and_the_new_goes_on(engine: Engine) -> None:
    open_shop(engine)
    url = engine.url.render_as_string(hide_password=False)
    with engine.begin() as conn:
        order_no = place(conn, want("HF100")).order.order_no
    later = audit.arm(make_engine(url), b"new".ljust(32), [AUDIT_KEY])
    with later.begin() as conn:
        paying.mark_paid(conn, order_no, NOW, NOW)
        assert broken(conn) == []
    later.dispose()
    forgotten = audit.arm(make_engine(url), b"new".ljust(32))
    with forgotten.connect() as conn:
        assert [(one.order_no, one.n) for one in broken(conn)] == [(order_no, 1)]
    forgotten.dispose()


def test_an_engine_without_the_key_moves_no_order(engine: Engine) -> None:
    open_shop(engine)
    bare = make_engine(engine.url.render_as_string(hide_password=False))
    with bare.begin() as conn, pytest.raises(audit.NoSealsError):
        place(conn, want("HF100"))
    bare.dispose()


def test_no_account_goes_into_the_history(conn: Connection) -> None:
    order_no = place(conn, want("HF100")).order.order_no
    move_order(conn, order_no, OrderState.UNPAID, OrderState.CANCELLED, NOW, cause="13812345678 打错了", actor="ops")
    row = conn.execute(text("SELECT cause FROM order_event WHERE order_no = :o AND n = 2"), {"o": order_no}).one()
    assert row.cause == "138****5678 打错了"
    assert broken(conn) == []


@given(
    before=st.binary(max_size=32),
    n=st.integers(1, 9),
    line_id=st.none() | st.integers(1, 99),
    cause=st.text(max_size=20),
    actor=st.text(max_size=20),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_seal_is_of_everything_in_the_event_and_of_what_came_before(
    before: bytes, n: int, line_id: int | None, cause: str, actor: str
) -> None:
    seals = Seals(AUDIT_KEY)
    event = Event("K1", n, line_id, NOW, "waiting", "delivered", cause, actor)
    seal = seals.seal(before, event)
    assert seals.holds(before, event, seal)
    assert seals.holds(b"", EVENT, seal) == ((before, event) == (b"", EVENT))
    assert not seals.holds(before, Event("K1", n, line_id, NOW, "waiting", "delivered", actor + "x", cause), seal)
