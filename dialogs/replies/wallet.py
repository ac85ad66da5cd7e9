"""What a buyer keeps with us: his balance, topping it up, paying from it, getting it back."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dialogs.links import link, tap
from dialogs.replies.orders import order_what
from dialogs.replies.saying import CANCEL_TAP, CONFIRM_TAP, HUMAN_TAP, join, yuan
from dialogs.wording import Say, line, phrase
from kernel.orders import Order, OrderState

_MOVES = {
    "topup": phrase("balance_topup", "充值"),
    "pay": phrase("balance_pay", "付款"),
    "refund": phrase("balance_refund", "退款"),
    "compensation": phrase("balance_compensation", "赔付"),
    "withdraw": phrase("balance_withdraw", "提现"),
    "adjust": phrase("balance_adjust", "调整"),
}
_TAPS_YUAN = (50, 100, 200)


def _topup_taps(least_fen: int, most_fen: int) -> str:
    fitting = [amount for amount in _TAPS_YUAN if least_fen <= amount * 100 <= most_fen]
    return " | ".join(tap(f"充值余额{amount}", f"充值余额{amount}") for amount in fitting)


@line("您还没有余额：买一单付一单就行，不用预存。")
def balance_none(say: Say) -> str:
    return say()


@line("您的余额：{amount}")
def balance_is(say: Say, balance_fen: int) -> str:
    return say(amount=yuan(balance_fen))


@line("{day} {what} {amount}")
def balance_move(say: Say, kind: str, amount_fen: int, at: datetime, zone: ZoneInfo) -> str:
    sign = "+" if amount_fen > 0 else "-"
    return say(day=f"{at.astimezone(zone):%m-%d %H:%M}", what=_MOVES[kind](), amount=f"{sign}{yuan(abs(amount_fen))}")


@line("想预存请回复「充值余额100」（每次{least}到{most}，可改金额），下单后一点就能付。{taps}")
def balance_how(say: Say, least_fen: int, most_fen: int) -> str:
    taps = _topup_taps(least_fen, most_fen)
    return say(least=yuan(least_fen), most=yuan(most_fen), taps=f"\n{taps}" if taps else "")


_one_tap_is_on = phrase("one_tap_is_on", "小额免确认付款已开通：{off}")
_one_tap_is_off = phrase("one_tap_is_off", "{most}以内的订单可以确认后自动用余额付：{on}")
_turn_off = phrase("one_tap_turn_off", "关闭")
_turn_on = phrase("one_tap_turn_on", "开通")


def one_tap_is(most_fen: int, *, on: bool) -> str:
    if on:
        return _one_tap_is_on(off=tap(_turn_off(), "关闭小额免确认付款"))
    return _one_tap_is_off(most=yuan(most_fen), on=tap(_turn_on(), "开通小额免确认付款"))


@line(
    "余额充值\n金额：{total}\n充到您在小店的余额，可以随时用来付款；没用完的可以按原路退回。\n回复「{confirm}」下单，「{cancel}」不充。"
)
def topup_summary(say: Say, amount_fen: int) -> str:
    return say(total=yuan(amount_fen), confirm=CONFIRM_TAP, cancel=CANCEL_TAP)


@line("余额每次可充{least}到{most}，请换个金额，比如回复「充值余额100」。")
def topup_amount_wrong(say: Say, least_fen: int, most_fen: int) -> str:
    return say(least=yuan(least_fen), most=yuan(most_fen))


@line("余额最多存{most}，现在还能充{left}。")
def topup_over_the_top(say: Say, most_fen: int, left_fen: int) -> str:
    return say(most=yuan(most_fen), left=yuan(max(0, left_fen)))


@line("余额{amount}够付这单，不想跳转就点「{tap}」。")
def can_pay_from_balance(say: Say, order_no: str, balance_fen: int) -> str:
    return say(amount=yuan(balance_fen), tap=tap("余额支付", f"余额支付 {order_no}", "balance"))


_look_at_it = phrase("paid_look_at_it", "查看订单")


@line("下单成功，订单号：{order_no}\n已用余额付款{total}（小额免确认），余额还剩{left}。\n{link}\n结果会发到这里。")
def paid_at_once(say: Say, order: Order, balance_fen: int, url: str) -> str:
    return say(
        order_no=order.order_no, total=yuan(order.total_fen), left=yuan(balance_fen), link=link(url, _look_at_it())
    )


@line("已用余额付款{total}：{what}（订单 {order_no}），余额还剩{left}。\n结果会发到这里。")
def paid_from_balance(say: Say, order: Order, balance_fen: int) -> str:
    return say(total=yuan(order.total_fen), what=order_what(order), order_no=order.order_no, left=yuan(balance_fen))


@line("余额只有{amount}，不够付这单的{total}，没有扣款。可以先充余额，或直接微信付款：\n{link}")
def balance_short(say: Say, order: Order, balance_fen: int, url: str) -> str:
    return say(amount=yuan(balance_fen), total=yuan(order.total_fen), link=link(url, _pay_by_wechat()))


_pay_by_wechat = phrase("pay_by_wechat", "微信付款")
nothing_to_pay = phrase("nothing_to_pay", "现在没有等您付款的订单，没有扣款。")
confirm_first = phrase("confirm_first", "还没有下单，先回复「确认」，下单后就能用余额付。")
balance_for_balance = phrase("balance_for_balance", "余额充值要用微信付款，没有扣余额。")
_paid_before = phrase("paid_before", "订单 {order_no} 已经付过了，没有重复扣款。")
_closed_before = phrase("closed_before", "订单 {order_no} 已经关闭，没有扣款。还想要请重新下单。")


def not_payable(order_no: str, state: OrderState) -> str:
    if state in (OrderState.CANCELLED, OrderState.EXPIRED):
        return _closed_before(order_no=order_no)
    return balance_for_balance() if state is OrderState.UNPAID else _paid_before(order_no=order_no)


@line("已开通：单笔{most}以内的订单，您回复「确认」后直接用余额付款，每天合计不超过{daily}。不想要了点「{off}」。")
def one_tap_on(say: Say, most_fen: int, daily_fen: int) -> str:
    return say(most=yuan(most_fen), daily=yuan(daily_fen), off=tap("关闭小额免确认付款", "关闭小额免确认付款"))


one_tap_off = phrase("one_tap_off", "已关闭：以后每一单都由您自己点付款。")
one_tap_not_here = phrase("one_tap_not_here", "小店没有开通小额免确认付款。")


@line("充值的余额没用完可以按原路退回（微信零钱或银行卡）；退款和赔付进来的部分要由客服处理。全部退回请点「{tap}」。")
def withdraw_how(say: Say) -> str:
    return say(tap=tap("确认提现", "确认提现"))


@line("余额{amount}正在按原路退款，一般几分钟到3个工作日，到账会告诉您。", "退款")
def withdrawn(say: Say, back_fen: int) -> str:
    return say(amount=yuan(back_fen))


@line("还有{amount}不是充值来的，退不了原路：可以继续用来付款，要退请回复「{human}」。")
def withdrawn_rest(say: Say, left_fen: int) -> str:
    return say(amount=yuan(left_fen), human=HUMAN_TAP)


nothing_to_withdraw = phrase("nothing_to_withdraw", "您没有可以退回的余额。")


@line("充值成功：{amount}已到您的余额，现在共{left}（订单 {order_no}）。", "充值成功")
def balance_filled(say: Say, order_no: str, amount_fen: int, balance_fen: int) -> str:
    return say(amount=yuan(amount_fen), left=yuan(balance_fen), order_no=order_no)


@line("退款成功：{amount}已退到您的余额（订单 {order_no}），可以直接用来付款。", "退款")
def refunded_to_balance(say: Say, order_no: str, amount_fen: int) -> str:
    return say(amount=yuan(amount_fen), order_no=order_no)


def balance_sheet(
    balance_fen: int, moves: Sequence[tuple[str, int, datetime]], zone: ZoneInfo, least_fen: int, most_fen: int
) -> str:
    """The balance, what it was last used for, and how it is filled."""
    rows = [balance_move(kind, amount_fen, at, zone) for kind, amount_fen, at in moves]
    head = balance_is(balance_fen) if balance_fen or rows else balance_none()
    return join(head, *rows, balance_how(least_fen, most_fen))
