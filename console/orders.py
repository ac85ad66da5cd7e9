"""Orders: found, shown with all that happened to them, delivered by hand and given back."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from catalog import stock, stock_care
from console import gate, notes, raw_notices, reading, render
from console.desk import Act, Also, Parts
from console.export import Export
from console.gate import Asked
from console.reading import Found, Wanted
from console.roles import Right, may
from console.showing import WORDS_MAX, record, shown
from kernel.masking import mask
from kernel.money import Fen, parse_yuan
from kernel.orders import OrderState

_CURSOR = re.compile(r"(\d{1,17})-([0-9A-Za-z]{1,32})", re.ASCII)
PATH = "/console/orders"
_SEARCH_MAX = 100
_KEYS_OPENED = 20_000
"""Of the latest keys, where only a part of one is known: the whole key is found among any number, by its hash."""
_NOTE_MAX = 200


class Orders:
    """The pages about orders."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._export = Export(parts)

    def find(self, asked: Asked) -> Response:
        """GET /console/orders."""
        wanted, kept = self._wanted(asked.request.query_params)
        with self._parts.engine.connect() as conn:
            found = reading.find(conn, wanted)
        more = urlencode({**kept, "after": _cursor(found[reading.PAGE - 1])}) if len(found) > reading.PAGE else ""
        return self._list(asked, found[: reading.PAGE], kept, more)

    def by_key(self, asked: Asked) -> Response:
        """POST /console/orders/by-key: who bought this card key. A form, since an address would keep the key."""
        words = asked.words("words", _SEARCH_MAX) or ""
        if len(words) < stock_care.FRAGMENT_MIN:
            return gate.said(PATH, "fragment")
        with self._parts.engine.connect() as conn:
            keys = stock_care.search(conn, self._parts.backroom.vault, words, most=_KEYS_OPENED)
            numbers = tuple(sorted({key.order_no for key in keys if key.order_no is not None}))
            found = reading.find(conn, Wanted(numbers=numbers)) if numbers else ()
        return self._list(asked, found[: reading.PAGE], self._wanted({})[1], "", by_key=True)

    def _list(
        self, asked: Asked, found: Sequence[Found], kept: Mapping[str, str], more: str, *, by_key: bool = False
    ) -> Response:
        view: dict[str, Any] = dict(kept)
        states = [one.value for one in OrderState]
        return shown(self._parts, asked, "orders.html", found=found, more=more, states=states, by_key=by_key, **view)

    def export(self, asked: Asked) -> Response:
        """POST /console/orders/export: all that is looked for, not this page alone."""
        return self._export.send(asked, *self._wanted(asked.form))

    def _wanted(self, query: Mapping[str, str]) -> tuple[Wanted, dict[str, str]]:
        """What is looked for, and the same as the form keeps it."""
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
        days = {"since": str(since or ""), "until": str(until or "")}
        return wanted, {"q": words, "state": state, "of": of, **days}

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
            about = [one for one in notes.of_buyer(conn, order.openid) if one.order_no in ("", order.order_no)]
            sees = may(asked.operator.role, Right.SEE_NOTICES)
            papers = reading.papers(conn, order.order_no) if sees else ()
            told = raw_notices.of_order(conn, order.order_no) if sees else ()
        full = may(asked.operator.role, Right.SEE_ACCOUNTS)
        return shown(
            self._parts,
            asked,
            "order.html",
            order=order,
            story=sorted((*happened, *told), key=lambda one: one.at),
            keys=keys,
            sold=self._parts.desk.masked_keys(order.order_no) if keys else {},
            notes=about,
            papers=papers,
            account=(lambda value: value) if full else mask,
        )

    def deliver(self, asked: Asked) -> Response:
        """POST /console/lines/{id}/done. The note, a tracking number say, may be empty."""
        act = partial(self._parts.desk.deliver, actor=asked.actor)
        return self._act(asked, "deliver", "delivered", act, asked.words("note", _NOTE_MAX), words_needed=False)

    def refund_some(self, asked: Asked) -> Response:
        """POST /console/lines/{id}/refund-some: `amount` in yuan of a line, of which `before` fen had gone back."""
        try:
            amount_fen = parse_yuan((asked.words("amount", 12) or "").removeprefix("¥"))
        except ValueError:
            amount_fen = Fen(0)
        before = gate.whole(asked.form.get("before", "").strip())

        def act(line_id: int, words: str, /, *, also: Also) -> bool:
            if amount_fen == 0 or before is None:
                return False
            return self._parts.desk.give_some(
                line_id, amount_fen, words, back_before_fen=before, actor=asked.actor, also=also
            )

        return self._act(asked, "give_some", "refunded", act, asked.words("reason", WORDS_MAX))

    def replace_key(self, asked: Asked) -> Response:
        """POST /console/lines/{id}/replace-key: another card key in place of the one numbered `key`."""
        number = gate.whole(asked.form.get("key", "").strip()) or 0

        def act(line_id: int, words: str, /, *, also: Also) -> bool:
            return self._parts.desk.replace_key(line_id, number, words, actor=asked.actor, also=also)

        return self._act(asked, "replace_key", "replaced", act, asked.words("reason", WORDS_MAX))

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
