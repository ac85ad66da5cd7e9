"""What each intent of the understanding means at this point of the talk."""

import re
from collections.abc import Callable
from dataclasses import replace

from catalog.checks import TEXT_CHARS_MAX, Invalid, check_field, fold
from dialogs import (
    after_sale,
    browsing,
    cases,
    examples,
    handoff,
    not_held,
    paying,
    rating,
    replies,
    smalltalk,
    unpaid,
    wallet,
    wishes,
)
from dialogs.among_talk import wished_among_talk
from dialogs.answering import corrected, said_for_draft
from dialogs.asking import answer
from dialogs.changing import named_alone, rather
from dialogs.draft import asked_field
from dialogs.effects import CancelOrder
from dialogs.field_changes import ASKS
from dialogs.filling import FREE, fill_by_mention
from dialogs.ordering import (
    advance,
    answered_by_text,
    denied,
    doubted,
    miss,
    slot_emptied,
    start,
)
from dialogs.picking import another_product, choose, named_in_list, named_in_shop
from dialogs.state import (
    BATCH_LINES_MAX,
    MISSES_BEFORE_HUMAN,
    Collecting,
    Confirming,
    Dialog,
    Idle,
    Replacement,
)
from dialogs.supposing import may_be_a_wish
from dialogs.switching import switched_to
from dialogs.turn import Said, Scene, Turn
from dialogs.which_choice import two_meanings
from kernel.ids import OrderNo

_MIGHT_CORRECT = re.compile(
    "\\d|[错改换]|不对|不是|不要|太[多少大小]|多了|少了|[多少]打|打[多少]|够|只[要买充来]|[一两二三四五六七八九十][张个份件]"
)
"""Below a summary, what was not understood but could have been a correction: 确认 shows the summary once more."""
_SAYS_SOMETHING = re.compile("^(?!.*确认).*(?:[\u4e00-\u9fff]{4}|[a-zA-Z]{3}[\u4e00-\u9fff]{2})")
"""So much of Chinese that nobody understood may have been a correction in words of its own, if it is no small talk."""
_OF_THE_PAST = re.compile(
    "没[到充发收]|未到|到了|到账|收到|用不了|无效|不能用|失效|兑换|[充买订下付][的了过]|那单|订单|退|查|还没|好了|发货|[催问]一?下|进度|[吗?？]|卡密"
)
"""Of an order that he has placed: 京东卡100到了吗 is no new one."""
_AT_ONCE = re.compile("(?:马上|立刻|立马|尽快|赶紧|今天|现在)(?:就|能|要|得|给我)*(?:到账?|充上|发货)的?(?![了没])")
"""充100话费马上到账的: how it is to be, and nothing of what he has bought."""
_WISHES = re.compile(
    "(?:买|来|要|充|冲|订|拿)(?:一|两|三|1|2|3)?[个张份件]|(?:想|要|帮我|给我)(?:再)?[买充冲订]|给.{1,6}[充冲](?![过了的])"
)
_NOT_THERE = re.compile("没到|未到|没收|没充|未充|不到账|到账|到了|退|查|催|订单|上次|刚才|发货")
_NAMES_A_PRICE = re.compile(
    r"打.{0,2}折|单价(?:能否|可否|能不能|可不可以|能|可以)\d"
    r"|(?:能否|可否|能不能|可不可以)(?:按|给|算|到)?\d+(?:[元块]|一[张个份]|[?？]|$)"
    r"|只[付给出]\d|块钱?卖|便宜点|抹零|[付给出]\d+(?:元|块)(?:钱|行|可以)"
)
_WHAT_IT_IS = re.compile(
    "是(?:个)?(?:什么|啥|干嘛|干什么|干啥)|什么东西|啥东西|(?:干嘛|干什么|干啥|做什么)用?的|介绍一?下"
)
_WANTS_LESS = re.compile("(?:有|能|可以|给|会)(?:没有|不能|点|个|什么|些|再|多少)*(?:优惠|折扣|打折|便宜)|优惠[吗不么]")
_NOTHING_TO_ADD = re.compile(
    "(?:暂?无|没有?了?|不用了?|不补充|没什么|不需要)(?:备注|补充|要求|要交代的|要说的)?了?[。!！]?"
)
_NUMBER_OF = re.compile(
    "(?<!快递)(?<!物流)(?<!运)(?:订单|下单)?(?:编号|单号)(?:是|为)?(?:多少|什么|几|[?？呢发给在]|$)|订单号(?!码?错)"
)
_HOW_TO_BUY = re.compile(
    "(?:怎么|如何|咋|怎样)(?:样|能|才能|可以|去)?(?:自己|在线|给.{1,4})?(?:买|充|冲|下单|订|开通|办|交|缴|续|弄|搞)(?!了|的|没|不)"
)
_IS_ANYONE = re.compile(
    "(?:请问|你好|您好|哈喽|老板|店家|店主|掌柜|亲|[,，])*(?:有没有人|都?没人|有人|人都?去?哪儿?里?|人|在)(?:在)?(?:吗|么|嘛|没有?|不|呢|了)?(?:在|呀|啊|了|吗)*[?？!！~。.]*"
)
_OF_AN_ORDER = re.compile("卡|码|券|号|账|单|货|款|钱(?!的吧)|用不了|无效|失效|错|慢")
_MONEY_GONE = re.compile(
    "(?:那|所以|唉|喂|你好)*我?(?:付|充|给)?的?钱(?:呢|去哪里?了?|没了|不见了|到哪里?了?|怎么没了)[?？!！]*"
)
_STILL = re.compile("还是|那就?|要不")
_THREATENS = re.compile("曝光|报警|举报|起诉|告你|12315|消协")
_Talk = Callable[[Dialog, Said, Scene], Turn]


def _order(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if isinstance(dialog.state, Collecting | Confirming):
        return said_for_draft(dialog, said, scene)
    if unpaid.counts_only(said) and (turn := paying.change_unpaid(dialog, said, scene)) is not None:
        return turn
    if _only_complains(said):
        return after_sale.look_up(dialog, "problem", said)
    back = _dropped_again(dialog, said, scene)
    return back or _no_bargain(start(dialog, said.frame.items, scene, said.text), said)


def _only_complains(said: Said) -> bool:
    """是联通话费没到！！不是网盘: of what he bought, and nothing to buy is said but what it is called."""
    named = any({"value", "quantity"} & item.said or item.fields for item in said.frame.items)
    missing = wishes.stance(said.text, "problem") is wishes.Stance.WANTED and _NOT_THERE.search(said.text) is not None
    return missing and not named and _WISHES.search(said.text) is None


def _dropped_again(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """还是充个300的吧, after 算了 取消: of what was just dropped, where he names nothing else and it is sold so."""
    items = said.frame.items
    if len(dialog.dropped) != 1 or len(items) != 1 or "product" in items[0].said or not _STILL.search(said.text):
        return None
    item = replace(items[0], product=None, candidates=())
    made = corrected(dialog.dropped, replace(said, frame=replace(said.frame, intent="change", items=(item,))), scene)
    if made is None or made[1] or item.value is None:
        return None
    return advance(replace(dialog, dropped=(), misses=0), made[0], scene)


def _no_bargain(turn: Turn, said: Said) -> Turn:
    """单价能否980: the price that is offered is answered, before what is ordered."""
    asks = _NAMES_A_PRICE.search(said.text) or _WANTS_LESS.search(said.text)
    if not asks or not isinstance(turn.dialog.state, Collecting | Confirming):
        return turn
    return replace(turn, reply=replace(turn.reply, text=replies.join(replies.no_bargain(), turn.reply.text)))


def _answer(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """A bare value: for the open question; for the order that waits for payment it is no correction by itself."""
    if isinstance(dialog.state, Collecting | Confirming):
        return said_for_draft(dialog, said, scene)
    if unpaid.counts_only(said) and (turn := paying.change_unpaid(dialog, said, scene)) is not None:
        return turn
    if not said.frame.items:
        return miss(dialog, scene)
    return start(dialog, said.frame.items, scene, said.text)


def _change(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if isinstance(dialog.state, Collecting | Confirming):
        return said_for_draft(dialog, said, scene)
    turn = paying.change_unpaid(dialog, said, scene) if not unpaid.says_more(said.text) else None
    if turn is not None:
        return turn
    if any(item.product for item in said.frame.items):
        return start(dialog, said.frame.items, scene, said.text)
    if dialog.dropped and (again := corrected(dialog.dropped, said, scene)) is not None:
        lines, problems = again  # 哎还是要吧，换成200的: of what was just dropped
        return advance(replace(dialog, dropped=(), misses=0), lines, scene, *problems, missed=bool(problems))
    if not_held.is_theirs(said.text):
        return after_sale.look_up(dialog, "problem", said)
    return answer(dialog, scene, replies.nothing_to_change())


def confirm(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """确认, 对: what the talk has asked to be confirmed."""
    if dialog.misses >= MISSES_BEFORE_HUMAN and not isinstance(dialog.state, Confirming):
        return handoff.ask_for_human(dialog, scene, "misses")
    listed = dialog.listed
    if listed is not None and isinstance(dialog.state, Idle) and after_sale.gives_several(listed.entries[0]):
        return choose(dialog, 1, scene)  # 对, to 都退吗
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
    if _IS_ANYONE.fullmatch(fold(said.text)):
        return answer(dialog, scene, replies.join(replies.here_i_am(), replies.offer_human()))
    if isinstance(dialog.state, Idle) and dialog.unpaid is None and smalltalk.neglected(said.text):
        return answer(dialog, scene, replies.join(replies.sorry_to_keep_waiting(), replies.offer_human()))
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
    whole = [item for item in said.frame.items if item.product and item.sku and "value" in item.said]
    if not isinstance(dialog.state, Idle) or not whole:
        return False
    text = _AT_ONCE.sub("", said.text)
    if not _OF_THE_PAST.search(text) or (_asks_how_to_pay(said) and not _NOT_THERE.search(said.text)):
        return True
    # 我在别的地方买的被骗了，在你们这买一个季卡，充138…: what is past is told beside it
    told = all(item.fields for item in whole)
    return told and _WISHES.search(said.text) is not None and _NOT_THERE.search(said.text) is None


def _asks_how_to_pay(said: Said) -> bool:
    return any(word in fold(said.text) for word in replies.PAY_WORDS)


def _problem(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """没到账; but 邮箱错了 in the middle of an order is about that order."""
    if (switched := _switched(dialog, said, scene)) is not None:
        return switched
    if _orders_all_the_same(dialog, said):
        return _order(dialog, said, scene)
    if paying.live_unpaid(dialog, scene) is not None and not_held.gave_wrong(said.text):
        return _deny(dialog, said, scene)
    if isinstance(dialog.state, Idle) and rating.gives_stars(said.text) and "没" not in said.text:
        return _rate(dialog, said, scene)
    if cases.only_complains(fold(said.text)):
        return _human(dialog, said, scene)
    if _THREATENS.search(said.text) and wishes.stance(said.text, "problem") is wishes.Stance.UNNAMED:
        return handoff.angry(dialog, scene)
    named = _NOT_THERE.search(said.text) or _OF_AN_ORDER.search(said.text) or said.frame.items
    if not named and _is_angry(dialog, said, scene):
        return handoff.angry(dialog, scene)
    if isinstance(dialog.state, Collecting | Confirming) and any(word in said.text for word in replies.WRONG_WORDS):
        turn = _other_choice(dialog, said, scene) or slot_emptied(dialog, said.text, scene)
        if turn is not None:
            return turn
    return after_sale.look_up(dialog, "problem", said)


def _of_two_meanings(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """到钻石算了, 我现在是钻石: a word for what is bought and for what he has, where the rest says which."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or len(state.lines) != 1 or ASKS.search(said.text):
        return None
    product = scene.shelf.product(state.lines[0].product or "")
    both = two_meanings(fold(said.text), product) if product is not None else None
    return _other_choice(dialog, said, scene) if both is not None else None


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
        turn = _order(dialog, said, scene)
        told = replies.how_to_pay() if _asks_how_to_pay(said) else ""
        return replace(turn, reply=replace(turn.reply, text=replies.join(told, turn.reply.text)))
    if _NUMBER_OF.search(said.text):
        return after_sale.look_up(dialog, "list", replace(said, frame=replace(said.frame, items=())))
    listing = "订单" in said.text and not said.frame.items
    return after_sale.look_up(dialog, "list" if listing else "status", said)


def not_known(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """What the understanding made nothing of: perhaps this talk does."""
    if isinstance(dialog.state, Collecting | Confirming) and said.frame.items:
        return said_for_draft(dialog, said, scene)
    filled = answered_by_text(dialog.state, said, scene) if isinstance(dialog.state, Collecting) else None
    if filled is not None and isinstance(dialog.state, Collecting):
        return advance(dialog, dialog.state.lines, scene, *filled.problems, missed=True)
    if isinstance(dialog.state, Collecting) and (too_long := _too_long(dialog.state, said.text, scene)):
        return advance(dialog, dialog.state.lines, scene, too_long, missed=True)
    if isinstance(dialog.state, Confirming) and _NOTHING_TO_ADD.fullmatch(said.text.strip()):
        return advance(replace(dialog, misses=0), dialog.state.lines, scene)
    if isinstance(dialog.state, Idle) and rating.gives_stars(said.text):
        return _rate(dialog, said, scene)
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
    if (switched := _switched(dialog, said, scene)) is not None:
        return switched
    other = another_product(dialog, said, scene)
    if other is not None:
        return other
    named = named_in_list(dialog, said, scene) or named_in_shop(dialog, said, scene)
    if named is not None:
        return named
    if _is_angry(dialog, said, scene):
        return handoff.angry(dialog, scene)
    if isinstance(dialog.state, Idle) and live is None and (wish := wished_among_talk(said, scene)) is not None:
        return start(replace(dialog, misses=0), (wish,), scene, said.text)
    if (sized := named_alone(dialog, said, scene) or _of_two_meanings(dialog, said, scene)) is not None:
        return sized
    state = dialog.state
    lines = state.lines if isinstance(state, Confirming) and _SAYS_SOMETHING.search(said.text) else ()
    if _MIGHT_CORRECT.search(said.text) or (lines and may_be_a_wish(lines, said.text, scene.shelf)):
        dialog = doubted(dialog)
    return smalltalk.not_understood(dialog, said, scene)


def _too_long(state: Collecting, text: str, scene: Scene) -> str:
    """Why a text is no answer to a question for words of his own: too long, and how long it may be."""
    field = asked_field(state, scene.shelf)
    if field is None or field.kind not in FREE or len(text) <= TEXT_CHARS_MAX:
        return ""
    checked = check_field(field, text)
    return checked.reason_zh if isinstance(checked, Invalid) else ""


def _is_angry(dialog: Dialog, said: Said, scene: Scene) -> bool:
    return smalltalk.known_answer(dialog, said, scene) == replies.sorry_for_that()


def _rate(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """五星好评; but 垃圾 without a number of stars is only anger."""
    stars = rating.stars_in(said.text)
    if rating.threatens(said.text) and isinstance(dialog.state, Idle):
        return after_sale.look_up(dialog, "problem", said)
    if stars is None and rating.MINUTES.search(said.text):
        return _order_status(dialog, said, scene)  # 3分钟到账？
    if stars is None and (rating.is_unhappy(said.text) or _is_angry(dialog, said, scene)):
        return handoff.angry(dialog, scene)
    return rating.rate(dialog, stars)


def _help(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if _is_angry(dialog, said, scene):
        return handoff.angry(dialog, scene)
    named = said.frame.items[:1] if len({item.product for item in said.frame.items}) == 1 else ()
    if named and named[0].product and (browsing.asks_limits(said.text) or _WHAT_IT_IS.search(said.text)):
        return browsing.price(dialog, said, scene)
    if isinstance(dialog.state, Idle) and named and named[0].product and _HOW_TO_BUY.search(said.text):
        return browsing.opened(dialog, named, scene)
    whole = [item for item in said.frame.items if item.product and item.sku and "quantity" in item.said]
    if isinstance(dialog.state, Idle) and whole:  # 旗舰版一个 两台电脑能用吗
        turn = _order(dialog, said, scene)
        return replace(turn, reply=replace(turn.reply, text=replies.join(replies.offer_human(), turn.reply.text)))
    return smalltalk.help_(dialog, scene, said)


def _deny(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """不对; 点错了 要腾讯的 says what it should be."""
    return _switched(dialog, said, scene) or denied(dialog, scene, said.text)


def _switched(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Another product in the place of what stands there, whatever it sounds like besides."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or switched_to(state, said, scene.shelf) is None:
        return None
    return said_for_draft(dialog, said, scene)


def _batch(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    if said.frame.items:
        return start(dialog, said.frame.items, scene, said.text)
    return answer(dialog, scene, replies.batch_how(BATCH_LINES_MAX, examples.orders(scene.shelf)))


TALK: dict[str, _Talk] = {
    "order": _order,
    "browse": lambda d, said, scene: (
        _switched(d, said, scene) or named_alone(d, said, scene) or browsing.browse(d, said, scene)
    ),
    "search": lambda d, said, scene: (
        _switched(d, said, scene) or named_alone(d, said, scene) or browsing.search(d, said, scene)
    ),
    "price": lambda d, said, scene: _no_bargain(browsing.price(d, said, scene), said),
    "order_status": _order_status,
    "keys": lambda d, said, _: after_sale.look_up(d, "keys", said),
    "reorder": lambda d, said, _: after_sale.look_up(d, "reorder", said),
    "refund": _refund,
    "problem": _problem,
    "invoice": lambda d, said, _: after_sale.look_up(d, "invoice", said),
    "balance": lambda d, said, scene: (
        after_sale.look_up(d, "problem", said) if _MONEY_GONE.fullmatch(fold(said.text)) else wallet.balance(d, scene)
    ),
    "human": _human,
    "help": _help,
    "greet": lambda d, _, scene: smalltalk.greet(d, scene),
    "thanks": lambda d, _, scene: smalltalk.thanks(d, scene),
    "confirm": confirm,
    "deny": _deny,
    "cancel": lambda d, _, scene: paying.cancel(d, scene),
    "change": _change,
    "choose": _chose,
    "answer": _answer,
    "batch": _batch,
    "rate": _rate,
    "unknown": not_known,
}
