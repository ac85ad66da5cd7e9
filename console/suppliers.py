"""Suppliers: what is left of each deposit, whether they answer, what they charge, and what went wrong lately."""

from sqlalchemy import text
from starlette.responses import Response

from catalog import offers
from console import gate
from console.desk import Also, Parts
from console.gate import Asked
from console.showing import record, shown

PATH = "/console/suppliers"
_LOOKED_AT = 5_000
NAME_MAX = 64
WHY_MAX = 200

# Among the latest alone: a shop that fails seldom must not have all of its purchases read for twenty failures.
_FAILED = text("""
    SELECT supplier, order_no, product_code, reason, settled_at FROM (
        SELECT * FROM supplier_order ORDER BY id DESC LIMIT :looked_at) AS latest
    WHERE state = 'failed' AND sends > 0 ORDER BY id DESC LIMIT 20
""")
_OFFERS = text("""
    SELECT supplier, count(*) AS skus, count(*) FILTER (WHERE NOT available) AS missing, max(seen_at) AS seen_at
    FROM sku_offer GROUP BY supplier
""")
_PAUSED = text("""
    SELECT code, label, paused_note FROM sku WHERE on_sale AND paused_note IS NOT NULL ORDER BY code LIMIT 100
""")


class SupplierPages:
    """The page about suppliers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/suppliers."""
        found = self._parts.backroom.suppliers()
        with self._parts.engine.connect() as conn:
            failed = conn.execute(_FAILED, {"looked_at": _LOOKED_AT}).all()
            figures = {row.supplier: row for row in conn.execute(_OFFERS)}
            paused = conn.execute(_PAUSED).all()
            alerts = offers.alerts(conn)
        return shown(
            self._parts,
            asked,
            "suppliers.html",
            suppliers=found,
            failed=failed,
            figures=figures,
            paused=paused,
            alerts=alerts,
            why_max=WHY_MAX,
        )

    def ask(self, _: Asked) -> Response:
        """POST /console/suppliers/ask: their balances, now."""
        self._parts.backroom.ask_balances()
        return gate.said(PATH, "asked_balances")

    def pause(self, asked: Asked) -> Response:
        """POST /console/suppliers/pause: nothing is ordered from it any more."""
        name, why = asked.words("name", NAME_MAX), asked.words("why", WHY_MAX)
        if not name or not why:
            return gate.said(PATH, "too_long" if why is None else "no_words")
        also = self._recorded(asked, "pause_supplier", name, paused=True, why=why)
        done = self._parts.backroom.pause_supplier(name, why, by=asked.operator.name, also=also)
        return gate.said(PATH, "supplier_paused" if done else "not_now")

    def resume(self, asked: Asked) -> Response:
        """POST /console/suppliers/resume."""
        name = asked.words("name", NAME_MAX) or ""
        also = self._recorded(asked, "resume_supplier", name, paused=False)
        done = self._parts.backroom.resume_supplier(name, by=asked.operator.name, also=also)
        return gate.said(PATH, "supplier_resumed" if done else "not_now")

    def _recorded(self, asked: Asked, what: str, name: str, *, paused: bool, **more: object) -> Also:
        return record(self._parts, asked, what, f"supplier:{name}", {"paused": not paused}, None, paused=paused, **more)
