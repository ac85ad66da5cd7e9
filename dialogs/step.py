"""One turn of a talk: (dialog, heard, scene) → turn. Talk and facts go through the same function."""

import re
from dataclasses import replace

from catalog.checks import fold
from dialogs import (
    after_prices,
    after_sale,
    again,
    another_account,
    asked_besides,
    batch,
    beside,
    browsing,
    by_price,
    cases,
    change_or_another,
    checking,
    comparing,
    declining,
    dropping,
    each_line,
    given_apart,
    handoff,
    invoices,
    just_priced,
    no_answer,
    not_held,
    own_order,
    patching,
    paying,
    rating,
    refunds,
    remarks,
    reminders,
    replacing,
    replies,
    row_after_row,
    same_account,
    smalltalk,
    some_came,
    somebodys,
    supposing,
    tricks,
    two_places,
    undoing,
    unpaid,
    wallet,
    ways_in,
    while_unpaid,
    whose_account,
)
from dialogs.among_talk import wished_among_talk
from dialogs.asking import expecting, summary_in_brief
from dialogs.back_and_forth import counts_up, is_checking, said_between
from dialogs.editing import edited
from dialogs.effects import EndHandoff, FindOrders, Rate
from dialogs.facts import (
    AskedAgain,
    BalanceBack,
    BalanceFound,
    BalanceShort,
    BeingHeard,
    CancelRefused,
    CaseDropped,
    CaseOpened,
    CatalogMoved,
    Fact,
    FavouritesFound,
    HandoffEnded,
    HandoffOpened,
    NoSuchOrder,
    NotPayable,
    OneTapSet,
    OrderCancelled,
    OrderDeclined,
    OrderPlaced,
    OrdersFound,
    PaidFromBalance,
    Rated,
    RefundDecided,
    Reminded,
    SoldOut,
    TooManyUnpaid,
    TopUpRefused,
    Unheard,
)
from dialogs.gist.clauses import asks
from dialogs.gist.taking import or_its_gist
from dialogs.half_done import telling_the_rest
from dialogs.hearing import heard_again
from dialogs.intents import TALK, not_known
from dialogs.lateness import with_lateness
from dialogs.links import fit
from dialogs.once_more import repeats
from dialogs.ordering import as_it_went, favourites_found, start
from dialogs.passing_over import names_something_else, passed_over
from dialogs.picking import by_list
from dialogs.plain_answers import by_answer
from dialogs.recounting import recounts
from dialogs.settling import more_of_it
from dialogs.state import (
    Collecting,
    Confirming,
    Dialog,
    Lookup,
    WithHuman,
)
from dialogs.staying import leaves_some
from dialogs.told_besides import told_besides
from dialogs.turn import Followed, Heard, Linked, Pressed, Reply, Said, Scene, Showed, Spoke, Turn
from dialogs.unheld import unheld
from dialogs.whose_line import noted
from dialogs.window import shop_window, show_category
from dialogs.without_talk import or_its_core
from kernel.ids import OrderNo
from kernel.orders import OrderState

__all__ = ["expecting", "step"]

_MISTAKEN = re.compile("[写打说输填搞弄][错多少反]|[多少漏][打写输填说]|错了|不对|多了|少了")
_BUYS = re.compile("[充冲买订]|下单")
_SMALL_TALK = ("greet", "thanks", "rate", "help", "balance")
_CHAT = ("greet", "help", "thanks")
_HARDLY = ("price", "search", "order_status", "problem")
_HARDLY_SURE = 0.45
_SURE = 0.75
_SURE_OF_LETTERS = 0.95
_NOT_DONE_CHARS = 30
_LETTERS = re.compile("[a-z]{1,5}")


def step(dialog: Dialog, heard: Heard, scene: Scene) -> Turn:
    """Take one thing heard and say what becomes of it. Never raises for what a buyer can cause."""
    state, fresh = dialog.state, replace(dialog, unsaid="") if dialog.unsaid else dialog
    if fresh.supposed and not isinstance(heard, Said | Fact):
        fresh = replace(fresh, supposed=())  # another summary may stand there now
    if isinstance(state, WithHuman):
        turn = handoff.while_with_human(fresh, state, heard, scene, _step)
    else:
        turn = _step(fresh, heard, scene)
    if isinstance(heard, Said):
        turn = replacing.telling_all_that_went(fresh, heard.text, just_priced.still_meant(fresh, heard, turn), scene)
        turn = each_line.still_apart(fresh, turn)
        turn = replace(turn, dialog=noted(fresh, heard.text, turn.dialog))
        turn = smalltalk.regretting(fresh, heard, as_it_went(fresh, turn, scene.shelf))
    turn = undoing.remembering(fresh, replacing.still_kept(turn))
    if isinstance(heard, Said) and dialog.angry and turn.dialog.angry == dialog.angry:
        turn = replace(turn, dialog=replace(turn.dialog, angry=0))  # he has calmed down
    if not isinstance(heard, Fact) and dialog.just_placed and turn.dialog.just_placed:
        turn = replace(turn, dialog=replace(turn.dialog, just_placed=False))
    asks = any(not isinstance(effect, EndHandoff) for effect in turn.effects)
    text = turn.reply.text
    if isinstance(heard, Said | Spoke | Pressed | Followed | Linked | Showed):
        if isinstance(heard, Said) and heard.by_voice and (text or asks):
            text = replies.join(replies.heard_voice(heard.as_said or heard.text), text)
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
    if (turn := supposing.answered(dialog, said, scene)) is not None:
        return turn
    dialog = replace(dialog, supposed=()) if dialog.supposed else dialog
    if (refused := tricks.asks_for_others(dialog, said, scene)) is not None:
        return refused
    gone = own_order.not_the_draft(dialog, said, scene) or dropping.whole_draft(dialog, said, scene)
    if gone is not None and not said.late:
        return gone
    if (all_of_them := row_after_row.taken(dialog, said, scene, _said)) is not None:
        return all_of_them
    if said.corrects and not said.late:
        return no_answer.corrected(dialog, said, scene, _said)
    priced = by_price.with_its_sku(dialog, said, scene)
    by_its_price, said = priced is not said, priced
    if said.given is not None and not said.late:
        return given_apart.taken(dialog, said, scene, _said)
    if not said.late and (each := each_line.taken(dialog, said, scene)) is not None:
        return each
    if (both := asked_besides.both(dialog, said, scene, _said)) is not None:
        return both
    told = comparing.compared(dialog, said, scene) or browsing.fee_asked(dialog, said, scene)
    told = told or checking.checked(dialog, said, scene)
    if told is not None:
        return told
    apart = beside.taken(dialog, said, scene, _said) if said.wishes and not said.late else None
    if apart is not None:
        return apart
    if said.in_full:
        return replacing.noting_what_went(dialog, start(dialog, said.frame.items, scene, said.text), said.text, scene)
    if said.settled and not isinstance(dialog.state, Confirming) and not recounts(dialog, said, scene):
        said = replace(said, text=said.settled)
    turn = another_account.still_open(dialog, _taken(dialog, said, scene))
    turn = turn if by_its_price else or_its_gist(dialog, said, scene, turn)
    turn = change_or_another.said_in_full(dialog, said, turn, scene)
    turn = supposing.offered(dialog, said, scene, _noted(dialog, said, _checked(dialog, said, scene, turn)))
    turn = row_after_row.or_each(dialog, said, scene, or_its_core(dialog, said, scene, turn, _said), _said)
    state = dialog.state
    before = state.lines if isinstance(state, Confirming) else ()
    return tricks.answered(said, scene, Turn(dialog), telling_the_rest(before, said, scene, turn))


def _noted(dialog: Dialog, said: Said, turn: Turn) -> Turn:
    """What he said and nobody could do is kept, so that it can be told when the summary is shown once more."""
    before, after = dialog.state, turn.dialog.state
    if not isinstance(before, Confirming) or not isinstance(after, Confirming) or before.lines != after.lines:
        return turn
    if not after.denied or not (turn.dialog.misses or before.denied):
        return turn
    kept = replace(after, not_done=said.text.strip()[:_NOT_DONE_CHARS] if turn.dialog.misses else before.not_done)
    return replace(turn, dialog=replace(turn.dialog, state=kept))


def _checked(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    return unheld(dialog, said, scene, same_account.carried(dialog, said, scene, _doubting(dialog, said, scene, turn)))


def _doubting(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    before, after = dialog.state, turn.dialog.state
    if not isinstance(before, Confirming) or not isinstance(after, Confirming) or before.lines != after.lines:
        return turn
    looks = all(isinstance(effect, FindOrders) for effect in turn.effects)
    if not looks or said.late or said.frame.intent == "confirm":
        return turn
    if is_checking(fold(said.text)):
        return turn  # 我看看对不对: nothing is said to be wrong
    if another_account.only_spoken_of(before, said, scene.shelf):
        return turn
    misread = bool(turn.effects) and not asks(said.text)  # 等不了三天的 要立马到 sounds like a complaint
    misread = misread and not own_order.speaks_of_it(
        said, [e.purpose for e in turn.effects if isinstance(e, FindOrders)]
    )
    misread = misread and supposing.may_be_a_wish(before.lines, said.text, scene.shelf)
    if misread or _MISTAKEN.search(said.text) or names_something_else(before, said.text, scene.shelf):
        doubtful = replace(after, denied=True)
        told = turn.reply.text.replace(summary_in_brief(after, scene.shelf), summary_in_brief(doubtful, scene.shelf))
        return replace(turn, dialog=replace(turn.dialog, state=doubtful), reply=replace(turn.reply, text=told))
    return turn


def _taken(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """What he wrote: first what can only mean one thing here, then what the understanding makes of it."""
    said = heard_again(dialog, said, scene)
    apart = two_places.sent_apart(dialog, said, scene)
    if apart is not None:
        return apart
    late = smalltalk.spoken_late(dialog, said, scene)
    if late is not None:
        return late
    dialog, own = wallet.said(dialog, said, scene)
    if own is not None:
        return own
    answers = another_account.answered(dialog, said.text) is not None
    taken = (
        (by_list(dialog, said, scene) if answers else None)
        or reminders.asked(dialog, said, scene)
        or just_priced.taken(dialog, said, scene)
        or after_prices.taken(dialog, said, scene)
        or replacing.both_wanted(dialog, said, scene)
        or undoing.taken_back(dialog, said, scene)
        or while_unpaid.asked_whether_there(dialog, said, scene)
        or while_unpaid.together(dialog, said, scene)
        or told_besides(dialog, said, scene)
        or more_of_it(dialog, said, scene)
        or own_order.will_wait(dialog, said, scene)
        or own_order.waited(dialog, said, scene)
        or some_came.taken(dialog, said)
    )
    if taken is not None:
        return taken
    if (theirs := somebodys.taken(dialog, said, scene)) is not None:
        return theirs
    if leaves_some(dialog, said, scene):
        return unpaid.asked(dialog, said, scene) or _rest(dialog, said, scene)
    if (same := same_account.answered(dialog, said, scene)) is not None:
        return same
    if (
        isinstance(dialog.state, Confirming)
        and len(dialog.state.lines) > 1
        and counts_up(dialog.state, fold(said.text))
    ):
        return paying.confirm(dialog, scene)
    if recounts(dialog, said, scene):
        draft = isinstance(dialog.state, Collecting | Confirming)
        return (edited if draft else unpaid.asked)(dialog, said, scene) or _rest(dialog, said, scene)
    said = declining.instead(dialog, said)
    refused = declining.declined(dialog, said, scene) or declining.not_ordered(dialog, said, scene)
    if refused is not None:
        return refused
    certain = (
        ways_in.by_link(dialog, said.text, scene)
        or after_sale.about_order(dialog, said.text, scene)
        or invoices.answered(dialog, said, scene)
    )
    certain = certain or batch.detail(dialog, said, scene) or batch.taken(dialog, said, scene)
    certain = certain or by_list(dialog, said, scene) or whose_account.put_right(dialog, said, scene)
    certain = certain or another_account.taken(dialog, said, scene)
    certain = certain or patching.patched(dialog, said, scene) or remarks.only_told(dialog, said, scene)
    certain = certain or by_answer(dialog, said, scene)
    certain = certain or own_order.bad_key(dialog, said) or invoices.amended(dialog, said)
    if certain is None and not repeats(said.text):
        certain = unpaid.asked(dialog, said, scene)
    return certain or _rest(dialog, said, scene)


def _meant(dialog: Dialog, fact: OrdersFound, scene: Scene) -> Turn:
    """His orders are known: what the message does with them, or what it says besides."""
    lookup = dialog.waiting
    if not isinstance(lookup, Lookup) or lookup.frame is None:
        return Turn(replace(dialog, waiting=None))
    said = Said(lookup.frame, lookup.text)
    before = dialog.unpaid.lines if dialog.unpaid is not None else ()
    return telling_the_rest(before, said, scene, _with_orders(dialog, fact, said, scene))


def _with_orders(dialog: Dialog, fact: OrdersFound, said: Said, scene: Scene) -> Turn:
    about = while_unpaid.talked_of(dialog, fact.orders, said, scene) or unpaid.found(dialog, fact, said, scene)
    plain = replace(dialog, waiting=None)
    known = {order.order_no: order.state for order in fact.orders}
    waits = plain.unpaid is None or known.get(OrderNo(plain.unpaid.order_no), OrderState.UNPAID) is OrderState.UNPAID
    about = about or not_held.paid(plain if waits else replace(plain, unpaid=None), fact.orders, said, scene)
    if about is not None:
        return about
    if (with_it := not_held.held(plain, fact.orders, said, scene)) is not plain:
        plain, said = with_it, not_held.as_denied(said)
    if not waits and _BUYS.search(said.text):
        plain = replace(plain, unpaid=None)  # paid meanwhile: 充50个 is no correction of it
    turn = _checked(plain, said, scene, _rest(plain, said, scene))
    return while_unpaid.told_besides(turn, plain, fact.orders, scene)


def _rest(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """What it says where it is about no order that waits."""
    if not isinstance(dialog.state, Collecting | Confirming) and repeats(said.text):
        return after_sale.look_up(dialog, "reorder", said)
    certain = said_between(dialog, said, scene)
    certain = certain or again.with_last_account(dialog, said, scene) or again.another_of_it(dialog, said)
    certain = certain or edited(dialog, said, scene)
    if certain is not None:
        return certain
    told = (
        own_order.asked_for(dialog, said)
        or own_order.how_long(dialog, said, scene)
        or smalltalk.shop_answer(dialog, said, scene)
    )
    told = told or own_order.asked(dialog, said, scene) or passed_over(dialog, said, scene)
    told = told or smalltalk.not_stated(dialog, said, scene)
    if told is not None:
        return told
    if isinstance(dialog.state, Collecting | Confirming) and _is_noise(said):
        return not_known(dialog, said, scene)
    among = said.frame.intent in _CHAT and not isinstance(dialog.state, Collecting | Confirming)
    if among and (wish := wished_among_talk(said, scene)) is not None:
        return start(dialog, (wish,), scene, said.text)
    if (put_off := no_answer.put_off(dialog, said, scene)) is not None:
        return put_off
    return TALK[said.frame.intent](dialog, said, scene)


_SPEAK_OF_IT = ("meant", "correct", "remains")
"""Looked up for these, an order that this talk remembers is spoken of even where it has been paid."""


def _without_paid(dialog: Dialog, fact: OrdersFound) -> Dialog:
    """The talk without its memory of an order that waits, where the books say that it does not: what is said next is
    no correction of it."""
    unpaid = dialog.unpaid
    if unpaid is None or fact.purpose in _SPEAK_OF_IT:
        return dialog
    moved = any(o.order_no == unpaid.order_no and o.state is not OrderState.UNPAID for o in fact.orders)
    return replace(dialog, unpaid=None) if moved else dialog


def _is_noise(said: Said) -> bool:
    """Whether it was read as small talk only for want of anything better: ghi is no greeting."""
    frame = said.frame
    sure = _SURE if not _LETTERS.fullmatch(fold(said.text)) else _SURE_OF_LETTERS
    if frame.intent in _SMALL_TALK:
        return not frame.items and 0 < frame.confidence < sure
    return frame.intent in _HARDLY and not frame.items and 0 < frame.confidence < _HARDLY_SURE


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
    if isinstance(fact, OrdersFound):
        fact = replace(fact, orders=with_lateness(fact.orders, scene.now))
        dialog = _without_paid(dialog, fact)
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
            return refunds.refund_decided(dialog, fact, scene)
        case NoSuchOrder():
            return refunds.none_of_his(dialog, scene)
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
