"""Liveness and readiness: /healthz says the process answers, /readyz that it can do its work."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import redis
from psycopg.errors import UndefinedTable
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import migrations

if TYPE_CHECKING:
    from bot.bootstrap import Services

log = logging.getLogger(__name__)
OK = "ok"
AWAY = "away"
NOT_MIGRATED = "not migrated"
NEWER = "of a newer version"


def routes(services: "Services") -> list[Route]:
    """Both addresses. Neither says anything about a failure but which part has it."""

    async def alive(_: Request) -> Response:
        return PlainTextResponse(OK)

    async def ready(_: Request) -> Response:
        found = await run_in_threadpool(checks, services.engine, services.redis)
        return JSONResponse(dict(found), status_code=200 if set(found.values()) == {OK} else 503)

    return [Route("/healthz", alive), Route("/readyz", ready)]


def checks(engine: Engine, talk: redis.Redis) -> Mapping[str, str]:
    """What readiness depends on: ``database`` (schema included) and ``redis``, each ``ok`` or what is wrong."""
    return {"database": _database(engine), "redis": _redis(talk)}


def _database(engine: Engine) -> str:
    try:
        with engine.connect() as conn:
            version = conn.scalar(text("SELECT max(version_num) FROM alembic_version"))
    except SQLAlchemyError as error:
        if isinstance(getattr(error, "orig", None), UndefinedTable):
            return NOT_MIGRATED
        log.warning("readiness: database: %s", type(error).__name__)
        return AWAY
    if version is not None and version > migrations.newest():
        return NEWER
    return OK if version == migrations.newest() else NOT_MIGRATED


def _redis(talk: redis.Redis) -> str:
    try:
        talk.ping()
    except redis.RedisError as error:
        log.warning("readiness: redis: %s", type(error).__name__)
        return AWAY
    return OK
