"""Voice messages that WeChat did not write down: taken, transcribed by the worker, taken up as a turn of their own.

The buyer is told at once that he is being heard. What he said goes through the same conversation as what others type,
and its answer through the outbox: it waits where it cannot be pushed. A message pushed again is transcribed once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from bot.bootstrap import Services
from bot.jobs import Retry
from bot.tasks import TASKS
from bot.webhook import Push
from dialogs.facts import BeingHeard, Unheard
from dialogs.turn import Reply
from kernel.ids import OpenId, OrderNo

KEPT_FOR = timedelta(days=3)
"""As long as WeChat keeps the sound."""
OVERDUE_AFTER = timedelta(minutes=3)
_MEDIA_ID_MAX = 256

_LATELY = text("SELECT count(*) FROM voice WHERE openid = :openid AND taken_at > :since AND message_key <> :key")
_TAKE = text("""
    INSERT INTO voice (openid, message_key, media_ids, talk, taken_at)
    VALUES (:openid, :key, CAST(:media_ids AS jsonb), :talk, :now)
    ON CONFLICT (openid, message_key) DO NOTHING RETURNING id
""")
_FIND = text("SELECT id, openid, message_key, media_ids, talk, taken_at, done_at, answer FROM voice WHERE id = :id")
_DONE = text("""
    UPDATE voice SET done_at = :now, answer = CAST(:answer AS jsonb) WHERE id = :id AND done_at IS NULL RETURNING id
""")
_OVERDUE = text("SELECT id, openid FROM voice WHERE done_at IS NULL AND taken_at < :before ORDER BY id LIMIT 100")
_FORGET_OLD = text("DELETE FROM voice WHERE taken_at < :before")
_FORGET = text("DELETE FROM voice WHERE openid = :openid")


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice message. `standing`: what the buyer was being asked when he spoke."""

    id: int
    openid: OpenId
    message_key: str
    media_ids: tuple[str, ...]
    standing: str
    taken_at: datetime
    done: bool
    answer: Mapping[str, Any] | None


def take(services: Services, push: Push, standing: str) -> BeingHeard | Unheard:
    """Have a voice message transcribed by the worker, once, however often it is pushed."""
    if services.recogniser is None:
        return Unheard("off")
    # 16 kHz first: recognisers were trained on it (wechat.md, B).
    named = (push.fields.get("MediaId16K", ""), push.fields.get("MediaId", ""))
    media_ids = [media_id for media_id in dict.fromkeys(named) if 0 < len(media_id) <= _MEDIA_ID_MAX]
    if not media_ids:
        return Unheard("lost")
    now = services.clock.now()
    with services.engine.begin() as conn:
        about = {"openid": push.openid, "key": push.key, "now": now, "since": now - timedelta(hours=1)}
        if conn.execute(_LATELY, about).scalar_one() >= services.config.speech.per_buyer_per_hour:
            return Unheard("many")
        voice_id = conn.execute(_TAKE, {**about, "media_ids": _json(media_ids), "talk": standing}).scalar_one_or_none()
        if voice_id is not None:
            _ask_for(services, conn, voice_id, push.openid)
    return BeingHeard()


@TASKS.task("hear_voice", retry=Retry(attempts=30, factor=1.5, longest_s=10.0))
def hear_voice(services: Services, *, voice_id: int) -> None:
    """Answer one voice message, in the worker."""
    from bot import transcribing  # it holds a turn of the conversation, which asks for this task

    transcribing.hear(services, voice_id)


def _ask_for(services: Services, conn: Connection, voice_id: int, openid: str) -> None:
    # One voice of a buyer after the other: what he said first is answered first.
    services.jobs.defer(conn, "hear_voice", lock=f"voice:{openid}", queueing_lock=f"hear:{voice_id}", voice_id=voice_id)


def find(conn: Connection, voice_id: int) -> Voice | None:
    """The voice message in this row; None when it has been forgotten."""
    row = conn.execute(_FIND, {"id": voice_id}).one_or_none()
    if row is None:
        return None
    return Voice(
        row.id,
        OpenId(row.openid),
        row.message_key,
        tuple(row.media_ids),
        row.talk,
        row.taken_at,
        row.done_at is not None,
        row.answer,
    )


def finish(conn: Connection, voice: Voice, reply: Reply, now: datetime) -> bool:
    """Write down what it is answered with: words and references, never a card key. False when that has been done."""
    answer = {"t": reply.text, "k": reply.keys_of, "x": reply.transfer}
    return conn.execute(_DONE, {"id": voice.id, "now": now, "answer": _json(answer)}).one_or_none() is not None


def answer_to(conn: Connection, voice_id: int | None) -> Reply:
    """What a voice message is answered with; empty once it has been forgotten."""
    voice = find(conn, voice_id) if voice_id is not None else None
    answer = voice.answer if voice is not None else None
    if answer is None:
        return Reply()
    return Reply(answer["t"], tuple(OrderNo(order_no) for order_no in answer["k"]), answer["x"])


def ask_again(services: Services) -> None:
    """Take up voices whose job was lost."""
    with services.engine.begin() as conn:
        for row in conn.execute(_OVERDUE, {"before": services.clock.now() - OVERDUE_AFTER}).all():
            _ask_for(services, conn, row.id, row.openid)


def forget_old(services: Services) -> None:
    """Delete what was said long ago."""
    with services.engine.begin() as conn:
        conn.execute(_FORGET_OLD, {"before": services.clock.now() - KEPT_FOR})


def forget(services: Services, openid: OpenId) -> None:
    """Delete what this buyer said: he left."""
    with services.engine.begin() as conn:
        conn.execute(_FORGET, {"openid": openid})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
