"""A new request in place of what was being put together: what it dropped is told, and how to have both.

It alone remembers what was replaced: nothing of the gist looks back."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import line_in_words
from dialogs.draft import look
from dialogs.ordering import advance
from dialogs.pointing import accounts, names_of, pointed
from dialogs.state import DRAFT_LINES_MAX, Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Reply, Said, Scene, Turn

_SAYS_INSTEAD = re.compile("[换改]|不[要是对]|不用|取消|算了|还是|错")
"""He knows himself that the other goes."""
_TELLS_MAX = 3
_TOLD = re.compile("已去掉|已换成|没有再提|改回来|不买了|下架")
"""The answer says already what went."""
_ALL_OF_THEM = re.compile("[都全](?:不|别|[改换取删去退])|所有|其[他它余]|剩下|别的|只[要留买充]|就[要留买充]")
_BOTH = re.compile(
    "(?:不|不是|不对|我|哎|啊|嗯|好|对|是|[这那]?[两二三23几][个样件种单份](?:东西)?|[,，。!！])*+"
    "(?:(?:全?都|一起|一块儿?|一并|同时)(?:想|是)?(?:要|买|充|下单?|付|来|订)"
    "|(?:刚才|刚刚|前面|上面|之前|原来|头)(?:的|那|[两二三几])*[个件样单份张]?(?:我|的|订单)*(?:也|还)(?:要|买|充|留))"
    "(?:的|了|吧|啊|呀|哈|[,，。!！~])*+"
)
_THAT_ONE = re.compile(
    "(?:哎|啊|嗯|不|不对|算了|我|那|就|[,，。!！])*+(?:还是|要)(?:要|买|充|来)?(?:刚才|刚刚|前面|上面|之前|原来)(?:的|那|[两二三几])*[个件样单份张]?(?:吧|的|了|[,，。!！~])*"
)


_LOST = "没了|没有了?|不见|不在|[漏丢]了|没[算加写带]|(?:被|给|怎么|咋)[^#,，]{0,3}[去删换]掉|哪(?:儿|里)?去|去哪|呢"
_WHERE_IS = re.compile(_LOST)
_MISSED = re.compile(f"(?:也|还|都|全|一起|照样)[^#,，\\s]{{0,3}}(?:要|充|买|留|付|交|来|下|办|算)|{_LOST}")
"""也要, 怎么没了, 呢: said of goods that a new request dropped."""
_NOT_MISSED = re.compile("不[要用充买想]|别|算了|多少|还是|[改错]")
_ONLY_MISSED = re.compile(
    "#|[也还都全]|一[起并]|照样|得|是|想|要|充|买|留|付|交|来|下单?|办|算"
    "|怎么|咋|为啥|为什么|[就又给被把那这的了说点]|[我俺咱你](?:们|家)?|没了?|有|不见|不在|[漏丢少]|加|写|带|进去|[去删换]掉?|哪|里|儿|上|跑|呢"
    "|[两二三2-9几][个样件种单份]?|[个样件种单份]|不是|不对|哎|诶|欸|啊|嗯|喂|等|刚才|刚刚|之前|前面|上面|原来|吧|呀|哈|嘛|哦|啦|可是?|但是?|不|[,，。?？!！~～\\s]"
)
_MISSED_MAX = 30
_NOT_AGAIN = re.compile(
    "(?:[那就我嗯好哦对是]|不是|#|的|[,，。\\s])*(?:不要|不用|不充|不买|别要|算|免)了?(?:[的啊呀吧哈了,，。!！~\\s]|#)*"
)


def noting_what_went(before: Dialog, turn: Turn, text: str, scene: Scene) -> Turn:
    """The turn, with what stood there before named; it is kept, in case both are wanted."""
    state, after = before.state, turn.dialog.state
    if not isinstance(state, Collecting | Confirming) or not isinstance(after, Collecting | Confirming):
        return turn
    gone = tuple(line for line in state.lines if look(line, scene.shelf).sku is not None)
    settled = isinstance(state, Confirming) or any(line.fields or line.quantity > 1 for line in gone)
    if len(gone) > 1:
        gone = tuple(_not_among(gone, after.lines, scene.shelf))
    if before.mending or not gone or not settled or _is_corrected(gone, after.lines):
        return turn
    kept = replace(turn.dialog, replaced=gone)
    if _SAYS_INSTEAD.search(text) and len(state.lines) == 1:
        return replace(turn, dialog=kept)
    names = [line_in_words(line, scene.shelf) for line in gone]
    told = replies.replaced_by_this(names[:_TELLS_MAX], len(names))
    return replace(turn, dialog=kept, reply=Reply(replies.join(told, turn.reply.text)))


def telling_all_that_went(before: Dialog, text: str, turn: Turn, scene: Scene) -> Turn:
    """The turn, with what of several lines went by it named where neither he nor the answer speaks of it; it is kept,
    in case it is wanted."""
    state, after = before.state, turn.dialog.state
    if not isinstance(state, Collecting | Confirming) or not isinstance(after, Collecting | Confirming):
        return turn
    if len(state.lines) < 2 or state.lines[0].row or turn.dialog.replaced != before.replaced:
        return turn
    gone = _not_among(state.lines, after.lines, scene.shelf)
    if not gone or (len(gone) == 1 and len(after.lines) == len(state.lines)):
        return turn
    turn = replace(turn, dialog=replace(turn.dialog, replaced=tuple(gone)))
    silent = [line for line in gone if not _is_named(line, state, text, scene)]
    if not silent or _TOLD.search(turn.reply.text):
        return turn
    told = replies.not_named_again([line_in_words(line, scene.shelf) for line in silent])
    return replace(turn, reply=replace(turn.reply, text=replies.join(told, turn.reply.text)))


def _not_among(lines: Sequence[DraftLine], after: Sequence[DraftLine], shelf: Shelf) -> list[DraftLine]:
    """The lines with all their parts that no line has taken up: of its product, and for its account or as many."""
    left: list[DraftLine] = []
    for line in lines:
        if look(line, shelf).sku is None:
            continue
        own = [one for one in after if one.product == line.product]
        mine = accounts(line, shelf)
        same = [one for one in own if not mine or accounts(one, shelf) == mine]
        before = [one for one in lines if one.product == line.product]
        moved = len(own) >= len(before)  # the same lines, with other accounts
        counted = mine or sum(one.quantity for one in own) >= sum(one.quantity for one in before)
        if not (moved or (same and counted) or any(one.sku == line.sku for one in same)):
            left.append(line)
    return left


def _is_named(line: DraftLine, state: Collecting | Confirming, text: str, scene: Scene) -> bool:
    """Whether he speaks of this line, by its name, size, account or place among them."""
    said = fold(text)
    meant = pointed(state.lines, said, scene.shelf)
    at = state.lines.index(line)
    own = {name for name in _called(line, scene.shelf) if name in said}
    return bool(own) or _ALL_OF_THEM.search(said) is not None or (meant is not None and at in meant.lines)


def _is_corrected(gone: Sequence[DraftLine], lines: Sequence[DraftLine]) -> bool:
    """爱奇艺年卡, of 爱奇艺月卡 138…: the same thing in another size, for nobody else."""
    same = {line.product for line in gone} == {line.product for line in lines}
    held = {value for line in gone for value in line.fields.values()}
    return same and all(value in held for line in lines for value in line.fields.values())


def both_wanted(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """都要, 刚才那个也要: what was replaced and what replaced it; 还是要刚才那个: what was replaced alone."""
    state, text = dialog.state, fold(said.text)
    if not isinstance(state, Collecting | Confirming):
        return None
    if not dialog.replaced:
        stands = _WHERE_IS.search(text) and _misses(_with_marks(state.lines, text, scene.shelf))
        shown = stands and isinstance(state, Confirming)
        return advance(replace(dialog, misses=0), state.lines, scene, replies.nothing_changed()) if shown else None
    plain = replace(dialog, replaced=(), misses=0)
    marked = _with_marks(dialog.replaced, text, scene.shelf)
    if "#" in marked and _NOT_AGAIN.fullmatch(marked):
        return advance(plain, state.lines, scene, replies.nothing_changed())  # 话费不要了: it has gone already
    if _BOTH.fullmatch(text) or _misses(marked):
        there = {(line.product, *accounts(line, scene.shelf)) for line in state.lines if accounts(line, scene.shelf)}
        back = [line for line in dialog.replaced if (line.product, *accounts(line, scene.shelf)) not in there]
        new = [line for line in state.lines if line not in back]
        return advance(plain, [*back, *new][:DRAFT_LINES_MAX], scene, replies.added())
    return advance(plain, dialog.replaced, scene, replies.changed()) if _THAT_ONE.fullmatch(text) else None


def _misses(plain: str) -> bool:
    """Whether he asks where what was replaced (#) has gone, or says that he wants it too, and nothing else."""
    if "#" not in plain or len(plain) > _MISSED_MAX or _NOT_MISSED.search(plain):
        return False
    return _MISSED.search(plain) is not None and not _ONLY_MISSED.sub("", plain)


def _with_marks(gone: Sequence[DraftLine], text: str, shelf: Shelf) -> str:
    """The message with # for each name of what was replaced."""
    names = sorted({name for line in gone for name in _called(line, shelf)}, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, names)) or "(?!)", "#", text)


def _called(line: DraftLine, shelf: Shelf) -> set[str]:
    """What a line is called: by its product, and by its size or account as well."""
    product = shelf.product(line.product or "")
    own = {fold(name) for name in (product.name, *product.aliases)} if product is not None else set()
    kinds = {fold(kind) for kind in product.category} if product is not None else set()
    return own | kinds | {name for name in (*names_of(line, shelf), *accounts(line, shelf)) if len(name) > 1}


def still_kept(turn: Turn) -> Turn:
    """It is kept as long as something is being put together."""
    if not turn.dialog.replaced or isinstance(turn.dialog.state, Collecting | Confirming):
        return turn
    return replace(turn, dialog=replace(turn.dialog, replaced=()))
