"""Buyers who asked for a person: what was said, what they bought, and answering them as the shop."""

from starlette.responses import Response

from console import gate
from console.desk import Parts, Talk
from console.gate import Asked
from console.showing import WORDS_MAX, record, shown

PATH = "/console/talks"


class Talks:
    """The page and what can be done on it. Addresses name a talk by its number: an openid belongs into none."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/talks."""
        return shown(self._parts, asked, "talks.html", talks=self._parts.desk.talks())

    def say(self, asked: Asked) -> Response:
        """POST /console/talks/{id}/say."""
        words = asked.words("words", WORDS_MAX)
        if not words:
            return gate.said(PATH, "too_long" if words is None else "no_words")
        talk = self._talk(asked)
        if talk is None:
            return gate.said(PATH, "not_now")
        also = record(self._parts, asked, "say", f"talk:{talk.id}", words=words)
        return gate.said(
            PATH, "sent" if self._parts.desk.say(talk.openid, words, by=asked.operator.name, also=also) else "not_now"
        )

    def end(self, asked: Asked) -> Response:
        """POST /console/talks/{id}/end."""
        talk = self._talk(asked)
        if talk is None:
            return gate.said(PATH, "not_now")
        also = record(self._parts, asked, "end_talk", f"talk:{talk.id}", {"open": True}, open=False)
        return gate.said(PATH, "ended" if self._parts.desk.end_talk(talk.openid, also=also) else "not_now")

    def _talk(self, asked: Asked) -> Talk | None:
        wanted = asked.number("id")
        return next((talk for talk in self._parts.desk.talks() if talk.id == wanted), None)
