"""`kabot risk`: held orders and what becomes of them, block and allow lists, and why an order was judged as it was."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.connecting import BadInputError, CommandError, connected, database, group
from risk.kinds import Kind, Listing

if TYPE_CHECKING:
    from bot.bootstrap import Services

risk_app = group("Orders held for a person, and who is blocked or allowed.")
OrderNo = Annotated[str, typer.Argument(metavar="ORDER", help="An order's number: K2611…")]
AKind = Annotated[Kind, typer.Argument(metavar="KIND", help="buyer (an openid) or account (a phone, a QQ number …).")]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="The openid or account.")]
Why = Annotated[str, typer.Option("--why", help="Kept with the entry.")]
By = Annotated[str, typer.Option("--by", help="Who decides; default: the login name.")]


@contextmanager
def _shop() -> "Iterator[Services]":
    with connected() as at, database(at):
        yield at.services()


@risk_app.command("holds")
def holds() -> None:
    """List the paid orders that wait for release or refuse, those that wait longest first."""
    from bot import risk

    with _shop() as services:
        for line in risk.held_lines(services):
            print(line)


@risk_app.command("release")
def release(order: OrderNo, by: By = "") -> None:
    """Let a held order be delivered."""
    from bot import risk

    with _shop() as services:
        if not risk.release(services, order.strip(), actor=_who(by)):
            raise _not_held(order)
    print(f"{order}：已放行，马上发货")


@risk_app.command("refuse")
def refuse(
    order: OrderNo,
    reason: Annotated[str, typer.Option("--reason", help="Told to the buyer, 80 characters at most.")],
    by: By = "",
) -> None:
    """Give a held order back by the original route, and tell the buyer why."""
    from bot import risk
    from fulfillment.deciding import REASON_MAX

    words = reason.strip()
    if not 1 <= len(words) <= REASON_MAX:
        raise BadInputError(f"--reason: 1 to {REASON_MAX} characters, not {len(words)}")
    with _shop() as services:
        if not risk.refuse(services, order.strip(), words, actor=_who(by)):
            raise _not_held(order)
    print(f"{order}：退款已开始，会通知顾客")


def _not_held(order: str) -> Exception:

    return CommandError(f"order {order[:40]} is not held (any more): see kabot risk holds")


@risk_app.command("block")
def block(kind: AKind, value: Value, why: Why = "", by: By = "") -> None:
    """Take no more orders from a buyer, or for an account; what of theirs is paid from now on is held."""
    _put(kind, value, Listing.BLOCK, why, by)


@risk_app.command("allow")
def allow(kind: AKind, value: Value, why: Why = "", by: By = "") -> None:
    """Take every order from a buyer, or for an account, unless something about it is blocked."""
    _put(kind, value, Listing.ALLOW, why, by)


def _put(kind: Kind, value: str, listing: Listing, why: str, by: str) -> None:
    from bot import risk
    from kernel.masking import mask
    from risk.words import KINDS, LISTINGS

    with _shop() as services:
        try:
            held = risk.put_on_list(services, kind, value, listing, why, actor=_who(by))
        except ValueError as error:
            raise BadInputError(str(error)) from None
    more = f"；{held} 笔未付订单付款后会先核对" if held else ""
    print(f"{KINDS[kind]} {mask(value.strip())}：已列入{LISTINGS[listing]}{more}")


@risk_app.command("unlist")
def unlist(kind: AKind, value: Value, by: By = "") -> None:
    """Take a buyer or an account off the list he is on."""
    from bot import risk
    from kernel.masking import mask
    from risk.words import KINDS

    with _shop() as services:
        try:
            found = risk.take_off_list(services, kind, value, actor=_who(by))
        except ValueError as error:
            raise BadInputError(str(error)) from None
    if not found:
        raise CommandError(f"{kind.value} {mask(value.strip())} is on no list: see kabot risk list")
    print(f"{KINDS[kind]} {mask(value.strip())}：已移出名单")


@risk_app.command("list")
def show_lists(
    history: Annotated[bool, typer.Option("--history", help="Also what stood there once, and who ended it.")] = False,
) -> None:
    """List who is blocked or allowed, the latest first."""
    from risk import lists
    from risk.words import KINDS, LISTINGS

    with _shop() as services:
        with services.engine.connect() as conn:
            entries = lists.all_of(conn, ended=history)
        zone = services.hours.zone
        for one in entries:
            ended = f"\t{one.ended_at.astimezone(zone):%m-%d %H:%M} {one.ended_by} 移出" if one.ended_at else ""
            at = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}"
            print(f"{LISTINGS[one.listing]}\t{KINDS[one.kind]}\t{one.shown}\t{one.why}\t{at} {one.by}{ended}")


@risk_app.command("score")
def score(order: OrderNo) -> None:
    """Show how an order was judged when it was placed, and how it would be judged now, by which facts."""
    from dataclasses import asdict

    from bot import risk
    from risk.words import OUTCOMES, reasons_in_words

    with _shop() as services:
        explained = risk.explain(services, order.strip())
    if explained is None:
        raise CommandError(f"there is no order {order[:40]}")
    for when, verdict in (("下单时", explained.then), ("现在", explained.now)):
        why = reasons_in_words(verdict.reasons)
        print(f"{when}\t{verdict.score}分\t{OUTCOMES[verdict.outcome]}" + (f"\t{why}" if why else ""))
    for name, value in asdict(explained.facts).items():
        if value:
            print(f"  {name} = {value}")


@risk_app.command("verdicts")
def verdicts(
    passed: Annotated[bool, typer.Option("--all", help="Also those that stopped nothing.")] = False,
) -> None:
    """List the latest orders that were asked about, held or not taken, and why."""
    from kernel.masking import mask
    from kernel.money import format_yuan
    from risk import reading
    from risk.words import OUTCOMES, reasons_in_words

    with _shop() as services:
        with services.engine.connect() as conn:
            found = reading.latest(conn, passed=passed)
        for one in found:
            at = f"{one.at.astimezone(services.hours.zone):%m-%d %H:%M}"
            print(
                f"{at}\t{one.order_no or '（没下单）'}\t¥{format_yuan(one.total_fen)}\t{OUTCOMES[one.verdict.outcome]}"
                f"\t{one.verdict.score}分：{reasons_in_words(one.verdict.reasons)}\t{mask(one.openid)}"
            )


def _who(by: str) -> str:
    """Who decides, as the history keeps it."""
    if by.strip():
        return by.strip()[:64]
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError):
        return "operator"
