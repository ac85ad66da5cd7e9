"""Handing a buyer to a person: the record he works from, and the end of it."""

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bot.bootstrap import Services
from dialogs.turn import HandoffOpened
from fulfillment.reading import orders_of
from kernel.ids import OpenId

SILENCE_ENDS_IT = timedelta(minutes=30)

_OPEN = text("""
    INSERT INTO handoff (openid, reason, opened_at, last_heard_at, pending, transcript, orders)
    VALUES (:openid, :reason, :now, :now, :pending, CAST(:transcript AS jsonb), CAST(:orders AS jsonb))
    ON CONFLICT (openid) WHERE ended_at IS NULL
    DO UPDATE SET last_heard_at = excluded.last_heard_at, pending = excluded.pending,
                  transcript = excluded.transcript, orders = excluded.orders
""")
_AHEAD = text("SELECT count(*) FROM handoff WHERE ended_at IS NULL AND openid <> :openid")
_HEARD = text("""
    UPDATE handoff SET last_heard_at = :now,
        transcript = CASE WHEN jsonb_array_length(transcript) < 200
            THEN transcript || jsonb_build_array(jsonb_build_object('from', 'buyer', 'text', CAST(:said AS text)))
            ELSE transcript END
    WHERE openid = :openid AND ended_at IS NULL
""")
_END = text("UPDATE handoff SET ended_at = :now, ended_by = :by WHERE openid = :openid AND ended_at IS NULL")
_SILENT = text("SELECT openid FROM handoff WHERE ended_at IS NULL AND last_heard_at < :before LIMIT 100")


def open_handoff(services: Services, openid: OpenId, reason: str, pending: str) -> HandoffOpened:
    """Put a person in charge, with the last 20 messages, the pending order and the recent orders at hand.

    Asking again while one is open refreshes it. Where WeChat's own customer-service accounts are configured it is
    they who take over (`transfer`).
    """
    now = services.clock.now()
    transcript = [{"from": spoken.who, "text": spoken.text} for spoken in services.store.transcript(openid)]
    with services.engine.begin() as conn:
        recent = [order.order_no for order in orders_of(conn, openid, 5)]
        ahead = conn.execute(_AHEAD, {"openid": openid}).scalar_one()
        conn.execute(
            _OPEN,
            {
                "openid": openid,
                "reason": reason,
                "now": now,
                "pending": pending,
                "transcript": json.dumps(transcript, ensure_ascii=False),
                "orders": json.dumps(recent),
            },
        )
    return HandoffOpened(transfer=services.config.wechat.kf, ahead=ahead)


def heard(services: Services, openid: OpenId, said: str) -> None:
    """Note what the buyer says while the bot is silent; it keeps the handoff open."""
    with services.engine.begin() as conn:
        conn.execute(_HEARD, {"openid": openid, "now": services.clock.now(), "said": said[:500]})


def end(services: Services, openid: OpenId, *, by: str) -> bool:
    """End the buyer's open handoff. `by`: buyer, operator or timeout. False when there was none."""
    with services.engine.begin() as conn:
        return conn.execute(_END, {"openid": openid, "now": services.clock.now(), "by": by}).rowcount > 0


def silent_ones(conn: Connection, now: datetime) -> list[OpenId]:
    """List buyers whose handoff has been silent for 30 minutes."""
    return [OpenId(openid) for openid in conn.execute(_SILENT, {"before": now - SILENCE_ENDS_IT}).scalars()]
