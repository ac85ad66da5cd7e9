"""What waits for a person: lines to deliver or decide about, and cases with their deadlines."""

from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response

from console import gate, reading
from console.desk import Act, Parts
from console.gate import Asked
from console.roles import Right, may
from console.showing import WORDS_MAX, record, shown
from fulfillment import cases, hands
from kernel.cases import CaseState
from kernel.masking import mask

PATH = "/console/todo"


class Todo:
    """The page and what can be done on it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/todo."""
        with self._parts.engine.connect() as conn:
            lines = hands.waiting(conn)
            running = cases.running(conn)
            amounts = reading.case_amounts(conn, [one.case.id for one in running])
        full = may(asked.operator.role, Right.SEE_ACCOUNTS)
        return shown(
            self._parts,
            asked,
            "todo.html",
            lines=lines,
            cases=running,
            amounts=amounts,
            now=self._parts.clock.now(),
            OPEN=CaseState.OPEN,
            account=(lambda value: value) if full else mask,
            talks=may(asked.operator.role, Right.SEE_TALKS),
        )

    def answer(self, asked: Asked) -> Response:
        """POST /console/cases/{id}/answer."""
        return self._act(asked, "answer_case", "answered", partial(self._parts.desk.answer_case, actor=asked.actor))

    def close(self, asked: Asked) -> Response:
        """POST /console/cases/{id}/close. The words may be empty."""
        act = partial(self._parts.desk.close_case, actor=asked.actor)
        return self._act(asked, "close_case", "closed", act, words_needed=False)

    def refund(self, asked: Asked) -> Response:
        """POST /console/cases/{id}/refund."""
        return self._act(asked, "refund_case", "refunded", partial(self._parts.desk.refund_case, actor=asked.actor))

    def _act(self, asked: Asked, what: str, code: str, act: Act, *, words_needed: bool = True) -> Response:
        words = asked.words("words", WORDS_MAX)
        if words is None:
            return gate.said(PATH, "too_long")
        if words_needed and not words:
            return gate.said(PATH, "no_words")
        case_id = asked.number("id")
        with self._parts.engine.connect() as conn:
            before = reading.case_now(conn, case_id)

        def after(conn: Connection) -> dict[str, object]:
            return reading.case_now(conn, case_id) or {}

        also = record(self._parts, asked, what, f"case:{case_id}", before, after, words=words)
        return gate.said(PATH, code if act(case_id, words, also=also) else "not_now")
