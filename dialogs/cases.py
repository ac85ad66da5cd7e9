"""Something went wrong after the sale: which order and line it is about, the facts first, then a case or the money."""

import re
from dataclasses import replace
from datetime import timedelta

from dialogs import replies, which
from dialogs.asking import answer, numbered, open_question
from dialogs.paying import pay_url
from dialogs.state import PAGE_SIZE, Dialog, Listed, Lookup
from dialogs.turn import (
    AskRefund,
    CaseDropped,
    CaseOpened,
    DropCase,
    OpenCase,
    PaidTwice,
    RefundDecided,
    Reply,
    Scene,
    Turn,
)
from dialogs.wishes import Stance, refuses, stance
from kernel.cases import Case, CaseKind, RefundWay
from kernel.orders import Line, LineState, Order, OrderState
from nlu.numerals import read_numeral
from nlu.text import normalise

_BAD_KEY = re.compile(
    r"(?:卡密|卡号|密码|兑换码|激活码|充值码|cdk|key|码).{0,8}"
    r"(?:无效|没用|用不了|不能用|不可用|(?<!没)错|不对|不正确|失效|过期|用过|使用过|被用|被使用|已使用|已经?被|被人用|被兑换|兑换过|不存在|兑换不了|激活不了"
    r"|充不了|充不进|不行)"
    r"|(?:卡|券|其中|都|全|有|[一两二三四五六\d][张个条]).{0,4}(?:无效|没用(?!了)|用不了|不能用|失效|兑换不了|激活不了|充不进去?)"
    r"|被(?:别人|他人|人家?)?(?:绑定|使用|用|兑换?|激活|领)(?:走|掉|过|了)"
    r"|(?:卡|码|券).{0,2}(?:假的|假货)|(?:无效|用不了|失效|被用过?|不能用|用过)的?.{0,4}(?:卡密|卡|码)",
    re.IGNORECASE,
)
_ASKING = re.compile(r"[?？吗么嘛]|能不能|可不可以|能否|怎么退|如何|多久|多长|几天|什么时候|啥时候")
_FURIOUS = re.compile("投诉|举报|曝光|报警|起诉|12315|12345|消协|工商|骗|垃圾|黑店|无良|他?妈的")
_STILL_WAITS = re.compile("天了|几天|还没|没收到|没到|[两三四五六七八九十3-9]天")
"""Of money that is on its way back: he has waited, a person may have to look."""
_INTO_BALANCE = re.compile(
    "(?<![不别])(?<!不要)(?<!不想)(?:退|返|还|转)(?:款|钱|回|还|给我)*[到进至入回](?:我的?)?(?:余额|钱包)"
)
_SOME = re.compile(
    r"退(?:掉|款|回|了|我|给我)*(?:其中|里面)?(?:的)?(?P<back>\d{1,3}|[一两二三四五六七八九十]{1,2})[张个份件条盒袋瓶桶箱枚]"
    r"|(?:其中|有)(?:的)?(?P<of>\d{1,3}|[一两二三四五六七八九十]{1,2})[张个份件条盒袋瓶桶箱枚](?:不要|退|想退|要退)"
)
"""退一张, of two: part of what was bought together."""
_SAME_PURCHASE = timedelta(days=1)
_SAYS_NO = re.compile(r"\W*(?:我|你|请|先|那|就)*(?:不用|别|不必|无需|没说|没要|没让)")
_UNDELIVERED = (LineState.WAITING, LineState.DELIVERING, LineState.ATTENTION)
_BACK = (LineState.REFUNDING, LineState.REFUNDED)
_LATELY = timedelta(hours=1)
_LONG_AGO = timedelta(days=1)
_PROBLEM_OF = {CaseKind.MISSING: "没到账", CaseKind.BAD_KEY: "卡密无效", CaseKind.REFUND: "退款"}


# ---- 没到账, 卡密无效 ---------------------------------------------------------------------------------------------


def problem(dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene) -> Turn:
    """Say what the books know, and have a person look at what they cannot settle."""
    if not orders:
        return answer(dialog, scene, replies.join(replies.no_orders(), replies.offer_human()))
    live = tuple(o for o in orders if any(_can_complain(line) for line in o.lines) and _is_paid(o))
    if not live:
        return _nothing_to_complain_of(dialog, orders, lookup.text, scene)
    kind = CaseKind.BAD_KEY if _BAD_KEY.search(normalise(lookup.text)) else CaseKind.MISSING
    if stance(lookup.text, "problem") in (Stance.ASKED, Stance.REFUSED):
        latest = _fitting_orders(live, kind)[0]  # 要是没到账怎么办: where it stands, and what to tap then
        tap = replies.if_missing(latest) if kind is CaseKind.MISSING else replies.if_bad_key(latest)
        return answer(dialog, scene, replies.join(replies.facts_of(latest), tap))
    order = _which_order(_fitting_orders(live, kind), lookup, scene)
    if order is None:
        return _ask_which(dialog, _fitting_orders(live, kind), kind, scene)
    lines = _fitting_lines(order, kind, lookup)
    if len(lines) > 1 and len(lines) <= PAGE_SIZE:
        return _ask_which_line(dialog, order, lines, kind, scene)
    line = lines[0] if len(lines) == 1 else None
    if kind is CaseKind.MISSING and line is not None and line.delivery == "card" and line.state is LineState.DELIVERED:
        return keys_again(dialog, order, scene)
    opens = OpenCase(kind, order.order_no, line.id if line else None, lookup.text)
    sorry = replies.join(replies.sorry_again(), replies.offer_human()) if _FURIOUS.search(lookup.text) else ""
    return Turn(replace(dialog, misses=0), Reply(sorry), (opens,))


def _nothing_to_complain_of(dialog: Dialog, orders: tuple[Order, ...], text: str, scene: Scene) -> Turn:
    late = replies.offer_human() if _STILL_WAITS.search(text) else ""
    order = next((o for o in orders if _is_paid(o) or o.state is OrderState.UNPAID), orders[0])
    if order.state is OrderState.UNPAID:
        told = replies.still_unpaid(order.order_no, order.total_fen, pay_url(scene, order.token))
        return answer(dialog, scene, replies.join(told, replies.paid_maybe()))
    if order.state is OrderState.REFUNDED:
        back = replies.refund_already(wallet=scene.wallet is not None)
        return answer(dialog, scene, replies.join(replies.facts_of(order), back, late))
    if order.lines and all(line.state in _BACK for line in order.lines):
        return answer(dialog, scene, replies.join(replies.facts_of(order), replies.refund_under_way(), late))
    return answer(dialog, scene, replies.join(replies.facts_of(order), replies.offer_human()))


def keys_again(dialog: Dialog, order: Order, scene: Scene) -> Turn:
    """The keys were delivered: here they are once more, and how to say that they do not work."""
    question = open_question(dialog, scene)
    told = replies.join(question.brief if question else "", replies.keys_once_more(order), replies.keys_head(order))
    return Turn(replace(dialog, misses=0), Reply(told, keys_of=(order.order_no,)))


def case_opened(dialog: Dialog, fact: CaseOpened, scene: Scene) -> Turn:
    """The facts, then what was promised; asked again, the case there is."""
    line = _line_of(fact.order, fact.case.line_id)
    facts = replies.case_facts(fact.order, line, fact.facts, scene.now, scene.hours)
    promise = _promise(fact.case, scene, first=fact.first)
    return answer(dialog, scene, replies.join(facts if fact.case.kind is not CaseKind.INVOICE else "", promise))


def _promise(case: Case, scene: Scene, *, first: bool) -> str:
    if first:
        return replies.case_opened(case, scene.hours)
    if case.overdue or scene.now > case.remedy_due_at:
        return replies.case_late(case)
    return replies.case_running(case, scene.now, scene.hours)


def running_for(running: tuple[Case, ...], order: Order, kind: CaseKind | None = None) -> Case | None:
    """What a person is looking at about this order."""
    about = (case for case in running if case.order_no == order.order_no and kind in (None, case.kind))
    return next(about, None)


def in_hand(running: tuple[Case, ...], order: Order, scene: Scene) -> str:
    """That a person is looking at something about this order, and until when; empty when nobody is."""
    case = running_for(running, order)
    return _promise(case, scene, first=False) if case is not None else ""


def withdrawn(
    dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene, running: tuple[Case, ...] = ()
) -> Turn:
    """He does not want (any more) what a person was to look at: that case is taken back, and nothing else is done."""
    money = refuses(lookup.text, "refund")
    kinds = (CaseKind.REFUND,) if money else (CaseKind.MISSING, CaseKind.BAD_KEY)
    ours = {order.order_no for order in orders}
    case = next((one for one in running if one.kind in kinds and one.order_no in ours), None)
    if case is not None:
        return Turn(replace(dialog, misses=0), effects=(DropCase(case.id, lookup.text),))
    if not money:
        return answer(dialog, scene, replies.all_well())
    order = next((one for one in orders if _is_paid(one)), None)
    if order is None:
        return answer(dialog, scene, replies.not_refunding())
    if any(line.state in _BACK for line in order.lines):
        if order.state is not OrderState.REFUNDED:
            return answer(dialog, scene, replies.refund_cannot_stop())
        return answer(dialog, scene, replies.refund_already(wallet=scene.wallet is not None))
    return answer(dialog, scene, replies.join(replies.not_refunding(), replies.facts_of(order)))


def case_dropped(dialog: Dialog, fact: CaseDropped, scene: Scene) -> Turn:
    """The case is closed, and can be opened again by saying so."""
    if fact.case is None:
        return answer(dialog, scene, replies.all_well())
    head = replies.not_refunding() if fact.case.kind is CaseKind.REFUND else replies.all_well()
    return answer(dialog, scene, replies.join(head, replies.case_dropped(fact.case)))


def no_such_order(dialog: Dialog, scene: Scene) -> Turn:
    """The number he named is not of an order of his that was paid."""
    return answer(dialog, scene, replies.order_unknown())


# ---- 退款 ------------------------------------------------------------------------------------------------------------


def refund(
    dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene, running: tuple[Case, ...] = ()
) -> Turn:
    """At once what nobody has begun to deliver; the rest after its result, or by a person. A question is answered and
    moves no money."""
    paid = tuple(order for order in orders if _is_paid(order))
    if not paid:
        unpaid = next((order for order in orders if order.state is OrderState.UNPAID), None)
        told = replies.refund_unpaid(unpaid.order_no) if unpaid else replies.refund_nothing_paid()
        return answer(dialog, scene, told)
    live = tuple(o for o in paid if any(line.state not in _BACK for line in o.lines))
    if not live:
        arrived = paid[0].state is OrderState.REFUNDED
        back = replies.refund_already(wallet=scene.wallet is not None) if arrived else replies.refund_under_way()
        late = replies.offer_human() if _STILL_WAITS.search(lookup.text) else ""
        return answer(dialog, scene, replies.join(replies.facts_of(paid[0]), back, late))
    order = _which_order(live, lookup, scene)
    if order is None:
        return _ask_which(dialog, live, CaseKind.REFUND, scene, "退到余额" if into_balance(lookup.text) else "")
    if _only_asks(lookup.text):
        case = running_for(running, order, CaseKind.REFUND)
        if case is not None:
            return answer(dialog, scene, _promise(case, scene, first=False))
    lines = _named_lines(order.lines, lookup)
    part = _some_of(lookup.text)
    if part is not None and part < sum(line.quantity for line in lines):
        return _some_back(dialog, order, [line for line in lines if line.state not in _BACK], part, lookup, scene)
    if _only_asks(lookup.text):
        return answer(dialog, scene, replies.refund_possible(order, replies.refund_how(order)))
    only = lines[0].id if len(lines) == 1 and len(order.lines) > 1 else None
    into = scene.wallet is not None and into_balance(lookup.text)
    return Turn(replace(dialog, misses=0), effects=(AskRefund(order.order_no, only, lookup.text, into),))


def into_balance(text: str) -> bool:
    """退到余额: where a refund is to go."""
    return _INTO_BALANCE.search(normalise(text)) is not None


def _only_asks(text: str) -> bool:
    """能退吗, 要是不到就退款, 我朋友说能退: no plain wish. A tap comes without a text."""
    view = stance(text, "refund")
    if view is not Stance.UNNAMED:
        return view is not Stance.WANTED
    hesitates = _ASKING.search(text) is not None or _SAYS_NO.match(text) is not None
    return hesitates or stance(text, "cancel") in (Stance.ASKED, Stance.REFUSED)


def _some_of(text: str) -> int | None:
    """退一张: how many of them."""
    found = _SOME.search(normalise(text))
    wanted = read_numeral(found["back"] or found["of"]) if found is not None else None
    return int(wanted) if wanted is not None else None


def _some_back(dialog: Dialog, order: Order, lines: list[Line], part: int, lookup: Lookup, scene: Scene) -> Turn:
    """退一张 of several bought together: at once where it can only be of one line that nobody has begun, else he is
    asked."""
    line = lines[0] if len(lines) == 1 else None
    if line is None or line.state is not LineState.WAITING or not 0 < part < line.quantity:
        return _ask_what_part(dialog, order, lines, scene)
    if _only_asks(lookup.text):
        return answer(dialog, scene, replies.refund_some_possible(order, line, part))
    into = scene.wallet is not None and into_balance(lookup.text)
    asked = AskRefund(order.order_no, line.id, lookup.text, into, units=part)
    return Turn(replace(dialog, misses=0), effects=(asked,))


def _ask_what_part(dialog: Dialog, order: Order, lines: list[Line], scene: Scene) -> Turn:
    """A line goes back as a whole; which of several, he says; part of one only a person can give back."""
    if 1 < len(lines) <= PAGE_SIZE and all(line.quantity == 1 for line in lines):
        return _ask_which_line(dialog, order, lines, CaseKind.REFUND, scene)
    return answer(dialog, scene, replies.refund_whole(order, lines))


def paid_twice(dialog: Dialog, orders: tuple[Order, ...], scene: Scene, twice: tuple[PaidTwice, ...]) -> Turn:
    """怎么扣了两次: what the books say of it. A payment too many goes back by itself."""
    known = {order.order_no: order for order in orders}
    extra = [(known[one.order_no], one) for one in twice if one.order_no in known]
    rows = [replies.paid_too_often(order, one.amount_fen, back=one.back) for order, one in extra]
    if rows:
        return answer(dialog, scene, replies.join(*rows))
    paid = [order for order in orders if order.paid_at is not None]
    if not paid:
        return answer(dialog, scene, replies.join(replies.refund_nothing_paid(), replies.paid_maybe()))
    newest, others = paid[0], paid[1:]
    same = next((one for one in others if _is_same_purchase(newest, one)), None)
    if same is not None:
        return answer(dialog, scene, replies.bought_twice(newest, same))
    return answer(dialog, scene, replies.paid_once(newest))


def _is_same_purchase(one: Order, other: Order) -> bool:
    near = abs(one.created_at - other.created_at) <= _SAME_PURCHASE
    return near and _bought(one) == _bought(other)


def _bought(order: Order) -> list[tuple[str, int, list[tuple[str, str]]]]:
    return [(line.sku_code, line.quantity, sorted(line.fields.items())) for line in order.lines]


def says_bad_key(text: str) -> bool:
    """有张卡密提示已被使用: no wish to see the keys again."""
    return _BAD_KEY.search(normalise(text)) is not None and stance(text, "problem") is not Stance.REFUSED


def refund_decided(dialog: Dialog, fact: RefundDecided, scene: Scene) -> Turn:
    """What was decided about each line, amount and way included."""
    lines = {line.id: line for line in fact.order.lines}
    urgent = (RefundWay.AT_ONCE, RefundWay.PERSON, RefundWay.AFTER_RESULT, RefundWay.UNDER_WAY, RefundWay.DONE)
    ways = sorted(fact.ways.items(), key=lambda one: (urgent.index(one[1]), one[0]))
    rows = [
        replies.refund_line(lines[line_id], way, fact.back_fen.get(line_id, 0), to_balance=fact.to_balance)
        for line_id, way in ways
        if line_id in lines
    ]
    promise = _promise(fact.case, scene, first=fact.first) if fact.case else ""
    return answer(dialog, scene, replies.join(replies.refund_decided(fact.order, rows), promise))


# ---- which one -------------------------------------------------------------------------------------------------------


def _is_paid(order: Order) -> bool:
    return order.state in (OrderState.PAID, OrderState.DELIVERED, OrderState.REFUNDED)


def _can_complain(line: Line) -> bool:
    return line.state not in _BACK


def _fitting_orders(orders: tuple[Order, ...], kind: CaseKind) -> tuple[Order, ...]:
    """Those the complaint can be about: for 没到账 those with something still to come, if there are any."""
    fitting = tuple(o for o in orders if any(_fits(line, kind) for line in o.lines))
    return fitting or orders


def _fits(line: Line, kind: CaseKind) -> bool:
    if kind is CaseKind.BAD_KEY:
        return line.delivery == "card" and line.state is LineState.DELIVERED
    return line.state in _UNDELIVERED


def _which_order(orders: tuple[Order, ...], lookup: Lookup, scene: Scene) -> Order | None:
    """The order he means: the one he names, the only one, or the only late one; None when he has to be asked."""
    account = _account_said(lookup)
    if account:
        orders = tuple(o for o in orders if any(account in line.fields.values() for line in o.lines)) or orders
    if len(orders) == 1 or lookup.order_no is not None:
        return orders[0]
    named = which.named(orders, lookup.text, scene.shelf)
    if named is not None and len(named[0]) == 1:
        return named[0][0]
    newest, others = orders[0], orders[1:]
    if scene.now - newest.created_at <= _LATELY and all(scene.now - o.created_at > _LONG_AGO for o in others):
        return newest
    return None


def _account_said(lookup: Lookup) -> str:
    said = lookup.line.fields.values() if lookup.line else ()
    return next((value for value in said if any(c.isdigit() for c in value)), "")


def _fitting_lines(order: Order, kind: CaseKind, lookup: Lookup) -> list[Line]:
    lines = _named_lines(tuple(line for line in order.lines if _can_complain(line)), lookup)
    return [line for line in lines if _fits(line, kind)] or lines


def _named_lines(lines: tuple[Line, ...], lookup: Lookup) -> list[Line]:
    """The lines he names by number, account or product; all, when he names none."""
    if lookup.line_no is not None:
        return [line for line in lines if line.position + 1 == lookup.line_no] or list(lines)
    account = _account_said(lookup)
    by_account = [line for line in lines if account and account in line.fields.values()]
    product = lookup.line.product if lookup.line else None
    by_product = [line for line in by_account or lines if product and line.product_id == product]
    return by_product or by_account or list(lines)


def _ask_which(dialog: Dialog, orders: tuple[Order, ...], kind: CaseKind, scene: Scene, what: str = "") -> Turn:
    what = what or _PROBLEM_OF[kind]
    entries = [(replies.order_entry(order), f"{what} {order.order_no}") for order in orders]
    return _listed(dialog, what, entries, scene)


def _ask_which_line(dialog: Dialog, order: Order, lines: list[Line], kind: CaseKind, scene: Scene) -> Turn:
    what = _PROBLEM_OF[kind]
    shown = [f"{replies.line_what(line)} {replies.line_state(line)}" for line in lines]
    sends = [f"{what} {order.order_no}-{line.position + 1}" for line in lines]
    return _listed(dialog, what, list(zip(shown, sends, strict=True)), scene)


def _listed(dialog: Dialog, what: str, entries: list[tuple[str, str]], scene: Scene) -> Turn:
    listed = Listed(tuple(f"q:{sends}" for _, sends in entries[:PAGE_SIZE]))
    return answer(dialog, scene, replies.join(replies.which_order(what), numbered(listed, entries)), listed)


def _line_of(order: Order, line_id: int | None) -> Line | None:
    if line_id is None:
        return order.lines[0] if len(order.lines) == 1 else None
    return next((line for line in order.lines if line.id == line_id), None)
