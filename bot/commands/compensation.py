"""`kabot compensation`: what was given for late deliveries."""

from typing import Annotated

import typer

from bot.commands.connecting import connected, database, group

compensation_app = group("Money for late deliveries.")


@compensation_app.callback()
def _group() -> None:
    """Keeps `list` a command of its own while it is the only one."""


@compensation_app.command("list")
def compensation_list(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 100,
) -> None:
    """List what was given, what waits for the day's limit, and what was dropped."""
    from bot import compensating

    with connected() as at, database(at):
        for row in compensating.listed(at.services(), limit):
            print(row)
