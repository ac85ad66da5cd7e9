"""退款: at once what nobody has begun to deliver, the rest after its result or by a person; what was decided, said."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from catalog.checks import fold
from dialogs import replies, which
from dialogs.about_which import (
    BACK,
    ask_which_line,
    is_paid,
    listed,
    named_alone,
    named_lines,
    pieces_of,
    told_apart,
    which_order,
)
from dialogs.asking import answer
from dialogs.cases import STILL_WAITS, promise, running_for
from dialogs.effects import AskRefund, OpenCase
from dialogs.facts import PaidTwice, RefundDecided
from dialogs.state import PAGE_SIZE, Dialog, Lookup, Returning
from dialogs.turn import Reply, Scene, Turn
from dialogs.wishes import Stance, refuses, stance
from kernel.cases import Case, CaseKind, RefundWay
from kernel.ids import OrderNo
from kernel.orders import Line, LineState, Order, OrderState
from nlu.numerals import read_numeral
from nlu.text import normalise

_ASKING = re.compile(r"[?？吗么嘛]|能不能|可不可以|能否|怎么退|如何|多久|多长|几天|什么时候|啥时候")
_INTO_BALANCE = re.compile(
    "(?<![不别])(?<!不要)(?<!不想)(?:退|返|还|转)(?:款|钱|回|还|给我)*[到进至入回](?:我的?)?(?:余额|钱包)"
)
_SOME = re.compile(
    r"退(?:掉|款|回|了|我|给我)*(?:其中|里面)?(?:的)?(?P<back>\d{1,3}|[一两二三四五六七八九十]{1,2})[张个份件条盒袋瓶桶箱枚]"
    r"|(?:其中|有)(?:的)?(?P<of>\d{1,3}|[一两二三四五六七八九十]{1,2})[张个份件条盒袋瓶桶箱枚](?:不要|退|想退|要退)"
)
"""退一张, of two: part of what was bought together."""
TOGETHER_MAX = 5
"""So many orders are given back in one turn."""
_CLAUSES = re.compile(r"[\s,，。;；!！]+")
_ONE_OF_THEM = re.compile("^(?!.*[都全]).*[^,，。\\s我你单]{1,6}的(?:那[个张份件])?(?:不要|退|不想|想退|要退)")
_STAYS = re.compile("不退|别退|留着|保留|不用退|照[常旧]|正常|还要|继续")
_SAME_PURCHASE = timedelta(days=1)
_OF_THE_GOODS = (CaseKind.MISSING, CaseKind.BAD_KEY)
_SAYS_NO = re.compile(r"\W*(?:我|你|请|先|那|就)*(?:不用|别|不必|无需|没说|没要|没让)")


def refund(
    dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene, running: tuple[Case, ...] = ()
) -> Turn:
    """At once what nobody has begun to deliver; the rest after its result, or by a person. A question is answered and
    moves no money."""
    paid = tuple(order for order in orders if is_paid(order))
    if not paid:
        unpaid = next((order for order in orders if order.state is OrderState.UNPAID), None)
        if unpaid is None and lookup.text and _only_asks(lookup.text):
            return answer(dialog, scene, replies.returnable())  # 过期了能退不: of what he may buy
        told = replies.refund_unpaid(unpaid.order_no) if unpaid else replies.refund_nothing_paid()
        return answer(dialog, scene, told)
    live = tuple(o for o in paid if any(line.state not in BACK for line in o.lines))
    if not live:
        arrived = paid[0].state is OrderState.REFUNDED
        back = replies.refund_already(wallet=scene.wallet is not None) if arrived else replies.refund_under_way()
        late = replies.offer_human() if STILL_WAITS.search(lookup.text) else ""
        return answer(dialog, scene, replies.join(replies.facts_of(paid[0]), back, late))
    order = which_order(live, lookup, scene)
    if order is None:
        return _ask_back(dialog, live, lookup, scene, first=False)
    if _only_asks(lookup.text):
        case = running_for(running, order, CaseKind.REFUND)
        if case is not None:
            return answer(dialog, scene, promise(case, scene, first=False))
    lines = named_alone(order, lookup, scene) or named_lines(order.lines, lookup)
    if len(lines) > 1 and lookup.line_no is None and _ONE_OF_THEM.search(lookup.text):
        return _ask_what_part(dialog, order, [line for line in lines if line.state not in BACK], scene)
    part = _some_of(lookup.text)
    if part is not None and part < sum(line.quantity for line in lines):
        return _some_back(dialog, order, [line for line in lines if line.state not in BACK], part, lookup, scene)
    if _only_asks(lookup.text):
        return answer(dialog, scene, replies.refund_possible(order, replies.refund_how(order)))
    if (joined := _joins_case(dialog, order, lines, lookup, running)) is not None:
        return joined
    only = lines[0].id if len(lines) == 1 and len(order.lines) > 1 else None
    into = scene.wallet is not None and into_balance(lookup.text)
    return Turn(replace(dialog, misses=0), effects=(AskRefund(order.order_no, only, lookup.text, into),))


def _joins_case(
    dialog: Dialog, order: Order, lines: list[Line], lookup: Lookup, running: tuple[Case, ...]
) -> Turn | None:
    """要么换个码要么退钱, of what was delivered and a person is looking at: one matter, and one case that is added to.
    What no person has to decide goes its own way."""
    case = running_for(running, order)
    if case is None or case.kind not in _OF_THE_GOODS or not lookup.text:
        return None
    about = [line for line in order.lines if case.line_id in (None, line.id)]
    if not lines or any(line.state is not LineState.DELIVERED or line not in about for line in lines):
        return None
    opens = OpenCase(case.kind, order.order_no, case.line_id, lookup.text)
    return Turn(replace(dialog, misses=0), Reply(replies.refund_joins_case()), (opens,))


# ---- several orders ------------------------------------------------------------------------------------------------


def _several_meant(live: tuple[Order, ...], lookup: Lookup, scene: Scene) -> tuple[Order, ...]:
    """都退, 两单都退了, 话费和京东的都退: all of them, or the several he names; none when he says anything else."""
    if lookup.order_no is not None or len(live) < 2:
        return ()
    if which.all_of(live, lookup.text) and which.says_no_more(fold(lookup.text)):
        return live
    meant = which.named(live, lookup.text, scene.shelf)
    if meant is None or len(meant[0]) < 2 or not which.says_no_more(meant[1]):
        return ()
    return meant[0] if which.all_of(meant[0], lookup.text) or which.names_each(meant[0], lookup.text) else ()


def _ask_back(dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene, *, first: bool) -> Turn:
    """Which one goes back, or all of them: that entry stands first where he has said all."""
    what = "退到余额" if into_balance(lookup.text) else "退款"
    shown = orders[:TOGETHER_MAX]
    total_fen = sum(line.total_fen for order in shown for line in order.lines if line.state not in BACK)
    entries = [(told, f"{what} {order.order_no}") for order, told in told_apart(shown, scene)]
    everyone = (
        replies.back_all_entry(len(shown), total_fen),
        " ".join((what, *(order.order_no for order in shown))),
    )
    asks = replies.back_all_asked(len(shown), total_fen) if first else replies.which_order(what)
    entries = [everyone, *entries] if first else [*entries, everyone]
    return listed(dialog, asks, entries, scene)


def give_back_all(dialog: Dialog, order_nos: Sequence[str], *, to_balance: bool) -> Turn:
    """One after the other, and one answer for all."""
    first, *rest = dict.fromkeys(order_nos)
    waits = replace(dialog, listed=None, misses=0, waiting=Returning(tuple(rest), to_balance))
    return Turn(waits, effects=(_asked_back(first, to_balance=to_balance),))


def _asked_back(order_no: str, *, to_balance: bool) -> AskRefund:
    return AskRefund(OrderNo(order_no), None, "退到余额" if to_balance else "", to_balance)


def none_of_his(dialog: Dialog, scene: Scene) -> Turn:
    """An order that is not his, or not paid: said, and on with the next of several."""
    return _next_back(dialog, replies.order_unknown(), scene)


def _next_back(dialog: Dialog, told: str, scene: Scene) -> Turn:
    going = dialog.waiting
    if not isinstance(going, Returning):
        return answer(dialog, scene, told)
    if going.order_nos:
        waits = replace(going, order_nos=going.order_nos[1:], told=(*going.told, told))
        asked = _asked_back(going.order_nos[0], to_balance=going.to_balance)
        return Turn(replace(dialog, waiting=waits), effects=(asked,))
    return answer(replace(dialog, waiting=None), scene, replies.join(*going.told, told))


# ---- one of several, the others not --------------------------------------------------------------------------------


def several_named(dialog: Dialog, orders: Sequence[Order], lookup: Lookup, scene: Scene) -> Turn | None:
    """都退: asked once for all. 星巴克那个退掉，话费不退: what one clause gives back and another keeps, each by its
    name. None when he says anything else."""
    if lookup.order_no is not None:
        return None
    live = [order for order in orders if is_paid(order) and any(line.state not in BACK for line in order.lines)]
    several = _several_meant(tuple(live), lookup, scene) if not refuses(lookup.text, "refund") else ()
    if several:
        return _ask_back(dialog, several, lookup, scene, first=True)
    pieces = pieces_of(live)
    going: set[str] = set()
    staying: set[str] = set()
    for clause in _CLAUSES.split(lookup.text):
        stays = refuses(clause, "refund") or _STAYS.search(clause) is not None
        goes = stance(clause, "refund") is Stance.WANTED
        meant = which.named(pieces, clause, scene.shelf) if clause.strip() else None
        if meant is None and (goes or stays):
            return None
        if meant is not None:
            (staying if stays else going).update(str(piece.order_no) for piece in meant[0])
            if not (goes or stays):
                return None
    if not going or not staying or going & staying:
        return None
    return _give_back_pieces(dialog, live, going, lookup, scene)


def _give_back_pieces(dialog: Dialog, live: list[Order], going: set[str], lookup: Lookup, scene: Scene) -> Turn | None:
    whole = tuple(o for o in live if all(f"{o.order_no}-{line.position + 1}" in going for line in o.lines))
    if len(going) > 1:
        only_whole = sum(len(order.lines) for order in whole) == len(going)
        return _ask_back(dialog, whole, lookup, scene, first=True) if only_whole and len(whole) > 1 else None
    order_no, _, position = next(iter(going)).rpartition("-")
    order = next(order for order in live if order.order_no == order_no)
    line = next(line for line in order.lines if line.position + 1 == int(position))
    into = scene.wallet is not None and into_balance(lookup.text)
    asked = AskRefund(order.order_no, line.id if len(order.lines) > 1 else None, lookup.text, into)
    return Turn(replace(dialog, misses=0), effects=(asked,))


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
        return ask_which_line(dialog, order, lines, CaseKind.REFUND, scene)
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
    promised = promise(fact.case, scene, first=fact.first) if fact.case else ""
    return _next_back(dialog, replies.join(replies.refund_decided(fact.order, rows), promised), scene)
