"""余额: shown, topped up, paid from, given back. What a catalog sells under such a name is the catalog's."""

import re
from dataclasses import replace
from datetime import timedelta

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import after_sale, replies
from dialogs.asking import answer
from dialogs.effects import FindBalance, PayFromBalance, SetOneTap, TopUp, Withdraw
from dialogs.facts import BalanceBack, BalanceFound, BalanceShort, NotPayable, OneTapSet, PaidFromBalance, TopUpRefused
from dialogs.paying import live_unpaid, pay_url
from dialogs.refunds import into_balance
from dialogs.state import Collecting, Confirming, Dialog, Idle, Listed, TopUpAsked
from dialogs.turn import Reply, Said, Scene, Turn, WalletTerms
from kernel.ids import OrderNo
from nlu.numerals import read_numeral

ASKED_FOR = timedelta(minutes=10)
"""So long 确认 means the top-up that was summed up."""
_NAME = "(?:余额|钱包)"
_N = r"(?P<n>\d{1,9}(?:\.\d+)?|[零一二两三四五六七八九十百千万]{1,9})"
_YUAN = "(?:元钱?|块钱?|rmb)?"
_ASKS = "(?:帮我|给我|帮忙|麻烦|[我想要请那就先再来])*"
_ENDS = "(?:吧|啊|呀|哈|呗|谢|[。.!！~])*"
_TOPUP = re.compile(
    rf"{_ASKS}(?:充值?(?:到)?{_NAME}|{_NAME}充值?|[往给](?:我的?)?{_NAME}里?充值?|存{_NAME}|预存){_N}{_YUAN}{_ENDS}"
)
_TOPUP_INTO = re.compile(
    rf"{_ASKS}(?:充值?|存){_N}{_YUAN}(?:的|[到进至入在存])*(?:我的?|小店的?|店里的?)*{_NAME}[里中]?{_ENDS}"
)
_TOPUP_HOW = re.compile(
    rf"{_ASKS}(?:怎么|如何|可以|能)?(?:给|往)?(?:充值?到?|存){_NAME}[吗呢么?？]*{_ENDS}|{_NAME}(?:怎么|如何|可以|能)?充值?[吗呢么?？]*"
)
_OTHER_AMOUNT = re.compile(rf"(?:[改换]成?|[改换]为|充|还是充|充值)?{_N}{_YUAN}{_ENDS}")
_PAY = re.compile(
    rf"(?:(?:我要|帮我|请|就|[用从])*{_NAME}(?:里的钱|的钱|里)?(?:来|去)?(?:支付|付款|付钱|付|买单|结账|扣)(?:这单|这个|吧|了|款)*"
    rf"|(?:这单|这个)?(?:用|从|拿){_NAME}(?:里)?(?:支付|付款|付|扣)?{_ENDS})(?P<no>k\d{{16}})?"
)
_ONE_TAP_ON = re.compile(f"{_ASKS}(?:开通|开启|打开|启用)(?:小额)?免(?:确认|密)(?:付款|支付)?{_ENDS}")
_ONE_TAP_OFF = re.compile(f"{_ASKS}(?:关闭|关掉|停用|取消|不要|关)(?:小额)?免(?:确认|密)(?:付款|支付)?{_ENDS}")
_WITHDRAW_HOW = re.compile(
    rf"{_ASKS}(?:(?:把)?{_NAME}(?:里)?(?:的钱)?(?:[想要可以怎么如何能]*)(?:提现|提出来|取出来|退款|退回|退还|退出来|退|取)"
    rf"(?:出来|回来|给我|了|吗|呢|到微信|到零钱|原路)*|(?:提现|退|取)(?:我的)?{_NAME}(?:提现)?(?:吗|了)?|提现){_ENDS}"
)
_WITHDRAW = re.compile(f"确认(?:{_NAME})?提现{_ENDS}")
_WHERE = r"(?:你|您|店|你们|咱)们?(?:家|店)?(?:这|那|家|店|平台)?(?:里|儿|边)?"
_LEFT = re.compile(
    rf"(?:我|俺)?(?:之前|以前|上次)?(?:在|放|存)+{_WHERE}(?:一共|总共|现在|还|里)*(?:有没有|有|剩|存|放)(?:了|着|下)*(?:多少|几块|没|什么|余)?的?钱"
    rf"(?:没用完|没花完|没用|没花|在里面|的)*(?:了|没有?|吗|呢|啊|么|不)*[?？]*"
    rf"|(?:我|俺)?(?:还有没有|还有|有没有|还剩)(?:多少|几块|没用完的)?钱(?:没用完|存|放)*在{_WHERE}(?:了|没有?|吗|呢|啊|么|不)*[?？]*"
    r"|(?:我|俺)?(?:上次|之前|以前)*(?:剩下?|没用完|没花完|用剩)的(?:那些|那点)?钱(?:呢|还在吗|在哪里?|哪去了|还有多少|还有吗|还有没有)[?？]*"
)
"""我在你这还有多少钱没用完: the balance, whatever 没用 sounds like."""
_OFFERED = Listed(("t:确认提现",))
_YES = ("确认", "确定", "是", "是的", "对", "对的", "退吧", "确认退", "提吧")
_GOES_ON = ("price", "help", "greet", "thanks", "balance", "order_status", "unknown", "human")
"""A question in the middle: after it 确认 still means the top-up."""


def said(dialog: Dialog, heard: Said, scene: Scene) -> tuple[Dialog, Turn | None]:
    """What can only be about his balance. Without an answer: the dialog as the rest is to see it."""
    text = fold(heard.text)
    if isinstance(dialog.state, Idle) and _LEFT.fullmatch(text):
        return dialog, balance(dialog, scene)
    if scene.wallet is None:
        return dialog, None
    if dialog.listed == _OFFERED:  # for one message: the question was put right before it
        dialog = replace(dialog, listed=None)
        if isinstance(dialog.state, Idle) and text in _YES:
            return dialog, Turn(dialog, effects=(Withdraw(),))
    turn = _pending(dialog, heard, text, scene) or _asked(dialog, heard, text, scene)
    if turn is None and dialog.topup is not None and heard.frame.intent not in _GOES_ON:
        return replace(dialog, topup=None), None
    return dialog, turn


def _asked(dialog: Dialog, heard: Said, text: str, scene: Scene) -> Turn | None:
    terms = scene.wallet
    if terms is None or not re.search(f"{_NAME}|提现|免确认|免密|预存", text) or _is_sold(text, scene.shelf):
        return None
    if paid := _PAY.fullmatch(text):
        return _pay(dialog, paid["no"], scene)
    if _ONE_TAP_ON.fullmatch(text):
        if not terms.one_tap_max_fen:
            return answer(dialog, scene, replies.one_tap_not_here())
        return Turn(dialog, effects=(SetOneTap(True),))
    if _ONE_TAP_OFF.fullmatch(text):
        return Turn(dialog, effects=(SetOneTap(False),))
    if _WITHDRAW.fullmatch(text):
        return Turn(dialog, effects=(Withdraw(),))
    if found := _TOPUP.fullmatch(text) or _TOPUP_INTO.fullmatch(text):
        return _ask(dialog, _fen(found["n"]), terms, scene)
    if _TOPUP_HOW.fullmatch(text):
        return answer(dialog, scene, replies.balance_how(terms.topup_min_fen, terms.topup_max_fen))
    if into_balance(heard.text) and not isinstance(dialog.state, Collecting | Confirming):
        return after_sale.look_up(dialog, "refund", heard)
    if _WITHDRAW_HOW.fullmatch(text):
        offered = _OFFERED if isinstance(dialog.state, Idle) else None
        return answer(dialog, scene, replies.withdraw_how(), offered)
    return None


def _is_sold(text: str, shelf: Shelf) -> bool:
    """Something of the catalog has such a name: it comes first."""
    for product in shelf.products:
        for name in (product.name, *product.aliases):
            folded = fold(name)
            if re.search(f"{_NAME}|提现|预存", folded) and folded in text:
                return True
    return False


def _pending(dialog: Dialog, heard: Said, text: str, scene: Scene) -> Turn | None:
    """To the top-up that was summed up: 确认, 取消, another amount."""
    asked, terms = dialog.topup, scene.wallet
    if asked is None or terms is None or scene.now >= asked.until or not isinstance(dialog.state, Idle):
        return None
    if text in replies.CONFIRM_WORDS or (heard.frame.intent == "confirm" and not heard.frame.items):
        return Turn(replace(dialog, topup=None, misses=0), effects=(TopUp(asked.amount_fen),))
    if text in replies.CANCEL_WORDS or heard.frame.intent in ("cancel", "deny"):
        return Turn(replace(dialog, topup=None, misses=0), Reply(replies.draft_cleared()))
    if other := _OTHER_AMOUNT.fullmatch(text):
        return _ask(dialog, _fen(other["n"]), terms, scene)
    return None


def _fen(number: str) -> int | None:
    """The amount in fen; None when it names none, or parts of a fen."""
    value = read_numeral(number) if number else None
    fen = round(value * 100) if value is not None else None
    return fen if fen is not None and value is not None and abs(fen - value * 100) < 1e-6 else None


def _ask(dialog: Dialog, amount_fen: int | None, terms: WalletTerms, scene: Scene) -> Turn:
    """The summary; a draft that was being put together gives way to it, as to any new request."""
    if amount_fen is None or not terms.topup_min_fen <= amount_fen <= terms.topup_max_fen:
        return answer(dialog, scene, replies.topup_amount_wrong(terms.topup_min_fen, terms.topup_max_fen))
    state = dialog.state
    fresh = Dialog(
        unpaid=dialog.unpaid,
        dropped=state.lines if isinstance(state, Collecting | Confirming) else dialog.dropped,
        topup=TopUpAsked(amount_fen, scene.now + ASKED_FOR),
    )
    return Turn(fresh, Reply(replies.topup_summary(amount_fen)))


def _pay(dialog: Dialog, order_no: str | None, scene: Scene) -> Turn:
    if order_no is None and isinstance(dialog.state, Collecting | Confirming):
        return answer(dialog, scene, replies.confirm_first())
    live = live_unpaid(dialog, scene)
    named = order_no.upper() if order_no is not None else live.order_no if live is not None else None
    return Turn(dialog, effects=(PayFromBalance(OrderNo(named) if named is not None else None),))


def balance(dialog: Dialog, scene: Scene) -> Turn:
    """我的余额."""
    if scene.wallet is None:
        return answer(dialog, scene, replies.balance())
    return Turn(dialog, effects=(FindBalance(),))


# ---- what became of it ---------------------------------------------------------------------------------------------


def found(dialog: Dialog, fact: BalanceFound, scene: Scene) -> Turn:
    """Where his balance stands."""
    terms = scene.wallet
    if terms is None:
        return answer(dialog, scene, replies.balance())
    moves = [(move.kind, move.amount_fen, move.at) for move in fact.moves]
    told = replies.balance_sheet(fact.balance_fen, moves, scene.hours.zone, terms.topup_min_fen, terms.topup_max_fen)
    offers = terms.one_tap_max_fen and (fact.one_tap or fact.balance_fen)
    small = replies.one_tap_is(terms.one_tap_max_fen, on=fact.one_tap) if offers else ""
    return answer(dialog, scene, replies.join(told, small))


def paid(dialog: Dialog, fact: PaidFromBalance, scene: Scene) -> Turn:
    """Paid: the order is no more one that waits."""
    known = _settled(dialog, fact.order.order_no)
    return answer(known, scene, replies.paid_from_balance(fact.order, fact.balance_fen))


def short(dialog: Dialog, fact: BalanceShort, scene: Scene) -> Turn:
    """Not enough: nothing was taken, WeChat Pay is there."""
    url = pay_url(scene, fact.order.token)
    return answer(dialog, scene, replies.balance_short(fact.order, fact.balance_fen, url))


def not_payable(dialog: Dialog, fact: NotPayable, scene: Scene) -> Turn:
    """Nothing was taken, and why."""
    if fact.order_no is None or fact.state is None:
        return answer(dialog, scene, replies.nothing_to_pay())
    return answer(dialog, scene, replies.not_payable(fact.order_no, fact.state))


def refused(dialog: Dialog, fact: TopUpRefused, scene: Scene) -> Turn:
    """More than a balance may hold."""
    return answer(dialog, scene, replies.topup_over_the_top(fact.balance_max_fen, fact.left_fen))


def one_tap_set(dialog: Dialog, fact: OneTapSet, scene: Scene) -> Turn:
    """He has been asked for this, and told what it means."""
    terms = scene.wallet
    if not fact.on or terms is None:
        return answer(dialog, scene, replies.one_tap_off())
    return answer(dialog, scene, replies.one_tap_on(terms.one_tap_max_fen, terms.one_tap_daily_fen))


def given_back(dialog: Dialog, fact: BalanceBack, scene: Scene) -> Turn:
    """What goes back by the original route, and what cannot."""
    if not fact.back_fen and not fact.left_fen:
        return answer(dialog, scene, replies.nothing_to_withdraw())
    told = replies.withdrawn(fact.back_fen) if fact.back_fen else ""
    return answer(dialog, scene, replies.join(told, replies.withdrawn_rest(fact.left_fen) if fact.left_fen else ""))


def _settled(dialog: Dialog, order_no: str) -> Dialog:
    gone = dialog.unpaid is not None and dialog.unpaid.order_no == order_no
    return replace(dialog, unpaid=None) if gone else dialog
