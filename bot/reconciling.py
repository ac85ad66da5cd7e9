"""`kabot reconcile`: the day's bill is fetched, compared with our books, and what differs is kept and told."""

from collections.abc import Iterator
from datetime import date

from bot.bootstrap import Services
from kernel.money import format_yuan
from payments.attempts import describe
from payments.bill import Bill, BillUnreadableError, Difference, DifferenceKind, read_bill, reconcile
from payments.gateway import BillNotReady, NoBill

_WORDS = {
    DifferenceKind.MISSING_HERE: "微信已收款，本店没有这笔支付",
    DifferenceKind.MISSING_THERE: "本店已记支付，账单上没有",
    DifferenceKind.AMOUNT: "支付金额不一致",
    DifferenceKind.REFUND_MISSING_HERE: "微信已退款，本店没有这笔退款",
    DifferenceKind.REFUND_MISSING_THERE: "本店已记退款，账单上没有",
    DifferenceKind.REFUND_AMOUNT: "退款不一致",
}


def run(services: Services, day: date) -> Iterator[str]:
    """Say line by line what the bill of `day` (Beijing time) and our books disagree about.

    Raise CommandError when there is no bill to be had yet, or none that can be read.
    """
    from bot.cli import CommandError

    answer = services.gateway.trade_bill(day)
    match answer:
        case bytes():
            try:
                bill = read_bill(answer)
            except BillUnreadableError as error:
                raise CommandError(f"bill of {day}: {error}") from None
        case NoBill():
            bill = Bill()
        case BillNotReady():
            raise CommandError(f"bill of {day}: not ready yet, it comes the day after from 10:00; try in 30 minutes")
        case failure:
            raise CommandError(f"bill of {day}: {describe(failure)}")
    with services.engine.begin() as conn:
        differences = reconcile(conn, bill, day, services.clock.now())
    yield f"{day} 账单：支付 {len(bill.paid)} 笔，退款 {len(bill.refunds)} 笔，差异 {len(differences)} 处"
    for one in differences:
        yield _line(one)


def _line(one: Difference) -> str:
    number = one.out_refund_no or one.out_trade_no
    return f"{number}\t{_WORDS[one.kind]}\t本店 {_yuan(one.here_fen)}\t账单 {_yuan(one.there_fen)}"


def _yuan(fen: int | None) -> str:
    return "—" if fen is None else f"¥{format_yuan(fen)}"
