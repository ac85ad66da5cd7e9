"""Lines of a draft taken out or added: 京东卡不要了, 再加50Q币; and a step back."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import paying, replies
from dialogs.adding import added, changed_and_added
from dialogs.answering import goal, said_for_draft
from dialogs.asking import line_in_words
from dialogs.changing import changed
from dialogs.clauses import changes_and_adds
from dialogs.field_changes import address_completed, code_changed, given_in_pieces, tells_field
from dialogs.filling import (
    cleared,
    speaks_of_ending,
)
from dialogs.gist.deciding import of_several
from dialogs.leaving_out import left_out
from dialogs.ordering import advance, denied, doubted, miss
from dialogs.pointing import pointed
from dialogs.recounting import Open, recounted
from dialogs.restating import all_alike, exchanged, not_again, restated
from dialogs.said_anew import said_anew
from dialogs.state import (
    Collecting,
    Confirming,
    Dialog,
    DraftLine,
)
from dialogs.staying import SAID_BEFORE, staying
from dialogs.switching import switched_to
from dialogs.turn import Said, Scene, Turn
from nlu.numerals import read_numeral
from nlu.surnames import KIN

_TALK_OF_ELSE = frozenset({"price", "search", "help", "human", "keys", "refund", "invoice", "balance", "rate", "batch"})
_REMOVING = re.compile(
    r"不[要用充买来]|不去(?![掉除])|[去来]不了|不参加|别[要充买]|[去删拿减除划]掉|去除|删[了除]|删|移除|取消掉?|退掉|不需要"
)
_KEEPING = re.compile(r"^我?(?:还是|算了|那)?(?:只要|只充|只买|只留|就要|就留|留下|保留|留)(?=.)")
_REMOVE_FILLER = re.compile(
    r"(?:确认|好|嗯|行|把|给我|帮我|麻烦|请|先|还是|算了|那|这|吧|啦|了|的|个|单|件|张|份|都|全部?|也|就|我|哈|呢|可以|一下"
    r"|订单|号码?|充值?|卡|和|跟|与|[,，.。!！~～;；、:：])*"
)
_EVERYTHING = re.compile(r"(?:[全都]|所有|统统|算了|一[件个]|[部的了吧啦,，。])*[全都有](?:[部的了吧啦,，。我])*")
_DOES = re.compile(r"[改换加减删去\d一二两三四五六七八九十]|再|不要|另外|多|少")
"""What 周末还要拍 holds nothing of: it is a reason, that only sounds like one thing more."""
_SOMEONES = re.compile("(?!.*[都全])[^,，。第\\d]{1,5}的(?:那[个份张单]|号)?(?:就|先)?不[要充买用]了?(?:吧|啊)?$")
_WEIGHS = re.compile(r"(?:还是|或者?).{1,8}(?:好|划算|合适|便宜|[?？吗呢])$|^(?:别|不要)用")
"""50还是100好, 别用lili@qq.com: nothing is said instead of what there is."""
_MORE_OR_TOO_MANY = re.compile("多了?[一两二三四五1-5][张个份件](?:了)?")
"""One more, or one too many: asked, not guessed."""
_OTHER_NUMBER = re.compile(
    rf"(?:不要|别[充冲用]|不[充冲用])(?:到|给)?这个(?:手机)?号码?了?|(?:我?是|就)?(?:给|帮|替)我?(?:{KIN}|朋友|同学|室友|别人|家人|[他她])[充冲买交续]的?(?:值|话费)?吧?"
)
_OTHER_SIZE = re.compile(r"(\d{1,6})[元块]?的?(?:不够|太[多少大小]|[多少]了点?|不对)[了吧啊]*")
_SO_MANY = re.compile(r"^这?([二两三四五六七八九2-9])[个件张份单样]")


def edited(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """A message about the lines of what is being put together; None when it is about something else."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return None
    if any(line.product is None for line in state.lines) and len(state.lines) == 1:
        return None
    if fold(said.text) in replies.CONFIRM_WORDS:
        return None
    if _MORE_OR_TOO_MANY.fullmatch(fold(said.text)):
        return miss(doubted(dialog), scene)
    if (coded := code_changed(dialog, state, said, scene)) is not None:
        return coded
    counted = _recounted(dialog, state, said, scene)
    if counted is not None and _only_of_these(state, counted):
        return counted  # every word of it is read: no rule that knows a part of them knows better
    if isinstance(state, Confirming) and (slot := _to_ask_anew(state, said.text)):
        return denied(dialog, scene, slot)
    if not said.frame.items and switched_to(state, said, scene.shelf) is not None:
        return said_for_draft(dialog, said, scene)  # 不对 要R5的: the 5 is of its name
    if (anew := _said_anew(dialog, state, said, scene)) is not None:
        return anew
    if (stays := staying(state.lines, said, scene.shelf)) is not None:
        told = replies.taken_out(len(state.lines) - len(stays))
        stays = _with_what_he_said_before(dialog, state, stays, said, scene)
        return advance(replace(dialog, misses=0), stays, scene, told)
    if (whole := address_completed(state.lines, said.text, scene.shelf)) is not None:
        return advance(replace(dialog, misses=0), whole, scene, replies.changed())
    if counted is not None:
        return counted
    if (alike := all_alike(state.lines, said.text, scene.shelf)) is not None:
        return advance(replace(dialog, misses=0), alike, scene, replies.changed())
    taken = (
        goal(dialog, state, said, scene)
        or changed_and_added(dialog, state, said, scene)
        or _in_parts(dialog, said, scene)
        or left_out(dialog, state, said.text, scene)
        or _taken_out(dialog, state.lines, said, scene)
    )
    elsewhere = said.frame.intent in _TALK_OF_ELSE and not speaks_of_ending(said.text)
    if taken is not None or (elsewhere and not tells_field(state, said.text, scene.shelf)):
        return taken
    return (
        given_in_pieces(dialog, state, said, scene)
        or added(dialog, state, said, scene)
        or (None if _WEIGHS.search(fold(said.text)) else changed(dialog, state, said, scene))
    )


def _to_ask_anew(state: Confirming, text: str) -> str:
    """不要这个号, 给我妈充, 50不够: what is wrong with the summary, in words that name the slot; "" when nothing is."""
    plain = fold(text)
    if _OTHER_NUMBER.fullmatch(plain):
        return "号码不对"
    size = _OTHER_SIZE.fullmatch(plain)
    return "金额不对" if size is not None and [line.value for line in state.lines] == [int(size[1])] else ""


def _with_what_he_said_before(
    dialog: Dialog, state: Collecting | Confirming, stays: tuple[DraftLine, ...], said: Said, scene: Scene
) -> tuple[DraftLine, ...]:
    """不是说了2小时嘛 怎么还两件 就陪玩一个: the lines that stay, with the answer in it."""
    if not isinstance(state, Collecting) or SAID_BEFORE.search(said.text) is None:
        return stays
    after = said_for_draft(dialog, said, scene).dialog.state
    if not isinstance(after, Collecting | Confirming) or len(after.lines) != len(state.lines):
        return stays
    pairs = zip(state.lines, after.lines, strict=True)
    return tuple(new for old, new in pairs if old in stays and old.product == new.product) or stays


def _recounted(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """夜场多拿两张, 有一盒换成团圆: how many of which, where the message says nothing else."""
    new = recounted(state.lines, said.text, said.frame.items, scene.shelf)
    if isinstance(new, Open):
        return miss(doubted(dialog), scene, new.question)
    if new is None:
        return None
    more = len(new) > len(state.lines) == len([line for line in state.lines if line in new])
    gone = len(state.lines) - len(new) if set(new) < set(state.lines) else 0
    told = replies.added() if more else replies.taken_out(gone) if gone else replies.changed()
    return advance(replace(dialog, misses=0), new, scene, told)


def _only_of_these(state: Collecting | Confirming, counted: Turn) -> bool:
    """Whether it changes several lines, or drops some, and nothing is left open or has come besides."""
    after = counted.dialog.state
    made = after.lines if isinstance(after, Collecting | Confirming) else ()
    return 1 < len(state.lines) >= len(made) and made != state.lines


def _in_parts(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """30的改成3张，再加2张50的: one part after the other; where one cannot be done, none is, and that is told."""
    if len(said.clauses) < 2 or not changes_and_adds(said.text):
        return None
    turn, now = None, dialog
    for clause in said.clauses:
        if not clause.frame.items and not _DOES.search(clause.text):
            continue  # 改7天 周末还要拍
        part = Said(clause.frame, clause.text)
        turn = _several_by_name(now, part, scene) or edited(now, part, scene)
        if turn is None and clause.frame.intent in ("change", "answer", "order"):
            turn = said_for_draft(now, part, scene)
        after = turn.dialog.state if turn is not None else None
        waits = turn is not None and bool(turn.effects) and clause is not said.clauses[-1]
        if turn is None or turn.dialog.misses or waits or not isinstance(after, Collecting | Confirming):
            return replace(miss(doubted(dialog), scene, replies.clause_unclear(clause.text)), lost=True)
        now = turn.dialog
    return turn


def _several_by_name(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """我妈和我的改成50: of several lines those that a part of the message names."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or len(state.lines) < 2:
        return None
    new = of_several(state.lines, said.text, scene.shelf)
    return advance(replace(dialog, misses=0), new, scene, replies.changed()) if new not in (None, state.lines) else None


def _said_anew(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """我要的是A和B: these, and what stood there besides is told to be gone; A不要了，来杯B: B in its place."""
    summed = isinstance(state, Confirming)
    new = restated(state.lines, said.text, said.frame.items, scene.shelf) if summed else None
    lines = new.lines if new is not None else None
    if lines is None and summed:
        lines = exchanged(state.lines, said.text, said.frame.items, scene.shelf)
    dropped = new.gone if new is not None else ()
    if lines is None and (lines := said_anew(state, said, scene.shelf)) is not None and len(state.lines) > 1:
        dropped = not_again(state.lines, lines, scene.shelf)
    if lines is None:
        return None
    gone = [line_in_words(line, scene.shelf) for line in dropped]
    told = replies.join(replies.changed(), replies.not_named_again(gone) if gone else "")
    return advance(replace(dialog, misses=0), lines, scene, told)


# ---- taking out ----------------------------------------------------------------------------------------------------


def _taken_out(dialog: Dialog, lines: Sequence[DraftLine], said: Said, scene: Scene) -> Turn | None:
    """京东卡不要了, 第2件删掉, 去掉13511110002, 只要第一个."""
    others, gone = _REMOVING.subn("", fold(said.text))
    if (many := _SO_MANY.match(others)) and read_numeral(many[1]) == len(lines):
        others = others[many.end() :]  # 两个都不要
    if gone and _EVERYTHING.fullmatch(others):
        return paying.cancel(dialog, scene)
    found = _to_take_out(lines, said.text, scene.shelf)
    if found is None and len(lines) > 1 and _SOMEONES.match(fold(said.text)):
        found = ()  # 我的不充了: whoever that is among the lines
    if found is None:
        return None
    if found == ():
        return miss(doubted(dialog), scene, replies.which_line_to_drop(len(lines)))
    rest = [line for i, line in enumerate(lines) if i not in found]
    if not rest:
        return paying.cancel(dialog, scene)
    return advance(replace(dialog, misses=0), rest, scene, replies.taken_out(len(found)))


def _to_take_out(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[int, ...] | None:
    """The lines that go; empty when it is not clear which; None when nothing is to be taken out."""
    said = fold(text)
    keeps = _KEEPING.match(said) if len(lines) > 1 else None
    verb = keeps or _REMOVING.search(said)
    if verb is None:
        return None
    meant = pointed(lines, said[: verb.start()] + said[verb.end() :], shelf)
    for _ in lines:
        if meant is None or _REMOVE_FILLER.fullmatch(_REMOVING.sub("", meant.rest)):
            break
        more = pointed(lines, meant.rest, shelf)
        meant = replace(more, lines=tuple(dict.fromkeys((*meant.lines, *more.lines)))) if more is not None else None
    if meant is None or not _REMOVE_FILLER.fullmatch(_REMOVING.sub("", meant.rest)):
        return None
    if len(lines) == 1:
        return (0,) if meant.by in ("account", "product") and meant.lines and not keeps else None
    if _refuses_an_option(lines, meant.lines, said, shelf):
        return ()
    everyone = "都" in said or meant.by != "part"
    if len(meant.lines) > 1 and not everyone:
        return ()
    if keeps:
        return tuple(i for i in range(len(lines)) if i not in meant.lines) if meant.lines else ()
    return meant.lines


def _refuses_an_option(lines: Sequence[DraftLine], meant: Sequence[int], said: str, shelf: Shelf) -> bool:
    """不要快充: the line, or only its option? 快充的那个不要了 is plain."""
    products = [shelf.product(lines[at].product or "") for at in meant]
    labels = {fold(v.label) for p in products if p is not None for option in p.options for v in option.values}
    return re.sub("^(?:我|就|都)?不要|了$", "", said) in labels


# ---- back ----------------------------------------------------------------------------------------------------------


def stepped_back(dialog: Dialog, scene: Scene) -> Turn | None:
    """返回上一步: what was answered last is asked again."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return None
    at = state.line if isinstance(state, Collecting) else len(state.lines) - 1
    line = state.lines[at]
    product = scene.shelf.product(line.product or "")
    if product is None:
        return paying.cancel(dialog, scene)
    names = [field.name for field in product.fields]
    until = names.index(state.slot) if isinstance(state, Collecting) and state.slot in names else len(names)
    given = [name for name in names[:until] if name in line.fields]
    sized = line.value is not None or line.sku is not None
    slot = given[-1] if given else "value" if sized else next(reversed(list(line.options)), None)
    back = cleared(line, slot, product) if slot is not None else DraftLine()
    lines = (*state.lines[:at], back, *state.lines[at + 1 :])
    return advance(replace(dialog, misses=0), lines, scene)


def restarted(dialog: Dialog, scene: Scene) -> Turn | None:
    """重新来: the same product, from the first question on."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return None
    return advance(replace(dialog, misses=0), (DraftLine(state.lines[0].product),), scene)
