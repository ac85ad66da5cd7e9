"""Handing a buyer to a person: the record he works from, what he writes, and the end of it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from bot.bootstrap import Services
from bot.work import Also, nothing
from console.desk import Pulse, Talk
from dialogs import replies
from dialogs.effects import OpenHandoff
from dialogs.facts import HandoffOpened
from dialogs.store import TalkUnavailableError
from fulfillment import cases, pushing
from fulfillment.pushing import PushKind, Window
from fulfillment.reading import orders_of
from kernel.cases import CaseKind
from kernel.ids import OpenId

SILENCE_ENDS_IT = timedelta(minutes=30)
WORDS_MAX = 300
"""Of what a person writes to a buyer at once: it has to fit below an answer when it cannot be pushed."""
_QUESTION_MAX = 200
_TO_THE_MINUTE = len("2026-03-02T10:00")
LINES_MAX = 200
"""Of a talk's transcript."""

_OPEN = text("""
    INSERT INTO handoff (openid, reason, opened_at, last_heard_at, heard_at, pending, question, transferred,
                         left_message, transcript, orders)
    VALUES (:openid, :reason, :now, :now, :now, :pending, :question, :transferred, :left_message,
            CAST(:transcript AS jsonb), CAST(:orders AS jsonb))
    ON CONFLICT (openid) WHERE ended_at IS NULL
    DO UPDATE SET last_heard_at = excluded.last_heard_at, heard_at = excluded.heard_at,
                  pending = excluded.pending, question = excluded.question,
                  transferred = excluded.transferred, left_message = handoff.left_message AND excluded.left_message,
                  transcript = excluded.transcript, orders = excluded.orders
""")
# An operator takes the talk himself; who comes second, or after the buyer's own 转人工, takes nothing.
_TAKE = text("""
    INSERT INTO handoff (openid, reason, opened_at, last_heard_at, heard_at, assignee, pending, question, transferred,
                         left_message, transcript, orders)
    VALUES (:openid, 'operator', :now, :now, :heard_at, :by, :pending, '', false, false,
            CAST(:transcript AS jsonb), CAST(:orders AS jsonb))
    ON CONFLICT (openid) WHERE ended_at IS NULL DO NOTHING RETURNING id
""")
_AHEAD = text("""
    SELECT count(*) FROM handoff WHERE ended_at IS NULL AND NOT transferred AND openid <> :openid AND opened_at <
        coalesce((SELECT opened_at FROM handoff WHERE openid = :openid AND ended_at IS NULL), :now)
""")
_ADD_LINE = f"""
    transcript = CASE WHEN jsonb_array_length(transcript) < {LINES_MAX}
        THEN transcript || CAST(:line AS jsonb) ELSE transcript END
"""
_HEARD = text(f"""
    UPDATE handoff SET last_heard_at = :now, heard_at = :now, {_ADD_LINE} WHERE openid = :openid AND ended_at IS NULL
""")  # noqa: S608 - constants of this file
_FLOOR = text("SELECT id, transcript FROM handoff WHERE openid = :openid AND ended_at IS NULL FOR UPDATE")
_SAY = text(f"""
    UPDATE handoff SET last_heard_at = :now, left_message = FALSE, answered_at = coalesce(answered_at, :now),
        assignee = CASE WHEN assignee = '' THEN :by ELSE assignee END, {_ADD_LINE}
    WHERE id = :id
""")  # noqa: S608 - constants of this file
_ASSIGN = text("""
    UPDATE handoff SET assignee = :name WHERE id = :id AND ended_at IS NULL AND assignee <> :name RETURNING id
""")
_WORDS = text("INSERT INTO operator_word (openid, words, said_at) VALUES (:openid, :words, :now) RETURNING id")
_WORDS_BY_ID = text("SELECT words FROM operator_word WHERE id = :id")
_END = text("UPDATE handoff SET ended_at = :now, ended_by = :by WHERE openid = :openid AND ended_at IS NULL")
_FIELDS = """
    id, openid, reason, opened_at, last_heard_at, heard_at, answered_at, assignee, ended_at, ended_by, pending,
    question, left_message, transferred, transcript, orders
"""
_WAITING = text(f"""
    SELECT {_FIELDS} FROM handoff WHERE ended_at IS NULL ORDER BY left_message DESC, opened_at LIMIT 100
""")  # noqa: S608 - a constant of this file
_ONE = text(f"SELECT {_FIELDS} FROM handoff WHERE id = :id")  # noqa: S608 - a constant of this file
_ENDED = text(f"""
    SELECT {_FIELDS} FROM handoff WHERE ended_at IS NOT NULL AND ended_at > :since ORDER BY ended_at DESC LIMIT 20
""")  # noqa: S608 - a constant of this file
# What the buyer thought of whatever he rated since the talk began.
_STARS = text("""
    SELECT round(avg(r.stars)) FROM rating r JOIN orders o USING (order_no)
    WHERE o.openid = :openid AND r.rated_at >= :since
""")
# What became of each message a person wrote. The numbers count from 1 here and in the outbox's key.
_ARRIVED = text("SELECT about_id, state, errcode, via FROM push WHERE dedupe_key = ANY(:keys)")
_SENT = text("""
    SELECT (SELECT count(*) FROM push WHERE via = 'push' AND sent_at >= :since AND dedupe_key IN (
                SELECT 'person:' || id FROM operator_word WHERE openid = :openid AND said_at >= :since))
         + (SELECT count(*) FROM push WHERE via = 'push' AND sent_at >= :since AND order_no IN (
                SELECT order_no FROM orders WHERE openid = :openid))
""")
_PULSE = text("""
    SELECT id, opened_at, last_heard_at, heard_at, assignee, left_message, jsonb_array_length(transcript) AS lines
    FROM handoff WHERE ended_at IS NULL ORDER BY id LIMIT 200
""")
_TAGS = re.compile(r"<a [^>]*>|</a>|<a [^>]*$")
# A message left at night is answered in the morning: silence does not end it.
_SILENT = text("""
    SELECT openid, transferred FROM handoff
    WHERE ended_at IS NULL AND NOT left_message AND last_heard_at < :before LIMIT 100
""")


def open_handoff(services: Services, openid: OpenId, wanted: OpenHandoff, said: str) -> HandoffOpened:
    """Put a person in charge, with the last 20 messages, the pending order, the recent orders and cases at hand.

    Asking again while one is open refreshes it. Where WeChat's own customer-service accounts are configured it is
    they who take over (`transfer`); outside of working hours nobody does, and what he writes is kept.
    """
    now = services.clock.now()
    away = not services.hours.is_open(now)
    said_so_far = said_lately(services, openid)
    said_so_far.append(_line("buyer", said, now))
    transferred = services.config.wechat.kf and not away
    with services.engine.begin() as conn:
        running = conn.execute(_FLOOR, {"openid": openid}).one_or_none()
        transcript = _joined(running.transcript if running is not None else [], said_so_far)
        recent = recent_of(conn, openid)
        ahead = conn.execute(_AHEAD, {"openid": openid, "now": now}).scalar_one()
        conn.execute(
            _OPEN,
            {
                "openid": openid,
                "reason": wanted.reason,
                "now": now,
                "pending": wanted.pending,
                "question": "；".join(part for part in (said[:_QUESTION_MAX], wanted.question) if part),
                "transferred": transferred,
                "left_message": away,
                "transcript": json.dumps(transcript, ensure_ascii=False),
                "orders": json.dumps(recent, ensure_ascii=False),
            },
        )
    return HandoffOpened(transferred, ahead, services.hours.opens_at(now) if away else None)


CASE_WORDS = {
    CaseKind.MISSING: "没到账",
    CaseKind.BAD_KEY: "卡密无效",
    CaseKind.REFUND: "退款",
    CaseKind.INVOICE: "开发票",
    CaseKind.AMEND: "改订单内容",
}
"""What a case is about, as operators read it."""


def recent_of(conn: Connection, openid: OpenId) -> list[str]:
    """His latest orders and his running cases, a line each."""
    recent = [f"{order.order_no} {replies.order_entry(order)}" for order in orders_of(conn, openid, 5)]
    return recent + [
        f"{case.number} {CASE_WORDS[case.kind]} {case.order_no}" for case in cases.running_of(conn, openid)
    ]


def said_lately(services: Services, openid: OpenId) -> list[dict[str, Any]]:
    """What he and the bot said last, as a transcript keeps it. Raises TalkUnavailableError."""
    return [_line(one.who, one.text, one.at, one.understood) for one in services.store.transcript(openid)]


def _line(who: str, text: str, at: datetime, understood: str = "", **more: Any) -> dict[str, Any]:
    line = {"from": who, "text": text[:500], "at": at.isoformat(), **more}
    return {**line, "read": understood} if understood else line


def _joined(before: Sequence[Mapping[str, Any]], latest: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A running talk's transcript goes on: what the person wrote is in it alone, what the bot said since is not."""
    last = before[-1].get("at", "") if before else ""
    heard = {(line["text"], line.get("at", "")[:_TO_THE_MINUTE]) for line in before if line["from"] == "buyer"}
    # What he wrote to the person stands in both, noted by each at a moment of its own.
    new = (line for line in latest if line["at"] > last and (line["text"], line["at"][:_TO_THE_MINUTE]) not in heard)
    return [*before, *new][-LINES_MAX:]


def heard(services: Services, openid: OpenId, said: str, understood: str = "") -> None:
    """Note what the buyer says while the bot is silent; it keeps the handoff open."""
    now = services.clock.now()
    line = json.dumps([_line("buyer", said, now, understood)], ensure_ascii=False)
    with services.engine.begin() as conn:
        conn.execute(_HEARD, {"openid": openid, "now": now, "line": line})


def say(services: Services, openid: OpenId, words: str, *, by: str = "", also: Also = nothing) -> bool:
    """Send a buyer what a person writes to him, through the outbox; from then on the person has the talk. False when
    nobody asked for a person."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        talk = conn.execute(_FLOOR, {"openid": openid}).one_or_none()
        if talk is None:
            return False
        _write_to(services, conn, talk.id, openid, words, by, now)
        also(conn)
    services.store.begin_handoff(openid, now + SILENCE_ENDS_IT)
    return True


def _write_to(
    services: Services, conn: Connection, talk_id: int, openid: OpenId, words: str, by: str, now: datetime
) -> None:
    row = conn.execute(_WORDS, {"openid": openid, "words": words, "now": now}).scalar_one()
    line = json.dumps([_line("person", words, now, by=by, word=row)], ensure_ascii=False)
    conn.execute(_SAY, {"id": talk_id, "now": now, "by": by[:32], "line": line})
    push_id = pushing.ask(conn, PushKind.PERSON, openid, None, now, about_id=row)
    services.jobs.defer(conn, "send_push", push_id=push_id)


def take_over(services: Services, bot_talk: Talk, *, by: str, also: Also = nothing) -> int | None:
    """Give a talk that the bot has alone to an operator, at his own wish; the buyer is told so by him. The number of
    the talk it is from now on; None: a person has it already, or was asked for meanwhile."""
    now, openid = services.clock.now(), bot_talk.openid
    transcript = said_lately(services, openid)
    with services.engine.begin() as conn:
        talk_id = conn.execute(
            _TAKE,
            {
                "openid": openid,
                "now": now,
                "heard_at": bot_talk.heard_at,
                "pending": bot_talk.pending,
                "by": by[:32],
                "transcript": json.dumps(transcript, ensure_ascii=False),
                "orders": json.dumps([*bot_talk.orders], ensure_ascii=False),
            },
        ).scalar_one_or_none()
        if talk_id is None:
            return None
        _write_to(services, conn, talk_id, openid, replies.person_took_over(), by, now)
        also(conn)
    services.store.begin_handoff(openid, now + SILENCE_ENDS_IT)
    return int(talk_id)


def said_by_person(conn: Connection, word_id: int | None) -> str:
    """What a person wrote, for the message that carries it."""
    return conn.execute(_WORDS_BY_ID, {"id": word_id}).scalar_one_or_none() or ""


def end(services: Services, openid: OpenId, *, by: str, also: Also = nothing) -> bool:
    """End the buyer's open handoff. `by`: buyer, operator or timeout. False when there was none."""
    with services.engine.begin() as conn:
        ended = conn.execute(_END, {"openid": openid, "now": services.clock.now(), "by": by}).rowcount > 0
        if ended:
            also(conn)
    return ended


def assign(services: Services, talk_id: int, name: str, *, also: Also = nothing) -> bool:
    """Give a running talk to an operator. False when it has ended, or is his."""
    with services.engine.begin() as conn:
        given = conn.execute(_ASSIGN, {"id": talk_id, "name": name[:32]}).rowcount > 0
        if given:
            also(conn)
    return given


def waiting(conn: Connection) -> tuple[Talk, ...]:
    """List who waits for a person, those who left a message at night first."""
    return tuple(_talk(row) for row in conn.execute(_WAITING))


def ended(conn: Connection, since: datetime) -> tuple[Talk, ...]:
    """The talks that ended lately, the latest first, with what the buyer thought of what he rated since."""
    rows = conn.execute(_ENDED, {"since": since}).all()
    return tuple(_talk(row, stars=_stars(conn, row)) for row in rows)


def talk(services: Services, talk_id: int) -> Talk | None:
    """One talk, with WeChat's window and what became of each message; of a running one also what he and the bot have
    said since."""
    with services.engine.connect() as conn:
        row = conn.execute(_ONE, {"id": talk_id}).one_or_none()
        if row is None:
            return None
        found = _with_outcomes(conn, row)
    return found if found.ended_at is not None else _with_latest(services, found)


def _with_latest(services: Services, talk: Talk) -> Talk:
    """The bot may have the talk while a message of the night waits for a person."""
    try:
        since = said_lately(services, talk.openid)
    except TalkUnavailableError:
        return talk
    new = _joined(talk.transcript, since)[len(talk.transcript) :]
    if not new:
        return talk
    heard = [datetime.fromisoformat(line["at"]) for line in new if line["from"] == "buyer"]
    window = pushing.window_after(max(heard), 0) if heard else talk.window
    return replace(talk, transcript=[*talk.transcript, *(as_told(line) for line in new)], window=window)


def _with_outcomes(conn: Connection, row: Row[Any]) -> Talk:
    keys = [f"person:{line['word']}" for line in row.transcript if "word" in line]
    arrived = {one.about_id: _outcome(one) for one in conn.execute(_ARRIVED, {"keys": keys})} if keys else {}
    window = window_of(conn, row.openid, row.heard_at or row.opened_at)
    return replace(_talk(row, arrived, _stars(conn, row)), window=window)


def window_of(conn: Connection, openid: OpenId, heard_at: datetime) -> Window:
    """Whether WeChat takes messages to him, who wrote last at `heard_at`."""
    return pushing.window_after(heard_at, conn.execute(_SENT, {"openid": openid, "since": heard_at}).scalar_one())


def pulse(conn: Connection) -> tuple[Pulse, ...]:
    """What tells that a running talk has changed, for whoever looks every second."""
    return tuple(
        Pulse(
            id=row.id,
            version=f"{row.lines} {row.assignee} {row.left_message} {row.last_heard_at}",
            waits=row.last_heard_at <= (row.heard_at or row.opened_at),
            heard_at=row.heard_at or row.opened_at,
        )
        for row in conn.execute(_PULSE)
    )


def _stars(conn: Connection, row: Row[Any]) -> int | None:
    stars = conn.execute(_STARS, {"openid": row.openid, "since": row.opened_at}).scalar_one()
    return int(stars) if stars is not None else None


def _outcome(row: Row[Any]) -> str:
    """sent, waiting, or the number WeChat refused with."""
    if row.state == "sent":
        return "sent" if row.via == "push" else "replied"
    return f"{row.state} {row.errcode}" if row.errcode else str(row.state)


def _talk(row: Row[Any], arrived: Mapping[int, str] | None = None, stars: int | None = None) -> Talk:
    return Talk(
        id=row.id,
        openid=OpenId(row.openid),
        reason=row.reason,
        opened_at=row.opened_at,
        last_heard_at=row.last_heard_at,
        pending=row.pending,
        question=row.question,
        left_message=row.left_message,
        transferred=row.transferred,
        transcript=[as_told(line, arrived or {}) for line in row.transcript],
        orders=row.orders,
        heard_at=row.heard_at or row.opened_at,
        answered_at=row.answered_at,
        assignee=row.assignee,
        ended_at=row.ended_at,
        ended_by=row.ended_by or "",
        stars=stars,
    )


def as_told(line: Mapping[str, Any], arrived: Mapping[int, str] | None = None) -> dict[str, str]:
    """A line of a transcript as operators read it, with what became of a person's message."""
    kept = {name: str(line.get(name, "")) for name in ("from", "at", "read", "by")}
    outcome = (arrived or {}).get(line.get("word", 0), "")
    return {**kept, "text": without_taps(line.get("text", "")), "outcome": outcome}


def without_taps(text: str) -> str:
    """What was said without taps and links: they are noise for whoever reads a transcript."""
    return _TAGS.sub("", text)


def silent_ones(conn: Connection, now: datetime) -> list[tuple[OpenId, bool]]:
    """List buyers whose handoff has been silent for 30 minutes, and whether WeChat's own customer service had it: then
    we only did not hear of them."""
    rows = conn.execute(_SILENT, {"before": now - SILENCE_ENDS_IT})
    return [(OpenId(row.openid), row.transferred) for row in rows]
