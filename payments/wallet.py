"""What a buyer keeps with us: each move of a balance once, never below zero, booked in the transaction that makes it.

Lock order: the order's row first, the wallet's row last; whoever holds a wallet's row asks for no other lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, text

from kernel import driver
from kernel.ids import OpenId
from payments import ledger
from payments.ledger import Account, Booking, Kind

AMOUNT_FEN_MAX = 100_000_000
"""Of one move: above anything real, below what any part of the way counts wrong."""
REFERENCE_MAX = 100


class MoveKind(StrEnum):
    """Why a balance grew or shrank."""

    TOPUP = "topup"
    PAY = "pay"
    REFUND = "refund"
    COMPENSATION = "compensation"
    """Given for a mistake of ours, above the price."""
    WITHDRAW = "withdraw"
    """A top-up that goes back by the original route."""
    ADJUST = "adjust"
    """By a person, either way."""


_BOOKED: Mapping[MoveKind, tuple[Kind, Account]] = {
    # What was topped up is no sale, though its order was booked as one: it turns into what we owe.
    MoveKind.TOPUP: (Kind.WALLET, Account.SALES),
    MoveKind.WITHDRAW: (Kind.WALLET, Account.SALES),
    MoveKind.PAY: (Kind.PAYMENT, Account.BUYER),
    MoveKind.REFUND: (Kind.REFUND, Account.BUYER),
    MoveKind.COMPENSATION: (Kind.WALLET, Account.COMPENSATION),
    MoveKind.ADJUST: (Kind.WALLET, Account.COMPENSATION),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a balance, as it is written down. `fresh`: this call made it."""

    kind: MoveKind
    amount_fen: int
    """Below zero when the balance shrank."""
    balance_after_fen: int
    reference: str
    order_no: str
    at: datetime
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class NotEnoughBalance:
    """Nothing was moved: there is only this much."""

    balance_fen: int


@dataclass(frozen=True, slots=True)
class Wallet:
    """Where a buyer's balance stands."""

    balance_fen: int = 0
    one_tap: bool = False


_OPEN = text("""
    INSERT INTO wallet (openid, opened_at) VALUES (:openid, :now)
    ON CONFLICT (openid) DO NOTHING
""")
_LOCK = text("SELECT id, balance_fen FROM wallet WHERE openid = :openid FOR UPDATE")
_KNOWN = text("""
    SELECT m.kind, m.amount_fen, m.balance_after_fen, m.reference, m.order_no, m.at, w.openid
    FROM wallet_move m JOIN wallet w ON w.id = m.wallet_id WHERE m.kind = :kind AND m.reference = :reference
""")
_MOVE = text("""
    WITH moved AS (
        UPDATE wallet SET balance_fen = balance_fen + :amount_fen, moves = moves + 1
        WHERE id = :wallet_id AND balance_fen + :amount_fen >= 0 RETURNING id, balance_fen, moves)
    INSERT INTO wallet_move (wallet_id, n, kind, amount_fen, balance_after_fen, reference, order_no, one_tap, note,
                             actor, at)
    SELECT id, moves, :kind, :amount_fen, balance_fen, :reference, :order_no, :one_tap, :note, :actor, :now
    FROM moved RETURNING kind, amount_fen, balance_after_fen, reference, order_no, at
""")
_OF = "SELECT balance_fen, one_tap FROM wallet WHERE openid = %(openid)s"
_LATEST = text("""
    SELECT m.kind, m.amount_fen, m.balance_after_fen, m.reference, m.order_no, m.at
    FROM wallet_move m JOIN wallet w ON w.id = m.wallet_id
    WHERE w.openid = :openid ORDER BY m.n DESC LIMIT :limit
""")
_SET_ONE_TAP = text("UPDATE wallet SET one_tap = :on WHERE openid = :openid")
_ONE_TAP_SPENT = text("""
    SELECT coalesce(-sum(m.amount_fen), 0) FROM wallet_move m JOIN wallet w ON w.id = m.wallet_id
    WHERE w.openid = :openid AND m.one_tap AND m.at >= :since
""")


def credit(
    conn: Connection,
    openid: OpenId,
    amount_fen: int,
    kind: MoveKind,
    reference: str,
    *,
    now: datetime,
    order_no: str = "",
    note: str = "",
    actor: str = "system",
) -> Move:
    """Add to a buyer's balance in the caller's transaction, once for each (kind, reference), and book it.

    Asked again it answers the move there is. `reference` names what it is for, for ever: an order's number and line,
    say. `note` may be shown to the buyer. Raises ValueError on an amount that is not above zero or over
    AMOUNT_FEN_MAX, on a reference that is empty or too long, and when the reference was used for another buyer or
    amount: bugs.
    """
    if amount_fen <= 0:
        raise ValueError("a credit is above zero")
    conn.execute(_OPEN, {"openid": openid, "now": now})
    asked = _Asked(openid, amount_fen, kind, reference, order_no, note, actor, now)
    moved = _move(conn, asked)
    if isinstance(moved, NotEnoughBalance):
        raise RuntimeError("a credit was refused")
    return moved


def debit(
    conn: Connection,
    openid: OpenId,
    amount_fen: int,
    kind: MoveKind,
    reference: str,
    *,
    now: datetime,
    order_no: str = "",
    one_tap: bool = False,
    note: str = "",
    actor: str = "system",
) -> Move | NotEnoughBalance:
    """Take from a buyer's balance in the caller's transaction, once for each (kind, reference), and book it.

    `amount_fen` is above zero. Raises ValueError as `credit` does.
    """
    if amount_fen <= 0:
        raise ValueError("a debit is above zero")
    return _move(conn, _Asked(openid, -amount_fen, kind, reference, order_no, note, actor, now, one_tap))


@dataclass(frozen=True, slots=True)
class _Asked:
    openid: OpenId
    amount_fen: int
    kind: MoveKind
    reference: str
    order_no: str
    note: str
    actor: str
    now: datetime
    one_tap: bool = False


def _move(conn: Connection, asked: _Asked) -> Move | NotEnoughBalance:
    if abs(asked.amount_fen) > AMOUNT_FEN_MAX or not 0 < len(asked.reference) <= REFERENCE_MAX:
        raise ValueError("no such move of a balance")
    # The lock first, in a statement of its own: what it waited for is seen by the next one alone (READ COMMITTED).
    wallet = conn.execute(_LOCK, {"openid": asked.openid}).one_or_none()
    known = conn.execute(_KNOWN, {"kind": asked.kind.value, "reference": asked.reference}).one_or_none()
    if known is not None:
        if known.openid != asked.openid or known.amount_fen != asked.amount_fen:
            raise ValueError(f"{asked.kind} {asked.reference} was used for another amount or buyer")
        return _read(known)
    if wallet is None:
        return NotEnoughBalance(0)
    values = {
        "wallet_id": wallet.id,
        "amount_fen": asked.amount_fen,
        "kind": asked.kind.value,
        "reference": asked.reference,
        "order_no": asked.order_no,
        "one_tap": asked.one_tap,
        "note": asked.note[:200],
        "actor": asked.actor,
        "now": asked.now,
    }
    row = conn.execute(_MOVE, values).one_or_none()
    if row is None:
        return NotEnoughBalance(wallet.balance_fen)
    _book(conn, asked)
    return _read(row, fresh=True)


def _book(conn: Connection, asked: _Asked) -> None:
    kind, other = _BOOKED[asked.kind]
    entries = {Account.WALLET: -asked.amount_fen, other: asked.amount_fen}
    cause = f"wallet:{asked.kind}:{asked.reference}"
    ledger.post(conn, Booking(cause, kind, asked.order_no, asked.now, entries), asked.now)


def _read(row: Row[Any], *, fresh: bool = False) -> Move:
    kind, order_no = MoveKind(row.kind), row.order_no
    return Move(kind, row.amount_fen, row.balance_after_fen, row.reference, order_no, row.at, fresh)


# ---- reading it ----------------------------------------------------------------------------------------------------


def of(conn: Connection, openid: OpenId, *, lock: bool = False) -> Wallet:
    """A buyer's balance; nothing when he never had one. With `lock` it stays what it is until the transaction ends."""
    if lock:
        conn.execute(_LOCK, {"openid": openid})
    found = driver.rows(conn, _OF, {"openid": openid})  # asked for with every order that is placed
    return Wallet(*found[0]) if found else Wallet()


def opened(conn: Connection, openid: OpenId, now: datetime) -> int:
    """The number of a buyer's balance, which begins with nothing where he never had one."""
    conn.execute(_OPEN, {"openid": openid, "now": now})
    return int(conn.execute(_LOCK, {"openid": openid}).one().id)


def moved(conn: Connection, kind: MoveKind, reference: str) -> bool:
    """Whether this has moved a balance."""
    return conn.execute(_KNOWN, {"kind": kind.value, "reference": reference}).one_or_none() is not None


def latest(conn: Connection, openid: OpenId, limit: int = 5) -> tuple[Move, ...]:
    """A buyer's last moves, newest first."""
    return tuple(_read(row) for row in conn.execute(_LATEST, {"openid": openid, "limit": limit}))


# ---- small orders without a further tap ----------------------------------------------------------------------------


def set_one_tap(conn: Connection, openid: OpenId, now: datetime, *, on: bool) -> None:
    """Write down whether this buyer wants small orders paid at 确认."""
    conn.execute(_OPEN, {"openid": openid, "now": now})
    conn.execute(_SET_ONE_TAP, {"openid": openid, "on": on})


def one_tap_spent_fen(conn: Connection, openid: OpenId, since: datetime) -> int:
    """What went out without a further tap since then."""
    return int(conn.execute(_ONE_TAP_SPENT, {"openid": openid, "since": since}).scalar_one())
