"""Something went wrong after the sale: which order and line it is about, the facts first, then a case or the money."""

import re
from dataclasses import replace
from datetime import timedelta

from catalog.checks import fold
from catalog.model import Delivery
from dialogs import replies, smalltalk, which
from dialogs.about_which import (
    BACK,
    ask_which,
    ask_which_line,
    can_complain,
    fitting_lines,
    fitting_orders,
    is_paid,
    line_of,
    named_alone,
    which_order,
)
from dialogs.asking import answer, open_question
from dialogs.effects import DropCase, OpenCase
from dialogs.facts import CaseDropped, CaseOpened
from dialogs.paying import pay_url
from dialogs.state import PAGE_SIZE, Dialog, Lookup
from dialogs.turn import Reply, Scene, Turn
from dialogs.wishes import Stance, refuses, stance
from kernel.cases import Case, CaseKind
from kernel.orders import Line, LineState, Order, OrderState
from kernel.promises import promised
from nlu.text import normalise

_BAD_KEY = re.compile(
    r"(?:卡密|卡号|密码|兑换码|激活码|充值码|cdk|key|(?<!号)码).{0,8}"
    r"(?:无效|(?<!还)没用(?![了过])|用不了|不能用|不可用|(?<!没)错|不对|不正确|失效|过期|用过|使用过|被用|被使用|已使用|已经?被|被人用|被兑换|兑换过|不存在|兑换不了|激活不了"
    r"|充不了|充不进|不行)"
    r"|(?:卡|券|其中|都|全|有|[一两二三四五六\d][张个条]).{0,4}(?:无效|(?<!还)没用(?![了过])|用不了|不能用|失效|兑换不了|激活不了|充不进去?)"
    r"|被(?:别人|他人|人家?)?(?:绑定|使用|用|兑换?|激活|领)(?:走|掉|过|了)"
    r"|卡里?(?:面)?(?:没有?钱|(?:显示)?余额(?:是|为)?0|是空的)|余额(?:是|为|显示)+0(?![.\d])"
    r"|绑(?:定|卡)?(?:都|也|一直|总是)?(?:不上|不了|不进去?|不成功?|失败)|(?:绑定|兑换?|激活)(?:都|也|一直|总是)?(?:不了|不成功?|失败)"
    r"|(?:显示|提示|说是?|写着|告诉我)(?:这?[张个]?[卡码券]?密?)?(?:早就|已经?|是)?(?:被)?(?:使用|激活|绑定?|用|兑换?|领)(?:过了?|了|$)"
    r"|(?:显示|提示|说是?)(?:早就|已经?)(?:被)?(?:使用|激活|绑定|用|兑换|领取?)"
    r"|换(?:一|1)?[张个].{0,2}(?:能用|可用|有效|好)的"
    r"|(?:都|总|还|一直)?(?:说|提示|显示)(?:密码|卡号|卡密|码)?(?:不对|错误|有误|不正确|不存在)"
    r"|(?:卡|码|券).{0,2}(?:假的|假货)|(?:无效|用不了|失效|被用过?|不能用|用过)的?.{0,4}(?:卡密|卡|码)",
    re.IGNORECASE,
)
_NOT_WHAT = re.compile("面[值额].{0,3}(?:不对|错)|[发给寄]错|不是我[要买]的|少[发给了]")
"""面值不对 我买的100: shown once more, it would be the same."""
_UNUSABLE = re.compile("用不[了成]|不能用|[充用]不[上进]")
_FURIOUS = re.compile(
    "投诉|举报|曝光|报警|起诉|12315|12345|消协|工商|骗|垃圾|黑店|无良|他?妈的|磨叽|磨蹭|墨迹|玩意|气死|慢死|搞什么|嘎哈|干什么吃"
)
_COMPLAINS = re.compile(
    "(?:我们?|就)?(?:真的)?(?:要|想|得|去)?投诉(?:你们?|您|这家店?|店家?|商家|客服)?[了啊吧!！。,，]*"
)
_THREATENS = re.compile(
    "(?:打|拨|找|去|上|告到?|给|向)个?(?:电话)?(?:12315|12345|110|消协|消费者协会|工商|市监局?|法院|派出所)|12315(?:见|吧|了|$)|法庭见"
    "|(?:就|要|去|我|真|只能|只好|准备|马上|现在|不然|否则|小心|立刻)+(?:找人|网上|微信|上网)?(?:投诉|举报|曝光|报警|起诉|报案)"
    "|(?:投诉|举报|曝光|起诉|告)(?:死|定)?你|(?:报警|报案|投诉|举报|起诉)(?:了|$)"
)
"""不退钱我打12315: of his order, facts and a person."""
_NO_THREAT = re.compile(
    "(?:[不没别]|怎么|如何|哪里?|能|可以)(?:想|是|会|用|要|愿|能|去|说|找谁|里|打)*(?:投诉|举报|曝光|报警|起诉|告)|电话(?:是|多少|号)"
)
_GONE_WRONG = re.compile("[丢坏破]|[错少漏]发|[发寄送]错")
_A_DAY = timedelta(days=1)
"""Where what he was told promises nothing that can be measured."""
STILL_WAITS = re.compile("天了|几天|还没|没收到|没到|[两三四五六七八九十3-9]天")
"""Of money that is on its way back: he has waited, a person may have to look."""


# ---- 没到账, 卡密无效 ---------------------------------------------------------------------------------------------


def problem(
    dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene, running: tuple[Case, ...] = ()
) -> Turn:
    """Say what the books know, and have a person look at what they cannot settle."""
    if not orders:
        turn = smalltalk.without_orders(dialog, scene, lookup.text)
        return replace(turn, reply=replace(turn.reply, text=replies.join(turn.reply.text, replies.offer_human())))
    live = tuple(o for o in orders if any(can_complain(line) for line in o.lines) and is_paid(o))
    if not live:
        return _nothing_to_complain_of(dialog, orders, lookup.text, scene)
    kind = _kind(live, lookup.text, scene)
    threat = is_threat(lookup.text)
    if stance(lookup.text, "problem") in (Stance.ASKED, Stance.REFUSED) and not threat:
        latest = fitting_orders(live, kind)[0]  # 要是没到账怎么办: where it stands, and what to tap then
        tap = replies.if_missing(latest) if kind is CaseKind.MISSING else replies.if_bad_key(latest)
        return answer(dialog, scene, replies.join(replies.facts_of(latest), tap))
    order = which_order(fitting_orders(live, kind), lookup, scene)
    if order is None:
        return ask_which(dialog, fitting_orders(live, kind), kind, scene)
    lines = named_alone(order, lookup, scene) or fitting_lines(order, kind, lookup)
    if len(lines) > 1 and len(lines) <= PAGE_SIZE:
        return ask_which_line(dialog, order, lines, kind, scene)
    line = lines[0] if len(lines) == 1 else None
    shown = line is not None and line.delivery == "card" and line.state is LineState.DELIVERED
    if kind is CaseKind.MISSING and shown and not threat and not _NOT_WHAT.search(lookup.text):
        return keys_again(dialog, order, scene)
    if kind is CaseKind.MISSING and line is not None and lookup.text and _is_in_time(order, line, lookup.text, scene):
        return answer(dialog, scene, replies.in_time(order, line, scene.now))
    opens = _added_to(running, order, line, lookup) or OpenCase(
        kind, order.order_no, line.id if line else None, lookup.text
    )
    return Turn(replace(dialog, misses=0), Reply(_sorry(order, lookup.text, threat=threat)), (opens,))


def _added_to(running: tuple[Case, ...], order: Order, line: Line | None, lookup: Lookup) -> OpenCase | None:
    """第二张用不了, of what a person is looking at already since the money is wanted back: one matter, and one case."""
    case = running_for(running, order)
    if case is None or case.kind not in (CaseKind.BAD_KEY, CaseKind.REFUND) or line is None or not lookup.text:
        return None
    if line.state is not LineState.DELIVERED or case.line_id not in (None, line.id):
        return None
    return OpenCase(case.kind, order.order_no, case.line_id, lookup.text)


def _sorry(order: Order, text: str, *, threat: bool) -> str:
    """To anger: an apology and a person; who threatens over his money is told how it goes back."""
    if not (threat or _FURIOUS.search(text)):
        return ""
    money = replies.refund_how(order) if threat and stance(text, "refund") is not Stance.UNNAMED else ""
    return replies.join(replies.sorry_again(), money, replies.offer_human())


def is_threat(text: str) -> bool:
    """不退钱我打12315, 再不到账我就投诉: no question how one complains."""
    said = fold(text)
    return _THREATENS.search(said) is not None and _NO_THREAT.search(said) is None


def only_complains(text: str) -> bool:
    """我要投诉你们, and nothing of what: a person's."""
    return _COMPLAINS.fullmatch(text) is not None


def _kind(orders: tuple[Order, ...], text: str, scene: Scene) -> CaseKind:
    """京东的用不了 is of a key, where what it names was delivered as keys."""
    if _BAD_KEY.search(normalise(text)):
        return CaseKind.BAD_KEY
    named = which.named(orders, text, scene.shelf) if _UNUSABLE.search(text) else None
    lines = [line for order in named[0] for line in order.lines] if named is not None else []
    keys = all(line.delivery == Delivery.CARD and line.state is LineState.DELIVERED for line in lines)
    return CaseKind.BAD_KEY if lines and keys else CaseKind.MISSING


def is_furious(text: str) -> bool:
    """骗子, 我要报警: an apology, and the offer of a person, beside what is done."""
    return _FURIOUS.search(text) is not None


def _is_in_time(order: Order, line: Line, text: str, scene: Scene) -> bool:
    """怎么还没发货, a minute after he paid for what goes by parcel in 48 hours: nothing is wrong yet. A tap and anger
    are looked at all the same."""
    if line.delivery != Delivery.PARCEL or order.paid_at is None or _FURIOUS.search(text) or _GONE_WRONG.search(text):
        return False
    waits = line.state in (LineState.WAITING, LineState.DELIVERING) and not line.held
    return waits and scene.now - order.paid_at < (promised(line.eta) or _A_DAY)


def _nothing_to_complain_of(dialog: Dialog, orders: tuple[Order, ...], text: str, scene: Scene) -> Turn:
    late = replies.offer_human() if STILL_WAITS.search(text) else ""
    order = next((o for o in orders if is_paid(o) or o.state is OrderState.UNPAID), orders[0])
    if order.state is OrderState.UNPAID:
        told = replies.waits_for_payment(order, pay_url(scene, order.token), scene.now)
        return answer(dialog, scene, replies.join(told, replies.paid_maybe()))
    if order.state is OrderState.REFUNDED:
        back = replies.refund_already(wallet=scene.wallet is not None)
        return answer(dialog, scene, replies.join(replies.facts_of(order), back, late))
    if order.lines and all(line.state in BACK for line in order.lines):
        return answer(dialog, scene, replies.join(replies.facts_of(order), replies.refund_under_way(), late))
    return answer(dialog, scene, replies.join(replies.facts_of(order), replies.offer_human()))


def keys_again(dialog: Dialog, order: Order, scene: Scene) -> Turn:
    """The keys were delivered: here they are once more, and how to say that they do not work."""
    question = open_question(dialog, scene)
    told = replies.join(question.brief if question else "", replies.keys_once_more(order), replies.keys_head(order))
    return Turn(replace(dialog, misses=0), Reply(told, keys_of=(order.order_no,)))


def case_opened(dialog: Dialog, fact: CaseOpened, scene: Scene) -> Turn:
    """The facts, then what was promised; asked again, the case there is."""
    line = line_of(fact.order, fact.case.line_id)
    facts = replies.case_facts(fact.order, line, fact.facts, scene.now, scene.hours)
    promised = promise(fact.case, scene, first=fact.first)
    return answer(dialog, scene, replies.join(facts if fact.case.kind is not CaseKind.INVOICE else "", promised))


def promise(case: Case, scene: Scene, *, first: bool) -> str:
    """Until when a person answers, as it was said when the case was opened."""
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
    return promise(case, scene, first=False) if case is not None else ""


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
    order = next((one for one in orders if is_paid(one)), None)
    if order is None:
        return answer(dialog, scene, replies.not_refunding())
    if any(line.state in BACK for line in order.lines):
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


# ---- 退款 ------------------------------------------------------------------------------------------------------------


def says_bad_key(text: str) -> bool:
    """有张卡密提示已被使用: no wish to see the keys again."""
    return _BAD_KEY.search(normalise(text)) is not None and stance(text, "problem") is not Stance.REFUSED


# ---- which one -------------------------------------------------------------------------------------------------------
