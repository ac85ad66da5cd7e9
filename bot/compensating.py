"""Late deliveries: found every minute, given by refund or into the balance within a day's limit, told to the buyer."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Connection

from bot import work
from bot.bootstrap import Services
from bot.config import CompensationConfig
from bot.tasks import TASKS, every_minute
from catalog.model import Delivery
from fulfillment import compensation, pushing, refunding
from fulfillment.compensation import Due, LimitReached
from fulfillment.lateness import Terms
from fulfillment.pushing import PushKind
from fulfillment.work import NOTHING_TO_DO, Work
from kernel.ids import OpenId
from kernel.money import format_yuan
from kernel.orders import LineState
from payments import wallet
from payments.wallet import MoveKind

log = logging.getLogger(__name__)

REASON = "晚到赔付"


@TASKS.cron("compensate_late", every_minute(28))
def compensate_late(services: Services) -> None:
    """Find what was delivered late since the last look, and give what the day's limit allows."""
    config = services.config.compensation
    if not config.enabled:
        with services.engine.begin() as conn:
            compensation.switch_off(conn)
        return
    now = services.clock.now()
    with services.engine.begin() as conn:
        compensation.find(conn, terms_of(config), now)
        due = compensation.waiting(conn)
    for number in due:
        if not _give(services, number, now.astimezone(services.hours.zone).date()):
            return


def terms_of(config: CompensationConfig) -> Terms:
    """What the owner gives."""
    minutes = {
        Delivery.TOPUP.value: config.topup_minutes,
        Delivery.CARD.value: config.card_minutes,
        Delivery.SERVICE.value: config.service_minutes,
        Delivery.PARCEL.value: config.parcel_minutes,
    }
    return Terms(
        grace=timedelta(minutes=config.late_minutes),
        otherwise={kind: timedelta(minutes=most) for kind, most in minutes.items() if most},
        amount_fen=config.amount_fen,
        percent_bp=config.percent_bp,
        max_fen=config.max_fen,
    )


def _give(services: Services, number: int, day: date) -> bool:
    """Give one; False when the day's limit is reached."""
    limit_fen = services.config.compensation.daily_max_fen
    with services.engine.begin() as conn:
        due = compensation.take(conn, number, day, limit_fen)
        if isinstance(due, Due):
            _give_due(services, conn, due, day)
    if not isinstance(due, LimitReached):
        return True
    if due.first:
        log.error("the day's compensation of ¥%s is spent: the rest waits for tomorrow", format_yuan(limit_fen))
    return False


def _give_due(services: Services, conn: Connection, due: Due, day: date) -> None:
    now, way = services.clock.now(), services.config.compensation.way
    line = refunding.locked_line(conn, due.line_id)
    amount_fen = min(due.amount_fen, line.left_fen) if way == "refund" else due.amount_fen
    if line.state is not LineState.DELIVERED or line.taken_back_fen > 0 or amount_fen <= 0:
        compensation.drop(conn, due)
        return
    compensation.mark_given(conn, due, amount_fen, way, day, now)
    to_do = NOTHING_TO_DO
    if way == "refund":
        to_do = refunding.give_part(
            conn, line, amount_fen, now, kind=None, reason=REASON, actor="system", compensates=True
        )
    push_id = pushing.ask(conn, PushKind.COMPENSATED, line.openid, line.order_no, now, about_id=due.id)
    work.enqueue(services, conn, Work(push_ids=(push_id,) if push_id is not None else ()) + to_do)
    if way == "wallet":  # the wallet's row is locked last
        openid, reference = OpenId(line.openid), f"late:{line.id}"
        wallet.credit(
            conn,
            openid,
            amount_fen,
            MoveKind.COMPENSATION,
            reference,
            now=now,
            order_no=line.order_no,
            note=REASON,
        )
    log.info("line %s came late: ¥%s by %s", line.id, format_yuan(amount_fen), way)


def listed(services: Services, limit: int = 100) -> Iterator[str]:
    """Name the latest ones, newest first."""
    with services.engine.connect() as conn:
        rows = compensation.latest(conn, limit)
    for row in rows:
        late = row.delivered_at - row.promised_at
        minutes = int(late.total_seconds() // 60)
        state = {"waiting": "等额度", "dropped": "不赔了"}.get(
            row.state, {"refund": "原路退回", "wallet": "余额"}.get(row.way)
        )
        at = f"{(row.given_at or row.delivered_at).astimezone(services.hours.zone):%m-%d %H:%M}"
        yield f"{at}\t订单 {row.order_no}\t{row.what}\t晚 {minutes} 分钟\t¥{format_yuan(row.amount_fen)}\t{state}"
