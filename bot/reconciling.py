"""The day's bill is fetched, compared with our books, what differs kept and told: daily, and by `kabot reconcile`."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.bootstrap import Services
from bot.jobs import Retry
from bot.tasks import TASKS
from kernel.money import format_yuan
from payments.attempts import describe
from payments.bill import Bill, BillUnreadableError, Difference, DifferenceKind, read_bill, reconcile
from payments.gateway import BillNotReady, NoBill, Rejected

log = logging.getLogger(__name__)

AFTER_THE_BILL = "30 2 * * *"
"""10:30 in China; the bill of the day before is there from 10:00."""
_CHINA = ZoneInfo("Asia/Shanghai")

_WORDS = {
    DifferenceKind.MISSING_HERE: "微信已收款，本店没有这笔支付",
    DifferenceKind.MISSING_THERE: "本店已记支付，账单上没有",
    DifferenceKind.AMOUNT: "支付金额不一致",
    DifferenceKind.REFUND_MISSING_HERE: "微信已退款，本店没有这笔退款",
    DifferenceKind.REFUND_MISSING_THERE: "本店已记退款，账单上没有",
    DifferenceKind.REFUND_AMOUNT: "退款不一致",
}


@TASKS.cron("reconcile_yesterday", AFTER_THE_BILL)
def reconcile_yesterday(services: Services) -> None:
    """Have yesterday's bill compared; nothing where there is no merchant."""
    if not services.config.pay.mch_id:
        return
    day = services.clock.now().astimezone(_CHINA).date() - timedelta(days=1)
    with services.engine.begin() as conn:
        services.jobs.defer(conn, "reconcile_day", queueing_lock=f"reconcile:{day}", day=day.isoformat())


@TASKS.task("reconcile_day", retry=Retry(attempts=24, first_s=1800, factor=1))
def reconcile_day(services: Services, *, day: str) -> None:
    """Compare one day's bill; while it cannot be had, again every half hour for half a day."""
    summary, *differences = run(services, date.fromisoformat(day))
    log.info("%s", summary)
    for line in differences:
        log.error("the bill differs, a person must look: %s", line)


def run(services: Services, day: date) -> Iterator[str]:
    """Say line by line what the bill of `day` (Beijing time) and our books disagree about.

    Raise CommandError when there is no bill to be had yet, or none that can be read.
    """
    from bot.commands.connecting import CommandError

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
        case Rejected():
            raise CommandError(f"bill of {day}: {describe(answer)}")
        case failure:
            raise CommandError(f"bill of {day}: WeChat Pay gave no answer that can be used: {describe(failure)}")
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
