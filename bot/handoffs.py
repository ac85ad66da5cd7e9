"""Handing a buyer to a person: the record he works from, what he writes, and the end of it."""

import json
import re
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bot.bootstrap import Services
from bot.work import Also, nothing
from console.desk import Talk
from dialogs import replies
from dialogs.turn import HandoffOpened, OpenHandoff
from fulfillment import cases, pushing
from fulfillment.pushing import PushKind
from fulfillment.reading import orders_of
from kernel.ids import OpenId

SILENCE_ENDS_IT = timedelta(minutes=30)
WORDS_MAX = 300
"""Of what a person writes to a buyer at once: it has to fit below an answer when it cannot be pushed."""
_QUESTION_MAX = 200

_OPEN = text("""
    INSERT INTO handoff (openid, reason, opened_at, last_heard_at, pending, question, transferred, left_message,
                         transcript, orders)
    VALUES (:openid, :reason, :now, :now, :pending, :question, :transferred, :left_message,
            CAST(:transcript AS jsonb), CAST(:orders AS jsonb))
    ON CONFLICT (openid) WHERE ended_at IS NULL
    DO UPDATE SET last_heard_at = excluded.last_heard_at, pending = excluded.pending, question = excluded.question,
                  transferred = excluded.transferred, left_message = handoff.left_message AND excluded.left_message,
                  transcript = excluded.transcript, orders = excluded.orders
""")
_AHEAD = text("""
    SELECT count(*) FROM handoff WHERE ended_at IS NULL AND NOT transferred AND openid <> :openid AND opened_at <
        coalesce((SELECT opened_at FROM handoff WHERE openid = :openid AND ended_at IS NULL), :now)
""")
_HEARD = text("""
    UPDATE handoff SET last_heard_at = :now,
        transcript = CASE WHEN jsonb_array_length(transcript) < 200
            THEN transcript || jsonb_build_array(jsonb_build_object('from', 'buyer', 'text', CAST(:said AS text)))
            ELSE transcript END
    WHERE openid = :openid AND ended_at IS NULL
""")
_SAY = text("""
    UPDATE handoff SET last_heard_at = :now, left_message = FALSE,
        transcript = CASE WHEN jsonb_array_length(transcript) < 200
            THEN transcript || jsonb_build_array(jsonb_build_object('from', 'person', 'text', CAST(:words AS text)))
            ELSE transcript END
    WHERE openid = :openid AND ended_at IS NULL
""")
_WORDS = text("INSERT INTO operator_word (openid, words, said_at) VALUES (:openid, :words, :now) RETURNING id")
_WORDS_BY_ID = text("SELECT words FROM operator_word WHERE id = :id")
_END = text("UPDATE handoff SET ended_at = :now, ended_by = :by WHERE openid = :openid AND ended_at IS NULL")
_WAITING = text("""
    SELECT id, openid, reason, opened_at, last_heard_at, pending, question, left_message, transferred, transcript,
           orders
    FROM handoff WHERE ended_at IS NULL ORDER BY left_message DESC, opened_at LIMIT 100
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
    transcript = [{"from": spoken.who, "text": spoken.text} for spoken in services.store.transcript(openid)]
    transcript.append({"from": "buyer", "text": said[:500]})
    transferred = services.config.wechat.kf and not away
    with services.engine.begin() as conn:
        recent = [f"{order.order_no} {replies.order_entry(order)}" for order in orders_of(conn, openid, 5)]
        recent += [f"{case.number} {case.kind.value} {case.order_no}" for case in cases.running_of(conn, openid)]
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


def heard(services: Services, openid: OpenId, said: str) -> None:
    """Note what the buyer says while the bot is silent; it keeps the handoff open."""
    with services.engine.begin() as conn:
        conn.execute(_HEARD, {"openid": openid, "now": services.clock.now(), "said": said[:500]})


def say(services: Services, openid: OpenId, words: str, *, also: Also = nothing) -> bool:
    """Send a buyer what a person writes to him, through the outbox; from then on the person has the talk. False when
    nobody asked for a person."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        if conn.execute(_SAY, {"openid": openid, "now": now, "words": words}).rowcount == 0:
            return False
        row = conn.execute(_WORDS, {"openid": openid, "words": words, "now": now}).scalar_one()
        push_id = pushing.ask(conn, PushKind.PERSON, openid, None, now, about_id=row)
        services.jobs.defer(conn, "send_push", push_id=push_id)
        also(conn)
    services.store.begin_handoff(openid, now + SILENCE_ENDS_IT)
    return True


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


def waiting(conn: Connection) -> tuple[Talk, ...]:
    """List who waits for a person, those who left a message at night first."""
    return tuple(
        Talk(
            id=row.id,
            openid=OpenId(row.openid),
            reason=row.reason,
            opened_at=row.opened_at,
            last_heard_at=row.last_heard_at,
            pending=row.pending,
            question=row.question,
            left_message=row.left_message,
            transferred=row.transferred,
            transcript=[
                {"from": one.get("from", ""), "text": without_taps(one.get("text", ""))} for one in row.transcript
            ],
            orders=row.orders,
        )
        for row in conn.execute(_WAITING)
    )


def without_taps(text: str) -> str:
    """What was said without taps and links: they are noise for whoever reads a transcript."""
    return _TAGS.sub("", text)


def silent_ones(conn: Connection, now: datetime) -> list[tuple[OpenId, bool]]:
    """List buyers whose handoff has been silent for 30 minutes, and whether WeChat's own customer service had it: then
    we only did not hear of them."""
    rows = conn.execute(_SILENT, {"before": now - SILENCE_ENDS_IT})
    return [(OpenId(row.openid), row.transferred) for row in rows]
