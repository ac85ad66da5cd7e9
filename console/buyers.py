"""The buyer's card beside a talk: what he bought, what became of it, his cases, and what was noted about him."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from console import notes, reading
from console.desk import Parts
from console.notes import Note
from console.reading import Found, Happened, OrderDetail, Wanted
from fulfillment import cases
from kernel.cases import Case
from kernel.ids import OpenId
from risk import reading as risks
from risk.words import reasons_in_words

ORDERS_SHOWN = 5
_STORY_SHOWN = 8

_SUMS = text("""
    SELECT count(*) AS orders, count(paid_at) AS paid, coalesce(sum(total_fen) FILTER (WHERE paid_at IS NOT NULL), 0)
        AS paid_fen, count(*) FILTER (WHERE state = 'refunded') AS refunded, min(created_at) AS first_at
    FROM orders WHERE openid = :openid
""")
_FOLLOWS = text("SELECT subscribed, first_seen_at FROM buyer WHERE openid = :openid")
_STARS = text("""
    SELECT round(avg(r.stars), 1) FROM rating r JOIN orders o USING (order_no) WHERE o.openid = :openid
""")


@dataclass(frozen=True, slots=True)
class BuyerCard:
    """Everything about one buyer on one page."""

    orders: int
    paid: int
    paid_fen: int
    refunded: int
    first_at: datetime | None
    follows: bool
    stars: float | None
    latest: Sequence[Found]
    order: OrderDetail | None
    """The latest in full, with its last moves and its keys, hidden but for their ends."""
    story: Sequence[Happened]
    keys: Mapping[int, Sequence[tuple[int, str]]]
    cases: Sequence[Case]
    risk: str
    """What speaks against the latest order, in words; empty where nothing does."""
    notes: Sequence[Note]


def card(parts: Parts, conn: Connection, openid: OpenId) -> BuyerCard:
    """Read a buyer's card."""
    sums = conn.execute(_SUMS, {"openid": openid}).one()
    follows = conn.execute(_FOLLOWS, {"openid": openid}).one_or_none()
    stars = conn.execute(_STARS, {"openid": openid}).scalar_one()
    latest = reading.find(conn, Wanted(words=openid))[:ORDERS_SHOWN]
    order = reading.order(conn, latest[0].order_no) if latest else None
    return BuyerCard(
        orders=sums.orders,
        paid=sums.paid,
        paid_fen=int(sums.paid_fen),
        refunded=sums.refunded,
        first_at=follows.first_seen_at if follows is not None else sums.first_at,
        follows=follows is None or follows.subscribed,
        stars=float(stars) if stars is not None else None,
        latest=latest,
        order=order,
        story=reading.story(conn, order.order_no)[-_STORY_SHOWN:] if order is not None else (),
        keys=parts.desk.masked_keys(order.order_no) if order is not None else {},
        cases=cases.running_of(conn, openid),
        risk=_risk(conn, order.order_no) if order is not None else "",
        notes=notes.of_buyer(conn, openid),
    )


def _risk(conn: Connection, order_no: str) -> str:
    found = risks.verdict_of(conn, order_no)
    return reasons_in_words(found.verdict.reasons) if found is not None else ""


def fields_of(card: BuyerCard, shop_name: str, operator: str) -> dict[str, str]:
    """What canned answers are filled with: the latest order's values. Pure."""
    values = {"店名": shop_name, "客服": operator}
    if card.order is None:
        return values
    first = card.order.lines[0] if card.order.lines else None
    values["订单号"] = card.order.order_no
    values["金额"] = f"¥{card.order.total_fen / 100:.2f}"
    if first is not None:
        values["商品"] = first.name
        values["账号"] = next(iter(first.given.values()), "")
    return values
