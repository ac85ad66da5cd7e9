"""An order placed, unpaid, cancelled or expired, and its link."""

from collections.abc import Sequence
from datetime import datetime

from dialogs.links import link, tap
from dialogs.replies.saying import join, yuan
from dialogs.wording import Say, line, phrase
from kernel.orders import Order, OrderState

pay_here = phrase("pay_here", "点这里付款")


@line(
    "下单成功，订单号：{order_no}\n应付{total}，请在{minutes}分钟内付款：\n{link}\n付款后自动处理，结果会发给您。改主意了回复「取消」。"
)
def placed(say: Say, order_no: str, total_fen: int, url: str, minutes: int) -> str:
    return say(order_no=order_no, total=yuan(total_fen), link=link(url, pay_here()), minutes=minutes)


@line("订单 {order_no} 已经下好，还没收到付款，应付{total}：\n{link}")
def still_unpaid(say: Say, order_no: str, total_fen: int, url: str) -> str:
    return say(order_no=order_no, total=yuan(total_fen), link=link(url, pay_here()))


pay_in_time = phrase("pay_in_time", "下单后会告诉您要在几分钟内付款；过了时间订单自动取消，不扣钱，要买再下一单就行。")


@line("订单 {order_no} 付款时间已过，正在关闭，不能再付款了。还想要请回复「{again}」。")
def being_closed(say: Say, order_no: str) -> str:
    return say(order_no=order_no, again=tap("再来一单", f"再来一单 {order_no}"))


def waits_for_payment(order: Order, url: str, now: datetime) -> str:
    """The link; or, where its time is over and it is only not closed yet, that."""
    if order.expires_at <= now:
        return being_closed(order.order_no)
    return still_unpaid(order.order_no, order.total_fen, url)


_sold_out_some = phrase("sold_out_some", "抱歉，{what}只剩{left}张了，还没有下单。")


@line("抱歉，{what}刚刚卖完了，还没有下单。")
def sold_out(say: Say, what: str, left: int) -> str:
    return _sold_out_some(what=what, left=left) if left > 0 else say(what=what)


@line("要买{left}张请回复「{fewer}」，也可以换个面额；不买了回复「取消」。")
def sold_out_fewer(say: Say, left: int) -> str:
    fewer = f"数量改{left}"
    return say(left=left, fewer=tap(fewer, fewer, "fewer"))


sold_out_other = phrase("sold_out_other", "可以换一个面额：")


@line("这款暂时没有别的面额，看看其他商品请回复「{shop}」。")
def sold_out_nothing_else(say: Say) -> str:
    return say(shop=tap("自助下单", "自助下单", "shop"))


@line("您有{count}笔订单还没付款，先付款或取消一笔才能再下单。回复序号取消那一笔：")
def too_many_unpaid(say: Say, count: int) -> str:
    return say(count=count)


@line("取消 {what} {total}（{order_no}）")
def unpaid_entry(say: Say, order_no: str, what: str, total_fen: int) -> str:
    return say(what=what, total=yuan(total_fen), order_no=order_no)


@line("去付款：")
def pay_links(say: Say, orders: Sequence[tuple[str, str]]) -> str:
    """(what, url) of orders to be paid."""
    return join(say(), *(link(url, what) for what, url in orders))


which_to_cancel = phrase("which_to_cancel", "您有几笔没付款的订单，要取消哪一笔？回复序号：")


new_one_dropped = phrase("new_one_dropped", "好的，新的这单不下了。")
draft_cleared = phrase("draft_cleared", "好的，已取消，没有下单。需要时随时叫我。")


@line("（之前的订单 {order_no} 还没付款，也不要了请回复「{cancel}」）")
def unpaid_remains(say: Say, order_no: str) -> str:
    return say(order_no=order_no, cancel=tap(f"取消 {order_no}", f"取消 {order_no}"))


@line("订单 {order_no} 已取消，不用付款了。")
def order_cancelled(say: Say, order_no: str) -> str:
    return say(order_no=order_no)


@line("（原订单 {order_no} 先不动，改好了再换；不改了回复「取消」）")
def order_stands(say: Say, order_no: str) -> str:
    """A correction is still incomplete."""
    return say(order_no=order_no)


@line("原订单 {order_no} 已取消，按新的来：")
def order_cancelled_for_change(say: Say, order_no: str) -> str:
    return say(order_no=order_no)


_cancel_refused_paid = phrase(
    "cancel_refused_paid", "订单 {order_no} 已付款，取消不了了。要退款请回复「{refund}」，我们帮您看。"
)
_cancel_refused_refunded = phrase("cancel_refused_refunded", "订单 {order_no} 已经退款了，不用再取消。")


@line("订单 {order_no} 已经关闭，不会再收款。")
def cancel_refused(say: Say, order_no: str, state: OrderState) -> str:
    if state in (OrderState.PAID, OrderState.DELIVERED):
        return _cancel_refused_paid(order_no=order_no, refund=tap("退款", "退款", "refund"))
    if state is OrderState.REFUNDED:
        return _cancel_refused_refunded(order_no=order_no)
    return say(order_no=order_no)


@line("订单 {order_no} 已付款，改不了了。还没发货的可以先点「{refund}」，再重新下单。")
def change_refused(say: Say, order_no: str, state: OrderState) -> str:
    """It was to give way to a corrected one, but is paid."""
    if state is OrderState.REFUNDED:
        return cancel_refused(order_no, state)
    return say(order_no=order_no, refund=tap("退款", f"退款 {order_no}"))


nothing_to_cancel = phrase("nothing_to_cancel", "现在没有要取消的订单。")


nothing_to_confirm = phrase("nothing_to_confirm", "现在没有等您确认的订单。")


nothing_to_change = phrase("nothing_to_change", "现在没有可以修改的订单。")


@line("订单 {order_no} 超时未付款，已自动关闭。还想要请回复「{again}」。")
def order_expired(say: Say, order_no: str) -> str:
    return say(order_no=order_no, again=tap("再来一单", "再来一单", "again"))
