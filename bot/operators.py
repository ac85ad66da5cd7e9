"""What a person does from the command line until there is a console: goods delivered by hand, and talks handed over."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from bot import handoffs, work
from bot.bootstrap import Services
from dialogs import replies
from fulfillment import byhand
from kernel.ids import OpenId
from kernel.masking import mask
from kernel.money import format_yuan

ACTOR = "operator"

_TODO = text("""
    SELECT l.id, l.order_no, l.product_name, l.sku_label, l.quantity, l.total_fen, l.note, l.fields
    FROM order_line l JOIN orders o USING (order_no)
    WHERE l.state = 'attention' OR (l.state = 'delivering' AND l.delivery IN ('service', 'parcel'))
    ORDER BY o.paid_at LIMIT 200
""")
_WAITING = text("""
    SELECT openid, reason, opened_at, pending, transcript, orders FROM handoff WHERE ended_at IS NULL
    ORDER BY opened_at LIMIT 100
""")


def todo(services: Services) -> Iterator[str]:
    """Name the order lines that wait for a person, oldest first."""
    with services.engine.connect() as conn:
        rows = conn.execute(_TODO).all()
    for row in rows:
        given = "，".join(str(value) for value in row.fields.values())
        note = f"（{row.note}）" if row.note else ""
        yield (
            f"{row.id}\t订单 {row.order_no}\t{row.product_name} {row.sku_label} ×{row.quantity}"
            f"\t¥{format_yuan(row.total_fen)}\t{given}{note}"
        )


def done(services: Services, line_id: int, note: str) -> str | None:
    """Record that a line was delivered by hand and tell the buyer. None when the line is in nobody's hands."""
    return _decide(services, line_id, note, refund=False)


def give_back(services: Services, line_id: int, reason: str) -> str | None:
    """Refund a line because a person says so and tell the buyer. None when the line is in nobody's hands."""
    return _decide(services, line_id, reason, refund=True)


def _decide(services: Services, line_id: int, words: str, *, refund: bool) -> str | None:
    now = services.clock.now()
    with services.engine.begin() as conn:
        if refund:
            to_do = byhand.give_back(conn, line_id, now, actor=ACTOR, reason=words)
        else:
            to_do = byhand.complete(conn, line_id, now, actor=ACTOR, note=words)
        if isinstance(to_do, byhand.NotNow):
            return None
        work.enqueue(services, conn, to_do)
    return f"{line_id}：{'退款已开始' if refund else '已完成'}，会通知顾客"


def waiting(services: Services) -> Iterator[str]:
    """Name the buyers who wait for a person, with what he needs to take over."""
    with services.engine.connect() as conn:
        rows = conn.execute(_WAITING).all()
    for row in rows:
        yield f"{row.openid}\t{row.opened_at.astimezone():%m-%d %H:%M}\t{row.reason}\t{row.pending}"
        yield from (f"    {_line(line)}" for line in row.transcript[-20:])
        if row.orders:
            yield f"    订单：{'、'.join(row.orders)}"


def _line(line: dict[str, Any]) -> str:
    return f"{'顾客' if line.get('from') == 'buyer' else '机器人'}：{line.get('text', '')}".replace("\n", " ")


def end_handoff(services: Services, openid: OpenId) -> str | None:
    """Give a buyer back to the bot and tell him. None when nobody had him."""
    if not handoffs.end(services, openid, by="operator"):
        return None
    services.store.end_handoff(openid)
    services.account.send_text(openid, replies.handoff_over())
    return f"{mask(openid)}：已转回机器人"
