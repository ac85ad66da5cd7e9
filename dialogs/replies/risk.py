"""What a buyer hears when his order is unusual: looked at twice, looked at by a person, not taken."""

from datetime import datetime
from typing import Literal

from dialogs.links import tap
from dialogs.replies.after_sale import moment
from dialogs.replies.saying import CONFIRM_TAP, HUMAN_TAP, yuan
from dialogs.wording import Say, line, phrase
from kernel.hours import WorkingHours
from kernel.orders import Order

_why_large = phrase("check_why_large", "这是一笔大额订单")
_why_often = phrase("check_why_often", "您最近下单比较多")
_why_other = phrase("check_why_other", "这笔订单有些特别")


@line("{why}，充错不好追回，请再核对一遍账号和金额。没问题请再回复一次「{confirm}」：")
def check_once_more(say: Say, why: Literal["large", "often", "other"]) -> str:
    """Above the summary, which is shown once more."""
    reasons = {"large": _why_large, "often": _why_often, "other": _why_other}
    return say(why=reasons[why](), confirm=CONFIRM_TAP)


@line("抱歉，这笔订单暂时不能自助下单，没有创建订单，也没有扣款。需要请回复「{human}」，客服核对后帮您处理。")
def order_declined(say: Say) -> str:
    return say(human=HUMAN_TAP)


@line(
    "付款成功，{total}已收到。订单 {order_no} 需要人工核对，{due}前处理，核对完马上为您办理，结果会发给您。\n"
    "不想等要退款，直接回复「{refund}」。",
    "退款",
)
def order_held(say: Say, order: Order, due_at: datetime, now: datetime, hours: WorkingHours) -> str:
    """`due_at`: when a person will have looked at it."""
    return say(
        order_no=order.order_no,
        total=yuan(order.total_fen),
        due=moment(due_at, now, hours),
        refund=tap("退款", "退款", "refund"),
    )
