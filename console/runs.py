"""What takes longer than a page: begun, how far it has come, what became of it, and the lines that were bad."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from starlette.responses import Response

from catalog import key_looking
from catalog.key_file import BadLine, FileRefused, KeyLines, key_lines
from catalog.vault import CardSecret, Vault, VaultError
from console import gate, render
from console.desk import Parts
from console.export import safe
from console.gate import Asked
from console.showing import record, shown

KEPT_FOR = timedelta(days=1)
"""The report of an ended one, with its bad lines."""
LOOKED_AT_FOR = timedelta(hours=1)
"""Keys that were looked at and not imported."""
GIVEN_UP_AFTER = timedelta(days=2)
BAD_LINES_MAX = 50_000
SEALED_AS = "console run"
BAD_SEALED_AS = "bad lines"
KEYS, CATALOG = "keys", "catalog"
_SHOWN_MAX = 200

_START = text("""
    INSERT INTO console_run (operator_id, kind, about, file_name, state, stage, done, total, batch_id, outcome, made_at)
    VALUES (:operator_id, :kind, :about, :file_name, 'waiting', '', 0, :total, :batch_id, :outcome, :now) RETURNING id
""").bindparams(bindparam("outcome", type_=JSONB))
_GIVE = text("UPDATE console_run SET given = :given WHERE id = :id")
_FIND = text("SELECT * FROM console_run WHERE id = :id AND kind = :kind")
_LATEST = text("""
    SELECT r.id, r.kind, r.about, r.file_name, r.state, r.stage, r.done, r.total, r.batch_id, r.made_at, o.name AS who
    FROM console_run r JOIN operator o ON o.id = r.operator_id
    WHERE kind = :kind AND (ended_at IS NULL OR kind = 'catalog') ORDER BY r.id DESC LIMIT 10
""")
_FORGET = text("DELETE FROM console_run WHERE ended_at < :ended OR made_at < :given_up")
_FORGET_LOOKED_AT = text("DELETE FROM key_upload WHERE made_at < :before")


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that holds no usable key, as it came."""

    line: int
    reason: str
    content: str


def start(
    conn: Connection,
    vault: Vault,
    operator_id: int,
    kind: str,
    now: datetime,
    *,
    about: str,
    file_name: str,
    total: int,
    content: str | bytes,
    batch_id: int | None = None,
    told: Mapping[str, Any] | None = None,
) -> int:
    """Write down what is to be done and give its number. A text is sealed: it holds keys."""
    row = {"operator_id": operator_id, "kind": kind, "about": about, "file_name": file_name, "total": total}
    number = int(
        conn.execute(_START, {**row, "batch_id": batch_id, "outcome": dict(told or {}), "now": now}).scalar_one()
    )
    given = vault.seal(CardSecret(content), SEALED_AS, number) if isinstance(content, str) else content
    conn.execute(_GIVE, {"id": number, "given": given})
    return number


def going_on(conn: Connection, kind: str) -> list[Any]:
    """Those of a kind that have not ended, and catalogs that were read lately."""
    return list(conn.execute(_LATEST, {"kind": kind}))


def forget_old(conn: Connection, now: datetime) -> None:
    """Forget reports after a day, and keys that were looked at an hour ago."""
    conn.execute(_FORGET, {"ended": now - KEPT_FOR, "given_up": now - GIVEN_UP_AFTER})
    conn.execute(_FORGET_LOOKED_AT, {"before": now - LOOKED_AT_FOR})


def bad_lines(lines: KeyLines) -> list[Bad]:
    """The lines that hold no usable key."""
    found = (one for _, one in lines.read() if isinstance(one, BadLine))
    return [Bad(one.line, one.reason, lines.lines[one.line - 1]) for one in islice(found, BAD_LINES_MAX)]


def as_csv(bad: list[Bad]) -> bytes:
    """Bad lines as a file that spreadsheets open, no cell a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["行", "原因", "原文"])
    writer.writerows([one.line, one.reason, safe(one.content)] for one in bad)
    return buffer.getvalue().encode("utf-8-sig")


class Runs:
    """The pages of what is worked on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def keys(self, asked: Asked) -> Response:
        """GET /console/keys/runs/{id}: an import of keys."""
        return self._page(asked, KEYS)

    def catalog(self, asked: Asked) -> Response:
        """GET /console/goods/runs/{id}: a catalog that is read."""
        return self._page(asked, CATALOG)

    def _page(self, asked: Asked, kind: str) -> Response:
        with self._parts.engine.connect() as conn:
            row = conn.execute(_FIND, {"id": asked.number("id"), "kind": kind}).one_or_none()
            names = dict(key_looking.card_skus(conn)) if row is not None and kind == KEYS else {}
        if row is None:
            return render.problem(404, "没有这次导入", "结果只保留一天；导入过的卡密在卡密页的导入记录里。")
        return shown(
            self._parts,
            asked,
            "run.html",
            run=row,
            outcome=row.outcome,
            title=names.get(row.about, row.about),
            mine=row.operator_id == asked.operator.id,
            percent=100 * row.done // row.total if row.total else 0,
            problems=row.outcome.get("problems", [])[:_SHOWN_MAX],
        )

    def bad(self, asked: Asked) -> Response:
        """POST /console/keys/runs/{id}/bad: the bad lines of one's own import, as they came. On record."""
        with self._parts.engine.begin() as conn:
            row = conn.execute(_FIND, {"id": asked.number("id"), "kind": KEYS}).one_or_none()
            bad = _opened(self._parts.backroom.vault, row) if row is not None else None
            if row is None or bad is None or row.operator_id != asked.operator.id:
                return gate.said("/console/keys", "not_now")
            record(self._parts, asked, "bad_lines", f"sku:{row.about}", lines=len(bad), file=row.file_name[:60])(conn)
        return csv_answer(bad)


def csv_answer(bad: list[Bad]) -> Response:
    """Bad lines as a download."""
    headers = {**render.HEADERS, "Content-Disposition": 'attachment; filename="bad-lines.csv"'}
    return Response(as_csv(bad), media_type="text/csv; charset=utf-8", headers=headers)


def _opened(vault: Vault, row: Any) -> list[Bad] | None:
    if row.state != "done" or row.given is None:
        return None
    try:
        return [Bad(*one) for one in json.loads(vault.open(bytes(row.given), BAD_SEALED_AS, row.id).secret)]
    except VaultError:
        return None


def lines_of(vault: Vault, row: Any) -> KeyLines | None:
    """The lines of keys that are to be imported; None: they do not open."""
    try:
        content = vault.open(bytes(row.given), SEALED_AS, row.id).secret
    except VaultError:
        return None
    found = key_lines(content, has_header=bool(row.outcome.get("has_header")))
    return None if isinstance(found, FileRefused) else found
