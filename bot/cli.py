"""The kabot commands. Whatever a command needs is imported inside it, so that --help and mistakes answer at once.

Exit codes: 0 done, 2 bad usage or bad input (one clear line on stderr), 1 failure.
"""

import errno
import io
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from bot.commands.apikeys import apikey_app
from bot.commands.audit import audit_app
from bot.commands.cases import cases_app
from bot.commands.catalog import catalog_app
from bot.commands.compensation import compensation_app
from bot.commands.connecting import (
    EXIT_BAD_INPUT,
    EXIT_FAILED,
    AFile,
    BadInputError,
    CommandError,
    connected,
    database,
    day_of,
    group,
)
from bot.commands.handoffs import handoff_app
from bot.commands.keys import keys_app
from bot.commands.ledger import ledger_app
from bot.commands.operators import operator_app
from bot.commands.orders import orders_app
from bot.commands.privacy import privacy_app
from bot.commands.risk import risk_app
from bot.commands.suppliers import suppliers_app
from bot.commands.texts import faq_app, wording_app
from bot.commands.wallet import wallet_app
from bot.config import ConfigError, load_config
from bot.embedded import EmbeddedError

EXIT_INTERRUPTED = 130

app = typer.Typer(
    help="卡宝 kabot: a WeChat official-account bot that sells virtual goods.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)
nlu_app = group("What the bot does not understand yet.")
menu_app = group("The custom menu in WeChat.")
app.add_typer(catalog_app, name="catalog")
app.add_typer(keys_app, name="keys")
app.add_typer(menu_app, name="menu")
app.add_typer(nlu_app, name="nlu")
app.add_typer(wording_app, name="wording")
app.add_typer(faq_app, name="faq")
app.add_typer(audit_app, name="audit")
app.add_typer(compensation_app, name="compensation")
app.add_typer(ledger_app, name="ledger")
app.add_typer(operator_app, name="operator")
app.add_typer(apikey_app, name="apikey")
app.add_typer(privacy_app, name="privacy")
app.add_typer(risk_app, name="risk")
app.add_typer(orders_app, name="orders")
app.add_typer(handoff_app, name="handoff")
app.add_typer(cases_app, name="cases")
app.add_typer(wallet_app, name="wallet")
app.add_typer(suppliers_app, name="suppliers")


class Channel(StrEnum):
    """How a message was given."""

    TEXT = "text"
    VOICE = "voice"


Port = Annotated[int, typer.Option(min=1, max=65535, help="TCP port on this machine.")]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code."""
    if arguments is None:
        signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese gets the rest all the same
    try:
        code = app(arguments, standalone_mode=False, prog_name="kabot")
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (BadInputError, ConfigError) as error:
        return _say(str(error), EXIT_BAD_INPUT)
    except (CommandError, EmbeddedError) as error:
        return _say(str(error), EXIT_FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (kabot parse … | head): nothing to complain about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if hasattr(error, "format_message"):
            return _usage(error)
        if os.environ.get("KABOT_APP__LOG_LEVEL", "").upper() == "DEBUG":
            raise
        return _say(_describe(error), EXIT_FAILED)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a command as Ctrl-C does: whatever it holds is given back."""
    raise KeyboardInterrupt


def _usage(error: Exception) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()  # type: ignore[attr-defined]
    path = context.command_path if context is not None else "kabot"
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message, file=sys.stderr)
        return EXIT_BAD_INPUT
    said = " ".join(message.split()).replace("Value error, ", "")
    return _say(f"{path}: {said} (see {path} --help)", EXIT_BAD_INPUT, prefix="")


def _describe(error: Exception) -> str:
    """One line for the errors of parts: never a stack trace, never a password from a URL."""
    from bot.logs import masked

    original = getattr(error, "orig", None) or error
    line = " ".join(str(original).split())[:500]
    module = type(error).__module__.partition(".")[0]
    what = {"sqlalchemy": "database: ", "psycopg": "database: ", "redis": "redis: "}.get(module, "")
    return masked(f"{what}{type(original).__name__}: {line}")


def _say(message: str, code: int, prefix: str = "kabot: ") -> int:
    print(f"{prefix}{message}", file=sys.stderr)
    return code


@app.command()
def demo(
    port: Port = 8000,
    data_dir: Annotated[Path | None, typer.Option(help="Where orders and keys are kept.")] = None,
) -> None:
    """Run everything on this machine: WeChat, WeChat Pay and supplier are stand-ins. Ctrl-C stops it all."""
    from bot.demo import BadFolderError, DemoError, PortTakenError, run_demo

    try:
        run_demo(port, data_dir)
    except (PortTakenError, BadFolderError) as error:
        raise BadInputError(str(error)) from None
    except DemoError as error:
        raise CommandError(str(error)) from None


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="TCP port; 0 = any free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    fd: Annotated[int | None, typer.Option(hidden=True, help="An open listening socket to serve on.")] = None,
) -> None:
    """Run the web process: webhook, pay pages, callbacks, console."""
    web = load_config().web  # first of all: a mistake in it is told before anything is loaded
    from bot import serving

    where, number = host or web.host, web.port if port is None else port
    try:
        listening = serving.listen(where, number, fd)
    except OSError as error:
        what = f"port {number}" if error.errno == errno.EADDRINUSE else f"host {where}, port {number}"
        raise BadInputError(f"{what}: {error.strerror or error}") from None
    with connected() as at:
        with database(at):
            pass
        serving.serve(at.services(), listening)


@app.command()
def worker() -> None:
    """Run the background work: fulfilment, pushes, expiry, reconciliation."""
    with connected() as at:
        from bot import working

        with database(at):
            pass
        working.work(at.services())


@app.command()
def parse(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...")] = None,
    catalog: Annotated[Path | None, typer.Option(metavar="FILE", help="Catalog file; default: the demo's.")] = None,
    channel: Annotated[Channel, typer.Option(help="How the texts were given.")] = Channel.TEXT,
    explain: Annotated[bool, typer.Option("--explain", help="Show how each was read.")] = False,
) -> None:
    """Print what each TEXT says as one JSON line; without TEXT read JSON lines {"text": …, "channel": …} from stdin."""
    from bot.commands import parsing

    raise typer.Exit(
        parsing.run(catalog, channel.value, texts or [], sys.stdin, sys.stdout, sys.stderr, explains=explain)
    )


@nlu_app.command("report")
def nlu_report(
    days: Annotated[int, typer.Option(min=1, max=30, help="How far to look back.")] = 7,
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many groups to show.")] = 20,
) -> None:
    """List what was not understood or was corrected at once, grouped; on a terminal a key makes a word an alias."""
    from datetime import UTC, datetime

    from rich.console import Console

    from bot import nlu_report as report

    terminal = None
    if sys.stdin.isatty() and sys.stdout.isatty():
        terminal = report.Terminal(typer.getchar, input)
    with connected() as at, database(at) as engine:
        report.run(engine, datetime.now(UTC), Console(highlight=False), terminal, days=days, top=top)


@app.command()
def migrate() -> None:
    """Bring the database schema up to date. Safe to run again, and by several at once."""
    from bot import migrations
    from bot.database import make_engine

    with connected() as at:
        engine = make_engine(at.database_url, name="kabot migrate", statement_timeout_ms=0)
        try:
            before, after = migrations.upgrade(engine)
        except migrations.WrongDatabaseError as error:
            raise CommandError(str(error)) from None
        finally:
            engine.dispose()
    print(f"schema {after}: nothing to do" if before == after else f"schema {before or 'empty'} → {after}")


@app.command()
def backup(file: AFile) -> None:
    """Write the whole shop into one file: orders, payments, stock, catalog, and the key that opens the card keys."""
    from bot import backups

    if not file.absolute().parent.is_dir():
        raise BadInputError(f"{file}: there is no folder {file.absolute().parent}")
    if not file.name or file.is_dir():
        raise BadInputError(f"{file}: is a folder; name a file in it")
    if file.exists() and not file.is_file():
        raise BadInputError(f"{file}: is no ordinary file")  # a backup takes the place of what is there
    with connected() as at, database(at) as engine:
        rows = backups.write(engine, at.config.app, file)
    print(f"{file}: {rows} rows")


@app.command()
def restore(file: AFile) -> None:
    """Fill an empty database from a file that backup wrote, on any PostgreSQL version."""
    from bot import backups

    try:
        with connected() as at, database(at) as engine:
            rows = backups.read(engine, at.config.app, file)
    except backups.BadBackupError as error:
        raise BadInputError(f"{file}: {error}") from None
    print(f"{file}: {rows} rows restored")


@menu_app.command("publish")
def menu_publish() -> None:
    """Publish the custom menu to WeChat."""
    from bot import menu
    from bot.redis_client import open_redis
    from bot.wechat import AccountError, open_account
    from kernel.clock import SystemClock

    with connected() as at, database(at) as engine:
        if not at.config.wechat.app_id:
            raise BadInputError("[wechat] app_id is not configured: there is no account to publish a menu to")
        account = open_account(at.config.wechat, open_redis(at.redis_url))
        try:
            print(menu.publish(engine, account, SystemClock().now()))
        except AccountError as error:
            raise CommandError(f"the menu was not published: {error}") from None


@app.command()
def reconcile(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="The day of the bill.")],
    suppliers: Annotated[bool, typer.Option("--suppliers", help="With what the suppliers say instead.")] = False,
) -> None:
    """Compare the day's WeChat Pay bill with the orders; print and store every difference."""
    from importlib import import_module
    from importlib.util import find_spec

    wanted = day_of(day, f"--date {day}")
    if suppliers:
        from bot.suppliers import reconcile as reconcile_suppliers

        with connected() as at, database(at):
            for line in reconcile_suppliers(at.services(), wanted):
                print(line)
        return
    if find_spec("bot.reconciling") is None:
        raise CommandError("reconciliation is not part of this version")
    run = import_module("bot.reconciling").run
    with connected() as at, database(at):
        for line in run(at.services(), wanted):
            print(line)


@app.command()
def doctor() -> None:
    """Check configuration, Redis, database, WeChat and Pay credentials; one line each: ok, or what to mend."""
    from bot.doctor import examine

    found = list(examine())
    width = max(len(finding.part) for finding in found)
    for finding in found:
        print(f"{finding.part:<{width}}  {'ok' if finding.ok else '✗'}  {finding.words}".rstrip())
    if not all(finding.ok for finding in found):
        raise typer.Exit(EXIT_FAILED)


if __name__ == "__main__":
    raise SystemExit(main())
