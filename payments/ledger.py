"""The shop's books in double entry: what happened to money, each thing once, in the transaction that made it happen.

Signs: an account that receives has an amount above zero (debit), one that gives below zero (credit); every booking
sums to zero, which a deferred trigger checks. What the accounts then say: `wechat_clearing` above zero is money at
WeChat Pay; `buyer` below zero is money we owe to buyers; `sales` below zero is what was sold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

BASIS_POINTS = 10_000
_SHANGHAI = ZoneInfo("Asia/Shanghai")


class Account(StrEnum):
    """Where money can be."""

    BUYER = "buyer"
    """Below zero: what we owe to buyers; a refund until it has arrived, a payment that came twice."""
    WECHAT_CLEARING = "wechat_clearing"
    SALES = "sales"
    REFUNDS = "refunds"
    """What was taken back from sales."""
    FEES = "fees"
    SUPPLIER_COST = "supplier_cost"
    """What the sold goods cost us, from suppliers or from our stock of keys."""
    SUPPLIERS = "suppliers"
    """Money with suppliers, less what they delivered for it (deposits are not booked here)."""
    KEY_STOCK = "key_stock"
    WALLET = "wallet"
    """What buyers keep with us, below zero: exactly the sum of all balances, since each move books its own."""
    COMPENSATION = "compensation"
    """What we gave buyers for our mistakes while the sale stands."""


class Kind(StrEnum):
    """What can happen to money."""

    PAYMENT = "payment"
    SALE = "sale"
    FEE = "fee"
    REFUND_DUE = "refund_due"
    """Decided: from now on we owe it."""
    REFUND = "refund"
    """Arrived."""
    FEE_BACK = "fee_back"
    FEE_BILLED = "fee_billed"
    """What the bill's fee differs by from the estimate; without entries when it does not differ."""
    COST = "cost"
    WALLET = "wallet"
    """A balance grew or shrank for another reason than a payment or a refund: topped up, compensated, paid out."""


class CostFrom(StrEnum):
    """Where the goods came from."""

    SUPPLIER = "supplier"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Booking:
    """One thing to book. `cause` names it for ever: what has this cause is booked once."""

    cause: str
    kind: Kind
    order_no: str
    at: datetime
    entries: Mapping[Account, int]
    estimated: bool = False


_POST = text("""
    WITH booking AS (
        INSERT INTO ledger_booking (cause, kind, order_no, at, booked_at, estimated)
        VALUES (:cause, :kind, :order_no, :at, :now, :estimated)
        ON CONFLICT (cause) DO NOTHING RETURNING id),
    entries AS (
        INSERT INTO ledger_entry (booking_id, account, amount_fen)
        SELECT booking.id, e.account, e.amount_fen
        FROM booking, unnest(CAST(:accounts AS text[]), CAST(:amounts AS bigint[])) AS e(account, amount_fen))
    SELECT id FROM booking
""")
_FEE_OF = text("""
    SELECT coalesce(sum(e.amount_fen), 0) FROM ledger_booking b JOIN ledger_entry e ON e.booking_id = b.id
    WHERE b.cause = :cause AND e.account = 'fees'
""")


def post(conn: Connection, booking: Booking, now: datetime) -> bool:
    """Book it in the caller's transaction; False when it was booked before. Raises ValueError unless it balances."""
    entries = {account: fen for account, fen in booking.entries.items() if fen != 0}
    if sum(entries.values()) != 0:
        raise ValueError(f"{booking.cause} does not balance")
    values = {
        "cause": booking.cause,
        "kind": booking.kind.value,
        "order_no": booking.order_no,
        "at": booking.at,
        "now": now,
        "estimated": booking.estimated,
        "accounts": [account.value for account in entries],
        "amounts": list(entries.values()),
    }
    return conn.execute(_POST, values).first() is not None


def fee_fen(amount_fen: int, rate_bp: int) -> int:
    """What WeChat Pay takes of an amount at a rate in basis points (60 = 0.6 %), rounded half up."""
    return (amount_fen * rate_bp + BASIS_POINTS // 2) // BASIS_POINTS


# ---- what is booked when -------------------------------------------------------------------------------------------


def book_payment(
    conn: Connection,
    *,
    order_no: str,
    out_trade_no: str,
    total_fen: int,
    settles: bool,
    at: datetime,
    now: datetime,
    fee_rate_bp: int = 0,
) -> None:
    """A proven payment; when it settles its order, the sale. The fee is our estimate until the bill has come."""
    received = {Account.WECHAT_CLEARING: total_fen, Account.BUYER: -total_fen}
    post(conn, Booking(f"payment:{out_trade_no}", Kind.PAYMENT, order_no, at, received), now)
    if settles:
        book_sale(conn, order_no=order_no, total_fen=total_fen, at=at, now=now)
    fee = fee_fen(total_fen, fee_rate_bp)
    if fee:
        taken = {Account.FEES: fee, Account.WECHAT_CLEARING: -fee}
        post(conn, Booking(f"fee:{out_trade_no}", Kind.FEE, order_no, at, taken, estimated=True), now)


def book_sale(conn: Connection, *, order_no: str, total_fen: int, at: datetime, now: datetime) -> None:
    """What was paid for, sold."""
    sold = {Account.BUYER: total_fen, Account.SALES: -total_fen}
    post(conn, Booking(f"sale:{order_no}", Kind.SALE, order_no, at, sold), now)


def book_refund_due(
    conn: Connection, *, order_no: str, key: str, amount_fen: int, now: datetime, compensates: bool = False
) -> None:
    """A refund of something that was sold, decided. (A payment that came twice was never sold: it is owed already.)
    `compensates`: given for a mistake of ours, while the sale stands."""
    account = Account.COMPENSATION if compensates else Account.REFUNDS
    owed = {account: amount_fen, Account.BUYER: -amount_fen}
    post(conn, Booking(f"refund_due:{order_no}:{key}", Kind.REFUND_DUE, order_no, now, owed), now)


def book_refund(
    conn: Connection,
    *,
    order_no: str,
    key: str,
    out_trade_no: str,
    out_refund_no: str,
    amount_fen: int,
    payment_total_fen: int,
    at: datetime,
    now: datetime,
) -> None:
    """A refund that has reached the buyer. WeChat Pay gives the fee's share back: estimated until the bill has come."""
    arrived = {Account.BUYER: amount_fen, Account.WECHAT_CLEARING: -amount_fen}
    post(conn, Booking(f"refund:{order_no}:{key}", Kind.REFUND, order_no, at, arrived), now)
    fee = int(conn.execute(_FEE_OF, {"cause": f"fee:{out_trade_no}"}).scalar_one())
    back = (2 * fee * amount_fen + payment_total_fen) // (2 * payment_total_fen)
    if back:
        given = {Account.WECHAT_CLEARING: back, Account.FEES: -back}
        post(conn, Booking(f"fee_back:{out_refund_no}", Kind.FEE_BACK, order_no, at, given, estimated=True), now)


def book_billed_fee(
    conn: Connection, *, order_no: str, number: str, kind: Kind, billed_fen: int, at: datetime, now: datetime
) -> None:
    """What the bill says was taken (FEE, under the payment's number) or given back (FEE_BACK, under the refund's),
    below zero when it was given back."""
    estimated = int(conn.execute(_FEE_OF, {"cause": f"{kind.value}:{number}"}).scalar_one())
    more = billed_fen - estimated
    entries = {Account.FEES: more, Account.WECHAT_CLEARING: -more}
    post(conn, Booking(f"fee_billed:{number}", Kind.FEE_BILLED, order_no, at, entries), now)


def book_cost(conn: Connection, *, order_no: str, cause: str, amount_fen: int, source: CostFrom, now: datetime) -> None:
    """What delivered goods cost us. `cause` names the purchase or the line."""
    gave = Account.SUPPLIERS if source is CostFrom.SUPPLIER else Account.KEY_STOCK
    spent = {Account.SUPPLIER_COST: amount_fen, gave: -amount_fen}
    post(conn, Booking(f"cost:{cause}", Kind.COST, order_no, now, spent), now)


# ---- reading it ----------------------------------------------------------------------------------------------------

_OF_ORDER = text("""
    SELECT b.id, b.cause, b.kind, b.at, b.estimated, e.account, e.amount_fen
    FROM ledger_booking b LEFT JOIN ledger_entry e ON e.booking_id = b.id
    WHERE b.order_no = :order_no ORDER BY b.at, b.id, e.amount_fen DESC
""")
_OF_SPAN = text("""
    SELECT b.kind, e.account, sum(e.amount_fen) AS amount_fen, count(DISTINCT b.id) AS bookings
    FROM ledger_booking b JOIN ledger_entry e ON e.booking_id = b.id
    WHERE b.at >= :begin AND b.at < :end GROUP BY b.kind, e.account
""")
_ESTIMATED = text("""
    SELECT coalesce(sum(e.amount_fen), 0) FROM ledger_booking b JOIN ledger_entry e ON e.booking_id = b.id
    WHERE b.at >= :begin AND b.at < :end AND b.estimated AND e.account = 'fees'
      AND NOT EXISTS (SELECT 1 FROM ledger_booking f WHERE f.cause = 'fee_billed:' || split_part(b.cause, ':', 2))
""")
_OWED = text("""
    SELECT coalesce(-sum(e.amount_fen), 0) FROM ledger_booking b JOIN ledger_entry e ON e.booking_id = b.id
    WHERE b.at < :end AND e.account = :account
""")


@dataclass(frozen=True, slots=True)
class Booked:
    """One booking as it stands in the books."""

    cause: str
    kind: Kind
    at: datetime
    estimated: bool
    entries: tuple[tuple[Account, int], ...]


def of_order(conn: Connection, order_no: str) -> tuple[Booked, ...]:
    """Everything booked of an order, in the order it happened."""
    found: dict[int, Booked] = {}
    for row in conn.execute(_OF_ORDER, {"order_no": order_no}):
        known = found.get(row.id)
        entries = known.entries if known is not None else ()
        if row.account is not None:
            entries = (*entries, (Account(row.account), row.amount_fen))
        found[row.id] = Booked(row.cause, Kind(row.kind), row.at, row.estimated, entries)
    return tuple(found.values())


def balances(bookings: Sequence[Booked]) -> dict[Account, int]:
    """What each account has of these bookings; accounts with nothing are left out."""
    sums: dict[Account, int] = {}
    for one in bookings:
        for account, fen in one.entries:
            sums[account] = sums.get(account, 0) + fen
    return {account: fen for account, fen in sums.items() if fen != 0}


@dataclass(frozen=True, slots=True)
class Day:
    """One day (Beijing time) of the shop in fen, and what it owed to buyers at its end. A balance that was bought is
    received, but not sold."""

    payments: int
    received_fen: int
    sold_fen: int
    refunds_fen: int
    """Decided that day."""
    refunded_fen: int
    """Arrived that day."""
    cost_fen: int
    fees_fen: int
    fees_estimated_fen: int
    """The part of the fees that no bill has confirmed yet."""
    owed_fen: int
    compensated_fen: int = 0
    kept_fen: int = 0
    """What buyers keep with us: owed, too, but only when they ask for it."""

    @property
    def profit_fen(self) -> int:
        """What was sold and not taken back, less what it cost, the fees and what was given for our mistakes."""
        return self.sold_fen - self.refunds_fen - self.cost_fen - self.fees_fen - self.compensated_fen


def span_of(of: date) -> tuple[datetime, datetime]:
    """When a day begins and ends in China, as WeChat Pay's bills count it."""
    begin = datetime.combine(of, time(), _SHANGHAI)
    return begin, begin + timedelta(days=1)


def day(conn: Connection, of: date) -> Day:
    """Sum a day up."""
    begin, end = span_of(of)
    span = {"begin": begin, "end": end}
    found = {(row.kind, row.account): row for row in conn.execute(_OF_SPAN, span)}

    def of_account(account: Account, *kinds: Kind) -> int:
        rows = (row for (kind, name), row in found.items() if name == account and (not kinds or kind in kinds))
        return int(sum(row.amount_fen for row in rows))

    payments = found.get((Kind.PAYMENT.value, Account.WECHAT_CLEARING.value))
    return Day(
        payments=payments.bookings if payments is not None else 0,
        received_fen=of_account(Account.WECHAT_CLEARING, Kind.PAYMENT),
        sold_fen=-of_account(Account.SALES),
        refunds_fen=of_account(Account.REFUNDS),
        refunded_fen=-of_account(Account.WECHAT_CLEARING, Kind.REFUND),
        cost_fen=of_account(Account.SUPPLIER_COST),
        fees_fen=of_account(Account.FEES),
        fees_estimated_fen=int(conn.execute(_ESTIMATED, span).scalar_one()),
        owed_fen=int(conn.execute(_OWED, {"end": span["end"], "account": "buyer"}).scalar_one()),
        compensated_fen=of_account(Account.COMPENSATION),
        kept_fen=int(conn.execute(_OWED, {"end": span["end"], "account": "wallet"}).scalar_one()),
    )
