"""The talks the bot has alone: who they are with, what was said, and taking one over."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from console import gate
from console.desk import BotTalk, Parts, Talk
from console.gate import Asked
from console.notes import Notes
from console.showing import record, shown
from console.talks import PATH as TALKS
from console.talks import Talks, nobody

PATH = f"{TALKS}/bot"
PAGE = 30
_DIGITS_MAX = 18


class BotTalks:
    """The tab beside the inbox. Addresses name a buyer by the number of his talk: an openid belongs into none."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._talks = Talks(parts)
        self._notes = Notes(parts)

    def page(self, asked: Asked) -> Response:
        """GET /console/talks/bot."""
        return shown(self._parts, asked, "talks_bot.html", **self._listed(asked))

    def one(self, asked: Asked) -> Response:
        """GET /console/talks/bot/{id}."""
        found = self._parts.desk.bot_talk(asked.number("id"))
        if isinstance(found, Talk):
            mine = asked.operator.name
            return self._talks.show(asked, found, mine=mine, talks=(), ended=(), **self._listed(asked))
        return RedirectResponse(f"{TALKS}/{found}", status_code=303) if found is not None else nobody()

    def _listed(self, asked: Asked) -> dict[str, Any]:
        found = self._parts.desk.bot_talks(_read(asked.request.query_params.get("before", "")))
        return {"bot_talks": found[:PAGE], "more": _written(found[PAGE - 1]) if len(found) > PAGE else ""}

    def take(self, asked: Asked) -> Response:
        """POST /console/talks/bot/{id}/take: from now on it is the operator's own."""
        number, taken = asked.number("id"), []
        written = record(self._parts, asked, "take_talk", f"bot_talk:{number}", {"by": "bot"}, by="person")

        def also(conn: Connection) -> None:
            taken.append(number)
            written(conn)

        talk_id = self._parts.desk.take_over(number, by=asked.operator.name, also=also)
        if talk_id is None:
            return gate.said(PATH, "not_now")
        return gate.said(f"{TALKS}/{talk_id}", "taken" if taken else "taken_before")

    def note(self, asked: Asked) -> Response:
        """POST /console/talks/bot/{id}/note: about the buyer."""
        found = self._parts.desk.bot_talk(asked.number("id"))
        if isinstance(found, int):
            found = self._parts.desk.talk(found)
        if found is None:
            return gate.said(PATH, "not_now")
        there = f"{PATH}/{found.id}" if found.with_bot else f"{TALKS}/{found.id}"
        return self._notes.write(asked, found.openid, "", f"bot_talk:{asked.number('id')}", there)


def _written(last: BotTalk) -> str:
    return f"{int(last.heard_at.timestamp() * 1_000_000)}-{last.id}"


def _read(before: str) -> tuple[datetime, int] | None:
    """The last one of the page before; None, the first page, for what is none."""
    at, _, number = before.partition("-")
    if not all(part.isascii() and part.isdecimal() and len(part) <= _DIGITS_MAX for part in (at, number)):
        return None
    try:
        return datetime.fromtimestamp(int(at) / 1_000_000, UTC), int(number)
    except (ValueError, OverflowError, OSError):
        return None
