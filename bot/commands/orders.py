"""`kabot orders`: what waits for a person's hands, and what goes back."""

from collections.abc import Callable
from typing import Annotated

import typer

from bot.commands.connecting import BadInputError, CommandError, connected, database, group

orders_app = group("What waits for a person's hands.")


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
        print(_in_hands(line, lambda: operators.done(at.services(), line, note)))


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

    if what.isascii() and what.isdecimal() and len(what) < 15:
        if line is not None or amount:
            raise BadInputError("--line and --amount go with the number of an order")
        with connected() as at, database(at):
            print(_in_hands(int(what), lambda: operators.give_back(at.services(), int(what), reason)))
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


def _in_hands(line: int, act: Callable[[], str | None]) -> str:
    """What is said of an act on a line. Raises CommandError when it waits for nobody, or there is none."""
    from fulfillment.moves import UnknownOrderError

    try:
        answer = act()
    except UnknownOrderError:
        answer = None
    if answer is None:
        raise CommandError(f"line {line} does not wait for a person: see kabot orders todo")
    return answer
