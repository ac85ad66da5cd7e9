"""Cases: what buyers complain of or ask for, with its deadlines; answered, given back, closed, and their history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, text
from starlette.responses import Response

from console import canned, gate, reading
from console.desk import Act, Parts
from console.gate import Asked
from console.roles import Right, may
from console.showing import WORDS_MAX, record, shown
from fulfillment import cases
from kernel.cases import CaseState

PATH = "/console/cases"
CLOSED_FOR = timedelta(days=7)
_CLOSED_SHOWN = 30

_EVENTS = text("""
    SELECT case_id, at, what, words, actor FROM case_event WHERE case_id = ANY(:ids) AND what <> 'opened' ORDER BY id
""")
_CLOSED = text("""
    SELECT c.id, c.kind, c.order_no, c.opened_at, c.answered_at, c.closed_at, c.overdue_at IS NOT NULL AS overdue,
           coalesce((SELECT e.words FROM case_event e WHERE e.case_id = c.id AND e.what = 'closed'
                     ORDER BY e.id DESC LIMIT 1), '') AS words
    FROM support_case c WHERE c.state = 'closed' AND c.id > :after AND c.closed_at > :since
    ORDER BY c.closed_at DESC LIMIT :limit
""")
_NEWEST = text("SELECT coalesce(max(id), 0) FROM support_case")
_LOOKED_THROUGH = 5_000
"""Of the latest cases, for those closed lately: an index for that alone is not worth its writing."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing in a case's history."""

    at: datetime
    what: str
    words: str
    actor: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A case that was closed lately."""

    id: int
    kind: str
    order_no: str
    opened_at: datetime
    answered_at: datetime | None
    closed_at: datetime
    overdue: bool
    words: str

    @property
    def number(self) -> str:
        """As buyers know it."""
        return f"S{self.id:05d}"


def history(conn: Connection, ids: Sequence[int]) -> Mapping[int, Sequence[Happened]]:
    """What happened to each of these cases since it was opened."""
    found: dict[int, list[Happened]] = {}
    for row in conn.execute(_EVENTS, {"ids": list(ids)}):
        found.setdefault(row.case_id, []).append(Happened(row.at, row.what, row.words, row.actor))
    return found


def closed_lately(conn: Connection, since: datetime) -> tuple[Closed, ...]:
    """The cases closed since then, the latest first."""
    after = conn.execute(_NEWEST).scalar_one() - _LOOKED_THROUGH
    rows = conn.execute(_CLOSED, {"since": since, "after": after, "limit": _CLOSED_SHOWN})
    return tuple(Closed(*row) for row in rows)


class Cases:
    """The page and what can be done on it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/cases."""
        parts, now = self._parts, self._parts.clock.now()
        sees_talks = may(asked.operator.role, Right.SEE_TALKS)
        talks = {talk.openid: talk.id for talk in parts.desk.talks()} if sees_talks else {}
        with parts.engine.connect() as conn:
            running = cases.running(conn)
            ids = [one.case.id for one in running]
            return shown(
                parts,
                asked,
                "cases.html",
                cases=running,
                amounts=reading.case_amounts(conn, ids),
                history=history(conn, ids),
                closed=closed_lately(conn, now - CLOSED_FOR),
                ready=[one for one in canned.every(conn) if not canned.unfilled(one.words)],
                talk_of=talks,
                now=now,
                OPEN=CaseState.OPEN,
                sees_talks=sees_talks,
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
