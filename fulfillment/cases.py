"""Cases: what a buyer wants a person to look at, with its deadlines; opened once, answered, closed, never forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from catalog import stock
from fulfillment import pushing
from fulfillment.pushing import PushKind
from fulfillment.work import NOTHING_TO_DO, Work
from kernel.cases import Case, CaseKind, CaseState, LineFacts, SupplierSays
from kernel.ids import OpenId, OrderNo

ANSWER_WITHIN = timedelta(hours=1)
REMEDY_WITHIN = timedelta(hours=2)
"""Of working time."""
WORDS_MAX = 500
SAID_AGAIN_MAX = 20
"""So many further messages are kept with a running case."""

_FIELDS = (
    "support_case.id, kind, support_case.state, support_case.order_no, line_id, opened_at, answer_due_at,"
    " remedy_due_at, overdue_at IS NOT NULL AS overdue"
)
_RUNNING = "state <> 'closed'"
_OPEN = text(f"""
    INSERT INTO support_case
        (kind, openid, order_no, line_id, said, transcript, opened_at, answer_due_at, remedy_due_at)
    SELECT :kind, openid, order_no, :line_id, :said, :transcript, :now, :answer_due_at, :remedy_due_at
    FROM orders WHERE order_no = :order_no AND openid = :openid
    ON CONFLICT (order_no, coalesce(line_id, 0), kind) WHERE state <> 'closed' DO NOTHING RETURNING {_FIELDS}
""").bindparams(bindparam("transcript", type_=JSONB))  # noqa: S608 - constants of this file
_FIND = text(f"""
    SELECT {_FIELDS} FROM support_case
    WHERE order_no = :order_no AND openid = :openid AND coalesce(line_id, 0) = coalesce(:line_id, 0) AND kind = :kind
      AND {_RUNNING}
""")  # noqa: S608
_LOCK = text(f"SELECT {_FIELDS}, openid FROM support_case WHERE support_case.id = :id FOR UPDATE")  # noqa: S608
_OF_BUYER = text(
    f"SELECT {_FIELDS} FROM support_case WHERE openid = :openid AND {_RUNNING} ORDER BY id DESC LIMIT 5"  # noqa: S608
)
_EVENT = text("""
    INSERT INTO case_event (case_id, at, what, words, actor) VALUES (:case_id, :now, :what, :words, :actor) RETURNING id
""")
_SAID_BEFORE = text("SELECT count(*) FROM case_event WHERE case_id = :case_id AND what = 'said'")
_MOVE = text("""
    UPDATE support_case SET state = :state,
        answered_at = coalesce(answered_at, :now),
        closed_at = CASE WHEN :state = 'closed' THEN CAST(:now AS timestamptz) END
    WHERE id = :id
""")
_LATE = "((state = 'open' AND answer_due_at < :now) OR (state <> 'closed' AND remedy_due_at < :now))"
_MARK_LATE = text(f"""
    UPDATE support_case SET overdue_at = :now
    WHERE id IN (SELECT id FROM support_case WHERE overdue_at IS NULL AND {_LATE}
                 ORDER BY answer_due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id, openid, order_no
""")  # noqa: S608
_COUNT_LATE = text(f"SELECT count(*) FROM support_case WHERE {_LATE}")  # noqa: S608
# What he missed has come since, or his money is back: the message about that tells him.
_SETTLED = text("""
    SELECT c.id FROM support_case c JOIN orders o USING (order_no) LEFT JOIN order_line l ON l.id = c.line_id
    WHERE c.state <> 'closed' AND (
        (c.kind = 'missing' AND l.state = 'delivered' AND l.delivered_at > c.opened_at)
        OR (c.kind <> 'invoice' AND l.state = 'refunded' AND l.refunded_at > c.opened_at)
        OR (c.kind = 'refund' AND c.line_id IS NULL AND o.state = 'refunded'))
    LIMIT :limit FOR UPDATE OF c SKIP LOCKED
""")
_LIST = text(f"""
    SELECT {_FIELDS}, openid, said, transcript, l.product_name, l.sku_label, l.quantity, l.state AS line_state
    FROM support_case LEFT JOIN order_line l ON l.id = line_id
    WHERE support_case.{_RUNNING} ORDER BY support_case.state = 'answered', answer_due_at, support_case.id LIMIT :limit
""")  # noqa: S608
_WORDS = text(f"""
    SELECT {_FIELDS}, words FROM case_event e JOIN support_case ON support_case.id = case_id WHERE e.id = :id
""")  # noqa: S608
_WANTED_BACK = text("""
    SELECT EXISTS (SELECT 1 FROM support_case WHERE order_no = :order_no AND kind = 'refund' AND state <> 'closed'
                   AND coalesce(line_id, :line_id) = :line_id)
""")
_ABOUT = text("""
    SELECT c.id FROM support_case c WHERE c.kind = :kind AND c.state <> 'closed' AND (
        c.line_id = :line_id
        OR (c.line_id IS NULL AND c.order_no = (SELECT order_no FROM order_line WHERE id = :line_id)
            AND (SELECT count(*) FROM order_line l WHERE l.order_no = c.order_no) = 1))
""")
_PURCHASES = text("""
    SELECT DISTINCT ON (line_id, unit) line_id, state, sends, settled_at FROM supplier_order
    WHERE order_no = :order_no ORDER BY line_id, unit, state = 'success' DESC, attempt DESC
""")
_LEAST_CERTAIN = (
    SupplierSays.UNKNOWN,
    SupplierSays.PROCESSING,
    SupplierSays.NOT_ASKED,
    SupplierSays.FAILED,
    SupplierSays.SUCCESS,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The case there is now; `first` when this asking opened it."""

    case: Case
    first: bool


@dataclass(frozen=True, slots=True)
class NotRunning:
    """There is no such case, or it is closed."""


def open_case(
    conn: Connection,
    *,
    openid: str,
    kind: CaseKind,
    order_no: str,
    line_id: int | None,
    said: str,
    transcript: list[dict[str, Any]],
    now: datetime,
    answer_due_at: datetime,
    remedy_due_at: datetime,
) -> Opened | None:
    """Open a case about an order of this buyer, or give the running one of that kind; None when it is not his order."""
    values = {
        "kind": kind.value,
        "openid": openid,
        "order_no": order_no,
        "line_id": line_id,
        "said": said[:WORDS_MAX],
        "transcript": transcript,
        "now": now,
        "answer_due_at": answer_due_at,
        "remedy_due_at": remedy_due_at,
    }
    row = conn.execute(_OPEN, values).one_or_none()
    if row is not None:
        _note(conn, row.id, "opened", said, "buyer", now)
        return Opened(_case(row), first=True)
    row = conn.execute(_FIND, {name: values[name] for name in ("kind", "openid", "order_no", "line_id")}).one_or_none()
    if row is None:
        return None
    if conn.execute(_SAID_BEFORE, {"case_id": row.id}).scalar_one() < SAID_AGAIN_MAX:
        _note(conn, row.id, "said", said, "buyer", now)
    return Opened(_case(row), first=False)


def answer(conn: Connection, case_id: int, words: str, now: datetime, *, actor: str) -> Work | NotRunning:
    """Answer the buyer; the case stays until it is closed."""
    return _tell(conn, case_id, CaseState.ANSWERED, PushKind.CASE_ANSWERED, words, now, actor)


def close(
    conn: Connection, case_id: int, words: str, now: datetime, *, actor: str, quiet: bool = False
) -> Work | NotRunning:
    """Close a case and tell the buyer; `words`, what was done, may be empty. `quiet`: he is told otherwise."""
    return _tell(conn, case_id, CaseState.CLOSED, None if quiet else PushKind.CASE_CLOSED, words, now, actor)


def _tell(
    conn: Connection, case_id: int, after: CaseState, kind: PushKind | None, words: str, now: datetime, actor: str
) -> Work | NotRunning:
    row = conn.execute(_LOCK, {"id": case_id}).one_or_none()
    if row is None or row.state == CaseState.CLOSED:
        return NotRunning()
    conn.execute(_MOVE, {"id": case_id, "state": after.value, "now": now})
    event_id = _note(conn, case_id, after.value, words, actor, now)
    push_id = pushing.ask(conn, kind, row.openid, row.order_no, now, about_id=event_id) if kind is not None else None
    return Work(push_ids=(push_id,)) if push_id is not None else NOTHING_TO_DO


def mark_overdue(conn: Connection, now: datetime, limit: int = 100) -> Work:
    """Mark the cases whose deadline has passed, and tell each buyer once that it is late."""
    work = NOTHING_TO_DO
    for row in conn.execute(_MARK_LATE, {"now": now, "limit": limit}).all():
        event_id = _note(conn, row.id, "overdue", "", "system", now)
        push_id = pushing.ask(conn, PushKind.CASE_LATE, row.openid, row.order_no, now, about_id=event_id)
        work += Work(push_ids=(push_id,)) if push_id is not None else NOTHING_TO_DO
    return work


def close_settled(conn: Connection, now: datetime, limit: int = 100) -> int:
    """Close the cases that have settled themselves: what was missing has come, or the money is back. How many."""
    ids = conn.execute(_SETTLED, {"limit": limit}).scalars().all()
    for case_id in ids:
        conn.execute(_MOVE, {"id": case_id, "state": CaseState.CLOSED.value, "now": now})
        _note(conn, case_id, "closed", "settled by itself", "system", now)
    return len(ids)


def overdue_count(conn: Connection, now: datetime) -> int:
    """Count the running cases with a deadline that has passed."""
    return int(conn.execute(_COUNT_LATE, {"now": now}).scalar_one())


def running_of(conn: Connection, openid: str) -> tuple[Case, ...]:
    """List a buyer's running cases, the latest first."""
    return tuple(_case(row) for row in conn.execute(_OF_BUYER, {"openid": openid}))


def running_about(conn: Connection, line_id: int, kind: CaseKind) -> tuple[int, ...]:
    """The running cases of a kind about a line, or about the whole of an order that is that line alone."""
    return tuple(conn.execute(_ABOUT, {"line_id": line_id, "kind": kind.value}).scalars())


def wants_money_back(conn: Connection, order_no: str, line_id: int) -> bool:
    """Tell whether the buyer has asked for his money while the line was under way: what fails is not bought again."""
    return bool(conn.execute(_WANTED_BACK, {"order_no": order_no, "line_id": line_id}).scalar_one())


@dataclass(frozen=True, slots=True)
class Listed:
    """A running case with what a person needs to deal with it."""

    case: Case
    openid: OpenId
    said: str
    what: str
    """Product, SKU and quantity, or that it is about the whole order."""
    line_state: str
    transcript: list[dict[str, Any]]


def running(conn: Connection, limit: int = 100) -> tuple[Listed, ...]:
    """List the running cases, those to be answered first."""
    found = []
    for row in conn.execute(_LIST, {"limit": limit}):
        what = f"{row.product_name} {row.sku_label} ×{row.quantity}" if row.product_name else "整单"
        found.append(Listed(_case(row), OpenId(row.openid), row.said, what, row.line_state or "", row.transcript))
    return tuple(found)


def words_of(conn: Connection, event_id: int) -> tuple[Case, str] | None:
    """The case a message is about, and what was written in it."""
    row = conn.execute(_WORDS, {"id": event_id}).one_or_none()
    return (_case(row), row.words) if row is not None else None


def by_id(conn: Connection, case_id: int) -> Case | None:
    """The case with this number, its row locked until the transaction ends."""
    row = conn.execute(_LOCK, {"id": case_id}).one_or_none()
    return _case(row) if row is not None else None


def facts_of(conn: Connection, order_no: str) -> dict[int, LineFacts]:
    """What our books say of an order's lines: what the supplier said, whether a key was shown."""
    said: dict[int, list[tuple[SupplierSays, datetime | None]]] = {}
    for row in conn.execute(_PURCHASES, {"order_no": order_no}):
        said.setdefault(row.line_id, []).append((_says(row.state, row.sends), row.settled_at))
    facts = {line_id: _of_supplier(line_id, units) for line_id, units in said.items()}
    for line_id, (count, shown_at) in stock.shown(conn, order_no).items():
        facts[line_id] = LineFacts(line_id, keys=count, shown_at=shown_at)
    return facts


def _of_supplier(line_id: int, units: list[tuple[SupplierSays, datetime | None]]) -> LineFacts:
    states = {state for state, _ in units}
    settled = max((at for _, at in units if at is not None), default=None)
    return LineFacts(line_id, next(state for state in _LEAST_CERTAIN if state in states), settled)


def _says(state: str, sends: int) -> SupplierSays:
    match state:
        case "created":
            return SupplierSays.UNKNOWN if sends else SupplierSays.NOT_ASKED
        case "sent" | "unknown":
            return SupplierSays.UNKNOWN
        case other:
            return SupplierSays(other)


def _note(conn: Connection, case_id: int, what: str, words: str, actor: str, now: datetime) -> int:
    values = {"case_id": case_id, "now": now, "what": what, "words": words[:WORDS_MAX], "actor": actor}
    return int(conn.execute(_EVENT, values).scalar_one())


def _case(row: Row[Any]) -> Case:
    return Case(
        id=row.id,
        kind=CaseKind(row.kind),
        state=CaseState(row.state),
        order_no=OrderNo(row.order_no),
        line_id=row.line_id,
        opened_at=row.opened_at,
        answer_due_at=row.answer_due_at,
        remedy_due_at=row.remedy_due_at,
        overdue=row.overdue,
    )
