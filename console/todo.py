"""What waits for a person: held orders to look at, lines to deliver or decide about, and how many cases and talks."""

from starlette.responses import Response

from console.desk import Parts
from console.gate import Asked
from console.roles import Right, may
from console.showing import shown
from fulfillment import cases, hands
from kernel.masking import mask
from risk import reading as risks
from risk.words import reasons_in_words


class Todo:
    """The page: everything is done on the order's own page, the case's or the talk's."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/todo."""
        now = self._parts.clock.now()
        with self._parts.engine.connect() as conn:
            lines = hands.waiting(conn)
            held = risks.holds(conn)
            running = len(cases.running(conn))
            overdue = cases.overdue_count(conn, now)
        full = may(asked.operator.role, Right.SEE_ACCOUNTS)
        return shown(
            self._parts,
            asked,
            "todo.html",
            lines=lines,
            held=[(one, reasons_in_words(one.reasons)) for one in held],
            cases=running,
            overdue=overdue,
            talks=sum(one.waits for one in self._parts.desk.pulse()),
            account=(lambda value: value) if full else mask,
        )
