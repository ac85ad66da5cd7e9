"""What a person does, from the console or the command line: goods delivered by hand, and talks handed over."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bot import after_sale, handoffs, risk, work
from bot.bootstrap import Services
from bot.paying import look_for_payment
from bot.work import Also, nothing
from dialogs import replies
from fulfillment import byhand, hands, paying, pushing, reading, refunding
from kernel.cases import CaseState
from kernel.ids import OpenId
from kernel.masking import mask
from kernel.money import format_yuan
from kernel.orders import LineState, OrderState

ACTOR = "operator"


def todo(services: Services) -> Iterator[str]:
    """Name the held orders (kabot risk release, refuse) and the order lines that wait for a person, oldest first."""
    with services.engine.connect() as conn:
        rows = hands.waiting(conn)
    yield from (f"核对\t{line}" for line in risk.held_lines(services))
    for row in rows:
        given = "，".join(row.given.values())
        note = f"（{row.note}）" if row.note else ""
        yield (
            f"{row.line_id}\t订单 {row.order_no}\t{row.product_name} {row.sku_label} ×{row.quantity}"
            f"\t¥{format_yuan(row.total_fen)}\t{given}{note}"
        )


def done(services: Services, line_id: int, note: str, *, actor: str = ACTOR, also: Also = nothing) -> str | None:
    """Record that a line was delivered by hand and tell the buyer. None when the line is in nobody's hands."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        to_do = byhand.complete(conn, line_id, now, actor=actor, note=note)
        if isinstance(to_do, byhand.NotNow):
            return None
        work.enqueue(services, conn, to_do)
        also(conn)
    return f"{line_id}：已完成，会通知顾客"


def give_back(
    services: Services,
    line_id: int,
    reason: str,
    *,
    delivered_too: bool = False,
    actor: str = ACTOR,
    also: Also = nothing,
) -> str | None:
    """Refund a line because a person says so and tell the buyer. None when the line is in nobody's hands, nor
    delivered where `delivered_too`, or when a balance that was bought is spent."""
    now = services.clock.now()
    refund = byhand.give_back_delivered if delivered_too else byhand.give_back
    try:
        with services.engine.begin() as conn:
            to_do = refund(conn, line_id, now, actor=actor, reason=reason)
            if isinstance(to_do, byhand.NotNow):
                return None
            work.enqueue(services, conn, to_do)
            also(conn)
    except work.BalanceSpentError:
        return None
    return f"{line_id}：退款已开始，会通知顾客"


def resend(services: Services, line_id: int, *, also: Also = nothing) -> bool:
    """Send a delivered line's message, card keys included, once more to its owner. False: it is not delivered, or was
    sent within the minute."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        line = refunding.locked_line(conn, line_id)
        if line.state is not LineState.DELIVERED:
            return False
        kind = byhand.DONE[line.delivery]
        again = f"again {now:%Y%m%d%H%M}"
        push_id = pushing.ask(conn, kind, line.openid, line.order_no, now, line_id=line_id, again=again)
        if push_id is None:
            return False
        services.jobs.defer(conn, "send_push", push_id=push_id)
        also(conn)
    return True


def cancel(services: Services, order_no: str, *, actor: str = ACTOR, also: Also = nothing) -> bool:
    """Cancel an unpaid order; its stock comes back once WeChat Pay has closed it. False: it is not unpaid.

    WeChat Pay is asked first: one that was paid without our being told is not unpaid.
    """
    look_for_payment(services, order_no)
    with services.engine.begin() as conn:
        order = reading.by_no(conn, order_no)
        if order is None or order.state is not OrderState.UNPAID:
            return False
        closed = paying.cancel(conn, order.order_no, order.openid, services.clock.now(), actor=actor)
        if not isinstance(closed, paying.Closed):
            return False
        services.jobs.defer(conn, "close_order", order_no=order_no)
        also(conn)
    return True


def waiting(services: Services) -> Iterator[str]:
    """Name the buyers who wait for a person, those who left a message at night first, with what he needs to take
    over."""
    with services.engine.connect() as conn:
        rows = handoffs.waiting(conn)
    for row in rows:
        at = _local(services, row.opened_at)
        where = "留言" if row.left_message else "在微信客服" if row.transferred else "等客服"
        yield f"{row.openid}\t{at}\t{row.reason}\t{where}\t{row.pending}"
        if row.question:
            yield f"    问：{row.question}".replace("\n", " ")
        yield from (f"    {_line(line)}" for line in row.transcript[-20:])
        if row.orders:
            yield f"    订单：{'、'.join(row.orders)}"


def _line(line: Mapping[str, str]) -> str:
    who = {"buyer": "顾客", "person": "客服"}.get(line.get("from", ""), "机器人")
    return f"{who}：{handoffs.without_taps(line.get('text', ''))}".replace("\n", " ")


def _local(services: Services, at: datetime) -> str:
    return f"{at.astimezone(services.hours.zone):%m-%d %H:%M}"


def cases(services: Services) -> Iterator[str]:
    """Name the running cases, those to be answered first, with what is needed to deal with them."""
    now = services.clock.now()
    for one in after_sale.running(services):
        case = one.case
        due = case.answer_due_at if case.state is CaseState.OPEN else case.remedy_due_at
        late = "已超时" if now > due else ""
        state = replies.line_state_word(LineState(one.line_state)) if one.line_state else ""
        stands = "待答复" if case.state is CaseState.OPEN else "待解决"
        yield (
            f"{case.number}\t{handoffs.CASE_WORDS[case.kind]}\t{stands}{late}"
            f"\t{_local(services, due)}前\t订单 {case.order_no}\t{one.what}\t{state}\t{one.openid}"
        )
        if one.said:
            yield f"    说：{one.said}".replace("\n", " ")
        yield from (f"    {_line(line)}" for line in one.transcript[-10:])


def end_handoff(services: Services, openid: OpenId, *, also: Also = nothing) -> str | None:
    """Give a buyer back to the bot and tell him. None when nobody had him."""
    if not handoffs.end(services, openid, by="operator", also=also):
        return None
    services.store.end_handoff(openid)
    services.account.send_text(openid, replies.handoff_over())
    return f"{mask(openid)}：已转回机器人"
