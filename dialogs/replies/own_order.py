"""Answers about what a buyer has bought: how long it takes, how to use it, what is to be paid."""

from collections.abc import Sequence

from catalog.model import Product
from dialogs.links import plain
from dialogs.replies.orders import line_what, order_what
from dialogs.replies.saying import HUMAN_TAP, yuan
from dialogs.wording import Say, line, phrase
from kernel.orders import Line, Order
from kernel.promises import begins_as_time

_takes_as_told = phrase("takes_as_told", "{what}：{when}。")


@line("{what}：付款后一般{when}。")
def takes(say: Say, line: Line) -> str:
    if not begins_as_time(line.eta):
        return _takes_as_told(what=line_what(line), when=plain(line.eta))
    return say(what=line_what(line), when=plain(line.eta))


@line("好的，一有结果就发到这里。着急请回复「{human}」。")
def will_hear(say: Say) -> str:
    """He waits for what a person or the delivery brings."""
    return say(human=HUMAN_TAP)


@line("{product}：{note}")
def product_note(say: Say, product: Product) -> str:
    return say(product=product.name, note=plain(product.note))


@line("怎么用我这边没有写，怕说错。需要的话回复「{human}」，客服教您。")
def ask_how_to_use(say: Say) -> str:
    return say(human=HUMAN_TAP)


@line("您有{count}笔没付款，一共{total}，要分开付：")
def all_to_pay(say: Say, count: int, total_fen: int) -> str:
    return say(count=count, total=yuan(total_fen))


@line("开票的订单：{orders}。")
def invoice_for(say: Say, orders: Sequence[Order]) -> str:
    """Which of his orders an invoice is for."""
    return say(orders="、".join(f"{order_what(one)} {yuan(one.total_fen)}（{one.order_no}）" for one in orders))


@line("{details}，已补充给正在开票的客服。")
def invoice_amended(say: Say, details: str) -> str:
    return say(details=details)


returnable = phrase(
    "returnable",
    "没发货前都可以退，跟我说一声「退款」就行；虚拟商品发货后不支持无理由退货，用不了的我们负责处理。",
)
