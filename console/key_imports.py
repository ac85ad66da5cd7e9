"""Card keys from a file or pasted: looked at first, then imported by one tap; nothing lies in clear meanwhile."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from starlette.responses import Response

from catalog import key_file, key_import, key_looking
from catalog.key_file import FileRefused, KeyLines
from catalog.vault import CardSecret, Vault, VaultError
from console import gate, render, run_work, runs
from console.desk import Parts
from console.gate import Asked
from console.showing import record, shown
from console.uploads import UPLOAD_BYTES_MAX, Upload
from kernel.money import parse_yuan

KEPT_FOR = runs.LOOKED_AT_FOR
AT_ONCE_LINES = 5_000
"""So many are imported while one waits."""
IN_CASE_S = 60
"""The worker does an import that a web process was about to do and did not end."""
_SKU_MAX = 100
_SEALED_AS = "key upload"

_FORGET_OLD = text("DELETE FROM key_upload WHERE made_at < :before OR operator_id = :operator_id")
_KEEP = text("""
    INSERT INTO key_upload (operator_id, sku_code, file_name, has_header, unit_cost_fen, report, made_at)
    VALUES (:operator_id, :sku_code, :file_name, :has_header, :unit_cost_fen, :report, :now) RETURNING id
""").bindparams(bindparam("report", type_=JSONB))
_SEAL = text("UPDATE key_upload SET sealed = :sealed WHERE id = :id")
_FIND = text("""
    SELECT id, sku_code, file_name, has_header, unit_cost_fen, report, sealed FROM key_upload
    WHERE id = :id AND operator_id = :operator_id AND made_at >= :since
""")
_TAKE = text("""
    DELETE FROM key_upload WHERE id = :id AND operator_id = :operator_id AND made_at >= :since
    RETURNING id, sku_code, file_name, has_header, unit_cost_fen, sealed
""")


@dataclass(frozen=True, slots=True)
class _Given:
    """What the form says."""

    sku: str
    unit_cost_fen: int | None
    name: str
    text: str


class KeyImports:
    """The pages of an import."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def form(self, asked: Asked) -> Response:
        """GET /console/keys/import."""
        return self._form(asked, asked.request.query_params.get("sku", ""), "")

    def _form(self, asked: Asked, sku: str, problem: str) -> Response:
        with self._parts.engine.connect() as conn:
            skus = key_looking.card_skus(conn)
        most = UPLOAD_BYTES_MAX // 1024 // 1024
        status = 422 if problem else 200
        return shown(
            self._parts, asked, "keys_import.html", status, skus=skus, sku=sku, problem=problem, megabytes=most
        )

    def look(self, asked: Asked, upload: Upload | None) -> Response:
        """POST /console/keys/import: nothing is imported yet."""
        sku = (asked.words("sku", _SKU_MAX) or "").strip()
        given = _given(asked, upload, sku)
        if isinstance(given, str):
            return self._form(asked, sku, given)
        lines = key_file.key_lines(given.text, has_header=given.name.lower().endswith(".csv"))
        with self._parts.engine.connect() as conn:
            why = key_import.why_not(conn, sku)
            if why is not None or isinstance(lines, FileRefused):
                return self._form(asked, sku, str(why) if why is not None else _refused(lines))
            found = key_import.preview(conn, self._parts.backroom.vault, lines)
        report = {
            "new": found.imported,
            "duplicate": found.duplicate,
            "invalid": found.invalid,
            "problems": [str(one) for one in found.problems],
        }
        with self._parts.engine.begin() as conn:
            number = self._keep(conn, asked, given, report)
        return gate.said(f"/console/keys/uploads/{number}", "looked_at")

    def _keep(self, conn: Connection, asked: Asked, given: _Given, report: dict[str, Any]) -> int:
        now = self._parts.clock.now()
        conn.execute(_FORGET_OLD, {"before": now - KEPT_FOR, "operator_id": asked.operator.id})
        row = {
            "operator_id": asked.operator.id,
            "sku_code": given.sku,
            "file_name": given.name,
            "has_header": given.name.lower().endswith(".csv"),
            "unit_cost_fen": given.unit_cost_fen,
            "report": report,
            "now": now,
        }
        number = int(conn.execute(_KEEP, row).scalar_one())
        sealed = self._parts.backroom.vault.seal(CardSecret(given.text), _SEALED_AS, number)
        conn.execute(_SEAL, {"id": number, "sealed": sealed})
        return number

    def report(self, asked: Asked) -> Response:
        """GET /console/keys/uploads/{id}: what an import would do."""
        with self._parts.engine.connect() as conn:
            row = conn.execute(_FIND, self._mine(asked)).one_or_none()
            names = dict(key_looking.card_skus(conn))
        if row is None:
            return _gone()
        return shown(
            self._parts, asked, "keys_report.html", upload=row, report=row.report, title=names.get(row.sku_code, "")
        )

    def run(self, asked: Asked) -> Response:
        """POST /console/keys/uploads/{id}/import. A long one is done by the worker; the page tells how far it is."""
        parts, vault = self._parts, self._parts.backroom.vault
        with parts.engine.begin() as conn:
            row = conn.execute(_TAKE, self._mine(asked)).one_or_none()
            content = _opened(vault, row)
            if row is None or content is None:
                return _gone()
            lines = key_file.key_lines(content, has_header=row.has_header)
            if isinstance(lines, FileRefused) or key_import.why_not(conn, row.sku_code) is not None:
                return gate.said("/console/keys/import", "not_now")
            number = self._start(conn, asked, row, content, len(lines.lines))
            is_long = len(lines.lines) > AT_ONCE_LINES
            parts.backroom.begin_run(conn, number, after_s=0 if is_long else IN_CASE_S)
        if not is_long:
            run_work.work(parts.engine, vault, parts.clock, number)
        return gate.said(f"/console/keys/runs/{number}", "begun" if is_long else "imported")

    def _start(self, conn: Connection, asked: Asked, row: Any, content: str, lines: int) -> int:
        batch = key_import.start_batch(conn, row.sku_code, row.file_name, row.unit_cost_fen)
        told = {"file": row.file_name[:60], "batch": batch}
        record(self._parts, asked, "import_keys", f"sku:{row.sku_code}", **told)(conn)
        return runs.start(
            conn,
            self._parts.backroom.vault,
            asked.operator.id,
            runs.KEYS,
            self._parts.clock.now(),
            about=row.sku_code,
            file_name=row.file_name,
            total=lines,
            content=content,
            batch_id=batch,
            told={"has_header": row.has_header},
        )

    def bad(self, asked: Asked) -> Response:
        """POST /console/keys/uploads/{id}/bad: the bad lines of what was looked at, as they came. On record."""
        with self._parts.engine.begin() as conn:
            row = conn.execute(_FIND, self._mine(asked)).one_or_none()
            content = _opened(self._parts.backroom.vault, row)
            if row is None or content is None:
                return _gone()
            lines = key_file.key_lines(content, has_header=row.has_header)
            found = [] if isinstance(lines, FileRefused) else runs.bad_lines(lines)
            told = {"lines": len(found), "file": row.file_name[:60]}
            record(self._parts, asked, "bad_lines", f"sku:{row.sku_code}", **told)(conn)
        return runs.csv_answer(found)

    def drop(self, asked: Asked) -> Response:
        """POST /console/keys/uploads/{id}/drop."""
        with self._parts.engine.begin() as conn:
            conn.execute(_TAKE, self._mine(asked))
        return gate.said("/console/keys/import", "dropped")

    def _mine(self, asked: Asked) -> dict[str, object]:
        since = self._parts.clock.now() - KEPT_FOR
        return {"id": asked.number("id"), "operator_id": asked.operator.id, "since": since}


def _given(asked: Asked, upload: Upload | None, sku: str) -> _Given | str:
    """What was sent; a string says what is wrong with it."""
    cost = (asked.words("cost", 20) or "").strip()
    try:
        unit_cost_fen = parse_yuan(cost) if cost else None
    except ValueError:
        return "成本请写成金额，例如 9.50"
    pasted = asked.form.get("pasted", "").replace("\r\n", "\n").strip("\n")
    if upload is not None and upload.content:
        decoded = key_file.decode(upload.content)
        if isinstance(decoded, FileRefused):
            return _refused(decoded)
        return _Given(sku, unit_cost_fen, upload.name, decoded)
    if not pasted.strip():
        return "请选择文件，或把卡密粘贴到文本框"
    return _Given(sku, unit_cost_fen, "粘贴的内容", pasted)


def _refused(refused: FileRefused | KeyLines) -> str:
    if isinstance(refused, KeyLines):
        return ""
    return f"第 {refused.line} 行: {refused.reason}" if refused.line else refused.reason


def _opened(vault: Vault, row: Any) -> str | None:
    """What was uploaded; None where it is gone or does not open."""
    try:
        return vault.open(bytes(row.sealed), _SEALED_AS, row.id).secret if row is not None else None
    except VaultError:
        return None


def _gone() -> Response:
    return render.problem(404, "这次预检已经结束", "它只保留一小时，导入后也会删除。请重新上传。")
