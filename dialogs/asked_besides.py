"""An order or an answer, and a question, in one message: 沃尔玛卡要10张，能开发票吗. What is ordered is taken as if it
stood alone, and the question is answered above it; neither is dropped for the other."""

import re
from collections.abc import Callable
from dataclasses import replace

from catalog.checks import fold
from dialogs import replies, smalltalk
from dialogs.asking import expecting, open_question, summary_in_brief
from dialogs.draft import asked_field
from dialogs.filling import FREE
from dialogs.state import Collecting, Confirming, Dialog, Idle
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Frame
from nlu.lexicon import Lexicon
from nlu.numerals import CHINESE
from nlu.parsing import parse
from nlu.words import PIECES

_CLAUSES = re.compile(r"[^\s,，。;；!！?？]+[?？]?")
_ASKS = re.compile(
    r"[?？]$|[吗么嘛]$|(?:能|可以|会|给|有|行|好|带|支持|包)[^,，]{0,8}不$|多久|多长时间|什么时候|啥时候|几点|怎么|咋|哪[里儿个]|能不能|可不可以|有没有|会不会|是不是|包不包|送不送|多少(?:钱|米|块)?[啊呀呢]?$|几(?:块|钱)"
)
_TAG = re.compile(
    r"(?:这样|那|就)?(?:可以|行|好|对|能|中|成|得|有货?|有没有|在|在不在|有人|卖|多少钱?|几钱|帮我|麻烦)*(?:吗|么|嘛|不|没|啊|呀|呢|不行|不可以)*[?？]*"
)
"""可以吗, 行不行, 在吗: no question that needs an answer of its own."""
_OF_THE_PAST = re.compile(
    "买的|买了|买过|充的|充了|下的|下了|上次|上回|之前|刚才|刚买|昨天|前天|那[单笔]|订单|[没未]到|退"
)
_OR = re.compile("还是|或者?")
_CHOOSES = re.compile(rf"{_OR.pattern}|哪|多少|有没有|\d")
_NO_QUESTION = ("confirm", "deny", "cancel", "choose", "answer", "order", "change", "reorder", "batch")
_ASKED_AS = ("invoice", "refund", "help", "order_status", "unknown", "search", "keys", "problem")
_ARRIVES = re.compile(
    "(?:今[天晚]|马上|立刻|明天|现在|当天|几点|啥时候|什么时候|多快|多久).{0,6}(?:到|收|发|好|送|充|用)"
)
_COUNTED = re.compile(rf"[要买来拿订充]|(?:\d{{1,3}}|[{CHINESE}]{{1,2}}|[俩仨])[{PIECES}]|[x×*]\s?\d")
_OF_THE_ANSWER = re.compile(r"\d|(?:这个|那个|这样|它)?(?:够|行|对|好|可以|划算|合适)[吗么不嘛]")
"""100 够吗, 138… 对吗: about the answer itself, which is not given by that."""
_REPROACHES = re.compile(
    "不是(?:刚|才|都|已经|早|说|给|发|写|告诉|我|上面)|没问[你您我]?|(?:刚|才|都|已经|早)[^,，]{0,4}(?:说|发|给|写|报)(?:过|了|的)"
    "|[你您](?:怎么|咋|干嘛|干啥|凭什么)|怎么(?:还|又|老)(?:在)?(?:问|要)|还问|又问|耳朵|瞎|看不[见到]"
)
"""我刚刚不是说了吗, 你怎么知道充哪个啊: nothing that wants an answer, beside what he gives."""
_LEAST = 3
_CHARS_MAX = 80


def with_question(said: Said, dialog: Dialog, scene: Scene, lexicon: Lexicon) -> Said:
    """The message, with the order or the answer in it and the question in it each by itself, where it is plainly
    both."""
    text, state = said.text.strip(), dialog.state
    if said.rows or said.in_full or said.wishes or "\n" in text or len(text) > _CHARS_MAX or not _ASKS.search(text):
        return said
    if not isinstance(state, Idle | Collecting) or _takes_any_text(state, scene):
        return said
    clauses = [found[0] for found in _CLAUSES.finditer(text)]
    wishes = [clause for clause in clauses if not _ASKS.search(clause)]
    asks = [clause for clause in clauses if _ASKS.search(clause) and not _TAG.fullmatch(clause)]
    if not wishes or len(asks) != 1 or len(asks[0]) < _LEAST or _OF_THE_PAST.search(" ".join(wishes)):
        return said
    question, alone = parse(asks[0], lexicon), " ".join(wishes)
    if isinstance(state, Collecting):
        if question.intent in _NO_QUESTION or _OR.search(asks[0]) or _OF_THE_ANSWER.search(asks[0]):
            return said
        frame = parse(alone, lexicon, expecting=expecting(dialog, scene))
        if frame.intent not in ("answer", "order", "change", "choose"):
            return said
    else:
        named = any(item.product or item.candidates or item.fields for item in question.items)
        frame = parse(alone, lexicon)
        if question.intent not in _ASKED_AS or named or not _is_order(frame) or _CHOOSES.search(asks[0]):
            return said
        if len(frame.items) < len(said.frame.items):
            return said
        counted = _COUNTED.search(alone) or any(item.fields for item in frame.items)
        if question.intent == "invoice" and not counted:
            return said  # 京东卡100 能开发票吗, of what he has bought just as well
    by_voice = said.by_voice
    return replace(said, alone=Said(frame, alone, by_voice), asked=Said(question, asks[0], by_voice))


def _takes_any_text(state: Idle | Collecting, scene: Scene) -> bool:
    """Whether words of his own are asked for, so that a part of the message could be taken for them."""
    field = asked_field(state, scene.shelf) if isinstance(state, Collecting) else None
    return field is not None and field.kind in FREE and field.pattern is None


def _is_order(frame: Frame) -> bool:
    """Whether it orders by itself: goods and something about them, or a choice that some goods have (IMAX两张)."""
    wanted = all((item.product and (item.said - {"product"} or item.sku)) or item.options for item in frame.items)
    return frame.intent in ("order", "answer") and bool(frame.items) and wanted


def both(dialog: Dialog, said: Said, scene: Scene, hear: Callable[[Dialog, Said, Scene], Turn]) -> Turn | None:
    """The order or the answer taken (by `hear`), and the question answered above what comes next; None where the rest
    of the message comes to nothing without it."""
    if said.alone is None or said.asked is None:
        return None
    turn = hear(dialog, said.alone, scene)
    before, after = dialog.state, turn.dialog.state
    if not isinstance(after, Collecting | Confirming) or turn.dialog.misses:
        return None
    if isinstance(before, Collecting) and before.lines == after.lines:
        return None
    told = replies.join(_told(turn, said.asked, scene, hear), turn.reply.text)
    return replace(turn, reply=replace(turn.reply, text=told))


def _told(turn: Turn, question: Said, scene: Scene, hear: Callable[[Dialog, Said, Scene], Turn]) -> str:
    """What is known of it; of a price, what it costs, beside what is being put together."""
    if question.frame.intent not in ("price", "search") or _REPROACHES.search(question.text):
        return _answer(turn.dialog, question, scene)
    heard = hear(turn.dialog, question, scene)
    same = heard.dialog.state == turn.dialog.state and not heard.effects and not heard.dialog.misses
    return without_reminder(heard.reply.text, turn.dialog, scene) if same else replies.not_stated()


def _answer(dialog: Dialog, question: Said, scene: Scene) -> str:
    intent = question.frame.intent
    if _REPROACHES.search(question.text):
        return ""
    if intent == "invoice":
        return replies.invoice_after_paying()
    if intent == "refund" or "退" in question.text:
        return replies.returnable()
    when = smalltalk.eta_of(dialog, question, scene) if _ARRIVES.search(question.text) else None
    known = when or smalltalk.known_answer(dialog, question, scene)
    if known is not None:
        return known
    own = smalltalk.shop_answer(replace(dialog, state=Idle()), question, scene)
    if own is not None and fold(own.reply.text):
        return own.reply.text
    return smalltalk.as_noted(dialog, question, scene)


def without_reminder(text: str, dialog: Dialog, scene: Scene) -> str:
    """An answer without the open question behind it, which follows in full."""
    question, state = open_question(dialog, scene), dialog.state
    reminders = [question.text, question.brief] if question is not None else []
    if isinstance(state, Confirming):
        reminders += [summary_in_brief(replace(state, denied=denied), scene.shelf) for denied in (False, True)]
    for reminder in filter(None, reminders):
        text = text.replace(reminder, "")
    return text.strip()
