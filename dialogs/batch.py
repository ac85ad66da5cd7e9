"""A pasted list, one row a line of the order: read row by row, reported by row, mended, and only then summed up."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from catalog.checks import fold
from catalog.model import FieldKind
from catalog.shelf import Shelf
from dialogs import paying, replies
from dialogs.asking import answer, slot_label
from dialogs.draft import Looked, asked_field, look
from dialogs.filling import Filled, fill, says_anything
from dialogs.gist.chosen import is_question
from dialogs.merging import taken_apart
from dialogs.ordering import advance, start
from dialogs.rows import LABEL, TOTAL, Row, holds_for_all, is_heading, is_odd, like_an_account, read_of, rows_of
from dialogs.state import BATCH_LINES_MAX, Collecting, Confirming, Dialog, DraftLine
from dialogs.summing import detail_rows
from dialogs.turn import Reply, Said, Scene, Turn
from nlu.frame import Item

LIST_ROWS_MIN = 3
_GIVING_MIN = 2
_KEPT_CHARS = 60
_REPORTED_MAX = 15
_GONE = -1
_PLACE = re.compile(r"[省市区县镇]|[路街道巷弄]\d|\d[号栋幢楼室]")
_ONLY_GOOD = re.compile(
    r"(?:那|就)*(?:(?:只|先|就)(?:下|充|买|要)?|下|充|买)"
    r"(?:对的|好的|没问题的|没错的|其他的?|其它的?|其余的?|剩下的)(?:那些|几行)?(?:先)?(?:下单?|充|买)?(?:吧|就行|就好)?"
    r"|(?:错的?|有问题的?|不对的|坏的)(?:那些|几行|行)?(?:都)?(?:不要|跳过|去掉|删掉|删|不下|不充|不买|忽略)(?:了|吧)?"
    r"|(?:跳过|去掉|删掉|忽略)(?:错|有问题|不对)的?(?:那?几?行)?(?:吧)?"
)
_DROPPED = re.compile(r"(?:就|都)?(?:不要|不用|不充|不买|删|去|跳过|算)(?:掉)?(?:了|吧)*")


def taken(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """A list, a row of one mended, or what is to be done with the good rows; None for any other message."""
    rows = rows_of(said.text)
    if len(rows) > BATCH_LINES_MAX and sum(any(map(str.isdigit, row)) for _, row in rows) > BATCH_LINES_MAX:
        given = sum(any(map(str.isdigit, row)) for _, row in rows)
        return Turn(dialog, Reply(replies.too_many_rows(BATCH_LINES_MAX, given)))
    state = dialog.state
    if isinstance(state, Confirming) and _ONLY_GOOD.fullmatch(fold(said.text)):
        return advance(dialog, state.lines, scene)
    if isinstance(state, Collecting) and is_batch(state.lines):
        mended = _mended(dialog, state, said, scene)
        if mended is not None:
            return mended
    read = read_of(said)
    if not _is_list(dialog, read, scene) or _are_parts_of_fewer(read, said.frame.items):
        return None
    if (items := _put_together(read)) is not None:
        return start(dialog, items, scene, said.text)
    return _listed(dialog, read, scene)


def is_batch(lines: Sequence[DraftLine]) -> bool:
    """Whether a draft came as a list."""
    return any(line.row for line in lines)


def _is_list(dialog: Dialog, rows: Sequence[Row], scene: Scene) -> bool:
    """Three rows and more of which most are lines by themselves: not one order in several lines, not an address."""
    giving = [row for row in rows if row.gives]
    counted = [row for row in rows if any(map(str.isdigit, row.text)) and not TOTAL.match(row.text)]
    if len(rows) < LIST_ROWS_MIN or len(giving) < _GIVING_MIN or len(giving) * 2 < len(counted):
        return False
    state = dialog.state
    asked = asked_field(state, scene.shelf) if isinstance(state, Collecting) else None
    places = any(_PLACE.search(row.text) for row in rows)
    if asked is not None and asked.kind in (FieldKind.TEXT, FieldKind.ADDRESS):
        return not places and all(row.item.product for row in giving)
    accounts = {value for row in giving for value in (*row.item.fields.values(), *row.item.invalid.values())}
    return len(giving) >= LIST_ROWS_MIN or (not places and len(accounts) >= _GIVING_MIN)


def _are_parts_of_fewer(rows: Sequence[Row], items: Sequence[Item]) -> bool:
    """蛋仔980⏎星铁300 官服⏎蛋仔id 4410239⏎星铁uid 101223344: whether each row gives only a part of a thing, and the
    message as a whole is read as fewer things with nothing lost."""
    parts = [item for row in rows for item in row.items]
    says = [_is_sized(item) or item.fields or item.invalid or item.options for item in parts]
    if not all(says) or any(not row.items and any(map(str.isdigit, row.text)) for row in rows):
        return False  # something that is not sold here
    if any(_is_sized(item) and (item.fields.keys() & item.said and _account_of(item)) for item in parts):
        return False  # a row that is an order by itself
    given = {value for item in parts for value in (*item.fields.values(), *item.invalid.values())}
    sized = [item for item in parts if _is_sized(item)]
    held = {value for item in items for value in item.fields.values()}
    for part in parts:
        if any(
            item.product != part.product and set(part.fields.values()) & set(item.fields.values())
            for item in items
            if part.product is not None
        ):
            return False  # the number of one product's row, in another product
    alike = sorted(_size(item) for item in sized) == sorted(_size(item) for item in items)
    return 0 < len(items) < len(parts) and alike and given <= held


def _put_together(rows: Sequence[Row]) -> list[Item] | None:
    """The same where the whole is read as less: what is said of a product in a row of its own goes to the one size that
    another row names of it. None where a row is whole by itself, or could go to several."""
    sized = [item for row in rows for item in row.items if _is_sized(item)]
    told = [item for row in rows for item in row.items if not _is_sized(item)]
    products = [item.product for item in sized]
    if not told or any(len(row.items) != 1 for row in rows):
        return None
    if any(products.count(item.product) != 1 or not (item.fields or item.invalid) for item in told):
        return None
    for item in told:
        at = products.index(item.product)
        mine = sized[at]
        if item.fields.keys() & mine.fields.keys() or item.options.keys() & mine.options.keys() & mine.said:
            return None
        fields, options = {**mine.fields, **item.fields}, {**mine.options, **item.options}
        sized[at] = replace(
            mine, fields=fields, options=options, invalid={**mine.invalid, **item.invalid}, said=mine.said | item.said
        )
    return sized


def _is_sized(item: Item) -> bool:
    return item.sku is not None or item.value is not None


def _account_of(item: Item) -> bool:
    return any(map(like_an_account, item.fields.values()))


def _size(item: Item) -> tuple[str, str, int]:
    return item.product or "", str(item.value if item.value is not None else item.sku), item.quantity


_FOR_EACH = re.compile("[各每]|一人|都")


# ---- a list --------------------------------------------------------------------------------------------------------


def _listed(dialog: Dialog, rows: Sequence[Row], scene: Scene) -> Turn | None:
    """Each row a line of its own; what stands above or below all of them holds for those that do not say it."""
    base = _context(dialog, rows, scene.shelf)
    kept = [row for row in rows if not is_heading(row, rows)]
    if base.quantity == len(kept) and not any(_FOR_EACH.search(row.text) for row in rows if row not in kept):
        base = replace(base, quantity=1)  # 学生票两张, above two ID numbers: one for each
    made = [_line(row, base, scene.shelf) for row in kept]
    looked = [look(one.line, scene.shelf) for one in made]
    lacking = {one.missing for one in looked}
    if len(lacking) == 1 and None not in lacking and not any(one.problems for one in made):
        # The same is lacking everywhere: no list of mistakes, but one question for all.
        if len(kept) <= LIST_ROWS_MIN:
            return None
        return advance(replace(dialog, misses=0), _as_ordinary([one.line for one in made]), scene)
    wrong = [
        (row.number, reason)
        for row, one, seen in zip(kept, made, looked, strict=True)
        if (reason := _reason(row, one, seen, scene.shelf))
    ]
    lines = [one.line for one in made]
    again = _repeated(lines)
    if not wrong:
        unread = [replies.unread_row(row.number, row.text) for row in rows if row not in kept and is_odd(row, rows)]
        told = (*unread, replies.repeated_rows(again) if again else "")
        return advance(replace(dialog, misses=0), _as_ordinary(lines), scene, *told)
    return _report(dialog, lines, wrong, scene)


def _report(dialog: Dialog, lines: Sequence[DraftLine], wrong: Sequence[tuple[int, str]], scene: Scene) -> Turn:
    """What is wrong, row by row; nothing is ordered before that is settled."""
    good = [one for one in (look(line, scene.shelf) for line in lines) if one.missing is None]
    total = sum(int(one.total_fen() or 0) for one in good)
    turn = advance(replace(dialog, misses=0), lines, scene)
    rows = [replies.wrong_row(number, reason) for number, reason in wrong[:_REPORTED_MAX]]
    told = replies.join(
        replies.list_report(len(lines), len(good), len(wrong)),
        *rows,
        replies.more_wrong_rows(len(wrong) - _REPORTED_MAX) if len(wrong) > _REPORTED_MAX else "",
        replies.list_how(wrong[0][0], len(good), total) if good else replies.list_how_none(wrong[0][0]),
    )
    state = turn.dialog.state
    asked = replace(turn.dialog, listed=None)
    return Turn(asked if isinstance(state, Collecting) else turn.dialog, Reply(told), turn.effects)


def _as_ordinary(lines: Sequence[DraftLine]) -> list[DraftLine]:
    """Nothing is wrong any more: from here on its lines are counted like those of any order."""
    return [replace(line, row=0, said="") for line in lines]


def _context(dialog: Dialog, rows: Sequence[Row], shelf: Shelf) -> DraftLine:
    """给下面的号码充话费100, 都充50, or the product that was being bought when the list came."""
    state = dialog.state
    base = DraftLine()
    if isinstance(state, Collecting) and len(state.lines) == 1 and not state.lines[0].row:
        base = replace(state.lines[0], fields={})
    for row in rows:
        if holds_for_all(row, rows):
            base = fill(base, row.item, shelf).line
    return base


def _line(row: Row, base: DraftLine, shelf: Shelf) -> Filled:
    """What a row comes to; a row that names several things is no line."""
    kept = row.text[:_KEPT_CHARS]
    if len(row.items) != 1:
        apart = taken_apart(base, look(base, shelf).missing or "", row.text, (), shelf) if not row.items else None
        line = apart.line if apart is not None else base
        whole = look(line, shelf).missing is None
        return Filled(replace(line, row=row.number, said="" if whole else kept))
    item = row.item
    own = item.product is not None or bool(item.candidates)
    start = base if not own or item.product == base.product else DraftLine()
    filled = fill(start, item, shelf)
    whole = look(filled.line, shelf).missing is None
    return replace(filled, line=replace(filled.line, row=row.number, said="" if whole else kept))


def _reason(row: Row, filled: Filled, looked: Looked, shelf: Shelf) -> str:
    """Why a row is no line yet; nothing when it is."""
    if looked.missing is None and not filled.problems:
        return ""
    if sum(item.product is not None for item in row.items) > 1:
        return replies.several_in_a_row()
    if filled.problems:
        return "；".join(filled.problems).rstrip("。")
    return what_lacks(looked, row.text, shelf) if len(row.items) == 1 else replies.row_not_read(row.text)


def what_lacks(looked: Looked, text: str, shelf: Shelf) -> str:
    """What a line of a list still lacks, in a few words."""
    product = looked.product
    if product is None:
        names = [p.name for p in map(shelf.product, looked.line.candidates) if p is not None]
        return replies.which_of(names) if names else replies.row_not_read(text)
    if looked.trouble is not None and looked.line.value is not None:
        return replies.not_on_sale(product, replies.number(looked.line.value))
    return replies.lacks(slot_label(product, looked.missing or ""))


def _repeated(lines: Sequence[DraftLine]) -> list[tuple[int, int]]:
    """Rows that say the same as an earlier one: (row, earlier row). Meant, perhaps; said, in any case."""
    first: dict[tuple[object, ...], int] = {}
    found: list[tuple[int, int]] = []
    for line in lines:
        if not line.fields:
            continue
        key = (line.product, line.sku, line.value, *sorted(line.options.items()), *sorted(line.fields.items()))
        if key in first:
            found.append((line.row, first[key]))
        first.setdefault(key, line.row)
    return found


# ---- mending it ----------------------------------------------------------------------------------------------------


def _mended(dialog: Dialog, state: Collecting, said: Said, scene: Scene) -> Turn | None:
    """行3 13812345678, the wrong rows sent again, 只下对的."""
    if _ONLY_GOOD.fullmatch(fold(said.text).rstrip("。.!！~")):
        return _without_wrong(dialog, state, scene)
    rows = rows_of(said.text)
    labelled = [(LABEL.match(row), number) for number, row in rows]
    if rows and all(found for found, _ in labelled):
        return _by_number(dialog, state, said, scene)
    if (given := _of_its_product(dialog, state, said, scene)) is not None:
        return given
    read = read_of(said)
    giving = [row for row in read if row.gives]
    wrong = [line for line in state.lines if line.said]
    if not giving or len(giving) * 2 > len(state.lines) + len(wrong) or len(giving) > len(wrong):
        return None  # a new list
    return _by_likeness(dialog, state, giving, scene)


def _of_its_product(dialog: Dialog, state: Collecting, said: Said, scene: Scene) -> Turn | None:
    """蛋仔的id是4410239: for the one wrong row that names this product and has none."""
    items = said.frame.items
    if len(items) != 1 or items[0].product is None or _is_sized(items[0]) or is_question(said.text.lstrip("?？")):
        return None
    given = items[0].fields
    at = [
        i
        for i, line in enumerate(state.lines)
        if line.said and line.product == items[0].product and not given.keys() & line.fields.keys()
    ]
    if len(at) != 1 or not given:
        return None
    lines = list(state.lines)
    filled = fill(lines[at[0]], replace(items[0], quantity=1), scene.shelf)
    whole = look(filled.line, scene.shelf).missing is None
    lines[at[0]] = replace(filled.line, said="" if whole else lines[at[0]].said)
    wrong = [(lines[at[0]].row, "；".join(filled.problems).rstrip("。"))] if filled.problems else []
    return _after_mending(dialog, lines, wrong, scene)


def _without_wrong(dialog: Dialog, state: Collecting, scene: Scene) -> Turn | None:
    good = [line for line in state.lines if look(line, scene.shelf).missing is None]
    if not good:
        return None
    left_out = len(state.lines) - len(good)
    return advance(replace(dialog, misses=0), _as_ordinary(good), scene, replies.left_out(left_out))


def _by_number(dialog: Dialog, state: Collecting, said: Said, scene: Scene) -> Turn:
    """行3 话费 100 13812345678: that row, wholly or what it lacked."""
    lines = list(state.lines)
    at = {line.row: i for i, line in enumerate(lines)}
    frames = said.rows or (said.frame,)
    wrong: list[tuple[int, str]] = []
    for (_, text), frame in zip(rows_of(said.text), frames, strict=False):
        found = LABEL.match(text)
        number = int(found[1] or found[2]) if found else 0
        if number not in at:
            wrong.append((number, replies.no_such_row()))
            continue
        if found is not None and _DROPPED.fullmatch(fold(found[3])):
            lines[at.pop(number)] = DraftLine(row=_GONE)
            continue
        items = tuple(item for item in frame.items if says_anything(item))
        row = Row(number, found[3] if found else text, items)
        base = lines[at[number]] if row.item.product is None else DraftLine()
        filled = _line(row, replace(base, row=0, said=""), scene.shelf)
        lines[at[number]] = filled.line
        if reason := _reason(row, filled, look(filled.line, scene.shelf), scene.shelf):
            wrong.append((number, reason))
    left = [line for line in lines if line.row != _GONE]
    return _after_mending(dialog, left, wrong, scene) if left else paying.cancel(dialog, scene)


def _by_likeness(dialog: Dialog, state: Collecting, rows: Sequence[Row], scene: Scene) -> Turn:
    """Rows sent again take the place of the wrong ones they look most like."""
    lines = list(state.lines)
    wrong: list[tuple[int, str]] = []
    for row in rows:
        open_ = [i for i, line in enumerate(lines) if line.said]
        best = max(open_, key=lambda i: fuzz.ratio(lines[i].said, row.text))
        moved = replace(row, number=lines[best].row)
        filled = _line(moved, replace(lines[best], row=0, said="", fields={}), scene.shelf)
        lines[best] = filled.line
        if reason := _reason(moved, filled, look(filled.line, scene.shelf), scene.shelf):
            wrong.append((moved.number, reason))
    return _after_mending(dialog, lines, wrong, scene)


def _after_mending(dialog: Dialog, lines: Sequence[DraftLine], wrong: list[tuple[int, str]], scene: Scene) -> Turn:
    told = {number for number, _ in wrong}
    for line in lines:
        looked = look(line, scene.shelf)
        if looked.missing is not None and line.row not in told:
            wrong.append((line.row, what_lacks(looked, line.said, scene.shelf)))
    if not wrong:
        again = _repeated(lines)
        notes = (replies.changed(), replies.repeated_rows(again) if again else "")
        return advance(replace(dialog, misses=0), _as_ordinary(lines), scene, *notes)
    return _report(dialog, lines, sorted(wrong), scene)


def detail(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """全部明细, 更多, 第2页: the lines of a long summary, page by page."""
    state, text = dialog.state, fold(said.text)
    if not isinstance(state, Confirming) or len(state.lines) <= replies.SUMMARY_LINES:
        return None
    page = state.page + 1
    if text in replies.BACK_WORDS:
        page = max(1, state.page - 1)
    elif (named := re.fullmatch(r"(?:明细|全部明细)?第(\d{1,2})页", text)) is not None:
        page = int(named[1])
    elif not (text in replies.DETAIL_WORDS or (text in replies.MORE_WORDS and state.page)):
        return None
    from_start = text in replies.DETAIL_WORDS
    return _page(dialog, state, 1 if from_start else page, scene)


def _page(dialog: Dialog, state: Confirming, page: int, scene: Scene) -> Turn:
    pages = replies.paged(detail_rows([look(line, scene.shelf) for line in state.lines]))
    at = min(max(page, 1), len(pages))
    if page > len(pages) == state.page:
        return answer(dialog, scene, replies.no_more_pages())
    told = replies.details(pages[at - 1], at, len(pages))
    return Turn(replace(dialog, state=replace(state, page=at), misses=0), Reply(told))
