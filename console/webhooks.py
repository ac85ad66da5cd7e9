"""One address that is told what happens: changed, paused, tried, and what became of each thing it was told."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from console import gate, render, webhook_words
from console.api import endpoints
from console.api.endpoints import BadUrlError
from console.desk import Parts
from console.gate import Asked
from console.programs import NOTE_MAX, is_note, wanted_events
from console.programs import PATH as PROGRAMS
from console.showing import record, shown

PATH = f"{PROGRAMS}/webhooks"
PAGE = 50


class Webhooks:
    """The page of one endpoint. What is done is what the REST interface does, under the same names in the record."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/programs/webhooks/{id}."""
        return self._page(asked)

    def _page(self, asked: Asked, *, secret: str = "", problem: str = "", status: int = 200) -> Response:
        number, state = asked.number("id"), asked.request.query_params.get("state", "")
        state = state if state in webhook_words.STATES else ""
        with self._parts.engine.connect() as conn:
            hook = endpoints.one(conn, number)
            before = asked.query_number("before")
            found = endpoints.deliveries(conn, number, state or None, before, PAGE) if hook is not None else []
        if hook is None:
            return render.problem(404, "没有这个回调地址", "它可能已经删除。")
        return shown(
            self._parts,
            asked,
            "webhook.html",
            status,
            hook=hook,
            deliveries=found[:PAGE],
            more=found[PAGE - 1]["id"] if len(found) > PAGE else None,
            state=state,
            secret=secret,
            problem=problem,
            events=webhook_words.EVENTS,
            states=webhook_words.STATES,
            event_words=webhook_words.event,
            problem_words=webhook_words.problem,
            url_max=endpoints.URL_CHARS_MAX,
            note_max=NOTE_MAX,
            now=self._parts.clock.now(),
        )

    def change(self, asked: Asked) -> Response:
        """POST /console/programs/webhooks/{id}/change: where it is, what it is told of, what is noted."""
        url, note, events = asked.form.get("url", "").strip(), asked.form.get("note", "").strip(), wanted_events(asked)
        try:
            endpoints.check_url(url, private=self._parts.backroom.private_webhooks)
        except BadUrlError as error:
            return self._page(asked, problem=f"没有改动：{error}", status=422)
        if not is_note(note):
            return self._page(asked, problem=f"没有改动：备注最多 {NOTE_MAX} 个字，写在一行里", status=422)
        after = {"url": url, "events": events, "note": note}

        def act(conn: Connection, number: int) -> bool:
            return endpoints.change(conn, number, url=url, events=events, note=note)

        return self._act(asked, "change_webhook", "hook_changed", act, after)

    def pause(self, asked: Asked) -> Response:
        """POST /console/programs/webhooks/{id}/pause: what happens while it is paused is not kept for it."""
        return self._set_active(asked, active=False)

    def resume(self, asked: Asked) -> Response:
        """POST /console/programs/webhooks/{id}/resume: what waited goes out."""
        return self._set_active(asked, active=True)

    def _set_active(self, asked: Asked, *, active: bool) -> Response:
        def act(conn: Connection, number: int) -> bool:
            found = endpoints.one(conn, number)
            return found is not None and found["active"] != active and endpoints.change(conn, number, active=active)

        code = "hook_resumed" if active else "hook_paused"
        return self._act(asked, "change_webhook", code, act, {"active": active})

    def test(self, asked: Asked) -> Response:
        """POST /console/programs/webhooks/{id}/test: within some seconds."""

        def act(conn: Connection, number: int) -> bool:
            found = endpoints.one(conn, number)
            if found is None or not found["active"]:
                return False
            endpoints.send_test(conn, number, self._parts.clock.now())
            return True

        return self._act(asked, "test_webhook", "hook_tested", act)

    def resend(self, asked: Asked) -> Response:
        """POST /console/programs/webhooks/{id}/deliveries/{delivery}/resend: under the same message id."""
        delivery = asked.number("delivery")

        def act(conn: Connection, number: int) -> bool:
            return endpoints.send_again(conn, number, delivery, self._parts.clock.now())

        return self._act(asked, "resend_webhook", "hook_resent", act, {"delivery": delivery})

    def renew_secret(self, asked: Asked) -> Response:
        """POST /console/programs/webhooks/{id}/secret: the new one is on this answer alone."""
        with self._parts.engine.begin() as conn:
            made = endpoints.renew_secret(conn, self._parts.backroom.vault, asked.number("id"))
            if made is not None:
                record(self._parts, asked, "renew_webhook_secret", f"webhook:{made.id}")(conn)
        return self._page(asked, secret=made.secret) if made is not None else gate.said(PROGRAMS, "not_now")

    def remove(self, asked: Asked) -> Response:
        """POST /console/programs/webhooks/{id}/remove: with what waits for it and its log."""

        def act(conn: Connection, number: int) -> bool:
            return endpoints.remove(conn, number) is not None

        return self._act(asked, "remove_webhook", "hook_removed", act, back=PROGRAMS)

    def _act(
        self,
        asked: Asked,
        what: str,
        code: str,
        act: Callable[[Connection, int], bool],
        after: Mapping[str, Any] | None = None,
        back: str = "",
    ) -> Response:
        number = asked.number("id")
        with self._parts.engine.begin() as conn:
            before = endpoints.one(conn, number)
            done = before is not None and act(conn, number)
            if done and before is not None:
                known = {name: before[name] for name in ("url", "events", "note", "active")}
                record(self._parts, asked, what, f"webhook:{number}", known, None, **(after or {}))(conn)
        there = f"{PATH}/{number}" if before is not None else PROGRAMS
        return gate.said(back if back and done else there, code if done else "not_now")
