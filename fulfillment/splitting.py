"""A line of several units made two, so that some of them can go another way than the rest: given back, say."""

from datetime import datetime

from sqlalchemy import Connection, Table, insert, select, text
from sqlmodel import SQLModel

from fulfillment import tables
from fulfillment.moves import note_line
from kernel.orders import LineState

_ORDER_LINE: Table = SQLModel.metadata.tables[str(tables.OrderLine.__tablename__)]
_LESS = text("""
    UPDATE order_line SET quantity = quantity - :units, total_fen = total_fen - :share_fen WHERE id = :line_id
""")
_NEXT_POSITION = text("SELECT max(position) + 1 FROM order_line WHERE order_no = :order_no")


def split(conn: Connection, order_no: str, line_id: int, units: int, now: datetime, *, actor: str) -> int | None:
    """Make `units` of a line that nobody has begun to deliver a line of their own, with their share of its price (to a
    fen, rounded down); its id. The order's lock must be held.

    None where it is begun, is no line of this order, has no more than these units, or money of it has gone back.
    """
    of_order = (_ORDER_LINE.c.id == line_id) & (_ORDER_LINE.c.order_no == order_no)
    line = conn.execute(select(_ORDER_LINE).where(of_order)).mappings().one_or_none()
    if line is None or line["state"] != LineState.WAITING or not 0 < units < line["quantity"] or line["refund_fen"]:
        return None
    share_fen = line["total_fen"] * units // line["quantity"]
    conn.execute(_LESS, {"line_id": line_id, "units": units, "share_fen": share_fen})
    position = conn.execute(_NEXT_POSITION, {"order_no": order_no}).scalar_one()
    own = {**line, "position": position, "quantity": units, "total_fen": share_fen}
    del own["id"]
    apart = int(conn.execute(insert(_ORDER_LINE).values(own).returning(_ORDER_LINE.c.id)).scalar_one())
    cause = f"{units} of {line['quantity']} units are line {apart} now"
    note_line(conn, line_id, LineState.WAITING, now, cause=cause, actor=actor)
    return apart
