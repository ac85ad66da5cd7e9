"""Figures for Prometheus. Labels never carry anything of a buyer."""

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import jobs
from bot.figures import ShopFigures
from bot.supplier_figures import SupplierFigures
from fulfillment import cases

_KINDS = frozenset({"text", "voice", "image", "location", "link", "video", "shortvideo", "event"})
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

_TURNS = Histogram("kabot_turn_seconds", "Time from a message to its reply.", ["kind"], buckets=_BUCKETS)
_TURNS_OF = {kind: _TURNS.labels(kind) for kind in _KINDS}
_OTHER_TURNS = _TURNS.labels("other")
_REFUSED = Counter("kabot_pushes_refused_total", "Messages refused: not from WeChat, too old or unreadable.")
_NOTICES = Counter("kabot_pay_notices_total", "Payment and refund notices by what became of them.", ["outcome"])
_PUSHES = Counter("kabot_pushes_sent_total", "Messages sent to buyers by what became of them.", ["outcome"])


def turn_taken(kind: str, seconds: float) -> None:
    """One message was answered."""
    _TURNS_OF.get(kind, _OTHER_TURNS).observe(seconds)


def push_refused() -> None:
    """One message was refused at the door."""
    _REFUSED.inc()


def notice_taken(outcome: str) -> None:
    """One notice came in: ``outcome`` is one of a fixed few words."""
    _NOTICES.labels(outcome).inc()


def push_sent(outcome: str) -> None:
    """One message to a buyer was tried: ``outcome`` is one of a fixed few words."""
    _PUSHES.labels(outcome).inc()


class JobFigures(Collector):
    """What the database says of jobs and cases at the moment somebody looks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give the gauges; none while the database is away."""
        try:
            with self._engine.connect() as conn:
                by_state, workers = jobs.count(conn), jobs.workers_alive(conn)
                overdue = cases.overdue_count(conn, datetime.now(UTC))
        except SQLAlchemyError:
            return
        waiting = GaugeMetricFamily("kabot_jobs", "Jobs by state; late = due for over 10 s.", labels=["state"])
        for state, number in by_state.items():
            waiting.add_metric([state], number)
        yield waiting
        yield GaugeMetricFamily("kabot_workers", "Workers heard of lately.", value=workers)
        yield GaugeMetricFamily("kabot_cases_overdue", "Running cases with a deadline that has passed.", value=overdue)


def routes(engine: Engine | None = None, alert_below: int = 0) -> list[Route]:
    """GET /metrics; with an engine the jobs' figures are among them."""
    figures = (
        (JobFigures(engine), ShopFigures(engine, alert_below), SupplierFigures(engine)) if engine is not None else ()
    )

    def render() -> bytes:
        return generate_latest(REGISTRY) + b"".join(generate_latest(one) for one in figures)

    async def show(_: Request) -> Response:
        return Response(await run_in_threadpool(render), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", show)]
