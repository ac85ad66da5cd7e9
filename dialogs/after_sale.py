"""After the sale: my orders, and what is looked up in them. Facts first, promises after."""

import re
from dataclasses import replace

from dialogs import again, cases, invoices, not_held, rating, refunds, replies, smalltalk, which
from dialogs.about_which import only_named
from dialogs.asking import answer, open_question
from dialogs.effects import CancelOrder, FindOrders
from dialogs.facts import OrdersFor, OrdersFound
from dialogs.paying import cancel_one_of, pay_url, still_there
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Listed, Lookup
from dialogs.turn import Reply, Said, Scene, Turn
from kernel.cases import Case
from kernel.ids import OrderNo
from kernel.orders import BALANCE_DELIVERY, Line, LineState, Order, OrderState
from nlu.frame import Item

_ORDER_NO = re.compile(r"K\d{16}")
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d[\d -]{3,24}\d(?![0-9A-Za-z])")
_ABOUT_ORDER = re.compile(
    r"(取消|再来一单|订单|卡密无效|卡密|没到账|退款|退到余额|开发票|评价)(?:订单)?\s*(K\d{16})(?:-(\d{1,3}))?(?:\s+([1-5])\s*分?)?",
    re.IGNORECASE,
)
"""What taps send: what is wanted, and the order; a line of it, or how many stars."""
_ABOUT_SEVERAL = re.compile(r"(退款|退到余额)((?:\s+K\d{16}){2,5})", re.IGNORECASE)
"""What a tap sends that gives several orders back."""
_PAYS_ORDER = re.compile(r"余额支付\s*K\d{16}", re.IGNORECASE)
_PURPOSES: dict[str, OrdersFor] = {
    "再来一单": "reorder",
    "订单": "list",
    "卡密": "keys",
    "没到账": "problem",
    "卡密无效": "problem",
    "退款": "refund",
    "退到余额": "refund",
    "开发票": "invoice",
}
_SAYS: tuple[tuple[OrdersFor, re.Pattern[str]], ...] = (
    ("refund", re.compile("退款|退钱|退了吧|退掉|退到余额")),
    ("problem", re.compile("没到|未到|不到账|没收到|没有收到|无效|用不了|不能用|有问题|没成功")),
    ("invoice", re.compile("发票")),
    ("reorder", re.compile("再来|照旧|再买|再充")),
    ("keys", re.compile("卡密|卡号|兑换码|激活码")),
    ("list", re.compile("查|看|进度|状态|详情|到哪|怎么样|订单")),
)
"""What is wanted of the order whose number stands in a message, in any words."""
_LONE_DIGIT = re.compile(r"([1-9])\D{1,6}|\D{1,6}([1-9])")
_PAID_BUT = re.compile("(?:付了|已付|付过|扣了|扣款).*(?:关闭|取消|过期|失效|没反应|没动静|没发|没给|没收|怎么办)")
_SEVERAL = re.compile(
    "都(?=到|怎|发|什么|好|在|完|处理|是)(?!好几)|全部|所有|各[个单]|[这那]?几[单笔个]|买的(?:东西|那些|这些)"
)
"""我买的东西都到哪一步了: of all of them."""
_ARRIVES = re.compile("到(?!底|时)|[收充]上|没充|发货|没发")
"""怎么还没到: of what is paid for, whatever else waits for payment."""
_WHAT_WAS_GIVEN = re.compile(
    "(?:哪个|什么|啥|谁的?|哪)(?:手机)?号|充给谁|[寄送发]到哪个?地址|[寄送]到哪|哪个地址|什么地址|[充买]了多少"
)
_DID_NOT = re.compile("没到|没收|没有到|没看到|没见")
_ORDINAL = re.compile(r"第\s*([1-9一二三四五])\s*[个单笔条]")
_SAYS_PAID = re.compile("付了|已付|付款了|付过|付好|扣了|扣款|付完")
_OF_GOODS = ("reorder", "refund")
"""Asked of a list of orders, these do not mean what filled the balance."""
_TEXT_MAX = 200
_SHOWN_MAX = 5
_LIST_BYTES_MAX = 1650
"""So much of a list of orders with its taps; further orders stand in it without."""


def order_no_in(text: str) -> str | None:
    """The order number a message holds."""
    found = _ORDER_NO.search(text.upper())
    return found[0] if found else None


def gives_several(entry: str) -> bool:
    """Whether an entry of a list stands for several orders at once: 以上3笔都退."""
    return entry[:2] == "q:" and _ABOUT_SEVERAL.fullmatch(entry[2:]) is not None


def says_paid(text: str) -> bool:
    """我付了钱怎么订单关闭了: about his order, whatever else it may be."""
    return _PAID_BUT.search(text) is not None


def is_tap(text: str) -> bool:
    """Whether a message is what a tap sends about an order: nobody writes that to a person."""
    text = text.strip()
    if _ABOUT_SEVERAL.fullmatch(text) is not None:
        return True
    return _ABOUT_ORDER.fullmatch(text) is not None or _PAYS_ORDER.fullmatch(text) is not None


def about_order(dialog: Dialog, text: str, scene: Scene) -> Turn | None:
    """Taps and messages that name an order: 取消 K…, 再来一单 K…, 没到账 K…-2, 评价 K… 5, 退款 K… K…."""
    several = _ABOUT_SEVERAL.fullmatch(text.strip())
    if several is not None:
        into = scene.wallet is not None and several[1] == "退到余额"
        return refunds.give_back_all(dialog, several[2].upper().split(), to_balance=into)
    found = _ABOUT_ORDER.fullmatch(text.strip())
    if found is None:
        return _about_named_order(dialog, text)
    what, order_no = found[1], found[2].upper()
    if what == "取消":
        return Turn(dialog, effects=(CancelOrder(OrderNo(order_no)),))
    if what == "评价":
        return rating.rate_order(dialog, order_no, int(found[4]) if found[4] else None)
    told = what if what in ("卡密无效", "退到余额") else ""
    lookup = Lookup(order_no, text=told, line_no=int(found[3]) if found[3] else None)
    return _found_later(dialog, _PURPOSES[what], lookup)


def _about_named_order(dialog: Dialog, text: str) -> Turn | None:
    """K2611… 怎么还没到: the number says which one, whatever else is in the message."""
    order_no = order_no_in(text)
    if order_no is None or "取消" in text:
        return None
    rest = _ORDER_NO.sub("", text.upper()).strip()
    wants = next((purpose for purpose, words in _SAYS if words.search(rest)), None if rest else "list")
    return _found_later(dialog, wants, Lookup(order_no, text=text[:_TEXT_MAX])) if wants is not None else None


def look_up(dialog: Dialog, purpose: OrdersFor, said: Said | None = None) -> Turn:
    """Ask for his orders; what he said along with it is kept for the answer."""
    lookup = Lookup()
    if said is not None:
        items = said.frame.items[:1]
        line = _line_of(items[0]) if items else None
        if line is None and purpose in ("reorder", "problem", "refund"):
            account = _ACCOUNT.search(_ORDER_NO.sub("", said.text.upper()))
            line = DraftLine(fields={"": account[0]}) if account else None
        order_no = order_no_in(said.text) or _pointed_at(dialog, said.text)
        lookup = Lookup(order_no, line, text=said.text[:_TEXT_MAX])
    return _found_later(dialog, purpose, lookup)


def _pointed_at(dialog: Dialog, text: str) -> str | None:
    """再来一单第二个, below a list of orders."""
    found = _ORDINAL.search(text) or _LONE_DIGIT.fullmatch(text.strip())
    if found is None or dialog.listed is None:
        return None
    said = next(group for group in found.groups() if group)
    index = "一二三四五".find(said) + 1 or int(said)
    entry = dialog.listed.entries[index - 1] if index <= len(dialog.listed.entries) else ""
    return order_no_in(entry) if entry[:2] in ("o:", "q:") else None


def _found_later(dialog: Dialog, purpose: OrdersFor, lookup: Lookup) -> Turn:
    only = OrderNo(lookup.order_no) if lookup.order_no is not None else None
    return Turn(replace(dialog, waiting=lookup, misses=0), effects=(FindOrders(purpose, order_no=only),))


def show_order(dialog: Dialog, order_no: str) -> Turn:
    """One order of the list, with its keys."""
    return _found_later(dialog, "list", Lookup(order_no))


def orders_found(dialog: Dialog, fact: OrdersFound, scene: Scene) -> Turn:
    """The orders are there: answer what they were looked up for."""
    lookup = dialog.waiting if isinstance(dialog.waiting, Lookup) else Lookup()
    dialog = replace(dialog, waiting=None)
    if fact.purpose in ("remains", "correct"):
        return still_there(dialog, fact, lookup.order_no or "", scene)
    orders = fact.orders[:_SHOWN_MAX]
    if lookup.order_no is not None:
        orders = tuple(order for order in fact.orders if order.order_no == lookup.order_no)
        if not orders:
            return answer(dialog, scene, replies.order_unknown())
    if fact.purpose in _OF_GOODS:
        if lookup.order_no is not None and all(_is_balance(order) for order in orders):
            return _of_balance(dialog, orders[0], fact.purpose, scene)
        orders = tuple(order for order in orders if not _is_balance(order))
    about = _about(orders, lookup)
    if fact.purpose in ("refund", "withdraw") and (several := refunds.several_named(dialog, orders, lookup, scene)):
        return several
    match fact.purpose:
        case "cancel":
            return cancel_one_of(dialog, orders, scene, lookup.line.product if lookup.line else None)
        case "unpaid":
            return unpaid_list(dialog, fact.orders, scene)
        case "list":
            if lookup.order_no:
                return _detail(dialog, orders[0], scene, fact.cases)
            return _list(dialog, orders, scene, numbers="单号" in lookup.text or "编号" in lookup.text)
        case "status" if len(about) > 1 and _SEVERAL.search(lookup.text):
            return _list(dialog, about, scene)
        case "status":
            return _status(dialog, about, scene, lookup.text, fact.cases)
        case "keys":
            if cases.says_bad_key(lookup.text):
                return cases.problem(dialog, about, lookup, scene, fact.cases)
            return _keys(dialog, about, scene)
        case "reorder" if lookup.only_account:
            return again.account_again(dialog, orders, scene)
        case "reorder":
            sized = again.of_that_size(orders, lookup, scene)
            return again.again(dialog, _about(orders, sized), sized, scene)
        case "refund":
            return refunds.refund(dialog, about, lookup, scene, fact.cases)
        case "paid_twice":
            return refunds.paid_twice(dialog, about, scene, fact.twice)
        case "withdraw":
            return cases.withdrawn(dialog, about, lookup, scene, fact.cases)
        case "invoice":
            return invoices.found(dialog, about, lookup, scene, fact.cases)
        case _:
            return cases.problem(dialog, about, lookup, scene, fact.cases)


def _is_balance(order: Order) -> bool:
    return all(line.delivery == BALANCE_DELIVERY for line in order.lines)


def _of_balance(dialog: Dialog, order: Order, purpose: OrdersFor, scene: Scene) -> Turn:
    """What he wants of an order that filled his balance: once more, or back."""
    terms = scene.wallet
    if purpose == "reorder" and terms is not None:
        return answer(dialog, scene, replies.balance_how(terms.topup_min_fen, terms.topup_max_fen))
    waits = order.state is OrderState.UNPAID
    return answer(dialog, scene, replies.refund_unpaid(order.order_no) if waits else replies.withdraw_how())


def _line_of(item: Item) -> DraftLine:
    return DraftLine(
        item.product,
        item.candidates,
        value=item.value,
        quantity=item.quantity,
        options=item.options,
        fields=item.fields,
    )


def _about(orders: tuple[Order, ...], lookup: Lookup) -> tuple[Order, ...]:
    """The orders of the product he named, if there are any, else all."""
    wanted = lookup.line.product if lookup.line else None
    if wanted is None:
        return orders
    return tuple(o for o in orders if any(line.product_id == wanted for line in o.lines)) or orders


def _list(dialog: Dialog, orders: tuple[Order, ...], scene: Scene, head: str = "", *, numbers: bool = False) -> Turn:
    """Each with where it stands, and what can be done about it with one tap; with its number where that is asked."""
    if not orders:
        return answer(dialog, scene, replies.no_orders(pending=open_question(dialog, scene) is not None))
    listed = Listed(tuple(f"o:{order.order_no}" for order in orders))
    row = replies.order_row_with_number if numbers else replies.order_row
    rows = [row(index, order) for index, order in enumerate(orders, 1)]
    room = _LIST_BYTES_MAX - sum(len(row.encode()) + 1 for row in rows)
    for index, order in enumerate(orders):
        taps = replies.order_taps(order, pay_url(scene, order.token), scene.now, keys=_has_keys(order))
        room -= len(taps.encode()) + 1
        if room < 0:
            break
        rows[index] = f"{rows[index]}\n{taps}"
    return answer(dialog, scene, replies.join(head or replies.my_orders(), *rows), listed)


def unpaid_list(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    """我有哪些单没付: those that wait, each with its link."""
    waiting = tuple(order for order in orders if order.state is OrderState.UNPAID and order.expires_at > scene.now)
    if not waiting:
        return answer(dialog, scene, replies.nothing_unpaid())
    return _list(dialog, waiting, scene, replies.unpaid_orders(len(waiting), sum(o.total_fen for o in waiting)))


def _detail(dialog: Dialog, order: Order, scene: Scene, running: tuple[Case, ...] = ()) -> Turn:
    if order.state is OrderState.UNPAID and order.expires_at <= scene.now:
        return answer(dialog, scene, replies.being_closed(order.order_no))
    told = replies.order_detail(order, _order_url(scene, order), pay_url(scene, order.token))
    told = replies.join(told, cases.in_hand(running, order, scene))
    return _with_keys(dialog, order, scene, replies.join(told, replies.keys_below()) if _has_keys(order) else told)


def _status(
    dialog: Dialog, orders: tuple[Order, ...], scene: Scene, text: str = "", running: tuple[Case, ...] = ()
) -> Turn:
    if not orders:
        none = smalltalk.without_orders(dialog, scene, text)
        when = _time_of_draft(dialog, scene) if text and _ARRIVES.search(text) else ""
        if when and none.dialog.misses > dialog.misses:
            return answer(dialog, scene, when)
        return replace(none, reply=replace(none.reply, text=replies.join(when, none.reply.text)))
    order = next((one for one in orders if _ARRIVES.search(text) and _is_on_its_way(one)), orders[0])
    named = which.named(orders, text, scene.shelf) if len(orders) > 1 else None
    order = named[0][0] if named is not None and len(named[0]) == 1 else order
    whole, order = order, only_named(order, text, scene.shelf)
    if _WHAT_WAS_GIVEN.search(text) and order.paid_at is not None:
        return answer(dialog, scene, replies.given_for(order))
    more = replies.paid_maybe() if order.paid_at is None and _SAYS_PAID.search(text) else ""
    if order.state is OrderState.UNPAID:
        told = replies.waits_for_payment(order, pay_url(scene, order.token), scene.now)
    elif order.state is OrderState.EXPIRED:
        told = replies.order_expired(order.order_no)
    else:
        told = replies.status_brief(order, _order_url(scene, order))
        waits = any(
            line.late or (line.state is LineState.DELIVERING and line.delivery == "topup") for line in order.lines
        )
        waits = waits or (order.state is OrderState.DELIVERED and _DID_NOT.search(text) is not None)
        more = cases.in_hand(running, order, scene) or (
            replies.if_missing(order, of_line=order != whole) if waits else more
        )
        if not_held.wants_changed(text):  # 什么时候寄 地址的5幢改成6幢行吗: both
            return not_held.put_right(dialog, whole, text, scene)
    return answer(dialog, scene, replies.join(told, more))


def _time_of_draft(dialog: Dialog, scene: Scene) -> str:
    """明天几点能送到呀, before anything is ordered: how long what is being put together takes."""
    state = dialog.state
    return smalltalk.line_eta(state.lines[0], scene.shelf) if isinstance(state, Collecting | Confirming) else ""


def _is_on_its_way(order: Order) -> bool:
    """Whether it is paid for and something of it is still to come."""
    return order.paid_at is not None and any(
        line.state in (LineState.WAITING, LineState.DELIVERING, LineState.ATTENTION) for line in order.lines
    )


def _keys(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    """The latest order with delivered card keys. The edge adds the keys, for their owner alone."""
    order = next((o for o in orders if _has_keys(o)), None)
    if order is None:
        coming = next((o for o in orders if any(_is_key_to_come(line) for line in o.lines) and o.paid_at), None)
        if coming is not None:
            told = replies.join(replies.facts_of(coming), replies.keys_coming(coming))
            return answer(dialog, scene, told)
        unpaid = next((o for o in orders if o.state is OrderState.UNPAID), None)
        told = replies.keys_unpaid(pay_url(scene, unpaid.token)) if unpaid else replies.no_keys_yet()
        return answer(dialog, scene, told)
    return _with_keys(dialog, order, scene, replies.keys_head(order))


def _with_keys(dialog: Dialog, order: Order, scene: Scene, told: str) -> Turn:
    """The edge adds the keys below the text, so here the open question comes first, in one line."""
    if not _has_keys(order):
        return answer(dialog, scene, told)
    question = open_question(dialog, scene)
    text = replies.join(question.brief if question else "", told)
    return Turn(replace(dialog, misses=0), Reply(text, keys_of=(order.order_no,)))


def _has_keys(order: Order) -> bool:
    return any(line.delivery == "card" and line.state is LineState.DELIVERED for line in order.lines)


def _is_key_to_come(line: Line) -> bool:
    return line.delivery == "card" and line.state in (LineState.WAITING, LineState.DELIVERING, LineState.ATTENTION)


def _order_url(scene: Scene, order: Order) -> str:
    return f"{scene.public_url}/orders/{order.token}"
