"""Orders: found, shown with all that happened to them, delivered by hand and given back."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from catalog import stock
from console import gate, reading, render
from console.desk import Act, Parts
from console.gate import Asked
from console.reading import Found, Wanted
from console.roles import Right, may
from console.showing import WORDS_MAX, record, shown
from kernel.masking import mask
from kernel.orders import OrderState

_CURSOR = re.compile(r"(\d{1,17})-([0-9A-Za-z]{1,32})", re.ASCII)
_SEARCH_MAX = 100
_NOTE_MAX = 200


class Orders:
    """The pages about orders."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def find(self, asked: Asked) -> Response:
        """GET /console/orders."""
        query = asked.request.query_params
        words = query.get("q", "").replace("\0", "").strip()[:_SEARCH_MAX]
        state = query.get("state", "") if query.get("state", "") in set(OrderState) else ""
        of = query.get("of", "").replace("\0", "")[:32]
        since, until = self._day(query.get("since", "")), self._day(query.get("until", ""))
        zone = self._parts.hours.zone
        wanted = Wanted(
            words=words,
            state=state,
            of=of,
            since=reading.day_span(since, zone)[0] if since else None,
            until=reading.day_span(until, zone)[1] if until else None,
            after=_after(query.get("after", "")),
        )
        with self._parts.engine.connect() as conn:
            found = reading.find(conn, wanted)
        kept: dict[str, Any] = {"q": words, "state": state, "of": of, "since": since or "", "until": until or ""}
        more = urlencode({**kept, "after": _cursor(found[reading.PAGE - 1])}) if len(found) > reading.PAGE else ""
        return shown(
            self._parts,
            asked,
            "orders.html",
            found=found[: reading.PAGE],
            more=more,
            states=[one.value for one in OrderState],
            **kept,
        )

    def _day(self, given: str) -> date | None:
        try:
            day = date.fromisoformat(given)
        except ValueError:
            return None
        return day if 2000 <= day.year <= 2100 else None

    def detail(self, asked: Asked) -> Response:
        """GET /console/orders/{order_no}."""
        order_no = asked.request.path_params["order_no"][:32]
        with self._parts.engine.connect() as conn:
            order = reading.order(conn, order_no.replace("\0", ""))
            if order is None:
                return render.problem(404, "没有这个订单", "请核对订单号。")
            happened = reading.story(conn, order.order_no)
            keys = stock.shown(conn, order.order_no)
        full = may(asked.operator.role, Right.SEE_ACCOUNTS)
        return shown(
            self._parts,
            asked,
            "order.html",
            order=order,
            story=happened,
            keys=keys,
            account=(lambda value: value) if full else mask,
        )

    def deliver(self, asked: Asked) -> Response:
        """POST /console/lines/{id}/done. The note, a tracking number say, may be empty."""
        act = partial(self._parts.desk.deliver, actor=asked.actor)
        return self._act(asked, "deliver", "delivered", act, asked.words("note", _NOTE_MAX), words_needed=False)

    def refund(self, asked: Asked) -> Response:
        """POST /console/lines/{id}/refund."""
        act = partial(self._parts.desk.give_back, actor=asked.actor)
        return self._act(asked, "give_back", "refunded", act, asked.words("reason", WORDS_MAX))

    def resend(self, asked: Asked) -> Response:
        """POST /console/lines/{id}/resend: the message about a delivered line, card keys included, once more."""
        return self._act(asked, "resend", "resent", self._parts.desk.resend, "", words_needed=False)

    def cancel(self, asked: Asked) -> Response:
        """POST /console/orders/{order_no}/cancel: an unpaid one."""
        order_no = asked.request.path_params["order_no"][:32].replace("\0", "")
        also = record(self._parts, asked, "cancel_order", f"order:{order_no}", {"state": "unpaid"}, state="cancelled")
        done = self._parts.desk.cancel(order_no, actor=asked.actor, also=also)
        return gate.said(f"/console/orders/{order_no}", "cancelled" if done else "not_now")

    def _act(
        self, asked: Asked, what: str, code: str, act: Act, words: str | None, *, words_needed: bool = True
    ) -> Response:
        line_id = asked.number("id")
        with self._parts.engine.connect() as conn:
            before = reading.line_now(conn, line_id)
        if before is None:
            return render.problem(404, "没有这一行", "请从订单页操作。")
        page = _back(asked, f"/console/orders/{before['order']}")
        if words is None or (words_needed and not words):
            return gate.said(page, "too_long" if words is None else "no_words")

        def after(conn: Connection) -> dict[str, object]:
            return reading.line_now(conn, line_id) or {}

        also = record(self._parts, asked, what, f"line:{line_id}", before, after, words=words)
        return gate.said(page, code if act(line_id, words, also=also) else "not_now")


def _back(asked: Asked, otherwise: str) -> str:
    """The page the form was on: a talk's, where it says so; else the order's own."""
    given = asked.form.get("back", "")
    return given if given and gate.own_path(given) == given else otherwise


def _cursor(last: Found) -> str:
    since_epoch = last.created_at - datetime(1970, 1, 1, tzinfo=UTC)
    return f"{since_epoch // timedelta(microseconds=1)}-{last.order_no}"


def _after(given: str) -> tuple[datetime, str] | None:
    found = _CURSOR.fullmatch(given)
    if found is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(found[1])), found[2]
