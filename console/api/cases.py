"""Cases: what buyers complain of, with deadlines; answered and closed."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import Connection

from console import reading as console_reading
from console.api import reading
from console.api.calling import SCOPE, Caller, Calling, Guarded
from console.api.problems import conflict, not_found
from console.api.scopes import Scope
from console.api.shapes import Given, Limit, Number, Page, SomeWords, Time, Told, Words
from kernel.cases import CaseKind, CaseState
from kernel.masking import mask_within

router = APIRouter(route_class=Guarded, tags=["cases"])
_READ = {SCOPE: Scope.CASES_READ}
_WRITE = {SCOPE: Scope.CASES_WRITE}


class CaseBrief(Told):
    """A case in a list."""

    id: Number
    number: str = Field(description="What buyer and operators call it.")
    kind: CaseKind
    state: CaseState
    order_no: str
    line_id: Number | None
    said: str = Field(description="What the buyer wrote; accounts masked without accounts:read.")
    opened_at: Time
    answer_due_at: Time
    remedy_due_at: Time
    overdue: bool
    closed_at: Time | None


class Cases(Page):
    """Cases, the latest first."""

    cases: list[CaseBrief]


class CaseEvent(Told):
    """One thing in the life of a case."""

    at: Time
    what: str
    words: str
    who: str


class Case(CaseBrief):
    """A case with its history."""

    events: list[CaseEvent]


class Answer(Given):
    """What the buyer is written."""

    words: SomeWords


class Closing(Given):
    """What was done; may be empty."""

    words: Words = ""


class CaseNow(Told):
    """How a case stands after what was done."""

    id: Number
    order_no: str
    state: CaseState


@router.get("/cases", openapi_extra=_READ)
def list_cases(
    caller: Calling, state: CaseState | None = None, cursor: Number | None = None, limit: Limit = 50
) -> Cases:
    """List cases, the latest first."""
    with caller.parts.engine.connect() as conn:
        rows = reading.cases(conn, state.value if state else None, cursor, limit)
    shown = [CaseBrief(**_told(caller, row)) for row in rows[:limit]]
    return Cases(cases=shown, next=str(shown[-1].id) if len(rows) > limit else None)


@router.get("/cases/{case_id}", openapi_extra=_READ)
def get_case(caller: Calling, case_id: Number) -> Case:
    """One case with its history."""
    with caller.parts.engine.connect() as conn:
        row = reading.case(conn, case_id)
    if row is None:
        raise not_found("没有这个工单。")
    events = [CaseEvent(**{**one, "words": _shown(caller, one["words"])}) for one in row["events"]]
    return Case(**{**_told(caller, row), "events": events})


@router.post("/cases/{case_id}/answer", openapi_extra=_WRITE, response_model=CaseNow)
def answer_case(caller: Calling, case_id: Number, answer: Answer) -> Response:
    """Answer the buyer; the case runs on until it is closed."""
    act = partial(caller.parts.desk.answer_case, case_id, answer.words.strip(), actor=caller.actor)
    return _act(caller, "answer_case", case_id, act, answer.words)


@router.post("/cases/{case_id}/close", openapi_extra=_WRITE, response_model=CaseNow)
def close_case(caller: Calling, case_id: Number, closing: Closing) -> Response:
    """Close a case and tell the buyer."""
    act = partial(caller.parts.desk.close_case, case_id, closing.words.strip(), actor=caller.actor)
    return _act(caller, "close_case", case_id, act, closing.words)


def _act(caller: Caller, what: str, case_id: int, act: Any, words: str) -> Response:
    def now(conn: Connection) -> CaseNow:
        order_no, state = reading.case_now(conn, case_id)
        return CaseNow(id=case_id, order_no=order_no, state=CaseState(state))

    with caller.parts.engine.connect() as conn:
        before = console_reading.case_now(conn, case_id)
    if before is None:
        raise not_found("没有这个工单。")
    if not act(also=caller.also(what, f"case:{case_id}", now, before=before, after={"words": words})):
        raise conflict("not-now", "The case is closed", "工单已关闭。")
    return caller.answered()


def _told(caller: Caller, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "number": f"S{row['id']:05d}", "said": _shown(caller, row["said"])}


def _shown(caller: Caller, words: str) -> str:
    return words if caller.may(Scope.ACCOUNTS_READ) else mask_within(words)
