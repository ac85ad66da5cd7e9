"""Several corrections in one message: 网盘要月卡吧⏎美团不要了 换饿了么的; 末尾是6 不是9，再加星铁300.

Each is done by itself, in the order in which it was written, and what could not be done is told: never 已改好 with half
of it dropped."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from catalog.shelf import Shelf
from dialogs import replies
from dialogs.draft import look
from dialogs.effects import CancelOrder
from dialogs.gist.clauses import asks, clauses_in
from dialogs.ordering import advance, doubted
from dialogs.paying import live_unpaid
from dialogs.pointing import pointed
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle, Replacement
from dialogs.turn import Said, Scene, Turn
from kernel.ids import OrderNo

_DOES = re.compile(
    r"[改换]|不[要用买充]|[去删退划]掉|删|取消|还是|不[是对]|[错反]|应该|[再另][加来要买充带拿]|另外|还要|也[要来]|加[一两三\d个张份上]|多[来要加]|少[来要一]|减"
    r"|只[要留买充]|就[要留]"
)
"""In a row with one of these something is done with the order; any other row is a part of the one above it."""
_ADDS = re.compile("^(?:然后|还有|对了|哦)?(?:再[加来要买充拿带]|另外|还要|顺[便带])")
_ANEW = re.compile(r"(?:^|\s)(?:再|还|然后|那)?(?:要|换|改)|[^不就还只也]是|[改换][成为]|[错反]了")
"""要透明的 机型其实是15 Pro: of one line, another thing of it."""
_OF_THE_PLACED = re.compile("刚(?:才|刚)?[下买拍订]|[那这][单个]|订单|改(?:一下|下)|[改换]成")
_SAYS = re.compile("[\\dA-Za-z]|[\u4e00-\u9fff]{3}")
"""等等, 哦对: nothing."""
_ROW_MAX, _PARTS_MAX = 80, 6
_Hear = Callable[[Dialog, Said, Scene], Turn]


def corrections_in(text: str, dialog: Dialog, shelf: Shelf) -> tuple[str, ...]:
    """The corrections that a message holds, below a summary or a question; none for any other message."""
    state = dialog.state
    if asks(text):
        return ()
    if isinstance(state, Idle) and dialog.unpaid is not None:
        parts = (
            _clauses(text, dialog.unpaid.lines, shelf) if _OF_THE_PLACED.search(text) and len(text) <= _ROW_MAX else ()
        )
        return parts if not any(_ADDS.search(part) for part in parts) else ()
    if not isinstance(state, Collecting | Confirming) or state.lines[0].row:
        return ()
    if "\n" in text:
        return _rows(text)
    return _clauses(text, state.lines, shelf) if isinstance(state, Confirming) and len(text) <= _ROW_MAX else ()


def _rows(text: str) -> tuple[str, ...]:
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    if len(rows) < 2 or any(len(row) > _ROW_MAX for row in rows):
        return ()
    parts: list[str] = []
    for row in rows:
        if _DOES.search(row):
            parts.append(row)
        elif parts:
            parts[-1] += f" {row}"
        elif _SAYS.search(row):
            return ()  # an answer, or an order of its own, and something below it
    return tuple(parts) if 1 < len(parts) <= _PARTS_MAX else ()


def _clauses(text: str, lines: Sequence[DraftLine], shelf: Shelf) -> tuple[str, ...]:
    """The same in one row: another part begins where one more thing does, or another line is named."""
    parts: list[str] = []
    about: tuple[int, ...] = ()
    for clause in clauses_in(text):
        named = pointed(lines, clause, shelf)
        of = named.lines if named is not None and len(lines) > 1 and _DOES.search(clause) else ()
        more = len(lines) == 1 and _ANEW.search(clause) and parts and _ANEW.search(parts[-1])
        if parts and not more and not _ADDS.search(clause) and (not of or not about or of == about):
            parts[-1] += f" {clause}"
        else:
            parts.append(clause)
            about = ()
        about = of or about
    return tuple(parts) if 1 < len(parts) <= _PARTS_MAX else ()


def taken(dialog: Dialog, said: Said, scene: Scene, hear: _Hear) -> Turn | None:
    """The order after all the rows of a message; None where less than two come to anything by themselves, so that the
    message as a whole says more."""
    state = dialog.state
    if not said.parts or "\n" not in said.text or not isinstance(state, Collecting | Confirming):
        return None
    lines, unread = _one_by_one(dialog, said.parts, scene, hear)
    if len(said.parts) - len(unread) < 2 and (not unread or lines == state.lines):
        return None
    if isinstance(state, Collecting) and unread:
        return None  # one of them may answer what was asked
    told = replies.not_taken_beside("」「".join(unread)) if unread else ""
    turn = advance(replace(dialog, misses=0), lines, scene, told, replies.changed())
    return replace(turn, dialog=doubted(turn.dialog, unread[0])) if unread else turn


def or_each(dialog: Dialog, said: Said, scene: Scene, turn: Turn, hear: _Hear) -> Turn:
    """The turn; where the parts of the message, each by itself, come to all of that and more, what they come to."""
    before, after = dialog.state, turn.dialog.state
    if not said.parts or "\n" in said.text:
        return turn
    if isinstance(before, Idle):
        return _of_the_placed(dialog, said, scene, hear) or turn
    if not isinstance(before, Confirming):
        return turn
    if not isinstance(after, Collecting | Confirming) or not turn.asks_nothing:
        return turn
    lines, unread = _one_by_one(dialog, said.parts, scene, hear)
    if unread or lines == after.lines or not _holds_all(before.lines, after.lines, lines, scene.shelf):
        return turn
    return advance(replace(dialog, misses=0), lines, scene, replies.changed())


def _of_the_placed(dialog: Dialog, said: Said, scene: Scene, hear: _Hear) -> Turn | None:
    """刚下那个改一下 要透明的 机型其实是15 Pro: the same of the order that waits, where each part can be done."""
    live = live_unpaid(dialog, scene)
    if live is None:
        return None
    below = replace(dialog, state=Confirming(live.lines, ()), unpaid=None)
    lines, unread = _one_by_one(below, said.parts, scene, hear)
    if unread or lines == live.lines or any(look(line, scene.shelf).missing for line in lines):
        return None
    return Turn(replace(dialog, waiting=Replacement(lines)), effects=(CancelOrder(OrderNo(live.order_no)),))


def _holds_all(before: Sequence[DraftLine], after: Sequence[DraftLine], new: Sequence[DraftLine], shelf: Shelf) -> bool:
    """Whether new lines have all that the lines after the whole message have got."""
    if len(before) == len(after) == len(new):
        trios = tuple(zip(before, after, new, strict=True))
        if any(old.fields.keys() - other.fields.keys() for old, _, other in trios):
            return False  # 号码第三位错了 leaves none
        return all(_changes(old, one, shelf) <= _parts_of_line(other, shelf) for old, one, other in trios)
    done = [line for line in after if line not in before]
    gone = [line for line in before if line not in after]
    return all(line in new for line in done) and not any(line in new for line in gone) and len(new) >= len(after)


def _changes(old: DraftLine, one: DraftLine, shelf: Shelf) -> set[tuple[str, object]]:
    return _parts_of_line(one, shelf) - _parts_of_line(old, shelf)


def _parts_of_line(line: DraftLine, shelf: Shelf) -> set[tuple[str, object]]:
    sku = look(line, shelf).sku
    size = (sku.value if sku.any_value is None else line.value) if sku is not None else line.value
    known = {("product", line.product), ("size", size), ("quantity", line.quantity)}
    return {*known, *(sku.options if sku is not None else line.options).items(), *line.fields.items()}


def _one_by_one(
    dialog: Dialog, parts: Sequence[Said], scene: Scene, hear: _Hear
) -> tuple[tuple[DraftLine, ...], list[str]]:
    """The lines after all parts, each said below a summary, and the parts that came to nothing."""
    lines = dialog.drafted
    unread: list[str] = []
    for part in parts:
        turn = hear(replace(dialog, state=Confirming(lines, ()), listed=None, misses=0), part, scene)
        new = _lines(turn)
        if new is None or (new == lines and replies.nothing_changed() not in turn.reply.text):
            unread.append(part.text)
        else:
            lines = new
    return lines, unread


def _lines(turn: Turn) -> tuple[DraftLine, ...] | None:
    """What a part makes of the order; None where it was not understood, or asks for something besides."""
    after = turn.dialog.state
    if turn.dialog.misses or turn.lost or not isinstance(after, Collecting | Confirming):
        return None
    if isinstance(after, Confirming) and after.denied:
        return None
    return after.lines if turn.asks_nothing else None
