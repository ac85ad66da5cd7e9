"""Does what `runs.py` has begun: imports keys, reads catalogs; cut off, it goes on where it stood."""

import json
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError

from catalog import key_import
from catalog.files import CatalogError
from catalog.vault import CardSecret, Vault
from console import drafts, runs
from console.goods_files import CATALOG_STEPS, products_of
from kernel.clock import Clock

_PROBLEMS_KEPT = 200
STANDS = "出错了，过一会儿自动再试"

_TAKE = text("""
    UPDATE console_run SET state = 'running' WHERE id = :id AND state IN ('waiting', 'running') RETURNING *
""")
_STEP = text("""
    UPDATE console_run SET done = :done, stage = :stage WHERE id = :id AND state = 'running' AND done < :done
""")
_STANDS = text("UPDATE console_run SET stage = :stage WHERE id = :id AND state = 'running'")
_STAGE = text("""
    UPDATE console_run SET done = :done, stage = :stage WHERE id = :id AND state = 'running'
""")
_END = text("""
    UPDATE console_run
    SET state = :state, given = :given, outcome = :outcome, ended_at = :now, done = CASE :state WHEN 'done' THEN total
        ELSE done END
    WHERE id = :id AND state = 'running'
""").bindparams(bindparam("outcome", type_=JSONB))


class _TakenError(Exception):
    """Somebody else has done this part meanwhile: a worker that was taken for dead."""


def work(engine: Engine, vault: Vault, clock: Clock, number: int) -> None:
    """Do one. One that has ended, or is forgotten, is left alone."""
    with engine.begin() as conn:
        row = conn.execute(_TAKE, {"id": number}).one_or_none()
    if row is None:
        return
    try:
        if row.kind == runs.KEYS:
            _import(engine, vault, clock, row)
        else:
            _read_catalog(engine, clock, row)
    except _TakenError:
        return
    except Exception:  # it is done again: whoever looks should know that it stands
        with suppress(SQLAlchemyError), engine.begin() as conn:
            conn.execute(_STANDS, {"id": number, "stage": STANDS})
        raise


def _import(engine: Engine, vault: Vault, clock: Clock, row: Any) -> None:
    lines = runs.lines_of(vault, row)
    with engine.connect() as conn:
        why = key_import.why_not(conn, row.about)
    if lines is None or why is not None:
        with engine.begin() as conn:
            words = str(why) if why is not None else "内容打不开了，请重新上传"
            _end(conn, clock, row, "refused", {"problems": [words]})
        return

    def also(conn: Connection, done: int) -> None:
        _step(conn, row.id, done, "导入")

    found = key_import.import_lines(engine, vault, row.about, row.batch_id, lines, after=row.done, also=also)
    told = {"new": found.imported, "duplicate": found.duplicate, "invalid": found.invalid}
    bad = runs.bad_lines(lines) if found.invalid else []
    listed = json.dumps([[one.line, one.reason, one.content] for one in bad], ensure_ascii=False)
    sealed = vault.seal(CardSecret(listed), runs.BAD_SEALED_AS, row.id) if bad else None
    problems = [f"第 {one.line} 行: {one.reason}" for one in bad[:_PROBLEMS_KEPT]]
    with engine.begin() as conn:
        _end(conn, clock, row, "done", {**told, "problems": problems}, sealed)


def _read_catalog(engine: Engine, clock: Clock, row: Any) -> None:
    def stage(number: int) -> None:
        with engine.begin() as conn:
            conn.execute(_STAGE, {"id": row.id, "done": number, "stage": CATALOG_STEPS[number]})

    try:
        stage(0)
        products = products_of(bytes(row.given), partial(stage, 1))
        stage(2)
        with engine.begin() as conn:
            draft = drafts.find(conn, row.operator_id)
            if draft is not None and draft.changed_at > row.made_at:
                words = "上传之后您又改过草稿，文件没有盖掉它；要用文件请再传一次"
                _end(conn, clock, row, "refused", {"problems": [words]})
                return
            # With the draft or not at all: begun again, its own draft would look like one that was changed meanwhile.
            drafts.put(conn, row.operator_id, products, clock.now())
            told = {"products": len(products), "skus": sum(len(one.skus) for one in products)}
            _end(conn, clock, row, "done", told)
    except CatalogError as error:
        problems = [str(one) for one in error.problems]
        with engine.begin() as conn:
            _end(conn, clock, row, "refused", {"problems": problems[:_PROBLEMS_KEPT], "count": len(problems)})


def _step(conn: Connection, number: int, done: int, stage: str) -> None:
    if conn.execute(_STEP, {"id": number, "done": done, "stage": stage}).rowcount == 0:
        raise _TakenError


def _end(
    conn: Connection, clock: Clock, row: Any, state: str, outcome: dict[str, Any], given: bytes | None = None
) -> None:
    values = {"id": row.id, "state": state, "outcome": {**row.outcome, **outcome}, "given": given}
    conn.execute(_END, {**values, "now": clock.now()})
