"""What is kept about one buyer: given out as JSON, and forgotten where no law makes us keep it.

What was bought and paid is kept for `[privacy] keep_orders_years` (电子商务法 第三十一条: three years from the end of
the transaction); everything else goes at once: what was said, cases, who he is. Then what is left of an order is its
money, under a pseudonym.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from bot import jobs, misses
from bot.bootstrap import Services
from bot.tasks import TASKS
from kernel.ids import OpenId, new_token
from payments import wallet

YEAR = timedelta(days=366)
NEVER_PAID_FOR = timedelta(days=1)
"""So long after it was closed an order that nobody paid is kept, in case somebody did."""

_ASK = text("""
    INSERT INTO erasure (openid, pseudonym, asked_at, why, due_at) VALUES (:openid, :pseudonym, :now, :why, :now)
    ON CONFLICT (openid) WHERE done_at IS NULL DO UPDATE SET asked_at = excluded.asked_at, due_at = excluded.due_at
    RETURNING id
""")
_FIND = text("SELECT id, openid, pseudonym, asked_at FROM erasure WHERE id = :id AND done_at IS NULL FOR UPDATE")
_DUE = text("SELECT id FROM erasure WHERE done_at IS NULL AND due_at <= :now ORDER BY due_at")
_LATER = text("UPDATE erasure SET due_at = :due_at WHERE id = :id")
_DONE = text("UPDATE erasure SET openid = pseudonym, done_at = :now WHERE id = :id")

_TALK = (
    "DELETE FROM voice WHERE openid = :openid AND taken_at <= :asked_at",
    "DELETE FROM handoff WHERE openid = :openid AND opened_at <= :asked_at AND ended_at IS NOT NULL",
    "DELETE FROM push WHERE openid = :openid AND order_no IS NULL AND created_at <= :asked_at",
    "DELETE FROM operator_word WHERE openid = :openid AND said_at <= :asked_at",
    "DELETE FROM restock_wish WHERE openid = :openid AND asked_at <= :asked_at",
    "DELETE FROM buyer_day WHERE openid = :openid AND day <= CAST(:asked_at AS timestamptz) + interval '14 hours'",
    "DELETE FROM latest_talk WHERE openid = :openid AND heard_at <= :asked_at",
    "DELETE FROM buyer_note WHERE openid = :openid AND at <= :asked_at",
    """DELETE FROM push WHERE openid = :openid AND kind LIKE 'case%' AND about_id IN (
        SELECT e.id FROM case_event e JOIN support_case c ON c.id = e.case_id
        WHERE c.openid = :openid AND c.state = 'closed' AND c.opened_at <= :asked_at)""",
    """DELETE FROM case_event WHERE case_id IN (
        SELECT id FROM support_case WHERE openid = :openid AND state = 'closed' AND opened_at <= :asked_at)""",
    "DELETE FROM support_case WHERE openid = :openid AND state = 'closed' AND opened_at <= :asked_at",
    "DELETE FROM misheard WHERE buyer = ANY(:misheard) AND heard_at <= :asked_at",
    "DELETE FROM risk_verdict WHERE openid = :openid AND at <= :asked_at",
    "DELETE FROM buyer WHERE openid = :openid AND changed_at <= :asked_at",
    # With money in it, it stays his: who only stopped following may come back. Its moves name the row, and stay.
    """UPDATE wallet SET openid = :pseudonym, one_tap = false
       WHERE openid = :openid AND balance_fen = 0 AND opened_at <= :asked_at
         AND NOT EXISTS (SELECT 1 FROM wallet_move m WHERE m.wallet_id = wallet.id AND m.at > :asked_at)""",
)
_TO_FORGET = text("""
    SELECT order_no FROM orders o
    WHERE openid = :openid AND created_at <= :asked_at
      AND ((paid_at IS NULL AND state IN ('cancelled', 'expired') AND stock_released_at IS NOT NULL
            AND closed_at < :never_paid_before)
           OR (state IN ('delivered', 'refunded') AND greatest(settled_at, paid_at) < :kept_since))
      AND NOT EXISTS (SELECT 1 FROM support_case c WHERE c.order_no = o.order_no AND c.state <> 'closed')
    FOR UPDATE
""")
_TOKEN = text("""
    UPDATE orders SET openid = :pseudonym, message_key = 'erased ' || order_no, token = :token
    WHERE order_no = :order_no
""")
_ORDERS = (
    """UPDATE order_line SET fields = '{}', choice_labels = '{}', account_field = '', note = ''
       WHERE order_no = ANY(:order_nos)""",
    "UPDATE order_hold SET why = '' WHERE order_no = ANY(:order_nos) AND why <> ''",
    "UPDATE supplier_order SET reason = '' WHERE order_no = ANY(:order_nos) AND reason <> ''",
    "UPDATE refund SET problem = NULL WHERE order_no = ANY(:order_nos) AND problem IS NOT NULL",
    "UPDATE push SET openid = :pseudonym, reply_key = NULL WHERE order_no = ANY(:order_nos)",
)
# He may have paid for somebody else, or opened somebody's page and not paid.
_PAYER = text("""
    UPDATE payment SET payer_openid = :pseudonym WHERE payer_openid = :openid AND created_at <= :asked_at
      AND (order_no = ANY(:order_nos) OR (state = 'paid' AND paid_at < :kept_since)
           OR (state = 'closed' AND expires_at < :never_paid_before))
""")
_LEFT = text("""
    WITH his AS (
        SELECT * FROM orders WHERE openid = CAST(:openid AS text) AND created_at <= :asked_at),
    paid AS (
        SELECT * FROM payment WHERE payer_openid = CAST(:openid AS text) AND created_at <= :asked_at),
    left_over AS (
        SELECT EXISTS (SELECT 1 FROM support_case WHERE openid = CAST(:openid AS text) AND opened_at <= :asked_at)
            OR EXISTS (SELECT 1 FROM handoff WHERE openid = CAST(:openid AS text) AND opened_at <= :asked_at)
            OR EXISTS (SELECT 1 FROM his WHERE state NOT IN ('delivered', 'refunded'))
            OR EXISTS (SELECT 1 FROM paid WHERE state <> 'paid' AND order_no NOT IN (SELECT order_no FROM his))
            AS running)
    SELECT running, (SELECT count(*) FROM his) AS orders,
           (SELECT max(coalesce(settled_at, paid_at, closed_at, created_at)) FROM his) AS latest,
           least((SELECT min(greatest(settled_at, paid_at)) FROM his WHERE settled_at IS NOT NULL),
                 (SELECT min(paid_at) FROM paid)) AS first,
           running OR EXISTS (SELECT 1 FROM his) OR EXISTS (SELECT 1 FROM paid)
           OR EXISTS (SELECT 1 FROM push WHERE openid = CAST(:openid AS text) AND created_at <= :asked_at)
           OR EXISTS (SELECT 1 FROM wallet w WHERE openid = CAST(:openid AS text) AND opened_at <= :asked_at
                      AND NOT EXISTS (SELECT 1 FROM wallet_move m WHERE m.wallet_id = w.id AND m.at > :asked_at))
           AS anything
    FROM left_over
""")


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of a buyer after it; nothing at all when `orders_kept` is 0 and nothing is `open`."""

    orders_forgotten: int
    orders_kept: int
    kept_until: datetime | None
    """When the last of them may go; by itself, then."""
    open: bool
    """An order, a case or a talk with a person still runs: it goes when it has ended."""


def ask(conn: Connection, openid: OpenId, now: datetime, *, why: str) -> int:
    """Write down that this buyer is to be forgotten; the number to give to `carry_out`. Safe to repeat."""
    values = {"openid": openid, "pseudonym": f"erased-{secrets.token_hex(8)}", "now": now, "why": why}
    return int(conn.execute(_ASK, values).scalar_one())


def carry_out(services: Services, conn: Connection, erasure_id: int) -> Erased | None:
    """Forget what may be forgotten by now of what there was when it was asked for; None when that is done already.

    Safe to repeat, and repeated every night until nothing is left. What he does afterwards (he may come back) is no
    part of it.
    """
    found = conn.execute(_FIND, {"id": erasure_id}).one_or_none()
    if found is None:
        return None
    now = services.clock.now()
    kept_for = YEAR * services.config.privacy.keep_orders_years
    about = {
        "openid": found.openid,
        "pseudonym": found.pseudonym,
        "asked_at": found.asked_at,
        "never_paid_before": now - NEVER_PAID_FOR,
        "kept_since": now - kept_for,
        "misheard": _pseudonyms(services, found.openid),
    }
    for statement in _TALK:
        conn.execute(text(statement), about)
    jobs.forget(conn, found.openid)
    order_nos = list(conn.execute(_TO_FORGET, about).scalars())
    about["order_nos"] = order_nos
    for statement in _ORDERS:
        conn.execute(text(statement), about)
    conn.execute(_PAYER, about)
    for order_no in order_nos:
        conn.execute(_TOKEN, {"order_no": order_no, "pseudonym": found.pseudonym, "token": new_token()})
    left = conn.execute(_LEFT, about).one()
    if left.anything:
        conn.execute(_LATER, {"id": found.id, "due_at": _due_at(left, now, kept_for)})
    else:
        conn.execute(_DONE, {"id": found.id, "now": now})
    kept_until = left.latest + kept_for if left.latest is not None else None
    return Erased(len(order_nos), left.orders, kept_until, left.running)


def _due_at(left: Row[Any], now: datetime, kept_for: timedelta) -> datetime:
    """When to look again: tomorrow while something runs, else when the first of what is kept may go."""
    tomorrow = now + timedelta(days=1)
    return tomorrow if left.running or left.first is None else max(tomorrow, left.first + kept_for)


def _pseudonyms(services: Services, openid: str) -> list[str]:
    """Under which he stands among what was not understood, with the secret of today and those of before."""
    app = services.config.app
    return [misses.pseudonym(key, OpenId(openid)) for key in (app.key(), *app.earlier_keys())]


@dataclass(frozen=True, slots=True)
class BalanceLeft:
    """Nothing was forgotten: his money with us has to be spent or withdrawn first, or nobody could claim it."""

    balance_fen: int


def erase(services: Services, openid: OpenId) -> Erased | BalanceLeft:
    """Forget a buyer now, his talk in Redis included."""
    with services.engine.begin() as conn:
        balance_fen = wallet.of(conn, openid, lock=True).balance_fen
        if balance_fen:
            return BalanceLeft(balance_fen)
        erasure_id = ask(conn, openid, services.clock.now(), why="asked")
        done = carry_out(services, conn, erasure_id)
    services.store.erase(openid)
    return done or Erased(0, 0, None, False)


def on_leaving(services: Services, openid: OpenId) -> None:
    """Have a job forget a buyer who follows no longer (wechat.md, A: Unsubscribe): WeChat waits for an answer."""
    with services.engine.begin() as conn:
        erasure_id = ask(conn, openid, services.clock.now(), why="left")
        services.jobs.defer(conn, "erase_buyer", queueing_lock=f"erase:{erasure_id}", erasure_id=erasure_id)


@TASKS.task("erase_buyer")
def erase_buyer(services: Services, *, erasure_id: int) -> None:
    """Forget one buyer who left."""
    with services.engine.begin() as conn:
        found = conn.execute(_FIND, {"id": erasure_id}).one_or_none()
        if found is None:
            return
        openid = OpenId(found.openid)
        carry_out(services, conn, erasure_id)
    services.store.erase(openid)


@TASKS.cron("finish_erasures", "40 19 * * *")
def finish_erasures(services: Services) -> None:
    """Forget what had to be kept until now, for everybody who is to be forgotten."""
    with services.engine.connect() as conn:
        due = conn.execute(_DUE, {"now": services.clock.now()}).scalars().all()
    for erasure_id in due:
        with services.engine.begin() as conn:
            carry_out(services, conn, erasure_id)


# ---- giving it out -------------------------------------------------------------------------------------------------

_OF_HIM: dict[str, str] = {
    "follower": "SELECT to_jsonb(t) FROM buyer t WHERE openid = :openid",
    "orders": "SELECT to_jsonb(t) - 'token' FROM orders t WHERE openid = :openid ORDER BY created_at",
    "order_lines": "SELECT to_jsonb(t) - 'cost_fen' - 'backup' - 'supplier' - 'supplier_code' FROM order_line t"
    " WHERE order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY id",
    "order_history": "SELECT to_jsonb(t) - 'hash' - 'prev_hash' FROM order_event t"
    " WHERE order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY order_no, n",
    "payments": "SELECT to_jsonb(t) - 'prepay_id' - 'code_url' FROM payment t WHERE payer_openid = :openid"
    " OR order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY id",
    "refunds": "SELECT to_jsonb(t) FROM refund t"
    " WHERE order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY id",
    "refunds_decided": "SELECT to_jsonb(t) FROM line_refund t"
    " WHERE order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY id",
    "compensation": "SELECT to_jsonb(t) FROM compensation t"
    " WHERE order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY id",
    "balance": "SELECT to_jsonb(t) FROM wallet t WHERE openid = :openid",
    "balance_moves": "SELECT to_jsonb(t) FROM wallet_move t"
    " WHERE wallet_id IN (SELECT id FROM wallet WHERE openid = :openid) ORDER BY n",
    "orders_judged": "SELECT to_jsonb(t) FROM risk_verdict t WHERE openid = :openid ORDER BY id",
    "orders_held": "SELECT to_jsonb(t) FROM order_hold t"
    " WHERE order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY order_no",
    # Of card keys, that there are some and when they were shown: he has the keys themselves.
    "card_keys": "SELECT jsonb_build_object('order_no', s.order_no, 'line_id', s.line_id, 'sold_at', s.sold_at,"
    " 'shown', (SELECT jsonb_agg(jsonb_build_object('at', shown_at, 'place', place)) FROM key_showing k"
    "           WHERE k.card_key_id = s.card_key_id)) FROM key_sale s"
    " WHERE order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY s.card_key_id",
    "messages_to_him": "SELECT to_jsonb(t) FROM push t WHERE openid = :openid ORDER BY id",
    "cases": "SELECT to_jsonb(t) || jsonb_build_object('history', (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id)"
    " FROM case_event e WHERE e.case_id = t.id)) FROM support_case t WHERE openid = :openid ORDER BY id",
    "ratings": "SELECT to_jsonb(t) FROM rating t"
    " WHERE order_no IN (SELECT order_no FROM orders WHERE openid = :openid) ORDER BY order_no",
    "talks_with_a_person": "SELECT to_jsonb(t) FROM handoff t WHERE openid = :openid ORDER BY id",
    "written_by_a_person": "SELECT to_jsonb(t) FROM operator_word t WHERE openid = :openid ORDER BY id",
    "days_he_wrote": "SELECT to_jsonb(t) FROM buyer_day t WHERE openid = :openid ORDER BY day",
    "wrote_last": "SELECT to_jsonb(t) FROM latest_talk t WHERE openid = :openid",
    "waits_for": "SELECT to_jsonb(t) FROM restock_wish t WHERE openid = :openid ORDER BY id",
    "noted_by_operators": "SELECT to_jsonb(t) FROM buyer_note t WHERE openid = :openid ORDER BY id",
    "voice_messages": "SELECT to_jsonb(t) FROM voice t WHERE openid = :openid ORDER BY id",
    "not_understood": "SELECT to_jsonb(t) FROM misheard t WHERE buyer = ANY(:misheard) ORDER BY id",
    "erasures": "SELECT to_jsonb(t) FROM erasure t WHERE openid = :openid ORDER BY id",
}


def export(services: Services, openid: OpenId) -> dict[str, Any]:
    """Everything there is about a buyer, by kind, from one moment; kinds without anything are left out."""
    about = {"openid": openid, "misheard": _pseudonyms(services, openid)}
    with services.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
        found = {kind: list(conn.execute(text(query), about).scalars()) for kind, query in _OF_HIM.items()}
    found["latest_talk"] = [asdict(line) for line in services.store.transcript(openid)]
    return {kind: rows for kind, rows in found.items() if rows}
