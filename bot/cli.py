"""The kabot commands. Whatever a command needs is imported inside it, so that --help and mistakes answer at once.

Exit codes: 0 done, 2 bad usage or bad input (one clear line on stderr), 1 failure.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from bot import embedded
from bot.api_command import apikey_app
from bot.audit_command import audit_app
from bot.compensation_command import compensation_app
from bot.config import Config, ConfigError, load_config
from bot.embedded import EmbeddedError
from bot.keys_command import keys_app
from bot.ledger_command import ledger_app
from bot.operator_command import operator_app
from bot.privacy_command import privacy_app
from bot.risk_command import risk_app
from bot.suppliers_command import suppliers_app
from bot.wallet_command import wallet_app

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.bootstrap import Services
    from catalog.shelf import Shelf

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

app = typer.Typer(
    help="卡宝 kabot: a WeChat official-account bot that sells virtual goods.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)
catalog_app = typer.Typer(help="Check or load a catalog file.", rich_markup_mode=None, no_args_is_help=True)
orders_app = typer.Typer(help="What waits for a person's hands.", rich_markup_mode=None, no_args_is_help=True)
handoff_app = typer.Typer(help="Buyers who asked for a person.", rich_markup_mode=None, no_args_is_help=True)
cases_app = typer.Typer(help="What buyers complain of.", rich_markup_mode=None, no_args_is_help=True)
wording_app = typer.Typer(help="The shop's own wording.", rich_markup_mode=None, no_args_is_help=True)
faq_app = typer.Typer(help="The shop's own answers to questions.", rich_markup_mode=None, no_args_is_help=True)
nlu_app = typer.Typer(help="What the bot does not understand yet.", rich_markup_mode=None, no_args_is_help=True)
menu_app = typer.Typer(help="The custom menu in WeChat.", rich_markup_mode=None, no_args_is_help=True)
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


class BadInputError(Exception):
    """What the operator gave cannot be used; the message is one line (or one per problem) that names file and cause."""


class CommandError(Exception):
    """The command could not do its work; the message is one line."""


class Channel(StrEnum):
    """How a message was given."""

    TEXT = "text"
    VOICE = "voice"


Port = Annotated[int, typer.Option(min=1, max=65535, help="TCP port on this machine.")]
AFile = Annotated[Path, typer.Argument(metavar="FILE")]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code."""
    if arguments is None:
        signal.signal(signal.SIGTERM, _terminated)
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
    return _say(f"{path}: {' '.join(message.split())} (see {path} --help)", EXIT_BAD_INPUT, prefix="")


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


@dataclass(frozen=True, slots=True)
class Connected:
    """The configuration, and the addresses of its servers: embedded ones run for the length of the block."""

    config: Config
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)

    def services(self) -> "Services":
        """Every part of the shop."""
        from bot import bootstrap

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
                if migrations.current(conn) != migrations.newest():
                    raise CommandError("the database schema is not up to date: run kabot migrate")
        yield engine
    finally:
        engine.dispose()


@app.command()
def demo(
    port: Port = 8000,
    data_dir: Annotated[Path | None, typer.Option(help="Where orders and keys are kept.")] = None,
) -> None:
    """Run everything on this machine: WeChat, WeChat Pay and supplier are stand-ins. Ctrl-C stops it all."""
    from bot.demo import DemoError, PortTakenError, run_demo

    try:
        run_demo(port, data_dir)
    except PortTakenError as error:
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
    from bot import serving

    web = load_config().web
    try:
        listening = serving.listen(host or web.host, web.port if port is None else port, fd)
    except OSError as error:
        raise BadInputError(f"port {port or web.port}: {error.strerror or error}") from None
    with connected() as at:
        with database(at):
            pass
        serving.serve(at.services(), listening)


@app.command()
def worker() -> None:
    """Run the background work: fulfilment, pushes, expiry, reconciliation."""
    from bot import working

    with connected() as at:
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
    from bot import parse_command

    raise typer.Exit(
        parse_command.run(catalog, channel.value, texts or [], sys.stdin, sys.stdout, sys.stderr, explains=explain)
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


@catalog_app.command("check")
def catalog_check(file: AFile) -> None:
    """Check a catalog file and name everything wrong with it by line."""
    shelf = _read_catalog(file)
    print(f"ok: {len(shelf.products)} products, {sum(len(product.skus) for product in shelf.products)} SKUs")


@catalog_app.command("import")
def catalog_import(file: AFile) -> None:
    """Load a catalog file into the database. Importing it again changes nothing."""
    from catalog.store import import_catalog

    shelf = _read_catalog(file)
    with connected() as at, database(at) as engine, engine.begin() as conn:
        done = import_catalog(conn, shelf)
    print(f"added {done.added}, changed {done.changed}, unchanged {done.unchanged}, off sale {done.paused}")


def _read_catalog(file: Path) -> "Shelf":
    from catalog.files import CatalogError, read_catalog

    try:
        return read_catalog(file)
    except CatalogError as error:
        raise BadInputError(_catalog_problems(file, error)) from None


def _catalog_problems(file: Path, error: Exception) -> str:
    return "\nkabot: ".join(f"{file}: {line}" for line in str(error).splitlines())


@app.command()
def migrate() -> None:
    """Bring the database schema up to date. Safe to run again, and by several at once."""
    from bot import migrations
    from bot.database import make_engine

    with connected() as at:
        engine = make_engine(at.database_url, name="kabot migrate", statement_timeout_ms=0)
        before, after = migrations.upgrade(engine)
        engine.dispose()
    print(f"schema {after}: nothing to do" if before == after else f"schema {before or 'empty'} → {after}")


@app.command()
def backup(file: AFile) -> None:
    """Write the whole shop into one file: orders, payments, stock, catalog, and the key that opens the card keys."""
    from bot import backups

    if not file.absolute().parent.is_dir():
        raise BadInputError(f"{file}: there is no folder {file.absolute().parent}")
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


@wording_app.command("list")
def wording_list() -> None:
    """Print every line the bot says, by name, as a file to edit; what [app] wording_file changes is in it."""
    from bot.owner_texts import read_wording
    from dialogs import wording

    print("# 机器人说的每一句，按名字。改好要改的，删掉其余的，存成文件，写进 config.toml 的 [app] wording_file。")
    print("# {…} 是到时候才知道的内容，换行写 \\n。检查：kabot wording check 文件")
    print(wording.written(read_wording(load_config().app.wording_file)), end="")


@wording_app.command("check")
def wording_check(file: AFile) -> None:
    """Check a file of one's own wording and name everything wrong with it by line."""
    from bot.owner_texts import read_wording

    print(f"ok: {len(read_wording(file))} lines")


@faq_app.command("check")
def faq_check(
    file: AFile,
    catalog: Annotated[Path | None, typer.Option(metavar="FILE", help="Catalog file to check against.")] = None,
) -> None:
    """Check a file of answers. With a catalog: also its products, and whether each question finds its answer."""
    from bot.owner_texts import read_faq, unanswered

    entries = read_faq(file)
    wrong = unanswered(entries, _read_catalog(catalog)) if catalog is not None else []
    if wrong:
        raise BadInputError("\nkabot: ".join(f"{file}: {line}" for line in wrong))
    print(f"ok: {len(entries)} answers, {sum(len(entry.asks) for entry in entries)} wordings")


@menu_app.command("publish")
def menu_publish() -> None:
    """Publish the custom menu to WeChat."""
    from bot import menu
    from bot.wechat import AccountError

    with connected() as at, database(at):
        try:
            print(menu.publish(at.services()))
        except AccountError as error:
            raise CommandError(f"the menu was not published: {error}") from None


@orders_app.command("todo")
def orders_todo() -> None:
    """List the order lines that a person has to deliver or decide about, oldest first."""
    from bot import operators

    with connected() as at, database(at):
        for line in operators.todo(at.services()):
            print(line)


Line = Annotated[int, typer.Argument(metavar="LINE", min=1, help="The number in front of it in `orders todo`.")]


@orders_app.command("done")
def orders_done(
    line: Line, note: Annotated[str, typer.Option(help="Shown to the buyer, a tracking number say.")] = ""
) -> None:
    """Record that a line was delivered by hand, and tell the buyer."""
    from bot import operators

    with connected() as at, database(at):
        print(_in_hands(operators.done(at.services(), line, note), line))


@orders_app.command("refund")
def orders_refund(
    what: Annotated[str, typer.Argument(metavar="ORDER", help="Its number; or a line's number in `orders todo`.")],
    reason: Annotated[str, typer.Option(help="Shown to the buyer.")],
    line: Annotated[int | None, typer.Option(min=1, help="Which line of the order, from 1.")] = None,
    amount: Annotated[str, typer.Option(metavar="YUAN", help="Of one line: 3.00. Without it all that is left.")] = "",
) -> None:
    """Give an order, a line or a part of a line back, and tell the buyer. A line of which a part went back stays what
    it is."""
    from bot import giving_back, operators

    if what.isascii() and what.isdigit() and len(what) < 15:
        if line is not None or amount:
            raise BadInputError("--line and --amount go with the number of an order")
        with connected() as at, database(at):
            print(_in_hands(operators.give_back(at.services(), int(what), reason), int(what)))
        return
    wanted = giving_back.Wanted(what, line, _fen_of(amount) if amount else None)
    with connected() as at, database(at):
        try:
            for told in giving_back.refund_order(at.services(), wanted, reason, actor=operators.ACTOR):
                print(told)
        except giving_back.RefundNotPossibleError as error:
            raise CommandError(str(error)) from None


def _fen_of(amount: str) -> int:
    from kernel.money import parse_yuan

    try:
        fen: int = parse_yuan(amount)
    except ValueError:
        fen = 0
    if fen == 0:
        raise BadInputError(f"--amount {amount}: not an amount in yuan, such as 3.00")
    return fen


def _in_hands(answer: str | None, line: int) -> str:
    if answer is None:
        raise CommandError(f"line {line} does not wait for a person: see kabot orders todo")
    return answer


@handoff_app.command("list")
def handoff_list() -> None:
    """List the buyers who wait for a person, with the last messages and the pending order."""
    from bot import operators

    with connected() as at, database(at):
        for line in operators.waiting(at.services()):
            print(line)


@handoff_app.command("end")
def handoff_end(openid: Annotated[str, typer.Argument(metavar="OPENID")]) -> None:
    """Give a buyer back to the bot."""
    from bot import operators
    from kernel.ids import OpenId

    with connected() as at, database(at):
        answer = operators.end_handoff(at.services(), OpenId(openid))
    if answer is None:
        raise CommandError("nobody of that openid waits for a person: see kabot handoff list")
    print(answer)


@handoff_app.command("say")
def handoff_say(
    openid: Annotated[str, typer.Argument(metavar="OPENID")], words: Annotated[str, typer.Argument(metavar="WORDS")]
) -> None:
    """Write to a buyer who asked for a person; from then on the talk is yours until you end it."""
    from bot import handoffs
    from kernel.ids import OpenId

    with connected() as at, database(at):
        if not handoffs.say(at.services(), OpenId(openid), _words(words)):
            raise CommandError("nobody of that openid waits for a person: see kabot handoff list")


CaseNo = Annotated[str, typer.Argument(metavar="CASE", help="Its number in `cases list`: S00012.")]


@cases_app.command("list")
def cases_list() -> None:
    """List the running cases, those to be answered first."""
    from bot import operators

    with connected() as at, database(at):
        for line in operators.cases(at.services()):
            print(line)


@cases_app.command("answer")
def cases_answer(case: CaseNo, words: Annotated[str, typer.Argument(metavar="WORDS")]) -> None:
    """Answer the buyer; the case goes on until it is closed."""
    from bot import after_sale, operators

    with connected() as at, database(at):
        done = after_sale.answer(at.services(), _case_id(case), _words(words), actor=operators.ACTOR)
    if not done:
        raise CommandError(f"case {case} is not running: see kabot cases list")


@cases_app.command("close")
def cases_close(
    case: CaseNo,
    words: Annotated[str, typer.Option("--note", help="Told to the buyer: what was done.")] = "",
    refund: Annotated[bool, typer.Option("--refund", help="Give the price back; --note is the reason.")] = False,
) -> None:
    """Close a case and tell the buyer; with --refund give his money back."""
    from bot import after_sale, operators

    number = _case_id(case)
    if refund and not words:
        raise BadInputError("--refund needs --note REASON: the buyer is told it")
    with connected() as at, database(at):
        services = at.services()
        if refund:
            why_not = after_sale.refund(services, number, _words(words), actor=operators.ACTOR)
        else:
            closed = after_sale.close(services, number, _words(words), actor=operators.ACTOR)
            why_not = None if closed else "is not running: see kabot cases list"
    if why_not is not None:
        raise CommandError(f"case {case}: {why_not}")


def _case_id(number: str) -> int:
    digits = number.strip().upper().removeprefix("S")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise BadInputError(f"{number}: not the number of a case, such as S00012")
    return int(digits)


def _words(words: str) -> str:
    from bot.handoffs import WORDS_MAX

    if len(words) > WORDS_MAX:
        raise BadInputError(f"at most {WORDS_MAX} characters are sent at once, not {len(words)}")
    return words


@app.command()
def reconcile(
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="The day of the bill.")],
    suppliers: Annotated[bool, typer.Option("--suppliers", help="With what the suppliers say instead.")] = False,
) -> None:
    """Compare the day's WeChat Pay bill with the orders; print and store every difference."""
    from importlib import import_module
    from importlib.util import find_spec

    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise BadInputError(f"--date {day}: not a date; write YYYY-MM-DD") from None
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
