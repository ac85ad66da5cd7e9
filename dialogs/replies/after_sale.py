"""After the sale: cases and refunds."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from catalog.model import Delivery
from dialogs.links import plain, tap
from dialogs.replies.called import keys_called
from dialogs.replies.orders import (
    awaits,
    by_person,
    line_state,
    line_what,
    order_entry,
    order_state,
    order_what,
)
from dialogs.replies.saying import HUMAN_TAP, NAMES_MAX, plain_lines, yuan
from dialogs.wording import Say, line, phrase
from kernel.cases import Case, LineFacts, RefundWay, SupplierSays
from kernel.hours import WorkingHours
from kernel.orders import Line, LineState, Order

_just_now = phrase("just_now", "刚刚")
_minutes_ago = phrase("minutes_ago", "{minutes}分钟前")
_hours_ago = phrase("hours_ago", "{hours}小时前")
_days_ago = phrase("days_ago", "{days}天前")


def ago(passed: timedelta) -> str:
    """How long ago, as people say it."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return _just_now()
    if minutes < 60:
        return _minutes_ago(minutes=minutes)
    return _hours_ago(hours=minutes // 60) if minutes < 24 * 60 else _days_ago(days=minutes // (24 * 60))


_tomorrow = phrase("tomorrow", "明天{clock}")
_on_day = phrase("on_day", "{month}月{day}日{clock}")


def moment(at: datetime, now: datetime, hours: WorkingHours) -> str:
    """A time by the clock on the shop's wall: 14:05, 明天9:30."""
    local, today = at.astimezone(hours.zone), now.astimezone(hours.zone).date()
    clock = f"{local.hour}:{local.minute:02d}"
    if local.date() == today:
        return clock
    if local.date() == today + timedelta(days=1):
        return _tomorrow(clock=clock)
    return _on_day(month=local.month, day=local.day, clock=clock)


_SUPPLIER = {
    SupplierSays.NOT_ASKED: phrase("supplier_not_asked", "还没提交充值，马上处理"),
    SupplierSays.PROCESSING: phrase("supplier_processing", "充值平台正在处理，还没有结果"),
    SupplierSays.UNKNOWN: phrase("supplier_unknown", "充值平台还没给结果，我们在一直查"),
    SupplierSays.SUCCESS: phrase("supplier_success", "充值平台{when}回报成功"),
    SupplierSays.FAILED: phrase("supplier_failed", "充值平台回报没有充成"),
}
_key_shown = phrase("key_shown", "{count}个{called}，{when}已发给您看过")
_key_not_shown = phrase("key_not_shown", "{count}个{called}，还没有被查看过")
_paid_when = phrase("paid_when", "{when}付款")


def _of_line(line: Line, facts: LineFacts | None, now: datetime, hours: WorkingHours) -> str:
    if facts is not None and facts.keys and line.delivery == Delivery.CARD:
        if facts.shown_at is None:
            return _key_not_shown(count=facts.keys, called=keys_called([line]))
        return _key_shown(count=facts.keys, called=keys_called([line]), when=moment(facts.shown_at, now, hours))
    if facts is None or facts.supplier is SupplierSays.NOTHING or facts.supplier not in _SUPPLIER:
        return ""
    if facts.supplier is SupplierSays.SUCCESS:
        when = moment(facts.settled_at, now, hours) if facts.settled_at else ""
        return _SUPPLIER[facts.supplier](when=when)
    return _SUPPLIER[facts.supplier]()


_soon = phrase("soon", "马上处理")


@line("帮您查了订单 {order_no}：{facts}。")
def case_facts(
    say: Say, order: Order, line: Line | None, facts: LineFacts | None, now: datetime, hours: WorkingHours
) -> str:
    """What the books say of what the buyer complains of: said before anything is promised."""
    about = line_what(line) if line else order_what(order)
    state = line_state(line, with_eta=False) if line else order_state(order)
    account = next((value for value in (line.fields.values() if line else ()) if any(c.isdecimal() for c in value)), "")
    paid = _paid_when(when=ago(now - order.paid_at)) if order.paid_at else ""
    known = _of_line(line, facts, now, hours) if line else ""
    if known and line is not None and line.state is LineState.DELIVERED:
        state = ""  # what is known says it already
    if paid and line is not None and line.state is LineState.WAITING and not line.held:
        state = awaits(line) if by_person(line) else _soon()  # when he paid stands before it
    told = [f"{about} → {plain(account)}" if account else about, paid, state, known]
    return say(order_no=order.order_no, facts="，".join(part for part in told if part))


_within = phrase("case_within", "{opens}1小时内（{answer}前）答复，2小时内（{remedy}前）处理好")
_after_opening = phrase("case_after_opening", "{clock}上班后")


def _promise(case: Case, hours: WorkingHours) -> str:
    opens = hours.opens_at(case.opened_at)
    first = _after_opening(clock=moment(opens, case.opened_at, hours)) if opens > case.opened_at else ""
    answer, remedy = (moment(at, case.opened_at, hours) for at in (case.answer_due_at, case.remedy_due_at))
    return _within(opens=first, answer=answer, remedy=remedy)


@line("已登记给客服处理，单号 {number}：{promise}，结果会发到这里。")
def case_opened(say: Say, case: Case, hours: WorkingHours) -> str:
    return say(number=case.number, promise=_promise(case, hours))


@line("这件事客服已经在处理了，单号 {number}：最晚{remedy}前处理好，结果会发到这里。着急请回复「{human}」。")
def case_running(say: Say, case: Case, now: datetime, hours: WorkingHours) -> str:
    return say(number=case.number, remedy=moment(case.remedy_due_at, now, hours), human=HUMAN_TAP)


@line("这件事（单号 {number}）已经超过了答应您的时间，实在抱歉，已经再次催办。着急请回复「{human}」。")
def case_late(say: Say, case: Case) -> str:
    """Also pushed, once, when a deadline has passed."""
    return say(number=case.number, human=HUMAN_TAP)


@line("客服回复（单号 {number}，订单 {order_no}）：\n{words}")
def case_answered(say: Say, case: Case, words: str) -> str:
    return say(number=case.number, order_no=case.order_no, words=plain_lines(words))


_case_done = phrase("case_done", "已经处理好了。")


@line("您反映的问题（单号 {number}，订单 {order_no}）处理完了：{words}\n还有问题请直接告诉我。")
def case_closed(say: Say, case: Case, words: str) -> str:
    return say(number=case.number, order_no=case.order_no, words=plain_lines(words) or _case_done())


_WHICH = {
    "没到账": phrase("which_missing", "哪一笔没到？回复序号："),
    "卡密无效": phrase("which_bad_key", "哪一笔的卡密用不了？回复序号："),
    "退款": phrase("which_refund", "要退哪一笔？回复序号："),
    "退到余额": phrase("which_to_balance", "要把哪一笔退到余额？回复序号："),
    "开发票": phrase("which_invoice", "给哪一笔开发票？回复序号："),
}


def which_order(what: str) -> str:
    return _WHICH[what]()


@line("{entry}（{when}下单，单号尾号{tail}）")
def order_entry_placed(say: Say, order: Order, now: datetime, hours: WorkingHours) -> str:
    """An order in a list in which another reads just like it."""
    return say(entry=order_entry(order), when=moment(order.created_at, now, hours), tail=order.order_no[-4:])


order_unknown = phrase("order_unknown", "没有查到这个订单号，请核对一下，或回复「我的订单」看看。")


@line("{called}再发您一次；要是用不了，点「{bad}」。")
def keys_once_more(say: Say, order: Order) -> str:
    return say(called=keys_called(order.lines), bad=_bad_key_tap(order))


def _bad_key_tap(order: Order) -> str:
    return tap(f"{keys_called(order.lines)}无效", f"卡密无效 {order.order_no}", "bad")


@line("{what}（{total}）：{state}。{advice}")
def refund_possible(say: Say, order: Order, advice: str) -> str:
    return say(what=order_what(order), total=yuan(order.total_fen), state=order_state(order), advice=advice)


@line("没发货的可以马上退，发了货的要客服核实。要退请点「{refund}」。")
def refund_how(say: Say, order: Order) -> str:
    return say(refund=tap("申请退款", f"退款 {order.order_no}", "refund"))


@line(
    "{what}：还没发货，已为您退款，{amount}按原路退回（微信零钱或银行卡），一般几分钟到3个工作日，到账会告诉您", "退款"
)
def refund_at_once(say: Say, line: Line, back_fen: int) -> str:
    return say(what=line_what(line), amount=yuan(back_fen))


@line("{what}：还没发货，已为您退款，{amount}已退到您的余额", "退款")
def refund_to_balance(say: Say, line: Line, back_fen: int) -> str:
    return say(what=line_what(line), amount=yuan(back_fen))


_REFUND_WAYS = {
    RefundWay.AFTER_RESULT: phrase(
        "refund_after_result", "{what}：充值已经提交，要等结果；没充成会自动全额退款{amount}，充成了由客服核实"
    ),
    RefundWay.PERSON: phrase("refund_by_person", "{what}：{state}，退款{amount}要由客服核实后决定，同意后马上退"),
    RefundWay.UNDER_WAY: phrase(
        "refund_on_its_way", "{what}：退款{amount}已经在路上，按原路退回，一般几分钟到3个工作日"
    ),
    RefundWay.DONE: phrase("refund_done", "{what}：{amount}已经退回"),
}


def refund_line(line: Line, way: RefundWay, back_fen: int = 0, *, to_balance: bool = False) -> str:
    """What was decided about one line. `back_fen` of it goes back at once, `to_balance` or the way it came."""
    left_fen = line.total_fen - line.refund_fen
    match way:
        case RefundWay.AT_ONCE:
            at_once = refund_to_balance if to_balance else refund_at_once
            return at_once(line, back_fen or line.total_fen)
        case RefundWay.PERSON:
            state = line_state(line, with_eta=False)
            return _REFUND_WAYS[way](what=line_what(line), state=state, amount=yuan(left_fen))
        case RefundWay.UNDER_WAY | RefundWay.DONE:
            return _REFUND_WAYS[way](what=line_what(line), amount=yuan(line.refund_fen or line.total_fen))
        case RefundWay.AFTER_RESULT:
            return _REFUND_WAYS[way](what=line_what(line), amount=yuan(left_fen))


_refunds_more = phrase("refunds_more", "…共{count}件，其余的在订单页看")


@line("订单 {order_no}：\n{decided}")
def refund_decided(say: Say, order: Order, decided: Sequence[str], most: int = 8) -> str:
    rows = list(decided[:most]) + ([_refunds_more(count=len(decided))] if len(decided) > most else [])
    return say(order_no=order.order_no, decided="\n".join(rows))


@line("帮您查了订单 {order_no}：{what}，{paid}，{state}，还没到时间。要是过了时间还没有，请点「{missing}」，客服来查。")
def in_time(say: Say, order: Order, line: Line, now: datetime) -> str:
    """What a person sends or does is not late yet."""
    paid = _paid_when(when=ago(now - order.paid_at)) if order.paid_at else ""
    tapped = tap("没收到", f"没到账 {order.order_no}-{line.position + 1}", "missing")
    state = awaits(line) if line.state is LineState.WAITING else line_state(line)
    return say(order_no=order.order_no, what=line_what(line), paid=paid, state=state, missing=tapped)


@line("一直没到请点「{missing}」，马上帮您查。")
def if_missing(say: Say, order: Order, *, of_line: bool = False) -> str:
    """`of_line`: of the only line given, where the order has more."""
    which = f"-{order.lines[0].position + 1}" if of_line else ""
    return say(missing=tap("没到账", f"没到账 {order.order_no}{which}", "missing"))


@line("可以，{what}还没开始处理。要退{count}份点「{refund}」。")
def refund_some_possible(say: Say, order: Order, line: Line, units: int) -> str:
    tapped = tap(f"退{units}份", f"退款 {order.order_no}-{line.position + 1} 退{units}份", "refund")
    return say(what=line_what(line), count=units, refund=tapped)


@line(
    "您这单有{count}件：{what}。已经在处理的要一起退：要全退点「{refund}」（{total}）；只退一部分请回复「{human}」，客服来办。"
)
def refund_whole(say: Say, order: Order, lines: Sequence[Line]) -> str:
    return say(
        count=sum(line.quantity for line in lines),
        what="、".join(line_what(line) for line in lines[:NAMES_MAX]),
        refund=tap("申请退款", f"退款 {order.order_no}", "refund"),
        total=yuan(sum(line.total_fen for line in lines)),
        human=HUMAN_TAP,
    )


_too_much_back = phrase("too_much_back", "多付的已经按原路退回")
_too_much_goes = phrase("too_much_goes", "多付的正在按原路退回，一般几分钟到3个工作日")


@line("查到了：订单 {order_no}（{what}）多付了一笔{amount}，{back}；订单照常处理。")
def paid_too_often(say: Say, order: Order, amount_fen: int, *, back: bool) -> str:
    return say(
        order_no=order.order_no,
        what=order_what(order),
        amount=yuan(amount_fen),
        back=_too_much_back() if back else _too_much_goes(),
    )


@line(
    "帮您查了，订单 {order_no}（{what}）只收到一笔{amount}。"
    "要是微信账单里真扣了两笔，多的那笔会自动按原路退回，一般几分钟到3个工作日；没退回请回复「{human}」。"
)
def paid_once(say: Say, order: Order) -> str:
    return say(order_no=order.order_no, what=order_what(order), amount=yuan(order.total_fen), human=HUMAN_TAP)


@line("帮您查了，有两笔一样的订单（{what}），各付了一次：{one}、{other}。不想要其中一笔，点「{refund}」退 {one}。")
def bought_twice(say: Say, newest: Order, same: Order) -> str:
    refund = tap("申请退款", f"退款 {newest.order_no}", "refund")
    return say(what=order_what(newest), one=newest.order_no, other=same.order_no, refund=refund)


@line("删除个人信息由客服核实后办理，请回复「{human}」。")
def privacy(say: Say) -> str:
    return say(human=HUMAN_TAP)


@line("{called}一准备好就自动发给您；等久了请点「{missing}」，马上帮您查。")
def keys_coming(say: Say, order: Order) -> str:
    return say(called=keys_called(order.lines), missing=tap("没到账", f"没到账 {order.order_no}", "missing"))


@line("{called}用不了请点「{bad}」，马上帮您查。")
def if_bad_key(say: Say, order: Order) -> str:
    return say(called=keys_called(order.lines), bad=_bad_key_tap(order))


paid_maybe = phrase("paid_maybe", "要是已经扣了款，一两分钟内会自动查到，不用再付一次；关闭的订单会原路退回。")


not_refunding = phrase("not_refunding", "好的，不退款，订单照常处理。")


refund_cannot_stop = phrase(
    "refund_cannot_stop", "退款已经在路上，停不下来了，会按原路退回；还想要的话回复「再来一单」就行。"
)


all_well = phrase("all_well", "好的，那就好。再有问题随时说。")


@line("单号 {number} 已为您撤下，客服不再处理。")
def case_dropped(say: Say, case: Case) -> str:
    return say(number=case.number)


no_person = phrase("no_person", "好的，不转人工，我来办。想买什么、查什么直接说。")


no_keys = phrase("no_keys", "好的，不发。要看的时候回复「卡密」就行。")


no_more_of_it = phrase("no_more_of_it", "好的，不再下单。")


not_rated = phrase("not_rated", "好的，不打分也没关系。")


not_cancelled = phrase("not_cancelled", "好的，不取消，一切照旧。")


here_i_am = phrase("here_i_am", "我一直在的，直接说要办什么就行。")


nothing_to_rate = phrase("nothing_to_rate", "谢谢！等有订单完成了，就可以给它打分。")


invoice_none = phrase("invoice_none", "还没有查到您付过款的订单，付款后就可以开发票。")
invoice_dropped = phrase("invoice_dropped", "好的，发票先不开，需要时再说“开发票”。")
