"""Background work on real processes and a real database."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from bot import embedded, jobs
from bot.database import make_engine
from bot.embedded import postgres
from bot.embedded.locks import Here
from bot.jobs import Jobs, JobWorker, Retry, Tasks, create_schema, run_pending, workers_alive

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Notes:
    """What the jobs of a test did, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.fail_times = 0


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def tasks() -> Tasks:
    tasks = Tasks()

    @tasks.task("note", retry=Retry(attempts=3, first_s=10))
    def note(notes: Notes, *, line: str) -> None:
        if notes.fail_times > 0:
            notes.fail_times -= 1
            raise OSError("no answer")
        notes.lines.append(line)

    return tasks


def status(engine: Engine) -> list[str]:
    with engine.begin() as conn:
        return list(conn.scalars(text("SELECT status::text FROM procrastinate_jobs ORDER BY id")))


def test_a_job_comes_with_its_transaction_or_not_at_all(engine: Engine, tasks: Tasks, notes: Notes) -> None:
    with engine.connect() as conn:
        Jobs(tasks).defer(conn, "note", line="rolled back")
        conn.rollback()
        Jobs(tasks).defer(conn, "note", line="committed")
        conn.commit()
    assert [done.error for done in run_pending(engine, tasks, notes, NOW)] == [None]
    assert notes.lines == ["committed"]


def test_a_job_for_later_waits_for_its_hour(engine: Engine, tasks: Tasks, notes: Notes) -> None:
    with engine.begin() as conn:
        Jobs(tasks).defer(conn, "note", at=NOW + timedelta(minutes=15), line="expire")
    assert run_pending(engine, tasks, notes, NOW + timedelta(minutes=14)) == []
    run_pending(engine, tasks, notes, NOW + timedelta(minutes=15))
    assert notes.lines == ["expire"]


def test_a_failing_job_is_done_again_later_and_given_up_in_the_end(engine: Engine, tasks: Tasks, notes: Notes) -> None:
    notes.fail_times = 2
    with engine.begin() as conn:
        Jobs(tasks).defer(conn, "note", line="third time")
    assert len(run_pending(engine, tasks, notes, NOW)) == 1
    assert run_pending(engine, tasks, notes, NOW + timedelta(seconds=9)) == []
    run_pending(engine, tasks, notes, NOW + timedelta(seconds=10))
    run_pending(engine, tasks, notes, NOW + timedelta(seconds=30))
    assert notes.lines == ["third time"]

    notes.fail_times = 3
    with engine.begin() as conn:
        Jobs(tasks).defer(conn, "note", line="never")
    for hours in range(5):
        run_pending(engine, tasks, notes, NOW + timedelta(hours=hours))
    assert status(engine) == ["succeeded", "failed"]


def test_a_waiting_duplicate_is_not_added_and_breaks_no_transaction(engine: Engine, tasks: Tasks, notes: Notes) -> None:
    with engine.begin() as conn:
        assert Jobs(tasks).defer(conn, "note", queueing_lock="menu", line="first")
        assert Jobs(tasks).defer(conn, "note", queueing_lock="menu", line="second") is None
        assert Jobs(tasks).defer(conn, "note", line="other")
    run_pending(engine, tasks, notes, NOW)
    assert notes.lines == ["first", "other"]


def test_jobs_of_one_lock_keep_their_order_when_the_first_must_wait(engine: Engine, tasks: Tasks, notes: Notes) -> None:
    notes.fail_times = 1
    with engine.begin() as conn:
        Jobs(tasks).defer(conn, "note", lock="order:1", line="first")
        Jobs(tasks).defer(conn, "note", lock="order:1", line="second")
    run_pending(engine, tasks, notes, NOW)
    assert notes.lines == []
    run_pending(engine, tasks, notes, NOW + timedelta(seconds=10))
    assert notes.lines == ["first", "second"]


def test_a_job_for_later_may_not_hold_up_the_others_of_its_lock(engine: Engine, tasks: Tasks) -> None:
    with engine.begin() as conn, pytest.raises(ValueError, match="must not hold a lock"):
        Jobs(tasks).defer(conn, "note", at=NOW, lock="order:1", line="x")
    with engine.begin() as conn, pytest.raises(ValueError, match="no task is called"):
        Jobs(tasks).defer(conn, "nothing", line="x")


@contextmanager
def working(engine: Engine, tasks: Tasks, services: object) -> Iterator[JobWorker]:
    worker = JobWorker(engine, tasks, services, threads=4)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(60)
        assert not thread.is_alive(), "the worker did not stop"


def wait_for(condition: Any, seconds: float = 60.0) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "waited too long"
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_worker_starts_a_job_at_once_and_runs_cron_tasks(
    engine: Engine, tasks: Tasks, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "POLL_EVERY_S", 600.0)  # so it is the notice of the commit that starts the job
    rounds: list[float] = []

    @tasks.cron("tick", "* * * * * */1")
    def tick(_: Notes) -> None:
        rounds.append(time.monotonic())

    with working(engine, tasks, notes):
        wait_for(lambda: alive(engine) == 1)
        time.sleep(0.3)
        with engine.begin() as conn:
            Jobs(tasks).defer(conn, "note", line="now")
        wait_for(lambda: notes.lines == ["now"])
        wait_for(lambda: len(rounds) >= 2)
    assert alive(engine) == 0


def test_a_retried_job_gives_way_to_a_waiting_one_of_its_queueing_lock(engine: Engine, tasks: Tasks) -> None:
    notes = Notes()
    begun, go_on = threading.Event(), threading.Event()

    @tasks.task("slow", retry=Retry(first_s=0.1))
    def slow(notes: Notes) -> None:
        begun.set()
        go_on.wait(60)
        notes.lines.append("tried")
        if len(notes.lines) == 1:
            raise OSError("once")

    with working(engine, tasks, notes):
        with engine.begin() as conn:
            Jobs(tasks).defer(conn, "slow", queueing_lock="one")
        assert begun.wait(60)
        with engine.begin() as conn:
            Jobs(tasks).defer(conn, "slow", queueing_lock="one")
        go_on.set()
        wait_for(lambda: status(engine) == ["succeeded", "succeeded"])
    assert len(notes.lines) == 3


def alive(engine: Engine) -> int:
    with engine.begin() as conn:
        return workers_alive(conn)


WORKER = """
    import sys, time, os
    from bot.database import make_engine
    from bot.jobs import JobWorker, Tasks
    from sqlalchemy import text
    tasks, engine = Tasks(), make_engine(sys.argv[1])
    @tasks.task("deliver")
    def deliver(services, *, order):
        with engine.begin() as conn:
            conn.execute(text("INSERT INTO tried VALUES (:o, :pid)"), {"o": order, "pid": os.getpid()})
        if sys.argv[2] == "hang":
            time.sleep(60)
        with engine.begin() as conn:
            conn.execute(text("INSERT INTO done VALUES (:o, :pid)"), {"o": order, "pid": os.getpid()})
    JobWorker(engine, tasks, None, threads=2).run()
"""


@contextmanager
def process(tmp_path: Path, url: str, mode: str) -> Iterator["subprocess.Popen[bytes]"]:
    program = tmp_path / "worker.py"
    program.write_text(textwrap.dedent(WORKER))
    child = subprocess.Popen(
        [sys.executable, str(program), url, mode], env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def test_a_worker_killed_with_9_has_its_job_taken_over(engine: Engine, database_url: str, tmp_path: Path) -> None:
    tasks = Tasks()
    tasks.task("deliver")(print)  # declared so that it may be asked for; done by the processes below
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE tried (o text, pid int)"))
        conn.execute(text("CREATE TABLE done (o text, pid int)"))
        Jobs(tasks).defer(conn, "deliver", lock="K1", order="K1")

    def rows(table: str) -> list[Any]:
        with engine.begin() as conn:
            return list(conn.execute(text(f"SELECT o, pid FROM {table}")))

    with process(tmp_path, database_url, "hang") as first:
        wait_for(lambda: rows("tried") == [("K1", first.pid)])
        with process(tmp_path, database_url, "work") as second:
            wait_for(lambda: alive(engine) == 2)
            os.kill(first.pid, signal.SIGKILL)
            wait_for(lambda: rows("done") == [("K1", second.pid)])


def test_a_worker_survives_a_restart_of_the_database(tmp_path: Path, tasks: Tasks, notes: Notes) -> None:
    servers = embedded.join(tmp_path, for_tests=True)
    here = Here.prepare(tmp_path)
    engine = make_engine(servers.database_url)
    try:
        with engine.begin() as conn:
            create_schema(conn)
        with working(engine, tasks, notes):
            wait_for(lambda: alive(engine) == 1)
            postgres.stop(here)
            time.sleep(1)
            postgres.start(here, for_tests=True)
            with engine.begin() as conn:
                Jobs(tasks).defer(conn, "note", line="after")
            wait_for(lambda: notes.lines == ["after"])
    finally:
        engine.dispose()
        servers.leave()
