"""Money back for several orders at once."""

from dialogs.replies.saying import yuan
from dialogs.wording import Say, line, phrase


@line("以上{count}笔都退 {total}")
def back_all_entry(say: Say, count: int, total_fen: int) -> str:
    """The entry of a list that means all the others."""
    return say(count=count, total=yuan(total_fen))


@line("这{count}笔都退吗，共{total}？要退就回复 1，只退其中一笔回复它的序号：")
def back_all_asked(say: Say, count: int, total_fen: int) -> str:
    """He said 都退: one question for all of them."""
    return say(count=count, total=yuan(total_fen))


refund_joins_case = phrase("refund_joins_case", "退款也转给客服一起核实了，和刚才登记的是同一件事，不用再提：")
