"""A correction of an order that this talk does not hold (placed at the storefront, paid, or forgotten): the books are
asked. What waits for payment is corrected as if it stood here; of what is paid it is said why not, and what then."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from catalog.checks import fold
from catalog.model import Delivery
from dialogs import replies, which
from dialogs.about_which import BACK
from dialogs.asking import answer
from dialogs.cases import says_bad_key
from dialogs.effects import OpenCase
from dialogs.order_lines import lines_of
from dialogs.paying import live_unpaid
from dialogs.state import Dialog, Idle, Unpaid
from dialogs.turn import Reply, Said, Scene, Turn
from dialogs.wishes import Stance, stance
from kernel.cases import CaseKind
from kernel.orders import BALANCE_DELIVERY, Line, LineState, Order, OrderState

_LATELY = timedelta(days=3)
_A_DAY = timedelta(days=1)
_WRONG = re.compile(
    "(?<!没)(?<!有没)(?<!要是)(?<!如果)(?:写|填|输|打|选|点|买|拍|下|弄|搞|留|冲|充)(?:成)?错(?!题|字|别|过|峰)"
    "|(?:号码?|电话|地址|名字|姓名)(?:写|填|留|输)的"
    "|(?:号码?|账号|帐号|手机|电话|地址|收件人|姓名|名字|邮箱|qq|区服?|门牌|楼号|学号|车牌)(?:写|给|是|也|都|又|好像|填)*(?:错|不对)(?:了|啦|$|的|[,，。!！])"
)
_SOME = "[一二两三四五六七八九十\\d]+[张个份条件杯瓶箱盒]"
_SWAP = re.compile(
    f"(?:换|改)(?:成|为|到|个|一[张个下点]|下|别的|其他|另|{_SOME})|(?:换|改)(?:不了|得了|[吗么不嘛][?？]*$)"
    "|(?:能|可以|可不可以|帮我|给我|想|让我)(?:不能|再|还|给我|帮我|不可以)*(?:换|改)"
    "|(?:能|可以|帮我|给我)(?:不能|再|还|给我|帮我)*(?:寄|送|发)到.*(?:吗|么|不|嘛|行|[?？])"
    f"|(?:刚[才刚]?|[那这])(?:那|下的)?(?:单|个|笔)?要{_SOME}"
    "|^(?:等等|等一下|先|暂时|老板|[,，])*(?:先|暂时|都)?(?:别|不要|不用|晚点|晚几天|过几天再?)(?:给我|帮我|着急|急着)?(?:发货|寄|充|发|打|做)(?:了|啊|出|呢|$|[,，])|(?:先|暂)停|停一下|备注|放(?:在|到)?(?:门口|驿站|前台|快递柜|柜子)"
)
_THEIRS = re.compile(
    "你们?.{0,4}错|(?:给我|帮我)[^,，。]{0,3}错|[发寄送]错|错[发寄送]|错别字|少了|少[充给发到寄]|多[扣收]|只[到充给]了"
)
_WHEN = (
    "(?:[今明后大]+[天晚早]|[这下上]?(?:周|星期|礼拜)[一二三四五六日天末]|上午|下午|晚上|早上|中午|傍晚"
    r"|\d{1,2}[点号:：])"
)
_TIME = f"(?:时间|日期|日子|几点|{_WHEN})"
_MOVED = re.compile(
    f"(?:改|换|变|调)(?:个|一下|一改|到|成|在|去|至)?{_TIME}|{_TIME}(?:要|想|得|能|可以|给我|帮我)*(?:改|换|调|变)"
    "|改[约期]|推迟|延后|延期|往后(?:推|延|挪)|顺延|(?:推|挪|延|约|提前)到"
)
"""改成明天下午3点, 推迟两天: when somebody is to come."""
_GIVES = re.compile(
    f"[0-9]|{_WHEN}|[一两二三]天|[改换](?:成|为|到)(?!什么|哪|啥|别)."
    r"|(?:是|叫|应该)(?!不是|吗|不|什么|哪|啥|怎)[^,，。!！?？\s]{2}"
)
"""What it is to be, or how much later: 推迟一天."""
_ELSE = re.compile("改(?:[价天]|日(?![期子]))|改主意|话题|换个?(?:人|客服|问题|说法|方式)|打错字|没事$|别管|当我没说")
_HANDS = (Delivery.PARCEL, Delivery.SERVICE)
_OPEN = (LineState.WAITING, LineState.DELIVERING, LineState.ATTENTION)
_LISTS_OF_ORDERS = ("o:", "q:", "u:", "x:")
_ANEW = re.compile("再[充冲买来要下订]|重新[充买下订]|另外|新的|一单新|换绑|换手机$")
_OF_AN_ACCOUNT = re.compile("号|手机|电话|qq|地址|门牌|收件|收货|姓名|名字")
_OF_THE_PAST = re.compile(
    "[买选点拍]错|没用|未用|没拆|[没未]付|刚[才刚买下充那]|[那这上]一?[单张笔]|[买下充付][的完了]|已付|退换|[换改]不了|还没发货"
)
_ASKS = re.compile("[吗么嘛不][?？]*$|[?？]|能不能|可不可以|行不行|好不好|怎么办")
_TALKS = ("browse", "search", "price", "order", "thanks")
"""Understood as this, it has to speak of something he has, too."""


def says_change(dialog: Dialog, said: Said, scene: Scene) -> bool:
    """Whether something is to be changed, or was given wrong, and the talk holds nothing that it could be said of."""
    if not isinstance(dialog.state, Idle) or live_unpaid(dialog, scene) is not None or dialog.dropped:
        return False
    if dialog.listed is not None and dialog.listed.entries[0][:2] not in _LISTS_OF_ORDERS:
        return False  # 换成京东卡, below a list of goods
    text = fold(said.text)
    if said.frame.intent == "refund" or stance(said.text, "refund") is not Stance.UNNAMED:
        return False
    if (
        _THEIRS.search(text)
        or _ANEW.search(text)
        or _ELSE.search(text)
        or (says_bad_key(said.text) and not _OF_AN_ACCOUNT.search(text))
    ):
        return False
    if said.frame.intent == "change":
        return True
    if not (_WRONG.search(text) or _SWAP.search(text) or _MOVED.search(text)):
        return False
    return said.frame.intent not in _TALKS or _OF_THE_PAST.search(text) is not None or _WRONG.search(text) is not None


def gave_wrong(text: str) -> bool:
    """手机号填错了怎么办: what he gave himself."""
    said = fold(text)
    return _WRONG.search(said) is not None and _OF_AN_ACCOUNT.search(said) is not None and not _THEIRS.search(said)


def wants_changed(text: str) -> bool:
    """什么时候寄 地址的5幢改成6幢行吗: something of it is to be changed, whatever is asked besides."""
    said = fold(text)
    if _MOVED.search(said) is not None:
        return True
    named = _OF_AN_ACCOUNT.search(said) is not None
    return named and (_SWAP.search(said) or _WRONG.search(said)) is not None and not _THEIRS.search(said)


def is_theirs(text: str) -> bool:
    """发错了 我要的2米: what the shop got wrong."""
    return _THEIRS.search(fold(text)) is not None


def held(dialog: Dialog, orders: Sequence[Order], said: Said, scene: Scene) -> Dialog:
    """The dialog with the one order that waits, where something of it is to be changed."""
    waiting = _waiting(orders, said, scene)
    if len(waiting) != 1 or not says_change(dialog, said, scene):
        return dialog
    only, lines = waiting[0], lines_of(dialog, waiting[0], scene)
    unpaid = Unpaid(only.order_no, only.token, only.total_fen, only.expires_at, lines)
    return replace(dialog, unpaid=unpaid) if lines else dialog


def as_denied(said: Said) -> Said:
    """手机号填错了怎么办, of what is not paid yet: it is to be put right, and nothing is amiss with a delivery."""
    return replace(said, frame=replace(said.frame, intent="deny")) if said.frame.intent == "problem" else said


def paid(dialog: Dialog, orders: Sequence[Order], said: Said, scene: Scene) -> Turn | None:
    """Where what he paid for stands, that it cannot be changed here, and the ways there are; None: it is about none."""
    if _waiting(orders, said, scene) or not says_change(dialog, said, scene) or _is_an_order(said):
        return None
    if orders and orders[0].state is OrderState.EXPIRED and scene.now - orders[0].created_at < _A_DAY:
        return answer(dialog, scene, replies.order_expired(orders[0].order_no))
    mine = [order for order in orders if _may_be_meant(order, scene)]
    if not mine:
        return None
    named = which.named(mine, said.text, scene.shelf)
    if named is not None:
        return put_right(dialog, named[0][0], said.text, scene)
    in_hand = [order for order in mine if _by_hand(order, said.text)]
    return put_right(dialog, (in_hand or mine)[0], said.text, scene)


def put_right(dialog: Dialog, order: Order, text: str, scene: Scene) -> Turn:
    """What is to be otherwise of a paid order goes to a person at once, in his own words, where one has it in hand
    still; else where it stands, why it cannot be changed, and what can be done."""
    lines = _by_hand(order, text)
    asks = _ASKS.search(fold(text)) is not None or not text
    if not lines or (asks and not _GIVES.search(fold(text))):
        return answer(dialog, scene, replies.paid_not_changed(order))
    only = lines[0].id if len(lines) == 1 else None
    opens = OpenCase(CaseKind.AMEND, order.order_no, only, text)
    return Turn(replace(dialog, waiting=None, misses=0), Reply(replies.passed_on(order, lines)), (opens,))


def _by_hand(order: Order, text: str) -> list[Line]:
    """Its lines that a person packs or does, and has not done yet; of a time rather what is done by appointment."""
    lines = [line for line in order.lines if line.delivery in _HANDS and line.state in _OPEN]
    services = [line for line in lines if line.delivery == Delivery.SERVICE]
    return services if services and _MOVED.search(fold(text)) else lines


def _waiting(orders: Sequence[Order], said: Said, scene: Scene) -> list[Order]:
    """Those that wait for payment; 号码错了 is of none that has no account."""
    waiting = [order for order in orders if order.state is OrderState.UNPAID and order.expires_at > scene.now]
    if not _OF_AN_ACCOUNT.search(fold(said.text)):
        return waiting
    return [order for order in waiting if any(line.fields for line in order.lines)]


def _may_be_meant(order: Order, scene: Scene) -> bool:
    """Paid lately, or still under way, and not on its way back."""
    if order.paid_at is None or any(line.state in BACK or line.delivery == BALANCE_DELIVERY for line in order.lines):
        return False
    return order.state is OrderState.PAID or scene.now - order.paid_at <= _LATELY


def _is_an_order(said: Said) -> bool:
    """改成京东卡100, 话费50 139…: whole, and no question of what he has."""
    whole = any(item.product and ("value" in item.said or item.sku) for item in said.frame.items)
    text = fold(said.text)
    return whole and not (_ASKS.search(text) or _WRONG.search(text) or _OF_THE_PAST.search(text))
