"""`kabot cases`: complaints, refunds and invoices with their deadlines."""

from typing import Annotated

import typer

from bot.commands.connecting import BadInputError, CommandError, connected, database, group
from bot.commands.handoffs import sendable

cases_app = group("What buyers complain of.")


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
        done = after_sale.answer(at.services(), _case_id(case), sendable(words), actor=operators.ACTOR)
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
            why_not = after_sale.refund(services, number, sendable(words), actor=operators.ACTOR)
        else:
            closed = after_sale.close(services, number, sendable(words), actor=operators.ACTOR)
            why_not = None if closed else "is not running: see kabot cases list"
    if why_not is not None:
        raise CommandError(f"case {case}: {why_not}")


def _case_id(number: str) -> int:
    digits = number.strip().upper().removeprefix("S")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 12):
        raise BadInputError(f"{number}: not the number of a case, such as S00012")
    return int(digits)
