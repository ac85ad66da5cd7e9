"""Which order and line a complaint or a refund is about; asked where it stays open."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from catalog.shelf import Shelf
from dialogs import replies, which
from dialogs.asking import answer, numbered
from dialogs.state import PAGE_SIZE, Dialog, Listed, Lookup
from dialogs.turn import Scene, Turn
from kernel.cases import CaseKind
from kernel.ids import OrderNo
from kernel.orders import Line, LineState, Order, OrderState

BACK = (LineState.REFUNDING, LineState.REFUNDED)
_UNDELIVERED = (LineState.WAITING, LineState.DELIVERING, LineState.ATTENTION)
_LATELY = timedelta(hours=1)
_LONG_AGO = timedelta(days=1)
PROBLEM_OF = {CaseKind.MISSING: "没到账", CaseKind.BAD_KEY: "卡密无效", CaseKind.REFUND: "退款"}


def is_paid(order: Order) -> bool:
    """Whether money came for it, whatever became of that."""
    return order.state in (OrderState.PAID, OrderState.DELIVERED, OrderState.REFUNDED)


def can_complain(line: Line) -> bool:
    """Whether the line is not on its way back."""
    return line.state not in BACK


def fitting_orders(orders: tuple[Order, ...], kind: CaseKind) -> tuple[Order, ...]:
    """Those the complaint can be about: for 没到账 those with something still to come, if there are any."""
    fitting = tuple(o for o in orders if any(_fits(line, kind) for line in o.lines))
    return fitting or orders


def _fits(line: Line, kind: CaseKind) -> bool:
    if kind is CaseKind.BAD_KEY:
        return line.delivery == "card" and line.state is LineState.DELIVERED
    return line.state in _UNDELIVERED


def which_order(orders: tuple[Order, ...], lookup: Lookup, scene: Scene) -> Order | None:
    """The order he means: the one he names, the only one, or the only late one; None when he has to be asked."""
    account = account_said(lookup)
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


def account_said(lookup: Lookup) -> str:
    """The account that a message names."""
    said = lookup.line.fields.values() if lookup.line else ()
    return next((value for value in said if any(c.isdecimal() for c in value)), "")


def fitting_lines(order: Order, kind: CaseKind, lookup: Lookup) -> list[Line]:
    """The lines of an order that a complaint can be about."""
    lines = named_lines(tuple(line for line in order.lines if can_complain(line)), lookup)
    return [line for line in lines if _fits(line, kind)] or lines


def named_lines(lines: tuple[Line, ...], lookup: Lookup) -> list[Line]:
    """The lines he names by number, account or product; all, when he names none."""
    if lookup.line_no is not None:
        return [line for line in lines if line.position + 1 == lookup.line_no] or list(lines)
    account = account_said(lookup)
    by_account = [line for line in lines if account and account in line.fields.values()]
    product = lookup.line.product if lookup.line else None
    by_product = [line for line in by_account or lines if product and line.product_id == product]
    return by_product or by_account or list(lines)


def named_alone(order: Order, lookup: Lookup, scene: Scene) -> list[Line]:
    """二寸的不要了退钱, of an order of two sizes: the one line that is named; none where it could be another."""
    if lookup.line_no is not None or len(order.lines) < 2:
        return []
    meant = which.named(pieces_of([order]), lookup.text, scene.shelf)
    return list(meant[0][0].lines) if meant is not None and len(meant[0]) == 1 else []


def only_named(order: Order, text: str, shelf: Shelf) -> Order:
    """The order with the one line that a question is about, 话费还没到啊 of a card and a top-up; else the order."""
    if len(order.lines) < 2:
        return order
    meant = which.named(pieces_of([order]), text, shelf)
    return replace(order, lines=meant[0][0].lines) if meant is not None and len(meant[0]) == 1 else order


def pieces_of(orders: Sequence[Order]) -> list[Order]:
    """Each line as an order of its own, so that it can be named by itself."""
    return [
        replace(order, order_no=OrderNo(f"{order.order_no}-{line.position + 1}"), lines=(line,))
        for order in orders
        for line in order.lines
        if line.state not in BACK
    ]


def ask_which(dialog: Dialog, orders: tuple[Order, ...], kind: CaseKind, scene: Scene, what: str = "") -> Turn:
    """Which of the orders: a tap sends what is wanted of it."""
    what = what or PROBLEM_OF[kind]
    entries = [(told, f"{what} {order.order_no}") for order, told in told_apart(orders, scene)]
    return listed(dialog, replies.which_order(what), entries, scene)


def told_apart(orders: Sequence[Order], scene: Scene) -> list[tuple[Order, str]]:
    """The orders to choose from, newest first, each as it is listed. Where two read alike, the one bought first stands
    first, so that 第二张 means the same by place and by time, and each says when it was placed and how its number
    ends."""
    shown = orders[:PAGE_SIZE]
    entries = [replies.order_entry(order) for order in shown]
    if len(set(entries)) == len(entries):
        return list(zip(shown, entries, strict=True))
    timed = [replies.order_entry_placed(order, scene.now, scene.hours) for order in shown]
    return list(zip(shown, timed, strict=True))[::-1]


def ask_which_line(dialog: Dialog, order: Order, lines: list[Line], kind: CaseKind, scene: Scene) -> Turn:
    """Which line of the order."""
    what = PROBLEM_OF[kind]
    shown = [f"{replies.line_what(line)} {replies.line_state(line)}" for line in lines]
    sends = [f"{what} {order.order_no}-{line.position + 1}" for line in lines]
    return listed(dialog, replies.which_order(what), list(zip(shown, sends, strict=True)), scene)


def listed(dialog: Dialog, asks: str, entries: list[tuple[str, str]], scene: Scene) -> Turn:
    """The question, and what can be answered: (words, what a tap sends)."""
    listed = Listed(tuple(f"q:{sends}" for _, sends in entries[:PAGE_SIZE]))
    return answer(dialog, scene, replies.join(asks, numbered(listed, entries)), listed)


def line_of(order: Order, line_id: int | None) -> Line | None:
    """The line with this id; without one the only line."""
    if line_id is None:
        return order.lines[0] if len(order.lines) == 1 else None
    return next((line for line in order.lines if line.id == line_id), None)
