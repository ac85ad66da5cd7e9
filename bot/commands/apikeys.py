"""`kabot apikey`: keys of the REST interface. A new one is printed once, on stdout, and kept nowhere."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from bot.commands.connecting import BadInputError, CommandError, connected, database, group

apikey_app = group("Keys of the REST interface.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 32 letters, digits and . _ -")]


@apikey_app.command("add")
def add(
    name: Name,
    scopes: Annotated[str, typer.Option(help="Comma-separated, such as orders:read,keys:write; * is all of them.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Expires after so many days.")] = None,
    per_minute: Annotated[int, typer.Option(min=1, max=100_000, help="Requests it may make in a minute.")] = 600,
) -> None:
    """Make a key and print it: it is shown this once."""
    from console.api import access
    from console.api.scopes import read_scopes

    try:
        wanted = read_scopes(scopes)
    except ValueError as error:
        raise BadInputError(f"--scopes: {error}") from None
    now = datetime.now(UTC)
    with connected() as at, database(at) as engine, engine.begin() as conn:
        try:
            expires_at = now + timedelta(days=days) if days else None
            token = access.add(conn, name, wanted, now, expires_at=expires_at, per_minute=per_minute)
        except ValueError as error:
            raise BadInputError(str(error)) from None
        if token is None:
            raise CommandError(f"{name}: there is, or was, a key of that name")
    print(token)


@apikey_app.command("list")
def list_all() -> None:
    """List the keys by name and beginning: scopes, last use, end."""
    from console.api import access

    now = datetime.now(UTC)
    with connected() as at, database(at) as engine, engine.connect() as conn:
        for key in access.all_of(conn):
            state = "off" if key.off_at else "expired" if key.expires_at and key.expires_at <= now else "on"
            used = f"used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
            until = f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else ""
            row = (key.name, key.prefix + "…", state, ",".join(key.scopes), f"{key.per_minute}/min", used, until)
            print("\t".join(row).rstrip())


@apikey_app.command("off")
def off(name: Name) -> None:
    """Let a key in no more, for ever."""
    from console.api import access

    with connected() as at, database(at) as engine, engine.begin() as conn:
        found = access.switch_off(conn, name, datetime.now(UTC))
    if not found:
        raise CommandError(f"{name}: no such key, see kabot apikey list")
    print(f"{name}: off")
