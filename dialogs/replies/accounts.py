"""One account more than the order has: in place of the one that is there, one more, or none of the order's business."""

from dialogs.replies.saying import said
from dialogs.wording import Say, line, phrase


@line("{account}：是换成这个{label}，还是这个{label}再来一份？")
def this_or_also(say: Say, account: str, label: str) -> str:
    """An account alone, below a summary that holds another."""
    return say(account=said(account), label=label)


instead_of_it = phrase("instead_of_it", "换成这个")
also_for_it = phrase("also_for_it", "再来一份，两个都要")
neither_of_them = phrase("neither_of_them", "都不是，照刚才的")


@line("{account} 没有填进订单，订单里的{label}还是{held}；要换的话请说「换成{account}」。")
def account_left_out(say: Say, account: str, label: str, held: str) -> str:
    """An account that was only spoken of."""
    return say(account=said(account), label=label, held=held)


@line("{account} 没有算进去。")
def account_not_taken(say: Say, account: str) -> str:
    """It was asked what the account is for, and something else was said."""
    return say(account=said(account))


@line("要改的是{label}还是数量？{label}请完整发一遍；数量请说改成多少。")
def digits_of_what(say: Say, label: str) -> str:
    """少打了一个0: of the account just as well as of the amount."""
    return say(label=label)
