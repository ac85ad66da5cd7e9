"""What the pages read of balances: all of them beside the ledger, one buyer's, and what moved them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from console import reading
from console.reading import Wanted
from kernel.ids import OpenId

PAGE = 50
FOUND_MAX = 20

# One statement, one moment: a balance that moves meanwhile moves the ledger with it.
_TOTALS = text("""
    SELECT count(*) AS buyers, coalesce(sum(balance_fen), 0) AS kept_fen,
           coalesce((SELECT -sum(amount_fen) FROM ledger_entry WHERE account = 'wallet'), 0) AS books_fen
    FROM wallet WHERE balance_fen > 0
""")
_KEPT = """
    SELECT w.id, w.openid, w.balance_fen, w.moves, w.one_tap, w.opened_at,
           (SELECT m.at FROM wallet_move m WHERE m.wallet_id = w.id AND m.n = w.moves) AS moved_at
    FROM wallet w
"""
_LARGEST = text(f"""
    {_KEPT} WHERE w.balance_fen > 0
      AND (CAST(:before_fen AS bigint) IS NULL OR (w.balance_fen, w.id) < (:before_fen, :before_id))
    ORDER BY w.balance_fen DESC, w.id DESC LIMIT :most
""")
_ONE = text(f"{_KEPT} WHERE w.id = :id")
_OF_BUYERS = text(f"{_KEPT} WHERE w.openid = ANY(:openids) ORDER BY w.id")
_KNOWN = text("""
    SELECT openid FROM buyer WHERE openid = :words UNION SELECT openid FROM wallet WHERE openid = :words
    UNION SELECT openid FROM orders WHERE order_no = ANY(:order_nos)
    UNION (SELECT openid FROM orders WHERE openid = :words LIMIT 1) LIMIT :most
""")
_MOVE = """
    SELECT m.id, m.n, m.kind, m.amount_fen, m.balance_after_fen, m.order_no, m.note, m.actor, m.at, w.id AS wallet_id,
           w.openid
    FROM wallet_move m JOIN wallet w ON w.id = m.wallet_id
"""
_STATEMENT = text(f"""
    {_MOVE} WHERE m.wallet_id = :id AND (CAST(:before AS bigint) IS NULL OR m.n < :before)
    ORDER BY m.n DESC LIMIT :most
""")
# The kind as a range: asked for as equal, PostgreSQL walks all moves back by number where it thinks the kind frequent.
_MOVES = text(f"""
    {_MOVE} WHERE m.kind >= :kind AND m.kind <= :kind AND (CAST(:before AS bigint) IS NULL OR m.id < :before)
    ORDER BY m.kind DESC, m.id DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Totals:
    """All balances, as the rows and as the ledger have them."""

    buyers: int
    kept_fen: int
    books_fen: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What one buyer keeps."""

    id: int
    openid: OpenId
    balance_fen: int
    moves: int
    one_tap: bool
    opened_at: datetime
    moved_at: datetime | None

    @property
    def is_forgotten(self) -> bool:
        """He was erased: what moved stays, and nobody can claim it."""
        return self.openid.startswith("erased-")


@dataclass(frozen=True, slots=True)
class Moved:
    """One thing that happened to a balance."""

    id: int
    n: int
    kind: str
    amount_fen: int
    balance_after_fen: int
    order_no: str
    note: str
    actor: str
    at: datetime
    wallet_id: int
    openid: OpenId


def totals(conn: Connection) -> Totals:
    """Sum all balances up, at one moment."""
    row = conn.execute(_TOTALS).one()
    return Totals(int(row.buyers), int(row.kept_fen), int(row.books_fen))


def largest(conn: Connection, before: tuple[int, int] | None = None) -> tuple[Kept, ...]:
    """List who keeps something, the most first: one more than a page, when there are more. `before`: balance and number
    of the last one of the page before."""
    fen, number = before or (None, 0)
    rows = conn.execute(_LARGEST, {"before_fen": fen, "before_id": number, "most": PAGE + 1})
    return tuple(Kept(*row) for row in rows)


def one(conn: Connection, wallet_id: int) -> Kept | None:
    """The balance of this number."""
    row = conn.execute(_ONE, {"id": wallet_id}).one_or_none()
    return Kept(*row) if row is not None else None


def buyers(conn: Connection, words: str) -> tuple[OpenId, ...]:
    """Who is looked for by an openid, any number of an order of his, or what he gave: an account, whole."""
    found = reading.find(conn, Wanted(words=words))
    values = {"words": words, "order_nos": [one.order_no for one in found], "most": FOUND_MAX}
    return tuple(OpenId(openid) for openid in conn.execute(_KNOWN, values).scalars())


def of_buyers(conn: Connection, openids: Sequence[OpenId]) -> tuple[Kept, ...]:
    """What these keep; nothing for those who never had a balance."""
    return tuple(Kept(*row) for row in conn.execute(_OF_BUYERS, {"openids": list(openids)}))


def statement(conn: Connection, wallet_id: int, before: int | None = None) -> tuple[Moved, ...]:
    """What moved one balance, the latest first: one more than a page, when there are more."""
    rows = conn.execute(_STATEMENT, {"id": wallet_id, "before": before, "most": PAGE + 1})
    return tuple(Moved(*row) for row in rows)


def moves(conn: Connection, kind: str, before: int | None = None) -> tuple[Moved, ...]:
    """What moved all balances in one way, the latest first: one more than a page, when there are more."""
    rows = conn.execute(_MOVES, {"kind": kind, "before": before, "most": PAGE + 1})
    return tuple(Moved(*row) for row in rows)
