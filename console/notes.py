"""Notes about buyers and their orders, written by operators for each other."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text
from starlette.responses import Response

from console import gate, reading, render
from console.desk import Parts
from console.gate import Asked
from console.showing import record

WORDS_MAX = 500
SHOWN_MAX = 50

_ADD = text("""
    INSERT INTO buyer_note (openid, order_no, words, by, at) VALUES (:openid, :order_no, :words, :by, :now) RETURNING id
""")
_OF_BUYER = text("""
    SELECT id, order_no, words, by, at FROM buyer_note WHERE openid = :openid ORDER BY id DESC LIMIT :limit
""")
_DROP = text("DELETE FROM buyer_note WHERE id = :id AND (by = :by OR :anybodys) RETURNING order_no, openid, words")


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody noted. `order_no` is empty where it is about the buyer himself."""

    id: int
    order_no: str
    words: str
    by: str
    at: datetime


def add(conn: Connection, openid: str, order_no: str, words: str, by: str, now: datetime) -> int:
    """Write a note down and give its id."""
    values = {"openid": openid, "order_no": order_no, "words": words, "by": by, "now": now}
    return int(conn.execute(_ADD, values).scalar_one())


def of_buyer(conn: Connection, openid: str, limit: int = SHOWN_MAX) -> tuple[Note, ...]:
    """The notes about a buyer and his orders, the latest first."""
    return tuple(Note(*row) for row in conn.execute(_OF_BUYER, {"openid": openid, "limit": limit}))


class Notes:
    """Writing and dropping them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def about_order(self, asked: Asked) -> Response:
        """POST /console/orders/{order_no}/note."""
        order_no = asked.request.path_params["order_no"][:32].replace("\0", "")
        with self._parts.engine.connect() as conn:
            order = reading.order(conn, order_no)
        if order is None:
            return render.problem(404, "没有这个订单", "请核对订单号。")
        return self.write(asked, order.openid, order_no, f"order:{order_no}", f"/console/orders/{order_no}")

    def write(self, asked: Asked, openid: str, order_no: str, about: str, back: str) -> Response:
        """Write the form's words down as a note and go back."""
        words = asked.words("words", WORDS_MAX)
        if not words:
            return gate.said(back, "too_long" if words is None else "no_words")
        with self._parts.engine.begin() as conn:
            add(conn, openid, order_no, words, asked.operator.name, self._parts.clock.now())
            record(self._parts, asked, "note", about, words=words)(conn)
        return gate.said(back, "noted")

    def drop(self, asked: Asked) -> Response:
        """POST /console/notes/{id}/drop: one's own. `back` names the page to go to."""
        back = gate.own_path(asked.form.get("back", ""))
        with self._parts.engine.begin() as conn:
            gone = conn.execute(_DROP, {"id": asked.number("id"), "by": asked.operator.name, "anybodys": False})
            row = gone.one_or_none()
            if row is None:
                return gate.said(back, "not_now")
            about = f"order:{row.order_no}" if row.order_no else "buyer"
            record(self._parts, asked, "drop_note", about, words=row.words)(conn)
        return gate.said(back, "note_dropped")
