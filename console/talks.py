"""The inbox: buyers who asked for a person, what was said and bought, and answering them as the shop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from console import accounts, buyers, canned, gate, render
from console.desk import Finished, Parts, Talk
from console.gate import Asked
from console.notes import Notes
from console.roles import Right, may
from console.showing import WORDS_MAX, record, shown
from dialogs.store import TalkUnavailableError
from fulfillment.cases import ANSWER_WITHIN, REMEDY_WITHIN
from kernel.hours import WorkingHours
from kernel.masking import mask

PATH = "/console/talks"
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "sent": "已送达",
        "replied": "已随回复送达",
        "waiting": "发送中",
        "sending": "发送中",
        "kept": "等顾客下次来消息",
        "given_up": "没有送达",
    }
)
"""What became of a message, by the outbox's states."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is promised next in a talk, and until when."""

    what: str
    at: datetime
    late: bool


def due(talk: Talk, hours: WorkingHours, now: datetime) -> Due | None:
    """An answer within one working hour, a remedy within two; None where nothing is promised any more. Pure."""
    if talk.ended_at is not None:
        return None
    what, within = ("答复", ANSWER_WITHIN) if talk.answered_at is None else ("解决", REMEDY_WITHIN)
    at = hours.after(talk.opened_at, within)
    return Due(what, at, now > at)


class Talks:
    """The pages and what can be done on them. Addresses name a talk by its number: an openid belongs into none."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._notes = Notes(parts)

    def page(self, asked: Asked) -> Response:
        """GET /console/talks: those that wait, those that run, those that ended today."""
        return shown(self._parts, asked, "talks.html", open_talk=None, **self._listed(asked))

    def one(self, asked: Asked) -> Response:
        """GET /console/talks/{id}."""
        talk = self._parts.desk.talk(asked.number("id"))
        return self.show(asked, talk, **self._listed(asked)) if talk is not None else nobody()

    def show(self, asked: Asked, talk: Talk, **listed: Any) -> Response:
        """The page of one talk: what was said, and the buyer's card beside it."""
        now = self._parts.clock.now()
        with self._parts.engine.connect() as conn:
            card = buyers.card(self._parts, conn, talk.openid)
            ready = canned.every(conn)
            colleagues = [
                name
                for name, role, active in accounts.all_of(conn)
                if active and may(role, Right.ANSWER) and name != talk.assignee
            ]
        values = buyers.fields_of(card, self._parts.shop_name, asked.operator.name)
        return shown(
            self._parts,
            asked,
            "talk.html",
            talk=talk,
            card=card,
            due=due(talk, self._parts.hours, now) if not talk.with_bot else None,
            window_open=talk.window is not None and talk.window.is_open(now),
            ready=[(one, canned.filled(one.words, values)) for one in ready],
            colleagues=colleagues,
            account=_accounts(asked),
            outcome_words=OUTCOMES,
            **listed,
        )

    def _listed(self, asked: Asked) -> dict[str, Any]:
        now, hours = self._parts.clock.now(), self._parts.hours
        running = self._parts.desk.talks()
        mine = asked.operator.name
        # Who waits comes first, the longest waiting before the others; then one's own.
        ordered = sorted(running, key=lambda one: (not one.waits, one.assignee not in ("", mine), one.heard_at))
        return {
            "talks": [(one, due(one, hours, now)) for one in ordered],
            "ended": self._parts.desk.ended_talks(),
            "now": now,
            "mine": mine,
            "bot_talks": None,
        }

    def say(self, asked: Asked) -> Response:
        """POST /console/talks/{id}/say: words of one's own, or a canned answer by its number."""

        def act(talk: Talk) -> str:
            words = self._words(asked, talk)
            if not words:
                return "too_long" if words is None else "no_words"
            if canned.unfilled(words):
                return "unfilled"
            also = record(self._parts, asked, "say", f"talk:{talk.id}", words=words)
            return "sent" if self._parts.desk.say(talk.openid, words, by=asked.operator.name, also=also) else "not_now"

        return self._act(asked, act)

    def _words(self, asked: Asked, talk: Talk) -> str | None:
        chosen = asked.words("canned", 15)
        words = asked.words("words", WORDS_MAX)
        if words is None or not (words or chosen):
            return words
        with self._parts.engine.connect() as conn:
            if chosen:
                words = next((one.words for one in canned.every(conn) if str(one.id) == chosen), "")
            if not canned.unfilled(words):
                return words
            card = buyers.card(self._parts, conn, talk.openid)
        full = canned.filled(words, buyers.fields_of(card, self._parts.shop_name, asked.operator.name))
        return full if len(full) <= WORDS_MAX else None

    def hand(self, asked: Asked) -> Response:
        """POST /console/talks/{id}/hand: to a colleague, or to oneself."""

        def act(talk: Talk) -> str:
            name = asked.words("to", 32) or ""
            with self._parts.engine.connect() as conn:
                known = {one for one, role, active in accounts.all_of(conn) if active and may(role, Right.ANSWER)}
            if name not in known:
                return "not_now"
            before = {"assignee": talk.assignee}
            also = record(self._parts, asked, "hand_talk", f"talk:{talk.id}", before, assignee=name)
            return "handed" if self._parts.desk.assign(talk.id, name, also=also) else "not_now"

        return self._act(asked, act)

    def finish(self, asked: Asked) -> Response:
        """POST /console/talks/{id}/finish: place what waits for the buyer's 确认."""

        def act(talk: Talk) -> str:
            also = record(self._parts, asked, "finish_order", f"talk:{talk.id}")
            try:
                done = self._parts.desk.finish(talk.openid, by=asked.operator.name, also=also)
            except TalkUnavailableError:
                return "busy"
            return done.value if isinstance(done, Finished) else "not_now"

        return self._act(asked, act)

    def note(self, asked: Asked) -> Response:
        """POST /console/talks/{id}/note: about the buyer."""
        talk = self._parts.desk.talk(asked.number("id"))
        if talk is None:
            return gate.said(PATH, "not_now")
        return self._notes.write(asked, talk.openid, "", f"talk:{talk.id}", f"{PATH}/{talk.id}")

    def end(self, asked: Asked) -> Response:
        """POST /console/talks/{id}/end."""

        def act(talk: Talk) -> str:
            also = record(self._parts, asked, "end_talk", f"talk:{talk.id}", {"open": True}, open=False)
            return "ended" if self._parts.desk.end_talk(talk.openid, also=also) else "not_now"

        return self._act(asked, act, back=PATH)

    def _act(self, asked: Asked, act: Callable[[Talk], str], back: str = "") -> Response:
        talk = self._parts.desk.talk(asked.number("id"))
        if talk is None:
            return gate.said(PATH, "not_now")
        code = act(talk) if talk.ended_at is None else "not_now"
        return gate.said(back if back and code != "not_now" else f"{PATH}/{talk.id}", code)


def nobody() -> Response:
    """What is shown for a talk that is not there."""
    return render.problem(404, "没有这个会话", "它可能已经按顾客的要求删除，或一天没有新消息。")


def _accounts(asked: Asked) -> Callable[[str], str]:
    return (lambda value: value) if may(asked.operator.role, Right.SEE_ACCOUNTS) else mask
