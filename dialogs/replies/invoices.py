"""Ratings and invoices."""

from collections.abc import Sequence

from dialogs.links import plain, tap
from dialogs.replies.orders import order_what
from dialogs.replies.saying import HUMAN_TAP, join, said, yuan
from dialogs.wording import Say, line, phrase
from kernel.orders import Order


@line("满意吗？点一下打分：{stars}")
def ask_rating(say: Say, order: Order) -> str:
    """One line below the message that ends a delivery, or by itself."""
    return say(stars=" ".join(tap(f"{stars}分", f"评价{order.order_no} {stars}") for stars in (1, 2, 3, 4, 5)))


@line("给「{what}」打几分？")
def rate_which(say: Say, order: Order) -> str:
    return join(say(what=order_what(order)), ask_rating(order))


@line("谢谢您给{what}打{stars}分，我们会继续努力。")
def rated(say: Say, order: Order, stars: int) -> str:
    return say(what=order_what(order), stars=stars)


@line("收到，{what}打了{stars}分，没让您满意，很抱歉。要找客服说说请回复「{human}」。")
def rated_low(say: Say, order: Order, stars: int) -> str:
    return say(what=order_what(order), stars=stars, human=HUMAN_TAP)


@line(
    "给 {what}（{total}，订单 {order_no}）开发票：请一条消息发来抬头、税号、邮箱，例如：\n"
    "某某科技有限公司 91310000XXXXXXXXXX abc@qq.com\n个人发票写“个人”和邮箱就行。"
)
def ask_invoice(say: Say, order: Order) -> str:
    return say(what=order_what(order), total=yuan(order.total_fen), order_no=order.order_no)


invoice_after_paying = phrase("invoice_after_paying", "发票可以开：付款后回复「开发票」，把抬头、税号、邮箱发来就行。")
_INVOICE_PARTS = {
    "title": phrase("invoice_title", "抬头"),
    "tax_no": phrase("invoice_tax_no", "税号"),
    "email": phrase("invoice_email", "邮箱"),
}


@line("开发票的信息已记下：{given}")
def invoice_given(say: Say, given: Sequence[str]) -> str:
    return say(given="，".join(plain(one) for one in given))


@line("税号应为15到20位数字或字母，您发的「{raw}」是{count}位，请核对。")
def wrong_tax_no(say: Say, raw: str) -> str:
    return say(raw=said(raw), count=len(raw))


@line("还差{wants}，发给我补上；不开了回复「取消」。")
def ask_invoice_rest(say: Say, wants: Sequence[str]) -> str:
    return say(wants="、".join(_INVOICE_PARTS[one]() for one in wants))


def invoice_details(title: str, tax_no: str, email: str) -> str:
    """What an invoice needs, in one line, for the person who makes it out and for the buyer to check."""
    given = (("title", title), ("tax_no", tax_no), ("email", email))
    return "，".join(f"{_INVOICE_PARTS[name]()}：{plain(value)}" for name, value in given if value)


@line("开票信息：{details}。")
def invoice_taken(say: Say, details: str) -> str:
    return say(details=details)
