"""After the sale: my orders, card keys again, once more, refunds and problems. Facts first, promises after."""

import re
from dataclasses import replace

from catalog.checks import Valid, check_field
from catalog.model import Field, FieldKind, Product
from dialogs import replies
from dialogs.asking import answer, fitting_products, numbered, open_question
from dialogs.changing import line_with
from dialogs.draft import account_field, field_of
from dialogs.filling import fill, says_anything
from dialogs.ordering import advance, start
from dialogs.paying import cancel_one_of, pay_url, still_there
from dialogs.state import QUANTITY_MAX, Collecting, Confirming, Dialog, DraftLine, Idle, Listed, Lookup
from dialogs.turn import Effect, FindOrders, OpenHandoff, OrdersFor, OrdersFound, Reply, Said, Scene, Turn
from kernel.orders import Line, LineState, Order, OrderState
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral

_ORDER_NO = re.compile(r"K\d{16}")
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d[\d -]{3,24}\d(?![0-9A-Za-z])")
_LAST_ACCOUNT = re.compile(
    r"(?:上次|上回|上一次|以前|之前|原来|老|同一个|同样的?|这个|一样的?|刚才)(?:那个|的|用的|充的|填的|一样)*(?:手机|QQ|qq)?(?:号码?|账号|帐号|地址)"
)
_NOT_LAST = re.compile(r"不是|不要|别|错|换|多少|什么|吗|[?？]")
_COUNT = re.compile(rf"(?:来|要|买)(\d{{1,2}}|[{CHINESE}]{{1,2}})[张份个件单条袋盒]")
_CHANGE = re.compile(r"(?:改成?|换成?|改为|这次要?|但是?要?)[:： ]*(.+)$")
_TEXT_MAX = 60
_SHOWN_MAX = 5
_PAID = (OrderState.PAID, OrderState.DELIVERED, OrderState.REFUNDED)


def order_no_in(text: str) -> str | None:
    """The order number a message holds."""
    found = _ORDER_NO.search(text.upper())
    return found[0] if found else None


def look_up(dialog: Dialog, purpose: OrdersFor, said: Said | None = None) -> Turn:
    """Ask for his orders; what he said along with it is kept for the answer."""
    lookup = Lookup()
    if said is not None:
        items = said.frame.items[:1]
        line = _line_of(items[0]) if items else None
        if line is None and purpose == "reorder":
            account = _ACCOUNT.search(_ORDER_NO.sub("", said.text.upper()))
            line = DraftLine(fields={"": account[0]}) if account else None
        lookup = Lookup(order_no_in(said.text), line, text=said.text[:_TEXT_MAX] if purpose == "reorder" else "")
    return Turn(replace(dialog, waiting=lookup, misses=0), effects=(FindOrders(purpose),))


def with_last_account(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """上次的号, 还是老号码: only the account comes from the last order, the rest is what is being put together."""
    if _LAST_ACCOUNT.search(said.text) is None or _ACCOUNT.search(said.text):
        return None
    if _NOT_LAST.search(said.text):
        pending = isinstance(dialog.state, Collecting | Confirming) and said.frame.intent == "reorder"
        return answer(dialog, scene, replies.last_account_how()) if pending else None
    here = bool(re.search("这个号|同一个号|一样的号", said.text)) and not isinstance(dialog.state, Idle)
    if here:
        return None
    items = [item for item in said.frame.items if says_anything(item)]
    if isinstance(dialog.state, Collecting | Confirming):
        lines = dialog.state.lines
        if items and all(item.product in (None, lines[0].product) for item in items) and len(lines) == 1:
            lines = (fill(lines[0], items[0], scene.shelf).line,)
        turn = advance(dialog, lines, scene)
    elif any(item.product or item.candidates or item.value is not None for item in items):
        turn = start(dialog, items, scene)
    else:
        return None
    return Turn(replace(turn.dialog, waiting=Lookup(only_account=True), misses=0), effects=(FindOrders("reorder"),))


def _account_again(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    """The account of the last order of that product, else of the last one whose account is of the same kind."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return answer(dialog, scene, replies.reorder_none())
    at = state.line if isinstance(state, Collecting) else 0
    line = _with_last_product(state.lines[at], orders, scene)
    product = scene.shelf.product(line.product) if line.product else None
    if product is None:
        return advance(dialog, state.lines, scene)
    asked = field_of(product, state.slot) if isinstance(state, Collecting) else None
    field = asked if asked is not None and asked.kind is not FieldKind.CHOICE else account_field(product)
    if field is None:
        return advance(dialog, (*state.lines[:at], line, *state.lines[at + 1 :]), scene)
    found = _last_value(product, field, orders, scene)
    notes = () if found is not None else (replies.no_last_account(field.label),)
    if found is not None:
        line = replace(line, fields={**line.fields, field.name: found})
    return advance(dialog, (*state.lines[:at], line, *state.lines[at + 1 :]), scene, *notes)


def _with_last_product(line: DraftLine, orders: tuple[Order, ...], scene: Scene) -> DraftLine:
    """再给这个号充50: of the products it could be, the one of the last order."""
    if line.product is not None or not orders:
        return line
    last = orders[0].lines[0].product_id if orders[0].lines else ""
    if scene.shelf.product(last) is None or last not in {p.id for p in fitting_products(line, scene.shelf)}:
        return line
    return fill(line, Item(product=last), scene.shelf).line


def _last_value(product: Product, field: Field, orders: tuple[Order, ...], scene: Scene) -> str | None:
    same = [line.fields.get(field.name) for o in orders for line in o.lines if line.product_id == product.id]
    for order in orders:
        for line in order.lines:
            other = scene.shelf.product(line.product_id)
            kinds = {f.name: f.kind for f in other.fields} if other else {}
            same += [value for name, value in line.fields.items() if kinds.get(name) is field.kind]
    valid = (value for value in same if value and isinstance(check_field(field, value), Valid))
    return next(valid, None)


def show_order(dialog: Dialog, order_no: str) -> Turn:
    """One order of the list, with its keys."""
    return Turn(replace(dialog, waiting=Lookup(order_no)), effects=(FindOrders("list"),))


def orders_found(dialog: Dialog, fact: OrdersFound, scene: Scene) -> Turn:
    """The orders are there: answer what they were looked up for."""
    lookup = dialog.waiting if isinstance(dialog.waiting, Lookup) else Lookup()
    dialog = replace(dialog, waiting=None)
    orders = fact.orders[:_SHOWN_MAX]
    if lookup.order_no is not None:
        orders = tuple(o for o in orders if o.order_no == lookup.order_no) or orders
    match fact.purpose:
        case "remains" | "correct":
            return still_there(dialog, fact, lookup.order_no or "", scene)
        case "cancel":
            return cancel_one_of(dialog, orders, scene, lookup.line.product if lookup.line else None)
        case "list" if lookup.order_no is not None and orders and orders[0].order_no == lookup.order_no:
            return _detail(dialog, orders[0], scene)
        case "list":
            return _list(dialog, orders, scene)
        case "status":
            return _status(dialog, _about(orders, lookup), scene)
        case "keys":
            return _keys(dialog, _about(orders, lookup), scene)
        case "reorder" if lookup.only_account:
            return _account_again(dialog, orders, scene)
        case "reorder":
            return _again(dialog, _about(orders, lookup), lookup, scene)
        case "refund":
            return _refund(dialog, _about(orders, lookup), scene)
        case _:
            return _problem(dialog, _about(orders, lookup), scene)


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


def _list(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    if not orders:
        return answer(dialog, scene, replies.no_orders())
    listed = Listed(tuple(f"o:{order.order_no}" for order in orders))
    rows = numbered(listed, [(replies.order_entry(order), f"订单 {order.order_no}") for order in orders])
    return answer(dialog, scene, replies.join(replies.my_orders(), rows), listed)


def _detail(dialog: Dialog, order: Order, scene: Scene) -> Turn:
    told = replies.order_detail(order, _order_url(scene, order), pay_url(scene, order.token))
    return _with_keys(dialog, order, scene, replies.join(told, replies.keys_below()) if _has_keys(order) else told)


def _status(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    if not orders:
        return answer(dialog, scene, replies.no_orders())
    order = orders[0]
    if order.state is OrderState.UNPAID:
        told = replies.still_unpaid(order.order_no, order.total_fen, pay_url(scene, order.token))
    elif order.state is OrderState.EXPIRED:
        told = replies.order_expired(order.order_no)
    else:
        told = replies.status_brief(order, _order_url(scene, order))
    return answer(dialog, scene, told)


def _keys(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    """The latest order with delivered card keys. The edge adds the keys, for their owner alone."""
    order = next((o for o in orders if _has_keys(o)), None)
    if order is None:
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


def _again(dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene) -> Turn:
    """The same once more, at today's prices, with whatever he said to be different this time."""
    if not orders:
        return answer(dialog, scene, replies.reorder_none())
    lines = [line for line in (_line_again(line, scene) for line in orders[0].lines) if line is not None]
    if not lines:
        return answer(dialog, scene, replies.reorder_gone())
    problems: tuple[str, ...] = ()
    if lookup.line is not None and len(lines) == 1:
        said = lookup.line
        item = Item(said.product, (), None, said.value, said.quantity, said.options, said.fields)
        filled = fill(lines[0], item, scene.shelf)
        lines, problems = [filled.line], filled.problems
    if len(lines) == 1 and lookup.text:
        lines = [_with_said_change(lines[0], lookup.text, scene)]
    notes = [replies.reordered()] + ([replies.reorder_reduced()] if len(lines) < len(orders[0].lines) else [])
    return advance(replace(dialog, misses=0), lines, scene, *notes, *problems)


def _with_said_change(line: DraftLine, text: str, scene: Scene) -> DraftLine:
    """再来两张, 再来一单改成50: what is different this time."""
    product = scene.shelf.product(line.product) if line.product else None
    said = _ORDER_NO.sub("", text.upper())
    for count in _COUNT.finditer(said):
        wanted = read_numeral(count[1])
        if wanted is not None and 1 < wanted <= QUANTITY_MAX:
            line = replace(line, quantity=int(wanted))
    change = _CHANGE.search(said)
    if change is None or product is None:
        return line
    filled = line_with(line, change[1], product, scene.shelf)
    return filled.line if filled is not None else line


def _line_again(line: Line, scene: Scene) -> DraftLine | None:
    product = scene.shelf.product(line.product_id)
    if product is None:
        return None
    sku = next((sku for sku in product.skus if sku.code == line.sku_code), None)
    return DraftLine(
        product.id,
        sku=sku.code if sku else None,
        value=line.value if sku is None or sku.any_value else sku.value,
        quantity=line.quantity,
        options=line.options,
        fields=line.fields,
    )


def _refund(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    paid = [order for order in orders if order.state in _PAID]
    unpaid = next((order for order in orders if order.state is OrderState.UNPAID), None)
    if not paid and unpaid is not None:
        return answer(dialog, scene, replies.refund_unpaid(unpaid.order_no))
    if not paid:
        return answer(dialog, scene, replies.refund_nothing_paid())
    order = paid[0]
    if order.state is OrderState.REFUNDED:
        return answer(dialog, scene, replies.join(replies.facts_of(order), replies.refund_already()))
    if order.lines and all(line.state in (LineState.REFUNDING, LineState.REFUNDED) for line in order.lines):
        return answer(dialog, scene, replies.join(replies.facts_of(order), replies.refund_under_way()))
    told = replies.join(replies.facts_of(order), replies.refund_person())
    effects: tuple[Effect, ...] = (OpenHandoff("refund", _pending(order)),)
    return Turn(dialog, Reply(told), effects)


def _problem(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    if not orders:
        return answer(dialog, scene, replies.join(replies.no_orders(), replies.offer_human()))
    order = next((o for o in orders if o.state in _PAID), orders[0])
    if order.state is OrderState.UNPAID:
        return _status(dialog, (order,), scene)
    if order.state not in _PAID:
        return answer(dialog, scene, replies.join(replies.facts_of(order), replies.offer_human()))
    if order.state is OrderState.REFUNDED:
        return answer(dialog, scene, replies.join(replies.facts_of(order), replies.refund_already()))
    told = replies.join(replies.facts_of(order), replies.problem_person())
    return Turn(dialog, Reply(told), (OpenHandoff("problem", _pending(order)),))


def _pending(order: Order) -> str:
    return f"{order.order_no} {replies.order_what(order)} {replies.order_state(order)}"


def _has_keys(order: Order) -> bool:
    return any(line.delivery == "card" and line.state is LineState.DELIVERED for line in order.lines)


def _order_url(scene: Scene, order: Order) -> str:
    return f"{scene.public_url}/orders/{order.token}"
