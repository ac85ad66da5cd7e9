"""Orders that wait for payment, dropped or corrected by what is said after the link: which one is meant is looked up in
the books, and asked where it stays open."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from dialogs import after_sale, change_or_another, not_held, picking, replies, which, while_unpaid
from dialogs.about_which import told_apart
from dialogs.answering import corrected
from dialogs.asking import answer, numbered
from dialogs.draft import look
from dialogs.dropping import DROPS, KEEPS_ONLY, all_for_another, drop_named
from dialogs.effects import CancelOrder
from dialogs.facts import OrdersFound
from dialogs.field_changes import address_completed
from dialogs.gist.adding import besides
from dialogs.gist.as_it_was import as_it_was
from dialogs.gist.deciding import of_several, surely
from dialogs.gist.instead import instead
from dialogs.gist.more_than import holds, more_than, only_told_of
from dialogs.gist.wishing import has_reasons, wished_instead
from dialogs.order_lines import lines_of, reworked
from dialogs.ordering import advance, mend
from dialogs.paying import cancel_several, live_unpaid, look_up_meant
from dialogs.pointing import names_else, pointed
from dialogs.recounting import recounted, recounts
from dialogs.said_anew import restates
from dialogs.state import (
    Collecting,
    Confirming,
    Dialog,
    DraftLine,
    Idle,
    Kept,
    Listed,
    Lookup,
    Replacement,
    Unpaid,
)
from dialogs.staying import leaves_some, staying
from dialogs.turn import Said, Scene, Turn
from dialogs.varying import with_place
from dialogs.wishes import Stance, stance
from kernel.orders import Order, OrderState

_PLAIN = re.compile(
    "(?:那|就|请|帮我|给我|我要?|麻烦|还是|先)*(?:取消|不要|撤销|撤单?|算了[,，]?取消)(?:订单|掉|了|吧|一下|谢谢)*"
)
_CORRECTS = re.compile(
    r"[改换错]|不对|不是|够|就行|就好|多了|少[买要充来]|减|去掉|寄[到给去往]|送[到给去往]|地址|只[要买充]|应该"
)
_ADDS = re.compile(r"再[加来要买充带捎拿配整]|另外|还要|加一|也[要来充]|照旧|老样子|[老旧]号|上次|上回|一样的")
_MORE_OF_IT = re.compile(
    r"再?[加添]上?[来要买]?(?:个|张|份|[一两二三四五六七八九十]|\d)|追加|多[来要加买](?:个|张|份|[一两二三四五六七八九十]|\d)"
)
"""再加一张, of the order that waits: it grows, and is no order of its own."""
_ASKS = re.compile(r"[?？吗呢]|什么|怎么|哪|多少|多久|能不能|可以.{0,6}[吗不]|为什么|几点|几[天个]")
_AN_ORDER = re.compile("[那这][个一]?(?:订单|单|笔)|订单")
_SAYS_CHANGE = re.compile("[改换]|[充买选点下拍][少多][了啦]|错了|不对|寄[到给去往]|送[到给去往]")
"""京东卡200就行 is a new order, whatever waits."""
_ABOUT_ELSE = ("refund", "order_status", "invoice", "problem", "reorder", "keys", "price", "search", "browse", "help")
_TO = re.compile("改|换|变成|是(?=[\\d一二两三四五六七八九十])|要")
_VERB_OF_NAME = re.compile("[充买](?:了)?(?=那|的)")
"""What is left of 充30那个 without the 30."""
_LABELLED = re.compile(r"(?:qq|号码?|账号|手机|电话|卡号|邮箱|id|uid|学号)(?:应该)?是\s*[\w@]", re.IGNORECASE)
_NOT_PAID = re.compile("[没未](?:有)?(?:付|给钱|支付|付款)")
_LIST_KINDS = ("u:", "q:", "x:")
_ANSWER_MAX = 16
_WISH_MAX = 40
_WANTS_MORE = re.compile("充|买|来|再|开|查|人工|客服|多少|什么|怎么|[?？吗呢]")


def asked(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Look his orders up where a message is likely to be about one of several; None when it is about something else."""
    if recounts(dialog, said, scene) and isinstance(dialog.state, Idle):
        return look_up_meant(dialog, said)
    if after_sale.is_tap(said.text) or said.frame.intent in ("confirm", "batch", "human", "rate", "greet", "thanks"):
        return None
    live = live_unpaid(dialog, scene)
    likely = _answers_list(dialog, said) or _drops(dialog, said, scene) or _corrects(dialog, said, scene)
    likely = likely or (live is not None and (leaves_some(dialog, said, scene) or restates(dialog, said)))
    likely = likely or (live is not None and _reworks(dialog, live.lines, said, scene))
    likely = likely or change_or_another.left_open(dialog, said, scene)
    likely = likely or (live is not None and isinstance(dialog.state, Idle) and not_held.wants_changed(said.text))
    if not (likely or while_unpaid.may_be(dialog, said, scene)):
        return None
    return look_up_meant(dialog, said)


def _reworks(dialog: Dialog, lines: Sequence[DraftLine], said: Said, scene: Scene) -> bool:
    """取消一张, of three; 忘了写楼号 3号楼502: of the order that waits, and of nothing else."""
    if not isinstance(dialog.state, Idle):
        return False
    return recounts(dialog, said, scene) or address_completed(lines, said.text, scene.shelf) is not None


def _answers_list(dialog: Dialog, said: Said) -> bool:
    """那把10块的取消, 话费的: below a list that asked which order."""
    listed = dialog.listed
    if not isinstance(dialog.state, Idle) and _PLAIN.fullmatch(said.text.strip()):
        return False  # the draft
    if listed is None or len(said.text) > _ANSWER_MAX or listed.entries[0][:2] not in _LIST_KINDS:
        return False
    if listed.entries[0][:2] == "u:" and DROPS.search(said.text) and not _ASKS.search(said.text):
        return True  # 把充30那个取消吧
    return which.names_by_time(said.text) or not _WANTS_MORE.search(said.text)


def _drops(dialog: Dialog, said: Said, scene: Scene) -> bool:
    text = said.text
    if len(text) > _WISH_MAX or not (DROPS.search(text) or KEEPS_ONLY.search(text)):
        return False
    if isinstance(dialog.state, Collecting | Confirming):  # 599那个订单取消, of an order and not of the draft
        order = live_unpaid(dialog, scene) is not None and _AN_ORDER.search(text) is not None
        return order and pointed(dialog.state.lines, _AN_ORDER.sub("", text), scene.shelf) is None
    if not isinstance(dialog.state, Idle):
        return False
    if _PLAIN.fullmatch(text.strip()) and (dialog.just_placed or dialog.dropped):
        return False  # the one that was just placed; or perhaps the same 取消 tapped twice
    if said.frame.intent in ("order", "change") and _CORRECTS.search(text) and re.search("[改换]", text):
        return False
    return not _ASKS.search(text) and stance(text, "cancel") is not Stance.REFUSED


def _corrects(dialog: Dialog, said: Said, scene: Scene) -> bool:
    text, live = said.text, live_unpaid(dialog, scene)
    if live is None:  # perhaps one that this talk knows nothing of: 螃蟹那单改成888
        return not_held.says_change(dialog, said, scene)
    if not isinstance(dialog.state, Idle) or _ASKS.search(said.text):
        return False
    held = {line.product for line in live.lines}
    if says_more(text):
        foreign = any(item.product not in (None, *held) or item.candidates for item in said.frame.items)
        return not foreign and not all(names_else(line, text, scene.shelf) for line in live.lines)
    if _LABELLED.search(text) and any(item.fields for item in said.frame.items):
        return True
    if _ADDS.search(text) or said.frame.intent in _ABOUT_ELSE:
        return False
    if said.frame.intent == "order" and not _SAYS_CHANGE.search(text):
        return not any(item.product or item.candidates or item.fields for item in said.frame.items)
    if len(live.lines) == 1 and with_place(live.lines[0], text, scene.shelf) is not None:
        return not any(item.product or item.value for item in said.frame.items) or said.frame.intent == "change"
    return said.frame.intent in ("change", "deny") or counts_only(said) or _CORRECTS.search(text) is not None


def says_more(text: str) -> bool:
    """再加一张, 追加两份: more of what is ordered."""
    return _MORE_OF_IT.search(text) is not None


def counts_only(said: Said) -> bool:
    """要4张, and nothing of what: it can only be about the order that was just placed."""
    items = said.frame.items
    return len(items) == 1 and items[0].said == {"quantity"} and items[0].product is None and not items[0].candidates


def found(dialog: Dialog, fact: OrdersFound, said: Said, scene: Scene) -> Turn | None:
    """What his orders make of the message; None: it is about none of them."""
    waiting = tuple(order for order in fact.orders if order.state is OrderState.UNPAID)
    lookup = dialog.waiting if isinstance(dialog.waiting, Lookup) else Lookup()
    dialog = replace(dialog, waiting=None)
    if lookup.order_no is not None:
        order = next((one for one in waiting if one.order_no == lookup.order_no), None)
        return _correct(replace(dialog, kept=None), order, said, scene) if order is not None else None
    if _answers_list(dialog, said):
        chosen = _chosen(dialog, fact.orders, said, scene)
        if chosen is not None or not isinstance(dialog.state, Idle):
            return chosen
    if len(waiting) == 1 and (counted := _counted(dialog, waiting[0], said, scene)) is not None:
        return counted
    if len(waiting) == 1 and (coming := _coming(dialog, waiting[0], said, scene)) is not None:
        return coming
    if len(waiting) == 1 and restates(dialog, said):
        return _correct(dialog, waiting[0], said, scene)
    lines = lines_of(dialog, waiting[0], scene) if len(waiting) == 1 else ()
    if lines and (staying(lines, said, scene.shelf) is not None or _reworks(dialog, lines, said, scene)):
        return _correct(dialog, waiting[0], said, scene)
    if (new := of_several(lines, said.text, scene.shelf)) is not None and new != lines:
        return Turn(replace(dialog, waiting=Replacement(new)), effects=(CancelOrder(waiting[0].order_no),))
    if len(waiting) == 1 and DROPS.search(said.text) and _NOT_PAID.search(said.text) and not _ASKS.search(said.text):
        return cancel_several(dialog, waiting)  # 多点了一个 没付的那个取消掉
    if (other := all_for_another(dialog, waiting, said, scene)) is not None:
        return other
    if _drops(dialog, said, scene):
        gone = drop_named(dialog, waiting, fact.orders, said, scene)
        if gone is not None:
            return gone
    wants = len(waiting) == 1 and (said.frame.intent == "unknown" or _changes(dialog, lines, said, scene))
    if _corrects(dialog, said, scene) or wants:
        return _corrected(dialog, waiting, fact.orders, said, scene)
    return change_or_another.asked(dialog, waiting, said, scene)


def _counted(dialog: Dialog, order: Order, said: Said, scene: Scene) -> Turn | None:
    """How many of which of its lines, or which go, where every word of the message is read."""
    lines = lines_of(dialog, order, scene) if recounts(dialog, said, scene) else ()
    new = recounted(lines, said.text, said.frame.items, scene.shelf) if len(lines) > 1 else None
    if not isinstance(new, tuple):
        return None
    return Turn(replace(dialog, waiting=Replacement(new)), effects=(CancelOrder(order.order_no),))


def _coming(dialog: Dialog, order: Order, said: Said, scene: Scene) -> Turn | None:
    """Another product in the place of what waits, or something besides: into that order, or as one of its own."""
    lines = lines_of(dialog, order, scene) if isinstance(dialog.state, Idle) else ()
    new = instead(lines, said, scene.shelf) if lines else None
    more = besides(lines, said, scene.shelf) if lines and new is None else None
    if more is not None and not (more.together or (more.alike and says_more(said.text))):
        return advance(replace(dialog, misses=0), more.new, scene)
    new = more.every if more is not None else new
    if new is None:
        return None
    unpaid = Unpaid(order.order_no, order.token, order.total_fen, order.expires_at, lines)
    dialog = replace(dialog, unpaid=unpaid, kept=None, listed=None)
    if any(look(line, scene.shelf).missing for line in new):
        return mend(dialog, unpaid, new, scene)
    return Turn(replace(dialog, waiting=Replacement(new)), effects=(CancelOrder(order.order_no),))


def _changes(dialog: Dialog, lines: Sequence[DraftLine], said: Said, scene: Scene) -> bool:
    """Whether the gist of it is a change of the order, where it could not be one more just as well."""
    if surely(lines, said.text, scene.shelf) is not None:
        return True
    open_ = not has_reasons(said.text) and change_or_another.left_open(dialog, said, scene)
    return not open_ and wished_instead(lines, said, scene) is not None


# ---- an answer to a list -------------------------------------------------------------------------------------------


def _chosen(dialog: Dialog, orders: Sequence[Order], said: Said, scene: Scene) -> Turn | None:
    listed = dialog.listed
    if listed is None:
        return None
    single = [entry for entry in listed.entries if not after_sale.gives_several(entry)]
    numbers = [after_sale.order_no_in(entry) for entry in single]
    if any(no is None for no in numbers) or len(set(numbers)) != len(numbers):
        return _line_chosen(dialog, single, orders, said, scene)
    offered = [order for order in orders if order.order_no in numbers]
    meant = which.named(offered, said.text, scene.shelf, [no for no in numbers if no])
    if meant is None or not which.says_no_more(_VERB_OF_NAME.sub("", DROPS.sub("", meant[1]))):
        everyone = which.all_of(offered, said.text) and which.says_no_more(DROPS.sub("", fold(said.text)))
        return _all_chosen(dialog, offered, scene) if everyone else None
    if len(meant[0]) == 1:
        entry = single[numbers.index(meant[0][0].order_no)]
        return picking.choose(dialog, listed.entries.index(entry) + 1, scene)
    kind = listed.entries[0][:2]
    if kind == "u:" and len(meant[0]) > 1 and re.search(r"前|第.+第", said.text):
        return cancel_several(dialog, meant[0])
    return None


def _line_chosen(
    dialog: Dialog, entries: Sequence[str], orders: Sequence[Order], said: Said, scene: Scene
) -> Turn | None:
    """圣代那个, below a list of the lines of one order."""
    numbers = {after_sale.order_no_in(entry) for entry in entries}
    order = next((one for one in orders if numbers == {one.order_no}), None)
    by_entry = {f"-{line.position + 1}": line for line in order.lines} if order is not None else {}
    lines = [line for entry in entries if (line := by_entry.get(entry[entry.rfind("-") :])) is not None]
    line = which.named_line(order, lines, said.text, scene.shelf) if order is not None and lines else None
    at = [i for i, entry in enumerate(entries, 1) if line is not None and entry.endswith(f"-{line.position + 1}")]
    return picking.choose(dialog, at[0], scene) if len(at) == 1 else None


def _all_chosen(dialog: Dialog, offered: Sequence[Order], scene: Scene) -> Turn | None:
    """都取消, 都退; what is not offered for all goes one by one, since each is answered for itself."""
    listed = dialog.listed
    everyone = next((i for i, e in enumerate(listed.entries, 1) if after_sale.gives_several(e)), 0) if listed else 0
    if everyone:
        return picking.choose(dialog, everyone, scene)
    if listed is not None and listed.entries[0][:2] == "u:":
        return cancel_several(dialog, offered)
    return answer(dialog, scene, replies.one_by_one(), listed) if listed is not None else None


# ---- dropped -------------------------------------------------------------------------------------------------------


# ---- corrected -----------------------------------------------------------------------------------------------------


def _corrected(
    dialog: Dialog, waiting: tuple[Order, ...], orders: Sequence[Order], said: Said, scene: Scene
) -> Turn | None:
    """话费那单改成50: that order and no other."""
    if not waiting:
        paid = next((o for o in orders if dialog.unpaid is not None and o.order_no == dialog.unpaid.order_no), None)
        if paid is None or paid.paid_at is None or said.frame.intent != "change":
            return None
        return not_held.put_right(replace(dialog, unpaid=None), paid, said.text, scene)
    if len(waiting) == 1:
        return _correct(dialog, waiting[0], said, scene)
    meant = _meant(waiting, said, scene)
    if len(meant) == 1:
        return _correct(dialog, meant[0], said, scene)
    fitting = [order for order in meant or waiting if _fits(dialog, order, said, scene)]
    if not fitting:
        return None
    return _ask_which(replace(dialog, kept=Kept(said.text[:200], said.frame)), meant or waiting, scene)


def _meant(waiting: Sequence[Order], said: Said, scene: Scene) -> tuple[Order, ...]:
    """Those he names: what stands behind 改成 is the new value."""
    verb = _TO.search(said.text)
    head = said.text[: verb.start()] if verb is not None else said.text
    found = which.named(waiting, head, scene.shelf) if head.strip() else None
    if found is not None:
        return found[0]
    products = {item.product for item in said.frame.items if "product" in item.said and item.product}
    return tuple(order for order in waiting if any(line.product_id in products for line in order.lines))


def _fits(dialog: Dialog, order: Order, said: Said, scene: Scene) -> bool:
    lines = lines_of(dialog, order, scene)
    return bool(lines) and (corrected(lines, said, scene) is not None or reworked(lines, said, scene) is not None)


def _correct(dialog: Dialog, order: Order, said: Said, scene: Scene) -> Turn | None:
    """The order cancelled and its corrected draft summed up; asked about first where something stays open."""
    lines = lines_of(dialog, order, scene)
    if not lines:
        return None
    unpaid = Unpaid(order.order_no, order.token, order.total_fen, order.expires_at, lines)
    dialog = replace(dialog, unpaid=unpaid, kept=None, listed=None)
    problems: tuple[str, ...] = ()
    new = surely(lines, said.text, scene.shelf) or reworked(lines, said, scene)
    if new is None:
        new, problems = _made(order, lines, said, scene)
    if new is not None and (whole := more_than(lines, new, said.text, scene.shelf)) is not None:
        new, problems = whole, ()
    if new is not None and not problems and only_told_of(lines, new, said.text, scene.shelf):
        return as_it_was(dialog, scene)
    if new is None and (new := wished_instead(lines, said, scene)) is None:
        return None
    if problems or any(look(line, scene.shelf).missing for line in new):
        return mend(dialog, unpaid, new, scene, *problems)
    if new == lines:
        return None
    return Turn(replace(dialog, waiting=Replacement(new)), effects=(CancelOrder(order.order_no),))


def _made(
    order: Order, lines: tuple[DraftLine, ...], said: Said, scene: Scene
) -> tuple[tuple[DraftLine, ...] | None, tuple[str, ...]]:
    """What the older rules make of the lines, and what is wrong with it; among reasons its gist, where it has more."""
    corrects = said.frame.intent in ("change", "answer", "order") and not says_more(said.text)
    made = corrected(lines, _without_name(order, said, scene), scene) if corrects else None
    wish = wished_instead(lines, said, scene) if has_reasons(said.text) else None
    if wish is not None and (made is None or made[1] or not holds(lines, made[0], wish, scene.shelf)):
        return wish, ()
    return made if made is not None else (None, ())


def _without_name(order: Order, said: Said, scene: Scene) -> Said:
    """The message without the words that said which order: 京东卡改成两张 is no wish for another product."""
    verb = _TO.search(said.text)
    if verb is None or which.named((order,), said.text[: verb.start()], scene.shelf) is None:
        return said
    return replace(said, text=said.text[verb.start() :])


def _ask_which(dialog: Dialog, orders: Sequence[Order], scene: Scene) -> Turn:
    apart = told_apart(orders, scene)
    listed = Listed(tuple(f"x:{order.order_no}" for order, _ in apart))
    entries = [(told, str(i)) for i, (_, told) in enumerate(apart, 1)]
    return answer(dialog, scene, replies.join(replies.which_to_correct(), numbered(listed, entries)), listed)
