"""Answered from his own order: how long it takes, how to use it, what is to be paid; that a key does not work."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import after_sale, cases, examples, replies, smalltalk, which
from dialogs.asking import answer
from dialogs.effects import FindOrders
from dialogs.facts import OrdersFor, OrdersFound
from dialogs.handoff import ask_for_human
from dialogs.paying import live_unpaid, pay_url
from dialogs.state import Collecting, Confirming, Dialog, Idle, Lookup
from dialogs.turn import Reply, Said, Scene, Turn
from dialogs.wishes import Stance, stance
from kernel.orders import LineState, Order, OrderState
from nlu.frame import Item

_HOW_TO = re.compile(
    "(?:怎么|如何|咋|[在去到]?(?:哪里|哪儿|哪))(?:去|能|可以|才能)?(?:使?用|兑换?|激活|绑[定卡]?|充值?进)(?!不|了)|(?:使用|兑换|激活)(?:方法|教程|步骤|说明|流程|地址|网址)"
)
_HOW_LONG = re.compile(
    "(?:多久|多长时间|几分钟|几天|几个?小时|什么时候|啥时候|何时).{0,4}(?:到|充|发|退|好|收|送)|(?:到账?|发货|退款|充好|送到).{0,3}(?:多久|多长时间|几天)"
    "|(?:今[天晚]|现在|马上|立刻|明[天早晚]|当[天晚]|几点)(?:就|能|可以|会|来得及|给|帮我)*(?:开始|到(?!底)|收到|发货|送到|上门|打|做|弄好|办好|完成|开工|充上).{0,3}(?:[吗么嘛不没?？呢]|$)"
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
_OF_AN_ACCOUNT = re.compile(r"号码|手机|账号|帐号|邮箱|地址|名字|身份证|改|换(?!一?[张个]|卡|码)|\d{5}")
_IMPATIENT = re.compile(
    "^[?？!！。.]+$|^急+[死了啊呀]*$|急急|给个(?:说法|准话|话)|等得|都谢了|不是说.{0,10}(?:分钟|小时|天|秒到|马上|立刻)|[你您]们?(?:到底)?行不行"
)
_GONE = "没有?了|没看[到见]|不见|找不[到着]|丢|删|过期|失效|打不开|点不开|点不[了动]|呢|在哪|去哪"
LINK_GONE = re.compile(
    f"(?<!下载)(?<!教程)(?<!兑换)(?<!激活)(?<!官网)(?<!商品)(?:付款码|支付码|链接|二维码)[^?？]{{0,6}}(?:{_GONE}|(?:再|重新?|重)(?:发|给|来)|发(?:我|一下|来|给|过来|个))"
    "|(?:再|重新?|重)(?:发|给|来)[^?？]{0,6}(?:付款|支付)?的?(?:链接|付款码|支付码)|(?:付款|支付|付钱|交钱)的?(?:地方|页面|入口|按钮)[^?？]{0,4}(?:在哪|呢|没了|找不)"
)
"""付款链接找不到了, 再发一遍链接."""
_MAY_CHANGE = re.compile(
    "(?:请问|那|这个?|现在|我|的|(?:收货|上门)?(?:地址|号码|手机号|电话|时间|名字)|下了?单了?|订单|刚才的?|付款前|之?后|还没付款?|还|[,，])*"
    "(?:(?:能不能|可不可以|可以|能|怎么|如何|咋|想)(?:再|还|修|变|更|帮我|给我)*[改换](?:一?下|动|吗|么|不|嘛|呢|订单|内容|东西|规格|数量|了|[?？])*|改得了[吗么不]?)[?？]*"
)
"""能改吗, of an order that waits or is being put together."""
_SO_LONG = (
    "(?:[一二两三四五六七八九十几俩半\\d]+个?多?半?(?:小时|钟头|分钟|天)|[老大]?半天|好久|好几天"
    "|一上午|一下午|一晚上|[这那]么(?:久|长时间|半天))"
)
_WAITED = re.compile(
    f"等了(?:我|快|都|有|他妈的?|足足|整整|你们?|将近)*{_SO_LONG}|(?<![要得再多])等(?:你们?)?(?:都|快)*{_SO_LONG}了"
    f"|(?:磨叽|磨蹭|墨迹|墨叽|拖拖拉拉|拖|耗)(?:了|我|都|快)*{_SO_LONG}"
)
_LONG_SINCE = re.compile(f"(?:都|这都|已经)(?:快|过|过去|要|有)*(?:了)?{_SO_LONG}了")
_NOT_OF_IT = re.compile("多久|吗|再[买充下]|别家|别的店|其他店|上一家|隔壁|才[到充给发收]")


_BREAKS = re.compile(r"[\s,，。.;；!！~～、]+")


_WILL_WAIT = re.compile(
    "(?:那|行吧?|好吧?|好的|可以|嗯|哦|中|成|[,，])*(?:我|俺)?(?:就|再|先|在这)*(?:等着?|候着)(?:等|一?下|一会儿?|看|[你您]们?|(?:的)?(?:消息|通知|结果|回复|答复))*[吧啊呀哈呗了]*"
)
_YES = re.compile("(?:行吧?|好吧?|好的|可以|嗯+|哦+|中|成)[吧啊了]*")
_SAYS_WAIT = re.compile("等|候着")
_UNTIL_THEN = re.compile(
    f"(?:就)?(?:{_SO_LONG}|1个?小时|2个?小时)[啊哈吧内]*|(?:再|要是|如果|到时候?|到点)*(?:还)?(?:不|没)[^,，。]{{0,6}}(?:投诉|退|差评|举报|找[你您])[^,，。]{{0,4}}|谢谢|快点|尽快"
)


def will_wait(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """那我等着 一小时啊 不来我投诉, to the promise of a person: no more is told than that he will hear."""
    if not isinstance(dialog.state, Idle) or live_unpaid(dialog, scene) is not None:
        return None
    clauses = [fold(clause) for clause in _BREAKS.split(said.text) if clause]
    rest = [one for one in clauses if not _WILL_WAIT.fullmatch(one) and not _YES.fullmatch(one)]
    if (
        len(rest) == len(clauses)
        or not all(map(_UNTIL_THEN.fullmatch, rest))
        or not any(map(_SAYS_WAIT.search, clauses))
    ):
        return None
    return answer(dialog, scene, replies.will_hear())


def waited(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """充个话费磨叽一小时了, 都快一个钟头了 骗子: about the order that is under way, and no order of its own."""
    text = fold(said.text)
    angry = any(word in text for word in replies.ANGRY_WORDS) or cases.is_furious(text)
    threatens = cases.is_threat(text) and not (cases.only_complains(text) or stance(text, "refund") is Stance.WANTED)
    since = threatens or _WAITED.search(text) or (_LONG_SINCE.search(text) if angry else None)
    whole = any(item.fields or "value" in item.said for item in said.frame.items)
    if not since or whole or not isinstance(dialog.state, Idle) or _NOT_OF_IT.search(text):
        return None
    angry = angry or threatens
    named = tuple(Item(item.product) for item in said.frame.items if item.product)
    if angry and dialog.angry:
        return ask_for_human(dialog, scene, "anger")
    turn = after_sale.look_up(dialog, "problem", replace(said, frame=replace(said.frame, items=named)))
    return replace(turn, dialog=replace(turn.dialog, angry=int(angry)))


_ASKED_AS = ("help", "unknown", "order_status", "search", "price", "browse", "keys", "problem")
_ORDERS_MAX = 10


_ASKED_FOR: tuple[tuple[OrdersFor, re.Pattern[str]], ...] = (
    (
        "keys",
        re.compile(
            "(?:卡密|卡号|兑换码|激活码)(?:都|给我|被我)?(?:没了|不见了|找不[到着]了?|丢了|删了|弄丢了)"
            "|(?:卡密|卡号|兑换码|激活码|密码)(?:是|又是)?(?:多少|什么|几)(?:来着|啊|呀)?[?？]*$"
        ),
    ),
    ("list", re.compile("我.{0,8}(?:花|消费|用)了(?:你们?)?(?:多少|几)(?:钱|块)?[?？了啊]*$")),
    ("invoice", re.compile("小票|收据")),
    ("problem", re.compile("(?:物流|快递).{0,6}(?:不动|没动|没更新|没变|停)")),
    ("reorder", re.compile("(?:过期|关闭|超时|失效)了?.{0,4}(?:我?还要|还想要?|重新)")),
)
"""What these words ask for of what he bought, where nothing better was understood."""


def asked_for(dialog: Dialog, said: Said) -> Turn | None:
    """卡号是多少来着, 有小票吗, 我总共花了多少: None where a draft is open, or something is named to buy."""
    if not isinstance(dialog.state, Idle) or any(item.value or item.fields for item in said.frame.items):
        return None
    if said.frame.intent in ("refund", "problem", "order", "human"):
        return None
    wanted = next((purpose for purpose, words in _ASKED_FOR if words.search(said.text)), None)
    if wanted is None:
        return None
    return after_sale.look_up(dialog, wanted, said if wanted != "reorder" else None)


def how_long(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """多久到账: of his order that is under way, before what is said of all; where there is none, that."""
    plain = isinstance(dialog.state, Idle) and not said.frame.items and _HOW_LONG.search(said.text) is not None
    return asked(dialog, said, scene) if plain else None


def asked(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Look up the order that a question is about; None when it is about none."""
    text = said.text
    if _MAY_CHANGE.fullmatch(fold(text)) and not said.frame.items:
        return _may_change(dialog, said, scene)
    gone = LINK_GONE.search(text) is not None
    if (not gone and (said.frame.intent not in _ASKED_AS and not _HOW_MUCH.search(text))) or any(
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
    together = _TOGETHER.search(text) is not None
    live = live_unpaid(dialog, scene) is not None or together or "来着" in text
    if not (
        gone
        or _HOW_TO.search(text)
        or _HOW_LONG.search(text)
        or _UNTIL.search(text)
        or together
        or _is_impatient(said)
        or (live and _TO_PAY.search(text) and _HOW_MUCH.search(text))
    ):
        return None
    lookup = Lookup(text=text[:200], frame=said.frame)
    return Turn(replace(dialog, waiting=lookup), effects=(FindOrders("how", _ORDERS_MAX),))


def _may_change(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """能改吗: yes, and how; of a paid order what can be done instead."""
    if isinstance(dialog.state, Collecting | Confirming):
        lines = dialog.state.lines
        known = all(line.product for line in lines)
        return answer(dialog, scene, replies.may_be_changed(examples.changes(lines, scene.shelf))) if known else None
    if not isinstance(dialog.state, Idle):
        return None
    lookup = Lookup(text=said.text[:200], frame=said.frame)
    return Turn(replace(dialog, waiting=lookup), effects=(FindOrders("how", _ORDERS_MAX),))


def _changeable(dialog: Dialog, orders: Sequence[Order], scene: Scene) -> Turn | None:
    live = live_unpaid(dialog, scene)
    waiting = next((order for order in orders if order.state is OrderState.UNPAID), None)
    if waiting is not None:
        lines = live.lines if live is not None else ()
        told = replies.may_be_changed(examples.changes(lines, scene.shelf) if lines else ())
        pay = replies.waits_for_payment(waiting, pay_url(scene, waiting.token), scene.now)
        return answer(dialog, scene, replies.join(told, pay))
    paid = [order for order in orders if order.state in (OrderState.PAID, OrderState.DELIVERED)]
    return answer(dialog, scene, replies.paid_not_changed(paid[0])) if paid else None


def found(dialog: Dialog, fact: OrdersFound, scene: Scene) -> Turn:
    """The answer, from the order he means: the one he names, else the latest that fits."""
    lookup = dialog.waiting if isinstance(dialog.waiting, Lookup) else Lookup()
    dialog, text = replace(dialog, waiting=None), lookup.text
    if _MAY_CHANGE.fullmatch(fold(text)) and (told := _changeable(dialog, fact.orders, scene)) is not None:
        return told
    waiting = [order for order in fact.orders if order.state is OrderState.UNPAID]
    gone = LINK_GONE.search(text) is not None
    if waiting and (gone or _TOGETHER.search(text) or (_TO_PAY.search(text) and _HOW_MUCH.search(text))):
        return _to_pay(dialog, waiting, scene)
    if not waiting and (gone or _TOGETHER.search(text)):
        return answer(dialog, scene, replies.nothing_unpaid())
    meant = which.named(fact.orders, text, scene.shelf)
    orders = [o for o in (meant[0] if meant else fact.orders) if o.state is not OrderState.CANCELLED]
    if _HOW_TO.search(text):
        return _how_to(dialog, orders, scene)
    said = Said(lookup.frame, text) if lookup.frame is not None else None
    if said is not None and _is_impatient(said) and not any(o.state is OrderState.PAID for o in orders):
        return smalltalk.not_understood(dialog, said, scene)
    under_way = bool(orders) and orders[0].state in (OrderState.UNPAID, OrderState.PAID)
    if said is not None and not under_way and (told := smalltalk.shop_answer(dialog, said, scene)) is not None:
        return told
    if said is not None and not orders and (when := smalltalk.eta_of(dialog, said, scene)) is not None:
        return answer(dialog, scene, when)
    if not orders or (orders[0].state is OrderState.EXPIRED):
        return smalltalk.help_(dialog, scene, said)
    impatient = said is not None and _is_impatient(said)
    order = next((o for o in orders if impatient and o.state is OrderState.PAID), orders[0])
    return answer(dialog, scene, _how_long(order, scene, cases.in_hand(fact.cases, order, scene)))


def _is_impatient(said: Said) -> bool:
    """？, 急急急, 不是说5分钟吗: of the order that is under way, where there is one."""
    return said.frame.intent in ("unknown", "help") and _IMPATIENT.search(fold(said.text)) is not None


def bad_key(dialog: Dialog, said: Said) -> Turn | None:
    """第二张卡用不了, 其中一张无效: a key that was delivered, whatever it was understood as."""
    if not isinstance(dialog.state, Idle):
        return None
    if _OF_AN_ACCOUNT.search(said.text) or not cases.says_bad_key(said.text):
        return None
    return after_sale.look_up(dialog, "problem", said)


def speaks_of_it(said: Said, looked_up: Sequence[str]) -> bool:
    """Whether it is looked up for a complaint or for money back, and says so itself: 有一张卡密用不了 我要退款."""
    if "problem" not in looked_up and "refund" not in looked_up:
        return False
    return cases.says_bad_key(said.text) or stance(said.text, "refund") is Stance.WANTED


_GIVES_UP = re.compile(
    "(?:算了算?了?|(?:那|我|就|先|还是|这个|这单|新的)*(?:不(?:想)?[买要充订下]了|不[买要充]|取消)(?:这单|这个|新的|下单)?)[吧啊呀了]*"
)
_OF_WHAT_HE_HAS = re.compile("之前|上次|上一[单张个]|刚才?买|买的|那[张单笔]|收到的?|已经")


def not_the_draft(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """算了 有一张卡密用不了 我要退款, below a new draft: that goes, and what he bought before is looked up."""
    if not isinstance(dialog.state, Collecting | Confirming) or dialog.mending:
        return None
    first, _, rest = said.text.strip().partition(next(iter(_BREAKS.findall(said.text.strip())), "\0"))
    if not rest or not _GIVES_UP.fullmatch(fold(first)):
        return None
    bad_key = cases.says_bad_key(rest)
    if not bad_key and not (stance(rest, "refund") is Stance.WANTED and _OF_WHAT_HE_HAS.search(rest)):
        return None
    dropped = Dialog(unpaid=live_unpaid(dialog, scene), dropped=dialog.state.lines)
    alone = replace(said, text=rest, frame=replace(said.frame, items=()))
    turn = after_sale.look_up(dropped, "problem" if bad_key else "refund", alone)
    return replace(turn, reply=Reply(replies.new_one_dropped()))


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


def _how_long(order: Order, scene: Scene, in_hand: str = "") -> str:
    """Where it stands and how long it takes; `in_hand`: that a person is looking at it already."""
    states = {line.state for line in order.lines}
    if order.state is OrderState.UNPAID:
        told = replies.waits_for_payment(order, pay_url(scene, order.token), scene.now)
        return replies.join(told, *_when(order, told))
    if order.state is OrderState.REFUNDED:
        return replies.join(replies.facts_of(order), replies.refund_already(wallet=scene.wallet is not None))
    if LineState.REFUNDING in states:
        return replies.join(replies.facts_of(order), replies.refund_under_way())
    if order.state is OrderState.DELIVERED:
        return replies.join(replies.facts_of(order), in_hand or replies.if_missing(order))
    facts = replies.facts_of(order)
    return replies.join(facts, *_when(order, facts), in_hand or replies.if_missing(order))


def _when(order: Order, told: str) -> list[str]:
    """How long each of its lines takes that is still to come, where that has not been told."""
    open_ = [
        line
        for line in order.lines
        if line.state in (LineState.WAITING, LineState.DELIVERING)
        and line.eta
        and not line.late
        and line.eta not in told
    ]
    return list(dict.fromkeys(replies.takes(line) for line in open_))
