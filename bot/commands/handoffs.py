"""`kabot handoff`: buyers who asked for a person."""

from typing import Annotated

import typer

from bot.commands.connecting import BadInputError, CommandError, OpenIdArgument, connected, database, group

handoff_app = group("Buyers who asked for a person.")


@handoff_app.command("list")
def handoff_list() -> None:
    """List the buyers who wait for a person, with the last messages and the pending order."""
    from bot import operators

    with connected() as at, database(at):
        for line in operators.waiting(at.services()):
            print(line)


@handoff_app.command("end")
def handoff_end(openid: OpenIdArgument) -> None:
    """Give a buyer back to the bot."""
    from bot import operators
    from kernel.ids import OpenId

    with connected() as at, database(at):
        answer = operators.end_handoff(at.services(), OpenId(openid))
    if answer is None:
        raise CommandError("nobody of that openid waits for a person: see kabot handoff list")
    print(answer)


@handoff_app.command("say")
def handoff_say(openid: OpenIdArgument, words: Annotated[str, typer.Argument(metavar="WORDS")]) -> None:
    """Write to a buyer who asked for a person; from then on the talk is yours until you end it."""
    from bot import handoffs
    from kernel.ids import OpenId

    with connected() as at, database(at):
        if not handoffs.say(at.services(), OpenId(openid), sendable(words)):
            raise CommandError("nobody of that openid waits for a person: see kabot handoff list")


def sendable(words: str) -> str:
    """What can be sent to a buyer at once. Raises BadInputError."""
    from bot.handoffs import WORDS_MAX

    if len(words) > WORDS_MAX:
        raise BadInputError(f"at most {WORDS_MAX} characters are sent at once, not {len(words)}")
    return words
