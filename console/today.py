"""The first page: how the day goes, what waits, and curves of the last days; and the list of what operators did."""

from starlette.responses import Response

from catalog import scarcity
from console import audit, figures
from console.charts import Curve
from console.desk import Parts
from console.figures import Day
from console.gate import Asked
from console.roles import Right, may
from console.showing import shown
from fulfillment import cases, hands, pausing
from risk import reading as risks

_ACTIONS = 50
_SHORT_SHOWN = 40
SPANS = (7, 30)
"""How many days the curves may show."""


class Today:
    """GET /console and GET /console/actions."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._days = figures.Days(parts.hours.zone)

    def page(self, asked: Asked) -> Response:
        """Today's figures."""
        parts, now = self._parts, self._parts.clock.now()
        zone = parts.hours.zone
        today = now.astimezone(zone).date()
        span = SPANS[1] if asked.request.query_params.get("days") == str(SPANS[1]) else SPANS[0]
        waiting = sum(one.waits for one in parts.desk.pulse())
        with parts.engine.connect() as conn:
            days = self._days.until(conn, today, span, now)
            return shown(
                parts,
                asked,
                "today.html",
                today=today,
                figures=days[-1],
                speed=figures.speed(conn, today, zone),
                misheard=figures.misheard(conn, today, zone),
                curves=_curves(days, money=may(asked.operator.role, Right.SEE_MONEY)),
                span=span,
                spans=SPANS,
                cases=len(cases.running(conn)),
                overdue=cases.overdue_count(conn, now),
                lines=len(hands.waiting(conn)),
                held=len(risks.holds(conn)),
                talks=waiting,
                paused=pausing.paused(conn),
                balances=figures.balances(conn, parts.balance_alert_fen),
                short=list(scarcity.short(conn, parts.stock_alert_below).items()),
                short_shown=_SHORT_SHOWN,
            )

    def actions(self, asked: Asked) -> Response:
        """What operators did, the latest first."""
        with self._parts.engine.connect() as conn:
            done = audit.latest(conn, asked.query_number("before"), _ACTIONS)
        return shown(self._parts, asked, "actions.html", done=done, more=len(done) == _ACTIONS)


def _curves(days: tuple[Day, ...], *, money: bool) -> list[Curve]:
    of = tuple(one.day for one in days)
    counts = Curve(
        "订单（虚线：已付款）", "", of, tuple(one.placed for one in days), tuple(one.paid for one in days), "已付款"
    )
    talk = Curve("来消息的顾客中下单付款的比例", "percent", of, tuple(one.conversion or 0 for one in days))
    if not money:
        return [counts, talk]
    received = Curve(
        "收款（虚线：利润）",
        "yuan",
        of,
        tuple(one.received_fen for one in days),
        tuple(one.profit_fen for one in days),
        "利润",
    )
    refunded = Curve("退款", "yuan", of, tuple(one.refunded_fen for one in days))
    return [received, counts, talk, refunded]
