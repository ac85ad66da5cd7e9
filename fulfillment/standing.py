"""How the shop stands with each supplier: what is left of the deposit, what is open, what was told differently."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from fulfillment.suppliers.port import Balance, BalanceAnswer, Failed, NoSuchOrder, QueryAnswer, Success
from kernel.money import Fen

_TOLD = text("""
    INSERT INTO supplier_account (supplier, balance_fen, told_at, asked_at) VALUES (:supplier, :fen, :now, :now)
    ON CONFLICT (supplier) DO UPDATE SET balance_fen = :fen, told_at = :now, asked_at = :now, problem = ''
""")
_NOT_TOLD = text("""
    INSERT INTO supplier_account (supplier, asked_at, problem) VALUES (:supplier, :now, :problem)
    ON CONFLICT (supplier) DO UPDATE SET asked_at = :now, problem = :problem
""")
_ACCOUNTS = text("SELECT supplier, balance_fen, told_at, problem FROM supplier_account")
_PURCHASES = text("""
    SELECT supplier, count(*) AS open, count(*) FILTER (WHERE state IN ('sent', 'unknown')) AS unknown
    FROM supplier_order WHERE state NOT IN ('success', 'failed') GROUP BY supplier
""")
_LAST = text("""
    SELECT supplier, max(settled_at) AS at FROM supplier_order
    WHERE state = 'success' AND first_sent_at > :since GROUP BY supplier
""")
_OF_DAY = text("""
    SELECT id, supplier, supplier_order_no, state FROM supplier_order
    WHERE first_sent_at >= :starts AND first_sent_at < :ends AND sends > 0
    ORDER BY supplier, state = 'success', md5(supplier_order_no)
""")
_DIFFERS = text("""
    INSERT INTO supplier_difference (day, supplier, supplier_order_id, supplier_order_no, ours, theirs, found_at)
    VALUES (:day, :supplier, :id, :supplier_order_no, :ours, :theirs, :now)
    ON CONFLICT ON CONSTRAINT supplier_difference_once_a_day DO UPDATE SET ours = :ours, theirs = :theirs
""")
_AGREES = text("DELETE FROM supplier_difference WHERE day = :day AND supplier_order_id = :id")


@dataclass(frozen=True, slots=True)
class Standing:
    """One supplier."""

    supplier: str
    balance_fen: Fen | None = None
    told_at: datetime | None = None
    problem: str = ""
    """Why the last question for the balance got no answer."""
    last_success_at: datetime | None = None
    open: int = 0
    unknown: int = 0
    """Of the open ones, those of which nobody knows what became of them."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase of a day, as our books have it."""

    id: int
    supplier: str
    supplier_order_no: str
    state: str


def record_balance(conn: Connection, supplier: str, answer: BalanceAnswer, now: datetime) -> Fen | None:
    """Write down what a supplier says is left and give what it said before; without an answer the old stays."""
    before = {row.supplier: row.balance_fen for row in conn.execute(_ACCOUNTS)}.get(supplier)
    if isinstance(answer, Balance):
        conn.execute(_TOLD, {"supplier": supplier, "fen": answer.fen, "now": now})
    else:
        conn.execute(_NOT_TOLD, {"supplier": supplier, "now": now, "problem": answer.reason[:200]})
    return before


def standings(conn: Connection, suppliers: Iterable[str], since: datetime) -> list[Standing]:
    """Say how it stands with each of them; successes are looked for back to `since`."""
    accounts = {row.supplier: row for row in conn.execute(_ACCOUNTS)}
    purchases = {row.supplier: row for row in conn.execute(_PURCHASES)}
    last = {row.supplier: row.at for row in conn.execute(_LAST, {"since": since})}
    found = []
    for name in suppliers:
        account, bought = accounts.get(name), purchases.get(name)
        found.append(
            Standing(
                name,
                account.balance_fen if account is not None else None,
                account.told_at if account is not None else None,
                account.problem if account is not None else "",
                last.get(name),
                bought.open if bought is not None else 0,
                bought.unknown if bought is not None else 0,
            )
        )
    return found


def bought_between(conn: Connection, starts: datetime, ends: datetime) -> list[Bought]:
    """List what was sent to suppliers in that time: per supplier first what did not succeed, then the rest by lot."""
    return [Bought(*row) for row in conn.execute(_OF_DAY, {"starts": starts, "ends": ends})]


def theirs(ours: str, answer: QueryAnswer) -> str | None:
    """Name what the supplier says where it contradicts our books; None where it agrees or says nothing. Pure.

    Of an order still open nobody contradicts anybody: the queries go on and settle it.
    """
    match ours, answer:
        case "success", Failed():
            return "failed"
        case "success", NoSuchOrder():
            return "no such order"
        case "failed", Success():
            return "success"
        case _:
            return None


def record_comparison(conn: Connection, day: date, one: Bought, said: str | None, now: datetime) -> None:
    """Keep what differs for a person; what agrees after all is struck off. Safe to repeat."""
    values = {"day": day, "id": one.id}
    if said is None:
        conn.execute(_AGREES, values)
        return
    conn.execute(
        _DIFFERS,
        values
        | {
            "supplier": one.supplier,
            "supplier_order_no": one.supplier_order_no,
            "ours": one.state,
            "theirs": said,
            "now": now,
        },
    )
