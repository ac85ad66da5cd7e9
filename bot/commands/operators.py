"""`kabot operator`: who may log in to the console. Passwords come from the terminal or the environment, never argv."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.connecting import BadInputError, CommandError, connected, database, group
from console.roles import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

operator_app = group("Who may log in to the console.")
PASSWORD_VARIABLE = "OPERATOR_PASSWORD"  # noqa: S105 - its name; what begins with KABOT_ is configuration
Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 32 letters, digits and . _ - @")]


@operator_app.command("add")
def add(name: Name, role: Annotated[Role, typer.Option(help="What he may do: docs/console.md.")]) -> None:
    """Add an operator. His password is asked for, or taken from OPERATOR_PASSWORD."""
    from console import accounts
    from kernel.clock import SystemClock

    password = _password()
    with _records() as conn:
        added = accounts.add(conn, name, password, role, SystemClock().now())
    if not added:
        raise CommandError(f"{name}: there is an operator of that name")
    print(f"{name}: {role.value}")


@operator_app.command("list")
def list_all() -> None:
    """List the operators with their roles."""
    from console import accounts

    with _records() as conn:
        for name, role, active in accounts.all_of(conn):
            print(f"{name}\t{role.value if active else 'off'}")


@operator_app.command("password")
def password(name: Name) -> None:
    """Give an operator another password, let him in again, and log him out everywhere."""
    from console import accounts

    wanted = _password()
    with _records() as conn:
        found = accounts.set_password(conn, name, wanted)
    _done(name, found, "password changed, logged out everywhere")


@operator_app.command("off")
def off(name: Name) -> None:
    """Let an operator in no more, and log him out everywhere."""
    from console import accounts

    with _records() as conn:
        found = accounts.shut_out(conn, name)
    _done(name, found, "off")


@operator_app.command("factor-off")
def factor_off(name: Name) -> None:
    """Ask an operator for no second factor any more: for who has lost his phone and his recovery codes."""
    from console import accounts, second_factor

    with _records() as conn:
        person = next((one for one in accounts.people(conn) if one.name == name), None)
        if person is not None:
            second_factor.turn_off(conn, person.id)
    _done(name, person is not None, "the password is enough")


@contextmanager
def _records() -> "Iterator[Connection]":
    """The operators' records, in one transaction; what they refuse is bad input."""
    with connected() as at, database(at) as engine:
        try:
            with engine.begin() as conn:
                yield conn
        except ValueError as error:
            raise BadInputError(str(error)) from None


def _done(name: str, found: bool, what: str) -> None:
    if not found:
        raise CommandError(f"{name}: no such operator, see kabot operator list")
    print(f"{name}: {what}")


def _password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE, "")
    if given:
        return given
    if not sys.stdin.isatty():
        raise BadInputError(f"no terminal to ask for the password: set {PASSWORD_VARIABLE}")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
