"""What is said of an order that waits for payment, and neither pays, drops nor corrects it: 等下付, 朋友帮付行吗."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from dialogs import replies
from dialogs.asking import answer
from dialogs.draft import look
from dialogs.effects import CancelOrder
from dialogs.filling import fill
from dialogs.ordering import mend
from dialogs.paying import live_unpaid, pay_url
from dialogs.state import Dialog, DraftLine, Idle, Replacement
from dialogs.staying import named_lines
from dialogs.turn import Reply, Said, Scene, Turn
from kernel.ids import OrderNo
from kernel.orders import Order, OrderState
from nlu.frame import Item
from nlu.text import normalise

_LATER = re.compile(
    r"(?:那|我|好的?|先|行|嗯|[,，])*(?:等[一会]?下|等会儿?|晚点|待会儿?|一会儿?|过会儿?|回头|稍后|马上|下午|晚上)再?(?:来|去)?付[的吧啊了]*"
    r"|(?:我|那)*先(?:不付|放着|留着|占着)(?:吧|哈|啊)*|(?:请|帮我|给我|先)*(?:留着|留一下|保留一?下|占着|放着)(?:吧|啊|谢谢)*"
    r"|(?:我|先|再|让我|容我)*(?:考虑|想想|看看|想一想)(?:一下|下|看)?[吧。.]*"
)
_TIME = re.compile(
    r"分钟.{0,2}够|超时|过期|时间(?:到|过)了|还能付|来得及|(?:多久|几分钟|什么时候|几点)(?:之?[内前])?(?:要|得|必须)?付"
    r"|(?:明天|后天|晚点|晚上|下午|等会儿?|回头|过几天)再?付.{0,3}(?:[吗?？]|行不|可不可以)"
)
_BY_OTHERS = re.compile(
    r"(?:朋友|老婆|老公|爸|妈|家[人里]|别人|同学|室友|对象|儿子|女儿|孩子|[他她]).{0,2}(?:付|帮[我忙]?付|代付|来付)|代付|帮付|找人付"
)
_PRICEY = re.compile(r"(?:有点|有些|太|好|真|这么|挺|是不是)*贵了?点?[啊呀吧哦呢的了]*")


_STILL_THERE = re.compile(
    "^(?:[哎诶嗯哦啊]|对了|那|我|老板|[,，\\s])*(?:刚才?|刚刚|上面|之前|前面|头)?(?:下|买|拍|订|点|充|要)?的?[那这]?[个单张份件]?.{0,10}?"
    "(?:还|都|是不是还|还都)(?:在|有效|算数|作数|留着|保留着?|没(?:取消|丢|过期|作废))(?:的|着)?[吧吗么嘛呢不啊没]*[?？]*$"
)
"""刚才那个加速器还在的吧: whether the order that waits is still there."""
_LONG = 24
_TOGETHER = re.compile(
    r"(?:[和跟](?:刚才|刚刚|上面|前面)?[那这]?[个单张]?的?)?(?:一起|一块儿?|一并|合(?:在|到)?一起|合并|并(?:在|到)?一起|凑一?单)(?:下单?|付[款钱]?|结账?|买单|算|给)(?:了|吧|呗|啊|行吗|可以吗)*[?？]?"
)
_ADDS = re.compile("再|加|还要|另外|也")
_WHICH_KIND = re.compile("的(?P<kind>[^的\\d\\s,，]{1,6})$")


def may_be(dialog: Dialog, said: Said, scene: Scene) -> bool:
    """Whether his orders are to be looked up for this: one waits as far as this talk knows, and it may be of it."""
    if live_unpaid(dialog, scene) is None or not isinstance(dialog.state, Idle) or said.frame.items:
        return False
    return said.frame.intent == "unknown" or kind_of(said.text) is not None


def together(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """再加一张50的卡一起付吧: one order of both, in the place of the one that waits."""
    live, found = live_unpaid(dialog, scene), _TOGETHER.search(said.text)
    if live is None or found is None or not isinstance(dialog.state, Idle) or len(said.frame.items) != 1:
        return None
    wish = f"{said.text[: found.start()]} {said.text[found.end() :]}".strip()
    line = _one_more(live.lines, said.frame.items[0], wish, scene) if _ADDS.search(wish) else None
    if line is None:
        return None
    lines = (*live.lines, line)
    if look(line, scene.shelf).missing is not None:
        return mend(dialog, live, lines, scene)
    return Turn(replace(dialog, waiting=Replacement(lines)), effects=(CancelOrder(OrderNo(live.order_no)),))


def _one_more(lines: Sequence[DraftLine], item: Item, wish: str, scene: Scene) -> DraftLine | None:
    """What is to come besides: by its name, or another size of what one line alone is of (50的卡, beside a top-up)."""
    if item.product is None or "product" not in item.said:
        kind = _WHICH_KIND.search(wish)
        named = named_lines(lines, kind["kind"], scene.shelf) if kind is not None else set(range(len(lines)))
        fits = {
            product.id
            for at in named
            if (product := scene.shelf.product(lines[at].product or "")) is not None
            and any(sku.value == item.value or sku.any_value is not None for sku in product.skus)
        }
        if len(fits) != 1 or item.value is None:
            return None
        item = replace(item, product=fits.pop(), candidates=())
    filled = fill(DraftLine(), item, scene.shelf)
    return None if filled.problems else filled.line


def talked_of(dialog: Dialog, orders: Sequence[Order], said: Said, scene: Scene) -> Turn | None:
    """Answer by the time and link of the order that waits; nothing happens to it."""
    order, kind = _waiting(orders, scene), kind_of(said.text)
    if order is None or kind is None or not isinstance(dialog.state, Idle) or said.frame.items:
        return None
    until, url = order.expires_at.astimezone(scene.hours.zone), pay_url(scene, order.token)
    match kind:
        case "others":
            told = replies.others_may_pay(url)
        case "time":
            told = replies.payable_until(until, url)
        case "later":
            told = replies.kept_until(until, url)
        case "pricey":
            told = replies.no_bargain()
    return Turn(replace(dialog, waiting=None, misses=0), Reply(told))


def asked_whether_there(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """刚才那个还在的吧: yes, with its time and link, whatever else is being put together; it is no 再来一单."""
    live, text = live_unpaid(dialog, scene), normalise(said.text).strip(" ,，。.!！~")
    if live is None or len(text) > _LONG or not _STILL_THERE.match(text) or "不要" in text:
        return None
    until = live.expires_at.astimezone(scene.hours.zone)
    return answer(replace(dialog, misses=0), scene, replies.payable_until(until, pay_url(scene, live.token)))


def told_besides(turn: Turn, dialog: Dialog, orders: Sequence[Order], scene: Scene) -> Turn:
    """Where nothing was made of what he said: the order that waits, so that he need not begin anew."""
    order = _waiting(orders, scene)
    if order is None or turn.dialog.misses <= dialog.misses or not isinstance(turn.dialog.state, Idle):
        return turn
    waits = replies.still_unpaid(order.order_no, order.total_fen, pay_url(scene, order.token))
    return replace(turn, reply=replace(turn.reply, text=replies.join(turn.reply.text, waits)))


def _waiting(orders: Sequence[Order], scene: Scene) -> Order | None:
    return next((o for o in orders if o.state is OrderState.UNPAID and o.expires_at > scene.now), None)


def kind_of(text: str) -> Literal["others", "time", "later", "pricey"] | None:
    """Which talk of paying a message is."""
    text = normalise(text).strip(" ,，。.!！~")
    if len(text) > _LONG:
        return None
    if _BY_OTHERS.search(text):
        return "others"
    if _TIME.search(text):
        return "time"
    if _LATER.fullmatch(text):
        return "later"
    return "pricey" if _PRICEY.fullmatch(text) else None
