"""What a buyer says he does not want, or not any more: nothing is done, and a case that ran for it is taken back."""

import re
from dataclasses import replace

from catalog.checks import fold
from catalog.model import FieldKind
from dialogs import after_sale, replies
from dialogs.asking import answer
from dialogs.draft import asked_field
from dialogs.ordering import advance
from dialogs.paying import live_unpaid
from dialogs.pointing import pointed
from dialogs.state import Collecting, Confirming, Dialog, Idle
from dialogs.staying import NEVER_WANTED
from dialogs.turn import Reply, Said, Scene, Turn
from dialogs.wishes import ACTS, Act, Stance, refused_acts, refuses, stance
from nlu.text import normalise

_NAMES_NOTHING = ("unknown", "deny", "cancel", "help", "greet", "thanks", "order_status", "rate", "search")
"""Intents under which a refused wish may hide: 不用转人工了 looks like 不用了."""
_ASKED_AS: tuple[tuple[Act, Act], ...] = (("problem", "problem"), ("refund", "refund"), ("cancel", "refund"))
"""A question about one of these that was not understood; who asks about cancelling hears what it would do."""
_INSTEAD: tuple[tuple[Act, re.Pattern[str]], ...] = (
    ("refund", re.compile("退")),
    ("invoice", re.compile("票")),
    ("problem", re.compile("没|未|不|无|坏|失效|少")),
    ("human", re.compile("人工|转人|找客服")),
    ("keys", re.compile("发我|再发|发给我|重发|看看?卡密")),
    ("reorder", re.compile("再")),
    ("cancel", re.compile("取消|撤")),
)
"""What he may want instead (不是要退款，是要发票), and a word that must be there besides its name."""
_WELL = re.compile(
    r"(?:哦|噢|嗯|啊|哎|诶|好|行|刚|刚才|现在|已经|已|又|好像|终于|的|了|吧|哈|呀|啦|是|都|我|充值|话费|钱|谢|多谢|感谢|辛苦|您|你"
    r"|不好意思|抱歉|对不起|没事|可以了|误会|[,。.!~;\s]"
    r"|(?P<came>(?:到了|到账|收到|充上|充到|充好了|用上|能用|可以用|可用|好用|兑换成功|用得了|有了|正常|刚到|(?:卡密?|卡号|密码|兑换码|激活码)(?:是|都)*(?:没错|对的|没毛病|没问题)))"
    r"|(?P<mistaken>(?:[看记]|是我[搞弄输])错(?:手机|号码?|行|人|单子?|订单|地方|时间|日期|密码|位数?)?|看漏|没注意|说错|打错字|发错(?:人|群|消息|信息|地方))|卡密?|卡号|密码|兑换码|激活码)+"
)
_MAY_ORDER = ("order", "unknown", "answer", "change", "search", "help", "deny", "browse", "problem")
_DO_NOT = re.compile(
    r"(?:别|甭|勿|莫|不要|不用)(?:先|再|急着|着急|给我|帮我|自动|随便|乱|直接|现在|马上|忙着)*(?:下单|下订单|(?:[买充冲订]|付款|扣款|扣钱)(?=$|[吧啊哦呢]))"
    r"|(?:先|暂时|现在)(?:别|不要?|不用)(?:给我|帮我)?(?:[买充冲订])(?![错成到给])"
)
_DO_NOT_WANT = re.compile(r"^(?:我|那|就|还是|算了|都|现在)*(?:不想?(?:再)?[要买充订]|不需要).{2,}了[吧啊哈呢]*$")
_NO_MORE_OF_IT = re.compile(
    r"(?:[我那就都还是算了先,，\s])*(?:不要|不想|不用|别)(?:再)?(?:[买充冲订要]|下单)了?(?:[吧啊哈呢谢,，\s])*"
)
_NO_MISTAKE = re.compile(r"(?:别|不要)(?:给我|再|又)?[充冲弄搞发寄填买]错")
_WISHES = re.compile(r"^(?!.*[不别没]).*(?:[要买充冲来订换改])")
_CLAUSES = re.compile(r"[,，。.;；!！\s]+")
_NO_MORE = re.compile(
    r"(?:算了|那|就|先|都)*(?:不用|不必|别|不要|不)(?:再|帮我|给我)*(?:查|管|处理|看|催|麻烦|登记)(?:了|啦|您|你)*"
)
_NO_STARS = re.compile(r"(?:算了|那|我|先|就|[,，\s])*(?:不(?:想|用|要)?|别)(?:评(?:价|分)?|打分)(?:了|吧|啦|啊)*")
_QUESTION = re.compile(r"[?吗么嘛]|没有$|到了没|不$|呢$")


def declined(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """不用退款, 别转人工, 算了不退了, 哦到了不好意思: None when he refuses nothing."""
    if after_sale.is_tap(said.text) or _writes_freely(dialog, scene):
        return None
    if _NO_STARS.fullmatch(normalise(said.text)):
        return answer(replace(dialog, listed=None), scene, replies.not_rated())
    act = _refused_act(dialog, said)
    if act is None:
        return _all_is_well(dialog, said, scene)
    if act in ("human", "keys") and any(_came(clause) for clause in _CLAUSES.split(said.text)):
        return after_sale.look_up(dialog, "withdraw", said)  # 不用找客服了，到账了
    match act:
        case "refund" | "problem":
            return after_sale.look_up(dialog, "withdraw", said)
        case "invoice":
            return answer(replace(dialog, invoice=None), scene, replies.invoice_dropped())
        case "human":
            return answer(dialog, scene, replies.no_person())
        case "keys":
            return answer(dialog, scene, replies.no_keys())
        case "reorder":
            return answer(dialog, scene, replies.no_more_of_it())
        case "cancel" if isinstance(dialog.state, Idle) and live_unpaid(dialog, scene) is not None:
            found = after_sale.look_up(dialog, "status")
            return replace(found, reply=Reply(replies.not_cancelled()))
        case "cancel" if isinstance(dialog.state, Idle) and dialog.dropped:
            return advance(replace(dialog, dropped=(), misses=0), dialog.dropped, scene)
        case "cancel":
            return answer(dialog, scene, replies.not_cancelled())


def not_ordered(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """别给我下单 京东卡1000, 先别下单我问问我妈, 我不要京东卡了: nothing is ordered, and what there is stays."""
    if said.frame.intent not in _MAY_ORDER or _writes_freely(dialog, scene):
        return None
    clauses = [clause for clause in _CLAUSES.split(normalise(said.text)) if clause]
    if isinstance(dialog.state, Confirming) and _never_wanted(dialog.state, said, clauses, scene):
        return advance(dialog, dialog.state.lines, scene, replies.nothing_changed())
    held = [clause for clause in clauses if _DO_NOT.search(clause)]
    if not held and isinstance(dialog.state, Idle) and live_unpaid(dialog, scene) is None and not dialog.dropped:
        held = [clause for clause in clauses if _DO_NOT_WANT.search(clause)]
    if isinstance(dialog.state, Confirming) and not said.frame.items and _NO_MISTAKE.search(said.text):
        return advance(dialog, dialog.state.lines, scene, replies.please_check())
    if not held or any(_WISHES.search(clause) for clause in clauses if clause not in held):
        return None
    if isinstance(dialog.state, Collecting | Confirming):
        return answer(dialog, scene, replies.take_your_time())
    live = live_unpaid(dialog, scene)
    remains = replies.unpaid_remains(live.order_no) if live is not None else ""
    return answer(dialog, scene, replies.join(replies.not_ordered(), remains))


def _never_wanted(state: Confirming, said: Said, clauses: list[str], scene: Scene) -> bool:
    """我没要京东卡啊 删了, and none is there."""
    about = [clause for clause in clauses if NEVER_WANTED.search(clause)]
    if not about or any(pointed(state.lines, clause, scene.shelf) for clause in about):
        return False
    named = bool(said.frame.named) or any(item.product for item in said.frame.items)
    return named and not any(_WISHES.search(clause) for clause in clauses if clause not in about)


def instead(dialog: Dialog, said: Said) -> Said:
    """不是没到账，我要退款: read as what he does want."""
    intent = said.frame.intent
    if intent == "unknown" and _NO_MORE_OF_IT.fullmatch(normalise(said.text)):
        return replace(said, frame=replace(said.frame, intent="cancel"))  # 不要充了
    says_nothing_else = not any(item.product or item.sku or item.value for item in said.frame.items)
    if intent in ("order", "answer") and says_nothing_else and stance(said.text, "invoice") is Stance.WANTED:
        return replace(said, frame=replace(said.frame, intent="invoice", items=()))  # 两单一起开发票 个人 me@a.cn
    if intent == "cancel" and isinstance(dialog.state, Idle) and stance(said.text, "refund") is Stance.WANTED:
        return replace(said, frame=replace(said.frame, intent="refund"))  # 取消订单退钱
    if intent in ("help", "unknown") and not said.frame.items and isinstance(dialog.state, Idle):
        for named, read_as in _ASKED_AS:  # 要是没到账怎么办, 等会儿再取消
            meant = stance(said.text, named)
            if meant is Stance.ASKED or (meant is Stance.WANTED and named == "problem"):  # 没到账怎么办
                return replace(said, frame=replace(said.frame, intent=read_as))
    if intent not in ACTS or not refuses(said.text, intent):
        return said
    for act, word in _INSTEAD:
        if act != intent and word.search(said.text) and stance(said.text, act) is Stance.WANTED:
            return replace(said, frame=replace(said.frame, intent=act))
    return said


def _refused_act(dialog: Dialog, said: Said) -> Act | None:
    refused = refused_acts(said.text)
    intent = said.frame.intent
    if intent in refused:
        return next(act for act in refused if act == intent)
    if not refused or stance(said.text, "cancel") is Stance.WANTED:
        return None
    drafting = isinstance(dialog.state, Collecting | Confirming)
    named = after_sale.order_no_in(said.text) is not None
    unsaid = intent in ACTS and stance(said.text, intent) is Stance.UNNAMED
    hides = (intent in _NAMES_NOTHING or unsaid) and not said.frame.items
    if not (named or hides) or (drafting and refused[0] in ("keys", "reorder", "problem")):
        return None
    return refused[0]


def _all_is_well(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """哦到了, 是我看错了, 卡密没问题: what a person was to look at need not be looked at any more."""
    text = normalise(said.text)
    if said.frame.intent in ("confirm", "rate", "refund", "invoice") or said.frame.items:
        return None
    if not isinstance(dialog.state, Idle) or _QUESTION.search(text) or fold(said.text) in replies.CONFIRM_WORDS:
        return None
    if _NO_MORE.fullmatch(text):
        return after_sale.look_up(dialog, "withdraw", said)  # 不用查了
    views = [_WELL.fullmatch(clause) for clause in _CLAUSES.split(text) if clause and not _NO_MORE.fullmatch(clause)]
    came = any(view is not None and view["came"] for view in views)
    if any(view is None for view in views) or not (
        came or any(view is not None and view["mistaken"] for view in views)
    ):
        return None
    if not came and live_unpaid(dialog, scene) is not None:
        return None  # 我填错了: the order that is not paid yet
    return after_sale.look_up(dialog, "withdraw", said)


def _came(clause: str) -> bool:
    """到账了, by itself."""
    found = _WELL.fullmatch(normalise(clause))
    return found is not None and found["came"] is not None


def _writes_freely(dialog: Dialog, scene: Scene) -> bool:
    """Whether he was asked for words of his own: 不用退款 may be a note to whoever does the work."""
    state = dialog.state
    if not isinstance(state, Collecting):
        return False
    field = asked_field(state, scene.shelf)
    return field is not None and field.kind is FieldKind.TEXT and field.pattern is None
