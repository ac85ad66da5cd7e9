"""Background work. The only module that knows the job engine (procrastinate).

A job is a row in the shop's own database, so it commits with the change that asks for it, and is done at least once:
whatever it calls must stand being called again. A worker killed with -9 has its jobs taken over by another (or by
itself, started again) within 15 s; a worker survives a restart of the database.
"""

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import psycopg
import psycopg_pool
from procrastinate import App, JobContext, PsycopgConnector, RetryDecision
from procrastinate import exceptions as engine_errors
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy
from procrastinate.schema import SchemaManager
from procrastinate.worker import Worker
from sqlalchemy import Connection, Engine, text

log = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
STALLED_AFTER_S = 8.0
RESCUE_EVERY_S = 2.0
POLL_EVERY_S = 1.0
"""Jobs asked for now start at once (NOTIFY); those asked for later start at most this much too late."""
CLEAN_EVERY_S = 3600.0
KEEP_DONE_HOURS = 24
KEEP_FAILED_HOURS = 24 * 30
ARGUMENTS_BYTES_MAX = 10_000
POOL_MAX = 1
"""Its queries are short and wait for each other; a second connection would never rest, being handed out in turn."""
CONNECTIONS_MAX = POOL_MAX + 1
"""What the job engine opens in one worker: its LISTEN has a connection outside of the pool."""

Function = Callable[..., object]
_F = TypeVar("_F", bound=Function)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and when a job that raised is done again. The default gives up after about 20 hours."""

    attempts: int = 25
    first_s: float = 1.0
    factor: float = 2.0
    longest_s: float = 3600.0

    def wait_s(self, failures: int) -> float | None:
        """Seconds to wait after so many failures (1 = the first); None = give up."""
        if failures >= self.attempts:
            return None
        return min(self.longest_s, self.first_s * self.factor ** min(failures - 1, 60))


NEVER = Retry(attempts=1)


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of job: called with the services and the arguments it was asked for with."""

    name: str
    function: Function
    retry: Retry
    cron: str | None = None


@dataclass(frozen=True, slots=True)
class Tasks:
    """The kinds of jobs a worker can do. Other modules declare theirs with the decorators."""

    by_name: dict[str, Task] = field(default_factory=dict)

    def task(self, name: str, *, retry: Retry = Retry()) -> Callable[[_F], _F]:
        """Declare ``function(services, **arguments)`` as the work of jobs called ``name``."""
        return self._declare(name, retry, None)

    def cron(self, name: str, schedule: str, *, retry: Retry = NEVER) -> Callable[[_F], _F]:
        """Declare ``function(services)`` to run by a cron schedule, in UTC; one of all workers runs each round.

        A sixth field, at the end, is seconds. A round is left out while the one before it still waits.
        """
        return self._declare(name, retry, schedule)

    def _declare(self, name: str, retry: Retry, schedule: str | None) -> Callable[[_F], _F]:
        def decorate(function: _F) -> _F:
            if name in self.by_name:
                raise ValueError(f"two tasks are called {name}")
            self.by_name[name] = Task(name, function, retry, schedule)
            return function

        return decorate


@dataclass(frozen=True, slots=True)
class Jobs:
    """Asks for background work."""

    tasks: Tasks

    def defer(
        self,
        conn: Connection,
        task: str,
        *,
        at: datetime | None = None,
        lock: str | None = None,
        queueing_lock: str | None = None,
        priority: int = 0,
        **arguments: Any,
    ) -> int | None:
        """Ask for a job inside the caller's transaction; without the commit there is no job. Gives its number.

        ``at``: not before then (aware). ``lock``: jobs of one lock are done one after the other, in the order asked
        for. ``queueing_lock``: while a job of this lock waits, a second one is not added (then None is returned).
        Raises ValueError for an unknown task, and for ``at`` with ``lock``: a waiting job holds up every later one
        of its lock, whatever the hour it waits for.
        """
        if task not in self.tasks.by_name:
            raise ValueError(f"no task is called {task}")
        if at is not None and lock is not None:
            raise ValueError(f"{task}: a job for later must not hold a lock")
        body = json.dumps(arguments, ensure_ascii=False)
        if len(body.encode()) > ARGUMENTS_BYTES_MAX:
            raise ValueError(f"{task}: arguments are longer than {ARGUMENTS_BYTES_MAX} bytes: pass an id instead")
        values = {"task": task, "priority": priority, "lock": lock, "queueing": queueing_lock, "args": body, "at": at}
        number: int | None = conn.scalar(_INSERT, values)
        return number


_INSERT = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)"
    " VALUES ('default', :task, :priority, :lock, :queueing, CAST(:args AS jsonb), :at)"
    # A duplicate is an expected outcome and must not break the caller's transaction.
    " ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING RETURNING id"
)


def create_schema(conn: Connection) -> None:
    """Make the job engine's tables and functions in a database that has none."""
    cursor = conn.connection.cursor()
    # Without parameters psycopg sends the script as it is, several statements in one go.
    cursor.execute(SchemaManager.get_schema())
    cursor.close()


def count(conn: Connection) -> Mapping[str, int]:
    """How many jobs there are by state: todo, late (due for over 10 s), doing, failed."""
    row = conn.execute(
        text(
            "SELECT count(*) FILTER (WHERE status = 'todo') AS todo,"
            " count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at, '-infinity') < now() - interval '10 s'"
            "   AND EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred'"
            "   AND e.at < now() - interval '10 s')) AS late,"
            " count(*) FILTER (WHERE status = 'doing') AS doing,"
            " count(*) FILTER (WHERE status = 'failed') AS failed"
            " FROM procrastinate_jobs j WHERE status IN ('todo', 'doing', 'failed')"
        )
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}


def forget(conn: Connection, word: str) -> None:
    """Delete the jobs that carry a word (an openid) in their names or arguments; those being done go when they end."""
    carries = (
        "strpos(coalesce(lock, ''), :word) + strpos(coalesce(queueing_lock, ''), :word) + strpos(args::text, :word) > 0"
    )
    conn.execute(
        text(f"DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND {carries}"),  # noqa: S608 - no value
        {"word": word},
    )


def workers_alive(conn: Connection) -> int:
    """How many workers have been heard of lately."""
    alive = text("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :s)")
    return int(conn.scalar(alive, {"s": STALLED_AFTER_S}) or 0)


class JobWorker:
    """Does jobs until told to stop. ``run`` blocks; ``stop`` may be called from a signal handler or another thread."""

    def __init__(self, engine: Engine, tasks: Tasks, services: object, *, threads: int = 8) -> None:
        self._engine = engine
        self._tasks = tasks
        self._services = services
        self._threads = threads
        self._stopping = threading.Event()
        self._running: tuple[asyncio.AbstractEventLoop, Worker] | None = None

    def stop(self) -> None:
        """Take no further jobs, finish those being done, and let ``run`` return."""
        self._stopping.set()
        running = self._running
        if running is not None:
            with contextlib.suppress(RuntimeError):  # the loop ended just now
                running[0].call_soon_threadsafe(running[1].stop)

    def run(self) -> None:
        """Work. Whenever the engine ends because the database went away, begin again."""
        pause_s = 0.2
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                asyncio.run(self._work())
            except (psycopg.Error, psycopg_pool.PoolTimeout, engine_errors.ProcrastinateException, OSError) as error:
                log.warning("the job engine ended: %s", type(error).__name__)
            except BaseExceptionGroup as errors:
                log.warning("the job engine ended: %s", errors.exceptions[0])
            pause_s = 0.2 if time.monotonic() - began > 10 else min(pause_s * 2, 2.0)
            self._stopping.wait(pause_s)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        # The engine runs plain functions in the loop's default executor, whose own size knows nothing of ours.
        loop.set_default_executor(ThreadPoolExecutor(self._threads, thread_name_prefix="job"))
        app = self._engine_app()
        async with app.open_async():
            worker = Worker(
                app,
                name="kabot",
                concurrency=self._threads,
                fetch_job_polling_interval=POLL_EVERY_S,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=STALLED_AFTER_S,
                install_signal_handlers=False,
            )
            self._running = (loop, worker)
            sides = [asyncio.create_task(_rescue(app)), asyncio.create_task(_clean(app))]
            try:
                working = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
                await asyncio.sleep(0)  # run() begins by forgetting an earlier stop
                if self._stopping.is_set():
                    worker.stop()  # type: ignore[no-untyped-call]
                await working
            finally:
                self._running = None
                for side in sides:
                    side.cancel()
                await asyncio.gather(*sides, return_exceptions=True)

    def _engine_app(self) -> App:
        url = self._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connector = PsycopgConnector(
            conninfo=url,
            min_size=1,
            max_size=POOL_MAX,
            timeout=10.0,
            kwargs={"application_name": "kabot jobs", "connect_timeout": 5},
        )
        app = App(connector=connector)
        for task in self._tasks.by_name.values():
            registered = app.task(name=task.name, pass_context=True, retry=_Retrying(task))(self._wrapped(task))
            if task.cron is not None:
                app.periodic(cron=task.cron, periodic_id="cron", queueing_lock=f"cron:{task.name}")(registered)
        return app

    def _wrapped(self, task: Task) -> Callable[..., None]:
        def run_one(context: JobContext, **arguments: Any) -> None:
            if context.job.queueing_lock is not None:
                _free_queueing_lock(self._engine, context.job.id)
            if task.cron is not None:
                arguments.pop("timestamp", None)
            task.function(self._services, **arguments)

        return run_one


class _Retrying(BaseRetryStrategy):
    """Our retry policy, told to the engine."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        wait_s = self._task.retry.wait_s(job.attempts + 1)
        cause = f"{type(exception).__name__}: {str(exception)[:200]}"
        if wait_s is None:
            log.error("job %s %s given up after %d attempts: %s", job.task_name, job.id, job.attempts + 1, cause)
            return None
        log.warning("job %s %s failed, again in %.0f s: %s", job.task_name, job.id, wait_s, cause)
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=wait_s))


def _free_queueing_lock(engine: Engine, number: int | None) -> None:
    """A job that has begun no longer stands for those asked for from now on.

    Kept, the lock would also make a retry impossible once another job waits under it: the engine would then leave
    this one "doing" for ever.
    """
    with engine.begin() as conn:
        conn.execute(text("UPDATE procrastinate_jobs SET queueing_lock = NULL WHERE id = :id"), {"id": number})


async def _rescue(app: App) -> None:
    """Give jobs whose worker is gone back to the queue, for ever."""
    while True:
        await asyncio.sleep(RESCUE_EVERY_S)
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
                await _rescue_one(app, job)
        except engine_errors.ProcrastinateException as error:
            log.warning("stalled jobs could not be looked for: %s", type(error).__name__)


async def _rescue_one(app: App, job: Job) -> None:
    try:
        await app.job_manager.retry_job(job)
        log.warning("job %s %s was left by a worker that is gone: it is done again", job.task_name, job.id)
    except engine_errors.UniqueViolation:
        # The same work waits already under the job's queueing lock: this one is not needed any more.
        with contextlib.suppress(engine_errors.ConnectorException):
            await app.job_manager.finish_job(job, Status.ABORTED, delete_job=False)
    except engine_errors.ConnectorException:
        pass  # another worker was quicker


async def _clean(app: App) -> None:
    """Remove what was done long ago, for ever."""
    while True:
        with contextlib.suppress(engine_errors.ProcrastinateException):
            await app.job_manager.delete_old_jobs(KEEP_DONE_HOURS, include_cancelled=True, include_aborted=True)
            await app.job_manager.delete_old_jobs(KEEP_FAILED_HOURS, include_failed=True)
        await asyncio.sleep(CLEAN_EVERY_S)


@dataclass(frozen=True, slots=True)
class Done:
    """One job that ``run_pending`` did. ``error`` is what it raised."""

    task: str
    arguments: Mapping[str, Any]
    error: Exception | None = None


_NEXT = text(
    "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (SELECT id FROM procrastinate_jobs j"
    " WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now) AND (lock IS NULL OR NOT EXISTS ("
    "   SELECT 1 FROM procrastinate_jobs o WHERE o.lock = j.lock AND (o.status = 'doing' OR (o.status = 'todo'"
    "   AND (o.priority > j.priority OR (o.priority = j.priority AND o.id < j.id))))))"
    " ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " RETURNING id, task_name, args, attempts, queueing_lock"
)
_FINISH = text("SELECT procrastinate_finish_job_v1(:id, CAST(:status AS procrastinate_job_status), false)")
_RETRY = text("SELECT procrastinate_retry_job_v2(:id, :at, NULL, NULL, NULL)")


def run_pending(engine: Engine, tasks: Tasks, services: object, now: datetime, *, jobs_max: int = 1000) -> list[Done]:
    """For tests: do every job due at ``now``, here and one after the other, and those they ask for in turn.

    A job that raises is put back as a worker would, for a time counted from ``now``. Cron tasks are not run.
    """
    done: list[Done] = []
    while len(done) < jobs_max:
        with engine.begin() as conn:
            row = conn.execute(_NEXT, {"now": now}).one_or_none()
        if row is None:
            return done
        if row.queueing_lock is not None:
            _free_queueing_lock(engine, row.id)
        task = tasks.by_name[row.task_name]
        error: Exception | None = None
        try:
            task.function(services, **row.args)
        except Exception as raised:
            error = raised
        wait_s = None if error is None else task.retry.wait_s(row.attempts + 1)
        with engine.begin() as conn:
            if wait_s is not None:
                conn.execute(_RETRY, {"id": row.id, "at": now + timedelta(seconds=wait_s)})
            else:
                conn.execute(_FINISH, {"id": row.id, "status": "failed" if error else "succeeded"})
        done.append(Done(row.task_name, row.args, error))
    raise RuntimeError(f"over {jobs_max} jobs in a row: they ask for each other without end")
