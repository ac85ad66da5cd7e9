"""What commands share: the configuration and its servers at hand, and what ends a command with a word."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from bot import embedded
from bot.config import Config, load_config

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.bootstrap import Services

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
_BEIJING = ZoneInfo("Asia/Shanghai")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

AFile = Annotated[Path, typer.Argument(metavar="FILE")]
OpenIdArgument = Annotated[str, typer.Argument(metavar="OPENID")]


class BadInputError(Exception):
    """What the operator gave cannot be used; the message is one line (or one per problem) that names file and cause."""


class CommandError(Exception):
    """The command could not do its work; the message is one line."""


def day_of(given: str, said: str) -> date:
    """A day of Beijing time that has begun, written YYYY-MM-DD; `said` begins the message. Raises BadInputError."""
    try:
        day = date.fromisoformat(given) if _DAY.fullmatch(given) else None
    except ValueError:
        day = None
    if day is None:
        raise BadInputError(f"{said}: not a date; write YYYY-MM-DD")
    if day > datetime.now(_BEIJING).date():
        raise BadInputError(f"{said}: that day has not come yet")
    return day


def group(words: str) -> typer.Typer:
    """A group of commands under one name; `words` are its help."""
    return typer.Typer(help=words, rich_markup_mode=None, no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class Connected:
    """The configuration, and the addresses of its servers: embedded ones run for the length of the block."""

    config: Config
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)

    def services(self) -> "Services":
        """Every part of the shop, and every task: what a command asks of the worker may be any of them."""
        from bot import background, bootstrap

        assert background.TASKS.by_name  # noqa: S101 - loaded for what it registers
        return bootstrap.build(self.config, database_url=self.database_url, redis_url=self.redis_url)


@contextlib.contextmanager
def connected() -> Iterator[Connected]:
    """Read the configuration and make its servers reachable."""
    config = load_config()
    with embedded.servers(config.app.data_dir, config.store.database_url, config.redis.url) as at:
        yield Connected(config, at.database_url, at.redis_url)


@contextlib.contextmanager
def database(at: Connected) -> Iterator["Engine"]:
    """The database, its schema up to date, for a command that runs to its end."""
    from bot import migrations
    from bot.database import make_engine

    engine = make_engine(at.database_url, name="kabot command", pool_size=2, statement_timeout_ms=0)
    try:
        if at.config.store.database_url == embedded.EMBEDDED:
            migrations.upgrade(engine)  # nobody but us uses it: whoever comes first brings it up to date
        else:
            with engine.connect() as conn:
                version = migrations.current(conn)
                migrations.check(conn, version)
            if version != migrations.newest():
                raise CommandError("the database schema is not up to date: run kabot migrate")
    except BaseException as error:
        engine.dispose()
        if isinstance(error, migrations.WrongDatabaseError):
            raise CommandError(str(error)) from None
        raise
    try:
        yield engine
    finally:
        engine.dispose()
