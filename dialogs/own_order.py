"""Answered from his own order: how long it takes, how to use it, what is to be paid; that a key does not work."""

import re
from dataclasses import replace

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import after_sale, cases, replies, smalltalk, which
from dialogs.asking import answer
from dialogs.effects import FindOrders
from dialogs.facts import OrdersFound
from dialogs.paying import live_unpaid, pay_url
from dialogs.state import Collecting, Confirming, Dialog, Idle, Lookup
from dialogs.turn import Said, Scene, Turn
from kernel.orders import LineState, Order, OrderState

_HOW_TO = re.compile(
    "(?:怎么|如何|咋|[在去到]?(?:哪里|哪儿|哪))(?:去|能|可以|才能)?(?:使?用|兑换?|激活|绑定|充值?进)(?!不|了)|(?:使用|兑换|激活)(?:方法|教程|步骤|说明|流程|地址|网址)"
)
_HOW_LONG = re.compile(
    "(?:多久|多长时间|几分钟|几天|几个?小时|什么时候|啥时候|何时).{0,4}(?:到|充|发|退|好|收|送)|(?:到账?|发货|退款|充好|送到).{0,3}(?:多久|多长时间|几天)"
)
_TO_PAY = re.compile(
    "(?:一共|总共|加起来|合计|两[单个笔]|[三3][单个笔]|都|所有|全部).{0,6}(?:付|给|多少|链接|交)|[付给]多少|多少钱来着|发.{0,3}链接|链接.{0,3}发"
)
_UNTIL = re.compile(
    "(?:几点|什么时候|多久)(?:之|以)?[前内].{0,4}付|多久(?:不|没).{0,2}付|付款.{0,4}(?:时限|期限|限制|截止|多长时间|多久内)"
    "|(?:订单|链接|付款).{0,4}(?:什么时候|多久|几点).{0,3}(?:过期|关闭|取消|失效|截止)|(?:多久|几点).{0,3}(?:自动)?(?:关闭|取消)"
)
_TOGETHER = re.compile("[这那]?[两二三俩仨](?:[单个笔]|张)?.{0,4}(?:一起|一块|都|同时).{0,2}付")
_HOW_MUCH = re.compile("付|链接|多少钱")
_OF_AN_ACCOUNT = re.compile(r"号码|手机|账号|帐号|邮箱|地址|名字|身份证|[改换]|\d{5}")
_ASKED_AS = ("help", "unknown", "order_status", "search", "price", "browse", "keys", "problem")
_ORDERS_MAX = 10


def asked(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Look up the order that a question is about; None when it is about none."""
    text = said.text
    if (said.frame.intent not in _ASKED_AS and not _HOW_MUCH.search(text)) or any(
        item.value for item in said.frame.items
    ):
        return None
    if _UNTIL.search(text) and not live_unpaid(dialog, scene):
        return answer(dialog, scene, replies.pay_in_time())
    if isinstance(dialog.state, Collecting | Confirming):
        note = _note_of(dialog.state.lines[0].product, scene.shelf) if _HOW_TO.search(text) else ""
        return answer(dialog, scene, note) if note else None
    if not isinstance(dialog.state, Idle):
        return None
    live = live_unpaid(dialog, scene) is not None or _TOGETHER.search(text) is not None
    if not (
        _HOW_TO.search(text)
        or _HOW_LONG.search(text)
        or _UNTIL.search(text)
        or (live and _TO_PAY.search(text) and _HOW_MUCH.search(text))
    ):
        return None
    lookup = Lookup(text=text[:200], frame=said.frame)
    return Turn(replace(dialog, waiting=lookup), effects=(FindOrders("how", _ORDERS_MAX),))


def found(dialog: Dialog, fact: OrdersFound, scene: Scene) -> Turn:
    """The answer, from the order he means: the one he names, else the latest that fits."""
    lookup = dialog.waiting if isinstance(dialog.waiting, Lookup) else Lookup()
    dialog, text = replace(dialog, waiting=None), lookup.text
    waiting = [order for order in fact.orders if order.state is OrderState.UNPAID]
    if waiting and _TO_PAY.search(text) and _HOW_MUCH.search(text):
        return _to_pay(dialog, waiting, scene)
    if not waiting and _TOGETHER.search(text):
        return answer(dialog, scene, replies.nothing_unpaid())
    meant = which.named(fact.orders, text, scene.shelf)
    orders = [o for o in (meant[0] if meant else fact.orders) if o.state is not OrderState.CANCELLED]
    if _HOW_TO.search(text):
        return _how_to(dialog, orders, scene)
    if not orders or (orders[0].state is OrderState.EXPIRED):
        frame = lookup.frame
        return smalltalk.help_(dialog, scene, Said(frame, text) if frame is not None else None)
    return answer(dialog, scene, _how_long(orders[0], scene))


def bad_key(dialog: Dialog, said: Said) -> Turn | None:
    """第二张卡用不了, 其中一张无效: a key that was delivered, whatever it was understood as."""
    if not isinstance(dialog.state, Idle):
        return None
    if _OF_AN_ACCOUNT.search(said.text) or not cases.says_bad_key(said.text):
        return None
    return after_sale.look_up(dialog, "problem", said)


def _to_pay(dialog: Dialog, orders: list[Order], scene: Scene) -> Turn:
    if len(orders) == 1:
        only = orders[0]
        return answer(dialog, scene, replies.waits_for_payment(only, pay_url(scene, only.token), scene.now))
    links = [(f"{replies.order_what(o)} {replies.yuan(o.total_fen)}", pay_url(scene, o.token)) for o in orders]
    total = sum(order.total_fen for order in orders)
    return answer(dialog, scene, replies.join(replies.all_to_pay(len(orders), total), replies.pay_links(links)))


def _how_to(dialog: Dialog, orders: list[Order], scene: Scene) -> Turn:
    """What the catalog says of it; where it says nothing, a person knows."""
    paid = [order for order in orders if order.paid_at is not None] or orders
    ids = dict.fromkeys(line.product_id for order in paid[:1] for line in order.lines)
    notes = [note for note in (_note_of(product_id, scene.shelf) for product_id in ids) if note]
    if not paid:
        return smalltalk.help_(dialog, scene)
    return answer(dialog, scene, replies.join(*notes) if notes else replies.ask_how_to_use())


def _note_of(product_id: str | None, shelf: Shelf) -> str:
    product = shelf.product(product_id or "")
    return replies.product_note(product) if product is not None and fold(product.note) else ""


def _how_long(order: Order, scene: Scene) -> str:
    states = {line.state for line in order.lines}
    if order.state is OrderState.UNPAID:
        told = replies.waits_for_payment(order, pay_url(scene, order.token), scene.now)
        return replies.join(told, *(_when(order)))
    if order.state is OrderState.REFUNDED:
        return replies.join(replies.facts_of(order), replies.refund_already(wallet=scene.wallet is not None))
    if LineState.REFUNDING in states:
        return replies.join(replies.facts_of(order), replies.refund_under_way())
    if order.state is OrderState.DELIVERED:
        return replies.join(replies.facts_of(order), replies.if_missing(order))
    return replies.join(replies.facts_of(order), *_when(order), replies.if_missing(order))


def _when(order: Order) -> list[str]:
    open_ = [line for line in order.lines if line.state in (LineState.WAITING, LineState.DELIVERING) and line.eta]
    return list(dict.fromkeys(replies.takes(line) for line in open_))
