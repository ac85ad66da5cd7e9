"""What our books and those of others disagree about: WeChat Pay's bills, suppliers, and the ledger itself; each seen to
by somebody, with a word on how."""

from datetime import date, timedelta

from sqlalchemy import text
from starlette.responses import Response

from console import gate
from console.desk import Parts
from console.gate import Asked
from console.showing import record, shown

PATH = "/console/books"
NOTE_MAX = 200
KINDS = ("bill", "supplier", "ledger")
SHOWN = 200

# kind, number, day or time, what it is about, what differs, our side, theirs
_DIFFERENCES = """
    SELECT * FROM (
        SELECT 'bill' AS source, id, bill_date AS day, kind AS what, out_trade_no AS about, here_fen, there_fen,
               '' AS ours, '' AS theirs, found_at
        FROM bill_difference
        UNION ALL
        SELECT 'supplier', id, day, 'supplier', supplier || ' ' || supplier_order_no, NULL, NULL, ours, theirs, found_at
        FROM supplier_difference
        UNION ALL
        SELECT 'ledger', id, CAST(found_at AS date), what, order_no, books_fen, rows_fen, '', '', found_at
        FROM ledger_difference WHERE resolved_at IS NULL) AS found
"""
_OPEN = text(f"""{_DIFFERENCES}
    WHERE NOT EXISTS (SELECT 1 FROM difference_done d WHERE d.kind = found.source AND d.ref = found.id)
    ORDER BY found_at DESC, source, id LIMIT :limit
""")  # noqa: S608 - constants of this file
_DONE = text("SELECT kind, ref, note, operator, done_at FROM difference_done ORDER BY id DESC LIMIT 30")
_THERE = text(_DIFFERENCES + " WHERE source = :kind AND id = :id")
_SETTLE = text("""
    INSERT INTO difference_done (kind, ref, note, operator, done_at) VALUES (:kind, :ref, :note, :operator, :now)
    ON CONFLICT (kind, ref) DO NOTHING RETURNING id
""")


class Books:
    """The page about differences."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/books."""
        with self._parts.engine.connect() as conn:
            found = conn.execute(_OPEN, {"limit": SHOWN}).all()
            done = conn.execute(_DONE).all()
        yesterday = self._parts.clock.now().astimezone(self._parts.hours.zone).date() - timedelta(days=1)
        return shown(self._parts, asked, "books.html", found=found, done=done, yesterday=yesterday, note_max=NOTE_MAX)

    def compare(self, asked: Asked) -> Response:
        """POST /console/books/compare: a day's bill, by the worker."""
        try:
            day = date.fromisoformat(asked.form.get("day", ""))
        except ValueError:
            return gate.said(PATH, "not_now")
        today = self._parts.clock.now().astimezone(self._parts.hours.zone).date()
        if not today - timedelta(days=90) <= day < today:
            return gate.said(PATH, "not_now")
        also = record(self._parts, asked, "compare_bill", f"bill:{day}")
        self._parts.backroom.compare_bill(day, also=also)
        return gate.said(PATH, "comparing")

    def done(self, asked: Asked) -> Response:
        """POST /console/books/{kind}/{id}: somebody has dealt with it."""
        kind, number = asked.request.path_params["kind"], asked.number("id")
        note = asked.words("note", NOTE_MAX)
        if kind not in KINDS or not note:
            return gate.said(PATH, "too_long" if note is None else "no_words")
        row = {"kind": kind, "ref": number, "note": note, "operator": asked.operator.name}
        with self._parts.engine.begin() as conn:
            if conn.execute(_THERE, {"kind": kind, "id": number}).one_or_none() is None:
                return gate.said(PATH, "not_now")
            if conn.execute(_SETTLE, {**row, "now": self._parts.clock.now()}).one_or_none() is None:
                return gate.said(PATH, "not_now")
            record(self._parts, asked, "difference_done", f"{kind}:{number}", words=note)(conn)
        return gate.said(PATH, "difference_done")
