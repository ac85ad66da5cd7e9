"""A day's bill of WeChat Pay beside our books: every difference named and kept."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, func, insert, or_, select

from kernel.money import Fen, parse_yuan
from payments import ledger
from payments.gateway import TradeType
from payments.ledger import Kind
from payments.model import RefundState
from payments.tables import BILL_DIFFERENCE, PAYMENT, REFUND

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_NEEDED = ("商户订单号", "交易状态", "商户退款单号", "退款状态")
_PAID_COLUMNS = ("订单金额", "应结订单金额", "总金额")
_FEE_COLUMN = "手续费"
_FEE_YUAN_MAX = 1_000_000
_REFUND_COLUMNS = ("申请退款金额", "退款金额")


class BillUnreadableError(ValueError):
    """The bill is not what the protocol says; the text names the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class PaidOnBill:
    """A payment on the bill."""

    out_trade_no: str
    total_fen: int
    fee_fen: int | None = field(default=None, compare=False)
    """What WeChat Pay took; None where the bill does not say."""


@dataclass(frozen=True, slots=True)
class RefundOnBill:
    """A refund on the bill; one that failed is not among them."""

    out_trade_no: str
    out_refund_no: str
    amount_fen: int
    fee_fen: int | None = field(default=None, compare=False)
    """What WeChat Pay gave back of its fee, below zero; None where the bill does not say."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What one day's bill says."""

    paid: tuple[PaidOnBill, ...] = ()
    refunds: tuple[RefundOnBill, ...] = ()


class DifferenceKind(StrEnum):
    """In what a bill and our books disagree."""

    MISSING_HERE = "missing_here"
    """Paid at WeChat Pay, not paid in our books."""
    MISSING_THERE = "missing_there"
    """Paid in our books, not on the bill."""
    AMOUNT = "amount"
    REFUND_MISSING_HERE = "refund_missing_here"
    REFUND_MISSING_THERE = "refund_missing_there"
    REFUND_AMOUNT = "refund_amount"


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement; amounts in fen, None where that side has nothing."""

    kind: DifferenceKind
    out_trade_no: str
    out_refund_no: str
    here_fen: int | None
    there_fen: int | None


def read_bill(content: bytes) -> Bill:
    """Read a bill (CSV, UTF-8, cells behind a backtick, yuan) by the names in its header; sums at its end are left out.

    Raise BillUnreadableError naming the line. The bill has one row for each payment and one for each refund.
    """
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        header = [_cell(cell) for cell in next(rows, [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BillUnreadableError("line 1: not a CSV in UTF-8") from error
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise BillUnreadableError(f"line 1: no column {missing[0]}")
    paid_column, refund_column = _first_of(header, _PAID_COLUMNS), _first_of(header, _REFUND_COLUMNS)
    paid: list[PaidOnBill] = []
    refunds: list[RefundOnBill] = []
    for row in _details(rows, header):
        number, state = row["商户订单号"], row["交易状态"]
        if state == "SUCCESS":
            paid.append(PaidOnBill(number, _fen(row, paid_column), _fee_fen(row)))
        elif state == "REFUND" and row["退款状态"] not in ("FAIL", "CLOSED", "CHANGE", "ABNORMAL"):
            back = _fee_fen(row)
            back = -abs(back) if back is not None else None  # some bills write it with a sign, some without
            refunds.append(RefundOnBill(number, row["商户退款单号"], _fen(row, refund_column), back))
    return Bill(tuple(paid), tuple(refunds))


def _cell(text: str) -> str:
    return text.strip().removeprefix("`").strip()


def _first_of(header: Sequence[str], names: Iterable[str]) -> str:
    for name in names:
        if name in header:
            return name
    raise BillUnreadableError(f"line 1: none of the columns {'、'.join(names)}")


def _details(rows: Iterable[list[str]], header: Sequence[str]) -> Iterable[Mapping[str, str]]:
    """The rows between the header and the sums; only a detail's cells begin with a backtick and are as many."""
    for line, cells in enumerate(rows, start=2):
        if not cells or cells[0].strip().startswith("总"):
            return
        if len(cells) != len(header):
            raise BillUnreadableError(f"line {line}: {len(cells)} cells, the header has {len(header)}")
        yield {"line": str(line), **dict(zip(header, map(_cell, cells), strict=True))}


def _fen(row: Mapping[str, str], column: str) -> Fen:
    try:
        return parse_yuan(row[column])
    except ValueError as error:
        raise BillUnreadableError(f"line {row['line']}: {column} is no amount") from error


def _fee_fen(row: Mapping[str, str]) -> int | None:
    """A fee, which is in yuan with up to five decimals; None without the column."""
    if not (written := row.get(_FEE_COLUMN, "")):
        return None
    try:
        fee = Decimal(written)
    except InvalidOperation:
        fee = Decimal("NaN")
    if not fee.is_finite() or abs(fee) > _FEE_YUAN_MAX:
        raise BillUnreadableError(f"line {row['line']}: {_FEE_COLUMN} is no amount")
    return int((fee * 100).to_integral_value(ROUND_HALF_UP))


def compare(
    bill: Bill,
    *,
    paid: Mapping[str, int],
    paid_that_day: frozenset[str],
    refunds: Mapping[str, tuple[str, int]],
    refunded_that_day: frozenset[str],
) -> tuple[Difference, ...]:
    """Compare a bill with our books. PURE.

    `paid` (number → fen) and `refunds` (refund number → number, fen) hold every one that the bill may name, on whatever
    day our books have it; the sets name those that the bill of this day must have.
    """
    found: list[Difference] = []
    for one in bill.paid:
        here = paid.get(one.out_trade_no)
        if here != one.total_fen:
            kind = DifferenceKind.MISSING_HERE if here is None else DifferenceKind.AMOUNT
            found.append(Difference(kind, one.out_trade_no, "", here, one.total_fen))
    for back in bill.refunds:
        ours = refunds.get(back.out_refund_no)
        if ours != (back.out_trade_no, back.amount_fen):
            kind = DifferenceKind.REFUND_MISSING_HERE if ours is None else DifferenceKind.REFUND_AMOUNT
            here = None if ours is None else ours[1]
            found.append(Difference(kind, back.out_trade_no, back.out_refund_no, here, back.amount_fen))
    for number in sorted(paid_that_day - {one.out_trade_no for one in bill.paid}):
        found.append(Difference(DifferenceKind.MISSING_THERE, number, "", paid[number], None))
    for number in sorted(refunded_that_day - {back.out_refund_no for back in bill.refunds}):
        of, amount_fen = refunds[number]
        found.append(Difference(DifferenceKind.REFUND_MISSING_THERE, of, number, amount_fen, None))
    return tuple(found)


def reconcile(conn: Connection, bill: Bill, day: date, now: datetime) -> tuple[Difference, ...]:
    """Compare the bill of `day` (Beijing time) with our books and keep what differs; again, it replaces what was kept.

    No bill at all (`NoBill`) is `Bill()`: then whatever we have of that day is missing there.
    """
    begin = datetime.combine(day, time(), _SHANGHAI)
    end = begin + timedelta(days=1)
    numbers = [one.out_trade_no for one in bill.paid]
    payments = conn.execute(
        select(PAYMENT.c.out_trade_no, PAYMENT.c.order_no, PAYMENT.c.total_fen, PAYMENT.c.paid_at).where(
            PAYMENT.c.paid_at.is_not(None),
            PAYMENT.c.trade_type != TradeType.WALLET,
            or_(PAYMENT.c.out_trade_no.in_(numbers), (PAYMENT.c.paid_at >= begin) & (PAYMENT.c.paid_at < end)),
        )
    ).all()
    accepted_that_day = (REFUND.c.accepted_at >= begin) & (REFUND.c.accepted_at < end)
    refunds = conn.execute(
        select(
            REFUND.c.out_refund_no,
            REFUND.c.order_no,
            PAYMENT.c.out_trade_no,
            REFUND.c.amount_fen,
            REFUND.c.accepted_at,
        )
        .join_from(REFUND, PAYMENT, PAYMENT.c.id == REFUND.c.payment_id)
        .where(
            or_(
                REFUND.c.out_refund_no.in_([back.out_refund_no for back in bill.refunds]),
                (REFUND.c.state == RefundState.SUCCESS) & accepted_that_day,
            )
        )
    ).all()
    differences = compare(
        bill,
        paid={row.out_trade_no: row.total_fen for row in payments},
        paid_that_day=frozenset(row.out_trade_no for row in payments if begin <= row.paid_at < end),
        refunds={row.out_refund_no: (row.out_trade_no, row.amount_fen) for row in refunds},
        refunded_that_day=frozenset(row.out_refund_no for row in refunds if _within(row.accepted_at, begin, end)),
    )
    _keep(conn, differences, day, now)
    paid_ours = {row.out_trade_no: (row.order_no, row.paid_at) for row in payments}
    back_ours = {row.out_refund_no: (row.order_no, row.accepted_at or begin) for row in refunds}
    for one in bill.paid:
        _book_fee(conn, Kind.FEE, one.out_trade_no, one.fee_fen, paid_ours.get(one.out_trade_no), now)
    for back in bill.refunds:
        _book_fee(conn, Kind.FEE_BACK, back.out_refund_no, back.fee_fen, back_ours.get(back.out_refund_no), now)
    return differences


def _book_fee(
    conn: Connection, kind: Kind, number: str, fee_fen: int | None, ours: tuple[str, datetime] | None, now: datetime
) -> None:
    """Put the bill's fee in the place of our estimate, on the day of what it was taken for."""
    if fee_fen is None or ours is None:
        return
    order_no, at = ours
    ledger.book_billed_fee(conn, order_no=order_no, number=number, kind=kind, billed_fen=fee_fen, at=at, now=now)


def count_differences(conn: Connection) -> int:
    """How many differences the bills of the last 30 days left."""
    lately = BILL_DIFFERENCE.c.bill_date > func.current_date() - 30
    return conn.scalar(select(func.count()).where(lately)) or 0


def _within(at: datetime | None, begin: datetime, end: datetime) -> bool:
    return at is not None and begin <= at < end


def _keep(conn: Connection, differences: Sequence[Difference], day: date, now: datetime) -> None:
    conn.execute(delete(BILL_DIFFERENCE).where(BILL_DIFFERENCE.c.bill_date == day))
    if differences:
        conn.execute(
            insert(BILL_DIFFERENCE),
            [
                {
                    "bill_date": day,
                    "kind": one.kind,
                    "out_trade_no": one.out_trade_no,
                    "out_refund_no": one.out_refund_no,
                    "here_fen": one.here_fen,
                    "there_fen": one.there_fen,
                    "found_at": now,
                }
                for one in differences
            ],
        )
