"""`kabot audit`: walks the history's chain and names the first thing in each order that does not hold."""

from typing import Annotated

import typer

from bot.commands.connecting import EXIT_FAILED, BadInputError, connected, database

audit_app = typer.Typer(
    help="The history of orders, sealed event by event.", rich_markup_mode=None, no_args_is_help=True
)


@audit_app.command("verify")
def verify(
    order: Annotated[str | None, typer.Option(metavar="NO", help="One order alone; anchors are left out.")] = None,
) -> None:
    """Check every event against its seal and every order against its history; exit 1 when something does not hold."""
    from bot.progress import bar
    from fulfillment import audit

    with connected() as at, database(at) as engine, bar("核对历史") as progress:
        audit.arm(engine, at.config.app.key(), at.config.app.earlier_keys())
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn:
            events = audit.count(conn, order)
            shown = (lambda done: progress(done, events)) if progress else None
            broken = list(audit.verify(conn, order, shown))
    if order is not None and events == 0 and not broken:
        raise BadInputError(f"--order {order}: there is no such order")
    for one in broken:
        print(one)
    if broken:
        raise typer.Exit(EXIT_FAILED)
    print(f"ok: {events} events")
