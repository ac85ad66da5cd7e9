"""One turn of a talk: (dialog, heard, scene) → turn. Talk and facts go through the same function."""

import re
from collections.abc import Callable
from dataclasses import replace

from catalog.checks import fold
from dialogs import (
    after_sale,
    again,
    batch,
    browsing,
    cases,
    declining,
    examples,
    favourites,
    handoff,
    invoices,
    own_order,
    paying,
    rating,
    reminders,
    replies,
    smalltalk,
    unpaid,
    wallet,
    ways_in,
    wishes,
)
from dialogs.answering import said_for_draft, take_answer
from dialogs.asking import answer, expecting, summary_in_brief
from dialogs.changing import rather, settled_for
from dialogs.draft import field_of, look
from dialogs.editing import edited, restarted, stepped_back
from dialogs.filling import Filled, fill_by_mention
from dialogs.hearing import heard_again, names_a_part
from dialogs.links import fit
from dialogs.merging import taken_apart, together
from dialogs.ordering import (
    advance,
    answered_by_text,
    denied,
    doubted,
    favourites_found,
    miss,
    slot_emptied,
    start,
)
from dialogs.picking import COMMANDS, another_product, by_list, choose, named_in_list, named_in_shop
from dialogs.state import (
    BATCH_LINES_MAX,
    MISSES_BEFORE_HUMAN,
    Collecting,
    Confirming,
    Dialog,
    Idle,
    Lookup,
    Replacement,
    WithHuman,
)
from dialogs.turn import (
    AskedAgain,
    BalanceBack,
    BalanceFound,
    BalanceShort,
    BeingHeard,
    CancelOrder,
    CancelRefused,
    CaseDropped,
    CaseOpened,
    CatalogMoved,
    EndHandoff,
    Fact,
    FavouritesFound,
    FindOrders,
    Followed,
    HandoffEnded,
    HandoffOpened,
    Heard,
    Linked,
    NoSuchOrder,
    NotPayable,
    OneTapSet,
    OrderCancelled,
    OrderDeclined,
    OrderPlaced,
    OrdersFound,
    PaidFromBalance,
    Pressed,
    Rate,
    Rated,
    RefundDecided,
    Reminded,
    Reply,
    Said,
    Scene,
    Showed,
    SoldOut,
    Spoke,
    TooManyUnpaid,
    TopUpRefused,
    Turn,
    Unheard,
)
from dialogs.window import shop_window, show_category
from kernel.ids import OrderNo

__all__ = ["expecting", "step"]

_AGAIN = re.compile(
    r"^(?:再[来充冲买交缴订下续][一1]?[单份次回](?!\w)|再[来交缴续]一?[单次回]|照旧|老样子|[跟和按照]上[次回](?:一样)?的?(?!号)"
    r"|上次(?:的|那个|那单|一样的)+(?:给我|帮我)?再|续费(?=[,，\s]|$)|(?:过期了?|关了|超时了?)[,，\s]*重新下)"
)
"""Where an order begins that repeats the last one: what follows changes it, and is no correction of a paid order."""
_CANCEL_ASKED = re.compile("(?:能|可以|可不可以|怎么|想).{0,4}取消|取消.{0,4}订单")
_GIVE_BACK = re.compile("(?:那|就|还是|给我|帮我|我要)*退(?:了|款|掉|钱)?(?:了?吧)?")
_BACK = re.compile(r"(?:返回|退回|回到?|回去)?(?:上一步|前一步)|返回|后退")
_MIGHT_CORRECT = re.compile(
    "\\d|[错改换]|不对|不是|不要|太[多少大小]|多了|少了|[多少]打|打[多少]|够|只[要买充来]|[一两二三四五六七八九十][张个份件]"
)
"""Below a summary, what was not understood but could have been a correction: 确认 shows the summary once more."""
_MISTAKEN = re.compile("[写打说输填搞弄][错多少反]|错了|不对|多了|少了")
_AS_IT_WAS = re.compile(
    "(?:算了|那|还是|就)?(?:不改了?|不用改了?|别改了?|按原来的|原来的就行|就这样不改了?)(?:吧|哈|啊)?"
)
_RESTART = re.compile(
    r"(?:我要?)?(?:重新(?:来|选|下单?|填)(?:过|一遍|一下|吧)*|从头(?:再|开始)?来?(?:过|吧)?|重来(?:吧|一遍)?)"
)
_AFTER_ALL = re.compile(
    r"(?:(?:还是|算了|那)?(?:买|充|要|来|下单?)(?:了|吧|上)?)?[,，。]?(?:就)?刚才(?:那个|那单|的)(?:单|订单)?(?:吧|了|我?还?要|继续|恢复)*"
    r"|(?:还是|那就)(?:买|充|要)了?吧|我?又想(?:买|充|要)了"
)
_BARGAIN = re.compile(
    r"差价|便宜(?:一?点|些)(?!的)|太贵|好贵|真贵|贵了|[能可]?少[点算]|打[个点]?折|优惠[点些吗]|砍价|讲价|抹零|卖不卖|\d卖吗"
    r"|价[格钱]?.{0,2}改[成为到]?|改[个下]?价"
)
_DROPS_IT = re.compile(
    "(?:不是|别)?确认(?:了)?[,，]?(?:我|还是|那)?(?:不要|不买|不充|不下单|取消|不订)(?:了|吧|啊)*|不是确认[,，]?是取消|是取消(?:啊|不是确认)?"
)
_NOT_YET = re.compile(
    "(?:我|那|就|等等|等下|还是)*(?:先(?:不|别)(?:下单?|买|确认|付款?|着急|急)|还?没(?:有)?(?:想好|确认|决定|说要下单|要下单))(?:了|呢|吧|啊|哦)*"
)
_LAST = "(?:刚才|刚刚|刚下|上面|最后|这)的?(?:那|这|下)?的?(?:一?个|一)?(?:订单|单子?|笔)?"
_GOES = "(?:给我|帮我|麻烦|就)?(?:取消|撤销|撤)(?:了|掉|一下)?(?:吧|啊|谢谢)?"
_LAST_ONE_GOES = re.compile(f"(?:请|我要|帮我|给我|麻烦|把)*(?:{_GOES}{_LAST}(?:吧|了)?|{_LAST}{_GOES})")
_ALL_GO = re.compile(f"(?:把)?(?:这?[两三几]个|我的)?(?:订单|单子?)?(?:全|都|全都|全部|统统){_GOES}")
_WHERE_TO_PAY = re.compile(
    "(?:付款|支付|缴费)的?链接|链接.{0,4}(?:再?发|呢|在哪)|怎么付|[在去从]?哪里?(?:付|支付|交钱)|付款码"
)
_WORTH = re.compile(r"划算|合算|(?:推荐|建议).{0,2}(?:哪|多少)|(?:一般|通常|大家).{0,4}(?:充|买|选)(?:哪|多少|啥|什么)")
_PAID_TWICE = re.compile(
    "(?:付|扣|支付|收|划|刷)(?:了|过|款|我|钱|费|走|的)*(?:[两二俩双几三23])(?:次|遍|回|笔|份|倍)|重复(?:付|扣|支付|收|划)"
    "|[多重](?:付|扣|收)(?:了|款|钱|我)|[付扣]重了|[两二2](?:次|遍|笔)(?:钱|款|付款|扣款)"
)
_PRIVACY = re.compile(
    "(?:删|注销|清[除空]|抹).{0,8}(?:信息|资料|数据|隐私|记录)|(?:信息|资料|数据|隐私).{0,4}(?:删|清[除空]|抹)"
)
_OF_THE_PAST = re.compile(
    "没[到充发收]|未到|到了|到账|收到|用不了|无效|不能用|失效|兑换|[充买订下付][的了过]|那单|订单|退|查|还没|好了|发货|[催问]一?下|进度|[吗?？]|卡密"
)
"""Of an order that he has placed: 京东卡100到了吗 is no new one."""
_NAMES_A_PRICE = re.compile("打.{0,2}折|只[付给出]\\d|块钱?卖|便宜点|抹零|[付给出]\\d+(?:元|块)(?:钱|行|可以)")
_THREATENS = re.compile("曝光|报警|举报|起诉|告你|12315|消协")
_SMALL_TALK = ("greet", "thanks", "rate", "help", "balance")
_SURE = 0.75
_SURE_OF_LETTERS = 0.95
_LETTERS = re.compile("[a-z]{1,5}")
_Talk = Callable[[Dialog, Said, Scene], Turn]


def step(dialog: Dialog, heard: Heard, scene: Scene) -> Turn:
    """Take one thing heard and say what becomes of it. Never raises for what a buyer can cause."""
    state, fresh = dialog.state, replace(dialog, unsaid="") if dialog.unsaid else dialog
    if isinstance(state, WithHuman):
        turn = handoff.while_with_human(fresh, state, heard, scene, _step)
    else:
        turn = _step(fresh, heard, scene)
    if isinstance(heard, Said) and dialog.angry and turn.dialog.angry == dialog.angry:
        turn = replace(turn, dialog=replace(turn.dialog, angry=0))  # he has calmed down
    if not isinstance(heard, Fact) and dialog.just_placed and turn.dialog.just_placed:
        turn = replace(turn, dialog=replace(turn.dialog, just_placed=False))
    asks = any(not isinstance(effect, EndHandoff) for effect in turn.effects)
    text = turn.reply.text
    if isinstance(heard, Said | Spoke | Pressed | Followed | Linked | Showed):
        if isinstance(heard, Said) and heard.by_voice and (text or asks):
            text = replies.join(replies.heard_voice(heard.text), text)
    else:
        text = replies.join(dialog.unsaid, text)
    if asks:
        return replace(turn, dialog=replace(turn.dialog, unsaid=text), reply=Reply())
    text = fit(text)
    return turn if text == turn.reply.text else replace(turn, reply=replace(turn.reply, text=text))


def _step(dialog: Dialog, heard: Heard, scene: Scene) -> Turn:
    match heard:
        case Said():
            return _said(dialog, heard, scene)
        case Pressed():
            return _pressed(dialog, heard.key, scene)
        case Followed():
            return ways_in.followed(dialog, heard, scene)
        case Linked():
            return ways_in.linked(dialog, heard, scene)
        case Showed():
            return smalltalk.showed(dialog, heard, scene)
        case Spoke():
            return smalltalk.spoke(dialog)
        case _:
            return _fact(dialog, heard, scene)


def _said(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """What he wrote; where it may have been a correction that nobody took, 确认 does not order yet."""
    return _doubting(dialog, said, scene, _taken(dialog, said, scene))


def _doubting(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    before, after = dialog.state, turn.dialog.state
    if not isinstance(before, Confirming) or not isinstance(after, Confirming) or before.lines != after.lines:
        return turn
    looks = all(isinstance(effect, FindOrders) for effect in turn.effects)
    if looks and not said.late and said.frame.intent != "confirm" and _MISTAKEN.search(said.text):
        doubtful = replace(after, denied=True)
        told = turn.reply.text.replace(summary_in_brief(after, scene.shelf), summary_in_brief(doubtful, scene.shelf))
        return replace(turn, dialog=replace(turn.dialog, state=doubtful), reply=replace(turn.reply, text=told))
    return turn


def _taken(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """What he wrote: first what can only mean one thing here, then what the understanding makes of it."""
    said = heard_again(dialog, said, scene)
    late = smalltalk.spoken_late(dialog, said, scene)
    if late is not None:
        return late
    dialog, own = wallet.said(dialog, said, scene)
    if own is not None:
        return own
    reminder = reminders.asked(dialog, said, scene)
    if reminder is not None:
        return reminder
    said = declining.instead(dialog, said)
    refused = declining.declined(dialog, said, scene)
    if refused is not None:
        return refused
    certain = (
        ways_in.by_link(dialog, said.text, scene)
        or after_sale.about_order(dialog, said.text)
        or invoices.answered(dialog, said, scene)
    )
    certain = certain or batch.detail(dialog, said, scene) or batch.taken(dialog, said, scene)
    certain = certain or by_list(dialog, said, scene) or _by_answer(dialog, said, scene)
    certain = certain or own_order.bad_key(dialog, said) or invoices.amended(dialog, said)
    if certain is None and not _AGAIN.match(said.text.strip()):
        certain = unpaid.asked(dialog, said, scene)
    return certain or _rest(dialog, said, scene)


def _meant(dialog: Dialog, fact: OrdersFound, scene: Scene) -> Turn:
    """His orders are known: what the message does with them, or what it says besides."""
    lookup = dialog.waiting
    if not isinstance(lookup, Lookup) or lookup.frame is None:
        return Turn(replace(dialog, waiting=None))
    said = Said(lookup.frame, lookup.text)
    about = unpaid.found(dialog, fact, said, scene)
    if about is not None:
        return about
    plain = replace(dialog, waiting=None)
    return _doubting(plain, said, scene, _rest(plain, said, scene))


def _rest(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """What it says where it is about no order that waits."""
    certain: Turn | None = None
    if certain is None and not isinstance(dialog.state, Collecting | Confirming) and _AGAIN.match(said.text.strip()):
        certain = after_sale.look_up(dialog, "reorder", said)
    certain = certain or _before_the_rest(dialog, said, scene)
    certain = certain or again.with_last_account(dialog, said, scene) or again.another_of_it(dialog, said)
    certain = certain or edited(dialog, said, scene)
    if certain is not None:
        return certain
    told = smalltalk.shop_answer(dialog, said, scene)
    told = told or own_order.asked(dialog, said, scene)
    if told is not None:
        return told
    if isinstance(dialog.state, Collecting | Confirming) and _is_noise(said):
        return _unknown(dialog, said, scene)
    return _TALK[said.frame.intent](dialog, said, scene)


def _before_the_rest(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """What only the talk itself gives a meaning: back a step, from the start, what was just dropped, bargaining."""
    text = fold(said.text)
    if text in replies.CONFIRM_WORDS and said.frame.intent != "confirm":  # 确 认
        return _confirm(dialog, replace(said, frame=replace(said.frame, intent="confirm", items=())), scene)
    if handoff.asks_for_hours(text):
        return answer(dialog, scene, replies.person_hours(scene.hours))
    asks_to_cancel = said.frame.intent in ("help", "unknown") and _CANCEL_ASKED.search(text)
    if isinstance(dialog.state, Idle) and (_GIVE_BACK.fullmatch(text) or asks_to_cancel):
        return after_sale.look_up(dialog, "refund", said)
    if said.frame.intent in ("help", "unknown") and after_sale.says_paid(text):
        return after_sale.look_up(dialog, "status", said)
    if _PAID_TWICE.search(text):
        return after_sale.look_up(dialog, "paid_twice")
    if _PRIVACY.search(text):
        return answer(dialog, scene, replies.privacy())
    if text in replies.BACK_TO_BOT_WORDS:
        return answer(dialog, scene, replies.here_i_am())
    if _BACK.fullmatch(text):
        return stepped_back(dialog, scene)
    if isinstance(dialog.state, Idle) and _LAST_ONE_GOES.fullmatch(text):
        return paying.cancel(dialog, scene)
    if isinstance(dialog.state, Idle) and _ALL_GO.fullmatch(text):
        return Turn(replace(dialog, listed=None, misses=0), effects=(FindOrders("cancel"),))
    if isinstance(dialog.state, Idle) and _WHERE_TO_PAY.search(text) and paying.live_unpaid(dialog, scene):
        return own_order.asked(dialog, said, scene) or Turn(dialog, effects=(FindOrders("status"),))
    if isinstance(dialog.state, Collecting) and favourites.declined(text):
        return answer(dialog, scene, replies.another_account(), in_full=True)
    if isinstance(dialog.state, Collecting | Confirming) and _DROPS_IT.fullmatch(text):
        return paying.cancel(dialog, scene)
    if isinstance(dialog.state, Collecting | Confirming) and _NOT_YET.fullmatch(text):
        return answer(dialog, scene, replies.take_your_time())
    if _AS_IT_WAS.fullmatch(text) and isinstance(dialog.state, Collecting | Confirming):
        # 不改了: the order that was to be corrected stands, or the summary as it is
        return paying.cancel(dialog, scene) if dialog.mending else advance(dialog, dialog.state.lines, scene)
    if _RESTART.fullmatch(text):
        return restarted(dialog, scene)
    if dialog.dropped and isinstance(dialog.state, Idle) and _AFTER_ALL.fullmatch(text):
        return advance(replace(dialog, dropped=(), misses=0), dialog.dropped, scene)
    if _WORTH.search(text) and not any(item.product or item.value for item in said.frame.items):
        return browsing.best_value(dialog, scene)
    if _BARGAIN.search(text) and not any(item.product for item in said.frame.items):
        lines = dialog.state.lines if isinstance(dialog.state, Collecting | Confirming) else ()
        names = re.search(r"\d", text) is not None or names_a_part(lines, text, scene.shelf)
        sized = bool(lines) and names and not re.search("价|卖", text)
        # 太贵了 充300: he settles for less himself
        cheaper = settled_for(dialog, said, scene) or edited(dialog, said, scene) if sized else None
        after = replies.offer_human() if "差价" in text else ""
        told = replies.join(replies.no_bargain(), after)
        return cheaper or answer(doubted(dialog) if sized else dialog, scene, told)
    return None


def _is_noise(said: Said) -> bool:
    """Whether it was read as small talk only for want of anything better: ghi is no greeting."""
    frame = said.frame
    sure = _SURE if not _LETTERS.fullmatch(fold(said.text)) else _SURE_OF_LETTERS
    return frame.intent in _SMALL_TALK and not frame.items and 0 < frame.confidence < sure


def _by_answer(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The answer to the open question, whatever else it might be elsewhere."""
    state = dialog.state
    if not isinstance(state, Collecting) or said.frame.intent in COMMANDS:
        return None
    filled = _with_used_account(dialog, state, said, scene) or _in_one_line(dialog, state, said, scene)
    filled = filled or answered_by_text(state, said, scene)
    if filled is None or not (filled.changed or state.slot == "quantity"):
        return None
    return take_answer(
        dialog, state, filled, replace(said, frame=replace(said.frame, intent="answer", items=())), scene
    )


def _with_used_account(dialog: Dialog, state: Collecting, said: Said, scene: Scene) -> Filled | None:
    """上次的, 老号码: the account he gave before, where one is asked for."""
    line = state.lines[state.line]
    product = scene.shelf.product(line.product or "")
    if product is None or dialog.used is None:
        return None
    asked = field_of(product, state.slot)
    fields = [field for field in (asked, *together(look(line, scene.shelf), state.slot)) if field is not None]
    for field in fields:
        value = favourites.meant(
            said.text, field, favourites.offered(product, field, dialog.used.accounts, scene.shelf)
        )
        if value is not None:
            return Filled(replace(line, fields={**line.fields, field.name: value}), frozenset({field.name}))
    return None


def _in_one_line(dialog: Dialog, state: Collecting, said: Said, scene: Scene) -> Filled | None:
    """100 13812345678, where both were asked for."""
    held = state.lines[state.line].product
    if any(item.product not in (None, held) for item in said.frame.items):
        return None
    entries = dialog.listed.entries[: dialog.listed.shown] if dialog.listed is not None else ()
    skus = [entry[2:] for entry in entries if entry[:2] == "s:"]
    return taken_apart(state.lines[state.line], state.slot, said.text, skus, scene.shelf)


def _pressed(dialog: Dialog, key: str, scene: Scene) -> Turn:
    match key:
        case "self_order":
            return shop_window(dialog, scene)
        case "my_orders":
            return after_sale.look_up(dialog, "list")
        case "my_keys":
            return after_sale.look_up(dialog, "keys")
        case "reorder":
            return after_sale.look_up(dialog, "reorder")
        case "rate":
            return Turn(dialog, effects=(Rate(),))
        case "human":
            return handoff.ask_for_human(dialog, scene)
        case _ if key.startswith("category:"):
            return show_category(dialog, key.removeprefix("category:"), scene)
        case _:
            return smalltalk.help_(dialog, scene)


def _fact(dialog: Dialog, fact: Fact, scene: Scene) -> Turn:
    match fact:
        case OrderPlaced():
            return paying.placed(dialog, fact, scene)
        case SoldOut():
            return paying.sold_out(dialog, fact, scene)
        case Reminded():
            return reminders.noted(dialog, fact, scene)
        case TooManyUnpaid():
            return paying.too_many_unpaid(dialog, fact, scene)
        case CatalogMoved():
            return paying.catalog_moved(dialog, scene)
        case AskedAgain():
            return paying.asked_again(dialog, fact, scene)
        case OrderDeclined():
            return paying.declined(dialog)
        case OrderCancelled():
            return paying.cancelled(dialog, fact, scene)
        case CancelRefused():
            return paying.cancel_refused(dialog, fact, scene)
        case OrdersFound(purpose="meant"):
            return _meant(dialog, fact, scene)
        case OrdersFound(purpose="how"):
            return own_order.found(dialog, fact, scene)
        case OrdersFound():
            return after_sale.orders_found(dialog, fact, scene)
        case CaseOpened():
            return cases.case_opened(dialog, fact, scene)
        case CaseDropped():
            return cases.case_dropped(dialog, fact, scene)
        case RefundDecided():
            return cases.refund_decided(dialog, fact, scene)
        case NoSuchOrder():
            return cases.no_such_order(dialog, scene)
        case Rated():
            return rating.rated(dialog, fact, scene)
        case FavouritesFound():
            return favourites_found(dialog, fact, scene)
        case HandoffOpened():
            return handoff.opened(dialog, fact, scene)
        case BeingHeard():
            return Turn(dialog, Reply(replies.listening()))
        case Unheard():
            return smalltalk.unheard(dialog, fact, scene)
        case HandoffEnded():
            return Turn(dialog)
        case BalanceFound():
            return wallet.found(dialog, fact, scene)
        case PaidFromBalance():
            return wallet.paid(dialog, fact, scene)
        case BalanceShort():
            return wallet.short(dialog, fact, scene)
        case NotPayable():
            return wallet.not_payable(dialog, fact, scene)
        case TopUpRefused():
            return wallet.refused(dialog, fact, scene)
        case OneTapSet():
            return wallet.one_tap_set(dialog, fact, scene)
        case BalanceBack():
            return wallet.given_back(dialog, fact, scene)


# ---- what each intent means ----------------------------------------------------------------------------------------


def _order(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if isinstance(dialog.state, Collecting | Confirming):
        return said_for_draft(dialog, said, scene)
    if _counts_only(said) and (turn := paying.change_unpaid(dialog, said, scene)) is not None:
        return turn
    turn = start(dialog, said.frame.items, scene, said.text)
    if _NAMES_A_PRICE.search(said.text) and isinstance(turn.dialog.state, Collecting | Confirming):
        turn = replace(turn, reply=Reply(replies.join(replies.no_bargain(), turn.reply.text)))
    return turn


def _counts_only(said: Said) -> bool:
    """要4张, and nothing of what: it can only be about the order that was just placed."""
    items = said.frame.items
    return len(items) == 1 and items[0].said == {"quantity"} and items[0].product is None and not items[0].candidates


def _answer(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """A bare value: for the open question; for the order that waits for payment it is no correction by itself."""
    if isinstance(dialog.state, Collecting | Confirming):
        return said_for_draft(dialog, said, scene)
    if _counts_only(said) and (turn := paying.change_unpaid(dialog, said, scene)) is not None:
        return turn
    if not said.frame.items:
        return miss(dialog, scene)
    return start(dialog, said.frame.items, scene, said.text)


def _change(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if isinstance(dialog.state, Collecting | Confirming):
        return said_for_draft(dialog, said, scene)
    turn = paying.change_unpaid(dialog, said, scene)
    if turn is not None:
        return turn
    if any(item.product for item in said.frame.items):
        return start(dialog, said.frame.items, scene, said.text)
    return answer(dialog, scene, replies.nothing_to_change())


def _confirm(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if dialog.misses >= MISSES_BEFORE_HUMAN and not isinstance(dialog.state, Confirming):
        return handoff.ask_for_human(dialog, scene, "misses")
    listed = dialog.listed
    if (
        listed is not None
        and len(listed.entries) == 1
        and isinstance(dialog.state, Collecting)
        and listed.entries[0][:2] != "a:"
    ):
        return choose(dialog, 1, scene)  # 对 to the only thing offered
    if said.frame.items and isinstance(dialog.state, Confirming):
        return said_for_draft(dialog, replace(said, frame=replace(said.frame, intent="change")), scene)
    return paying.confirm(dialog, scene)


def _chose(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if said.frame.index is None:
        return miss(dialog, scene)
    return choose(dialog, said.frame.index, scene)


def _human(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """人工; but 你是机器人吗 is only a question."""
    told = smalltalk.known_answer(dialog, said, scene)
    if told == replies.robot() or wishes.stance(said.text, "human") is wishes.Stance.ASKED:
        return answer(dialog, scene, told or replies.offer_human())  # 不行我再找人工
    return handoff.ask_for_human(dialog, scene)


def _refund(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """退款; but 这个能退吗 below a summary is about what he is going to buy."""
    if isinstance(dialog.state, Collecting | Confirming) and wishes.stance(said.text, "refund") is wishes.Stance.ASKED:
        return answer(dialog, scene, replies.returnable())
    return after_sale.look_up(dialog, "refund", said)


def _orders_all_the_same(dialog: Dialog, said: Said) -> bool:
    """催什么催，洗车SUV10次: a whole order, beside words about how he is treated."""
    if not isinstance(dialog.state, Idle) or _OF_THE_PAST.search(said.text):
        return False
    return any(item.product and item.sku and "value" in item.said for item in said.frame.items)


def _problem(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """没到账; but 邮箱错了 in the middle of an order is about that order."""
    if _orders_all_the_same(dialog, said):
        return _order(dialog, said, scene)
    if _THREATENS.search(said.text) and wishes.stance(said.text, "problem") is wishes.Stance.UNNAMED:
        return handoff.angry(dialog, scene)
    if isinstance(dialog.state, Collecting | Confirming) and any(word in said.text for word in replies.WRONG_WORDS):
        turn = _other_choice(dialog, said, scene) or slot_emptied(dialog, said.text, scene)
        if turn is not None:
            return turn
    return after_sale.look_up(dialog, "problem", said)


def _other_choice(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """段位打错了，现在是铂金: the choice that it should be stands in the message."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or len(state.lines) != 1:
        return None
    product = scene.shelf.product(state.lines[0].product or "")
    filled = fill_by_mention(state.lines[0], said.text, product, scene.shelf) if product is not None else None
    if filled is None or not filled.changed or filled.problems or filled.line == state.lines[0]:
        return None
    return advance(replace(dialog, misses=0), (filled.line,), scene, replies.changed())


def _order_status(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """查订单 lists them; 到了吗 is about the latest, or the one of the product he names."""
    if _orders_all_the_same(dialog, said):
        return _order(dialog, said, scene)
    listing = "订单" in said.text and not said.frame.items
    return after_sale.look_up(dialog, "list" if listing else "status", said)


def _unknown(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if isinstance(dialog.state, Collecting | Confirming) and said.frame.items:
        return said_for_draft(dialog, said, scene)
    filled = answered_by_text(dialog.state, said, scene) if isinstance(dialog.state, Collecting) else None
    if filled is not None and isinstance(dialog.state, Collecting):
        return advance(dialog, dialog.state.lines, scene, *filled.problems, missed=True)
    wrong = any(word in said.text for word in replies.MISTAKE_WORDS)
    if isinstance(dialog.state, Confirming) and (dialog.state.denied or wrong):
        emptied = slot_emptied(dialog, said.text, scene)
        if emptied is not None:
            return emptied
    live = paying.live_unpaid(dialog, scene)
    if isinstance(dialog.state, Idle) and live is not None and len(live.lines) == 1:
        wanted = rather(live.lines[0], said, scene)
        if wanted is not None:
            return Turn(replace(dialog, waiting=Replacement((wanted,))), effects=(CancelOrder(OrderNo(live.order_no)),))
    other = another_product(dialog, said, scene)
    if other is not None:
        return other
    named = named_in_list(dialog, said, scene) or named_in_shop(dialog, said, scene)
    if named is not None:
        return named
    if _is_angry(dialog, said, scene):
        return handoff.angry(dialog, scene)
    if _MIGHT_CORRECT.search(said.text):
        dialog = doubted(dialog)
    return smalltalk.not_understood(dialog, said, scene)


def _is_angry(dialog: Dialog, said: Said, scene: Scene) -> bool:
    return smalltalk.known_answer(dialog, said, scene) == replies.sorry_for_that()


def _rate(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """五星好评; but 垃圾 without a number of stars is only anger."""
    stars = rating.stars_in(said.text)
    if stars is None and (rating.is_unhappy(said.text) or _is_angry(dialog, said, scene)):
        return handoff.angry(dialog, scene)
    return rating.rate(dialog, stars)


def _help(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    return handoff.angry(dialog, scene) if _is_angry(dialog, said, scene) else smalltalk.help_(dialog, scene, said)


def _batch(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if said.frame.items:
        return start(dialog, said.frame.items, scene, said.text)
    return answer(dialog, scene, replies.batch_how(BATCH_LINES_MAX, examples.orders(scene.shelf)))


_TALK: dict[str, _Talk] = {
    "order": _order,
    "browse": browsing.browse,
    "search": browsing.search,
    "price": browsing.price,
    "order_status": _order_status,
    "keys": lambda d, said, _: after_sale.look_up(d, "keys", said),
    "reorder": lambda d, said, _: after_sale.look_up(d, "reorder", said),
    "refund": _refund,
    "problem": _problem,
    "invoice": lambda d, said, _: after_sale.look_up(d, "invoice", said),
    "balance": lambda d, _, scene: wallet.balance(d, scene),
    "human": _human,
    "help": _help,
    "greet": lambda d, _, scene: smalltalk.greet(d, scene),
    "thanks": lambda d, _, scene: smalltalk.thanks(d, scene),
    "confirm": _confirm,
    "deny": lambda d, said, scene: denied(d, scene, said.text),
    "cancel": lambda d, _, scene: paying.cancel(d, scene),
    "change": _change,
    "choose": _chose,
    "answer": _answer,
    "batch": _batch,
    "rate": _rate,
    "unknown": _unknown,
}
