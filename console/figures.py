"""The shop in figures: each day's orders, money, profit and what of the talk came to an order; how fast it delivers.

Days that are over change little: what was read of them is good for hours, of yesterday for ten minutes, of today for
ten seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from console.reading import day_span

TODAY_GOOD_FOR = timedelta(seconds=10)
YESTERDAY_GOOD_FOR = timedelta(minutes=10)
PAST_GOOD_FOR = timedelta(hours=6)
"""Of a million orders a month takes a second to sum up: once, not at every look."""
DAYS_KEPT = 80

_PLACED = text("""
    SELECT CAST(created_at AT TIME ZONE :zone AS date) AS day, count(*) AS n FROM orders
    WHERE created_at >= :begin AND created_at < :end GROUP BY 1
""")
# However they were paid.
_PAID = text("""
    SELECT CAST(paid_at AT TIME ZONE :zone AS date) AS day, count(*) AS n FROM orders
    WHERE paid_at >= :begin AND paid_at < :end GROUP BY 1
""")
_RECEIVED = text("""
    SELECT CAST(paid_at AT TIME ZONE :zone AS date) AS day, sum(total_fen) AS n FROM payment
    WHERE paid_at >= :begin AND paid_at < :end AND settles AND trade_type <> 'WALLET' GROUP BY 1
""")
_REFUNDED = text("""
    SELECT CAST(accepted_at AT TIME ZONE :zone AS date) AS day, sum(amount_fen) AS n FROM refund
    WHERE accepted_at >= :begin AND accepted_at < :end AND state <> 'closed' GROUP BY 1
""")
# What the books call income and expense: sales less refunds, fees, cost and compensation.
_PROFIT = text("""
    SELECT CAST(b.at AT TIME ZONE :zone AS date) AS day, -sum(e.amount_fen) AS n
    FROM ledger_booking b JOIN ledger_entry e ON e.booking_id = b.id
    WHERE b.at >= :begin AND b.at < :end
      AND e.account IN ('sales', 'refunds', 'fees', 'supplier_cost', 'compensation') GROUP BY 1
""")
_FUNNEL = text("""
    SELECT d.day, count(*) AS wrote,
           count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM orders o WHERE o.openid = d.openid AND o.paid_at IS NOT NULL
               AND o.created_at >= CAST(d.day AS timestamp) AT TIME ZONE CAST(:zone AS text)
               AND o.created_at < CAST(d.day + 1 AS timestamp) AT TIME ZONE CAST(:zone AS text))) AS bought
    FROM buyer_day d WHERE d.day >= :first AND d.day <= :last GROUP BY 1
""")
_SPEED = text("""
    SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM l.delivered_at - o.paid_at)) AS p
    FROM orders o JOIN order_line l USING (order_no)
    WHERE o.paid_at >= :begin AND o.paid_at < :end AND l.delivered_at IS NOT NULL AND l.delivery IN ('card', 'topup')
""")
_MISHEARD = text("SELECT count(*) FROM misheard WHERE heard_at >= :begin AND heard_at < :end")
_BALANCES = text("SELECT supplier, balance_fen, told_at, problem FROM supplier_account ORDER BY supplier")


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the shop's calendar."""

    day: date
    placed: int
    paid: int
    received_fen: int
    refunded_fen: int
    profit_fen: int
    wrote: int
    """Buyers who wrote."""
    bought: int
    """Of them, those whose order of that day was paid."""

    @property
    def conversion(self) -> int | None:
        """What part of those who wrote bought, in hundredths of a percent; None: nobody wrote."""
        return self.bought * 10_000 // self.wrote if self.wrote else None


@dataclass(frozen=True, slots=True)
class Speed:
    """From payment to delivery of what is delivered by itself, in seconds; None: nothing was."""

    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What a supplier last said is left of our deposit."""

    supplier: str
    balance_fen: int | None
    told_at: datetime | None
    problem: str
    low: bool


def read_days(conn: Connection, first: date, last: date, zone: ZoneInfo) -> dict[date, Day]:
    """Sum up the days from `first` to `last`."""
    span = {"begin": day_span(first, zone)[0], "end": day_span(last, zone)[1], "zone": zone.key}
    sums = [
        {row.day: int(row.n) for row in conn.execute(statement, span)}
        for statement in (_PLACED, _PAID, _RECEIVED, _REFUNDED, _PROFIT)
    ]
    talk = {row.day: row for row in conn.execute(_FUNNEL, {"first": first, "last": last, "zone": zone.key})}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        day: Day(
            day,
            *(found.get(day, 0) for found in sums),
            *((talk[day].wrote, talk[day].bought) if day in talk else (0, 0)),
        )
        for day in days
    }


def speed(conn: Connection, of: date, zone: ZoneInfo) -> Speed:
    """How fast what was paid on a day came."""
    begin, end = day_span(of, zone)
    found = conn.execute(_SPEED, {"begin": begin, "end": end}).scalar_one()
    return Speed(float(found[0]), float(found[1])) if found is not None and found[0] is not None else Speed(None, None)


def misheard(conn: Connection, of: date, zone: ZoneInfo) -> int:
    """How many messages were not understood on a day, or corrected at once."""
    begin, end = day_span(of, zone)
    return int(conn.execute(_MISHEARD, {"begin": begin, "end": end}).scalar_one())


def balances(conn: Connection, alert_below_fen: Mapping[str, int] = MappingProxyType({})) -> tuple[Balance, ...]:
    """What is left with each supplier, and whether that is too little."""
    return tuple(
        Balance(
            supplier=row.supplier,
            balance_fen=row.balance_fen,
            told_at=row.told_at,
            problem=row.problem,
            low=row.balance_fen is not None and row.balance_fen < alert_below_fen.get(row.supplier, 0),
        )
        for row in conn.execute(_BALANCES)
    )


class Days:
    """Days as they were read lately, for one process."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._lock = Lock()
        self._read: dict[date, tuple[Day, datetime]] = {}

    def until(self, conn: Connection, today: date, count: int, now: datetime) -> tuple[Day, ...]:
        """The last `count` days, today the last of them."""
        wanted = [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
        with self._lock:
            stale = [day for day in wanted if not self._is_good(day, today, now)]
        if stale:
            read = read_days(conn, min(stale), max(stale), self._zone)
            with self._lock:
                self._read.update({day: (found, now) for day, found in read.items()})
                for old in sorted(self._read)[:-DAYS_KEPT]:
                    del self._read[old]
        with self._lock:
            return tuple(self._read[day][0] for day in wanted)

    def _is_good(self, day: date, today: date, now: datetime) -> bool:
        if day not in self._read:
            return False
        good_for = PAST_GOOD_FOR if day < today - timedelta(days=1) else YESTERDAY_GOOD_FOR
        return now - self._read[day][1] < (TODAY_GOOD_FOR if day >= today else good_for)
