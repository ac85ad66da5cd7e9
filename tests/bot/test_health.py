"""What a load balancer and Prometheus are told."""

from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot import health, metrics
from bot.database import make_engine
from bot.jobs import Jobs, Tasks
from bot.redis_client import open_redis


def client(engine: Engine, redis_url: str) -> TestClient:
    services = cast(Any, SimpleNamespace(engine=engine, redis=open_redis(redis_url)))
    return TestClient(Starlette(routes=[*health.routes(services), *metrics.routes(engine)]))


def test_a_shop_with_its_database_and_redis_is_ready(engine: Engine, redis_url: str) -> None:
    shop = client(engine, redis_url)
    assert shop.get("/healthz").text == "ok"
    ready = shop.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": "ok", "redis": "ok"})


def test_without_a_part_it_lives_but_is_not_ready(engine: Engine, redis_url: str) -> None:
    away = make_engine("postgresql+psycopg://kabot@127.0.0.1:1/kabot")
    shop = client(away, "redis://127.0.0.1:1/0")
    assert shop.get("/healthz").status_code == 200
    ready = shop.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"database": "away", "redis": "away"})
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert client(engine, redis_url).get("/readyz").json() == {"database": "not migrated", "redis": "ok"}


def test_figures_count_turns_and_jobs_and_no_buyer(engine: Engine, redis_url: str) -> None:
    tasks = Tasks()
    tasks.task("later")(print)
    with engine.begin() as conn:
        Jobs(tasks).defer(conn, "later", order="K1")
    metrics.turn_taken("text", 0.003)
    metrics.turn_taken("oAbCdEf-openid", 0.003)
    figures = client(engine, redis_url).get("/metrics").text
    assert 'kabot_jobs{state="todo"} 1.0' in figures
    assert "kabot_workers 0.0" in figures
    assert 'kabot_turn_seconds_bucket{kind="text",le="0.005"}' in figures
    assert 'kind="other"' in figures
    assert "openid" not in figures
    away = make_engine("postgresql+psycopg://kabot@127.0.0.1:1/kabot")
    assert client(away, redis_url).get("/metrics").status_code == 200
