"""The outbox: messages that are to reach a buyer once, by push, or with the answer to his next message.

A row names what to say and about which order; the words, and any key in them, are made by the edge at the moment of
sending and are never stored. Each row moves by guarded statements, so two workers never send the same one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, text

from fulfillment.states import PushState
from kernel.ids import OpenId, OrderNo


class PushKind(StrEnum):
    """What to say. Those about a line carry its id."""

    KEYS = "keys"
    """The card keys of this line."""
    KEY_REPLACED = "key_replaced"
    """Another key in place of one that did not work; `about_id` is the new key's number."""
    KEYS_READY = "keys_ready"
    """Where to find the keys of this line, without the keys: nobody knows whether the message with them arrived."""
    TOPUP_DONE = "topup_done"
    TOPUP_PARTLY = "topup_partly"
    """Some units of the top-up arrived, the share of the others goes back; the line's note and refund_fen tell."""
    TOPUP_FAILED = "topup_failed"
    OUT_OF_STOCK = "out_of_stock"
    """Paid, but the keys are gone after all: the money goes back."""
    BALANCE_FILLED = "balance_filled"
    """What was bought is the buyer's own balance, and it is there."""
    SERVICE_ACCEPTED = "service_accepted"
    SERVICE_DONE = "service_done"
    PARCEL_ACCEPTED = "parcel_accepted"
    PARCEL_SENT = "parcel_sent"
    """The line's note holds the tracking number."""
    LINE_REFUSED = "line_refused"
    """A person decided that this line is given back."""
    LATE_REFUND = "late_refund"
    """The order was paid after it had been closed and cannot be served: all of it goes back."""
    PART_REFUND = "part_refund"
    """A person decided that some of this line's price goes back; `about_id` is the row of line_refund."""
    COMPENSATED = "compensated"
    """A delivery came late, and something is given for it; `about_id` is the row of compensation."""
    REFUNDED = "refunded"
    """A refund of a line has arrived; `about_id` is the row of line_refund."""
    EXPIRED = "expired"
    """The order's time to pay ran out."""
    HELD = "held"
    """The order is paid, and a person looks at it before it is delivered."""
    RESTOCKED = "restocked"
    """What a buyer waited for is there again; `about_id` is the edge's row of his wish."""
    SPOKEN = "spoken"
    """The answer to a voice message that had to be transcribed first; `about_id` is the edge's row of it."""
    CASE_ANSWERED = "case_answered"
    """A person wrote in a case; `about_id` is what he wrote (fulfillment/cases.py)."""
    CASE_CLOSED = "case_closed"
    CASE_LATE = "case_late"
    """A deadline of a case has passed."""
    PERSON = "person"
    """A person wrote to a buyer whose talk he has; `about_id` is the edge's row of it."""
    SERVICE_NOTICE = "service_notice"
    """A template message of WeChat's that something about the order lies ready: what goes out when no message does."""


WITH_KEYS = frozenset({PushKind.KEYS, PushKind.KEY_REPLACED})
"""Those that are never pushed a second time when nobody knows whether they arrived."""
PERISHABLE = frozenset({PushKind.EXPIRED, PushKind.SERVICE_NOTICE})
"""Not worth saying later."""

NOTICED = frozenset(PushKind) - PERISHABLE - {
    PushKind.RESTOCKED, PushKind.SPOKEN, PushKind.PERSON, PushKind.CASE_ANSWERED, PushKind.CASE_CLOSED,
    PushKind.CASE_LATE,
}  # fmt: skip
"""What became of a paid order: WeChat takes service notices about nothing else."""

ANSWER_WAIT = timedelta(seconds=60)
"""A worker that said it would send and was not heard of for so long is taken for dead."""
DEAD_AFTER = timedelta(seconds=5)
"""When the job of a push is done again, its first worker is known to be gone; this only keeps a rush of jobs apart."""
RETRY_FOR = timedelta(hours=48)
"""WeChat's window; after it only the buyer himself can open the way again."""
_BACKOFF_S = (2, 5, 15, 60, 300, 900, 1800, 3600)
_RATE_LIMITED_WAIT = timedelta(seconds=65)

_ERR_BUSY = frozenset({-1})
_ERR_TOKEN = frozenset({40001, 40014, 41001, 42001})
_ERR_PER_MINUTE = frozenset({45011})
_ERR_CLOSED = frozenset({45015, 45047})
"""The window is closed, or its count is used up."""


@dataclass(frozen=True, slots=True)
class Push:
    """One message of the outbox. `maybe_arrived`: an earlier try may have reached the buyer, nobody knows."""

    id: int
    openid: OpenId
    order_no: OrderNo
    """Empty: it is about no order."""
    line_id: int | None
    kind: PushKind
    attempts: int
    maybe_arrived: bool
    created_at: datetime
    about_id: int | None = None
    """What it is about where that is no order: a row of the edge."""


# ---- what WeChat answered ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """WeChat answered with this errcode; 0 is success."""

    errcode: int


@dataclass(frozen=True, slots=True)
class Outage:
    """WeChat was not reached, or answered with a 5xx: the message did not go out."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request was written and nothing came back: the message may have gone out."""


SendResult = Answered | Outage | NoAnswer


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a push after a try. `retry_at` only with WAITING."""

    state: PushState
    retry_at: datetime | None = None


def judge(push: Push, result: SendResult, now: datetime) -> Verdict:
    """Decide what a try's result means. Pure.

    Refused because of the window, the count, the buyer or the permission (45015, 45047, 43004, 43019, 48001 and any
    code not known here): kept for the buyer's next message. Busy, rate-limited, an expired token, an outage: tried
    again with backoff for 48 h, then kept. No answer after the request was written: never pushed again, since it may
    have arrived; kept, so that the buyer has it with his next message and on the order page in any case. Twice in
    the buyer's own chat is a blemish, a lost key is a loss.
    """
    last = PushState.GIVEN_UP if push.kind in PERISHABLE else PushState.KEPT
    match result:
        case Answered(errcode=0):
            return Verdict(PushState.SENT)
        case Answered(errcode=errcode) if errcode in _ERR_PER_MINUTE:
            return _again(push, now, last, _RATE_LIMITED_WAIT)
        case Answered(errcode=errcode) if errcode not in _ERR_BUSY | _ERR_TOKEN:
            return Verdict(last)
        case NoAnswer():
            return Verdict(last)
    return _again(push, now, last, timedelta(0))


def _again(push: Push, now: datetime, last: PushState, at_least: timedelta) -> Verdict:
    if now - push.created_at > RETRY_FOR or push.kind in PERISHABLE:
        return Verdict(last)
    wait = timedelta(seconds=_BACKOFF_S[min(max(push.attempts, 1), len(_BACKOFF_S)) - 1])
    return Verdict(PushState.WAITING, now + max(wait, at_least))


# ---- WeChat's window -----------------------------------------------------------------------------------------------

MESSAGES_PER_WINDOW = 5
"""So many messages WeChat takes to a buyer after one of his (wechat.md, C)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Until when, and how often, a buyer can still be written to before he writes again."""

    closes_at: datetime | None
    """None: nobody knows when he last wrote."""
    left: int

    def is_open(self, now: datetime) -> bool:
        """Whether a message would go out now, as far as we know."""
        return self.left > 0 and (self.closes_at is None or now < self.closes_at)


def window_after(heard_at: datetime | None, sent: int) -> Window:
    """The window a buyer opened when he last wrote, of which `sent` messages have been used. Pure."""
    closes_at = heard_at + RETRY_FOR if heard_at is not None else None
    return Window(closes_at, max(0, MESSAGES_PER_WINDOW - sent))


# ---- the outbox ----------------------------------------------------------------------------------------------------

_ASK = text("""
    INSERT INTO push (openid, order_no, line_id, about_id, kind, dedupe_key, state, next_try_at, created_at)
    VALUES (:openid, :order_no, :line_id, :about_id, :kind, :dedupe_key, 'waiting', :now, :now)
    ON CONFLICT (dedupe_key) DO NOTHING RETURNING id
""")
_FIELDS = "id, openid, order_no, line_id, about_id, kind, attempts, maybe_arrived, created_at"
_CLAIM = text(f"""
    UPDATE push SET state = 'sending', attempts = attempts + 1, claimed_at = :now
    WHERE id = :id AND state = 'waiting' AND next_try_at <= :now RETURNING {_FIELDS}
""")  # noqa: S608 - a constant of this file
_DUE = text("SELECT id FROM push WHERE state = 'waiting' AND next_try_at <= :now ORDER BY next_try_at, id LIMIT :limit")
_RECORD = text("""
    UPDATE push SET state = :state, next_try_at = :retry_at, errcode = :errcode, claimed_at = NULL,
        maybe_arrived = maybe_arrived OR :maybe_arrived,
        sent_at = CASE WHEN :state = 'sent' THEN :now END, via = CASE WHEN :state = 'sent' THEN 'push' ELSE '' END
    WHERE id = :id AND state = 'sending' RETURNING id
""")
_RESCUE = text("""
    UPDATE push SET state = CASE WHEN kind = ANY(:perishable) THEN 'given_up' ELSE 'kept' END,
        next_try_at = NULL, claimed_at = NULL, maybe_arrived = TRUE
    WHERE state = 'sending' AND claimed_at < :before RETURNING id, openid, state
""")
_TAKE_OVER = text(f"""
    UPDATE push SET state = CASE WHEN kind IN ('keys', 'key_replaced') THEN 'kept' ELSE 'waiting' END,
        maybe_arrived = TRUE,
        next_try_at = CASE WHEN kind IN ('keys', 'key_replaced') THEN NULL ELSE CAST(:now AS timestamptz) END,
        claimed_at = NULL
    WHERE id = :id AND state = 'sending' AND claimed_at < :before RETURNING {_FIELDS}
""")  # noqa: S608 - a constant of this file
_NOT_DELIVERED = "(state = 'kept' OR (state = 'waiting' AND attempts > 0))"
_WAITING_FOR = text(
    f"SELECT {_FIELDS} FROM push WHERE openid = :openid AND {_NOT_DELIVERED} ORDER BY id LIMIT :limit"  # noqa: S608
)
_BY_ID = text(f"SELECT {_FIELDS} FROM push WHERE id = :id")  # noqa: S608 - a constant of this file
_LAST_OF = text("SELECT max(id) FROM push WHERE order_no = :order_no AND kind = ANY(:kinds)")
_BUYERS_WAITING = text(
    f"SELECT openid FROM push WHERE {_NOT_DELIVERED} GROUP BY openid ORDER BY max(id) DESC LIMIT :limit"  # noqa: S608
)
_ANSWERED_WITH = text(
    f"SELECT {_FIELDS} FROM push WHERE openid = :openid AND reply_key = :key ORDER BY id"  # noqa: S608
)
_TAKE = text(f"""
    UPDATE push SET state = 'sent', via = 'reply', reply_key = :key, sent_at = :now, next_try_at = NULL
    WHERE id IN (SELECT id FROM push WHERE openid = :openid AND {_NOT_DELIVERED}
                 AND (CAST(:only AS bigint[]) IS NULL OR id = ANY(:only)) ORDER BY id LIMIT :limit FOR UPDATE)
    RETURNING {_FIELDS}
""")  # noqa: S608 - constants of this file


def ask(
    conn: Connection,
    kind: PushKind,
    openid: str,
    order_no: str | None,
    now: datetime,
    *,
    line_id: int | None = None,
    about_id: int | None = None,
    again: str = "",
) -> int | None:
    """Put a message in the outbox and give its id; None when the same thing was asked before.

    One message of a kind for an order, or for a line or row where it is about one: `keys:{line_id}` for ever. `again`
    names a further asking, by a person who wants it said once more.
    """
    about = next((str(one) for one in (line_id, about_id) if one is not None), order_no)
    row = {
        "openid": openid,
        "order_no": order_no,
        "line_id": line_id,
        "about_id": about_id,
        "kind": kind.value,
        "dedupe_key": f"{kind.value}:{about}" + (f":{again}" if again else ""),
        "now": now,
    }
    return conn.execute(_ASK, row).scalar_one_or_none()


def due(conn: Connection, now: datetime, limit: int = 100) -> tuple[int, ...]:
    """List the pushes to try now, oldest first."""
    return tuple(conn.execute(_DUE, {"now": now, "limit": limit}).scalars())


def claim(conn: Connection, push_id: int, now: datetime) -> Push | None:
    """Take a due push to send it; None when another has it, it is not due, or it is done. Commit before sending."""
    row = conn.execute(_CLAIM, {"id": push_id, "now": now}).one_or_none()
    return _push(row) if row is not None else None


def record(conn: Connection, push: Push, result: SendResult, now: datetime) -> Verdict:
    """Write down what became of a claimed push; see `judge`. With WAITING, try again at `retry_at`.

    With KEPT tell the talk's store that something waits for this buyer, so that his next message finds it.
    """
    verdict = judge(push, result, now)
    conn.execute(
        _RECORD,
        {
            "id": push.id,
            "state": verdict.state.value,
            "retry_at": verdict.retry_at,
            "errcode": result.errcode if isinstance(result, Answered) else None,
            "maybe_arrived": isinstance(result, NoAnswer),
            "now": now,
        },
    )
    return verdict


def take_over(conn: Connection, push_id: int, now: datetime) -> Push | None:
    """Take a push from a worker that died while sending it; None when nobody did.

    Keys are kept, since a second message with them must not go out (`ready` tells where they are); any other message
    is due again, at the risk of saying it twice.
    """
    row = conn.execute(_TAKE_OVER, {"id": push_id, "now": now, "before": now - DEAD_AFTER}).one_or_none()
    return _push(row) if row is not None else None


def ready(conn: Connection, keys: Push, now: datetime) -> int | None:
    """Put the word into the outbox that the keys of a kept push lie ready; its id, None when it was there before."""
    return ask(conn, PushKind.KEYS_READY, keys.openid, keys.order_no, now, line_id=keys.line_id)


def service_notice(conn: Connection, kept: Push, result: SendResult, now: datetime) -> int | None:
    """Put WeChat's service notice into the outbox where its window keeps a message about a paid order back, once an
    order; its id. The message itself still comes with the buyer's next one, and stands on the order page."""
    closed = isinstance(result, Answered) and result.errcode in _ERR_CLOSED
    if not closed or kept.kind not in NOTICED or not kept.order_no:
        return None
    return ask(conn, PushKind.SERVICE_NOTICE, kept.openid, kept.order_no, now)


def rescue(conn: Connection, now: datetime) -> tuple[OpenId, ...]:
    """Keep the pushes of workers that died while sending, as after no answer; gives the buyers something waits for."""
    perishable = [kind.value for kind in PERISHABLE]
    rows = conn.execute(_RESCUE, {"before": now - ANSWER_WAIT, "perishable": perishable})
    return tuple(sorted({OpenId(row.openid) for row in rows if row.state == PushState.KEPT}))


def waiting_for(conn: Connection, openid: str, limit: int = 20) -> tuple[Push, ...]:
    """List what could not be pushed to this buyer so far, oldest first, without taking it."""
    return tuple(_push(row) for row in conn.execute(_WAITING_FOR, {"openid": openid, "limit": limit}))


def by_id(conn: Connection, push_id: int) -> Push | None:
    """The push in this row."""
    row = conn.execute(_BY_ID, {"id": push_id}).one_or_none()
    return _push(row) if row is not None else None


def last_of(conn: Connection, order_no: str, kinds: Collection[PushKind]) -> int | None:
    """The latest message of these kinds about an order."""
    last: int | None = conn.execute(
        _LAST_OF, {"order_no": order_no, "kinds": [kind.value for kind in kinds]}
    ).scalar_one()
    return last


def buyers_waiting(conn: Connection, limit: int = 1000) -> tuple[OpenId, ...]:
    """List buyers for whom something waits, the latest first."""
    return tuple(OpenId(openid) for openid in conn.execute(_BUYERS_WAITING, {"limit": limit}).scalars())


def take_waiting(
    conn: Connection, openid: str, message_key: str, now: datetime, *, only: Collection[int] | None = None
) -> tuple[Push, ...]:
    """Take what waits for this buyer into the answer to this message of his, oldest first; at most 20.

    Asked again with the same message key it gives the same, so that a message pushed twice gets the same answer.
    `only`: those ids of `waiting_for` that fit into the answer; the rest goes on waiting.
    """
    before = conn.execute(_ANSWERED_WITH, {"openid": openid, "key": message_key}).all()
    if before:
        return tuple(_push(row) for row in before)
    ids = list(only) if only is not None else None
    rows = conn.execute(_TAKE, {"openid": openid, "key": message_key, "now": now, "only": ids, "limit": 20})
    return tuple(sorted((_push(row) for row in rows), key=lambda push: push.id))


def _push(row: Row[Any]) -> Push:
    return Push(
        id=row.id,
        openid=OpenId(row.openid),
        order_no=OrderNo(row.order_no or ""),
        line_id=row.line_id,
        about_id=row.about_id,
        kind=PushKind(row.kind),
        attempts=row.attempts,
        maybe_arrived=row.maybe_arrived,
        created_at=row.created_at,
    )
