"""`kabot ledger`: whether the books agree, one order's bookings, one day's result."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.connecting import EXIT_FAILED, BadInputError, connected, database, day_of, group

if TYPE_CHECKING:
    from payments.ledger import Account, Day

ledger_app = group("The shop's books, in double entry.")


@ledger_app.command("check")
def check() -> None:
    """Compare every order's bookings with its payments, refunds, lines and purchases; keep and print what differs."""
    from bot import books
    from kernel.clock import SystemClock

    with connected() as at, database(at) as engine, engine.begin() as conn:
        found = books.check(conn, SystemClock().now())
    for one in found:
        print(f"{one.order_no or '全部'}\t{books.WHAT[one.what]}\t账本 {one.books_fen}\t应为 {one.rows_fen}（分或笔）")
    if found:
        raise typer.Exit(EXIT_FAILED)
    print("ok")


@ledger_app.command("show")
def show(order: Annotated[str, typer.Argument(metavar="ORDER_NO")]) -> None:
    """Print everything booked of one order, and what each account has of it."""
    from kernel.money import format_yuan
    from payments import ledger

    with connected() as at, database(at) as engine, engine.connect() as conn:
        booked = ledger.of_order(conn, order)
    if not booked:
        raise BadInputError(f"{order}: nothing is booked of such an order")
    for one in booked:
        print(f"{one.at:%Y-%m-%d %H:%M:%S} UTC  {one.cause}{'（估计）' if one.estimated else ''}")
        for account, fen in one.entries:
            print(f"    {_name(account)}\t{'借' if fen > 0 else '贷'} ¥{format_yuan(abs(fen))}")
    print("合计")
    for account, fen in ledger.balances(booked).items():
        print(f"    {_name(account)}\t¥{format_yuan(fen)}")


@ledger_app.command("day")
def day(of: Annotated[str, typer.Argument(metavar="YYYY-MM-DD")]) -> None:
    """Print one day's result (Beijing time): received, sold, given back, cost, fees, profit, owed to buyers."""
    from bot import books
    from payments import ledger

    wanted = day_of(of, of)
    with connected() as at, database(at) as engine, engine.connect() as conn:
        for line in _sheet(wanted, ledger.day(conn, wanted), books.uncosted(conn, wanted)):
            print(line)


def _sheet(of: date, summed: "Day", uncosted: int) -> Iterator[str]:
    from kernel.money import format_yuan

    estimated = f"（其中 ¥{format_yuan(summed.fees_estimated_fen)} 待账单确认）" if summed.fees_estimated_fen else ""
    unknown = f"（{uncosted} 行交付的成本未知，没有扣除）" if uncosted else ""
    yield f"{of}  收款 {summed.payments} 笔"
    for name, fen, more in (
        ("收款", summed.received_fen, ""),
        ("销售额", summed.sold_fen, ""),
        ("应退款", summed.refunds_fen, ""),
        ("已退款", summed.refunded_fen, ""),
        ("进货成本", summed.cost_fen, ""),
        ("手续费", summed.fees_fen, estimated),
        ("补偿", summed.compensated_fen, ""),
        ("利润", summed.profit_fen, unknown),
        ("日终欠顾客", summed.owed_fen, ""),
        ("日终顾客余额", summed.kept_fen, ""),
    ):
        yield f"  {name}\t¥{format_yuan(fen)}{more}"


def _name(account: "Account") -> str:
    return {
        "buyer": "顾客",
        "wechat_clearing": "微信支付",
        "sales": "销售",
        "refunds": "退款",
        "fees": "手续费",
        "supplier_cost": "进货成本",
        "suppliers": "供货商",
        "key_stock": "卡密库存",
        "wallet": "余额",
        "compensation": "补偿",
    }[account.value]
