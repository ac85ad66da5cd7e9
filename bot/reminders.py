"""到货提醒: who waits for sold-out card keys, and telling each of them once when they are there again."""

import logging

from sqlalchemy import Connection, text

from bot.bootstrap import Services
from bot.tasks import TASKS, every_minute
from catalog import stock
from dialogs.facts import Reminded
from fulfillment import pushing
from fulfillment.pushing import PushKind
from kernel.ids import OpenId

log = logging.getLogger(__name__)

OF_BUYER_MAX = 20
AT_ONCE_MAX = 200

_KEEP = text("""
    INSERT INTO restock_wish (openid, sku_code, asked_at) VALUES (:openid, :sku, :now)
    ON CONFLICT (openid, sku_code) WHERE told_at IS NULL DO NOTHING
""")
_OPEN_OF = text("SELECT count(*) FROM restock_wish WHERE openid = :openid AND sku_code <> :sku AND told_at IS NULL")
# No more of them than there are keys: the others would come to an empty shelf again.
_DUE = text("""
    SELECT wish.id, wish.openid FROM (
        SELECT DISTINCT sku_code FROM restock_wish WHERE told_at IS NULL) AS wanted
    JOIN sku ON sku.code = wanted.sku_code AND sku.on_sale AND sku.paused_note IS NULL
    JOIN product ON product.id = sku.product_id AND product.on_sale
    CROSS JOIN LATERAL (SELECT count(*) AS keys FROM (
        SELECT 1 FROM card_key WHERE card_key.sku_code = wanted.sku_code AND state = 'available' LIMIT :most) few) free
    CROSS JOIN LATERAL (
        SELECT id, openid FROM restock_wish w WHERE w.sku_code = wanted.sku_code AND told_at IS NULL
        ORDER BY id LIMIT free.keys) AS wish
    ORDER BY wish.id LIMIT :most
""")
_TOLD = text("UPDATE restock_wish SET told_at = :now WHERE id = :id AND told_at IS NULL RETURNING id")
_WHAT = text("""
    SELECT product.name, sku.label FROM restock_wish wish JOIN sku ON sku.code = wish.sku_code
    JOIN product ON product.id = sku.product_id WHERE wish.id = :id
""")
_FORGET_OLD = text("DELETE FROM restock_wish WHERE asked_at < CAST(:now AS timestamptz) - interval '90 days'")


def remind(services: Services, openid: OpenId, sku: str) -> Reminded:
    """Note that a buyer waits for a SKU, unless it is there, or he waits for very many."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        if stock.count(conn, sku, most=1):
            return Reminded(sku, there=True)
        if conn.execute(_OPEN_OF, {"openid": openid, "sku": sku}).scalar_one() >= OF_BUYER_MAX:
            return Reminded(sku, too_many=True)
        conn.execute(_KEEP, {"openid": openid, "sku": sku, "now": now})
    return Reminded(sku)


@TASKS.cron("tell_restocked", every_minute(43))
def tell_restocked(services: Services) -> None:
    """Tell those who waited longest, as many as there are keys; each once, by push or with his next message."""
    now, told = services.clock.now(), 0
    with services.engine.begin() as conn:
        for row in conn.execute(_DUE, {"most": AT_ONCE_MAX}).all():
            if conn.execute(_TOLD, {"id": row.id, "now": now}).one_or_none() is None:
                continue
            push_id = pushing.ask(conn, PushKind.RESTOCKED, row.openid, None, now, about_id=row.id)
            if push_id is not None:
                services.jobs.defer(conn, "send_push", push_id=push_id)
                told += 1
        conn.execute(_FORGET_OLD, {"now": now})
    if told:
        log.info("%s buyers are told that what they waited for is there", told)


def what_of(conn: Connection, wish_id: int | None) -> str:
    """What a buyer waited for, in words; empty when it is not known any more."""
    row = conn.execute(_WHAT, {"id": wish_id}).one_or_none()
    return f"{row.name} {row.label}" if row is not None else ""
