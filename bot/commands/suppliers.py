"""`kabot suppliers`: how it stands with each of them, and pausing one by hand."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.connecting import BadInputError, CommandError, connected, database

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.bootstrap import Services

suppliers_app = typer.Typer(
    help="List the suppliers: kind, balance, whether they answer, last success, what is open; and strange prices.",
    rich_markup_mode=None,
    invoke_without_command=True,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="As in [supplier.NAME].")]
ACTOR = "命令行"
WHY_MAX = 200


@suppliers_app.callback()
def list_all(context: typer.Context) -> None:
    """List the suppliers: kind, balance, whether they answer, last success, what is open; and strange prices."""
    if context.invoked_subcommand is not None:
        return
    from bot import suppliers

    with connected() as at, database(at):
        for line in suppliers.report(at.services()):
            print(line)


@suppliers_app.command("pause")
def pause(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; kept with it and shown to operators.")] = "",
) -> None:
    """Order nothing from a supplier until it is resumed: others are asked instead, what only it has is off sale."""
    from bot import suppliers

    if len(reason) > WHY_MAX:
        raise BadInputError(f"--reason: at most {WHY_MAX} characters")
    with connected() as at, database(at):
        services = at.services()
        try:
            also = recorded(services, "pause_supplier", name, paused=True, why=reason)
            done = suppliers.pause(services, name, by=ACTOR, why=reason, also=also)
        except suppliers.UnknownSupplierError:
            known = ", ".join(services.suppliers.by_name) or "none"
            raise BadInputError(f"{name}: no such supplier; configured: {known}") from None
    print(f"{name}: paused" if done else f"{name}: it was paused already")


@suppliers_app.command("resume")
def resume(name: Name) -> None:
    """Order from a supplier again; what waited for it goes out first."""
    from bot import suppliers

    with connected() as at, database(at):
        services = at.services()
        done = suppliers.resume(
            services, name, by=ACTOR, also=recorded(services, "resume_supplier", name, paused=False)
        )
    if not done:
        raise CommandError(f"{name}: it is not paused, see kabot suppliers")
    print(f"{name}: resumed")


def recorded(services: "Services", what: str, name: str, **after: object) -> "Callable[[Connection], None]":
    """What writes it into the operators' record, in the transaction that does it."""
    from console import audit

    def write(conn: "Connection") -> None:
        about, now = f"supplier:{name}", services.clock.now()
        before = {"paused": not after["paused"]}
        audit.record(conn, operator=ACTOR, address="", what=what, about=about, now=now, before=before, after=after)

    return write
