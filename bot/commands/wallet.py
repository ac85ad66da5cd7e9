"""`kabot wallet`: what buyers keep with the shop, looked at, given back, put right by a person."""

from typing import Annotated

import typer

from bot.commands.connecting import BadInputError, OpenIdArgument, connected, database, group

wallet_app = group("What buyers keep with the shop.")


@wallet_app.command("show")
def show(openid: OpenIdArgument) -> None:
    """Print a buyer's balance and its last fifty moves."""
    from bot.commands.privacy import checked
    from kernel.money import format_yuan
    from payments import wallet

    wanted = checked(openid)
    with connected() as at, database(at) as engine, engine.connect() as conn:
        kept, moves = wallet.of(conn, wanted), wallet.latest(conn, wanted, 50)
    print(f"余额 ¥{format_yuan(kept.balance_fen)}{'，小额免确认付款已开通' if kept.one_tap else ''}")
    for move in moves:
        amount, after = format_yuan(move.amount_fen), format_yuan(move.balance_after_fen)
        print(f"{move.at:%Y-%m-%d %H:%M:%S} UTC\t{move.kind}\t¥{amount}\t余 ¥{after}\t{move.reference}")


@wallet_app.command("withdraw")
def withdraw(openid: OpenIdArgument) -> None:
    """Give back by the original route what a buyer topped up and has not spent, as he can himself (余额提现)."""
    from bot import wallet
    from bot.commands.privacy import checked
    from dialogs.facts import BalanceBack
    from kernel.money import format_yuan

    wanted = checked(openid)
    with connected() as at, database(at):
        back = wallet.withdraw(at.services(), wanted, actor="operator")
    if isinstance(back, BalanceBack):
        print(
            f"¥{format_yuan(back.back_fen)} goes back; ¥{format_yuan(back.left_fen)} stays, since it was not topped up"
        )


@wallet_app.command("adjust")
def adjust(
    openid: OpenIdArgument,
    amount: Annotated[str, typer.Argument(metavar="YUAN", help="How much, such as 12.50.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the move.")],
    reference: Annotated[str, typer.Option(help="What it is about, in a word of your own; the same one acts once.")],
    take: Annotated[bool, typer.Option("--take", help="Take it from the balance: paid out by hand, say.")] = False,
) -> None:
    """Add to a buyer's balance or take from it, once for each reference."""
    from bot.commands.privacy import checked
    from kernel.clock import SystemClock
    from kernel.money import format_yuan, parse_yuan
    from payments import wallet

    wanted, now = checked(openid), SystemClock().now()
    try:
        fen = parse_yuan(amount)
    except ValueError:
        raise BadInputError(f"{amount}: not an amount in yuan, such as 12.50") from None
    move = wallet.debit if take else wallet.credit
    with connected() as at, database(at) as engine, engine.begin() as conn:
        try:
            made = move(conn, wanted, fen, wallet.MoveKind.ADJUST, reference, now=now, note=reason, actor="operator")
        except ValueError as error:
            raise BadInputError(str(error)) from None
    if isinstance(made, wallet.NotEnoughBalance):
        raise BadInputError(f"he has only ¥{format_yuan(made.balance_fen)}")
    print(f"余额 ¥{format_yuan(made.balance_after_fen)}{'' if made.fresh else '（之前已经做过，没有再动）'}")
