"""Talks that the bot has alone just now: listed for operators, looked at, taken over."""

import contextlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from bot import handoffs
from bot.bootstrap import Services
from bot.work import Also
from console.desk import BotTalk, Talk
from dialogs.asking import draft_words
from dialogs.state import Collecting, Confirming, WithHuman
from dialogs.store import TalkUnavailableError
from kernel.ids import OpenId

LISTED_FOR = timedelta(hours=24)
PAGE = 30

_LIST = text("""
    SELECT t.id, t.openid, t.heard_at FROM latest_talk t
    WHERE t.heard_at > :since
      AND (CAST(:before_at AS timestamptz) IS NULL OR (t.heard_at, t.id) < (:before_at, :before_id))
      AND NOT EXISTS (SELECT 1 FROM handoff h WHERE h.openid = t.openid AND h.ended_at IS NULL)
    ORDER BY t.heard_at DESC, t.id DESC LIMIT :most
""")
_ONE = text("""
    SELECT t.id, t.openid, t.heard_at,
           (SELECT h.id FROM handoff h WHERE h.openid = t.openid AND h.ended_at IS NULL) AS handoff_id
    FROM latest_talk t WHERE t.id = :id
""")


def listed(services: Services, before: tuple[datetime, int] | None = None) -> tuple[BotTalk, ...]:
    """Those who wrote within a day and are with no person, the latest first: one more than a page, when there are
    more. `before`: the last one of the page before."""
    at, number = before or (None, 0)
    since = services.clock.now() - LISTED_FOR
    values = {"since": since, "before_at": at, "before_id": number, "most": PAGE + 1}
    with services.engine.connect() as conn:
        rows = conn.execute(_LIST, values).all()
    return tuple(_listed(services, row) for row in rows)


def _listed(services: Services, row: Row[Any]) -> BotTalk:
    said: list[dict[str, Any]] = []
    with contextlib.suppress(TalkUnavailableError):
        said = handoffs.said_lately(services, OpenId(row.openid))
    last = next((line["text"] for line in reversed(said) if line["from"] == "buyer"), "")
    return BotTalk(row.id, OpenId(row.openid), row.heard_at, last)


def one(services: Services, number: int) -> Talk | int | None:
    """A talk the bot has, to be shown as a person's would be; the number of that where a person has it by now. None:
    he has not written for a day, or is forgotten."""
    with services.engine.connect() as conn:
        row = conn.execute(_ONE, {"id": number}).one_or_none()
        if row is None or row.handoff_id is not None:
            return row.handoff_id if row is not None else None
        openid = OpenId(row.openid)
        orders = handoffs.recent_of(conn, openid)
        window = handoffs.window_of(conn, openid, row.heard_at)
    said, pending = _said(services, openid)
    return Talk(
        id=row.id,
        openid=openid,
        reason="",
        opened_at=row.heard_at,
        last_heard_at=row.heard_at,
        pending=pending,
        question="",
        left_message=False,
        transferred=False,
        transcript=[handoffs.as_told(line) for line in said],
        orders=orders,
        heard_at=row.heard_at,
        window=window,
        with_bot=True,
    )


def _said(services: Services, openid: OpenId) -> tuple[list[dict[str, Any]], str]:
    """What was said last, and the order that is being put together; nothing while Redis is away."""
    try:
        state = services.store.dialog(openid).state
        said = handoffs.said_lately(services, openid)
    except TalkUnavailableError:
        return [], ""
    state = state.resume if isinstance(state, WithHuman) else state
    shelf, _ = services.shelf.current()
    return said, draft_words(state.lines, shelf) if isinstance(state, Collecting | Confirming) else ""


def take_over(services: Services, number: int, *, by: str, also: Also) -> int | None:
    """Give such a talk to an operator; the buyer is told. The number of the talk it is from now on, also where a person
    had it already; None: there is none."""
    talk = one(services, number)
    if not isinstance(talk, Talk):
        return talk
    taken = handoffs.take_over(services, talk, by=by, also=also)
    if taken is not None:
        return taken
    there = one(services, number)
    return there if isinstance(there, int) else None
