"""Orders that wait for payment dropped in his own words: 京东卡那个不要了, 两单都不要了, 只要话费那单."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from dialogs import after_sale, refunds, replies, which
from dialogs.asking import answer
from dialogs.effects import CancelOrder
from dialogs.filling import fill
from dialogs.order_lines import lines_of, reworked, shown_orders
from dialogs.ordering import advance
from dialogs.paying import ask_which_to_cancel, cancel, cancel_several
from dialogs.state import (
    Collecting,
    Confirming,
    Dialog,
    DraftLine,
    Idle,
    Lookup,
    Replacement,
)
from dialogs.staying import staying
from dialogs.turn import Said, Scene, Turn
from dialogs.wishes import Stance, stance
from kernel.orders import LineState, Order, OrderState

DROPS = re.compile(
    r"不想?[要充买订付](?!慢|快)|别[要充买]|取消|撤[销单掉了]|撤$|[去删退]掉|删[了除]|退了|不需要|用不着|没用了|划掉|不去了|去不了|不来了"
)
CLAUSES = re.compile(r"[\s,，。;；!！]+")
_LATELY = re.compile("[刚前上][才刚面]?(?:下|买|订)?的?|[那这][个几两]?")
_WANTS = re.compile("[要来换买充订]")
_OTHERS = re.compile("另外?一?[个单笔]|其[他它余]|别的|剩下|另外")
_BUT = re.compile(
    r"除了?(.{1,16}?)(?:以外|之外|外)?[,，\s]*(?:其[他它余]|别|剩下|另外)?的?(?:[两三四]?[个单笔])?[都全](?:部)?(?:取消|不要|撤|退)[掉了吧]*"
    r"|(?:那|就|我)*只(?:保?留|要)(?:下|着)?([^,，\s]{1,16}?)(?:就行|就好|吧|了)*"
)
KEEPS_ONLY = re.compile(r"^(?:那|就|我)*只保?留(?=.)")
"""只留酷狗那单: the others go."""
_PAYS = re.compile("[付留]|要$|要的$")
_ALL_GOES = re.compile(
    r"(?:那|算了|还是|我|就|你|帮我|给我|把|请|麻烦|先|这[单个些]?|订单|东西)*(?:全部?|都|所有的?|统统|整[个单]|一[个件]都|两[个件]都)*(?:给我|的)?"
    r"(?:取消掉?|不[要买充订弄](?!慢|快)|别[要买充弄]|清空|作废|删[掉了])(?:了|吧|啦|订单|这[单个]|掉|算|一下|[,，])*(?:我们?|再)?(?:重新?(?:来|下单?|发|弄|说|点|选|开始)(?:一?[次遍下])?)?(?:吧|了|啊|哈)*"
)
"""取消重来吧, 都不要了: a clause that lets all of it go."""
_SAYS_MORE = re.compile(
    r"[\d@?？吗A-Za-z]|[改换加减留]|只[要买充留]|[要买充来](?!不|说)[一两三]|还要|就要|还是|但|不过|如果|要是|的话|[别没]取消|不取消|没[要买点订说]"
)
"""In a clause beside it with one of these something is left, or asked."""
_GIVEN_BACK = re.compile("退(?:了|掉|款|钱)+")


def drop_named(
    dialog: Dialog, waiting: tuple[Order, ...], orders: Sequence[Order], said: Said, scene: Scene
) -> Turn | None:
    """京东卡那个不要了, 两单都不要了, 还没付的那个取消掉."""
    if "退" in said.text and not waiting:
        back = refunds.several_named(dialog, orders, Lookup(text=said.text), scene)
        if back is not None:
            return back
    if (kept := _kept(waiting, said.text, scene)) is not None:
        return cancel_several(dialog, [order for order in waiting if order not in kept])
    text = _dropping_clause(said.text)
    shown = shown_orders(dialog)
    meant = which.named(orders, text, scene.shelf, shown) or which.named(waiting, text, scene.shelf, shown)
    rest = DROPS.sub("", meant[1] if meant is not None else fold(text))
    if not which.says_no_more(rest):
        return None
    if meant is None and which.all_of(waiting, text) and waiting:
        return cancel_several(dialog, waiting)
    if meant is None and not isinstance(dialog.state, Idle):
        return None
    if meant is None:
        return _plainly(dialog, waiting, orders, said, scene)
    those = [order for order in meant[0] if order.state is OrderState.UNPAID]
    if len(those) == 1:
        return _drop_one(dialog, those[0], said, scene)
    if those and (which.all_of(those, text) or len(those) == len(_counted(text))):
        return cancel_several(dialog, those)
    if those:
        return ask_which_to_cancel(dialog, those)
    return _paid_already(dialog, [o for o in meant[0] if _can_go_back(o)], said, scene)


def whole_draft(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """都不要了 重新来; 这啥啊 取消重来吧; 取消 再见了您嘞: all that is being put together goes."""
    if not isinstance(dialog.state, Collecting | Confirming):
        return None
    clauses = [clause for clause in CLAUSES.split(said.text.strip()) if clause]
    beside = [clause for clause in clauses if not _ALL_GOES.fullmatch(clause)]
    if (len(clauses) < 2 and "重" not in said.text) or len(beside) == len(clauses):
        return None
    names = said.frame.named or any(item.product or item.candidates for item in said.frame.items)
    if (
        names
        or staying(dialog.state.lines, said, scene.shelf) is not None
        or any(_SAYS_MORE.search(clause) for clause in beside)
    ):
        return None
    return cancel(dialog, scene)


def all_for_another(dialog: Dialog, waiting: tuple[Order, ...], said: Said, scene: Scene) -> Turn | None:
    """刚下的那两个都取消 我要一张200的: all of them go, and what he wants instead is summed up."""
    clauses = [clause for clause in CLAUSES.split(said.text.strip()) if clause]
    going = [clause for clause in clauses if DROPS.search(clause) and which.all_of(waiting, clause)]
    wants = [clause for clause in clauses if clause not in going and _WANTS.search(clause)]
    items = said.frame.items
    if len(waiting) < 2 or len(going) != 1 or len(wants) != 1 or len(items) != 1 or DROPS.search(wants[0]):
        return None
    if not which.says_no_more(_LATELY.sub("", DROPS.sub("", fold(going[0])))) or items[0].candidates:
        return None
    bought = {line.product_id for order in waiting for line in order.lines}
    product = items[0].product or (bought.pop() if len(bought) == 1 else None)
    if product is None or not items[0].said & {"value", "product"}:
        return None
    filled = fill(DraftLine(product), items[0], scene.shelf)
    if filled.problems:
        return None
    draft = advance(replace(dialog, state=Idle(), listed=None), (filled.line,), scene).dialog
    return cancel_several(draft, waiting)


def _kept(waiting: Sequence[Order], text: str, scene: Scene) -> tuple[Order, ...] | None:
    """只要话费那单，另一个取消: those that stay, where all the others go."""
    clauses = [clause for clause in CLAUSES.split(text.strip()) if clause]
    going = [clause for clause in clauses if _OTHERS.search(clause) and DROPS.search(clause)]
    rest = ",".join(clause for clause in clauses if clause not in going) if going else ""
    if (but := _BUT.fullmatch(text.strip())) is not None:
        rest = next(group for group in but.groups() if group)
    found = which.named(waiting, rest, scene.shelf) if rest else None
    if found is None or not which.says_no_more(re.sub("只|保?留[着下]?|付", "", found[1])):
        return None
    return found[0] if 0 < len(found[0]) < len(waiting) else None


def _counted(text: str) -> Sequence[int]:
    """前两个: as many as he says."""
    found = re.search("[前后]面?的?([两二三四2-4])", text)
    return range("  两三四".index(found[1])) if found is not None and found[1] in "两三四" else ()


def _dropping_clause(text: str) -> str:
    """优酷那个我不要了，京东的付: the clauses about what goes."""
    clauses = [clause for clause in CLAUSES.split(text.strip()) if clause]
    kept = [clause for clause in clauses if not (_PAYS.search(clause) and not DROPS.search(clause))]
    return ",".join(kept) if any(DROPS.search(clause) for clause in kept) else text


def _plainly(
    dialog: Dialog, waiting: tuple[Order, ...], orders: Sequence[Order], said: Said, scene: Scene
) -> Turn | None:
    """取消, 不要了: the one that waits; of several he says which."""
    if len(waiting) > 1:
        return ask_which_to_cancel(dialog, waiting)
    if waiting:
        return Turn(replace(dialog, listed=None), effects=(CancelOrder(waiting[0].order_no),))
    known = dialog.unpaid.order_no if dialog.unpaid is not None else ""
    going = [o for o in orders if _can_go_back(o) or (o.order_no == known and o.paid_at is not None)]
    if said.frame.intent != "cancel" or not going:
        return None
    return _paid_already(dialog, going[:1], said, scene)


def _paid_already(dialog: Dialog, orders: Sequence[Order], said: Said, scene: Scene) -> Turn | None:
    """What is paid is not cancelled but given back: asked for in so many words it is, else offered."""
    if not orders:
        return None
    if stance(said.text, "refund") is Stance.WANTED:
        return after_sale.look_up(dialog, "refund", said)
    return answer(
        replace(dialog, unpaid=None), scene, replies.join(*(replies.paid_not_cancelled(o) for o in orders[:3]))
    )


def _can_go_back(order: Order) -> bool:
    """Whether it is paid, and something of it is neither delivered nor on its way back."""
    settled = (LineState.REFUNDING, LineState.REFUNDED, LineState.DELIVERED)
    return order.state is OrderState.PAID and any(line.state not in settled for line in order.lines)


def _drop_one(dialog: Dialog, order: Order, said: Said, scene: Scene) -> Turn:
    """The order; or a line of it, where he names only that."""
    lines = lines_of(dialog, order, scene)
    if len(lines) > 1 and len(lines) == len(order.lines):
        plain = replace(said, text=_GIVEN_BACK.sub("不要了", said.text))
        left = reworked(lines, plain, scene)
        if left and len(left) < len(lines):
            return Turn(replace(dialog, waiting=Replacement(left)), effects=(CancelOrder(order.order_no),))
    return Turn(replace(dialog, listed=None), effects=(CancelOrder(order.order_no),))
