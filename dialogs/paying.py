"""From 确认 to the pay link, and back: placing, sold out, cancelling, correcting an order that is not paid yet."""

from collections.abc import Sequence
from dataclasses import replace

from dialogs import examples, replies
from dialogs.answering import corrected
from dialogs.asking import answer, numbered, sku_entries
from dialogs.draft import chosen_options, look, to_wanted
from dialogs.effects import CancelOrder, FindOrders, PlaceOrder
from dialogs.facts import AskedAgain, CancelRefused, OrderCancelled, OrderPlaced, OrdersFound, SoldOut, TooManyUnpaid
from dialogs.ordering import advance, denied, mend, miss
from dialogs.state import Cancelling, Collecting, Confirming, Dialog, DraftLine, Listed, Lookup, Replacement, Unpaid
from dialogs.turn import Reply, Said, Scene, Turn
from kernel.ids import OrderNo
from kernel.orders import Order, OrderState

_ORDERS_LOOKED_AT = 10
_LOOKED_UP_CHARS = 200


def confirm(dialog: Dialog, scene: Scene) -> Turn:
    """确认. Orders only what a summary has shown, at the price it has shown."""
    state = dialog.state
    if isinstance(state, Confirming):
        looked = [look(line, scene.shelf) for line in state.lines]
        if state.denied:
            return advance(dialog, state.lines, scene, replies.not_done(state.not_done) if state.not_done else "")
        priced = tuple(int(one.total_fen() or 0) for one in looked)
        wanted = [to_wanted(one, total) for one, total in zip(looked, state.totals_fen, strict=False)]
        if priced != state.totals_fen or any(line is None for line in wanted):
            return advance(dialog, state.lines, scene, replies.price_moved())
        order = PlaceOrder(tuple(line for line in wanted if line), state.again)
        return Turn(replace(dialog, misses=0), effects=(order,))
    if isinstance(state, Collecting):
        return miss(dialog, scene, "")
    if dialog.unpaid is None:
        return answer(dialog, scene, replies.nothing_to_confirm())
    return Turn(dialog, effects=(FindOrders("status"),))


def cancel(dialog: Dialog, scene: Scene) -> Turn:
    """取消: the draft if there is one, else the order that waits for payment, else whatever of his is unpaid."""
    if isinstance(dialog.state, Collecting | Confirming):
        live = live_unpaid(dialog, scene)
        cleared = Dialog(unpaid=live, dropped=dialog.state.lines if not dialog.mending else ())
        if live is None:
            return Turn(cleared, Reply(replies.draft_cleared()))
        # It may have been paid meanwhile: the books know, the talk does not.
        asks = replace(cleared, waiting=Lookup(live.order_no))
        return Turn(asks, Reply(replies.draft_cleared()), effects=(FindOrders("remains"),))
    live = live_unpaid(dialog, scene)
    if live is not None and dialog.just_placed:
        return Turn(replace(dialog, listed=None), effects=(CancelOrder(OrderNo(live.order_no)),))
    if live is not None and dialog.dropped:  # perhaps the same 取消, tapped twice: the order is not what it was about
        asks = replace(dialog, listed=None, dropped=(), misses=0, waiting=Lookup(live.order_no))
        return Turn(asks, effects=(FindOrders("remains"),))
    return Turn(replace(dialog, listed=None, misses=0), effects=(FindOrders("cancel"),))


def change_unpaid(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """A correction after the order was placed: it is cancelled, and the corrected one is summed up again."""
    live = live_unpaid(dialog, scene)
    if live is None:
        return None
    found = corrected(live.lines, said, scene)
    if found is None:
        return denied(dialog, scene, said.text)
    lines, problems = found
    if problems or any(look(line, scene.shelf).missing for line in lines):
        return mend(dialog, live, lines, scene, *problems)
    if tuple(lines) == tuple(live.lines):
        return denied(dialog, scene, said.text)  # nothing to cancel it for
    return Turn(replace(dialog, waiting=Replacement(lines)), effects=(CancelOrder(OrderNo(live.order_no)),))


def still_there(dialog: Dialog, fact: OrdersFound, order_no: str, scene: Scene) -> Turn:
    """What the books say of the order this talk remembers: spoken of only while it waits for payment."""
    unpaid = any(o.order_no == order_no and o.state is OrderState.UNPAID for o in fact.orders)
    known = dialog if unpaid else replace(dialog, unpaid=None)
    if fact.purpose == "remains":
        return Turn(known, Reply(replies.unpaid_remains(order_no) if unpaid else ""))
    if not unpaid or known.unpaid is None:
        return answer(known, scene, replies.nothing_to_change())
    return answer(known, scene, replies.what_to_change(examples.changes(known.unpaid.lines, scene.shelf)))


def placed(dialog: Dialog, fact: OrderPlaced, scene: Scene) -> Turn:
    """The order exists: its number and the one link."""
    order = fact.order
    lines = dialog.state.lines if isinstance(dialog.state, Confirming) else ()
    unpaid = Unpaid(order.order_no, order.token, order.total_fen, order.expires_at, lines)
    minutes = max(1, round((order.expires_at - scene.now).total_seconds() / 60))
    url = pay_url(scene, order.token)
    if order.paid_at is not None:
        return Turn(Dialog(), Reply(replies.paid_at_once(order, fact.balance_fen or 0, url)))
    told = replies.placed(order.order_no, order.total_fen, url, minutes)
    if fact.balance_fen is not None:
        told = replies.join(told, replies.can_pay_from_balance(order.order_no, fact.balance_fen))
    return Turn(Dialog(unpaid=unpaid, just_placed=True), Reply(told))


def sold_out(dialog: Dialog, fact: SoldOut, scene: Scene) -> Turn:
    """Not enough left: say how many, and what can be done."""
    state = dialog.state
    if not isinstance(state, Confirming) or not 0 <= fact.position < len(state.lines):
        return answer(dialog, scene, replies.sold_out("这件商品", 0))
    line = state.lines[fact.position]
    looked = look(line, scene.shelf)
    product, sku = looked.product, looked.sku
    if product is None or sku is None:
        return advance(dialog, state.lines, scene)
    what = f"{product.name} {sku.label}"
    if fact.left > 0:
        told = replies.join(replies.sold_out(what, fact.left), replies.sold_out_fewer(fact.left))
        return Turn(replace(dialog, state=replace(state, denied=True)), Reply(told))
    emptied = replace(line, value=None, sku=None)
    others = [s for s in scene.shelf.matching(product.id, None, chosen_options(line, product)) if s != sku]
    if not others:
        told = replies.join(replies.sold_out(what, 0), replies.sold_out_nothing_else(), replies.can_remind())
        return Turn(Dialog(unpaid=dialog.unpaid, short=sku.code), Reply(told))
    listed = Listed(tuple(f"s:{s.code}" for s in others))
    lines = (*state.lines[: fact.position], emptied, *state.lines[fact.position + 1 :])
    rows = numbered(listed, sku_entries(product, others))
    told = replies.join(replies.sold_out(what, 0), replies.sold_out_other(), rows, replies.can_remind())
    asking = Collecting(lines, fact.position, "value")
    return Turn(replace(dialog, state=asking, listed=listed, short=sku.code), Reply(told))


def too_many_unpaid(dialog: Dialog, fact: TooManyUnpaid, scene: Scene) -> Turn:
    """He must pay or cancel one first; the draft stays where it is."""
    if not fact.orders:
        return answer(dialog, scene, replies.nothing_to_cancel())
    listed, rows = _unpaid_list(fact.orders)
    links = replies.pay_links([(replies.order_what(o), pay_url(scene, o.token)) for o in fact.orders[:3]])
    told = replies.join(replies.too_many_unpaid(len(fact.orders)), rows, links)
    return Turn(replace(dialog, listed=listed), Reply(told))


def catalog_moved(dialog: Dialog, scene: Scene) -> Turn:
    """The price changed since the summary: show it again."""
    if not isinstance(dialog.state, Confirming):
        return answer(dialog, scene, replies.price_moved())
    return advance(dialog, dialog.state.lines, scene, replies.price_moved())


def asked_again(dialog: Dialog, fact: AskedAgain, scene: Scene) -> Turn:
    """An unusual order: the summary once more, why, and 确认 once more. A correction makes it another order."""
    if not isinstance(dialog.state, Confirming):
        return answer(dialog, scene, replies.nothing_to_confirm())
    shown = advance(dialog, dialog.state.lines, scene, replies.check_once_more(fact.why))
    if not isinstance(shown.dialog.state, Confirming):
        return shown
    return replace(shown, dialog=replace(shown.dialog, state=replace(shown.dialog.state, again=True)))


def declined(dialog: Dialog) -> Turn:
    """A person can do what the bot will not; the draft stays, so that he sees what it is about."""
    return Turn(replace(dialog, listed=None), Reply(replies.order_declined()))


def cancelled(dialog: Dialog, fact: OrderCancelled, scene: Scene) -> Turn:
    """Cancelled: on with the correction it was cancelled for, or with the draft that waited for room."""
    gone = _without(dialog, fact.order_no)
    if isinstance(dialog.waiting, Replacement):
        return advance(gone, dialog.waiting.lines, scene, _cancelled_for_change(fact))
    told = replies.goods_cancelled(fact.order) if fact.order is not None else replies.order_cancelled(fact.order_no)
    if isinstance(dialog.waiting, Cancelling):
        done = replace(dialog.waiting, gone=(*dialog.waiting.gone, told))
        return _cancel_next(replace(gone, waiting=done), fact.left, scene)
    told = replies.join(told, *(_still_to_pay(order, scene) for order in fact.left))
    if isinstance(dialog.state, Confirming):
        return advance(gone, dialog.state.lines, scene, told)
    return answer(replace(gone, dropped=_lines_of(dialog, fact, scene)), scene, told)


def _lines_of(dialog: Dialog, fact: OrderCancelled, scene: Scene) -> tuple[DraftLine, ...]:
    """What was cancelled, in case he wants it after all; empty where it is not all on sale any more."""
    if dialog.unpaid is not None and dialog.unpaid.order_no == fact.order_no:
        return dialog.unpaid.lines
    from dialogs.again import line_again  # not above: by way of editing it needs this file

    again = [line_again(line, scene) for line in fact.order.lines] if fact.order is not None else []
    return tuple(line for line in again if line is not None) if None not in again else ()


def _cancelled_for_change(fact: OrderCancelled) -> str:
    """What goes, and what of other orders stays."""
    if fact.order is None:
        return replies.order_cancelled_for_change(fact.order_no)
    return replies.join(replies.changed_order(fact.order), *(replies.stays(order) for order in fact.left))


def cancel_refused(dialog: Dialog, fact: CancelRefused, scene: Scene) -> Turn:
    """Paid already, or closed by itself."""
    gone = _without(dialog, fact.order_no)
    if isinstance(dialog.waiting, Cancelling):
        told = replies.cancel_refused(fact.order_no, fact.state)
        return _cancel_next(
            replace(gone, waiting=replace(dialog.waiting, gone=(*dialog.waiting.gone, told))), (), scene
        )
    closed = fact.state in (OrderState.CANCELLED, OrderState.EXPIRED)
    if closed and isinstance(dialog.waiting, Replacement):
        return advance(gone, dialog.waiting.lines, scene, replies.cancel_refused(fact.order_no, fact.state))
    if isinstance(dialog.waiting, Replacement):
        return answer(gone, scene, replies.change_refused(fact.order_no, fact.state))
    return answer(gone, scene, replies.cancel_refused(fact.order_no, fact.state))


def cancel_several(dialog: Dialog, orders: Sequence[Order]) -> Turn:
    """都取消: one after the other, and one answer for all."""
    first, rest = orders[0], tuple(order.order_no for order in orders[1:])
    waits = replace(dialog, listed=None, waiting=Cancelling(rest))
    return Turn(waits, effects=(CancelOrder(first.order_no),))


def _cancel_next(dialog: Dialog, left: Sequence[Order], scene: Scene) -> Turn:
    going = dialog.waiting
    if not isinstance(going, Cancelling):
        return Turn(dialog)
    if going.order_nos:
        waits = replace(dialog, waiting=replace(going, order_nos=going.order_nos[1:]))
        return Turn(waits, effects=(CancelOrder(OrderNo(going.order_nos[0])),))
    told = replies.join(*going.gone, *(_still_to_pay(order, scene) for order in left))
    done = replace(dialog, waiting=None)
    if isinstance(dialog.state, Confirming):
        return advance(done, dialog.state.lines, scene, told)
    return answer(done, scene, told)


def _still_to_pay(order: Order, scene: Scene) -> str:
    return replies.still_to_pay(order, pay_url(scene, order.token))


def ask_which_to_cancel(dialog: Dialog, orders: Sequence[Order]) -> Turn:
    """取消, and several wait: which one, by its goods."""
    listed, rows = _unpaid_list(orders)
    return Turn(
        replace(dialog, listed=listed, waiting=None, misses=0), Reply(replies.join(replies.which_to_cancel(), rows))
    )


def cancel_one_of(dialog: Dialog, orders: tuple[Order, ...], scene: Scene, product: str | None = None) -> Turn:
    """取消 when the talk remembers no order, or names a product: what the books say is unpaid."""
    unpaid = tuple(
        o
        for o in orders
        if o.state is OrderState.UNPAID and (product is None or any(line.product_id == product for line in o.lines))
    )
    if not unpaid:
        paid = next((o for o in orders if o.state in (OrderState.PAID, OrderState.DELIVERED)), None)
        told = replies.paid_not_cancelled(paid) if paid is not None else replies.nothing_to_cancel()
        return answer(replace(dialog, unpaid=None, waiting=None), scene, told)
    if len(unpaid) == 1:
        return Turn(replace(dialog, waiting=None), effects=(CancelOrder(unpaid[0].order_no),))
    return ask_which_to_cancel(dialog, unpaid)


def pay_url(scene: Scene, token: str) -> str:
    """Where an order is paid."""
    return f"{scene.public_url}/pay/{token}"


def _unpaid_list(orders: Sequence[Order]) -> tuple[Listed, str]:
    listed = Listed(tuple(f"u:{o.order_no}" for o in orders[:9]))
    texts = [
        (replies.unpaid_entry(o.order_no, replies.order_what(o), o.total_fen), f"取消 {o.order_no}") for o in orders[:9]
    ]
    return listed, numbered(listed, texts)


def live_unpaid(dialog: Dialog, scene: Scene) -> Unpaid | None:
    """The order of this talk that still waits for payment."""
    return dialog.unpaid if dialog.unpaid is not None and dialog.unpaid.expires_at > scene.now else None


def look_up_meant(dialog: Dialog, said: Said) -> Turn:
    """His orders are looked up first, for a message that may be about one that waits: the books know, the talk does
    not."""
    lookup = Lookup(text=said.text[:_LOOKED_UP_CHARS], frame=said.frame)
    return Turn(replace(dialog, waiting=lookup), effects=(FindOrders("meant", _ORDERS_LOOKED_AT),))


def _without(dialog: Dialog, order_no: str) -> Dialog:
    forgets = dialog.unpaid is not None and dialog.unpaid.order_no == order_no
    return replace(dialog, unpaid=None if forgets else dialog.unpaid, waiting=None, listed=None, misses=0)
