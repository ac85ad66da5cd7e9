"""Handing over to a person: who is there, when, and what he said."""

from dialogs.links import plain, tap
from dialogs.replies.mistakes import offer_human
from dialogs.replies.orders import line_what
from dialogs.replies.saying import HUMAN_TAP, join, plain_lines, said, yuan
from dialogs.wording import Say, line, phrase
from kernel.hours import WorkingHours
from kernel.orders import Line, Order

_handoff_ahead = phrase("handoff_ahead", "您前面还有{ahead}位，")


@line("已为您转人工客服，{place}请稍等。有什么要说的可以先发过来，客服都能看到。\n想继续自助下单，回复「{bot}」。")
def handoff_opened(say: Say, ahead: int) -> str:
    place = _handoff_ahead(ahead=ahead) if ahead > 0 else ""
    return say(place=place, bot=tap("转回机器人", "转回机器人", "bot"))


handoff_over = phrase("handoff_over", "人工服务已结束，我来继续为您服务。")


handoff_timed_out = phrase("handoff_timed_out", "人工服务已结束（30分钟没有新消息），我来继续为您服务。")


person_took_over = phrase("person_took_over", "您好，接下来由我为您服务，请直接说。想继续自助下单，回复“转回机器人”。")
"""A person takes a talk over that the bot had: said by him, so 客服： stands before it."""


@line("客服：{words}")
def person_says(say: Say, words: str) -> str:
    return say(words=plain_lines(words))


@line("已按您确认的为您下单：{what}，共{amount}。\n订单 {order_no}，请在{minutes}分钟内付款：{link}")
def placed_for_you(say: Say, order: Order, link: str) -> str:
    """A person has placed the order that waited for 确认."""
    minutes = max(1, round((order.expires_at - order.created_at).total_seconds() / 60))
    what = "、".join(line_what(one) for one in order.lines[:3])
    return say(what=what, amount=yuan(order.total_fen), order_no=order.order_no, minutes=minutes, link=link)


_here_at = phrase("here_at", "（客服时间{hours}）")


def handoff_hours(hours: WorkingHours) -> str:
    return "" if hours.always else _here_at(hours=str(hours))


@line(
    "客服现在不在（上班时间{hours}）。请把要说的一条消息写给我，我留给客服，{opens}上班后先回复您。\n不留言可以直接继续下单、查单。"
)
def handoff_away(say: Say, hours: WorkingHours, opens: str) -> str:
    return say(hours=str(hours), opens=opens)


@line("留言记下了：「{words}」，客服{opens}上班后先回复您。别的事我可以继续帮您办。")
def message_kept(say: Say, words: str, opens: str) -> str:
    return say(words=said(words), opens=opens)


_person_always = phrase("person_always", "客服全天都在。")


@line("客服时间是{hours}。要找客服请回复「{human}」，机器人随时都能下单、查单。")
def person_hours(say: Say, hours: WorkingHours) -> str:
    return join(_person_always(), offer_human()) if hours.always else say(hours=str(hours), human=HUMAN_TAP)


_waits_for = phrase("waits_for", "还没答：{label}")
_waits_for_confirm = phrase("waits_for_confirm", "等他确认订单")


def open_question_brief(label: str, *, confirming: bool = False) -> str:
    """What the bot had asked last, for the person who takes over."""
    if confirming:
        return _waits_for_confirm()
    return _waits_for(label=label) if label else ""


sorry_again = phrase("sorry_again", "实在对不起，让您着急了。")


_line_refused_why = phrase("line_refused_why", "原因：{note}。")


@line("{what} 为您退款：{amount}正在按原路退回（订单 {order_no}），到账会告诉您。{why}", "退款")
def line_refused(say: Say, order: Order, line: Line, amount_fen: int) -> str:
    """A person decided to give it back."""
    return say(what=line_what(line), amount=yuan(amount_fen), order_no=order.order_no, why=_refused_why(line))


@line("{what} 为您退款：{amount}已退到您的余额（订单 {order_no}）。{why}", "退款")
def line_refused_to_balance(say: Say, order: Order, line: Line, amount_fen: int) -> str:
    """The same, where the order was paid from the balance."""
    return say(what=line_what(line), amount=yuan(amount_fen), order_no=order.order_no, why=_refused_why(line))


def _refused_why(line: Line) -> str:
    return _line_refused_why(note=plain(line.note.strip())) if line.note.strip() else ""
