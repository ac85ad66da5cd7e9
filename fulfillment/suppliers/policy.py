"""When to ask a supplier again, and what it means that he knows no such order. Pure."""

from datetime import datetime, timedelta
from enum import Enum

ASK_FOR = timedelta(hours=72)
"""After so long without a result a person takes over."""
SEND_LEASE = timedelta(seconds=30)
"""Longer than any request may take: after it an order still marked as sent has lost its worker, and is queried."""
QUERY_LEASE = timedelta(seconds=30)
REJECTED_SETTLES_AFTER = timedelta(seconds=10)
SEND_AGAIN_AFTER = timedelta(minutes=2)
SENDS_MAX = 3
PERSON_AFTER = timedelta(minutes=30)

_STEPS: tuple[tuple[timedelta, timedelta], ...] = (
    # younger than → ask again after
    (timedelta(seconds=10), timedelta(seconds=2)),
    (timedelta(minutes=1), timedelta(seconds=5)),
    (timedelta(minutes=5), timedelta(seconds=15)),
    (timedelta(minutes=30), timedelta(minutes=1)),
    (timedelta(hours=3), timedelta(minutes=10)),
    (ASK_FOR, timedelta(hours=1)),
)


def next_query_at(first_sent_at: datetime, now: datetime) -> datetime | None:
    """Say when to query next an order that was first sent at `first_sent_at`; None: after 72 h, a person."""
    age = now - first_sent_at
    return next((now + wait for younger, wait in _STEPS if age < younger), None)


class Missing(Enum):
    """What to do when the supplier knows no order of this number."""

    ASK_LATER = "ask_later"
    SEND_AGAIN = "send_again"
    FAILED = "failed"
    PERSON = "person"


def on_no_such_order(*, rejected: bool, sends: int, sent_at: datetime, now: datetime) -> Missing:
    """Judge a NoSuchOrder for an order whose last request was sent at `sent_at`, `sends` in all.

    The supplier had answered no (`rejected`) and a while later knows of no order: it failed, nobody will top up
    (a longer while when it was no only to a repeated request: the first one had got no answer).
    Without that answer the request may be lost, or may still arrive: never a refund, never another number. After
    two minutes the same request goes out under the same number, which cannot buy twice because the supplier keeps
    one order per number; after three requests and half an hour a person looks at it while the queries go on.
    """
    age = now - sent_at
    if rejected:
        enough = REJECTED_SETTLES_AFTER if sends == 1 else PERSON_AFTER
        return Missing.FAILED if age >= enough else Missing.ASK_LATER
    if sends < SENDS_MAX:
        return Missing.SEND_AGAIN if age >= SEND_AGAIN_AFTER else Missing.ASK_LATER
    return Missing.PERSON if age >= PERSON_AFTER else Missing.ASK_LATER
