"""The first page: how the day goes, what waits, and a curve of the week; and the list of what operators did."""

from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from catalog import scarcity
from console import audit, reading
from console.desk import Parts
from console.gate import Asked
from console.showing import shown
from fulfillment import cases, hands

_WIDTH, _HEIGHT, _EDGE = 360, 150, 24
_ACTIONS = 50
_SHORT_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Point:
    """One day of the curve, in the picture's units."""

    x: float
    y: float
    day: date
    fen: int


def curve(days: tuple[tuple[date, int], ...]) -> tuple[Point, ...]:
    """Place each day in a picture of 360 × 150; nothing at all lies on the ground line."""
    most = max((fen for _, fen in days), default=0) or 1
    step = (_WIDTH - 2 * _EDGE) / max(1, len(days) - 1)
    room = _HEIGHT - 3 * _EDGE
    return tuple(
        Point(round(_EDGE + n * step, 1), round(_HEIGHT - _EDGE * 1.5 - room * fen / most, 1), day, fen)
        for n, (day, fen) in enumerate(days)
    )


class Today:
    """GET /console and GET /console/actions."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """Today's figures."""
        parts, now = self._parts, self._parts.clock.now()
        zone = parts.hours.zone
        today = now.astimezone(zone).date()
        talks = len(parts.desk.talks())
        with parts.engine.connect() as conn:
            return shown(
                parts,
                asked,
                "today.html",
                today=today,
                figures=reading.day_figures(conn, today, zone),
                points=curve(reading.received_by_day(conn, today, zone)),
                cases=len(cases.running(conn)),
                overdue=cases.overdue_count(conn, now),
                lines=len(hands.waiting(conn)),
                talks=talks,
                short=list(scarcity.short(conn, parts.stock_alert_below).items()),
                short_shown=_SHORT_SHOWN,
            )

    def actions(self, asked: Asked) -> Response:
        """What operators did, the latest first."""
        given = asked.request.query_params.get("before", "")
        before = int(given) if given.isascii() and given.isdigit() and len(given) <= 15 else None
        with self._parts.engine.connect() as conn:
            done = audit.latest(conn, before, _ACTIONS)
        return shown(self._parts, asked, "actions.html", done=done, more=len(done) == _ACTIONS)
