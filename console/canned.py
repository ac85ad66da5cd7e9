"""Answers written beforehand: what everybody has ready, with fields that the buyer's own orders fill."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text
from starlette.responses import Response

from console import gate
from console.desk import Parts
from console.gate import Asked
from console.showing import WORDS_MAX, record, shown

PATH = "/console/canned"
TITLE_MAX = 20
REPLIES_MAX = 60
FIELDS = ("订单号", "商品", "金额", "账号", "店名", "客服")
FIRST: Mapping[str, str] = {
    "问好": "您好，我是{店名}客服{客服}，请问有什么可以帮您？",
    "稍等": "好的，我马上帮您核对，请稍等几分钟。",
    "请提供订单号": "麻烦发一下订单号（回复「我的订单」可以看到），我马上帮您查。",
    "正在处理": "您的订单 {订单号}（{商品}）正在处理，到账会第一时间通知您。",
    "核对账号": "麻烦您核对一下充值账号：{账号}，对吗？",
    "已安排退款": "订单 {订单号} 的退款已经安排，原路退回，一般几分钟内到账。",
    "道歉": "很抱歉给您添麻烦了，这次我们一定尽快处理好。",
}
"""What a shop begins with."""

_FIELD = re.compile("[{｛](" + "|".join(FIELDS) + ")[}｝]")
_ALL = text("SELECT id, title, words FROM canned_reply ORDER BY id LIMIT :limit")
_COUNT = text("SELECT count(*) FROM canned_reply")
_SAVE = text("""
    INSERT INTO canned_reply (title, words, by, changed_at) VALUES (:title, :words, :by, :now)
    ON CONFLICT (title) DO UPDATE SET words = excluded.words, by = excluded.by, changed_at = excluded.changed_at
    RETURNING id
""")
_BEFORE = text("SELECT words FROM canned_reply WHERE title = :title")
_DROP = text("DELETE FROM canned_reply WHERE id = :id RETURNING title, words")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, fields and all."""

    id: int
    title: str
    words: str


def every(conn: Connection) -> tuple[Reply, ...]:
    """All of them, in the order in which they were written."""
    return tuple(Reply(*row) for row in conn.execute(_ALL, {"limit": REPLIES_MAX}))


def filled(words: str, values: Mapping[str, str]) -> str:
    """Put the buyer's values into the fields; one without a value stays, for the operator to see. Pure."""
    return _FIELD.sub(lambda found: values.get(found[1]) or found[0], words)


def unfilled(words: str) -> bool:
    """Whether a field is left that a buyer must not see."""
    return _FIELD.search(words) is not None


class Canned:
    """The page on which they are written."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/canned."""
        with self._parts.engine.connect() as conn:
            replies = every(conn)
        return shown(
            self._parts, asked, "canned.html", replies=replies, fields=FIELDS, title_max=TITLE_MAX, first=FIRST
        )

    def save(self, asked: Asked) -> Response:
        """POST /console/canned: one more, another wording under the same title, or those a shop begins with."""
        if asked.form.get("first"):
            wanted = dict(FIRST)
        else:
            title, words = asked.words("title", TITLE_MAX), asked.words("words", WORDS_MAX)
            if not title or not words:
                return gate.said(PATH, "too_long" if title is None or words is None else "no_words")
            wanted = {title: words}
        with self._parts.engine.begin() as conn:
            for title, words in wanted.items():
                if not self._saved(conn, asked, title, words):
                    return gate.said(PATH, "too_many")
        return gate.said(PATH, "canned_saved")

    def _saved(self, conn: Connection, asked: Asked, title: str, words: str) -> bool:
        before = conn.execute(_BEFORE, {"title": title}).scalar_one_or_none()
        if before is None and conn.execute(_COUNT).scalar_one() >= REPLIES_MAX:
            return False
        row = {"title": title, "words": words, "by": asked.operator.name, "now": self._parts.clock.now()}
        number = conn.execute(_SAVE, row).scalar_one()
        was = {"text": before} if before is not None else None
        record(self._parts, asked, "save_canned", f"canned:{number}", was, title=title, text=words)(conn)
        return True

    def drop(self, asked: Asked) -> Response:
        """POST /console/canned/{id}/drop."""
        with self._parts.engine.begin() as conn:
            row = conn.execute(_DROP, {"id": asked.number("id")}).one_or_none()
            if row is None:
                return gate.said(PATH, "not_now")
            was = {"title": row.title, "text": row.words}
            record(self._parts, asked, "drop_canned", f"canned:{asked.number('id')}", was)(conn)
        return gate.said(PATH, "canned_dropped")
