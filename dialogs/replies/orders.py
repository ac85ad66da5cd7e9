"""Orders and their lines, in plain words."""

from collections.abc import Sequence
from datetime import datetime

from catalog.model import Delivery
from dialogs.links import link, plain, tap
from dialogs.replies.called import keys_called
from dialogs.replies.paying import pay_here
from dialogs.replies.saying import CANCEL_TAP, join, said, yuan
from dialogs.replies.summaries import and_others
from dialogs.wording import Say, line, phrase
from kernel.masking import mask
from kernel.orders import BALANCE_DELIVERY, Line, LineState, Order, OrderState
from kernel.promises import begins_as_time

_ORDER_STATES = {
    OrderState.UNPAID: phrase("order_unpaid", "待付款"),
    OrderState.PAID: phrase("order_paid", "处理中"),
    OrderState.DELIVERED: phrase("order_delivered", "已完成"),
    OrderState.REFUNDED: phrase("order_refunded", "已退款"),
    OrderState.CANCELLED: phrase("order_is_cancelled", "已取消"),
    OrderState.EXPIRED: phrase("order_is_expired", "超时关闭"),
}

_LINE_STATES = {
    LineState.WAITING: phrase("line_waiting", "已付款，马上处理"),
    LineState.DELIVERING: phrase("line_delivering", "处理中"),
    LineState.DELIVERED: phrase("line_delivered", "已完成"),
    LineState.REFUNDING: phrase("line_refunding", "退款中"),
    LineState.REFUNDED: phrase("line_refunded", "已退款"),
    LineState.ATTENTION: phrase("line_attention", "客服处理中"),
}


def order_state(order: Order) -> str:
    """The state in plain words, with what happens next."""
    if order.state is OrderState.DELIVERED and len(order.lines) == 1:
        return line_state(order.lines[0])
    if order.state is OrderState.PAID and order.lines:
        states = {line.state for line in order.lines}
        if len(states) == 1:
            return line_state(order.lines[0])
    return _ORDER_STATES[order.state]()


_DOING = {
    Delivery.SERVICE: phrase("doing_service", "客服已接单"),
    Delivery.PARCEL: phrase("doing_parcel", "备货发货中"),
    Delivery.TOPUP: phrase("doing_topup", "正在充值"),
}
_AWAITS = {
    Delivery.SERVICE: phrase("awaits_service", "等客服接单"),
    Delivery.PARCEL: phrase("awaits_parcel", "等发货"),
}
"""What a person does, and no machine at once."""
_doing_until = phrase("doing_until", "{doing}，预计{when}")
_doing_as_told = phrase("doing_as_told", "{doing}（{when}）")


_slower = phrase("slower", "{doing}，比预计（{when}）慢了")
_paid_waits = phrase("paid_waits", "已付款，还在处理")
_waits_until = phrase("waits_until", "{waits}（{when}）")
_paid_and = phrase("paid_and", "已付款，{waits}")


_part_back = phrase("part_back", "{state}，退了{amount}")


_line_held = phrase("line_held", "已付款，人工核对中")


def by_person(line: Line) -> bool:
    """Whether a person sends it or does it."""
    return line.delivery in (Delivery.SERVICE, Delivery.PARCEL)


def awaits(line: Line) -> str:
    """What a line that a person sends or does still waits for: 等发货（48小时内发货）."""
    waits = _AWAITS[Delivery(line.delivery)]()
    if line.late:
        return _slower(doing=waits, when=plain(line.eta))
    return _waits_until(waits=waits, when=plain(line.eta)) if line.eta else waits


def line_state(line: Line, *, with_eta: bool = True) -> str:
    if line.held and line.state is LineState.WAITING:
        return _line_held()
    if line.state is LineState.DELIVERED and line.refund_fen:
        return _part_back(state=line_done(line), amount=yuan(line.refund_fen))
    if line.state is LineState.DELIVERED:
        return line_done(line)
    if line.state is LineState.DELIVERING:
        delivery = Delivery(line.delivery) if line.delivery in list(Delivery) else Delivery.CARD
        doing = _DOING.get(delivery, _LINE_STATES[line.state])()
        if line.late and with_eta:
            return _slower(doing=doing, when=plain(line.eta))
        until = _doing_until if begins_as_time(line.eta) else _doing_as_told
        return until(doing=doing, when=plain(line.eta)) if line.eta and with_eta else doing
    if line.state is LineState.WAITING and by_person(line):
        return _paid_and(waits=awaits(line))
    if line.late:
        return _slower(doing=_paid_waits(), when=plain(line.eta))
    return _LINE_STATES[line.state]()


def line_state_word(state: LineState) -> str:
    """The state alone, for whoever reads a list of lines."""
    return _LINE_STATES[state]()


_DONE = {
    "topup": phrase("done_topup", "充值成功"),
    "card": phrase("done_card", "已发{called}"),
    "service": phrase("done_service", "已完成"),
    "parcel": phrase("done_parcel", "已发货"),
    BALANCE_DELIVERY: phrase("done_balance", "已到余额"),
}


def line_done(line: Line) -> str:
    if line.state is LineState.REFUNDED:
        return _LINE_STATES[LineState.REFUNDED]()
    if line.delivery == "card":
        return _DONE["card"](called=keys_called([line]))
    return _DONE.get(line.delivery, _LINE_STATES[LineState.DELIVERED])()


def line_what(line: Line) -> str:
    label = f" {line.sku_label}" if line.sku_label != line.product_name else ""
    quantity = f" ×{line.quantity}" if line.quantity > 1 else ""
    return plain(f"{line.product_name}{label}{quantity}")


_no_lines = phrase("no_lines", "订单")


def order_what(order: Order) -> str:
    if not order.lines:
        return _no_lines()
    what = line_what(order.lines[0])
    return and_others(what=what, count=len(order.lines)) if len(order.lines) > 1 else what


def order_entry(order: Order) -> str:
    return f"{order_what(order)} {yuan(order.total_fen)} {order_state(order)}"


my_orders = phrase("my_orders", "您最近的订单（回复序号看详情、卡密，或再来一单）：")


_none_but_this = phrase("none_but_this", "您还没有下过单，下面这单付款后才开始处理。")


@line("还没有您的订单。想买点什么，回复「{shop}」看看。")
def no_orders(say: Say, *, pending: bool = False) -> str:
    """`pending`: one is just being put together, and no shop window is offered."""
    return _none_but_this() if pending else say(shop=tap("自助下单", "自助下单", "shop"))


_order_detail_total = phrase("order_detail_total", "{what}，合计{total}，{state}")
_order_page = phrase("order_page", "订单详情")
_order_detail_again = phrase("order_detail_again", "还要一样的：{again}")


@line("订单 {order_no}")
def order_detail(say: Say, order: Order, owner_url: str, pay_url: str) -> str:
    lines = [f"· {line_what(line)}：{line_state(line)}" for line in order.lines] if order.paid_at else []
    unpaid = order.state is OrderState.UNPAID
    again = tap("再来一单", f"再来一单 {order.order_no}", "again")
    return join(
        say(order_no=order.order_no),
        _order_detail_total(what=order_what(order), total=yuan(order.total_fen), state=order_state(order)),
        *(lines if len(lines) > 1 else []),
        link(pay_url, pay_here()) if unpaid else link(owner_url, _order_page()),
        "" if unpaid else _order_detail_again(again=again),
    )


_look_at_order = phrase("look_at_order", "查看订单")


@line("{what}：{state}（{order_no}）\n{link}")
def status_brief(say: Say, order: Order, url: str) -> str:
    return say(
        what=order_what(order),
        state=order_state(order),
        order_no=order.order_no,
        link=link(url, _look_at_order()),
    )


keys_below = phrase("keys_below", "卡密：")


@line("{what} 的{called}（订单 {order_no}）：")
def keys_head(say: Say, order: Order) -> str:
    return say(what=order_what(order), called=keys_called(order.lines), order_no=order.order_no)


no_keys_yet = phrase("no_keys_yet", "没有找到已发货的卡密订单。付款后卡密会自动发给您。")


@line("这笔订单还没付款，付款后卡密会自动发给您：\n{link}")
def keys_unpaid(say: Say, pay_url: str) -> str:
    return say(link=link(pay_url, pay_here()))


reorder_none = phrase("reorder_none", "还没有可以照着再买的订单。")


reorder_gone = phrase("reorder_gone", "那笔订单里的商品已经下架了，看看别的吧。")


reordered = phrase("reordered", "照上次的来：")


@line("「{clause}」这句没看懂，下面还是上次的样子，要改请再说一遍：")
def again_unclear(say: Say, clause: str) -> str:
    """Something was to be different this time, and it is not known what."""
    return say(clause=said(clause))


reorder_reduced = phrase("reorder_reduced", "有的商品已经下架，没有算进去。")


@line("帮您查了订单 {order_no}（{total}）：{lines}。")
def facts_of(say: Say, order: Order) -> str:
    """What we know of an order, said before anything is promised."""
    lines = "；".join(f"{line_what(line)}：{line_state(line)}" for line in order.lines)
    told = lines if lines and order.paid_at else f"{order_what(order)}：{order_state(order)}"
    return say(order_no=order.order_no, total=yuan(order.total_fen), lines=told)


@line("订单 {order_no}（{total}）：{lines}。")
def given_for(say: Say, order: Order) -> str:
    """充到哪个号了: to what each line goes, as it was given."""
    given = [(line, next((f" → {plain(value)}" for value in line.fields.values()), "")) for line in order.lines]
    lines = "；".join(f"{line_what(line)}{account}，{line_state(line)}" for line, account in given)
    return say(order_no=order.order_no, total=yuan(order.total_fen), lines=lines)


refund_nothing_paid = phrase("refund_nothing_paid", "没有查到您已付款的订单，没付款的订单不会扣钱。")


@line("订单 {order_no} 还没付款，不会扣钱；不想要了回复「{cancel}」就行。")
def refund_unpaid(say: Say, order_no: str) -> str:
    return say(order_no=order_no, cancel=CANCEL_TAP)


_refund_already = phrase("refund_already", "这笔款已经退回，按原路到账，一般几分钟到3个工作日。")
_refund_already_kept = phrase(
    "refund_already_kept", "这笔款已经退回：退到余额的可以直接用来付款，其余按原路到账，一般几分钟到3个工作日。"
)


def refund_already(*, wallet: bool) -> str:
    """`wallet`: the shop keeps balances, and it may have gone into his."""
    return _refund_already_kept() if wallet else _refund_already()


refund_under_way = phrase("refund_under_way", "退款已经在路上，按原路退回，一般几分钟到3个工作日。")


refund_person = phrase("refund_person", "退款要由客服核实后处理，已为您转给客服。")


problem_person = phrase("problem_person", "已把情况转给客服核实，1小时内给您答复。")


balance = phrase("balance", "小店没有余额账户：都是买一单付一单，不用预存。")


_state_line = phrase("order_row", "{index}. {what} {total} {state}")
_pay_within = phrase("pay_within", "去付款（还剩{minutes}分钟）")
_closing = phrase("closing", "付款时间已过，正在关闭")
_missing_word = phrase("missing_word", "没到账")
_again_word = phrase("again_word", "再来一单")


def order_row(index: int, order: Order) -> str:
    """One order of the list: what it is, and where it stands with what happens next."""
    return _state_line(index=index, what=order_what(order), total=yuan(order.total_fen), state=order_state(order))


_number_line = phrase("order_row_number", "{row}（订单号 {order_no}）")


def order_row_with_number(index: int, order: Order) -> str:
    """The same, where the number was asked for."""
    return _number_line(row=order_row(index, order), order_no=order.order_no)


def order_taps(order: Order, pay_url: str, now: datetime, *, keys: bool) -> str:
    """What can be done about an order with one tap."""
    if order.state is OrderState.UNPAID:
        if order.expires_at > now:
            return link(pay_url, _pay_within(minutes=minutes_left(order, now)))
        return f"{_closing()} | {tap(_again_word(), f'再来一单 {order.order_no}')}"
    again = tap(_again_word(), f"再来一单 {order.order_no}")
    if order.paid_at is None:
        return again
    if keys:
        return f"{tap(keys_called(order.lines), f'卡密 {order.order_no}')} | {again}"
    settled = order.state is OrderState.REFUNDED
    return again if settled else f"{tap(_missing_word(), f'没到账 {order.order_no}')} | {again}"


def minutes_left(order: Order, now: datetime) -> int:
    return max(1, int((order.expires_at - now).total_seconds() // 60))


@line("也可以再来：{others}")
def reorder_others(say: Say, others: Sequence[Order]) -> str:
    return say(others="、".join(tap(_for_whom(order), f"再来一单 {order.order_no}") for order in others))


def _for_whom(order: Order) -> str:
    """What an order is and, masked, for which account: two top-ups of one size are not the same."""
    given = order.lines[0].fields.values() if order.lines else ()
    account = next((value for value in given if any(c.isdecimal() for c in value)), "")
    return f"{order_what(order)} {mask(account)}" if account else order_what(order)
