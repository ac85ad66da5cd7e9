"""Orders that wait for payment, dropped or corrected after the link."""

from collections.abc import Sequence
from datetime import datetime

from catalog.model import Delivery
from dialogs.links import link, tap
from dialogs.replies.orders import order_state, order_what
from dialogs.replies.paying import pay_here
from dialogs.replies.saying import HUMAN_TAP, said, yuan
from dialogs.wording import Say, line, phrase
from kernel.orders import Line, LineState, Order


@line("已取消：{what} {total}（订单 {order_no}），不用付款了。")
def goods_cancelled(say: Say, order: Order) -> str:
    """What was cancelled, by its goods."""
    return say(what=order_what(order), total=yuan(order.total_fen), order_no=order.order_no)


@line("{what} {total} 还等您付款：{link}")
def still_to_pay(say: Say, order: Order, url: str) -> str:
    """Another order that was not touched."""
    return say(what=order_what(order), total=yuan(order.total_fen), link=link(url, pay_here()))


@line("原订单 {order_no} 已取消（{what} {total}），按新的来：")
def changed_order(say: Say, order: Order) -> str:
    """It gives way to a corrected one."""
    return say(what=order_what(order), total=yuan(order.total_fen), order_no=order.order_no)


@line("（{what} {total} 那单没动，还等您付款）")
def stays(say: Say, order: Order) -> str:
    """Another order, while one is corrected."""
    return say(what=order_what(order), total=yuan(order.total_fen))


@line("{what}（订单 {order_no}）已付款，不能直接取消。不想要了可以点「{refund}」。")
def paid_not_cancelled(say: Say, order: Order) -> str:
    return say(what=order_what(order), order_no=order.order_no, refund=tap("退款", f"退款 {order.order_no}"))


_PAID_AND = {
    (Delivery.TOPUP, LineState.WAITING): phrase(
        "paid_topup_waits", "改不了了；还没开始充的可以先点「{refund}」，再重新下单。"
    ),
    (Delivery.TOPUP, LineState.DELIVERING): phrase(
        "paid_topup_under_way",
        "付了款的改不了，提交的充值也停不下来；没充成会自动全额退款。要退点「{refund}」，等结果再办；要人帮忙回复「{human}」。",
    ),
    (Delivery.TOPUP, LineState.DELIVERED): phrase(
        "paid_topup_done", "已经充好，改不了也收不回来了。要客服核实请点「{refund}」登记，或回复「{human}」。"
    ),
    (Delivery.CARD, LineState.DELIVERED): phrase(
        "paid_keys_out",
        "已经发出，改不了也换不了了。没用过想退的点「{refund}」，客服核实后答复；要人帮忙回复「{human}」。",
    ),
    (Delivery.PARCEL, LineState.WAITING): phrase(
        "paid_parcel_waits",
        "这里改不了了；还没寄出，客服可以帮您改：回复「{human}」，把要改的发过来。不要了点「{refund}」。",
    ),
    (Delivery.PARCEL, LineState.DELIVERING): phrase(
        "paid_parcel_packed",
        "付了款的这里改不了；要改请尽快回复「{human}」，客服看还来不来得及。不要了点「{refund}」。",
    ),
    (Delivery.PARCEL, LineState.DELIVERED): phrase(
        "paid_parcel_sent", "已经寄出，这里改不了了。回复「{human}」，客服帮您看怎么办；要退点「{refund}」。"
    ),
    (Delivery.SERVICE, LineState.DELIVERED): phrase(
        "paid_service_done", "已经做完，改不了了。有问题回复「{human}」；要退点「{refund}」。"
    ),
}
_paid_person = phrase(
    "paid_by_person", "付了款的这里改不了，客服可以帮您改：回复「{human}」，把要改的发过来。不要了点「{refund}」。"
)
_paid_else = phrase(
    "paid_else", "付了款的改不了。还没发货的可以先点「{refund}」，再重新下单；要人帮忙回复「{human}」。"
)


@line("{what}（订单 {order_no}）：{state}。{advice}")
def paid_not_changed(say: Say, order: Order) -> str:
    """Where it stands, why nothing of it can be changed here, and what can be done instead."""
    kinds = {(line.delivery, line.state) for line in order.lines}
    advice = _paid_else
    if len(kinds) == 1:
        delivery, state = next(iter(kinds))
        by_hand = delivery == Delivery.SERVICE or state is LineState.ATTENTION
        advice = _PAID_AND.get((Delivery(delivery), state), _paid_person if by_hand else _paid_else)
    refund = tap("退款", f"退款 {order.order_no}")
    told = advice(refund=refund, human=HUMAN_TAP)
    return say(what=order_what(order), order_no=order.order_no, state=order_state(order), advice=told)


_passed_in_time = phrase(
    "passed_in_time", "付了款的我这里改不了；还没寄出，客服可以帮您改，您说的已经转过去了。不要了点「{refund}」。"
)
_passed_on = phrase("passed_on", "付了款的我这里改不了，您要改的已经转给客服，看还来不来得及。不要了点「{refund}」。")


def passed_on(order: Order, lines: Sequence[Line]) -> str:
    """What is to be otherwise of a paid order has gone to a person, with a case."""
    waits = all(line.delivery == Delivery.PARCEL and line.state is LineState.WAITING for line in lines)
    refund = tap("退款", f"退款 {order.order_no}")
    return _passed_in_time(refund=refund) if waits else _passed_on(refund=refund)


@line("好的，给您留到{until}，这之前付款都有效；到时没付会自动取消，不扣钱：\n{link}")
def kept_until(say: Say, until: datetime, url: str) -> str:
    """He will pay later, or thinks about it. `until` is in the shop's time zone."""
    return say(until=f"{until:%H:%M}", link=link(url, pay_here()))


@line("这笔{until}前付款都有效；到时没付会自动取消，不扣钱，想要再下一次就行：\n{link}")
def payable_until(say: Say, until: datetime, url: str) -> str:
    """How long the link is good for. `until` is in the shop's time zone."""
    return say(until=f"{until:%H:%M}", link=link(url, pay_here()))


@line("可以，把付款页转给对方付就行；卡密和到账结果只发给您：\n{link}")
def others_may_pay(say: Say, url: str) -> str:
    return say(link=link(url, pay_here()))


which_to_correct = phrase("which_to_correct", "您有几笔没付款的订单，要改的是哪一笔？回复序号或名称：")


@line("「{said}」是要改刚才这单（{what}），还是另买一份？回复序号：")
def change_or_another(say: Say, order: Order, told: str) -> str:
    """A size or an account alone, while that order waits."""
    return say(said=said(told), what=order_what(order))


change_that_order = phrase("change_that_order", "改刚才这单")
one_more_order = phrase("one_more_order", "另买一份")
as_it_was = phrase("as_it_was", "都不是，照刚才的付")
nothing_unpaid = phrase("nothing_unpaid", "没有等着付款的订单。")


@line("还没付款的有{count}笔，共{total}（回复序号看详情）：")
def unpaid_orders(say: Say, count: int, total_fen: int) -> str:
    """The head of a list of those that wait for payment."""
    return say(count=count, total=yuan(total_fen))


one_by_one = phrase("one_by_one", "几笔要分开办，先回复其中一笔的序号，办完一笔再说下一笔。")
