"""Held orders, released or given back; who is blocked or allowed; and what was judged lately."""

from starlette.responses import Response

from console import gate
from console.desk import Parts
from console.gate import Asked
from console.roles import Right, may
from console.showing import WORDS_MAX, record, shown
from kernel.masking import mask
from risk import lists, reading
from risk.lists import Kind, Listing
from risk.words import KINDS, LISTINGS, OUTCOMES, reasons_in_words

PATH = "/console/risk"
WHY_MAX = 100
_VALUE_MAX = 128


class RiskPages:
    """The page about orders that something speaks against."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/risk."""
        with self._parts.engine.connect() as conn:
            held = reading.holds(conn)
            listed = lists.all_of(conn)
            latest = reading.latest(conn, 50)
        full = may(asked.operator.role, Right.SEE_ACCOUNTS)
        return shown(
            self._parts,
            asked,
            "risk.html",
            held=held,
            listed=listed,
            latest=latest,
            reasons=reasons_in_words,
            outcomes=OUTCOMES,
            kinds=KINDS,
            listings=LISTINGS,
            account=(lambda value: value) if full else mask,
            why_max=WHY_MAX,
        )

    def release(self, asked: Asked) -> Response:
        """POST /console/risk/{order_no}/release."""
        order_no = _order_no(asked)
        also = record(self._parts, asked, "release_order", f"order:{order_no}", {"held": True}, None, held=False)
        done = self._parts.backroom.release_order(order_no, actor=asked.actor, also=also)
        return gate.said(PATH, "released" if done else "not_now")

    def refuse(self, asked: Asked) -> Response:
        """POST /console/risk/{order_no}/refuse: the money goes back, and the buyer is told why."""
        order_no, reason = _order_no(asked), asked.words("reason", WORDS_MAX)
        if not reason:
            return gate.said(PATH, "too_long" if reason is None else "no_words")
        also = record(self._parts, asked, "refuse_order", f"order:{order_no}", {"held": True}, None, words=reason)
        done = self._parts.backroom.refuse_order(order_no, reason, actor=asked.actor, also=also)
        return gate.said(PATH, "refused" if done else "not_now")

    def put(self, asked: Asked) -> Response:
        """POST /console/risk/lists."""
        form = asked.form
        kind, listing = form.get("kind", ""), form.get("listing", "")
        value, why = form.get("value", "").strip()[:_VALUE_MAX], asked.words("why", WHY_MAX)
        if kind not in set(Kind) or listing not in set(Listing) or not value or not why:
            return gate.said(PATH, "bad_value" if why else "no_words")
        about = f"list:{listing}:{kind}"
        also = record(self._parts, asked, "list_put", about, None, None, value=mask(value), words=why)
        done = self._parts.backroom.put_on_list(kind, value, listing, why, actor=asked.actor, also=also)
        return gate.said(PATH, "listed" if done is not None else "bad_value")

    def take_off(self, asked: Asked) -> Response:
        """POST /console/risk/lists/{id}/end."""
        number, now = asked.number("id"), self._parts.clock.now()
        with self._parts.engine.begin() as conn:
            if not lists.take_off_entry(conn, number, by=asked.actor, now=now):
                return gate.said(PATH, "not_now")
            record(self._parts, asked, "list_off", f"list:{number}")(conn)
        return gate.said(PATH, "unlisted")


def _order_no(asked: Asked) -> str:
    return str(asked.request.path_params["order_no"])[:32].replace("\0", "")
