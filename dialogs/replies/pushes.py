"""What the worker pushes: keys, results, refunds."""

from collections.abc import Iterable

from catalog.model import Product
from dialogs.links import link, plain, tap
from dialogs.replies.called import keys_called
from dialogs.replies.orders import line_what
from dialogs.replies.saying import JUST_FAILED, join, yuan
from dialogs.wording import Say, line, phrase
from kernel.orders import Line, Order

_card = phrase("card", "卡号：{number}\n密码：{keys}")


def _key(card_no: str | None, secret: str) -> str:
    return _card(number=card_no, keys=secret) if card_no else secret


@line("付款成功，您的{called}（订单 {order_no}）：\n{keys}\n请尽快使用，不要发给别人。")
def keys_delivered(say: Say, order: Order, keys: Iterable[tuple[str, str, str | None, str]]) -> str:
    """Card keys as imported: (product, SKU label, card number or None, secret)."""
    lines: list[str] = []
    head = ""
    for product, label, card_no, secret in keys:
        if head != f"{product} {label}":
            head = f"{product} {label}"
            lines.append(f"{head}：")
        lines.append(_key(card_no, secret))
    return say(called=keys_called(order.lines), order_no=order.order_no, keys="\n".join(lines))


@line("抱歉，给您换了一张新的（订单 {order_no}）：\n{keys}\n请用这张，原来那张作废了。")
def key_replaced(say: Say, order: Order, keys: Iterable[tuple[str, str, str | None, str]]) -> str:
    """The key in place of one that did not work."""
    return say(order_no=order.order_no, keys=keys_block(keys))


_BY_REFUND = phrase("compensated_by_refund", "正在按原路退款，到账会告诉您")
_TO_BALANCE = phrase("compensated_to_balance", "已经加到您的余额里")


@line("抱歉让您久等了，{what}比说好的晚了。赔付您{amount}，{where}（订单 {order_no}）。")
def compensated(say: Say, order: Order, line: Line, amount_fen: int, *, to_balance: bool) -> str:
    """A delivery came late, and something is given for it."""
    where = _TO_BALANCE() if to_balance else _BY_REFUND()
    return say(what=line_what(line), amount=yuan(amount_fen), where=where, order_no=order.order_no)


notice_what = phrase("notice_what", "订单有新消息，点开查看")
_look_at_keys = phrase("look_at_keys", "查看{called}")


@line("您的{called}已发货（订单 {order_no}），没收到的话点这里查看：\n{link}")
def keys_ready(say: Say, order: Order, url: str) -> str:
    """Where the keys are, when the message with them may not have arrived."""
    called = keys_called(order.lines)
    return say(called=called, order_no=order.order_no, link=link(url, _look_at_keys(called=called)))


def keys_block(keys: Iterable[tuple[str, str, str | None, str]]) -> str:
    """The same keys below a reply (Reply.keys_of): no head, no advice."""
    return join(*(_key(card_no, secret) for _, _, card_no, secret in keys))


@line("充值成功：{what}{account}。\n订单 {order_no}，谢谢惠顾！", "充值成功")
def topup_done(say: Say, order: Order, line: Line, product: Product | None = None) -> str:
    """`product`, where it is still on sale, gives the names of what was chosen."""
    return say(what=line_what(line), account=_for_account(line, product), order_no=order.order_no)


_why = phrase("why", "（{note}）")


@line("抱歉，{what}{account} 没有充成{why}。\n{amount}正在按原路退款（订单 {order_no}），到账会告诉您。", "退款")
def topup_failed_refunding(say: Say, order: Order, line: Line, amount_fen: int, product: Product | None = None) -> str:
    return say(order_no=order.order_no, amount=yuan(amount_fen), **_not_delivered(line, product))


@line("抱歉，{what}{account} 没有充成{why}。\n{amount}已退款到您的余额（订单 {order_no}），可以直接用来付款。", "退款")
def topup_failed_to_balance(say: Say, order: Order, line: Line, amount_fen: int, product: Product | None = None) -> str:
    """The same, where the order was paid from the balance."""
    return say(order_no=order.order_no, amount=yuan(amount_fen), **_not_delivered(line, product))


@line("{what}{account} 只到账一部分{why}。\n{amount}正在按原路退款（订单 {order_no}），到账会告诉您。", "退款")
def topup_partly_refunding(say: Say, order: Order, line: Line, amount_fen: int, product: Product | None = None) -> str:
    """Of several units some arrived: what did is not to sound as if it had not."""
    return say(order_no=order.order_no, amount=yuan(amount_fen), **_not_delivered(line, product))


@line("{what}{account} 只到账一部分{why}。\n{amount}已退款到您的余额（订单 {order_no}），可以直接用来付款。", "退款")
def topup_partly_to_balance(say: Say, order: Order, line: Line, amount_fen: int, product: Product | None = None) -> str:
    return say(order_no=order.order_no, amount=yuan(amount_fen), **_not_delivered(line, product))


def _not_delivered(line: Line, product: Product | None) -> dict[str, str]:
    note = line.note.strip()
    why = _why(note=plain(note)) if note and note != JUST_FAILED else ""
    return {"what": line_what(line), "account": _for_account(line, product), "why": why}


@line("退款成功：{amount}已按原路退回（订单 {order_no}），请留意微信零钱或银行卡。", "退款")
def refunded(say: Say, order: Order, amount_fen: int) -> str:
    return say(amount=yuan(amount_fen), order_no=order.order_no)


@line("为您部分退款{amount}：{what}{why}，正在按原路退回，到账会告诉您（订单 {order_no}）。", "退款")
def part_refund(say: Say, order: Order, line: Line, amount_fen: int, reason: str) -> str:
    """Some of a line's price goes back because a person decided so."""
    return say(amount=yuan(amount_fen), what=line_what(line), why=_because(reason), order_no=order.order_no)


@line("为您部分退款{amount}：{what}{why}，已经退到您的余额（订单 {order_no}）。", "退款")
def part_refund_to_balance(say: Say, order: Order, line: Line, amount_fen: int, reason: str) -> str:
    """The same, where the order was paid from the balance."""
    return say(amount=yuan(amount_fen), what=line_what(line), why=_because(reason), order_no=order.order_no)


def _because(reason: str) -> str:
    return _why(note=plain(reason)) if reason.strip() else ""


@line("您的付款到得晚了，订单 {order_no} 已关闭且暂时没货。\n{amount}正在按原路退款，到账会告诉您。", "退款")
def late_payment_refunding(say: Say, order: Order, amount_fen: int) -> str:
    return say(order_no=order.order_no, amount=yuan(amount_fen))


_soon_done = phrase("soon_done", "尽快完成")


@line("已收到付款，{what}已转给客服接单，预计{when}。\n订单 {order_no}")
def service_accepted(say: Say, order: Order, line: Line) -> str:
    return say(what=line_what(line), when=line.eta or _soon_done(), order_no=order.order_no)


_soon_sent = phrase("soon_sent", "尽快发出")


@line("已收到付款，{what}准备发货，{when}。\n订单 {order_no}")
def parcel_accepted(say: Say, order: Order, line: Line) -> str:
    return say(what=line_what(line), when=line.eta or _soon_sent(), order_no=order.order_no)


@line("{what}已完成（订单 {order_no}），谢谢惠顾！")
def service_done(say: Say, order: Order, line: Line) -> str:
    return say(what=line_what(line), order_no=order.order_no)


_parcel_note = phrase("parcel_note", "，{note}")


@line("{what}已发货{note}（订单 {order_no}）。")
def parcel_sent(say: Say, order: Order, line: Line) -> str:
    note = _parcel_note(note=plain(line.note)) if line.note else ""
    return say(what=line_what(line), note=note, order_no=order.order_no)


def _for_account(line: Line, product: Product | None) -> str:
    """For whom it was, and what else was chosen: → 12345678 苹果QQ区."""
    fields = product.fields if product is not None else ()
    choices = {field.name: {c.id: c.label for c in field.values} for field in fields if field.values}
    given = {name: value for name, value in line.fields.items() if name not in choices}
    account = next((value for value in given.values() if any(c.isdecimal() for c in value)), "")
    chosen = [choices[name].get(value, "") for name, value in line.fields.items() if name in choices]
    told = " ".join(plain(part) for part in (account, *chosen) if part)
    return f" → {told}" if told else ""


out_of_order = phrase("out_of_order", "系统有点忙，刚才的消息没能处理，请稍等一会儿再发一次。")
"""When a part of the shop is away; the buyer's message had no effect."""


too_fast = phrase("too_fast", "您发得太快啦，我跟不上了，请过一分钟再发。")
"""To a buyer who sends more than anybody types; what he sends until then is not read."""


still_working = phrase("still_working", "正在处理，请稍等几秒，再发一条消息看看。")
"""When a turn takes longer than WeChat waits; it goes on, and its outcome is there when the buyer asks."""


@line("（一条消息放不下，其余的请回复「{orders}」，在订单页查看）")
def rest_on_the_page(say: Say) -> str:
    """When an answer is longer than one message may be."""
    return say(orders=tap("我的订单", "我的订单", "orders"))
