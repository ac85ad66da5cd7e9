"""A card key that does not work: another one of the stock in its place, told to its owner."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from catalog import key_replacing
from catalog.key_replacing import NoneLeft, NotThatKey
from catalog.model import Delivery
from fulfillment import pushing
from fulfillment.byhand import NotNow
from fulfillment.moves import note_line
from fulfillment.pushing import PushKind
from fulfillment.refunding import locked_line
from fulfillment.work import CostDue, Work
from kernel.ids import OrderNo
from kernel.orders import LineState

_GOODS = text("SELECT sku_code, cost_fen FROM order_line WHERE id = :line_id")


@dataclass(frozen=True, slots=True)
class KeyReplaced:
    """The line has another key; the buyer is told by `work`."""

    old_id: int
    new_id: int
    work: Work


def replace_key(
    conn: Connection, line_id: int, key_id: int | None, now: datetime, *, actor: str, reason: str
) -> KeyReplaced | NotNow | NotThatKey | NoneLeft:
    """Give a delivered line another key in place of one of its own (None: its only one) and tell the buyer.

    Once for each key, whoever asks at the same moment. Raises UnknownOrderError.
    """
    line = locked_line(conn, line_id)
    if line.state is not LineState.DELIVERED or line.delivery != Delivery.CARD or line.left_fen == 0:
        return NotNow(line.state)
    if key_id is None:
        has = key_replacing.keys_of_line(conn, line_id)
        if len(has) != 1:
            return NotThatKey(has)
        [key_id] = has
    goods = conn.execute(_GOODS, {"line_id": line_id}).one()
    done = key_replacing.replace(
        conn,
        order_no=line.order_no,
        line_id=line_id,
        sku_code=goods.sku_code,
        old_id=key_id,
        otherwise_fen=goods.cost_fen,
        now=now,
        reason=reason,
        actor=actor,
    )
    if not isinstance(done, key_replacing.Replaced):
        return done
    note_line(conn, line_id, line.state, now, cause=f"key {key_id} replaced: {reason}", actor=actor)
    push_id = pushing.ask(conn, PushKind.KEY_REPLACED, line.openid, line.order_no, now, about_id=done.new_id)
    costs = (
        (CostDue(OrderNo(line.order_no), f"key:{done.new_id}", done.cost_fen, from_stock=True),)
        if done.cost_fen
        else ()
    )
    work = Work(push_ids=(push_id,) if push_id is not None else (), costs=costs)
    return KeyReplaced(done.old_id, done.new_id, work)
