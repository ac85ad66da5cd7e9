"""What is in a person's hands: order lines that somebody has to deliver or decide about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from kernel.ids import OrderNo
from kernel.money import Fen
from kernel.orders import LineState

_WAITING = text("""
    SELECT l.id, l.order_no, o.paid_at, l.product_name, l.sku_label, l.quantity, l.total_fen, l.refund_fen, l.state,
           l.note, l.fields, l.choice_labels, p.fields AS asked
    FROM order_line l JOIN orders o USING (order_no) LEFT JOIN product p ON p.id = l.product_id
    WHERE l.state = 'attention' OR (l.state = 'delivering' AND l.delivery IN ('service', 'parcel'))
    ORDER BY o.paid_at, l.id LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class InHands:
    """One line that waits for a person."""

    line_id: int
    order_no: OrderNo
    paid_at: datetime | None
    product_name: str
    sku_label: str
    quantity: int
    total_fen: Fen
    refund_fen: Fen
    state: LineState
    note: str
    given: Mapping[str, str]
    """What the buyer gave, by the field's label; choices in words."""


def waiting(conn: Connection, limit: int = 200) -> tuple[InHands, ...]:
    """List the lines that wait for a person, oldest first."""
    return tuple(
        InHands(
            line_id=row.id,
            order_no=OrderNo(row.order_no),
            paid_at=row.paid_at,
            product_name=row.product_name,
            sku_label=row.sku_label,
            quantity=row.quantity,
            total_fen=Fen(row.total_fen),
            refund_fen=Fen(row.refund_fen),
            state=LineState(row.state),
            note=row.note,
            given=in_words(row.fields, row.choice_labels, row.asked),
        )
        for row in conn.execute(_WAITING, {"limit": limit})
    )


def in_words(
    fields: Mapping[str, str], choices: Mapping[str, str], asked: Sequence[Mapping[str, str]] | None
) -> dict[str, str]:
    """What a buyer gave, by what the catalog calls each field now; its name where the product is gone."""
    labels = {field["name"]: field.get("label") or field["name"] for field in asked or ()}
    return {labels.get(name, name): str(choices.get(name, value)) for name, value in fields.items()}
