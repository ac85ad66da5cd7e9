"""`kabot privacy`: gives out and forgets what is kept about one buyer."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.connecting import BadInputError, CommandError, OpenIdArgument, connected, database, group

if TYPE_CHECKING:
    from kernel.ids import OpenId

privacy_app = group("What is kept about one buyer.")
_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@privacy_app.command("export")
def export(
    openid: OpenIdArgument,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to; else it is printed.")] = None,
) -> None:
    """Give out everything there is about a buyer as JSON."""
    import json
    import os

    from bot import privacy

    wanted = checked(openid)
    with connected() as at, database(at):
        found = privacy.export(at.services(), wanted)
    if not found:
        raise CommandError("nothing is kept about such a buyer")
    written = json.dumps(found, ensure_ascii=False, indent=1, default=str)
    if file is None:
        print(written)
        return
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as into:
            into.write(written + "\n")
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    print(f"{file}: {sum(len(rows) for rows in found.values())} rows")


@privacy_app.command("erase")
def erase(openid: OpenIdArgument) -> None:
    """Forget a buyer: everything at once but what was bought, which goes by itself when the law lets it."""
    from bot import privacy
    from kernel.money import format_yuan

    wanted = checked(openid)
    with connected() as at, database(at):
        done = privacy.erase(at.services(), wanted)
    if isinstance(done, privacy.BalanceLeft):
        raise CommandError(
            f"he has ¥{format_yuan(done.balance_fen)} with the shop: it is spent first, or goes back when he writes"
            " 余额提现; what was not topped up a person pays out"
        )
    print(f"erased; {done.orders_forgotten} orders without a name, {done.orders_kept} kept")
    if done.orders_kept and done.kept_until is not None:
        print(f"kept by law, the last until {done.kept_until:%Y-%m-%d}; they go by themselves")
    if done.open:
        print("something still runs (an order, a case, a talk with a person): it goes when it has ended")


def checked(openid: str) -> "OpenId":
    """The buyer a command names. Raises BadInputError for what cannot be one."""
    from kernel.ids import OpenId

    if not _OPENID.fullmatch(openid):
        raise BadInputError("OPENID: 1 to 64 letters, digits, _ and -")
    return OpenId(openid)
