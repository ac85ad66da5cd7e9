"""A balance: each move once, never below zero, always the sum of its moves and of what the books say."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from kernel.ids import OpenId
from payments import wallet
from payments.wallet import MoveKind, NotEnoughBalance
from tests.payments.till import NOON

_SUMS = text("""
    SELECT w.balance_fen, w.moves,
           (SELECT coalesce(sum(amount_fen), 0) FROM wallet_move m WHERE m.wallet_id = w.id) AS moved,
           (SELECT count(*) FROM wallet_move m WHERE m.wallet_id = w.id) AS rows,
           (SELECT coalesce(-sum(e.amount_fen), 0) FROM ledger_entry e JOIN ledger_booking b ON b.id = e.booking_id
            JOIN wallet_move m ON b.cause = 'wallet:' || m.kind || ':' || m.reference
            WHERE m.wallet_id = w.id AND e.account = 'wallet') AS booked
    FROM wallet w WHERE w.openid = :openid
""")

_asked = st.tuples(
    st.sampled_from([MoveKind.TOPUP, MoveKind.PAY, MoveKind.REFUND, MoveKind.COMPENSATION, MoveKind.WITHDRAW]),
    st.integers(0, 4),
)


def _buyer() -> OpenId:
    return OpenId(f"o{uuid4().hex}")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(_asked, max_size=14))
def test_in_any_order_and_repetition_the_balance_is_the_sum_of_its_moves_each_once_and_never_below_zero(
    engine: Engine, moves: list[tuple[MoveKind, int]]
) -> None:
    buyer, expected, done = _buyer(), 0, set[tuple[MoveKind, int]]()
    for kind, number in moves:
        amount_fen, reference = 100 * (number + 1), f"{buyer}:{number}"
        takes = kind in (MoveKind.PAY, MoveKind.WITHDRAW)
        with engine.begin() as conn:
            moved = (wallet.debit if takes else wallet.credit)(conn, buyer, amount_fen, kind, reference, now=NOON)
        if (kind, number) in done:
            assert isinstance(moved, wallet.Move)
            assert not moved.fresh
        elif takes and amount_fen > expected:
            assert moved == NotEnoughBalance(expected)
        else:
            expected += -amount_fen if takes else amount_fen
            done.add((kind, number))
            assert isinstance(moved, wallet.Move)
            assert (moved.fresh, moved.balance_after_fen) == (True, expected)
    with engine.connect() as conn:
        assert wallet.of(conn, buyer).balance_fen == expected
        assert len(wallet.latest(conn, buyer, 50)) == len(done)
        sums = conn.execute(_SUMS, {"openid": buyer}).one_or_none()
    if sums is not None:
        assert (sums.balance_fen, sums.moved, sums.booked) == (expected, expected, expected)
        assert sums.moves == sums.rows == len(done)


def test_of_twenty_payments_at_once_with_money_for_seven_seven_go_through(engine: Engine) -> None:
    buyer = _buyer()
    with engine.begin() as conn:
        wallet.credit(conn, buyer, 700, MoveKind.TOPUP, f"{buyer}:in", now=NOON)

    def pay(n: int) -> bool:
        with engine.begin() as conn:
            paid = wallet.debit(conn, buyer, 100, MoveKind.PAY, f"{buyer}:{n}", now=NOON)
        return isinstance(paid, wallet.Move)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(pay, range(20))) == 7
    with engine.connect() as conn:
        assert wallet.of(conn, buyer).balance_fen == 0


def test_the_same_credit_asked_for_by_eight_at_once_is_given_once(engine: Engine) -> None:
    buyer = _buyer()

    def credit(_: int) -> bool:
        with engine.begin() as conn:
            return wallet.credit(conn, buyer, 250, MoveKind.COMPENSATION, f"{buyer}:late", now=NOON).fresh

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(credit, range(8))) == 1
    with engine.connect() as conn:
        assert wallet.of(conn, buyer).balance_fen == 250


def test_a_reference_means_one_buyer_and_one_amount_for_ever(engine: Engine) -> None:
    buyer, other = _buyer(), _buyer()
    with engine.begin() as conn:
        first = wallet.credit(conn, buyer, 250, MoveKind.REFUND, f"{buyer}:1", now=NOON)
        again = wallet.credit(conn, buyer, 250, MoveKind.REFUND, f"{buyer}:1", now=NOON)
        assert replace(first, fresh=False) == again
        with pytest.raises(ValueError, match="another amount or buyer"):
            wallet.credit(conn, buyer, 251, MoveKind.REFUND, f"{buyer}:1", now=NOON)
        with pytest.raises(ValueError, match="another amount or buyer"):
            wallet.credit(conn, other, 250, MoveKind.REFUND, f"{buyer}:1", now=NOON)


@pytest.mark.parametrize(
    ("amount_fen", "reference"), [(0, "a"), (-5, "a"), (wallet.AMOUNT_FEN_MAX + 1, "a"), (5, ""), (5, "a" * 101)]
)
def test_a_move_without_sense_is_refused_before_it_is_made(engine: Engine, amount_fen: int, reference: str) -> None:
    with engine.begin() as conn:
        for move in (wallet.credit, wallet.debit):
            with pytest.raises(ValueError, match=r"above zero|no such move"):
                move(conn, _buyer(), amount_fen, MoveKind.ADJUST, reference, now=NOON)


@pytest.mark.parametrize(
    "by_hand",
    [
        "UPDATE wallet SET balance_fen = balance_fen + 1 WHERE openid = :openid",
        "UPDATE wallet SET balance_fen = -1 WHERE openid = :openid",
        "UPDATE wallet_move SET amount_fen = 900 WHERE wallet_id = (SELECT id FROM wallet WHERE openid = :openid)",
        "DELETE FROM wallet_move WHERE wallet_id = (SELECT id FROM wallet WHERE openid = :openid)",
        """INSERT INTO wallet_move (wallet_id, n, kind, amount_fen, balance_after_fen, reference, at)
           SELECT id, 2, 'adjust', 5, 505, :openid, now() FROM wallet WHERE openid = :openid""",
        """INSERT INTO wallet_move (wallet_id, n, kind, amount_fen, balance_after_fen, reference, at)
           SELECT id, 3, 'adjust', 5, 5, :openid, now() FROM wallet WHERE openid = :openid""",
        """WITH moved AS (UPDATE wallet SET balance_fen = 100, moves = 2 WHERE openid = :openid RETURNING id)
           INSERT INTO wallet_move (wallet_id, n, kind, amount_fen, balance_after_fen, reference, at)
           SELECT id, 2, 'adjust', -401, 100, :openid, now() FROM moved""",
    ],
)
def test_a_hand_in_the_database_cannot_make_a_balance_that_its_moves_do_not_explain(
    engine: Engine, by_hand: str
) -> None:
    buyer = _buyer()
    with engine.begin() as conn:
        wallet.credit(conn, buyer, 500, MoveKind.TOPUP, f"{buyer}:in", now=NOON)
    with pytest.raises(DBAPIError), engine.begin() as conn:
        conn.execute(text(by_hand), {"openid": buyer})
    with engine.connect() as conn:
        assert wallet.of(conn, buyer).balance_fen == 500
