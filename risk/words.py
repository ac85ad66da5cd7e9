"""What operators read of a verdict: outcomes, reasons and lists in words."""

from collections.abc import Iterable, Mapping

from risk.kinds import Kind, Listing
from risk.scoring import Outcome, Reason

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.PASS: "通过",
    Outcome.ASK: "再确认",
    Outcome.HOLD: "人工核对",
    Outcome.REFUSE: "不接单",
}
REASONS: Mapping[Reason, str] = {
    Reason.BLOCKED: "黑名单",
    Reason.ALLOWED: "白名单",
    Reason.LARGE_ORDER: "大额订单",
    Reason.BUYER_ORDERS: "一小时内下单多",
    Reason.BUYER_SPENDS: "一天内付款多",
    Reason.BUYER_UNPAID: "连续下单不付（试卡）",
    Reason.BUYER_ACCOUNTS: "一小时内充值账号多",
    Reason.ACCOUNT_BUYERS: "多人给同一账号下单",
    Reason.ACCOUNT_SPENDS: "同一账号一天内充值多",
    Reason.TROUBLE: "有过退款或投诉",
    Reason.CREDIT: "信用（收到货没退过的订单）",
}
KINDS: Mapping[Kind, str] = {Kind.BUYER: "顾客", Kind.ACCOUNT: "账号"}
LISTINGS: Mapping[Listing, str] = {Listing.BLOCK: "黑名单", Listing.ALLOW: "白名单"}


def reasons_in_words(reasons: Iterable[tuple[Reason, int]]) -> str:
    """大额订单 +50，信用 -15; empty where nothing spoke against it."""
    return "，".join(f"{REASONS[reason]} {points:+d}" if points else REASONS[reason] for reason, points in reasons)
