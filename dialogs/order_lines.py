"""What an order was placed from, and as the same words would leave it below a summary."""

from dialogs import after_sale
from dialogs.again import line_again
from dialogs.changing import named_alone
from dialogs.draft import look
from dialogs.editing import edited
from dialogs.state import (
    Collecting,
    Confirming,
    Dialog,
    DraftLine,
)
from dialogs.turn import Said, Scene
from dialogs.varying import with_place
from kernel.orders import Order


def reworked(lines: tuple[DraftLine, ...], said: Said, scene: Scene) -> tuple[DraftLine, ...] | None:
    """The lines as the same words would leave them below a summary; None when they would not change them."""
    totals = tuple(int(look(line, scene.shelf).total_fen() or 0) for line in lines)
    drafted = Dialog(state=Confirming(lines, totals))
    turn = edited(drafted, said, scene)
    if turn is None and said.frame.intent == "unknown":
        turn = named_alone(drafted, said, scene)
    state = turn.dialog.state if turn is not None else None
    if isinstance(state, Collecting | Confirming) and state.lines != lines:
        return state.lines
    elsewhere = with_place(lines[0], said.text, scene.shelf) if len(lines) == 1 else None
    return (elsewhere,) if elsewhere is not None else None


def lines_of(dialog: Dialog, order: Order, scene: Scene) -> tuple[DraftLine, ...]:
    """What an order was placed from."""
    if dialog.unpaid is not None and dialog.unpaid.order_no == order.order_no:
        return dialog.unpaid.lines
    return tuple(line for line in (line_again(line, scene) for line in order.lines) if line is not None)


def shown_orders(dialog: Dialog) -> list[str]:
    entries = dialog.listed.entries if dialog.listed is not None else ()
    return [no for no in map(after_sale.order_no_in, entries) if no is not None]
